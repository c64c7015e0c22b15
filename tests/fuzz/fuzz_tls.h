/* SPDX-License-Identifier: MIT */
#ifndef HF_TESTS_FUZZ_TLS_H
#define HF_TESTS_FUZZ_TLS_H

#include "fuzz.h"
#include "wire/tls_wire.h"

/*
 * Parsers of TLS take a body whole, so what they give, written again as the RFC's struct, must be that body: octet for octet.
 */

/* Parses into `m`. On a refusal: it is of a kind that has an alert, m was left alone, and there is no more to check. */
#define FUZZ_PARSE_OR_RETURN(m, call)                                                         \
	do {                                                                                  \
		hf_status s_;                                                                 \
		memset(&(m), FUZZ_PATTERN, sizeof(m));                                        \
		s_ = (call);                                                                  \
		if (s_ != HF_OK) {                                                            \
			FUZZ_CHECK(s_ == HF_SHORT || s_ == HF_MALFORMED || s_ == HF_INVALID); \
			FUZZ_CHECK(FUZZ_UNTOUCHED(m));                                        \
			return;                                                               \
		}                                                                             \
	} while (0)

static inline void fuzz_put_vec(struct hf_wr *out, unsigned len_size, struct hf_bytes content)
{
	size_t begun = tls_vec_begin(out, len_size);

	hf_wr_copy(out, content.at, content.len);
	tls_vec_end(out, len_size, begun);
}

static inline void fuzz_same_again(const struct hf_wr *out, struct hf_bytes body)
{
	FUZZ_CHECK(fuzz_same(fuzz_written(out), body));
}

#endif
