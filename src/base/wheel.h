/* SPDX-License-Identifier: MIT */
#ifndef HF_BASE_WHEEL_H
#define HF_BASE_WHEEL_H

#include "base/bits.h"

/*
 * A hierarchical timer wheel: one a host. Setting and stopping cost O(1). Timers fire at their exact time in the order
 * of their times; equal times fire in the order in which they were set, so that a run can be replayed.
 */
struct hf_timer {
	struct hf_timer *next;
	struct hf_timer **pprev; /* NULL: not set */
	hf_time_ns at;
	uint32_t order;
	uint16_t where; /* level and slot */
	uint16_t kind;  /* the owner's: what the timer is embedded in */
};

/* hf_timer.kind: who owns a timer on the host's wheel. */
enum hf_timer_kind {
	HF_TIMER_IP_FIRST = 1,
	HF_TIMER_IP_LAST = 15,
	HF_TIMER_TCP_FIRST = 16,
	HF_TIMER_TCP_LAST = 31,
};

#define HF_WHEEL_LEVELS 9
#define HF_WHEEL_SLOTS 64
#define HF_WHEEL_TICK_SHIFT 10 /* a slot of level 0 is 1024 ns; 9 levels of 6 bits more hold every time there is */

struct hf_wheel {
	struct hf_timer *slot[HF_WHEEL_LEVELS][HF_WHEEL_SLOTS];
	struct hf_timer *run_end[HF_WHEEL_LEVELS][HF_WHEEL_SLOTS]; /* up to here a slot's list is sorted */
	uint64_t used[HF_WHEEL_LEVELS];                            /* a bit a slot that is not empty */
	hf_time_ns now;                                            /* nothing set is earlier than this */
	uint32_t order;
	uint32_t count;
};

void hf_wheel_init(struct hf_wheel *w, hf_time_ns now);
/* Sets, or moves, a timer. A time already past fires at the next hf_wheel_next(). HF_NEVER stops it. */
void hf_wheel_set(struct hf_wheel *w, struct hf_timer *t, hf_time_ns at);
void hf_wheel_stop(struct hf_wheel *w, struct hf_timer *t);
static inline bool hf_timer_is_set(const struct hf_timer *t)
{
	return t->pprev != NULL;
}
/* The next timer due at or before `now`, taken off the wheel; NULL when none is. Call until NULL. */
struct hf_timer *hf_wheel_next(struct hf_wheel *w, hf_time_ns now);
/* The exact time of the earliest timer; HF_NEVER when none is set. */
hf_time_ns hf_wheel_wake_at(const struct hf_wheel *w);

#endif
