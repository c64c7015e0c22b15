/* SPDX-License-Identifier: MIT */
#include "tls_test.h"

#define BINDER "0123456789abcdef0123456789abcdef"
#define IDENTITY "\x00\x02id\x01\x02\x03\x04"

static hf_status list16_1(struct hf_bytes b, void *ret)
{
	return tls_ext_u16_list_parse(b, 1, ret);
}

static hf_status list16_2(struct hf_bytes b, void *ret)
{
	return tls_ext_u16_list_parse(b, 2, ret);
}

static hf_status sct_list(struct hf_bytes b, void *ret)
{
	(void)ret;
	return tls_ext_sct_list_parse(b);
}

static hf_status empty(struct hf_bytes b, void *ret)
{
	(void)ret;
	return tls_ext_empty_parse(b);
}

PARSER(tls_ext_u8_parse, uint8_t)
PARSER(tls_ext_u16_parse, uint16_t)
PARSER(tls_ext_u32_parse, uint32_t)
PARSER(tls_ext_u8_list_parse, struct hf_bytes)
PARSER(tls_ext_cookie_parse, struct hf_bytes)
PARSER(tls_ext_renegotiation_info_parse, struct hf_bytes)
PARSER(tls_ext_server_name_parse, struct hf_bytes)
PARSER(tls_ext_alpn_parse, struct hf_bytes)
PARSER(tls_ext_authorities_parse, struct hf_bytes)
PARSER(tls_ext_status_request_parse, bool)
PARSER(tls_ext_key_shares_parse, struct hf_bytes)
PARSER(tls_ext_key_share_parse, struct tls_key_share)
PARSER(tls_ext_offered_psks_parse, struct tls_offered_psks)

static void whole_bodies_only(void **state)
{
	static const struct good_body rows[] = {
		{ "u8", tls_ext_u8_parse_, B("\x01"), 0 },
		{ "u16", tls_ext_u16_parse_, B("\x03\x04"), 0 },
		{ "u32", tls_ext_u32_parse_, B("\x00\x00\x40\x00"), 0 },
		{ "supported_versions", list16_1, B("\x04\x03\x04\x03\x03"), 0 },
		{ "supported_groups", list16_2, B("\x00\x04\x00\x1d\x00\x17"), 0 },
		{ "psk_key_exchange_modes", tls_ext_u8_list_parse_, B("\x02\x00\x01"), 0 },
		{ "cookie", tls_ext_cookie_parse_, B("\x00\x03yum"), 0 },
		{ "renegotiation_info", tls_ext_renegotiation_info_parse_, B("\x00"), 0 },
		{ "renegotiation_info", tls_ext_renegotiation_info_parse_, B("\x02xy"), 0 },
		{ "server_name", tls_ext_server_name_parse_,
		  B("\x00\x0c\x00\x00\x09"
		    "a.example"),
		  0 },
		{ "server_name", tls_ext_server_name_parse_,
		  B("\x00\x09\x07\x00\x01z\x00\x00\x02"
		    "ab"),
		  0 },
		{ "alpn", tls_ext_alpn_parse_, B("\x00\x0c\x02h2\x08http/1.1"), 0 },
		{ "certificate_authorities", tls_ext_authorities_parse_, B("\x00\x07\x00\x02xy\x00\x01z"), 0 },
		{ "signed_certificate_timestamp", sct_list, B("\x00\x07\x00\x02xy\x00\x01z"), 0 },
		{ "status_request", tls_ext_status_request_parse_, B("\x01\x00\x03\x00\x01r\x00\x02xx"), 0 },
		{ "key_share", tls_ext_key_share_parse_, B("\x00\x1d\x00\x05share"), 0 },
		{ "key_share", tls_ext_key_shares_parse_, B("\x00\x00"), 0 },
		{ "key_share", tls_ext_key_shares_parse_, B("\x00\x0b\x00\x1d\x00\x01s\x00\x17\x00\x02st"), 0 },
		{ "pre_shared_key", tls_ext_offered_psks_parse_, B("\x00\x08" IDENTITY "\x00\x21\x20" BINDER), 0 },
	};

	(void)state;
	for (size_t i = 0; i < HF_ARRAY_LEN(rows); i++)
		expect_whole_only(&rows[i]);
	assert_int_equal(parse_exact(empty, "", 0), HF_OK);
	assert_int_equal(parse_exact(empty, "", 1), HF_MALFORMED);
}

