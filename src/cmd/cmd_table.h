/* SPDX-License-Identifier: MIT */
#ifndef HF_CMD_CMD_TABLE_H
#define HF_CMD_CMD_TABLE_H

#include "cmd/cmd.h"

/* The rows of cmd/options.def, for those who parse with them and those who print them. */
struct cmd_row {
	const char *name, *operands, *summary, *text;
};

struct cmd_option_row {
	const char *name;
	const char *argument; /* NULL: it takes no value */
	const char *text;
	enum cmd_command command;
	char letter; /* 0: none */
};

struct cmd_alias_row {
	const char *name, *other; /* of an option, in every command that has it */
};

extern const struct cmd_row cmd_rows[CMD_COUNT];
extern const struct cmd_option_row cmd_option_rows[OPT_COUNT];
extern const struct cmd_alias_row cmd_alias_rows[]; /* until one without names */

#endif
