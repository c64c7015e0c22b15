/* SPDX-License-Identifier: MIT */
#ifndef HF_TESTS_PAGE_LAB_H
#define HF_TESTS_PAGE_LAB_H

#include "page_test.h"

#include "page/cache.h"
#include "page/cookie.h"
#include "page/page.h"

/*
 * A page against servers that follow a script: what is asked for at which place, and the octets that come back. Nothing is real but the
 * machine; a round is a millisecond, in which every connection gives one piece of what it has to give.
 */
enum lab_end { LAB_STAYS, LAB_CLOSES, LAB_RESETS };

struct lab_answer {
	const char *url; /* "http://a.test/x" */
	struct hf_bytes octets;
	enum lab_end then;
	unsigned times;    /* it answers that often, and then the next row of the same URL does; 0: always */
	const char *needs; /* the request must contain this; NULL */
	unsigned delay;    /* rounds */
};

struct lab_conn {
	bool open, aborted;
	unsigned connect_in;
	char origin[128];
	struct hf_bytes out; /* still to come */
	enum lab_end then;
	bool answering;
	unsigned delay, requests;
};

struct lab {
	struct report report;
	struct page_config cfg;
	struct page *page;
	hf_time_ns now;
	struct lab_answer *answer;
	size_t answers;
	struct lab_conn conn[512];
	size_t conns, open_most, connects;
	size_t piece;              /* octets a round */
	struct text log;           /* a request a line: "0 GET http://a.test/" */
	struct text requests;      /* all of them, as sent */
	const char *refuses;       /* an origin nobody can connect to */
	unsigned connects_at_most; /* all later ones fail; 0: none */
	bool styled, loaded;
	bool (*on_styled)(struct lab *l);
};

/* Heads for lab_page(), and a picture. */
#define HTML "200 OK\r\nContent-Type: text/html; charset=utf-8"
#define CSS "200 OK\r\nContent-Type: text/css"
#define SVG "200 OK\r\nContent-Type: image/svg+xml"
static const char svg[] = "<svg xmlns='http://www.w3.org/2000/svg' width='20' height='10'></svg>";

void lab_init(struct lab *l);
/* head and body as text; Content-Length is added. */
void lab_page(struct lab *l, const char *url, const char *head, const char *body);
void lab_raw(struct lab *l, const char *url, struct hf_bytes octets, enum lab_end then);
struct lab_answer *lab_last(struct lab *l);
hf_status lab_begin(struct lab *l, const char *url);
void lab_go(struct lab *l); /* until it is over */
void lab_run(struct lab *l, const char *url);
void lab_free(struct lab *l);
void lab_forget(struct lab *l); /* the page and its report, not the script */

/* One line a resource: "document http://a.test/ 200", with its fault's code behind. */
char *lab_rows(const struct lab *l);
#define EXPECT_ROWS(l, text)                          \
	do {                                          \
		char *rows_ = lab_rows(l);            \
		if (strcmp(rows_, text) != 0)         \
			fail_msg("rows:\n%s", rows_); \
		free(rows_);                          \
	} while (0)

#endif