static void bounds_of_vectors(void **state)
{
	static const struct bound rows[] = {
		{ "versions", list16_1, .len_size = 1, .min = 2, .max = 254, .step = 2 },
		{ "named_group_list", list16_2, .len_size = 2, .min = 2, .max = 65534, .step = 2 },
		{ "ke_modes", tls_ext_u8_list_parse_, .len_size = 1, .min = 1, .max = 255 },
		{ "cookie", tls_ext_cookie_parse_, .len_size = 2, .min = 1, .max = 65535 },
		{ "renegotiated_connection", tls_ext_renegotiation_info_parse_, .len_size = 1, .max = 255 },
		{ "one host_name", tls_ext_server_name_parse_, .len_size = 2, .inner_head = B("\x00"), .inner_len = 2,
		  .min = 4, .max = 65535 },
		{ "a name of another type", tls_ext_server_name_parse_, .len_size = 2, .inner_head = B("\x01"),
		  .inner_len = 2, .min = 3, .max = 65535 },
		{ "one protocol", tls_ext_alpn_parse_, .len_size = 2, .inner_len = 1, .min = 2, .max = 256 },
		{ "a second protocol", tls_ext_alpn_parse_, .len_size = 2, .inner_head = B("\x02h2"), .inner_len = 1,
		  .min = 5, .max = 259 },
		{ "one authority", tls_ext_authorities_parse_, .len_size = 2, .inner_len = 2, .min = 3, .max = 65535 },
		{ "one SCT", sct_list, .len_size = 2, .inner_len = 2, .min = 3, .max = 65535 },
		{ "one responder", tls_ext_status_request_parse_, .head = B("\x01"), .len_size = 2, .inner_len = 2,
		  .min = 3, .max = 65535, .or_empty = true, .tail = B("\x00\x00") },
		{ "request_extensions", tls_ext_status_request_parse_, .head = B("\x01\x00\x00"), .len_size = 2,
		  .max = 65535 },
		{ "key_exchange", tls_ext_key_share_parse_, .head = B("\x00\x1d"), .len_size = 2, .min = 1, .max = 65535 },
		{ "client_shares", tls_ext_key_shares_parse_, .len_size = 2, .inner_head = B("\x00\x1d"),
		  .inner_len = 2, .min = 5, .max = 65535, .or_empty = true },
		{ "one identity", tls_ext_offered_psks_parse_, .len_size = 2, .inner_len = 2, .inner_tail = B("age."),
		  .min = 7, .max = 65535, .tail = B("\x00\x21\x20" BINDER) },
		{ "one binder", tls_ext_offered_psks_parse_, .head = B("\x00\x08" IDENTITY), .len_size = 2,
		  .inner_len = 1, .min = 33, .max = 256 },
		{ "a second binder", tls_ext_offered_psks_parse_, .head = B("\x00\x10" IDENTITY IDENTITY),
		  .len_size = 2, .inner_head = B("\x20" BINDER), .inner_len = 1, .min = 66, .max = 289 },
	};

	(void)state;
	for (size_t i = 0; i < HF_ARRAY_LEN(rows); i++)
		expect_bounds(&rows[i]);
}

