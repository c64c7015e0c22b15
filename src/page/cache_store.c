/* SPDX-License-Identifier: MIT */
#include "page/cache_internal.h"

#include "base/bits.h"
#include "base/siphash.h"
#include "explain/grow.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/*
 * Theory of operation: one folder, and in it one file for each URL, named by a hash of it: nothing that a page says becomes part of
 * a path. One variant of an URL is kept, as browsers do: an answer that varies by a field that is different now is none, and the
 * next one takes its place. A file is written under another name and renamed when it is whole; one that cannot be read, or is not as
 * it was written, is removed and was never there. Use sets a file's time anew, and when the folder grows too large those that were
 * used longest ago go. All goes through the folder's descriptor, and no link is followed. Other processes may use the folder at the
 * same time; the count of its octets is then a little behind.
 */
#define NAME_LEN 20u /* sixteen digits and ".hfc" */
#define TEMPORARY "hfc-new-"
#define TEMPORARY_AGE_S 3600
#define KEEP_PART(limit) ((limit) / 10 * 9) /* so that not every file that comes makes another go */
#define HEAD_ROOM (1u << 20)                /* octets of a file beside its body */

struct http_cache {
	int folder;
	uint64_t limit, total;
	unsigned writes;
};

struct listed {
	char name[NAME_LEN + 1];
	uint64_t octets;
	struct timespec used;
};

/* ---- the folder ---- */

static bool is_ours(const char *name)
{
	for (size_t i = 0; i < NAME_LEN - 4; i++)
		if (!((name[i] >= '0' && name[i] <= '9') || (name[i] >= 'a' && name[i] <= 'f')))
			return false;
	return strcmp(name + NAME_LEN - 4, ".hfc") == 0;
}

static int compare(const void *a, const void *b)
{
	const struct listed *x = a, *y = b;

	if (x->used.tv_sec != y->used.tv_sec)
		return x->used.tv_sec < y->used.tv_sec ? -1 : 1;
	if (x->used.tv_nsec != y->used.tv_nsec)
		return x->used.tv_nsec < y->used.tv_nsec ? -1 : 1;
	return strcmp(x->name, y->name);
}

/* What was left by a process that ended while it wrote. */
static void remove_old_temporary(struct http_cache *c, const char *name, const struct stat *st)
{
	struct timespec now;

	if (strncmp(name, TEMPORARY, sizeof(TEMPORARY) - 1) == 0 && clock_gettime(CLOCK_REALTIME, &now) == 0 &&
	    now.tv_sec - st->st_mtim.tv_sec > TEMPORARY_AGE_S)
		unlinkat(c->folder, name, 0);
}

