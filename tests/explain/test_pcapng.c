/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "explain/pcapng.h"

#include <stdlib.h>
#include <string.h>

/* Read back by a reader of its own: little-endian, block by block. */

struct file {
	uint8_t *at;
	size_t len;
};

static struct file read_all(FILE *from)
{
	struct file f = { 0 };
	long len;

	assert_int_equal(fseek(from, 0, SEEK_END), 0);
	len = ftell(from);
	assert_true(len > 0);
	rewind(from);
	f.len = (size_t)len;
	f.at = malloc(f.len);
	assert_non_null(f.at);
	assert_int_equal(fread(f.at, 1, f.len, from), f.len);
	return f;
}

static uint32_t get32(const uint8_t *at)
{
	return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static unsigned get16(const uint8_t *at)
{
	return at[0] | (unsigned)at[1] << 8;
}

/* The block at *at, whose two lengths agree; moves on. */
static const uint8_t *next_block(const struct file *f, size_t *at, uint32_t type)
{
	const uint8_t *block = f->at + *at;
	uint32_t len;

	assert_true(*at + 12 <= f->len);
	assert_int_equal(get32(block), type);
	len = get32(block + 4);
	assert_int_equal(len % 4, 0);
	assert_true(*at + len <= f->len);
	assert_int_equal(get32(block + len - 4), len);
	*at += len;
	return block;
}

static const uint8_t *find_option(const uint8_t *options, const uint8_t *end, unsigned code, size_t *ret_len)
{
	while (options + 4 <= end && get16(options) != 0) {
		*ret_len = get16(options + 2);
		if (get16(options) == code)
			return options + 4;
		options += 4 + (*ret_len + 3) / 4 * 4;
	}
	return NULL;
}

static void reads_back(void **state)
{
	static const uint8_t packet[] = { 0x45, 1, 2, 3, 4 };
	const hf_time_ns at[] = { 0, 0x123456789abcdefu, 42 };
	const char *const comments[] = { NULL, "the first word", "" };
	FILE *to = tmpfile();
	const uint8_t *block, *option;
	struct file f;
	size_t pos = 0, len = 0;

	(void)state;
	assert_non_null(to);
	assert_int_equal(pcapng_begin(to, PCAPNG_LINK_RAW, "sim0"), HF_OK);
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(pcapng_packet(to, at[i], (struct hf_bytes){ packet, sizeof(packet) - i }, comments[i]),
				 HF_OK);
	f = read_all(to);
	fclose(to);

	block = next_block(&f, &pos, 0x0a0d0d0a);
	assert_int_equal(get32(block + 8), 0x1a2b3c4d);
	assert_int_equal(get16(block + 12), 1);
	assert_int_equal(get16(block + 14), 0);

	block = next_block(&f, &pos, 1);
	assert_int_equal(get16(block + 8), PCAPNG_LINK_RAW);
	option = find_option(block + 16, f.at + pos - 4, 9, &len);
	assert_non_null(option);
	assert_int_equal(option[0], 9); /* nanoseconds */
	option = find_option(block + 16, f.at + pos - 4, 2, &len);
	assert_non_null(option);
	assert_int_equal(len, 4);
	assert_memory_equal(option, "sim0", 4);

	for (unsigned i = 0; i < 3; i++) {
		size_t octets = sizeof(packet) - i;

		block = next_block(&f, &pos, 6);
		assert_int_equal(get32(block + 8), 0);
		assert_true(((uint64_t)get32(block + 12) << 32 | get32(block + 16)) == at[i]);
		assert_int_equal(get32(block + 20), octets);
		assert_int_equal(get32(block + 24), octets);
		assert_memory_equal(block + 28, packet, octets);
		option = get32(block + 4) > 32 + (octets + 3) / 4 * 4
				 ? find_option(block + 28 + (octets + 3) / 4 * 4, f.at + pos - 4, 1, &len)
				 : NULL;
		if (comments[i] && *comments[i]) {
			assert_non_null(option);
			assert_int_equal(len, strlen(comments[i]));
			assert_memory_equal(option, comments[i], len);
		} else {
			assert_null(option);
		}
	}
	assert_int_equal(pos, f.len);
	free(f.at);
}

static void long_comments_are_cut(void **state)
{
	char comment[70001];
	FILE *to = tmpfile();
	struct file f;
	size_t pos = 0, len;
	const uint8_t *block, *option;

	(void)state;
	memset(comment, 'a', sizeof(comment) - 1);
	comment[sizeof(comment) - 1] = '\0';
	assert_non_null(to);
	assert_int_equal(pcapng_begin(to, PCAPNG_LINK_ETHERNET, ""), HF_OK);
	assert_int_equal(pcapng_packet(to, 1, (struct hf_bytes){ (const uint8_t *)"ab", 2 }, comment), HF_OK);
	f = read_all(to);
	fclose(to);
	next_block(&f, &pos, 0x0a0d0d0a);
	next_block(&f, &pos, 1);
	block = next_block(&f, &pos, 6);
	option = find_option(block + 32, f.at + pos - 4, 1, &len);
	assert_non_null(option);
	assert_int_equal(len, 4000);
	assert_int_equal(pos, f.len);
	free(f.at);
}

static void a_full_disk_is_noticed(void **state)
{
	FILE *to = fopen("/dev/full", "wb");

	(void)state;
	if (!to)
		skip();
	setvbuf(to, NULL, _IONBF, 0);
	assert_int_equal(pcapng_begin(to, PCAPNG_LINK_RAW, "x"), HF_SYSTEM);
	fclose(to);
}

#define KEY_LOG "CLIENT_RANDOM 00 11\nEXPORTER_SECRET 00 2\n"

static void expect_secrets(const uint8_t *block, const char *key_log)
{
	assert_int_equal(get32(block + 8), 0x544c534b); /* "TLSK" */
	assert_int_equal(get32(block + 12), strlen(key_log));
	assert_memory_equal(block + 16, key_log, strlen(key_log));
	assert_int_equal(get32(block + 4), 20 + (strlen(key_log) + 3) / 4 * 4);
}

static void secrets_stand_where_they_are_put(void **state)
{
	FILE *to = tmpfile();
	struct file f;
	size_t pos = 0;

	(void)state;
	assert_non_null(to);
	assert_int_equal(pcapng_begin(to, PCAPNG_LINK_RAW, "sim0"), HF_OK);
	assert_int_equal(pcapng_secrets(to, KEY_LOG), HF_OK);
	assert_int_equal(pcapng_secrets(to, ""), HF_OK);
	f = read_all(to);
	fclose(to);
	next_block(&f, &pos, 0x0a0d0d0a);
	next_block(&f, &pos, 1);
	expect_secrets(next_block(&f, &pos, 10), KEY_LOG);
	assert_int_equal(pos, f.len);
	free(f.at);
}

/* More packets than are moved at once, and one after the secrets are in. */
static void secrets_come_before_the_packets_that_are_there(void **state)
{
	static uint8_t packet[1400];
	const size_t packets = 120;
	FILE *file = tmpfile();
	struct file f;
	size_t pos = 0;

	(void)state;
	assert_non_null(file);
	assert_int_equal(pcapng_begin(file, PCAPNG_LINK_RAW, "tun0"), HF_OK);
	for (size_t i = 0; i <= packets; i++) {
		memset(packet, (int)i, sizeof(packet));
		if (i == packets) {
			assert_int_equal(pcapng_insert_secrets(file, ""), HF_OK);
			assert_int_equal(pcapng_insert_secrets(file, KEY_LOG), HF_OK);
		}
		assert_int_equal(pcapng_packet(file, i, (struct hf_bytes){ packet, sizeof(packet) - i }, NULL), HF_OK);
	}
	f = read_all(file);
	fclose(file);
	next_block(&f, &pos, 0x0a0d0d0a);
	next_block(&f, &pos, 1);
	expect_secrets(next_block(&f, &pos, 10), KEY_LOG);
	for (size_t i = 0; i <= packets; i++) {
		const uint8_t *block = next_block(&f, &pos, 6);

		memset(packet, (int)i, sizeof(packet));
		assert_int_equal(get32(block + 16), i);
		assert_int_equal(get32(block + 20), sizeof(packet) - i);
		assert_memory_equal(block + 28, packet, sizeof(packet) - i);
	}
	assert_int_equal(pos, f.len);
	free(f.at);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_back),
		cmocka_unit_test(secrets_stand_where_they_are_put),
		cmocka_unit_test(secrets_come_before_the_packets_that_are_there),
		cmocka_unit_test(long_comments_are_cut),
		cmocka_unit_test(a_full_disk_is_noticed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
