/* SPDX-License-Identifier: MIT */
#ifndef HF_PAGE_HTML_H
#define HF_PAGE_HTML_H

#include "explain/report.h"
#include "page/media.h"

/*
 * What a document asks for, in its own order, as browsers read it (HTML Standard). Scripts do not run here, but what stands in
 * <noscript> is left alone, as a browser that runs them does. Nothing recurses: a document may nest as deep as it likes.
 */
struct html_limits {
	uint32_t nodes;   /* of the tree; the document is cut there */
	uint32_t nesting; /* of elements; those that stand deeper are taken out, and what they hold stays */
};

struct html_config {
	const char *url; /* of the document */
	struct media_view view;
	bool is_frame;   /* frames in it are noted, not wanted */
	bool css_images; /* of style elements and attributes: list what their url()s name, too */
	struct html_limits limits;
};

enum html_item_what {
	HTML_LINK,   /* something to fetch, or to note */
	HTML_CSS,    /* a style element: css is its content */
	HTML_SRCDOC, /* a frame that stands in an attribute: css is its HTML */
};

struct html_item {
	enum html_item_what what;
	enum report_kind kind;
	const char *url;        /* absolute, with its fragment; NULL but for links */
	const char *not_wanted; /* NULL: fetch it; else why it is only noted */
	struct hf_bytes css;
};

struct html {
	const char *title; /* white space as one space; "" */
	const char *base;  /* the URL that relative ones are resolved by */
	bool quirks;
	const char *refresh; /* <meta http-equiv=refresh>: where it leads, absolute; NULL: nowhere */
	unsigned refresh_s;
	const char *referrer; /* <meta name=referrer>: the policy as written; NULL */
	struct html_item *item;
	size_t items;
	uint32_t nodes, nesting; /* of the tree */
	bool cut;                /* a limit was met: nodes */
	uint32_t flattened;      /* elements that were taken out: nesting */
	struct html_memory *memory;
};

/* HF_OK, also when a limit was met; HF_FULL when memory ended. html: UTF-8. */
HF_NODISCARD hf_status html_read(struct hf_bytes html, const struct html_config *cfg, struct html *ret);
void html_free(struct html *h);

/*
 * The source without <noscript> and what exceeds the limits: whatever parses it meets neither a deeper nor a larger tree, give or take
 * what a parser adds by itself. False: it stays as it is, and nothing was added to *ret.
 */
bool html_trim(struct hf_bytes html, const struct html_limits *limits, struct text *ret, uint32_t *ret_flattened,
	       bool *ret_cut);

#endif
