/* SPDX-License-Identifier: MIT */
/* Extension blocks and the bodies of the extensions spoken here, each as its RFC's struct (see tls_msg.c). */
#include "base/bits.h"
#include "wire/tls_wire.h"

#define HOST_NAME 0u /* RFC 6066 3 */
#define NAME_TYPES 256u
#define STATUS_OCSP 1u /* RFC 6066 8 */
#define IDENTITIES_MIN 7u
#define BINDERS_MIN 33u
#define BINDER_MIN 32u
#define VEC8_MAX 0xffu
#define VEC16_MAX 0xffffu

static hf_status only_vec(struct hf_bytes body, unsigned len_size, size_t min, struct hf_bytes *ret);
static hf_status only_list_of_vecs(struct hf_bytes body, unsigned len_size, size_t min, struct hf_bytes *ret);
static void take_key_share(struct hf_rd *in, struct tls_key_share *ret);
static void take_identity(struct hf_rd *in, struct tls_psk_identity *ret);
static bool next_vec(struct hf_bytes *list, unsigned len_size, struct hf_bytes *ret);

/* ---- blocks and lists ---- */

bool tls_ext_next(struct hf_rd *in, struct tls_ext *ret)
{
	struct tls_ext e;

	if (!hf_rd_left(in))
		return false;
	e.type = hf_rd_u16(in);
	e.body = hf_rd_vec(in, 2, 0, VEC16_MAX);
	if (hf_rd_ok(in) != HF_OK)
		return false;
	*ret = e;
	return true;
}

hf_status tls_vecs_check(struct hf_bytes list, unsigned len_size)
{
	struct hf_rd in = hf_rd_over(list);

	HF_ASSERT(len_size == 1 || len_size == 2);
	while (hf_rd_left(&in))
		(void)hf_rd_vec(&in, len_size, 1, VEC16_MAX);
	return hf_rd_end(&in);
}

bool tls_u8_vec_next(struct hf_bytes *list, struct hf_bytes *ret)
{
	return next_vec(list, 1, ret);
}

bool tls_u16_vec_next(struct hf_bytes *list, struct hf_bytes *ret)
{
	return next_vec(list, 2, ret);
}

uint16_t tls_u16_at(struct hf_bytes list, size_t i)
{
	HF_ASSERT(i < tls_u16_count(list));
	return hf_load16(list.at + 2 * i);
}

bool tls_u16_has(struct hf_bytes list, uint16_t n)
{
	for (size_t i = 0; i < tls_u16_count(list); i++)
		if (tls_u16_at(list, i) == n)
			return true;
	return false;
}

/* ---- bodies of one field ---- */

hf_status tls_ext_u16_list_parse(struct hf_bytes body, unsigned len_size, struct hf_bytes *ret_list)
{
	struct hf_bytes list;

	HF_ASSERT(len_size == 1 || len_size == 2);
	HF_TRY(only_vec(body, len_size, 2, &list));
	if (list.len % 2)
		return HF_MALFORMED;

	*ret_list = list;
	return HF_OK;
}

hf_status tls_ext_u8_list_parse(struct hf_bytes body, struct hf_bytes *ret_list)
{
	return only_vec(body, 1, 1, ret_list);
}

hf_status tls_ext_cookie_parse(struct hf_bytes body, struct hf_bytes *ret)
{
	return only_vec(body, 2, 1, ret);
}

hf_status tls_ext_renegotiation_info_parse(struct hf_bytes body, struct hf_bytes *ret)
{
	return only_vec(body, 1, 0, ret);
}

hf_status tls_ext_u32_parse(struct hf_bytes body, uint32_t *ret)
{
	struct hf_rd in = hf_rd_over(body);
	uint32_t v = hf_rd_u32(&in);

	HF_TRY(hf_rd_end(&in));

	*ret = v;
	return HF_OK;
}

