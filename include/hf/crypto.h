/* SPDX-License-Identifier: MIT */
#ifndef HF_CRYPTO_H
#define HF_CRYPTO_H

#include "hf/status.h"

HF_API_BEGIN

/*
 * The primitives, fetched once from libcrypto and kept: opened at the start of a program, read-only afterwards, shared by
 * any number of connections and threads.
 */
struct hf_crypto;

/*
 * HF_OK
 * HF_SYSTEM      libcrypto could not be set up, or lacks what is needed here
 * HF_FULL        no memory
 */
HF_NODISCARD hf_status hf_crypto_open(struct hf_crypto **ret);
void hf_crypto_close(struct hf_crypto *c); /* NULL is allowed */

/*
 * From now on, for the whole process, everything libcrypto draws at random comes from this seed: the same seed gives the
 * same signatures and keys. For simulations and tests only; NULL returns to true randomness.
 */
void hf_crypto_fix_randomness(const uint8_t seed[32]);

/* "libcrypto" or "ipsec-mb": who seals and opens records, by what the processor has. Never NULL. */
const char *hf_crypto_aead_backend(const struct hf_crypto *c);

HF_API_END

#endif
