/* SPDX-License-Identifier: MIT */
/*
 * The check of a peer's chain.
 *
 * libcrypto builds one path and does not look for another when that fails; with cross-signed authorities the next can be
 * good. So the paths are found here: depth first from the leaf, at each step the anchors first and then what the peer sent,
 * by names and key identifiers alone. Each path that reaches an anchor is judged by our rules (cert_rules.c,
 * cert_constraints.c), by revocation lists, and by libcrypto (cert_chain.c); the first without a fault ends the search.
 * Otherwise the path that came closest is told, or why there was none. A peer decides what it sends, so steps and
 * judgements are bounded.
 */
#include <stdio.h>
#include <string.h>

#include "base/bits.h"
#include "crypto/cert_internal.h"

#define SENT_MAX 32u               /* certificates of a peer that are looked at */
#define STEPS_MAX 2000u            /* of the search for paths */
#define JUDGEMENTS_MAX 48u         /* of whole paths */
#define SIGNATURES_MAX 100u        /* verified for them */
#define COMPARISONS_MAX (1u << 20) /* of names with nameConstraints */

struct search {
	const struct hf_trust *trust;
	const struct hf_cert_ask *ask;
	struct cert *sent[SENT_MAX];
	unsigned sents;
	struct cert_path path; /* as far as it is built */
	unsigned steps;
	struct hf_cert_work work;
	bool has_best;
	struct cert_verdict best;
	hf_status failed;
};

/* ---- which fault is told ---- */

/*
 * What is told first when there are several: whether it is what it should be at all, then what it may do, then when and for
 * whom. libcrypto finds no issuer for what breaks its format, so that comes behind what we have found ourselves.
 */
static const enum hf_cert_fault order[] = {
	HF_CERT_MALFORMED,      HF_CERT_BAD_SIGNATURE,    HF_CERT_UNSUPPORTED_CRITICAL,
	HF_CERT_NOT_A_CA,       HF_CERT_PATH_LENGTH,      HF_CERT_WEAK_KEY,
	HF_CERT_WEAK_HASH,      HF_CERT_NAME_CONSTRAINTS, HF_CERT_REVOKED,
	HF_CERT_EXPIRED,        HF_CERT_NOT_YET_VALID,    HF_CERT_WRONG_PURPOSE,
	HF_CERT_WRONG_NAME,     HF_CERT_CRL_MISSING,      HF_CERT_STAPLE_BAD,
	HF_CERT_STAPLE_MISSING, HF_CERT_UNKNOWN_ISSUER,   HF_CERT_OTHER,
};

static unsigned rank_of(const struct cert_ruling *r)
{
	unsigned n = sizeof(order) / sizeof(order[0]), i = 0;

	if (r->fault == HF_CERT_GOOD)
		return 3 * n;
	while (i < n && order[i] != r->fault)
		i++;
	return r->letter ? n + i : i;
}

void cert_verdict_note(struct cert_verdict *v, unsigned at, struct cert_ruling r)
{
	if (r.fault == HF_CERT_GOOD)
		return;
	if (rank_of(&r) < rank_of(&v->each[at]))
		v->each[at] = r;
	if (rank_of(&r) < rank_of(&v->ruling)) {
		v->ruling = r;
		v->at = at;
	}
}

/* ---- judging a path ---- */

static void apply_revocation(struct search *s, struct cert_verdict *v)
{
	const struct cert_path *path = &v->path;
	const struct cert *leaf = path->cert[0];

	for (unsigned i = 0; s->trust->crls > 0 && i + 1 < path->certs; i++)
		cert_verdict_note(v, i, cert_crl_look_up(s->trust, path->cert[i], path->cert[i + 1], s->ask->unix_s));
	if (path->certs < 2)
		return; /* trusted as it is: nobody else can say that it is not */
	if (s->ask->ocsp.len > 0)
		cert_verdict_note(v, 0, cert_ocsp_judge(s->ask->ocsp, leaf, path->cert[1], s->ask->unix_s));
	else if (s->ask->must_staple && leaf->must_staple)
		cert_verdict_note(
			v, 0, (struct cert_ruling){ HF_CERT_STAPLE_MISSING, X509_V_ERR_OCSP_VERIFY_NEEDED, NULL, false });
}

