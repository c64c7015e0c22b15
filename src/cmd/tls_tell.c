/* SPDX-License-Identifier: MIT */

/* What the TLS tools tell of a connection: one line, JSON, a page. */
#include "cmd/tls.h"

#include "explain/cert_view.h"
#include "explain/table.h"
#include "wire/tls_wire.h"

#include <string.h>

static const char *early_name(enum hf_tls_early e)
{
	static const char *const names[] = {
		[HF_TLS_EARLY_NONE] = "none",
		[HF_TLS_EARLY_OFFERED] = "offered",
		[HF_TLS_EARLY_ACCEPTED] = "accepted",
		[HF_TLS_EARLY_REJECTED] = "rejected",
	};

	return names[e];
}

static const char *end_name(const struct talk *t)
{
	switch (t->end) {
	case TALK_OPEN:
		return "left";
	case TALK_CLOSED:
		return "closed";
	case TALK_TRUNCATED:
		return "truncated";
	case TALK_FAILED:
		return "failed";
	case TALK_BROKEN:
		return t->why == HF_RESET ? "reset" : "broken";
	}
	return "";
}

/* The scheme of the server's signature, or of the only one there was. */
static uint16_t main_scheme(const struct hf_tls_info *i)
{
	const uint16_t first = i->server ? i->scheme : i->peer_scheme;

	return first ? first : i->server ? i->peer_scheme : i->scheme;
}

static void add_certificate(struct text *out, const struct talk *t)
{
	const struct hf_cert_report *r = t->secure.report;

	if (r && r->fault == HF_CERT_GOOD)
		text_add(out, t->info.server ? "client's certificate good" : "certificate good");
	else if (r)
		text_addf(out, "%scertificate NOT TRUSTED (%s)", t->info.server ? "client's " : "",
			  hf_cert_fault_code(r->fault));
	else if (t->info.resumed)
		text_add(out, "resumed");
	else if (t->info.server)
		text_add(out, "no client certificate");
	else
		text_add(out, "certificate not judged");
}

void tls_tell_summary(struct text *out, const struct talk *t)
{
	const struct hf_tls_info *i = &t->info;

	text_addf(out, "%s, %s, ", tls_version_name(i->version), tls_suite_name(i->suite));
	if (i->group)
		text_addf(out, "%s, ", tls_group_name(i->group));
	if (i->rsa_key_transport)
		text_add(out, "RSA key transport, ");
	if (main_scheme(i))
		text_addf(out, "%s, ", tls_scheme_name(main_scheme(i)));
	add_certificate(out, t);
	if (i->hello_retried)
		text_add(out, ", after a retry");
	if (i->stapled)
		text_add(out, ", stapled");
	if (i->alpn.len > 0)
		text_addf(out, ", ALPN %.*s", (int)i->alpn.len, (const char *)i->alpn.at);
	if (i->early != HF_TLS_EARLY_NONE)
		text_addf(out, ", early data %s", early_name(i->early));
}

void tls_tell_end(struct text *out, const struct talk *t)
{
	switch (t->end) {
	case TALK_OPEN:
		text_add(out, "left");
		break;
	case TALK_CLOSED:
		text_add(out, "closed by the other side with close_notify: all it sent is here");
		break;
	case TALK_BROKEN:
		text_addf(out, "%s%s", hf_status_sentence(t->why),
			  t->connected ? ": what came may be cut short" : ", in the middle of the TLS handshake");
		break;
	case TALK_TRUNCATED:
	case TALK_FAILED:
		text_add(out, t->sentence);
		break;
	}
}

/* ---- JSON ---- */

static void put_name(struct json *j, const char *key, unsigned number, const char *name)
{
	json_key(j, key);
	if (number)
		json_string(j, name);
	else
		json_null(j);
}

static void put_alert(struct json *j, const char *key, bool there, unsigned number)
{
	json_key(j, key);
	if (there)
		json_string(j, tls_alert_name(number));
	else
		json_null(j);
}

