/* SPDX-License-Identifier: MIT */
#ifndef HF_PAINT_STORE_H
#define HF_PAINT_STORE_H

#include "paint/paint_image.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * What the child has been given, by absolute URL, and what it has asked for. Nothing here can reach out: what is not in the store, or
 * in a data: URL, is not to be had.
 */
struct paint_store;

enum { PAINT_WANTS_MOST = 4096, PAINT_GIVEN_MOST = 16384, PAINT_URL_MOST = 65536, PAINT_DATA_MOST = 64 << 20 };

struct paint_store *paint_store_make(uint64_t image_pixels);
void paint_store_free(struct paint_store *s);

/* Copies them. A second one of the same kind and URL is ignored. false: too many. */
bool paint_store_put_style(struct paint_store *s, const char *url, struct hf_bytes body);
bool paint_store_put_image(struct paint_store *s, const char *url, struct hf_bytes body);
bool paint_store_put_frame(struct paint_store *s, const char *url, struct hf_bytes html);

/* The absolute URL without its fragment, to be g_free()d. NULL: it is none. */
char *paint_resolve(const char *url, const char *base);
/* A name for a URL, "hf:12", which no other URL looks like and no parser of CSS stumbles over; as long as the store. */
const char *paint_store_name(struct paint_store *s, const char *absolute);

/* In the order in which they were given. */
unsigned paint_store_styles(const struct paint_store *s);
struct hf_bytes paint_store_style_at(const struct paint_store *s, unsigned i);
/* By absolute URL; false: not there. The body is the store's. */
bool paint_store_style(struct paint_store *s, const char *absolute, struct hf_bytes *ret);
/* The document of an iframe, NUL-terminated; NULL: not there. */
const char *paint_store_frame(struct paint_store *s, const char *absolute);
/* By absolute URL or name; decoded on first use. NULL: not there, or broken. */
const struct paint_image *paint_store_image(struct paint_store *s, const char *url);
/* Remembers that it is wanted, unless it is here already or can never be. */
void paint_store_want(struct paint_store *s, const char *url);
unsigned paint_store_wants(const struct paint_store *s);
const char *paint_store_want_at(const struct paint_store *s, unsigned i);

#ifdef __cplusplus
}
#endif

#endif
