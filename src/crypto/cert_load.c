/* SPDX-License-Identifier: MIT */
/* What we show: a chain and its key from the files of people, with a sentence for each way in which they can be wrong. */
#include <stdlib.h>
#include <string.h>

#include "crypto/cert_internal.h"

#define CHAIN_MAX CERT_PATH_MAX

static bool is_private_key(const char *label)
{
	size_t n = strlen(label), key = strlen("PRIVATE KEY");

	return n >= key && strcmp(label + n - key, "PRIVATE KEY") == 0;
}

static hf_status add_cert(struct hf_cred *cred, struct hf_bytes der, unsigned block, struct hf_cert_trouble *t)
{
	struct cert *c;
	const char *why = NULL;
	hf_status st;

	if (cred->certs == CHAIN_MAX) {
		cert_trouble_say(t, block, "a chain has at most %u certificates", CHAIN_MAX);
		return HF_MALFORMED;
	}
	st = cert_make(der, &c, &why);
	if (st == HF_MALFORMED)
		cert_trouble_say(t, block, "it is no certificate: %s", why);
	if (st != HF_OK)
		return st;
	cred->cert[cred->certs++] = c;
	return HF_OK;
}

static hf_status read_chain(struct hf_cred *cred, struct hf_bytes text, struct hf_cert_trouble *t)
{
	struct pem p = pem_over(text);
	struct pem_block b;
	hf_status st;

	if (!pem_looks_like(text)) {
		st = add_cert(cred, text, 0, t);
		if (st == HF_MALFORMED)
			cert_trouble_say(
				t, 0,
				"there is no block -----BEGIN CERTIFICATE----- in it, and it is no certificate in DER");
		return st;
	}
	while ((st = pem_next(&p, &b, t)) == HF_OK) {
		if (strcmp(b.label, "CERTIFICATE") == 0) {
			st = add_cert(cred, (struct hf_bytes){ b.der, b.len }, p.block, t);
		} else if (strcmp(b.label, "X509 CRL") == 0 || strcmp(b.label, "CERTIFICATE REQUEST") == 0 ||
			   strcmp(b.label, "TRUSTED CERTIFICATE") == 0) {
			cert_trouble_say(t, p.block, "it is a %s where a CERTIFICATE should be", b.label);
			st = HF_MALFORMED;
		} /* a key in the same file, or parameters of one, are not of the chain */
		pem_block_free(&b);
		if (st != HF_OK)
			return st;
	}
	if (st != HF_NOT_FOUND)
		return st;
	if (cred->certs == 0) {
		cert_trouble_say(t, 0, "there is no block -----BEGIN CERTIFICATE----- in it");
		return HF_MALFORMED;
	}
	return HF_OK;
}

static hf_status check_order(const struct hf_cred *cred, struct hf_cert_trouble *t)
{
	for (size_t i = 1; i < cred->certs; i++)
		if (!cert_may_be_issued_by(cred->cert[i - 1], cred->cert[i])) {
			cert_trouble_say(t, (unsigned)i + 1,
					 "certificate %zu is not of the issuer of certificate %zu: the chain begins with the leaf, and "
					 "each one is followed by its issuer",
					 i + 1, i);
			return HF_MALFORMED;
		}
	return HF_OK;
}

/* ---- the key ---- */

static hf_status key_of_der(const struct hf_crypto *c, struct hf_bytes der, unsigned block, struct hf_key **ret,
			    struct hf_cert_trouble *t)
{
	hf_status st = crypto_key_load(c, der, ret);

	if (st == HF_MALFORMED)
		cert_trouble_say(t, block, "it is no private key that can be read");
	if (st == HF_UNSUPPORTED)
		cert_trouble_say(t, block,
				 "it is encrypted, or TLS has no signature for a key of its kind: use EC P-256, P-384, P-521, RSA or "
				 "Ed25519, without a passphrase");
	return st;
}

