/* SPDX-License-Identifier: MIT */
#include "url/url_internal.h"

#include <stdio.h>
#include <stdlib.h>

/* A record of a URL: everything that is asked of it is written out once, into one piece of memory. */

static const struct {
	const char *name;
	uint16_t port; /* 0: none */
} specials[] = { { "ftp", 21 }, { "file", 0 }, { "http", 80 }, { "https", 443 }, { "ws", 80 }, { "wss", 443 } };

int url_scheme_port(struct hf_bytes scheme)
{
	for (size_t i = 0; i < HF_ARRAY_LEN(specials); i++)
		if (hf_bytes_same(scheme, hf_bytes_of(specials[i].name)))
			return specials[i].port;
	return -1;
}

void url_parts_free(struct url_parts *u)
{
	struct url_buf *all[] = { &u->scheme, &u->username, &u->password, &u->host.text,
				  &u->path,   &u->query,    &u->fragment };

	for (size_t i = 0; i < HF_ARRAY_LEN(all); i++)
		url_buf_free(all[i]);
}

/* Borrowed for reading: nobody adds to it or frees it. */
static struct url_buf lent(const char *s)
{
	return (struct url_buf){ .at = (char *)(uintptr_t)s, .len = s ? strlen(s) : 0 };
}

void url_parts_of(const struct url *u, struct url_parts *ret)
{
	*ret = (struct url_parts){
		.scheme = lent(u->scheme),
		.username = lent(u->username),
		.password = lent(u->password),
		.host = { .kind = u->host_kind, .text = lent(u->host), .addr = u->addr },
		.port = u->port,
		.path = lent(u->path),
		.query = lent(u->query),
		.fragment = lent(u->fragment),
		.special = u->special,
		.opaque = u->opaque,
		.has_query = u->query != NULL,
		.has_fragment = u->fragment != NULL,
	};
}

/* ---- writing out ---- */

/*
 * The strings one behind another, each with its NUL. They are written as offsets, as they move while they grow: `start` is
 * where the current one began.
 */
struct strings {
	struct url_buf all;
	size_t start;
};

static size_t end_string(struct strings *s)
{
	size_t start = s->start;

	url_buf_char(&s->all, '\0');
	s->start = s->all.len;
	return start;
}

static void add_buf(struct strings *s, const struct url_buf *b)
{
	url_buf_add(&s->all, b->at, b->len);
}

static void add_text(struct strings *s, const char *text)
{
	url_buf_add(&s->all, text, strlen(text));
}

static size_t string_of(struct strings *s, const struct url_buf *b)
{
	add_buf(s, b);
	return end_string(s);
}

static void add_host_and_port(struct strings *s, const struct url_parts *u)
{
	char port[16];

	add_buf(s, &u->host.text);
	if (u->port >= 0) {
		snprintf(port, sizeof(port), ":%d", u->port);
		add_text(s, port);
	}
}

/* 4.5, "URL serializer". */
static void add_href(struct strings *s, const struct url_parts *u, bool with_fragment)
{
	add_buf(s, &u->scheme);
	add_text(s, ":");
	if (u->host.kind != URL_HOST_NONE) {
		add_text(s, "//");
		if (u->username.len || u->password.len) {
			add_buf(s, &u->username);
			if (u->password.len)
				add_text(s, ":");
			add_buf(s, &u->password);
			add_text(s, "@");
		}
		add_host_and_port(s, u);
	} else if (!u->opaque && u->path.len > 1 && u->path.at[1] == '/') {
		add_text(s, "/."); /* else the path would be read as a host */
	}
	add_buf(s, &u->path);
	if (u->has_query)
		add_text(s, "?");
	add_buf(s, &u->query);
	if (with_fragment && u->has_fragment) {
		add_text(s, "#");
		add_buf(s, &u->fragment);
	}
}

static void add_target(struct strings *s, const struct url_parts *u)
{
	if (u->path.len == 0)
		add_text(s, "/");
	add_buf(s, &u->path);
	if (u->has_query)
		add_text(s, "?");
	add_buf(s, &u->query);
}

/* 4.7, "origin". */
static void add_origin(struct strings *s, const struct url_parts *u)
{
	if (url_buf_is(&u->scheme, "blob") && u->opaque) {
		struct url *inner = url_parse(url_buf_bytes(&u->path), NULL, NULL);

		add_text(s, inner && url_is_http(inner) ? url_origin(inner) : "null");
		url_free(inner);
	} else if (u->special && !url_buf_is(&u->scheme, "file")) {
		add_buf(s, &u->scheme);
		add_text(s, "://");
		add_host_and_port(s, u);
	} else {
		add_text(s, "null");
	}
}

