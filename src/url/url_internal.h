/* SPDX-License-Identifier: MIT */
#ifndef HF_URL_URL_INTERNAL_H
#define HF_URL_URL_INTERNAL_H

#include "base/bits.h"
#include "url/url.h"

/* A growing string without a NUL. When memory ends it stops growing and `failed` is set: asked once, at the end. */
struct url_buf {
	char *at;
	size_t len, room;
	bool failed;
};

void url_buf_free(struct url_buf *b);
void url_buf_add(struct url_buf *b, const void *from, size_t n);
void url_buf_char(struct url_buf *b, char c);
void url_buf_set(struct url_buf *b, const void *from, size_t n);
bool url_buf_is(const struct url_buf *b, const char *text);
static inline struct hf_bytes url_buf_bytes(const struct url_buf *b)
{
	return (struct hf_bytes){ (const uint8_t *)b->at, b->len };
}

/* ---- characters ---- */

/* Standard 1.3, each a superset of the first. */
enum url_set {
	URL_SET_C0,
	URL_SET_FRAGMENT,
	URL_SET_QUERY,
	URL_SET_SPECIAL_QUERY,
	URL_SET_PATH,
	URL_SET_USERINFO,
};

/* One octet of UTF-8, as it is or as %XX. */
void url_put_encoded(struct url_buf *b, uint8_t octet, enum url_set set);
/* Percent-decoded; what is no %XX stays. */
void url_put_decoded(struct url_buf *b, struct hf_bytes from);
/* Ill-formed UTF-8 becomes U+FFFD. */
void url_put_repaired(struct url_buf *b, struct hf_bytes from);

/* ---- hosts ---- */

enum url_host_kind {
	URL_HOST_NONE,
	URL_HOST_NAME, /* a domain, an opaque host, or empty */
	URL_HOST_IP4,
	URL_HOST_IP6,
};

struct url_host {
	enum url_host_kind kind;
	struct url_buf text; /* serialised */
	struct hf_addr addr;
};

/* Standard 3.1, "forbidden host code point"; a domain may have no controls, % and DEL either. */
bool url_is_forbidden(uint8_t c, bool domain);
/* Standard 3.5. False: *ret_why; ret is then of no worth but for freeing. */
bool url_host_parse(struct hf_bytes input, bool opaque, struct url_host *ret, const char **ret_why);
/* Standard 3.3, "domain to ASCII" without strictness, into `to`, which is empty. False: *ret_why (NULL: memory ended). */
bool url_domain_to_ascii(struct hf_bytes domain, struct url_buf *to, const char **ret_why);

/* ---- a URL in the making ---- */

struct url_parts {
	struct url_buf scheme, username, password, path, query, fragment;
	struct url_host host;
	int port; /* -1: none, or the scheme's default */
	bool special, opaque, has_query, has_fragment;
};

void url_parts_free(struct url_parts *u);
/* -1: not special; 0: special without a port (file) */
int url_scheme_port(struct hf_bytes scheme);
/* The same parts, from a record. */
void url_parts_of(const struct url *u, struct url_parts *ret);

struct url {
	const char *href, *without_fragment, *scheme, *username, *password, *host, *hostname, *path, *query, *fragment;
	const char *target, *authority, *origin;
	struct hf_addr addr;
	enum url_host_kind host_kind;
	int port;
	bool special, opaque;
};

/* NULL: memory ended. */
struct url *url_record(const struct url_parts *parts);

#endif