static void blocks(void **state)
{
	static const char block[] = "\x00\x00\x00\x03sni\x0a\x0a\x00\x00\x00\x2b\x00\x01v";
	struct hf_rd in = hf_rd_over(BYTES(block));
	struct tls_ext e;

	(void)state;
	assert_true(tls_ext_next(&in, &e));
	assert_int_equal(e.type, TLS_EXT_SERVER_NAME);
	expect_bytes(e.body, "sni");
	assert_true(tls_ext_next(&in, &e));
	assert_int_equal(e.type, 0x0a0a);
	assert_int_equal(e.body.len, 0);
	assert_true(tls_ext_next(&in, &e));
	assert_int_equal(e.type, TLS_EXT_SUPPORTED_VERSIONS);
	expect_bytes(e.body, "v");
	assert_false(tls_ext_next(&in, &e));
	assert_int_equal(hf_rd_end(&in), HF_OK);
	/* A prefix that ends between two is a shorter block; any other is bad, and stays so. */
	for (size_t n = 0; n < sizeof(block) - 1; n++) {
		struct hf_bytes b = exact(block, n);
		unsigned count = 0;

		in = hf_rd_over(b);
		while (tls_ext_next(&in, &e))
			count++;
		assert_int_equal(count, n < 7 ? 0 : n < 11 ? 1 : 2);
		assert_int_equal(hf_rd_end(&in), n == 0 || n == 7 || n == 11 ? HF_OK : HF_SHORT);
		assert_false(tls_ext_next(&in, &e));
		done_with(b);
	}
}

static void the_longest_extension(void **state)
{
	static uint8_t block[4 + UINT16_MAX];
	struct hf_rd in = hf_rd_over((struct hf_bytes){ block, sizeof(block) });
	struct tls_ext e;

	(void)state;
	hf_store16(block, TLS_EXT_PADDING);
	hf_store16(block + 2, UINT16_MAX);
	assert_true(tls_ext_next(&in, &e));
	assert_int_equal(e.type, TLS_EXT_PADDING);
	assert_int_equal(e.body.len, UINT16_MAX);
	assert_false(tls_ext_next(&in, &e));
	assert_int_equal(hf_rd_end(&in), HF_OK);
}

static void numbers(void **state)
{
	struct hf_bytes list;
	uint32_t u32;
	uint16_t u16;
	uint8_t u8;

	(void)state;
	assert_int_equal(tls_ext_u16_list_parse(BYTES("\x04\x0a\x0a\x03\x04"), 1, &list), HF_OK);
	assert_int_equal(tls_u16_count(list), 2);
	assert_int_equal(tls_u16_at(list, 1), TLS_VERSION_1_3);
	assert_true(tls_u16_has(list, 0x0a0a));
	assert_true(tls_u16_has(list, TLS_VERSION_1_3));
	assert_false(tls_u16_has(list, 0x0a03));
	assert_false(tls_u16_has((struct hf_bytes){ NULL, 0 }, 0));
	REFUSED(HF_MALFORMED, list, tls_ext_u16_list_parse(BYTES("\x03\x03\x04\x03"), 1, &list));
	assert_int_equal(tls_ext_u16_parse(BYTES("\x03\x04"), &u16), HF_OK);
	assert_int_equal(u16, 0x0304);
	assert_int_equal(tls_ext_u32_parse(BYTES("\x01\x02\x03\x04"), &u32), HF_OK);
	assert_int_equal(u32, 0x01020304);
	assert_int_equal(tls_ext_u8_parse(BYTES("\x04"), &u8), HF_OK);
	assert_int_equal(u8, 4);
}

