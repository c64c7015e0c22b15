/* SPDX-License-Identifier: MIT */
/*
 * Revocation lists (RFC 5280 5 and 6.3.3). What can be known of a list alone is judged when it is added; against an issuer
 * and a time when a certificate is looked up. An issuer with a list here must have one that is good now and speaks of this
 * certificate: a list that cannot be used is no sign that nothing was revoked.
 */
#include <stdlib.h>
#include <string.h>

#include "crypto/cert_internal.h"

#define CRL_MAX_BYTES (64u << 20)

struct cert_crl {
	X509_CRL *x;
	uint8_t sha256[32];
	ISSUING_DIST_POINT *scope; /* NULL: all certificates of its issuer */
	uint64_t this_update, next_update;
	const char *unusable; /* why nothing can be learned from it; NULL */
};

static bool read_time(const ASN1_TIME *t, uint64_t *ret)
{
	struct hf_bytes b;
	int type;

	if (!t)
		return false;
	type = ASN1_STRING_type(t);
	b = (struct hf_bytes){ ASN1_STRING_get0_data(t), (size_t)ASN1_STRING_length(t) };
	return der_time(type == V_ASN1_UTCTIME ? DER_UTC_TIME : DER_GENERALIZED_TIME, b, ret);
}

/* RFC 5280 5.2: what is critical must be understood; a delta or an indirect list is not made use of here. */
static const char *judge_extensions(const struct cert_crl *crl)
{
	bool has_number = false;

	for (int i = 0; i < X509_CRL_get_ext_count(crl->x); i++) {
		X509_EXTENSION *e = X509_CRL_get_ext(crl->x, i);
		int nid = OBJ_obj2nid(X509_EXTENSION_get_object(e));
		bool critical = X509_EXTENSION_get_critical(e);

		if (nid == NID_crl_number) {
			if (critical)
				return "its number is critical [RFC 5280 5.2.3]";
			has_number = true;
		} else if (nid == NID_delta_crl) {
			return "it is a delta list";
		} else if (critical && nid != NID_issuing_distribution_point && nid != NID_authority_key_identifier) {
			return "it has a critical extension nobody here understands [RFC 5280 5.2]";
		}
	}
	return has_number ? NULL : "it has no number [RFC 5280 5.2.3]";
}

static int by_serial(const void *a, const void *b)
{
	return ASN1_INTEGER_cmp(*(ASN1_INTEGER *const *)a, *(ASN1_INTEGER *const *)b);
}

static const char *judge_entries(const struct cert_crl *crl)
{
	STACK_OF(X509_REVOKED) *list = X509_CRL_get_REVOKED(crl->x);
	int n = list ? sk_X509_REVOKED_num(list) : 0;
	const ASN1_INTEGER **serial;
	const char *why = NULL;

	if (n <= 0)
		return NULL;
	serial = malloc((size_t)n * sizeof(void *));
	if (!serial)
		return "there is no memory to sort it";
	for (int i = 0; i < n; i++) {
		const X509_REVOKED *r = sk_X509_REVOKED_value(list, i);

		serial[i] = X509_REVOKED_get0_serialNumber(r);
		for (int k = 0; k < X509_REVOKED_get_ext_count(r); k++)
			if (X509_EXTENSION_get_critical(X509_REVOKED_get_ext(r, k)))
				why = "an entry has a critical extension nobody here understands [RFC 5280 5.3]";
	}
	qsort(serial, (size_t)n, sizeof(void *), by_serial);
	for (int i = 1; i < n && !why; i++)
		if (ASN1_INTEGER_cmp(serial[i - 1], serial[i]) == 0)
			why = "it names a certificate twice";
	free(serial);
	return why;
}

static const char *judge_scope(const struct cert_crl *crl)
{
	const ISSUING_DIST_POINT *s = crl->scope;

	if (!s)
		return X509_CRL_get_ext_by_NID(crl->x, NID_issuing_distribution_point, -1) >= 0
			       ? "its scope breaks its format"
			       : NULL;
	if (s->indirectCRL > 0)
		return "it is an indirect list";
	if (s->onlyattr > 0)
		return "it is about attribute certificates";
	if (s->onlysomereasons)
		return "it is about some reasons of revocation only";
	if (s->distpoint && s->distpoint->type != 0)
		return "its distribution point is named relative to its issuer [BR 7.2.2.1]";
	if (s->distpoint)
		for (int i = 0; i < sk_GENERAL_NAME_num(s->distpoint->name.fullname); i++)
			if (sk_GENERAL_NAME_value(s->distpoint->name.fullname, i)->type != GEN_URI)
				return "its distribution point is no URI [BR 7.2.2.1]";
	return NULL;
}

