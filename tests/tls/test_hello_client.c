/* SPDX-License-Identifier: MIT */
/* What a client says first, how a second hello differs from it, and what it makes of a wrong answer. */
#include "hello.h"

/* ---- what a client says ---- */

static void says_all_of_both_versions(void **state)
{
	static const uint16_t suites[] = { 0x1301, 0x1302, 0x1303, 0xc02b, 0xc02f,
					   0xc02c, 0xc030, 0xcca9, 0xcca8, 0x00ff };
	static const struct hf_bytes alpn[] = { { (const uint8_t *)"h2", 2 }, { (const uint8_t *)"http/1.1", 8 } };
	struct end *e = new_end();
	struct parts p;

	(void)state;
	e->start.name = of(NAME ".", sizeof(NAME));
	e->cfg.alpn = alpn;
	e->cfg.alpns = 2;
	e->cfg.want_staple = true;
	e->cfg.record_size_limit = 1024;
	e->cfg.no_grease = true;
	p = first_hello(e);
	assert_int_equal(p.hello.legacy_version, 0x0303);
	assert_int_equal(p.hello.session_id.len, 32);
	assert_int_equal(p.hello.compression.len, 1);
	assert_int_equal(p.hello.compression.at[0], 0);
	assert_int_equal(tls_u16_count(p.hello.suites), HF_ARRAY_LEN(suites));
	for (size_t i = 0; i < HF_ARRAY_LEN(suites); i++)
		assert_int_equal(tls_u16_at(p.hello.suites, i), suites[i]);
	assert_body(&p, TLS_EXT_SERVER_NAME, "000c000009612e6578616d706c65");
	assert_body(&p, TLS_EXT_ALPN, "000c02683208687474702f312e31");
	assert_body(&p, TLS_EXT_STATUS_REQUEST, "0100000000");
	assert_body(&p, TLS_EXT_SIGNED_CERTIFICATE_TIMESTAMP, "");
	assert_body(&p, TLS_EXT_EXTENDED_MASTER_SECRET, "");
	assert_body(&p, TLS_EXT_SESSION_TICKET, "");
	assert_body(&p, TLS_EXT_EC_POINT_FORMATS, "0100");
	assert_body(&p, TLS_EXT_RECORD_SIZE_LIMIT, "0401");
	assert_body(&p, TLS_EXT_PSK_KEY_EXCHANGE_MODES, "0101");
	assert_body(&p, TLS_EXT_SUPPORTED_VERSIONS, "0403040303");
	assert_null(find(&p, TLS_EXT_SIGNATURE_ALGORITHMS_CERT));
	assert_null(find(&p, TLS_EXT_PRE_SHARED_KEY));
	assert_null(find(&p, TLS_EXT_EARLY_DATA));
	assert_null(find(&p, TLS_EXT_COOKIE));
	end(e);
}

static void says_no_more_than_its_versions_need(void **state)
{
	static const uint16_t of_12[] = { TLS_EXT_EXTENDED_MASTER_SECRET, TLS_EXT_EC_POINT_FORMATS, TLS_EXT_SESSION_TICKET };
	static const uint16_t of_13[] = { TLS_EXT_KEY_SHARE, TLS_EXT_SUPPORTED_VERSIONS, TLS_EXT_PSK_KEY_EXCHANGE_MODES };

	(void)state;
	for (unsigned version = HF_TLS_1_2; version <= HF_TLS_1_3; version++) {
		struct end *e = new_end();
		struct parts p;

		e->cfg.min_version = e->cfg.max_version = (uint16_t)version;
		p = first_hello(e);
		for (size_t i = 0; i < HF_ARRAY_LEN(of_12); i++) {
			assert_int_equal(find(&p, of_12[i]) != NULL, version == HF_TLS_1_2);
			assert_int_equal(find(&p, of_13[i]) != NULL, version == HF_TLS_1_3);
		}
		assert_int_equal(p.hello.session_id.len, version == HF_TLS_1_3 ? 32 : 0);
		assert_int_equal(tls_u16_has(p.hello.suites, TLS_SUITE_AES_128_GCM_SHA256), version == HF_TLS_1_3);
		assert_int_equal(tls_u16_has(p.hello.suites, TLS_SUITE_ECDHE_RSA_CHACHA20), version == HF_TLS_1_2);
		assert_int_equal(tls_u16_has(p.hello.suites, TLS_SUITE_EMPTY_RENEGOTIATION_INFO_SCSV),
				 version == HF_TLS_1_2);
		end(e);
	}
}

static void short_scheme_list_is_not_for_chains(void **state)
{
	static const uint16_t one[] = { TLS_ECDSA_SECP256R1_SHA256 };
	struct end *e = new_end();
	struct parts p;

	(void)state;
	e->cfg.schemes = (struct hf_tls_list){ one, 1 };
	p = first_hello(e);
	assert_body(&p, TLS_EXT_SIGNATURE_ALGORITHMS, "00020403");
	assert_true(find(&p, TLS_EXT_SIGNATURE_ALGORITHMS_CERT)->len > 4);
	end(e);
}

