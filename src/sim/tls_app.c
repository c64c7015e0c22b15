/* SPDX-License-Identifier: MIT */
#include "sim/tls_app.h"

#include "base/bits.h"
#include "sim/world_internal.h"

#include <stdlib.h>
#include <string.h>

#define ALIGN 64u
#define RING 256u
#define OUT_ROOM 20000u /* a record of the longest kind */
#define PIECES 64u
#define REMARKS_MAX 32u /* bits of sim_tls.remarked */

static struct hf_room lend(struct sim_tls *t, size_t n);
static void get_back(struct sim_tls *t, struct hf_room room);
static bool answer(struct sim_tls *t, enum hf_tls_does does, const struct hf_tls_io *io, struct text *data);
static void settle(struct sim_tls *t, enum hf_tls_does what);
static void say_chain(struct sim_tls *t);
static size_t skip(const struct hf_bytes *in, size_t ins, size_t n, struct hf_bytes rest[PIECES]);
static void gather(struct sim_tls *t);
static void remark(struct sim_tls *t, const struct hf_tls_record_told *r);

void sim_tls_side_remark(struct sim_tls_side *side, enum hf_tls_told kind, bool sent, int x, const char *text)
{
	side->remarks = sim_must(realloc(side->remarks, (side->remark_count + 1) * sizeof(*side->remarks)));
	side->remarks[side->remark_count++] = (struct sim_tls_remark){ .kind = kind, .sent = sent, .x = x, .text = text };
	HF_ASSERT(side->remark_count <= REMARKS_MAX);
}

void sim_tls_side_show(struct sim_tls_side *side, const struct hf_cred *cred)
{
	/* NOLINTNEXTLINE(bugprone-sizeof-expression): an array of pointers */
	side->cred = sim_must(realloc(side->cred, (side->keeper.cred_count + 1) * sizeof(*side->cred)));
	side->cred[side->keeper.cred_count++] = cred;
	side->keeper.creds = side->cred;
}

void sim_tls_side_free(struct sim_tls_side *side)
{
	text_free(&side->session);
	free(side->cred);
	free(side->remarks);
	free(side->ticket_keys);
	free(side);
}

struct sim_tls *sim_tls_open(struct sim_world *w, struct sim_tls_side *side, unsigned host, uint16_t local_port,
			     uint16_t remote_port)
{
	struct sim_tls *t = sim_must(calloc(1, sizeof(*t)));
	struct hf_tls_start start = {
		.session = { (const uint8_t *)side->session.at, side->session.len },
	};
	hf_status s;

	*t = (struct sim_tls){ .side = side, .world = w, .host = host, .local_port = local_port, .remote_port = remote_port };
	if (side->name)
		start.name = hf_bytes_of(side->name);
	sim_world_draw(w, start.entropy, sizeof(start.entropy));
	t->memory = sim_must(aligned_alloc(ALIGN, hf_tls_memory()));
	t->plain = sim_must(malloc(HF_TLS_PLAIN_ROOM));
	t->ring = sim_must(calloc(RING, sizeof(*t->ring)));
	s = hf_tls_init(t->memory, lend(t, hf_tls_room()), &side->cfg, &start, sim_world_now(w), &t->machine);
	HF_ASSERT(s == HF_OK);
	hf_tls_tell(t->machine, t->ring, RING);
	text_init(&t->out);
	text_init(&t->path);
	text_clear(&side->session); /* RFC 8446 C.4: a ticket is used once */
	return t;
}

void sim_tls_free(struct sim_tls *t)
{
	if (!t)
		return;
	hf_tls_end(t->machine);
	for (unsigned i = 0; i < t->rooms; i++)
		free(t->room[i].at);
	text_free(&t->out);
	text_free(&t->path);
	free(t->told);
	free(t->ring);
	free(t->plain);
	free(t->memory);
	free(t);
}

