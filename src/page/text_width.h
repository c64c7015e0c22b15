/* SPDX-License-Identifier: MIT */
#ifndef HF_PAGE_TEXT_WIDTH_H
#define HF_PAGE_TEXT_WIDTH_H

#include "hf/types.h"

/* Columns that a character takes in a terminal: 0, 1 or 2. */
unsigned text_width(uint32_t c);
/* It can move the cursor or turn the text around: never to be shown. */
bool text_is_control(uint32_t c);

#endif
