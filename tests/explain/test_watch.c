/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "explain/watch.h"
#include "explain_test.h"
#include "json_valid.h"

#define REQUEST "GET /a HTTP/1.1\r\nHost: b\r\n\r\n"
/* A record of the handshake with a name in it, and one of data. */
#define RECORDS "\x16\x03\x01\x00\x10\x01\x02www.example\x00\xff\x80\x17\x03\x03\x00\x03\x80\x81\x82"

struct seen {
	struct ladder_event e[2];
	uint8_t packet[2][256];
};

static void put_segment(struct seen *s, unsigned nth, unsigned side, uint32_t seq, const char *payload, size_t n)
{
	struct hf_addr a = addr_ip4_u32(0x0a090001), b = addr_ip4_u32(0x0a090002);
	struct tcp_header h = {
		.src_port = side ? 80 : 5000, .dst_port = side ? 5000 : 80, .seq = seq, .flags = TCP_ACK, .window = 1000
	};
	struct ip4_header ip = {
		.ttl = 64, .proto = IP_PROTO_TCP, .total_len = (uint16_t)(40 + n), .src = side ? b : a, .dst = side ? a : b
	};
	struct hf_wr out = hf_wr_over(s->packet[nth], sizeof(s->packet[nth]));

	ip4_put(&out, &ip);
	tcp_put(&out, &h);
	hf_wr_copy(&out, payload, n);
	s->e[nth] = (struct ladder_event){ .what = LADDER_SEGMENT,
					   .side = (uint8_t)side,
					   .to = side == 0,
					   .packet = { s->packet[nth], hf_wr_len(&out) } };
}

static const char *const names[2] = { "client", "server" };

static void text_and_records_side_by_side(void **state)
{
	static const char *const titles[2] = { "plain", "sealed" };
	const struct look look = look_plain(72);
	struct seen plain, sealed;
	const struct ladder_event *const e[2] = { plain.e, sealed.e };
	const size_t n[2] = { 2, 1 };
	struct text t;

	(void)state;
	put_segment(&plain, 0, 0, 1, REQUEST, sizeof(REQUEST) - 1);
	put_segment(&plain, 1, 1, 1, "tab\tand no end", 14);
	put_segment(&sealed, 0, 0, 1, RECORDS, sizeof(RECORDS) - 1);
	text_init(&t);
	watch_columns(&t, titles, names, e, n, &look);
	assert_string_equal(text_str(&t), "plain                              | sealed\n"
					  "-----------------------------------+-----------------------------------\n"
					  "client sends 28 octets:            | client sends 29 octets:\n"
					  "GET /a HTTP/1.1                    | handshake, 16 octets\n"
					  "Host: b                            | encrypted record, 3 octets\n"
					  "                                   | \"www.example\"\n"
					  "                                   |\n"
					  "server sends 14 octets:            |\n"
					  "tab and no end                     |\n");
	text_free(&t);
}

static void what_is_sent_again_is_seen_once(void **state)
{
	struct seen s;
	struct text t;
	struct json j;

	(void)state;
	put_segment(&s, 0, 0, 1, REQUEST, sizeof(REQUEST) - 1);
	put_segment(&s, 1, 0, 1, REQUEST, sizeof(REQUEST) - 1);
	text_init(&t);
	j = json_over(&t);
	j.one_line = true;
	watch_json(&j, names, s.e, 2);
	assert_true(json_valid(text_str(&t)));
	assert_string_equal(text_str(&t),
			    "[{\"from\": \"client\", \"octets\": 28, \"text\": \"GET /a HTTP/1.1\\u000d\\nHost: b\\u000d\\n\\u000d\\n\", "
			    "\"records\": [], \"words\": []}]\n");
	text_free(&t);
}

static void programs_get_records_and_words(void **state)
{
	struct seen s;
	struct text t;
	struct json j;

	(void)state;
	put_segment(&s, 0, 0, 1, RECORDS, sizeof(RECORDS) - 1);
	text_init(&t);
	j = json_over(&t);
	j.one_line = true;
	watch_json(&j, names, s.e, 1);
	assert_true(json_valid(text_str(&t)));
	assert_non_null(strstr(text_str(&t), "\"text\": null"));
	assert_non_null(strstr(text_str(&t), "{\"record\": \"handshake\", \"octets\": 16}, {\"record\": \"application_data\", "
					     "\"octets\": 3}"));
	assert_non_null(strstr(text_str(&t), "\"words\": [\"www.example\"]"));
	text_free(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_and_records_side_by_side),
		cmocka_unit_test(what_is_sent_again_is_seen_once),
		cmocka_unit_test(programs_get_records_and_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
