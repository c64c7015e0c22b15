/* SPDX-License-Identifier: MIT */
#ifndef HF_CMD_SERVE_QUEUE_H
#define HF_CMD_SERVE_QUEUE_H

#include "hf/types.h"

/* Connections by when something began for them, which is when they joined: the oldest first. */
struct serve_link {
	struct serve_link *older, *newer;
	hf_time_ns since;
	bool joined;
};

struct serve_queue {
	struct serve_link *oldest, *newest;
};

static inline void serve_queue_join(struct serve_queue *q, struct serve_link *l, hf_time_ns now)
{
	*l = (struct serve_link){ .older = q->newest, .since = now, .joined = true };
	*(q->newest ? &q->newest->newer : &q->oldest) = l;
	q->newest = l;
}

/* Who has not joined may leave as well. */
static inline void serve_queue_leave(struct serve_queue *q, struct serve_link *l)
{
	if (!l->joined)
		return;
	l->joined = false;
	*(l->older ? &l->older->newer : &q->oldest) = l->newer;
	*(l->newer ? &l->newer->older : &q->newest) = l->older;
}

#endif
