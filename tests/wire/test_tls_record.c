/* SPDX-License-Identifier: MIT */
#include "wire_test.h"

#include "wire/tls_wire.h"

static void record_header(void **state)
{
	static const char octets[] = "\x16\x03\x01\x40\x00rest";
	struct tls_record_header h;
	uint8_t to[TLS_RECORD_HEADER];

	(void)state;
	for (size_t n = 0; n < TLS_RECORD_HEADER; n++) {
		struct hf_bytes b = exact(octets, n);

		REFUSED(HF_SHORT, h, tls_record_header_parse(b, &h));
		done_with(b);
	}
	assert_int_equal(tls_record_header_parse(BYTES(octets), &h), HF_OK);
	assert_int_equal(h.type, TLS_HANDSHAKE);
	assert_int_equal(h.version, 0x0301);
	assert_int_equal(h.length, TLS_PLAIN_MAX);
	tls_record_header_put(to, h.type, h.version, h.length);
	assert_memory_equal(to, octets, TLS_RECORD_HEADER);
	tls_record_header_put(to, TLS_APPLICATION_DATA, TLS_VERSION_1_2, UINT16_MAX);
	assert_memory_equal(to, "\x17\x03\x03\xff\xff", TLS_RECORD_HEADER);
}

/* Whether a header's numbers make sense is for the record layer: it knows the keys and the version. */
static void every_header_of_five_octets_is_read(void **state)
{
	(void)state;
	for (unsigned i = 0; i < ROUNDS; i++) {
		uint8_t octets[TLS_RECORD_HEADER], back[TLS_RECORD_HEADER];
		struct tls_record_header h;

		draw_bytes(octets, sizeof(octets));
		assert_int_equal(tls_record_header_parse((struct hf_bytes){ octets, sizeof(octets) }, &h), HF_OK);
		tls_record_header_put(back, h.type, h.version, h.length);
		assert_memory_equal(octets, back, sizeof(octets));
	}
}

static void messages_and_vectors_get_their_lengths(void **state)
{
	uint8_t room[64];
	struct hf_wr out = hf_wr_over(room, sizeof(room));
	size_t message, outer, inner;

	(void)state;
	hf_wr_u8(&out, 0xee); /* not the first thing in the room */
	message = tls_message_begin(&out, TLS_ENCRYPTED_EXTENSIONS);
	outer = tls_vec_begin(&out, 2);
	hf_wr_u16(&out, TLS_EXT_ALPN);
	inner = tls_vec_begin(&out, 1);
	hf_wr_copy(&out, "h2", 2);
	tls_vec_end(&out, 1, inner);
	inner = tls_vec_begin(&out, 3);
	tls_vec_end(&out, 3, inner);
	tls_vec_end(&out, 2, outer);
	tls_message_end(&out, message);
	assert_int_equal(written(&out), 15);
	assert_memory_equal(room,
			    "\xee\x08\x00\x00\x0a"
			    "\x00\x08\x00\x10\x02h2\x00\x00\x00",
			    15);
}

/* The last length that a field of one and of two octets can say, and the first that it cannot. */
static void a_length_that_cannot_be_said_is_full(void **state)
{
	static uint8_t room[70000];

	(void)state;
	for (unsigned len_size = 1; len_size <= 2; len_size++) {
		size_t most = ((size_t)1 << 8 * len_size) - 1;

		for (size_t n = most - 1; n <= most + 1; n++) {
			struct hf_wr out = hf_wr_over(room, sizeof(room));
			size_t begun = tls_vec_begin(&out, len_size), len;

			hf_wr_fill(&out, 0x11, n);
			tls_vec_end(&out, len_size, begun);
			assert_int_equal(hf_wr_end(&out, &len), n <= most ? HF_OK : HF_FULL);
			if (n > most) {
				hf_wr_u8(&out, 1);
				assert_int_equal(hf_wr_len(&out), len_size + n); /* bad once, bad for good */
				continue;
			}
			assert_int_equal(len_size == 1 ? room[0] : hf_load16(room), n);
		}
	}
}

/* Whatever the room, what stands there is the start of the whole message, and the end says FULL. */
static void too_little_room(void **state)
{
	static const char whole[] = "\x14\x00\x00\x08\x00\x06\x01\x02\x03\x04\x05\x06";

	(void)state;
	for (size_t n = 0; n < sizeof(whole); n++) {
		uint8_t room[sizeof(whole) + 4];
		struct hf_wr out = hf_wr_over(room, n);
		size_t message, vec, len = 0;

		memset(room, 0xa5, sizeof(room));
		message = tls_message_begin(&out, TLS_FINISHED);
		vec = tls_vec_begin(&out, 2);
		hf_wr_copy(&out, "\x01\x02\x03\x04\x05\x06", 6);
		tls_vec_end(&out, 2, vec);
		tls_message_end(&out, message);
		assert_int_equal(hf_wr_end(&out, &len), n < sizeof(whole) - 1 ? HF_FULL : HF_OK);
		for (size_t i = n; i < sizeof(room); i++)
			assert_int_equal(room[i], 0xa5);
		if (n == sizeof(whole) - 1)
			assert_memory_equal(room, whole, n);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(record_header),
		cmocka_unit_test(every_header_of_five_octets_is_read),
		cmocka_unit_test(messages_and_vectors_get_their_lengths),
		cmocka_unit_test(a_length_that_cannot_be_said_is_full),
		cmocka_unit_test(too_little_room),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