static void is_small(void **state)
{
	static const struct hf_bytes alpn[] = { { (const uint8_t *)"http/1.1", 8 } };
	const size_t more = crypto_kex_has(crypto, TLS_GROUP_X25519MLKEM768) ? 2 + 4 + 1216 : 0;
	struct end *e = new_end();

	(void)state;
	e->start.name = of(NAME, sizeof(NAME) - 1);
	e->cfg.alpn = alpn;
	e->cfg.alpns = 1;
	assert_in_range(first_hello(e).message.len - more, 200, 270);
	end(e);
}

static void is_the_same_for_the_same_entropy(void **state)
{
	struct end *a = new_end(), *b = new_end(), *c = new_end();
	struct parts pa, pb, pc;

	(void)state;
	c->start.entropy[31] ^= 1;
	pa = first_hello(a);
	pb = first_hello(b);
	pc = first_hello(c);
	assert_int_equal(a->out_len, b->out_len);
	assert_memory_equal(a->out, b->out, a->out_len);
	assert_memory_not_equal(pa.hello.random.at, pc.hello.random.at, 32);
	assert_memory_not_equal(pa.hello.session_id.at, pc.hello.session_id.at, 32);
	assert_memory_not_equal(find(&pb, TLS_EXT_KEY_SHARE)->at, find(&pc, TLS_EXT_KEY_SHARE)->at, 40);
	end(a);
	end(b);
	end(c);
}

/* RFC 8701 3.1 */
static void greases(void **state)
{
	uint16_t seen = 0;

	(void)state;
	for (unsigned i = 0; i < 16; i++) {
		struct end *e = new_end();
		struct parts p;
		uint16_t group;

		e->start.entropy[0] = (uint8_t)i;
		p = first_hello(e);
		group = hf_load16(find(&p, TLS_EXT_SUPPORTED_GROUPS)->at + 2);
		assert_true(tls_is_grease(tls_u16_at(p.hello.suites, 0)));
		assert_true(tls_is_grease(p.ext[0].type));
		assert_true(tls_is_grease(group));
		assert_true(tls_is_grease(hf_load16(find(&p, TLS_EXT_SUPPORTED_VERSIONS)->at + 1)));
		assert_int_equal(hf_load16(find(&p, TLS_EXT_KEY_SHARE)->at + 2), group);
		seen |= (uint16_t)(1u << (group >> 12));
		end(e);
	}
	assert_true(__builtin_popcount(seen) > 4);
}

static void names_hosts_only(void **state)
{
	static const struct {
		const char *name, *sni;
	} rows[] = {
		{ "a.example", "a.example" },
		{ "a.example.", "a.example" },
		{ "", NULL },
		{ "192.0.2.1", NULL },
		{ "2001:db8::1", NULL },
		{ "[::1]", NULL },
		{ "fe80::1%eth0", NULL },
		{ ".", NULL },
	};

	(void)state;
	for (size_t i = 0; i < HF_ARRAY_LEN(rows); i++) {
		struct end *e = new_end();
		struct hf_bytes host;
		struct parts p;

		e->start.name = of(rows[i].name, strlen(rows[i].name));
		p = first_hello(e);
		if (!rows[i].sni) {
			assert_null(find(&p, TLS_EXT_SERVER_NAME));
		} else {
			assert_int_equal(tls_ext_server_name_parse(*find(&p, TLS_EXT_SERVER_NAME), &host), HF_OK);
			assert_int_equal(host.len, strlen(rows[i].sni));
			assert_memory_equal(host.at, rows[i].sni, host.len);
		}
		end(e);
	}
}

static void shares_as_many_as_asked(void **state)
{
	static const uint16_t groups[] = { TLS_GROUP_P384, TLS_GROUP_X25519, TLS_GROUP_P256 };

	(void)state;
	for (unsigned shares = 0; shares <= 4; shares++) {
		struct end *e = new_end();
		struct tls_key_share share;
		struct hf_bytes entries;
		struct parts p;
		unsigned n = 0;

		e->cfg.groups = (struct hf_tls_list){ groups, 3 };
		e->cfg.shares = shares;
		e->cfg.no_grease = true;
		p = first_hello(e);
		assert_int_equal(tls_ext_key_shares_parse(*find(&p, TLS_EXT_KEY_SHARE), &entries), HF_OK);
		for (; tls_key_share_next(&entries, &share); n++) {
			assert_int_equal(share.group, groups[n]);
			assert_int_equal(share.share.len, crypto_kex_client_share_size(groups[n]));
		}
		assert_int_equal(n, shares == 0 ? 1 : shares > 3 ? 3 : shares);
		end(e);
	}
}

/* A hybrid does not come alone unless it is told to, and not at all where it cannot be had. */
static void shares_one_beside_a_hybrid(void **state)
{
	static const uint16_t groups[] = { TLS_GROUP_X25519MLKEM768, TLS_GROUP_P256, TLS_GROUP_X25519 };
	const bool here = crypto_kex_has(crypto, TLS_GROUP_X25519MLKEM768);

	(void)state;
	for (unsigned shares = 0; shares <= 3; shares++) {
		struct end *e = new_end();
		struct tls_key_share share;
		struct hf_bytes entries, offered;
		struct parts p;
		unsigned n = here ? 0 : 1;

		e->cfg.groups = (struct hf_tls_list){ groups, 3 };
		e->cfg.shares = shares;
		e->cfg.no_grease = true;
		p = first_hello(e);
		assert_int_equal(tls_ext_u16_list_parse(*find(&p, TLS_EXT_SUPPORTED_GROUPS), 2, &offered), HF_OK);
		assert_int_equal(tls_u16_has(offered, TLS_GROUP_X25519MLKEM768), here);
		assert_int_equal(tls_ext_key_shares_parse(*find(&p, TLS_EXT_KEY_SHARE), &entries), HF_OK);
		for (; tls_key_share_next(&entries, &share); n++) {
			assert_int_equal(share.group, groups[n]);
			assert_int_equal(share.share.len, crypto_kex_client_share_size(groups[n]));
		}
		if (here)
			assert_int_equal(n, shares == 0 ? 2 : shares);
		else
			assert_int_equal(n, 1 + (shares == 0 ? 1 : shares == 3 ? 2 : shares));
		end(e);
	}
}

