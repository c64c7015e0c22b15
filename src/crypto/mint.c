/* SPDX-License-Identifier: MIT */
/* An authority and its leaves. Each bad kind is a good leaf with one thing about it changed, so that one fault is found. */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/mint_internal.h"

#define DAY_S 86400u
#define CLOCK_SKEW_S 3600u  /* a clock that is an hour behind still takes what was made now */
#define COMMON_NAME_MAX 64u /* ub-common-name, RFC 5280 A.1 */

#define CA_USAGE "critical,keyCertSign,cRLSign,digitalSignature" /* the last for OCSP answers of its own */

static const struct {
	const char *code, *what;
} bads[MINT_BAD_COUNT] = {
	[MINT_GOOD] = { "", "it is good" },
#define B(name, code_, what_) [MINT_##name] = { code_, what_ },
#include "crypto/mint_bad.def"
#undef B
};

const char *mint_bad_code(enum mint_bad bad)
{
	return bads[bad].code;
}

const char *mint_bad_what(enum mint_bad bad)
{
	return bads[bad].what;
}

bool mint_bad_find(const char *code, enum mint_bad *ret)
{
	for (unsigned i = MINT_GOOD + 1; i < MINT_BAD_COUNT; i++)
		if (strcmp(bads[i].code, code) == 0) {
			*ret = (enum mint_bad)i;
			return true;
		}
	return false;
}

/* ---- an authority ---- */

/* Two authorities of one name would be taken for each other: a part of the key's hash tells them apart. */
static void name_with_hash(const struct hf_key *key, const char *name, const char *role, char *to, size_t room)
{
	unsigned char *der = NULL;
	int len = i2d_PUBKEY(key->pkey, &der);
	uint8_t hash[32] = { 0 };

	if (len > 0)
		crypto_hash_of(CRYPTO_SHA256, (struct hf_bytes){ der, (size_t)len }, hash);
	OPENSSL_free(der);
	snprintf(to, room, "%.40s %s %02x%02x%02x%02x", name, role, hash[0], hash[1], hash[2], hash[3]);
}

static hf_status make_authority(const struct hf_crypto *c, const struct mint_ca_ask *ask,
				const struct mint_pair *issuer, struct mint_pair *ret)
{
	char name[COMMON_NAME_MAX + 1];
	struct mint_pair p = { 0 };
	struct mint_cert_ask cert = { .common_name = name,
				      .issuer = issuer,
				      .not_before = ask->not_before,
				      .not_after = ask->not_after,
				      .constraints = issuer ? "critical,CA:TRUE,pathlen:0" : "critical,CA:TRUE",
				      .usage = CA_USAGE };
	hf_status st;

	HF_TRY(crypto_key_make(c, ask->key, ask->bits, &p.key));
	name_with_hash(p.key, ask->name, issuer ? "intermediate" : "root", name, sizeof(name));
	cert.key = p.key;
	st = mint_cert_make(&cert, &p.x);
	if (st != HF_OK) {
		mint_pair_free(&p);
		return st;
	}
	*ret = p;
	return HF_OK;
}

hf_status mint_ca_make(const struct hf_crypto *c, const struct mint_ca_ask *ask, struct mint_ca **ret)
{
	struct mint_ca *ca = calloc(1, sizeof(*ca));
	hf_status st;

	if (!ca)
		return HF_FULL;
	ca->crypto = c;
	st = make_authority(c, ask, NULL, &ca->root);
	if (st == HF_OK)
		st = make_authority(c, ask, &ca->root, &ca->intermediate);
	if (st != HF_OK) {
		mint_ca_free(ca);
		return st;
	}
	*ret = ca;
	return HF_OK;
}

static const struct mint_pair *part_of(const struct mint_ca *ca, enum mint_ca_part part)
{
	return part == MINT_ROOT ? &ca->root : &ca->intermediate;
}

hf_status mint_ca_cert(const struct mint_ca *ca, enum mint_ca_part part, struct mint_blob *ret)
{
	struct mint_blob b = { 0 };

	HF_TRY(mint_blob_add_cert(&b, part_of(ca, part)->x));
	*ret = b;
	return HF_OK;
}

