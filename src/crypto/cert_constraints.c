/* SPDX-License-Identifier: MIT */
/*
 * nameConstraints (RFC 5280 4.2.1.10). libcrypto judges names against subtrees; here stands what it lets through: subtrees
 * and names that are no names of their kind, and wildcards that reach into a subtree which is excluded.
 */
#include "crypto/cert_internal.h"

enum which { PERMITTED, EXCLUDED };

/* The subtrees of one list; a bad cursor when the extension is not made of the two lists alone. */
static struct hf_rd subtrees_of(const struct cert_extension *e, enum which which)
{
	struct hf_rd outer = hf_rd_over(e->value);
	struct hf_rd lists = hf_rd_over(der_read(&outer, DER_SEQUENCE)), in;
	struct hf_bytes list[2] = { { NULL, 0 }, { NULL, 0 } };

	for (uint8_t i = 0; i < 2; i++)
		if (der_peek(&lists) == DER_CONTEXT_CONSTRUCTED(i))
			list[i] = der_read(&lists, DER_CONTEXT_CONSTRUCTED(i));
	in = hf_rd_over(list[which]);
	hf_rd_must(&in, hf_rd_end(&outer) == HF_OK && hf_rd_end(&lists) == HF_OK);
	return in;
}

/* minimum and maximum are passed over: libcrypto refuses any but the default. */
static bool next_subtree(struct hf_rd *list, enum general_name *ret_kind, struct hf_bytes *ret)
{
	struct hf_rd in;

	if (hf_rd_left(list) == 0)
		return false;
	in = hf_rd_over(der_read(list, DER_SEQUENCE));
	hf_rd_must(list, general_name_next(&in, ret_kind, ret));
	return hf_rd_ok(list) == HF_OK;
}

static bool is_mask(struct hf_bytes b)
{
	bool ended = false;

	for (size_t i = 0; i < b.len; i++)
		for (unsigned bit = 0x80; bit; bit >>= 1) {
			if (b.at[i] & bit && ended)
				return false;
			ended |= !(b.at[i] & bit);
		}
	return true;
}

static bool is_sound_subtree(enum general_name kind, struct hf_bytes b, bool letter)
{
	size_t half = b.len / 2;

	switch (kind) {
	case NAME_DNS:
		if (b.len == 0)
			return true;           /* all names */
		if (b.at[0] == '.' && !letter) /* widely made and widely read: everything below, not the name itself */
			return dns_name_is_sound((struct hf_bytes){ b.at + 1, b.len - 1 }, false);
		return dns_name_is_sound(b, false);
	case NAME_IP:
		return (b.len == 8 || b.len == 32) && is_mask((struct hf_bytes){ b.at + half, half });
	case NAME_EMAIL: {
		const uint8_t *at = b.len ? memchr(b.at, '@', b.len) : NULL;

		return !at || general_name_is_sound(NAME_EMAIL, b);
	}
	default:
		return true;
	}
}

bool cert_subtrees_are(const struct cert *c, bool letter)
{
	const struct cert_extension *e = cert_extension_ce(&c->facts, ID_CE_NAME_CONSTRAINTS);
	unsigned count = 0;

	if (!e)
		return true;
	if (!der_is_strict(e->value))
		return false;
	for (enum which which = PERMITTED; which <= EXCLUDED; which++) {
		struct hf_rd list = subtrees_of(e, which);
		enum general_name kind;
		struct hf_bytes b;

		for (; next_subtree(&list, &kind, &b); count++)
			if (!is_sound_subtree(kind, b, letter))
				return false;
		if (hf_rd_end(&list) != HF_OK)
			return false;
	}
	return count > 0 || !letter;
}

/* "*.a.example" stands for each x.a.example: it reaches one that is excluded, with all below it. */
static bool wildcard_reaches(struct hf_bytes name, struct hf_bytes base)
{
	struct hf_bytes parent;
	size_t label;

	if (name.len < 3 || name.at[0] != '*' || name.at[1] != '.')
		return false;
	parent = (struct hf_bytes){ name.at + 2, name.len - 2 };
	if (base.len <= parent.len + 1 || !dns_name_is_within(base, parent))
		return false;
	label = base.len - parent.len - 1;
	return !memchr(base.at, '.', label);
}

