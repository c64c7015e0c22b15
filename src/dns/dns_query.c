/* SPDX-License-Identifier: MIT */
/*
 * One query (name, type) on its way to an answer, as dns_fsm.def has it. A try is a fresh socket, with a port, an id and a
 * case of letters drawn anew, so that whoever cannot see the query must guess all of them (RFC 5452, 0x20). It ends with an
 * answer, with the time, or with the network's refusal; the next try goes to the next server, until each has had its
 * attempts. An answer that does not fit into a datagram is fetched over TCP (RFC 7766), on a connection of its own.
 *
 * What is open at the driver is named by the query's place (sockets) or the connection's; it is asked to close one before
 * the number comes again.
 */
#include "dns/dns_internal.h"

static const struct dns_arrow arrows[DNS_ST_COUNT][DNS_EV_COUNT] = {
#define T(from, on, to_, then_, rfc_) [DNS_ST_##from][DNS_EV_##on] = { true, DNS_ST_##to_, DNS_DO_##then_, rfc_ },
#include "dns/dns_fsm.def"
#undef T
};

const struct dns_arrow *dns_arrow(unsigned state, unsigned event)
{
	HF_ASSERT(state < DNS_ST_COUNT && event < DNS_EV_COUNT);
	return &arrows[state][event];
}

const char *dns_state_name(unsigned state)
{
	static const char *const names[DNS_ST_COUNT] = {
		[DNS_ST_FREE] = "FREE",
		[DNS_ST_OPEN] = "OPEN",
		[DNS_ST_SEND] = "SEND",
		[DNS_ST_WAIT] = "WAIT",
		[DNS_ST_ROOM] = "ROOM",
		[DNS_ST_CONNECT] = "CONNECT",
		[DNS_ST_CONNECTING] = "CONNECTING",
		[DNS_ST_SEND_TCP] = "SEND_TCP",
		[DNS_ST_WAIT_TCP] = "WAIT_TCP",
	};

	return state < DNS_ST_COUNT ? names[state] : "";
}

uint64_t dns_hash(const struct dns *d, const struct dns_name *name, uint16_t type)
{
	uint8_t key[DNS_NAME_MAX + 2];

	memcpy(key, name->b, name->len);
	hf_store16(key + name->len, type);
	return hf_siphash13(&d->key, key, name->len + 2u);
}

/* ---- beginning and ending ---- */

uint32_t dns_query_begin(struct dns *d, const struct dns_name *name, uint16_t type, unsigned first, hf_time_ns now)
{
	const uint64_t hash = dns_hash(d, name, type);
	struct dns_query *q = NULL;

	for (uint32_t i = 0; i < DNS_SOCKETS; i++) {
		struct dns_query *one = &d->query[i];

		if (one->state == DNS_ST_FREE) {
			if (!q)
				q = one;
		} else if (one->hash == hash && one->type == type && dns_name_exact(&one->name, name)) {
			dns_tell(d, DNS_TOLD_SHARED, one, now);
			return i;
		}
	}
	HF_ASSERT(q != NULL); /* no lookup waits for more than two */
	*q = (struct dns_query){ .conn = DNS_CONNS,
				 .type = type,
				 .name = *name,
				 .now = *name,
				 .hash = hash,
				 .first = first,
				 .seen = { hash },
				 .names = 1 };
	q->found.why = DNS_WHY_TIMEOUT;
	q->found.ttl_s = DNS_TTL_MAX_S;
	dns_fire(d, q, DNS_EV_USER_ASK, now);
	return dns_query_number(d, q);
}

/* What is open is to be closed; the answer, if there is one yet, is of no interest. */
void dns_query_drop(struct dns *d, struct dns_query *q)
{
	if (q->socket)
		d->close_socket[dns_query_number(d, q)] = true;
	q->socket = false;
	if (q->conn < DNS_CONNS) {
		struct dns_conn *c = &d->conn[q->conn];

		c->query = HF_NONE;
		if (c->open)
			c->close = true;
		else
			c->taken = false;
		q->conn = DNS_CONNS;
	}
}

