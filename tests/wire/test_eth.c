/* SPDX-License-Identifier: MIT */
#include "wire_test.h"

#include "wire/eth.h"

#define FRAME                                                      \
	"\x02\x00\x00\x00\x00\x01\x02\x00\x00\x00\x00\x02\x86\xdd" \
	"six"

static void good_frame(void **state)
{
	struct eth_header h;

	(void)state;
	assert_int_equal(eth_parse(BYTES(FRAME), &h), HF_OK);
	assert_memory_equal(h.dst, "\x02\x00\x00\x00\x00\x01", 6);
	assert_memory_equal(h.src, "\x02\x00\x00\x00\x00\x02", 6);
	assert_int_equal(h.type, ETH_TYPE_IP6);
	expect_bytes(h.payload, "six");
}

static void every_prefix_of_the_header_is_short(void **state)
{
	struct eth_header h;

	(void)state;
	for (size_t n = 0; n < sizeof(FRAME); n++) {
		struct hf_bytes b = exact(FRAME, n);

		if (n < ETH_HEADER_BYTES) {
			REFUSED(HF_SHORT, h, eth_parse(b, &h));
		} else {
			assert_int_equal(eth_parse(b, &h), HF_OK);
			assert_int_equal(h.payload.len, n - ETH_HEADER_BYTES);
		}
		done_with(b);
	}
}

static void tags_are_unsupported(void **state)
{
	static const struct {
		uint16_t type;
		hf_status is;
	} rows[] = {
		{ 0x80ff, HF_OK }, { 0x8100, HF_UNSUPPORTED }, { 0x8101, HF_OK },
		{ 0x88a7, HF_OK }, { 0x88a8, HF_UNSUPPORTED }, { 0x88a9, HF_OK },
	};
	uint8_t frame[ETH_HEADER_BYTES] = { 0 };
	struct eth_header h;

	(void)state;
	for (size_t i = 0; i < HF_ARRAY_LEN(rows); i++) {
		struct hf_bytes b = { frame, sizeof(frame) };

		hf_store16(frame + 12, rows[i].type);
		if (rows[i].is == HF_OK) {
			assert_int_equal(eth_parse(b, &h), HF_OK);
			assert_int_equal(h.type, rows[i].type);
		} else {
			REFUSED(rows[i].is, h, eth_parse(b, &h));
		}
	}
}

static void round_trip(void **state)
{
	(void)state;
	for (unsigned i = 0; i < ROUNDS; i++) {
		uint8_t room[ETH_HEADER_BYTES];
		struct hf_wr out = hf_wr_over(room, sizeof(room));
		struct eth_header h, back;

		draw_bytes(&h, sizeof(h));
		h.type = (uint16_t)(h.type & 0x7fff);
		eth_put(&out, &h);
		assert_int_equal(written(&out), ETH_HEADER_BYTES);
		assert_int_equal(eth_parse((struct hf_bytes){ room, sizeof(room) }, &back), HF_OK);
		assert_memory_equal(h.dst, back.dst, 6);
		assert_memory_equal(h.src, back.src, 6);
		assert_int_equal(h.type, back.type);
	}
}

static void no_room_writes_nothing(void **state)
{
	uint8_t room[ETH_HEADER_BYTES] = { 0 };
	struct hf_wr out = hf_wr_over(room, sizeof(room) - 1);
	struct eth_header h = { .type = 0xffff };
	size_t n;

	(void)state;
	eth_put(&out, &h);
	assert_int_equal(hf_wr_end(&out, &n), HF_FULL);
	assert_int_equal(room[12], 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_frame),
		cmocka_unit_test(every_prefix_of_the_header_is_short),
		cmocka_unit_test(tags_are_unsupported),
		cmocka_unit_test(round_trip),
		cmocka_unit_test(no_room_writes_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
