/* SPDX-License-Identifier: MIT */
/* --help, manual pages and the completion, all from cmd/options.def. */
#include "cmd/cmd.h"

#include "cmd/cmd_table.h"
#include "explain/text.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#define COLUMNS_MIN 60u
#define COLUMNS_MAX 160u
#define COLUMNS_UNKNOWN 80u

static const struct {
	enum cmd_command command;
	const char *line, *what;
} examples[] = {
#define EXAMPLE(command_, line_, what_) { CMD_##command_, line_, what_ },
#include "cmd/options.def"
};

static const struct {
	enum cmd_command command;
	int code;
	const char *when;
} exits[] = {
#define EXIT(command_, code_, when_) { CMD_##command_, code_, when_ },
#include "cmd/options.def"
};

#define LEN(a) (sizeof(a) / sizeof((a)[0]))

static const char about[] =
	"Handfast is the whole way of a web connection in one program: its own TCP/IP, simulation, explanation.";

/* ---- for the screen ---- */

unsigned cmd_columns(FILE *to)
{
	const char *columns = getenv("COLUMNS");
	unsigned long n = columns ? strtoul(columns, NULL, 10) : 0;
	struct winsize size;

	if (n == 0 && ioctl(fileno(to), TIOCGWINSZ, &size) == 0)
		n = size.ws_col;
	if (n == 0)
		n = COLUMNS_UNKNOWN;
	return n < COLUMNS_MIN ? COLUMNS_MIN : n > COLUMNS_MAX ? COLUMNS_MAX : (unsigned)n;
}

static void print_wrapped(FILE *to, const char *text, unsigned indent)
{
	struct text t;

	text_init(&t);
	text_wrap(&t, text, indent, cmd_columns(to));
	fputs(text_str(&t), to);
	text_free(&t);
}

void cmd_print_item(FILE *to, const char *head, const char *text, unsigned indent)
{
	struct text t;

	text_init(&t);
	text_wrap(&t, text, indent, cmd_columns(to));
	if (strlen(head) < indent && t.len > indent)
		fprintf(to, "%-*s%s", (int)indent, head, text_str(&t) + indent);
	else
		fprintf(to, "%s\n%s", head, text_str(&t));
	text_free(&t);
}

/* A command line is broken in the shell's own way, so that it can still be pasted. */
static void print_command_line(FILE *to, const char *line)
{
	unsigned room = cmd_columns(to) - 2, at = 2;

	fputs("  ", to);
	while (*line) {
		unsigned word = (unsigned)strcspn(line, " ");

		if (at > 6 && at + 1 + word > room) {
			fputs(" \\\n      ", to);
			at = 6;
		} else if (at > 2 && at != 6) {
			fputc(' ', to);
			at++;
		}
		fprintf(to, "%.*s", (int)word, line);
		at += word;
		line += word + (line[word] == ' ');
	}
	fputc('\n', to);
}

static void print_example(size_t i, FILE *to)
{
	print_command_line(to, examples[i].line);
	print_wrapped(to, examples[i].what, 6);
}

static void print_examples(enum cmd_command command, FILE *to)
{
	fputs("Examples\n", to);
	for (size_t i = 0; i < LEN(examples); i++)
		if (examples[i].command == command)
			print_example(i, to);
}

static void option_head(const struct cmd_option_row *o, char *to, size_t room)
{
	const struct cmd_alias_row *alias = cmd_alias_rows;
	char letter[8] = "", other[32] = "";

	if (o->letter)
		snprintf(letter, sizeof(letter), "-%c, ", o->letter);
	while (alias->name && strcmp(alias->name, o->name) != 0)
		alias++;
	if (alias->name)
		snprintf(other, sizeof(other), " (or --%s)", alias->other);
	snprintf(to, room, "%s--%s%s%s%s", letter, o->name, o->argument ? " " : "", o->argument ? o->argument : "", other);
}

static void print_options(enum cmd_command command, FILE *to)
{
	char head[64];

	fputs("\nOptions\n", to);
	for (size_t i = 0; i < OPT_COUNT; i++) {
		if (cmd_option_rows[i].command != command)
			continue;
		option_head(&cmd_option_rows[i], head, sizeof(head));
		fprintf(to, "  %s\n", head);
		print_wrapped(to, cmd_option_rows[i].text, 6);
	}
	fputs("  -h, --help\n      this text\n", to);
}

static void print_command_help(enum cmd_command command, FILE *to)
{
	const struct cmd_row *c = &cmd_rows[command];
	char code[16];

	print_examples(command, to);
	fprintf(to, "\nUsage: handfast %s%s%s [OPTIONS]\n\n", c->name, c->operands[0] ? " " : "", c->operands);
	print_wrapped(to, c->text, 0);
	print_options(command, to);
	fputs("\nExit codes\n", to);
	for (size_t i = 0; i < LEN(exits); i++) {
		if (exits[i].command != command)
			continue;
		snprintf(code, sizeof(code), "  %2d", exits[i].code);
		cmd_print_item(to, code, exits[i].when, 6);
	}
}

