/* SPDX-License-Identifier: MIT */
#ifndef HF_PAINT_CHILD_H
#define HF_PAINT_CHILD_H

#include "paint/paint.h"

/* The child's side, from the fork to its end. job: with its defaults filled in; its memory is the child's copy. */
_Noreturn void paint_child_run(int fd, const struct paint_job *job);

/* The parent's side over a socket that is there already, which it takes (paint_begin() does the rest); child 0: nobody to reap. */
struct paint *paint_parent(int fd, int child, const struct paint_limits *limits);

/* What the child gives up, in steps; each does what this system lets it (docs/decisions). */
void paint_lock_begin(int *fd); /* signals, descriptors (*fd gets a new number), core dumps, the network */
void paint_lock_files(void);    /* all but reading what fontconfig has: after the fonts are known */
void paint_lock_calls(void);    /* every system call but those that painting needs */
void paint_lock_amounts(const struct paint_limits *limits); /* memory, processor time, files */

#endif
