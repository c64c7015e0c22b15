/* SPDX-License-Identifier: MIT */
/*
 * The input is a document without a Content-Type, or one with; the charset that is found in it decodes it. What comes out is always
 * well-formed UTF-8.
 */
#include "page/charset.h"
#include "url/utf8.h"

#include "fuzz.h"

FUZZ_SEEDS(FUZZ_SEED("\0<meta charset=gbk>\xc4\xe3"), FUZZ_SEED("\0<?xml version='1.0' encoding='koi8-u'?>\xae"),
	   FUZZ_SEED("\0<!-- x --><meta http-equiv=content-type content='text/html; charset=shift_jis'>\x93\xfa"),
	   FUZZ_SEED("\1@charset \"euc-kr\";\xc7\xd1"),
	   FUZZ_SEED("\0\xff\xfe"
		     "a\0\x3d\xd8\x00\xde"),
	   FUZZ_SEED("\2text/html; charset=big5\n\xa4\xa4<"),
	   FUZZ_SEED("\2x/y; a=\"\\\"\"; charset=\"utf-8\"\n\xe2\x82\xac\xed\xa0\x80"),
	   FUZZ_SEED("\2x; charset=iso-2022-jp\n\x1b$BF|K\\\x1b(Ba"),
	   FUZZ_SEED("\2x; charset=gb18030\n\x81\x30\x81\x30\xc4\xe3"),
	   FUZZ_SEED("\2x; charset=windows-1258\nA\xcc"
		     "e\xec\xd2"));

static void check_utf8(const struct text *t)
{
	struct hf_bytes b = { (const uint8_t *)text_str(t), t->len };

	while (b.len) {
		bool bad;

		utf8_take(&b, &bad);
		FUZZ_CHECK(!bad);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct hf_bytes type = { 0 }, octets;
	enum charset_from from;
	const uint8_t *line;
	const char *name;
	unsigned how;
	struct text out;

	if (size == 0)
		return 0;
	how = data[0] % 3;
	data++, size--;
	line = how == 2 && size ? memchr(data, '\n', size) : NULL;
	if (line)
		type = (struct hf_bytes){ data, (size_t)(line - data) };
	octets = (struct hf_bytes){ line ? line + 1 : data, size - (line ? type.len + 1 : 0) };
	octets.at = fuzz_copy(octets.at, octets.len);
	name = charset_decide(how == 1 ? CHARSET_CSS : CHARSET_HTML, type, octets, NULL, &from);
	FUZZ_CHECK(name && strcmp(charset_of_label(hf_bytes_of(name)), name) == 0);
	text_init(&out);
	FUZZ_CHECK(charset_to_utf8(name, octets, &out));
	check_utf8(&out);
	text_clear(&out);
	charset_repair_utf8(octets, &out);
	check_utf8(&out);
	FUZZ_CHECK(out.len <= 3 * octets.len);
	text_free(&out);
	free((void *)(uintptr_t)octets.at);
	return 0;
}
