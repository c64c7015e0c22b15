/* SPDX-License-Identifier: MIT */
#include "ip/ip_internal.h"

/*
 * Duplicate address detection (RFC 4862 5.4): one solicitation from the unspecified address, one second of listening. An
 * address that somebody else has, or tries for at the same moment, is never used; it stays in its table, so that it is
 * not tried again.
 */

static const struct hf_addr unspecified;

void ip_dad_start(struct ip *ip, struct ip_addr *a, hf_time_ns now)
{
	a->state = IP_ADDR_TENTATIVE;
	ip_tell(ip, HF_TR_ND_DAD_START, ip_addr_tail(&a->addr), 0, 0);
	a->asked = nd_ask(ip, &a->addr, true, &unspecified, now);
	hf_wheel_set(ip->wheel, &a->timer, now + IP_RETRANS_TIME);
}

static void settle(struct ip *ip, struct ip_addr *a, enum ip_addr_state state, enum hf_trace_kind what)
{
	hf_wheel_stop(ip->wheel, &a->timer);
	a->state = state;
	ip_tell(ip, what, ip_addr_tail(&a->addr), 0, 0);
	ip_hops_forget(ip);
	ip->changed++;
}

void ip_dad_conflict(struct ip *ip, struct ip_addr *a)
{
	settle(ip, a, IP_ADDR_DUPLICATE, HF_TR_ND_DAD_DUPLICATE);
}

void ip_dad_timer(struct ip *ip, struct ip_addr *a, hf_time_ns now)
{
	/* Silence is an answer only to a question that went out. */
	if (!a->asked)
		ip_dad_start(ip, a, now);
	else
		settle(ip, a, IP_ADDR_PREFERRED, HF_TR_ND_DAD_OK);
}
