/* SPDX-License-Identifier: MIT */
#ifndef HF_EXPLAIN_REPORT_H
#define HF_EXPLAIN_REPORT_H

#include "explain/text.h"
#include "hf/cert.h"
#include "hf/status.h"
#include "hf/trace.h"

/*
 * All that came of loading a page, as one value: whoever loads writes into it, whoever explains (waterfall, HAR, qlog, the
 * HTML view, JSON, the error page) reads it and nothing else. Times are those of the clock that the loader was given;
 * HF_NEVER: it did not happen. Strings are the report's own (report_keep()), octets from outside are kept as they came: who
 * shows them escapes them. Numbers of resources, connections and lookups are places in their arrays; REPORT_NONE: none.
 */
#define REPORT_NONE UINT32_MAX
#define REPORT_HEAD_KEPT 16384u /* octets of a request's or an answer's head that are kept */
#define REPORT_BYTES_KEPT 256u  /* octets of what an event is about that are kept */
#define REPORT_EVENTS_MAX 200000u

/* The steps on the way of a page, in their order. */
enum report_step {
	REPORT_URL,
	REPORT_DNS,
	REPORT_CONNECT,
	REPORT_TLS,
	REPORT_REQUEST,
	REPORT_RESPONSE,
	REPORT_CONTENT,
	REPORT_PAINT,
	REPORT_STEP_COUNT
};

enum report_side {
	REPORT_US,
	REPORT_PEER,
	REPORT_PATH,     /* the network in between, or a router on it */
	REPORT_RESOLVER, /* who answers for names */
};

/* "E-DNS-NXDOMAIN" and its sentence, its advice, its exit code: explain/report_codes.def. */
enum report_code {
#define R(name, ...) REPORT_E_##name,
#include "explain/report_codes.def"
#undef R
	REPORT_CODE_COUNT
};

const char *report_code_name(enum report_code c);     /* "E-DNS-NXDOMAIN", stable */
const char *report_code_sentence(enum report_code c); /* what went wrong, for anybody; no full stop */
const char *report_code_advice(enum report_code c);   /* what to try */
const char *report_code_rfc(enum report_code c);      /* "1035 4.1.1"; "" */
enum report_step report_code_step(enum report_code c);
int report_code_exit(enum report_code c);
enum report_code report_code_find(const char *name);             /* REPORT_CODE_COUNT: there is none */
enum report_code report_code_of_cert(enum hf_cert_fault f);      /* the code of a chain that is not believed */
enum report_code report_code_of_status(hf_status why, bool syn); /* of a connection's end; syn: before it was established */
const char *report_step_name(enum report_step s);                /* "name lookup", "connect", ... */
const char *report_side_name(enum report_side s);

/* Why something did not work; code REPORT_E_NONE: it did. */
struct report_fault {
	enum report_code code;
	enum report_side side;
	hf_time_ns at;
	char state[24];   /* the machine's state at that time: "SYN_SENT", "WAIT_CERT_CR"; "": none */
	char detail[400]; /* what exactly: names, numbers; a sentence without its full stop; "": the code's says it all */
	uint32_t event;   /* of the report, that caused it; REPORT_NONE */
};

enum report_kind {
	REPORT_DOCUMENT,
	REPORT_STYLE,
	REPORT_SCRIPT,
	REPORT_IMAGE,
	REPORT_ICON,
	REPORT_FONT,
	REPORT_FRAME,
	REPORT_OTHER,
	REPORT_KIND_COUNT
};

const char *report_kind_name(enum report_kind k);

enum report_cached {
	REPORT_NOT_CACHED,
	REPORT_FRESH,     /* used without asking (RFC 9111 4.2) */
	REPORT_VALIDATED, /* asked, and the server said 304 (RFC 9111 4.3) */
};

/* One request and its answer, or one that was not made. A redirect is a resource of its own, followed by the next. */
struct report_resource {
	enum report_kind kind;
	uint32_t parent;     /* what asked for it; REPORT_NONE: the user */
	uint32_t redirected; /* the resource whose redirect led here; REPORT_NONE */
	const char *url;
	const char *method;
	uint32_t conn;   /* REPORT_NONE: none was needed, or none was had */
	bool made_conn;  /* the connection was made for it: lookup, connect and TLS belong to its row */
	bool not_wanted; /* noted only (fonts): `note` says why */
	/* in this order; the connection's own times stand in conn */
	hf_time_ns queued;      /* it became known */
	hf_time_ns sent_begin;  /* its request was given to the connection */
	hf_time_ns sent_end;    /* and all of it was on the wire */
	hf_time_ns first_octet; /* of the answer */
	hf_time_ns head_end;
	hf_time_ns done; /* the last octet, or the fault */
	unsigned status; /* 0: no answer */
	const char *reason;
	const char *mime, *charset, *coding; /* of the content: without parameters; as decided; as sent ("gzip"); may be NULL */
	const char *request_head, *response_head; /* as on the wire, cut at REPORT_HEAD_KEPT; NULL */
	const char *location;                     /* of a redirect */
	uint64_t octets_wire;                     /* of the content as it came */
	uint64_t octets;                          /* of the content, decoded */
	uint64_t octets_head_out, octets_head_in;
	unsigned width, height; /* of an image that could be read */
	enum report_cached cached;
	const char *note;
	struct report_fault fault;
};

