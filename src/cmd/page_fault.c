/* SPDX-License-Identifier: MIT */

/* Why a connection did not come about, or ended: what the net says, as codes of the report. */
#include "cmd/page.h"

#include "explain/cert_view.h"
#include "wire/addr.h"
#include "wire/tls_wire.h"

#include <string.h>

static const char *endpoint(const struct page_conn *c, const struct hf_addr *a, char to[HF_ADDR_TEXT + 8])
{
	char addr[HF_ADDR_TEXT];

	addr_format(a, addr);
	snprintf(to, HF_ADDR_TEXT + 8, addr_is_ip4(a) ? "%s:%u" : "[%s]:%u", addr, c->port);
	return to;
}

/* The last thing that was told of it: that is what caused the fault. */
static uint32_t last_event(const struct page_load *p, uint32_t conn, enum report_layer layer)
{
	for (size_t i = p->report.events; i-- > 0;)
		if (p->report.event[i].layer == layer && (conn == REPORT_NONE || p->report.event[i].conn == conn))
			return (uint32_t)i;
	return REPORT_NONE;
}

/* ---- names ---- */

static void fault_of_lookup(struct page_load *p, const struct page_conn *c, struct report_fault *ret)
{
	const struct dns_answer *a = NULL;
	const enum dns_why why = names_why(c->reach.lookup, &a);
	enum report_code code = why == DNS_WHY_OK ? REPORT_E_DNS_NODATA : report_code_find(dns_why_code(why));
	char addr[HF_ADDR_TEXT];

	if (code == REPORT_CODE_COUNT)
		code = REPORT_E_DNS_MALFORMED;
	if (a && a->server.port) {
		addr_format(&a->server.addr, addr);
		report_fail(ret, code, REPORT_RESOLVER, p->streams.now, a->state, "%s, says %s%s%s", c->host,
			    why == DNS_WHY_TIMEOUT ? "silence of " : "", addr,
			    a->net != HF_OK && why == DNS_WHY_TIMEOUT ? ", which cannot be reached" : "");
	} else {
		report_fail(ret, code, REPORT_US, p->streams.now, a ? a->state : NULL, "%s", c->host);
	}
	ret->event = last_event(p, REPORT_NONE, REPORT_LAYER_DNS);
}

/* ---- connecting ---- */

void page_fault_of_reach(struct page_load *p, const struct page_conn *c, struct report_fault *ret)
{
	const struct reach *r = &c->reach;
	char where[HF_ADDR_TEXT + 8];
	const struct reach_try *t;

	if (r->winner == RACE_NO_ATTEMPT && r->refused > 0) {
		endpoint(c, &r->refused_addr, where);
		report_fail(ret, REPORT_E_PRIVATE_ADDRESS, REPORT_US, p->streams.now, "CLOSED", "%s leads to %s",
			    c->host, where);
		return;
	}
	if (r->winner == RACE_NO_ATTEMPT) {
		fault_of_lookup(p, c, ret);
		return;
	}
	t = &r->try[r->winner];
	endpoint(c, &t->addr, where);
	if (r->why == HF_NOT_OURS)
		report_fail(ret, REPORT_E_NET_UNREACHABLE, REPORT_US, p->streams.now, "CLOSED",
			    "%s: no address of ours can be used towards it", where);
	else if (r->why == HF_NO_ROUTE)
		report_fail(ret, REPORT_E_NET_UNREACHABLE, REPORT_US, p->streams.now, "CLOSED",
			    "%s: no route leads there", where);
	else if (r->why == HF_UNREACHABLE)
		report_fail(ret, REPORT_E_NET_UNREACHABLE, REPORT_PATH, p->streams.now, "SYN_SENT",
			    "%s, says the network", where);
	else if (r->why == HF_TIMED_OUT && !p->streams.kernel)
		report_fail(ret, REPORT_E_TCP_SYN_TIMEOUT, REPORT_PEER, p->streams.now, "SYN_SENT",
			    "%s, and our SYN was sent %u times", where, t->retransmits + 1);
	else if (r->why == HF_TIMED_OUT)
		report_fail(ret, REPORT_E_TCP_SYN_TIMEOUT, REPORT_PEER, p->streams.now, "SYN_SENT", "%s", where);
	else if (r->why == HF_REFUSED || r->why == HF_RESET)
		report_fail(ret, REPORT_E_TCP_REFUSED, REPORT_PEER, p->streams.now, "SYN_SENT",
			    "%s answered our SYN with a reset", where);
	else
		report_fail(ret, report_code_of_status(r->why, true), REPORT_US, p->streams.now, "SYN_SENT", "%s: %s",
			    where, hf_status_sentence(r->why));
	ret->event = last_event(p, c->number, REPORT_LAYER_TCP);
}

