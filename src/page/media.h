/* SPDX-License-Identifier: MIT */
#ifndef HF_PAGE_MEDIA_H
#define HF_PAGE_MEDIA_H

#include "hf/types.h"

/* Media queries (Media Queries Level 4), as far as srcset, sizes and links need them. */
struct media_view {
	double width, height; /* in CSS pixels; 0: 1024 and 768 */
	double density;       /* 0: 1 */
};

/* With its defaults. */
static inline struct media_view media_view_of(const struct media_view *v)
{
	return (struct media_view){
		.width = v->width > 0 ? v->width : 1024,
		.height = v->height > 0 ? v->height : 768,
		.density = v->density > 0 ? v->density : 1,
	};
}

/* Of images that differ in density alone: the smallest that has what is wanted; while none has, the densest. */
static inline bool media_suits_better(double density, double than, double wanted)
{
	return than < wanted ? density > than : density >= wanted && density < than;
}

/* Does this media query list match? An empty one does. What cannot be read does not. */
bool media_matches(struct hf_bytes list, const struct media_view *v);
/* One <media-condition>, as in sizes. */
bool media_condition(struct hf_bytes condition, const struct media_view *v);
/* "50vw", "calc() is not", "12em": to CSS pixels; false: not a length. */
bool media_length(struct hf_bytes length, const struct media_view *v, double *ret);

#endif
