/* SPDX-License-Identifier: MIT */
/*
 * The engine around the handlers: what may come at any time (alerts, records of odd sizes, floods, silence), what the caller
 * may do at any time (close, answer late, answer nothing), and what may not come of it.
 */
#include "post.h"

static struct lab_side *side_of(struct post *p, enum lab_who who)
{
	return &p->lab->side[who];
}

static void expect(struct post *p, enum lab_who who, const char *why, enum tls_alert_number alert)
{
	const struct hf_tls_info info = lab_info(p->lab, who);

	if (!side_of(p, who)->failed)
		fail_msg("%s: it was taken", why);
	assert_string_equal(info.why_code, why);
	assert_true(info.has_alert_sent);
	assert_int_equal(info.alert_sent, alert);
}

/* A connection of 1.3 or 1.2 that stands. */
static struct post *connected(uint16_t version)
{
	struct lab *lab = lab_new();
	struct post *p;

	for (unsigned i = 0; i < 2; i++) {
		lab->side[i].keep_room = true;
		lab->side[i].cfg.min_version = lab->side[i].cfg.max_version = version;
	}
	lab_start(lab);
	p = post_new(lab);
	(void)post_run(p, NULL);
	assert_true(lab->side[LAB_CLIENT].connected && lab->side[LAB_SERVER].connected);
	lab->ladder[0] = '\0';
	return p;
}

static void end(struct post *p)
{
	struct lab *lab = p->lab;

	post_free(p);
	lab_free(lab);
}

static void give(struct post *p, enum lab_who to, uint8_t content, const char *octets, size_t n)
{
	post_give(p, to, content, (struct hf_bytes){ (const uint8_t *)octets, n });
}

/* ---- alerts, in every state ---- */

static bool judged[TLS_ST_COUNT];

static void put_back(struct post *p, enum lab_who to, const struct post_copy *copy)
{
	assert_true(post_put_back(p, to, copy));
}

static void take_alerts(struct post *p, enum lab_who to, const struct post_copy *copy)
{
	const struct hf_tls *t = side_of(p, to)->t;
	const bool old = t->version != TLS_VERSION_1_3;
	const unsigned state = t->state;

	give(p, to, TLS_ALERT, "\1\0", 2);
	/* While nothing is proved anybody could have sent it: then it is an end, but no clean one. */
	assert_true(side_of(p, to)->closed == t->connected && side_of(p, to)->failed == !t->connected);
	assert_true(lab_info(p->lab, to).read_closed && lab_info(p->lab, to).alert_received == TLS_ALERT_CLOSE_NOTIFY);
	if (!t->connected)
		assert_string_equal(lab_info(p->lab, to).why_code, "ALERT_RECEIVED");
	put_back(p, to, copy);
	/* RFC 8446 6.2: the end, and no answer. */
	give(p, to, TLS_ALERT, "\2\x28", 2);
	assert_string_equal(lab_info(p->lab, to).why_code, "ALERT_RECEIVED");
	assert_int_equal(lab_info(p->lab, to).alert_received, TLS_ALERT_HANDSHAKE_FAILURE);
	assert_false(lab_info(p->lab, to).has_alert_sent);
	assert_int_equal(p->way[!to].kept_len, copy->kept_len);
	put_back(p, to, copy);
	/* RFC 8446 6: a warning ends 1.3, too; 1.2 goes on, until there are many. */
	for (unsigned i = 0; i < 5; i++) {
		give(p, to, TLS_ALERT, old ? "\1\x29" : "\1\x5a", 2);
		assert_int_equal(side_of(p, to)->failed, i == 4);
	}
	expect(p, to, "WARNING_FLOOD", TLS_ALERT_UNEXPECTED_MESSAGE);
	put_back(p, to, copy);
	give(p, to, TLS_ALERT, "\1\x29", 2);
	assert_int_equal(side_of(p, to)->failed, !old);
	put_back(p, to, copy);
	give(p, to, TLS_ALERT, "\1", 1);
	expect(p, to, "ALERT_DECODE", TLS_ALERT_DECODE_ERROR);
	put_back(p, to, copy);
	give(p, to, TLS_ALERT, "\2\x28\0", 3);
	expect(p, to, "ALERT_DECODE", TLS_ALERT_DECODE_ERROR);
	put_back(p, to, copy);
	give(p, to, TLS_ALERT, "\3\x28", 2);
	if (old)
		expect(p, to, "ALERT_DECODE", TLS_ALERT_ILLEGAL_PARAMETER);
	assert_true(side_of(p, to)->failed);
	put_back(p, to, copy);
	assert_int_equal(t->state, state);
}

