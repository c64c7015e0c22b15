/* SPDX-License-Identifier: MIT */
#ifndef HF_CMD_PAGE_H
#define HF_CMD_PAGE_H

#include "cmd/reach.h"
#include "cmd/talk.h"
#include "explain/look.h"
#include "explain/report.h"
#include "page/page.h"

/*
 * `handfast page`: page_options.c the command line, page_net.c what the loader asks of the net, page_fault.c how that fails,
 * page_tape.c what TCP told, page_picture.c the painter, page_chromium.c the other one, page_out.c what is printed and written,
 * page.c the run itself.
 */
enum page_engine { PAGE_LITEHTML, PAGE_CHROMIUM, PAGE_NO_ENGINE };

struct page_options {
	const char *url; /* owned: with a scheme before it, if it had none */
	const char *net;
	const char *png, *har, *qlog, *html, *pcap, *cache;
	const char *chromium; /* where it is; NULL: on PATH */
	bool text, explain, json, quiet, all;
	bool fonts, no_cookies, close_each, allow_downgrade, public_only, document_only;
	enum page_engine engine;
	unsigned width;
	double density;
	struct page_limits limits;
	hf_time_ns connect_timeout;
	struct names_options names;
	struct secure_options secure;
	bool simulated; /* --net sim */
};

/* 0: go on; else the exit code is ret - 1. */
int page_take_options(int argc, char **argv, struct page_options *o);

struct page_tape;

struct page_session { /* of TLS, for the next connection to the same server; each is used once */
	struct page_session *next;
	char host[256];
	uint16_t port;
	struct hf_bytes octets; /* owned */
};

#define PAGE_STATES 16u /* of an attempt's TCP that are kept until it has won */

struct page_conn { /* a connection of the loader, from its lookup to its end */
	struct page_conn *next;
	uint32_t number; /* in the report */
	char host[256];
	uint16_t port;
	bool secure;
	bool reaching; /* being made */
	struct reach reach;
	unsigned tries_told;
	struct page_try_states {
		struct {
			hf_time_ns at;
			uint8_t to;
		} state[PAGE_STATES];
		unsigned n;
	} states[REACH_TRIES];
	bool states_told;     /* those of the winner are in the report: later ones go there at once */
	uint8_t state;        /* the kernel's, as last told */
	struct stream stream; /* without TLS, and until its conversation takes it over */
	bool open, talking;
	struct talk talk;
	struct hf_bytes session; /* that the handshake began with; owned until then */
	struct talk_queue out;   /* plain HTTP that TCP has not taken */
	bool owes_sent;          /* the loader waits for page_sent() */
	bool ended;              /* the loader knows, or has asked for it */
	bool closing;            /* winds down in good order */
	bool shut;
	hf_time_ns until; /* and no longer than this */
};

struct page_picture;
struct page_chromium;

struct page_load {
	struct page_options o;
	struct streams streams;
	bool has_streams;
	struct names names;
	uint64_t dns_cursor;
	struct secure_side side;
	bool has_side;
	struct report report;
	struct page *page;
	struct cookie_jar *cookies;
	struct http_cache *cache;
	struct page_conn *conns;
	struct page_session *sessions;
	struct page_tape *tape; /* NULL: --net host */
	struct page_picture *picture;
	struct page_chromium *chromium; /* page_chromium.h; NULL: another engine */
};

/* ---- page_net.c ---- */

int page_net_open(struct page_load *p); /* 0, or an exit code when the sentence is on stderr already */
void page_net_close(struct page_load *p);
void page_net_do(struct page_load *p, const struct page_ask *ask);
/* Looks at all that is open: true when there may be more to do at once. */
bool page_net_step(struct page_load *p);
hf_time_ns page_net_wake_at(const struct page_load *p);
/* Ends all connections that still are, in good order, and waits for that a little. */
void page_net_wind_down(struct page_load *p);
/* Waits for the net, and notes what it told. */
hf_status page_net_turn(struct page_load *p, hf_time_ns wait_at_most);
struct page_conn *page_net_find(struct page_load *p, uint32_t number);

/* ---- page_told.c: what names, TCP and TLS do, into the report ---- */

void page_tell_dns(struct page_load *p);
void page_tell_lookup(struct page_load *p, struct page_conn *c);
void page_tell_attempts(struct page_load *p, struct page_conn *c);
void page_tell_connected(struct page_load *p, struct page_conn *c);
void page_tell_tls(struct page_load *p, struct page_conn *c);
void page_tell_handshake(struct page_load *p, struct page_conn *c);
/* A state of TCP: of the connection, or of an attempt that may become it. */
void page_tell_state(struct page_load *p, struct page_conn *c, unsigned attempt, hf_time_ns at, uint8_t to);
/* Of the kernel's TCP, which tells nothing by itself. */
void page_tell_kernel_state(struct page_load *p, struct page_conn *c);

/* ---- page_fault.c: why it did not work ---- */

void page_fault_of_reach(struct page_load *p, const struct page_conn *c, struct report_fault *ret);
void page_fault_of_stream(struct page_load *p, const struct page_conn *c, hf_status why, struct report_fault *ret);
void page_fault_of_tls(struct page_load *p, struct page_conn *c, bool plain_http, struct report_fault *ret);

/* ---- page_tape.c: what our own TCP told ---- */

int page_tape_open(struct page_load *p);
void page_tape_close(struct page_tape *t); /* NULL is fine */
/* The trace's records into the report. */
void page_tape_drain(struct page_load *p);
/* This connection of the trace is an attempt of a connection of ours. */
void page_tape_name(struct page_tape *t, uint32_t id, uint32_t conn, unsigned attempt);
/* What an end of TLS told, for the ladder. */
void page_tape_tls(struct page_tape *t, const struct page_conn *c, const struct hf_tls_record_told *r);
/* The ladder of the first connection that carried something. */
void page_tape_ladder(struct page_load *p, struct text *out, const struct look *look);

/* ---- page_picture.c ---- */

/* The document and its style sheets are here. */
void page_picture_begin(struct page_load *p);
/* Goes on: true when something changed. */
bool page_picture_step(struct page_load *p);
bool page_picture_is_busy(const struct page_load *p);
/* Everything is loaded: paints, waits for it, and writes --png. An exit code. */
int page_picture_finish(struct page_load *p);
void page_picture_free(struct page_load *p);
/* Waits for the child that paints, and otherwise for Ctrl-C alone: true when that has come. */
bool page_picture_await(const struct page_load *p, int fd, short events, unsigned wait_ms);
/* It has come while painting: whatever else there was to be said. */
void page_picture_interrupted(struct page_load *p);
/* --png, and its size into the report. An exit code. */
int page_picture_write(struct page_load *p, struct hf_bytes png, unsigned width, unsigned height);

/* ---- page_out.c ---- */

void page_out_progress(struct page_load *p, bool *shown);
/* All that is printed and written at the end; the exit code. */
int page_out(struct page_load *p);
/* The file that an option names. 0, or an exit code when the sentence is on stderr already. */
int page_write_file(const char *option, const char *path, struct hf_bytes octets);

#endif
