/* SPDX-License-Identifier: MIT */
/* The hellos alone: what a client's says, how a second differs, and what either side makes of a wrong one. */
#include "tls_test.h"

#include <stdlib.h>

#define OUT_ROOM 8192u
#define EXTS_MAX 40u
#define NAME "a.example"

static struct hf_crypto *crypto;

static int open_crypto(void **state)
{
	(void)state;
	return hf_crypto_open(&crypto) == HF_OK ? 0 : -1;
}

static int close_crypto(void **state)
{
	(void)state;
	hf_crypto_close(crypto);
	return 0;
}

/* ---- a machine with its memory ---- */

struct end {
	struct hf_tls_config cfg;
	struct hf_tls_start start;
	struct hf_tls *t;
	void *mem, *room;
	uint8_t plain[HF_TLS_PLAIN_ROOM], out[OUT_ROOM];
	size_t out_len;
	enum hf_tls_does does;
	struct hf_tls_info info;
};

static struct end *new_end(void)
{
	struct end *e = calloc(1, sizeof(*e));

	assert_non_null(e);
	e->cfg.crypto = crypto;
	memset(e->start.entropy, 7, sizeof(e->start.entropy));
	return e;
}

static void feed(struct end *e, struct hf_bytes in)
{
	struct hf_tls_io io = { .in = &in, .ins = 1, .plain = e->plain, .out = e->out, .out_room = sizeof(e->out) };

	e->does = hf_tls_step(e->t, &io, 0);
	e->out_len = io.out_len;
	hf_tls_info(e->t, &e->info);
}

static void begin(struct end *e)
{
	const size_t room = hf_tls_room();

	e->mem = aligned_alloc(64, hf_tls_memory());
	e->room = aligned_alloc(64, (room + 63) & ~(size_t)63);
	assert_true(e->mem && e->room);
	assert_int_equal(hf_tls_init(e->mem, (struct hf_room){ e->room, room }, &e->cfg, &e->start, 0, &e->t), HF_OK);
	feed(e, (struct hf_bytes){ (const uint8_t *)"", 0 });
	assert_int_equal(e->does, HF_TLS_WANTS_INPUT);
}

static void end(struct end *e)
{
	hf_tls_end(e->t);
	free(e->mem);
	free(e->room);
	free(e);
}

static void assert_failed(const struct end *e, const char *label, const char *why, uint8_t alert)
{
	if (!why) {
		if (e->does == HF_TLS_FAILED)
			fail_msg("%s: failed with %s", label, e->info.why_code);
		return;
	}
	if (e->does != HF_TLS_FAILED)
		fail_msg("%s: was taken, but is %s", label, why);
	if (strcmp(e->info.why_code, why) != 0)
		fail_msg("%s: failed with %s, not %s", label, e->info.why_code, why);
	if (!e->info.has_alert_sent || e->info.alert_sent != alert)
		fail_msg("%s: alert %u, not %u", label, e->info.alert_sent, alert);
}

/* ---- a hello taken apart ---- */

struct parts {
	struct hf_bytes message;
	struct tls_client_hello hello;
	struct tls_ext ext[EXTS_MAX];
	size_t exts;
};

/* From one record of plain text. */
static struct parts take_apart(const uint8_t *record, size_t n)
{
	struct tls_record_header h;
	struct parts p = { .exts = 0 };
	struct hf_rd in;

	assert_int_equal(tls_record_header_parse(of(record, n), &h), HF_OK);
	assert_int_equal(h.type, TLS_HANDSHAKE);
	assert_true(TLS_RECORD_HEADER + h.length <= n);
	p.message = of(record + TLS_RECORD_HEADER, h.length);
	assert_int_equal(p.message.at[0], TLS_CLIENT_HELLO);
	assert_int_equal(hf_load16(p.message.at + 2) + TLS_MESSAGE_HEADER, h.length);
	assert_int_equal(
		tls_client_hello_parse(of(p.message.at + TLS_MESSAGE_HEADER, h.length - TLS_MESSAGE_HEADER), &p.hello),
		HF_OK);
	in = hf_rd_over(p.hello.extensions);
	while (p.exts < EXTS_MAX && tls_ext_next(&in, &p.ext[p.exts]))
		p.exts++;
	assert_int_equal(hf_rd_end(&in), HF_OK);
	return p;
}

