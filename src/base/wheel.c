/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation
 *
 * A timer stands at the level of the highest of the 6-bit digits in which its tick differs from the wheel's, in the slot
 * that this digit names there. So all of level k is earlier than all of level k+1, slots of a level follow one another in
 * time, and the earliest timer is in the first slot in use of the lowest level in use: two bit scans away.
 *
 * Time moves in two ways. When nothing is left before some moment, `now` jumps there, be it days: no timer's level changes.
 * When `now` enters the first slot of a level above 0, its timers spread over the levels below, which are all empty. A timer
 * goes down at most once a level, whatever happens.
 *
 * A slot's list begins with a sorted run, up to run_end; the rest is not sorted, but none of it is earlier than the run's
 * end. The head is therefore the earliest. A timer set later than all others of its slot lengthens the run, and this is the
 * usual thing, for most timers of a kind run for the same time. One that belongs into the run is put there when its place is
 * near the head; otherwise the run is cut short there. When the run is used up, and only when somebody asks for the
 * earliest, the list is sorted; the next RUN_STEPS times at least the answer then costs nothing.
 *
 * Equal times stand in the order in which they were set. A count of 32 bits tells; before it wraps, all are counted anew.
 */
#include "base/wheel.h"

#define DIGIT_BITS 6
#define DIGIT_MASK (HF_WHEEL_SLOTS - 1)
#define RUN_STEPS 24 /* how far from the head a place in the run is looked for */

_Static_assert(1 << DIGIT_BITS == HF_WHEEL_SLOTS, "a digit names a slot");
_Static_assert(HF_WHEEL_TICK_SHIFT + DIGIT_BITS * HF_WHEEL_LEVELS == 64, "the levels hold every time");

static void insert(struct hf_wheel *w, struct hf_timer *t);
static void take_off(struct hf_wheel *w, struct hf_timer *t);
static void spread(struct hf_wheel *w, unsigned where);
static unsigned first_slot(const struct hf_wheel *w);
static hf_time_ns start_of(const struct hf_wheel *w, unsigned where);
static struct hf_timer *earliest_of(struct hf_wheel *w, unsigned where);
static void sort_slot(struct hf_wheel *w, unsigned where);
static void count_anew(struct hf_wheel *w);

static inline struct hf_timer **slot_at(struct hf_wheel *w, unsigned where)
{
	return &w->slot[where / HF_WHEEL_SLOTS][where % HF_WHEEL_SLOTS];
}

static inline struct hf_timer **run_end_at(struct hf_wheel *w, unsigned where)
{
	return &w->run_end[where / HF_WHEEL_SLOTS][where % HF_WHEEL_SLOTS];
}

static inline bool earlier(const struct hf_timer *a, const struct hf_timer *b)
{
	return a->at != b->at ? a->at < b->at : a->order < b->order;
}

void hf_wheel_init(struct hf_wheel *w, hf_time_ns now)
{
	*w = (struct hf_wheel){ .now = now };
}

void hf_wheel_set(struct hf_wheel *w, struct hf_timer *t, hf_time_ns at)
{
	if (hf_timer_is_set(t))
		take_off(w, t);
	if (at == HF_NEVER)
		return;
	if (w->order == UINT32_MAX)
		count_anew(w);
	t->at = hf_max_u64(at, w->now);
	t->order = w->order++;
	insert(w, t);
}

void hf_wheel_stop(struct hf_wheel *w, struct hf_timer *t)
{
	if (hf_timer_is_set(t))
		take_off(w, t);
}

struct hf_timer *hf_wheel_next(struct hf_wheel *w, hf_time_ns now)
{
	while (w->count > 0) {
		unsigned where = first_slot(w);
		struct hf_timer *t;

		if (start_of(w, where) > now)
			break;
		t = *slot_at(w, where);
		if (where >= HF_WHEEL_SLOTS && t->next) {
			w->now = start_of(w, where);
			spread(w, where);
			continue;
		}
		t = earliest_of(w, where);
		if (t->at > now) {
			/* A lonely timer of a higher level, whose slot `now` has entered, goes down with it. */
			if (where >= HF_WHEEL_SLOTS) {
				w->now = now;
				spread(w, where);
			}
			break;
		}
		take_off(w, t);
		w->now = t->at;
		return t;
	}
	w->now = hf_max_u64(w->now, now);
	return NULL;
}

/* Sorting the first slot changes nothing that anybody could see, so it counts as const here. */
hf_time_ns hf_wheel_wake_at(const struct hf_wheel *w)
{
	if (w->count == 0)
		return HF_NEVER;
	return earliest_of((struct hf_wheel *)w, first_slot(w))->at;
}