/* RFC 6066 3 */
static void server_name(void **state)
{
	struct hf_bytes host;

	(void)state;
	assert_int_equal(tls_ext_server_name_parse(BYTES("\x00\x0c\x00\x00\x09"
							 "a.example"),
						   &host),
			 HF_OK);
	expect_bytes(host, "a.example");
	assert_int_equal(tls_ext_server_name_parse(BYTES("\x00\x0d\x09\x00\x03zzz\x00\x00\x01"
							 "a\xff\x00\x00"),
						   &host),
			 HF_OK);
	expect_bytes(host, "a");
	assert_int_equal(tls_ext_server_name_parse(BYTES("\x00\x03\x01\x00\x00"), &host), HF_OK);
	assert_int_equal(host.len, 0); /* a name, but of no host */
	REFUSED(HF_INVALID, host,
		tls_ext_server_name_parse(BYTES("\x00\x08\x00\x00\x01"
						"a\x00\x00\x01"
						"b"),
					  &host));
	REFUSED(HF_INVALID, host,
		tls_ext_server_name_parse(BYTES("\x00\x0a\xff\x00\x00\x00\x00\x01"
						"a\xff\x00\x00"),
					  &host));
	REFUSED(HF_MALFORMED, host, tls_ext_server_name_parse(BYTES("\x00\x03\x00\x00\x00"), &host));
	REFUSED(HF_MALFORMED, host, tls_ext_server_name_parse(BYTES("\x00\x00"), &host));
}

static void lists_of_vectors(void **state)
{
	struct hf_bytes list, item;

	(void)state;
	assert_int_equal(tls_ext_alpn_parse(BYTES("\x00\x0c\x02h2\x08http/1.1"), &list), HF_OK);
	assert_true(tls_u8_vec_next(&list, &item));
	expect_bytes(item, "h2");
	assert_true(tls_u8_vec_next(&list, &item));
	expect_bytes(item, "http/1.1");
	assert_false(tls_u8_vec_next(&list, &item));
	expect_bytes(item, "http/1.1"); /* the end leaves it alone */
	REFUSED(HF_MALFORMED, list, tls_ext_alpn_parse(BYTES("\x00\x04\x02h2\x00"), &list)); /* an empty name */
	REFUSED(HF_SHORT, list, tls_ext_alpn_parse(BYTES("\x00\x05\x02h2\x02h"), &list));
	assert_int_equal(tls_ext_authorities_parse(BYTES("\x00\x07\x00\x02xy\x00\x01z"), &list), HF_OK);
	assert_true(tls_u16_vec_next(&list, &item));
	expect_bytes(item, "xy");
	assert_true(tls_u16_vec_next(&list, &item));
	expect_bytes(item, "z");
	assert_false(tls_u16_vec_next(&list, &item));
	assert_int_equal(tls_vecs_check((struct hf_bytes){ NULL, 0 }, 1), HF_OK);
	assert_int_equal(tls_vecs_check(BYTES("\x01x\x00"), 1), HF_MALFORMED);
	assert_int_equal(tls_vecs_check(BYTES("\x00\x01x\x00"), 2), HF_SHORT);
}

/* RFC 6066 8: what another type holds is not ours to judge. */
static void status_request(void **state)
{
	bool ocsp;

	(void)state;
	assert_int_equal(tls_ext_status_request_parse(BYTES("\x01\x00\x00\x00\x00"), &ocsp), HF_OK);
	assert_true(ocsp);
	assert_int_equal(tls_ext_status_request_parse(BYTES("\x02whatever"), &ocsp), HF_OK);
	assert_false(ocsp);
	REFUSED(HF_SHORT, ocsp, tls_ext_status_request_parse(BYTES(""), &ocsp));
}

static void key_shares(void **state)
{
	struct hf_bytes list;
	struct tls_key_share share;

	(void)state;
	assert_int_equal(tls_ext_key_shares_parse(BYTES("\x00\x0b\x00\x1d\x00\x01s\x00\x17\x00\x02st"), &list), HF_OK);
	assert_true(tls_key_share_next(&list, &share));
	assert_int_equal(share.group, TLS_GROUP_X25519);
	expect_bytes(share.share, "s");
	assert_true(tls_key_share_next(&list, &share));
	assert_int_equal(share.group, TLS_GROUP_P256);
	expect_bytes(share.share, "st");
	assert_false(tls_key_share_next(&list, &share));
	assert_int_equal(tls_ext_key_share_parse(BYTES("\x00\x1d\x00\x05share"), &share), HF_OK);
	expect_bytes(share.share, "share");
}

