/* SPDX-License-Identifier: MIT */
#include "url/url_internal.h"
#include "base/ascii.h"

/*
 * Theory of operation (URL Standard 4.4, "basic URL parser", without its state override: URLs are made here, never changed).
 *
 * The input is cleaned first: controls and spaces at both ends go, tabs and line ends everywhere, and what is not UTF-8 becomes
 * U+FFFD. Then one function per state of the standard, under the state's name, sees one octet at a time, or NOTHING at the end;
 * the pointer moves on by one after each call, so "decrease pointer" reads here as there. The standard speaks of code points;
 * octets do, because each of its decisions is about ASCII, and all else is percent-encoded octet by octet or goes to the host
 * parser whole. The path is kept as it is written out, "/a/b": a segment is what stands behind a slash.
 */
#define NOTHING (-1)

enum state {
	SCHEME_START,
	SCHEME,
	NO_SCHEME,
	SPECIAL_RELATIVE_OR_AUTHORITY,
	PATH_OR_AUTHORITY,
	RELATIVE,
	RELATIVE_SLASH,
	SPECIAL_AUTHORITY_SLASHES,
	SPECIAL_AUTHORITY_IGNORE_SLASHES,
	AUTHORITY,
	HOST,
	PORT,
	FILE_,
	FILE_SLASH,
	FILE_HOST,
	PATH_START,
	PATH,
	OPAQUE_PATH,
	QUERY,
	FRAGMENT,
	FAILED, /* none of the standard's: it returns failure */
};

struct parser {
	struct hf_bytes in; /* cleaned */
	size_t at;          /* the pointer */
	struct url_buf buffer;
	bool at_sign, in_brackets, password;
	struct url_parts url;
	struct url_parts base; /* borrowed */
	bool has_base;
	const char *why;
};

static enum state fail(struct parser *p, const char *why)
{
	p->why = why;
	return FAILED;
}

/* "Decrease pointer by 1": the next state sees the same octet. */
static enum state again(struct parser *p, enum state next)
{
	p->at--;
	return next;
}

static int remaining(const struct parser *p, size_t n)
{
	return p->at + n < p->in.len ? p->in.at[p->at + n] : NOTHING;
}

static bool ends_authority(const struct parser *p, int c)
{
	return c == NOTHING || c == '/' || c == '?' || c == '#' || (p->url.special && c == '\\');
}

static bool is_file(const struct url_parts *u)
{
	return url_buf_is(&u->scheme, "file");
}

/* ---- Windows drive letters (4.2) ---- */

static bool is_drive_letter(struct hf_bytes b)
{
	return b.len == 2 && hf_ascii_is_alpha(b.at[0]) && (b.at[1] == ':' || b.at[1] == '|');
}

static bool starts_with_drive_letter(struct hf_bytes b)
{
	if (b.len < 2 || !is_drive_letter((struct hf_bytes){ b.at, 2 }))
		return false;
	return b.len == 2 || b.at[2] == '/' || b.at[2] == '\\' || b.at[2] == '?' || b.at[2] == '#';
}

static struct hf_bytes first_segment(const struct url_buf *path)
{
	struct hf_bytes b = { 0 };

	if (path->len == 0)
		return b;
	b.at = (const uint8_t *)path->at + 1;
	while (b.len + 1 < path->len && b.at[b.len] != '/')
		b.len++;
	return b;
}

static bool is_normalized_drive_letter(struct hf_bytes b)
{
	return is_drive_letter(b) && b.at[1] == ':';
}

/* 4.2, "shorten a url's path" */
static void shorten(struct url_parts *u)
{
	struct hf_bytes first = first_segment(&u->path);

	if (is_file(u) && first.len + 1 == u->path.len && is_normalized_drive_letter(first))
		return;
	while (u->path.len && u->path.at[--u->path.len] != '/')
		;
}

/* ---- what is taken over from the base ---- */

static void copy(struct url_buf *to, const struct url_buf *from)
{
	url_buf_set(to, from->at, from->len);
}