static const struct hf_bytes *find(const struct parts *p, uint16_t type)
{
	for (size_t i = 0; i < p->exts; i++)
		if (p->ext[i].type == type)
			return &p->ext[i].body;
	return NULL;
}

static void assert_body(const struct parts *p, uint16_t type, const char *digits)
{
	const struct hf_bytes *body = find(p, type);

	assert_non_null(body);
	assert_octets(body->at, body->len, digits);
}

/* A client's first hello, in e->out. */
static struct parts first_hello(struct end *e)
{
	begin(e);
	return take_apart(e->out, e->out_len);
}

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
	assert_body(&p, TLS_EXT_RECORD_SIZE_LIMIT, "0400");
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
	struct end *e = new_end();

	(void)state;
	e->start.name = of(NAME, sizeof(NAME) - 1);
	e->cfg.alpn = alpn;
	e->cfg.alpns = 1;
	if (!crypto_kex_has(crypto, TLS_GROUP_X25519MLKEM768))
		assert_in_range(first_hello(e).message.len, 200, 270);
	else
		begin(e);
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
	struct end *e = new_end();
	uint8_t kept[OUT_ROOM];
	struct parts p, again;

	(void)state;
	e->cfg.no_compatibility = true;
	e->cfg.shares = 2;
	begin(e);
	memcpy(kept, e->out, e->out_len);
	p = take_apart(kept, e->out_len);
	assert_int_equal(p.hello.session_id.len, 0);
	answer(e, &retry_cookie, p.hello.session_id);
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
	static const struct answer rows[] = {
		/* HelloRetryRequest, RFC 8446 4.1.4 */
		{ "asks for nothing", 0x0303, 0x1301, .exts = V13, .why = "BAD_RETRY", .alert = TLS_ALERT_ILLEGAL_PARAMETER },
		{ "asks for the share it has", 0x0303, 0x1301, .exts = V13 "00330002001d", .why = "BAD_RETRY",
		  .alert = TLS_ALERT_ILLEGAL_PARAMETER },
		{ "asks for a group not offered", 0x0303, 0x1301, .exts = V13 "003300020100", .why = "BAD_RETRY",
		  .alert = TLS_ALERT_ILLEGAL_PARAMETER },
		{ "an empty cookie", 0x0303, 0x1301, .exts = V13 "002c00020000", .why = "DECODE",
		  .alert = TLS_ALERT_DECODE_ERROR },
		{ "a share where a group belongs", 0x0303, 0x1301, .exts = V13 "00330005001d0001ff", .why = "DECODE",
		  .alert = TLS_ALERT_DECODE_ERROR },
		{ "no version", 0x0303, 0x1301, .exts = ASKS_P256, .why = "MISSING_EXT",
		  .alert = TLS_ALERT_MISSING_EXTENSION },
		{ "1.2 in supported_versions", 0x0303, 0x1301, .exts = "002b00020303" ASKS_P256, .why = "BAD_VERSION",
		  .alert = TLS_ALERT_ILLEGAL_PARAMETER },
		{ "another session id", 0x0303, 0x1301, .wrong_session_id = true, .exts = V13 ASKS_P256,
		  .why = "BAD_SESSION_ID", .alert = TLS_ALERT_ILLEGAL_PARAMETER },
		{ "no session id", 0x0303, 0x1301, .no_session_id = true, .exts = V13 ASKS_P256,
		  .why = "BAD_SESSION_ID", .alert = TLS_ALERT_ILLEGAL_PARAMETER },
		{ "compression", 0x0303, 0x1301, .compression = 1, .exts = V13 ASKS_P256, .why = "BAD_COMPRESSION",
		  .alert = TLS_ALERT_ILLEGAL_PARAMETER },
		{ "a suite of 1.2", 0x0303, 0xc02b, .exts = V13 ASKS_P256, .why = "BAD_SUITE",
		  .alert = TLS_ALERT_ILLEGAL_PARAMETER },
		{ "a suite not offered", 0x0303, 0x1304, .exts = V13 ASKS_P256, .why = "BAD_SUITE",
		  .alert = TLS_ALERT_ILLEGAL_PARAMETER },
		{ "an extension never sent", 0x0303, 0x1301, .exts = V13 ASKS_P256 "abcd0000",
		  .why = "UNSOLICITED_EXTENSION", .alert = TLS_ALERT_UNSUPPORTED_EXTENSION },
		{ "an extension of elsewhere", 0x0303, 0x1301, .exts = V13 ASKS_P256 "00170000",
		  .why = "MISPLACED_EXTENSION", .alert = TLS_ALERT_ILLEGAL_PARAMETER },
		{ "twice the same", 0x0303, 0x1301, .exts = V13 ASKS_P256 ASKS_P256, .why = "DUPLICATE_EXTENSION",
		  .alert = TLS_ALERT_ILLEGAL_PARAMETER },
		{ "an odd legacy version", 0x0301, 0x1301, .exts = V13 ASKS_P256 },
		/* ServerHello, RFC 8446 4.1.3 */
		{ "1.2 in supported_versions", 0x0303, 0x1301, 1, .exts = "002b00020303", .why = "BAD_VERSION",
		  .alert = TLS_ALERT_ILLEGAL_PARAMETER },
		{ "a version not offered", 0x0303, 0x1301, 1, .exts = "002b00020305", .why = "BAD_VERSION",
		  .alert = TLS_ALERT_ILLEGAL_PARAMETER },
		{ "a version of one octet", 0x0303, 0x1301, 1, .exts = "002b000103", .why = "DECODE",
		  .alert = TLS_ALERT_DECODE_ERROR },
		{ "1.1", 0x0302, 0xc02f, 1, .why = "NO_VERSION", .alert = TLS_ALERT_PROTOCOL_VERSION },
		{ "1.3 by the old field", 0x0304, 0x1301, 1, .exts = BAD_POINT, .why = "NO_VERSION",
		  .alert = TLS_ALERT_PROTOCOL_VERSION },
		{ "downgraded from 1.3", 0x0303, 0xc02f, 1, "DOWNGRD\1", .no_session_id = true, .exts = "ff01000100",
		  .why = "DOWNGRADED", .alert = TLS_ALERT_ILLEGAL_PARAMETER },
		{ "downgraded further", 0x0303, 0xc02f, 1, "DOWNGRD\0", .no_session_id = true, .exts = "ff01000100",
		  .why = "DOWNGRADED", .alert = TLS_ALERT_ILLEGAL_PARAMETER },
		{ "1.2 resumes what never was", 0x0303, 0xc02f, 1, .exts = "ff01000100", .why = "BAD_SESSION_ID",
		  .alert = TLS_ALERT_ILLEGAL_PARAMETER },
		{ "1.2 with a suite of 1.3", 0x0303, 0x1301, 1, .no_session_id = true, .exts = "ff01000100",
		  .why = "BAD_SUITE", .alert = TLS_ALERT_ILLEGAL_PARAMETER },
		{ "RSA key transport not offered", 0x0303, 0x009c, 1, .no_session_id = true, .exts = "ff01000100",
		  .why = "BAD_SUITE", .alert = TLS_ALERT_ILLEGAL_PARAMETER },
		{ "compression", 0x0303, 0x1301, 1, .compression = 1, .exts = V13 BAD_POINT, .why = "BAD_COMPRESSION",
		  .alert = TLS_ALERT_ILLEGAL_PARAMETER },
		{ "another session id", 0x0303, 0x1301, 1, .wrong_session_id = true, .exts = V13 BAD_POINT,
		  .why = "BAD_SESSION_ID", .alert = TLS_ALERT_ILLEGAL_PARAMETER },
		{ "a suite of 1.2 in 1.3", 0x0303, 0xc02f, 1, .exts = V13 BAD_POINT, .why = "BAD_SUITE",
		  .alert = TLS_ALERT_ILLEGAL_PARAMETER },
		{ "a cookie", 0x0303, 0x1301, 1, .exts = V13 BAD_POINT COOKIE_3, .why = "MISPLACED_EXTENSION",
		  .alert = TLS_ALERT_ILLEGAL_PARAMETER },
		{ "a PSK never offered", 0x0303, 0x1301, 1, .exts = V13 BAD_POINT "002900020000",
		  .why = "UNSOLICITED_EXTENSION", .alert = TLS_ALERT_UNSUPPORTED_EXTENSION },
		{ "a share of one octet", 0x0303, 0x1301, 1, .exts = V13 BAD_POINT, .why = "BAD_SHARE",
		  .alert = TLS_ALERT_ILLEGAL_PARAMETER },
	};

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
	static const struct answer rows[] = {
		{ "another suite", 0x0303, 0x1302, 1, .exts = V13 BAD_POINT, .why = "BAD_SUITE",
		  .alert = TLS_ALERT_ILLEGAL_PARAMETER },
		{ "1.2 after all", 0x0303, 0xc02f, 1, .no_session_id = true, .exts = "ff01000100", .why = "BAD_VERSION",
		  .alert = TLS_ALERT_ILLEGAL_PARAMETER },
		{ "a share in the first group", 0x0303, 0x1301, 1, .exts = V13 BAD_POINT, .why = "BAD_GROUP",
		  .alert = TLS_ALERT_ILLEGAL_PARAMETER },
	};

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
		.lifetime_s = 7200,
		.age_add = 0xfffffff0,
		.early_data_max = early,
		.made_unix_ms = 0,
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
	struct end *e = new_end();

	e->start.name = of(NAME, sizeof(NAME) - 1);
	e->start.session = a_session(room, version, suite, early);
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
		assert_null(find(&(struct parts){ 0 }, 0));
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

