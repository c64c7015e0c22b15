/* SPDX-License-Identifier: MIT */
/*
 * Two questions are kept apart. In which order: the addresses known so far and not tried yet are sorted (RFC 6724 6), then
 * families take turns (RFC 8305 4); whatever comes later is sorted in among those not tried. When: the first attempt as soon
 * as AAAA is here, or A and the resolution delay has passed; each further one when the attempt delay has passed, or the
 * latest has failed (RFC 8305 5).
 */
#include "dns/dns_race.h"

#include "base/bits.h"
#include "wire/addr.h"

#define RESOLUTION_DELAY HF_MS(50) /* RFC 8305 8 */
#define ATTEMPT_DELAY HF_MS(250)
#define ATTEMPT_DELAY_MIN HF_MS(100)
#define ATTEMPT_DELAY_MAX HF_S(2)
#define ATTEMPTS 16u

static void order(struct race *r);

void race_init(struct race *r, const struct race_config *cfg, unsigned families, hf_time_ns now)
{
	*r = (struct race){ .cfg = *cfg, .expected = families, .hold_until = HF_NEVER, .winner = RACE_NO_ATTEMPT };
	(void)now;
	if (r->cfg.resolution_delay == 0)
		r->cfg.resolution_delay = RESOLUTION_DELAY;
	if (r->cfg.attempt_delay == 0)
		r->cfg.attempt_delay = ATTEMPT_DELAY;
	r->cfg.attempt_delay = hf_max_u64(r->cfg.attempt_delay, ATTEMPT_DELAY_MIN);
	r->cfg.attempt_delay = hf_min_u64(r->cfg.attempt_delay, ATTEMPT_DELAY_MAX);
	r->cfg.first_family = r->cfg.first_family ? r->cfg.first_family : 1;
	r->cfg.attempts = r->cfg.attempts ? r->cfg.attempts : ATTEMPTS;
	r->cfg.owns = r->cfg.owns < RACE_OWN ? r->cfg.owns : RACE_OWN;
}

static bool is_there(const struct race *r, const struct hf_addr *addr)
{
	for (unsigned i = 0; i < r->count; i++)
		if (addr_eq(&r->one[i].addr, addr))
			return true;
	return false;
}

void race_add(struct race *r, unsigned family, const struct hf_addr *addr, size_t n, hf_time_ns now)
{
	const bool first = r->count == 0;

	r->here |= family;
	for (size_t i = 0; i < n && r->count < RACE_ADDRS; i++)
		if (!is_there(r, &addr[i]))
			r->one[r->count++] = (struct race_one){ .addr = addr[i] };
	order(r);
	/* RFC 8305 3: A came first, and has something to begin with: AAAA gets a moment. */
	if ((r->expected & ~r->here & DNS_AAAA) == 0)
		r->hold_until = HF_NEVER;
	else if (first && r->count > 0)
		r->hold_until = now + r->cfg.resolution_delay;
}

/* ---- what happens to attempts ---- */

static unsigned under_way(const struct race *r)
{
	unsigned n = 0;

	for (unsigned i = 0; i < r->begun; i++)
		n += r->one[i].state == RACE_UNDER_WAY;
	return n;
}

void race_succeeded(struct race *r, unsigned attempt, hf_time_ns now)
{
	(void)now;
	if (attempt >= r->begun || r->one[attempt].state != RACE_UNDER_WAY || r->winner != RACE_NO_ATTEMPT)
		return;
	r->one[attempt].state = RACE_SUCCEEDED;
	r->winner = attempt;
	for (unsigned i = 0; i < r->begun; i++)
		r->one[i].tell_give_up = r->one[i].state == RACE_UNDER_WAY;
}

void race_failed(struct race *r, unsigned attempt, hf_status why, hf_time_ns now)
{
	if (attempt >= r->begun || r->one[attempt].state != RACE_UNDER_WAY || r->winner != RACE_NO_ATTEMPT)
		return;
	r->one[attempt].state = RACE_FAILED;
	r->one[attempt].why = why;
	/* RFC 8305 5: the delay is there to give the latest attempt a chance. */
	if (attempt + 1 == r->begun || under_way(r) == 0)
		r->next_at = now;
}

/* ---- what it wants ---- */

/* The further an attempt got, the more its failure says: whoever refuses is there. */
static unsigned how_far(hf_status why)
{
	switch (why) {
	case HF_REFUSED:
	case HF_RESET:
		return 3;
	case HF_UNREACHABLE:
		return 2;
	case HF_TIMED_OUT:
		return 1;
	default:
		return 0;
	}
}

