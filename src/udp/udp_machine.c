/* SPDX-License-Identifier: MIT */
#include "udp/udp_internal.h"

#include "base/csum.h"
#include "wire/addr.h"

/*
 * Theory of operation
 *
 * A host has few UDP sockets, so they are found by a walk: the one bound to the very address, else one bound to any IPv4
 * address (0.0.0.0), else one bound to any at all (::). A datagram waits in chunks of the shared pool, its sender in
 * front of its payload; both the number and the octets that wait for one reader are limited, and what does not fit is
 * dropped, the newest first, as UDP may. Sockets with something to tell stand in a list, each at most once.
 */

#define PROTO_UDP 17u
#define FIRST_ROOM (HF_CHUNK_BYTES - sizeof(struct udp_stored))

void udp_init(struct udp *u, struct hf_arena *a, const struct hf_host_config *cfg, struct hf_chunks *chunks,
	      struct hf_trace *trace, struct hf_rng *rng)
{
	*u = (struct udp){ .chunks = chunks, .trace = trace, .rng = rng, .event_head = HF_NONE, .event_tail = HF_NONE };
	hf_pool_init(&u->sockets, a, cfg->limits.udp_sockets ? cfg->limits.udp_sockets : 16, sizeof(struct udp_socket));
}

static struct udp_socket *socket_at(const struct udp *u, uint32_t i)
{
	return hf_pool_at(&u->sockets, i);
}

static struct udp_socket *get(const struct udp *u, hf_udp s)
{
	return hf_pool_get(&u->sockets, s.slot, s.birth);
}

/* ---- binding ---- */

static bool is_bound(const struct udp *u, const struct hf_endpoint *e)
{
	for (uint32_t i = 0; i < u->sockets.count; i++)
		if (hf_pool_taken(&u->sockets, i) && socket_at(u, i)->local.port == e->port &&
		    addr_eq(&socket_at(u, i)->local.addr, &e->addr))
			return true;
	return false;
}

/* RFC 6056 3.3.1: a random start, then the next one that is free. */
static bool choose_port(struct udp *u, struct hf_endpoint *e)
{
	uint32_t start = hf_rng_below(u->rng, UDP_PORTS);

	for (uint32_t i = 0; i < UDP_PORTS; i++) {
		e->port = (uint16_t)(UDP_PORT_FIRST + (start + i) % UDP_PORTS);
		if (!is_bound(u, e))
			return true;
	}
	return false;
}

hf_status udp_bind(struct udp *u, const struct hf_endpoint *local, hf_udp *ret)
{
	struct hf_endpoint e = *local;
	struct udp_socket *s;
	uint32_t i;

	if (u->sockets.in_use == u->sockets.count)
		return HF_FULL;
	if (e.port ? is_bound(u, &e) : !choose_port(u, &e))
		return HF_IN_USE;
	i = hf_pool_take(&u->sockets);
	HF_ASSERT(i != HF_NONE);
	s = socket_at(u, i);
	s->local = e;
	s->head = s->tail = s->next = HF_NONE;
	*ret = (hf_udp){ .slot = i, .birth = u->sockets.birth[i] };
	return HF_OK;
}

hf_status udp_local(const struct udp *u, hf_udp name, struct hf_endpoint *ret)
{
	const struct udp_socket *s = get(u, name);

	if (!s)
		return HF_STALE;
	*ret = s->local;
	return HF_OK;
}

/* ---- events ---- */

static void tell(struct udp *u, struct udp_socket *s, uint32_t what)
{
	uint32_t i = hf_pool_index(&u->sockets, s);

	if (!s->events) {
		s->next = HF_NONE;
		if (u->event_count++)
			socket_at(u, u->event_tail)->next = i;
		else
			u->event_head = i;
		u->event_tail = i;
	}
	s->events |= what;
}

static void untell(struct udp *u, struct udp_socket *s)
{
	uint32_t i = hf_pool_index(&u->sockets, s), before = HF_NONE;

	if (!s->events)
		return;
	for (uint32_t at = u->event_head; at != i; at = socket_at(u, at)->next)
		before = at;
	if (before == HF_NONE)
		u->event_head = s->next;
	else
		socket_at(u, before)->next = s->next;
	if (u->event_tail == i)
		u->event_tail = before;
	u->event_count--;
	s->events = 0;
}

bool udp_next_event(struct udp *u, hf_udp *ret_socket, uint32_t *ret_what)
{
	uint32_t i = u->event_head;
	struct udp_socket *s;

	if (!u->event_count)
		return false;
	s = socket_at(u, i);
	*ret_socket = (hf_udp){ .slot = i, .birth = u->sockets.birth[i] };
	*ret_what = s->events;
	untell(u, s);
	return true;
}

