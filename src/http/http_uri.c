/* SPDX-License-Identifier: MIT */
#include "http/http_uri.h"
#include "base/ascii.h"

#include "wire/addr.h"

/* "http://host:port" in front of a path: RFC 9112 3.2.2. */
static enum h1_fault cut_authority(struct hf_bytes *target, struct hf_bytes *ret)
{
	size_t i = 7;

	if (target->len < 8 || !h1_same((struct hf_bytes){ target->at, 7 }, "http://"))
		return H1_TARGET;
	while (i < target->len && target->at[i] != '/' && target->at[i] != '?')
		i++;
	*ret = (struct hf_bytes){ target->at + 7, i - 7 };
	for (size_t k = 0; k < ret->len; k++)
		if (ret->at[k] == '@')
			return H1_TARGET; /* user information, RFC 9110 4.2.4 */
	if (ret->len == 0)
		return H1_TARGET;
	target->at += i;
	target->len -= i;
	return H1_NONE;
}

/* Ends the segment that was written last: an empty or "." one is taken back, ".." takes the one before it too. */
static enum h1_fault end_segment(struct http_target *t, size_t segment)
{
	size_t n = t->len - segment;

	if (n == 0 || (n == 1 && t->path[segment] == '.')) {
		t->len = segment;
		return H1_NONE;
	}
	if (n != 2 || t->path[segment] != '.' || t->path[segment + 1] != '.')
		return H1_NONE;
	t->len = segment - 1; /* on the slash before it */
	if (t->len == 0)
		return H1_ABOVE_ROOT;
	while (t->path[t->len - 1] != '/')
		t->len--;
	return H1_NONE;
}

static enum h1_fault decode_octet(struct hf_bytes text, size_t *i, char *ret)
{
	int high, low;

	*ret = (char)text.at[*i];
	if (text.at[(*i)++] != '%')
		return *ret == '\0' ? H1_ESCAPED_NUL : H1_NONE;
	if (*i + 2 > text.len || (high = hf_ascii_hex(text.at[*i])) < 0 || (low = hf_ascii_hex(text.at[*i + 1])) < 0)
		return H1_ESCAPE;
	*i += 2;
	*ret = (char)(high << 4 | low);
	if (*ret == '\0')
		return H1_ESCAPED_NUL;
	return *ret == '/' ? H1_ESCAPED_SLASH : H1_NONE;
}

/* RFC 3986 2.4 and 5.2.4: decode once, then remove dot segments. */
static enum h1_fault decode_path(struct hf_bytes text, struct http_target *t)
{
	enum h1_fault later = H1_NONE; /* an encoded slash only after everything worse */
	size_t segment = 1;

	t->path[0] = '/';
	t->len = 1;
	for (size_t i = 1; i < text.len;) {
		bool slash = text.at[i] == '/';
		char c;
		enum h1_fault f = decode_octet(text, &i, &c);

		if (f == H1_ESCAPED_SLASH)
			later = f;
		else if (f != H1_NONE)
			return f;
		if (slash) {
			f = end_segment(t, segment);
			if (f != H1_NONE)
				return f;
			if (t->path[t->len - 1] == '/') {
				segment = t->len;
				continue;
			}
		}
		if (t->len + 2 > HTTP_PATH_BYTES)
			return H1_PATH_TOO_LONG;
		t->path[t->len++] = c;
		if (slash)
			segment = t->len;
	}
	enum h1_fault f = end_segment(t, segment);

	t->path[t->len] = '\0';
	return f != H1_NONE ? f : later;
}

enum h1_fault http_target_parse(struct hf_bytes target, struct http_target *ret)
{
	enum h1_fault f;
	size_t n = 0;

	ret->len = 0;
	ret->query = ret->authority = (struct hf_bytes){ 0 };
	if (target.len > 0 && target.at[0] != '/') {
		f = cut_authority(&target, &ret->authority);
		if (f != H1_NONE)
			return f;
	}
	while (n < target.len && target.at[n] != '?')
		n++;
	ret->query = (struct hf_bytes){ target.at + n, target.len - n };
	return decode_path((struct hf_bytes){ target.at, n }, ret);
}

/* ---- URLs of the client ---- */

static bool parse_port(struct hf_bytes text, uint16_t *ret)
{
	uint64_t v;

	if (!h1_number(text, &v) || v == 0 || v > 65535)
		return false;
	*ret = (uint16_t)v;
	return true;
}

static hf_status say(const char **ret_what, const char *what)
{
	*ret_what = what;
	return HF_MALFORMED;
}

/* host, [v6], host:port, [v6]:port */
static hf_status parse_authority(struct hf_bytes a, struct http_url *u, const char **ret_what)
{
	bool bracket = a.len > 0 && a.at[0] == '[';
	size_t end = bracket ? 1 : 0;

	while (end < a.len && a.at[end] != (bracket ? ']' : ':'))
		end++;
	if (bracket && end == a.len)
		return say(ret_what, "the bracket before the IPv6 address is not closed");
	u->host = (struct hf_bytes){ a.at + bracket, end - bracket };
	end += bracket;
	u->port = u->secure ? 443 : 80;
	if (end < a.len) {
		struct hf_bytes port = { a.at + end + 1, a.len - end - 1 };

		if (a.at[end] != ':' || (port.len > 0 && !parse_port(port, &u->port)))
			return say(ret_what,
				   bracket ? "an IPv6 address is followed by / or by : and a port from 1 to 65535"
					   : "a port is a number from 1 to 65535 (IPv6 addresses stand in brackets)");
	}
	if (u->host.len == 0)
		return say(ret_what, "it names no host");
	if (addr_parse(u->host, &u->addr) == HF_OK) {
		if (addr_is_ip4(&u->addr) == bracket)
			return say(ret_what, "an IPv6 address stands in brackets, an IPv4 address does not");
		return HF_OK;
	}
	if (bracket)
		return say(ret_what, "what stands in brackets is not an IPv6 address");
	u->is_name = true;
	return HF_OK;
}

hf_status http_url_parse(const char *text, struct http_url *ret, const char **ret_what)
{
	struct hf_bytes all = hf_bytes_of(text), authority;
	struct http_url u = { 0 };
	size_t scheme = 0, i;

	*ret_what = "";
	while (scheme < all.len && all.at[scheme] != ':' && all.at[scheme] != '/')
		scheme++;
	if (scheme + 3 > all.len || memcmp(all.at + scheme, "://", 3) != 0)
		return say(ret_what, "a URL begins with http:// or https://");
	u.secure = h1_same((struct hf_bytes){ all.at, scheme }, "https");
	if (!u.secure && !h1_same((struct hf_bytes){ all.at, scheme }, "http"))
		return HF_UNSUPPORTED;
	for (i = 0; i < all.len; i++)
		if (all.at[i] <= 0x20 || all.at[i] == 0x7f)
			return say(ret_what, "a space or control character stands in it (write a space as %20)");
	for (i = scheme + 3; i < all.len && all.at[i] != '/' && all.at[i] != '?' && all.at[i] != '#'; i++)
		if (all.at[i] == '@')
			return say(ret_what, "user names and passwords in URLs are not sent");
	authority = (struct hf_bytes){ all.at + scheme + 3, i - scheme - 3 };
	HF_TRY(parse_authority(authority, &u, ret_what));
	u.authority = authority;
	u.path.at = all.at + i;
	while (i < all.len && all.at[i] != '#')
		i++;
	u.path.len = (size_t)(all.at + i - u.path.at);
	*ret = u;
	return HF_OK;
}
