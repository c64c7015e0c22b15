/* SPDX-License-Identifier: MIT */
#include "lab.h"

#include <stdio.h>
#include <stdlib.h>

#define PIECES 64u
#define ROOM_ALIGN 64u

struct lab_world lab_world;

/* ---- the world: an authority and certificates ---- */

static struct hf_bytes text_of(const struct mint_blob *b)
{
	return (struct hf_bytes){ (const uint8_t *)b->at, b->len };
}

static struct hf_cred *make_cred(const struct mint_ca *ca, enum lab_key key, enum hf_cert_purpose purpose)
{
	static const enum crypto_key_kind kinds[LAB_KEYS] = {
		[LAB_P256] = CRYPTO_KEY_P256,
		[LAB_P384] = CRYPTO_KEY_P384,
		[LAB_RSA] = CRYPTO_KEY_RSA,
		[LAB_ED25519] = CRYPTO_KEY_ED25519,
	};
	const struct hf_bytes server[] = { LAB_BYTES(LAB_NAME), LAB_BYTES("*.wild.test") };
	const struct hf_bytes client[] = { LAB_BYTES("client.test") };
	const struct mint_leaf_ask ask = {
		.names = purpose == HF_CERT_FOR_SERVER ? server : client,
		.name_count = purpose == HF_CERT_FOR_SERVER ? 2 : 1,
		.key = kinds[key],
		.bits = key == LAB_RSA ? 2048 : 0,
		.purpose = purpose,
		.now_s = LAB_UNIX_S,
		.days = 90,
	};
	struct mint_leaf leaf;
	struct hf_cred *cred;
	struct hf_cert_trouble trouble;

	assert_int_equal(mint_leaf_make(ca, &ask, &leaf), HF_OK);
	assert_int_equal(hf_cred_load(lab_world.crypto, text_of(&leaf.chain), text_of(&leaf.key), &cred, &trouble), HF_OK);
	mint_leaf_free(&leaf);
	return cred;
}

static struct mint_ca *make_ca(const char *name)
{
	const struct mint_ca_ask ask = {
		.name = name,
		.key = CRYPTO_KEY_P256,
		.not_before = LAB_UNIX_S - 86400,
		.not_after = LAB_UNIX_S + 3650u * 86400,
	};
	struct mint_ca *ca;

	assert_int_equal(mint_ca_make(lab_world.crypto, &ask, &ca), HF_OK);
	return ca;
}

int lab_world_make(void **state)
{
	static const uint8_t seed[32] = "the same certificates each time";
	struct lab_world *w = &lab_world;
	struct hf_cert_trouble trouble;
	struct mint_ca *other;
	struct mint_blob root;

	(void)state;
	assert_int_equal(hf_crypto_open(&w->crypto), HF_OK);
	hf_crypto_fix_randomness(seed);
	w->ca = make_ca("Lab");
	assert_int_equal(mint_ca_cert(w->ca, MINT_ROOT, &root), HF_OK);
	assert_int_equal(hf_trust_make(w->crypto, &w->trust), HF_OK);
	assert_int_equal(hf_trust_add(w->trust, text_of(&root), &trouble), HF_OK);
	mint_blob_free(&root);
	for (enum lab_key k = 0; k < LAB_KEYS; k++) {
		w->server[k] = make_cred(w->ca, k, HF_CERT_FOR_SERVER);
		w->client[k] = make_cred(w->ca, k, HF_CERT_FOR_CLIENT);
	}
	other = make_ca("Stranger");
	w->stranger = make_cred(other, LAB_P256, HF_CERT_FOR_SERVER);
	mint_ca_free(other);
	return 0;
}

int lab_world_free(void **state)
{
	struct lab_world *w = &lab_world;

	(void)state;
	for (enum lab_key k = 0; k < LAB_KEYS; k++) {
		hf_cred_free(w->server[k]);
		hf_cred_free(w->client[k]);
	}
	hf_cred_free(w->stranger);
	hf_trust_free(w->trust);
	mint_ca_free(w->ca);
	hf_crypto_fix_randomness(NULL);
	hf_crypto_close(w->crypto);
	return 0;
}

/* ---- a lab ---- */

static const struct hf_tls_ticket_keys ticket_keys = { .seed = "a secret of the server's", .period = HF_S(86400) };

struct lab *lab_new(void)
{
	struct lab *lab = calloc(1, sizeof(*lab));
	struct lab_side *c, *s;