static void copy_host(struct parser *p)
{
	p->url.host.kind = p->base.host.kind;
	p->url.host.addr = p->base.host.addr;
	copy(&p->url.host.text, &p->base.host.text);
}

static void copy_authority(struct parser *p)
{
	copy(&p->url.username, &p->base.username);
	copy(&p->url.password, &p->base.password);
	copy_host(p);
	p->url.port = p->base.port;
}

static void copy_path_and_query(struct parser *p)
{
	copy(&p->url.path, &p->base.path);
	copy(&p->url.query, &p->base.query);
	p->url.opaque = p->base.opaque;
	p->url.has_query = p->base.has_query;
}

static void empty_host(struct parser *p)
{
	p->url.host.kind = URL_HOST_NAME;
	p->url.host.text.len = 0;
}

static void set_scheme(struct parser *p, const struct url_buf *from)
{
	copy(&p->url.scheme, from);
	p->url.special = url_scheme_port(url_buf_bytes(from)) >= 0;
}

static void drop_query(struct parser *p)
{
	p->url.query.len = 0;
	p->url.has_query = false;
}

static enum state begin_query(struct parser *p)
{
	drop_query(p);
	p->url.has_query = true;
	return QUERY;
}

static enum state begin_fragment(struct parser *p)
{
	p->url.has_fragment = true;
	return FRAGMENT;
}

/* ---- the states, in the standard's order ---- */

static enum state scheme_start(struct parser *p, int c)
{
	if (c == NOTHING || !hf_ascii_is_alpha((uint8_t)c))
		return again(p, NO_SCHEME);
	url_buf_char(&p->buffer, (char)hf_ascii_lower((uint8_t)c));
	return SCHEME;
}

static enum state scheme(struct parser *p, int c)
{
	if (c != NOTHING &&
	    (hf_ascii_is_alpha((uint8_t)c) || hf_ascii_is_digit((uint8_t)c) || c == '+' || c == '-' || c == '.')) {
		url_buf_char(&p->buffer, (char)hf_ascii_lower((uint8_t)c));
		return SCHEME;
	}
	if (c != ':') {
		p->buffer.len = 0;
		p->at = SIZE_MAX; /* "start over from the first code point": the loop adds one */
		return NO_SCHEME;
	}
	set_scheme(p, &p->buffer);
	p->buffer.len = 0;
	if (is_file(&p->url))
		return FILE_;
	if (p->url.special && p->has_base && hf_bytes_same(url_buf_bytes(&p->base.scheme), url_buf_bytes(&p->url.scheme)))
		return SPECIAL_RELATIVE_OR_AUTHORITY;
	if (p->url.special)
		return SPECIAL_AUTHORITY_SLASHES;
	if (remaining(p, 1) == '/') {
		p->at++;
		return PATH_OR_AUTHORITY;
	}
	p->url.opaque = true;
	return OPAQUE_PATH;
}

static enum state no_scheme(struct parser *p, int c)
{
	if (!p->has_base)
		return fail(p, "it does not begin with a scheme such as https:, and there is no page it could be relative to");
	if (p->base.opaque && c != '#')
		return fail(p, "it is relative, and its base cannot have anything relative to it");
	if (p->base.opaque) {
		set_scheme(p, &p->base.scheme);
		copy_path_and_query(p);
		return begin_fragment(p);
	}
	return again(p, is_file(&p->base) ? FILE_ : RELATIVE);
}

static enum state special_relative_or_authority(struct parser *p, int c)
{
	if (c != '/' || remaining(p, 1) != '/')
		return again(p, RELATIVE);
	p->at++;
	return SPECIAL_AUTHORITY_IGNORE_SLASHES;
}

static enum state path_or_authority(struct parser *p, int c)
{
	return c == '/' ? AUTHORITY : again(p, PATH);
}