void dns_query_cancel(struct dns *d, uint32_t n, hf_time_ns now)
{
	struct dns_query *q = &d->query[n];

	if (q->state == DNS_ST_FREE || dns_query_wanted(d, n))
		return;
	dns_query_drop(d, q);
	dns_fire(d, q, DNS_EV_USER_CANCEL, now);
}

void dns_query_again(struct dns *d, struct dns_query *q, hf_time_ns now)
{
	struct dns_told *t;

	dns_query_drop(d, q);
	if (++q->tries_here < d->cfg.servers * d->cfg.attempts) {
		dns_fire(d, q, DNS_EV_AGAIN, now);
		dns_tell(d, DNS_TOLD_RETRY, q, now)->x = q->tries_here + 1;
		return;
	}
	t = dns_tell(d, DNS_TOLD_FAILED, q, now);
	t->why = (uint8_t)q->found.why;
	q->found.ttl_s = 0;
	dns_fire(d, q, DNS_EV_GIVE_UP, now);
}

void dns_query_same(struct dns *d, struct dns_query *q, hf_time_ns now)
{
	dns_query_drop(d, q);
	dns_fire(d, q, DNS_EV_AGAIN, now);
}

/* ---- the machine ---- */

/* RFC 1035 2.3.3 has servers compare without case; nearly all copy the question as it came, so that a letter is a bit to guess. */
static void draw_case(struct dns *d, struct dns_query *q)
{
	uint64_t bits = 0;
	unsigned left = 0;

	q->sent = q->now;
	for (size_t at = 0; at < q->sent.len && q->cased; at++) {
		uint8_t *c = &q->sent.b[at];

		if (*c < 'a' || *c > 'z')
			continue;
		if (left-- == 0) {
			bits = hf_rng_u64(&d->rng);
			left = 63;
		}
		if (bits & 1)
			*c = (uint8_t)(*c - 'a' + 'A');
		bits >>= 1;
	}
}

static void draw(struct dns *d, struct dns_query *q)
{
	const unsigned server = (q->first + q->tries_here) % d->cfg.servers;

	q->server = server;
	q->edns = !d->cfg.no_edns && !d->server[server].no_edns;
	q->cased = !d->cfg.no_0x20 && !d->server[server].no_case;
	q->id = (uint16_t)hf_rng_below(&d->rng, 1u << 16);
	q->port = (uint16_t)(DNS_PORT_LEAST + hf_rng_below(&d->rng, (1u << 16) - DNS_PORT_LEAST));
	draw_case(d, q);
}

void dns_fire(struct dns *d, struct dns_query *q, enum dns_event on, hf_time_ns now)
{
	const struct dns_arrow *a = dns_arrow(q->state, on);

	HF_ASSERT(a->is);
	q->found.state = dns_state_name(q->state);
	q->state = a->to;
	switch ((enum dns_action)a->then) {
	case DNS_DO_DRAW:
		draw(d, q);
		break;
	case DNS_DO_START_TIMER:
		q->deadline = now + d->cfg.timeout;
		break;
	case DNS_DO_TELL:
		dns_query_drop(d, q);
		dns_query_ended(d, q, now);
		break;
	case DNS_DO_NOTHING:
	case DNS_DO_COUNT:
		break;
	}
}

/* ---- what comes ---- */

static struct dns_query *query_of_socket(struct dns *d, unsigned socket)
{
	return socket < DNS_SOCKETS && d->query[socket].socket ? &d->query[socket] : NULL;
}

/* The connection's query, as long as it is wanted. */
static struct dns_query *query_of_conn(struct dns *d, unsigned conn)
{
	if (conn >= DNS_CONNS || !d->conn[conn].open || d->conn[conn].query == HF_NONE)
		return NULL;
	return &d->query[d->conn[conn].query];
}

