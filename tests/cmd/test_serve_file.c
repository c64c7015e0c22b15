/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "cmd/serve_file.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static char top[] = "/tmp/handfast-files-XXXXXX";
static struct files files;

static void put(const char *name, size_t size)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0644);
	char block[1000];

	assert_true(fd >= 0);
	memset(block, 'x', sizeof(block));
	for (size_t n = 0; n < size; n += sizeof(block))
		assert_true(write(fd, block, size - n < sizeof(block) ? size - n : sizeof(block)) > 0);
	close(fd);
}

static int enter(void **state)
{
	(void)state;
	if (!mkdtemp(top) || chdir(top) != 0 || mkdir("www", 0755) != 0 || mkdir("www/dir", 0755) != 0)
		return 1;
	put("secret", 10);
	put("www/small.txt", 10);
	put("www/Large.HTML", 200000);
	put("www/empty", 0);
	put("www/dir/inner.css", 10);
	if (symlink("../secret", "www/out") || symlink("/etc/passwd", "www/far") || symlink("dir/../small.txt", "www/in") ||
	    symlink("..", "www/dir/up") || mkfifo("www/fifo", 0644) != 0 || symlink("/proc/self/root", "www/magic"))
		return 1;
	return files_open_root(&files, "www") == HF_OK ? 0 : 1;
}

static int leave(void **state)
{
	(void)state;
	files_close_root(&files);
	return 0;
}

static enum file_found look_for(const char *path)
{
	struct file *f;
	enum file_found found = files_find(&files, path, &f);

	if (found == FILE_FOUND)
		file_release(&files, f);
	return found;
}

static void test_what_is_there(void **state)
{
	(void)state;
	assert_int_equal(look_for("/small.txt"), FILE_FOUND);
	assert_int_equal(look_for("/empty"), FILE_FOUND);
	assert_int_equal(look_for("/in"), FILE_FOUND);
	assert_int_equal(look_for("/dir/inner.css"), FILE_FOUND);
	assert_int_equal(look_for("/"), FILE_DIRECTORY);
	assert_int_equal(look_for("/dir"), FILE_DIRECTORY);
	assert_int_equal(look_for("/dir/"), FILE_DIRECTORY);
	assert_int_equal(look_for("/nothing"), FILE_MISSING);
	assert_int_equal(look_for("/small.txt/"), FILE_MISSING);
	assert_int_equal(look_for("/small.txt/x"), FILE_MISSING);
	assert_int_equal(look_for("/fifo"), FILE_FORBIDDEN);
}

/* No link and no path leads out, whatever reaches this layer. */
static void test_nothing_outside(void **state)
{
	(void)state;
	assert_int_equal(look_for("/out"), FILE_FORBIDDEN);
	assert_int_equal(look_for("/far"), FILE_FORBIDDEN);
	assert_int_equal(look_for("/magic"), FILE_FORBIDDEN);
	assert_int_equal(look_for("/magic/etc/passwd"), FILE_FORBIDDEN);
	assert_int_equal(look_for("/dir/up/out"), FILE_FORBIDDEN);
	assert_int_equal(look_for("/../secret"), FILE_FORBIDDEN);
	assert_int_equal(look_for("//etc/passwd"), FILE_FORBIDDEN);
	assert_int_equal(look_for("/dir/../../secret"), FILE_FORBIDDEN);
}

static void test_long_names(void **state)
{
	char path[5000];

	(void)state;
	memset(path, 'a', sizeof(path));
	path[0] = '/';
	path[300] = '\0';
	assert_int_equal(look_for(path), FILE_MISSING);
	path[300] = 'a';
	path[sizeof(path) - 1] = '\0';
	assert_int_equal(look_for(path), FILE_MISSING);
}

static void test_types(void **state)
{
	struct file *f;

	(void)state;
	assert_int_equal(files_find(&files, "/Large.HTML", &f), FILE_FOUND);
	assert_string_equal(f->type, "text/html; charset=utf-8");
	assert_non_null(f->map);
	file_release(&files, f);
	assert_int_equal(files_find(&files, "/empty", &f), FILE_FOUND);
	assert_string_equal(f->type, "application/octet-stream");
	assert_null(f->map);
	file_release(&files, f);
}

/* All who send a file share it; the last mapping waits a while for the next, then goes. */
static void test_sharing(void **state)
{
	struct file *a, *b;

	(void)state;
	assert_int_equal(files_find(&files, "/Large.HTML", &a), FILE_FOUND);
	assert_int_equal(files_find(&files, "/Large.HTML", &b), FILE_FOUND);
	assert_ptr_equal(a, b);
	file_release(&files, a);
	file_release(&files, b);
	assert_int_equal(files.idle, 1);
	for (unsigned i = 0; i <= FILE_IDLE_SECONDS; i++)
		files_age(&files);
	assert_int_equal(files.idle, 0);
	assert_int_equal(files.open, 0);
	/* Changed meanwhile: another file. */
	assert_int_equal(files_find(&files, "/Large.HTML", &a), FILE_FOUND);
	put("www/Large.HTML", 200001);
	assert_int_equal(files_find(&files, "/Large.HTML", &b), FILE_FOUND);
	assert_ptr_not_equal(a, b);
	assert_string_not_equal(a->resource.etag, b->resource.etag);
	file_release(&files, a);
	file_release(&files, b);
}