struct url *url_record(const struct url_parts *parts)
{
	enum {
		HREF,
		BARE,
		SCHEME,
		USERNAME,
		PASSWORD,
		HOST,
		HOSTNAME,
		PATH,
		QUERY,
		FRAGMENT,
		TARGET,
		AUTHORITY,
		ORIGIN,
		N
	};
	bool has_host = parts->host.kind != URL_HOST_NONE, ip6 = parts->host.kind == URL_HOST_IP6;
	bool target_is_path = parts->path.len && !parts->has_query;
	struct strings s = { 0 };
	struct url *u = NULL;
	size_t at[N];
	char *text;

	add_href(&s, parts, true);
	at[HREF] = end_string(&s);
	at[BARE] = at[HREF];
	if (parts->has_fragment) {
		add_href(&s, parts, false);
		at[BARE] = end_string(&s);
	}
	at[SCHEME] = string_of(&s, &parts->scheme);
	at[USERNAME] = string_of(&s, &parts->username);
	at[PASSWORD] = string_of(&s, &parts->password);
	at[HOST] = string_of(&s, &parts->host.text);
	at[HOSTNAME] = at[HOST];
	if (ip6) {
		url_buf_add(&s.all, parts->host.text.at + 1, parts->host.text.len - 2);
		at[HOSTNAME] = end_string(&s);
	}
	at[PATH] = string_of(&s, &parts->path);
	at[QUERY] = string_of(&s, &parts->query);
	at[FRAGMENT] = string_of(&s, &parts->fragment);
	at[TARGET] = at[PATH];
	if (!target_is_path) {
		add_target(&s, parts);
		at[TARGET] = end_string(&s);
	}
	add_host_and_port(&s, parts);
	at[AUTHORITY] = end_string(&s);
	add_origin(&s, parts);
	at[ORIGIN] = end_string(&s);

	if (!s.all.failed)
		u = malloc(sizeof(*u) + s.all.len);
	if (u) {
		text = memcpy(u + 1, s.all.at, s.all.len);
		*u = (struct url){
			.href = text + at[HREF],
			.without_fragment = text + at[BARE],
			.scheme = text + at[SCHEME],
			.username = text + at[USERNAME],
			.password = text + at[PASSWORD],
			.host = has_host ? text + at[HOST] : NULL,
			.hostname = has_host ? text + at[HOSTNAME] : NULL,
			.path = text + at[PATH],
			.query = parts->has_query ? text + at[QUERY] : NULL,
			.fragment = parts->has_fragment ? text + at[FRAGMENT] : NULL,
			.target = text + at[TARGET],
			.authority = text + at[AUTHORITY],
			.origin = text + at[ORIGIN],
			.addr = parts->host.addr,
			.host_kind = parts->host.kind,
			.port = parts->port,
			.special = parts->special,
			.opaque = parts->opaque,
		};
	}
	url_buf_free(&s.all);
	return u;
}

void url_free(struct url *u)
{
	free(u);
}

/* ---- what it says ---- */

const char *url_href(const struct url *u)
{
	return u->href;
}

const char *url_without_fragment(const struct url *u)
{
	return u->without_fragment;
}

const char *url_scheme(const struct url *u)
{
	return u->scheme;
}

const char *url_username(const struct url *u)
{
	return u->username;
}

const char *url_password(const struct url *u)
{
	return u->password;
}

const char *url_host(const struct url *u)
{
	return u->host;
}

const char *url_hostname(const struct url *u)
{
	return u->hostname;
}

bool url_addr(const struct url *u, struct hf_addr *ret)
{
	if (u->host_kind != URL_HOST_IP4 && u->host_kind != URL_HOST_IP6)
		return false;
	*ret = u->addr;
	return true;
}

uint16_t url_port(const struct url *u)
{
	int port = u->port >= 0 ? u->port : url_scheme_port(hf_bytes_of(u->scheme));

	return port > 0 ? (uint16_t)port : 0;
}

bool url_has_port(const struct url *u)
{
	return u->port >= 0;
}

const char *url_path(const struct url *u)
{
	return u->path;
}

const char *url_query(const struct url *u)
{
	return u->query;
}

const char *url_fragment(const struct url *u)
{
	return u->fragment;
}

bool url_is_special(const struct url *u)
{
	return u->special;
}

bool url_is_http(const struct url *u)
{
	return strcmp(u->scheme, "http") == 0 || strcmp(u->scheme, "https") == 0;
}

bool url_is_secure(const struct url *u)
{
	return strcmp(u->scheme, "https") == 0;
}

const char *url_target(const struct url *u)
{
	return u->target;
}

const char *url_authority(const struct url *u)
{
	return u->authority;
}

const char *url_origin(const struct url *u)
{
	return u->origin;
}

/* An opaque origin ("null") is the same as none, not even its own. */
bool url_same_origin(const struct url *a, const struct url *b)
{
	return strcmp(a->origin, "null") != 0 && strcmp(a->origin, b->origin) == 0;
}
