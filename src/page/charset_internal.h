/* SPDX-License-Identifier: MIT */
#ifndef HF_PAGE_CHARSET_INTERNAL_H
#define HF_PAGE_CHARSET_INTERNAL_H

#include "page/charset.h"

/* HTML 13.2.3.2: what <meta>, or an XML declaration, says; NULL. */
const char *charset_prescan(struct hf_bytes octets);
bool charset_is_utf16(const char *name);

#endif
