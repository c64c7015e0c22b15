/* SPDX-License-Identifier: MIT */
#include "explain/har_internal.h"

#include "base/bits.h"

#include <string.h>
#include <strings.h>

/* Heads, cookies and queries taken apart for HAR: as they came, nothing decoded, nothing judged. */
struct field {
	const char *name, *value;
	size_t name_len, value_len;
};

static bool next_field(const char **at, struct field *ret);
static bool is_name(const struct field *f, const char *name);
static void put_cookie_pairs(struct json *j, const struct field *f);
static void put_set_cookie(struct json *j, const struct field *f);
static void trim(const char **s, size_t *n);

void har_put_headers(struct json *j, const char *head)
{
	struct field f;

	json_key(j, "headers");
	json_array(j);
	while (next_field(&head, &f)) {
		json_object(j);
		json_key(j, "name");
		json_string_n(j, f.name, f.name_len);
		json_key(j, "value");
		json_string_n(j, f.value, f.value_len);
		json_object_end(j);
	}
	json_array_end(j);
}

void har_put_cookies(struct json *j, const char *head, bool set)
{
	struct field f;

	json_key(j, "cookies");
	json_array(j);
	while (next_field(&head, &f)) {
		if (!set && is_name(&f, "cookie"))
			put_cookie_pairs(j, &f);
		else if (set && is_name(&f, "set-cookie"))
			put_set_cookie(j, &f);
	}
	json_array_end(j);
}

void har_put_query(struct json *j, const char *url)
{
	const char *at = url + strcspn(url, "?#"), *end = at + strcspn(at, "#");

	json_key(j, "queryString");
	json_array(j);
	while (at < end) {
		const char *pair = ++at, *equals;
		size_t n;

		while (at < end && *at != '&')
			at++;
		n = (size_t)(at - pair);
		if (n == 0)
			continue;
		equals = memchr(pair, '=', n);
		json_object(j);
		json_key(j, "name");
		json_string_n(j, pair, equals ? (size_t)(equals - pair) : n);
		json_key(j, "value");
		json_string_n(j, equals ? equals + 1 : "", equals ? (size_t)(at - equals - 1) : 0);
		json_object_end(j);
	}
	json_array_end(j);
}

/* The next line with a colon; the first line of a head, which is a request's or a status, is passed over. */
static bool next_field(const char **at, struct field *ret)
{
	const char *s = *at;

	if (!s)
		return false;
	if (strncmp(s, "HTTP/", 5) == 0 || strcspn(s, " ") < strcspn(s, ":\n"))
		s += strcspn(s, "\n"); /* of a request: a method and a blank */
	while (*s) {
		size_t line, colon;

		s += *s == '\n';
		line = strcspn(s, "\n");
		colon = strcspn(s, ":\n");
		if (colon == line) {
			s += line;
			continue;
		}
		*ret = (struct field){ s, s + colon + 1, colon, line - colon - 1 };
		trim(&ret->name, &ret->name_len);
		trim(&ret->value, &ret->value_len);
		*at = s + line;
		return true;
	}
	*at = s;
	return false;
}

static bool is_name(const struct field *f, const char *name)
{
	return f->name_len == strlen(name) && strncasecmp(f->name, name, f->name_len) == 0;
}

/* The piece up to a semicolon, cut at its first equals sign; false at the end. */
static bool next_piece(const char **at, size_t *left, struct field *ret)
{
	const char *end, *equals;
	size_t n;

	if (*left == 0)
		return false;
	end = memchr(*at, ';', *left);
	n = end ? (size_t)(end - *at) : *left;
	equals = memchr(*at, '=', n);
	*ret = (struct field){ *at, equals ? equals + 1 : *at + n, equals ? (size_t)(equals - *at) : n,
			       equals ? n - (size_t)(equals - *at) - 1 : 0 };
	trim(&ret->name, &ret->name_len);
	trim(&ret->value, &ret->value_len);
	n += end != NULL;
	*at += n;
	*left -= n;
	return true;
}

static void put_pair(struct json *j, const struct field *f)
{
	json_key(j, "name");
	json_string_n(j, f->name, f->name_len);
	json_key(j, "value");
	json_string_n(j, f->value, f->value_len);
}

/* RFC 6265 4.2.1 */
static void put_cookie_pairs(struct json *j, const struct field *f)
{
	const char *at = f->value;
	size_t left = f->value_len;
	struct field piece;

	while (next_piece(&at, &left, &piece)) {
		if (piece.name_len == 0)
			continue;
		json_object(j);
		put_pair(j, &piece);
		json_object_end(j);
	}
}

/* "Wed, 21 Oct 2026 07:28:00 GMT" (RFC 9110 5.6.7) is "2026-10-21T07:28:00.000Z"; other forms are left out. */
static void put_expires(struct json *j, const struct field *f)
{
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	char date[] = "yyyy-mm-ddThh:mm:ss.000Z";
	const char *v = f->value, *month;
	char name[4] = { 0 };
	unsigned m;

	if (f->value_len != 29)
		return;
	for (unsigned i = 0; i < 29; i++) {
		static const char form[] = "aaa, 00 aaa 0000 00:00:00 aaa";

		if (form[i] == '0' ? v[i] < '0' || v[i] > '9' : form[i] != 'a' && v[i] != form[i])
			return;
	}
	memcpy(name, v + 8, 3);
	month = strstr(months, name);
	if (!month || (month - months) % 3 != 0)
		return;
	m = (unsigned)(month - months) / 3 + 1;
	memcpy(date, v + 12, 4);
	date[5] = (char)('0' + m / 10);
	date[6] = (char)('0' + m % 10);
	memcpy(date + 8, v + 5, 2);
	memcpy(date + 11, v + 17, 8);
	json_put_string(j, "expires", date);
}

/* RFC 6265 4.1.1: the pair, then attributes of which HAR has these. */
static void put_set_cookie(struct json *j, const struct field *f)
{
	const char *at = f->value;
	size_t left = f->value_len;
	bool http_only = false, secure = false;
	struct field piece, path = { 0 }, domain = { 0 }, expires = { 0 }, same_site = { 0 };

	if (!next_piece(&at, &left, &piece) || piece.name_len == 0)
		return;
	json_object(j);
	put_pair(j, &piece);
	while (next_piece(&at, &left, &piece)) {
		http_only |= is_name(&piece, "httponly");
		secure |= is_name(&piece, "secure");
		if (is_name(&piece, "path"))
			path = piece;
		else if (is_name(&piece, "domain"))
			domain = piece;
		else if (is_name(&piece, "expires"))
			expires = piece;
		else if (is_name(&piece, "samesite"))
			same_site = piece;
	}
	if (path.name) {
		json_key(j, "path");
		json_string_n(j, path.value, path.value_len);
	}
	if (domain.name) {
		json_key(j, "domain");
		json_string_n(j, domain.value, domain.value_len);
	}
	if (expires.name)
		put_expires(j, &expires);
	json_put_bool(j, "httpOnly", http_only);
	json_put_bool(j, "secure", secure);
	if (same_site.name) {
		json_key(j, "sameSite");
		json_string_n(j, same_site.value, same_site.value_len);
	}
	json_object_end(j);
}

static void trim(const char **s, size_t *n)
{
	while (*n && strchr(" \t\r", **s) && **s) {
		(*s)++;
		(*n)--;
	}
	while (*n && strchr(" \t\r", (*s)[*n - 1]) && (*s)[*n - 1])
		(*n)--;
}
