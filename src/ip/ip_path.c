/* SPDX-License-Identifier: MIT */
#include "ip/ip_internal.h"

/*
 * Path MTU (RFC 1191, RFC 8201): destinations for which a router said that less than the link's MTU fits. A path MTU only
 * shrinks; ten minutes after the last word it is forgotten and larger packets are tried again.
 *
 * Anybody can forge such a word, and one of 68 octets would cost a connection nearly all its speed (RFC 5927 7). No IPv4
 * path below 576 is taken at face value, therefore: we remember 576 and let routers fragment, by not setting DF.
 */

/* RFC 1191 7.1: common MTUs, for routers that do not say theirs. */
static const uint16_t plateaus[] = { 65535, 32000, 17914, 8166, 4352, 2002, 1492, 1006, 508, 296, 68 };

static uint32_t plateau_below(uint32_t len)
{
	for (unsigned i = 0; i < HF_ARRAY_LEN(plateaus); i++)
		if (plateaus[i] < len)
			return plateaus[i];
	return 0;
}

static struct ip_path *find(const struct ip *ip, const struct hf_addr *dst)
{
	uint32_t i;

	if (HF_LIKELY(ip->paths.in_use == 0))
		return NULL;
	i = ip->path_bucket[ip_hash(ip, dst) & ip->path_mask];
	while (i != HF_NONE && !addr_eq(&ip_path_at(ip, i)->dst, dst))
		i = ip_path_at(ip, i)->next;
	return i == HF_NONE ? NULL : ip_path_at(ip, i);
}

const struct ip_path *ip_path_find(const struct ip *ip, const struct hf_addr *dst)
{
	return find(ip, dst);
}

uint32_t ip_path_mtu(const struct ip *ip, const struct hf_addr *dst)
{
	const struct ip_path *p = ip_path_find(ip, dst);

	return p ? p->mtu : ip->mtu;
}

static void forget(struct ip *ip, struct ip_path *p)
{
	uint32_t *at = &ip->path_bucket[ip_hash(ip, &p->dst) & ip->path_mask];
	uint32_t i = hf_pool_index(&ip->paths, p);

	while (*at != i)
		at = &ip_path_at(ip, *at)->next;
	*at = p->next;
	hf_wheel_stop(ip->wheel, &p->timer);
	hf_pool_give(&ip->paths, i);
	ip_hops_forget(ip);
	ip->changed++;
}

static struct ip_path *find_oldest(struct ip *ip)
{
	struct ip_path *oldest = NULL;

	for (uint32_t i = 0; i < ip->paths.count; i++) {
		struct ip_path *p = ip_path_at(ip, i);

		if (hf_pool_taken(&ip->paths, i) && (!oldest || p->timer.at < oldest->timer.at))
			oldest = p;
	}
	return oldest;
}

static struct ip_path *make(struct ip *ip, const struct hf_addr *dst)
{
	uint32_t *bucket = &ip->path_bucket[ip_hash(ip, dst) & ip->path_mask];
	struct ip_path *p;
	uint32_t i;

	if (ip->paths.in_use == ip->paths.count)
		forget(ip, find_oldest(ip));
	i = hf_pool_take(&ip->paths);
	HF_ASSERT(i != HF_NONE);
	p = ip_path_at(ip, i);
	p->timer.kind = HF_TIMER_IP_PATH;
	p->dst = *dst;
	p->mtu = ip->mtu;
	p->next = *bucket;
	*bucket = i;
	return p;
}

uint32_t ip_path_learn(struct ip *ip, const struct hf_addr *dst, uint32_t mtu, uint32_t packet_len, hf_time_ns now)
{
	struct ip_path *p = find(ip, dst);
	bool no_df = false;

	if (addr_is_ip4(dst)) {
		if (mtu == 0)
			mtu = plateau_below(packet_len);
		if (mtu < IP4_MTU_MIN || packet_len <= mtu)
			return 0;
		no_df = mtu < IP4_PATH_FLOOR;
		if (no_df)
			mtu = IP4_PATH_FLOOR;
	} else if (mtu < IP6_MTU_MIN || packet_len <= mtu) { /* RFC 8201 4 */
		return 0;
	}
	if (mtu >= ip->mtu)
		return 0;
	if (p && mtu > p->mtu)
		return p->mtu;

	if (!p)
		p = make(ip, dst);
	if (mtu < p->mtu || (no_df && !p->no_df)) {
		p->mtu = mtu;
		p->no_df |= no_df;
		ip_tell(ip, HF_TR_IP_PATH_MTU, mtu, p->no_df, 0);
		ip_hops_forget(ip);
		ip->changed++;
	}
	hf_wheel_set(ip->wheel, &p->timer, now + IP_PATH_TIME);
	return mtu;
}

void ip_path_timer(struct ip *ip, struct ip_path *p)
{
	ip_tell(ip, HF_TR_IP_PATH_MTU_LONGER, p->mtu, 0, 0);
	forget(ip, p);
}

void ip_path_check(const struct ip *ip)
{
	uint32_t in_use = 0;

	for (uint32_t b = 0; b <= ip->path_mask; b++) {
		for (uint32_t i = ip->path_bucket[b]; i != HF_NONE; i = ip_path_at(ip, i)->next) {
			const struct ip_path *p = ip_path_at(ip, i);

			HF_ASSERT(hf_pool_taken(&ip->paths, i) && ++in_use <= ip->paths.count);
			HF_ASSERT(hf_timer_is_set(&p->timer));
			HF_ASSERT(p->mtu < ip->mtu && p->mtu >= (addr_is_ip4(&p->dst) ? IP4_PATH_FLOOR : IP6_MTU_MIN));
			HF_ASSERT(!p->no_df || p->mtu == IP4_PATH_FLOOR);
		}
	}
	HF_ASSERT(in_use == ip->paths.in_use);
}
