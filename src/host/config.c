/* SPDX-License-Identifier: MIT */
#include "host/host_internal.h"

/*
 * What a configuration may say. Every 0 takes the default told in hf/host.h; what remains is checked once, here, so that
 * no machine has to.
 */

#define LIMIT_MOST (1u << 24)  /* of any table: indexes and their tags stay far from 2^30 */
#define LIMIT_SMALL 65535u     /* of tables whose index is kept in 16 bits */
#define WINDOW_LEAST 2048u     /* less cannot hold two full segments of the smallest MSS by default */
#define WINDOW_MOST (1u << 30) /* RFC 7323 2.3 */
#define TRACE_MOST (1u << 26)
#define SPAN_MOST HF_MS(UINT32_MAX) /* spans are kept as milliseconds in 32 bits */
#define TSO_HEADERS (20u + 60u)     /* the longest headers counted by IPv4's total length */

#define DEFAULT(field, value)              \
	do {                               \
		if (!(field))              \
			(field) = (value); \
	} while (0)

static hf_status fill_limits(struct hf_limits *l);
static hf_status fill_tcp(struct hf_tcp_config *t);

hf_status host_config_fill(const struct hf_host_config *cfg, struct hf_host_config *ret)
{
	struct hf_host_config c = *cfg;
	static const uint8_t no_mac[6];

	if (c.link != HF_LINK_ETHERNET && c.link != HF_LINK_IP)
		return HF_INVALID;
	if (c.link == HF_LINK_ETHERNET && ((c.mac[0] & 1) || memcmp(c.mac, no_mac, 6) == 0))
		return HF_INVALID;
	DEFAULT(c.mtu_bytes, 1500);
	/* RFC 8200 5: no link of IPv6 carries less. */
	if (c.mtu_bytes < 1280 || c.mtu_bytes > 65535)
		return HF_INVALID;
	if (c.offload & ~(uint32_t)(HF_OFFLOAD_TX_CSUM | HF_OFFLOAD_TX_TSO))
		return HF_INVALID;
	DEFAULT(c.tso_max_bytes, 65535 - TSO_HEADERS);
	if (c.tso_max_bytes > 65535 - TSO_HEADERS)
		return HF_INVALID;
	HF_TRY(fill_limits(&c.limits));
	HF_TRY(fill_tcp(&c.tcp));
	*ret = c;
	return HF_OK;
}

static hf_status fill_limits(struct hf_limits *l)
{
	DEFAULT(l->conns, 1024);
	DEFAULT(l->half_open, 4096);
	DEFAULT(l->time_wait, 16384);
	DEFAULT(l->listeners, 64);
	DEFAULT(l->accept_queue, 128);
	DEFAULT(l->chunks, 16384);
	DEFAULT(l->gaps, 4096);
	DEFAULT(l->addrs, 16);
	DEFAULT(l->routes, 32);
	DEFAULT(l->neighbours, 256);
	DEFAULT(l->paths, 256);
	DEFAULT(l->reassemblies, 16);
	DEFAULT(l->udp_sockets, 16);
	DEFAULT(l->control, 512);
	if (l->chunks > LIMIT_MOST - 4096)
		return HF_INVALID;
	DEFAULT(l->slices, l->chunks + 4096);

	const uint32_t large[] = { l->conns, l->half_open,  l->time_wait, l->accept_queue, l->slices,
				   l->gaps,  l->neighbours, l->paths,     l->control };
	const uint32_t small[] = { l->listeners, l->addrs, l->routes, l->reassemblies, l->udp_sockets };

	for (unsigned i = 0; i < HF_ARRAY_LEN(large); i++)
		if (large[i] > LIMIT_MOST)
			return HF_INVALID;
	for (unsigned i = 0; i < HF_ARRAY_LEN(small); i++)
		if (small[i] > LIMIT_SMALL)
			return HF_INVALID;
	if (l->trace > TRACE_MOST || (l->trace & (l->trace - 1)) || l->trace == 1)
		return HF_INVALID;
	return HF_OK;
}

static hf_status fill_tcp(struct hf_tcp_config *t)
{
	DEFAULT(t->msl, HF_S(30));
	DEFAULT(t->rto_initial, HF_S(1));
	DEFAULT(t->rto_min, HF_MS(200));
	DEFAULT(t->rto_max, HF_S(120));
	DEFAULT(t->delayed_ack, HF_MS(40));
	DEFAULT(t->r2, HF_S(924));
	DEFAULT(t->r2_syn, HF_S(190));
	DEFAULT(t->r1, 3);
	DEFAULT(t->keepalive_idle, HF_S(7200));
	DEFAULT(t->keepalive_interval, HF_S(75));
	DEFAULT(t->keepalive_probes, 9);
	DEFAULT(t->fin_wait_2_orphan, HF_S(60));
	DEFAULT(t->recv_window, 1u << 20);
	DEFAULT(t->send_buffer, 1u << 20);
	DEFAULT(t->initial_window, 10);
	DEFAULT(t->challenge_acks, 10);
	DEFAULT(t->ttl, 64);

	const hf_time_ns spans[] = {
		t->msl, t->rto_max, t->r2, t->r2_syn, t->keepalive_idle, t->keepalive_interval, t->fin_wait_2_orphan
	};

	for (unsigned i = 0; i < HF_ARRAY_LEN(spans); i++)
		if (spans[i] > SPAN_MOST)
			return HF_INVALID;
	if (t->rto_min > t->rto_max || t->rto_initial > t->rto_max)
		return HF_INVALID;
	if (t->delayed_ack >= HF_MS(500)) /* RFC 9293 MUST-40 */
		return HF_INVALID;
	if (t->r2 < HF_S(100) || t->r2_syn < HF_S(180)) /* RFC 9293 SHLD-11, MUST-23 */
		return HF_INVALID;
	if (t->r1 < 3 || t->r1 > 255) /* RFC 9293 SHLD-10 */
		return HF_INVALID;
	if (t->keepalive_probes > 255 || t->initial_window > 1024)
		return HF_INVALID;
	if (t->recv_window < WINDOW_LEAST || t->recv_window > WINDOW_MOST)
		return HF_INVALID;
	if (t->send_buffer < WINDOW_LEAST || t->send_buffer > WINDOW_MOST)
		return HF_INVALID;
	if (t->faults & ~(uint32_t)HF_FAULT_TWO_WAY_HANDSHAKE)
		return HF_INVALID;
	return HF_OK;
}
