/* SPDX-License-Identifier: MIT */
/* What the parent does with a child that keeps to no rule: the child is the other end of a socket here. */
#include "paint_test.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "paint/paint.h"
#include "paint/paint_child.h"
#include "paint/paint_wire.h"

static const struct paint_limits limits = { .memory = 1 << 20, .seconds = 1, .height = 1000, .image_pixels = 1000 };

struct pair {
	struct paint *p;
	int child;
};

static struct pair begin(void)
{
	struct pair ret;
	int fd[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fd), 0);
	ret.p = paint_parent(fd[0], 0, &limits);
	assert_non_null(ret.p);
	ret.child = fd[1];
	return ret;
}

static void end(struct pair *pair)
{
	paint_end(pair->p);
	close(pair->child);
}

static void say(struct pair *pair, uint8_t type, size_t claimed, const void *body, size_t len)
{
	uint8_t head[PAINT_FRAME_HEAD];

	paint_frame_head(head, type, claimed);
	assert_int_equal(write(pair->child, head, sizeof(head)), sizeof(head));
	if (len)
		assert_int_equal(write(pair->child, body, len), len);
}

static enum paint_does step(struct pair *pair)
{
	return paint_step(pair->p, 20);
}

static void expect_failure(struct pair *pair, const char *sentence)
{
	assert_int_equal(step(pair), PAINT_FAILED);
	assert_string_equal(paint_sentence(pair->p), sentence);
	/* And it stays so, quietly. */
	assert_int_equal(paint_give(pair->p, PAINT_STYLE, "http://a/", hf_bytes_of("x")), HF_OK);
	assert_int_equal(paint_layout(pair->p), HF_OK);
	assert_int_equal(step(pair), PAINT_FAILED);
	assert_int_equal(paint_fd(pair->p), -1);
	end(pair);
}

static const char out_of_turn[] = "the painter sent something that it was not asked for";

static void test_frames(void **state)
{
	struct paint_reader r = { 0 };
	uint8_t frame[PAINT_FRAME_HEAD + 3], type;
	struct hf_bytes body;
	struct hf_room room;

	(void)state;
	paint_frame_head(frame, PAINT_FRAME_WANTS, 3);
	memcpy(frame + PAINT_FRAME_HEAD, "abc", 3);
	for (int twice = 0; twice < 2; twice++) {
		for (size_t i = 0; i < sizeof(frame); i++) {
			assert_int_equal(paint_reader_next(&r, 100, &type, &body), HF_AGAIN);
			assert_int_equal(paint_reader_room(&r, 100, &room), HF_OK);
			room.at[0] = frame[i];
			paint_reader_add(&r, 1);
		}
		assert_int_equal(paint_reader_next(&r, 100, &type, &body), HF_OK);
		assert_int_equal(type, PAINT_FRAME_WANTS);
		assert_int_equal(body.len, 3);
		assert_memory_equal(body.at, "abc", 3);
	}
	paint_reader_free(&r);
}

static void test_frame_too_long(void **state)
{
	struct paint_reader r = { 0 };
	struct hf_bytes body;
	struct hf_room room;
	uint8_t type;

	(void)state;
	assert_int_equal(paint_reader_room(&r, 3, &room), HF_OK);
	paint_frame_head(room.at, PAINT_FRAME_WANTS, 4);
	paint_reader_add(&r, PAINT_FRAME_HEAD);
	assert_int_equal(paint_reader_next(&r, 3, &type, &body), HF_MALFORMED);
	assert_int_equal(paint_reader_room(&r, 3, &room), HF_MALFORMED);
	assert_int_equal(paint_reader_next(&r, 4, &type, &body), HF_AGAIN);
	paint_reader_free(&r);
}

static void test_out_of_turn(void **state)
{
	(void)state;
	for (unsigned type = 0; type < 20; type++) {
		struct pair pair = begin();

		if (type == PAINT_FRAME_FAILED) {
			end(&pair);
			continue;
		}
		say(&pair, (uint8_t)type, 0, NULL, 0);
		expect_failure(&pair, out_of_turn);
	}
}

static void test_wants(void **state)
{
	static const char url[] = "http://a.test/x.png";
	uint8_t body[4 + sizeof(url) - 1];
	struct pair pair = begin();

	(void)state;
	paint_put_u32(body, sizeof(url) - 1);
	memcpy(body + 4, url, sizeof(url) - 1);
	assert_int_equal(paint_layout(pair.p), HF_OK);
	assert_int_equal(step(&pair), PAINT_WAITS);
	say(&pair, PAINT_FRAME_WANTS, sizeof(body), body, sizeof(body));
	assert_int_equal(step(&pair), PAINT_WANTS);
	assert_int_equal(paint_wants(pair.p), 1);
	assert_string_equal(paint_want(pair.p, 0), url);
	assert_null(paint_want(pair.p, 1));
	assert_int_equal(paint_give(pair.p, PAINT_STYLE, url, hf_bytes_of("")), HF_BAD_STATE);
	assert_int_equal(paint_give(pair.p, PAINT_IMAGE, url, hf_bytes_of("")), HF_OK);
	/* Twice is once too often. */
	say(&pair, PAINT_FRAME_WANTS, sizeof(body), body, sizeof(body));
	expect_failure(&pair, out_of_turn);
}

