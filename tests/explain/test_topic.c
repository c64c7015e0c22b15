/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "explain/topic.h"
#include "json_valid.h"

#include <string.h>

static struct topics topics;

static int set_up(void **state)
{
	(void)state;
	topics_init(&topics);
	topics_add_tables(&topics);
	topics_add_words(&topics);
	return topics.failed;
}

static int tear_down(void **state)
{
	(void)state;
	topics_free(&topics);
	return 0;
}

static const struct topic *only(const char *query)
{
	const struct topic *found[4];

	assert_int_equal(topics_find(&topics, query, found, 4), 1);
	return found[0];
}

static void test_names_are_found_however_they_are_written(void **state)
{
	(void)state;
	assert_string_equal(only("TIME_WAIT")->name, "TIME_WAIT");
	assert_string_equal(only("time wait")->name, "TIME_WAIT");
	assert_string_equal(only("Time-Wait")->name, "TIME_WAIT");
	assert_string_equal(only("e-tls-chain-intermediate")->name, "E-TLS-CHAIN-INTERMEDIATE");
	assert_string_equal(only("x25519")->name, "x25519");
	assert_string_equal(only("P-256")->name, "secp256r1");
	assert_string_equal(only("ECDHE-RSA-AES128-GCM-SHA256")->name, "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256");
	assert_string_equal(only("ClientHello")->name, "CLIENT_HELLO");
	assert_string_equal(only("econnreset")->name, "E-TCP-RESET");
	assert_string_equal(only("four way close")->name, "four-way close");
}

static void test_one_name_may_have_several_meanings(void **state)
{
	const struct topic *found[8];
	size_t n = topics_find(&topics, "WAIT_CERT", found, 8);

	(void)state;
	assert_int_equal(n, 4); /* of client and server, in 1.2 and 1.3 */
	for (size_t i = 0; i < n; i++)
		assert_int_equal(found[i]->group, TOPIC_TLS_STATE);
	/* More than there is room for are counted. */
	assert_int_equal(topics_find(&topics, "wait cert", found, 1), 4);
}

static void test_what_is_not_there_has_neighbours(void **state)
{
	const struct topic *near[3];

	(void)state;
	assert_int_equal(topics_find(&topics, "TIME_WIAT", near, 3), 0);
	assert_true(topics_near(&topics, "TIME_WIAT", near, 3) >= 1);
	assert_string_equal(near[0]->name, "TIME_WAIT");
	assert_true(topics_near(&topics, "intermedate", near, 3) >= 1);
	assert_true(topics_near(&topics, "nxdomain", near, 3) >= 1);
	assert_string_equal(near[0]->name, "E-DNS-NXDOMAIN");
	assert_int_equal(topics_near(&topics, "qqqqqqqqqqqq", near, 3), 0);
	assert_int_equal(topics_near(&topics, "...", near, 3), 0);
	assert_int_equal(topics_find(&topics, "", near, 3), 0);
	/* Longer than any name is no trouble. */
	assert_int_equal(topics_near(&topics,
				     "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
				     "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
				     near, 3),
			 0);
}

static void test_a_state_is_drawn_with_its_arrows(void **state)
{
	struct look look = look_plain(100);
	struct text t;

	(void)state;
	text_init(&t);
	topic_draw(&t, &topics, only("FIN_WAIT_2"), &look);
	assert_non_null(strstr(text_str(&t), "FIN_WAIT_2  (states of a TCP connection)\n  Our FIN is acknowledged, "));
	assert_non_null(strstr(text_str(&t),
			       "                                                  --RCV_FIN---------> TIME_WAIT\n"
			       "                                  +------------+  --USER_ABORT------> CLOSED\n"
			       "  FIN_WAIT_1 --RCV_ACK_OF_FIN-->  | FIN_WAIT_2 |  --RCV_RST---------> CLOSED\n"
			       "                                  +------------+  --TIMEOUT_R2------> CLOSED\n"
			       "                                                  --TIMEOUT_ORPHAN--> CLOSED\n"
			       "\n"));
	assert_non_null(strstr(text_str(&t), "  RFC         9293 3.6\n  see it with handfast scenario half-close\n"));
	text_free(&t);
}

