/* SPDX-License-Identifier: MIT */
#include "paint/paint_store.h"

#include <glib.h>
#include <stdlib.h>

#include "url/url.h"

struct style {
	char *url;
	uint8_t *body;
	size_t len;
};

struct picture {
	GBytes *octets; /* until it is decoded */
	struct paint_image *image;
};

struct paint_store {
	uint64_t image_pixels;
	GPtrArray *styles;    /* of struct style */
	GHashTable *style_by; /* URL to struct style */
	GHashTable *pictures; /* URL to struct picture */
	GHashTable *frames;   /* URL to HTML */
	GPtrArray *names;     /* n: the URL of "hf:n" */
	GHashTable *name_by;  /* URL to name */
	GPtrArray *wants;
	GHashTable *wanted;
};

static void free_style(void *p)
{
	struct style *s = p;

	g_free(s->url);
	g_free(s->body);
	g_free(s);
}

static void free_picture(void *p)
{
	struct picture *i = p;

	if (i->octets)
		g_bytes_unref(i->octets);
	paint_image_free(i->image);
	g_free(i);
}

struct paint_store *paint_store_make(uint64_t image_pixels)
{
	struct paint_store *s = g_new0(struct paint_store, 1);

	s->image_pixels = image_pixels;
	s->styles = g_ptr_array_new_with_free_func(free_style);
	s->style_by = g_hash_table_new(g_str_hash, g_str_equal);
	s->pictures = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, free_picture);
	s->frames = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	s->names = g_ptr_array_new_with_free_func(g_free);
	s->name_by = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, g_free);
	s->wants = g_ptr_array_new_with_free_func(g_free);
	s->wanted = g_hash_table_new(g_str_hash, g_str_equal);
	return s;
}

void paint_store_free(struct paint_store *s)
{
	if (!s)
		return;
	g_hash_table_unref(s->wanted);
	g_ptr_array_unref(s->wants);
	g_hash_table_unref(s->name_by);
	g_ptr_array_unref(s->names);
	g_hash_table_unref(s->frames);
	g_hash_table_unref(s->pictures);
	g_hash_table_unref(s->style_by);
	g_ptr_array_unref(s->styles);
	g_free(s);
}

bool paint_store_put_style(struct paint_store *s, const char *url, struct hf_bytes body)
{
	struct style *one;

	if (s->styles->len >= PAINT_GIVEN_MOST)
		return false;
	if (g_hash_table_contains(s->style_by, url))
		return true;
	one = g_new0(struct style, 1);
	one->url = g_strdup(url);
	one->body = g_memdup2(body.at, body.len);
	one->len = body.len;
	g_ptr_array_add(s->styles, one);
	g_hash_table_insert(s->style_by, one->url, one);
	return true;
}

bool paint_store_put_image(struct paint_store *s, const char *url, struct hf_bytes body)
{
	struct picture *one;

	if (g_hash_table_size(s->pictures) >= PAINT_GIVEN_MOST)
		return false;
	if (g_hash_table_contains(s->pictures, url))
		return true;
	one = g_new0(struct picture, 1);
	if (body.len)
		one->octets = g_bytes_new(body.at, body.len);
	g_hash_table_insert(s->pictures, g_strdup(url), one);
	return true;
}

bool paint_store_put_frame(struct paint_store *s, const char *url, struct hf_bytes html)
{
	if (g_hash_table_size(s->frames) >= PAINT_GIVEN_MOST)
		return false;
	g_hash_table_insert(s->frames, g_strdup(url), g_strndup((const char *)html.at, html.len));
	return true;
}

const char *paint_store_frame(struct paint_store *s, const char *absolute)
{
	return g_hash_table_lookup(s->frames, absolute);
}

/* ---- URLs ---- */

char *paint_resolve(const char *url, const char *base)
{
	bool data = !strncmp(url, "data:", 5);
	struct url *against = base && !data ? url_parse(hf_bytes_of(base), NULL, NULL) : NULL, *u;
	char *ret = NULL;

	if (strlen(url) <= (size_t)(data ? PAINT_DATA_MOST : PAINT_URL_MOST)) {
		u = url_parse(hf_bytes_of(url), against, NULL);
		if (u)
			ret = g_strdup(url_without_fragment(u));
		url_free(u);
	}
	url_free(against);
	return ret;
}