/* ---- what comes back ---- */

/* A ServerHello, or with tls_hello_retry_random a HelloRetryRequest. */
struct answer {
	const char *label;
	uint16_t legacy, suite;
	uint8_t random; /* each octet of it; 0: of a HelloRetryRequest */
	const char *random_end;
	bool wrong_session_id, no_session_id;
	uint8_t compression;
	const char *exts;
	const char *why;
	uint8_t alert;
};

static size_t build_answer(uint8_t to[1024], const struct answer *a, const struct hf_bytes session_id)
{
	struct hf_wr out = hf_wr_over(to, 1024);
	size_t record, message, n, block;
	uint8_t *random;

	hf_wr_u8(&out, TLS_HANDSHAKE);
	hf_wr_u16(&out, 0x0303);
	record = tls_vec_begin(&out, 2);
	message = tls_message_begin(&out, TLS_SERVER_HELLO);
	hf_wr_u16(&out, a->legacy);
	random = hf_wr_take(&out, 32);
	assert_non_null(random);
	if (a->random)
		memset(random, a->random, 32);
	else
		memcpy(random, tls_hello_retry_random, 32);
	if (a->random_end)
		memcpy(random + 24, a->random_end, 8);
	hf_wr_u8(&out, (uint8_t)(a->no_session_id ? 0 : session_id.len));
	if (!a->no_session_id) {
		hf_wr_copy(&out, session_id.at, session_id.len);
		if (a->wrong_session_id)
			out.at[-1] ^= 1;
	}
	hf_wr_u16(&out, a->suite);
	hf_wr_u8(&out, a->compression);
	if (a->exts) {
		struct hf_bytes exts = hex(a->exts);

		block = tls_vec_begin(&out, 2);
		hf_wr_copy(&out, exts.at, exts.len);
		tls_vec_end(&out, 2, block);
	}
	tls_message_end(&out, message);
	tls_vec_end(&out, 2, record);
	assert_int_equal(hf_wr_end(&out, &n), HF_OK);
	return n;
}

static void answer(struct end *e, const struct answer *a, struct hf_bytes session_id)
{
	uint8_t record[1024];

	feed(e, of(record, build_answer(record, a, session_id)));
}

#define V13 "002b00020304"
#define ASKS_P256 "003300020017"
#define COOKIE_3 "002c00050003aabbcc"
#define BAD_POINT "00330005001d0001ff"

static const struct answer retry_p256 = { .legacy = 0x0303, .suite = 0x1301, .exts = V13 ASKS_P256 };
static const struct answer retry_cookie = { .legacy = 0x0303, .suite = 0x1301, .exts = V13 COOKIE_3 };

/* All but the extensions that RFC 8446 4.1.2 names. */
static void assert_same_but(const struct parts *a, const struct parts *b)
{
	static const uint16_t free_to_change[] = { TLS_EXT_KEY_SHARE, TLS_EXT_COOKIE, TLS_EXT_PRE_SHARED_KEY,
						   TLS_EXT_EARLY_DATA };
	const size_t front = (size_t)(a->hello.extensions.at - a->message.at) - 2 - TLS_MESSAGE_HEADER;
	size_t i = 0, k = 0;

	assert_memory_equal(a->message.at + TLS_MESSAGE_HEADER, b->message.at + TLS_MESSAGE_HEADER, front);
	for (;;) {
#define SKIP(p, n)                                                               \
	for (size_t m = 0; n < p->exts && m < HF_ARRAY_LEN(free_to_change); m++) \
		if (p->ext[n].type == free_to_change[m]) {                       \
			n++;                                                     \
			m = (size_t)-1;                                          \
		}
		SKIP(a, i)
		SKIP(b, k)
#undef SKIP
		if (i == a->exts || k == b->exts)
			break;
		assert_int_equal(a->ext[i].type, b->ext[k].type);
		assert_int_equal(a->ext[i].body.len, b->ext[k].body.len);
		if (a->ext[i].body.len)
			assert_memory_equal(a->ext[i].body.at, b->ext[k].body.at, a->ext[i].body.len);
		i++;
		k++;
	}
	assert_int_equal(i, a->exts);
	assert_int_equal(k, b->exts);
}