/* ---- datagrams in ---- */

/* 3: bound to this address; 2: to any IPv4 one; 1: to any; 0: not for this socket. */
static unsigned match(const struct udp_socket *s, const struct hf_addr *dst)
{
	if (addr_eq(&s->local.addr, dst))
		return 3;
	if (addr_is_any_ip4(&s->local.addr) && addr_is_ip4(dst))
		return 2;
	return addr_is_any(&s->local.addr);
}

static struct udp_socket *find(const struct udp *u, const struct hf_addr *dst, uint16_t port)
{
	struct udp_socket *best = NULL;
	unsigned best_rank = 0;

	for (uint32_t i = 0; i < u->sockets.count; i++) {
		struct udp_socket *s;
		unsigned rank;

		if (!hf_pool_taken(&u->sockets, i) || socket_at(u, i)->local.port != port)
			continue;
		s = socket_at(u, i);
		rank = match(s, dst);
		if (rank > best_rank) {
			best = s;
			best_rank = rank;
		}
	}
	return best;
}

static uint32_t chunks_for(size_t len)
{
	return len <= FIRST_ROOM ? 1 : 1 + (uint32_t)((len - FIRST_ROOM + HF_CHUNK_BYTES - 1) / HF_CHUNK_BYTES);
}

static bool store(struct udp *u, struct udp_socket *s, const struct hf_endpoint *from, struct hf_bytes data)
{
	struct udp_stored head = { .from = *from, .len = (uint32_t)data.len };
	uint32_t first = HF_NONE, last = HF_NONE;
	size_t done = 0;

	if (s->count == UDP_QUEUE_DATAGRAMS || s->octets + data.len > UDP_QUEUE_OCTETS ||
	    hf_chunks_free(u->chunks) < chunks_for(data.len))
		return false;
	do {
		uint32_t c = hf_chunk_take(u->chunks);
		size_t at = first == HF_NONE ? sizeof(head) : 0;
		size_t n = hf_min_u64(data.len - done, HF_CHUNK_BYTES - at);

		HF_ASSERT(c != HF_NONE);
		if (first == HF_NONE) {
			memcpy(hf_chunk_data(u->chunks, c), &head, sizeof(head));
			first = c;
		} else {
			hf_chunk_at(u->chunks, last)->next = c;
		}
		if (n)
			memcpy(hf_chunk_data(u->chunks, c) + at, data.at + done, n);
		done += n;
		last = c;
	} while (done < data.len);

	hf_chunk_at(u->chunks, first)->tag = HF_NONE;
	if (s->count++)
		hf_chunk_at(u->chunks, s->tail)->tag = first;
	else
		s->head = first;
	s->tail = first;
	s->octets += head.len;
	return true;
}

static void drop_first(struct udp *u, struct udp_socket *s)
{
	uint32_t first = s->head;
	struct udp_stored head;

	memcpy(&head, hf_chunk_data(u->chunks, first), sizeof(head));
	s->head = hf_chunk_at(u->chunks, first)->tag;
	s->count--;
	s->octets -= head.len;
	hf_chunk_give_list(u->chunks, first);
}

static enum udp_verdict refuse(struct udp *u, enum hf_trace_kind why, uint16_t local_port, uint16_t remote_port,
			       size_t len, enum udp_verdict verdict)
{
	struct hf_trace_record *r = hf_trace_add(u->trace, why);

	r->local_port = local_port;
	r->remote_port = remote_port;
	r->len = (uint32_t)len;
	return verdict;
}

enum udp_verdict udp_feed(struct udp *u, const struct udp_in *in)
{
	struct hf_endpoint from = { .addr = in->src };
	struct udp_header h;
	struct udp_socket *s;

	if (udp_parse(in->datagram, &in->src, &in->dst, in->csum_ok, &h) != HF_OK || h.dst_port == 0)
		return refuse(u, HF_TR_UDP_DROP, 0, 0, in->datagram.len, UDP_DROPPED);
	s = find(u, &in->dst, h.dst_port);
	if (!s) {
		/* A group is not refused in the name of all its members: RFC 1122 3.2.2. */
		if (in->to_group)
			return refuse(u, HF_TR_UDP_DROP, h.dst_port, h.src_port, h.payload.len, UDP_DROPPED);
		return refuse(u, HF_TR_UDP_NO_PORT, h.dst_port, h.src_port, h.payload.len, UDP_NO_PORT);
	}
	from.port = h.src_port;
	if (!store(u, s, &from, h.payload))
		return refuse(u, HF_TR_UDP_DROP, h.dst_port, h.src_port, h.payload.len, UDP_DROPPED);
	tell(u, s, HF_EV_DATAGRAM);
	return UDP_TAKEN;
}