static bool take_alerts_first(struct post *p, enum lab_who to, const struct post_item *item)
{
	struct post_copy copy;

	if (!judged[side_of(p, to)->t->state]) {
		judged[side_of(p, to)->t->state] = true;
		post_copy(p, to, &copy);
		take_alerts(p, to, &copy);
		if (item->content == TLS_HANDSHAKE) {
			/* RFC 8446 5.1: nothing may stand between the parts of a message. */
			post_give(p, to, TLS_HANDSHAKE, (struct hf_bytes){ item->octets.at, 3 });
			give(p, to, TLS_ALERT, "\1\x5a", 2);
			expect(p, to, "INTERLEAVED", TLS_ALERT_UNEXPECTED_MESSAGE);
			put_back(p, to, &copy);
			post_give(p, to, TLS_HANDSHAKE, (struct hf_bytes){ item->octets.at, 3 });
			give(p, to, TLS_CHANGE_CIPHER_SPEC, "\1", 1);
			assert_true(side_of(p, to)->failed);
			assert_int_equal(lab_info(p->lab, to).alert_sent, TLS_ALERT_UNEXPECTED_MESSAGE);
			put_back(p, to, &copy);
		}
		post_copy_free(&copy);
	}
	return post_hand_on(p, to, item);
}

static void alerts(void **state)
{
	(void)state;
	for (size_t i = 0; i < post_kind_count; i++) {
		struct lab *lab = post_lab(&post_kinds[i]);
		struct post *p = post_new(lab);

		(void)post_run(p, take_alerts_first);
		assert_true(lab->side[LAB_CLIENT].connected && lab->side[LAB_SERVER].connected);
		end(p);
	}
}

/* ---- closing at any time ---- */

/* True when there were so many items. */
static bool close_after(const struct post_kind *kind, unsigned items, enum lab_who who)
{
	struct lab *lab = post_lab(kind);
	struct post *p = post_new(lab);
	bool goes_on = true, stood;
	struct hf_tls_info info;

	for (unsigned i = 0; i < items && goes_on; i++)
		goes_on = post_step(p, NULL);
	stood = lab->side[who].connected;
	lab->ladder[0] = '\0';
	hf_tls_close(lab->side[who].t);
	(void)post_run(p, NULL);
	info = lab_info(lab, who);
	assert_true(info.write_closed && info.has_alert_sent);
	assert_int_equal(info.alert_sent, TLS_ALERT_CLOSE_NOTIFY);
	if (lab->side[who].failed == stood)
		fail_msg("%s, after %u: %s\n%s", kind->name, items, info.why ? info.why : "no failure", lab->ladder);
	if (!stood) {
		assert_string_equal(info.why_code, "CANCELLED");
		assert_non_null(strstr(lab->ladder, "alert user_canceled\n"));
	}
	/* What went out under keys of early data that is not taken is not read; then time ends it. */
	lab->now += HF_S(10);
	(void)post_run(p, NULL);
	if (!lab->side[!who].closed && !lab->side[!who].failed)
		fail_msg("%s, after %u: the other side waits\n%s", kind->name, items, lab->ladder);
	end(p);
	return goes_on;
}

static void closing_at_any_time(void **state)
{
	(void)state;
	for (size_t i = 0; i < post_kind_count; i++)
		for (enum lab_who who = 0; who < 2; who++)
			for (unsigned n = 0; close_after(&post_kinds[i], n, who); n++)
				;
}

/* RFC 8446 6.1: nothing is sent after close_notify, whatever comes. */
static void nothing_after_the_end(void **state)
{
	static const uint16_t versions[] = { HF_TLS_1_2, HF_TLS_1_3 };

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		struct post *p = connected(versions[i]);
		struct lab_side *c = side_of(p, LAB_CLIENT);
		const struct hf_bytes data = LAB_BYTES("x");
		uint8_t out[64];
		const struct hf_room room = { out, sizeof(out) };
		size_t taken, len;

		hf_tls_close(c->t);
		hf_tls_close(c->t);
		(void)lab_turn(p->lab, LAB_CLIENT);
		give(p, LAB_CLIENT, TLS_HANDSHAKE, "\x3", 1);
		give(p, LAB_CLIENT, TLS_APPLICATION_DATA, "x", 1);
		assert_true(c->failed);
		assert_string_equal(p->lab->ladder, "client alert close_notify\n");
		assert_int_equal(hf_tls_write(c->t, &data, 1, &room, 1, &taken, &len), HF_CLOSED);
		assert_int_equal(hf_tls_update_keys(c->t, true), HF_BAD_STATE);
		hf_tls_close(c->t);
		(void)lab_turn(p->lab, LAB_CLIENT);
		assert_string_equal(p->lab->ladder, "client alert close_notify\n");
		end(p);
	}
}

