/* SPDX-License-Identifier: MIT */
/* The rules for extensions that hold for all of them, read from tls_ext.def: RFC 8446 4.2, RFC 5246 7.4.1.4. */
#include "tls/tls_internal.h"

#define CH TLS_IN_CH
#define SH TLS_IN_SH
#define SH12 TLS_IN_SH12
#define HRR TLS_IN_HRR
#define EE TLS_IN_EE
#define CR TLS_IN_CR
#define CT TLS_IN_CT
#define NST TLS_IN_NST
static const uint8_t may_be_in[TLS_ROW_COUNT] = {
#define E(name, messages, rfc) [TLS_ROW_##name] = (messages),
#include "tls/tls_ext.def"
#undef E
};
#undef CH
#undef SH
#undef SH12
#undef HRR
#undef EE
#undef CR
#undef CT
#undef NST

/* Messages whose extensions answer those of another. */
#define ANSWERS (TLS_IN_SH | TLS_IN_SH12 | TLS_IN_HRR | TLS_IN_EE | TLS_IN_CT)

/* TLS_ROW_COUNT: unknown, or GREASE. */
static unsigned row_of(uint16_t type)
{
	switch (type) {
#define E(name, messages, rfc) \
	case TLS_EXT_##name:   \
		return TLS_ROW_##name;
#include "tls/tls_ext.def"
#undef E
	default:
		return TLS_ROW_COUNT;
	}
}

/* What may be answered without having been asked for in an extension. */
static uint32_t always_asked(const struct hf_tls *t, enum tls_ext_in in)
{
	if (in == TLS_IN_HRR)
		return TLS_HAS(COOKIE); /* RFC 8446 4.2 */
	if (in == TLS_IN_SH12 && !t->cfg->no_renegotiation_info)
		return TLS_HAS(RENEGOTIATION_INFO); /* RFC 5746 3.6: TLS_EMPTY_RENEGOTIATION_INFO_SCSV asks too */
	return 0;
}

/*
 * Is an extension there twice, of whatever type? A hello has room for 16,000 of them, so they are ticked off rather than
 * compared. Apart from the caller, whose stack seldom needs this.
 */
static __attribute__((noinline)) bool any_twice(struct hf_bytes block)
{
	uint64_t seen[(UINT16_MAX + 1) / 64] = { 0 };
	struct hf_rd in = hf_rd_over(block);
	struct tls_ext e;

	while (tls_ext_next(&in, &e)) {
		uint64_t bit = UINT64_C(1) << e.type % 64;

		if (seen[e.type / 64] & bit)
			return true;
		seen[e.type / 64] |= bit;
	}
	return false;
}

hf_status tls_exts_sort(struct hf_tls *t, struct hf_bytes block, enum tls_ext_in in, uint32_t asked, struct tls_exts *ret)
{
	struct hf_rd rd = hf_rd_over(block);
	struct tls_exts exts = { .last = TLS_ROW_COUNT };
	struct tls_ext e;
	size_t unknown = 0;

	asked |= always_asked(t, in);
	while (tls_ext_next(&rd, &e)) {
		unsigned row = row_of(e.type);

		exts.last = (uint8_t)row;
		if (row == TLS_ROW_COUNT) {
			TLS_REQUIRE(t, !(in & ANSWERS), UNSOLICITED_EXTENSION);
			unknown++;
			continue;
		}
		TLS_REQUIRE(t, !(exts.has & 1u << row), DUPLICATE_EXTENSION);
		TLS_REQUIRE(t, may_be_in[row] & in, MISPLACED_EXTENSION);
		TLS_REQUIRE(t, !(in & ANSWERS) || asked & 1u << row, UNSOLICITED_EXTENSION);
		exts.has |= 1u << row;
		exts.body[row] = e.body;
	}
	TLS_TRY_PARSE(t, hf_rd_ok(&rd));
	TLS_REQUIRE(t, unknown < 2 || !any_twice(block), DUPLICATE_EXTENSION);
	*ret = exts;
	return HF_OK;
}