	assert_non_null(lab);
	c = &lab->side[LAB_CLIENT];
	s = &lab->side[LAB_SERVER];
	for (unsigned i = 0; i < 2; i++) {
		struct lab_side *side = &lab->side[i];

		side->cfg.crypto = lab_world.crypto;
		side->cfg.epoch_ns = HF_S(LAB_UNIX_S);
		side->cfg.log_secrets = true;
		side->keeper.crypto = lab_world.crypto;
		side->keeper.trust = lab_world.trust;
		side->keeper.creds = side->creds;
		side->start.entropy[0] = (uint8_t)(i + 1);
		side->wire = malloc(LAB_WIRE);
		side->ring = calloc(LAB_TOLD, sizeof(*side->ring));
		assert_true(side->wire && side->ring);
	}
	c->start.name = LAB_BYTES(LAB_NAME);
	s->cfg.server = true;
	s->creds[0] = lab_world.server[LAB_P256];
	s->keeper.cred_count = 1;
	s->keeper.ticket_keys = &ticket_keys;
	return lab;
}

/* ---- room ---- */

static struct hf_room lend(struct lab_side *side, size_t n)
{
	const size_t whole = (n + ROOM_ALIGN - 1) / ROOM_ALIGN * ROOM_ALIGN;

	for (unsigned i = 0; i < LAB_ROOMS; i++)
		if (!side->lent[i]) {
			side->lent[i] = aligned_alloc(ROOM_ALIGN, whole);
			assert_non_null(side->lent[i]);
			return (struct hf_room){ side->lent[i], n };
		}
	fail_msg("too many rooms are asked for");
	return (struct hf_room){ NULL, 0 };
}

static void get_back(struct lab_side *side, struct hf_room room)
{
	if (room.len == 0)
		return;
	for (unsigned i = 0; i < LAB_ROOMS; i++)
		if (side->lent[i] == room.at) {
			free(side->lent[i]);
			side->lent[i] = NULL;
			return;
		}
	fail_msg("a room comes back that was not lent");
}

static void end_machine(struct lab_side *side)
{
	if (!side->t)
		return;
	hf_tls_end(side->t);
	side->t = NULL;
	for (unsigned i = 0; i < LAB_ROOMS; i++) {
		free(side->lent[i]);
		side->lent[i] = NULL;
	}
}

void lab_free(struct lab *lab)
{
	for (unsigned i = 0; i < 2; i++) {
		end_machine(&lab->side[i]);
		free(lab->side[i].wire);
		free(lab->side[i].ring);
	}
	free(lab);
}

void lab_start(struct lab *lab)
{
	for (unsigned i = 0; i < 2; i++) {
		struct lab_side *side = &lab->side[i];
		const struct hf_room mem = lend(side, hf_tls_memory()), room = lend(side, hf_tls_room());

		assert_int_equal(hf_tls_init(mem.at, room, &side->cfg, &side->start, lab->now, &side->t), HF_OK);
		hf_tls_tell(side->t, side->ring, LAB_TOLD);
	}
}

/* ---- what is written down ---- */

static void add_text(char *to, size_t room, const char *text)
{
	const size_t n = strlen(to);

	assert_true(n + strlen(text) < room);
	memcpy(to + n, text, strlen(text) + 1);
}

static void note(struct lab *lab, enum lab_who who, const struct hf_tls_record_told *r)
{
	static const char *const names[] = { "client", "server" };
	struct lab_side *side = &lab->side[who];
	char line[128] = "";

	if (r->kind == HF_TLS_TOLD_STATE) {
		snprintf(line, sizeof(line), "%s ", hf_tls_state_name(r->to));
		add_text(side->path, sizeof(side->path), line);
		return;
	}
	if (!r->sent)
		return;
	if (r->kind == HF_TLS_TOLD_MESSAGE)
		snprintf(line, sizeof(line), "%s %s\n", names[who], tls_message_name(r->x));
	else if (r->kind == HF_TLS_TOLD_CCS)
		snprintf(line, sizeof(line), "%s change_cipher_spec\n", names[who]);
	else if (r->kind == HF_TLS_TOLD_ALERT)
		snprintf(line, sizeof(line), "%s alert %s\n", names[who], tls_alert_name(r->x));
	else if (r->kind == HF_TLS_TOLD_RECORD)
		snprintf(line, sizeof(line), "%s data %u\n", names[who], (unsigned)r->len);
	add_text(lab->ladder, sizeof(lab->ladder), line);
}

