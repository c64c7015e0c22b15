/* SPDX-License-Identifier: MIT */
#include "cmd/cmd.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

static int run(enum cmd_command command, int argc, char **argv)
{
	static int (*const commands[CMD_COUNT])(int, char **) = {
#define CMD(name_, operands_, summary_, text_) [CMD_##name_] = cmd_##name_,
#include "cmd/options.def"
	};

	return commands[command](argc, argv);
}

/*
 * One of the three that is closed would be given to the device that is opened next, and what is printed would go out as a
 * frame. /dev/null takes its place, opened the wrong way round: whoever needs it is told so by an error.
 */
static bool fill_standard_descriptors(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) != fd)
			return false;
	return true;
}

int main(int argc, char **argv)
{
	enum cmd_command command;

	if (!fill_standard_descriptors())
		return 1;
	signal(SIGPIPE, SIG_IGN); /* a reader that went away is an error of write(), and a quiet one */
	if (argc < 2) {
		cmd_print_help(CMD_COUNT, stderr);
		return 2;
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
		cmd_print_help(CMD_COUNT, stdout);
		return cmd_flush(CMD_COUNT);
	}
	if (strcmp(argv[1], "--version") == 0) {
		printf("handfast %s\n", HF_VERSION);
		return cmd_flush(CMD_COUNT);
	}
	command = cmd_find(argv[1]);
	if (command == CMD_COUNT) {
		fprintf(stderr, "handfast: there is no %s %s (handfast --help lists the commands)\n",
			argv[1][0] == '-' ? "option" : "command", argv[1]);
		return 2;
	}
	return run(command, argc - 1, argv + 1);
}