void dns_feed_udp(struct dns *d, unsigned socket, const struct hf_endpoint *from, struct hf_bytes datagram, hf_time_ns now)
{
	struct dns_query *q = query_of_socket(d, socket);

	if (!q || q->state != DNS_ST_WAIT)
		return;
	if (from->port != d->server[q->server].at.port || !addr_eq(&from->addr, &d->server[q->server].at.addr)) {
		dns_tell_message(d, DNS_TOLD_WRONG_SERVER, q, datagram, now)->server = *from;
		return;
	}
	dns_take(d, q, datagram, false, now);
}

static void cannot_ask(struct dns *d, struct dns_query *q, hf_status why, hf_time_ns now)
{
	dns_tell(d, DNS_TOLD_UNREACHABLE, q, now)->why = (uint8_t)why;
	q->found.net = why;
	dns_query_again(d, q, now);
}

void dns_udp_error(struct dns *d, unsigned socket, hf_status why, hf_time_ns now)
{
	struct dns_query *q = query_of_socket(d, socket);

	if (!q || (q->state != DNS_ST_SEND && q->state != DNS_ST_WAIT))
		return;
	if (why == HF_IN_USE && q->state == DNS_ST_SEND && ++q->ports_drawn < DNS_PORT_DRAWS) {
		dns_tell(d, DNS_TOLD_PORT_TAKEN, q, now)->x = q->port;
		dns_query_drop(d, q);
		dns_fire(d, q, DNS_EV_PORT_TAKEN, now);
		return;
	}
	cannot_ask(d, q, why, now);
}

void dns_tcp_connected(struct dns *d, unsigned conn, hf_time_ns now)
{
	struct dns_query *q = query_of_conn(d, conn);

	if (q && q->state == DNS_ST_CONNECTING)
		dns_fire(d, q, DNS_EV_CONNECTED, now);
}

void dns_tcp_feed(struct dns *d, unsigned conn, struct hf_bytes octets, hf_time_ns now)
{
	struct dns_query *q = query_of_conn(d, conn);
	struct dns_conn *c;

	if (!q)
		return;
	c = &d->conn[conn];
	while (q->state == DNS_ST_WAIT_TCP && q->conn == conn &&
	       dns_take_framed(c->octets, DNS_MESSAGE_MAX, &c->got, &octets)) {
		const size_t n = c->got - DNS_LENGTH_BYTES;

		/* What does not match is dropped here, too: the next message may. */
		c->got = 0;
		dns_take(d, q, (struct hf_bytes){ c->octets + DNS_LENGTH_BYTES, n }, true, now);
	}
}

void dns_tcp_ended(struct dns *d, unsigned conn, hf_status why, hf_time_ns now)
{
	struct dns_query *q = query_of_conn(d, conn);

	if (q)
		cannot_ask(d, q, why == HF_OK ? HF_CLOSED : why, now);
}

/* ---- what it wants ---- */

/* The query's octets, the two of the length in front with them. */
static struct hf_bytes write_query(struct dns *d, const struct dns_query *q)
{
	const struct dns_header h = { .id = q->id, .rd = true, .qdcount = 1, .arcount = q->edns };
	const struct dns_question question = { q->sent, q->type, DNS_CLASS_IN };
	const struct dns_opt opt = { .udp_size = d->cfg.edns_size };
	struct dns_put p = dns_put_over(d->out_octets + 2, sizeof(d->out_octets) - 2);
	size_t len = 0;

	dns_put_header(&p, &h);
	dns_put_question(&p, &question);
	if (q->edns)
		dns_put_opt(&p, &opt);
	HF_ASSERT(hf_wr_end(&p.out, &len) == HF_OK);
	hf_store16(d->out_octets, (uint16_t)len);
	return (struct hf_bytes){ d->out_octets, len + 2 };
}

static enum dns_does want(struct dns *d, struct dns_query *q, struct dns_ask *ret, hf_time_ns now)
{
	struct hf_bytes msg;