static void begins_again_with_the_group_asked_for(void **state)
{
	static const uint8_t ccs[] = { 20, 3, 3, 0, 1, 1 };
	struct end *e = new_end();
	uint8_t kept[OUT_ROOM];
	struct tls_key_share share;
	struct hf_bytes entries;
	struct parts p, again;

	(void)state;
	e->start.name = of(NAME, sizeof(NAME) - 1);
	begin(e);
	memcpy(kept, e->out, e->out_len);
	p = take_apart(kept, e->out_len);
	assert_int_equal(kept[1] << 8 | kept[2], 0x0301);
	answer(e, &retry_p256, p.hello.session_id);
	assert_int_equal(e->does, HF_TLS_WANTS_INPUT);
	/* RFC 8446 D.4 */
	assert_memory_equal(e->out, ccs, sizeof(ccs));
	again = take_apart(e->out + sizeof(ccs), e->out_len - sizeof(ccs));
	assert_same_but(&p, &again);
	assert_int_equal(tls_ext_key_shares_parse(*find(&again, TLS_EXT_KEY_SHARE), &entries), HF_OK);
	assert_true(tls_key_share_next(&entries, &share));
	assert_int_equal(share.group, TLS_GROUP_P256);
	assert_int_equal(share.share.len, 65);
	assert_int_equal(entries.len, 0);
	assert_null(find(&again, TLS_EXT_COOKIE));
	assert_true(e->info.hello_retried);
	/* Once only (RFC 8446 4.1.4). */
	answer(e, &retry_p256, p.hello.session_id);
	assert_failed(e, "a second HelloRetryRequest", "UNEXPECTED", TLS_ALERT_UNEXPECTED_MESSAGE);
	end(e);
}

static void begins_again_with_the_cookie(void **state)
{
	struct hf_tls_record_told ring[16], told;
	struct end *e = new_end();
	uint8_t kept[OUT_ROOM];
	struct parts p, again;
	unsigned retries = 0;
	uint64_t cursor = 0;

	(void)state;
	e->cfg.no_compatibility = true;
	e->cfg.shares = 2;
	begin(e);
	hf_tls_tell(e->t, ring, HF_ARRAY_LEN(ring));
	memcpy(kept, e->out, e->out_len);
	p = take_apart(kept, e->out_len);
	assert_int_equal(p.hello.session_id.len, 0);
	answer(e, &retry_cookie, p.hello.session_id);
	while (hf_tls_told(e->t, &cursor, &told)) {
		assert_int_not_equal(told.kind, HF_TLS_TOLD_HELLO_RETRY);
		retries += told.kind == HF_TLS_TOLD_RETRY_COOKIE;
	}
	assert_int_equal(retries, 1);
	again = take_apart(e->out, e->out_len);
	assert_same_but(&p, &again);
	assert_body(&again, TLS_EXT_COOKIE, "0003aabbcc");
	assert_int_equal(find(&p, TLS_EXT_KEY_SHARE)->len, find(&again, TLS_EXT_KEY_SHARE)->len);
	assert_memory_equal(find(&p, TLS_EXT_KEY_SHARE)->at, find(&again, TLS_EXT_KEY_SHARE)->at,
			    find(&p, TLS_EXT_KEY_SHARE)->len);
	end(e);
}

