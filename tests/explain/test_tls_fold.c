/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/bits.h"
#include "explain/tls_fold.h"
#include "explain_test.h"
#include "json_valid.h"
#include "wire/tls_wire.h"

#include <stdlib.h>

#define MOST 32u
#define START HF_S(1)
#define CLIENT_PORT 5000u
#define SERVER_PORT 80u
#define PACKET_ROOM 512u

/* Two hosts, their segments with octets of our own, and what the two ends of TLS tell. */
struct story {
	struct ladder_event e[MOST];
	struct segment seg[MOST];
	uint8_t packet[MOST][PACKET_ROOM];
	size_t n;
	uint64_t sent[2]; /* octets so far */
	struct segment_flows flows;
	struct tls_fold fold;
};

static const char *const names[2] = { "client", "server" };

static struct ladder_event *add(struct story *s, unsigned side, enum ladder_what what)
{
	struct ladder_event *e = &s->e[s->n++];

	assert_true(s->n <= MOST);
	*e = (struct ladder_event){ .what = what,
				    .side = (uint8_t)side,
				    .to = side == 0,
				    .at = START + HF_MS(s->n),
				    .arrives = START + HF_MS(s->n + 10) };
	return e;
}

/* The n octets of a host's stream from `offset` on; flags besides. */
static struct ladder_event *add_segment(struct story *s, unsigned side, uint8_t flags, uint64_t offset,
					const void *octets, size_t n)
{
	const uint32_t isn = side ? 900 : 500;
	struct ladder_event *e = add(s, side, LADDER_SEGMENT);
	struct hf_addr a = addr_ip4_u32(0x0a090001), b = addr_ip4_u32(0x0a090002);
	struct tcp_header h = { .src_port = side ? SERVER_PORT : CLIENT_PORT,
				.dst_port = side ? CLIENT_PORT : SERVER_PORT,
				.seq = flags & TCP_SYN ? isn : isn + 1 + (uint32_t)offset,
				.ack = side ? 501 : 901,
				.flags = flags,
				.window = 1000 };
	struct ip4_header ip = {
		.ttl = 64, .proto = IP_PROTO_TCP, .total_len = (uint16_t)(40 + n), .src = side ? b : a, .dst = side ? a : b
	};
	struct hf_wr out = hf_wr_over(s->packet[s->n - 1], PACKET_ROOM);

	ip4_put(&out, &ip);
	tcp_put(&out, &h);
	hf_wr_copy(&out, octets, n);
	e->packet = (struct hf_bytes){ s->packet[s->n - 1], hf_wr_len(&out) };
	segment_read(&s->flows, e->packet, false, &s->seg[s->n - 1]);
	return e;
}

static void tell(struct story *s, unsigned side, struct hf_tls_record_told r)
{
	struct ladder_event *e = add(s, side, LADDER_TLS);

	e->tls = r;
	e->local_port = side ? SERVER_PORT : CLIENT_PORT;
	e->remote_port = side ? CLIENT_PORT : SERVER_PORT;
}

static void tell_sent(struct story *s, unsigned side, enum hf_tls_told kind, unsigned x, uint64_t offset, uint32_t len,
		      unsigned epoch)
{
	tell(s, side,
	     (struct hf_tls_record_told){
		     .kind = (uint16_t)kind, .sent = 1, .x = (uint16_t)x, .offset = offset, .len = len, .epoch = (uint8_t)epoch });
}

static struct story *begin(void)
{
	struct story *s = calloc(1, sizeof(*s));

	assert_non_null(s);
	segment_flows_init(&s->flows);
	add_segment(s, 0, TCP_SYN, 0, NULL, 0);
	add_segment(s, 1, TCP_SYN | TCP_ACK, 0, NULL, 0);
	return s;
}

static void fold(struct story *s)
{
	tls_fold_init(&s->fold, s->e, s->seg, s->n);
	assert_false(s->fold.failed);
}

static void end(struct story *s)
{
	tls_fold_free(&s->fold);
	segment_flows_free(&s->flows);
	free(s);
}

