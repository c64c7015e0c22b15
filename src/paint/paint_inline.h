/* SPDX-License-Identifier: MIT */
#ifndef HF_PAINT_INLINE_H
#define HF_PAINT_INLINE_H

#include "paint/paint_store.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The page with each <svg> taken out of it, put into the store as a picture, and shown by an <img>; to be g_free()d. */
char *paint_inline_svg(struct paint_store *store, const char *html);

#ifdef __cplusplus
}
#endif

#endif