static void offered_psks(void **state)
{
	struct tls_offered_psks m;
	struct tls_psk_identity identity;
	struct hf_bytes binder;

	(void)state;
	assert_int_equal(tls_ext_offered_psks_parse(BYTES("\x00\x0f" IDENTITY "\x00\x01x\x00\x00\x00\x05"
							  "\x00\x43\x20" BINDER "\x21" BINDER "z"),
						    &m),
			 HF_OK);
	assert_int_equal(m.count, 2);
	assert_int_equal(m.binders_len, 2 + 33 + 34);
	assert_true(tls_psk_identity_next(&m.identities, &identity));
	expect_bytes(identity.identity, "id");
	assert_int_equal(identity.obfuscated_age, 0x01020304);
	assert_true(tls_psk_identity_next(&m.identities, &identity));
	expect_bytes(identity.identity, "x");
	assert_int_equal(identity.obfuscated_age, 5);
	assert_false(tls_psk_identity_next(&m.identities, &identity));
	assert_true(tls_u8_vec_next(&m.binders, &binder));
	expect_bytes(binder, BINDER);
	assert_true(tls_u8_vec_next(&m.binders, &binder));
	expect_bytes(binder, BINDER "z");
	assert_false(tls_u8_vec_next(&m.binders, &binder));
	/* One more, one less: both lists are good, and do not belong together. */
	REFUSED(HF_INVALID, m,
		tls_ext_offered_psks_parse(BYTES("\x00\x08" IDENTITY "\x00\x42\x20" BINDER "\x20" BINDER), &m));
	REFUSED(HF_INVALID, m, tls_ext_offered_psks_parse(BYTES("\x00\x10" IDENTITY IDENTITY "\x00\x21\x20" BINDER), &m));
	/* The list is long enough, its second identity is empty. */
	REFUSED(HF_MALFORMED, m,
		tls_ext_offered_psks_parse(
			BYTES("\x00\x0e" IDENTITY "\x00\x00\x00\x00\x00\x05\x00\x42\x20" BINDER "\x20" BINDER), &m));
}

/* 65,535 octets of binders: 255 of the longest, and one of 254 octets. */
static void as_many_binders_as_can_be(void **state)
{
	static uint8_t body[2 + 256 * 7 + 2 + UINT16_MAX];
	struct hf_wr out = hf_wr_over(body, sizeof(body));
	struct tls_offered_psks m;
	size_t list;

	(void)state;
	list = tls_vec_begin(&out, 2);
	for (unsigned i = 0; i < 256; i++)
		hf_wr_copy(&out, "\x00\x01i\x00\x00\x00", 7);
	tls_vec_end(&out, 2, list);
	list = tls_vec_begin(&out, 2);
	for (unsigned i = 0; i < 256; i++) {
		uint8_t n = i ? 255 : 254;

		hf_wr_u8(&out, n);
		hf_wr_fill(&out, 0xbb, n);
	}
	tls_vec_end(&out, 2, list);
	assert_int_equal(written(&out), sizeof(body));
	assert_int_equal(tls_ext_offered_psks_parse((struct hf_bytes){ body, sizeof(body) }, &m), HF_OK);
	assert_int_equal(m.count, 256);
	assert_int_equal(m.binders.len, UINT16_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole_bodies_only),
		cmocka_unit_test(bounds_of_vectors),
		cmocka_unit_test(blocks),
		cmocka_unit_test(numbers),
		cmocka_unit_test(server_name),
		cmocka_unit_test(lists_of_vectors),
		cmocka_unit_test(status_request),
		cmocka_unit_test(key_shares),
		cmocka_unit_test(offered_psks),
		cmocka_unit_test(as_many_binders_as_can_be),
		cmocka_unit_test(the_longest_extension),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