static void nothing_after_a_failure(void **state)
{
	struct post *p = connected(HF_TLS_1_3);
	struct lab_side *s = side_of(p, LAB_SERVER);

	(void)state;
	give(p, LAB_SERVER, TLS_HANDSHAKE, "\x3", 1);
	give(p, LAB_SERVER, TLS_APPLICATION_DATA, "x", 1);
	expect(p, LAB_SERVER, "INTERLEAVED", TLS_ALERT_UNEXPECTED_MESSAGE);
	assert_int_equal(hf_tls_update_keys(s->t, false), HF_BAD_STATE);
	hf_tls_close(s->t);
	(void)lab_turn(p->lab, LAB_SERVER);
	assert_string_equal(p->lab->ladder, "server alert unexpected_message\n");
	while (hf_tls_take_room(s->t).len > 0)
		;
	(void)lab_turn(p->lab, LAB_SERVER);
	assert_true(s->failed);
	end(p);
}

/* ---- questions that are answered late, or never ---- */

static enum hf_tls_does step(struct lab *lab, enum lab_who who)
{
	static uint8_t plain[HF_TLS_PLAIN_ROOM], out[LAB_WIRE];
	struct lab_side *side = &lab->side[who];
	const struct hf_bytes in = { side->wire, side->wire_len };
	struct hf_tls_io io = { .in = &in, .ins = 1, .plain = plain, .out = out, .out_room = sizeof(out) };
	const enum hf_tls_does does = hf_tls_step(side->t, &io, lab->now);
	struct lab_side *other = &lab->side[!who];

	side->wire_len -= io.taken;
	memmove(side->wire, side->wire + io.taken, side->wire_len);
	memcpy(other->wire + other->wire_len, out, io.out_len);
	other->wire_len += io.out_len;
	return does;
}

static bool is_question(enum hf_tls_does does)
{
	return does >= HF_TLS_WANTS_CERTIFICATE && does <= HF_TLS_WANTS_REPLAY;
}

/* Goes on until the n'th question of either; false: there are not so many. */
static bool run_to_question(struct lab *lab, unsigned n, enum lab_who *ret_who)
{
	unsigned idle = 0;

	while (idle < 2) {
		for (enum lab_who who = 0; who < 2; who++) {
			struct lab_side *side = &lab->side[who];
			const size_t before = side->wire_len, sent = lab->side[!who].wire_len;
			const enum hf_tls_does does = step(lab, who);

			if (is_question(does)) {
				if (n-- == 0) {
					*ret_who = who;
					return true;
				}
				assert_true(hf_tls_settle(side->t, &side->keeper, lab->now, &side->report));
			}
			idle = does == HF_TLS_WANTS_INPUT && before == side->wire_len && sent == lab->side[!who].wire_len
				       ? idle + 1
				       : 0;
		}
	}
	return false;
}

static void answer_all(struct hf_tls *t)
{
	static const uint8_t octets[48] = { 1 };
	uint8_t room[64];
	struct hf_room old;

	hf_tls_use_certificate(t, lab_world.server[LAB_P256]);
	assert_false(hf_tls_certificate_fits(t, lab_world.server[LAB_P256]));
	hf_tls_no_certificate(t);
	hf_tls_refuse_name(t);
	hf_tls_give_signature(t, (struct hf_bytes){ octets, sizeof(octets) });
	hf_tls_give_premaster(t, octets);
	hf_tls_give_verdict(t, 0);
	hf_tls_give_ticket_key(t, octets, octets);
	hf_tls_give_replay(t, false);
	hf_tls_give_room(t, (struct hf_room){ room, sizeof(room) }, &old);
	assert_ptr_equal(old.at, room);
}

static uint32_t asked;

static bool answer_late(const struct post_kind *kind, unsigned n, bool closes)
{
	struct lab *lab = post_lab(kind);
	enum lab_who who;
	const bool there = run_to_question(lab, n, &who);
	struct hf_tls *t;
	struct hf_tls_info info;

	if (there) {
		t = lab->side[who].t;
		asked |= 1u << hf_tls_question(t)->what;
		assert_true(hf_tls_deadline(t) != HF_NEVER);
		if (closes)
			hf_tls_close(t);
		else
			lab->now = hf_tls_deadline(t);
		assert_int_equal(step(lab, who), HF_TLS_FAILED);
		info = lab_info(lab, who);
		assert_string_equal(info.why_code, closes ? "CANCELLED" : "TIMEOUT");
		assert_int_equal(info.alert_sent, closes ? TLS_ALERT_CLOSE_NOTIFY : TLS_ALERT_USER_CANCELED);
		assert_int_equal(hf_tls_deadline(t), HF_NEVER);
		answer_all(t);
		while (hf_tls_take_room(t).len > 0)
			;
		answer_all(t);
		assert_int_equal(step(lab, who), HF_TLS_FAILED);
	}
	lab_free(lab);
	return there;
}