/* A record with content of zeros. */
static size_t put_record(uint8_t *to, unsigned type, size_t n)
{
	memset(to, 0, TLS_RECORD_HEADER + n);
	tls_record_header_put(to, (uint8_t)type, TLS_VERSION_1_2, (uint16_t)n);
	return TLS_RECORD_HEADER + n;
}

static void expect_content(const struct story *s, size_t event, uint32_t octets, const char *expected)
{
	struct text t;

	text_init(&t);
	assert_int_equal(tls_fold_add(&s->fold, event, octets, &t), *expected != '\0');
	assert_string_equal(text_str(&t), expected);
	text_free(&t);
}

/* ---- rows ---- */

static void messages_stand_in_the_brackets_of_their_keys(void **state)
{
	struct story *s = begin();
	uint8_t octets[256];
	size_t n = 0, at;

	(void)state;
	tell_sent(s, 1, HF_TLS_TOLD_MESSAGE, TLS_SERVER_HELLO, 0, 14, 0);
	n += put_record(octets, TLS_HANDSHAKE, 14);
	tell_sent(s, 1, HF_TLS_TOLD_CCS, 0, n, 1, 0);
	n += put_record(octets + n, TLS_CHANGE_CIPHER_SPEC, 1);
	/* A change of keys and a state are told between them, and are no content. */
	tell_sent(s, 1, HF_TLS_TOLD_KEYS, 2, n, 0, 2);
	tell_sent(s, 1, HF_TLS_TOLD_MESSAGE, TLS_ENCRYPTED_EXTENSIONS, n, 6, 2);
	tell_sent(s, 1, HF_TLS_TOLD_MESSAGE, TLS_CERTIFICATE, n, 20, 2);
	n += put_record(octets + n, TLS_APPLICATION_DATA, 43);
	tell_sent(s, 1, HF_TLS_TOLD_MESSAGE, TLS_FINISHED, n, 36, 2);
	n += put_record(octets + n, TLS_APPLICATION_DATA, 53);
	tell_sent(s, 1, HF_TLS_TOLD_MESSAGE, TLS_NEW_SESSION_TICKET, n, 10, 3);
	n += put_record(octets + n, TLS_APPLICATION_DATA, 27);
	tell_sent(s, 1, HF_TLS_TOLD_RECORD, 0, n, 7, 3);
	n += put_record(octets + n, TLS_APPLICATION_DATA, 24);
	tell_sent(s, 1, HF_TLS_TOLD_ALERT, TLS_ALERT_CLOSE_NOTIFY, n, 2, 3);
	n += put_record(octets + n, TLS_APPLICATION_DATA, 19);
	at = s->n;
	add_segment(s, 1, TCP_ACK, 0, octets, n);
	fold(s);
	assert_true(tls_fold_any(&s->fold));
	expect_content(s, at, (uint32_t)n,
		       "ServerHello, ChangeCipherSpec, {EncryptedExtensions, Certificate, Finished}, [NewSessionTicket, data 7, "
		       "alert close_notify]");
	expect_content(s, 0, 0, "");
	end(s);
}

static void early_data_and_a_retry_have_their_names(void **state)
{
	struct story *s = begin();
	uint8_t octets[128];
	size_t n = 0;

	(void)state;
	tell_sent(s, 0, HF_TLS_TOLD_MESSAGE, TLS_CLIENT_HELLO, 0, 10, 0);
	n += put_record(octets, TLS_HANDSHAKE, 10);
	tell_sent(s, 0, HF_TLS_TOLD_RECORD, 0, n, 3, 1);
	n += put_record(octets + n, TLS_APPLICATION_DATA, 20);
	add_segment(s, 0, TCP_ACK, 0, octets, n);
	tell_sent(s, 1, HF_TLS_TOLD_MESSAGE, TLS_HELLO_RETRY_REQUEST, 0, 30, 0);
	add_segment(s, 1, TCP_ACK, 0, octets, put_record(octets, TLS_HANDSHAKE, 30));
	fold(s);
	expect_content(s, 4, (uint32_t)n, "ClientHello, <data 3>");
	expect_content(s, 6, 35, "HelloRetryRequest");
	end(s);
}