hf_status mint_ca_key(const struct mint_ca *ca, enum mint_ca_part part, struct mint_blob *ret)
{
	struct mint_blob b = { 0 };

	HF_TRY(mint_blob_add_key(&b, part_of(ca, part)->key));
	*ret = b;
	return HF_OK;
}

/* A pair is a chain of one with its key. */
static hf_status load_pair(const struct hf_crypto *c, struct hf_bytes cert, struct hf_bytes key, struct mint_pair *ret,
			   struct hf_cert_trouble *t)
{
	struct hf_cred *cred;

	HF_TRY(hf_cred_load(c, cert, key, &cred, t));
	X509_up_ref(cred->cert[0]->x);
	ret->x = cred->cert[0]->x;
	ret->key = cred->key;
	cred->key = NULL;
	hf_cred_free(cred);
	return HF_OK;
}

hf_status mint_ca_load(const struct hf_crypto *c, const struct mint_ca_texts *texts, struct mint_ca **ret,
		       enum mint_ca_part *ret_part, struct hf_cert_trouble *ret_trouble)
{
	struct mint_ca *ca = calloc(1, sizeof(*ca));
	hf_status st;

	if (!ca)
		return HF_FULL;
	ca->crypto = c;
	*ret_part = MINT_ROOT;
	st = load_pair(c, texts->cert[MINT_ROOT], texts->key[MINT_ROOT], &ca->root, ret_trouble);
	if (st == HF_OK) {
		*ret_part = MINT_INTERMEDIATE;
		st = load_pair(c, texts->cert[MINT_INTERMEDIATE], texts->key[MINT_INTERMEDIATE], &ca->intermediate,
			       ret_trouble);
	}
	if (st == HF_OK && X509_verify(ca->intermediate.x, ca->root.key->pkey) != 1) {
		cert_trouble_say(ret_trouble, 0, "the root has not signed the intermediate: they are of two authorities");
		st = crypto_failed(HF_MISMATCH);
	}
	if (st != HF_OK) {
		mint_ca_free(ca);
		return st;
	}
	*ret = ca;
	return HF_OK;
}

void mint_ca_free(struct mint_ca *ca)
{
	if (!ca)
		return;
	mint_pair_free(&ca->root);
	mint_pair_free(&ca->intermediate);
	free(ca);
}

/* ---- a leaf ---- */

static bool add_name(GENERAL_NAMES *names, struct hf_bytes text)
{
	struct cert_host host = cert_host_of(text);
	GENERAL_NAME *name = GENERAL_NAME_new();
	ASN1_STRING *value = host.is_address ? ASN1_OCTET_STRING_new() : ASN1_IA5STRING_new();
	bool good = name && value &&
		    ASN1_STRING_set(value, host.is_address ? host.address : host.name.at,
				    (int)(host.is_address ? host.address_len : host.name.len)) == 1;

	if (good) {
		GENERAL_NAME_set0_value(name, host.is_address ? GEN_IPADD : GEN_DNS, value);
		value = NULL;
		good = sk_GENERAL_NAME_push(names, name) > 0;
	}
	ASN1_STRING_free(value);
	if (!good)
		GENERAL_NAME_free(name);
	return good;
}

static hf_status names_of(const struct hf_bytes *text, size_t count, GENERAL_NAMES **ret)
{
	GENERAL_NAMES *names;

	if (count == 0 || count > MINT_NAMES_MAX)
		return HF_INVALID;
	for (size_t i = 0; i < count; i++) {
		struct cert_host host = cert_host_of(text[i]);

		if (!host.is_address && !dns_name_is_sound(host.name, true))
			return HF_INVALID;
	}
	names = GENERAL_NAMES_new();
	for (size_t i = 0; names && i < count; i++)
		if (!add_name(names, text[i])) {
			GENERAL_NAMES_free(names);
			names = NULL;
		}
	if (!names)
		return crypto_failed(HF_FULL);
	*ret = names;
	return HF_OK;
}

/* Who signs, and who else is sent along: made for one leaf. */
struct workshop {
	const struct mint_ca *ca;
	const struct mint_leaf_ask *ask;
	struct mint_ca *other;  /* an authority that nobody trusts */
	struct mint_pair below; /* one more authority, below ours */
	const struct mint_pair *issuer;
	const struct mint_pair *sent[2]; /* behind the leaf */
	unsigned sents;
};

