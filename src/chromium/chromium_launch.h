/* SPDX-License-Identifier: MIT */
#ifndef HF_CHROMIUM_LAUNCH_H
#define HF_CHROMIUM_LAUNCH_H

#include <sys/types.h>

#include "hf/status.h"

/* The process: in a group of its own, with a folder of its own, and without a network. */
struct chromium_process {
	pid_t pid;       /* and its group's; 0: reaped */
	int fd;          /* never blocks; its descriptors 3 and 4 are the other end; -1 */
	bool apart;      /* it has a network namespace of its own, with nothing in it */
	char folder[64]; /* "": removed */
};

/* HF_OK; HF_NOT_FOUND: it cannot be executed; HF_SYSTEM. */
HF_NODISCARD hf_status chromium_launch(const char *path, unsigned width, unsigned height, struct chromium_process *ret);
/* Ends and reaps it, closes what is open and removes the folder. */
void chromium_process_end(struct chromium_process *p);
/* The last thing that it wrote to its standard error, as far as it is words; "". */
void chromium_last_words(const struct chromium_process *p, char *ret, size_t room);

#endif