static void print_program_help(FILE *to)
{
	char name[32];

	fputs("Examples\n", to);
	for (size_t i = 0, last = CMD_COUNT; i < LEN(examples); i++) {
		if (examples[i].command == last)
			continue;
		last = examples[i].command;
		print_example(i, to);
	}
	fputs("\nUsage: handfast COMMAND [OPTIONS]\n\n", to);
	print_wrapped(to, about, 0);
	fputs("\nCommands\n", to);
	for (size_t i = 0; i < CMD_COUNT; i++) {
		snprintf(name, sizeof(name), "  %s", cmd_rows[i].name);
		cmd_print_item(to, name, cmd_rows[i].summary, 12);
	}
	fputc('\n', to);
	print_wrapped(to,
		      "handfast COMMAND --help shows more; handfast --version shows the version.\n"
		      "Data goes to stdout, messages to stderr. NO_COLOR=1 turns colours off.",
		      0);
}

void cmd_print_help(enum cmd_command command, FILE *to)
{
	if (command == CMD_COUNT)
		print_program_help(to);
	else
		print_command_help(command, to);
}

/* ---- manual pages, man(7) ---- */

/* A dash is a hyphen to troff unless it is escaped; a line must not begin with a dot or an apostrophe. */
static void print_roff(FILE *to, const char *text)
{
	if (*text == '.' || *text == '\'')
		fputs("\\&", to);
	for (; *text; text++) {
		if (*text == '-')
			fputs("\\-", to);
		else if (*text == '\\')
			fputs("\\e", to);
		else if (*text == '\'')
			fputs("\\(aq", to);
		else if (*text == '`')
			fputs("\\(ga", to);
		else
			fputc(*text, to);
	}
}

static void print_roff_line(FILE *to, const char *text)
{
	print_roff(to, text);
	fputc('\n', to);
}

static void print_man_head(FILE *to, const char *page, const char *summary)
{
	fputs(".\\\" Made by handfast help --man from cmd/options.def.\n.TH ", to);
	for (const char *p = page; *p; p++)
		fputc(*p >= 'a' && *p <= 'z' ? *p - 32 : *p, to);
	fprintf(to, " 1 \"\" \"handfast %s\" \"User Commands\"\n.SH NAME\n", HF_VERSION);
	print_roff(to, page);
	fputs(" \\- ", to);
	print_roff_line(to, summary);
}

static void print_man_examples(enum cmd_command command, bool first_only, FILE *to)
{
	for (size_t i = 0, last = CMD_COUNT; i < LEN(examples); i++) {
		if (first_only ? examples[i].command == last : examples[i].command != command)
			continue;
		if (last != CMD_COUNT)
			fputs(".PP\n", to);
		last = examples[i].command;
		print_roff_line(to, examples[i].what);
		fputs(".PP\n.in +4n\n.EX\n", to);
		print_roff_line(to, examples[i].line);
		fputs(".EE\n.in\n", to);
	}
}

static void print_command_man(enum cmd_command command, FILE *to)
{
	const struct cmd_row *c = &cmd_rows[command];
	char page[64], head[64];

	snprintf(page, sizeof(page), "handfast-%s", c->name);
	print_man_head(to, page, c->summary);
	fputs(".SH SYNOPSIS\n.B handfast ", to);
	fprintf(to, "%s\n", c->name);
	print_roff(to, c->operands);
	fputs("\n.RI [ OPTIONS ]\n.SH DESCRIPTION\n", to);
	print_roff_line(to, c->text);
	fputs(".SH EXAMPLES\n", to);
	print_man_examples(command, false, to);
	fputs(".SH OPTIONS\n", to);
	for (size_t i = 0; i < OPT_COUNT; i++) {
		if (cmd_option_rows[i].command != command)
			continue;
		option_head(&cmd_option_rows[i], head, sizeof(head));
		fputs(".TP\n.B ", to);
		print_roff_line(to, head);
		print_roff_line(to, cmd_option_rows[i].text);
	}
	fputs(".TP\n.B \\-h, \\-\\-help\nPrints this text.\n.SH EXIT STATUS\n", to);
	for (size_t i = 0; i < LEN(exits); i++) {
		if (exits[i].command != command)
			continue;
		fprintf(to, ".TP\n.B %d\n", exits[i].code);
		print_roff_line(to, exits[i].when);
	}
	fputs(".SH SEE ALSO\n.BR handfast (1)\n", to);
}

