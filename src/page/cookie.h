/* SPDX-License-Identifier: MIT */
#ifndef HF_PAGE_COOKIE_H
#define HF_PAGE_COOKIE_H

#include "explain/text.h"
#include "url/url.h"

/*
 * Cookies as browsers keep them (RFC 6265bis, draft-ietf-httpbis-rfc6265bis), for the length of the run: nothing is written
 * anywhere. Times are seconds since 1970.
 */
#define COOKIE_PAIR_BYTES 4096u      /* of name and value; 5.6 */
#define COOKIE_ATTRIBUTE_BYTES 1024u /* of one attribute's value; 5.6 */
#define COOKIE_PER_DOMAIN 50u
#define COOKIE_IN_ALL 3000u
#define COOKIE_LIFE_MAX_S (400ll * 86400) /* 5.5: longer is cut to this */

struct cookie_jar;

/* NULL: memory ended. Reads Debian's list of public suffixes, where it is newer than the one libpsl has inside. */
struct cookie_jar *cookie_jar_make(void);
void cookie_jar_free(struct cookie_jar *j);
size_t cookie_jar_count(const struct cookie_jar *j);

/* What came of a Set-Cookie field: one row each in page/cookie_why.def. */
enum cookie_why {
#define W(name, section, sentence) COOKIE_##name,
#include "page/cookie_why.def"
#undef W
	COOKIE_WHY_COUNT
};

const char *cookie_why_sentence(enum cookie_why w); /* without a capital or a full stop */
const char *cookie_why_section(enum cookie_why w);  /* of RFC 6265bis */

/*
 * The value of one Set-Cookie field that the answer for u had. site: the document in the address bar; NULL: u is it.
 * COOKIE_KEPT, COOKIE_REPLACED and COOKIE_DELETED: done as the server wanted; all others: dropped, for that reason.
 */
enum cookie_why cookie_set(struct cookie_jar *j, const struct url *u, struct hf_bytes set_cookie,
			   const struct url *site, int64_t now_s);

/*
 * Adds what the Cookie field of a request for u holds ("a=1; b=2"), nothing when there is no cookie for it; returns how
 * many. is_top_navigation: the answer becomes the document in the address bar, so that Lax cookies go with it from any site.
 */
unsigned cookie_header(struct cookie_jar *j, const struct url *u, const struct url *site, bool is_top_navigation,
		       struct text *out, int64_t now_s);

/* Do the two belong to one site: the same scheme and the same registrable domain (RFC 6265bis 5.2)? */
bool cookie_same_site(const struct cookie_jar *j, const struct url *a, const struct url *b);

#endif
