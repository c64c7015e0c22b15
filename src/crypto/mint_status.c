/* SPDX-License-Identifier: MIT */
/* What an authority says of its certificates later on: revocation lists (RFC 5280 5) and OCSP answers (RFC 6960). */
#include <openssl/ocsp.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/mint_internal.h"

/* ---- lists ---- */

static bool add_entry(X509_CRL *crl, struct hf_bytes serial, const ASN1_TIME *when)
{
	X509_REVOKED *r = X509_REVOKED_new();
	BIGNUM *n = BN_bin2bn(serial.at, (int)serial.len, NULL);
	ASN1_INTEGER *number = n ? BN_to_ASN1_INTEGER(n, NULL) : NULL;
	bool good = r && number && X509_REVOKED_set_serialNumber(r, number) == 1 &&
		    X509_REVOKED_set_revocationDate(r, (ASN1_TIME *)when) == 1 && X509_CRL_add0_revoked(crl, r) == 1;

	ASN1_INTEGER_free(number);
	BN_free(n);
	if (!good)
		X509_REVOKED_free(r);
	return good;
}

static bool add_crl_extensions(X509_CRL *crl, const struct mint_pair *issuer)
{
	ASN1_INTEGER *number = ASN1_INTEGER_new();
	X509_EXTENSION *e;
	X509V3_CTX ctx;
	bool good;

	X509V3_set_ctx(&ctx, issuer->x, NULL, NULL, crl, 0);
	X509V3_set_ctx_nodb(&ctx);
	e = X509V3_EXT_conf_nid(NULL, &ctx, NID_authority_key_identifier, "keyid:always");
	good = e && X509_CRL_add_ext(crl, e, -1) == 1 && number && ASN1_INTEGER_set(number, 1) == 1 &&
	       X509_CRL_add1_ext_i2d(crl, NID_crl_number, number, 0, 0) == 1;
	X509_EXTENSION_free(e);
	ASN1_INTEGER_free(number);
	return good;
}

hf_status mint_crl_make(const struct mint_ca *ca, const struct hf_bytes *serials, size_t count, uint64_t this_update,
			uint64_t next_update, struct mint_blob *ret)
{
	const struct mint_pair *issuer = &ca->intermediate;
	ASN1_TIME *at = ASN1_TIME_new(), *next = ASN1_TIME_new();
	X509_CRL *crl = X509_CRL_new();
	unsigned char *der = NULL;
	struct mint_blob b = { 0 };
	hf_status st = HF_SYSTEM;
	int len;
	bool good = at && next && crl && mint_time_set(at, this_update) && mint_time_set(next, next_update) &&
		    X509_CRL_set_version(crl, X509_CRL_VERSION_2) == 1 &&
		    X509_CRL_set_issuer_name(crl, X509_get_subject_name(issuer->x)) == 1 &&
		    X509_CRL_set1_lastUpdate(crl, at) == 1 && X509_CRL_set1_nextUpdate(crl, next) == 1;

	for (size_t i = 0; good && i < count; i++)
		good = add_entry(crl, serials[i], at);
	if (good && add_crl_extensions(crl, issuer) && X509_CRL_sort(crl) == 1 &&
	    X509_CRL_sign(crl, issuer->key->pkey, mint_hash_of(issuer->key)) > 0 && (len = i2d_X509_CRL(crl, &der)) > 0)
		st = mint_blob_add_pem(&b, "X509 CRL", der, (size_t)len);
	OPENSSL_free(der);
	X509_CRL_free(crl);
	ASN1_TIME_free(at);
	ASN1_TIME_free(next);
	if (st == HF_OK)
		*ret = b;
	return crypto_failed(st);
}

/* ---- OCSP ---- */

static hf_status read_leaf(struct hf_bytes text, struct cert **ret)
{
	struct hf_cert_trouble trouble;
	struct pem p = pem_over(text);
	struct pem_block b;
	const char *why;
	hf_status st;

	if (!pem_looks_like(text))
		return cert_make(text, ret, &why);
	st = pem_next(&p, &b, &trouble);
	if (st != HF_OK)
		return st == HF_NOT_FOUND ? HF_MALFORMED : st;
	st = cert_make((struct hf_bytes){ b.der, b.len }, ret, &why);
	pem_block_free(&b);
	return st;
}