/* Whatever it asks for is a URL of a network, whole and clean. */
static void test_bad_wants(void **state)
{
	static const struct {
		const char *body;
		size_t len;
	} rows[] = {
		{ "\0\0\0\x10"
		  "file:///etc/pass",
		  20 },
		{ "\0\0\0\x0d"
		  "http://a/\x01 b",
		  16 },
		{ "\0\0\0\xff"
		  "http://a/",
		  13 },
		{ "\xff\xff\xff\xff"
		  "http://a/",
		  13 },
		{ "\0\0\0\x09"
		  "http://a/\0",
		  14 },
		{ "\0\0\0\x0c"
		  "http://a/\0bc",
		  16 },
		{ "\0\0\0\0", 4 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct pair pair = begin();

		assert_int_equal(paint_layout(pair.p), HF_OK);
		say(&pair, PAINT_FRAME_WANTS, rows[i].len, rows[i].body, rows[i].len);
		expect_failure(&pair, out_of_turn);
	}
}

static void test_claims_too_much(void **state)
{
	struct pair pair = begin();

	(void)state;
	assert_int_equal(paint_layout(pair.p), HF_OK);
	say(&pair, PAINT_FRAME_WANTS, 0xffffffff, "x", 1);
	expect_failure(&pair, out_of_turn);
}

static void draw(struct pair *pair)
{
	assert_int_equal(paint_layout(pair->p), HF_OK);
	say(pair, PAINT_FRAME_WANTS, 0, NULL, 0);
	assert_int_equal(step(pair), PAINT_WANTS);
	assert_int_equal(paint_draw(pair->p), HF_OK);
}

static void test_bad_pictures(void **state)
{
	static const struct {
		unsigned width, height;
		const char *png;
	} rows[] = {
		{ 0, 1, "\x89PNG\r\n\x1a\n" },    { 1, 0, "\x89PNG\r\n\x1a\n" }, { 40000, 1, "\x89PNG\r\n\x1a\n" },
		{ 1, 1001, "\x89PNG\r\n\x1a\n" }, { 1, 1, "\x89PNG\r\n\x1a" },   { 1, 1, "<html><html>" },
	};
	uint8_t body[64];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct pair pair = begin();

		draw(&pair);
		paint_put_u32(body, rows[i].width);
		paint_put_u32(body + 4, rows[i].height);
		memcpy(body + 8, rows[i].png, strlen(rows[i].png));
		say(&pair, PAINT_FRAME_PICTURE, 8 + strlen(rows[i].png), body, 8 + strlen(rows[i].png));
		expect_failure(&pair, out_of_turn);
	}
}

static void test_its_words(void **state)
{
	char words[500];
	struct pair pair = begin();

	(void)state;
	memset(words, 'a', sizeof(words));
	memcpy(words, "no\x1b[31m\n", 8);
	say(&pair, PAINT_FRAME_FAILED, sizeof(words), words, sizeof(words));
	assert_int_equal(step(&pair), PAINT_FAILED);
	assert_int_equal(strlen(paint_sentence(pair.p)), PAINT_SENTENCE_MOST);
	assert_memory_equal(paint_sentence(pair.p), "no?[31m?aaa", 11);
	end(&pair);
}

static void test_gone(void **state)
{
	struct pair pair = begin();

	(void)state;
	assert_int_equal(paint_layout(pair.p), HF_OK);
	say(&pair, PAINT_FRAME_WANTS, 10, "abc", 3);
	close(pair.child);
	pair.child = dup(0);
	expect_failure(&pair, "the painter ended before the picture was done");
}

/* A child that says nothing has twice its seconds. */
static void test_silent(void **state)
{
	struct pair pair = begin();
	enum paint_does does = PAINT_WAITS;

	(void)state;
	assert_int_equal(paint_layout(pair.p), HF_OK);
	for (int i = 0; i < 30 && does == PAINT_WAITS; i++)
		does = paint_step(pair.p, 100);
	assert_int_equal(does, PAINT_FAILED);
	assert_string_equal(paint_sentence(pair.p), "the page takes more than 2 s to paint");
	end(&pair);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_frames),      cmocka_unit_test(test_frame_too_long),
		cmocka_unit_test(test_out_of_turn), cmocka_unit_test(test_wants),
		cmocka_unit_test(test_bad_wants),   cmocka_unit_test(test_claims_too_much),
		cmocka_unit_test(test_its_words),   cmocka_unit_test(test_bad_pictures),
		cmocka_unit_test(test_gone),        cmocka_unit_test(test_silent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