static enum state relative(struct parser *p, int c)
{
	set_scheme(p, &p->base.scheme);
	if (c == '/' || (p->url.special && c == '\\'))
		return RELATIVE_SLASH;
	copy_authority(p);
	copy_path_and_query(p);
	if (c == '?')
		return begin_query(p);
	if (c == '#')
		return begin_fragment(p);
	if (c == NOTHING)
		return RELATIVE;
	drop_query(p);
	shorten(&p->url);
	return again(p, PATH);
}

static enum state relative_slash(struct parser *p, int c)
{
	if (p->url.special && (c == '/' || c == '\\'))
		return SPECIAL_AUTHORITY_IGNORE_SLASHES;
	if (c == '/')
		return AUTHORITY;
	copy_authority(p);
	return again(p, PATH);
}

static enum state special_authority_slashes(struct parser *p, int c)
{
	if (c != '/' || remaining(p, 1) != '/')
		return again(p, SPECIAL_AUTHORITY_IGNORE_SLASHES);
	p->at++;
	return SPECIAL_AUTHORITY_IGNORE_SLASHES;
}

static enum state special_authority_ignore_slashes(struct parser *p, int c)
{
	return c == '/' || c == '\\' ? SPECIAL_AUTHORITY_IGNORE_SLASHES : again(p, AUTHORITY);
}

/* What stood before an at sign. A second one shows that the first belonged to it. */
static void take_userinfo(struct parser *p)
{
	size_t i = 0;

	if (p->at_sign)
		url_buf_add(p->password ? &p->url.password : &p->url.username, "%40", 3);
	p->at_sign = true;
	for (; i < p->buffer.len; i++) {
		if (p->buffer.at[i] == ':' && !p->password)
			p->password = true;
		else
			url_put_encoded(p->password ? &p->url.password : &p->url.username, (uint8_t)p->buffer.at[i],
					URL_SET_USERINFO);
	}
	p->buffer.len = 0;
}

static enum state authority(struct parser *p, int c)
{
	if (c == '@') {
		take_userinfo(p);
	} else if (ends_authority(p, c)) {
		if (p->at_sign && p->buffer.len == 0)
			return fail(p, "there is no host behind the user's name");
		p->at -= p->buffer.len + 1;
		p->buffer.len = 0;
		return HOST;
	} else {
		url_buf_char(&p->buffer, (char)c);
	}
	return AUTHORITY;
}

static bool take_host(struct parser *p)
{
	url_buf_free(&p->url.host.text);
	if (!url_host_parse(url_buf_bytes(&p->buffer), !p->url.special, &p->url.host, &p->why))
		return false;
	p->buffer.len = 0;
	return true;
}

static enum state host(struct parser *p, int c)
{
	bool colon = c == ':' && !p->in_brackets;

	if (colon || ends_authority(p, c)) {
		if (p->buffer.len == 0 && (colon || p->url.special))
			return fail(p, "there is no host in it");
		if (!take_host(p))
			return FAILED;
		return colon ? PORT : again(p, PATH_START);
	}
	if (c == '[')
		p->in_brackets = true;
	else if (c == ']')
		p->in_brackets = false;
	url_buf_char(&p->buffer, (char)c);
	return HOST;
}

static enum state port(struct parser *p, int c)
{
	unsigned long v = 0;

	if (c != NOTHING && hf_ascii_is_digit((uint8_t)c)) {
		url_buf_char(&p->buffer, (char)c);
		return PORT;
	}
	if (!ends_authority(p, c))
		return fail(p, "the port is not a number");
	for (size_t i = 0; i < p->buffer.len; i++) {
		v = v * 10u + (unsigned)(p->buffer.at[i] - '0');
		if (v > UINT16_MAX)
			return fail(p, "the port is larger than 65535");
	}
	if (p->buffer.len && (int)v != url_scheme_port(url_buf_bytes(&p->url.scheme)))
		p->url.port = (int)v;
	p->buffer.len = 0;
	return again(p, PATH_START);
}

static struct hf_bytes from_pointer(const struct parser *p)
{
	return p->at < p->in.len ? (struct hf_bytes){ p->in.at + p->at, p->in.len - p->at } : (struct hf_bytes){ 0 };
}