hf_status tls_ext_u16_parse(struct hf_bytes body, uint16_t *ret)
{
	struct hf_rd in = hf_rd_over(body);
	uint16_t v = hf_rd_u16(&in);

	HF_TRY(hf_rd_end(&in));

	*ret = v;
	return HF_OK;
}

hf_status tls_ext_u8_parse(struct hf_bytes body, uint8_t *ret)
{
	struct hf_rd in = hf_rd_over(body);
	uint8_t v = hf_rd_u8(&in);

	HF_TRY(hf_rd_end(&in));

	*ret = v;
	return HF_OK;
}

hf_status tls_ext_empty_parse(struct hf_bytes body)
{
	return body.len ? HF_MALFORMED : HF_OK;
}

/* ---- lists of vectors ---- */

hf_status tls_ext_alpn_parse(struct hf_bytes body, struct hf_bytes *ret_list)
{
	struct hf_bytes list;

	HF_TRY(only_vec(body, 2, 2, &list));
	HF_TRY(tls_vecs_check(list, 1));

	*ret_list = list;
	return HF_OK;
}

hf_status tls_ext_authorities_parse(struct hf_bytes body, struct hf_bytes *ret_list)
{
	return only_list_of_vecs(body, 2, 3, ret_list);
}

hf_status tls_ext_sct_list_parse(struct hf_bytes body)
{
	struct hf_bytes list;

	return only_list_of_vecs(body, 2, 1, &list);
}

/* ---- server_name, status_request ---- */

/* RFC 6066 3: at most one name of a type; whatever types come, two octets of length stand in front of them. */
hf_status tls_ext_server_name_parse(struct hf_bytes body, struct hf_bytes *ret_host)
{
	struct hf_bytes list, host = { body.at, 0 };
	bool seen[NAME_TYPES] = { false }, twice = false;
	struct hf_rd in;

	HF_TRY(only_vec(body, 2, 1, &list));
	in = hf_rd_over(list);
	while (hf_rd_left(&in)) {
		uint8_t type = hf_rd_u8(&in);
		struct hf_bytes name = hf_rd_vec(&in, 2, type == HOST_NAME ? 1 : 0, VEC16_MAX);

		twice = twice || seen[type];
		seen[type] = true;
		if (type == HOST_NAME)
			host = name;
	}
	HF_TRY(hf_rd_end(&in));
	if (twice)
		return HF_INVALID;

	*ret_host = host;
	return HF_OK;
}

hf_status tls_ext_status_request_parse(struct hf_bytes body, bool *ret_ocsp)
{
	struct hf_rd in = hf_rd_over(body);
	bool ocsp = hf_rd_u8(&in) == STATUS_OCSP;
	struct hf_bytes responders;

	HF_TRY(hf_rd_ok(&in));
	if (ocsp) {
		responders = hf_rd_vec(&in, 2, 0, VEC16_MAX);
		(void)hf_rd_vec(&in, 2, 0, VEC16_MAX); /* the request's extensions */
		HF_TRY(hf_rd_end(&in));
		HF_TRY(tls_vecs_check(responders, 2));
	}

	*ret_ocsp = ocsp;
	return HF_OK;
}

/* ---- key_share ---- */

hf_status tls_ext_key_shares_parse(struct hf_bytes body, struct hf_bytes *ret_entries)
{
	struct hf_bytes entries;
	struct tls_key_share share;
	struct hf_rd in;

	HF_TRY(only_vec(body, 2, 0, &entries));
	in = hf_rd_over(entries);
	while (hf_rd_left(&in))
		take_key_share(&in, &share);
	HF_TRY(hf_rd_end(&in));

	*ret_entries = entries;
	return HF_OK;
}

bool tls_key_share_next(struct hf_bytes *entries, struct tls_key_share *ret)
{
	struct hf_rd in = hf_rd_over(*entries);
	struct tls_key_share share;

	take_key_share(&in, &share);
	if (hf_rd_ok(&in) != HF_OK)
		return false;
	*entries = hf_rd_rest(&in);
	*ret = share;
	return true;
}

