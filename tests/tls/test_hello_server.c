/* SPDX-License-Identifier: MIT */
/* What a server makes of a hello: each rule broken by one change of a good one. */
#include "hello.h"

struct change { /* of one extension: body NULL leaves it out, else it is replaced, or put at the end */
	uint16_t type;
	const char *body;
};

struct row {
	const char *label;
	struct change change[4]; /* up to the first of type 0 without a body */
	uint16_t legacy;         /* [0x0303] */
	const char *suites, *compression;
	uint16_t min, max;
	const char *why;
	uint8_t alert;
};

/* clang-format off */
#define E(name, body) { TLS_EXT_##name, body }
#define NO(name) { TLS_EXT_##name, NULL }
#define NO_13 NO(SUPPORTED_VERSIONS)
#define ONLY_12 E(SUPPORTED_VERSIONS, "020303")
#define SHARE_X25519 "001d0020" X25519_9
#define X25519_9 "0900000000000000000000000000000000000000000000000000000000000000"
#define PSK "000c0006" "7469636b6574" "00000000"
#define BINDER "20" X25519_9

static const struct change base[] = {
	E(SUPPORTED_GROUPS, "0004001d0017"),
	E(SIGNATURE_ALGORITHMS, "0006040308040401"),
	E(SUPPORTED_VERSIONS, "0403040303"),
	E(KEY_SHARE, "0024" SHARE_X25519),
	E(PSK_KEY_EXCHANGE_MODES, "0101"),
};
/* clang-format on */

static void put_ext(struct hf_wr *out, uint16_t type, const char *digits)
{
	const struct hf_bytes body = hex(digits);

	hf_wr_u16(out, type);
	hf_wr_u16(out, (uint16_t)body.len);
	hf_wr_copy(out, body.at, body.len);
}

static size_t changes(const struct row *r)
{
	size_t n = 0;

	while (n < HF_ARRAY_LEN(r->change) && (r->change[n].type || r->change[n].body))
		n++;
	return n;
}

static size_t build_hello(uint8_t to[1024], const struct row *r)
{
	struct hf_wr out = hf_wr_over(to, 1024);
	size_t record, message, vec, n;
	struct hf_bytes b;
	bool used[4] = { false };

	hf_wr_u8(&out, TLS_HANDSHAKE);
	hf_wr_u16(&out, 0x0301);
	record = tls_vec_begin(&out, 2);
	message = tls_message_begin(&out, TLS_CLIENT_HELLO);
	hf_wr_u16(&out, r->legacy ? r->legacy : 0x0303);
	hf_wr_fill(&out, 5, 32);
	hf_wr_u8(&out, 0);
	b = hex(r->suites ? r->suites : "1301c02bc02f009c");
	vec = tls_vec_begin(&out, 2);
	hf_wr_copy(&out, b.at, b.len);
	tls_vec_end(&out, 2, vec);
	b = hex(r->compression ? r->compression : "00");
	vec = tls_vec_begin(&out, 1);
	hf_wr_copy(&out, b.at, b.len);
	tls_vec_end(&out, 1, vec);
	vec = tls_vec_begin(&out, 2);
	for (size_t i = 0; i < HF_ARRAY_LEN(base); i++) {
		const char *body = base[i].body;

		for (size_t k = 0; k < changes(r); k++)
			if (!used[k] && r->change[k].type == base[i].type) {
				body = r->change[k].body;
				used[k] = true;
				break;
			}
		if (body)
			put_ext(&out, base[i].type, body);
	}
	for (size_t k = 0; k < changes(r); k++)
		if (!used[k])
			put_ext(&out, r->change[k].type, r->change[k].body);
	tls_vec_end(&out, 2, vec);
	tls_message_end(&out, message);
	tls_vec_end(&out, 2, record);
	assert_int_equal(hf_wr_end(&out, &n), HF_OK);
	return n;
}

static struct end *new_server(const struct row *r)
{
	struct end *e = new_end();

	e->cfg.server = true;
	e->cfg.min_version = r->min;
	e->cfg.max_version = r->max;
	return e;
}

