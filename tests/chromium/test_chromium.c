/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "chromium/chromium.h"
#include "chromium/chromium_wire.h"

#define URL "http://a.test/"

static char folder[] = "/tmp/hf-test-chromium-XXXXXX", left[64];

/* A fake browser that plays this part: a link to it, for it goes by its name. */
static struct chromium *begin(const char *part, unsigned seconds)
{
	static char path[128];
	struct chromium_config cfg = { .path = path, .url = URL, .width = 320, .height = 200, .seconds = seconds };
	struct chromium *c;

	snprintf(path, sizeof(path), "%s/%s", folder, part);
	assert_int_equal(symlink(FAKE, path), 0);
	assert_int_equal(chromium_begin(&cfg, &c), HF_OK);
	return c;
}

static enum chromium_does next(struct chromium *c, struct chromium_ask *ask)
{
	enum chromium_does does;

	while ((does = chromium_step(c, ask)) == CHROMIUM_WAITS) {
		struct pollfd at = { chromium_fd(c), (short)(POLLIN | (chromium_wants_write(c) ? POLLOUT : 0)), 0 };

		poll(&at, 1, (int)(chromium_wait(c) / HF_MS(1)) + 1);
	}
	return does;
}

static void end(struct chromium *c)
{
	DIR *dir;
	unsigned n = 0;

	chromium_end(c);
	dir = opendir(left);
	while (readdir(dir))
		n++;
	closedir(dir);
	assert_int_equal(n, 2); /* nothing stays behind: . and .. */
}

static void answer(struct chromium *c, uint32_t id)
{
	static const struct chromium_field fields[] = {
		{ { (const uint8_t *)"content-type", 12 }, { (const uint8_t *)"text/html", 9 } },
		{ { (const uint8_t *)"bad name", 8 }, { (const uint8_t *)"x", 1 } },
		{ { (const uint8_t *)"bad-value", 9 }, { (const uint8_t *)"x\r\ny: z", 7 } },
		{ { (const uint8_t *)"x-latin", 7 }, { (const uint8_t *)"\xe9", 1 } },
	};

	chromium_answer(c, id, 200, fields, 4, hf_bytes_of("<p>hello</p>"));
}

static void paints(void **state)
{
	struct chromium *c = begin("good", 20);
	struct chromium_ask ask;
	unsigned width, height;
	struct hf_bytes png;

	(void)state;
	assert_int_equal(next(c, &ask), CHROMIUM_ASKS);
	assert_string_equal(ask.url, URL);
	assert_string_equal(ask.method, "GET");
	assert_int_equal(ask.kind, CHROMIUM_DOCUMENT);
	assert_true(ask.main);
	answer(c, ask.id);
	answer(c, ask.id); /* a second one is passed over */
	chromium_refuse(c, 77, CHROMIUM_ABORTED);
	assert_int_equal(next(c, &ask), CHROMIUM_ASKS);
	assert_string_equal(ask.url, URL "a.png");
	assert_int_equal(ask.kind, CHROMIUM_IMAGE);
	assert_false(ask.main);
	chromium_refuse(c, ask.id, CHROMIUM_CONNECTION_REFUSED);
	assert_int_equal(next(c, &ask), CHROMIUM_ASKS);
	assert_string_equal(ask.method, "POST");
	assert_int_equal(ask.kind, CHROMIUM_DATA);
	chromium_refuse(c, ask.id, CHROMIUM_BLOCKED_BY_CLIENT);
	assert_int_equal(next(c, &ask), CHROMIUM_DONE);
	png = chromium_png(c, &width, &height);
	assert_int_equal(width, 320);
	assert_int_equal(height, 1235);
	assert_memory_equal(png.at, "\x89PNG", 4);
	assert_string_equal(chromium_version(c), "Fake/1");
	assert_int_equal(chromium_fd(c), -1);
	assert_true(strlen(chromium_isolation(c)) > 20);
	end(c);
}

static void an_answer_that_is_not_taken(void **state)
{
	struct chromium *c = begin("unconfirmed", 20);
	struct chromium_ask ask;

	(void)state;
	assert_int_equal(next(c, &ask), CHROMIUM_ASKS);
	answer(c, ask.id);
	assert_int_equal(next(c, &ask), CHROMIUM_DONE);
	end(c);
}