static void late_answers(void **state)
{
	(void)state;
	for (size_t i = 0; i < post_kind_count; i++)
		for (unsigned n = 0; answer_late(&post_kinds[i], n, false); n++)
			(void)answer_late(&post_kinds[i], n, true);
	for (unsigned q = HF_TLS_WANTS_CERTIFICATE; q <= HF_TLS_WANTS_REPLAY; q++)
		assert_true(asked & 1u << q);
}

static void no_answers(void **state)
{
	static const struct {
		enum hf_tls_does what;
		uint16_t version;
	} rows[] = { { HF_TLS_WANTS_SIGNATURE, HF_TLS_1_3 },
		     { HF_TLS_WANTS_SIGNATURE, HF_TLS_1_2 },
		     { HF_TLS_WANTS_PREMASTER, HF_TLS_1_2 } };
	static const uint8_t zeros[CRYPTO_SIG_MAX + 1];

	(void)state;
	for (size_t i = 0; i < post_kind_count; i++)
		for (size_t k = 0; k < HF_ARRAY_LEN(rows); k++)
			for (unsigned n = 0;; n++) {
				struct lab *lab = post_lab(&post_kinds[i]);
				enum lab_who who;
				const bool there = run_to_question(lab, n, &who);

				if (there && hf_tls_question(lab->side[who].t)->what == rows[k].what &&
				    post_kinds[i].version == rows[k].version) {
					struct hf_tls *t = lab->side[who].t;

					if (rows[k].what == HF_TLS_WANTS_PREMASTER)
						hf_tls_give_premaster(t, NULL);
					else
						hf_tls_give_signature(
							t, (struct hf_bytes){ zeros, n % 2 ? sizeof(zeros) : 0 });
					assert_int_equal(step(lab, who), HF_TLS_FAILED);
					assert_string_equal(lab_info(lab, who).why_code, "INTERNAL");
					assert_int_equal(lab_info(lab, who).alert_sent, TLS_ALERT_INTERNAL_ERROR);
				}
				lab_free(lab);
				if (!there)
					break;
			}
}

static void silence(void **state)
{
	(void)state;
	for (enum lab_who who = 0; who < 2; who++) {
		struct lab *lab = lab_new();

		lab_start(lab);
		lab->now = HF_S(10) - 1;
		(void)lab_turn(lab, who);
		assert_false(lab->side[who].failed);
		assert_int_equal(hf_tls_deadline(lab->side[who].t), HF_S(10));
		lab->now++;
		(void)lab_turn(lab, who);
		assert_true(lab->side[who].failed);
		assert_string_equal(lab_info(lab, who).why_code, "TIMEOUT");
		assert_int_equal(lab_info(lab, who).alert_sent, TLS_ALERT_USER_CANCELED);
		lab_free(lab);
	}
}

/* A KeyUpdate that begins and does not end holds a server's room: only as long as a handshake may. */
static void half_a_message(void **state)
{
	static const uint8_t update[] = { TLS_KEY_UPDATE, 0, 0, 1, 0 };
	struct lab *lab = lab_new();
	struct lab_side *s = &lab->side[LAB_SERVER];

	(void)state;
	lab->side[LAB_CLIENT].keep_room = true;
	lab_handshake(lab);
	assert_int_equal(hf_tls_deadline(s->t), HF_NEVER);
	lab->now = HF_S(100);
	lab_forge(lab, LAB_CLIENT, TLS_HANDSHAKE, (struct hf_bytes){ update, 3 });
	(void)lab_turn(lab, LAB_SERVER);
	lab->now = HF_S(105);
	(void)lab_turn(lab, LAB_SERVER);
	assert_int_equal(hf_tls_deadline(s->t), HF_S(110));
	lab_forge(lab, LAB_CLIENT, TLS_HANDSHAKE, (struct hf_bytes){ update + 3, 2 });
	assert_int_equal(tls_side_update(&lab->side[LAB_CLIENT].t->wr, lab_world.crypto, lab->side[LAB_CLIENT].t->suite, true),
			 HF_OK);
	(void)lab_turn(lab, LAB_SERVER);
	assert_false(s->failed);
	assert_int_equal(hf_tls_deadline(s->t), HF_NEVER);
	lab_forge(lab, LAB_CLIENT, TLS_HANDSHAKE, (struct hf_bytes){ update, 1 });
	(void)lab_turn(lab, LAB_SERVER);
	lab->now = hf_tls_deadline(s->t);
	assert_int_equal(lab->now, HF_S(115));
	(void)lab_turn(lab, LAB_SERVER);
	assert_true(s->failed);
	assert_string_equal(lab_info(lab, LAB_SERVER).why_code, "MESSAGE_TIMEOUT");
	assert_int_equal(lab_info(lab, LAB_SERVER).alert_sent, TLS_ALERT_INTERNAL_ERROR);
	lab_free(lab);
}