static hf_status read_key(const struct hf_crypto *c, struct hf_bytes text, struct hf_key **ret, struct hf_cert_trouble *t)
{
	struct pem p = pem_over(text);
	struct pem_block b;
	hf_status st;

	if (!pem_looks_like(text)) {
		st = key_of_der(c, text, 0, ret, t);
		if (st == HF_MALFORMED)
			cert_trouble_say(
				t, 0,
				"there is no block -----BEGIN PRIVATE KEY----- in it, and it is no private key in DER");
		return st;
	}
	while ((st = pem_next(&p, &b, t)) == HF_OK) {
		bool found = is_private_key(b.label);

		if (found && (b.encrypted || strcmp(b.label, "ENCRYPTED PRIVATE KEY") == 0)) {
			cert_trouble_say(
				t, p.block,
				"the key is encrypted: take its passphrase off first (openssl pkey -in FILE -out PLAIN)");
			st = HF_UNSUPPORTED;
		} else if (found) {
			st = key_of_der(c, (struct hf_bytes){ b.der, b.len }, p.block, ret, t);
		}
		pem_block_free(&b);
		if (found || st != HF_OK)
			return st;
	}
	if (st != HF_NOT_FOUND)
		return st;
	cert_trouble_say(t, 0, "there is no block -----BEGIN PRIVATE KEY----- in it");
	return HF_MALFORMED;
}

static hf_status check_key(const struct hf_cred *cred, struct hf_cert_trouble *t)
{
	for (size_t i = 0; i < cred->certs; i++) {
		if (!cred->cert[i]->pkey || EVP_PKEY_eq(cred->cert[i]->pkey, cred->key->pkey) != 1)
			continue;
		if (i == 0)
			return crypto_failed(HF_OK);
		cert_trouble_say(t, (unsigned)i + 1,
				 "the key belongs to certificate %zu of the chain, not to the first: the leaf must come first",
				 i + 1);
		return crypto_failed(HF_MISMATCH);
	}
	cert_trouble_say(t, 0, "the key is that of another certificate");
	return crypto_failed(HF_MISMATCH);
}

hf_status hf_cred_load(const struct hf_crypto *c, struct hf_bytes chain, struct hf_bytes key, struct hf_cred **ret,
		       struct hf_cert_trouble *ret_trouble)
{
	struct hf_cred *cred = calloc(1, sizeof(*cred));
	hf_status st;

	*ret_trouble = (struct hf_cert_trouble){ 0 };
	if (!cred)
		return HF_FULL;
	cred->cert = calloc(CHAIN_MAX, sizeof(struct cert *));
	st = cred->cert ? read_chain(cred, chain, ret_trouble) : HF_FULL;
	if (st == HF_OK) {
		st = read_key(c, key, &cred->key, ret_trouble);
		ret_trouble->in_key = st != HF_OK;
	}
	if (st == HF_OK)
		st = check_key(cred, ret_trouble);
	if (st == HF_OK)
		st = check_order(cred, ret_trouble);
	if (st != HF_OK) {
		hf_cred_free(cred);
		return st;
	}
	*ret = cred;
	return HF_OK;
}

static bool copy_bytes(struct hf_bytes from, uint8_t **to, size_t *to_len)
{
	uint8_t *copy = NULL;

	if (from.len) {
		copy = malloc(from.len);
		if (!copy)
			return false;
		memcpy(copy, from.at, from.len);
	}
	free(*to);
	*to = copy;
	*to_len = from.len;
	return true;
}

hf_status hf_cred_staple(struct hf_cred *cred, struct hf_bytes ocsp, struct hf_bytes sct_list)
{
	if (!copy_bytes(ocsp, &cred->ocsp, &cred->ocsp_len) || !copy_bytes(sct_list, &cred->sct_list, &cred->sct_list_len))
		return HF_FULL;
	return HF_OK;
}

void hf_cred_free(struct hf_cred *cred)
{
	if (!cred)
		return;
	for (size_t i = 0; i < cred->certs; i++)
		cert_free(cred->cert[i]);
	free(cred->cert);
	crypto_key_free(cred->key);
	free(cred->ocsp);
	free(cred->sct_list);
	free(cred);
}

size_t hf_cred_certs(const struct hf_cred *cred)
{
	return cred->certs;
}

struct hf_bytes hf_cred_cert(const struct hf_cred *cred, size_t i)
{
	return (struct hf_bytes){ cred->cert[i]->der, cred->cert[i]->len };
}

const struct hf_key *hf_cred_key(const struct hf_cred *cred)
{
	return cred->key;
}

struct hf_bytes hf_cred_ocsp(const struct hf_cred *cred)
{
	return (struct hf_bytes){ cred->ocsp, cred->ocsp_len };
}

struct hf_bytes hf_cred_sct_list(const struct hf_cred *cred)
{
	return (struct hf_bytes){ cred->sct_list, cred->sct_list_len };
}

bool hf_cred_names(const struct hf_cred *cred, struct hf_bytes host)
{
	struct cert_host h = cert_host_of(host);

	return cert_san_has(cred->cert[0]->san, &h);
}
