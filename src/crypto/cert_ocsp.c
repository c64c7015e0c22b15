/* SPDX-License-Identifier: MIT */
/*
 * The staple: an OCSP response (RFC 6960) about the leaf. It must come from the leaf's issuer, or from one whom the issuer
 * has made its responder by a certificate of its own (4.2.2.2), be about this certificate, and hold now.
 */
#include <openssl/ocsp.h>

#include "crypto/cert_internal.h"

/* BR 4.9.10: without a nextUpdate nobody can tell how long it holds; the longest time one may have bounds it. */
#define LIFE_MAX_S (10u * 86400u)

static bool time_of(const ASN1_GENERALIZEDTIME *t, uint64_t *ret)
{
	return t && der_time(DER_GENERALIZED_TIME,
			     (struct hf_bytes){ ASN1_STRING_get0_data(t), (size_t)ASN1_STRING_length(t) }, ret);
}

/* RFC 6960 4.2.2.2. The issuer's own key needs nobody's leave. */
static const char *judge_signer(OCSP_BASICRESP *basic, const struct cert *issuer, uint64_t unix_s)
{
	static const uint8_t ocsp_signing[] = { 0x2b, 6, 1, 5, 5, 7, 3, 9 };
	X509 *signer = NULL;
	STACK_OF(X509) *also = sk_X509_new_null();
	unsigned char *der = NULL;
	struct cert *c = NULL;
	const char *why = NULL;
	int len;

	if (!also || sk_X509_push(also, issuer->x) <= 0 || OCSP_resp_get0_signer(basic, &signer, also) != 1) {
		sk_X509_free(also);
		return "nobody known has signed it [RFC 6960 4.2.2.2]";
	}
	sk_X509_free(also);
	if (X509_cmp(signer, issuer->x) == 0)
		return NULL;
	len = i2d_X509(signer, &der);
	if (len <= 0 || cert_make((struct hf_bytes){ der, (size_t)len }, &c, &why) != HF_OK)
		why = "its responder's certificate cannot be read";
	else if (c->broken)
		why = c->broken;
	else if (!cert_may_be_issued_by(c, issuer) || !issuer->pkey || X509_verify(c->x, issuer->pkey) != 1)
		why = "its responder is not of the certificate's issuer [RFC 6960 4.2.2.2]";
	else if (!cert_has_eku(c, ocsp_signing, sizeof(ocsp_signing)))
		why = "its responder's certificate does not have the purpose OCSPSigning [RFC 6960 4.2.2.2]";
	else if (unix_s < c->facts.not_before || unix_s > c->facts.not_after)
		why = "its responder's certificate is not valid now";
	else if (c->has_usage && !(c->usage & KU_DIGITAL_SIGNATURE))
		why = "its responder's certificate does not allow signatures";
	cert_free(c);
	OPENSSL_free(der);
	return why;
}

static bool is_strong(const OCSP_BASICRESP *basic)
{
	const X509_ALGOR *algorithm = OCSP_resp_get0_tbs_sigalg(basic);
	const ASN1_OBJECT *oid;
	int hash = NID_undef, key = NID_undef, nid;

	X509_ALGOR_get0(&oid, NULL, NULL, algorithm);
	nid = OBJ_obj2nid(oid);
	if (nid == NID_ED25519 || nid == NID_ED448 || nid == NID_rsassaPss)
		return true;
	return OBJ_find_sigid_algs(nid, &hash, &key) == 1 &&
	       (hash == NID_sha256 || hash == NID_sha384 || hash == NID_sha512);
}

/* The answer about this certificate; NULL when there is none. Its hash is the responder's choice (RFC 6960 4.1.1). */
static OCSP_SINGLERESP *find_single(OCSP_BASICRESP *basic, const struct cert *leaf, const struct cert *issuer)
{
	for (int i = 0; i < OCSP_resp_count(basic); i++) {
		OCSP_SINGLERESP *single = OCSP_resp_get0(basic, i);
		OCSP_CERTID *theirs = (OCSP_CERTID *)OCSP_SINGLERESP_get0_id(single), *ours;
		ASN1_OBJECT *hash = NULL;
		const EVP_MD *md;
		bool same;

		OCSP_id_get0_info(NULL, &hash, NULL, NULL, theirs);
		md = EVP_get_digestbyobj(hash);
		ours = md ? OCSP_cert_to_id(md, leaf->x, issuer->x) : NULL;
		same = ours && OCSP_id_cmp(ours, theirs) == 0;
		OCSP_CERTID_free(ours);
		if (same)
			return single;
	}
	return NULL;
}