/* All of our files, the one that was used longest ago first. malloc()ed; NULL: memory ended, or there are none. */
static struct listed *list(struct http_cache *c, size_t *ret_n)
{
	int fd = openat(c->folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
	struct listed *all = NULL;
	bool failed = false;
	size_t n = 0, room = 0;
	const struct dirent *d;
	struct stat st;

	c->total = 0;
	while (dir && (d = readdir(dir))) {
		if (fstatat(c->folder, d->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(st.st_mode))
			continue;
		if (!is_ours(d->d_name)) {
			remove_old_temporary(c, d->d_name, &st);
			continue;
		}
		all = grow_array(all, n, &room, sizeof(*all), &failed);
		if (failed)
			break;
		memcpy(all[n].name, d->d_name, NAME_LEN + 1);
		all[n].octets = (uint64_t)st.st_size;
		all[n].used = st.st_mtim;
		c->total += all[n].octets;
		n++;
	}
	if (dir)
		closedir(dir);
	else if (fd >= 0)
		close(fd);
	if (n)
		qsort(all, n, sizeof(*all), compare);
	*ret_n = n;
	return all;
}

static void make_room(struct http_cache *c, uint64_t octets)
{
	struct listed *all;
	size_t n = 0;

	if (c->total + octets <= c->limit)
		return;
	all = list(c, &n);
	for (size_t i = 0; i < n && c->total + octets > KEEP_PART(c->limit); i++)
		if (unlinkat(c->folder, all[i].name, 0) == 0)
			c->total -= all[i].octets;
	free(all);
}

hf_status http_cache_open(const char *folder, uint64_t size_limit, struct http_cache **ret)
{
	struct http_cache *c;
	struct stat st;
	size_t n;
	int fd;

	if (mkdir(folder, 0700) != 0 && errno != EEXIST)
		return errno == EACCES || errno == EPERM || errno == EROFS ? HF_NO_RIGHTS : HF_NOT_FOUND;
	fd = open(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? HF_NOT_FOUND : HF_NO_RIGHTS;
	if (fstat(fd, &st) != 0 || st.st_uid != geteuid() || (st.st_mode & S_IWOTH) ||
	    faccessat(fd, ".", W_OK | X_OK, AT_EACCESS)) {
		close(fd);
		return HF_NO_RIGHTS;
	}
	c = calloc(1, sizeof(*c));
	if (!c) {
		close(fd);
		return HF_FULL;
	}
	*c = (struct http_cache){ .folder = fd, .limit = size_limit ? size_limit : CACHE_SIZE_DEFAULT };
	free(list(c, &n));
	*ret = c;
	return HF_OK;
}

void http_cache_close(struct http_cache *c)
{
	if (c)
		close(c->folder);
	free(c);
}

/* ---- files ---- */

static void name_of(const char *url, char to[NAME_LEN + 1])
{
	static const struct hf_sipkey key = { 0x66696c6573206f66u, 0x7468652063616368u };

	snprintf(to, NAME_LEN + 1, "%016llx.hfc", (unsigned long long)hf_siphash(&key, url, strlen(url)));
}

static void remove_file(struct http_cache *c, const char *name)
{
	struct stat st;

	if (fstatat(c->folder, name, &st, AT_SYMLINK_NOFOLLOW) != 0 || unlinkat(c->folder, name, 0) != 0)
		return;
	c->total -= hf_min_u64(c->total, (uint64_t)st.st_size);
}

static bool read_all(int fd, uint8_t *to, size_t n)
{
	while (n) {
		ssize_t got = read(fd, to, n);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return false;
		to += got;
		n -= (size_t)got;
	}
	return true;
}

static bool write_all(int fd, const uint8_t *from, size_t n)
{
	while (n) {
		ssize_t put = write(fd, from, n);

		if (put < 0 && errno == EINTR)
			continue;
		if (put <= 0)
			return false;
		from += put;
		n -= (size_t)put;
	}
	return true;
}

/* malloc()ed content; NULL: there is none, or none that could be ours. */
static uint8_t *read_file(struct http_cache *c, const char *name, size_t *ret_len)
{
	int fd = openat(c->folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	uint8_t *content = NULL;
	struct stat st;

	if (fd < 0)
		return NULL;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0 && (uint64_t)st.st_size <= CACHE_ENTRY_MAX + HEAD_ROOM)
		content = malloc((size_t)st.st_size);
	if (content && !read_all(fd, content, (size_t)st.st_size)) {
		free(content);
		content = NULL;
	}
	if (content) {
		*ret_len = (size_t)st.st_size;
		futimens(fd, (const struct timespec[2]){ { .tv_nsec = UTIME_OMIT }, { .tv_nsec = UTIME_NOW } });
	}
	close(fd);
	return content;
}

static bool write_file(struct http_cache *c, const char *name, const uint8_t *content, size_t n)
{
	char temporary[64];
	bool ok;
	int fd;

	snprintf(temporary, sizeof(temporary), TEMPORARY "%ld-%u", (long)getpid(), c->writes++);
	fd = openat(c->folder, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return false;
	ok = write_all(fd, content, n);
	ok = close(fd) == 0 && ok;
	ok = ok && renameat(c->folder, temporary, c->folder, name) == 0;
	if (ok)
		c->total += n;
	else
		unlinkat(c->folder, temporary, 0);
	return ok;
}

/* ---- entries ---- */

/* Borrows from the file's octets, which become the entry's. */
static void fill(struct cache_entry *e, const struct cache_record *r, const struct h1_head *head, void *memory, int64_t now_s)
{
	*e = (struct cache_entry){ .head = r->head,
				   .body = r->body,
				   .decoded = r->decoded,
				   .request_s = r->request_s,
				   .response_s = r->response_s,
				   .age_s = cache_age(head, r->request_s, r->response_s, now_s),
				   .memory = memory };
	e->lifetime_s = cache_lifetime(head, r->response_s, &e->heuristic);
}

static enum cache_found judge(const struct cache_request *q, const struct cache_record *r, void *memory, int64_t now_s,
			      struct cache_entry *ret)
{
	enum cache_found found = CACHE_FOUND_NONE;
	struct cache_entry e;
	struct h1_head head;
	struct text vary;

	if (!cache_parse_head(r->head, &head))
		return CACHE_FOUND_NONE;
	text_init(&vary);
	cache_vary_key(&head, q, &vary);
	fill(&e, r, &head, memory, now_s);
	if (!vary.failed && hf_bytes_same(r->vary, text_bytes(&vary))) {
		if (cache_is_fresh(q, &head, e.age_s, e.lifetime_s))
			found = CACHE_FOUND_FRESH;
		else if (cache_has_validator(&head))
			found = CACHE_FOUND_STALE;
	}
	text_free(&vary);
	if (found != CACHE_FOUND_NONE)
		*ret = e;
	return found;
}

enum cache_found cache_look(struct http_cache *c, const struct cache_request *q, int64_t now_s, struct cache_entry *ret)
{
	enum cache_found found = CACHE_FOUND_NONE;
	struct cache_record r;
	char name[NAME_LEN + 1];
	uint8_t *content;
	size_t n = 0;

	name_of(q->url, name);
	content = read_file(c, name, &n);
	if (!content)
		return CACHE_FOUND_NONE;
	if (cache_record_get((struct hf_bytes){ content, n }, &r) != HF_OK)
		remove_file(c, name);
	else if (hf_bytes_same(r.url, hf_bytes_of(q->url)))
		found = judge(q, &r, content, now_s, ret);
	if (found == CACHE_FOUND_NONE)
		free(content);
	return found;
}

void cache_entry_free(struct cache_entry *e)
{
	free(e->memory);
	*e = (struct cache_entry){ 0 };
}

void cache_add_conditions(const struct cache_entry *e, struct text *out)
{
	static const struct {
		const char *field, *condition;
	} both[] = { { "etag", "If-None-Match: " }, { "last-modified", "If-Modified-Since: " } };
	struct h1_head head;

	if (!cache_parse_head(e->head, &head))
		return;
	for (size_t i = 0; i < HF_ARRAY_LEN(both); i++) {
		const struct h1_field *f = h1_find(&head, both[i].field);

		if (!f || f->value.len == 0)
			continue;
		text_add(out, both[i].condition);
		text_add_n(out, (const char *)f->value.at, f->value.len);
		text_add(out, "\r\n");
	}
}

/* Writes the record; *ret, malloc()ed, are the file's octets, when the caller wants them. */
static enum cache_why keep(struct http_cache *c, const struct cache_record *r, uint8_t **ret)
{
	size_t n = CACHE_FILE_BYTES(r);
	uint8_t *content;
	char name[NAME_LEN + 1];
	enum cache_why why = CACHE_KEPT;

	if (r->body.len > CACHE_ENTRY_MAX || n > CACHE_ENTRY_MAX + HEAD_ROOM || n > c->limit)
		return CACHE_TOO_LARGE;
	content = malloc(n);
	if (!content)
		return CACHE_NO_MEMORY;
	cache_record_put(r, content);
	name_of((const char *)r->url.at, name);
	remove_file(c, name);
	make_room(c, n);
	if (!write_file(c, name, content, n))
		why = CACHE_CANNOT_WRITE;
	if (ret)
		*ret = content;
	else
		free(content);
	return why;
}

enum cache_why cache_store(struct http_cache *c, const struct cache_request *q, struct hf_bytes head,
			   struct hf_bytes body, bool decoded, int64_t request_s, int64_t response_s)
{
	struct cache_record r = { .url = hf_bytes_of(q->url),
				  .head = head,
				  .body = body,
				  .decoded = decoded,
				  .request_s = request_s,
				  .response_s = response_s };
	char name[NAME_LEN + 1];
	enum cache_why why;
	struct h1_head h;
	struct text vary;

	why = cache_parse_head(head, &h) ? cache_may_keep(q, &h) : CACHE_MALFORMED;
	if (why == CACHE_KEPT) {
		text_init(&vary);
		cache_vary_key(&h, q, &vary);
		r.vary = text_bytes(&vary);
		why = vary.failed ? CACHE_NO_MEMORY : keep(c, &r, NULL);
		text_free(&vary);
	}
	if (why != CACHE_KEPT) { /* what was kept before is not what the server says now */
		name_of(q->url, name);
		remove_file(c, name);
	}
	return why;
}

enum cache_why cache_freshen(struct http_cache *c, const struct cache_request *q, struct cache_entry *e,
			     struct hf_bytes head304, int64_t request_s, int64_t response_s)
{
	struct cache_record r = {
		.url = hf_bytes_of(q->url), .body = e->body, .decoded = e->decoded, .request_s = request_s, .response_s = response_s
	};
	enum cache_why why = CACHE_KEPT;
	struct h1_head kept, fresh;
	struct text head, vary;
	uint8_t *content = NULL;

	if (!cache_parse_head(e->head, &kept) || !cache_parse_head(head304, &fresh))
		return CACHE_MALFORMED;
	text_init(&head);
	text_init(&vary);
	if (!cache_merge(&kept, &fresh, &head)) {
		why = CACHE_OTHER;
	} else if (head.failed) {
		why = CACHE_NO_MEMORY;
	} else {
		r.head = text_bytes(&head);
		why = cache_parse_head(r.head, &kept) ? CACHE_KEPT : CACHE_MALFORMED;
	}
	if (why == CACHE_KEPT) {
		cache_vary_key(&kept, q, &vary);
		r.vary = text_bytes(&vary);
		why = vary.failed ? CACHE_NO_MEMORY : keep(c, &r, &content);
	}
	if (content && cache_record_get((struct hf_bytes){ content, CACHE_FILE_BYTES(&r) }, &r) == HF_OK) {
		free(e->memory);
		fill(e, &r, &kept, content, response_s);
	}
	text_free(&head);
	text_free(&vary);
	return why;
}