void udp_error(struct udp *u, const struct hf_endpoint *local, const struct hf_endpoint *remote, hf_status why)
{
	struct udp_socket *s = find(u, &local->addr, local->port);

	if (!s || why == HF_OK || s->error != HF_OK) /* the first one counts until it is told */
		return;
	s->error = why;
	s->error_about = *remote;
	tell(u, s, HF_EV_DATAGRAM);
}

/* ---- the user's side ---- */

static void copy_out(const struct udp *u, uint32_t chunk, uint8_t *to, size_t len)
{
	size_t at = sizeof(struct udp_stored);

	while (len) {
		size_t n = hf_min_u64(len, HF_CHUNK_BYTES - at);

		memcpy(to, hf_chunk_data(u->chunks, chunk) + at, n);
		to += n;
		len -= n;
		at = 0;
		chunk = hf_chunk_at(u->chunks, chunk)->next;
	}
}

hf_status udp_recv(struct udp *u, hf_udp name, void *room, size_t n, struct hf_endpoint *from, size_t *ret_len)
{
	struct udp_socket *s = get(u, name);
	struct udp_stored head;
	hf_status error;

	if (!s)
		return HF_STALE;
	if (s->error != HF_OK) {
		error = s->error;
		*from = s->error_about;
		s->error = HF_OK;
		return error;
	}
	if (!s->count)
		return HF_AGAIN;
	memcpy(&head, hf_chunk_data(u->chunks, s->head), sizeof(head));
	if (head.len > n)
		return HF_TOO_BIG;
	copy_out(u, s->head, room, head.len);
	*from = head.from;
	*ret_len = head.len;
	drop_first(u, s);
	return HF_OK;
}

hf_status udp_close(struct udp *u, hf_udp name)
{
	struct udp_socket *s = get(u, name);

	if (!s)
		return HF_STALE;
	untell(u, s);
	while (s->count)
		drop_first(u, s);
	hf_pool_give(&u->sockets, name.slot);
	return HF_OK;
}

hf_status udp_build(const struct hf_endpoint *from, const struct hf_endpoint *to_ep, struct hf_bytes data, uint8_t *to,
		    size_t room, size_t *ret_len)
{
	size_t most = 65535u - UDP_HEADER_BYTES -
		      (addr_is_ip4(&to_ep->addr) ? 20u : 0); /* IPv4 counts its header in, IPv6 does not */
	size_t len = UDP_HEADER_BYTES + data.len;
	struct udp_header h = { .src_port = from->port, .dst_port = to_ep->port, .len = (uint16_t)len };
	struct hf_wr out = hf_wr_over(to, room);
	uint64_t sum;
	uint16_t csum;

	if (data.len > most)
		return HF_TOO_BIG;
	udp_put(&out, &h);
	hf_wr_copy(&out, data.at, data.len);
	HF_TRY(hf_wr_end(&out, ret_len));
	sum = hf_csum_pseudo(&from->addr, &to_ep->addr, PROTO_UDP, (uint32_t)len);
	csum = hf_csum_finish(hf_csum_add(sum, to, len));
	hf_store16(to + 6, csum ? csum : 0xffff); /* 0 would say that there is none: RFC 768 */
	return HF_OK;
}

void udp_check(const struct udp *u)
{
	uint32_t listed = 0, telling = 0;

	for (uint32_t i = u->event_head; listed < u->event_count; listed++, i = socket_at(u, i)->next)
		HF_ASSERT(hf_pool_taken(&u->sockets, i) && socket_at(u, i)->events != 0);
	for (uint32_t i = 0; i < u->sockets.count; i++) {
		const struct udp_socket *s;
		uint32_t count = 0, octets = 0;

		if (!hf_pool_taken(&u->sockets, i))
			continue;
		s = socket_at(u, i);
		telling += s->events != 0;
		for (uint32_t c = s->head; count < s->count; count++, c = hf_chunk_at(u->chunks, c)->tag) {
			struct udp_stored head;

			HF_ASSERT(hf_pool_taken(&u->chunks->pool, c));
			memcpy(&head, hf_chunk_data(u->chunks, c), sizeof(head));
			octets += head.len;
		}
		HF_ASSERT(octets == s->octets && s->count <= UDP_QUEUE_DATAGRAMS && octets <= UDP_QUEUE_OCTETS &&
			  s->local.port != 0);
	}
	HF_ASSERT(listed == telling);
}
