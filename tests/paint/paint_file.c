/* SPDX-License-Identifier: MIT */
/*
 * paint_file [-w WIDTH] [-d DENSITY] PAGE.html OUT.png: a page from a folder painted, to be looked at. The files of the folder stand for
 * what http://files.test/ has; style sheets and frames are found in the roughest way, pictures are what the painter asks for.
 */
#define _GNU_SOURCE /* strcasestr(), asprintf() */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "paint/paint.h"
#include "url/url.h"

static const char origin[] = "http://files.test";

static struct hf_bytes read_file(const char *path)
{
	struct hf_bytes ret = { 0 };
	FILE *f = fopen(path, "rb");
	long size;
	uint8_t *at;

	if (!f || fseek(f, 0, SEEK_END) || (size = ftell(f)) <= 0 || fseek(f, 0, SEEK_SET)) {
		if (f)
			fclose(f);
		return ret;
	}
	at = malloc((size_t)size + 1);
	if (at && fread(at, 1, (size_t)size, f) == (size_t)size) {
		at[size] = 0;
		ret = (struct hf_bytes){ at, (size_t)size };
	}
	fclose(f);
	return ret;
}

static struct hf_bytes fetch(const char *url)
{
	struct url *u = url_parse(hf_bytes_of(url), NULL, NULL);
	struct hf_bytes ret = { 0 };
	char path[4096];
	size_t n = 0;

	if (u && !strncmp(url, origin, strlen(origin))) {
		for (const char *p = url_path(u); *p && n < sizeof(path) - 12; p++) {
			unsigned v = 0;

			if (*p == '%' && p[1] && p[2]) {
				char hex[3] = { p[1], p[2], 0 };

				v = (unsigned)strtoul(hex, NULL, 16);
				p += 2;
			}
			path[n++] = v ? (char)v : *p;
		}
		snprintf(path + n, sizeof(path) - n, "%s", n && path[n - 1] == '/' ? "index.html" : "");
		ret = read_file(path);
	}
	if (!ret.at)
		fprintf(stderr, "paint_file: there is no %s\n", url);
	url_free(u);
	return ret;
}

/* The absolute URL that an attribute or a rule has between these places; to be free()d. */
static char *absolute(const char *at, size_t len, const char *base)
{
	struct url *b = url_parse(hf_bytes_of(base), NULL, NULL);
	struct url *u = url_parse((struct hf_bytes){ (const uint8_t *)at, len }, b, NULL);
	char *ret = u ? strdup(url_without_fragment(u)) : NULL;

	url_free(u);
	url_free(b);
	return ret;
}

static void give(struct paint *p, enum paint_kind kind, const char *at, size_t len, const char *base, unsigned depth)
{
	char *url = absolute(at, len, base);
	struct hf_bytes body = url ? fetch(url) : (struct hf_bytes){ 0 };

	if (url && body.at && paint_give(p, kind, url, body) != HF_OK)
		fprintf(stderr, "paint_file: %s is not taken\n", url);
	for (const char *i = kind == PAINT_STYLE && body.at ? (const char *)body.at : "";
	     depth < 4 && (i = strstr(i, "@import"));) {
		i += strcspn(i, "\"'(");
		i += strspn(i, "\"'( ");
		give(p, PAINT_STYLE, i, strcspn(i, "\"')"), url, depth + 1);
	}
	free((void *)(uintptr_t)body.at);
	free(url);
}

static void give_all(struct paint *p, const char *html, const char *tag, const char *attribute, enum paint_kind kind,
		     const char *base)
{
	for (const char *at = html; (at = strcasestr(at, tag)); at++) {
		const char *end = strchr(at, '>'), *value = strcasestr(at, attribute);

		if (!end || !value || value > end)
			continue;
		value += strlen(attribute);
		if (kind == PAINT_STYLE && !memmem(at, (size_t)(end - at), "stylesheet", 10))
			continue;
		if (*value == '"')
			give(p, kind, value + 1, strcspn(value + 1, "\""), base, 0);
	}
}

int main(int argc, char **argv)
{
	struct paint_job job = { 0 };
	enum paint_does does;
	struct paint *p;
	unsigned width, height;
	struct hf_bytes png;
	char *path, *base;
	FILE *out;
	int opt;

	while ((opt = getopt(argc, argv, "w:d:")) > 0) {
		if (opt == 'w')
			job.width = (unsigned)strtoul(optarg, NULL, 10);
		else if (opt == 'd')
			job.density = strtod(optarg, NULL);
		else
			return 2;
	}
	path = argc == optind + 2 ? realpath(argv[optind], NULL) : NULL;
	if (!path || asprintf(&base, "%s%s", origin, path) < 0) {
		fprintf(stderr, "usage: paint_file [-w WIDTH] [-d DENSITY] PAGE.html OUT.png\n");
		return 2;
	}
	job.html = read_file(path);
	job.base = base;
	if (paint_absent() || paint_begin(&job, &p) != HF_OK) {
		fprintf(stderr, "paint_file: %s\n", paint_absent() ? paint_absent() : "no child can be started");
		return 3;
	}
	give_all(p, (const char *)job.html.at, "<link", "href=", PAINT_STYLE, base);
	give_all(p, (const char *)job.html.at, "<iframe", "src=", PAINT_DOCUMENT, base);
	if (paint_layout(p) != HF_OK)
		return 1;
	while ((does = paint_step(p, 1000)) == PAINT_WAITS)
		;
	for (size_t i = 0; does == PAINT_WANTS && i < paint_wants(p); i++)
		give(p, PAINT_IMAGE, paint_want(p, i), strlen(paint_want(p, i)), base, 0);
	if (does == PAINT_WANTS && paint_draw(p) != HF_OK)
		return 1;
	while (does != PAINT_FAILED && (does = paint_step(p, 1000)) == PAINT_WAITS)
		;
	if (does != PAINT_DONE) {
		fprintf(stderr, "paint_file: %s\n", paint_sentence(p));
		return 1;
	}
	png = paint_png(p, &width, &height);
	out = fopen(argv[optind + 1], "wb");
	if (!out || fwrite(png.at, 1, png.len, out) != png.len || fclose(out))
		return 3;
	printf("%u x %u pixels, %zu octets\n", width, height, png.len);
	paint_end(p);
	free((void *)(uintptr_t)job.html.at);
	free(base);
	free(path);
	return 0;
}
