/* SPDX-License-Identifier: MIT */
#include "ip/ip_internal.h"

/*
 * Neighbours: one table for ARP and neighbour discovery, with the states of RFC 4861 7.3.2 as ip_internal.h lists them.
 * ip_neigh_set_state() is the only place that changes a state. Upper layers give no hints of reachability here, so a
 * neighbour in use is asked again, by unicast, once it was not heard of for a while; packets go on meanwhile.
 *
 * The table stays useful in a flood of addresses that nobody has: at most half of it may be INCOMPLETE, the oldest of
 * those makes room for the next; a known neighbour is evicted only when more of them are known than there is room for.
 */

static hf_time_ns reachable_time(struct ip *ip, const struct ip_neigh *n)
{
	if (addr_is_ip4(&n->addr))
		return IP_REACHABLE_TIME4;
	return IP_REACHABLE_TIME6 / 2 + HF_MS(hf_rng_below(ip->rng, (uint32_t)(IP_REACHABLE_TIME6 / HF_MS(1)) + 1));
}

/* ---- the table ---- */

struct ip_neigh *ip_neigh_find(const struct ip *ip, const struct hf_addr *a)
{
	uint32_t i = ip->neigh_bucket[ip_hash(ip, a) & ip->neigh_mask];

	while (i != HF_NONE && !addr_eq(&ip_neigh_at(ip, i)->addr, a))
		i = ip_neigh_at(ip, i)->next;
	return i == HF_NONE ? NULL : ip_neigh_at(ip, i);
}

static void drop_oldest_waiting(struct ip *ip, struct ip_neigh *n, enum hf_trace_kind why)
{
	uint32_t i = n->wait_head;

	n->wait_head = ip_datagram_at(ip, i)->next;
	n->wait_count--;
	ip->waiting--;
	ip_datagram_give(ip, i);
	ip_tell(ip, why, ip_addr_tail(&n->addr), 0, 0);
}

static void forget(struct ip *ip, struct ip_neigh *n)
{
	uint32_t *at = &ip->neigh_bucket[ip_hash(ip, &n->addr) & ip->neigh_mask];
	uint32_t i = hf_pool_index(&ip->neighs, n);

	while (n->wait_count)
		drop_oldest_waiting(ip, n, HF_TR_IP_DROP_NEIGHBOUR);
	while (*at != i)
		at = &ip_neigh_at(ip, *at)->next;
	*at = n->next;
	ip->incomplete -= n->state == IP_NEIGH_INCOMPLETE;
	hf_wheel_stop(ip->wheel, &n->timer);
	hf_pool_give(&ip->neighs, i);
	ip_hops_forget(ip);
	ip->changed++;
}

/* The one used longest ago, either among those being asked or among all others. */
static struct ip_neigh *find_victim(struct ip *ip, bool incomplete)
{
	struct ip_neigh *victim = NULL;

	for (uint32_t i = 0; i < ip->neighs.count; i++) {
		struct ip_neigh *n = ip_neigh_at(ip, i);

		if (!hf_pool_taken(&ip->neighs, i) || (n->state == IP_NEIGH_INCOMPLETE) != incomplete)
			continue;
		if (!victim || n->used_at < victim->used_at)
			victim = n;
	}
	return victim;
}

static struct ip_neigh *make(struct ip *ip, const struct hf_addr *a, hf_time_ns now)
{
	uint32_t *bucket = &ip->neigh_bucket[ip_hash(ip, a) & ip->neigh_mask];
	struct ip_neigh *n, *victim = NULL;
	uint32_t i;

	if (ip->incomplete >= hf_max_u32(1, ip->neighs.count / 2))
		victim = find_victim(ip, true);
	else if (ip->neighs.in_use == ip->neighs.count)
		victim = find_victim(ip, false);
	if (victim) {
		ip_tell(ip, HF_TR_IP_NEIGHBOUR_EVICTED, ip_addr_tail(&victim->addr), 0, 0);
		forget(ip, victim);
	}
	i = hf_pool_take(&ip->neighs);
	HF_ASSERT(i != HF_NONE);
	n = ip_neigh_at(ip, i);
	n->timer.kind = HF_TIMER_IP_NEIGHBOUR;
	n->addr = *a;
	n->used_at = now;
	n->wait_head = n->wait_tail = HF_NONE;
	n->state = IP_NEIGH_FAILED; /* until its maker says more */
	n->next = *bucket;
	*bucket = i;
	return n;
}

/* ---- states ---- */

static bool knows_mac(enum ip_neigh_state s)
{
	return s != IP_NEIGH_INCOMPLETE && s != IP_NEIGH_FAILED;
}

