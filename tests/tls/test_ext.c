/* SPDX-License-Identifier: MIT */
/* Which extension may stand where: each of them in each message, asked for and not, once and twice. */
#include "tls_test.h"

#include <stdlib.h>

/* In the place of the engine's, which would end the connection. */
hf_status tls_fail(struct hf_tls *t, enum tls_why why)
{
	assert_int_equal(t->why, TLS_WHY_NONE);
	t->why = (uint8_t)why;
	return HF_TLS;
}

static const enum tls_ext_in messages[] = {
	TLS_IN_CH, TLS_IN_SH, TLS_IN_SH12, TLS_IN_HRR, TLS_IN_EE, TLS_IN_CR, TLS_IN_CT, TLS_IN_NST,
};

/*
 * RFC 8446 4.2's table, with what the other RFCs add for 1.2, written once more by hand: a dot where the extension may not
 * stand. In the order of messages[].
 */
static const struct {
	enum tls_extension type;
	enum tls_ext_row row;
	const char *where;
} rules[] = {
	/*                                                        CH SH SH12 HRR EE CR CT NST */
	{ TLS_EXT_SERVER_NAME, TLS_ROW_SERVER_NAME, "x.x.x..." },
	{ TLS_EXT_MAX_FRAGMENT_LENGTH, TLS_ROW_MAX_FRAGMENT_LENGTH, "x.x.x..." },
	{ TLS_EXT_STATUS_REQUEST, TLS_ROW_STATUS_REQUEST, "x.x..xx." },
	{ TLS_EXT_SUPPORTED_GROUPS, TLS_ROW_SUPPORTED_GROUPS, "x.x.x..." },
	{ TLS_EXT_EC_POINT_FORMATS, TLS_ROW_EC_POINT_FORMATS, "x.x....." },
	{ TLS_EXT_SIGNATURE_ALGORITHMS, TLS_ROW_SIGNATURE_ALGORITHMS, "x....x.." },
	{ TLS_EXT_ALPN, TLS_ROW_ALPN, "x.x.x..." },
	{ TLS_EXT_SIGNED_CERTIFICATE_TIMESTAMP, TLS_ROW_SIGNED_CERTIFICATE_TIMESTAMP, "x.x..xx." },
	{ TLS_EXT_PADDING, TLS_ROW_PADDING, "x......." },
	{ TLS_EXT_EXTENDED_MASTER_SECRET, TLS_ROW_EXTENDED_MASTER_SECRET, "x.x....." },
	{ TLS_EXT_RECORD_SIZE_LIMIT, TLS_ROW_RECORD_SIZE_LIMIT, "x.x.x..." },
	{ TLS_EXT_SESSION_TICKET, TLS_ROW_SESSION_TICKET, "x.x....." },
	{ TLS_EXT_PRE_SHARED_KEY, TLS_ROW_PRE_SHARED_KEY, "xx......" },
	{ TLS_EXT_EARLY_DATA, TLS_ROW_EARLY_DATA, "x...x..x" },
	{ TLS_EXT_SUPPORTED_VERSIONS, TLS_ROW_SUPPORTED_VERSIONS, "xx.x...." },
	{ TLS_EXT_COOKIE, TLS_ROW_COOKIE, "x..x...." },
	{ TLS_EXT_PSK_KEY_EXCHANGE_MODES, TLS_ROW_PSK_KEY_EXCHANGE_MODES, "x......." },
	{ TLS_EXT_CERTIFICATE_AUTHORITIES, TLS_ROW_CERTIFICATE_AUTHORITIES, "x....x.." },
	{ TLS_EXT_POST_HANDSHAKE_AUTH, TLS_ROW_POST_HANDSHAKE_AUTH, "x......." },
	{ TLS_EXT_SIGNATURE_ALGORITHMS_CERT, TLS_ROW_SIGNATURE_ALGORITHMS_CERT, "x....x.." },
	{ TLS_EXT_KEY_SHARE, TLS_ROW_KEY_SHARE, "xx.x...." },
	{ TLS_EXT_RENEGOTIATION_INFO, TLS_ROW_RENEGOTIATION_INFO, "x.x....." },
};

static bool is_answer(enum tls_ext_in in)
{
	return in != TLS_IN_CH && in != TLS_IN_CR && in != TLS_IN_NST;
}

#define BLOCK_MAX 65535u

