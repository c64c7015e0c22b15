/* SPDX-License-Identifier: MIT */
#ifndef HF_CRYPTO_KEY_H
#define HF_CRYPTO_KEY_H

#include "hf/crypto.h"

/* Private and public keys of certificates, and signatures by TLS's SignatureScheme numbers (RFC 8446 4.2.3). */
enum crypto_key_kind {
	CRYPTO_KEY_OTHER,
	CRYPTO_KEY_RSA,     /* rsaEncryption */
	CRYPTO_KEY_RSA_PSS, /* id-RSASSA-PSS */
	CRYPTO_KEY_P256,
	CRYPTO_KEY_P384,
	CRYPTO_KEY_P521,
	CRYPTO_KEY_ED25519,
	CRYPTO_KEY_ED448,
};

struct hf_key;     /* a private one */
struct crypto_pub; /* a public one */

#define CRYPTO_SIG_MAX 1024u /* RSA of 8192 bits */

enum crypto_key_kind crypto_key_kind(const struct hf_key *k);
unsigned crypto_key_bits(const struct hf_key *k);
enum crypto_key_kind crypto_pub_kind(const struct crypto_pub *p);
unsigned crypto_pub_bits(const struct crypto_pub *p);

/*
 * May a key of this kind and size make a signature of this scheme at this version (0x0303, 0x0304)? In 1.3 an ECDSA scheme
 * names its curve and RSA-PKCS1 is out (RFC 8446 4.2.3); in 1.2 the curve is free (RFC 5246 7.4.1.4.1).
 */
bool crypto_scheme_fits(enum crypto_key_kind kind, unsigned bits, uint16_t scheme, uint16_t version);

/* HF_OK, HF_UNSUPPORTED (scheme does not fit the key), HF_SYSTEM, HF_TOO_BIG (room). */
HF_NODISCARD hf_status crypto_key_sign(const struct hf_crypto *c, const struct hf_key *k, uint16_t scheme,
				       struct hf_bytes content, uint8_t *sig, size_t room, size_t *ret_len);
/* HF_OK; HF_MALFORMED: it does not fit; HF_UNSUPPORTED. */
HF_NODISCARD hf_status crypto_pub_verify(const struct hf_crypto *c, const struct crypto_pub *p, uint16_t scheme,
					 struct hf_bytes content, struct hf_bytes sig);

/* RSA key transport (RFC 5246 7.4.7.1), PKCS #1 v1.5. HF_OK, HF_UNSUPPORTED (no RSA key), HF_SYSTEM. */
HF_NODISCARD hf_status crypto_pub_encrypt(const struct hf_crypto *c, const struct crypto_pub *p, struct hf_bytes plain,
					  uint8_t *ret, size_t room, size_t *ret_len);
/*
 * Decrypts a premaster secret in constant time: what is malformed in any way, its version octets included, gives `instead`,
 * and nobody can tell from time or status. HF_UNSUPPORTED when the key is no RSA key, HF_MALFORMED when the length of `in`
 * alone (public) shows that it cannot be.
 */
HF_NODISCARD hf_status crypto_key_decrypt_premaster(const struct hf_crypto *c, const struct hf_key *k, struct hf_bytes in,
						    uint16_t client_version, const uint8_t instead[48], uint8_t ret[48]);

/* From a certificate or a SubjectPublicKeyInfo in DER. HF_OK, HF_MALFORMED, HF_UNSUPPORTED, HF_FULL. */
HF_NODISCARD hf_status crypto_pub_of_cert(const struct hf_crypto *c, struct hf_bytes der, struct crypto_pub **ret);
HF_NODISCARD hf_status crypto_pub_of_spki(const struct hf_crypto *c, struct hf_bytes der, struct crypto_pub **ret);
void crypto_pub_free(struct crypto_pub *p); /* NULL is allowed */

/* From PEM (PKCS #8, or the older forms) or DER; not encrypted. HF_OK, HF_MALFORMED, HF_UNSUPPORTED, HF_FULL. */
HF_NODISCARD hf_status crypto_key_load(const struct hf_crypto *c, struct hf_bytes text, struct hf_key **ret);
/* A fresh one; bits for RSA only. HF_OK, HF_UNSUPPORTED, HF_SYSTEM. */
HF_NODISCARD hf_status crypto_key_make(const struct hf_crypto *c, enum crypto_key_kind kind, unsigned bits,
				       struct hf_key **ret);
void crypto_key_free(struct hf_key *k); /* wipes; NULL is allowed */

#endif