static void send_waiting(struct ip *ip, struct ip_neigh *n)
{
	while (n->wait_count) {
		uint32_t i = n->wait_head;

		n->wait_head = ip_datagram_at(ip, i)->next;
		n->wait_count--;
		ip->waiting--;
		ip_list_add(ip, &ip->ready, i);
	}
}

void ip_neigh_set_state(struct ip *ip, struct ip_neigh *n, enum ip_neigh_state state, hf_time_ns now)
{
	enum ip_neigh_state from = n->state;
	hf_time_ns at = HF_NEVER;
	struct hf_trace_record *r;

	if (hf_trace_on(ip->trace)) {
		r = hf_trace_add(ip->trace, HF_TR_IP_NEIGHBOUR);
		r->from = from;
		r->to = state;
		r->x = ip_addr_tail(&n->addr);
	}
	ip->incomplete += state == IP_NEIGH_INCOMPLETE;
	ip->incomplete -= from == IP_NEIGH_INCOMPLETE;
	n->state = state;
	n->asked = 0;
	switch (state) {
	case IP_NEIGH_INCOMPLETE:
	case IP_NEIGH_PROBE:
		at = now + IP_RETRANS_TIME;
		break;
	case IP_NEIGH_REACHABLE:
		at = now + reachable_time(ip, n);
		break;
	case IP_NEIGH_STALE:
		break;
	case IP_NEIGH_DELAY:
		at = now + IP_DELAY_TIME;
		break;
	case IP_NEIGH_FAILED:
		at = now + IP_FAILED_TIME;
		break;
	}
	hf_wheel_set(ip->wheel, &n->timer, at);
	/* A remembered hop would not notice that the neighbour must move on from STALE when it is used. */
	if (knows_mac(from) && (state == IP_NEIGH_STALE || !knows_mac(state)))
		ip_hops_forget(ip);
	if (knows_mac(from) != knows_mac(state) || from == IP_NEIGH_INCOMPLETE)
		ip->changed++;
	if (knows_mac(state))
		send_waiting(ip, n);
}

void ip_neigh_set_mac(struct ip *ip, struct ip_neigh *n, const uint8_t mac[6])
{
	if (memcmp(n->mac, mac, 6) == 0)
		return;
	memcpy(n->mac, mac, 6);
	ip_hops_forget(ip);
	ip_tell(ip, addr_is_ip4(&n->addr) ? HF_TR_ARP_LEARNED : HF_TR_ND_LEARNED, ip_addr_tail(&n->addr), 0, 0);
}

/* One question: to all while we do not know whom to ask, else to the neighbour alone. */
static void ask(struct ip *ip, struct ip_neigh *n, hf_time_ns now)
{
	bool all = n->state == IP_NEIGH_INCOMPLETE;

	n->asked++;
	if (addr_is_ip4(&n->addr))
		arp_ask(ip, &n->addr, all ? NULL : n->mac);
	else
		(void)nd_ask(ip, &n->addr, all, NULL, now); /* one that found no room is asked again in a second */
}

hf_status ip_neigh_use(struct ip *ip, const struct hf_addr *a, hf_time_ns now, struct ip_neigh **ret)
{
	struct ip_neigh *n = ip_neigh_find(ip, a);

	if (!n) {
		n = make(ip, a, now);
		ip_neigh_set_state(ip, n, IP_NEIGH_INCOMPLETE, now);
		ask(ip, n, now);
	}
	*ret = n;
	switch ((enum ip_neigh_state)n->state) {
	case IP_NEIGH_INCOMPLETE:
		return HF_PENDING;
	case IP_NEIGH_FAILED:
		return HF_UNREACHABLE;
	case IP_NEIGH_STALE:
		ip_neigh_set_state(ip, n, IP_NEIGH_DELAY, now);
		break;
	case IP_NEIGH_REACHABLE:
	case IP_NEIGH_DELAY:
	case IP_NEIGH_PROBE:
		break;
	}
	n->used_at = now;
	return HF_OK;
}

/* RFC 826 "Packet Reception" and RFC 4861 7.2.3: what somebody says of himself without being asked is STALE. */
void ip_neigh_heard(struct ip *ip, const struct hf_addr *a, const uint8_t mac[6], bool answer, bool make_one, hf_time_ns now)
{
	struct ip_neigh *n = ip_neigh_find(ip, a);
	bool news;

	if (!n) {
		if (!make_one)
			return;
		n = make(ip, a, now);
	}
	news = !knows_mac(n->state) || memcmp(n->mac, mac, 6) != 0;
	ip_neigh_set_mac(ip, n, mac);
	if (answer)
		ip_neigh_set_state(ip, n, IP_NEIGH_REACHABLE, now);
	else if (news)
		ip_neigh_set_state(ip, n, IP_NEIGH_STALE, now);
}

