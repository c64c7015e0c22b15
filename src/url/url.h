/* SPDX-License-Identifier: MIT */
#ifndef HF_URL_URL_H
#define HF_URL_URL_H

#include "hf/types.h"

/*
 * URLs by the rules that browsers follow (the WHATWG URL Standard), which take what people and pages write; names by UTS 46
 * (libidn2). One record is one allocation; it never changes after it is made.
 */
struct url;

/* NULL: not a URL (*ret_why, static, says what is wrong with it; may be NULL), or memory ended (*ret_why is NULL then). */
struct url *url_parse(struct hf_bytes input, const struct url *base, const char **ret_why);
void url_free(struct url *u);

/* All NUL-terminated, and as long as u. */
const char *url_href(const struct url *u); /* serialised, with its fragment */
const char *url_without_fragment(const struct url *u);
const char *url_scheme(const struct url *u); /* "https", without the colon */
const char *url_username(const struct url *u);
const char *url_password(const struct url *u);
const char *url_host(const struct url *u);               /* as in the href: IPv6 in brackets; NULL: none */
const char *url_hostname(const struct url *u);           /* the same without brackets: for a resolver; NULL: none */
bool url_addr(const struct url *u, struct hf_addr *ret); /* the host is an address */
uint16_t url_port(const struct url *u);                  /* with the scheme's default; 0: none */
bool url_has_port(const struct url *u);                  /* one that is not the scheme's default */
const char *url_path(const struct url *u);
const char *url_query(const struct url *u);    /* without its question mark; NULL: none */
const char *url_fragment(const struct url *u); /* NULL: none */
bool url_is_special(const struct url *u);
bool url_is_http(const struct url *u);   /* http: or https: */
bool url_is_secure(const struct url *u); /* https: */
/* What a request line has (RFC 9112 3.2.1): path and query, at least "/". */
const char *url_target(const struct url *u);
/* host, or host:port: the Host field. */
const char *url_authority(const struct url *u);
/* "https://www.example.org:8443"; "null" for one without. */
const char *url_origin(const struct url *u);
bool url_same_origin(const struct url *a, const struct url *b);

/* data: URLs (RFC 2397 as fetch reads them): malloc()ed content and its type, or false. */
bool url_data(const struct url *u, uint8_t **ret_body, size_t *ret_len, char *ret_mime, size_t mime_room);

/* A host name alone, as it goes into DNS: "bücher.example" to "xn--bcher-kva.example"; false: it cannot be one. */
bool url_name_to_ascii(const char *name, char *to, size_t room, const char **ret_why);

#endif