struct block {
	uint8_t octets[BLOCK_MAX];
	struct hf_wr out;
};

static void begin(struct block *b)
{
	b->out = hf_wr_over(b->octets, sizeof(b->octets));
}

static void add(struct block *b, unsigned type, const char *body)
{
	hf_wr_u16(&b->out, (uint16_t)type);
	hf_wr_u16(&b->out, (uint16_t)strlen(body));
	hf_wr_copy(&b->out, body, strlen(body));
}

static struct hf_bytes end(struct block *b)
{
	size_t n = 0;

	assert_int_equal(hf_wr_end(&b->out, &n), HF_OK);
	return of(b->octets, n);
}

static struct block block;
static struct hf_tls_config cfg;

/* TLS_WHY_NONE, or why it was refused; then ret is untouched. */
static unsigned sort(struct hf_bytes b, enum tls_ext_in in, uint32_t asked, struct tls_exts *ret)
{
	struct hf_tls t = { .cfg = &cfg };
	struct tls_exts before;
	hf_status s;

	memset(ret, 0xee, sizeof(*ret));
	memcpy(&before, ret, sizeof(before));
	s = tls_exts_sort(&t, b, in, asked, ret);
	if (s == HF_OK) {
		assert_int_equal(t.why, TLS_WHY_NONE);
	} else {
		assert_int_equal(s, HF_TLS);
		assert_int_not_equal(t.why, TLS_WHY_NONE);
		assert_memory_equal(ret, &before, sizeof(before));
	}
	return t.why;
}

static void each_in_each_message(void **state)
{
	struct tls_exts exts;

	(void)state;
	assert_int_equal(HF_ARRAY_LEN(rules), TLS_ROW_COUNT);
	for (size_t i = 0; i < HF_ARRAY_LEN(rules); i++)
		for (size_t m = 0; m < HF_ARRAY_LEN(messages); m++) {
			enum tls_ext_in in = messages[m];
			bool may = rules[i].where[m] == 'x';
			bool free = !is_answer(in) || (in == TLS_IN_HRR && rules[i].type == TLS_EXT_COOKIE) ||
				    (in == TLS_IN_SH12 && rules[i].type == TLS_EXT_RENEGOTIATION_INFO);
			struct hf_bytes b;

			begin(&block);
			add(&block, rules[i].type, "body");
			b = end(&block);
			assert_int_equal(sort(b, in, 1u << rules[i].row, &exts),
					 may ? TLS_WHY_NONE : TLS_WHY_MISPLACED_EXTENSION);
			if (may) {
				assert_int_equal(exts.has, 1u << rules[i].row);
				assert_int_equal(exts.last, rules[i].row);
				assert_int_equal(exts.body[rules[i].row].len, 4);
				assert_ptr_equal(exts.body[rules[i].row].at, b.at + 4);
			}
			/* Not asked for; everything else was. */
			assert_int_equal(sort(b, in, ~(1u << rules[i].row), &exts), !may   ? TLS_WHY_MISPLACED_EXTENSION
										    : free ? TLS_WHY_NONE
											   : TLS_WHY_UNSOLICITED_EXTENSION);
			/* Twice. */
			add(&block, rules[i].type, "");
			assert_int_equal(sort(end(&block), in, 1u << rules[i].row, &exts),
					 may ? TLS_WHY_DUPLICATE_EXTENSION : TLS_WHY_MISPLACED_EXTENSION);
		}
}

/* Unknown ones, GREASE (RFC 8701) among them, are passed over in questions and never an answer. */
static void unknown_ones(void **state)
{
	static const uint16_t types[] = { 2, 27, 0x0a0a, 0xfafa, 17613, 65037, 65535 };
	struct tls_exts exts;

	(void)state;
	for (size_t i = 0; i < HF_ARRAY_LEN(types); i++)
		for (size_t m = 0; m < HF_ARRAY_LEN(messages); m++) {
			begin(&block);
			add(&block, types[i], "?");
			assert_int_equal(sort(end(&block), messages[m], UINT32_MAX, &exts),
					 is_answer(messages[m]) ? TLS_WHY_UNSOLICITED_EXTENSION : TLS_WHY_NONE);
			if (is_answer(messages[m]))
				continue;
			assert_int_equal(exts.has, 0);
			assert_int_equal(exts.last, TLS_ROW_COUNT);
			add(&block, types[(i + 1) % HF_ARRAY_LEN(types)], "");
			assert_int_equal(sort(end(&block), messages[m], 0, &exts), TLS_WHY_NONE);
			add(&block, types[i], "");
			assert_int_equal(sort(end(&block), messages[m], 0, &exts), TLS_WHY_DUPLICATE_EXTENSION);
		}
}