static enum state file(struct parser *p, int c)
{
	static const char name[] = "file";

	url_buf_set(&p->url.scheme, name, 4);
	p->url.special = true;
	empty_host(p);
	if (c == '/' || c == '\\')
		return FILE_SLASH;
	if (!p->has_base || !is_file(&p->base))
		return again(p, PATH);
	copy_host(p);
	copy_path_and_query(p);
	if (c == '?')
		return begin_query(p);
	if (c == '#')
		return begin_fragment(p);
	if (c == NOTHING)
		return FILE_;
	drop_query(p);
	if (starts_with_drive_letter(from_pointer(p)))
		p->url.path.len = 0;
	else
		shorten(&p->url);
	return again(p, PATH);
}

static enum state file_slash(struct parser *p, int c)
{
	if (c == '/' || c == '\\')
		return FILE_HOST;
	if (p->has_base && is_file(&p->base)) {
		struct hf_bytes first = first_segment(&p->base.path);

		copy_host(p);
		if (!starts_with_drive_letter(from_pointer(p)) && is_normalized_drive_letter(first)) {
			url_buf_char(&p->url.path, '/');
			url_buf_add(&p->url.path, first.at, first.len);
		}
	}
	return again(p, PATH);
}

static enum state file_host(struct parser *p, int c)
{
	if (c != NOTHING && c != '/' && c != '\\' && c != '?' && c != '#') {
		url_buf_char(&p->buffer, (char)c);
		return FILE_HOST;
	}
	if (is_drive_letter(url_buf_bytes(&p->buffer)))
		return again(p, PATH); /* and the buffer goes with it */
	if (p->buffer.len) {
		if (!take_host(p))
			return FAILED;
		if (url_buf_is(&p->url.host.text, "localhost"))
			empty_host(p);
	} else {
		empty_host(p);
	}
	return again(p, PATH_START);
}

static enum state path_start(struct parser *p, int c)
{
	if (p->url.special)
		return c == '/' || c == '\\' ? PATH : again(p, PATH);
	if (c == '?')
		return begin_query(p);
	if (c == '#')
		return begin_fragment(p);
	if (c == NOTHING)
		return PATH_START;
	return c == '/' ? PATH : again(p, PATH);
}

/* "." or "%2e" as often as n says. */
static bool is_dots(const struct url_buf *b, unsigned n)
{
	size_t i = 0;

	for (; n; n--) {
		if (i < b->len && b->at[i] == '.')
			i++;
		else if (b->len - i >= 3 && memcmp(b->at + i, "%2", 2) == 0 && hf_ascii_lower((uint8_t)b->at[i + 2]) == 'e')
			i += 3;
		else
			return false;
	}
	return i == b->len;
}

static void end_segment(struct parser *p, bool slash)
{
	struct url_buf *path = &p->url.path;

	if (is_dots(&p->buffer, 2)) {
		shorten(&p->url);
		if (!slash)
			url_buf_char(path, '/');
	} else if (is_dots(&p->buffer, 1)) {
		if (!slash)
			url_buf_char(path, '/');
	} else {
		if (is_file(&p->url) && path->len == 0 && is_drive_letter(url_buf_bytes(&p->buffer)))
			p->buffer.at[1] = ':';
		url_buf_char(path, '/');
		url_buf_add(path, p->buffer.at, p->buffer.len);
	}
	p->buffer.len = 0;
}

static enum state path(struct parser *p, int c)
{
	bool slash = c == '/' || (p->url.special && c == '\\');

	if (!slash && c != NOTHING && c != '?' && c != '#') {
		url_put_encoded(&p->buffer, (uint8_t)c, URL_SET_PATH);
		return PATH;
	}
	end_segment(p, slash);
	return c == '?' ? begin_query(p) : c == '#' ? begin_fragment(p) : PATH;
}

static enum state opaque_path(struct parser *p, int c)
{
	int next = remaining(p, 1);