/* Its form; what breaks it cannot be taken for a list at all. */
static const char *read_crl(struct cert_crl *crl, struct hf_bytes der)
{
	const unsigned char *at = der.at;

	if (!der_is_strict(der))
		return "it is not DER";
	crl->x = d2i_X509_CRL(NULL, &at, (long)der.len);
	if (!crl->x)
		return "libcrypto cannot read it";
	if (X509_CRL_get_version(crl->x) != X509_CRL_VERSION_2)
		return "its version is not 2";
	if (!read_time(X509_CRL_get0_lastUpdate(crl->x), &crl->this_update))
		return "the time it was made at is not written as RFC 5280 wants it";
	if (!X509_CRL_get0_nextUpdate(crl->x))
		return "it does not say when the next one comes [RFC 5280 5.1.2.5]";
	if (!read_time(X509_CRL_get0_nextUpdate(crl->x), &crl->next_update))
		return "the time of the next one is not written as RFC 5280 wants it";
	return NULL;
}

static hf_status add_crl(struct hf_trust *t, struct hf_bytes der, unsigned block, struct hf_cert_trouble *trouble)
{
	struct cert_crl *crl, **more;
	const char *why;

	if (der.len > CRL_MAX_BYTES) {
		cert_trouble_say(trouble, block, "it is larger than 64 MiB");
		return HF_MALFORMED;
	}
	if (t->crls == t->crl_room) {
		size_t room = t->crl_room ? 2 * t->crl_room : 4;

		more = realloc(t->crl, room * sizeof(void *));
		if (!more)
			return HF_FULL;
		t->crl = more;
		t->crl_room = room;
	}
	crl = calloc(1, sizeof(*crl));
	if (!crl)
		return HF_FULL;
	why = read_crl(crl, der);
	if (why) {
		cert_trouble_say(trouble, block, "it is no revocation list: %s", why);
		cert_crl_free(crl);
		return crypto_failed(HF_MALFORMED);
	}
	crypto_hash_of(CRYPTO_SHA256, der, crl->sha256);
	crl->scope = X509_CRL_get_ext_d2i(crl->x, NID_issuing_distribution_point, NULL, NULL);
	crl->unusable = judge_extensions(crl);
	if (!crl->unusable)
		crl->unusable = judge_scope(crl);
	if (!crl->unusable)
		crl->unusable = judge_entries(crl);
	t->crl[t->crls++] = crl;
	return crypto_failed(HF_OK);
}

hf_status hf_trust_add_crl(struct hf_trust *t, struct hf_bytes pem, struct hf_cert_trouble *ret_trouble)
{
	struct pem p = pem_over(pem);
	size_t before = t->crls;
	struct pem_block b;
	hf_status st;

	*ret_trouble = (struct hf_cert_trouble){ 0 };
	if (!pem_looks_like(pem))
		return add_crl(t, pem, 0, ret_trouble);
	while ((st = pem_next(&p, &b, ret_trouble)) == HF_OK) {
		if (strcmp(b.label, "X509 CRL") == 0)
			st = add_crl(t, (struct hf_bytes){ b.der, b.len }, p.block, ret_trouble);
		pem_block_free(&b);
		if (st != HF_OK)
			return st;
	}
	if (st == HF_NOT_FOUND && t->crls == before) {
		cert_trouble_say(ret_trouble, 0, "there is no block -----BEGIN X509 CRL----- in it");
		return HF_MALFORMED;
	}
	return st == HF_NOT_FOUND ? HF_OK : st;
}

void cert_crl_free(struct cert_crl *crl)
{
	if (!crl)
		return;
	ISSUING_DIST_POINT_free(crl->scope);
	X509_CRL_free(crl->x);
	free(crl);
}

/* ---- looking up ---- */

