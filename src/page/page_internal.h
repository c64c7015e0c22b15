/* SPDX-License-Identifier: MIT */
#ifndef HF_PAGE_PAGE_INTERNAL_H
#define HF_PAGE_PAGE_INTERNAL_H

#include "http/http_client.h"
#include "page/cache.h"
#include "page/charset.h"
#include "page/coding.h"
#include "page/cookie.h"
#include "page/html.h"
#include "page/page.h"
#include "url/url.h"

/*
 * Theory of operation.
 *
 * A fetch is one row of the report: a request and its answer. It moves by the arrows of page_fsm.def. page_content.c makes fetches of what
 * documents and sheets name (want), page_pool.c gives those that wait to connections, page_request.c writes the request,
 * page_answer.c takes the answer apart, and hands what it held back to page_content.c.
 *
 * Nothing is done at once: what the driver shall do stands as flags in the connections, which page_next() collects.
 */
#define PAGE_LOOK_BYTES \
	4096u /* of a document before it is read ahead for the first time; then each time it has doubled */
#define PAGE_REDIRECT_BODY_MAX 65536u /* more of it is not waited for: its connection is closed instead */

enum fetch_state {
	FETCH_NEW,
	FETCH_NOTED,
	FETCH_WAITING,
	FETCH_ASKED,
	FETCH_ANSWERED,
	FETCH_DONE,
	FETCH_MOVED,
	FETCH_FAILED,
	FETCH_STATE_COUNT
};

enum fetch_event {
	FETCH_ON_NOTE,
	FETCH_ON_WANT,
	FETCH_ON_HAVE,
	FETCH_ON_GIVE,
	FETCH_ON_AGAIN,
	FETCH_ON_HEAD,
	FETCH_ON_END,
	FETCH_ON_MOVE,
	FETCH_ON_FAIL,
	FETCH_EVENT_COUNT
};

struct fetch {
	uint8_t state;     /* enum fetch_state */
	struct url *url;   /* with its fragment, which a redirect hands on */
	const char *asked; /* the URL that asked for it, without fragment: before an upgrade to https: */
	uint32_t conn;     /* while its request is open */
	uint32_t origin;
	uint32_t depth;      /* of sheets in sheets */
	uint32_t hops;       /* redirects before it */
	bool fresh_only;     /* only a connection nobody has used */
	bool set_cookies;    /* the answer, or one before it in the chain */
	bool is_redirect;    /* its answer is one */
	bool has_entry;      /* entry is valid */
	bool too_much;       /* a limit stopped its content */
	bool nosniff;        /* X-Content-Type-Options */
	struct text request; /* as sent */
	struct text head;    /* of the answer, as it came */
	struct text body;    /* decoded */
	struct text doc;     /* what a frame shows: UTF-8, trimmed */
	struct coding *coding;
	const char *content_type; /* as it came; NULL */
	const char *referrer;     /* the policy of it as a document; NULL: the default */
	struct cache_entry entry;
	int64_t request_s;
};

enum conn_state {
	CONN_CONNECTING,
	CONN_IDLE,
	CONN_BUSY,
	CONN_GONE,
};

/* Scheme, host and port: who shares connections. */
struct origin {
	const char *name;                 /* the report's */
	uint32_t alive, connecting, idle; /* connections */
	uint32_t most;                    /* connections: per_host, or what it has let us have */
	uint32_t ahead;                   /* fetches that have had their turn and wait */
	bool worked;                      /* a connection to it has been made once */
};

struct conn {
	uint8_t state; /* enum conn_state */
	uint32_t origin;
	uint32_t fetch; /* whose request is open */
	uint32_t requests;
	bool to_connect, to_send, to_close; /* what the driver has to do yet */
	bool abort;
	bool keep_alive; /* said by the head */
	bool any;        /* an octet of this answer has come */
	hf_time_ns last; /* octet, or the request */
	struct http_client http;
	struct text in; /* of a head that has not come whole */
};

struct page {
	struct page_config cfg;
	struct page_limits limits;
	struct report *report;
	struct media_view view;
	hf_time_ns begin;
	struct fetch **fetch; /* [i] is report->resource[i] */
	size_t fetches, fetch_room;
	struct conn **conn; /* [i] is report->conn[i] */
	size_t conns, conn_room;
	struct origin *origin;
	size_t origins, origin_room;
	uint32_t alive;    /* connections */
	uint32_t document; /* the row whose answer is the document, after redirects */
	struct text doc;   /* as UTF-8 */
	const char *base;  /* the report's */
	size_t looked;     /* octets of the document that were read ahead of its end */
	uint64_t total;    /* octets of content so far */
	bool quirks;       /* the document's mode */
	bool has_document, styled, loaded, held, stopped, full;
	bool pool_dirty;              /* somebody waits who might be served */
	uint32_t laid_out_open, open; /* fetches that are under way: of sheets and frames; of all kinds */
	uint8_t scratch[H1_HEAD_BYTES];
};