/* What is wrong with those that break the rules, end, or say nothing. */
static void fails(void **state)
{
	static const struct {
		const char *part, *sentence;
	} rows[] = {
		{ "garbage", "breaks the rules of DevTools: this is no message" },
		{ "array", "breaks the rules of DevTools: this is no message" },
		{ "deep", "breaks the rules of DevTools: this is no message" },
		{ "huge", "a message has more than 16 MiB" },
		{ "stranger", "breaks the rules of DevTools: an answer to nothing" },
		{ "refuses", "Chromium refuses Browser.getVersion: what's that" },
		{ "names", "breaks the rules of DevTools: a target without a name" },
		{ "notpng", "breaks the rules of DevTools: the picture is no PNG" },
		{ "download", "it would have been a download" },
		{ "closes", "the page closed its own window" },
		{ "dies", "Chromium ended before the picture was there: a bad dream" },
		{ "early", "Chromium did not start: no display" },
		{ "silent", "Chromium takes more than 2 s by itself" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct chromium *c = begin(rows[i].part, strcmp(rows[i].part, "silent") ? 20 : 2);
		enum chromium_does does;
		struct chromium_ask ask;

		while ((does = next(c, &ask)) == CHROMIUM_ASKS)
			answer(c, ask.id);
		assert_int_equal(does, CHROMIUM_FAILED);
		if (!strstr(chromium_sentence(c), rows[i].sentence))
			fail_msg("%s: %s", rows[i].part, chromium_sentence(c));
		assert_int_equal(next(c, &ask), CHROMIUM_FAILED);
		end(c);
	}
}

/* The load of another page than ours does not count; when the time is up, what is there is painted. */
static void paints_what_never_loads(void **state)
{
	struct chromium *c = begin("loads", 2);
	struct chromium_ask ask;

	(void)state;
	assert_int_equal(next(c, &ask), CHROMIUM_DONE);
	end(c);
}

static void bounds_open_requests(void **state)
{
	struct chromium *c = begin("many", 20);
	struct chromium_ask ask;
	unsigned n = 0;

	(void)state;
	while (next(c, &ask) == CHROMIUM_ASKS)
		n++;
	assert_int_equal(n, 4096);
	assert_non_null(strstr(chromium_sentence(c), "crashed"));
	end(c);
}

static void is_not_there(void **state)
{
	struct chromium_config cfg = { .path = "/nonexistent/chromium", .url = URL };
	struct chromium *c = NULL;
	char at[64], path[1024];

	(void)state;
	assert_int_equal(chromium_begin(&cfg, &c), HF_NOT_FOUND);
	assert_null(c);
	end(NULL);
	snprintf(path, sizeof(path), "%s", getenv("PATH"));
	setenv("PATH", "/nonexistent:", 1);
	assert_false(chromium_find(at, sizeof(at)));
	cfg.path = NULL;
	assert_int_equal(chromium_begin(&cfg, &c), HF_NOT_FOUND);
	setenv("PATH", path, 1);
}

static void names_reasons(void **state)
{
	(void)state;
	assert_string_equal(chromium_reason_name(CHROMIUM_NAME_NOT_RESOLVED), "NameNotResolved");
	assert_string_equal(chromium_reason_name(CHROMIUM_REASON_COUNT), "");
}

static void base64(void **state)
{
	static const struct {
		const char *bytes, *text;
	} rows[] = { /* RFC 4648 10 */
		     { "", "" },
		     { "f", "Zg==" },
		     { "fo", "Zm8=" },
		     { "foo", "Zm9v" },
		     { "foob", "Zm9vYg==" },
		     { "fooba", "Zm9vYmE=" },
		     { "foobar", "Zm9vYmFy" },
		     { "\xff\xfe\xfb", "//77" }
	};
	static const char *const bad[] = { "Z", "Zg=", "Zg", "Zm9v=", "Z===", "====", "Zm 9", "Zg==Zg==", "Zm9-" };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct chromium_out out = { 0 };
		uint8_t *bytes;
		size_t n;

		chromium_put_base64(&out, hf_bytes_of(rows[i].bytes));
		chromium_put_end(&out);
		assert_string_equal(out.at, rows[i].text);
		chromium_out_free(&out);
		assert_int_equal(chromium_from_base64(hf_bytes_of(rows[i].text), &bytes, &n), HF_OK);
		assert_int_equal(n, strlen(rows[i].bytes));
		assert_memory_equal(bytes, rows[i].bytes, n);
		free(bytes);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		uint8_t *bytes;
		size_t n;

		assert_int_equal(chromium_from_base64(hf_bytes_of(bad[i]), &bytes, &n), HF_MALFORMED);
	}
}

static void mends(void **state)
{
	static const struct {
		const char *was, *is;
	} rows[] = {
		{ "\"\\ud83d\\ude00\"", "\"\\ud83d\\ude00\"" }, /* a whole pair */
		{ "\"\\ud83d\"", "\"\\ufffd\"" },
		{ "\"\\ude00\\ud83d\"", "\"\\ufffd\\ufffd\"" },
		{ "\"\\ud83d\\ud83d\\ude00\"", "\"\\ufffd\\ud83d\\ude00\"" },
		{ "\"\\\\ud83d\"", "\"\\\\ud83d\"" }, /* a backslash, and letters */
		{ "\\ud83", "\\ud83" },
		{ "\\", "\\" },
		{ "\\u00e9\\uD83D", "\\u00e9\\ufffd" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char s[64];

		snprintf(s, sizeof(s), "%s", rows[i].was);
		chromium_mend((uint8_t *)s, strlen(s));
		assert_string_equal(s, rows[i].is);
	}
}

static void writes_strings(void **state)
{
	struct chromium_out out = { 0 };

	(void)state;
	chromium_put_string(&out, "a\"b\\c\n\x7f\xc3\xa9");
	chromium_put_end(&out);
	assert_string_equal(out.at, "\"a\\\"b\\\\c\\u000a???\"");
	chromium_out_free(&out);
}

static int prepare(void **state)
{
	(void)state;
	if (!mkdtemp(folder))
		return -1;
	snprintf(left, sizeof(left), "%s/tmp", folder);
	return mkdir(left, 0700) || setenv("TMPDIR", left, 1);
}

static int clear(void **state)
{
	DIR *dir = opendir(folder);
	struct dirent *e;

	(void)state;
	rmdir(left);
	while (dir && (e = readdir(dir)))
		(void)unlinkat(dirfd(dir), e->d_name, 0);
	closedir(dir);
	return rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(paints),
		cmocka_unit_test(an_answer_that_is_not_taken),
		cmocka_unit_test(fails),
		cmocka_unit_test(paints_what_never_loads),
		cmocka_unit_test(bounds_open_requests),
		cmocka_unit_test(is_not_there),
		cmocka_unit_test(names_reasons),
		cmocka_unit_test(base64),
		cmocka_unit_test(mends),
		cmocka_unit_test(writes_strings),
	};

	return cmocka_run_group_tests(tests, prepare, clear);
}
