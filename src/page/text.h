/* SPDX-License-Identifier: MIT */
#ifndef HF_PAGE_TEXT_H
#define HF_PAGE_TEXT_H

#include "hf/types.h"

/*
 * A page as text for a terminal of so many columns: headings, paragraphs, lists, tables, what is preformatted; images as [alt], links
 * numbered, and listed below as absolute URLs. html: UTF-8; base: the URL that relative ones are resolved by. Control characters of the page
 * never come through. malloc()ed; NULL when memory ended.
 */
char *page_text(struct hf_bytes html, const char *base, unsigned columns, bool colour);

#endif
