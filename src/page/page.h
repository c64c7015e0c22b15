/* SPDX-License-Identifier: MIT */
#ifndef HF_PAGE_PAGE_H
#define HF_PAGE_PAGE_H

#include "explain/report.h"

/*
 * Loading a page, as a machine without any I/O: which connections to make, what to request on them and when, as a browser
 * does; what came of it goes into a report. Whoever drives it makes the connections (cmd/page_net.c) and paints (paint/).
 *
 *	page_make(&cfg, url, now, &p);
 *	for (;;) {
 *		while ((does = page_next(p, &ask, now)) != PAGE_WAITS)
 *			do_it(&ask);
 *		if (page_is_over(p))
 *			break;
 *		wait, until page_deadline(p) at most; then page_connected(), page_feed(), ...
 *	}
 *
 * Every octet from outside is hostile: all sizes, counts and depths are bounded (struct page_limits), and one bad
 * sub-resource never stops the page.
 */
struct page;
struct cookie_jar; /* page/cookie.h */
struct http_cache; /* page/cache.h */

struct page_limits {        /* 0 takes the default in brackets */
	uint64_t size;      /* octets of one resource, decoded [64 MiB] */
	uint64_t total;     /* of all of them [256 MiB] */
	uint32_t ratio;     /* of decoded to coded octets, above 1 MiB [200] */
	uint32_t resources; /* [1000] */
	uint32_t depth;     /* of @import in @import [8] */
	uint32_t redirects; /* [20] */
	uint32_t head;      /* octets of an answer's head [H1_HEAD_BYTES, which is the most] */
	uint32_t nodes;     /* of the document's tree [500000] */
	uint32_t nesting;   /* of its elements [512] */
	uint32_t per_host;  /* connections at once [6] */
	uint32_t conns;     /* in all, at once [64] */
	hf_time_ns time;    /* for all of it [60 s] */
	hf_time_ns idle;    /* without any octet on a connection with an open request [30 s] */
	hf_time_ns keep;    /* an idle connection [as long as the load lasts] */
};

struct page_config {
	struct report *report;
	struct cookie_jar *cookies;  /* NULL: none are kept or sent */
	struct http_cache *cache;    /* NULL: none */
	const char *user_agent;      /* NULL: handfast/VERSION */
	const char *accept_language; /* NULL: en */
	const char *version;         /* of the program, for the default user agent */
	double density;              /* of pixels, for srcset [1] */
	unsigned width;              /* of the picture in CSS pixels, for media queries and srcset with sizes [1024] */
	bool fonts;                  /* fetch them too */
	bool no_icons;               /* note the page's icon only */
	bool css_images;      /* nobody will page_want() what styles name: fetch all of it, whatever its selector */
	bool document_only;   /* nothing but the document and its redirects */
	bool allow_downgrade; /* follow redirects from https: to http:, and load mixed content */
	bool close_each;      /* Connection: close on every request */
	bool keep_bodies;     /* of scripts and fonts too (for an engine of others, or HAR with contents) */
	struct page_limits limits;
};

/* HF_OK; HF_MALFORMED (report.fault says what is wrong with the URL); HF_FULL. */
HF_NODISCARD hf_status page_make(const struct page_config *cfg, const char *url, hf_time_ns now, struct page **ret);
void page_free(struct page *p);

enum page_does {
	PAGE_WAITS,
	PAGE_CONNECT, /* make a connection to ask.host, ask.port; its number is a number of report.conn */
	PAGE_SEND, /* ask.bytes, valid until the next call, go out on ask.conn; page_sent() when the last of them has left */
	PAGE_CLOSE, /* ask.conn is not wanted any more: in good order, or with a reset (ask.abort) */
	PAGE_STYLED, /* said once: the document, its style sheets and frames are here; page_want() what the painter asks for */
	PAGE_LOADED, /* said once: nothing is under way and nothing is missing but what failed */
};

struct page_ask {
	enum page_does what;
	uint32_t conn;
	const char *host; /* a name in ASCII (IDNA), or an address without brackets */
	uint16_t port;
	bool secure;
	bool abort;
	struct hf_bytes bytes;
};

enum page_does page_next(struct page *p, struct page_ask *ret, hf_time_ns now);
hf_time_ns page_deadline(const struct page *p);
bool page_is_over(const struct page *p);
/* Ends it now, for this reason: what is under way fails with it; LOADED follows. */
void page_stop(struct page *p, enum report_code why, hf_time_ns now);

/* What happens to connections. The driver fills in report.conn[conn]'s own fields (times, addresses, TLS). */
void page_connected(struct page *p, uint32_t conn, hf_time_ns now);
void page_sent(struct page *p, uint32_t conn, hf_time_ns now);
/* Octets of the answer; all are taken. */
void page_feed(struct page *p, uint32_t conn, struct hf_bytes octets, hf_time_ns now);
/* It could not be made, or has ended. why NULL: the other side closed it in good order (FIN, with TLS close_notify). */
void page_ended(struct page *p, uint32_t conn, const struct report_fault *why, hf_time_ns now);

/* ---- what is there ---- */

/* A resource by the URL that asked for it (absolute, without fragment; redirects followed); REPORT_NONE. */
uint32_t page_find(const struct page *p, const char *url);
/* Its content, decoded, a style sheet's as UTF-8 too; empty when it has none (or none was kept). As long as the page. */
struct hf_bytes page_body(const struct page *p, uint32_t resource);
/* What a frame shows, as UTF-8: its HTML, or a page made of its text or image. Empty: nothing. As long as the page. */
struct hf_bytes page_frame(const struct page *p, uint32_t resource);
/* The document as UTF-8, for the painter; and the URL that relative ones in it are resolved by. */
struct hf_bytes page_document(const struct page *p);
const char *page_base(const struct page *p);
/* Fetches one more: the painter found it in a style that applies. Between STYLED and LOADED. REPORT_NONE: it may not be had. */
uint32_t page_want(struct page *p, const char *url, enum report_kind kind, uint32_t parent, hf_time_ns now);
/* While it is held, LOADED is not said: the painter is still looking for what it wants. */
void page_hold(struct page *p, bool hold);

#endif