/* ---- after the rooms went back ---- */

static void forge(struct lab *lab, enum lab_who from, struct hf_bytes message)
{
	for (size_t i = 0; i < message.len; i++) {
		static uint8_t record[256];
		const struct hf_bytes octet = { message.at + i, 1 };
		const struct hf_room room = { record, sizeof(record) };
		struct hf_tls *t = lab->side[from].t;

		lab_inject(lab, !from,
			   (struct hf_bytes){ record, tls_record_seal(&t->wr, t->version, TLS_VERSION_1_2,
								      TLS_HANDSHAKE, &octet, 1, 0, &room, 1) });
	}
}

/* Octet by octet, each in a record of its own, to a connection that has given all its room back. */
static void messages_without_room(void **state)
{
	struct lab *lab = lab_new();
	struct lab_side *c = &lab->side[LAB_CLIENT];

	(void)state;
	lab_handshake(lab);
	assert_null(c->t->hs);
	c->sessions = 0;
	forge(lab, LAB_SERVER, LAB_BYTES("\4\0\0\x0f\0\0\x0e\x10\1\2\3\4\1\7\0\1t\0\0"));
	lab_run(lab);
	assert_int_equal(c->sessions, 1);
	assert_null(c->t->hs);
	forge(lab, LAB_SERVER, LAB_BYTES("\x18\0\0\1\1"));
	assert_int_equal(tls_side_update(&lab->side[LAB_SERVER].t->wr, lab_world.crypto, lab->side[LAB_SERVER].t->suite, true),
			 HF_OK);
	lab_run(lab);
	assert_int_equal(lab_info(lab, LAB_CLIENT).key_updates_received, 1);
	assert_int_equal(lab_info(lab, LAB_CLIENT).key_updates_sent, 1);
	assert_null(c->t->hs);
	lab_write(lab, LAB_CLIENT, "still there");
	lab_write(lab, LAB_SERVER, "so am I");
	lab_run(lab);
	assert_string_equal(lab->side[LAB_SERVER].data, "still there");
	assert_string_equal(c->data, "so am I");
	lab_free(lab);

	lab = lab_new();
	lab->side[LAB_CLIENT].cfg.max_version = HF_TLS_1_2;
	lab_handshake(lab);
	assert_null(lab->side[LAB_CLIENT].t->hs);
	forge(lab, LAB_SERVER, LAB_BYTES("\0\0\0\0"));
	forge(lab, LAB_CLIENT, LAB_BYTES("\1\0\0\1x"));
	lab->ladder[0] = '\0';
	lab_run(lab);
	assert_string_equal(lab->ladder, "client alert no_renegotiation\nserver alert no_renegotiation\n");
	assert_false(lab->side[LAB_CLIENT].failed || lab->side[LAB_SERVER].failed);
	lab_free(lab);
}

/* ---- records ---- */

static void inject(struct post *p, enum lab_who to, const char *octets, size_t n)
{
	lab_inject(p->lab, to, (struct hf_bytes){ (const uint8_t *)octets, n });
	(void)lab_turn(p->lab, to);
}

static void sizes_of_records(void **state)
{
	static const struct {
		uint16_t version;
		const char *head;
		const char *why;
		enum tls_alert_number alert;
	} heads[] = {
		{ HF_TLS_1_3, "\x17\3\3\x41\x01", "RECORD_TOO_LONG", TLS_ALERT_RECORD_OVERFLOW },
		{ HF_TLS_1_2, "\x17\3\3\x48\x01", "RECORD_TOO_LONG", TLS_ALERT_RECORD_OVERFLOW },
		{ HF_TLS_1_3, "\x17\3\3\0\0", "RECORD_SHORT", TLS_ALERT_BAD_RECORD_MAC },
		{ HF_TLS_1_2, "\x17\3\3\0\0", "RECORD_SHORT", TLS_ALERT_BAD_RECORD_MAC },
		{ HF_TLS_1_2, "\x17\3\1\0\0", "RECORD_VERSION", TLS_ALERT_PROTOCOL_VERSION },
		{ HF_TLS_1_3, "\x17\2\3\0\0", "RECORD_VERSION", TLS_ALERT_PROTOCOL_VERSION },
		{ HF_TLS_1_3, "\x18\3\3\0\0", "UNKNOWN_RECORD", TLS_ALERT_UNEXPECTED_MESSAGE },
		{ HF_TLS_1_3, "\x16\3\3\0\1\0", "UNEXPECTED_RECORD", TLS_ALERT_UNEXPECTED_MESSAGE },
	};
	static uint8_t most[TLS_PLAIN_MAX];

	(void)state;
	for (size_t i = 0; i < HF_ARRAY_LEN(heads); i++) {
		struct post *p = connected(heads[i].version);

		inject(p, LAB_SERVER, heads[i].head, heads[i].head[4] == 1 && heads[i].head[3] == 0 ? 6 : 5);
		expect(p, LAB_SERVER, heads[i].why, heads[i].alert);
		end(p);
	}
	for (unsigned old = 0; old < 2; old++) {
		struct post *p = connected(old ? HF_TLS_1_2 : HF_TLS_1_3);

		memset(most, 'm', sizeof(most));
		post_give(p, LAB_SERVER, TLS_APPLICATION_DATA, (struct hf_bytes){ most, sizeof(most) });
		assert_int_equal(side_of(p, LAB_SERVER)->data_len, sizeof(most));
		end(p);
	}
}