static enum race_does lose(struct race *r, struct race_ask *ret)
{
	*ret = (struct race_ask){ .what = RACE_LOST, .attempt = RACE_NO_ATTEMPT, .why = HF_NO_ROUTE };
	for (unsigned i = 0; i < r->begun; i++) {
		if (ret->attempt != RACE_NO_ATTEMPT && how_far(r->one[i].why) <= how_far(ret->why))
			continue;
		ret->attempt = i;
		ret->addr = r->one[i].addr;
		ret->why = r->one[i].why;
	}
	r->over = true;
	return RACE_LOST;
}

static enum race_does win(struct race *r, struct race_ask *ret)
{
	for (unsigned i = 0; i < r->begun; i++) {
		if (!r->one[i].tell_give_up)
			continue;
		r->one[i].tell_give_up = false;
		r->one[i].state = RACE_GIVEN_UP;
		*ret = (struct race_ask){ .what = RACE_GIVE_UP, .attempt = i, .addr = r->one[i].addr };
		return RACE_GIVE_UP;
	}
	*ret = (struct race_ask){ .what = RACE_WON, .attempt = r->winner, .addr = r->one[r->winner].addr };
	r->over = true;
	return RACE_WON;
}

static bool more_to_try(const struct race *r)
{
	return r->begun < r->count && r->begun < r->cfg.attempts;
}

/* Nothing is tried, nothing is left to try, and no answer is to come that could change that. */
static bool is_lost(const struct race *r)
{
	return under_way(r) == 0 && !more_to_try(r) && ((r->expected & ~r->here) == 0 || r->begun >= r->cfg.attempts);
}

static hf_time_ns next_attempt_at(const struct race *r)
{
	if (!more_to_try(r))
		return HF_NEVER;
	if (r->begun == 0)
		return r->hold_until == HF_NEVER ? 0 : r->hold_until;
	return r->next_at;
}

enum race_does race_next(struct race *r, struct race_ask *ret, hf_time_ns now)
{
	*ret = (struct race_ask){ .what = RACE_WAITS };
	if (r->over)
		return RACE_WAITS;
	if (r->winner != RACE_NO_ATTEMPT)
		return win(r, ret);
	if (is_lost(r))
		return lose(r, ret);
	if (next_attempt_at(r) > now)
		return RACE_WAITS;
	*ret = (struct race_ask){ .what = RACE_BEGIN, .attempt = r->begun, .addr = r->one[r->begun].addr };
	r->one[r->begun++].state = RACE_UNDER_WAY;
	r->next_at = now + r->cfg.attempt_delay;
	return RACE_BEGIN;
}

hf_time_ns race_wake_at(const struct race *r)
{
	if (r->over)
		return HF_NEVER;
	if (r->winner != RACE_NO_ATTEMPT || is_lost(r))
		return 0;
	return next_attempt_at(r);
}

/* ---- the order ---- */

/* Families take turns in what is not tried yet: first_family of the first, then one of the other, one of the first, ... */
static void take_turns(const struct race *r, const struct hf_addr *sorted, unsigned n, struct hf_addr *to)
{
	unsigned tried[2] = { 0, 0 }, at[2] = { 0, 0 }, out = 0, first;

	for (unsigned i = 0; i < r->begun; i++)
		tried[addr_is_ip4(&r->one[i].addr)]++;
	first = r->begun > 0 ? addr_is_ip4(&r->one[0].addr) : addr_is_ip4(&sorted[0]);
	while (out < n) {
		/* The first family is ahead of the other by first_family - 1 at most, and has its turn when they are even. */
		unsigned turn = tried[first] < tried[!first] + r->cfg.first_family ? first : !first;

		for (unsigned k = 0; k < 2; k++, turn = !turn) {
			while (at[turn] < n && (unsigned)addr_is_ip4(&sorted[at[turn]]) != turn)
				at[turn]++;
			if (at[turn] < n)
				break;
		}
		tried[turn]++;
		to[out++] = sorted[at[turn]++];
	}
}

static void order(struct race *r)
{
	struct hf_addr sorted[RACE_ADDRS], to[RACE_ADDRS];
	const unsigned n = r->count - r->begun;

	if (n == 0)
		return;
	for (unsigned i = 0; i < n; i++)
		sorted[i] = r->one[r->begun + i].addr;
	race_sort(sorted, n, r->cfg.own, r->cfg.owns);
	take_turns(r, sorted, n, to);
	for (unsigned i = 0; i < n; i++)
		r->one[r->begun + i].addr = to[i];
}