	ret->socket = dns_query_number(d, q);
	ret->conn = q->conn;
	ret->to = d->server[q->server].at;
	ret->port = q->port;
	switch ((enum dns_state)q->state) {
	case DNS_ST_OPEN:
		q->socket = true;
		dns_fire(d, q, DNS_EV_OPENED, now);
		return DNS_OPEN_UDP;
	case DNS_ST_SEND:
		msg = write_query(d, q);
		ret->bytes = (struct hf_bytes){ msg.at + 2, msg.len - 2 };
		q->found.tries++;
		q->ports_drawn = 0;
		dns_fire(d, q, DNS_EV_SENT, now);
		dns_tell_message(d, DNS_TOLD_QUERY, q, ret->bytes, now);
		return DNS_SEND;
	case DNS_ST_CONNECT:
		d->conn[q->conn].open = true;
		dns_fire(d, q, DNS_EV_OPENED, now);
		dns_tell(d, DNS_TOLD_CONNECT, q, now);
		return DNS_CONNECT_TCP;
	case DNS_ST_SEND_TCP:
		ret->bytes = write_query(d, q);
		q->found.tries++;
		dns_fire(d, q, DNS_EV_SENT, now);
		dns_tell_message(d, DNS_TOLD_QUERY_TCP, q, (struct hf_bytes){ ret->bytes.at + 2, ret->bytes.len - 2 }, now);
		return DNS_SEND_TCP;
	default:
		return DNS_WAITS;
	}
}

static bool find_room(struct dns *d, struct dns_query *q, hf_time_ns now)
{
	for (uint8_t i = 0; i < DNS_CONNS; i++) {
		struct dns_conn *c = &d->conn[i];

		if (c->taken)
			continue;
		c->taken = true;
		c->query = dns_query_number(d, q);
		c->got = 0;
		q->conn = i;
		dns_fire(d, q, DNS_EV_GOT_ROOM, now);
		return true;
	}
	return false;
}

static void look_at_clock(struct dns *d, hf_time_ns now)
{
	for (uint32_t i = 0; i < DNS_SOCKETS; i++) {
		struct dns_query *q = &d->query[i];
		const bool timed = q->state == DNS_ST_WAIT || q->state >= DNS_ST_CONNECTING;

		if (!timed || q->deadline > now)
			continue;
		dns_tell(d, DNS_TOLD_TIMEOUT, q, now)->x = (uint32_t)(d->cfg.timeout / HF_MS(1));
		dns_query_again(d, q, now);
	}
}

enum dns_does dns_query_next(struct dns *d, struct dns_ask *ret, hf_time_ns now)
{
	look_at_clock(d, now);
	for (unsigned i = 0; i < DNS_SOCKETS; i++) {
		if (d->close_socket[i]) {
			d->close_socket[i] = false;
			ret->socket = i;
			return DNS_CLOSE_UDP;
		}
	}
	for (unsigned i = 0; i < DNS_CONNS; i++) {
		if (d->conn[i].close) {
			d->conn[i].close = d->conn[i].open = d->conn[i].taken = false;
			ret->conn = i;
			return DNS_CLOSE_TCP;
		}
	}
	for (uint32_t i = 0; i < DNS_SOCKETS; i++) {
		struct dns_query *q = &d->query[i];
		enum dns_does does;

		if (q->state == DNS_ST_ROOM && !find_room(d, q, now))
			continue;
		does = want(d, q, ret, now);
		if (does != DNS_WAITS)
			return does;
	}
	return DNS_WAITS;
}

hf_time_ns dns_query_wake_at(const struct dns *d)
{
	hf_time_ns at = HF_NEVER;
	bool room = false;

	for (unsigned i = 0; i < DNS_CONNS; i++) {
		if (d->conn[i].close)
			return 0;
		room |= !d->conn[i].taken;
	}
	for (uint32_t i = 0; i < DNS_SOCKETS; i++) {
		const struct dns_query *q = &d->query[i];

		if (d->close_socket[i])
			return 0;
		switch ((enum dns_state)q->state) {
		case DNS_ST_FREE:
			break;
		case DNS_ST_ROOM:
			if (room)
				return 0;
			break;
		case DNS_ST_OPEN:
		case DNS_ST_SEND:
		case DNS_ST_CONNECT:
		case DNS_ST_SEND_TCP:
			return 0;
		default:
			at = hf_min_u64(at, q->deadline);
			break;
		}
	}
	return at;
}