static void a_part_of_a_record_is_told_to_be_one(void **state)
{
	struct story *s = begin();
	uint8_t octets[128];

	(void)state;
	tell_sent(s, 0, HF_TLS_TOLD_RECORD, 0, 0, 40, 3);
	assert_int_equal(put_record(octets, TLS_APPLICATION_DATA, 57), 62);
	tell_sent(s, 0, HF_TLS_TOLD_ALERT, TLS_ALERT_CLOSE_NOTIFY, 62, 2, 3);
	assert_int_equal(put_record(octets + 62, TLS_APPLICATION_DATA, 19), 24);
	add_segment(s, 0, TCP_ACK, 0, octets, 30);
	add_segment(s, 0, TCP_ACK, 30, octets + 30, 20);
	add_segment(s, 0, TCP_ACK, 50, octets + 50, 36);
	add_segment(s, 0, TCP_ACK, 30, octets + 30, 20); /* once more */
	fold(s);
	expect_content(s, 4, 30, "[data 40 (the first 30 of its 62 octets)]");
	expect_content(s, 5, 20, "[data 40 (further 20 of its 62 octets)]");
	expect_content(s, 6, 36, "[data 40 (the last 12 of its 62 octets), alert close_notify]");
	expect_content(s, 7, 20, "[data 40 (further 20 of its 62 octets)]");
	/* Drawn as one arrow, they are whole. */
	expect_content(s, 4, 86, "[data 40, alert close_notify]");
	end(s);
}

static void a_message_may_go_on_in_another_record(void **state)
{
	struct story *s = begin();
	uint8_t octets[128];
	size_t n = 0;

	(void)state;
	tell_sent(s, 1, HF_TLS_TOLD_MESSAGE, TLS_CERTIFICATE, 0, 40, 2);
	n += put_record(octets, TLS_APPLICATION_DATA, 30);
	n += put_record(octets + n, TLS_APPLICATION_DATA, 30);
	add_segment(s, 1, TCP_ACK, 0, octets, n);
	fold(s);
	expect_content(s, 3, (uint32_t)n, "{Certificate, the message goes on}");
	end(s);
}

static void what_nobody_told_of_is_left_alone(void **state)
{
	struct story *s = begin();
	uint8_t octets[64];
	const size_t n = put_record(octets, TLS_HANDSHAKE, 20);

	(void)state;
	add_segment(s, 0, TCP_ACK, 0, octets, n);
	/* The peer tells of what it receives: these are not its own octets. */
	tell(s, 1, (struct hf_tls_record_told){ .kind = HF_TLS_TOLD_MESSAGE, .x = TLS_CLIENT_HELLO });
	fold(s);
	assert_false(tls_fold_any(&s->fold));
	expect_content(s, 2, (uint32_t)n, "");
	end(s);
}

static void a_record_that_never_ends_is_shown_as_far_as_it_came(void **state)
{
	struct story *s = begin();
	uint8_t octets[64];

	(void)state;
	tell_sent(s, 0, HF_TLS_TOLD_MESSAGE, TLS_CLIENT_HELLO, 0, 50, 0);
	assert_int_equal(put_record(octets, TLS_HANDSHAKE, 50), 55);
	add_segment(s, 0, TCP_ACK, 0, octets, 3);
	add_segment(s, 0, TCP_ACK, 3, octets + 3, 17);
	fold(s);
	expect_content(s, 3, 3, "ClientHello (the first 3 of its 55 octets)");
	expect_content(s, 4, 17, "ClientHello (further 17 of its 55 octets)");
	end(s);
}

/* ---- what can be read by anybody ---- */

#define HELLO_DONE "\x0e\x00\x00\x00"