size_t sim_tls_take(struct sim_tls *t, const struct hf_bytes *in, size_t ins, bool eof, struct text *data)
{
	uint8_t out[OUT_ROOM];
	size_t taken = 0;
	bool on = true;

	while (on) {
		struct hf_bytes rest[PIECES];
		struct hf_tls_io io = { .in = rest, .eof = eof, .plain = t->plain, .out = out, .out_room = sizeof(out) };
		enum hf_tls_does does;

		io.ins = skip(in, ins, taken, rest);
		does = hf_tls_step(t->machine, &io, sim_world_now(t->world));
		taken += io.taken;
		text_add_n(&t->out, (const char *)out, io.out_len);
		gather(t);
		on = answer(t, does, &io, data);
	}
	return taken;
}

void sim_tls_put(struct sim_tls *t, struct text *data)
{
	uint8_t out[OUT_ROOM];
	size_t taken, len;

	while (data->len > 0) {
		const struct hf_bytes in = { (const uint8_t *)data->at, data->len };
		const struct hf_room room = { out, sizeof(out) };
		const hf_status s = hf_tls_write(t->machine, &in, 1, &room, 1, &taken, &len);

		gather(t);
		if (s != HF_OK)
			return;
		text_add_n(&t->out, (const char *)out, len);
		sim_text_drop(data, taken);
	}
}

void sim_tls_close(struct sim_tls *t)
{
	if (t->closing)
		return;
	t->closing = true;
	if (!t->side->no_notify)
		hf_tls_close(t->machine);
}

/* ---- what the machine asks and tells ---- */

/* True when it goes on by itself. */
static bool answer(struct sim_tls *t, enum hf_tls_does does, const struct hf_tls_io *io, struct text *data)
{
	const struct hf_tls_question *q;
	struct hf_room old;

	switch (does) {
	case HF_TLS_WANTS_INPUT:
		return false;
	case HF_TLS_WANTS_OUT:
		return true;
	case HF_TLS_WANTS_ROOM:
		hf_tls_give_room(t->machine, lend(t, hf_tls_question(t->machine)->room), &old);
		get_back(t, old);
		return true;
	case HF_TLS_HAS_DATA:
	case HF_TLS_HAS_EARLY_DATA:
		text_add_n(data, (const char *)io->data.at, io->data.len);
		return true;
	case HF_TLS_HAS_SESSION:
		q = hf_tls_question(t->machine);
		text_clear(&t->side->session);
		text_add_n(&t->side->session, (const char *)q->session.at, q->session.len);
		return true;
	case HF_TLS_CONNECTED:
		t->connected = true;
		return true;
	case HF_TLS_CLOSED:
		t->end = SIM_TLS_CLOSED;
		return false;
	case HF_TLS_TRUNCATED:
		t->end = SIM_TLS_TRUNCATED;
		return false;
	case HF_TLS_FAILED:
		t->end = SIM_TLS_FAILED;
		return false;
	default:
		settle(t, does);
		return true;
	}
}

static void settle(struct sim_tls *t, enum hf_tls_does what)
{
	const bool settled = hf_tls_settle(t->machine, &t->side->keeper, sim_world_now(t->world), &t->report);

	HF_ASSERT(settled);
	if (what != HF_TLS_WANTS_VERDICT)
		return;
	t->judged = true;
	say_chain(t);
}

/* Who says so of whom, down to the one that is believed; and what is wrong with it. */
static void say_chain(struct sim_tls *t)
{
	const struct hf_cert_report *r = &t->report;
	struct text chain;

	text_init(&chain);
	for (unsigned i = 0; i < r->certs; i++) {
		const struct hf_cert_view *c = &r->cert[i];

		text_addf(&chain, "%s%s", i ? ", signed by " : "", c->subject);
		if (i == 0)
			text_addf(&chain, " (for %s; its key: %s)", c->names, c->key);
		if (c->from_trust)
			text_add(&chain, ", which is trusted here");
	}
	if (r->certs && !r->cert[r->certs - 1].from_trust)
		text_addf(&chain, ", signed by %s, which is not here", r->cert[r->certs - 1].issuer);
	sim_world_say(t->world, t->host, "5280 6.1", "looks at the certificate: %s", text_str(&chain));
	if (r->fault != HF_CERT_GOOD)
		sim_world_say(t->world, t->host, "8446 4.4.2.4", "does not believe it: %s%s%s; what to do: %s",
			      hf_cert_fault_sentence(r->fault), *r->detail ? ": " : "", r->detail,
			      hf_cert_fault_advice(r->fault));
	text_free(&chain);
}