static hf_status make_below(struct workshop *w, const struct mint_pair *issuer, const char *name_constraints)
{
	struct mint_cert_ask cert = { .common_name = "Handfast authority for a bad leaf",
				      .issuer = issuer,
				      .not_before = w->ask->now_s - DAY_S,
				      .not_after = w->ask->now_s + (uint64_t)w->ask->days * DAY_S,
				      .constraints = "critical,CA:TRUE,pathlen:0",
				      .usage = CA_USAGE,
				      .name_constraints = name_constraints };

	HF_TRY(mint_pair_make(w->ca->crypto, &cert, CRYPTO_KEY_P256, 0, &w->below));
	w->issuer = w->sent[0] = &w->below;
	w->sents = 1;
	return HF_OK;
}

static hf_status choose_issuer(struct workshop *w)
{
	struct mint_ca_ask other = { .name = "Nobody's",
				     .key = CRYPTO_KEY_P256,
				     .not_before = w->ask->now_s - DAY_S,
				     .not_after = w->ask->now_s + (uint64_t)w->ask->days * DAY_S };

	w->issuer = w->sent[0] = &w->ca->intermediate;
	w->sents = 1;
	switch (w->ask->bad) {
	case MINT_SELF_SIGNED:
		w->issuer = NULL;
		w->sents = 0;
		return HF_OK;
	case MINT_MISSING_INTERMEDIATE:
		w->sents = 0;
		return HF_OK;
	case MINT_UNKNOWN_ISSUER:
		HF_TRY(mint_ca_make(w->ca->crypto, &other, &w->other));
		w->issuer = w->sent[0] = &w->other->intermediate;
		return HF_OK;
	case MINT_PATH_LENGTH:
		HF_TRY(make_below(w, &w->ca->intermediate, NULL));
		w->sent[w->sents++] = &w->ca->intermediate;
		return HF_OK;
	case MINT_NAME_CONSTRAINTS:
		return make_below(w, &w->ca->root,
				  "critical,permitted;DNS:only-this.invalid,permitted;IP:192.0.2.1/255.255.255.255,"
				  "permitted;IP:2001:db8::1/ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");
	default:
		return HF_OK;
	}
}

/* Each bad kind that lies in the leaf itself. */
static void fill_leaf(const struct mint_leaf_ask *ask, bool is_rsa, struct mint_cert_ask *cert)
{
	uint64_t life = (uint64_t)ask->days * DAY_S;
	bool server = ask->purpose == HF_CERT_FOR_SERVER;

	cert->not_before = ask->now_s - CLOCK_SKEW_S;
	cert->not_after = ask->now_s + life;
	cert->constraints = "critical,CA:FALSE";
	/* RSA's key may also be sent a secret under: RFC 5246 7.4.2. */
	cert->usage = is_rsa ? "critical,digitalSignature,keyEncipherment" : "critical,digitalSignature";
	cert->purposes = server ? "serverAuth" : "clientAuth";
	cert->tls_feature = ask->must_staple ? "status_request" : NULL;
	cert->serial = ask->serial;
	cert->serial_len = ask->serial_len;
	switch (ask->bad) {
	case MINT_EXPIRED:
		cert->not_after = ask->now_s - DAY_S;
		cert->not_before = cert->not_after - life;
		break;
	case MINT_NOT_YET_VALID:
		cert->not_before = ask->now_s + DAY_S;
		cert->not_after = cert->not_before + life;
		break;
	case MINT_WRONG_PURPOSE:
		cert->purposes = server ? "clientAuth" : "serverAuth";
		break;
	case MINT_WEAK_HASH:
		cert->weak_hash = true;
		break;
	default:
		break;
	}
}

