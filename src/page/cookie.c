/* SPDX-License-Identifier: MIT */
#include "page/cookie_internal.h"

#include "base/ascii.h"
#include "base/bits.h"

#include <libpsl.h>
#include <stdlib.h>

/*
 * Theory of operation (RFC 6265bis 5.7 and 5.8): the jar is a list of cookies in the order in which they were made. Setting goes
 * through the storage model's checks, in its order; asking walks the list, takes what matches host, path, scheme and site, and
 * sorts it. "Last access" is a count of uses, not a clock: seconds are too coarse to say which cookie is the oldest.
 */
struct cookie {
	const char *name, *value, *domain, *path; /* all behind this record, NUL-terminated */
	size_t name_len, path_len;
	bool host_only, secure;
	enum cookie_same_site same_site;
	int64_t expires_s;
	uint64_t made, used; /* turns of the jar */
};

struct cookie_jar {
	struct cookie *cookie[COOKIE_IN_ALL + 1]; /* in the order of `made` */
	size_t n;
	uint64_t turn;
	psl_ctx_t *psl;
};

static const struct {
	const char *section, *sentence;
} whys[] = {
#define W(name, section, sentence) [COOKIE_##name] = { section, sentence },
#include "page/cookie_why.def"
#undef W
};

const char *cookie_why_sentence(enum cookie_why w)
{
	return whys[w].sentence;
}

const char *cookie_why_section(enum cookie_why w)
{
	return whys[w].section;
}

struct cookie_jar *cookie_jar_make(void)
{
	struct cookie_jar *j = calloc(1, sizeof(*j));

	if (j)
		j->psl = psl_latest(NULL);
	if (j && !j->psl) {
		free(j);
		j = NULL;
	}
	return j;
}

void cookie_jar_free(struct cookie_jar *j)
{
	if (!j)
		return;
	for (size_t i = 0; i < j->n; i++)
		free(j->cookie[i]);
	psl_free(j->psl);
	free(j);
}

size_t cookie_jar_count(const struct cookie_jar *j)
{
	return j->n;
}

static void remove_at(struct cookie_jar *j, size_t i)
{
	free(j->cookie[i]);
	for (j->n--; i < j->n; i++)
		j->cookie[i] = j->cookie[i + 1];
}

static void remove_expired(struct cookie_jar *j, int64_t now_s)
{
	size_t kept = 0;

	for (size_t i = 0; i < j->n; i++) {
		if (j->cookie[i]->expires_s <= now_s)
			free(j->cookie[i]);
		else
			j->cookie[kept++] = j->cookie[i];
	}
	j->n = kept;
}

/* ---- hosts, paths and sites ---- */

static bool is_address(const struct url *u)
{
	struct hf_addr a;

	return url_addr(u, &a);
}

/* 5.1.3; both are in lower case. */
static bool domain_match(const char *host, bool address, const char *domain)
{
	size_t h = strlen(host), d = strlen(domain);

	if (strcmp(host, domain) == 0)
		return true;
	return !address && h > d && strcmp(host + h - d, domain) == 0 && host[h - d - 1] == '.';
}

/* 5.1.4 */
static bool path_match(const char *path, const char *cookie_path, size_t n)
{
	if (strncmp(path, cookie_path, n) != 0)
		return false;
	return path[n] == '\0' || path[n] == '/' || (n && cookie_path[n - 1] == '/');
}

/* 5.1.4, "default-path". */
static struct hf_bytes default_path(const struct url *u)
{
	struct hf_bytes path = hf_bytes_of(url_path(u));

	while (path.len > 1 && path.at[path.len - 1] != '/')
		path.len--;
	if (path.len > 1)
		path.len--;
	return path.len ? path : hf_bytes_of("/");
}

/* The registrable domain; the whole host where there is none: an address, a public suffix, a name of one label. */
static const char *site_of(const struct cookie_jar *j, const struct url *u)
{
	const char *host = url_host(u), *domain;

	if (!host || is_address(u))
		return host ? host : "";
	domain = psl_registrable_domain(j->psl, host);
	return domain ? domain : host;
}

bool cookie_same_site(const struct cookie_jar *j, const struct url *a, const struct url *b)
{
	return strcmp(url_scheme(a), url_scheme(b)) == 0 && url_host(a) && url_host(b) &&
	       strcmp(site_of(j, a), site_of(j, b)) == 0;
}

/* ---- setting ---- */

static const char *keep(char **at, struct hf_bytes b, bool lower)
{
	char *s = *at;

	for (size_t i = 0; i < b.len; i++)
		s[i] = (char)(lower ? hf_ascii_lower(b.at[i]) : b.at[i]);
	s[b.len] = '\0';
	*at += b.len + 1;
	return s;
}

