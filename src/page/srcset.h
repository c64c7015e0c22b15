/* SPDX-License-Identifier: MIT */
#ifndef HF_PAGE_SRCSET_H
#define HF_PAGE_SRCSET_H

#include "page/media.h"

/*
 * Selecting an image source (HTML Standard 4.8.4.3). The candidate whose density is at least the view's and the smallest of those; else the
 * densest. *ret borrows from srcset or src; false: there is none. Any of the three may be empty.
 */
bool srcset_choose(struct hf_bytes srcset, struct hf_bytes sizes, struct hf_bytes src, const struct media_view *v,
		   struct hf_bytes *ret);

/* The next candidate of srcset, cut off its front; false at its end. density 0: none was given; width 0: none. */
struct srcset_candidate {
	struct hf_bytes url;
	double density;
	uint32_t width, height;
};
bool srcset_next(struct hf_bytes *srcset, struct srcset_candidate *ret);
/* The width of the image in CSS pixels by its sizes attribute; 100vw by default. */
double srcset_source_size(struct hf_bytes sizes, const struct media_view *v);

#endif
