/* SPDX-License-Identifier: MIT */
/* Somebody stands on the line and changes what passes, with checksums that fit: what TLS makes of it, and TCP alone. */
#include "sim/scenarios/https.h"

#include "base/bits.h"
#include "wire/tls_wire.h"

#include <string.h>

/* ---- tampered-record ---- */

#define LOWER_CASE_BIT 0x20u

/* One bit of the content: the answer ends with it, and TLS adds 17 octets at least. */
static void flip_a_bit(uint8_t *payload, size_t len)
{
	if (len > 20)
		payload[len - 20] ^= LOWER_CASE_BIT;
}

static void set_up_tampered(struct sim_run *run)
{
	struct https h = https_begin(run, NULL);

	if (run->part == 0) {
		run->title = "HTTPS: the record does not decrypt, and not an octet of it reaches the client's program";
	} else {
		run->title = "HTTP: nobody notices";
		h.asks.tls = h.answers.tls = NULL;
	}
	https_run(run, &h);
	sim_world_fault(run->world,
			&(struct sim_fault){ .from = SIM_SERVER,
					     .payload = SIM_PAYLOAD_SOME,
					     .skip = run->part == 0, /* the handshake */
					     .what = SIM_REWRITE,
					     .rewrite = flip_a_bit,
					     .note = "flips one bit of the page, and mends the checksum of TCP" });
}

static void expect_tampered(struct sim_run *run)
{
	const struct sim_web *web = https_web(run->client, 0);
	const struct sim_tls *client = https_tls(run->client, 0);

	sim_expect(run, sim_world_faults(run->world)->struck == 1, "one segment is changed on the way");
	sim_expect_told(run, SIM_CLIENT, HF_TR_TCP_DROP_CSUM, 0, 0);
	if (run->part == 0) {
		https_expect_failure(run, run->client, "BAD_MAC", TLS_ALERT_BAD_RECORD_MAC);
		sim_expect(run, client && client->connected, "the handshake was over by then");
		sim_expect(run,
			   web->asked == 1 && web->answers == 1 && !web->answer[0].whole && web->answer[0].body.len == 0,
			   "the client has asked, and has no octet of an answer");
		sim_expect(run, sim_tls_count(client, HF_TLS_TOLD_RECORD, false, -1) == 0,
			   "what the changed record held is not given to anyone");
		return;
	}
	sim_expect(run, web->answers == 1 && web->answer[0].whole && web->answer[0].status == 200,
		   "the client believes that it has the whole page");
	sim_expect(run,
		   web->answer[0].body.len == strlen(HTTPS_SECRET "\n") &&
			   strcmp(text_str(&web->answer[0].body), HTTPS_SECRET "\n") != 0,
		   "but it is not the page that the server has sent");
	sim_expect_clean_end(run);
}

const struct sim_scenario tampered_record = {
	.name = "tampered-record",
	.summary = "one bit flips on the line, under a checksum that fits: bad_record_mac",
	.text = "TCP's checksum finds what wires and routers break, and can be mended by anybody. Each record of TLS is sealed: its last octets can only be "
		"computed with the key, from every bit of the rest and from its number in the stream. A record that does not fit ends the connection "
		"with bad_record_mac before anything of it is looked at (RFC 8446 5.2). The same page over plain HTTP arrives as changed, and everybody "
		"is content.",
	.parts = 2,
	.set_up = set_up_tampered,
	.expect = expect_tampered,
};

/* ---- downgrade-attempt ---- */

#define NO_VERSION 0x7a7au /* RFC 8701: a number that is none, and never will be */
#define RANDOM_AT (TLS_RECORD_HEADER + TLS_MESSAGE_HEADER + 2u)
#define SENTINEL_AT (RANDOM_AT + 24u) /* RFC 8446 4.1.3 */

/* What is parsed lies in the payload, which may be written to. */
static uint8_t *inside(uint8_t *payload, const uint8_t *parsed)
{
	return payload + (parsed - payload);
}

static void take_out_13(uint8_t *payload, size_t len)
{
	const size_t at = TLS_RECORD_HEADER + TLS_MESSAGE_HEADER;
	struct tls_client_hello hello;
	struct tls_ext ext;
	struct hf_rd in;

	if (len < at || tls_client_hello_parse((struct hf_bytes){ payload + at, len - at }, &hello) != HF_OK)
		return;
	in = hf_rd_over(hello.extensions);
	while (tls_ext_next(&in, &ext)) {
		if (ext.type != TLS_EXT_SUPPORTED_VERSIONS)
			continue;
		for (size_t i = 1; i + 1 < ext.body.len; i += 2)
			if (hf_load16(ext.body.at + i) == HF_TLS_1_3)
				hf_store16(inside(payload, ext.body.at + i), NO_VERSION);
	}
}

