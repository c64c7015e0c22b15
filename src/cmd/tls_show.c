/* SPDX-License-Identifier: MIT */

/* --show of the TLS tools: what happened, in order, and of each message that went over the wire, encrypted or not, its fields. */
#include "cmd/tls.h"

#include "explain/cert_view.h"
#include "explain/tls_fold.h"
#include "explain/tls_view.h"
#include "wire/tls_wire.h"

#include <string.h>

#define INDENT 15u /* of fields: below the arrow */

/* Things that cross the wire have an arrow, all else happens here: the subject of such a sentence is this end. */
static const char *arrow_of(const struct hf_tls_record_told *r)
{
	switch (r->kind) {
	case HF_TLS_TOLD_MESSAGE:
	case HF_TLS_TOLD_RECORD:
	case HF_TLS_TOLD_CCS:
	case HF_TLS_TOLD_ALERT:
		return r->sent ? "-->" : "<--";
	default:
		return "   ";
	}
}

static bool has_fields(const struct hf_tls_record_told *r)
{
	return r->kind == HF_TLS_TOLD_MESSAGE || r->kind == HF_TLS_TOLD_ALERT;
}

static const char *keys_of(const struct hf_tls_record_told *r)
{
	static const char *const names[4] = { "", ", under the keys of early data", ", under the keys of the handshake",
					      ", under the keys of the data" };

	return has_fields(r) ? names[r->epoch & 3] : "";
}

/* What a Certificate holds, as far as it can be read; how many. */
static size_t look_at_chain(const struct hf_tls_message *m, struct hf_cert_view to[HF_CERT_REPORT_CERTS])
{
	const struct hf_bytes body = { m->octets.at + TLS_MESSAGE_HEADER, m->octets.len - TLS_MESSAGE_HEADER };
	const bool tls13 = m->told.version == HF_TLS_1_3;
	struct tls_certificate_entry e;
	struct tls_certificate_13 whole;
	struct hf_cert_trouble trouble;
	struct hf_bytes *left = &whole.entries;
	size_t n = 0;

	if (m->told.x != TLS_CERTIFICATE || m->octets.len != m->told.len ||
	    (tls13 ? tls_certificate_13_parse(body, &whole) : tls_certificate_12_parse(body, left)) != HF_OK)
		return 0;
	while (n < HF_CERT_REPORT_CERTS &&
	       (tls13 ? tls_certificate_13_next(left, &e) : tls_certificate_12_next(left, &e.cert)) &&
	       hf_cert_look(e.cert, &to[n], &trouble) == HF_OK)
		n++;
	return n;
}

static void add_chain(struct text *to, const struct hf_tls_message *m)
{
	struct hf_cert_view chain[HF_CERT_REPORT_CERTS];
	const size_t n = look_at_chain(m, chain);

	for (size_t i = 0; i < n; i++) {
		text_fill(to, ' ', INDENT + 2);
		text_addf(to, "certificate %zu in words: %s", i + 1, chain[i].subject);
		if (chain[i].names[0])
			text_addf(to, ", for %s", chain[i].names);
		text_addf(to, ", %s, issued by %s, good until ", chain[i].key, chain[i].issuer);
		text_add_utc(to, chain[i].not_after);
		text_add(to, "\n");
	}
}

/* The first line is the heading, which stands above already. */
static void add_fields(struct text *to, const struct hf_tls_message *m, const struct look *look)
{
	struct look narrow = *look;
	struct text fields;
	const char *line;

	text_init(&fields);
	narrow.columns -= INDENT;
	if (m->told.kind == HF_TLS_TOLD_ALERT)
		tls_view_alert_dump(&fields, m->octets, &narrow);
	else
		tls_view_dump(&fields, m->octets, m->told.version == HF_TLS_1_3, &narrow);
	for (line = strchr(text_str(&fields), '\n'); line && line[1]; line = strchr(line + 1, '\n')) {
		text_fill(to, ' ', INDENT);
		text_add_n(to, line + 1, strcspn(line + 1, "\n") + 1);
	}
	text_free(&fields);
	if (m->told.kind == HF_TLS_TOLD_MESSAGE)
		add_chain(to, m);
}

/* m NULL: there is none behind this record, or it had no room. */
static void add_text(struct text *to, const struct talk *t, uint64_t id, const struct hf_tls_record_told *r,
		     const struct hf_tls_message *m)
{
	const struct look look = look_of(stderr);

	if (r->kind == HF_TLS_TOLD_KEYS && !r->sent)
		return; /* of keys the end tells that writes with them */
	text_addf(to, "%10.3fms ", (double)(r->at - t->started) / 1e6);
	if (id)
		text_addf(to, "#%llu ", (unsigned long long)id);
	text_addf(to, "%s ", arrow_of(r));
	tls_told_add_sentence(to, r);
	text_addf(to, "%s (RFC %s)\n", keys_of(r), tls_told_rfc(r));
	if (m && has_fields(r))
		add_fields(to, m, &look);
	else if (has_fields(r))
		text_addf(to, "%*s(too much at once to be shown)\n", (int)INDENT, "");
}

static void add_json(struct text *to, const struct talk *t, uint64_t id, const struct hf_tls_record_told *r,
		     const struct hf_tls_message *m)
{
	struct json j = json_over(to);

	j.one_line = true;
	json_object(&j);
	json_put_string(&j, "what", "tls");
	if (id)
		json_put_u64(&j, "connection", id);
	json_put_u64(&j, "at_ns", r->at - t->started);
	tls_told_put(&j, r);
	if (has_fields(r)) {
		json_key(&j, "message");
		if (!m)
			json_null(&j);
		else if (r->kind == HF_TLS_TOLD_ALERT)
			tls_view_alert_json(&j, m->octets);
		else
			tls_view_json(&j, m->octets, r->version == HF_TLS_1_3);
	}
	if (m && r->kind == HF_TLS_TOLD_MESSAGE && r->x == TLS_CERTIFICATE) {
		struct hf_cert_view chain[HF_CERT_REPORT_CERTS];

		json_key(&j, "certificates");
		cert_view_list_json(&j, chain, look_at_chain(m, chain));
	}
	json_object_end(&j);
}

void tls_show(const struct tls_options *o, struct talk *t, uint64_t id)
{
	FILE *to = o->json ? stdout : stderr;
	struct hf_tls_record_told r;
	const struct hf_tls_message *m;
	struct talk_news news;
	struct text text;

	if (!o->show)
		return;
	text_init(&text);
	news = talk_news(t);
	while (talk_told(t, &news, &r, &m))
		(o->json ? add_json : add_text)(&text, t, id, &r, m);
	if (text.len > 0)
		fputs(text_str(&text), to);
	text_free(&text);
}
