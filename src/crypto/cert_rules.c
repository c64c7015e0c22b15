/* SPDX-License-Identifier: MIT */
/*
 * What is asked of a certificate in its place on a path, one rule a row of cert_rules.def. libcrypto checks some of it too;
 * it stands here so that each has a sentence, and because libcrypto 3.0 forgives much without X509_V_FLAG_X509_STRICT and
 * knows no exception with it.
 *
 * Where RFC 5280 binds only who issues, a client that insists turns away servers that work everywhere else: rows of LETTER
 * are for those who want to know (`handfast cert verify`). Where RFC 5280 and the baseline requirements part, the latter
 * hold for servers: nameConstraints need not be critical (BR 7.1.2.5.2), a leaf without extKeyUsage is let pass (RFC 5280),
 * and so is an authority in the place of the leaf, as self-made certificates are. That key identifiers and
 * authorityInfoAccess must not be critical needs no row: libcrypto takes none that are.
 */
#include <string.h>

#include "crypto/cert_internal.h"

enum {
	LEAF = 1,
	ISSUER = 2,
	ANCHOR = 4,
};

enum when { ALWAYS, LETTER, NEW };

/* A certificate in its place. */
struct placed {
	const struct cert *c;
	const struct hf_cert_ask *ask;
	bool is_anchor;
};

typedef bool holds(const struct placed *p);

static holds
#define R(name, whom, when_, fault_, number, detail_) name,
#include "crypto/cert_rules.def"
#undef R
	is_old_anchor;