static struct cookie *make_cookie(const struct cookie_line *line, const struct url *u)
{
	bool path_given = line->path.len != 0, host_only = line->domain.len == 0;
	struct hf_bytes domain = host_only ? hf_bytes_of(url_host(u)) : line->domain;
	struct hf_bytes path = path_given ? line->path : default_path(u);
	struct cookie *c = malloc(sizeof(*c) + line->name.len + line->value.len + domain.len + path.len + 4);
	char *at;

	if (!c)
		return NULL;
	at = (char *)(c + 1);
	*c = (struct cookie){ .name_len = line->name.len,
			      .path_len = path.len,
			      .host_only = host_only,
			      .secure = line->secure,
			      .same_site = line->same_site,
			      .expires_s = line->expires_s };
	c->name = keep(&at, line->name, false);
	c->value = keep(&at, line->value, false);
	c->domain = keep(&at, domain, true);
	c->path = keep(&at, path, false);
	return c;
}

static bool is_ascii(struct hf_bytes b)
{
	for (size_t i = 0; i < b.len; i++)
		if (b.at[i] >= 0x80)
			return false;
	return true;
}

/* 5.7, steps about the Domain: it may turn the cookie into one of its host alone. */
static enum cookie_why check_domain(const struct cookie_jar *j, struct cookie *c, const struct url *u)
{
	bool address = is_address(u);

	if (c->host_only)
		return COOKIE_KEPT;
	if (!address && psl_is_public_suffix2(j->psl, c->domain, PSL_TYPE_ANY)) {
		if (strcmp(c->domain, url_host(u)) != 0)
			return COOKIE_PUBLIC_SUFFIX;
		c->host_only = true;
	}
	return domain_match(url_host(u), address, c->domain) ? COOKIE_KEPT : COOKIE_FOREIGN_DOMAIN;
}

/* 4.1.3 and 5.7: what a name promises must hold. */
static enum cookie_why check_prefix(const struct cookie_line *line, const struct cookie *c)
{
	if (hf_ascii_begins(line->name, "__secure-") && !c->secure)
		return COOKIE_SECURE_PREFIX;
	if (hf_ascii_begins(line->name, "__host-") &&
	    !(c->secure && c->host_only && line->domain.len == 0 && line->path.len && strcmp(c->path, "/") == 0))
		return COOKIE_HOST_PREFIX;
	if (line->name.len == 0 && (hf_ascii_begins(line->value, "__secure-") || hf_ascii_begins(line->value, "__host-")))
		return COOKIE_NO_NAME_PREFIX;
	return COOKIE_KEPT;
}

/* 5.7, "leave secure cookies alone": would it be sent beside one of the name that is Secure? */
static bool covers_secure(const struct cookie_jar *j, const struct cookie *c)
{
	for (size_t i = 0; i < j->n; i++) {
		const struct cookie *old = j->cookie[i];

		if (old->secure && strcmp(old->name, c->name) == 0 && path_match(c->path, old->path, old->path_len) &&
		    (domain_match(old->domain, false, c->domain) || domain_match(c->domain, false, old->domain)))
			return true;
	}
	return false;
}

static enum cookie_why check(const struct cookie_jar *j, const struct cookie_line *line, struct cookie *c,
			     const struct url *u, const struct url *site)
{
	enum cookie_why why = check_domain(j, c, u);

	if (why != COOKIE_KEPT)
		return why;
	if (c->secure && !url_is_secure(u))
		return COOKIE_NOT_SECURE;
	if (!c->secure && !url_is_secure(u) && covers_secure(j, c))
		return COOKIE_COVERS_SECURE;
	if (c->same_site != COOKIE_SITE_NONE && site && !cookie_same_site(j, u, site))
		return COOKIE_SAME_SITE;
	if (c->same_site == COOKIE_SITE_NONE && !c->secure)
		return COOKIE_NONE_NOT_SECURE;
	return check_prefix(line, c);
}

/* The one that was used longest ago, of this domain (NULL: any), and not Secure if only those may go; n: none. */
static size_t find_oldest(const struct cookie_jar *j, const char *domain, bool spare_secure)
{
	size_t oldest = j->n;

	for (size_t i = 0; i < j->n; i++) {
		const struct cookie *c = j->cookie[i];

		if ((domain && strcmp(c->domain, domain) != 0) || (spare_secure && c->secure))
			continue;
		if (oldest == j->n || c->used < j->cookie[oldest]->used)
			oldest = i;
	}
	return oldest;
}

static size_t count_of(const struct cookie_jar *j, const char *domain)
{
	size_t n = 0;

	for (size_t i = 0; i < j->n; i++)
		n += strcmp(j->cookie[i]->domain, domain) == 0;
	return n;
}