static void plain_messages_are_shown_where_they_end(void **state)
{
	struct story *s = begin();
	uint8_t octets[64] = { TLS_HANDSHAKE, 3, 3, 0, 8 };
	struct text t;
	size_t cursor = 0;

	(void)state;
	memcpy(octets + 5, HELLO_DONE HELLO_DONE, 8);
	tell_sent(s, 1, HF_TLS_TOLD_MESSAGE, TLS_SERVER_HELLO_DONE, 0, 4, 0);
	tell_sent(s, 1, HF_TLS_TOLD_MESSAGE, TLS_SERVER_HELLO_DONE, 0, 4, 0);
	add_segment(s, 1, TCP_ACK, 0, octets, 11);
	add_segment(s, 1, TCP_ACK, 11, octets + 11, 2);
	fold(s);
	text_init(&t);
	assert_true(tls_fold_next_plain(&s->fold, 4, 11, &cursor, &t));
	assert_string_equal(text_str(&t), "ServerHelloDone");
	assert_false(tls_fold_next_plain(&s->fold, 4, 11, &cursor, &t));
	cursor = 0;
	text_clear(&t);
	assert_true(tls_fold_next_plain(&s->fold, 5, 2, &cursor, &t));
	assert_string_equal(text_str(&t), "ServerHelloDone");
	assert_false(tls_fold_next_plain(&s->fold, 5, 2, &cursor, &t));
	text_free(&t);
	end(s);
}

static void encrypted_messages_are_not_shown(void **state)
{
	struct story *s = begin();
	uint8_t octets[64] = { TLS_HANDSHAKE, 3, 3, 0, 4 };
	struct text t;
	size_t cursor = 0;

	(void)state;
	memcpy(octets + 5, HELLO_DONE, 4);
	tell_sent(s, 1, HF_TLS_TOLD_MESSAGE, TLS_SERVER_HELLO_DONE, 0, 4, 3);
	add_segment(s, 1, TCP_ACK, 0, octets, 9);
	fold(s);
	text_init(&t);
	assert_false(tls_fold_next_plain(&s->fold, 3, 9, &cursor, &t));
	text_free(&t);
	end(s);
}

/* ---- JSON ---- */

static void programs_get_the_same(void **state)
{
	struct story *s = begin();
	uint8_t octets[128];
	struct text t;
	struct json j;

	(void)state;
	tell_sent(s, 0, HF_TLS_TOLD_MESSAGE, TLS_FINISHED, 0, 36, 2);
	(void)put_record(octets, TLS_APPLICATION_DATA, 53);
	add_segment(s, 0, TCP_ACK, 0, octets, 30);
	text_init(&t);
	j = json_over(&t);
	ladder_json(&j, names, s->e, s->n, START);
	assert_true(json_valid(text_str(&t)));
	assert_non_null(strstr(text_str(&t), "\"what\": \"tls\""));
	assert_non_null(strstr(text_str(&t), "\"record\": \"application_data\""));
	assert_non_null(strstr(text_str(&t), "\"octets\": 58"));
	assert_non_null(strstr(text_str(&t), "\"octets_here\": 30"));
	assert_non_null(strstr(text_str(&t), "\"keys\": \"handshake\""));
	assert_non_null(strstr(text_str(&t), "\"Finished\""));
	text_free(&t);
	fold(s);
	end(s);
}

/* ---- the ladder ---- */

static void rows_and_states_stand_below_those_of_tcp(void **state)
{
	const struct look look = look_plain(90);
	struct story *s = begin();
	uint8_t octets[64];
	const hf_time_ns at = START + HF_MS(20);
	struct text t;

	(void)state;
	for (size_t i = 0; i < s->n; i++)
		s->e[i].at = START;
	tell_sent(s, 0, HF_TLS_TOLD_MESSAGE, TLS_CLIENT_HELLO, 0, 15, 0);
	add_segment(s, 0, TCP_ACK, 0, octets, put_record(octets, TLS_HANDSHAKE, 15));
	tell(s, 1, (struct hf_tls_record_told){ .kind = HF_TLS_TOLD_SUITE, .x = TLS_SUITE_AES_128_GCM_SHA256 });
	add(s, 1, LADDER_SAYS)->note = "answers";
	s->e[s->n - 1].rfc = "9112 4";
	add(s, 1, LADDER_REMARK)->note = "Now it answers.";
	for (size_t i = 2; i < s->n; i++)
		s->e[i].at = i < 4 ? at : at + HF_MS(10);
	text_init(&t);
	ladder_text(&t, names, s->e, s->n, START, &look);
	assert_string_equal(strstr(text_str(&t), "      20ms"),
			    "      20ms  CLOSED        |-- ACK seq 1 ack 1 len 20 --------------------->|  CLOSED\n"
			    "            WAIT_SH       |   ClientHello                                  |\n"
			    "            client: HelloRequest\n"
			    "      30ms  -- Now it answers.\n"
			    "      30ms  CLOSED        |                                                |  CLOSED\n"
			    "            WAIT_SH       |                                                |  WAIT_SH\n"
			    "            server: TLS_AES_128_GCM_SHA256 is agreed on: how the data will be encrypted\n"
			    "            and which hash binds the handshake [RFC 8446 4.1.3]\n"
			    "            server: answers [RFC 9112 4]\n");
	text_free(&t);
	fold(s);
	end(s);
}