static void take_out_sentinel(uint8_t *payload, size_t len)
{
	if (len >= SENTINEL_AT + 8)
		memset(payload + SENTINEL_AT, 0x55, 8);
}

static void set_up_downgrade(struct sim_run *run)
{
	const struct https h = https_begin(run, NULL);

	run->title = run->part == 0 ? "TLS 1.3 is taken out of the hello: the server's random gives it away"
				    : "The warning is taken out, too: then the signature does not fit";
	https_run(run, &h);
	sim_world_fault(run->world,
			&(struct sim_fault){ .from = SIM_CLIENT,
					     .payload = SIM_PAYLOAD_SOME,
					     .what = SIM_REWRITE,
					     .rewrite = take_out_13,
					     .note = "somebody takes TLS 1.3 out of the versions that the client offers" });
	if (run->part == 1)
		sim_world_fault(run->world, &(struct sim_fault){ .from = SIM_SERVER,
								 .payload = SIM_PAYLOAD_SOME,
								 .what = SIM_REWRITE,
								 .rewrite = take_out_sentinel,
								 .note = "and the warning out of the server's random" });
}

/* "DOWNGRD" and 1, RFC 8446 4.1.3, at the end of the random in the server's first segment. */
static bool has_sentinel(const struct sim_run *run)
{
	static const uint8_t sentinel[] = "DOWNGRD\001";
	struct segment s;

	for (unsigned n = 0; sim_nth_frame(run->world, SIM_SERVER, 0, 0, n, &s, NULL); n++)
		if (s.len >= SENTINEL_AT + 8)
			return memcmp(s.h.payload.at + SENTINEL_AT, sentinel, 8) == 0;
	return false;
}

static void expect_downgrade(struct sim_run *run)
{
	const struct sim_tls *client = https_tls(run->client, 0), *server = https_tls(run->server, 0);

	sim_expect(run, sim_world_faults(run->world)->struck == run->part + 1, "the hello is changed on the way%s",
		   run->part ? ", and the answer" : "");
	sim_expect(run, sim_tls_count(server, HF_TLS_TOLD_VERSION, false, HF_TLS_1_2) == 1,
		   "the server believes that the client knows no better than TLS 1.2");
	sim_expect(run, has_sentinel(run), "it writes a warning into its random, since it could do better itself");
	if (run->part == 0) {
		sim_expect(run, sim_tls_count(client, HF_TLS_TOLD_DOWNGRADE, false, -1) == 1, "the client finds it");
		https_expect_failure(run, run->client, "DOWNGRADED", TLS_ALERT_ILLEGAL_PARAMETER);
	} else {
		sim_expect(run, sim_tls_count(client, HF_TLS_TOLD_DOWNGRADE, false, -1) == 0, "the client finds no warning");
		https_expect_failure(run, run->client, "BAD_SIGNATURE", TLS_ALERT_DECRYPT_ERROR);
		sim_expect(run,
			   sim_tls_count(client, HF_TLS_TOLD_CERTIFICATE_OK, false, -1) == 1 &&
				   sim_tls_count(client, HF_TLS_TOLD_SIGNATURE_OK, false, -1) == 0,
			   "the certificate is good, but what it has signed is another random");
	}
	sim_expect(run, client && !client->connected && server && !server->connected, "neither end is ever connected");
	sim_expect(run, https_web(run->client, 0)->asked == 0, "and nothing is asked");
	sim_expect_nothing_left(run);
}

const struct sim_scenario downgrade_attempt = {
	.name = "downgrade-attempt",
	.summary = "a man in the middle takes TLS 1.3 out of the hello, and is found out",
	.text = "The first message is in the clear, and nothing protects it yet: whoever stands on the line can make the client look older than it is, in "
		"the hope that the older version can be broken. So a server that knows TLS 1.3 and is not offered it ends its random with DOWNGRD and "
		"a 1. To a client that did offer it, this says that somebody has changed the hello. And the random cannot be changed as well: the server's "
		"key signs it (RFC 5246 7.4.3). Were there no warning at all, the hash in Finished would still come out different on both ends.",
	.parts = 2,
	.set_up = set_up_downgrade,
	.expect = expect_downgrade,
};

/* ---- truncation ---- */

#define PAUSE HF_MS(200)
#define CUT_AT HF_MS(150)