/* page.c */
void fetch_fire(struct page *p, uint32_t i, enum fetch_event on);
bool fetch_is_open(const struct fetch *f); /* under way */
uint32_t page_add_fetch(struct page *p, enum report_kind kind, uint32_t parent, struct url *u, hf_time_ns now);
struct report_resource *page_row(struct page *p, uint32_t i);
/* As page_find(), without following redirects. */
uint32_t page_find_asked(const struct page *p, const char *url);
__attribute__((format(printf, 8, 9))) void page_tell(struct page *p, hf_time_ns now, enum report_layer layer,
						     enum report_side side, uint32_t fetch, const char *name,
						     const char *rfc, const char *sentence, ...);
/* A limit is met: `what` names it, its value and its option. */
__attribute__((format(printf, 4, 5))) void page_limit(struct page *p, uint32_t fetch, hf_time_ns now, const char *what, ...);
int64_t page_seconds(const struct page *p, hf_time_ns now);
/* Ends the load for this reason: what is under way fails with it. */
void page_halt(struct page *p, enum report_code why, const char *detail, hf_time_ns now);
/* Ends a fetch with a fault; its connection is not touched. detail as printf's. */
void page_fail(struct page *p, uint32_t i, const struct report_fault *why, hf_time_ns now);
__attribute__((format(printf, 6, 7))) void page_fault(struct page *p, uint32_t i, enum report_code code,
						      enum report_side side, hf_time_ns now, const char *detail, ...);
/* Writes the fault into the row, and goes on. */
void page_set_fault(struct page *p, uint32_t i, const struct report_fault *why, hf_time_ns now);

/* page_pool.c */
bool pool_join(struct page *p, uint32_t fetch); /* to the others of its origin; false: memory ended */
void pool_serve(struct page *p, hf_time_ns now);
void pool_release(struct page *p, uint32_t conn, bool reuse, bool abort, hf_time_ns now);
void pool_ended(struct page *p, uint32_t conn);
void pool_connect_failed(struct page *p, uint32_t conn, const struct report_fault *why, hf_time_ns now);
void pool_close_all(struct page *p, bool abort);
struct conn *pool_of(struct page *p, uint32_t conn);
hf_time_ns pool_deadline(const struct page *p);
void pool_expire(struct page *p, hf_time_ns now);
bool pool_ask(struct page *p, struct page_ask *ret, hf_time_ns now);

/* page_request.c */
void request_write(struct page *p, uint32_t i, hf_time_ns now);
/* True: it was fresh, and is done. */
bool request_from_cache(struct page *p, uint32_t i, hf_time_ns now);
void request_as_key(const struct page *p, uint32_t i, struct h1_head *head, struct cache_request *ret);

/* page_answer.c */
/* What the cache keeps becomes the answer: fresh, or validated by a 304. The state is not touched. */
void answer_from_entry(struct page *p, uint32_t i, hf_time_ns now);

/* page_content.c */
/* What a document or a sheet names, as far as it is to be loaded. */
uint32_t content_want(struct page *p, enum report_kind kind, const char *url, uint32_t parent, const char *not_wanted,
		      hf_time_ns now);
/* Whatever somebody asks for. */
uint32_t content_ask(struct page *p, enum report_kind kind, const char *url, uint32_t parent, const char *not_wanted,
		     hf_time_ns now);
/* A fetch that may now be begun: checked, looked for in the cache, or left waiting. */
void content_begin(struct page *p, uint32_t i, hf_time_ns now);
/* All of its content is here, or all that will come. */
void content_take(struct page *p, uint32_t i, hf_time_ns now);
/* To UTF-8, by what the answer, the content and its document say of its charset. Where there is no such charset here, it is read as UTF-8. */
void content_to_utf8(struct page *p, uint32_t i, enum charset_kind kind, const struct text *from, struct text *to);
/* What a sheet, or a style element, asks for. */
void content_scan_css(struct page *p, struct hf_bytes css, const char *base_url, uint32_t parent, hf_time_ns now);
void content_take_image(struct page *p, uint32_t i, hf_time_ns now);
/* A fault of content that came whole. */
void content_refuse(struct page *p, uint32_t i, enum report_code code, const char *detail, hf_time_ns now);

/* page_document.c */
void document_take(struct page *p, uint32_t i, hf_time_ns now);
void document_take_frame(struct page *p, uint32_t i, hf_time_ns now);
/* More of a document has come: what it names already need not wait for the rest of it. */
void document_look(struct page *p, uint32_t i, hf_time_ns now);

#endif
