/* SPDX-License-Identifier: MIT */
/*
 * The timers of a connection share one place on the host's wheel, set no later than the earliest of their deadlines. A
 * deadline that moves further away leaves it alone: when it fires early, it is set anew. So an ACK for each segment does
 * not move anything on the wheel.
 *
 * Retransmission by RFC 6298, giving up by R1 and R2 (RFC 9293 3.8.3), window probes (3.8.6.1), delayed ACKs (3.8.6.3),
 * keep-alive (3.8.4). Retransmission and persistence exclude each other and share rtx_at.
 */
#include "tcp/tcp_internal.h"

#define BACKOFF_MAX 30u
#define CLOCK_GRANULARITY_US 1000u /* G of RFC 6298 */

void tcp_timer_set(struct tcp *t, struct tcp_conn *c)
{
	hf_time_ns at = hf_min_u64(hf_min_u64(c->rtx_at, c->delack_at), hf_min_u64(c->keepalive_at, c->end_at));

	if (at == HF_NEVER)
		return; /* what is still set fires once for nothing */
	if (!hf_timer_is_set(&c->timer) || c->timer.at > at)
		hf_wheel_set(t->wheel, &c->timer, at);
}

hf_time_ns tcp_rto_backed_off(const struct tcp *t, const struct tcp_conn *c)
{
	hf_time_ns rto = c->rto;

	/* RFC 6298 5.5, 2.5 */
	for (uint32_t i = 0; i < c->backoff && rto < t->cfg.rto_max; i++)
		rto *= 2;
	return hf_min_u64(rto, t->cfg.rto_max);
}

static hf_time_ns give_up_after(const struct tcp *t, const struct tcp_conn *c)
{
	return tcp_syn_acked(c) ? HF_MS(c->r2_ms) : t->cfg.r2_syn;
}

void tcp_rtx_start(struct tcp *t, struct tcp_conn *c, hf_time_ns now)
{
	if (c->rtx_at != HF_NEVER && !tcp_is(c, TCP_C_PERSIST))
		return; /* RFC 6298 5.1: only when it is not running */
	if (tcp_is(c, TCP_C_PERSIST)) {
		tcp_unmark(c, TCP_C_PERSIST | TCP_C_PROBE | TCP_C_OVERRIDE);
		c->backoff = 0;
	}
	c->waiting_since = now;
	c->rtx_at = now + tcp_rto_backed_off(t, c);
	tcp_timer_set(t, c);
}

void tcp_rtx_stop(struct tcp *t, struct tcp_conn *c)
{
	(void)t;
	c->rtx_at = HF_NEVER;
	c->backoff = 0;
	tcp_unmark(c, TCP_C_PERSIST | TCP_C_PROBE | TCP_C_OVERRIDE | TCP_C_R1_TOLD);
}

/* RFC 6298 2.2 and 2.3. */
void tcp_rtt_sample(struct tcp *t, struct tcp_conn *c, hf_time_ns rtt)
{
	uint32_t us = (uint32_t)hf_min_u64(rtt / 1000u, UINT32_MAX / 8);
	uint64_t rto_us;

	if (!tcp_is(c, TCP_C_RTT_KNOWN)) {
		c->srtt_us = us;
		c->rttvar_us = us / 2;
		tcp_mark(c, TCP_C_RTT_KNOWN);
	} else {
		uint32_t off = us > c->srtt_us ? us - c->srtt_us : c->srtt_us - us;

		c->rttvar_us = (uint32_t)(((uint64_t)c->rttvar_us * 3 + off) / 4);
		c->srtt_us = (uint32_t)(((uint64_t)c->srtt_us * 7 + us) / 8);
	}
	rto_us = (uint64_t)c->srtt_us + hf_max_u32(CLOCK_GRANULARITY_US, 4 * c->rttvar_us);
	c->rto = hf_min_u64(hf_max_u64(rto_us * 1000u, t->cfg.rto_min), t->cfg.rto_max);
	if (hf_trace_on(t->trace)) {
		struct hf_trace_record *r = tcp_trace(t, c, HF_TR_TCP_RTT);

		r->x = us;
		r->y = (uint32_t)hf_min_u64(c->rto / 1000u, UINT32_MAX);
	}
}

