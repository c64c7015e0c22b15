/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "cmd/get_output.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char dir[] = "/tmp/handfast-output-XXXXXX";

static int enter(void **state)
{
	(void)state;
	signal(SIGPIPE, SIG_IGN);
	return mkdtemp(dir) && chdir(dir) == 0 ? 0 : 1;
}

static int leave(void **state)
{
	(void)state;
	unlink("file");
	unlink("file.part");
	unlink("fifo");
	return chdir("/") == 0 && rmdir(dir) == 0 ? 0 : 1;
}

static struct hf_bytes bytes_of(const char *s)
{
	return (struct hf_bytes){ (const uint8_t *)s, strlen(s) };
}

static void assert_file(const char *name, const char *want)
{
	char room[256] = "";
	int fd = open(name, O_RDONLY);

	if (!want) {
		assert_int_equal(fd, -1);
		return;
	}
	assert_true(fd >= 0);
	assert_true(read(fd, room, sizeof(room) - 1) >= 0);
	close(fd);
	assert_string_equal(room, want);
}

static void write_file(const char *text, bool whole, bool *left)
{
	struct get_output o;

	assert_int_equal(output_open(&o, "file"), HF_OK);
	for (const char *p = text; *p; p++)
		assert_int_equal(output_write(&o, (struct hf_bytes){ (const uint8_t *)p, 1 }), 1);
	output_flush(&o);
	assert_int_equal(o.written, strlen(text));
	assert_int_equal(o.error, 0);
	assert_true(output_finish(&o, whole, left));
	free(o.part);
}

/* The name is given only to what is whole; a part stays beside it, and what was there before stays too. */
static void test_file(void **state)
{
	bool left;
	char text[201] = "";

	(void)state;
	memset(text, 'x', 200); /* more pieces than are gathered */
	write_file(text, true, &left);
	assert_false(left);
	assert_file("file", text);
	assert_file("file.part", NULL);
	write_file("a part", false, &left);
	assert_true(left);
	assert_file("file", text);
	assert_file("file.part", "a part");
	write_file("", false, &left);
	assert_false(left);
	assert_file("file.part", NULL);
	write_file("new", true, &left);
	assert_file("file", "new");
}

static void test_trouble(void **state)
{
	struct get_output o;
	bool left;

	(void)state;
	assert_int_equal(output_open(&o, "no/such/dir"), HF_SYSTEM);
	assert_int_equal(errno, ENOENT);
	free(o.part);
	assert_int_equal(output_open(&o, "/dev/full"), HF_OK);
	assert_int_equal(output_write(&o, bytes_of("x")), 0);
	assert_int_equal(o.error, ENOSPC);
	assert_true(output_finish(&o, false, &left));
	assert_false(left);
}

/* A reader that is slow, or gone, never makes a write wait. */
static void test_pipe(void **state)
{
	static char block[100000];
	struct get_output o = { .may_block = true };
	int ends[2];
	size_t n;

	(void)state;
	assert_int_equal(pipe(ends), 0);
	o.fd = ends[1];
	n = output_write(&o, (struct hf_bytes){ (uint8_t *)block, sizeof(block) });
	assert_true(n > 0 && n < sizeof(block));
	assert_true(o.blocked);
	assert_int_equal(o.error, 0);
	assert_int_equal(read(ends[0], block, 8192), 8192);
	assert_true(output_write(&o, (struct hf_bytes){ (uint8_t *)block, 8192 }) >= 4096);
	close(ends[0]);
	assert_int_equal(output_write(&o, bytes_of("x")), 0);
	assert_true(o.gone);
	close(ends[1]);
}

static void test_nowhere(void **state)
{
	struct get_output o = { .fd = -1 };

	(void)state;
	assert_int_equal(output_write(&o, bytes_of("hello")), 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_file),
		cmocka_unit_test(test_trouble),
		cmocka_unit_test(test_pipe),
		cmocka_unit_test(test_nowhere),
	};

	return cmocka_run_group_tests(tests, enter, leave);
}