/* A mapped file that is cut shorter: reading what is gone is survived, gives zeros, and is found out. */
static void test_shrunk_while_mapped(void **state)
{
	struct files again;
	struct file *f;
	uint64_t sum = 0;

	(void)state;
	/* The test library catches signals of its own before each test: this puts the program's handler back. */
	assert_int_equal(files_open_root(&again, "www"), HF_OK);
	files_close_root(&again);
	put("www/shrinks", 300000);
	assert_int_equal(files_find(&files, "/shrinks", &f), FILE_FOUND);
	assert_non_null(f->map);
	assert_int_equal(truncate("www/shrinks", 100), 0);
	assert_false(files_any_shrunk());
	for (size_t i = 0; i < 300000; i++)
		sum += f->map[i];
	assert_int_equal(sum, 100 * 'x');
	assert_true(files_any_shrunk());
	assert_false(files_any_shrunk());
	file_check(f);
	assert_true(f->shrunk);
	file_release(&files, f);
	put("www/shrinks", 10);
	assert_int_equal(files_find(&files, "/shrinks", &f), FILE_FOUND);
	assert_false(f->shrunk);
	assert_int_equal(truncate("www/shrinks", 5), 0);
	file_check(f);
	assert_true(f->shrunk);
	file_release(&files, f);
}

static void test_reading(void **state)
{
	char room[64];
	struct file *f;

	(void)state;
	assert_int_equal(files_find(&files, "/small.txt", &f), FILE_FOUND);
	assert_int_equal(file_read(f, 0, room, sizeof(room)), 10);
	assert_int_equal(file_read(f, 8, room, sizeof(room)), 2);
	assert_int_equal(file_read(f, 11, room, sizeof(room)), 0);
	file_release(&files, f);
}

/* Who holds a lease on a file may keep it for a while (fcntl(2)): this file cannot be sent now, but nobody waits for it. */
static void test_leased(void **state)
{
	struct file *f;
	int fd;

	(void)state;
	put("www/leased", 10);
	fd = open("www/leased", O_RDWR);
	assert_true(fd >= 0);
	signal(SIGIO, SIG_IGN);
	if (fcntl(fd, F_SETLEASE, F_WRLCK) != 0)
		skip(); /* this file system has none */
	alarm(5);
	assert_int_equal(files_find(&files, "/leased", &f), FILE_TROUBLE);
	alarm(0);
	assert_int_equal(fcntl(fd, F_SETLEASE, F_UNLCK), 0);
	assert_int_equal(look_for("/leased"), FILE_FOUND);
	close(fd);
}

/* Files that are kept open for the next who asks give way when descriptors run out. */
static void test_idle_give_way(void **state)
{
	struct rlimit before, few;
	char name[32];

	(void)state;
	for (int i = 0; i < 12; i++) {
		snprintf(name, sizeof(name), "www/idle%d", i);
		put(name, 100000);
	}
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	few = before;
	few.rlim_cur = (rlim_t)dup(files.root) + 4;
	close((int)few.rlim_cur - 4);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
	for (int i = 0; i < 12; i++) {
		snprintf(name, sizeof(name), "/idle%d", i);
		assert_int_equal(look_for(name), FILE_FOUND);
	}
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
}

static void test_no_root(void **state)
{
	struct files other;

	(void)state;
	assert_int_equal(files_open_root(&other, "nothing"), HF_NOT_FOUND);
	assert_int_equal(files_open_root(&other, "secret"), HF_NOT_FOUND);
}

/* FILE.gz beside FILE is another representation of it: its own tag, the same type. */
static void test_compressed_beside(void **state)
{
	char path[64] = "/small.txt", tight[] = "/small.txt";
	struct file *f, *plain, *gz;

	(void)state;
	assert_int_equal(files_find(&files, path, &f), FILE_FOUND);
	assert_false(files_find_coded(&files, path, sizeof(path), HTTP_CODING_GZIP, &f));
	assert_null(f->coding);
	put("www/small.txt.gz", 10); /* as long as the other, and perhaps as old */
	assert_false(files_find_coded(&files, tight, sizeof(tight), HTTP_CODING_GZIP, &f));
	plain = f;
	file_hold(plain);
	assert_true(files_find_coded(&files, path, sizeof(path), HTTP_CODING_GZIP, &f));
	assert_string_equal(path, "/small.txt");
	assert_string_equal(f->coding, "gzip");
	assert_ptr_equal(f->type, plain->type);
	assert_string_not_equal(f->resource.etag, plain->resource.etag);
	assert_string_equal(f->resource.etag + f->resource.etag_len - 6, "-gzip\"");
	assert_int_equal(strlen(f->resource.etag), f->resource.etag_len);
	/* who asks for it by its own name gets it as what it is */
	assert_int_equal(files_find(&files, "/small.txt.gz", &gz), FILE_FOUND);
	assert_null(gz->coding);
	assert_ptr_not_equal(gz->type, f->type);
	file_release(&files, gz);
	file_release(&files, f);
	file_release(&files, plain);
	assert_int_equal(unlink("www/small.txt.gz"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_there),     cmocka_unit_test(test_nothing_outside),
		cmocka_unit_test(test_long_names),        cmocka_unit_test(test_types),
		cmocka_unit_test(test_sharing),           cmocka_unit_test(test_shrunk_while_mapped),
		cmocka_unit_test(test_reading),           cmocka_unit_test(test_leased),
		cmocka_unit_test(test_idle_give_way),     cmocka_unit_test(test_no_root),
		cmocka_unit_test(test_compressed_beside),
	};

	return cmocka_run_group_tests(tests, enter, leave);
}
