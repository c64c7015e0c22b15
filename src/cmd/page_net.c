/* SPDX-License-Identifier: MIT */

/*
 * Theory of operation
 *
 * The loader (page/page.h) says which connections it wants, what goes out on them, and what is not wanted any more; here that
 * is done over streams of either net. A connection passes through: its name is looked up and its addresses raced (reach.h),
 * TLS, with a session of an earlier connection to the same server if there is one (talk.h), then octets both ways, and an
 * end in good order, for which nobody waits but the end of the program. What happens on the way is told to the report by
 * page_told.c, and why it did not work by page_fault.c.
 */
#define _GNU_SOURCE
#include "cmd/page.h"

#include "cmd/loop_sim.h"

#include "base/bits.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define PIECES 64u /* of what came, that are looked at together */
#define CLOSE_WITHIN HF_S(2)

/* ---- sessions ---- */

static void keep_session(struct page_load *p, const struct page_conn *c, struct hf_bytes octets)
{
	struct page_session *s = calloc(1, sizeof(*s));
	uint8_t *copy = malloc(octets.len ? octets.len : 1);

	if (!s || !copy) { /* the next handshake is a full one */
		free(s);
		free(copy);
		return;
	}
	memcpy(copy, octets.at, octets.len);
	snprintf(s->host, sizeof(s->host), "%s", c->host);
	s->port = c->port;
	s->octets.at = copy;
	s->octets.len = octets.len;
	s->next = p->sessions;
	p->sessions = s;
}

static void wipe(struct hf_bytes *b)
{
	if (b->at)
		explicit_bzero((void *)(uintptr_t)b->at, b->len);
	free((void *)(uintptr_t)b->at);
	*b = (struct hf_bytes){ NULL, 0 };
}

/* The newest one, once (RFC 8446 C.4). */
static struct hf_bytes take_session(struct page_load *p, const struct page_conn *c)
{
	struct hf_bytes octets = { NULL, 0 };

	for (struct page_session **at = &p->sessions; *at; at = &(*at)->next) {
		struct page_session *s = *at;

		if (s->port != c->port || strcasecmp(s->host, c->host) != 0)
			continue;
		octets = s->octets;
		*at = s->next;
		free(s);
		break;
	}
	return octets;
}

/* ---- opening and closing all of it ---- */

static int open_side(struct page_load *p)
{
	uint8_t seed[32];
	int code = loop_draw_seed(&p->streams.loop, CMD_page, LOOP_SALT_CLIENT, seed);

	secure_offer_http(&p->o.secure);
	p->o.secure.tls.want_staple = true;
	if (p->o.simulated && p->o.secure.cacerts == 0)
		p->o.secure.own_trust = loop_simulated_authority(&p->streams.loop);
	if (code == 0)
		code = secure_side_open(&p->side, CMD_page, &p->o.secure, false, streams_epoch_ns(&p->streams), seed);
	explicit_bzero(seed, sizeof(seed));
	if (code != 0)
		return code;
	p->has_side = true;
	secure_side_capture(&p->side, &p->streams.loop);
	return 0;
}

int page_net_open(struct page_load *p)
{
	const struct loop_options options = {
		.command = CMD_page,
		.net = p->o.net,
		.pcap = p->o.pcap,
		.records = true,
		.defaults = { .limits = { .conns = 512,
					  .half_open = 16,
					  .time_wait = 4096,
					  .chunks = 32768,
					  .udp_sockets = DNS_SOCKETS + 2 },
			      .tcp = { .nodelay = true, .recv_window = 4u << 20 } },
		.url = p->o.url,
	};
	uint8_t seed[32];
	int code = streams_open(&p->streams, &options);

	if (code != 0)
		return code;
	p->has_streams = true;
	if (p->streams.loop.sim) { /* whom to ask is part of what is simulated */
		if (p->o.names.servers == 0)
			p->o.names.server[p->o.names.servers++] = loop_sim_name_server(p->streams.loop.sim);
		p->o.names.resolv = p->o.names.resolv ? p->o.names.resolv : "";
		p->o.names.hosts = p->o.names.hosts ? p->o.names.hosts : "";
	}
	code = loop_draw_seed(&p->streams.loop, CMD_page, LOOP_SALT_NAMES, seed);
	if (code == 0)
		code = names_open(&p->names, &p->o.names, &p->streams, seed);
	explicit_bzero(seed, sizeof(seed));
	if (code == 0)
		code = page_tape_open(p);
	return code ? code : open_side(p);
}

