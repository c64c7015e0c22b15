/* SPDX-License-Identifier: MIT */
#ifndef HF_CRYPTO_CERT_PEM_H
#define HF_CRYPTO_CERT_PEM_H

#include "hf/cert.h"

/*
 * Blocks of text between -----BEGIN ...----- and -----END ...----- (RFC 7468), one at a time. What stands between blocks
 * is passed over, as RFC 7468 2 wants; what stands in one is base64 or a fault that is told exactly.
 */
struct pem {
	const uint8_t *at, *end;
	unsigned line;  /* of what comes next, from 1 */
	unsigned block; /* the one read last, from 1 */
};

struct pem_block {
	char label[48]; /* "CERTIFICATE" */
	unsigned line;  /* of its BEGIN */
	bool encrypted; /* its text is (RFC 1421 4.6.1.1) */
	uint8_t *der;   /* pem_block_free() wipes and frees it */
	size_t len;
};

struct pem pem_over(struct hf_bytes text);
/* Is there such a block at all? */
bool pem_looks_like(struct hf_bytes text);

/*
 * HF_OK         *ret is the next block
 * HF_NOT_FOUND  no more blocks
 * HF_MALFORMED  ret_trouble says where and what
 * HF_FULL       no memory
 */
HF_NODISCARD hf_status pem_next(struct pem *p, struct pem_block *ret, struct hf_cert_trouble *ret_trouble);
void pem_block_free(struct pem_block *b);

/* Octets to a block, lines of 64 characters: calls of free() later on. NULL: no memory. */
char *pem_write(const char *label, struct hf_bytes der, size_t *ret_len);

/* The sentence of a trouble, cut where it is too long. */
__attribute__((format(printf, 3, 4))) void cert_trouble_say(struct hf_cert_trouble *t, unsigned block,
							    const char *format, ...);

#endif