static void take_notes(struct lab *lab, enum lab_who who)
{
	struct lab_side *side = &lab->side[who];
	struct hf_tls_record_told r;
	char line[HF_TLS_SECRET_LINE];

	while (hf_tls_told(side->t, &side->cursor, &r))
		note(lab, who, &r);
	for (hf_tls_next_secret(side->t, line); line[0]; hf_tls_next_secret(side->t, line)) {
		add_text(side->secrets, sizeof(side->secrets), line);
		add_text(side->secrets, sizeof(side->secrets), "\n");
	}
}

/* ---- the wire ---- */

static void deliver(struct lab *lab, enum lab_who from, const uint8_t *at, size_t n)
{
	struct lab_side *to = &lab->side[!from];

	if (n == 0)
		return;
	assert_true(to->wire_len + n <= LAB_WIRE);
	memcpy(to->wire + to->wire_len, at, n);
	if (lab->on_wire)
		n = lab->on_wire(lab, from, to->wire + to->wire_len, n, LAB_WIRE - to->wire_len);
	to->wire_len += n;
}

void lab_inject(struct lab *lab, enum lab_who to, struct hf_bytes b)
{
	struct lab_side *side = &lab->side[to];

	assert_true(side->wire_len + b.len <= LAB_WIRE);
	memcpy(side->wire + side->wire_len, b.at, b.len);
	side->wire_len += b.len;
}

void lab_forge(struct lab *lab, enum lab_who from, enum tls_content type, struct hf_bytes content)
{
	static uint8_t record[TLS_RECORD_HEADER + TLS_CIPHER_MAX_1_3];
	struct hf_tls *t = lab->side[from].t;
	const struct hf_room room = { record, sizeof(record) };

	lab_inject(lab, !from,
		   (struct hf_bytes){ record, tls_record_seal(&t->wr, t->wr.epoch == TLS_EPOCH_PLAIN ? 0 : TLS_VERSION_1_3,
							      TLS_VERSION_1_2, (uint8_t)type, &content, 1, 0, &room, 1) });
}

void lab_cut(struct lab *lab, enum lab_who to)
{
	lab->side[to].eof = true;
}

static void take_off(struct lab_side *side, size_t n)
{
	assert_true(n <= side->shown);
	side->wire_len -= n;
	side->shown -= n;
	memmove(side->wire, side->wire + n, side->wire_len);
}

static size_t scatter(const struct lab *lab, const struct lab_side *side, struct hf_bytes *to)
{
	size_t each = lab->scatter ? lab->scatter : side->shown, n = 0;

	if (each * PIECES < side->shown)
		each = (side->shown + PIECES - 1) / PIECES;
	for (size_t at = 0; at < side->shown; at += each)
		to[n++] = (struct hf_bytes){ side->wire + at, side->shown - at < each ? side->shown - at : each };
	return n;
}

/* ---- a machine's turn ---- */

static void keep_data(char *to, size_t *len, struct hf_bytes b)
{
	assert_true(*len + b.len < LAB_TEXT);
	memcpy(to + *len, b.at, b.len);
	*len += b.len;
	to[*len] = '\0';
}

static void give_room(struct lab_side *side)
{
	struct hf_room old;

	hf_tls_give_room(side->t, lend(side, hf_tls_question(side->t)->room), &old);
	get_back(side, old);
}

static void keep_session(struct lab_side *side)
{
	const struct hf_bytes s = hf_tls_question(side->t)->session;

	memcpy(side->session, s.at, s.len);
	side->session_len = s.len;
	side->sessions++;
}

/* True when the machine goes on. */
static bool answer(struct lab *lab, struct lab_side *side, enum hf_tls_does does, const struct hf_tls_io *io)
{
	side->asked[does]++;
	switch (does) {
	case HF_TLS_WANTS_INPUT:
		if (side->shown == side->wire_len)
			return false;
		side->shown += lab->piece && side->wire_len - side->shown > lab->piece ? lab->piece
										       : side->wire_len - side->shown;
		return true;
	case HF_TLS_WANTS_OUT:
		return true;
	case HF_TLS_WANTS_ROOM:
		give_room(side);
		return true;
	case HF_TLS_HAS_DATA:
		keep_data(side->data, &side->data_len, io->data);
		return true;
	case HF_TLS_HAS_EARLY_DATA:
		keep_data(side->early, &side->early_len, io->data);
		return true;
	case HF_TLS_HAS_SESSION:
		keep_session(side);
		return true;
	case HF_TLS_CONNECTED:
		side->connected = true;
		return true;
	case HF_TLS_CLOSED:
		side->closed = true;
		return false;
	case HF_TLS_TRUNCATED:
		side->truncated = true;
		return false;
	case HF_TLS_FAILED:
		side->failed = true;
		return false;
	default:
		assert_true(hf_tls_settle(side->t, &side->keeper, lab->now, &side->report));
		return true;
	}
}

