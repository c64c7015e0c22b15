/* SPDX-License-Identifier: MIT */
#include "explain/report.h"

#include "base/bits.h"
#include "explain/grow.h"
#include "explain/shown.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/*
 * A report only grows. Its strings lie in blocks that never move, so that what was handed out stays where it is; its arrays
 * do move, so that all goes by number. When memory ends it stops growing and says so once, in `failed`.
 */
#define BLOCK 65536u

struct report_memory {
	struct report_memory *older;
	size_t used, room;
	char at[];
};

static void *keep(struct report *r, size_t n);

static const struct {
	const char *name, *rfc, *sentence, *advice;
	uint8_t step, exit;
} codes[REPORT_CODE_COUNT] = {
#define R(name_, code_, step_, exit_, rfc_, sentence_, advice_) \
	[REPORT_E_##name_] = { code_, rfc_, sentence_, advice_, REPORT_##step_, exit_ },
#include "explain/report_codes.def"
#undef R
};

const char *report_code_name(enum report_code c)
{
	return codes[c].name;
}

const char *report_code_sentence(enum report_code c)
{
	return codes[c].sentence;
}

const char *report_code_advice(enum report_code c)
{
	return codes[c].advice;
}

const char *report_code_rfc(enum report_code c)
{
	return codes[c].rfc;
}

enum report_step report_code_step(enum report_code c)
{
	return (enum report_step)codes[c].step;
}

int report_code_exit(enum report_code c)
{
	return codes[c].exit;
}

enum report_code report_code_find(const char *name)
{
	unsigned c = REPORT_E_NONE + 1;

	while (c < REPORT_CODE_COUNT && strcmp(codes[c].name, name) != 0)
		c++;
	return (enum report_code)c;
}

enum report_code report_code_of_cert(enum hf_cert_fault f)
{
	switch (f) {
	case HF_CERT_GOOD:
		return REPORT_E_NONE;
	case HF_CERT_EXPIRED:
		return REPORT_E_CHAIN_EXPIRED;
	case HF_CERT_NOT_YET_VALID:
		return REPORT_E_CHAIN_NOT_YET;
	case HF_CERT_WRONG_NAME:
		return REPORT_E_CHAIN_NAME;
	case HF_CERT_SELF_SIGNED:
		return REPORT_E_CHAIN_SELF_SIGNED;
	case HF_CERT_UNKNOWN_ISSUER:
		return REPORT_E_CHAIN_ISSUER;
	case HF_CERT_MISSING_INTERMEDIATE:
		return REPORT_E_CHAIN_INTERMEDIATE;
	case HF_CERT_REVOKED:
		return REPORT_E_CHAIN_REVOKED;
	default:
		return REPORT_E_CHAIN_OTHER;
	}
}

enum report_code report_code_of_status(hf_status why, bool syn)
{
	switch (why) {
	case HF_OK:
		return REPORT_E_NONE;
	case HF_REFUSED:
		return REPORT_E_TCP_REFUSED;
	case HF_NO_ROUTE:
	case HF_UNREACHABLE:
		return REPORT_E_NET_UNREACHABLE;
	case HF_TIMED_OUT:
		return syn ? REPORT_E_TCP_SYN_TIMEOUT : REPORT_E_TCP_TIMEOUT;
	case HF_RESET: /* RFC 9293 3.5.2: in SYN_SENT a reset means that nothing listens */
		return syn ? REPORT_E_TCP_REFUSED : REPORT_E_TCP_RESET;
	case HF_FULL:
		return REPORT_E_NO_MEMORY;
	case HF_UNTRUSTED:
		return REPORT_E_CHAIN_OTHER;
	case HF_TLS:
		return REPORT_E_TLS_PROTOCOL;
	case HF_TRUNCATED:
		return REPORT_E_TLS_TRUNCATED;
	default:
		return REPORT_E_SYSTEM;
	}
}

const char *report_step_name(enum report_step s)
{
	static const char *const name[REPORT_STEP_COUNT] = {
		[REPORT_URL] = "URL",           [REPORT_DNS] = "name lookup", [REPORT_CONNECT] = "connect",
		[REPORT_TLS] = "TLS handshake", [REPORT_REQUEST] = "request", [REPORT_RESPONSE] = "response",
		[REPORT_CONTENT] = "content",   [REPORT_PAINT] = "picture",
	};

	return name[s];
}

const char *report_side_name(enum report_side s)
{
	static const char *const name[] = {
		[REPORT_US] = "this side",
		[REPORT_PEER] = "the server",
		[REPORT_PATH] = "the network in between",
		[REPORT_RESOLVER] = "the name server",
	};

	return name[s];
}

const char *report_kind_name(enum report_kind k)
{
	static const char *const name[REPORT_KIND_COUNT] = {
		[REPORT_DOCUMENT] = "document", [REPORT_STYLE] = "style", [REPORT_SCRIPT] = "script",
		[REPORT_IMAGE] = "image",       [REPORT_ICON] = "icon",   [REPORT_FONT] = "font",
		[REPORT_FRAME] = "frame",       [REPORT_OTHER] = "other",
	};

	return name[k];
}

const char *report_layer_name(enum report_layer l)
{
	static const char *const name[REPORT_LAYER_COUNT] = {
		[REPORT_LAYER_DNS] = "DNS",   [REPORT_LAYER_TCP] = "TCP",   [REPORT_LAYER_TLS] = "TLS",
		[REPORT_LAYER_HTTP] = "HTTP", [REPORT_LAYER_PAGE] = "page",
	};

	return name[l];
}

void report_init(struct report *r)
{
	*r = (struct report){ .begin = HF_NEVER, .end = HF_NEVER, .fault.event = REPORT_NONE };
}

void report_free(struct report *r)
{
	struct report_memory *m;

	for (size_t i = 0; i < r->conns; i++) {
		free(r->conn[i].state);
		free(r->conn[i].chain);
	}
	while ((m = r->memory) != NULL) {
		r->memory = m->older;
		free(m);
	}
	free(r->resource);
	free(r->conn);
	free(r->lookup);
	free(r->event);
	report_init(r);
}

const char *report_keep(struct report *r, const char *s)
{
	return report_keep_n(r, s, strlen(s));
}

const char *report_keep_n(struct report *r, const char *s, size_t n)
{
	char *to = keep(r, n + 1);

	if (!to)
		return "";
	if (n > 0)
		memcpy(to, s, n);
	to[n] = '\0';
	return to;
}

struct hf_bytes report_keep_bytes(struct report *r, struct hf_bytes b, size_t at_most)
{
	size_t n = b.len < at_most ? b.len : at_most;
	uint8_t *to = n ? keep(r, n) : NULL;

	if (!to)
		return (struct hf_bytes){ 0 };
	memcpy(to, b.at, n);
	return (struct hf_bytes){ to, n };
}

uint32_t report_add_resource(struct report *r)
{
	r->resource = grow_array(r->resource, r->resources, &r->resource_room, sizeof(*r->resource), &r->failed);
	if (r->failed)
		return REPORT_NONE;
	r->resource[r->resources] = (struct report_resource){
		.parent = REPORT_NONE,
		.redirected = REPORT_NONE,
		.url = "",
		.method = "GET",
		.conn = REPORT_NONE,
		.queued = HF_NEVER,
		.sent_begin = HF_NEVER,
		.sent_end = HF_NEVER,
		.first_octet = HF_NEVER,
		.head_end = HF_NEVER,
		.done = HF_NEVER,
		.fault.event = REPORT_NONE,
	};
	return (uint32_t)r->resources++;
}

uint32_t report_add_conn(struct report *r)
{
	r->conn = grow_array(r->conn, r->conns, &r->conn_room, sizeof(*r->conn), &r->failed);
	if (r->failed)
		return REPORT_NONE;
	r->conn[r->conns] = (struct report_conn){
		.host = "",
		.lookup = REPORT_NONE,
		.lookup_begin = HF_NEVER,
		.lookup_end = HF_NEVER,
		.connect_begin = HF_NEVER,
		.connect_end = HF_NEVER,
		.tls_begin = HF_NEVER,
		.tls_end = HF_NEVER,
		.closed = HF_NEVER,
		.fault.event = REPORT_NONE,
	};
	return (uint32_t)r->conns++;
}

uint32_t report_add_lookup(struct report *r)
{
	r->lookup = grow_array(r->lookup, r->lookups, &r->lookup_room, sizeof(*r->lookup), &r->failed);
	if (r->failed)
		return REPORT_NONE;
	r->lookup[r->lookups] = (struct report_lookup){
		.name = "",
		.begin = HF_NEVER,
		.end = HF_NEVER,
		.fault.event = REPORT_NONE,
	};
	return (uint32_t)r->lookups++;
}

void report_set_chain(struct report *r, uint32_t conn, const struct hf_cert_report *chain)
{
	struct hf_cert_report *copy = malloc(sizeof(*copy));

	HF_ASSERT(!r->conn[conn].chain);
	if (!copy) {
		r->failed = true;
		return;
	}
	*copy = *chain;
	r->conn[conn].chain = copy;
}

void report_add_state(struct report *r, uint32_t conn, hf_time_ns at, bool tls, const char *name)
{
	struct report_conn *c = &r->conn[conn];

	/* Doubled whenever its length is a power of two: no room is kept beside it. */
	if ((c->states & (c->states - 1)) == 0) {
		struct report_state *more = realloc(c->state, (c->states ? 2 * c->states : 1) * sizeof(*c->state));

		if (!more) {
			r->failed = true;
			return;
		}
		c->state = more;
	}
	c->state[c->states++] = (struct report_state){ .at = at, .tls = tls, .name = name };
}

uint32_t report_add_event(struct report *r, const struct report_event *e)
{
	struct report_event *kept;

	if (r->events < REPORT_EVENTS_MAX)
		r->event = grow_array(r->event, r->events, &r->event_room, sizeof(*r->event), &r->failed);
	if (r->failed || r->events == REPORT_EVENTS_MAX) {
		r->events_left_out++;
		return REPORT_NONE;
	}
	kept = &r->event[r->events];
	*kept = *e;
	kept->name = report_keep(r, e->name);
	kept->sentence = report_keep(r, e->sentence);
	kept->rfc = report_keep(r, e->rfc ? e->rfc : "");
	kept->bytes = report_keep_bytes(r, e->bytes, REPORT_BYTES_KEPT);
	if (!kept->octets)
		kept->octets = (uint32_t)e->bytes.len;
	return (uint32_t)r->events++;
}

void report_fail(struct report_fault *f, enum report_code code, enum report_side side, hf_time_ns at, const char *state,
		 const char *detail, ...)
{
	va_list more;

	if (f->code != REPORT_E_NONE)
		return;
	*f = (struct report_fault){ .code = code, .side = side, .at = at, .event = REPORT_NONE };
	snprintf(f->state, sizeof(f->state), "%s", state ? state : "");
	va_start(more, detail);
	vsnprintf(f->detail, sizeof(f->detail), detail, more);
	va_end(more);
}

void report_add_fault(struct text *t, const struct report_fault *f)
{
	text_add(t, report_code_sentence(f->code));
	if (f->detail[0])
		text_addf(t, ": %s", f->detail);
}

void report_show_fault(struct text *t, const struct report_fault *f)
{
	text_addf(t, "%s: %s", report_code_name(f->code), report_code_sentence(f->code));
	if (f->detail[0]) {
		text_add(t, ": ");
		shown_add(t, f->detail);
	}
}

int report_exit(const struct report *r)
{
	if (r->fault.code != REPORT_E_NONE)
		return report_code_exit(r->fault.code);
	for (size_t i = 0; i < r->resources; i++)
		if (r->resource[i].fault.code != REPORT_E_NONE)
			return 1;
	return r->limit ? 1 : 0;
}

/* Octets that stay where they are, aligned to nothing: they are strings. */
static void *keep(struct report *r, size_t n)
{
	struct report_memory *m = r->memory;
	void *ret;

	if (!m || m->room - m->used < n) {
		size_t room = n > BLOCK / 4 ? n : BLOCK;

		m = malloc(sizeof(*m) + room);
		if (!m) {
			r->failed = true;
			return NULL;
		}
		*m = (struct report_memory){ .older = r->memory, .room = room };
		r->memory = m;
	}
	ret = m->at + m->used;
	m->used += n;
	return ret;
}