/* RFC 8449 4: what is longer than was said is refused, though it would be no trouble. */
static void longer_than_agreed(void **state)
{
	static const uint8_t octets[101] = { 1 };
	const struct hf_bytes content = { octets, sizeof(octets) };
	uint8_t record[256];
	const struct hf_room room = { record, sizeof(record) };
	struct lab *lab = lab_new();
	struct tls_side seals = { 0 };
	const struct hf_tls *t;
	struct post *p;
	size_t n;

	(void)state;
	lab->side[LAB_SERVER].cfg.record_size_limit = lab->side[LAB_CLIENT].cfg.record_size_limit = 100;
	for (unsigned i = 0; i < 2; i++)
		lab->side[i].keep_room = true;
	lab_start(lab);
	p = post_new(lab);
	(void)post_run(p, NULL);
	assert_true(lab->side[LAB_SERVER].connected);
	assert_int_equal(lab->side[LAB_SERVER].t->max_receive, 100);
	t = lab->side[LAB_SERVER].t;
	assert_int_equal(tls_side_set_13(&seals, lab_world.crypto, t->suite, TLS_EPOCH_APPLICATION, t->rd.secret, true),
			 HF_OK);
	seals.seq = t->rd.seq;
	n = tls_record_seal(&seals, TLS_VERSION_1_3, TLS_VERSION_1_2, TLS_APPLICATION_DATA, &content, 1, 0, &room, 1);
	tls_side_clear(&seals);
	lab_inject(lab, LAB_SERVER, (struct hf_bytes){ record, n });
	(void)lab_turn(lab, LAB_SERVER);
	expect(p, LAB_SERVER, "RECORD_TOO_LONG", TLS_ALERT_RECORD_OVERFLOW);
	end(p);
}

/* Records of 1.2 in more pieces than are opened as they lie, of every length around those of blocks. */
static void records_in_many_pieces(void **state)
{
	(void)state;
	for (size_t n = 40; n < 2000; n += n < 300 ? 1 : 97) {
		struct post *p = connected(HF_TLS_1_2);
		struct lab_side *s = side_of(p, LAB_SERVER);
		char text[2001];

		for (size_t i = 0; i < n; i++)
			text[i] = (char)('a' + i % 26);
		text[n] = '\0';
		p->lab->scatter = 1;
		post_give(p, LAB_SERVER, TLS_APPLICATION_DATA, (struct hf_bytes){ (const uint8_t *)text, n });
		assert_string_equal(s->data, text);
		end(p);
	}
}