static hf_status sign_leaf(struct workshop *w, struct mint_pair *ret)
{
	static const char wrong[] = "wrong-name.invalid";
	struct hf_bytes wrong_name = { (const uint8_t *)wrong, sizeof(wrong) - 1 };
	const struct hf_bytes *names = w->ask->bad == MINT_WRONG_NAME ? &wrong_name : w->ask->names;
	size_t count = w->ask->bad == MINT_WRONG_NAME && w->ask->name_count > 0 ? 1 : w->ask->name_count;
	bool weak = w->ask->bad == MINT_WEAK_KEY;
	enum crypto_key_kind kind = weak ? CRYPTO_KEY_RSA : w->ask->key;
	char common_name[COMMON_NAME_MAX + 1];
	struct mint_cert_ask cert = { .issuer = w->issuer };
	hf_status st;

	HF_TRY(names_of(names, count, &cert.names));
	if (names[0].len <= COMMON_NAME_MAX) {
		memcpy(common_name, names[0].at, names[0].len);
		common_name[names[0].len] = '\0';
		cert.common_name = common_name;
	}
	fill_leaf(w->ask, kind == CRYPTO_KEY_RSA, &cert);
	st = mint_pair_make(w->ca->crypto, &cert, kind, weak ? 1024 : w->ask->bits, ret);
	GENERAL_NAMES_free(cert.names);
	return st;
}

/* The signature is the last field (RFC 5280 4.1), so its lowest bit is the last of all. */
static hf_status spoil_signature(X509 **x)
{
	unsigned char *der = NULL;
	const unsigned char *at;
	int len = i2d_X509(*x, &der);
	X509 *spoilt;

	if (len <= 0)
		return crypto_failed(HF_FULL);
	der[len - 1] ^= 1;
	at = der;
	spoilt = d2i_X509(NULL, &at, len);
	OPENSSL_free(der);
	if (!spoilt)
		return crypto_failed(HF_FULL);
	X509_free(*x);
	*x = spoilt;
	return HF_OK;
}

static hf_status revoke(const struct workshop *w, const struct mint_pair *leaf, struct mint_leaf *ret)
{
	const ASN1_INTEGER *number = X509_get0_serialNumber(leaf->x);
	struct hf_bytes serial = { ASN1_STRING_get0_data(number), (size_t)ASN1_STRING_length(number) };
	uint64_t now = w->ask->now_s, next = now + (uint64_t)w->ask->days * DAY_S;
	struct mint_ocsp_ask ocsp = { .leaf = { (const uint8_t *)ret->chain.at, ret->chain.len },
				      .status = MINT_STATUS_REVOKED,
				      .this_update = now,
				      .next_update = next };

	HF_TRY(mint_crl_make(w->ca, &serial, 1, now, next, &ret->crl));
	return mint_ocsp_make(w->ca, &ocsp, &ret->ocsp);
}

static hf_status write_leaf(const struct workshop *w, const struct mint_pair *leaf, struct mint_leaf *ret)
{
	HF_TRY(mint_blob_add_cert(&ret->chain, leaf->x));
	for (unsigned i = 0; i < w->sents; i++)
		HF_TRY(mint_blob_add_cert(&ret->chain, w->sent[i]->x));
	HF_TRY(mint_blob_add_key(&ret->key, leaf->key));
	return w->ask->bad == MINT_REVOKED ? revoke(w, leaf, ret) : HF_OK;
}

hf_status mint_leaf_make(const struct mint_ca *ca, const struct mint_leaf_ask *ask, struct mint_leaf *ret)
{
	struct workshop w = { .ca = ca, .ask = ask };
	struct mint_pair leaf = { 0 };
	struct mint_leaf made = { 0 };
	hf_status st = choose_issuer(&w);

	if (st == HF_OK)
		st = sign_leaf(&w, &leaf);
	if (st == HF_OK && ask->bad == MINT_BAD_SIGNATURE)
		st = spoil_signature(&leaf.x);
	if (st == HF_OK)
		st = write_leaf(&w, &leaf, &made);
	mint_pair_free(&leaf);
	mint_pair_free(&w.below);
	mint_ca_free(w.other);
	if (st != HF_OK) {
		mint_leaf_free(&made);
		return st;
	}
	*ret = made;
	return HF_OK;
}

void mint_leaf_free(struct mint_leaf *l)
{
	mint_blob_free(&l->chain);
	mint_blob_free(&l->key);
	mint_blob_free(&l->crl);
	mint_blob_free(&l->ocsp);
}
