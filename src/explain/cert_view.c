/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "explain/cert_view.h"

#include "base/bits.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

#define LABEL 12u

/* What is drawn, for whom, and as of when. */
struct drawing {
	struct text *out;
	const struct look *look;
	const char *stem; /* in front of each line of a certificate */
	uint64_t at_unix_s;
};

enum tone { PLAIN, BOLD, RED, GREEN };

static void add_toned(const struct drawing *d, enum tone tone, const char *s)
{
	static const char *const on[] = { [PLAIN] = "", [BOLD] = "\033[1m", [RED] = "\033[1;31m", [GREEN] = "\033[32m" };

	text_addf(d->out, "%s%s%s", d->look->colour ? on[tone] : "", s, d->look->colour && tone != PLAIN ? "\033[0m" : "");
}

/* ---- times ---- */

static bool split_time(uint64_t unix_s, struct tm *ret)
{
	time_t t = (time_t)unix_s;

	return unix_s <= INT64_MAX / 2 && gmtime_r(&t, ret) != NULL;
}

void text_add_utc(struct text *t, uint64_t unix_s)
{
	struct tm tm;

	if (!split_time(unix_s, &tm))
		text_addf(t, "%" PRIu64 " s after 1970", unix_s);
	else
		text_addf(t, "%04d-%02d-%02d %02d:%02d:%02d UTC", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday,
			  tm.tm_hour, tm.tm_min, tm.tm_sec);
}

void text_add_span(struct text *t, uint64_t seconds)
{
	static const struct {
		uint64_t seconds;
		const char *name;
	} units[] = { { 365 * 86400, "year" }, { 86400, "day" }, { 3600, "hour" }, { 60, "minute" }, { 1, "second" } };
	size_t i = 0;
	uint64_t n;

	while (i + 1 < HF_ARRAY_LEN(units) && seconds < units[i].seconds)
		i++;
	n = seconds / units[i].seconds;
	text_addf(t, "%" PRIu64 " %s%s", n, units[i].name, n == 1 ? "" : "s");
}

static void add_validity(struct text *t, const struct hf_cert_view *c, uint64_t now)
{
	text_add_utc(t, c->not_before);
	text_add(t, " to ");
	text_add_utc(t, c->not_after);
	if (now > c->not_after) {
		text_add(t, ", expired ");
		text_add_span(t, now - c->not_after);
		text_add(t, " ago");
	} else if (now < c->not_before) {
		text_add(t, ", begins in ");
		text_add_span(t, c->not_before - now);
	} else {
		text_add(t, ", ");
		text_add_span(t, c->not_after - now);
		text_add(t, " left");
	}
}

/* ---- one certificate ---- */

/* A text behind its label, wrapped under itself. */
static void add_row(const struct drawing *d, const char *label, const char *value, enum tone tone)
{
	unsigned indent = (unsigned)strlen(d->stem) + LABEL;
	struct text wrapped;
	const char *line;
	bool first = true;

	text_init(&wrapped);
	text_wrap(&wrapped, value, 0, d->look->columns > indent + 20 ? d->look->columns - indent : 20);
	for (line = text_str(&wrapped); *line; first = false) {
		size_t n = strcspn(line, "\n");
		struct text one;

		text_add(d->out, d->stem);
		text_addf(d->out, "%-*s", (int)LABEL, first ? label : "");
		text_init(&one);
		text_add_n(&one, line, n);
		add_toned(d, tone, text_str(&one));
		text_add(d->out, "\n");
		text_free(&one);
		line += n + (line[n] == '\n');
	}
	text_free(&wrapped);
}

static void add_hex(struct text *t, const uint8_t *at, size_t n)
{
	for (size_t i = 0; i < n; i++)
		text_addf(t, "%02x", at[i]);
}