hf_status tls_ext_key_share_parse(struct hf_bytes body, struct tls_key_share *ret)
{
	struct hf_rd in = hf_rd_over(body);
	struct tls_key_share share;

	take_key_share(&in, &share);
	HF_TRY(hf_rd_end(&in));

	*ret = share;
	return HF_OK;
}

/* ---- pre_shared_key ---- */

hf_status tls_ext_offered_psks_parse(struct hf_bytes body, struct tls_offered_psks *ret)
{
	struct hf_rd in = hf_rd_over(body), list;
	struct tls_offered_psks m = { .count = 0 };
	size_t binders = 0;

	m.identities = hf_rd_vec(&in, 2, IDENTITIES_MIN, VEC16_MAX);
	m.binders_len = hf_rd_left(&in);
	m.binders = hf_rd_vec(&in, 2, BINDERS_MIN, VEC16_MAX);
	HF_TRY(hf_rd_end(&in));
	list = hf_rd_over(m.identities);
	for (; hf_rd_left(&list); m.count++) {
		struct tls_psk_identity identity;

		take_identity(&list, &identity);
	}
	HF_TRY(hf_rd_end(&list));
	list = hf_rd_over(m.binders);
	for (; hf_rd_left(&list); binders++)
		(void)hf_rd_vec(&list, 1, BINDER_MIN, VEC8_MAX);
	HF_TRY(hf_rd_end(&list));
	/* Each list keeps its own format: that they do not belong together is a wrong value. */
	if (binders != m.count)
		return HF_INVALID;

	*ret = m;
	return HF_OK;
}

bool tls_psk_identity_next(struct hf_bytes *identities, struct tls_psk_identity *ret)
{
	struct hf_rd in = hf_rd_over(*identities);
	struct tls_psk_identity identity;

	take_identity(&in, &identity);
	if (hf_rd_ok(&in) != HF_OK)
		return false;
	*identities = hf_rd_rest(&in);
	*ret = identity;
	return true;
}

/* ---- parts ---- */

/* A body that is one vector and nothing else. */
static hf_status only_vec(struct hf_bytes body, unsigned len_size, size_t min, struct hf_bytes *ret)
{
	struct hf_rd in = hf_rd_over(body);
	struct hf_bytes v = hf_rd_vec(&in, len_size, min, VEC16_MAX);

	HF_TRY(hf_rd_end(&in));

	*ret = v;
	return HF_OK;
}

/* A body that is one list of vectors of at least one octet, all with lengths of len_size octets. */
static hf_status only_list_of_vecs(struct hf_bytes body, unsigned len_size, size_t min, struct hf_bytes *ret)
{
	struct hf_bytes list;

	HF_TRY(only_vec(body, len_size, min, &list));
	HF_TRY(tls_vecs_check(list, len_size));

	*ret = list;
	return HF_OK;
}

/* RFC 8446 4.2.8 */
static void take_key_share(struct hf_rd *in, struct tls_key_share *ret)
{
	ret->group = hf_rd_u16(in);
	ret->share = hf_rd_vec(in, 2, 1, VEC16_MAX);
}

/* RFC 8446 4.2.11 */
static void take_identity(struct hf_rd *in, struct tls_psk_identity *ret)
{
	ret->identity = hf_rd_vec(in, 2, 1, VEC16_MAX);
	ret->obfuscated_age = hf_rd_u32(in);
}

static bool next_vec(struct hf_bytes *list, unsigned len_size, struct hf_bytes *ret)
{
	struct hf_rd in = hf_rd_over(*list);
	struct hf_bytes v = hf_rd_vec(&in, len_size, 1, VEC16_MAX);

	if (hf_rd_ok(&in) != HF_OK)
		return false;
	*list = hf_rd_rest(&in);
	*ret = v;
	return true;
}