static void judges_a_hello(void **state)
{
	/* clang-format off */
	static const struct row rows[] = {
		{ "a good one" },
		{ "a good one of 1.2", { NO_13 } },
		{ "1.2 by its list", { ONLY_12 } },
		/* versions, RFC 8446 4.2.1, D.2, D.5, RFC 7507 */
		{ "an odd legacy version", .legacy = 0x0301 },
		{ "a legacy version of 1.3", .legacy = 0x0304 },
		{ "a version to come without the list", { NO_13 }, .legacy = 0x0304 },
		{ "SSL 3.0 in the old field", .legacy = 0x0300, FAILS(NO_VERSION, PROTOCOL_VERSION) },
		{ "1.1", { NO_13 }, .legacy = 0x0302, FAILS(NO_VERSION, PROTOCOL_VERSION) },
		{ "1.1 by its list", { E(SUPPORTED_VERSIONS, "020302") }, FAILS(NO_VERSION, PROTOCOL_VERSION) },
		{ "1.2 to a server of 1.3", { NO_13 }, .min = 0x0304, FAILS(NO_VERSION, PROTOCOL_VERSION) },
		{ "1.3 to a server of 1.2", { E(SUPPORTED_VERSIONS, "020304") }, .max = 0x0303,
		  FAILS(NO_VERSION, PROTOCOL_VERSION) },
		{ "GREASE in the list", { E(SUPPORTED_VERSIONS, "060a0a03040303") } },
		{ "GREASE alone in the list", { E(SUPPORTED_VERSIONS, "020a0a") }, FAILS(NO_VERSION, PROTOCOL_VERSION) },
		{ "an empty list", { E(SUPPORTED_VERSIONS, "00") }, FAILS(DECODE, DECODE_ERROR) },
		{ "an odd list", { E(SUPPORTED_VERSIONS, "03030403") }, FAILS(DECODE, DECODE_ERROR) },
		{ "a fallback without need", { NO_13 }, .suites = "c02b5600", FAILS(FALLBACK, INAPPROPRIATE_FALLBACK) },
		{ "a fallback to the best", .suites = "13015600" },
		{ "a fallback to a server of 1.2", { NO_13 }, .suites = "c02b5600", .max = 0x0303 },
		/* compression, RFC 8446 4.1.2 */
		{ "DEFLATE too in 1.3", .compression = "0100", FAILS(BAD_COMPRESSION, ILLEGAL_PARAMETER) },
		{ "two nulls in 1.3", .compression = "0000", FAILS(BAD_COMPRESSION, ILLEGAL_PARAMETER) },
		{ "DEFLATE alone in 1.2", { NO_13 }, .compression = "01", FAILS(BAD_COMPRESSION, ILLEGAL_PARAMETER) },
		{ "DEFLATE too in 1.2", { NO_13 }, .compression = "0100" },
		{ "no method at all", .compression = "", FAILS(DECODE, DECODE_ERROR) },
		/* what must be there, RFC 8446 9.2 */
		{ "no groups", { NO(SUPPORTED_GROUPS) }, FAILS(MISSING_EXT, MISSING_EXTENSION) },
		{ "no shares", { NO(KEY_SHARE) }, FAILS(MISSING_EXT, MISSING_EXTENSION) },
		{ "no schemes", { NO(SIGNATURE_ALGORITHMS) }, FAILS(MISSING_EXT, MISSING_EXTENSION) },
		{ "no schemes in 1.2", { NO_13, NO(SIGNATURE_ALGORITHMS) }, FAILS(NO_SCHEME, HANDSHAKE_FAILURE) },
		{ "schemes of others", { E(SIGNATURE_ALGORITHMS, "0004fe010a0a") }, FAILS(NO_SCHEME, HANDSHAKE_FAILURE) },
		{ "an empty list of schemes", { E(SIGNATURE_ALGORITHMS, "0000") }, FAILS(DECODE, DECODE_ERROR) },
		/* shares, RFC 8446 4.2.8 */
		{ "no share yet", { E(KEY_SHARE, "0000") } },
		{ "the same share twice", { E(KEY_SHARE, "0048" SHARE_X25519 SHARE_X25519) },
		  FAILS(BAD_SHARE, ILLEGAL_PARAMETER) },
		{ "a share of no group listed", { E(SUPPORTED_GROUPS, "00020017") }, FAILS(BAD_SHARE, ILLEGAL_PARAMETER) },
		{ "shares out of order", { E(KEY_SHARE, "0029" "0017000104" SHARE_X25519) },
		  FAILS(BAD_SHARE, ILLEGAL_PARAMETER) },
		{ "a GREASE share first", { E(SUPPORTED_GROUPS, "00041a1a001d"),
		  E(KEY_SHARE, "0029" "1a1a000100" SHARE_X25519) } },
		{ "an empty share", { E(KEY_SHARE, "0004001d0000") }, FAILS(DECODE, DECODE_ERROR) },
		{ "a broken share in 1.2", { ONLY_12, E(KEY_SHARE, "ff") } },
		/* pre-shared keys, RFC 8446 4.2.11 */
		{ "a PSK", { E(PRE_SHARED_KEY, PSK "0021" BINDER) } },
		{ "a PSK of no use, and no schemes", { NO(SIGNATURE_ALGORITHMS), E(PRE_SHARED_KEY, PSK "0021" BINDER) },
		  FAILS(MISSING_EXT, MISSING_EXTENSION) },
		{ "a PSK that is not the last", { E(PRE_SHARED_KEY, PSK "0021" BINDER), { 0xabcd, "" } },
		  FAILS(PSK_NOT_LAST, ILLEGAL_PARAMETER) },
		{ "a PSK that is not the last in 1.2", { ONLY_12, E(PRE_SHARED_KEY, PSK "0021" BINDER), { 0xabcd, "" } } },
		{ "a PSK without modes", { NO(PSK_KEY_EXCHANGE_MODES), E(PRE_SHARED_KEY, PSK "0021" BINDER) },
		  FAILS(BAD_PSK_MODE, MISSING_EXTENSION) },
		{ "two binders for one PSK",
		  { E(PRE_SHARED_KEY, PSK "0042" BINDER BINDER) },
		  FAILS(BAD_PSK, ILLEGAL_PARAMETER) },
		{ "a PSK without binders", { E(PRE_SHARED_KEY, PSK "0000") },
		  FAILS(DECODE, DECODE_ERROR) },
		/* names, RFC 6066 3 */
		{ "a name", { E(SERVER_NAME, "000c000009612e6578616d706c65") } },
		{ "a name with a zero in it", { E(SERVER_NAME, "000c000009610065786100706c65") },
		  FAILS(BAD_NAME, ILLEGAL_PARAMETER) },
		{ "an address", { E(SERVER_NAME, "000c0000093139322e302e322e31") } },
		{ "an empty name", { E(SERVER_NAME, "0003000000") }, FAILS(DECODE, DECODE_ERROR) },
		{ "two names", { E(SERVER_NAME, "00080000016100000162") }, FAILS(BAD_NAME, ILLEGAL_PARAMETER) },
		{ "a name and one of another kind", { E(SERVER_NAME, "00080000016101000162") } },
		{ "an empty list of names", { E(SERVER_NAME, "0000") }, FAILS(DECODE, DECODE_ERROR) },
		/* the rest of 1.2 */
		{ "renegotiation", { NO_13, E(RENEGOTIATION_INFO, "0100") },
		  FAILS(BAD_RENEGOTIATION_INFO, HANDSHAKE_FAILURE) },
		{ "no renegotiation", { NO_13, E(RENEGOTIATION_INFO, "00") } },
		{ "compressed points only", { NO_13, E(EC_POINT_FORMATS, "020102") },
		  FAILS(BAD_POINT_FORMAT, ILLEGAL_PARAMETER) },
		{ "compressed points only, in 1.3", { E(EC_POINT_FORMATS, "020102") } },
		{ "a body in extended_master_secret", { NO_13, E(EXTENDED_MASTER_SECRET, "00") },
		  FAILS(DECODE, DECODE_ERROR) },
		/* sizes of records, RFC 8449, RFC 6066 4 */
		{ "a small record", { E(RECORD_SIZE_LIMIT, "0040") } },
		{ "too small a record", { E(RECORD_SIZE_LIMIT, "003f") }, FAILS(BAD_RECORD_LIMIT, ILLEGAL_PARAMETER) },
		{ "a fragment of code 5", { E(MAX_FRAGMENT_LENGTH, "05") }, FAILS(BAD_RECORD_LIMIT, ILLEGAL_PARAMETER) },
		{ "a fragment of code 5 beside the newer one", { E(MAX_FRAGMENT_LENGTH, "05"),
		  E(RECORD_SIZE_LIMIT, "4001") } },
		/* the block, RFC 8446 4.2 */
		{ "twice the same", { E(STATUS_REQUEST, "0100000000"), E(STATUS_REQUEST, "0100000000") },
		  FAILS(DUPLICATE_EXTENSION, ILLEGAL_PARAMETER) },
		{ "an unknown one twice", { { 0xabcd, "" }, { 0xabcd, "" } },
		  FAILS(DUPLICATE_EXTENSION, ILLEGAL_PARAMETER) },
		{ "no suite of ours", .suites = "1a1a1304", FAILS(NO_SUITE, HANDSHAKE_FAILURE) },
		{ "no group of ours", { E(SUPPORTED_GROUPS, "00041a1a0100"), E(KEY_SHARE, "0000") },
		  FAILS(NO_GROUP, HANDSHAKE_FAILURE) },
	};
	/* clang-format on */

	(void)state;
	for (size_t i = 0; i < HF_ARRAY_LEN(rows); i++) {
		struct end *e = new_server(&rows[i]);
		uint8_t record[1024];

		begin(e);
		feed(e, of(record, build_hello(record, &rows[i])));
		assert_failed(e, rows[i].label, rows[i].why, rows[i].alert);
		end(e);
	}
}