static void add_certificate(const struct drawing *d, const struct hf_cert_view *c)
{
	struct text t;

	text_init(&t);
	add_row(d, "subject", c->subject[0] ? c->subject : "(empty)", PLAIN);
	if (c->names[0])
		add_row(d, "names", c->names, PLAIN);
	add_row(d, "issuer", c->self_signed ? "itself" : c->issuer[0] ? c->issuer : "(empty)", PLAIN);
	add_validity(&t, c, d->at_unix_s);
	add_row(d, "valid", text_str(&t), d->at_unix_s < c->not_before || d->at_unix_s > c->not_after ? RED : PLAIN);
	text_clear(&t);
	text_addf(&t, "%s%s", c->key, c->is_ca ? ", may sign certificates" : "");
	add_row(d, "key", text_str(&t), PLAIN);
	add_row(d, "signature", c->signature, PLAIN);
	add_row(d, "serial", c->serial, PLAIN);
	text_clear(&t);
	add_hex(&t, c->sha256, sizeof(c->sha256));
	add_row(d, "sha-256", text_str(&t), PLAIN);
	if (c->fault != HF_CERT_GOOD) {
		text_clear(&t);
		text_addf(&t, "%s: %s", hf_cert_fault_code(c->fault), hf_cert_fault_sentence(c->fault));
		add_row(d, "WRONG", text_str(&t), RED);
	}
	text_free(&t);
}

/* ---- a chain ---- */

static const char *role_of(const struct hf_cert_view *c, bool first)
{
	if (first)
		return c->is_ca ? "an authority in the place of the leaf" : "the leaf";
	return c->self_signed ? "a root"
	       : c->is_ca     ? "an intermediate authority"
			      : "a certificate that is no authority";
}

static void add_heading(const struct drawing *d, const struct hf_cert_view *c, bool first, bool follows)
{
	struct text t;

	text_init(&t);
	text_addf(&t, "%s%s, %s",
		  first     ? ""
		  : follows ? "signed by "
			    : "then ",
		  role_of(c, first), c->from_trust ? "from the trust store" : "as it was sent");
	text_add(d->out, "+-- ");
	add_toned(d, BOLD, text_str(&t));
	text_add(d->out, "\n");
	text_free(&t);
}

static void add_chain(struct drawing *d, const struct hf_cert_view *certs, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		bool last = i + 1 == n;

		add_heading(d, &certs[i], i == 0, i > 0 && strcmp(certs[i - 1].issuer, certs[i].subject) == 0);
		d->stem = last ? "    " : "|   ";
		add_certificate(d, &certs[i]);
		if (!last)
			text_add(d->out, "|\n");
	}
}

static void add_paragraph(const struct drawing *d, const char *label, const char *value)
{
	struct drawing plain = *d;

	plain.stem = "";
	if (value[0])
		add_row(&plain, label, value, PLAIN);
}

/* A text from the left edge on; each line has the colour to itself, as pagers want it. */
static void add_lines(const struct drawing *d, const char *s, enum tone tone)
{
	struct text wrapped;

	text_init(&wrapped);
	text_wrap(&wrapped, s, 0, d->look->columns);
	for (char *line = wrapped.at; line && *line;) {
		char *end = strchr(line, '\n');

		if (end)
			*end = '\0';
		add_toned(d, tone, line);
		text_add(d->out, "\n");
		line = end ? end + 1 : NULL;
	}
	text_free(&wrapped);
}

static void add_verdict(const struct drawing *d, const struct hf_cert_report *r)
{
	struct text t;

	text_init(&t);
	if (r->fault == HF_CERT_GOOD) {
		text_addf(&t, "TRUSTED: %s%s%s", hf_cert_fault_sentence(r->fault), r->asked_name[0] ? ", for " : "",
			  r->asked_name);
		add_toned(d, GREEN, text_str(&t));
		text_add(d->out, "\n");
	} else {
		text_addf(&t, "NOT TRUSTED (%s): %s", hf_cert_fault_code(r->fault), hf_cert_fault_sentence(r->fault));
		add_lines(d, text_str(&t), RED);
		if (r->at < r->certs) {
			text_clear(&t);
			text_addf(&t, "certificate %u of %u, %s", r->at + 1, r->certs,
				  r->cert[r->at].subject[0] ? r->cert[r->at].subject : r->cert[r->at].names);
			add_paragraph(d, "which", text_str(&t));
		}
		add_paragraph(d, "in detail", r->detail);
		if (r->fault == HF_CERT_WRONG_NAME) {
			text_clear(&t);
			text_addf(&t, "%s was asked for; it has %s", r->asked_name,
				  r->certs > 0 && r->cert[0].names[0] ? r->cert[0].names : "no names");
			add_paragraph(d, "names", text_str(&t));
		}
		add_paragraph(d, "what to do", hf_cert_fault_advice(r->fault));
		if (r->libcrypto) {
			text_clear(&t);
			text_addf(&t, "error %d, as openssl verify counts them", r->libcrypto);
			add_paragraph(d, "libcrypto", text_str(&t));
		}
	}
	text_free(&t);
}