struct report_attempt { /* one address that was tried (RFC 8305) */
	struct hf_endpoint remote;
	hf_time_ns begin, end;
	hf_status why; /* HF_OK: it won; HF_ABORTED: another did */
};

struct report_state { /* a change of TCP's or TLS's state at our end */
	hf_time_ns at;
	bool tls;
	const char *name; /* static */
};

struct report_conn {
	const char *host;
	uint16_t port;
	bool secure;
	uint32_t lookup; /* REPORT_NONE: an address, or known already */
	struct hf_endpoint local, remote;
	struct report_attempt attempt[16];
	unsigned attempts;
	hf_time_ns lookup_begin, lookup_end;
	hf_time_ns connect_begin, connect_end;
	hf_time_ns tls_begin, tls_end;
	hf_time_ns closed;
	bool closed_by_us;
	uint16_t tls_version, tls_suite, tls_group, tls_scheme;
	bool tls_resumed;
	const char *alpn;
	struct hf_cert_report *chain;   /* report_set_chain(); NULL: none was seen */
	uint64_t octets_out, octets_in; /* of the stream of TCP */
	uint32_t requests;
	struct report_state *state;
	size_t states;
	struct report_fault fault;
};

struct report_lookup {
	const char *name;
	uint16_t type; /* 1: A, 28: AAAA */
	hf_time_ns begin, end;
	const char *server; /* whom we believed; "hosts", "--resolve", "cache" */
	uint8_t rcode;
	unsigned tries;
	bool tcp;
	uint32_t ttl_s;
	const char *canonical; /* where CNAMEs led; NULL */
	struct hf_addr addr[16];
	unsigned addrs;
	struct report_fault fault;
};

enum report_layer {
	REPORT_LAYER_DNS,
	REPORT_LAYER_TCP,
	REPORT_LAYER_TLS,
	REPORT_LAYER_HTTP,
	REPORT_LAYER_PAGE,
	REPORT_LAYER_COUNT
};

const char *report_layer_name(enum report_layer l);

/* Something happened, with its sentence. In the order in which things happened. */
struct report_event {
	hf_time_ns at;
	enum report_layer layer;
	enum report_side side; /* who did it */
	uint32_t conn, resource;
	const char *name; /* "rcv SYN,ACK", "ServerHello", "head", ...: short */
	const char *sentence;
	const char *rfc;       /* "9293 3.5"; "" */
	struct hf_bytes bytes; /* what it is about, cut at REPORT_BYTES_KEPT; may be empty */
	uint32_t octets;       /* before it was cut */
};

struct report {
	hf_time_ns begin, end; /* of the whole load, without the painting */
	uint64_t epoch_ns;     /* nanoseconds since 1970 when the clock is 0 */
	const char *net;       /* the --net it was made over */
	const char *url;       /* as asked */
	const char *final_url; /* after redirects */
	const char *title;     /* of the document; may be NULL */
	const char *charset;
	struct report_resource *resource; /* [0] is the document that was asked for */
	size_t resources;
	struct report_conn *conn;
	size_t conns;
	struct report_lookup *lookup;
	size_t lookups;
	struct report_event *event;
	size_t events;
	uint64_t events_left_out;
	const char *limit;         /* a limit that was met, named with its value and its option; NULL */
	struct report_fault fault; /* of the whole: the document's, or what stopped it */
	/* the picture */
	hf_time_ns paint_ns; /* how long it took; 0: none */
	unsigned paint_width, paint_height;
	const char *engine;     /* "litehtml", "chromium", "text"; NULL */
	uint64_t engine_octets; /* that an engine of others had from our stack */
	/* its own */
	struct report_memory *memory;
	size_t resource_room, conn_room, lookup_room, event_room;
	bool failed; /* memory ended */
};

void report_init(struct report *r);
void report_free(struct report *r);
/* Copies; the copy lives as long as the report. "" when memory ended. */
const char *report_keep(struct report *r, const char *s);
const char *report_keep_n(struct report *r, const char *s, size_t n);
struct hf_bytes report_keep_bytes(struct report *r, struct hf_bytes b, size_t at_most);
/* New ones, all NEVER, NONE and 0. REPORT_NONE when memory ended. Adding moves the arrays: go by number. */
uint32_t report_add_resource(struct report *r);
uint32_t report_add_conn(struct report *r);
uint32_t report_add_lookup(struct report *r);
/* Copies what was judged of the peer's certificates; once for a connection. */
void report_set_chain(struct report *r, uint32_t conn, const struct hf_cert_report *chain);
void report_add_state(struct report *r, uint32_t conn, hf_time_ns at, bool tls, const char *name);
/* Its number; REPORT_NONE when there are REPORT_EVENTS_MAX. The sentence and the bytes are copied. */
uint32_t report_add_event(struct report *r, const struct report_event *e);
/* Fills a fault in; the first one of a thing wins. */
__attribute__((format(printf, 6, 7))) void report_fail(struct report_fault *f, enum report_code code, enum report_side side,
						       hf_time_ns at, const char *state, const char *detail, ...);
/* "the server's certificate has expired: www.example.org, 3 days ago": one line for the user, without a full stop. */
void report_add_fault(struct text *t, const struct report_fault *f);
/* The same behind its code, and with nothing in it that a terminal could obey. */
void report_show_fault(struct text *t, const struct report_fault *f);
/* 0; 1 when the page is there and some of it is not; else the exit code of report.fault. */
int report_exit(const struct report *r);

#endif