static bool has_kind(const struct cert_extension *e, enum general_name want)
{
	for (enum which which = PERMITTED; which <= EXCLUDED; which++) {
		struct hf_rd list = subtrees_of(e, which);
		enum general_name kind;
		struct hf_bytes b;

		while (next_subtree(&list, &kind, &b))
			if (kind == want)
				return true;
	}
	return false;
}

static bool reaches_excluded(const struct cert_extension *e, struct hf_bytes name)
{
	struct hf_rd list = subtrees_of(e, EXCLUDED);
	enum general_name kind;
	struct hf_bytes b;

	while (next_subtree(&list, &kind, &b))
		if (kind == NAME_DNS && wildcard_reaches(name, b))
			return true;
	return false;
}

static struct cert_ruling judge_names(const struct cert *c, const struct cert_extension *e)
{
	struct hf_rd in = general_names(c->san);
	enum general_name kind;
	struct hf_bytes b;

	while (c->san.len > 0 && general_name_next(&in, &kind, &b)) {
		/* A name that is none cannot be said to lie within a subtree. */
		if (!general_name_is_sound(kind, b) && has_kind(e, kind))
			return (struct cert_ruling){ HF_CERT_NAME_CONSTRAINTS, X509_V_ERR_UNSUPPORTED_NAME_SYNTAX,
						     "a name of it that is constrained breaks its format [RFC 5280 4.2.1.10]",
						     false };
		if (kind == NAME_DNS && reaches_excluded(e, b))
			return (struct cert_ruling){ HF_CERT_NAME_CONSTRAINTS, X509_V_ERR_EXCLUDED_VIOLATION,
						     "its wildcard stands for a name that is excluded [RFC 5280 4.2.1.10]",
						     false };
	}
	return (struct cert_ruling){ 0 };
}

static uint64_t count_subtrees(const struct cert_extension *e)
{
	uint64_t n = 0;

	for (enum which which = PERMITTED; which <= EXCLUDED; which++) {
		struct hf_rd list = subtrees_of(e, which);
		enum general_name kind;
		struct hf_bytes b;

		while (next_subtree(&list, &kind, &b))
			n++;
	}
	return n;
}

/* Of the subject's alternatives, and the parts of its own name, among which libcrypto looks for mailboxes. */
static uint64_t count_names(const struct cert *c)
{
	struct hf_rd in = general_names(c->san), outer = hf_rd_over(c->facts.subject);
	struct hf_rd parts = hf_rd_over(der_read(&outer, DER_SEQUENCE));
	enum general_name kind;
	struct hf_bytes b;
	uint64_t n = 1;

	while (c->san.len > 0 && general_name_next(&in, &kind, &b))
		n++;
	for (; hf_rd_left(&parts) > 0; n++)
		der_read(&parts, DER_SET);
	return n;
}

uint64_t cert_constraints_cost(const struct cert_path *path)
{
	uint64_t names = 0, cost = 0;

	for (unsigned i = 0; i < path->certs; i++) {
		const struct cert_extension *e = cert_extension_ce(&path->cert[i]->facts, ID_CE_NAME_CONSTRAINTS);

		if (e)
			cost += names * count_subtrees(e);
		names += count_names(path->cert[i]);
	}
	return cost;
}

void cert_constraints_apply(struct cert_verdict *v)
{
	for (unsigned issuer = 1; issuer < v->path.certs; issuer++) {
		const struct cert_extension *e = cert_extension_ce(&v->path.cert[issuer]->facts, ID_CE_NAME_CONSTRAINTS);

		for (unsigned i = 0; e && der_is_strict(e->value) && i < issuer; i++) {
			const struct cert *c = v->path.cert[i];

			/* RFC 5280 6.1.3 b: not for self-issued ones, but for the last. */
			if (i == 0 || !c->self_issued)
				cert_verdict_note(v, i, judge_names(c, e));
		}
	}
}