/* What libcrypto thinks of a path is a fact about its octets: asked once. */
static void apply_libcrypto(struct search *s, struct cert_verdict *v)
{
	struct cert_verdict its = { .path = v->path };

	if (cert_memory_knows_path(s->trust->memory, &v->path))
		return;
	s->work.signatures += v->path.certs - 1;
	s->failed = cert_chain_apply(&its);
	if (s->failed != HF_OK)
		return;
	if (its.ruling.fault == HF_CERT_GOOD)
		cert_memory_learn_path(s->trust->memory, &v->path);
	for (unsigned i = 0; i < v->path.certs; i++)
		cert_verdict_note(v, i, its.each[i]);
}

/* Can its signatures be checked at a price that is known? With other kinds of keys, and larger ones, the peer would name it. */
static bool has_bounded_keys(const struct cert_path *path)
{
	for (unsigned i = 1; i < path->certs; i++)
		if (!path->cert[i]->has_known_key || (path->cert[i]->is_rsa && !path->cert[i]->has_bounded_rsa))
			return false;
	return true;
}

/* By what costs little. False: more than that should not be spent on it. */
static bool judge_cheaply(struct search *s, struct cert_verdict *v)
{
	static const struct cert_ruling too_many = { HF_CERT_NAME_CONSTRAINTS, X509_V_ERR_UNSPECIFIED,
						     "it has more names, under more nameConstraints, than are compared here",
						     false };

	const uint64_t comparisons = cert_constraints_cost(&v->path);

	cert_rules_apply(v, s->ask);
	if (comparisons > COMPARISONS_MAX - s->work.comparisons) {
		cert_verdict_note(v, 0, too_many);
		return false;
	}
	s->work.comparisons += comparisons;
	cert_constraints_apply(v);
	return has_bounded_keys(&v->path) && (!s->has_best || rank_of(&v->ruling) > rank_of(&s->best.ruling));
}

/*
 * True when this path is good, or nothing more can be found out. Signatures come last but for revocation lists: these may be
 * long, and of an issuer that only claims its name they say nothing.
 */
static bool judge(struct search *s)
{
	struct cert_verdict v = { .path = s->path };

	if (s->work.paths == JUDGEMENTS_MAX || s->work.signatures > SIGNATURES_MAX)
		return true;
	s->work.paths++;
	if (!judge_cheaply(s, &v)) {
		HF_ASSERT(v.ruling.fault != HF_CERT_GOOD); /* whose signatures are not looked at is not good */
	} else {
		apply_libcrypto(s, &v);
		if (s->failed == HF_OK && v.ruling.fault != HF_CERT_BAD_SIGNATURE && v.ruling.fault != HF_CERT_MALFORMED)
			apply_revocation(s, &v);
	}
	if (!s->has_best || rank_of(&v.ruling) > rank_of(&s->best.ruling))
		s->best = v;
	s->has_best = true;
	return s->failed != HF_OK || v.ruling.fault == HF_CERT_GOOD;
}

/* ---- finding paths ---- */

static bool is_on(const struct cert_path *path, const struct cert *c)
{
	for (unsigned i = 0; i < path->certs; i++)
		if (cert_same(path->cert[i], c))
			return true;
	return false;
}

static bool go_on(struct search *s);

static bool step(struct search *s, struct cert *next, bool is_anchor)
{
	bool done;

	if (++s->steps > STEPS_MAX)
		return true;
	s->path.cert[s->path.certs++] = next;
	done = is_anchor ? judge(s) : go_on(s);
	s->path.certs--;
	return done;
}

/* True when the search is over. */
static bool go_on(struct search *s)
{
	const struct cert *last = s->path.cert[s->path.certs - 1];

	if (s->path.certs == CERT_PATH_MAX)
		return false;
	for (size_t i = 0; i < s->trust->anchors; i++) {
		struct cert *anchor = s->trust->anchor[i];

		if (cert_looks_issued_by(last, anchor) && cert_memory_finish(s->trust->memory, anchor) &&
		    cert_may_be_issued_by(last, anchor) && !is_on(&s->path, anchor) && step(s, anchor, true))
			return true;
	}
	for (unsigned i = 1; i < s->sents; i++)
		if (cert_may_be_issued_by(last, s->sent[i]) && !is_on(&s->path, s->sent[i]) && step(s, s->sent[i], false))
			return true;
	return false;
}

static const struct cert *find_anchor(const struct hf_trust *t, const struct cert *c)
{
	for (size_t i = 0; i < t->anchors; i++)
		if (cert_same(t->anchor[i], c))
			return t->anchor[i];
	return NULL;
}