static void judges_the_answer(void **state)
{
	/* clang-format off */
	static const struct answer rows[] = {
		/* HelloRetryRequest, RFC 8446 4.1.4 */
		{ "asks for nothing", 0x0303, 0x1301, .exts = V13, FAILS(BAD_RETRY, ILLEGAL_PARAMETER) },
		{ "asks for the share it has", 0x0303, 0x1301, .exts = V13 "00330002001d",
		  FAILS(BAD_RETRY, ILLEGAL_PARAMETER) },
		{ "asks for a group not offered", 0x0303, 0x1301, .exts = V13 "003300020100",
		  FAILS(BAD_RETRY, ILLEGAL_PARAMETER) },
		{ "an empty cookie", 0x0303, 0x1301, .exts = V13 "002c00020000", FAILS(DECODE, DECODE_ERROR) },
		{ "a share where a group belongs", 0x0303, 0x1301, .exts = V13 "00330005001d0001ff",
		  FAILS(DECODE, DECODE_ERROR) },
		{ "no version", 0x0303, 0x1301, .exts = ASKS_P256, FAILS(MISSING_EXT, MISSING_EXTENSION) },
		{ "1.2 in supported_versions", 0x0303, 0x1301, .exts = "002b00020303" ASKS_P256,
		  FAILS(BAD_VERSION, ILLEGAL_PARAMETER) },
		{ "another session id", 0x0303, 0x1301, .wrong_session_id = true, .exts = V13 ASKS_P256,
		  FAILS(BAD_SESSION_ID, ILLEGAL_PARAMETER) },
		{ "no session id", 0x0303, 0x1301, .no_session_id = true, .exts = V13 ASKS_P256,
		  FAILS(BAD_SESSION_ID, ILLEGAL_PARAMETER) },
		{ "compression", 0x0303, 0x1301, .compression = 1, .exts = V13 ASKS_P256,
		  FAILS(BAD_COMPRESSION, ILLEGAL_PARAMETER) },
		{ "a suite of 1.2", 0x0303, 0xc02b, .exts = V13 ASKS_P256, FAILS(BAD_SUITE, ILLEGAL_PARAMETER) },
		{ "a suite not offered", 0x0303, 0x1304, .exts = V13 ASKS_P256, FAILS(BAD_SUITE, ILLEGAL_PARAMETER) },
		{ "an extension never sent", 0x0303, 0x1301, .exts = V13 ASKS_P256 "abcd0000",
		  FAILS(UNSOLICITED_EXTENSION, UNSUPPORTED_EXTENSION) },
		{ "an extension of elsewhere", 0x0303, 0x1301, .exts = V13 ASKS_P256 "00170000",
		  FAILS(MISPLACED_EXTENSION, ILLEGAL_PARAMETER) },
		{ "twice the same", 0x0303, 0x1301, .exts = V13 ASKS_P256 ASKS_P256,
		  FAILS(DUPLICATE_EXTENSION, ILLEGAL_PARAMETER) },
		{ "an odd legacy version", 0x0301, 0x1301, .exts = V13 ASKS_P256 },
		/* ServerHello, RFC 8446 4.1.3 */
		{ "1.2 in supported_versions", 0x0303, 0x1301, 1, .exts = "002b00020303",
		  FAILS(BAD_VERSION, ILLEGAL_PARAMETER) },
		{ "a version not offered", 0x0303, 0x1301, 1, .exts = "002b00020305",
		  FAILS(BAD_VERSION, ILLEGAL_PARAMETER) },
		{ "a version of one octet", 0x0303, 0x1301, 1, .exts = "002b000103", FAILS(DECODE, DECODE_ERROR) },
		{ "SSL 3.0 beside 1.3", 0x0300, 0x1301, 1, .exts = V13 BAD_POINT, FAILS(NO_VERSION, PROTOCOL_VERSION) },
		{ "SSL 3.0 asks for another share", 0x0300, 0x1301, .exts = V13 ASKS_P256,
		  FAILS(NO_VERSION, PROTOCOL_VERSION) },
		{ "1.1", 0x0302, 0xc02f, 1, FAILS(NO_VERSION, PROTOCOL_VERSION) },
		{ "1.3 by the old field", 0x0304, 0x1301, 1, .exts = BAD_POINT, FAILS(NO_VERSION, PROTOCOL_VERSION) },
		{ "downgraded from 1.3", 0x0303, 0xc02f, 1, "DOWNGRD\1", .no_session_id = true, .exts = "ff01000100",
		  FAILS(DOWNGRADED, ILLEGAL_PARAMETER) },
		{ "downgraded further", 0x0303, 0xc02f, 1, "DOWNGRD\0", .no_session_id = true, .exts = "ff01000100",
		  FAILS(DOWNGRADED, ILLEGAL_PARAMETER) },
		{ "1.2 resumes what never was", 0x0303, 0xc02f, 1, .exts = "ff01000100",
		  FAILS(BAD_SESSION_ID, ILLEGAL_PARAMETER) },
		{ "1.2 with a suite of 1.3", 0x0303, 0x1301, 1, .no_session_id = true, .exts = "ff01000100",
		  FAILS(BAD_SUITE, ILLEGAL_PARAMETER) },
		{ "RSA key transport not offered", 0x0303, 0x009c, 1, .no_session_id = true, .exts = "ff01000100",
		  FAILS(BAD_SUITE, ILLEGAL_PARAMETER) },
		{ "compression", 0x0303, 0x1301, 1, .compression = 1, .exts = V13 BAD_POINT,
		  FAILS(BAD_COMPRESSION, ILLEGAL_PARAMETER) },
		{ "another session id", 0x0303, 0x1301, 1, .wrong_session_id = true, .exts = V13 BAD_POINT,
		  FAILS(BAD_SESSION_ID, ILLEGAL_PARAMETER) },
		{ "a suite of 1.2 in 1.3", 0x0303, 0xc02f, 1, .exts = V13 BAD_POINT, FAILS(BAD_SUITE, ILLEGAL_PARAMETER)
		  },
		{ "a cookie", 0x0303, 0x1301, 1, .exts = V13 BAD_POINT COOKIE_3,
		  FAILS(MISPLACED_EXTENSION, ILLEGAL_PARAMETER) },
		{ "a PSK never offered", 0x0303, 0x1301, 1, .exts = V13 BAD_POINT "002900020000",
		  FAILS(UNSOLICITED_EXTENSION, UNSUPPORTED_EXTENSION) },
		{ "a share of one octet", 0x0303, 0x1301, 1, .exts = V13 BAD_POINT, FAILS(BAD_SHARE, ILLEGAL_PARAMETER)
		  },
	};
	/* clang-format on */

	(void)state;
	for (size_t i = 0; i < HF_ARRAY_LEN(rows); i++) {
		struct end *e = new_end();
		struct parts p = first_hello(e);
		uint8_t session_id[32];

		assert_int_equal(p.hello.session_id.len, sizeof(session_id));
		memcpy(session_id, p.hello.session_id.at, sizeof(session_id));
		answer(e, &rows[i], of(session_id, sizeof(session_id)));
		assert_failed(e, rows[i].label, rows[i].why, rows[i].alert);
		end(e);
	}
}