/* ---- what a server makes of a hello ---- */

struct change { /* of one extension: body NULL leaves it out, else it is replaced, or put at the end */
	uint16_t type;
	const char *body;
};

struct row {
	const char *label;
	struct change change[4]; /* up to the first of type 0 without a body; server_name is never changed first */
	uint16_t legacy;         /* [0x0303] */
	const char *suites, *compression;
	uint16_t min, max;
	const char *why;
	uint8_t alert;
};

#define X25519_9                           \
	"09000000000000000000000000000000" \
	"00000000000000000000000000000000"
#define SHARE_X25519 "001d0020" X25519_9
#define PSK_ONE        \
	"000c0006"     \
	"7469636b6574" \
	"00000000"     \
	"0021"         \
	"20" X25519_9

static const struct change base[] = {
	{ TLS_EXT_SUPPORTED_GROUPS, "0004001d0017" },
	{ TLS_EXT_SIGNATURE_ALGORITHMS, "000604030804"
					"0401" },
	{ TLS_EXT_SUPPORTED_VERSIONS, "0403040303" },
	{ TLS_EXT_KEY_SHARE, "0024" SHARE_X25519 },
	{ TLS_EXT_PSK_KEY_EXCHANGE_MODES, "0101" },
};

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

#define NO_13                                    \
	{                                        \
		TLS_EXT_SUPPORTED_VERSIONS, NULL \
	}
