/* SPDX-License-Identifier: MIT */
#ifndef HF_HTTP_HTTP_PUT_H
#define HF_HTTP_HTTP_PUT_H

#include "base/wr.h"
#include "http/h1.h"

/* Writing heads, over a cursor that cannot overrun. */
void http_put_text(struct hf_wr *out, const char *text);
void http_put_bytes(struct hf_wr *out, struct hf_bytes b);
void http_put_number(struct hf_wr *out, uint64_t v);
void http_put_hex(struct hf_wr *out, uint64_t v);
void http_put_status_line(struct hf_wr *out, unsigned status); /* always HTTP/1.1, RFC 9110 2.5 */
void http_put_field(struct hf_wr *out, const char *name, const char *value);
void http_put_number_field(struct hf_wr *out, const char *name, uint64_t v);
void http_put_date_field(struct hf_wr *out, const char *name, int64_t seconds);
void http_put_end(struct hf_wr *out); /* the empty line */

/* Text inside HTML: & < > " are escaped, so is everything that is not printable ASCII. */
void http_put_html(struct hf_wr *out, struct hf_bytes text);
/* A path as part of a URL: what RFC 3986 3.3 does not allow in a segment is percent-encoded; '/' stays. */
void http_put_path(struct hf_wr *out, const char *path);
/* The short page that comes with an error: status, reason and one sentence. */
void http_put_error_page(struct hf_wr *out, unsigned status, const char *sentence, const char *rfc);

#endif