/* Whatever the width, no line of a picture is longer, and each state of TCP has all its arrows in words. */
static void test_pictures_keep_to_the_width(void **state)
{
	(void)state;
	for (unsigned columns = 72; columns <= 160; columns += 8) {
		struct look look = look_plain(columns);

		for (size_t i = 0; i < topics.n; i++) {
			const struct topic *topic = &topics.at[i];
			size_t width = 0, arrows = 0, words = 0;
			struct text t;

			if (topic->group != TOPIC_TCP_STATE && topic->group != TOPIC_TLS_STATE)
				continue;
			text_init(&t);
			topic_draw(&t, &topics, topic, &look);
			for (const char *s = text_str(&t); *s; s++) {
				width = *s == '\n' ? 0 : width + 1;
				assert_true(width <= columns);
				words += strncmp(s, " -> ", 4) == 0;
				arrows += strncmp(s, "--> ", 4) == 0 || strncmp(s, "-->\n", 4) == 0;
			}
			if (topic->group == TOPIC_TCP_STATE)
				assert_true(words == arrows && words > 0);
			text_free(&t);
		}
	}
}

static void test_a_topic_as_json(void **state)
{
	struct text t;
	struct json j;

	(void)state;
	text_init(&t);
	j = json_over(&t);
	j.one_line = true;
	topic_json(&j, &topics, only("TIMEOUT_2MSL"));
	assert_true(json_valid(text_str(&t)));
	assert_non_null(
		strstr(text_str(&t),
		       "{\"name\": \"TIMEOUT_2MSL\", \"group\": \"tcp-events\", \"also\": [], \"text\": \"Two maximum "));
	assert_non_null(strstr(text_str(&t),
			       "\"arrows\": [{\"from\": \"TIME_WAIT\", \"on\": \"TIMEOUT_2MSL\", \"to\": \"CLOSED\", \"then\": "
			       "\"DELETE\", \"rfc\": \"9293 3.6.1\"}], \"rfc\": [\"9293 3.6.1\"], \"see\": "
			       "[\"handfast scenario time-wait-2msl\"]}"));
	text_free(&t);
}

static void test_groups_have_keys(void **state)
{
	struct look look = look_plain(80);
	struct text t;

	(void)state;
	assert_int_equal(topic_group_find("tcp states"), TOPIC_TCP_STATE);
	assert_int_equal(topic_group_find("tls-suites"), TOPIC_TLS_SUITE);
	assert_int_equal(topic_group_find("nothing"), TOPIC_GROUP_COUNT);
	text_init(&t);
	topic_draw_group(&t, &topics, TOPIC_TCP_STATE, &look);
	assert_non_null(strstr(text_str(&t), "  SYN_SENT      Our SYN is under way, and no answer has come\n"));
	text_clear(&t);
	topic_draw_group(&t, &topics, TOPIC_TRACE, &look);
	assert_non_null(strstr(text_str(&t),
			       "  TCP_R2                 no answer for too long: the connection is given up (R2)\n"));
	text_clear(&t);
	topic_draw_list(&t, &topics, &look);
	assert_non_null(strstr(text_str(&t), "handfast explain tls-suites\n"));
	assert_non_null(strstr(text_str(&t), "FIN_WAIT_1, FIN_WAIT_2"));
	text_free(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names_are_found_however_they_are_written),
		cmocka_unit_test(test_one_name_may_have_several_meanings),
		cmocka_unit_test(test_what_is_not_there_has_neighbours),
		cmocka_unit_test(test_a_state_is_drawn_with_its_arrows),
		cmocka_unit_test(test_pictures_keep_to_the_width),
		cmocka_unit_test(test_a_topic_as_json),
		cmocka_unit_test(test_groups_have_keys),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