static void put_agreed(struct json *j, const struct talk *t)
{
	const struct hf_tls_info *i = &t->info;

	put_name(j, "version", i->version, tls_version_name(i->version));
	put_name(j, "suite", i->suite, tls_suite_name(i->suite));
	put_name(j, "group", i->group, tls_group_name(i->group));
	put_name(j, "signature", i->scheme, tls_scheme_name(i->scheme));
	put_name(j, "peer_signature", i->peer_scheme, tls_scheme_name(i->peer_scheme));
	json_key(j, "name");
	if (t->name[0])
		json_string(j, t->name);
	else
		json_null(j);
	json_key(j, "alpn");
	if (i->alpn.len > 0)
		json_string_n(j, (const char *)i->alpn.at, i->alpn.len);
	else
		json_null(j);
	json_put_bool(j, "resumed", i->resumed);
	json_put_bool(j, "hello_retried", i->hello_retried);
	json_put_string(j, "early_data", early_name(i->early));
	json_put_bool(j, "rsa_key_transport", i->rsa_key_transport);
	json_put_bool(j, "extended_master_secret", i->extended_master_secret);
	json_put_bool(j, "secure_renegotiation", i->secure_renegotiation);
	json_put_bool(j, "stapled", i->stapled);
	json_put_bool(j, "peer_certificate", i->peer_certificate);
	json_key(j, "certificate");
	if (t->secure.report)
		cert_view_report_json(j, t->secure.report);
	else
		json_null(j);
	json_put_bool(j, "insecure", t->secure.side->options.insecure);
}

static void put_traffic(struct json *j, const struct talk *t)
{
	const struct hf_tls_info *i = &t->info;

	json_put_u64(j, "record_octets_send", i->max_send);
	json_put_u64(j, "record_octets_receive", i->max_receive);
	json_put_u64(j, "records_sent", i->records_sent);
	json_put_u64(j, "records_received", i->records_received);
	json_put_u64(j, "octets_sent", t->sent);
	json_put_u64(j, "octets_received", t->received);
	json_put_u64(j, "key_updates_sent", i->key_updates_sent);
	json_put_u64(j, "key_updates_received", i->key_updates_received);
	put_alert(j, "alert_sent", i->has_alert_sent, i->alert_sent);
	put_alert(j, "alert_received", i->has_alert_received, i->alert_received);
}

void tls_tell_json(struct json *j, const struct talk *t, int code)
{
	const struct hf_tls_info *i = &t->info;
	struct text text;

	text_init(&text);
	text_add_endpoint(&text, &t->stream.remote);
	json_object(j);
	json_put_string(j, "remote", text_str(&text));
	json_put_bool(j, "connected", t->connected);
	json_key(j, "handshake_ns");
	if (t->connected)
		json_u64(j, t->connected_at - t->started);
	else
		json_null(j);
	put_agreed(j, t);
	put_traffic(j, t);
	json_put_string(j, "end", end_name(t));
	json_put_string(j, "state", i->state);
	json_put_string(j, "why", i->why_code);
	json_put_string(j, "why_rfc", i->why_rfc);
	text_clear(&text);
	tls_tell_end(&text, t);
	json_put_string(j, "sentence", text_str(&text));
	if (code >= 0)
		json_put_u64(j, "exit", (uint64_t)code);
	json_object_end(j);
	text_free(&text);
}

/* ---- the page of --http ---- */

static void add_line(struct text *out, const char *name, const char *value)
{
	text_addf(out, "%-20s %s\n", name, value && value[0] ? value : "none");
}

void tls_tell_page(struct text *out, const struct talk *t)
{
	const struct hf_tls_info *i = &t->info;
	const struct hf_cert_report *r = t->secure.report;
	char alpn[256] = "";

	if (i->alpn.len > 0)
		snprintf(alpn, sizeof(alpn), "%.*s", (int)i->alpn.len, (const char *)i->alpn.at);
	add_line(out, "version", tls_version_name(i->version));
	add_line(out, "suite", tls_suite_name(i->suite));
	add_line(out, "group", i->group ? tls_group_name(i->group) : "none: RSA key transport");
	add_line(out, "signature", i->scheme ? tls_scheme_name(i->scheme) : NULL);
	add_line(out, "resumed", i->resumed ? "yes" : "no");
	add_line(out, "hello retried", i->hello_retried ? "yes" : "no");
	add_line(out, "early data", early_name(i->early));
	add_line(out, "server name", t->name);
	add_line(out, "ALPN", alpn);
	add_line(out, "client certificate", r && r->certs > 0 ? r->cert[0].subject : NULL);
	if (r)
		add_line(out, "its check", hf_cert_fault_code(r->fault));
	if (i->peer_scheme)
		add_line(out, "client's signature", tls_scheme_name(i->peer_scheme));
	if (i->version == HF_TLS_1_2)
		add_line(out, "extended master secret", i->extended_master_secret ? "yes" : "no");
	text_addf(out, "%-20s %u octets to you, %u from you\n", "record size", i->max_send, i->max_receive);
}
