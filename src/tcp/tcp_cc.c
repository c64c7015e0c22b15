/* SPDX-License-Identifier: MIT */
/*
 * Congestion control: slow start and congestion avoidance (RFC 5681 3.1) counted in octets, fast retransmit and
 * fast recovery (RFC 5681 3.2, RFC 6582 "NewReno"), initial window of ten segments (RFC 6928).
 */
#include "tcp/tcp_internal.h"

#define CWND_MAX (1u << 30)

static uint32_t initial_window(const struct tcp *t, const struct tcp_conn *c)
{
	uint32_t mss = tcp_eff_mss(c);

	/* A lost SYN already says something of the path (RFC 5681 3.1). */
	if (tcp_is(c, TCP_C_SYN_LOST))
		return mss;
	return hf_min_u32(t->cfg.initial_window * mss, hf_max_u32(2 * mss, t->cfg.initial_window * 1460));
}

static void tell(struct tcp *t, const struct tcp_conn *c)
{
	if (hf_trace_on(t->trace)) {
		struct hf_trace_record *r = tcp_trace(t, c, HF_TR_TCP_CWND);

		r->x = c->cwnd;
		r->y = c->ssthresh;
	}
}

static uint32_t half_of_flight(const struct tcp_conn *c)
{
	return hf_max_u32((c->snd_max - c->snd_una) / 2, 2u * tcp_eff_mss(c)); /* RFC 5681 (4) */
}

void tcp_cc_init(struct tcp *t, struct tcp_conn *c)
{
	c->cwnd = initial_window(t, c);
	c->ssthresh = CWND_MAX;
	c->recover = c->iss;
	c->bytes_acked = 0;
}

static void grow(struct tcp_conn *c, uint32_t n)
{
	uint32_t mss = tcp_eff_mss(c);

	if (c->cwnd < c->ssthresh) {
		/*
		 * RFC 3465 would count two segments of each ACK at the most. Receivers that merge segments, as ours and
		 * every large one do, send one ACK for dozens: with that limit a window would take dozens of round trips to
		 * open. So all acknowledged octets count, as in RFC 9002 7.3.1, but after a timeout: what is acknowledged
		 * then may have left the network long ago (RFC 3465 2.3).
		 */
		c->cwnd += seq_leq(c->snd_una - 1, c->recover) ? hf_min_u32(n, mss) : n;
	} else {
		c->bytes_acked += n;
		if (c->bytes_acked >= c->cwnd) {
			c->bytes_acked -= c->cwnd;
			c->cwnd += mss;
		}
	}
	c->cwnd = hf_min_u32(c->cwnd, CWND_MAX);
}

void tcp_cc_acked(struct tcp *t, struct tcp_conn *c, uint32_t n)
{
	uint32_t mss = tcp_eff_mss(c), flight = c->snd_max - c->snd_una;

	if (tcp_is(c, TCP_C_RECOVERY)) {
		if (seq_gt(c->snd_una, c->recover)) {
			/* A full acknowledgment: RFC 6582 3.2 (3), the first of the two choices, which avoids a burst. */
			tcp_unmark(c, TCP_C_RECOVERY | TCP_C_REXMIT_ONE);
			c->cwnd = hf_min_u32(c->ssthresh, hf_max_u32(flight, mss) + mss);
			c->bytes_acked = 0;
			c->dupacks = 0;
			tell(t, c);
			return;
		}
		/* A partial one: the next hole is lost as well. */
		c->cwnd = n < c->cwnd ? c->cwnd - n : mss;
		if (n >= mss)
			c->cwnd += mss;
		c->cwnd = hf_max_u32(c->cwnd, mss);
		tcp_mark(c, TCP_C_REXMIT_ONE);
		tcp_trace(t, c, HF_TR_TCP_PARTIAL_ACK)->seq = c->snd_una;
		return;
	}
	c->dupacks = 0;
	/* It follows the stream at a distance that changes no answer: left behind by 2 GiB it would seem to lie ahead. */
	if (seq_gt(c->snd_una - 1, c->recover))
		c->recover = c->snd_una - 2;
	/* A window that was not used proves nothing (RFC 7661 4.3, in its simplest form). */
	if (flight + n >= c->cwnd / 2)
		grow(c, n);
}

void tcp_cc_dupack(struct tcp *t, struct tcp_conn *c)
{
	uint32_t mss = tcp_eff_mss(c);

	if (c->dupacks < UINT8_MAX)
		c->dupacks++;
	if (tcp_is(c, TCP_C_RECOVERY)) {
		/* A segment has left the network: another may enter (RFC 5681 3.2 step 4). */
		if (c->cwnd < CWND_MAX)
			c->cwnd += mss;
		return;
	}
	if (c->dupacks != TCP_DUPACK_THRESHOLD)
		return;
	/* RFC 6582 3.2 (2): duplicates of what a timeout resent do not begin a recovery. */
	if (!seq_gt(c->snd_una - 1, c->recover) && c->recover != c->iss)
		return;
	/* What limited transmit sent beyond cwnd does not count as flight (RFC 5681 3.2 step 2). */
	c->ssthresh = hf_max_u32(hf_min_u32(c->snd_max - c->snd_una, c->cwnd) / 2, 2 * mss);
	c->recover = c->snd_max - 1;
	c->cwnd = c->ssthresh + TCP_DUPACK_THRESHOLD * mss;
	tcp_mark(c, TCP_C_RECOVERY | TCP_C_REXMIT_ONE);
	tcp_trace(t, c, HF_TR_TCP_FAST_RETRANSMIT)->seq = c->snd_una;
	tell(t, c);
}

void tcp_cc_timeout(struct tcp *t, struct tcp_conn *c)
{
	/* Once for each loss: a second timeout of the same data does not halve again (RFC 5681 3.1). */
	if (c->backoff == 0)
		c->ssthresh = half_of_flight(c);
	c->cwnd = tcp_eff_mss(c);
	c->bytes_acked = 0;
	c->dupacks = 0;
	c->recover = c->snd_max - 1;
	tcp_unmark(c, TCP_C_RECOVERY | TCP_C_REXMIT_ONE);
	tell(t, c);
}

void tcp_cc_idle(struct tcp *t, struct tcp_conn *c, hf_time_ns now)
{
	if (c->snd_una == c->snd_max && now - c->last_tx > c->rto && c->last_tx != 0)
		c->cwnd = hf_min_u32(c->cwnd, initial_window(t, c));
}
