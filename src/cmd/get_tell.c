/* SPDX-License-Identifier: MIT */
/* What `handfast get` says of an exchange: one sentence when it fails, a line while it goes on, JSON when asked for. */
#define _GNU_SOURCE
#include "cmd/get.h"
#include "explain/cert_view.h"
#include "explain/table.h"
#include "wire/addr.h"
#include "wire/tls_wire.h"

#include <stdarg.h>
#include <unistd.h>

/* "1234 of 5000 octets", "1234 octets" */
static const char *amount(const struct get *g, char *to, size_t room)
{
	if (g->has_length)
		snprintf(to, room, "%llu of %llu octets", (unsigned long long)g->body, (unsigned long long)g->length);
	else
		snprintf(to, room, "%llu octets", (unsigned long long)g->body);
	return to;
}

static const char *address(const struct get *g, char to[HF_ADDR_TEXT])
{
	addr_format(&g->o.url.addr, to);
	return to;
}

static void fail_connecting(struct get *g, hf_status why)
{
	const bool kernel = g->streams.kernel;
	char addr[HF_ADDR_TEXT];

	address(g, addr);
	switch (why) {
	case HF_REFUSED:
		get_fail(g, why, "nothing listens at that port (RST answered our SYN)");
		break;
	case HF_NO_ROUTE:
		get_fail(g, why, "no route leads to %s%s", addr, kernel ? "" : " (gw= or gw6= in --net names the router)");
		break;
	case HF_UNREACHABLE:
		get_fail(g, why, "%s cannot be reached (the network, or nobody at that address, says so)", addr);
		break;
	case HF_TIMED_OUT:
		if (kernel)
			get_fail(g, why, "no answer from %s in time", addr);
		else
			get_fail(g, why, "no answer from %s in time (our SYN was sent %u times)", addr,
				 g->info.retransmits + 1);
		break;
	case HF_NOT_OURS:
		get_fail(g, HF_NO_ROUTE, "no address of ours can be used towards %s%s", addr,
			 kernel ? "" : " (addr= or addr6= in --net gives one)");
		break;
	default:
		get_fail(g, why, "no connection: %s", hf_status_sentence(why));
		break;
	}
}

void get_tell_end_of_connection(struct get *g, hf_status why)
{
	char n[64];

	amount(g, n, sizeof(n));
	if (g->phase == GET_CONNECTING) {
		fail_connecting(g, why);
	} else if (why == HF_RESET && g->phase == GET_SECURING) {
		get_fail(g, why, "the other side reset the connection in the middle of the TLS handshake");
	} else if (why == HF_RESET && g->phase == GET_WAITING) {
		get_fail(g, why, "the other side reset the connection before it answered");
	} else if (why == HF_RESET) {
		get_fail(g, why, "the other side reset the connection after %s of the body", n);
	} else if (why == HF_TIMED_OUT) {
		get_fail(g, why, "the other side does not acknowledge any more (%s of the body came)", n);
	} else if (why == HF_UNREACHABLE || why == HF_NO_ROUTE) {
		get_fail(g, why, "the way to the other side broke (%s of the body came)", n);
	} else {
		get_fail(g, why, "the connection ended early: %s", hf_status_sentence(why));
	}
}

void get_tell_trace(const struct get *g, const char *rfc, const char *format, ...)
{
	va_list args;

	if (!g->o.trace)
		return;
	fprintf(stderr, "%10.3fms ", (double)(g->streams.now - g->streams.loop.trace_start) / 1e6);
	if (g->info.id)
		fprintf(stderr, "#%u ", g->info.id);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fprintf(stderr, " (RFC %s)\n", rfc);
}

static void put_size(char *to, size_t room, double octets)
{
	static const char *const units[] = { "B", "kB", "MB", "GB", "TB" };
	size_t u = 0;

	while (octets >= 1000 && u + 1 < sizeof(units) / sizeof(units[0])) {
		octets /= 1000;
		u++;
	}
	snprintf(to, room, u ? "%.1f %s" : "%.0f %s", octets, units[u]);
}

void get_tell_progress(struct get *g)
{
	double seconds = (double)(g->streams.now - g->started) / 1e9;
	char have[32], all[32], rate[32];

	put_size(have, sizeof(have), (double)g->body);
	put_size(all, sizeof(all), (double)g->length);
	put_size(rate, sizeof(rate), (double)g->body / seconds);
	if (g->phase == GET_LOOKING)
		fprintf(stderr, "\rlooking up %s, %.0f s\033[K", g->o.host, seconds);
	else if (g->phase == GET_CONNECTING)
		fprintf(stderr, "\rconnecting, %.0f s\033[K", seconds);
	else if (g->phase == GET_SECURING)
		fprintf(stderr, "\rTLS handshake, %.0f s\033[K", seconds);
	else if (g->phase == GET_WAITING)
		fprintf(stderr, "\rwaiting for the answer, %.0f s\033[K", seconds);
	else if (g->has_length)
		fprintf(stderr, "\r%s of %s, %s/s\033[K", have, all, rate);
	else
		fprintf(stderr, "\r%s, %s/s\033[K", have, rate);
	fflush(stderr);
}

