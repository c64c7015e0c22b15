/* SPDX-License-Identifier: MIT */
#include "page_test.h"

#include "page/cache_internal.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define NOW 1700000000

static char folder[64];

static const char plain[] = "HTTP/1.1 200 OK\r\nDate: Tue, 14 Nov 2023 22:13:20 GMT\r\nCache-Control: max-age=60\r\n"
			    "ETag: \"a\"\r\nLast-Modified: Mon, 13 Nov 2023 22:13:20 GMT\r\n\r\n";

static int make_folder(void **state)
{
	(void)state;
	snprintf(folder, sizeof(folder), "/tmp/hf-cache-XXXXXX");
	return mkdtemp(folder) ? 0 : -1;
}

/* Names of what is in the folder; returns how many. */
static size_t files(char names[][64], size_t room)
{
	DIR *dir = opendir(folder);
	const struct dirent *d;
	size_t n = 0;

	assert_non_null(dir);
	while ((d = readdir(dir))) {
		if (d->d_name[0] == '.')
			continue;
		if (n < room)
			snprintf(names[n], 64, "%.63s", d->d_name);
		n++;
	}
	closedir(dir);
	return n;
}

static int remove_folder(void **state)
{
	char names[256][64], path[512];
	size_t n = files(names, HF_ARRAY_LEN(names));

	(void)state;
	for (size_t i = 0; i < n && i < HF_ARRAY_LEN(names); i++) {
		snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
		unlink(path);
	}
	return rmdir(folder);
}

static struct http_cache *open_cache(uint64_t limit)
{
	struct http_cache *c = NULL;

	assert_int_equal(http_cache_open(folder, limit, &c), HF_OK);
	assert_non_null(c);
	return c;
}

static enum cache_why store(struct http_cache *c, const char *url, const char *head, struct hf_bytes body)
{
	struct cache_request q = { .url = url };

	return cache_store(c, &q, hf_bytes_of(head), body, true, NOW, NOW);
}

static enum cache_found look(struct http_cache *c, const char *url, int64_t now, struct cache_entry *e)
{
	struct cache_request q = { .url = url };

	return cache_look(c, &q, now, e);
}

static void expect_none(struct http_cache *c, const char *url)
{
	struct cache_entry e;

	assert_int_equal(look(c, url, NOW, &e), CACHE_FOUND_NONE);
}

static void stores_and_finds(void **state)
{
	struct http_cache *c = open_cache(0);
	struct cache_entry e;
	struct text conditions;
	char names[4][64];
	struct stat st;
	char path[512];

	(void)state;
	expect_none(c, "http://h/");
	assert_int_equal(store(c, "http://h/", plain, hf_bytes_of("content")), CACHE_KEPT);
	http_cache_close(c);
	c = open_cache(0); /* another run */
	assert_int_equal(look(c, "http://h/", NOW + 59, &e), CACHE_FOUND_FRESH);
	assert_int_equal(e.body.len, 7);
	assert_memory_equal(e.body.at, "content", 7);
	assert_int_equal(e.head.len, sizeof(plain) - 1);
	assert_memory_equal(e.head.at, plain, e.head.len);
	assert_true(e.decoded && !e.heuristic);
	assert_int_equal(e.age_s, 59);
	assert_int_equal(e.lifetime_s, 60);
	assert_int_equal(e.response_s, NOW);
	cache_entry_free(&e);
	assert_int_equal(look(c, "http://h/", NOW + 60, &e), CACHE_FOUND_STALE);
	text_init(&conditions);
	cache_add_conditions(&e, &conditions);
	assert_string_equal(text_str(&conditions),
			    "If-None-Match: \"a\"\r\nIf-Modified-Since: Mon, 13 Nov 2023 22:13:20 GMT\r\n");
	text_free(&conditions);
	cache_entry_free(&e);
	expect_none(c, "http://h/x");
	expect_none(c, "https://h/");
	/* nothing of the URL is in the name, and nobody else may read it */
	assert_int_equal(store(c, "http://h/../../etc/passwd", plain, hf_bytes_of("")), CACHE_KEPT);
	assert_int_equal(files(names, 4), 2);
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(strspn(names[i], "0123456789abcdef"), 16);
		assert_string_equal(names[i] + 16, ".hfc");
		snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
		assert_int_equal(stat(path, &st), 0);
		assert_int_equal(st.st_mode & 0777, 0600);
	}
	http_cache_close(c);
}

