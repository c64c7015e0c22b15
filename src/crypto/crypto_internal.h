/* SPDX-License-Identifier: MIT */
#ifndef HF_CRYPTO_INTERNAL_H
#define HF_CRYPTO_INTERNAL_H

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/provider.h>

#include "crypto/aead_backend.h"
#include "crypto/hash.h"
#include "crypto/kex.h"
#include "crypto/key.h"

/* What the files of this folder share. Nobody else sees a header of libcrypto. */

enum crypto_curve {
	CRYPTO_CURVE_P256,
	CRYPTO_CURVE_P384,
	CRYPTO_CURVE_P521,
	CRYPTO_CURVE_COUNT,
};

enum crypto_ladder_id {
	CRYPTO_LADDER_X25519,
	CRYPTO_LADDER_X448,
	CRYPTO_LADDER_COUNT,
};

/*
 * provider.c: where one of a provider's functions goes. That the field is of its type is held here, as what takes it there has
 * types no more.
 */
struct crypto_wanted {
	int id; /* OSSL_FUNC_... */
	size_t at;
};

#define CRYPTO_IS_FOR(field, fn) __builtin_types_compatible_p(__typeof__(field), OSSL_FUNC_##fn##_fn *)
#define CRYPTO_WANTED(type, field, ID, fn)                                                                               \
	{                                                                                                                \
		OSSL_FUNC_##ID, offsetof(type, field) + 0 * sizeof(char[CRYPTO_IS_FOR(((type *)0)->field, fn) ? 1 : -1]) \
	}

/* True: all n of them are in *to, as the provider has them for this operation (OSSL_OP_*) under this name. */
bool crypto_provider_take(const OSSL_PROVIDER *p, int operation, const char *name, const struct crypto_wanted *wanted,
			  size_t n, void *to);

/* X25519 and X448 (RFC 7748), kex_ladder.c. */
struct crypto_ladder;

/* NULL: libcrypto lacks it, or there is no memory. */
struct crypto_ladder *crypto_ladder_open(enum crypto_ladder_id id);
void crypto_ladder_close(struct crypto_ladder *l); /* NULL is allowed */
/*
 * The public value of a secret one, and what it makes of a peer's public value; either may be left out (NULL). All have the
 * size of the group. HF_OK, HF_FULL; HF_MALFORMED: the peer's value makes zero.
 */
HF_NODISCARD hf_status crypto_ladder_climb(const struct crypto_ladder *l, const uint8_t *secret, uint8_t *ret_public,
					   const uint8_t *peer, uint8_t *ret_shared);

/* ML-KEM-768 (FIPS 203 8, table 3), kex_mlkem.c. */
#define CRYPTO_MLKEM_SEED 64u /* d || z */
#define CRYPTO_MLKEM_ENCAPSULATION_SEED 32u
#define CRYPTO_MLKEM_PUBLIC 1184u
#define CRYPTO_MLKEM_CIPHERTEXT 1088u
#define CRYPTO_MLKEM_SECRET 32u

struct crypto_mlkem;

/* NULL: libcrypto lacks it, or there is no memory. */
struct crypto_mlkem *crypto_mlkem_open(void);
void crypto_mlkem_close(struct crypto_mlkem *k); /* NULL is allowed */
/* A key for decapsulation, to be dropped; NULL: no memory. */
void *crypto_mlkem_generate(const struct crypto_mlkem *k, const uint8_t seed[CRYPTO_MLKEM_SEED],
			    uint8_t ret_public[CRYPTO_MLKEM_PUBLIC]);
void crypto_mlkem_drop(const struct crypto_mlkem *k, void *key); /* NULL is allowed */
/* HF_OK, HF_FULL; HF_MALFORMED: no key (FIPS 203 7.2). */
HF_NODISCARD hf_status crypto_mlkem_encapsulate(const struct crypto_mlkem *k, const uint8_t public[CRYPTO_MLKEM_PUBLIC],
						const uint8_t seed[CRYPTO_MLKEM_ENCAPSULATION_SEED],
						uint8_t ret_ciphertext[CRYPTO_MLKEM_CIPHERTEXT],
						uint8_t ret_secret[CRYPTO_MLKEM_SECRET]);
/* HF_OK, HF_FULL. Any ciphertext gives a secret; of a false one, one that nobody else knows (FIPS 203 6.3). */
HF_NODISCARD hf_status crypto_mlkem_decapsulate(const struct crypto_mlkem *k, void *key,
						const uint8_t ciphertext[CRYPTO_MLKEM_CIPHERTEXT],
						uint8_t ret_secret[CRYPTO_MLKEM_SECRET]);

struct hf_crypto {
	EVP_CIPHER *cipher[CRYPTO_AEAD_COUNT];
	EVP_MD *md[CRYPTO_HASH_COUNT];
	EC_GROUP *curve[CRYPTO_CURVE_COUNT];
	struct crypto_ladder *ladder[CRYPTO_LADDER_COUNT];         /* NULL: libcrypto lacks it */
	struct crypto_mlkem *mlkem;                                /* the same */
	const struct crypto_aead_backend *aead[CRYPTO_AEAD_COUNT]; /* the quicker one */
	const struct crypto_aead_backend *ipsec_mb_aead[CRYPTO_AEAD_COUNT]; /* NULL: not built with it, or the processor cannot */
	struct crypto_ipsec_mb *ipsec_mb;
};

enum crypto_scheme_family {
	CRYPTO_RSA_PKCS1,
	CRYPTO_RSA_PSS,
	CRYPTO_ECDSA,
	CRYPTO_EDDSA,
};

/* A row for each SignatureScheme (RFC 8446 4.2.3) there is. */
struct crypto_scheme {
	uint16_t number;
	enum crypto_scheme_family family;
	enum crypto_hash_id hash;  /* EdDSA has its own */
	enum crypto_key_kind kind; /* of the key; with ECDSA in 1.3 only */
};

#define CRYPTO_SCHEMES 14u

extern const struct crypto_scheme crypto_schemes[CRYPTO_SCHEMES];

/* NULL: none has this number. */
const struct crypto_scheme *crypto_scheme_find(uint16_t number);
/* Sets padding, hash and salt in a context for signing or verifying. */
HF_NODISCARD bool crypto_scheme_apply(const struct crypto_scheme *s, const struct hf_crypto *c, EVP_PKEY_CTX *ctx);

/* A private key. pkey is always there; the rest is made from it once, by crypto_key_of_pkey(). */
struct hf_key {
	EVP_PKEY *pkey;
	enum crypto_key_kind kind;
	unsigned bits;
	EVP_PKEY_CTX *signer[CRYPTO_SCHEMES]; /* made ready, only ever copied; NULL: the scheme does not fit this key */
	EVP_MD_CTX *whole_signer;             /* of Ed25519 and Ed448, which sign contents and not hashes */
};

/* Takes pkey over in any case; freed when it fails. HF_OK, HF_UNSUPPORTED (a kind TLS does not know), HF_FULL. */
HF_NODISCARD hf_status crypto_key_of_pkey(const struct hf_crypto *c, EVP_PKEY *pkey, struct hf_key **ret);

/* Empties libcrypto's queue of errors and hands the status on: whatever fails must leave nothing for the next to trip over. */
hf_status crypto_failed(hf_status s);

#endif