const char *paint_store_name(struct paint_store *s, const char *absolute)
{
	char *name = g_hash_table_lookup(s->name_by, absolute), *key;

	if (name)
		return name;
	key = g_strdup(absolute);
	name = g_strdup_printf("hf:%u", s->names->len);
	g_ptr_array_add(s->names, key);
	g_hash_table_insert(s->name_by, key, name);
	return name;
}

/* What a name stands for; a URL stands for itself. */
static const char *find_url(const struct paint_store *s, const char *url)
{
	if (!strncmp(url, "hf:", 3)) {
		char *end;
		unsigned long n = strtoul(url + 3, &end, 10);

		return !*end && end != url + 3 && n < s->names->len ? g_ptr_array_index(s->names, n) : NULL;
	}
	return url;
}

/* ---- what is there ---- */

/* A data: URL is its own body. */
static bool open_data(const char *absolute, uint8_t **ret_body, size_t *ret_len)
{
	char mime[128];
	struct url *u;
	bool ok;

	if (!g_str_has_prefix(absolute, "data:"))
		return false;
	u = url_parse(hf_bytes_of(absolute), NULL, NULL);
	ok = u && url_data(u, ret_body, ret_len, mime, sizeof(mime));
	url_free(u);
	return ok;
}

unsigned paint_store_styles(const struct paint_store *s)
{
	return s->styles->len;
}

struct hf_bytes paint_store_style_at(const struct paint_store *s, unsigned i)
{
	const struct style *one = g_ptr_array_index(s->styles, i);

	return (struct hf_bytes){ one->body, one->len };
}

bool paint_store_style(struct paint_store *s, const char *absolute, struct hf_bytes *ret)
{
	const struct style *one = g_hash_table_lookup(s->style_by, absolute);
	uint8_t *body;
	size_t len;

	if (!one && open_data(absolute, &body, &len)) {
		(void)paint_store_put_style(s, absolute, (struct hf_bytes){ body, len });
		free(body);
		one = g_hash_table_lookup(s->style_by, absolute);
	}
	if (!one)
		return false;
	*ret = (struct hf_bytes){ one->body, one->len };
	return true;
}

static struct picture *find_picture(struct paint_store *s, const char *absolute)
{
	struct picture *one = g_hash_table_lookup(s->pictures, absolute);
	uint8_t *body;
	size_t len;

	if (!one && open_data(absolute, &body, &len)) {
		(void)paint_store_put_image(s, absolute, (struct hf_bytes){ body, len });
		free(body);
		one = g_hash_table_lookup(s->pictures, absolute);
	}
	return one;
}

const struct paint_image *paint_store_image(struct paint_store *s, const char *url)
{
	const char *absolute = find_url(s, url);
	struct picture *one = absolute ? find_picture(s, absolute) : NULL;
	struct hf_bytes octets;
	const char *why;

	if (one && one->octets) {
		octets.at = g_bytes_get_data(one->octets, &octets.len);
		one->image = paint_image_make(octets, s->image_pixels, &why);
		g_bytes_unref(one->octets);
		one->octets = NULL;
	}
	return one ? one->image : NULL;
}

void paint_store_want(struct paint_store *s, const char *url)
{
	const char *absolute = find_url(s, url);

	if (absolute && s->wants->len < PAINT_WANTS_MOST && strlen(absolute) <= PAINT_URL_MOST &&
	    (!strncmp(absolute, "http:", 5) || !strncmp(absolute, "https:", 6)) &&
	    !g_hash_table_contains(s->pictures, absolute) && !g_hash_table_contains(s->wanted, absolute)) {
		char *copy = g_strdup(absolute);

		g_ptr_array_add(s->wants, copy);
		g_hash_table_add(s->wanted, copy);
	}
}

unsigned paint_store_wants(const struct paint_store *s)
{
	return s->wants->len;
}

const char *paint_store_want_at(const struct paint_store *s, unsigned i)
{
	return g_ptr_array_index(s->wants, i);
}
