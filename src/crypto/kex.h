/* SPDX-License-Identifier: MIT */
#ifndef HF_CRYPTO_KEX_H
#define HF_CRYPTO_KEX_H

#include "hf/crypto.h"

/*
 * Key exchange in a named group (RFC 8446 4.2.7 numbers): one side offers, the other answers, the first finishes. A hybrid
 * with a KEM has the same shape. Private values come from the entropy passed in, so a run can be replayed.
 */
#define CRYPTO_KEX_ENTROPY 96u
#define CRYPTO_KEX_SHARE_MAX 1216u /* X25519MLKEM768, the client's */
#define CRYPTO_KEX_SECRET_MAX 66u  /* P-521 */

struct crypto_kex {
	void *key;
	uint16_t group;
};

/* Can this group be used with the libcrypto at hand? 0x0017 P-256, 0x0018 P-384, 0x0019 P-521, 0x001d X25519, 0x001e X448,
 * 0x11ec X25519MLKEM768 (draft-ietf-tls-ecdhe-mlkem). */
bool crypto_kex_has(const struct hf_crypto *c, uint16_t group);
size_t crypto_kex_client_share_size(uint16_t group); /* 0: unknown group */
size_t crypto_kex_server_share_size(uint16_t group);

/* HF_OK, HF_UNSUPPORTED, HF_FULL. */
HF_NODISCARD hf_status crypto_kex_offer(const struct hf_crypto *c, uint16_t group,
					const uint8_t entropy[CRYPTO_KEX_ENTROPY], struct crypto_kex *ret,
					uint8_t *share, size_t room, size_t *ret_len);
/* The peer's answer gives the secret; kex is cleared either way. HF_MALFORMED: not a valid share, or an all-zero secret
 * (RFC 8446 7.4.2), a point not on its curve, a compressed point, a key that ML-KEM does not know (FIPS 203 7.2). */
HF_NODISCARD hf_status crypto_kex_finish(const struct hf_crypto *c, struct crypto_kex *kex, struct hf_bytes answer,
					 uint8_t *secret, size_t *ret_len);
/* Share and secret in answer to an offer. Statuses of both above. */
HF_NODISCARD hf_status crypto_kex_answer(const struct hf_crypto *c, uint16_t group,
					 const uint8_t entropy[CRYPTO_KEX_ENTROPY], struct hf_bytes offer, uint8_t *share,
					 size_t room, size_t *ret_len, uint8_t *secret, size_t *ret_secret_len);
void crypto_kex_clear(struct crypto_kex *kex); /* an empty one is allowed */

#endif