static void replaces_and_forgets(void **state)
{
	struct http_cache *c = open_cache(0);
	struct cache_entry e;
	char names[4][64];

	(void)state;
	assert_int_equal(store(c, "http://h/", plain, hf_bytes_of("one")), CACHE_KEPT);
	assert_int_equal(store(c, "http://h/", plain, hf_bytes_of("two")), CACHE_KEPT);
	assert_int_equal(files(names, 4), 1);
	assert_int_equal(look(c, "http://h/", NOW, &e), CACHE_FOUND_FRESH);
	assert_memory_equal(e.body.at, "two", 3);
	cache_entry_free(&e);
	/* the next answer may not be kept: nor is the old one what the server says now */
	assert_int_equal(store(c, "http://h/", "HTTP/1.1 200 OK\r\nCache-Control: no-store\r\n\r\n", hf_bytes_of("3")),
			 CACHE_NO_STORE);
	assert_int_equal(files(names, 4), 0);
	assert_int_equal(store(c, "http://h/", "HTTP/1.1 OK\r\n\r\n", hf_bytes_of("4")), CACHE_MALFORMED);
	/* stale, and nothing to ask with */
	assert_int_equal(store(c, "http://h/", "HTTP/1.1 200 OK\r\nCache-Control: max-age=5\r\n\r\n", hf_bytes_of("5")),
			 CACHE_KEPT);
	assert_int_equal(look(c, "http://h/", NOW + 4, &e), CACHE_FOUND_FRESH);
	cache_entry_free(&e);
	assert_int_equal(look(c, "http://h/", NOW + 5, &e), CACHE_FOUND_NONE);
	http_cache_close(c);
}

static void keeps_one_variant(void **state)
{
	static const char head[] = "HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nVary: Accept\r\n\r\n";
	struct h1_field html = { hf_bytes_of("Accept"), hf_bytes_of("text/html") },
			image = { hf_bytes_of("accept"), hf_bytes_of("image/*") };
	struct cache_request as_html = { "http://h/", &html, 1 }, as_image = { "http://h/", &image, 1 },
			     as_nothing = { .url = "http://h/" };
	struct http_cache *c = open_cache(0);
	struct cache_entry e;

	(void)state;
	assert_int_equal(cache_store(c, &as_html, hf_bytes_of(head), hf_bytes_of("html"), false, NOW, NOW), CACHE_KEPT);
	assert_int_equal(cache_look(c, &as_html, NOW, &e), CACHE_FOUND_FRESH);
	assert_false(e.decoded);
	cache_entry_free(&e);
	assert_int_equal(cache_look(c, &as_image, NOW, &e), CACHE_FOUND_NONE);
	assert_int_equal(cache_look(c, &as_nothing, NOW, &e), CACHE_FOUND_NONE);
	assert_int_equal(cache_store(c, &as_image, hf_bytes_of(head), hf_bytes_of("image"), false, NOW, NOW), CACHE_KEPT);
	assert_int_equal(cache_look(c, &as_html, NOW, &e), CACHE_FOUND_NONE);
	assert_int_equal(cache_look(c, &as_image, NOW, &e), CACHE_FOUND_FRESH);
	cache_entry_free(&e);
	http_cache_close(c);
}

