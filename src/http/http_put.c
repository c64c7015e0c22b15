/* SPDX-License-Identifier: MIT */
#include "http/http_put.h"

#include "http/http_date.h"

void http_put_text(struct hf_wr *out, const char *text)
{
	hf_wr_copy(out, text, strlen(text));
}
void http_put_bytes(struct hf_wr *out, struct hf_bytes b)
{
	hf_wr_copy(out, b.at, b.len);
}

void http_put_number(struct hf_wr *out, uint64_t v)
{
	char digits[20];
	size_t at = sizeof(digits);

	do {
		digits[--at] = (char)('0' + v % 10);
		v /= 10;
	} while (v > 0);
	hf_wr_copy(out, digits + at, sizeof(digits) - at);
}

void http_put_hex(struct hf_wr *out, uint64_t v)
{
	char digits[16];
	size_t at = sizeof(digits);

	do {
		digits[--at] = "0123456789abcdef"[v & 15];
		v >>= 4;
	} while (v > 0);
	hf_wr_copy(out, digits + at, sizeof(digits) - at);
}

void http_put_status_line(struct hf_wr *out, unsigned status)
{
	http_put_text(out, "HTTP/1.1 ");
	http_put_number(out, status);
	http_put_text(out, " ");
	http_put_text(out, http_reason(status));
	http_put_text(out, "\r\n");
}

void http_put_field(struct hf_wr *out, const char *name, const char *value)
{
	http_put_text(out, name);
	http_put_text(out, ": ");
	http_put_text(out, value);
	http_put_text(out, "\r\n");
}

void http_put_number_field(struct hf_wr *out, const char *name, uint64_t v)
{
	http_put_text(out, name);
	http_put_text(out, ": ");
	http_put_number(out, v);
	http_put_text(out, "\r\n");
}

void http_put_date_field(struct hf_wr *out, const char *name, int64_t seconds)
{
	char date[HTTP_DATE_LEN];

	http_date_format(seconds, date);
	http_put_text(out, name);
	http_put_text(out, ": ");
	hf_wr_copy(out, date, sizeof(date));
	http_put_text(out, "\r\n");
}

void http_put_end(struct hf_wr *out)
{
	http_put_text(out, "\r\n");
}

void http_put_html(struct hf_wr *out, struct hf_bytes text)
{
	for (size_t i = 0; i < text.len; i++) {
		uint8_t c = text.at[i];

		/* Octets above 0x7f are left to the page's charset. */
		if (c == '&' || c == '<' || c == '>' || c == '"' || c == '\'' || c < 0x20 || c == 0x7f) {
			http_put_text(out, "&#");
			http_put_number(out, c < 0x20 || c == 0x7f ? '?' : c);
			http_put_text(out, ";");
		} else {
			hf_wr_u8(out, c);
		}
	}
}

static bool stands_in_path(uint8_t c)
{
	if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'))
		return true;
	for (const char *mark = "-._~!$&'()*+,;=:@/"; *mark; mark++)
		if (c == (uint8_t)*mark)
			return true;
	return false;
}

void http_put_path(struct hf_wr *out, const char *path)
{
	for (; *path; path++) {
		uint8_t c = (uint8_t)*path;

		if (stands_in_path(c)) {
			hf_wr_u8(out, c);
			continue;
		}
		hf_wr_u8(out, '%');
		hf_wr_u8(out, (uint8_t) "0123456789ABCDEF"[c >> 4]);
		hf_wr_u8(out, (uint8_t) "0123456789ABCDEF"[c & 15]);
	}
}

void http_put_error_page(struct hf_wr *out, unsigned status, const char *sentence, const char *rfc)
{
	http_put_text(out, "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>");
	http_put_number(out, status);
	http_put_text(out, " ");
	http_put_text(out, http_reason(status));
	http_put_text(out, "</title></head>\n<body><h1>");
	http_put_number(out, status);
	http_put_text(out, " ");
	http_put_text(out, http_reason(status));
	http_put_text(out, "</h1>\n<p>");
	http_put_html(out, hf_bytes_of(sentence));
	if (rfc) {
		http_put_text(out, " (RFC ");
		http_put_text(out, rfc);
		http_put_text(out, ")");
	}
	http_put_text(out, "</p></body></html>\n");
}