/* As many as a block can hold: accepted, and the one double among them is found. */
static void very_many(void **state)
{
	const unsigned most = BLOCK_MAX / 4;
	struct tls_exts exts;
	struct hf_bytes b;

	(void)state;
	begin(&block);
	for (unsigned i = 0; i < most; i++)
		add(&block, 0x4000 + i, "");
	b = end(&block);
	assert_int_equal(sort(b, TLS_IN_CH, 0, &exts), TLS_WHY_NONE);
	hf_store16(block.octets + 4 * (most - 1), 0x4000);
	assert_int_equal(sort(b, TLS_IN_CH, 0, &exts), TLS_WHY_DUPLICATE_EXTENSION);
	hf_store16(block.octets + 4 * (most - 1), 0x4000 + most - 2);
	assert_int_equal(sort(b, TLS_IN_CH, 0, &exts), TLS_WHY_DUPLICATE_EXTENSION);
}

static void the_last_is_told(void **state)
{
	struct tls_exts exts;

	(void)state;
	begin(&block);
	assert_int_equal(sort(end(&block), TLS_IN_CH, 0, &exts), TLS_WHY_NONE);
	assert_int_equal(exts.has, 0);
	assert_int_equal(exts.last, TLS_ROW_COUNT);
	add(&block, TLS_EXT_PRE_SHARED_KEY, "psk");
	assert_int_equal(sort(end(&block), TLS_IN_CH, 0, &exts), TLS_WHY_NONE);
	assert_int_equal(exts.last, TLS_ROW_PRE_SHARED_KEY);
	add(&block, 0x1a1a, "");
	assert_int_equal(sort(end(&block), TLS_IN_CH, 0, &exts), TLS_WHY_NONE);
	assert_int_equal(exts.last, TLS_ROW_COUNT);
	add(&block, TLS_EXT_ALPN, "");
	assert_int_equal(sort(end(&block), TLS_IN_CH, 0, &exts), TLS_WHY_NONE);
	assert_int_equal(exts.last, TLS_ROW_ALPN);
	assert_int_equal(exts.has, TLS_HAS(ALPN) | TLS_HAS(PRE_SHARED_KEY));
	assert_memory_equal(exts.body[TLS_ROW_PRE_SHARED_KEY].at, "psk", 3);
	assert_null(exts.body[TLS_ROW_COOKIE].at);
}

static void every_prefix_is_refused(void **state)
{
	struct tls_exts exts;
	struct hf_bytes b;

	(void)state;
	begin(&block);
	add(&block, TLS_EXT_SERVER_NAME, "abc");
	add(&block, 0x0a0a, "");
	add(&block, TLS_EXT_ALPN, "de");
	b = end(&block);
	for (size_t n = 0; n <= b.len; n++) {
		uint8_t *prefix = malloc(n + !n);
		bool whole = n == 0 || n == 7 || n == 11 || n == b.len;

		assert_non_null(prefix);
		memcpy(prefix, b.at, n);
		assert_int_equal(sort(of(prefix, n), TLS_IN_CH, 0, &exts), whole ? TLS_WHY_NONE : TLS_WHY_DECODE);
		free(prefix);
	}
}

/* The signalling suite asks for renegotiation_info (RFC 5746 3.6), unless none is sent. */
static void renegotiation_info_unasked(void **state)
{
	struct tls_exts exts;

	(void)state;
	begin(&block);
	add(&block, TLS_EXT_RENEGOTIATION_INFO, "");
	cfg.no_renegotiation_info = true;
	assert_int_equal(sort(end(&block), TLS_IN_SH12, 0, &exts), TLS_WHY_UNSOLICITED_EXTENSION);
	cfg.no_renegotiation_info = false;
	assert_int_equal(sort(end(&block), TLS_IN_SH12, 0, &exts), TLS_WHY_NONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_in_each_message),
		cmocka_unit_test(unknown_ones),
		cmocka_unit_test(very_many),
		cmocka_unit_test(the_last_is_told),
		cmocka_unit_test(every_prefix_is_refused),
		cmocka_unit_test(renegotiation_info_unasked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