#define ONLY_12                                      \
	{                                            \
		TLS_EXT_SUPPORTED_VERSIONS, "020303" \
	}

static void judges_a_hello(void **state)
{
	static const struct row rows[] = {
		{ "a good one" },
		{ "a good one of 1.2", { NO_13 } },
		{ "1.2 by its list", { ONLY_12 } },
		/* versions, RFC 8446 4.2.1, D.2, D.5, RFC 7507 */
		{ "an odd legacy version", .legacy = 0x0301 },
		{ "a legacy version of 1.3", .legacy = 0x0304 },
		{ "a version to come without the list", { NO_13 }, .legacy = 0x0304 },
		{ "SSL 3.0 in the old field", .legacy = 0x0300, .why = "NO_VERSION", .alert = TLS_ALERT_PROTOCOL_VERSION },
		{ "1.1", { NO_13 }, .legacy = 0x0302, .why = "NO_VERSION", .alert = TLS_ALERT_PROTOCOL_VERSION },
		{ "1.1 by its list",
		  { { TLS_EXT_SUPPORTED_VERSIONS, "020302" } },
		  .why = "NO_VERSION",
		  .alert = TLS_ALERT_PROTOCOL_VERSION },
		{ "1.2 to a server of 1.3", { NO_13 }, .min = 0x0304, .why = "NO_VERSION", .alert = TLS_ALERT_PROTOCOL_VERSION },
		{ "1.3 to a server of 1.2",
		  { { TLS_EXT_SUPPORTED_VERSIONS, "020304" } },
		  .max = 0x0303,
		  .why = "NO_VERSION",
		  .alert = TLS_ALERT_PROTOCOL_VERSION },
		{ "GREASE in the list", { { TLS_EXT_SUPPORTED_VERSIONS, "060a0a03040303" } } },
		{ "GREASE alone in the list",
		  { { TLS_EXT_SUPPORTED_VERSIONS, "020a0a" } },
		  .why = "NO_VERSION",
		  .alert = TLS_ALERT_PROTOCOL_VERSION },
		{ "an empty list", { { TLS_EXT_SUPPORTED_VERSIONS, "00" } }, .why = "DECODE", .alert = TLS_ALERT_DECODE_ERROR },
		{ "an odd list", { { TLS_EXT_SUPPORTED_VERSIONS, "03030403" } }, .why = "DECODE", .alert = TLS_ALERT_DECODE_ERROR },
		{ "a fallback without need", { NO_13 }, .suites = "c02b5600", .why = "FALLBACK", .alert = TLS_ALERT_INAPPROPRIATE_FALLBACK },
		{ "a fallback to the best", .suites = "13015600" },
		{ "a fallback to a server of 1.2", { NO_13 }, .suites = "c02b5600", .max = 0x0303 },
		/* compression, RFC 8446 4.1.2 */
		{ "DEFLATE too in 1.3", .compression = "0100", .why = "BAD_COMPRESSION",
		  .alert = TLS_ALERT_ILLEGAL_PARAMETER },
		{ "two nulls in 1.3", .compression = "0000", .why = "BAD_COMPRESSION", .alert = TLS_ALERT_ILLEGAL_PARAMETER },
		{ "DEFLATE alone in 1.2", { NO_13 }, .compression = "01", .why = "BAD_COMPRESSION", .alert = TLS_ALERT_ILLEGAL_PARAMETER },
		{ "DEFLATE too in 1.2", { NO_13 }, .compression = "0100" },
		{ "no method at all", .compression = "", .why = "DECODE", .alert = TLS_ALERT_DECODE_ERROR },
		/* what must be there, RFC 8446 9.2 */
		{ "no groups", { { TLS_EXT_SUPPORTED_GROUPS, NULL } }, .why = "MISSING_EXT", .alert = TLS_ALERT_MISSING_EXTENSION },
		{ "no shares", { { TLS_EXT_KEY_SHARE, NULL } }, .why = "MISSING_EXT", .alert = TLS_ALERT_MISSING_EXTENSION },
		{ "no schemes", { { TLS_EXT_SIGNATURE_ALGORITHMS, NULL } }, .why = "MISSING_EXT", .alert = TLS_ALERT_MISSING_EXTENSION },
		{ "no schemes in 1.2",
		  { NO_13, { TLS_EXT_SIGNATURE_ALGORITHMS, NULL } },
		  .why = "NO_SCHEME",
		  .alert = TLS_ALERT_HANDSHAKE_FAILURE },
		{ "schemes of others",
		  { { TLS_EXT_SIGNATURE_ALGORITHMS, "0004fe010a0a" } },
		  .why = "NO_SCHEME",
		  .alert = TLS_ALERT_HANDSHAKE_FAILURE },
		{ "an empty list of schemes",
		  { { TLS_EXT_SIGNATURE_ALGORITHMS, "0000" } },
		  .why = "DECODE",
		  .alert = TLS_ALERT_DECODE_ERROR },
		/* shares, RFC 8446 4.2.8 */
		{ "no share yet", { { TLS_EXT_KEY_SHARE, "0000" } } },
		{ "the same share twice",
		  { { TLS_EXT_KEY_SHARE, "0048" SHARE_X25519 SHARE_X25519 } },
		  .why = "BAD_SHARE",
		  .alert = TLS_ALERT_ILLEGAL_PARAMETER },
		{ "a share of no group listed",
		  { { TLS_EXT_SUPPORTED_GROUPS, "00020017" } },
		  .why = "BAD_SHARE",
		  .alert = TLS_ALERT_ILLEGAL_PARAMETER },
		{ "shares out of order",
		  { { TLS_EXT_KEY_SHARE, "0029"
					 "0017000104" SHARE_X25519 } },
		  .why = "BAD_SHARE",
		  .alert = TLS_ALERT_ILLEGAL_PARAMETER },
		{ "a GREASE share first",
		  { { TLS_EXT_SUPPORTED_GROUPS, "00041a1a001d" },
		    { TLS_EXT_KEY_SHARE, "0029"
					 "1a1a000100" SHARE_X25519 } } },
		{ "an empty share", { { TLS_EXT_KEY_SHARE, "0004001d0000" } }, .why = "DECODE", .alert = TLS_ALERT_DECODE_ERROR },
		{ "a broken share in 1.2", { ONLY_12, { TLS_EXT_KEY_SHARE, "ff" } } },
		/* pre-shared keys, RFC 8446 4.2.11 */
		{ "a PSK", { { TLS_EXT_PRE_SHARED_KEY, PSK_ONE } } },
		{ "a PSK without schemes, which cannot be used",
		  { { TLS_EXT_SIGNATURE_ALGORITHMS, NULL }, { TLS_EXT_PRE_SHARED_KEY, PSK_ONE } },
		  .why = "MISSING_EXT",
		  .alert = TLS_ALERT_MISSING_EXTENSION },
		{ "a PSK that is not the last",
		  { { TLS_EXT_PRE_SHARED_KEY, PSK_ONE }, { 0xabcd, "" } },
		  .why = "PSK_NOT_LAST",
		  .alert = TLS_ALERT_ILLEGAL_PARAMETER },
		{ "a PSK that is not the last in 1.2", { ONLY_12, { TLS_EXT_PRE_SHARED_KEY, PSK_ONE }, { 0xabcd, "" } } },
		{ "a PSK without modes",
		  { { TLS_EXT_PSK_KEY_EXCHANGE_MODES, NULL }, { TLS_EXT_PRE_SHARED_KEY, PSK_ONE } },
		  .why = "BAD_PSK_MODE",
		  .alert = TLS_ALERT_MISSING_EXTENSION },
		{ "two binders for one PSK",
		  { { TLS_EXT_PRE_SHARED_KEY, "000c0006"
					      "7469636b6574"
					      "00000000"
					      "0042"
					      "20" X25519_9 "20" X25519_9 } },
		  .why = "BAD_PSK",
		  .alert = TLS_ALERT_ILLEGAL_PARAMETER },
		{ "a PSK without binders",
		  { { TLS_EXT_PRE_SHARED_KEY, "000c0006"
					      "7469636b6574"
					      "00000000"
					      "0000" } },
		  .why = "DECODE",
		  .alert = TLS_ALERT_DECODE_ERROR },
		/* names, RFC 6066 3 */
		{ "a name", { { 0xaaaa, "" }, { TLS_EXT_SERVER_NAME, "000c000009612e6578616d706c65" } } },
		{ "a name with a zero in it",
		  { { 0xaaaa, "" }, { TLS_EXT_SERVER_NAME, "000c000009610065786100706c65" } },
		  .why = "BAD_NAME",
		  .alert = TLS_ALERT_ILLEGAL_PARAMETER },
		{ "an address", { { 0xaaaa, "" }, { TLS_EXT_SERVER_NAME, "000c0000093139322e302e322e31" } } },
		{ "an empty name",
		  { { 0xaaaa, "" }, { TLS_EXT_SERVER_NAME, "0003000000" } },
		  .why = "DECODE",
		  .alert = TLS_ALERT_DECODE_ERROR },
		{ "an empty list of names",
		  { { 0xaaaa, "" }, { TLS_EXT_SERVER_NAME, "0000" } },
		  .why = "DECODE",
		  .alert = TLS_ALERT_DECODE_ERROR },
		/* the rest of 1.2 */
		{ "renegotiation",
		  { NO_13, { TLS_EXT_RENEGOTIATION_INFO, "0100" } },
		  .why = "BAD_RENEGOTIATION_INFO",
		  .alert = TLS_ALERT_HANDSHAKE_FAILURE },
		{ "no renegotiation", { NO_13, { TLS_EXT_RENEGOTIATION_INFO, "00" } } },
		{ "compressed points only",
		  { NO_13, { TLS_EXT_EC_POINT_FORMATS, "020102" } },
		  .why = "BAD_POINT_FORMAT",
		  .alert = TLS_ALERT_ILLEGAL_PARAMETER },
		{ "compressed points only, in 1.3", { { TLS_EXT_EC_POINT_FORMATS, "020102" } } },
		{ "a body in extended_master_secret",
		  { NO_13, { TLS_EXT_EXTENDED_MASTER_SECRET, "00" } },
		  .why = "DECODE",
		  .alert = TLS_ALERT_DECODE_ERROR },
		/* sizes of records, RFC 8449, RFC 6066 4 */
		{ "a small record", { { TLS_EXT_RECORD_SIZE_LIMIT, "0040" } } },
		{ "too small a record",
		  { { TLS_EXT_RECORD_SIZE_LIMIT, "003f" } },
		  .why = "BAD_RECORD_LIMIT",
		  .alert = TLS_ALERT_ILLEGAL_PARAMETER },
		{ "a fragment of code 5",
		  { { TLS_EXT_MAX_FRAGMENT_LENGTH, "05" } },
		  .why = "BAD_RECORD_LIMIT",
		  .alert = TLS_ALERT_ILLEGAL_PARAMETER },
		{ "a fragment of code 5 beside the newer one",
		  { { TLS_EXT_MAX_FRAGMENT_LENGTH, "05" }, { TLS_EXT_RECORD_SIZE_LIMIT, "4001" } } },
		/* the block, RFC 8446 4.2 */
		{ "twice the same",
		  { { TLS_EXT_STATUS_REQUEST, "0100000000" }, { TLS_EXT_STATUS_REQUEST, "0100000000" } },
		  .why = "DUPLICATE_EXTENSION",
		  .alert = TLS_ALERT_ILLEGAL_PARAMETER },
		{ "an unknown one twice",
		  { { 0xabcd, "" }, { 0xabcd, "" } },
		  .why = "DUPLICATE_EXTENSION",
		  .alert = TLS_ALERT_ILLEGAL_PARAMETER },
		{ "no suite of ours", .suites = "1a1a1304", .why = "NO_SUITE", .alert = TLS_ALERT_HANDSHAKE_FAILURE },
		{ "no group of ours",
		  { { TLS_EXT_SUPPORTED_GROUPS, "00041a1a0100" }, { TLS_EXT_KEY_SHARE, "0000" } },
		  .why = "NO_GROUP",
		  .alert = TLS_ALERT_HANDSHAKE_FAILURE },
	};

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

static void asks_for_the_certificate_of_a_name(void **state)
{
	static const struct row r = {
		"a name",
		{ { TLS_EXT_SIGNATURE_ALGORITHMS, "000a"
						  "0a0a"
						  "0804"
						  "0403"
						  "0804"
						  "fe01" },
		  { TLS_EXT_SERVER_NAME, "000d00000a612e6578616d706c652e" } },
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
	assert_octets(q->schemes.at, q->schemes.len, "08040403");
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
		{ { "1.3 counts the type", { { TLS_EXT_RECORD_SIZE_LIMIT, "0040" } } }, 0, 63, 16384 },
		{ { "1.2 does not", { NO_13, { TLS_EXT_RECORD_SIZE_LIMIT, "0040" } } }, 0, 64, 16384 },
		{ { "more than there can be", { { TLS_EXT_RECORD_SIZE_LIMIT, "ffff" } } }, 0, 16384, 16384 },
		{ { "and our own", { { TLS_EXT_RECORD_SIZE_LIMIT, "4001" } } }, 1025, 16384, 1024 },
		{ { "the older one", { { TLS_EXT_MAX_FRAGMENT_LENGTH, "01" } } }, 0, 512, 512 },
		{ { "both", { { TLS_EXT_MAX_FRAGMENT_LENGTH, "01" }, { TLS_EXT_RECORD_SIZE_LIMIT, "0801" } } }, 0, 2048, 16384 },
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
	static const struct row first = { "first", { { TLS_EXT_KEY_SHARE, "0000" } } };
	static const struct row rows[] = {
		{ "another suite more", .suites = "13011302c02bc02f009c", .why = "CHANGED_HELLO",
		  .alert = TLS_ALERT_ILLEGAL_PARAMETER },
		{ "1.2 after all", { NO_13 }, .why = "CHANGED_HELLO", .alert = TLS_ALERT_ILLEGAL_PARAMETER },
		{ "other schemes",
		  { { TLS_EXT_SIGNATURE_ALGORITHMS, "00020403" } },
		  .why = "CHANGED_HELLO",
		  .alert = TLS_ALERT_ILLEGAL_PARAMETER },
		{ "the wrong share",
		  { { TLS_EXT_KEY_SHARE, "0005"
					 "0017000104" } },
		  .why = "BAD_SHARE",
		  .alert = TLS_ALERT_ILLEGAL_PARAMETER },
		{ "no share again", { { TLS_EXT_KEY_SHARE, "0000" } }, .why = "BAD_SHARE", .alert = TLS_ALERT_ILLEGAL_PARAMETER },
		{ "early data", { { TLS_EXT_EARLY_DATA, "" } }, .why = "BAD_EARLY_DATA", .alert = TLS_ALERT_ILLEGAL_PARAMETER },
		{ "a padding", { { TLS_EXT_PADDING, "0000" } } },
		{ "just the share" },
	};

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
		cmocka_unit_test(says_all_of_both_versions),
		cmocka_unit_test(says_no_more_than_its_versions_need),
		cmocka_unit_test(short_scheme_list_is_not_for_chains),
		cmocka_unit_test(is_small),
		cmocka_unit_test(is_the_same_for_the_same_entropy),
		cmocka_unit_test(greases),
		cmocka_unit_test(names_hosts_only),
		cmocka_unit_test(shares_as_many_as_asked),
		cmocka_unit_test(begins_again_with_the_group_asked_for),
		cmocka_unit_test(begins_again_with_the_cookie),
		cmocka_unit_test(judges_the_answer),
		cmocka_unit_test(holds_the_server_to_its_retry),
		cmocka_unit_test(offers_its_session),
		cmocka_unit_test(leaves_a_session_that_does_not_fit),
		cmocka_unit_test(offers_a_session_of_12),
		cmocka_unit_test(sends_early_data),
		cmocka_unit_test(takes_no_12_after_early_data),
		cmocka_unit_test(drops_a_session_of_another_hash),
		cmocka_unit_test(judges_a_hello),
		cmocka_unit_test(asks_for_the_certificate_of_a_name),
		cmocka_unit_test(requires_a_name_when_told),
		cmocka_unit_test(chooses_the_protocol),
		cmocka_unit_test(keeps_to_the_size_of_records),
		cmocka_unit_test(holds_the_client_to_its_first_hello),
	};

	return cmocka_run_group_tests(tests, open_crypto, close_crypto);
}