	if (c == '?')
		return begin_query(p);
	if (c == '#')
		return begin_fragment(p);
	if (c == ' ' && (next == '?' || next == '#'))
		url_buf_add(&p->url.path, "%20", 3);
	else if (c != NOTHING)
		url_put_encoded(&p->url.path, (uint8_t)c, URL_SET_C0);
	return OPAQUE_PATH;
}

static enum state query(struct parser *p, int c)
{
	if (c == '#')
		return begin_fragment(p);
	if (c != NOTHING)
		url_put_encoded(&p->url.query, (uint8_t)c, p->url.special ? URL_SET_SPECIAL_QUERY : URL_SET_QUERY);
	return QUERY;
}

static enum state fragment(struct parser *p, int c)
{
	if (c != NOTHING)
		url_put_encoded(&p->url.fragment, (uint8_t)c, URL_SET_FRAGMENT);
	return FRAGMENT;
}

static enum state (*const states[])(struct parser *, int) = {
	[SCHEME_START] = scheme_start,
	[SCHEME] = scheme,
	[NO_SCHEME] = no_scheme,
	[SPECIAL_RELATIVE_OR_AUTHORITY] = special_relative_or_authority,
	[PATH_OR_AUTHORITY] = path_or_authority,
	[RELATIVE] = relative,
	[RELATIVE_SLASH] = relative_slash,
	[SPECIAL_AUTHORITY_SLASHES] = special_authority_slashes,
	[SPECIAL_AUTHORITY_IGNORE_SLASHES] = special_authority_ignore_slashes,
	[AUTHORITY] = authority,
	[HOST] = host,
	[PORT] = port,
	[FILE_] = file,
	[FILE_SLASH] = file_slash,
	[FILE_HOST] = file_host,
	[PATH_START] = path_start,
	[PATH] = path,
	[OPAQUE_PATH] = opaque_path,
	[QUERY] = query,
	[FRAGMENT] = fragment,
};

/* ---- around them ---- */

static void clean(struct hf_bytes in, struct url_buf *to)
{
	size_t kept = 0;

	while (in.len && in.at[0] <= ' ')
		in.at++, in.len--;
	while (in.len && in.at[in.len - 1] <= ' ')
		in.len--;
	url_put_repaired(to, in);
	for (size_t i = 0; i < to->len; i++)
		if (to->at[i] != '\t' && to->at[i] != '\n' && to->at[i] != '\r')
			to->at[kept++] = to->at[i];
	to->len = kept;
}

static bool out_of_memory(const struct parser *p)
{
	const struct url_parts *u = &p->url;

	return p->buffer.failed || u->scheme.failed || u->username.failed || u->password.failed ||
	       u->host.text.failed || u->path.failed || u->query.failed || u->fragment.failed;
}

static bool run(struct parser *p)
{
	enum state s = SCHEME_START;

	for (;; p->at++) {
		int c = p->at < p->in.len ? p->in.at[p->at] : NOTHING;

		s = states[s](p, c);
		if (s == FAILED)
			return false;
		/* The pointer may have been set back, to before the start even, which wraps around. */
		if (p->at != SIZE_MAX && p->at >= p->in.len)
			return true;
	}
}

struct url *url_parse(struct hf_bytes input, const struct url *base, const char **ret_why)
{
	struct parser p = { .url.port = -1, .has_base = base != NULL };
	struct url_buf cleaned = { 0 };
	struct url *u = NULL;

	clean(input, &cleaned);
	p.in = url_buf_bytes(&cleaned);
	if (base)
		url_parts_of(base, &p.base);
	if (!cleaned.failed && run(&p) && !out_of_memory(&p))
		u = url_record(&p.url);
	else if (cleaned.failed || out_of_memory(&p))
		p.why = NULL;
	if (ret_why)
		*ret_why = p.why;
	url_buf_free(&cleaned);
	url_buf_free(&p.buffer);
	url_parts_free(&p.url);
	return u;
}
