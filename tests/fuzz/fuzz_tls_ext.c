/* SPDX-License-Identifier: MIT */
/* The first octet chooses the extension, the rest is its body. */
#include "fuzz_tls.h"

#define BINDER "0123456789abcdef0123456789abcdef"

FUZZ_SEEDS(FUZZ_SEED("\x00\x00\x00\x00\x03sni\x0a\x0a\x00\x00\x00\x2b\x00\x01v"), FUZZ_SEED("\x01\x04\x03\x04\x03\x03"),
	   FUZZ_SEED("\x02\x00\x04\x00\x1d\x00\x17"), FUZZ_SEED("\x03\x02\x00\x01"), FUZZ_SEED("\x04\x00\x03yum"),
	   FUZZ_SEED("\x05\x02xy"),
	   FUZZ_SEED("\x06\x00\x0c\x00\x00\x09"
		     "a.example"),
	   FUZZ_SEED("\x06\x00\x09\x07\x00\x01z\x00\x00\x02"
		     "ab"),
	   FUZZ_SEED("\x07\x00\x0c\x02h2\x08http/1.1"), FUZZ_SEED("\x08\x00\x07\x00\x02xy\x00\x01z"),
	   FUZZ_SEED("\x09\x00\x07\x00\x02xy\x00\x01z"), FUZZ_SEED("\x0a\x01\x00\x03\x00\x01r\x00\x02xx"),
	   FUZZ_SEED("\x0b\x00\x0b\x00\x1d\x00\x01s\x00\x17\x00\x02st"), FUZZ_SEED("\x0c\x00\x1d\x00\x05share"),
	   FUZZ_SEED("\x0d\x00\x08\x00\x02id\x01\x02\x03\x04\x00\x21\x20" BINDER),
	   FUZZ_SEED("\x0d\x00\x0f\x00\x02id\x01\x02\x03\x04\x00\x01x\x00\x00\x00\x05\x00\x43\x20" BINDER "\x21" BINDER "z"),
	   FUZZ_SEED("\x0e\x03\x04"), FUZZ_SEED("\x0f\x00\x00\x40\x00"), FUZZ_SEED("\x10\x01"));

static void block(struct hf_bytes body, struct hf_wr *out)
{
	struct hf_rd in = hf_rd_over(body);
	struct tls_ext e;
	size_t n = 0;

	while (tls_ext_next(&in, &e)) {
		hf_wr_u16(out, e.type);
		fuzz_put_vec(out, 2, e.body);
		n += 4 + e.body.len;
	}
	/* As far as it was good. */
	fuzz_same_again(out, (struct hf_bytes){ body.at, n });
	FUZZ_CHECK((hf_rd_end(&in) == HF_OK) == (n == body.len));
	FUZZ_CHECK(!tls_ext_next(&in, &e));
}

static void u16_list(struct hf_bytes body, unsigned len_size, struct hf_wr *out)
{
	struct hf_bytes m;
	size_t list;

	FUZZ_PARSE_OR_RETURN(m, tls_ext_u16_list_parse(body, len_size, &m));
	FUZZ_CHECK(tls_u16_count(m) > 0);
	list = tls_vec_begin(out, len_size);
	for (size_t i = 0; i < tls_u16_count(m); i++) {
		FUZZ_CHECK(tls_u16_has(m, tls_u16_at(m, i)));
		hf_wr_u16(out, tls_u16_at(m, i));
	}
	tls_vec_end(out, len_size, list);
	fuzz_same_again(out, body);
}

static void u16_list_1(struct hf_bytes body, struct hf_wr *out)
{
	u16_list(body, 1, out);
}

static void u16_list_2(struct hf_bytes body, struct hf_wr *out)
{
	u16_list(body, 2, out);
}

static void u8_list(struct hf_bytes body, struct hf_wr *out)
{
	struct hf_bytes m;

	FUZZ_PARSE_OR_RETURN(m, tls_ext_u8_list_parse(body, &m));
	FUZZ_CHECK(m.len > 0);
	fuzz_put_vec(out, 1, m);
	fuzz_same_again(out, body);
}

static void cookie(struct hf_bytes body, struct hf_wr *out)
{
	struct hf_bytes m;

	FUZZ_PARSE_OR_RETURN(m, tls_ext_cookie_parse(body, &m));
	FUZZ_CHECK(m.len > 0);
	fuzz_put_vec(out, 2, m);
	fuzz_same_again(out, body);
}

static void renegotiation_info(struct hf_bytes body, struct hf_wr *out)
{
	struct hf_bytes m;

	FUZZ_PARSE_OR_RETURN(m, tls_ext_renegotiation_info_parse(body, &m));
	fuzz_put_vec(out, 1, m);
	fuzz_same_again(out, body);
}

/* Names of other types are not given out, so only the host can be compared. */
static void server_name(struct hf_bytes body, struct hf_wr *out)
{
	struct hf_bytes m;

	(void)out;
	FUZZ_PARSE_OR_RETURN(m, tls_ext_server_name_parse(body, &m));
	FUZZ_CHECK(fuzz_inside(m, body.at, body.len));
	FUZZ_CHECK(m.len == 0 || (m.at >= body.at + 5 && m.at[-3] == 0 && hf_load16(m.at - 2) == m.len));
}