void ip_advise(struct ip *ip, const struct hf_addr *dst, hf_time_ns now)
{
	const struct ip_hop *hop;
	struct ip_neigh *n;

	if (ip_hop_find(ip, dst, now, &hop, NULL) != HF_OK || hop->neigh == HF_NONE)
		return;
	n = ip_neigh_at(ip, hop->neigh);
	/* STALE until it is used, which the retransmission now due does: then it is probed. */
	if (n->state == IP_NEIGH_REACHABLE)
		ip_neigh_set_state(ip, n, IP_NEIGH_STALE, now);
}

void ip_neigh_timer(struct ip *ip, struct ip_neigh *n, hf_time_ns now)
{
	switch ((enum ip_neigh_state)n->state) {
	case IP_NEIGH_REACHABLE:
		ip_neigh_set_state(ip, n, IP_NEIGH_STALE, now);
		break;
	case IP_NEIGH_DELAY:
		ip_neigh_set_state(ip, n, IP_NEIGH_PROBE, now);
		ask(ip, n, now);
		break;
	case IP_NEIGH_INCOMPLETE:
	case IP_NEIGH_PROBE:
		if (n->asked < IP_ASK_LIMIT) {
			ask(ip, n, now);
			hf_wheel_set(ip->wheel, &n->timer, now + IP_RETRANS_TIME);
		} else if (n->state == IP_NEIGH_PROBE) {
			forget(ip, n); /* RFC 4861 7.3.3: the next packet asks everybody */
		} else {
			while (n->wait_count)
				drop_oldest_waiting(ip, n, HF_TR_IP_DROP_NEIGHBOUR);
			ip_neigh_set_state(ip, n, IP_NEIGH_FAILED, now);
		}
		break;
	case IP_NEIGH_FAILED:
		forget(ip, n);
		break;
	case IP_NEIGH_STALE:
		HF_ASSERT(false); /* has no timer */
	}
}

/* ---- packets that wait ---- */

/* RFC 1122 2.3.2.2: the newest is kept. When all neighbours together make too many wait, the longest queue gives way. */
void ip_neigh_wait(struct ip *ip, struct ip_neigh *n, uint32_t datagram)
{
	struct ip_neigh *longest = n;

	if (n->wait_count < IP_WAIT_LIMIT && ip->waiting >= hf_max_u32(1, ip->datagrams.count / 2)) {
		for (uint32_t i = 0; i < ip->neighs.count; i++)
			if (hf_pool_taken(&ip->neighs, i) && ip_neigh_at(ip, i)->wait_count > longest->wait_count)
				longest = ip_neigh_at(ip, i);
		drop_oldest_waiting(ip, longest, HF_TR_IP_DROP_QUEUE);
	} else if (n->wait_count == IP_WAIT_LIMIT) {
		drop_oldest_waiting(ip, n, HF_TR_IP_DROP_QUEUE);
	}
	ip_datagram_at(ip, datagram)->next = HF_NONE;
	if (n->wait_count)
		ip_datagram_at(ip, n->wait_tail)->next = datagram;
	else
		n->wait_head = datagram;
	n->wait_tail = datagram;
	n->wait_count++;
	ip->waiting++;
}

void ip_neigh_check(const struct ip *ip)
{
	uint32_t in_use = 0, incomplete = 0, waiting = 0;

	for (uint32_t b = 0; b <= ip->neigh_mask; b++) {
		for (uint32_t i = ip->neigh_bucket[b]; i != HF_NONE; i = ip_neigh_at(ip, i)->next) {
			const struct ip_neigh *n = ip_neigh_at(ip, i);
			uint32_t queued = 0, d = n->wait_head;

			HF_ASSERT(hf_pool_taken(&ip->neighs, i) && ++in_use <= ip->neighs.count);
			HF_ASSERT((ip_hash(ip, &n->addr) & ip->neigh_mask) == b);
			HF_ASSERT(hf_timer_is_set(&n->timer) == (n->state != IP_NEIGH_STALE));
			HF_ASSERT(n->asked <= IP_ASK_LIMIT);
			for (; queued < n->wait_count; queued++, d = ip_datagram_at(ip, d)->next)
				HF_ASSERT(hf_pool_taken(&ip->datagrams, d));
			HF_ASSERT(n->wait_count == 0 || (n->state == IP_NEIGH_INCOMPLETE && n->wait_count <= IP_WAIT_LIMIT));
			waiting += n->wait_count;
			incomplete += n->state == IP_NEIGH_INCOMPLETE;
		}
	}
	HF_ASSERT(in_use == ip->neighs.in_use && incomplete == ip->incomplete && waiting == ip->waiting);
	HF_ASSERT(waiting <= hf_max_u32(1, ip->datagrams.count / 2));
}