static bool write_out(struct lab *lab, enum lab_who who)
{
	static uint8_t out[LAB_WIRE];
	struct lab_side *side = &lab->side[who];
	const struct hf_bytes in = { (const uint8_t *)side->outbox, side->outbox_len };
	const struct hf_room room = { out, sizeof(out) };
	size_t taken, len;

	if (side->outbox_len == 0 || hf_tls_write(side->t, &in, 1, &room, 1, &taken, &len) != HF_OK)
		return false;
	side->outbox_len -= taken;
	memmove(side->outbox, side->outbox + taken, side->outbox_len);
	take_notes(lab, who);
	deliver(lab, who, out, len);
	return taken > 0;
}

static void take_room_back(struct lab_side *side)
{
	struct hf_room room;

	if (side->keep_room || !side->connected)
		return;
	while ((room = hf_tls_take_room(side->t)).len > 0)
		get_back(side, room);
}

bool lab_turn(struct lab *lab, enum lab_who who)
{
	static uint8_t plain[HF_TLS_PLAIN_ROOM], out[LAB_WIRE];
	struct lab_side *side = &lab->side[who];
	bool moved = false, on = true;

	if (!lab->piece)
		side->shown = side->wire_len;
	while (on) {
		struct hf_bytes in[PIECES];
		struct hf_tls_io io = {
			.in = in,
			.ins = scatter(lab, side, in),
			.eof = side->eof && side->shown == side->wire_len,
			.plain = plain,
			.out = out,
			.out_room = lab->out_room ? lab->out_room : sizeof(out),
		};
		const enum hf_tls_does does = hf_tls_step(side->t, &io, lab->now);

		moved = moved || io.taken > 0 || io.out_len > 0;
		take_off(side, io.taken);
		take_notes(lab, who);
		deliver(lab, who, out, io.out_len);
		on = answer(lab, side, does, &io);
		if (does == HF_TLS_WANTS_INPUT)
			take_room_back(side);
	}
	return write_out(lab, who) || moved;
}

void lab_run(struct lab *lab)
{
	bool moved = true;

	while (moved) {
		moved = lab_turn(lab, LAB_CLIENT);
		moved = lab_turn(lab, LAB_SERVER) || moved;
	}
}

void lab_handshake(struct lab *lab)
{
	lab_start(lab);
	lab_run(lab);
	for (unsigned i = 0; i < 2; i++) {
		const struct lab_side *side = &lab->side[i];

		if (!side->connected)
			fail_msg("%s not connected: %s\n%s", i ? "server" : "client",
				 lab_info(lab, i).why ? lab_info(lab, i).why : lab_info(lab, i).state, lab->ladder);
	}
}

void lab_again(struct lab *lab)
{
	static uint8_t session[TLS_SESSION_MAX];
	struct lab_side *c = &lab->side[LAB_CLIENT];

	memcpy(session, c->session, c->session_len);
	c->start.session = (struct hf_bytes){ session, c->session_len };
	for (unsigned i = 0; i < 2; i++) {
		struct lab_side *side = &lab->side[i];

		end_machine(side);
		side->wire_len = side->shown = side->data_len = side->early_len = side->outbox_len = side->sessions = 0;
		side->eof = side->connected = side->closed = side->truncated = side->failed = false;
		side->data[0] = side->early[0] = side->secrets[0] = side->path[0] = '\0';
		side->cursor = 0;
		memset(side->asked, 0, sizeof(side->asked));
		side->start.entropy[1]++;
	}
	lab->ladder[0] = '\0';
}

void lab_write(struct lab *lab, enum lab_who who, const char *text)
{
	struct lab_side *side = &lab->side[who];

	assert_true(side->outbox_len + strlen(text) <= sizeof(side->outbox));
	memcpy(side->outbox + side->outbox_len, text, strlen(text));
	side->outbox_len += strlen(text);
}

struct hf_tls_info lab_info(const struct lab *lab, enum lab_who who)
{
	struct hf_tls_info info;

	hf_tls_info(lab->side[who].t, &info);
	return info;
}

void lab_expect_failure(struct lab *lab, enum lab_who who, const char *why_code, enum tls_alert_number alert)
{
	const struct hf_tls_info at = lab_info(lab, who), other = lab_info(lab, !who);

	assert_true(lab->side[who].failed);
	assert_non_null(at.why_code);
	assert_string_equal(at.why_code, why_code);
	assert_true(at.has_alert_sent);
	assert_int_equal(at.alert_sent, alert);
	assert_true(other.has_alert_received);
	assert_int_equal(other.alert_received, alert);
}