static void first_octets(void **state)
{
	static const struct {
		struct hf_bytes in;
		const char *why;
		enum tls_alert_number alert;
		bool silent;
	} rows[] = {
		{ LAB_BYTES("GET / HTTP/1.1\r\n"), "PLAIN_HTTP", 0, true },
		{ LAB_BYTES("PUT / HTTP/1.1\r\n"), "PLAIN_HTTP", 0, true },
		{ LAB_BYTES("SSH-2.0-x\r\n"), "UNKNOWN_RECORD", TLS_ALERT_UNEXPECTED_MESSAGE, false },
		{ LAB_BYTES("\x16\5\1\0\1\1"), "RECORD_VERSION", TLS_ALERT_PROTOCOL_VERSION, false },
		{ LAB_BYTES("\x16\3\1\x40\x01"), "RECORD_TOO_LONG", TLS_ALERT_RECORD_OVERFLOW, false },
		{ LAB_BYTES("\x16\3\1\0\0"), "EMPTY_RECORD", TLS_ALERT_UNEXPECTED_MESSAGE, false },
		{ LAB_BYTES("\x16\3\1\0\4\1\x02\0\1"), "MESSAGE_TOO_LONG", TLS_ALERT_ILLEGAL_PARAMETER, false },
		{ LAB_BYTES("\x14\3\1\0\1\1"), "BAD_CCS", TLS_ALERT_UNEXPECTED_MESSAGE, false },
		{ LAB_BYTES("\x17\3\1\0\1\1"), "UNEXPECTED_RECORD", TLS_ALERT_UNEXPECTED_MESSAGE, false },
	};

	(void)state;
	for (size_t i = 0; i < HF_ARRAY_LEN(rows); i++) {
		struct lab *lab = lab_new();

		lab_start(lab);
		lab_inject(lab, LAB_SERVER, rows[i].in);
		(void)lab_turn(lab, LAB_SERVER);
		assert_true(lab->side[LAB_SERVER].failed);
		assert_string_equal(lab_info(lab, LAB_SERVER).why_code, rows[i].why);
		assert_int_equal(lab_info(lab, LAB_SERVER).has_alert_sent, !rows[i].silent);
		assert_int_equal(lab_info(lab, LAB_SERVER).alert_sent, rows[i].alert);
		assert_int_equal(lab->side[LAB_SERVER].wire_len, 0);
		lab_free(lab);
	}
}

/* ---- what is told of ends that send no alert of their own ---- */

static unsigned told_alert(const struct lab_side *side)
{
	struct hf_tls_record_told r;
	uint64_t cursor = 0;

	while (hf_tls_told(side->t, &cursor, &r))
		if (r.kind == HF_TLS_TOLD_FAILED)
			return r.y;
	fail();
	return 0;
}

static void silent_ends(void **state)
{
	struct lab *lab = lab_new();
	struct post *p;

	(void)state;
	lab_start(lab);
	hf_tls_close(lab->side[LAB_CLIENT].t);
	lab_run(lab);
	assert_int_equal(told_alert(&lab->side[LAB_CLIENT]), TLS_ALERT_USER_CANCELED);
	lab_free(lab);
	lab = lab_new();
	lab_start(lab);
	lab_inject(lab, LAB_SERVER, LAB_BYTES("GET / HTTP/1.1\r\n"));
	(void)lab_turn(lab, LAB_SERVER);
	assert_int_equal(told_alert(&lab->side[LAB_SERVER]), TLS_ALERT_PROTOCOL_VERSION);
	lab_free(lab);
	p = connected(HF_TLS_1_3);
	give(p, LAB_SERVER, TLS_ALERT, "\2\x28", 2);
	assert_int_equal(told_alert(side_of(p, LAB_SERVER)), TLS_ALERT_CLOSE_NOTIFY);
	end(p);
}

/* ---- floods ---- */

static void empty_records(void **state)
{
	static const uint16_t versions[] = { HF_TLS_1_2, HF_TLS_1_3 };

	(void)state;
	for (unsigned v = 0; v < 2; v++) {
		struct post *p = connected(versions[v]);

		for (unsigned round = 0; round < 2; round++) { /* with data now and then there may be any number */
			give(p, LAB_SERVER, TLS_APPLICATION_DATA, "x", 1);
			for (unsigned i = 0; i < 32; i++)
				give(p, LAB_SERVER, TLS_APPLICATION_DATA, "", 0);
		}
		assert_false(side_of(p, LAB_SERVER)->failed);
		give(p, LAB_SERVER, TLS_APPLICATION_DATA, "", 0);
		expect(p, LAB_SERVER, "EMPTY_FLOOD", TLS_ALERT_UNEXPECTED_MESSAGE);
		end(p);
	}
}

static bool to_server_waiting(struct post *p, enum lab_who to, const struct post_item *item)
{
	const struct hf_tls *s = side_of(p, LAB_SERVER)->t;

	if (to == LAB_SERVER && s->early_skip)
		return false;
	return post_hand_on(p, to, item);
}

static struct post *skipping(const char *name)
{
	for (size_t i = 0; i < post_kind_count; i++)
		if (strcmp(post_kinds[i].name, name) == 0) {
			struct post *p = post_new(post_lab(&post_kinds[i]));

			assert_true(post_run(p, to_server_waiting));
			return p;
		}
	fail();
	return NULL;
}