/* A share of one octet is looked at only by those who have its group, when they make their own. */
static void passes_over_the_share_of_a_hybrid(void **state)
{
	static const struct row row = { "a hybrid's share",
					{ E(SUPPORTED_GROUPS, "000411ec001d"), E(KEY_SHARE, "0029"
											    "11ec000104" SHARE_X25519) } };
	static const uint16_t x25519[] = { TLS_GROUP_X25519 };
	const bool here = crypto_kex_has(crypto, TLS_GROUP_X25519MLKEM768);

	(void)state;
	for (unsigned usual = 0; usual < 2; usual++) {
		struct end *e = new_server(&row);
		uint8_t record[1024];

		if (!usual)
			e->cfg.groups = (struct hf_tls_list){ x25519, 1 };
		begin(e);
		feed(e, of(record, build_hello(record, &row)));
		assert_int_equal(e->does, HF_TLS_WANTS_CERTIFICATE);
		assert_int_equal(e->info.group, usual && here ? TLS_GROUP_X25519MLKEM768 : TLS_GROUP_X25519);
		end(e);
	}
}

/* What breaks its format does so where it has a meaning, and only there. */
static void reads_what_has_a_meaning(void **state)
{
	/* clang-format off */
	static const struct {
		struct change broken;
		bool in_12, in_13;
	} rows[] = {
		{ E(SERVER_NAME, "00"), true, true },
		{ E(STATUS_REQUEST, "01"), true, true },
		{ E(SUPPORTED_GROUPS, "0003001d00"), true, true },
		{ E(EC_POINT_FORMATS, "00"), true, false },
		{ E(SIGNATURE_ALGORITHMS, "0003040304"), true, true },
		{ E(SIGNATURE_ALGORITHMS_CERT, "0000"), true, true },
		{ E(ALPN, "000100"), true, true },
		{ E(SIGNED_CERTIFICATE_TIMESTAMP, "00"), true, true },
		{ E(EXTENDED_MASTER_SECRET, "00"), true, false },
		{ E(RENEGOTIATION_INFO, ""), true, false },
		{ E(PSK_KEY_EXCHANGE_MODES, "00"), false, true },
		{ E(EARLY_DATA, "00"), false, true },
		{ E(COOKIE, "0000"), false, true },
		{ E(KEY_SHARE, "000100"), false, true },
		{ E(CERTIFICATE_AUTHORITIES, "0000"), false, true },
		{ E(POST_HANDSHAKE_AUTH, "00"), false, true },
		{ E(PRE_SHARED_KEY, "00"), false, true },
		{ E(RECORD_SIZE_LIMIT, "00"), true, true },
		{ E(MAX_FRAGMENT_LENGTH, ""), true, true },
	};
	/* clang-format on */

	(void)state;
	for (size_t i = 0; i < HF_ARRAY_LEN(rows); i++)
		for (unsigned k = 0; k < 2; k++) {
			const struct row r = { tls_extension_name(rows[i].broken.type),
					       { rows[i].broken,
						 { k ? 0xabcd : TLS_EXT_SUPPORTED_VERSIONS, k ? "" : NULL } } };
			const bool read = k ? rows[i].in_13 : rows[i].in_12;
			struct end *e = new_server(&r);
			uint8_t record[1024];

			begin(e);
			if (rows[i].broken.type == TLS_EXT_PRE_SHARED_KEY && k)
				feed(e, of(record, build_hello(record, &(struct row){ r.label, { rows[i].broken } })));
			else
				feed(e, of(record, build_hello(record, &r)));
			assert_failed(e, r.label, read ? "DECODE" : NULL, TLS_ALERT_DECODE_ERROR);
			end(e);
		}
}