static void the_legend_is_of_what_is_drawn(void **state)
{
	static const struct {
		unsigned epochs; /* 1 << epoch */
		const char *legend;
	} rows[] = {
		{ 1, "" },
		{ 1 | 8, "TLS: [..] is encrypted under keys of the data." }, /* 1.2 */
		{ 1 | 4 | 8, "TLS: [..] is encrypted under keys of the data, {..} under those of the handshake." },
		{ 15, "TLS: [..] is encrypted under keys of the data, {..} under those of the handshake, <..> under those of "
		      "early data." },
	};

	(void)state;
	for (size_t i = 0; i < HF_ARRAY_LEN(rows); i++) {
		struct story *s = begin();
		uint8_t octets[128];
		struct text t;
		size_t n = 0;

		for (unsigned epoch = 0; epoch < 4; epoch++) {
			if (!(rows[i].epochs & 1u << epoch))
				continue;
			tell_sent(s, 1, HF_TLS_TOLD_MESSAGE, TLS_FINISHED, n, 5, (uint8_t)epoch);
			n += put_record(octets + n, TLS_APPLICATION_DATA, 22);
		}
		add_segment(s, 1, TCP_ACK, 0, octets, n);
		fold(s);
		text_init(&t);
		tls_fold_add_legend(&s->fold, &t);
		assert_string_equal(text_str(&t), rows[i].legend);
		text_free(&t);
		end(s);
	}
}

static void no_row_is_wider_than_asked(void **state)
{
	struct story *s = begin();
	uint8_t octets[256];
	struct text t;
	size_t n = 0;

	(void)state;
	for (unsigned i = 0; i < 8; i++) {
		tell_sent(s, 1, HF_TLS_TOLD_MESSAGE, TLS_ENCRYPTED_EXTENSIONS, n, 5, 2);
		n += put_record(octets + n, TLS_APPLICATION_DATA, 22);
	}
	add_segment(s, 1, TCP_ACK, 0, octets, n);
	fold(s);
	text_init(&t);
	for (unsigned columns = 72; columns <= 160; columns++) {
		const struct look look = look_plain(columns);
		unsigned width = 0;

		text_clear(&t);
		ladder_text(&t, names, s->e, s->n, START, &look);
		assert_non_null(strstr(text_str(&t), "{EncryptedExtensions, "));
		for (const char *at = text_str(&t); *at; at++) {
			width = *at == '\n' ? 0 : width + 1;
			assert_true(width <= columns);
		}
	}
	text_free(&t);
	end(s);
}

/* ---- sentences ---- */

static void every_placeholder_is_filled_in(void **state)
{
	struct text t;

	(void)state;
	text_init(&t);
	for (unsigned kind = 0; kind < HF_TLS_TOLD_COUNT; kind++) {
		for (unsigned sent = 0; sent < 2; sent++) {
			const struct hf_tls_record_told r = { .kind = (uint16_t)kind, .x = 1, .len = 77, .sent = (uint8_t)sent };

			text_clear(&t);
			tls_told_add_sentence(&t, &r);
			assert_true(t.len > 0);
			assert_null(strpbrk(text_str(&t), "{}"));
			assert_true(strlen(tls_told_rfc(&r)) > 0);
		}
	}
	text_free(&t);
}