static const char *judge_times(uint64_t from, bool has_until, uint64_t until, uint64_t unix_s)
{
	if (unix_s < from)
		return "it is not valid yet [RFC 6960 4.2.2.1]";
	if (has_until ? unix_s > until : unix_s - from > LIFE_MAX_S)
		return "it is out of date [RFC 6960 4.2.2.1]";
	return NULL;
}

static struct cert_ruling bad(const char *detail)
{
	return (struct cert_ruling){ HF_CERT_STAPLE_BAD, X509_V_ERR_OCSP_VERIFY_FAILED, detail, false };
}

static struct cert_ruling judge_basic(OCSP_BASICRESP *basic, const struct cert *leaf, const struct cert *issuer,
				      uint64_t unix_s)
{
	ASN1_GENERALIZEDTIME *this_update = NULL, *next_update = NULL;
	const char *why = judge_signer(basic, issuer, unix_s);
	STACK_OF(X509) * also;
	OCSP_SINGLERESP *single;
	uint64_t from, until = 0;
	int status, verified;

	if (why)
		return bad(why);
	if (!is_strong(basic))
		return bad("it is signed over a weak hash");
	also = sk_X509_new_null();
	verified = also && sk_X509_push(also, issuer->x) > 0 ? OCSP_basic_verify(basic, also, NULL, OCSP_NOVERIFY) : 0;
	sk_X509_free(also);
	if (verified != 1)
		return bad("the signature under it is wrong");
	single = find_single(basic, leaf, issuer);
	if (!single)
		return bad("it is about another certificate [RFC 6960 3.2]");
	status = OCSP_single_get0_status(single, NULL, NULL, &this_update, &next_update);
	if (!time_of(this_update, &from) || (next_update && !time_of(next_update, &until)))
		return bad("its times break their format");
	why = judge_times(from, next_update != NULL, until, unix_s);
	if (why)
		return bad(why);
	if (status == V_OCSP_CERTSTATUS_REVOKED)
		return (struct cert_ruling){ HF_CERT_REVOKED, X509_V_ERR_CERT_REVOKED,
					     "the stapled OCSP answer says so", false };
	if (status != V_OCSP_CERTSTATUS_GOOD)
		return (struct cert_ruling){ HF_CERT_STAPLE_BAD, X509_V_ERR_OCSP_CERT_UNKNOWN,
					     "its responder does not know the certificate", false };
	return (struct cert_ruling){ 0 };
}

struct cert_ruling cert_ocsp_judge(struct hf_bytes response, const struct cert *leaf, const struct cert *issuer,
				   uint64_t unix_s)
{
	const unsigned char *at = response.at;
	OCSP_RESPONSE *r = der_is_strict(response) ? d2i_OCSP_RESPONSE(NULL, &at, (long)response.len) : NULL;
	OCSP_BASICRESP *basic = NULL;
	struct cert_ruling ruling;

	if (!r) {
		crypto_failed(HF_MALFORMED);
		return bad("it is no OCSP response");
	}
	if (OCSP_response_status(r) != OCSP_RESPONSE_STATUS_SUCCESSFUL)
		ruling = bad("its responder had no answer [RFC 6960 2.3]");
	else if (!(basic = OCSP_response_get1_basic(r)))
		ruling = bad("it is no basic OCSP response [RFC 6960 4.2.1]");
	else
		ruling = judge_basic(basic, leaf, issuer, unix_s);
	OCSP_BASICRESP_free(basic);
	OCSP_RESPONSE_free(r);
	crypto_failed(HF_OK);
	return ruling;
}