static void put_since(struct json *j, const char *key, const struct get *g, hf_time_ns at)
{
	json_key(j, key);
	if (at)
		json_u64(j, at - g->started);
	else
		json_null(j);
}

static void put_fields(struct json *j, const struct get *g)
{
	json_key(j, "fields");
	json_array(j);
	for (size_t i = 0; g->status && i < g->head.fields; i++) {
		json_array(j);
		json_string_n(j, (const char *)g->head.field[i].name.at, g->head.field[i].name.len);
		json_string_n(j, (const char *)g->head.field[i].value.at, g->head.field[i].value.len);
		json_array_end(j);
	}
	json_array_end(j);
}

/* ---- TLS ---- */

void get_tell_trust(const struct get *g)
{
	const struct hf_cert_report *r = g->tls.talk.secure.report;
	const struct look look = look_of(stderr);
	struct text t;

	if (!r || r->fault == HF_CERT_GOOD)
		return;
	if (g->o.secure.insecure)
		cmd_say(CMD_get,
			"%s: NOT VERIFIED: anybody could have answered. %s (%s%s%s), and --insecure went on all the same",
			g->o.url_text, hf_cert_fault_sentence(r->fault), hf_cert_fault_code(r->fault),
			r->detail[0] ? ": " : "", r->detail);
	if (g->o.quiet || g->o.json)
		return;
	text_init(&t);
	cert_view_report(&t, r, &look);
	fputs(text_str(&t), stderr);
	text_free(&t);
}

static void put_name(struct json *j, const char *key, unsigned number, const char *name)
{
	json_put_string(j, key, number ? name : NULL);
}

static void put_tls(struct json *j, const struct get *g)
{
	static const char *const ends[] = {
		[TALK_OPEN] = "open",     [TALK_CLOSED] = "close_notify",
		[TALK_TRUNCATED] = "fin", /* without close_notify */
		[TALK_FAILED] = "failed", [TALK_BROKEN] = "broken",
	};
	const struct hf_tls_info *i = &g->tls.talk.info;
	const struct hf_cert_report *r = g->tls.talk.secure.report;

	json_object(j);
	put_name(j, "version", i->version, tls_version_name(i->version));
	put_name(j, "suite", i->suite, tls_suite_name(i->suite));
	put_name(j, "group", i->group, tls_group_name(i->group));
	put_name(j, "signature", i->peer_scheme, tls_scheme_name(i->peer_scheme));
	json_key(j, "alpn");
	if (i->alpn.len > 0)
		json_string_n(j, (const char *)i->alpn.at, i->alpn.len);
	else
		json_null(j);
	json_put_string(j, "name", g->o.host);
	json_put_bool(j, "resumed", i->resumed);
	json_put_bool(j, "hello_retried", i->hello_retried);
	json_put_bool(j, "rsa_key_transport", i->rsa_key_transport);
	json_put_bool(j, "verified", r && r->fault == HF_CERT_GOOD);
	json_put_bool(j, "insecure", g->o.secure.insecure);
	put_since(j, "handshake_ended_ns", g, g->tls.talk.connected_at);
	json_put_string(j, "end", ends[g->tls.talk.end]);
	put_name(j, "alert_sent", i->has_alert_sent, tls_alert_name(i->alert_sent));
	put_name(j, "alert_received", i->has_alert_received, tls_alert_name(i->alert_received));
	json_put_string(j, "why", i->why_code);
	json_key(j, "certificate");
	if (r)
		cert_view_report_json(j, r);
	else
		json_null(j);
	json_object_end(j);
}

void get_tell_json(const struct get *g, int code)
{
	struct text t;
	struct json j;

	text_init(&t);
	j = json_over(&t);
	json_object(&j);
	json_put_string(&j, "url", g->o.url_text);
	json_key(&j, "status");
	if (g->status)
		json_u64(&j, g->status);
	else
		json_null(&j);
	put_fields(&j, g);
	json_put_u64(&j, "body_octets", g->body);
	json_key(&j, "body_octets_promised");
	if (g->has_length)
		json_u64(&j, g->length);
	else
		json_null(&j);
	json_put_bool(&j, "whole", g->phase == GET_WHOLE);
	put_since(&j, "connected_ns", g, g->connected);
	put_since(&j, "first_octet_ns", g, g->first_octet);
	put_since(&j, "total_ns", g, g->ended);
	json_put_string(&j, "error", g->why == HF_OK ? NULL : hf_status_name(g->why));
	json_put_string(&j, "sentence", g->why == HF_OK ? NULL : g->sentence);
	json_put_u64(&j, "exit", (uint64_t)code);
	json_key(&j, "connection");
	if (g->has_conn && !g->streams.kernel) /* whose TCP has no figures for us */
		table_state_json(&j, &g->info);
	else
		json_null(&j);
	json_key(&j, "tls");
	if (g->tls.used)
		put_tls(&j, g);
	else
		json_null(&j);
	json_object_end(&j);
	fputs(text_str(&t), stdout);
	text_free(&t);
}