/* Octet for octet (BR 7.2.2.1): is this URI among the names of one of the certificate's distribution points? */
static bool points_at(STACK_OF(DIST_POINT) * points, const GENERAL_NAME *uri)
{
	for (int i = 0; i < sk_DIST_POINT_num(points); i++) {
		const DIST_POINT *p = sk_DIST_POINT_value(points, i);
		bool has = false, only_uris = true;

		if (!p->distpoint || p->distpoint->type != 0 || p->reasons || p->CRLissuer)
			continue;
		for (int k = 0; k < sk_GENERAL_NAME_num(p->distpoint->name.fullname); k++) {
			GENERAL_NAME *n = sk_GENERAL_NAME_value(p->distpoint->name.fullname, k);

			has |= n->type == GEN_URI && GENERAL_NAME_cmp(n, (GENERAL_NAME *)uri) == 0;
			only_uris &= n->type == GEN_URI;
		}
		if (has && only_uris)
			return true;
	}
	return false;
}

/* RFC 5280 6.3.3 b 2: is it about this certificate? */
static bool covers(const struct cert_crl *crl, const struct cert *c)
{
	const ISSUING_DIST_POINT *s = crl->scope;
	CRL_DIST_POINTS *points;
	bool found = false;

	if (!s)
		return true;
	if ((s->onlyuser > 0 && c->is_ca) || (s->onlyCA > 0 && !c->is_ca))
		return false;
	if (!s->distpoint)
		return true;
	points = X509_get_ext_d2i(c->x, NID_crl_distribution_points, NULL, NULL);
	if (!points)
		return false;
	for (int i = 0; i < sk_GENERAL_NAME_num(s->distpoint->name.fullname) && !found; i++)
		found = points_at(points, sk_GENERAL_NAME_value(s->distpoint->name.fullname, i));
	CRL_DIST_POINTS_free(points);
	return found;
}

/* A list may be long, and each check asks for it again. */
static bool is_signed_by(const struct hf_trust *t, const struct cert_crl *crl, const struct cert *issuer)
{
	if (cert_memory_knows_list(t->memory, crl->sha256, issuer))
		return true;
	if (!issuer->pkey || X509_CRL_verify(crl->x, issuer->pkey) != 1)
		return false;
	cert_memory_learn_list(t->memory, crl->sha256, issuer);
	return true;
}

/* NULL: it can be relied on. */
static const char *judge_for(const struct hf_trust *t, const struct cert_crl *crl, const struct cert *c,
			     const struct cert *issuer, uint64_t unix_s)
{
	int hash = NID_undef, key = NID_undef;

	if (crl->unusable)
		return crl->unusable;
	if (unix_s < crl->this_update)
		return "its revocation list is not valid yet [RFC 5280 6.3.3]";
	if (unix_s > crl->next_update)
		return "its revocation list is out of date [RFC 5280 6.3.3]";
	if (!covers(crl, c))
		return "its revocation list is about other certificates [RFC 5280 6.3.3 b]";
	if (issuer->has_usage && !(issuer->usage & KU_CRL_SIGN))
		return "its issuer's keyUsage does not allow revocation lists [RFC 5280 6.3.3 f]";
	if (OBJ_find_sigid_algs(X509_CRL_get_signature_nid(crl->x), &hash, &key) == 1 &&
	    (hash == NID_sha1 || hash == NID_md5))
		return "its revocation list is signed over a weak hash";
	if (!is_signed_by(t, crl, issuer))
		return "the signature under its revocation list is not its issuer's [RFC 5280 6.3.3 g]";
	return NULL;
}

struct cert_ruling cert_crl_look_up(const struct hf_trust *t, const struct cert *c, const struct cert *issuer, uint64_t unix_s)
{
	struct cert_ruling missing = { HF_CERT_CRL_MISSING, X509_V_ERR_UNABLE_TO_GET_CRL, NULL, false };
	bool any = false, good = false;

	for (size_t i = 0; i < t->crls; i++) {
		X509_REVOKED *entry = NULL;
		const char *why;

		if (X509_NAME_cmp(X509_CRL_get_issuer(t->crl[i]->x), X509_get_issuer_name(c->x)) != 0)
			continue;
		any = true;
		why = judge_for(t, t->crl[i], c, issuer, unix_s);
		if (why) {
			missing.detail = why;
			continue;
		}
		if (X509_CRL_get0_by_serial(t->crl[i]->x, &entry, X509_get0_serialNumber(c->x)) == 1)
			return (struct cert_ruling){ HF_CERT_REVOKED, X509_V_ERR_CERT_REVOKED,
						     "it is on its issuer's revocation list", false };
		good = true;
	}
	return any && !good ? missing : (struct cert_ruling){ 0 };
}
