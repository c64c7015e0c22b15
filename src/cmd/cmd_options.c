/* SPDX-License-Identifier: MIT */
/* Parsing of command lines, from the rows of cmd/options.def. */
#include "cmd/cmd.h"

#include "cmd/cmd_table.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

const struct cmd_row cmd_rows[CMD_COUNT] = {
#define CMD(name_, operands_, summary_, text_) [CMD_##name_] = { #name_, operands_, summary_, text_ },
#include "cmd/options.def"
};

const struct cmd_option_row cmd_option_rows[OPT_COUNT] = {
#define OPT(command_, id_, long_, short_, argument_, text_) \
	[OPT_##command_##_##id_] = { long_, argument_, text_, CMD_##command_, short_ },
#include "cmd/options.def"
};

const struct cmd_alias_row cmd_alias_rows[] = {
#define ALIAS(name_, other_) { name_, other_ },
#include "cmd/options.def"
	{ NULL, NULL },
};

void cmd_say(enum cmd_command command, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fprintf(stderr, "handfast %s: ", cmd_name(command));
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
	va_end(args);
}

int cmd_usage(enum cmd_command command, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fprintf(stderr, "handfast %s: ", cmd_name(command));
	vfprintf(stderr, format, args);
	fprintf(stderr, " (handfast %s --help shows how)\n", cmd_name(command));
	va_end(args);
	return 2;
}

const char *cmd_name(enum cmd_command command)
{
	return cmd_rows[command].name;
}

enum cmd_command cmd_find(const char *name)
{
	enum cmd_command c = 0;

	while (c < CMD_COUNT && strcmp(cmd_rows[c].name, name) != 0)
		c++;
	return c;
}

void cmd_args_begin(struct cmd_args *a, enum cmd_command command, int argc, char **argv)
{
	*a = (struct cmd_args){ .command = command, .argc = argc, .argv = argv, .at = 1 };
}

static int wrong(const struct cmd_args *a, const char *format, const char *word, int len)
{
	/* The word is shown as it was typed, cut at what its value begins with. */
	char text[128];

	snprintf(text, sizeof(text), "%.*s", len, word);
	cmd_usage(a->command, format, text);
	return OPT_WRONG;
}

static int take_value(struct cmd_args *a, int id, const char *joined, const char *word, int len)
{
	const struct cmd_option_row *row = &cmd_option_rows[id];

	a->value = joined;
	a->last = id;
	if (!row->argument)
		return joined ? wrong(a, "%s takes no value", word, len) : id;
	if (!joined) {
		if (a->at >= a->argc)
			return wrong(a, "%s needs a value", word, len);
		a->value = a->argv[a->at++];
	}
	return id;
}

static int answer_help(const struct cmd_args *a)
{
	int code;

	cmd_print_help(a->command, stdout);
	code = cmd_flush(a->command);
	if (code != 0)
		exit(code); /* no command has begun anything before its options are read */
	return OPT_ANSWERED;
}

static bool is_named(const char *name, const char *word, size_t n)
{
	return strlen(name) == n && memcmp(name, word, n) == 0;
}

/* By the name that stands in its row, or by another one; OPT_COUNT: none. */
static int find_long(enum cmd_command command, const char *name, size_t n)
{
	const struct cmd_alias_row *alias = cmd_alias_rows;
	int id = 0;

	while (id < OPT_COUNT && !(cmd_option_rows[id].command == command && is_named(cmd_option_rows[id].name, name, n)))
		id++;
	while (alias->name && !is_named(alias->other, name, n))
		alias++;
	return id == OPT_COUNT && alias->name ? find_long(command, alias->name, strlen(alias->name)) : id;
}

static int take_long(struct cmd_args *a, const char *word)
{
	const char *equals = strchr(word, '=');
	size_t n = equals ? (size_t)(equals - word) : strlen(word);
	int id;

	if (n == 6 && memcmp(word, "--help", 6) == 0)
		return answer_help(a);
	id = find_long(a->command, word + 2, n - 2);
	if (id < OPT_COUNT)
		return take_value(a, id, equals ? equals + 1 : NULL, word, (int)n);
	return wrong(a, "there is no option %s", word, (int)n);
}

static int take_short(struct cmd_args *a)
{
	char c = *a->rest++;
	char word[3] = { '-', c, '\0' };

	for (int id = 0; id < OPT_COUNT; id++) {
		const struct cmd_option_row *row = &cmd_option_rows[id];
		const char *joined = NULL;

		if (row->command != a->command || row->letter != c)
			continue;
		if (row->argument && *a->rest) {
			joined = a->rest;
			a->rest = "";
		}
		return take_value(a, id, joined, word, 2);
	}
	if (c == 'h')
		return answer_help(a);
	return wrong(a, "there is no option %s", word, 2);
}

int cmd_args_next(struct cmd_args *a)
{
	for (;;) {
		const char *word;

		if (a->rest && *a->rest)
			return take_short(a);
		if (a->at >= a->argc)
			return OPT_END;
		word = a->argv[a->at++];
		if (!a->ended && strcmp(word, "--") == 0) {
			a->ended = true;
		} else if (!a->ended && word[0] == '-' && word[1] == '-') {
			return take_long(a, word);
		} else if (!a->ended && word[0] == '-' && word[1] != '\0') {
			a->rest = word + 1;
		} else {
			if (a->operands == (int)(sizeof(a->operand) / sizeof(a->operand[0])))
				return wrong(a, "too much: %s", word, (int)strlen(word));
			a->operand[a->operands++] = a->argv[a->at - 1];
		}
	}
}

bool cmd_parse_number(const char *text, uint64_t min, uint64_t max, uint64_t *ret)
{
	unsigned long long v;
	char *end;

	if (text[0] < '0' || text[0] > '9')
		return false;
	errno = 0;
	v = strtoull(text, &end, 10);
	if (errno || *end != '\0' || v < min || v > max)
		return false;
	*ret = v;
	return true;
}

bool cmd_parse_seconds(const char *text, hf_time_ns *ret)
{
	hf_time_ns ns = 0, unit = HF_S(1);
	bool digits = false;

	for (; *text >= '0' && *text <= '9'; text++) {
		digits = true;
		ns = ns * 10 + (hf_time_ns)(*text - '0') * HF_S(1);
		if (ns > HF_S(1000000000))
			return false;
	}
	if (*text == '.')
		for (text++; *text >= '0' && *text <= '9'; text++) {
			digits = true;
			unit /= 10;
			ns += (hf_time_ns)(*text - '0') * unit;
		}
	if (!digits || *text != '\0' || ns == 0)
		return false;
	*ret = ns;
	return true;
}

int cmd_take_number(enum cmd_command command, const char *option, const char *text, uint64_t min, uint64_t max, uint64_t *ret)
{
	if (cmd_parse_number(text, min, max, ret))
		return 0;
	return cmd_usage(command, "--%s %s: a whole number from %llu to %llu is wanted", option, text,
			 (unsigned long long)min, (unsigned long long)max);
}

int cmd_take_seconds(enum cmd_command command, const char *option, const char *text, hf_time_ns *ret)
{
	if (cmd_parse_seconds(text, ret))
		return 0;
	return cmd_usage(command, "--%s %s: seconds are wanted, as in 30 or 0.5", option, text);
}

int cmd_flush(enum cmd_command command)
{
	int error;

	if (fflush(stdout) == 0 && !ferror(stdout))
		return 0;
	error = errno;
	if (error == EPIPE)
		return 1;
	fprintf(stderr, "handfast%s%s: stdout cannot be written: %s\n", command == CMD_COUNT ? "" : " ",
		command == CMD_COUNT ? "" : cmd_name(command), strerror(error ? error : EIO));
	return hf_status_exit(HF_SYSTEM);
}