static void free_conn(struct page_load *p, struct page_conn *c)
{
	for (struct page_conn **at = &p->conns; *at; at = &(*at)->next) {
		if (*at != c)
			continue;
		*at = c->next;
		break;
	}
	if (c->reaching)
		reach_end(&c->reach);
	if (c->talking)
		talk_close(&c->talk);
	else if (c->open)
		stream_abort(&c->stream);
	talk_queue_free(&c->out);
	wipe(&c->session);
	free(c);
}

void page_net_close(struct page_load *p)
{
	struct page_session *s;

	while (p->conns)
		free_conn(p, p->conns);
	while ((s = p->sessions) != NULL) {
		p->sessions = s->next;
		wipe(&s->octets);
		free(s);
	}
	if (p->names.dns)
		names_close(&p->names);
	page_tape_close(p->tape);
	p->tape = NULL;
	if (p->has_side)
		secure_side_close(&p->side);
	p->has_side = false;
	if (p->has_streams)
		streams_close(&p->streams);
	p->has_streams = false;
}

struct page_conn *page_net_find(struct page_load *p, uint32_t number)
{
	struct page_conn *c = p->conns;

	while (c && c->number != number)
		c = c->next;
	return c;
}

/* ---- what the loader wants ---- */

static struct report_conn *row_of(struct page_load *p, const struct page_conn *c)
{
	return &p->report.conn[c->number];
}

static void end_it(struct page_load *p, struct page_conn *c, const struct report_fault *why)
{
	struct report_conn *row = row_of(p, c);

	if (row->closed == HF_NEVER)
		row->closed = p->streams.now;
	if (why && !c->closing && row->fault.code == REPORT_E_NONE)
		row->fault = *why;
	if (c->ended)
		return;
	c->ended = true;
	page_ended(p->page, c->number, why, p->streams.now);
}

static void begin_conn(struct page_load *p, const struct page_ask *ask)
{
	const struct reach_config cfg = { .streams = &p->streams,
					  .timeout = p->o.connect_timeout,
					  .public_only = p->o.public_only };
	struct page_conn *c = calloc(1, sizeof(*c));
	struct names_lookup *lookup = c ? names_find(&p->names, ask->host, ask->port) : NULL;
	struct report_conn *row = &p->report.conn[ask->conn];
	struct report_fault why = { 0 };

	if (!lookup) {
		free(c);
		report_fail(&why, REPORT_E_NO_MEMORY, REPORT_US, p->streams.now, NULL, "%s", "");
		page_ended(p->page, ask->conn, &why, p->streams.now);
		return;
	}
	c->number = ask->conn;
	snprintf(c->host, sizeof(c->host), "%s", ask->host);
	c->port = ask->port;
	c->secure = ask->secure;
	row->host = report_keep(&p->report, c->host);
	row->port = c->port;
	row->secure = c->secure;
	if (!lookup->done)
		row->lookup_begin = lookup->asked ? p->streams.now : lookup->begin;
	reach_begin(&c->reach, &cfg, lookup, c->port);
	c->reaching = true;
	c->next = p->conns;
	p->conns = c;
}

static void close_conn(struct page_load *p, struct page_conn *c, bool abort)
{
	const hf_time_ns within = p->streams.loop.sim ? loop_patience(&p->streams.loop) : CLOSE_WITHIN;
	struct report_conn *row = row_of(p, c);

	if (row->closed == HF_NEVER) {
		row->closed = p->streams.now;
		row->closed_by_us = true;
	}
	c->ended = true;
	if (c->reaching || abort || !(c->open || c->talking) || (c->talking && !c->talk.connected)) {
		free_conn(p, c);
		return;
	}
	c->closing = true;
	c->until = p->streams.now + within;
	if (c->talking) {
		c->talk.linger = within;
		talk_end(&c->talk, p->streams.now);
	}
}