static void expect_sentence(struct hf_tls_record_told r, const char *sentence, const char *rfc)
{
	struct text t;

	text_init(&t);
	tls_told_add_sentence(&t, &r);
	assert_string_equal(text_str(&t), sentence);
	assert_string_equal(tls_told_rfc(&r), rfc);
	text_free(&t);
}

static void sentences_say_what_was_told(void **state)
{
	(void)state;
	expect_sentence((struct hf_tls_record_told){ .kind = HF_TLS_TOLD_VERSION, .x = HF_TLS_1_3 },
			"TLS 1.3 is agreed on", "8446 4.2.1");
	expect_sentence((struct hf_tls_record_told){ .kind = HF_TLS_TOLD_HELLO_RETRY, .x = TLS_GROUP_P256 },
			"no share in a group of both sides: asks for one in secp256r1", "8446 4.1.4");
	expect_sentence((struct hf_tls_record_told){ .kind = HF_TLS_TOLD_RETRY_COOKIE },
			"asks for the same hello again, with a cookie, so that it need not remember the first",
			"8446 4.2.2");
	expect_sentence((struct hf_tls_record_told){ .kind = HF_TLS_TOLD_KEYS, .x = 2, .sent = 1 },
			"from here on what it sends is encrypted: keys of the handshake", "8446 7.3");
	expect_sentence((struct hf_tls_record_told){ .kind = HF_TLS_TOLD_ALERT, .x = TLS_ALERT_BAD_RECORD_MAC, .sent = 1 },
			"sends the alert bad_record_mac (a record did not decrypt: changed on the way, or other keys)",
			"8446 6");
	expect_sentence((struct hf_tls_record_told){ .kind = HF_TLS_TOLD_ALERT, .x = TLS_ALERT_CLOSE_NOTIFY },
			"gets the alert close_notify (no more data will come: a clean end)", "8446 6");
	expect_sentence((struct hf_tls_record_told){ .kind = HF_TLS_TOLD_CCS, .version = HF_TLS_1_2, .sent = 1 },
			"change_cipher_spec: what it sends next is under the new keys", "5246 7.1");
	expect_sentence((struct hf_tls_record_told){ .kind = HF_TLS_TOLD_CCS, .version = HF_TLS_1_3, .sent = 1 },
			"change_cipher_spec: means nothing, and lets middleboxes take this for TLS 1.2", "8446 D.4");
}

static void sections_are_those_of_the_version(void **state)
{
	struct hf_tls_record_told r = { .kind = HF_TLS_TOLD_FINISHED_OK };

	(void)state;
	assert_string_equal(tls_told_rfc(&r), "8446 4.4.4");
	r.version = HF_TLS_1_3;
	assert_string_equal(tls_told_rfc(&r), "8446 4.4.4");
	r.version = HF_TLS_1_2;
	assert_string_equal(tls_told_rfc(&r), "5246 7.4.9");
	/* What both have in common, and what names its document itself. */
	r.kind = HF_TLS_TOLD_VERSION;
	assert_string_equal(tls_told_rfc(&r), "8446 4.2.1");
	r.kind = HF_TLS_TOLD_RSA_TRANSPORT;
	assert_string_equal(tls_told_rfc(&r), "5246 7.4.7.1");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(messages_stand_in_the_brackets_of_their_keys),
		cmocka_unit_test(early_data_and_a_retry_have_their_names),
		cmocka_unit_test(a_part_of_a_record_is_told_to_be_one),
		cmocka_unit_test(a_message_may_go_on_in_another_record),
		cmocka_unit_test(what_nobody_told_of_is_left_alone),
		cmocka_unit_test(a_record_that_never_ends_is_shown_as_far_as_it_came),
		cmocka_unit_test(plain_messages_are_shown_where_they_end),
		cmocka_unit_test(encrypted_messages_are_not_shown),
		cmocka_unit_test(programs_get_the_same),
		cmocka_unit_test(rows_and_states_stand_below_those_of_tcp),
		cmocka_unit_test(the_legend_is_of_what_is_drawn),
		cmocka_unit_test(no_row_is_wider_than_asked),
		cmocka_unit_test(every_placeholder_is_filled_in),
		cmocka_unit_test(sentences_say_what_was_told),
		cmocka_unit_test(sections_are_those_of_the_version),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