static void insert(struct hf_wheel *w, struct hf_timer *t)
{
	uint64_t differ = (t->at ^ w->now) >> HF_WHEEL_TICK_SHIFT;
	unsigned level = differ ? (63u - (unsigned)__builtin_clzll(differ)) / DIGIT_BITS : 0;
	unsigned slot = (unsigned)(t->at >> (HF_WHEEL_TICK_SHIFT + DIGIT_BITS * level)) & DIGIT_MASK;
	struct hf_timer **head = &w->slot[level][slot], **end = &w->run_end[level][slot], **place;

	t->where = (uint16_t)(level * HF_WHEEL_SLOTS + slot);
	if (!*head) { /* the first */
		w->used[level] |= (uint64_t)1 << slot;
		place = head;
		*end = t;
	} else if (!*end) { /* unsorted anyway */
		place = head;
	} else if (!earlier(t, *end)) { /* behind the run, and its new end if nothing follows there */
		place = &(*end)->next;
		if (!*place)
			*end = t;
	} else {
		unsigned steps = 0;

		for (place = head; steps < RUN_STEPS && !earlier(t, *place); steps++)
			place = &(*place)->next;
		/* Not near the head: cut the run here. What is behind is not earlier than the cut, nor is t. */
		if (steps == RUN_STEPS)
			*end = HF_CONTAINER(place, struct hf_timer, next);
	}

	t->next = *place;
	t->pprev = place;
	if (t->next)
		t->next->pprev = &t->next;
	*place = t;
	w->count++;
}

static void take_off(struct hf_wheel *w, struct hf_timer *t)
{
	struct hf_timer **head = slot_at(w, t->where), **end = run_end_at(w, t->where);

	if (*end == t)
		*end = t->pprev == head ? NULL : HF_CONTAINER(t->pprev, struct hf_timer, next);
	*t->pprev = t->next;
	if (t->next)
		t->next->pprev = t->pprev;
	t->pprev = NULL;
	if (!*head)
		w->used[t->where / HF_WHEEL_SLOTS] &= ~((uint64_t)1 << t->where % HF_WHEEL_SLOTS);
	w->count--;
}

/* Distributes a slot's timers by their distance from `now`, which has come to lie within the slot. */
static void spread(struct hf_wheel *w, unsigned where)
{
	struct hf_timer *t = *slot_at(w, where), *next;

	*slot_at(w, where) = NULL;
	*run_end_at(w, where) = NULL;
	w->used[where / HF_WHEEL_SLOTS] &= ~((uint64_t)1 << where % HF_WHEEL_SLOTS);
	for (; t; t = next) {
		next = t->next;
		w->count--;
		insert(w, t);
	}
}

/* Of a wheel that is not empty. */
static unsigned first_slot(const struct hf_wheel *w)
{
	unsigned level = 0;

	while (!w->used[level])
		level++;
	return level * HF_WHEEL_SLOTS + (unsigned)__builtin_ctzll(w->used[level]);
}

/* The digits above a slot's level are those of `now`. */
static hf_time_ns start_of(const struct hf_wheel *w, unsigned where)
{
	unsigned shift = HF_WHEEL_TICK_SHIFT + DIGIT_BITS * (where / HF_WHEEL_SLOTS);
	hf_time_ns above = w->now >> shift >> DIGIT_BITS << DIGIT_BITS;

	return (above | where % HF_WHEEL_SLOTS) << shift;
}

static struct hf_timer *earliest_of(struct hf_wheel *w, unsigned where)
{
	if (!*run_end_at(w, where))
		sort_slot(w, where);
	return *slot_at(w, where);
}

static struct hf_timer *merge(struct hf_timer *a, struct hf_timer *b)
{
	struct hf_timer *head, **tail = &head;

	while (a && b) {
		struct hf_timer **first = earlier(b, a) ? &b : &a;

		*tail = *first;
		tail = &(*first)->next;
		*first = (*first)->next;
	}
	*tail = a ? a : b;
	return head;
}

/* Merge sort from below: pile[i] is empty or a sorted list of 2^i timers. */
static void sort_slot(struct hf_wheel *w, unsigned where)
{
	struct hf_timer *pile[32] = { NULL }, *t, *next, *sorted = NULL, **place;
	unsigned i;

	for (t = *slot_at(w, where); t; t = next) {
		next = t->next;
		t->next = NULL;
		for (i = 0; pile[i]; i++) {
			t = merge(pile[i], t);
			pile[i] = NULL;
		}
		pile[i] = t;
	}
	for (i = 0; i < HF_ARRAY_LEN(pile); i++)
		sorted = merge(pile[i], sorted);

	place = slot_at(w, where);
	*place = sorted;
	for (t = sorted; t; t = t->next) {
		t->pprev = place;
		place = &t->next;
		*run_end_at(w, where) = t;
	}
}

/* Only the order of equal times matters, and these share a slot. */
static void count_anew(struct hf_wheel *w)
{
	w->order = 0;
	for (unsigned level = 0; level < HF_WHEEL_LEVELS; level++) {
		for (uint64_t left = w->used[level]; left; left &= left - 1) {
			unsigned where = level * HF_WHEEL_SLOTS + (unsigned)__builtin_ctzll(left);

			sort_slot(w, where);
			for (struct hf_timer *t = *slot_at(w, where); t; t = t->next)
				t->order = w->order++;
		}
	}
}