static void find_paths(struct search *s)
{
	s->path = (struct cert_path){ .cert = { s->sent[0] }, .certs = 1 };
	if (find_anchor(s->trust, s->sent[0]) && judge(s))
		return;
	go_on(s);
}

/* ---- when no path was found ---- */

static bool has_issuer(const struct search *s, const struct cert *c)
{
	for (unsigned i = 0; i < s->sents; i++)
		if (s->sent[i] != c && cert_may_be_issued_by(c, s->sent[i]))
			return true;
	return false;
}

/*
 * Nothing but the leaf was sent, and its issuer is not one that is trusted: what is missing is in between. When issuers
 * were sent, the uppermost that they lead to is what is not trusted.
 */
static void explain_no_path(struct search *s, struct cert_verdict *v)
{
	const struct cert *leaf = s->sent[0];
	struct cert_ruling r = { HF_CERT_UNKNOWN_ISSUER, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, NULL, false };
	unsigned at = 0;

	if (leaf->self_issued && cert_may_be_issued_by(leaf, leaf))
		r = (struct cert_ruling){ HF_CERT_SELF_SIGNED, X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, NULL, false };
	else if (!has_issuer(s, leaf))
		r.fault = HF_CERT_MISSING_INTERMEDIATE;
	v->path.certs = s->sents < CERT_PATH_MAX ? s->sents : CERT_PATH_MAX;
	for (unsigned i = 0; i < v->path.certs; i++)
		v->path.cert[i] = s->sent[i];
	if (r.fault == HF_CERT_UNKNOWN_ISSUER)
		while (at + 1 < v->path.certs && cert_may_be_issued_by(s->sent[at], s->sent[at + 1]))
			at++;
	v->ruling = v->each[at] = r;
	v->at = at;
}

/* ---- the report ---- */

static void fill_report(const struct search *s, const struct cert_verdict *v, bool found, struct hf_cert_report *ret)
{
	const struct hf_cert_ask *ask = s->ask;

	*ret = (struct hf_cert_report){ .fault = v->ruling.fault,
					.libcrypto = v->ruling.libcrypto,
					.at = v->at,
					.certs = v->path.certs,
					.at_unix_s = ask->unix_s,
					.work = s->work };
	for (unsigned i = 0; i < v->path.certs; i++) {
		cert_memory_view(s->trust->memory, v->path.cert[i], &ret->cert[i]);
		ret->cert[i].from_trust = found && i + 1 == v->path.certs;
		ret->cert[i].fault = v->each[i].fault;
	}
	if (v->ruling.detail)
		snprintf(ret->detail, sizeof(ret->detail), "%s", v->ruling.detail);
	cert_text_put(ret->asked_name, sizeof(ret->asked_name), ask->name);
}

static hf_status read_sent(struct search *s, struct hf_cert_report *ret)
{
	const char *why;

	for (size_t i = 0; i < s->ask->certs && s->sents < SENT_MAX; i++) {
		hf_status st = cert_memory_read(s->trust->memory, s->ask->chain[i], &s->sent[s->sents], &why);

		if (st == HF_OK)
			s->sents++;
		else if (st == HF_FULL)
			return st;
		else if (i == 0) {
			*ret = (struct hf_cert_report){ .fault = HF_CERT_MALFORMED, .at_unix_s = s->ask->unix_s };
			snprintf(ret->detail, sizeof(ret->detail), "%s", why);
			cert_text_put(ret->asked_name, sizeof(ret->asked_name), s->ask->name);
			return HF_MALFORMED;
		}
		/* What is not the leaf may be of no use (RFC 8446 4.4.2): it is as if it had not been sent. */
	}
	return HF_OK;
}

hf_status hf_cert_check(const struct hf_trust *t, const struct hf_cert_ask *ask, struct hf_cert_report *ret)
{
	struct search s = { .trust = t, .ask = ask };
	hf_status st;

	if (ask->certs == 0)
		return HF_MALFORMED;
	st = read_sent(&s, ret);
	if (st == HF_OK) {
		find_paths(&s);
		st = s.failed;
	}
	if (st == HF_OK) {
		bool found = s.has_best;

		if (!found)
			explain_no_path(&s, &s.best);
		fill_report(&s, &s.best, found, ret);
		st = ret->fault == HF_CERT_GOOD ? HF_OK : HF_UNTRUSTED;
	}
	for (unsigned i = 0; i < s.sents; i++)
		cert_free(s.sent[i]);
	return crypto_failed(st);
}