void cert_view_report(struct text *out, const struct hf_cert_report *r, const struct look *look)
{
	struct drawing d = { .out = out, .look = look, .stem = "", .at_unix_s = r->at_unix_s };

	add_chain(&d, r->cert, r->certs);
	if (r->certs > 0)
		text_add(out, "\n");
	add_verdict(&d, r);
}

void cert_view_list(struct text *out, const struct hf_cert_view *certs, size_t n, uint64_t at_unix_s, const struct look *look)
{
	struct drawing d = { .out = out, .look = look, .stem = "", .at_unix_s = at_unix_s };

	add_chain(&d, certs, n);
}

/* ---- for programs ---- */

static void put_time(struct json *j, const char *key, uint64_t unix_s)
{
	struct text t;
	struct tm tm;

	text_init(&t);
	if (split_time(unix_s, &tm))
		text_addf(&t, "%04d-%02d-%02dT%02d:%02d:%02dZ", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday,
			  tm.tm_hour, tm.tm_min, tm.tm_sec);
	json_put_string(j, key, text_str(&t));
	text_free(&t);
}

static void put_certificate(struct json *j, const struct hf_cert_view *c)
{
	struct text t;

	text_init(&t);
	json_object(j);
	json_put_string(j, "subject", c->subject);
	json_put_string(j, "issuer", c->issuer);
	json_put_string(j, "names", c->names);
	put_time(j, "not_before", c->not_before);
	put_time(j, "not_after", c->not_after);
	json_put_u64(j, "not_before_unix", c->not_before);
	json_put_u64(j, "not_after_unix", c->not_after);
	json_put_string(j, "key", c->key);
	json_put_string(j, "signature", c->signature);
	json_put_string(j, "serial", c->serial);
	add_hex(&t, c->sha256, sizeof(c->sha256));
	json_put_string(j, "sha256", text_str(&t));
	json_put_string(j, "from", c->from_trust ? "store" : "sent");
	json_put_bool(j, "is_ca", c->is_ca);
	json_put_bool(j, "self_signed", c->self_signed);
	json_put_string(j, "fault", hf_cert_fault_code(c->fault));
	json_object_end(j);
	text_free(&t);
}

void cert_view_list_json(struct json *j, const struct hf_cert_view *certs, size_t n)
{
	json_array(j);
	for (size_t i = 0; i < n; i++)
		put_certificate(j, &certs[i]);
	json_array_end(j);
}

void cert_view_report_json(struct json *j, const struct hf_cert_report *r)
{
	json_object(j);
	json_put_bool(j, "trusted", r->fault == HF_CERT_GOOD);
	json_put_string(j, "fault", hf_cert_fault_code(r->fault));
	json_put_string(j, "sentence", hf_cert_fault_sentence(r->fault));
	json_put_string(j, "detail", r->detail);
	json_put_string(j, "advice", hf_cert_fault_advice(r->fault));
	json_put_u64(j, "alert", hf_cert_fault_alert(r->fault));
	json_key(j, "libcrypto");
	json_i64(j, r->libcrypto);
	json_put_u64(j, "at", r->at);
	json_put_string(j, "name", r->asked_name);
	put_time(j, "time", r->at_unix_s);
	json_put_u64(j, "time_unix", r->at_unix_s);
	json_put_u64(j, "paths_judged", r->work.paths);
	json_put_u64(j, "signatures_verified", r->work.signatures);
	json_put_u64(j, "names_compared", r->work.comparisons);
	json_key(j, "chain");
	cert_view_list_json(j, r->cert, r->certs);
	json_object_end(j);
}
