/* SPDX-License-Identifier: MIT */
#ifndef HF_PAGE_COOKIE_INTERNAL_H
#define HF_PAGE_COOKIE_INTERNAL_H

#include "page/cookie.h"

enum cookie_same_site {
	COOKIE_SITE_DEFAULT, /* as Lax */
	COOKIE_SITE_LAX,
	COOKIE_SITE_STRICT,
	COOKIE_SITE_NONE,
};

#define COOKIE_SESSION INT64_MAX /* no end but the run's */

/* A Set-Cookie field taken apart; borrows from it. */
struct cookie_line {
	struct hf_bytes name, value;
	struct hf_bytes domain; /* without a dot in front, not lowered; empty: none */
	struct hf_bytes path;   /* empty: the default */
	int64_t expires_s;      /* COOKIE_SESSION */
	bool secure;            /* HttpOnly is not kept: no script runs here */
	enum cookie_same_site same_site;
};

/* 5.6: takes whatever it can. COOKIE_KEPT, or why nothing can be made of it. */
enum cookie_why cookie_parse(struct hf_bytes set_cookie, int64_t now_s, struct cookie_line *ret);
/* 5.1.1 */
bool cookie_date(struct hf_bytes text, int64_t *ret);

#endif