static void asks_for_the_certificate_of_a_name(void **state)
{
	static const struct row r = {
		"a name",
		{ E(SIGNATURE_ALGORITHMS, "000a0a0a080404030804fe01"), E(SERVER_NAME, "000d00000a612e6578616d706c652e") },
	};
	struct end *e = new_server(&r);
	const struct hf_tls_question *q;
	uint8_t record[1024];

	(void)state;
	e->cfg.require_sni = true;
	begin(e);
	feed(e, of(record, build_hello(record, &r)));
	assert_int_equal(e->does, HF_TLS_WANTS_CERTIFICATE);
	q = hf_tls_question(e->t);
	assert_int_equal(q->version, HF_TLS_1_3);
	assert_int_equal(q->name.len, 9);
	assert_memory_equal(q->name.at, "a.example", 9);
	assert_octets(q->schemes.at, q->schemes.len, "04030804");
	end(e);
}

static void requires_a_name_when_told(void **state)
{
	static const struct row r = { "no name" };
	struct end *e = new_server(&r);
	uint8_t record[1024];

	(void)state;
	e->cfg.require_sni = true;
	begin(e);
	feed(e, of(record, build_hello(record, &r)));
	assert_failed(e, r.label, "MISSING_EXT", TLS_ALERT_MISSING_EXTENSION);
	end(e);
}