static hf_status make_responder(const struct mint_ca *ca, const struct mint_ocsp_ask *ask, struct mint_pair *ret)
{
	struct mint_cert_ask cert = { .common_name = "Handfast responder",
				      .issuer = &ca->intermediate,
				      .not_before = ask->this_update,
				      .not_after = ask->next_update ? ask->next_update : ask->this_update + 86400,
				      .constraints = "critical,CA:FALSE",
				      .usage = "critical,digitalSignature",
				      .purposes = "OCSPSigning",
				      .ocsp_no_check = "NULL" };

	return mint_pair_make(ca->crypto, &cert, CRYPTO_KEY_P256, 0, ret);
}

static bool add_answer(OCSP_BASICRESP *basic, const struct mint_ocsp_ask *ask, const struct cert *leaf,
		       const struct mint_pair *issuer)
{
	static const int statuses[] = {
		[MINT_STATUS_GOOD] = V_OCSP_CERTSTATUS_GOOD,
		[MINT_STATUS_REVOKED] = V_OCSP_CERTSTATUS_REVOKED,
		[MINT_STATUS_UNKNOWN] = V_OCSP_CERTSTATUS_UNKNOWN,
	};
	ASN1_TIME *from = ASN1_GENERALIZEDTIME_set(NULL, (time_t)ask->this_update);
	ASN1_TIME *until = ask->next_update ? ASN1_GENERALIZEDTIME_set(NULL, (time_t)ask->next_update) : NULL;
	OCSP_CERTID *id = OCSP_cert_to_id(EVP_sha1(), leaf->x, issuer->x); /* SHA-1 names it here, as RFC 5019 2.1.1 has it */
	bool good = from && id && (until || !ask->next_update) &&
		    OCSP_basic_add1_status(basic, id, statuses[ask->status], OCSP_REVOKED_STATUS_NOSTATUS,
					   ask->status == MINT_STATUS_REVOKED ? from : NULL, from, until);

	OCSP_CERTID_free(id);
	ASN1_GENERALIZEDTIME_free(from);
	ASN1_GENERALIZEDTIME_free(until);
	return good;
}

/* libcrypto would take the time of signing from the clock. */
static bool sign_answer(OCSP_BASICRESP *basic, const struct mint_ocsp_ask *ask, const struct mint_pair *signer)
{
	ASN1_GENERALIZEDTIME *made = (ASN1_GENERALIZEDTIME *)OCSP_resp_get0_produced_at(basic);

	return ASN1_GENERALIZEDTIME_set(made, (time_t)ask->this_update) &&
	       OCSP_basic_sign(basic, signer->x, signer->key->pkey, mint_hash_of(signer->key), NULL,
			       OCSP_NOTIME | (ask->delegated ? 0 : OCSP_NOCERTS)) == 1;
}

hf_status mint_ocsp_make(const struct mint_ca *ca, const struct mint_ocsp_ask *ask, struct mint_blob *ret)
{
	struct mint_pair responder = { 0 };
	OCSP_BASICRESP *basic;
	OCSP_RESPONSE *response = NULL;
	struct cert *leaf;
	unsigned char *der = NULL;
	hf_status st = HF_OK;
	int len = 0;

	HF_TRY(read_leaf(ask->leaf, &leaf));
	if (ask->delegated)
		st = make_responder(ca, ask, &responder);
	basic = OCSP_BASICRESP_new();
	if (st == HF_OK && basic && add_answer(basic, ask, leaf, &ca->intermediate) &&
	    sign_answer(basic, ask, ask->delegated ? &responder : &ca->intermediate))
		response = OCSP_response_create(OCSP_RESPONSE_STATUS_SUCCESSFUL, basic);
	if (response)
		len = i2d_OCSP_RESPONSE(response, &der);
	if (st == HF_OK && len <= 0)
		st = HF_SYSTEM;
	if (st == HF_OK) {
		struct mint_blob b = { malloc((size_t)len + 1), (size_t)len };

		if (b.at) {
			memcpy(b.at, der, b.len);
			b.at[b.len] = '\0';
			*ret = b;
		} else {
			st = HF_FULL;
		}
	}
	OPENSSL_free(der);
	OCSP_RESPONSE_free(response);
	OCSP_BASICRESP_free(basic);
	mint_pair_free(&responder);
	cert_free(leaf);
	return crypto_failed(st);
}
