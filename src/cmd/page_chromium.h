/* SPDX-License-Identifier: MIT */
#ifndef HF_CMD_PAGE_CHROMIUM_H
#define HF_CMD_PAGE_CHROMIUM_H

#include "chromium/chromium.h"
#include "cmd/page.h"

/*
 * --engine chromium: what Chromium asks for (chromium/chromium.h) the loader has, or is told to want; its answer, or its fault,
 * is Chromium's. It runs beside the loader from the beginning on, which is held until the picture is there.
 */
int page_chromium_begin(struct page_load *p); /* 0, or an exit code when the sentence is on stderr already */
bool page_chromium_step(struct page_load *p); /* true: something changed */
hf_time_ns page_chromium_wake_at(const struct page_load *p);
/* Everything is loaded: waits for the picture, and writes --png. An exit code. */
int page_chromium_finish(struct page_load *p);
void page_chromium_free(struct page_load *p);

/* How Chromium calls a fault of ours. */
enum chromium_reason page_chromium_reason(enum report_code why);

#endif