/* ---- the man in the middle ---- */

struct rewriter {
	enum lab_who from;
	lab_change *change;
	struct tls_side opens, seals;
	bool has_keys;
	bool lost; /* a message goes on in the next record: from here on nothing is changed */
};

static struct rewriter rewriter; /* of one lab at a time */

static bool get_keys(struct lab *lab)
{
	const struct hf_tls *t = lab->side[rewriter.from].t;
	const uint8_t *secret;

	if (rewriter.has_keys)
		return true;
	if (!t->hs || !t->suite || t->hs->schedule.stage < TLS_STAGE_HANDSHAKE)
		return false;
	secret = rewriter.from == LAB_SERVER ? t->hs->server_hs : t->hs->client_hs;
	assert_int_equal(tls_side_set_13(&rewriter.opens, lab_world.crypto, t->suite, TLS_EPOCH_HANDSHAKE, secret, false),
			 HF_OK);
	assert_int_equal(tls_side_set_13(&rewriter.seals, lab_world.crypto, t->suite, TLS_EPOCH_HANDSHAKE, secret, true),
			 HF_OK);
	rewriter.has_keys = true;
	return true;
}

/* One record of whole messages; those of other keys (it does not open) are handed on. */
static size_t rewrite_record(struct hf_bytes record, struct hf_wr *out)
{
	static uint8_t plain[HF_TLS_PLAIN_ROOM], changed[HF_TLS_PLAIN_ROOM];
	const struct hf_bytes fragment = { record.at + TLS_RECORD_HEADER, record.len - TLS_RECORD_HEADER };
	struct hf_bytes content;
	uint8_t type;
	size_t n = 0;

	if (tls_record_open(&rewriter.opens, TLS_VERSION_1_3, record.at, &fragment, 1, TLS_PLAIN_MAX, plain, &type,
			    &content) != TLS_WHY_NONE ||
	    type != TLS_HANDSHAKE) {
		hf_wr_copy(out, record.at, record.len);
		return record.len;
	}
	while (content.len > 0) {
		size_t len = content.len;

		if (!rewriter.lost)
			len = TLS_MESSAGE_HEADER +
			      ((size_t)content.at[1] << 16 | (size_t)content.at[2] << 8 | content.at[3]);
		rewriter.lost = rewriter.lost || len > content.len;
		if (rewriter.lost)
			len = content.len;
		memcpy(changed + n, content.at, len);
		n += rewriter.lost ? len : rewriter.change(changed[n], changed + n, len, sizeof(changed) - n);
		content = (struct hf_bytes){ content.at + len, content.len - len };
	}
	if (n > 0) {
		const struct hf_bytes in = { changed, n };
		const struct hf_room room = { out->at, (size_t)(out->end - out->at) };

		(void)hf_wr_take(out, tls_record_seal(&rewriter.seals, TLS_VERSION_1_3, TLS_VERSION_1_2, TLS_HANDSHAKE,
						      &in, 1, 0, &room, 1));
	}
	return record.len;
}

static size_t rewrite(struct lab *lab, enum lab_who from, uint8_t *at, size_t n, size_t room)
{
	static uint8_t sent[LAB_WIRE], other[LAB_WIRE];
	struct hf_wr out = hf_wr_over(other, sizeof(other));
	struct hf_bytes left = { sent, n };

	if (from != rewriter.from)
		return n;
	memcpy(sent, at, n);
	while (left.len > 0) {
		const size_t len = TLS_RECORD_HEADER + hf_load16(left.at + 3);
		const struct hf_bytes record = { left.at, len };

		assert_true(len <= left.len);
		if (record.at[0] == TLS_APPLICATION_DATA && get_keys(lab))
			(void)rewrite_record(record, &out);
		else
			hf_wr_copy(&out, record.at, record.len);
		left = (struct hf_bytes){ left.at + len, left.len - len };
	}
	assert_true(hf_wr_len(&out) <= room);
	memcpy(at, other, hf_wr_len(&out));
	return hf_wr_len(&out);
}

void lab_rewrite(struct lab *lab, enum lab_who from, lab_change *change)
{
	if (rewriter.has_keys) {
		tls_side_clear(&rewriter.opens);
		tls_side_clear(&rewriter.seals);
	}
	rewriter = (struct rewriter){ .from = from, .change = change };
	if (lab)
		lab->on_wire = rewrite;
}
