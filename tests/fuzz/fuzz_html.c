/* SPDX-License-Identifier: MIT */
/*
 * Any octets as a document: what it asks for is a URL each, the tree stays within its limits, what html_trim() lets through needs no more
 * trimming, and the page as text holds nothing that a terminal obeys.
 */
#include "page/css.h"
#include "page/html.h"
#include "page/text.h"
#include "url/url.h"
#include "url/utf8.h"

#include "fuzz.h"

FUZZ_SEEDS(FUZZ_SEED("<!doctype html><base href=/d/><title>t</title><link rel='stylesheet icon' href=a.css media=print>"
		     "<style>@import url(b.css);p{background:url(x)}</style><script src=s type=module></script>"),
	   FUZZ_SEED("<picture><source srcset='a 1x,b 2x' media='(min-width:1px)' type=image/webp><img src=c srcset='d 100w' "
		     "sizes='(max-width: 9em) 50vw, 10px'></picture><video poster=v><input type=image src=i>"),
	   FUZZ_SEED("<table background=t><tr><td>a<td>b<tr><th>c<table><caption>x</table></table><svg><image href=q /><style>x</style>"
		     "<title><p></svg><math><mi>x</math>"),
	   FUZZ_SEED("<iframe srcdoc='<img src=z>'></iframe><frameset><frame src=f></frameset><noscript><img src=n></noscript>"
		     "<template><img src=u></template>"),
	   FUZZ_SEED("<b><i><p></b></i><a><a><table><b><tr><a></table><form><form><select><option><optgroup><isindex prompt=x>"
		     "<plaintext></plaintext>"),
	   FUZZ_SEED("<ul><li>a<ul><li>b</ul><ol start=8><li>c</ol><blockquote><pre>\n\tx\n</pre><h1>y</h1><dl><dt>d<dd>e</dl><hr>"
		     "<textarea>\n</textarea><button>k</button><!-- c --><!x><?y></z"),
	   FUZZ_SEED("<meta http-equiv=refresh content='5;url=\"x\"'><meta name=referrer content=no-referrer><div style='a:url(\"y\\)\")'>"
		     "&amp;&#x202e;&nbsp;&#27;[0m\xe6\x97\xa5\xcc\x81</div>"));

static const struct html_limits limits = { .nodes = 2000, .nesting = 20 };

static void check_items(struct hf_bytes b)
{
	struct html_config cfg = { .url = "http://h.example/a/b?c", .css_images = true, .limits = limits };
	struct html h;

	if (html_read(b, &cfg, &h) != HF_OK)
		return;
	FUZZ_CHECK(h.nesting <= limits.nesting + 2048);
	for (size_t i = 0; i < h.items; i++) {
		struct url *u;

		if (h.item[i].what != HTML_LINK) {
			FUZZ_CHECK(h.item[i].css.at && !h.item[i].url);
			continue;
		}
		u = url_parse(hf_bytes_of(h.item[i].url), NULL, NULL);
		FUZZ_CHECK(u && strcmp(url_href(u), h.item[i].url) == 0);
		url_free(u);
	}
	html_free(&h);
}

static void check_trim(struct hf_bytes b)
{
	struct text out = { 0 }, again = { 0 };
	uint32_t flattened, more;
	bool cut, cut_again;

	if (html_trim(b, &limits, &out, &flattened, &cut)) {
		FUZZ_CHECK(out.len < b.len);
		if (!cut)
			html_trim((struct hf_bytes){ (const uint8_t *)text_str(&out), out.len }, &limits, &again, &more,
				  &cut_again);
	} else {
		FUZZ_CHECK(out.len == 0 && !flattened && !cut);
	}
	text_free(&out);
	text_free(&again);
}

static void check_text(struct hf_bytes b, unsigned columns)
{
	char *t = page_text(b, "http://h.example/", columns, false);

	FUZZ_CHECK(t);
	for (struct hf_bytes in = hf_bytes_of(t); in.len;) {
		bool bad;
		uint32_t c = utf8_take(&in, &bad);

		FUZZ_CHECK(!bad);
		FUZZ_CHECK(c == '\n' || (c >= 0x20 && (c < 0x7f || c > 0x9f)));
		FUZZ_CHECK(c < 0x202a || c > 0x202e);
	}
	free(t);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct hf_bytes b;
	uint8_t *copy;

	if (size == 0)
		return 0;
	copy = fuzz_copy(data + 1, size - 1);
	b = (struct hf_bytes){ copy, size - 1 };
	check_trim(b);
	check_items(b);
	check_text(b, data[0]);
	free(copy);
	return 0;
}
