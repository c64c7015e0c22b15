/* SPDX-License-Identifier: MIT */
#include "host/host_internal.h"

/* The user's calls: choose addresses, then hand on to TCP and UDP. */

static hf_status choose_local(struct hf_host *h, const struct hf_endpoint *remote, const struct hf_endpoint *local,
			      struct hf_endpoint *ret);
static hf_status check_remote(struct hf_host *h, const struct hf_endpoint *remote);

/* What may be listened at: 0.0.0.0 and :: as well. */
static bool is_own_or_any(const struct hf_host *h, const struct hf_addr *a)
{
	return addr_is_unspecified(a) || ip_has_addr(&h->ip, a);
}

/* ---- opening ---- */

hf_status hf_listen(struct hf_host *h, const struct hf_endpoint *local, hf_time_ns now, hf_listener *ret)
{
	host_enter(h, now);
	if (!is_own_or_any(h, &local->addr))
		return HF_NOT_OURS;
	return tcp_listen(&h->tcp, local, ret);
}

hf_status hf_unlisten(struct hf_host *h, hf_listener l, hf_time_ns now)
{
	now = host_enter(h, now);
	return tcp_unlisten(&h->tcp, l, now);
}

hf_status hf_accept(struct hf_host *h, hf_listener l, hf_conn *ret)
{
	return tcp_accept(&h->tcp, l, ret);
}

hf_status hf_connect(struct hf_host *h, const struct hf_endpoint *remote, const struct hf_endpoint *local,
		     hf_time_ns now, hf_conn *ret)
{
	struct hf_endpoint from;

	now = host_enter(h, now);
	HF_TRY(check_remote(h, remote));
	HF_TRY(choose_local(h, remote, local, &from));
	return tcp_connect(&h->tcp, remote, &from, ip_path_mtu(&h->ip, &remote->addr), now, ret);
}

hf_status hf_listener_connect(struct hf_host *h, hf_listener l, const struct hf_endpoint *remote, hf_time_ns now,
			      hf_conn *ret)
{
	struct hf_endpoint local;

	now = host_enter(h, now);
	HF_TRY(tcp_listener_local(&h->tcp, l, &local));
	HF_TRY(check_remote(h, remote));
	if (addr_is_unspecified(&local.addr) || addr_is_ip4(&local.addr) != addr_is_ip4(&remote->addr))
		return HF_INVALID;
	return tcp_listener_connect(&h->tcp, l, remote, ip_path_mtu(&h->ip, &remote->addr), now, ret);
}

/* RFC 9293 MUST-46. A host does not talk to itself: it has no loopback. */
static hf_status check_remote(struct hf_host *h, const struct hf_endpoint *remote)
{
	if (remote->port == 0 || !ip_is_unicast(&h->ip, &remote->addr))
		return HF_INVALID;
	if (addr_is_loopback(&remote->addr) || ip_has_addr(&h->ip, &remote->addr))
		return HF_INVALID;
	return HF_OK;
}

static hf_status choose_local(struct hf_host *h, const struct hf_endpoint *remote, const struct hf_endpoint *local,
			      struct hf_endpoint *ret)
{
	struct hf_endpoint from = { .port = local ? local->port : 0 };

	/* Also when the address is given: a destination without a route is told at once. */
	HF_TRY(ip_source_for(&h->ip, &remote->addr, &from.addr));
	if (local && !addr_is_any(&local->addr)) {
		if (!is_own_or_any(h, &local->addr))
			return HF_NOT_OURS;
		if (addr_is_ip4(&local->addr) != addr_is_ip4(&remote->addr))
			return HF_INVALID;
		if (!addr_is_any_ip4(&local->addr))
			from.addr = local->addr;
	}
	*ret = from;
	return HF_OK;
}

/* ---- a connection ---- */

hf_status hf_conn_write(struct hf_host *h, hf_conn c, struct hf_bytes data, hf_time_ns now, size_t *ret_len)
{
	now = host_enter(h, now);
	return tcp_write(&h->tcp, c, data, TCP_WRITE_COPY, now, ret_len);
}

hf_status hf_conn_write_borrowed(struct hf_host *h, hf_conn c, struct hf_bytes data, hf_time_ns now)
{
	size_t taken;

	now = host_enter(h, now);
	return tcp_write(&h->tcp, c, data, TCP_WRITE_BORROW, now, &taken);
}

hf_status hf_conn_reserve(struct hf_host *h, hf_conn c, size_t n, hf_time_ns now, struct hf_room *rooms, size_t max,
			  size_t *ret_count)
{
	host_enter(h, now);
	return tcp_reserve(&h->tcp, c, n, rooms, max, ret_count);
}

hf_status hf_conn_commit(struct hf_host *h, hf_conn c, size_t n)
{
	return tcp_commit(&h->tcp, c, n);
}

hf_status hf_conn_write_urgent(struct hf_host *h, hf_conn c, struct hf_bytes data, hf_time_ns now, size_t *ret_len)
{
	now = host_enter(h, now);
	return tcp_write(&h->tcp, c, data, TCP_WRITE_URGENT, now, ret_len);
}

