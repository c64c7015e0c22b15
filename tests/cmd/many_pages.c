/* SPDX-License-Identifier: MIT */
/*
 * many_pages COUNT [OPTION...] -- URL...: `handfast page OPTION... URL` COUNT times in one process, the URLs in turn. After each
 * turn of all URLs it prints what the heap holds and how much of the process is in memory. For tests/interop/docs.py.
 */
#include "cmd/cmd.h"

#include <malloc.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ARGS 40

static unsigned long resident_kib(void)
{
	static const char name[] = "VmRSS:";
	char line[128];
	unsigned long kib = 0;
	FILE *f = fopen("/proc/self/status", "re");

	while (f && fgets(line, sizeof(line), f))
		if (strncmp(line, name, sizeof(name) - 1) == 0)
			kib = strtoul(line + sizeof(name) - 1, NULL, 10);
	if (f)
		fclose(f);
	return kib;
}

int main(int argc, char **argv)
{
	char page[] = "page", *args[ARGS + 3] = { page };
	const int count = argc > 1 ? (int)strtoul(argv[1], NULL, 10) : 0;
	int options = 0, urls, failed = 0;

	signal(SIGPIPE, SIG_IGN);
	while (options + 2 < argc && options < ARGS && strcmp(argv[options + 2], "--") != 0) {
		args[options + 1] = argv[options + 2];
		options++;
	}
	urls = argc - options - 3;
	if (count < 1 || urls < 1) {
		fprintf(stderr, "many_pages COUNT [OPTION...] -- URL...\n");
		return 2;
	}
	for (int i = 0; i < count; i++) {
		char *url = argv[options + 3 + i % urls];
		int code;

		args[options + 1] = url;
		args[options + 2] = NULL;
		code = cmd_page(options + 2, args);
		if (code > 1) {
			fprintf(stderr, "%s: code %d\n", url, code);
			failed++;
		}
		if ((i + 1) % urls == 0) {
			printf("%d pages: heap %zu octets, resident %lu KiB\n", i + 1, mallinfo2().uordblks,
			       resident_kib());
			fflush(stdout);
		}
	}
	return failed ? 1 : 0;
}