void page_net_do(struct page_load *p, const struct page_ask *ask)
{
	struct page_conn *c = ask->what == PAGE_CONNECT ? NULL : page_net_find(p, ask->conn);

	switch (ask->what) {
	case PAGE_CONNECT:
		begin_conn(p, ask);
		break;
	case PAGE_SEND:
		if (c && talk_queue_add(c->talking ? &c->talk.out : &c->out, ask->bytes))
			c->owes_sent = true;
		break;
	case PAGE_CLOSE:
		if (c)
			close_conn(p, c, ask->abort);
		break;
	case PAGE_STYLED:
		page_picture_begin(p);
		break;
	case PAGE_LOADED: /* page_is_over() says so too */
	case PAGE_WAITS:
		break;
	}
}

/* ---- a connection's life ---- */

static bool begin_tls(struct page_load *p, struct page_conn *c)
{
	const struct hf_tls_start start = { .name = hf_bytes_of(c->host), .session = (c->session = take_session(p, c)) };
	struct report_fault why = { 0 };

	row_of(p, c)->tls_begin = p->streams.now;
	c->talking = true;
	if (talk_open(&c->talk, &p->side, &c->stream, &start, p->streams.now) == HF_OK) {
		(void)!talk_keep_messages(&c->talk); /* without, their octets are not told */
		return true;
	}
	report_fail(&why, REPORT_E_NO_MEMORY, REPORT_US, p->streams.now, NULL, "TLS cannot begin");
	end_it(p, c, &why);
	free_conn(p, c);
	return true;
}

static bool go_on_reaching(struct page_load *p, struct page_conn *c)
{
	struct report_fault why = { 0 };
	bool any = reach_step(&c->reach);

	page_tell_lookup(p, c);
	page_tell_attempts(p, c);
	if (c->reach.state == REACH_FAILED) {
		page_fault_of_reach(p, c, &why);
		end_it(p, c, &why);
		free_conn(p, c);
		return true;
	}
	if (c->reach.state != REACH_THERE)
		return any;
	c->reaching = false;
	c->stream = reach_take(&c->reach);
	c->open = true;
	page_tell_connected(p, c);
	if (c->secure)
		return begin_tls(p, c);
	page_connected(p->page, c->number, p->streams.now);
	return true;
}

static bool push(struct page_load *p, struct page_conn *c)
{
	size_t n = stream_write(&c->stream, talk_queue_bytes(&c->out));

	talk_queue_drop(&c->out, n);
	row_of(p, c)->octets_out += n;
	if (c->owes_sent && c->out.len == 0 && !c->ended) {
		c->owes_sent = false;
		page_sent(p->page, c->number, p->streams.now);
		return true;
	}
	return n > 0;
}

static bool go_on_plain(struct page_load *p, struct page_conn *c)
{
	struct hf_bytes spans[PIECES];
	struct report_fault why = { 0 };
	size_t n = 0, total = 0;
	bool eof = false, any;
	hf_status st;

	any = push(p, c);
	st = stream_read(&c->stream, spans, PIECES, &n, &eof);
	for (size_t i = 0; i < n; i++) {
		if (!c->ended)
			page_feed(p->page, c->number, spans[i], p->streams.now);
		total += spans[i].len;
	}
	row_of(p, c)->octets_in += total;
	if (total > 0)
		stream_consume(&c->stream, total);
	if (total > 0 || c->ended)
		return any || total > 0;
	if (st != HF_OK) {
		page_fault_of_stream(p, c, st, &why);
		end_it(p, c, &why);
		free_conn(p, c);
		return true;
	}
	if (eof) {
		end_it(p, c, NULL);
		return true;
	}
	return any;
}

static void count_octets(struct page_load *p, struct page_conn *c)
{
	struct hf_conn_info info;

	if (stream_status(&c->talk.stream, &info) != HF_OK)
		return;
	row_of(p, c)->octets_out = info.sent;
	row_of(p, c)->octets_in = info.received;
}