/* RFC 8446 4.2.10: what is passed over has an end, in octets and, as there may be none in a record, in records. */
static void early_data_without_end(void **state)
{
	static uint8_t record[TLS_RECORD_HEADER + TLS_PLAIN_MAX] = { TLS_APPLICATION_DATA, 3, 3, 0x40, 0 };
	static const char *const kinds[] = { "1.3, early data refused", "1.3, early data, retried" };

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		struct post *p = skipping(kinds[i]);

		lab_inject(p->lab, LAB_SERVER, (struct hf_bytes){ record, sizeof(record) });
		(void)lab_turn(p->lab, LAB_SERVER);
		assert_false(side_of(p, LAB_SERVER)->failed);
		inject(p, LAB_SERVER,
		       "\x17\3\3\0\x14"
		       "aaaaaaaaaaaaaaaaaaaa",
		       25);
		expect(p, LAB_SERVER, "EARLY_DATA_LIMIT", TLS_ALERT_UNEXPECTED_MESSAGE);
		end(p);
	}
	{
		struct post *p = skipping(kinds[1]);

		for (unsigned i = 0; i < 32; i++)
			inject(p, LAB_SERVER, "\x17\3\3\0\0", 5);
		assert_false(side_of(p, LAB_SERVER)->failed);
		inject(p, LAB_SERVER, "\x17\3\3\0\0", 5);
		expect(p, LAB_SERVER, "EMPTY_FLOOD", TLS_ALERT_UNEXPECTED_MESSAGE);
		end(p);
	}
}

/* RFC 8446 5: camouflage is passed over, but not for ever. */
static void camouflage_without_end(void **state)
{
	struct lab *lab = lab_new();

	(void)state;
	lab_start(lab);
	(void)lab_turn(lab, LAB_CLIENT);
	for (unsigned i = 0; i < 33; i++) {
		assert_false(lab->side[LAB_CLIENT].failed);
		lab_inject(lab, LAB_CLIENT, LAB_BYTES("\x14\3\3\0\1\1"));
		(void)lab_turn(lab, LAB_CLIENT);
	}
	assert_string_equal(lab_info(lab, LAB_CLIENT).why_code, "BAD_CCS");
	lab_free(lab);
}

/* ---- numbers that are used up, RFC 8446 5.3 ---- */

static void last_numbers(void **state)
{
	const struct hf_bytes data = LAB_BYTES("x");
	uint8_t out[128];
	const struct hf_room room = { out, sizeof(out) };
	size_t taken, len;
	struct post *p = connected(HF_TLS_1_2);
	struct lab_side *c = side_of(p, LAB_CLIENT);

	(void)state;
	c->t->wr.seq = UINT64_MAX;
	assert_int_equal(hf_tls_write(c->t, &data, 1, &room, 1, &taken, &len), HF_CLOSED);
	(void)lab_turn(p->lab, LAB_CLIENT);
	assert_string_equal(lab_info(p->lab, LAB_CLIENT).why_code, "SEQUENCE_END");
	assert_int_equal(p->way[LAB_SERVER].kept_len, 0); /* there is no number left for an alert either */
	side_of(p, LAB_SERVER)->t->rd.seq = UINT64_MAX;
	inject(p, LAB_SERVER,
	       "\x17\3\3\0\x20"
	       "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
	       37);
	expect(p, LAB_SERVER, "SEQUENCE_END", TLS_ALERT_INTERNAL_ERROR);
	end(p);
	/* 1.3 has new keys by then (5.5). */
	p = connected(HF_TLS_1_3);
	c = side_of(p, LAB_CLIENT);
	c->t->wr.seq = p->way[LAB_SERVER].opens.seq = UINT64_C(1) << 24;
	side_of(p, LAB_SERVER)->t->rd.seq = UINT64_C(1) << 24;
	lab_write(p->lab, LAB_CLIENT, "x");
	(void)lab_turn(p->lab, LAB_CLIENT);
	(void)post_run(p, NULL);
	assert_int_equal(lab_info(p->lab, LAB_CLIENT).key_updates_sent, 1);
	assert_string_equal(side_of(p, LAB_SERVER)->data, "x");
	end(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(alerts),
		cmocka_unit_test(closing_at_any_time),
		cmocka_unit_test(nothing_after_the_end),
		cmocka_unit_test(nothing_after_a_failure),
		cmocka_unit_test(late_answers),
		cmocka_unit_test(no_answers),
		cmocka_unit_test(silence),
		cmocka_unit_test(half_a_message),
		cmocka_unit_test(messages_without_room),
		cmocka_unit_test(sizes_of_records),
		cmocka_unit_test(longer_than_agreed),
		cmocka_unit_test(records_in_many_pieces),
		cmocka_unit_test(first_octets),
		cmocka_unit_test(silent_ends),
		cmocka_unit_test(empty_records),
		cmocka_unit_test(early_data_without_end),
		cmocka_unit_test(camouflage_without_end),
		cmocka_unit_test(last_numbers),
	};

	return cmocka_run_group_tests(tests, post_world_make, post_world_free);
}