/* Who stands on the line sees the timestamps, too. */
static void copy_timestamps(const struct sim_world *w, unsigned from, struct sim_craft *c)
{
	struct segment last;

	for (unsigned n = 0; sim_nth_frame(w, from, TCP_ACK, TCP_ACK, n, &last, NULL); n++) {
		c->timestamps = last.h.has_timestamps;
		c->ts_val = last.h.ts_val;
		c->ts_ecr = last.h.ts_ecr;
	}
}

static void cut_answer(struct sim_world *w, void *arg)
{
	struct sim_run *run = arg;
	struct hf_conn_info client, server;
	struct sim_craft c;

	run->scratch[0] = sim_find_row(w, SIM_CLIENT, HF_TCP_ESTABLISHED, &client) &&
			  sim_find_row(w, SIM_SERVER, HF_TCP_ESTABLISHED, &server);
	if (!run->scratch[0])
		return;
	c = sim_craft_from_peer(&client, TCP_FIN | TCP_ACK);
	copy_timestamps(w, SIM_SERVER, &c);
	sim_inject(w, SIM_CLIENT, &c, "somebody puts a FIN on the line, with the number that is expected next");
	c = sim_craft_from_peer(&server, TCP_RST);
	sim_inject(w, SIM_SERVER, &c, "and a reset for the server, so that it says no more");
}

static void set_up_truncation(struct sim_run *run)
{
	static const char *const titles[] = {
		"HTTPS, and nobody disturbs: close_notify comes before the FIN",
		"HTTPS, cut short: a FIN without close_notify",
		"HTTP, cut short: half a page looks like a whole one",
	};
	struct https h = https_begin(run, NULL);

	run->title = titles[run->part];
	if (run->part == 2)
		h.asks.tls = h.answers.tls = NULL;
	h.answers.until_close = true;
	h.answers.pause = PAUSE;
	https_run(run, &h);
	if (run->part > 0)
		sim_world_at(run->world, CUT_AT, cut_answer, run);
}

static void expect_truncation(struct sim_run *run)
{
	const struct sim_web *web = https_web(run->client, 0);
	const struct sim_tls *client = https_tls(run->client, 0);
	const struct sim_session *s = sim_app_session(run->client, 0);
	const struct sim_answer *a = &web->answer[0];
	const size_t all = strlen(HTTPS_SECRET "\n");

	sim_expect(run, web->answers == 1 && a->status == 200, "the client gets an answer, which says of no length");
	sim_expect(run, s->fin_read, "its stream of octets ends with a FIN, as TCP sees it");
	switch (run->part) {
	case 0:
		sim_expect(run,
			   client && client->end == SIM_TLS_CLOSED &&
				   sim_tls_count(client, HF_TLS_TOLD_ALERT, false, TLS_ALERT_CLOSE_NOTIFY) == 1,
			   "close_notify has come before it: a clean end");
		sim_expect(run, a->whole && !a->truncated && a->body.len == all, "the answer is whole");
		sim_expect_clean_end(run);
		return;
	case 1:
		sim_expect(run, run->scratch[0], "the FIN meets the client in ESTABLISHED");
		sim_expect(run,
			   client && client->end == SIM_TLS_TRUNCATED &&
				   sim_tls_count(client, HF_TLS_TOLD_TRUNCATED, false, -1) == 1 &&
				   sim_tls_count(client, HF_TLS_TOLD_ALERT, false, -1) == 0,
			   "no close_notify has come: TLS says that the end is none");
		sim_expect(run, !a->whole && a->truncated && a->body.len == all / 2,
			   "the client has half of the answer, and knows that it is not whole");
		break;
	default:
		sim_expect(run, run->scratch[0], "the FIN meets the client in ESTABLISHED");
		sim_expect(run, a->whole && !a->truncated && a->body.len == all / 2,
			   "the client has half of the answer, and takes it for the whole");
		break;
	}
	sim_expect_nothing_left(run);
}

const struct sim_scenario truncation = {
	.name = "truncation",
	.summary = "FIN without close_notify: data may be missing, and TLS can tell",
	.text = "Who stands on the line cannot change what TLS carries, but can end it: a FIN is TCP's, and nothing seals it. So an end of TLS says "
		"close_notify, sealed like all else, before it closes its direction; a FIN without it may be an attack (RFC 8446 6.1). It matters most "
		"where the answer itself does not say how long it is, as here. The three parts show a clean end, the same answer cut in half inside TLS, "
		"and cut in half over TCP alone.",
	.parts = 3,
	.set_up = set_up_truncation,
	.expect = expect_truncation,
};