static void holds_the_server_to_its_retry(void **state)
{
	/* clang-format off */
	static const struct answer rows[] = {
		{ "another suite", 0x0303, 0x1302, 1, .exts = V13 BAD_POINT, FAILS(BAD_SUITE, ILLEGAL_PARAMETER) },
		{ "1.2 after all", 0x0303, 0xc02f, 1, .no_session_id = true, .exts = "ff01000100",
		  FAILS(BAD_VERSION, ILLEGAL_PARAMETER) },
		{ "a share in the first group", 0x0303, 0x1301, 1, .exts = V13 BAD_POINT,
		  FAILS(BAD_GROUP, ILLEGAL_PARAMETER) },
	};
	/* clang-format on */

	(void)state;
	for (size_t i = 0; i < HF_ARRAY_LEN(rows); i++) {
		struct end *e = new_end();
		struct parts p = first_hello(e);
		uint8_t session_id[32];

		memcpy(session_id, p.hello.session_id.at, sizeof(session_id));
		answer(e, &retry_p256, of(session_id, sizeof(session_id)));
		assert_int_equal(e->does, HF_TLS_WANTS_INPUT);
		answer(e, &rows[i], of(session_id, sizeof(session_id)));
		assert_failed(e, rows[i].label, rows[i].why, rows[i].alert);
		end(e);
	}
}

/* A client that offered no 1.3 cannot be answered with it. */
static void takes_no_13_that_was_not_offered(void **state)
{
	static const struct answer chosen = { "1.3 chosen", 0x0303, 0xc02f, 1, .no_session_id = true, .exts = V13 };
	struct end *e = new_end();

	(void)state;
	e->cfg.max_version = HF_TLS_1_2;
	begin(e);
	answer(e, &chosen, of(NULL, 0));
	assert_failed(e, chosen.label, "UNSOLICITED_EXTENSION", TLS_ALERT_UNSUPPORTED_EXTENSION);
	end(e);

	e = new_end();
	e->cfg.max_version = HF_TLS_1_2;
	begin(e);
	answer(e, &retry_p256, of(NULL, 0));
	assert_failed(e, "a HelloRetryRequest", "UNEXPECTED", TLS_ALERT_UNEXPECTED_MESSAGE);
	end(e);
}

/* What a ServerHello of 1.2 says to what was asked for besides; in 1.3 the same functions read EncryptedExtensions. */
static void holds_the_server_to_what_was_asked(void **state)
{
	/* clang-format off */
	static const struct {
		struct answer answer;
		uint16_t send, receive;
	} rows[] = {
		{ { "nothing", 0x0303, 0xc02f, 1, .exts = "ff01000100" }, 16384, 16384 },
		{ { "a limit", 0x0303, 0xc02f, 1, .exts = "ff01000100" "001c00020200" }, 512, 1025 },
		{ { "the largest limit", 0x0303, 0xc02f, 1, .exts = "ff01000100" "001c00024000" }, 16384, 1025 },
		{ { "more than that", 0x0303, 0xc02f, 1, .exts = "ff01000100" "001c00024001",
		    FAILS(BAD_RECORD_LIMIT, ILLEGAL_PARAMETER) } },
		{ { "too small a limit", 0x0303, 0xc02f, 1, .exts = "ff01000100" "001c0002003f",
		    FAILS(BAD_RECORD_LIMIT, ILLEGAL_PARAMETER) } },
		{ { "our fragments", 0x0303, 0xc02f, 1, .exts = "ff01000100" "0001000102" }, 1024, 1024 },
		{ { "other fragments", 0x0303, 0xc02f, 1, .exts = "ff01000100" "0001000101",
		    FAILS(BAD_RECORD_LIMIT, ILLEGAL_PARAMETER) } },
		{ { "both", 0x0303, 0xc02f, 1, .exts = "ff01000100" "0001000102" "001c00020200",
		    FAILS(BAD_RECORD_LIMIT, ILLEGAL_PARAMETER) } },
		{ { "our protocol", 0x0303, 0xc02f, 1, .exts = "ff01000100" "001000050003026832" }, 16384, 16384 },
		{ { "another protocol", 0x0303, 0xc02f, 1, .exts = "ff01000100" "001000050003026833",
		    FAILS(BAD_ALPN, ILLEGAL_PARAMETER) } },
		{ { "two protocols", 0x0303, 0xc02f, 1, .exts = "ff01000100" "001000080006026832026832",
		    FAILS(DECODE, DECODE_ERROR) } },
	};
	/* clang-format on */
	static const struct hf_bytes h2 = { (const uint8_t *)"h2", 2 };

	(void)state;
	for (size_t i = 0; i < HF_ARRAY_LEN(rows); i++) {
		struct end *e = new_end();
		struct parts p;

		e->cfg.record_size_limit = 1024;
		e->cfg.max_fragment_length = 2;
		e->cfg.alpn = &h2;
		e->cfg.alpns = 1;
		p = first_hello(e);
		assert_body(&p, TLS_EXT_MAX_FRAGMENT_LENGTH, "02");
		answer(e, &rows[i].answer, of(NULL, 0));
		assert_failed(e, rows[i].answer.label, rows[i].answer.why, rows[i].answer.alert);
		if (!rows[i].answer.why) {
			assert_int_equal(e->info.max_send, rows[i].send);
			assert_int_equal(e->info.max_receive, rows[i].receive);
		}
		end(e);
	}
}

/* ---- sessions ---- */

static const uint8_t psk[32] = { 1, 2, 3 };