void tcp_keepalive_restart(struct tcp *t, struct tcp_conn *c, hf_time_ns now)
{
	c->probes = 0;
	tcp_unmark(c, TCP_C_KEEPALIVE_PROBE);
	c->keepalive_at = tcp_is(c, TCP_C_KEEPALIVE) ? hf_max_u64(c->last_rx + HF_MS(c->keepalive_idle_ms), now) : HF_NEVER;
	tcp_timer_set(t, c);
}

/* ---- what happens when one fires; false: the block is gone ---- */

static bool give_up(struct tcp *t, struct tcp_conn *c, hf_time_ns now)
{
	tcp_trace(t, c, HF_TR_TCP_R2);
	/* A soft error that was reported meanwhile says more than "no answer" (SHLD-25). */
	return tcp_fire(t, c, TCP_ON_TIMEOUT_R2, c->soft != HF_OK ? (hf_status)c->soft : HF_TIMED_OUT, now);
}

/* R1: the user hears of it (SHLD-9), and IP may look for another way (MUST-20). */
static void advise(struct tcp *t, struct tcp_conn *c)
{
	if (tcp_is(c, TCP_C_R1_TOLD) || c->backoff < t->cfg.r1)
		return;
	tcp_mark(c, TCP_C_R1_TOLD);
	tcp_trace(t, c, HF_TR_TCP_R1)->x = c->backoff;
	if (c->soft == HF_OK)
		c->soft = HF_TIMED_OUT;
	tcp_event_add(t, c, HF_EV_ADVICE);
	if (!tcp_is(c, TCP_C_ADVICE)) {
		tcp_mark(c, TCP_C_ADVICE);
		t->advice++;
	}
}

static bool persist(struct tcp *t, struct tcp_conn *c, hf_time_ns now);

static bool retransmit(struct tcp *t, struct tcp_conn *c, hf_time_ns now)
{
	if (c->snd_wnd == 0 && tcp_syn_acked(c)) {
		/* The window was shut over what is under way: that is no loss to be repaired and no silence to give up on
		 * (SHLD-15 to SHLD-17), it is probed (MUST-34 to MUST-36). */
		tcp_mark(c, TCP_C_PERSIST);
		c->snd_nxt = c->snd_una;
		tcp_send_rewind(c);
		tcp_unmark(c, TCP_C_TIMING);
		return persist(t, c, now);
	}
	if (now - c->waiting_since >= give_up_after(t, c))
		return give_up(t, c, now);
	tcp_cc_timeout(t, c);
	if (c->backoff < BACKOFF_MAX)
		c->backoff++;
	c->retransmits++;
	if (!tcp_syn_acked(c))
		tcp_mark(c, TCP_C_SYN_LOST);
	if (hf_trace_on(t->trace)) {
		struct hf_trace_record *r = tcp_trace(t, c, HF_TR_TCP_RTO);

		r->seq = c->snd_una;
		r->x = (uint32_t)hf_min_u64(tcp_rto_backed_off(t, c) / 1000u, UINT32_MAX);
	}
	advise(t, c);
	/* Go back to the oldest octet; what the peer holds beyond it, its ACK will say. */
	c->snd_nxt = c->snd_una;
	tcp_send_rewind(c);
	tcp_unmark(c, TCP_C_TIMING); /* MUST-18, Karn */
	c->rtx_at = hf_min_u64(now + tcp_rto_backed_off(t, c), c->waiting_since + give_up_after(t, c));
	tcp_ready_add(t, c);
	return true;
}

