/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "cmd/cmd_table.h"
#include "cmd/explain_tables.h"
#include "explain/report.h"
#include "hf/cert.h"
#include "hf/tls.h"
#include "sim/scenario.h"
#include "tcp/tcp.h"
#include "wire/tls_wire.h"

#include <string.h>

/* Whatever has a name here has a topic, with enough to read and nothing that leads nowhere. */
static struct topics topics;

static int set_up(void **state)
{
	(void)state;
	topics_init(&topics);
	explain_fill(&topics);
	return topics.failed;
}

static int tear_down(void **state)
{
	(void)state;
	topics_free(&topics);
	return 0;
}

static void assert_topic(enum topic_group group, const char *name)
{
	const struct topic *found[16];
	size_t n = topics_find(&topics, name, found, 16);

	for (size_t i = 0; i < n && i < 16; i++)
		if (found[i]->group == group)
			return;
	fail_msg("no topic %s among the %s", name, topic_group_key(group));
}

static void test_every_row_of_every_table_has_a_topic(void **state)
{
	(void)state;
	for (unsigned i = 0; i < HF_TCP_STATE_COUNT; i++)
		assert_topic(TOPIC_TCP_STATE, hf_tcp_state_name(i));
	for (unsigned i = 0; i < TCP_EVENT_COUNT; i++)
		assert_topic(TOPIC_TCP_EVENT, tcp_event_name(i));
	for (unsigned i = 0; i < TCP_ACTION_COUNT; i++)
		assert_topic(TOPIC_TCP_ACTION, tcp_action_name(i));
	for (unsigned i = 0; i < HF_TRACE_KIND_COUNT; i++)
		assert_topic(TOPIC_TRACE, hf_trace_name(i));
	for (unsigned i = 0; i < HF_TLS_TOLD_COUNT; i++)
		assert_topic(TOPIC_TLS_TOLD, hf_tls_told_name(i));
	for (unsigned i = 0; i < HF_CERT_FAULT_COUNT; i++)
		assert_topic(TOPIC_CERT_FAULT, hf_cert_fault_code((enum hf_cert_fault)i));
	for (unsigned i = 1; i < REPORT_CODE_COUNT; i++)
		assert_topic(TOPIC_CODE, report_code_name((enum report_code)i));
	for (unsigned i = 0; strcmp(hf_tls_state_name(i), "unknown") != 0; i++)
		assert_topic(TOPIC_TLS_STATE, hf_tls_state_name(i));
	for (unsigned i = 0; i < 256; i++) {
		if (strcmp(tls_alert_name(i), "unknown") != 0)
			assert_topic(TOPIC_TLS_ALERT, tls_alert_name(i));
		if (strcmp(tls_message_name(i), "unknown") != 0)
			assert_topic(TOPIC_TLS_MESSAGE, tls_message_name(i));
	}
	for (unsigned i = 0; i < 65536; i++) {
		if (strcmp(tls_suite_name(i), "unknown") != 0 && !tls_is_grease((uint16_t)i))
			assert_topic(TOPIC_TLS_SUITE, tls_suite_name(i));
		if (strcmp(tls_group_name(i), "unknown") != 0 && !tls_is_grease((uint16_t)i))
			assert_topic(TOPIC_TLS_GROUP, tls_group_name(i));
		if (strcmp(tls_extension_name(i), "unknown") != 0 && !tls_is_grease((uint16_t)i))
			assert_topic(TOPIC_TLS_EXTENSION, tls_extension_name(i));
	}
#define EXIT(command, code, when) assert_topic(TOPIC_EXIT, #code);
#include "cmd/options.def"
}

static void test_every_state_on_an_arrow_has_a_topic(void **state)
{
	(void)state;
	for (size_t i = 0; i < topics.arrows; i++) {
		assert_topic(topics.arrow[i].machine, topics.arrow[i].from);
		assert_topic(topics.arrow[i].machine, topics.arrow[i].to);
		if (topics.arrow[i].machine == TOPIC_TCP_STATE) {
			assert_topic(TOPIC_TCP_EVENT, topics.arrow[i].on);
			assert_topic(TOPIC_TCP_ACTION, topics.arrow[i].then);
		} else if (topics.arrow[i].machine == TOPIC_TLS_STATE) {
			assert_topic(TOPIC_TLS_MESSAGE, topics.arrow[i].on);
		}
	}
}

static size_t count_sentences(const struct topic *t)
{
	const char *s = text_str(&t->text);
	size_t n = 0;

	for (size_t i = 0; s[i]; i++)
		n += strchr(".!?", s[i]) && (s[i + 1] == ' ' || s[i + 1] == '\0' || s[i + 1] == '"');
	for (s = text_str(&t->fact); *s; s = strchr(s, '\n') + 1)
		n += strncmp(s, "told as\t", 8) == 0 || strncmp(s, "what to", 7) == 0;
	return n;
}

static void test_each_has_two_to_ten_sentences(void **state)
{
	size_t bad = 0;

	(void)state;
	for (size_t i = 0; i < topics.n; i++) {
		const struct topic *t = &topics.at[i];
		size_t n = count_sentences(t);

		if (n < 2 || (n > 10 && t->group != TOPIC_SCENARIO)) {
			print_error("%s (%s) has %zu sentences\n", t->name, topic_group_key(t->group), n);
			bad++;
		}
		assert_null(strstr(text_str(&t->text), "  "));
		assert_null(strstr(text_str(&t->text), ".."));
	}
	assert_int_equal(bad, 0);
}

static void test_what_is_written_fits_a_row(void **state)
{
	(void)state;
	if (topics.orphan)
		fail_msg("topics*.def has a row for %s, which is nothing there", topics.orphan);
}

/* The next word of a command line, up to a blank or the end of it. */
static void copy_word(const char **at, char *to, size_t room)
{
	size_t n = strcspn(*at, " |");

	assert_true(n < room);
	memcpy(to, *at, n);
	to[n] = '\0';
	*at += n + ((*at)[n] == ' ');
}

/* "handfast scenario X" is one that can be played, "handfast X" a command, "handfast explain X" a topic. */
static void test_what_is_to_be_seen_is_there(void **state)
{
	(void)state;
	for (size_t i = 0; i < topics.n; i++) {
		for (const char *s = topics.at[i].see; *s;) {
			char command[32], name[64];
			size_t n = strcspn(s, "|");
			const char *word = s + strlen("handfast ");

			assert_int_equal(strncmp(s, "handfast ", 9), 0);
			copy_word(&word, command, sizeof(command));
			copy_word(&word, name, sizeof(name));
			if (cmd_find(command) == CMD_COUNT)
				fail_msg("%s: there is no command %s", topics.at[i].name, command);
			if (strcmp(command, "scenario") == 0 && strcmp(name, "NAME") != 0 && !sim_scenario_find(name))
				fail_msg("%s: there is no scenario %s", topics.at[i].name, name);
			if (strcmp(command, "explain") == 0)
				assert_topic(TOPIC_CODE, name);
			s += n + (s[n] == '|');
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_row_of_every_table_has_a_topic),
		cmocka_unit_test(test_every_state_on_an_arrow_has_a_topic),
		cmocka_unit_test(test_each_has_two_to_ten_sentences),
		cmocka_unit_test(test_what_is_written_fits_a_row),
		cmocka_unit_test(test_what_is_to_be_seen_is_there),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