static void freshens(void **state)
{
	static const char not_modified[] = "HTTP/1.1 304 Not Modified\r\nETag: \"a\"\r\nCache-Control: max-age=100\r\n"
					   "Date: Tue, 14 Nov 2023 22:15:00 GMT\r\n\r\n";
	struct http_cache *c = open_cache(0);
	struct cache_request q = { .url = "http://h/" };
	struct cache_entry e;

	(void)state;
	assert_int_equal(store(c, "http://h/", plain, hf_bytes_of("content")), CACHE_KEPT);
	assert_int_equal(look(c, "http://h/", NOW + 100, &e), CACHE_FOUND_STALE);
	assert_int_equal(cache_freshen(c, &q, &e, hf_bytes_of(not_modified), NOW + 100, NOW + 101), CACHE_KEPT);
	assert_int_equal(e.age_s, 1);
	assert_int_equal(e.lifetime_s, 100);
	assert_int_equal(e.body.len, 7);
	assert_memory_equal(e.body.at, "content", 7);
	cache_entry_free(&e);
	assert_int_equal(look(c, "http://h/", NOW + 199, &e), CACHE_FOUND_FRESH);
	assert_memory_equal(e.body.at, "content", 7);
	assert_int_equal(cache_freshen(c, &q, &e, hf_bytes_of("HTTP/1.1 304 \r\nETag: \"b\"\r\n\r\n"), NOW, NOW),
			 CACHE_OTHER);
	assert_int_equal(cache_freshen(c, &q, &e, hf_bytes_of("HTTP/1.1 304\n"), NOW, NOW), CACHE_MALFORMED);
	assert_int_equal(e.body.len, 7); /* as it was */
	cache_entry_free(&e);
	http_cache_close(c);
}

static void write_at(const char *name, const void *content, size_t n)
{
	char path[512];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, content, n), n);
	close(fd);
}

/* Every octet of a file counts, and so does its length: one that is not as it was written is gone, and no harm is done. */
static void removes_what_is_broken(void **state)
{
	static uint8_t good[4096], bad[4097];
	struct http_cache *c = open_cache(0);
	char names[4][64], path[512];
	struct cache_entry e;
	ssize_t n;
	int fd;

	(void)state;
	assert_int_equal(store(c, "http://h/", plain, hf_bytes_of("content")), CACHE_KEPT);
	assert_int_equal(files(names, 4), 1);
	snprintf(path, sizeof(path), "%s/%s", folder, names[0]);
	fd = open(path, O_RDONLY);
	n = read(fd, good, sizeof(good));
	close(fd);
	assert_true(n > 100 && n < 1000);
	for (size_t i = 0; i < (size_t)n; i++) {
		memcpy(bad, good, (size_t)n);
		bad[i] ^= (uint8_t)(1u << i % 8);
		write_at(names[0], bad, (size_t)n);
		expect_none(c, "http://h/");
		assert_int_equal(access(path, F_OK), -1);
		write_at(names[0], good, i); /* cut */
		expect_none(c, "http://h/");
		assert_true(i == 0 || access(path, F_OK) == -1);
	}
	memcpy(bad, good, (size_t)n);
	write_at(names[0], bad, (size_t)n + 1);
	expect_none(c, "http://h/");
	write_at(names[0], good, (size_t)n);
	assert_int_equal(look(c, "http://h/", NOW, &e), CACHE_FOUND_FRESH);
	cache_entry_free(&e);
	http_cache_close(c);
}

static void follows_no_link(void **state)
{
	char names[4][64], path[512], target[512], alias[80];
	struct http_cache *c = open_cache(0);
	struct cache_entry e;
	struct stat st;

	(void)state;
	assert_int_equal(store(c, "http://h/", plain, hf_bytes_of("content")), CACHE_KEPT);
	assert_int_equal(files(names, 4), 1);
	snprintf(path, sizeof(path), "%s/%s", folder, names[0]);
	snprintf(target, sizeof(target), "%s/target", folder);
	assert_int_equal(rename(path, target), 0);
	assert_int_equal(symlink("target", path), 0);
	assert_int_equal(look(c, "http://h/", NOW, &e), CACHE_FOUND_NONE);
	assert_int_equal(store(c, "http://h/", plain, hf_bytes_of("another")), CACHE_KEPT); /* takes the link's place */
	assert_true(lstat(path, &st) == 0 && S_ISREG(st.st_mode));
	assert_true(stat(target, &st) == 0 && st.st_size > 0);
	assert_int_equal(look(c, "http://h/", NOW, &e), CACHE_FOUND_FRESH);
	assert_memory_equal(e.body.at, "another", 7);
	cache_entry_free(&e);
	http_cache_close(c);
	/* nor is the folder itself one */
	snprintf(alias, sizeof(alias), "%s-link", folder);
	assert_int_equal(symlink(folder, alias), 0);
	assert_int_equal(http_cache_open(alias, 0, &c), HF_NO_RIGHTS);
	unlink(alias);
	assert_int_equal(http_cache_open("/nowhere/at/all", 0, &c), HF_NOT_FOUND);
	assert_int_equal(http_cache_open(path, 0, &c), HF_NO_RIGHTS); /* a file */
	assert_int_equal(chmod(folder, 0777), 0);
	assert_int_equal(http_cache_open(folder, 0, &c), HF_NO_RIGHTS); /* anybody could write there */
	assert_int_equal(chmod(folder, 0700), 0);
}