static bool persist(struct tcp *t, struct tcp_conn *c, hf_time_ns now)
{
	/* MUST-37: forever, as long as the peer answers; a peer that says nothing at all is a dead one. */
	if (c->backoff > 0 && now - hf_max_u64(c->last_rx, c->waiting_since) >= HF_MS(c->r2_ms))
		return give_up(t, c, now);
	/* That promise is the user's. A peer that keeps its window shut cannot pin a block nobody holds any more. */
	if (tcp_is(c, TCP_C_ORPHAN) && c->end_at == HF_NEVER)
		c->end_at = now + HF_MS(c->r2_ms);
	if (c->backoff < BACKOFF_MAX)
		c->backoff++; /* SHLD-30 */
	if (c->snd_wnd == 0) {
		tcp_mark(c, TCP_C_PROBE);
		tcp_trace(t, c, HF_TR_TCP_PERSIST)->seq = c->snd_una;
	} else {
		tcp_mark(c, TCP_C_OVERRIDE);
		tcp_trace(t, c, HF_TR_TCP_SWS_OVERRIDE)->seq = c->snd_una;
	}
	c->rtx_at = now + tcp_rto_backed_off(t, c);
	tcp_ready_add(t, c);
	return true;
}

static bool keepalive(struct tcp *t, struct tcp_conn *c, hf_time_ns now)
{
	hf_time_ns due = c->last_rx + HF_MS(c->keepalive_idle_ms);

	/* MUST-26: only when nothing was heard and nothing is under way. */
	if (c->probes == 0 && (now < due || c->snd_una != c->snd_max)) {
		c->keepalive_at = hf_max_u64(due, now + HF_S(1));
		return true;
	}
	if (c->probes >= c->keepalive_probes) {
		tcp_trace(t, c, HF_TR_TCP_KEEPALIVE_DEAD);
		return tcp_fire(t, c, TCP_ON_TIMEOUT_R2, HF_TIMED_OUT, now);
	}
	c->probes++; /* MUST-29: one lost probe is not death */
	tcp_trace(t, c, HF_TR_TCP_KEEPALIVE)->x = c->probes;
	tcp_mark(c, TCP_C_KEEPALIVE_PROBE);
	c->keepalive_at = now + HF_MS(c->keepalive_interval_ms);
	tcp_ready_add(t, c);
	return true;
}

static bool end_of_patience(struct tcp *t, struct tcp_conn *c, hf_time_ns now)
{
	c->end_at = HF_NEVER;
	if (c->state == HF_TCP_FIN_WAIT_2) {
		tcp_trace(t, c, HF_TR_TCP_FIN_WAIT_2_END);
		return tcp_fire(t, c, TCP_ON_TIMEOUT_ORPHAN, HF_TIMED_OUT, now);
	}
	tcp_trace(t, c, HF_TR_TCP_LINGER_END);
	return tcp_fire(t, c, TCP_ON_USER_ABORT, HF_ABORTED, now);
}

bool tcp_timer_conn(struct tcp *t, struct tcp_conn *c, hf_time_ns now)
{
	if (c->rtx_at <= now && !(tcp_is(c, TCP_C_PERSIST) ? persist(t, c, now) : retransmit(t, c, now)))
		return false;
	if (c->delack_at <= now) {
		c->delack_at = HF_NEVER;
		tcp_trace(t, c, HF_TR_TCP_DELAYED_ACK)->ack = c->rcv_nxt;
		tcp_ack_soon(t, c);
	}
	if (c->keepalive_at <= now && !keepalive(t, c, now))
		return false;
	if (c->end_at <= now && !end_of_patience(t, c, now))
		return false;
	tcp_timer_set(t, c);
	return true;
}

void tcp_timer(struct tcp *t, struct hf_timer *timer, hf_time_ns now)
{
	switch (timer->kind) {
	case HF_TIMER_TCP_CONN:
		tcp_timer_conn(t, HF_CONTAINER(timer, struct tcp_conn, timer), now);
		return;
	case HF_TIMER_TCP_HALF:
		tcp_half_timer(t, now);
		return;
	case HF_TIMER_TCP_TW:
		tcp_tw_timer(t, now);
		return;
	}
	__builtin_trap();
}