static void gather(struct sim_tls *t)
{
	char line[HF_TLS_SECRET_LINE];
	struct hf_tls_record_told r;

	while (hf_tls_told(t->machine, &t->cursor, &r)) {
		if (t->tolds == t->told_room) {
			t->told_room = t->told_room ? t->told_room * 2 : 64;
			t->told = sim_must(realloc(t->told, t->told_room * sizeof(*t->told)));
		}
		t->told[t->tolds++] = r;
		if (r.kind == HF_TLS_TOLD_STATE || r.kind == HF_TLS_TOLD_FAILED)
			text_addf(&t->path, "%s ", hf_tls_state_name(r.to));
		remark(t, &r);
		sim_world_tell_tls(t->world, t->host, t->local_port, t->remote_port, &r);
	}
	for (hf_tls_next_secret(t->machine, line); line[0]; hf_tls_next_secret(t->machine, line))
		sim_world_add_secret(t->world, line);
}

static bool is(const struct hf_tls_record_told *r, enum hf_tls_told kind, bool sent, int x)
{
	return r->kind == kind && !!r->sent == sent && (x < 0 || r->x == x);
}

static void remark(struct sim_tls *t, const struct hf_tls_record_told *r)
{
	for (size_t i = 0; i < t->side->remark_count; i++) {
		const struct sim_tls_remark *m = &t->side->remarks[i];

		if (t->remarked & 1u << i || !is(r, m->kind, m->sent, m->x))
			continue;
		t->remarked |= 1u << i;
		sim_world_remark(t->world, t->host, m->text);
	}
}

unsigned sim_tls_count(const struct sim_tls *t, enum hf_tls_told kind, bool sent, int x)
{
	unsigned n = 0;

	for (size_t i = 0; t && i < t->tolds; i++)
		n += is(&t->told[i], kind, sent, x);
	return n;
}

struct hf_tls_info sim_tls_info(const struct sim_tls *t)
{
	struct hf_tls_info info = { 0 };

	if (t)
		hf_tls_info(t->machine, &info);
	return info;
}

/* ---- memory ---- */

static struct hf_room lend(struct sim_tls *t, size_t n)
{
	const size_t whole = (n + ALIGN - 1) / ALIGN * ALIGN;

	HF_ASSERT(t->rooms < HF_ARRAY_LEN(t->room));
	t->room[t->rooms] = (struct hf_room){ sim_must(aligned_alloc(ALIGN, whole)), n };
	return t->room[t->rooms++];
}

static void get_back(struct sim_tls *t, struct hf_room room)
{
	for (unsigned i = 0; i < t->rooms && room.len > 0; i++) {
		if (t->room[i].at != room.at)
			continue;
		free(room.at);
		t->room[i] = t->room[--t->rooms];
		return;
	}
}

static size_t skip(const struct hf_bytes *in, size_t ins, size_t n, struct hf_bytes rest[PIECES])
{
	size_t pieces = 0;

	HF_ASSERT(ins <= PIECES);
	for (size_t i = 0; i < ins; i++) {
		const size_t off = hf_min_u64(n, in[i].len);

		n -= off;
		if (in[i].len > off)
			rest[pieces++] = (struct hf_bytes){ in[i].at + off, in[i].len - off };
	}
	return pieces;
}

void sim_text_drop(struct text *t, size_t n)
{
	HF_ASSERT(n <= t->len);
	if (n == 0)
		return;
	t->len -= n;
	memmove(t->at, t->at + n, t->len + 1);
}