static void print_program_man(FILE *to)
{
	print_man_head(to, "handfast", "a web connection, all of it: TCP/IP, simulation, explanation");
	fputs(".SH SYNOPSIS\n.B handfast\n.I COMMAND\n.RI [ OPTIONS ]\n.SH DESCRIPTION\n", to);
	print_roff_line(to, about);
	fputs(".SH EXAMPLES\n", to);
	print_man_examples(CMD_COUNT, true, to);
	fputs(".SH COMMANDS\n", to);
	for (size_t i = 0; i < CMD_COUNT; i++) {
		fprintf(to, ".TP\n.BR handfast\\-%s (1)\n", cmd_rows[i].name);
		print_roff_line(to, cmd_rows[i].summary);
	}
	fputs(".SH ENVIRONMENT\n.TP\n.B NO_COLOR\nNo colours when it is set and not empty.\n"
	      ".TP\n.B XDG_RUNTIME_DIR\nThe control socket of a running server is in its directory handfast.\n",
	      to);
}

void cmd_print_man(enum cmd_command command, FILE *to)
{
	if (command == CMD_COUNT)
		print_program_man(to);
	else
		print_command_man(command, to);
}

/* ---- completion ---- */

void cmd_print_completion(FILE *to)
{
	fputs("# bash completion for handfast; made by handfast help --completion bash.\n"
	      "_handfast()\n{\n"
	      "\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} cmd=${COMP_WORDS[1]} words=\n"
	      "\tCOMPREPLY=()\n"
	      "\tif [ \"$COMP_CWORD\" -eq 1 ]; then\n"
	      "\t\tCOMPREPLY=($(compgen -W \"",
	      to);
	for (size_t i = 0; i < CMD_COUNT; i++)
		fprintf(to, "%s ", cmd_rows[i].name);
	fputs("--help --version\" -- \"$cur\"))\n\t\treturn\n\tfi\n\tcase $cmd in\n", to);
	for (size_t i = 0; i < CMD_COUNT; i++) {
		fprintf(to, "\t%s)\n\t\twords=\"", cmd_rows[i].name);
		for (size_t k = 0; k < OPT_COUNT; k++)
			if (cmd_option_rows[k].command == i)
				fprintf(to, "--%s ", cmd_option_rows[k].name);
		fputs("--help\"\n\t\t;;\n", to);
	}
	fputs("\tesac\n\tcase $prev in\n\t--net)\n"
	      "\t\tCOMPREPLY=($(compgen -W \"host sim tun: tap: packet:\" -- \"$cur\"))\n\t\tcompopt -o nospace 2>/dev/null\n\t\treturn\n\t\t;;\n"
	      "\t--completion)\n\t\tCOMPREPLY=($(compgen -W bash -- \"$cur\"))\n\t\treturn\n\t\t;;\n"
	      "\t--pcap|--output|-o|--socket)\n\t\tCOMPREPLY=($(compgen -f -- \"$cur\"))\n\t\treturn\n\t\t;;\n\tesac\n"
	      "\tcase $cur in\n\t-*)\n\t\tCOMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n\t\treturn\n\t\t;;\n\tesac\n"
	      "\tcase $cmd in\n"
	      "\tserve)\n\t\tCOMPREPLY=($(compgen -d -- \"$cur\"))\n\t\t;;\n"
	      "\tscenario)\n\t\tCOMPREPLY=($(compgen -W \"list $(handfast scenario list 2>/dev/null | cut -d' ' -f1)\" -- \"$cur\"))\n\t\t;;\n"
	      "\thelp)\n\t\tCOMPREPLY=($(compgen -W \"",
	      to);
	for (size_t i = 0; i < CMD_COUNT; i++)
		fprintf(to, "%s ", cmd_rows[i].name);
	fputs("\" -- \"$cur\"))\n\t\t;;\n\tesac\n}\ncomplete -F _handfast handfast\n", to);
}

/* ---- the command ---- */

int cmd_help(int argc, char **argv)
{
	enum cmd_command of = CMD_COUNT;
	struct cmd_args a;
	bool man = false, completion = false;

	cmd_args_begin(&a, CMD_help, argc, argv);
	for (int o; (o = cmd_args_next(&a)) != OPT_END;) {
		switch (o) {
		case OPT_WRONG:
			return 2;
		case OPT_ANSWERED:
			return 0;
		case OPT_help_MAN:
			man = true;
			break;
		case OPT_help_COMPLETION:
			completion = true;
			if (strcmp(a.value, "bash") != 0)
				return cmd_usage(CMD_help, "--completion %s: only bash is known", a.value);
			break;
		}
	}
	if (a.operands > 1)
		return cmd_usage(CMD_help, "one command at a time, not also %s", a.operand[1]);
	if (a.operands == 1 && (of = cmd_find(a.operand[0])) == CMD_COUNT) {
		cmd_say(CMD_help, "there is no command %s (handfast --help lists the commands)", a.operand[0]);
		return 2;
	}
	if (completion)
		cmd_print_completion(stdout);
	else if (man)
		cmd_print_man(of, stdout);
	else
		cmd_print_help(of, stdout);
	return cmd_flush(CMD_help);
}