/* As a connection to NAME would have left it, an hour ago. */
static struct hf_bytes a_session(uint8_t to[512], uint16_t version, uint16_t suite, uint32_t early)
{
	static uint8_t name[32];
	struct tls_session s = {
		.version = version,
		.suite = suite,
		.secret_len = version == HF_TLS_1_2 ? 48 : tls_suite_find(suite)->hash_size,
		.extended_master_secret = true,
		.peer_certificate = true,
		.lifetime_s = 7200,
		.age_add = 0xfffffff0,
		.early_data_max = early,
		.made_unix_ms = 0,
		.alpn = { (const uint8_t *)"h2", 2 },
		.name = { name, sizeof(name) },
		.ticket = { (const uint8_t *)"ticket", 6 },
	};
	size_t n;

	crypto_hash_of(CRYPTO_SHA256, of(NAME, sizeof(NAME) - 1), name);
	memcpy(s.secret, psk, sizeof(psk));
	assert_int_equal(tls_session_put(&s, to, 512, &n), HF_OK);
	return of(to, n);
}

static struct end *new_end_with_session(uint8_t room[512], uint16_t version, uint16_t suite, uint32_t early)
{
	static const struct hf_bytes h2 = { (const uint8_t *)"h2", 2 };
	struct end *e = new_end();

	e->start.name = of(NAME, sizeof(NAME) - 1);
	e->start.session = a_session(room, version, suite, early);
	e->cfg.alpn = &h2;
	e->cfg.alpns = 1;
	e->cfg.epoch_ns = HF_S(3600);
	return e;
}

/* RFC 8446 4.2.11.2: binders over `before` and the hello without them. */
static void assert_binder(const struct parts *p, struct hf_bytes before)
{
	struct crypto_hash h;
	uint8_t digest[32], want[32];

	crypto_hash_init(&h, CRYPTO_SHA256);
	crypto_hash_add(&h, before);
	crypto_hash_add(&h, of(p->message.at, p->message.len - 35));
	crypto_hash_peek(&h, digest);
	tls_psk_binder(CRYPTO_SHA256, of(psk, sizeof(psk)), digest, want);
	assert_memory_equal(p->message.at + p->message.len - 32, want, 32);
}

static void offers_its_session(void **state)
{
	uint8_t room[512];
	struct end *e = new_end_with_session(room, HF_TLS_1_3, 0x1301, 0);
	struct tls_offered_psks psks;
	struct tls_psk_identity identity;
	struct parts p;

	(void)state;
	p = first_hello(e);
	assert_int_equal(p.ext[p.exts - 1].type, TLS_EXT_PRE_SHARED_KEY);
	assert_int_equal(tls_ext_offered_psks_parse(p.ext[p.exts - 1].body, &psks), HF_OK);
	assert_int_equal(psks.count, 1);
	assert_true(tls_psk_identity_next(&psks.identities, &identity));
	assert_memory_equal(identity.identity.at, "ticket", 6);
	assert_int_equal(identity.obfuscated_age, (uint32_t)(3600000u + 0xfffffff0u));
	assert_binder(&p, of(NULL, 0));
	assert_null(find(&p, TLS_EXT_EARLY_DATA));
	end(e);
}

static void leaves_a_session_that_does_not_fit(void **state)
{
	static const uint16_t sha384[] = { 0x1302 };
	uint8_t room[512];

	(void)state;
	for (unsigned i = 0; i < 6; i++) {
		struct end *e = new_end_with_session(room, HF_TLS_1_3, 0x1301, 100);

		e->cfg.early_data_max = 1;
		switch (i) {
		case 0:
			e->cfg.epoch_ns = HF_S(7200);
			break;
		case 1:
			e->start.name = of("b.example", 9);
			break;
		case 2:
			e->cfg.no_resumption = true;
			break;
		case 3:
			e->cfg.suites = (struct hf_tls_list){ sha384, 1 };
			break;
		case 4:
			e->cfg.max_version = HF_TLS_1_2;
			break;
		case 5:
			e->start.session.len--;
			break;
		}
		{
			const struct parts p = first_hello(e);

			assert_null(find(&p, TLS_EXT_PRE_SHARED_KEY));
			assert_null(find(&p, TLS_EXT_EARLY_DATA));
		}
		assert_int_equal(e->info.early, HF_TLS_EARLY_NONE);
		end(e);
	}
}

static void offers_a_session_of_12(void **state)
{
	uint8_t room[512];
	struct end *e = new_end_with_session(room, HF_TLS_1_2, 0xc02b, 0);
	struct parts p;

	(void)state;
	e->cfg.no_compatibility = true;
	p = first_hello(e);
	assert_body(&p, TLS_EXT_SESSION_TICKET, "7469636b6574");
	assert_null(find(&p, TLS_EXT_PRE_SHARED_KEY));
	assert_int_equal(p.hello.session_id.len, 32);
	end(e);
}