static void set_used(const char *name, time_t when)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	assert_int_equal(utimensat(AT_FDCWD, path, (const struct timespec[2]){ { when, 0 }, { when, 0 } }, 0), 0);
}

/* The name of the file that is there now and was not among the n before. */
static void find_new(char before[][64], size_t n, char *to)
{
	char now[64][64];
	size_t all = files(now, HF_ARRAY_LEN(now));

	for (size_t i = 0; i < all; i++) {
		size_t k = 0;

		while (k < n && strcmp(before[k], now[i]) != 0)
			k++;
		if (k == n)
			memcpy(to, now[i], 64);
	}
}

static void makes_room(void **state)
{
	static uint8_t body[10000];
	struct http_cache *c = open_cache(55000); /* five, and no sixth */
	char names[5][64], url[32], other[64][64];
	struct cache_entry e;

	(void)state;
	for (unsigned i = 0; i < 5; i++) {
		snprintf(url, sizeof(url), "http://h/%u", i);
		assert_int_equal(store(c, url, plain, (struct hf_bytes){ body, sizeof(body) }), CACHE_KEPT);
		find_new(names, i, names[i]);
	}
	write_at("not-ours", body, sizeof(body));
	write_at("hfc-new-1-1", body, sizeof(body));
	set_used("hfc-new-1-1", 1000); /* left behind long ago */
	for (unsigned i = 0; i < 5; i++)
		set_used(names[i], 1000 + (time_t)i);
	assert_int_equal(look(c, "http://h/0", NOW, &e), CACHE_FOUND_FRESH); /* used just now */
	cache_entry_free(&e);
	assert_int_equal(store(c, "http://h/5", plain, (struct hf_bytes){ body, sizeof(body) }), CACHE_KEPT);
	/* down to nine tenths, the new one counted */
	expect_none(c, "http://h/1");
	expect_none(c, "http://h/2");
	for (unsigned i = 0; i < 6; i += i ? 1 : 3) { /* 0, 3, 4, 5 */
		snprintf(url, sizeof(url), "http://h/%u", i);
		assert_int_equal(look(c, url, NOW, &e), CACHE_FOUND_FRESH);
		cache_entry_free(&e);
	}
	assert_int_equal(files(other, 64), 5); /* four of ours, and one that is not */
	assert_int_equal(store(c, "http://h/big", plain, (struct hf_bytes){ body, 10000 }), CACHE_KEPT);
	http_cache_close(c);
	c = open_cache(5000);
	assert_int_equal(store(c, "http://h/big", plain, (struct hf_bytes){ body, 10000 }), CACHE_TOO_LARGE);
	expect_none(c, "http://h/big");
	http_cache_close(c);
}

static void says_when_it_cannot_write(void **state)
{
	struct http_cache *c = open_cache(0);

	(void)state;
	assert_int_equal(rmdir(folder), 0); /* under our feet */
	assert_int_equal(store(c, "http://h/", plain, hf_bytes_of("x")), CACHE_CANNOT_WRITE);
	expect_none(c, "http://h/");
	http_cache_close(c);
	c = open_cache(0); /* and makes it anew */
	assert_int_equal(store(c, "http://h/", plain, hf_bytes_of("x")), CACHE_KEPT);
	http_cache_close(c);
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_FOLDER(stores_and_finds), IN_FOLDER(replaces_and_forgets),      IN_FOLDER(keeps_one_variant),
		IN_FOLDER(freshens),         IN_FOLDER(removes_what_is_broken),    IN_FOLDER(follows_no_link),
		IN_FOLDER(makes_room),       IN_FOLDER(says_when_it_cannot_write),
	};

	return cmocka_run_group_tests_name("cache_store", tests, NULL, NULL);
}
