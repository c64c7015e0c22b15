/* SPDX-License-Identifier: MIT */
#ifndef HF_TESTS_TLS_HELLO_H
#define HF_TESTS_TLS_HELLO_H

#include "tls_test.h"

#include <stdlib.h>

/* One end alone, that is fed octets by hand; and what it says taken apart. */

#define OUT_ROOM 8192u
#define EXTS_MAX 40u
#define NAME "a.example"

/* How a row of a table ends that must end the connection. */
#define FAILS(why_, alert_) .why = #why_, .alert = TLS_ALERT_##alert_

static struct hf_crypto *crypto;

static inline int open_crypto(void **state)
{
	(void)state;
	return hf_crypto_open(&crypto) == HF_OK ? 0 : -1;
}

static inline int close_crypto(void **state)
{
	(void)state;
	hf_crypto_close(crypto);
	return 0;
}

/* ---- a machine with its memory ---- */

struct end {
	struct hf_tls_config cfg;
	struct hf_tls_start start;
	struct hf_tls *t;
	void *mem, *room;
	uint8_t plain[HF_TLS_PLAIN_ROOM], out[OUT_ROOM];
	size_t out_len;
	enum hf_tls_does does;
	struct hf_bytes data; /* in plain[] */
	struct hf_tls_info info;
};

static inline struct end *new_end(void)
{
	struct end *e = calloc(1, sizeof(*e));

	assert_non_null(e);
	e->cfg.crypto = crypto;
	memset(e->start.entropy, 7, sizeof(e->start.entropy));
	return e;
}

static inline void feed(struct end *e, struct hf_bytes in)
{
	struct hf_tls_io io = { .in = &in, .ins = 1, .plain = e->plain, .out = e->out, .out_room = sizeof(e->out) };

	e->does = hf_tls_step(e->t, &io, 0);
	e->out_len = io.out_len;
	e->data = io.data;
	hf_tls_info(e->t, &e->info);
}

static inline void begin(struct end *e)
{
	const size_t room = hf_tls_room();

	e->mem = aligned_alloc(64, hf_tls_memory());
	e->room = aligned_alloc(64, (room + 63) & ~(size_t)63);
	assert_true(e->mem && e->room);
	assert_int_equal(hf_tls_init(e->mem, (struct hf_room){ e->room, room }, &e->cfg, &e->start, 0, &e->t), HF_OK);
	feed(e, (struct hf_bytes){ (const uint8_t *)"", 0 });
	assert_int_equal(e->does, HF_TLS_WANTS_INPUT);
}

static inline void end(struct end *e)
{
	hf_tls_end(e->t);
	free(e->mem);
	free(e->room);
	free(e);
}

static inline void assert_failed(const struct end *e, const char *label, const char *why, uint8_t alert)
{
	if (!why) {
		if (e->does == HF_TLS_FAILED)
			fail_msg("%s: failed with %s", label, e->info.why_code);
		return;
	}
	if (e->does != HF_TLS_FAILED)
		fail_msg("%s: was taken, but is %s", label, why);
	if (strcmp(e->info.why_code, why) != 0)
		fail_msg("%s: failed with %s, not %s", label, e->info.why_code, why);
	if (!e->info.has_alert_sent || e->info.alert_sent != alert)
		fail_msg("%s: alert %u, not %u", label, e->info.alert_sent, alert);
}

/* ---- a hello taken apart ---- */

struct parts {
	struct hf_bytes message;
	struct tls_client_hello hello;
	struct tls_ext ext[EXTS_MAX];
	size_t exts;
};

/* From one record of plain text. */
static inline struct parts take_apart(const uint8_t *record, size_t n)
{
	struct tls_record_header h;
	struct parts p = { .exts = 0 };
	struct hf_rd in;

	assert_int_equal(tls_record_header_parse(of(record, n), &h), HF_OK);
	assert_int_equal(h.type, TLS_HANDSHAKE);
	assert_true(TLS_RECORD_HEADER + h.length <= n);
	p.message = of(record + TLS_RECORD_HEADER, h.length);
	assert_int_equal(p.message.at[0], TLS_CLIENT_HELLO);
	assert_int_equal(hf_load16(p.message.at + 2) + TLS_MESSAGE_HEADER, h.length);
	assert_int_equal(
		tls_client_hello_parse(of(p.message.at + TLS_MESSAGE_HEADER, h.length - TLS_MESSAGE_HEADER), &p.hello),
		HF_OK);
	in = hf_rd_over(p.hello.extensions);
	while (p.exts < EXTS_MAX && tls_ext_next(&in, &p.ext[p.exts]))
		p.exts++;
	assert_int_equal(hf_rd_end(&in), HF_OK);
	return p;
}

static inline const struct hf_bytes *find(const struct parts *p, uint16_t type)
{
	for (size_t i = 0; i < p->exts; i++)
		if (p->ext[i].type == type)
			return &p->ext[i].body;
	return NULL;
}

static inline void assert_body(const struct parts *p, uint16_t type, const char *digits)
{
	const struct hf_bytes *body = find(p, type);

	assert_non_null(body);
	assert_octets(body->at, body->len, digits);
}

/* A client's first hello, in e->out. */
static inline struct parts first_hello(struct end *e)
{
	begin(e);
	return take_apart(e->out, e->out_len);
}

#endif