hf_status hf_conn_read(struct hf_host *h, hf_conn c, struct hf_bytes *spans, size_t max, size_t *ret_n)
{
	return tcp_read(&h->tcp, c, spans, max, ret_n);
}

hf_status hf_conn_consume(struct hf_host *h, hf_conn c, size_t n, hf_time_ns now)
{
	now = host_enter(h, now);
	return tcp_consume(&h->tcp, c, n, now);
}

hf_status hf_conn_shut(struct hf_host *h, hf_conn c, hf_time_ns now)
{
	now = host_enter(h, now);
	return tcp_shut(&h->tcp, c, now);
}

hf_status hf_conn_close(struct hf_host *h, hf_conn c, hf_time_ns now)
{
	now = host_enter(h, now);
	return tcp_close(&h->tcp, c, now);
}

hf_status hf_conn_abort(struct hf_host *h, hf_conn c, hf_time_ns now)
{
	now = host_enter(h, now);
	return tcp_abort(&h->tcp, c, now);
}

hf_status hf_conn_get_options(struct hf_host *h, hf_conn c, struct hf_conn_options *ret)
{
	return tcp_get_options(&h->tcp, c, ret);
}

hf_status hf_conn_set_options(struct hf_host *h, hf_conn c, const struct hf_conn_options *o, hf_time_ns now)
{
	now = host_enter(h, now);
	return tcp_set_options(&h->tcp, c, o, now);
}

hf_status hf_conn_set_tag(struct hf_host *h, hf_conn c, uint64_t tag)
{
	return tcp_set_tag(&h->tcp, c, tag);
}

hf_status hf_conn_status(const struct hf_host *h, hf_conn c, struct hf_conn_info *ret)
{
	return tcp_status(&h->tcp, c, ret);
}

bool hf_host_each(const struct hf_host *h, uint64_t *cursor, struct hf_conn_info *ret)
{
	return tcp_each(&h->tcp, cursor, ret);
}

/* ---- datagrams ---- */

hf_status hf_udp_bind(struct hf_host *h, const struct hf_endpoint *local, hf_udp *ret)
{
	if (!is_own_or_any(h, &local->addr))
		return HF_NOT_OURS;
	return udp_bind(&h->udp, local, ret);
}

hf_status hf_udp_close(struct hf_host *h, hf_udp u)
{
	return udp_close(&h->udp, u);
}

hf_status hf_udp_send(struct hf_host *h, hf_udp u, const struct hf_endpoint *to, struct hf_bytes data, hf_time_ns now)
{
	struct ip_send s = { .dst = to->addr, .proto = IP_PROTO_UDP, .ttl = h->cfg.tcp.ttl };
	struct hf_endpoint from, local;
	size_t len;

	now = host_enter(h, now);
	HF_TRY(udp_local(&h->udp, u, &local));
	if (to->port == 0 || addr_is_unspecified(&to->addr) || addr_is_loopback(&to->addr) || ip_has_addr(&h->ip, &to->addr))
		return HF_INVALID;
	HF_TRY(choose_local(h, to, &local, &from));
	HF_TRY(udp_build(&from, to, data, h->datagram, HOST_DATAGRAM_MAX, &len));
	s.src = from.addr;
	return ip_send(&h->ip, &s, (struct hf_bytes){ h->datagram, len }, now);
}

hf_status hf_udp_recv(struct hf_host *h, hf_udp u, void *room, size_t n, struct hf_endpoint *from, size_t *ret_len)
{
	return udp_recv(&h->udp, u, room, n, from, ret_len);
}

/* ---- what happened ---- */

bool hf_host_next_event(struct hf_host *h, struct hf_event *ret)
{
	struct hf_event ev = { 0 };

	if (tcp_next_event(&h->tcp, ret))
		return true;
	if (!udp_next_event(&h->udp, &ev.udp, &ev.what))
		return false;
	*ret = ev;
	return true;
}

bool hf_host_trace(const struct hf_host *h, uint64_t *cursor, struct hf_trace_record *ret, uint64_t *ret_lost)
{
	return hf_trace_read(&h->trace, cursor, ret, ret_lost);
}

void hf_host_count(const struct hf_host *h, struct hf_host_counters *ret)
{
	struct hf_host_counters c = { 0 };

	tcp_count(&h->tcp, &c);
	c.frames_in = h->frames_in;
	c.frames_out = h->frames_out;
	c.dropped += ip_drops(&h->ip) + h->udp_drops;
	c.chunks = h->chunks.pool.in_use;
	c.reassemblies = ip_reassemblies_in_use(&h->ip);
	c.neighbours = ip_neighbours_in_use(&h->ip);
	*ret = c;
}

void hf_host_check(const struct hf_host *h)
{
	ip_check(&h->ip);
	tcp_check(&h->tcp);
	udp_check(&h->udp);
}

struct hf_host_footprint hf_host_footprint(void)
{
	return tcp_footprint();
}
