/* SPDX-License-Identifier: MIT */
#ifndef HF_PAGE_IMAGE_SIZE_H
#define HF_PAGE_IMAGE_SIZE_H

#include "hf/types.h"

/* Width and height of a PNG, JPEG, GIF, WebP or SVG by its head alone; false: it is none of them, or is cut. */
bool image_size(struct hf_bytes octets, unsigned *ret_width, unsigned *ret_height);
/* "image/png", ...: by its first octets; NULL: none that is known here. */
const char *image_type(struct hf_bytes octets);

#endif
