/* SPDX-License-Identifier: MIT */
/* The painter of a program that was built without litehtml and its company (meson option paint): it says so. */
#include "paint/paint.h"

const char *paint_absent(void)
{
	return "this program was built without the libraries that paint (litehtml, cairo, pango, librsvg)";
}

hf_status paint_begin(const struct paint_job *job, struct paint **ret)
{
	(void)job;
	(void)ret;
	return HF_UNSUPPORTED;
}

void paint_end(struct paint *p)
{
	(void)p;
}

int paint_fd(const struct paint *p)
{
	(void)p;
	return -1;
}

hf_status paint_give(struct paint *p, enum paint_kind kind, const char *url, struct hf_bytes body)
{
	(void)p;
	(void)kind;
	(void)url;
	(void)body;
	return HF_UNSUPPORTED;
}

hf_status paint_layout(struct paint *p)
{
	(void)p;
	return HF_UNSUPPORTED;
}

hf_status paint_draw(struct paint *p)
{
	(void)p;
	return HF_UNSUPPORTED;
}

enum paint_does paint_step(struct paint *p, unsigned wait_ms)
{
	(void)p;
	(void)wait_ms;
	return PAINT_FAILED;
}

size_t paint_wants(const struct paint *p)
{
	(void)p;
	return 0;
}

const char *paint_want(const struct paint *p, size_t i)
{
	(void)p;
	(void)i;
	return NULL;
}

struct hf_bytes paint_png(const struct paint *p, unsigned *ret_width, unsigned *ret_height)
{
	(void)p;
	*ret_width = *ret_height = 0;
	return (struct hf_bytes){ 0 };
}

const char *paint_sentence(const struct paint *p)
{
	(void)p;
	return paint_absent();
}