void page_fault_of_stream(struct page_load *p, const struct page_conn *c, hf_status why, struct report_fault *ret)
{
	const bool in_handshake = c->talking && !c->talk.connected;
	enum report_code code = report_code_of_status(why, false);
	enum report_side side = REPORT_PEER;

	if (why == HF_RESET && in_handshake)
		code = REPORT_E_TCP_RESET_TLS;
	if (why == HF_TIMED_OUT || why == HF_UNREACHABLE || why == HF_NO_ROUTE)
		side = REPORT_PATH;
	report_fail(ret, code, side, p->streams.now, in_handshake ? c->talk.info.state : "ESTABLISHED", "%s, port %u",
		    c->host, c->port);
	ret->event = last_event(p, c->number, REPORT_LAYER_TCP);
}

/* ---- TLS ---- */

static void fault_of_chain(const struct page_load *p, const struct page_conn *c, struct report_fault *ret)
{
	const struct hf_cert_report *chain = c->talk.secure.report;

	report_fail(ret, report_code_of_cert(chain->fault), REPORT_PEER, p->streams.now, c->talk.info.state, "%s%s%s",
		    c->host, chain->detail[0] ? ": " : "", chain->detail);
}

static bool is_about_chain(const struct talk *t)
{
	return t->secure.report && t->secure.report->fault != HF_CERT_GOOD && !t->connected && !t->info.has_alert_received;
}

void page_fault_of_tls(struct page_load *p, struct page_conn *c, bool plain_http, struct report_fault *ret)
{
	const struct talk *t = &c->talk;
	const char *state = t->info.state;
	const hf_time_ns now = p->streams.now;

	if (t->end == TALK_BROKEN) {
		page_fault_of_stream(p, c, t->why, ret);
		return;
	}
	if (t->connected && t->end == TALK_TRUNCATED)
		report_fail(ret, REPORT_E_TLS_TRUNCATED, REPORT_PATH, now, state, "%s", c->host);
	else if (t->end == TALK_TRUNCATED || t->end == TALK_CLOSED)
		report_fail(ret, REPORT_E_TLS_PROTOCOL, REPORT_PEER, now, state,
			    "%s closed the connection in the middle of the handshake", c->host);
	else if (is_about_chain(t))
		fault_of_chain(p, c, ret);
	else if (t->info.has_alert_received)
		report_fail(ret, REPORT_E_TLS_ALERT, REPORT_PEER, now, state, "%s: %s", c->host,
			    tls_alert_name(t->info.alert_received));
	else if (t->info.why_code && strcmp(t->info.why_code, "TIMEOUT") == 0)
		report_fail(ret, REPORT_E_TLS_TIMEOUT, REPORT_PEER, now, state, "%s", c->host);
	else if (plain_http)
		report_fail(ret, REPORT_E_TLS_PROTOCOL, REPORT_PEER, now, state,
			    "%s speaks plain HTTP at port %u: is it http: that is meant?", c->host, c->port);
	else
		report_fail(ret, REPORT_E_TLS_PROTOCOL, REPORT_PEER, now, state, "%s", t->sentence);
	ret->event = last_event(p, c->number, REPORT_LAYER_TLS);
}
