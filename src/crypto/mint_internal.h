/* SPDX-License-Identifier: MIT */
#ifndef HF_CRYPTO_MINT_INTERNAL_H
#define HF_CRYPTO_MINT_INTERNAL_H

#include "crypto/cert_internal.h"
#include "crypto/mint.h"

#define MINT_SERIAL 16u /* octets drawn: BR 7.1 wants 64 bits from a generator at least */

struct mint_pair {
	X509 *x;
	struct hf_key *key;
};

struct mint_ca {
	const struct hf_crypto *crypto;
	struct mint_pair root, intermediate;
};

/* One certificate to be made. Extensions are texts that libcrypto's X509V3_EXT_conf_nid() reads; NULL: left out. */
struct mint_cert_ask {
	const char *common_name;        /* NULL: an empty subject */
	const struct hf_key *key;       /* whose it is */
	const struct mint_pair *issuer; /* NULL: signed by itself */
	uint64_t not_before, not_after;
	const uint8_t *serial; /* NULL: drawn */
	size_t serial_len;
	const char *constraints, *usage, *purposes, *name_constraints, *tls_feature, *ocsp_no_check;
	GENERAL_NAMES *names;
	bool weak_hash;
};

/* HF_OK, HF_SYSTEM, HF_FULL, HF_UNSUPPORTED (the issuer's key cannot sign so). */
HF_NODISCARD hf_status mint_cert_make(const struct mint_cert_ask *ask, X509 **ret);
HF_NODISCARD hf_status mint_pair_make(const struct hf_crypto *c, struct mint_cert_ask *ask, enum crypto_key_kind kind,
				      unsigned bits, struct mint_pair *ret);
void mint_pair_free(struct mint_pair *p);

/* The hash that this key signs over; NULL for those that hash themselves. */
const EVP_MD *mint_hash_of(const struct hf_key *key);
/* CRL, certificate and OCSP times as RFC 5280 writes them. */
bool mint_time_set(ASN1_TIME *t, uint64_t unix_s);

/* Adds a block to what is there already. */
HF_NODISCARD hf_status mint_blob_add_pem(struct mint_blob *b, const char *label, const uint8_t *der, size_t len);
HF_NODISCARD hf_status mint_blob_add_cert(struct mint_blob *b, const X509 *x);
HF_NODISCARD hf_status mint_blob_add_key(struct mint_blob *b, const struct hf_key *key);

#endif