static void alpn(struct hf_bytes body, struct hf_wr *out)
{
	struct hf_bytes m, name;
	size_t list;

	FUZZ_PARSE_OR_RETURN(m, tls_ext_alpn_parse(body, &m));
	list = tls_vec_begin(out, 2);
	while (tls_u8_vec_next(&m, &name)) {
		FUZZ_CHECK(name.len > 0);
		fuzz_put_vec(out, 1, name);
	}
	tls_vec_end(out, 2, list);
	fuzz_same_again(out, body);
}

static void authorities(struct hf_bytes body, struct hf_wr *out)
{
	struct hf_bytes m, name;
	size_t list;

	FUZZ_PARSE_OR_RETURN(m, tls_ext_authorities_parse(body, &m));
	list = tls_vec_begin(out, 2);
	while (tls_u16_vec_next(&m, &name)) {
		FUZZ_CHECK(name.len > 0);
		fuzz_put_vec(out, 2, name);
	}
	tls_vec_end(out, 2, list);
	fuzz_same_again(out, body);
}

/* The same format as the authorities', but for an empty list's bound, which comes to the same. */
static void sct_list(struct hf_bytes body, struct hf_wr *out)
{
	struct hf_bytes m;

	(void)out;
	FUZZ_CHECK((tls_ext_sct_list_parse(body) == HF_OK) == (tls_ext_authorities_parse(body, &m) == HF_OK));
}

static void status_request(struct hf_bytes body, struct hf_wr *out)
{
	bool m;

	(void)out;
	FUZZ_PARSE_OR_RETURN(m, tls_ext_status_request_parse(body, &m));
	FUZZ_CHECK(m == (body.at[0] == 1));
}

static void key_shares(struct hf_bytes body, struct hf_wr *out)
{
	struct hf_bytes m;
	struct tls_key_share share;
	size_t list;

	FUZZ_PARSE_OR_RETURN(m, tls_ext_key_shares_parse(body, &m));
	list = tls_vec_begin(out, 2);
	while (tls_key_share_next(&m, &share)) {
		FUZZ_CHECK(share.share.len > 0);
		hf_wr_u16(out, share.group);
		fuzz_put_vec(out, 2, share.share);
	}
	tls_vec_end(out, 2, list);
	fuzz_same_again(out, body);
}

static void key_share(struct hf_bytes body, struct hf_wr *out)
{
	struct tls_key_share m;

	FUZZ_PARSE_OR_RETURN(m, tls_ext_key_share_parse(body, &m));
	hf_wr_u16(out, m.group);
	fuzz_put_vec(out, 2, m.share);
	fuzz_same_again(out, body);
}

static void offered_psks(struct hf_bytes body, struct hf_wr *out)
{
	struct tls_offered_psks m;
	struct tls_psk_identity identity;
	struct hf_bytes binder;
	size_t list, identities = 0, binders = 0;

	FUZZ_PARSE_OR_RETURN(m, tls_ext_offered_psks_parse(body, &m));
	list = tls_vec_begin(out, 2);
	for (; tls_psk_identity_next(&m.identities, &identity); identities++) {
		FUZZ_CHECK(identity.identity.len > 0);
		fuzz_put_vec(out, 2, identity.identity);
		hf_wr_u32(out, identity.obfuscated_age);
	}
	tls_vec_end(out, 2, list);
	FUZZ_CHECK(hf_wr_len(out) == body.len - m.binders_len);
	list = tls_vec_begin(out, 2);
	for (; tls_u8_vec_next(&m.binders, &binder); binders++) {
		FUZZ_CHECK(binder.len >= 32);
		fuzz_put_vec(out, 1, binder);
	}
	tls_vec_end(out, 2, list);
	FUZZ_CHECK(identities == m.count && binders == m.count && m.count > 0);
	fuzz_same_again(out, body);
}

static void u16(struct hf_bytes body, struct hf_wr *out)
{
	uint16_t m;

	FUZZ_PARSE_OR_RETURN(m, tls_ext_u16_parse(body, &m));
	hf_wr_u16(out, m);
	fuzz_same_again(out, body);
}

static void u32(struct hf_bytes body, struct hf_wr *out)
{
	uint32_t m;

	FUZZ_PARSE_OR_RETURN(m, tls_ext_u32_parse(body, &m));
	hf_wr_u32(out, m);
	fuzz_same_again(out, body);
}

static void u8(struct hf_bytes body, struct hf_wr *out)
{
	uint8_t m;

	FUZZ_CHECK((tls_ext_empty_parse(body) == HF_OK) == (body.len == 0));
	FUZZ_PARSE_OR_RETURN(m, tls_ext_u8_parse(body, &m));
	hf_wr_u8(out, m);
	fuzz_same_again(out, body);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const bodies[])(struct hf_bytes, struct hf_wr *) = {
		block, u16_list_1,  u16_list_2, u8_list,        cookie,     renegotiation_info, server_name,
		alpn,  authorities, sct_list,   status_request, key_shares, key_share,          offered_psks,
		u16,   u32,         u8,
	};
	uint8_t *room;
	struct hf_wr out;

	if (size == 0)
		return 0;
	room = fuzz_copy(data, size);
	out = hf_wr_over(room, size);
	bodies[data[0] % HF_ARRAY_LEN(bodies)]((struct hf_bytes){ data + 1, size - 1 }, &out);
	free(room);
	return 0;
}
