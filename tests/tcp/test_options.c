/* SPDX-License-Identifier: MIT */
/* What a SYN carries: MSS, window scale, timestamps; and nothing that nobody asked for. */
#include "drill.h"

#include <stdlib.h>

/* ---- options ---- */

static void use_ip6(struct drill *d)
{
	d->lab->host[LAB_A].addr = (struct hf_addr){ { 0x20, 0x01, 0x0d, 0xb8, [15] = 1 } };
	d->lab->host[LAB_B].addr = (struct hf_addr){ { 0x20, 0x01, 0x0d, 0xb8, [15] = 2 } };
}

static void mss_both_ways(void **state)
{
	static const struct {
		bool ip6;
		const char *syn;
		uint32_t announced, sent;
	} rows[] = {
		{ false, "", 1460, 536 },
		{ true, "", 1440, 1220 }, /* MUST-15 */
		{ false, "mss 1000", 1460, 1000 },
		{ true, "mss 1000", 1440, 1000 },
		{ false, "mss 9000", 1460, 1460 },
		{ true, "mss 9000", 1440, 1440 },
		{ false, "mss 65535", 1460, 1460 },
		{ false, "mss 1000 ts", 1460, 988 }, /* options count, MUST-16 */
		{ false, "mss 0", 1460, TCP_MSS_FLOOR },
		{ false, "mss 1 ts", 1460, TCP_MSS_FLOOR - 12 },
	};

	(void)state;
	for (size_t i = 0; i < HF_ARRAY_LEN(rows); i++) {
		struct drill *d = drill_new(NULL);

		if (rows[i].ip6)
			use_ip6(d);
		drill_connect(d);
		sees(d, "S 0 mss %u", rows[i].announced);
		peer(d, "SA 0 ack 1 %s", rows[i].syn);
		sees(d, "A 1 ack 1 nomss"); /* MUST-65 */
		assert_int_equal(drill_info(d).mss, rows[i].sent);
		drill_write(d, rows[i].sent * 3 / 2);
		sees(d, "A 1+%u ack 1 nomss", rows[i].sent); /* the rest is Nagle's */
		drill_end(d);

		d = drill_new(NULL);
		if (rows[i].ip6)
			use_ip6(d);
		drill_listen(d);
		peer(d, "S 0 %s", rows[i].syn);
		sees(d, "SA 0 ack 1 mss %u", rows[i].announced);
		peer(d, "A 1 ack 1");
		assert_int_equal(drill_accept(d), HF_OK);
		assert_int_equal(drill_info(d).mss, rows[i].sent);
		drill_end(d);
	}
}

static void big_window(struct hf_host_config *c)
{
	c->tcp.recv_window = 1 << 20;
}

static void window_scale(void **state)
{
	struct drill *d = drill_new(big_window);

	(void)state;
	drill_connect(d);
	sees(d, "S 0 win 65535 ws 5"); /* a SYN's own window is never scaled */
	peer(d, "SA 0 ack 1 ws 7 win 1000 mss 1460");
	assert_int_equal(drill_info(d).snd_wnd, 1000);
	sees(d, "A 1 ack 1 win 32768 nows");
	peer(d, "A 1 ack 1 win 1000");
	assert_int_equal(drill_info(d).snd_wnd, 128000);
	drill_end(d);

	/* Not offered in return: nobody scales. */
	d = drill_new(big_window);
	drill_connect(d);
	sees(d, "S 0 ws 5");
	peer(d, "SA 0 ack 1 mss 1460 win 1000");
	sees(d, "A 1 ack 1 win 65535");
	peer(d, "A 1 ack 1 win 999");
	assert_int_equal(drill_info(d).snd_wnd, 999);
	drill_end(d);

	/* More than 14 counts as 14 (RFC 7323 2.3). */
	for (int ws = 14; ws < 256; ws += 241) {
		d = drill_new(NULL);
		drill_connect(d);
		sees(d, "S 0");
		peer(d, "SA 0 ack 1 mss 1460 ws %d", ws);
		assert_int_equal(drill_info(d).snd_wscale, 14);
		peer(d, "A 1 ack 1 win 65535");
		assert_int_equal(drill_info(d).snd_wnd, 65535u << 14);
		drill_end(d);
	}
}

static void plain(struct hf_host_config *c)
{
	c->tcp.recv_window = 1 << 20;
	c->tcp.no_timestamps = c->tcp.no_window_scale = true;
}

static void options_only_when_asked(void **state)
{
	static const struct {
		const char *syn, *answer;
	} rows[] = {
		{ "", "mss 1460 nows nots" },       { "ws 2", "mss 1460 ws 5 nots" },
		{ "ts", "mss 1460 nows ts" },       { "mss 1000 ws 2 ts", "mss 1460 ws 5 ts" },
		{ "sackok", "mss 1460 nows nots" },
	};

	(void)state;
	for (size_t i = 0; i < HF_ARRAY_LEN(rows); i++) {
		struct drill *d = drill_new(big_window);
		bool ts = strstr(rows[i].syn, "ts") != NULL;

		drill_listen(d);
		peer(d, "S 0 %s", rows[i].syn);
		sees(d, "SA 0 ack 1 win 65535 %s", rows[i].answer);
		peer(d, "PA 1+10 ack 1");
		pass(d, HF_MS(40));
		sees(d, "A 1 ack 11 nows %s", ts ? "ts" : "nots");
		drill_end(d);

		d = drill_new(plain); /* what we do not want is not taken up */
		drill_listen(d);
		peer(d, "S 0 %s", rows[i].syn);
		sees(d, "SA 0 ack 1 win 65535 mss 1460 nows nots");
		drill_end(d);
	}
	struct drill *d = drill_new(plain);

	drill_connect(d);
	sees(d, "S 0 nows nots");
	peer(d, "SA 0 ack 1 ws 3 ts 5/0");
	sees(d, "A 1 ack 1 win 65535 nots");
	assert_int_equal(drill_info(d).snd_wscale, 0);
	drill_end(d);
}

static void timestamps_are_on_every_segment(void **state)
{
	struct drill *d = drill_new(NULL);
	uint32_t first;

	(void)state;
	drill_connect(d);
	sees(d, "S 0 ts");
	first = d->ts_seen;
	assert_int_equal(d->out[d->looked - 1].h.ts_ecr, 0);
	pass(d, HF_MS(100));
	peer(d, "SA 0 ack 1 mss 1460 ts 900/%u", d->ts_seen);
	sees(d, "A 1 ack 1 ts %u/900", first + 100); /* a clock of 1 ms */
	assert_int_equal(drill_info(d).srtt, HF_MS(100));
	drill_write(d, 10);
	sees(d, "PA 1+10 ack 1 ts");
	peer(d, "PA 1+10 ack 11");
	pass(d, HF_MS(40));
	sees(d, "A 11 ack 11 ts");
	drill_shut(d);
	sees(d, "FA 11 ack 11 ts");
	peer(d, "FA 11 ack 12");
	sees(d, "A 12 ack 12 ts"); /* TIME_WAIT's too */
	drill_end(d);

	d = drill_new(NULL);
	drill_open(d, "mss 1460 ts");
	drill_abort(d);
	sees(d, "RA 1 ack 1 ts");
	drill_end(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(mss_both_ways),
		cmocka_unit_test(window_scale),
		cmocka_unit_test(options_only_when_asked),
		cmocka_unit_test(timestamps_are_on_every_segment),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
