/* SPDX-License-Identifier: MIT */
#ifndef HF_CMD_CMD_H
#define HF_CMD_CMD_H

#include "hf/status.h"

#include <stdio.h>

#ifndef HF_VERSION
#error "meson.build defines HF_VERSION from the project's version"
#endif

/*
 * The one program. Every command, option, example and exit code has one row in cmd/options.def: parsing, --help, the
 * manual pages and the completion all read it. argv[0] of a command is its own name; the return value is the exit code.
 * Data goes to stdout, messages to stderr.
 */
int cmd_serve(int argc, char **argv);
int cmd_get(int argc, char **argv);
int cmd_page(int argc, char **argv);
int cmd_states(int argc, char **argv);
int cmd_cert(int argc, char **argv);
int cmd_tls(int argc, char **argv);
int cmd_speed(int argc, char **argv);
int cmd_scenario(int argc, char **argv);
int cmd_explain(int argc, char **argv);
int cmd_help(int argc, char **argv);

/* enum cmd_command: CMD_serve, CMD_get, ... */
enum cmd_command {
#define CMD(name, ...) CMD_##name,
#include "cmd/options.def"
	CMD_COUNT
};

/* One constant an option: OPT_serve_NET ... */
enum cmd_option {
#define OPT(command, id, ...) OPT_##command##_##id,
#include "cmd/options.def"
	OPT_COUNT,
	OPT_END = -1,     /* no more options: operands are left in argv[at..] */
	OPT_WRONG = -2,   /* the sentence is on stderr already: exit 2 */
	OPT_ANSWERED = -3 /* --help was asked for and is on stdout: exit 0 */
};

/* Walks the options of a command; operands may stand between them, "--" ends them. */
struct cmd_args {
	enum cmd_command command;
	int argc;
	char **argv;
	int at;            /* next word */
	const char *rest;  /* more short options in the word just read */
	char *operand[34]; /* handfast cert issue takes 32 names */
	int operands;
	bool ended;
	const char *value; /* of the option just returned */
	enum cmd_option last;
};

void cmd_args_begin(struct cmd_args *a, enum cmd_command command, int argc, char **argv);
int cmd_args_next(struct cmd_args *a); /* enum cmd_option */

/* "handfast serve: ..." and a newline on stderr. */
__attribute__((format(printf, 2, 3))) void cmd_say(enum cmd_command command, const char *format, ...);
/* The same, and returns 2: the command line is wrong. */
__attribute__((format(printf, 2, 3))) int cmd_usage(enum cmd_command command, const char *format, ...);

/* Numbers as people type them; false when it is none, or out of min..max. Seconds may have a fraction. */
bool cmd_parse_number(const char *text, uint64_t min, uint64_t max, uint64_t *ret);
bool cmd_parse_seconds(const char *text, hf_time_ns *ret);
/* The same of the value of an option: 0, or exit code 2 with the sentence on stderr. */
int cmd_take_number(enum cmd_command command, const char *option, const char *text, uint64_t min, uint64_t max,
		    uint64_t *ret);
int cmd_take_seconds(enum cmd_command command, const char *option, const char *text, hf_time_ns *ret);

/* Flushes stdout. 0, or an exit code: 1 quietly when nobody reads it any more, else the sentence is on stderr. */
int cmd_flush(enum cmd_command command); /* CMD_COUNT: the program itself */

/* How wide text for people is: COLUMNS, else the terminal's width, else 80; never less than 60. */
unsigned cmd_columns(FILE *to);
/* A head, and behind it at `indent` a text that is wrapped under itself; a head too long has its line for itself. */
void cmd_print_item(FILE *to, const char *head, const char *text, unsigned indent);

/* The name of a command as typed; CMD_COUNT when there is none. */
enum cmd_command cmd_find(const char *name);
const char *cmd_name(enum cmd_command command);
void cmd_print_help(enum cmd_command command, FILE *to); /* CMD_COUNT: of the whole program */
void cmd_print_man(enum cmd_command command, FILE *to);
void cmd_print_completion(FILE *to);

/* Where `serve` answers `states`: a path under $XDG_RUNTIME_DIR/handfast or /run/user, else /tmp/handfast-UID. FULL, SYSTEM. */
HF_NODISCARD hf_status cmd_control_dir(char *to, size_t room, bool make);

#endif