/* 5.7's order: of a crowded domain those that are not Secure, then any of it, then any at all. False: the new one had to go. */
static bool make_room(struct cookie_jar *j, const struct cookie *c)
{
	size_t victim = j->n;
	bool spared;

	if (count_of(j, c->domain) > COOKIE_PER_DOMAIN) {
		victim = find_oldest(j, c->domain, true);
		if (victim == j->n)
			victim = find_oldest(j, c->domain, false);
	} else if (j->n > COOKIE_IN_ALL) {
		victim = find_oldest(j, NULL, false);
	}
	if (victim == j->n)
		return true;
	spared = j->cookie[victim] != c;
	remove_at(j, victim);
	return spared;
}

static size_t find_same(const struct cookie_jar *j, const struct cookie *c)
{
	size_t i = 0;

	while (i < j->n && !(j->cookie[i]->host_only == c->host_only && strcmp(j->cookie[i]->name, c->name) == 0 &&
			     strcmp(j->cookie[i]->domain, c->domain) == 0 && strcmp(j->cookie[i]->path, c->path) == 0))
		i++;
	return i;
}

static enum cookie_why put(struct cookie_jar *j, struct cookie *c, int64_t now_s)
{
	size_t same = find_same(j, c);
	bool replaces = same < j->n;

	c->used = c->made = ++j->turn;
	if (c->expires_s <= now_s) {
		if (replaces)
			remove_at(j, same);
		free(c);
		return COOKIE_DELETED;
	}
	if (replaces) { /* and keeps its place in the order of making */
		c->made = j->cookie[same]->made;
		free(j->cookie[same]);
		j->cookie[same] = c;
		return COOKIE_REPLACED;
	}
	j->cookie[j->n++] = c;
	return make_room(j, c) ? COOKIE_KEPT : COOKIE_CROWDED;
}

enum cookie_why cookie_set(struct cookie_jar *j, const struct url *u, struct hf_bytes set_cookie,
			   const struct url *site, int64_t now_s)
{
	struct cookie_line line;
	enum cookie_why why;
	struct cookie *c;

	if (!url_is_http(u))
		return COOKIE_NO_HOST;
	why = cookie_parse(set_cookie, now_s, &line);
	if (why != COOKIE_KEPT)
		return why;
	if (!is_ascii(line.domain))
		return COOKIE_NOT_ASCII;
	c = make_cookie(&line, u);
	if (!c)
		return COOKIE_NO_MEMORY;
	remove_expired(j, now_s);
	why = check(j, &line, c, u, site);
	if (why == COOKIE_KEPT)
		return put(j, c, now_s);
	free(c);
	return why;
}

/* ---- asking (5.8.3) ---- */

static bool goes_with(const struct cookie *c, const struct url *u, bool same_site, bool is_top_navigation)
{
	const char *host = url_host(u);

	if (c->host_only ? strcmp(host, c->domain) != 0 : !domain_match(host, is_address(u), c->domain))
		return false;
	if (!path_match(url_path(u), c->path, c->path_len) || (c->secure && !url_is_secure(u)))
		return false;
	if (same_site || c->same_site == COOKIE_SITE_NONE)
		return true;
	return is_top_navigation && c->same_site != COOKIE_SITE_STRICT;
}

/* Longer paths first; among equals the one that was made first. */
static int compare(const void *a, const void *b)
{
	const struct cookie *x = *(const struct cookie *const *)a, *y = *(const struct cookie *const *)b;

	if (x->path_len != y->path_len)
		return x->path_len > y->path_len ? -1 : 1;
	return x->made < y->made ? -1 : x->made > y->made;
}

static void add_pair(const struct cookie *c, struct text *out)
{
	text_add(out, c->name);
	if (c->name_len)
		text_add(out, "=");
	text_add(out, c->value);
}

unsigned cookie_header(struct cookie_jar *j, const struct url *u, const struct url *site, bool is_top_navigation,
		       struct text *out, int64_t now_s)
{
	bool same_site = !site || cookie_same_site(j, u, site);
	struct cookie *chosen[COOKIE_IN_ALL];
	size_t n = 0;

	if (!url_is_http(u))
		return 0;
	remove_expired(j, now_s);
	for (size_t i = 0; i < j->n; i++)
		if (goes_with(j->cookie[i], u, same_site, is_top_navigation))
			chosen[n++] = j->cookie[i];
	qsort(chosen, n, sizeof(struct cookie *), compare);
	for (size_t i = 0; i < n; i++) {
		chosen[i]->used = ++j->turn;
		if (i)
			text_add(out, "; ");
		add_pair(chosen[i], out);
	}
	return (unsigned)n;
}