static void sends_early_data(void **state)
{
	static const uint8_t ccs[] = { 20, 3, 3, 0, 1, 1 };
	const struct hf_bytes data = { (const uint8_t *)"early", 5 };
	uint8_t room[512], kept[OUT_ROOM], sealed[1024], before[1024];
	struct end *e = new_end_with_session(room, HF_TLS_1_3, 0x1301, 100);
	struct parts p, again;
	size_t taken, n, hello;

	(void)state;
	e->cfg.early_data_max = 1;
	begin(e);
	memcpy(kept, e->out, e->out_len);
	p = take_apart(kept, e->out_len);
	assert_body(&p, TLS_EXT_EARLY_DATA, "");
	assert_binder(&p, of(NULL, 0));
	hello = TLS_RECORD_HEADER + p.message.len;
	assert_int_equal(e->out_len, hello + sizeof(ccs));
	assert_memory_equal(kept + hello, ccs, sizeof(ccs));
	assert_int_equal(hf_tls_write(e->t, &data, 1, &(struct hf_room){ sealed, sizeof(sealed) }, 1, &taken, &n), HF_OK);
	assert_int_equal(taken, 5);
	assert_int_equal(n, TLS_RECORD_HEADER + 5 + 1 + 16);
	assert_int_equal(e->info.version, 0);
	assert_int_equal(e->info.suite, 0);

	/* A HelloRetryRequest ends it: the second hello is plain, without early_data, its binder of all before. */
	n = build_answer(sealed, &retry_cookie, p.hello.session_id);
	memcpy(before, (const uint8_t[]){ TLS_MESSAGE_HASH, 0, 0, 32 }, 4);
	crypto_hash_of(CRYPTO_SHA256, p.message, before + 4);
	memcpy(before + 36, sealed + TLS_RECORD_HEADER, n - TLS_RECORD_HEADER);
	feed(e, of(sealed, n));
	again = take_apart(e->out, e->out_len);
	assert_same_but(&p, &again);
	assert_null(find(&again, TLS_EXT_EARLY_DATA));
	assert_binder(&again, of(before, 36 + n - TLS_RECORD_HEADER));
	assert_int_equal(e->info.early, HF_TLS_EARLY_REJECTED);
	assert_int_equal(hf_tls_write(e->t, &data, 1, &(struct hf_room){ sealed, sizeof(sealed) }, 1, &taken, &n),
			 HF_BAD_STATE);
	end(e);
}

/* RFC 8446 4.2.10: early data is for the protocol of its session; the ticket is of use without it. */
static void sends_early_data_for_its_protocol_only(void **state)
{
	static const struct hf_bytes h1 = { (const uint8_t *)"http/1.1", 8 };

	(void)state;
	for (unsigned alpns = 0; alpns < 2; alpns++) {
		uint8_t room[512];
		struct end *e = new_end_with_session(room, HF_TLS_1_3, 0x1301, 100);
		struct parts p;

		e->cfg.early_data_max = 1;
		e->cfg.alpn = &h1;
		e->cfg.alpns = alpns;
		p = first_hello(e);
		assert_null(find(&p, TLS_EXT_EARLY_DATA));
		assert_non_null(find(&p, TLS_EXT_PRE_SHARED_KEY));
		end(e);
	}
}

static void takes_no_12_after_early_data(void **state)
{
	static const struct answer old = { "1.2", 0x0303, 0xc02f, 1, .no_session_id = true, .exts = "ff01000100" };
	uint8_t room[512];
	struct end *e = new_end_with_session(room, HF_TLS_1_3, 0x1301, 100);

	(void)state;
	e->cfg.early_data_max = 1;
	begin(e);
	answer(e, &old, of(NULL, 0));
	assert_failed(e, old.label, "BAD_EARLY_DATA", TLS_ALERT_PROTOCOL_VERSION);
	end(e);
}

/* A retry to another hash leaves no PSK to offer. */
static void drops_a_session_of_another_hash(void **state)
{
	static const struct answer other = { .legacy = 0x0303, .suite = 0x1302, .exts = V13 ASKS_P256 };
	uint8_t room[512], session_id[32];
	struct end *e = new_end_with_session(room, HF_TLS_1_3, 0x1301, 0);
	struct parts p = first_hello(e);

	(void)state;
	assert_non_null(find(&p, TLS_EXT_PRE_SHARED_KEY));
	memcpy(session_id, p.hello.session_id.at, sizeof(session_id));
	answer(e, &other, of(session_id, sizeof(session_id)));
	p = take_apart(e->out + 6, e->out_len - 6);
	assert_null(find(&p, TLS_EXT_PRE_SHARED_KEY));
	end(e);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(says_all_of_both_versions),
		cmocka_unit_test(says_no_more_than_its_versions_need),
		cmocka_unit_test(short_scheme_list_is_not_for_chains),
		cmocka_unit_test(is_small),
		cmocka_unit_test(is_the_same_for_the_same_entropy),
		cmocka_unit_test(greases),
		cmocka_unit_test(names_hosts_only),
		cmocka_unit_test(shares_as_many_as_asked),
		cmocka_unit_test(shares_one_beside_a_hybrid),
		cmocka_unit_test(begins_again_with_the_group_asked_for),
		cmocka_unit_test(begins_again_with_the_cookie),
		cmocka_unit_test(judges_the_answer),
		cmocka_unit_test(holds_the_server_to_its_retry),
		cmocka_unit_test(takes_no_13_that_was_not_offered),
		cmocka_unit_test(holds_the_server_to_what_was_asked),
		cmocka_unit_test(offers_its_session),
		cmocka_unit_test(leaves_a_session_that_does_not_fit),
		cmocka_unit_test(offers_a_session_of_12),
		cmocka_unit_test(sends_early_data),
		cmocka_unit_test(sends_early_data_for_its_protocol_only),
		cmocka_unit_test(takes_no_12_after_early_data),
		cmocka_unit_test(drops_a_session_of_another_hash),
	};

	return cmocka_run_group_tests(tests, open_crypto, close_crypto);
}