static const struct rule {
	holds *holds;
	unsigned whom;
	enum when when;
	struct cert_ruling broken;
} rules[] = {
#define R(name, whom_, when_, fault_, number, detail_) \
	{ name, whom_, when_, { HF_CERT_##fault_, X509_V_ERR_##number, detail_, when_ != ALWAYS } },
#include "crypto/cert_rules.def"
#undef R
};

static void rule(struct cert_verdict *v, unsigned at, unsigned whom, const struct placed *p)
{
	if (p->c->broken)
		cert_verdict_note(
			v, at, (struct cert_ruling){ HF_CERT_MALFORMED, X509_V_ERR_INVALID_EXTENSION, p->c->broken, false });
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		const struct rule *r = &rules[i];

		if (!(r->whom & whom) || (r->when != ALWAYS && !p->ask->letter) || (r->when == NEW && is_old_anchor(p)))
			continue;
		if (!r->holds(p))
			cert_verdict_note(v, at, r->broken);
	}
}

void cert_rules_apply(struct cert_verdict *v, const struct hf_cert_ask *ask)
{
	for (unsigned i = 0; i < v->path.certs; i++) {
		struct placed p = { v->path.cert[i], ask, i + 1 == v->path.certs };

		rule(v, i, i == 0 ? LEAF : p.is_anchor ? ANCHOR : ISSUER, &p);
	}
}

/*
 * Of the roots in the stores of 2025 those from before 2012-07-01, when the baseline requirements took effect, break some
 * of their rules, and none of the later ones does. What claims to be older than TLS itself is not excused.
 */
static bool is_old_anchor(const struct placed *p)
{
	const uint64_t first = 788918400 /* 1995-01-01 */, requirements = 1341100800 /* 2012-07-01 */;

	return p->is_anchor && p->c->facts.not_before >= first && p->c->facts.not_before < requirements;
}

static bool has_name(struct hf_bytes whole)
{
	return whole.len > 2; /* more than an empty SEQUENCE's header */
}

/* ---- form ---- */

static bool algorithms_agree(const struct placed *p)
{
	return hf_bytes_same(p->c->facts.inner_algorithm, p->c->facts.outer_algorithm);
}

static bool has_issuer_name(const struct placed *p)
{
	return has_name(p->c->facts.issuer);
}

static bool has_subject_name(const struct placed *p)
{
	return has_name(p->c->facts.subject);
}

static bool is_version_3(const struct placed *p)
{
	return p->c->facts.version == 3;
}

static bool times_are_plain(const struct placed *p)
{
	return !p->c->facts.early_general_time;
}

static bool serial_is_sound(const struct placed *p)
{
	struct hf_bytes s = p->c->facts.serial;

	return s.at[0] < 0x80 && s.len <= 20 && (s.len > 1 || s.at[0] > 0);
}

/* ---- keys and signatures ---- */

static bool has_key(const struct placed *p)
{
	return p->c->pkey != NULL;
}

/* id-ecPublicKey with parameters that are no OID (RFC 5480 2.1.1). */
static bool names_its_curve(const struct placed *p)
{
	static const uint8_t ec_public_key[] = { 0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1 };
	struct hf_rd whole = hf_rd_over(p->c->facts.public_key);
	struct hf_rd in = hf_rd_over(der_read(&whole, DER_SEQUENCE));
	struct hf_rd algorithm = hf_rd_over(der_read(&in, DER_SEQUENCE));

	if (!hf_bytes_same(der_read(&algorithm, DER_OID), (struct hf_bytes){ ec_public_key, sizeof(ec_public_key) }))
		return true;
	return der_peek(&algorithm) == DER_OID;
}

static bool has_known_key(const struct placed *p)
{
	return p->c->has_known_key || !p->c->pkey;
}

static bool has_long_key(const struct placed *p)
{
	return !p->c->is_rsa || p->c->key_bits >= 2048;
}

static bool key_is_whole_octets(const struct placed *p)
{
	return !p->c->is_rsa || p->c->key_bits % 8 == 0;
}

static bool has_sound_rsa(const struct placed *p)
{
	return !p->c->is_rsa || p->c->has_sound_rsa;
}

static bool has_bounded_rsa(const struct placed *p)
{
	return !p->c->is_rsa || p->c->has_bounded_rsa;
}

/* A leaf that is trusted as it is was signed by nobody who counts. */
static bool has_strong_hash(const struct placed *p)
{
	return p->is_anchor || p->c->has_strong_hash;
}

/* ---- time: RFC 5280 4.1.2.5, both ends included ---- */

static bool is_not_expired(const struct placed *p)
{
	return p->ask->unix_s <= p->c->facts.not_after;
}

static bool is_valid_already(const struct placed *p)
{
	return p->ask->unix_s >= p->c->facts.not_before;
}

/* ---- authorities ---- */

/* A self-issued version 1 certificate had no way to say it (RFC 5280 6.1.4 k: by other means, here by being trusted). */
static bool is_authority(const struct placed *p)
{
	return p->c->is_ca || (p->is_anchor && p->c->facts.version == 1 && p->c->self_issued);
}

static bool may_sign_certificates(const struct placed *p)
{
	return !p->c->has_usage || p->c->usage & KU_KEY_CERT_SIGN;
}

static bool is_critical_authority(const struct placed *p)
{
	const struct cert_extension *e = cert_extension_ce(&p->c->facts, ID_CE_BASIC_CONSTRAINTS);

	return e && e->critical;
}

static bool path_len_is_of_ca(const struct placed *p)
{
	return !p->c->has_path_len || (p->c->is_ca && may_sign_certificates(p));
}

static bool key_is_named(const struct placed *p)
{
	return p->c->key_id.len > 0;
}

static bool is_not_critical(const struct placed *p, enum cert_id_ce id)
{
	const struct cert_extension *e = cert_extension_ce(&p->c->facts, id);

	return !e || !e->critical;
}

/* RFC 5280 4.2.1.1: what is signed by itself may leave it out. */
static bool authority_is_named(const struct placed *p)
{
	return p->c->authority_key_id.len > 0 || (p->is_anchor && p->c->self_issued);
}

static bool authority_is_its_key(const struct placed *p)
{
	if (!p->c->self_issued || !cert_extension_ce(&p->c->facts, ID_CE_AUTHORITY_KEY_ID))
		return true;
	return !p->c->authority_has_issuer && hf_bytes_same(p->c->authority_key_id, p->c->key_id);
}

static bool policies_are_critical(const struct placed *p)
{
	const struct cert_extension *e = cert_extension_ce(&p->c->facts, ID_CE_POLICY_CONSTRAINTS);

	return !e || e->critical;
}

/* ---- usages and purposes ---- */

static const uint8_t server_auth[] = { 0x2b, 6, 1, 5, 5, 7, 3, 1 };
static const uint8_t client_auth[] = { 0x2b, 6, 1, 5, 5, 7, 3, 2 };
static const uint8_t any_purpose[] = { 0x55, 0x1d, 0x25, 0 };

/* An authority in the place of a leaf says of its key what authorities do with it. */
static bool usage_serves_tls(const struct placed *p)
{
	unsigned fits = KU_DIGITAL_SIGNATURE | KU_KEY_AGREEMENT;

	if (p->ask->purpose == HF_CERT_FOR_SERVER)
		fits |= KU_KEY_ENCIPHERMENT;
	return !p->c->has_usage || p->c->is_ca || p->c->usage & fits;
}

static bool has_purpose(const struct placed *p)
{
	return p->ask->purpose == HF_CERT_FOR_SERVER ? cert_has_eku(p->c, server_auth, sizeof(server_auth))
						     : cert_has_eku(p->c, client_auth, sizeof(client_auth));
}

static bool purpose_fits(const struct placed *p)
{
	return p->c->eku.len == 0 || has_purpose(p);
}

static bool purpose_is_open(const struct placed *p)
{
	return p->c->eku.len == 0 || has_purpose(p) || cert_has_eku(p->c, any_purpose, sizeof(any_purpose));
}

static bool purpose_is_absent(const struct placed *p)
{
	return p->c->eku.len == 0;
}

static bool usage_is_not_empty(const struct placed *p)
{
	return !p->c->has_usage || p->c->usage != 0;
}

static bool usage_agrees(const struct placed *p)
{
	return !p->c->has_usage || p->c->is_ca == !!(p->c->usage & KU_KEY_CERT_SIGN);
}

/* BR 7.1.2.7.10, the rows of MUST NOT: code, mail, time stamps, OCSP, any, precertificates. */
static bool purposes_are_of_tls(const struct placed *p)
{
	static const uint8_t precertificate[] = { 0x2b, 6, 1, 4, 1, 0xd6, 0x79, 2, 4, 4 };
	static const uint8_t others[] = { 3, 4, 8, 9 };
	uint8_t oid[sizeof(server_auth)];

	if (p->ask->purpose != HF_CERT_FOR_SERVER)
		return true;
	memcpy(oid, server_auth, sizeof(oid));
	for (size_t i = 0; i < sizeof(others); i++) {
		oid[sizeof(oid) - 1] = others[i];
		if (cert_has_eku(p->c, oid, sizeof(oid)))
			return false;
	}
	return !cert_has_eku(p->c, any_purpose, sizeof(any_purpose)) &&
	       !cert_has_eku(p->c, precertificate, sizeof(precertificate)) && is_not_critical(p, ID_CE_EXT_KEY_USAGE);
}

/* ---- names ---- */

static bool has_names(const struct placed *p)
{
	return p->ask->name.len == 0 || p->c->san.len > 0;
}

static bool names_host(const struct placed *p)
{
	struct cert_host host = cert_host_of(p->ask->name);

	return p->ask->name.len == 0 || p->c->san.len == 0 || cert_san_has(p->c->san, &host);
}

static bool names_are_there(const struct placed *p)
{
	return p->ask->purpose != HF_CERT_FOR_SERVER || p->c->san.len > 0;
}

static bool names_are_critical(const struct placed *p)
{
	const struct cert_extension *e = cert_extension_ce(&p->c->facts, ID_CE_SUBJECT_ALT_NAME);

	return has_name(p->c->facts.subject) || (e && e->critical);
}

static bool names_are_extra(const struct placed *p)
{
	return !has_name(p->c->facts.subject) || is_not_critical(p, ID_CE_SUBJECT_ALT_NAME);
}

static bool names_are_sound(const struct placed *p)
{
	struct hf_rd in = general_names(p->c->san);
	enum general_name kind;
	struct hf_bytes b;

	if (p->c->san.len == 0)
		return true;
	while (general_name_next(&in, &kind, &b))
		if (!general_name_is_sound(kind, b))
			return false;
	return true;
}

static bool has_no_constraints(const struct placed *p)
{
	return p->c->is_ca || !cert_extension_ce(&p->c->facts, ID_CE_NAME_CONSTRAINTS);
}

static bool subtrees_are_sound(const struct placed *p)
{
	return cert_subtrees_are(p->c, false);
}

static bool subtrees_have_no_dot(const struct placed *p)
{
	return cert_subtrees_are(p->c, true);
}

/* RFC 5280 4.2.2.1: one AccessDescription or more, each a method and a GeneralName. */
static bool access_is_sound(const struct placed *p)
{
	static const uint8_t authority_info_access[] = { 0x2b, 6, 1, 5, 5, 7, 1, 1 };
	const struct cert_extension *e =
		cert_extension_of(&p->c->facts, (struct hf_bytes){ authority_info_access, sizeof(authority_info_access) });
	struct hf_rd outer, list;
	uint8_t tag;

	if (!e)
		return true;
	outer = hf_rd_over(e->value);
	list = hf_rd_over(der_read(&outer, DER_SEQUENCE));
	if (!der_is_strict(e->value) || hf_rd_end(&outer) != HF_OK || hf_rd_left(&list) == 0)
		return false;
	while (hf_rd_left(&list) > 0) {
		struct hf_rd in = hf_rd_over(der_read(&list, DER_SEQUENCE));

		der_read(&in, DER_OID);
		der_read_any(&in, &tag);
		if (hf_rd_end(&in) != HF_OK || (tag & 0xc0) != 0x80)
			return false;
	}
	return hf_rd_ok(&list) == HF_OK;
}