static bool take_tls(struct page_load *p, struct page_conn *c, enum talk_does does, struct hf_bytes data, bool plain_http)
{
	struct report_fault why = { 0 };

	page_tell_tls(p, c);
	switch (does) {
	case TALK_CONNECTED:
		page_tell_handshake(p, c);
		wipe(&c->session);
		if (!c->ended)
			page_connected(p->page, c->number, p->streams.now);
		break;
	case TALK_DATA:
	case TALK_EARLY_DATA: /* lent until the next step of any conversation: the loader copies at once */
		if (!c->ended)
			page_feed(p->page, c->number, data, p->streams.now);
		break;
	case TALK_SESSION:
		keep_session(p, c, data);
		break;
	case TALK_ENDED:
		page_tell_handshake(p, c);
		count_octets(p, c);
		if (c->talk.end == TALK_CLOSED && c->talk.connected) {
			end_it(p, c, NULL);
			break;
		}
		page_fault_of_tls(p, c, plain_http, &why);
		end_it(p, c, &why);
		if (c->talk.end != TALK_BROKEN && !c->closing) { /* an alert of ours should still be read */
			c->closing = true;
			c->until = p->streams.now + CLOSE_WITHIN;
			talk_end(&c->talk, p->streams.now);
		}
		break;
	case TALK_WAITS:
		return false;
	}
	return true;
}

static bool go_on_talking(struct page_load *p, struct page_conn *c)
{
	struct hf_bytes data = { NULL, 0 };
	bool plain_http = talk_hears_plain_http(&c->talk), any;
	const enum talk_does does = talk_step(&c->talk, p->streams.now, &data);

	any = take_tls(p, c, does, data, plain_http);
	count_octets(p, c);
	if (c->owes_sent && c->talk.out.len == 0 && secure_out(&c->talk.secure).len == 0 && !c->ended && c->talk.connected) {
		c->owes_sent = false;
		page_sent(p->page, c->number, p->streams.now);
		any = true;
	}
	return any;
}

/* True when it is over with. A FIN of each side and the last ACK are waited for, so that both ends forget it in good order. */
static bool is_wound_down(struct page_load *p, struct page_conn *c)
{
	struct stream *s = c->talking ? &c->talk.stream : &c->stream;
	struct hf_conn_info info;

	if (p->streams.now >= c->until || stream_status(s, &info) != HF_OK)
		return true;
	if (!c->talking && !c->shut && c->out.len == 0) {
		stream_shut(s);
		c->shut = true;
		return false;
	}
	return info.state == HF_TCP_CLOSED || info.state == HF_TCP_TIME_WAIT || (c->talking && c->talk.gone);
}

static bool look_at(struct page_load *p, struct page_conn *c)
{
	if (c->reaching)
		return go_on_reaching(p, c);
	return c->talking ? go_on_talking(p, c) : go_on_plain(p, c);
}

bool page_net_step(struct page_load *p)
{
	bool any = names_step(&p->names);

	page_tell_dns(p);
	for (struct page_conn *c = p->conns, *next; c; c = next) {
		const uint32_t number = c->number;

		next = c->next;
		any |= look_at(p, c);
		c = page_net_find(p, number);
		if (!c)
			continue;
		page_tell_kernel_state(p, c);
		if (!c->closing || !is_wound_down(p, c))
			continue;
		if (c->talking)
			c->talk.gone = true; /* it is closed, not reset */
		else
			stream_close(&c->stream);
		c->open = false;
		free_conn(p, c);
		any = true;
	}
	return any;
}

hf_time_ns page_net_wake_at(const struct page_load *p)
{
	hf_time_ns at = names_wake_at(&p->names);

	for (const struct page_conn *c = p->conns; c; c = c->next) {
		if (c->reaching)
			at = hf_min_u64(at, reach_wake_at(&c->reach));
		if (c->talking)
			at = hf_min_u64(at, talk_deadline(&c->talk));
		if (c->closing)
			at = hf_min_u64(at, c->until);
	}
	return at;
}

hf_status page_net_turn(struct page_load *p, hf_time_ns wait_at_most)
{
	hf_status st = streams_turn(&p->streams, wait_at_most);

	page_tape_drain(p);
	return st;
}

void page_net_wind_down(struct page_load *p)
{
	const hf_time_ns end = p->streams.now + loop_patience(&p->streams.loop);

	for (struct page_conn *c = p->conns, *next; c; c = next) {
		next = c->next;
		if (!c->closing)
			close_conn(p, c, c->reaching);
	}
	while (p->conns && p->streams.now < end) {
		hf_time_ns at = hf_min_u64(end, page_net_wake_at(p));

		while (page_net_step(p))
			;
		if (!p->conns || page_net_turn(p, at - hf_min_u64(at, p->streams.now)) != HF_OK)
			break;
	}
	while (p->conns)
		free_conn(p, p->conns);
	streams_drain(&p->streams);
	page_tape_drain(p);
}