/* RFC 8446 4.1.3 */
static void tells_of_a_downgrade(void **state)
{
	static const struct row r = { "1.2", { NO_13 } };

	(void)state;
	for (uint16_t max = HF_TLS_1_2; max <= HF_TLS_1_3; max++) {
		struct end *e = new_server(&r);
		uint8_t record[1024];

		e->cfg.max_version = max;
		begin(e);
		feed(e, of(record, build_hello(record, &r)));
		assert_failed(e, r.label, NULL, 0);
		assert_int_equal(e->info.version, HF_TLS_1_2);
		assert_int_equal(memcmp(e->t->hs->server_random + 24, "DOWNGRD\1", 8) == 0, max == HF_TLS_1_3);
		end(e);
	}
}

/* RFC 7301 3.2: the server's order decides. */
static void chooses_the_protocol(void **state)
{
	static const struct hf_bytes ours[] = { { (const uint8_t *)"h2", 2 }, { (const uint8_t *)"http/1.1", 8 } };
	static const struct {
		const char *theirs, *chosen, *why;
	} rows[] = {
		{ "000c08687474702f312e31026832", "h2", NULL },
		{ "000908687474702f312e31", "http/1.1", NULL },
		{ "00070268330368322d", NULL, "NO_ALPN" },
		{ "0000", NULL, "DECODE" },
		{ "000100", NULL, "DECODE" },
		{ NULL, "", NULL },
	};

	(void)state;
	for (size_t i = 0; i < HF_ARRAY_LEN(rows); i++) {
		const struct row r = {
			"ALPN", { { rows[i].theirs ? TLS_EXT_ALPN : 0xabcd, rows[i].theirs ? rows[i].theirs : "" } }
		};
		struct end *e = new_server(&r);
		uint8_t record[1024];

		e->cfg.alpn = ours;
		e->cfg.alpns = 2;
		begin(e);
		feed(e, of(record, build_hello(record, &r)));
		assert_failed(e, rows[i].theirs ? rows[i].theirs : "none", rows[i].why,
			      rows[i].chosen ? 0
			      : i == 2       ? TLS_ALERT_NO_APPLICATION_PROTOCOL
					     : TLS_ALERT_DECODE_ERROR);
		if (rows[i].chosen) {
			assert_int_equal(e->info.alpn.len, strlen(rows[i].chosen));
			if (e->info.alpn.len)
				assert_memory_equal(e->info.alpn.at, rows[i].chosen, e->info.alpn.len);
		}
		end(e);
	}
}

