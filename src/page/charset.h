/* SPDX-License-Identifier: MIT */
#ifndef HF_PAGE_CHARSET_H
#define HF_PAGE_CHARSET_H

#include "explain/text.h"

/*
 * Which characters octets stand for (WHATWG Encoding Standard; HTML 13.2.3, "determining the character encoding"). A charset is
 * named by the standard's own name ("UTF-8", "windows-1252"), a static string.
 */
#define CHARSET_PRESCAN_BYTES 1024u

enum charset_kind {
	CHARSET_HTML, /* <meta> is looked for; windows-1252 when nothing says otherwise */
	CHARSET_CSS,  /* @charset is looked for (CSS Syntax 3.2); UTF-8 */
	CHARSET_TEXT, /* neither; windows-1252 */
};

enum charset_from {
	CHARSET_FROM_BOM,
	CHARSET_FROM_HEADER,
	CHARSET_FROM_CONTENT, /* <meta> or @charset */
	CHARSET_FROM_PARENT,  /* of the document that asked for it */
	CHARSET_FROM_DEFAULT,
};

/* "latin1" to "windows-1252"; NULL: no such label. */
const char *charset_of_label(struct hf_bytes label);
/* The charset parameter's value in a Content-Type ("text/html; charset=utf-8"); empty: none. Borrows. */
struct hf_bytes charset_parameter(struct hf_bytes content_type);

/*
 * content_type: the field's value; may be empty. octets: from the content's start, CHARSET_PRESCAN_BYTES of them where there
 * are as many. parent: the charset of the document that asked for it, or NULL. Never NULL.
 */
const char *charset_decide(enum charset_kind kind, struct hf_bytes content_type, struct hf_bytes octets,
			   const char *parent, enum charset_from *ret_from);

/*
 * Adds the octets as UTF-8, always well-formed, U+FFFD for what cannot be read, and without a byte order mark. False: there is no
 * such charset here (nothing was added), or memory ended.
 */
bool charset_to_utf8(const char *name, struct hf_bytes octets, struct text *out);

/* The same for UTF-8 itself: maximal subparts of ill-formed sequences become one U+FFFD each (Unicode 3.9, practice of the standard). */
void charset_repair_utf8(struct hf_bytes octets, struct text *out);

#endif