/* A record's limits as the hello sets them (RFC 8449 4, RFC 6066 4). */
static void keeps_to_the_size_of_records(void **state)
{
	static const struct {
		struct row row;
		uint16_t own, send, receive;
	} rows[] = {
		{ { "none" }, 0, 16384, 16384 },
		{ { "1.3 counts the type", { E(RECORD_SIZE_LIMIT, "0040") } }, 0, 63, 16384 },
		{ { "1.2 does not", { NO_13, E(RECORD_SIZE_LIMIT, "0040") } }, 0, 64, 16384 },
		{ { "more than there can be", { E(RECORD_SIZE_LIMIT, "ffff") } }, 0, 16384, 16384 },
		{ { "and our own", { E(RECORD_SIZE_LIMIT, "4001") } }, 1024, 16384, 1024 },
		{ { "the older one", { E(MAX_FRAGMENT_LENGTH, "01") } }, 0, 512, 512 },
		{ { "both", { E(MAX_FRAGMENT_LENGTH, "01"), E(RECORD_SIZE_LIMIT, "0801") } }, 0, 2048, 16384 },
	};

	(void)state;
	for (size_t i = 0; i < HF_ARRAY_LEN(rows); i++) {
		struct end *e = new_server(&rows[i].row);
		uint8_t record[1024];

		e->cfg.record_size_limit = rows[i].own;
		begin(e);
		feed(e, of(record, build_hello(record, &rows[i].row)));
		assert_failed(e, rows[i].row.label, NULL, 0);
		assert_int_equal(e->info.max_send, rows[i].send);
		assert_int_equal(e->info.max_receive, rows[i].receive);
		end(e);
	}
}

/* RFC 8446 4.1.2 */
static void holds_the_client_to_its_first_hello(void **state)
{
	static const struct row first = { "first", { E(KEY_SHARE, "0000") } };
	/* clang-format off */
	static const struct row rows[] = {
		{ "another suite more", .suites = "13011302c02bc02f009c", FAILS(CHANGED_HELLO, ILLEGAL_PARAMETER) },
		{ "1.2 after all", { NO_13 }, FAILS(CHANGED_HELLO, ILLEGAL_PARAMETER) },
		{ "other schemes", { E(SIGNATURE_ALGORITHMS, "00020403") }, FAILS(CHANGED_HELLO, ILLEGAL_PARAMETER) },
		{ "the wrong share", { E(KEY_SHARE, "0005" "0017000104") }, FAILS(BAD_SHARE, ILLEGAL_PARAMETER) },
		{ "no share again", { E(KEY_SHARE, "0000") }, FAILS(BAD_SHARE, ILLEGAL_PARAMETER) },
		{ "early data", { E(EARLY_DATA, "") }, FAILS(BAD_EARLY_DATA, ILLEGAL_PARAMETER) },
		{ "a padding", { E(PADDING, "0000") } },
		{ "just the share" },
	};
	/* clang-format on */

	(void)state;
	for (size_t i = 0; i < HF_ARRAY_LEN(rows); i++) {
		struct end *e = new_server(&first);
		uint8_t record[1024];

		begin(e);
		feed(e, of(record, build_hello(record, &first)));
		assert_int_equal(e->does, HF_TLS_WANTS_INPUT);
		assert_true(e->info.hello_retried);
		feed(e, of(record, build_hello(record, &rows[i])));
		assert_failed(e, rows[i].label, rows[i].why, rows[i].alert);
		if (!rows[i].why)
			assert_int_equal(e->does, HF_TLS_WANTS_CERTIFICATE);
		end(e);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(judges_a_hello),
		cmocka_unit_test(passes_over_the_share_of_a_hybrid),
		cmocka_unit_test(reads_what_has_a_meaning),
		cmocka_unit_test(asks_for_the_certificate_of_a_name),
		cmocka_unit_test(requires_a_name_when_told),
		cmocka_unit_test(tells_of_a_downgrade),
		cmocka_unit_test(chooses_the_protocol),
		cmocka_unit_test(keeps_to_the_size_of_records),
		cmocka_unit_test(holds_the_client_to_its_first_hello),
	};

	return cmocka_run_group_tests(tests, open_crypto, close_crypto);
}
