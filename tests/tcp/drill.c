/* SPDX-License-Identifier: MIT */
#include "drill.h"

#include "base/csum.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- the text of a segment ---- */

struct wanted {
	uint8_t flags;
	bool zero_seq, has_ack;
	int64_t seq, ack;
	uint32_t len;
	bool has_win, has_urg, has_gso, has_ts_values, has_ts, no_ts, no_mss, no_ws, has_mss, has_ws, sack_ok;
	uint32_t win, urg, gso, mss, ws, ts_val, ts_ecr;
};

static const char *skip_space(const char *p)
{
	while (*p == ' ')
		p++;
	return p;
}

static bool take_word(const char **p, const char *word)
{
	size_t n = strlen(word);
	const char *q = skip_space(*p);

	if (strncmp(q, word, n) != 0 || (q[n] != 0 && q[n] != ' ' && q[n] != ';'))
		return false;
	*p = q + n;
	return true;
}

static int64_t take_number(const char **p)
{
	char *end;
	long long v = strtoll(*p, &end, 10);

	if (end == *p) {
		fprintf(stderr, "no number at: %s\n", *p);
		abort();
	}
	*p = end;
	return v;
}

static const struct {
	char letter;
	uint8_t flag;
} letters[] = { { 'S', TCP_SYN }, { 'F', TCP_FIN }, { 'R', TCP_RST },
		{ 'P', TCP_PSH }, { 'U', TCP_URG }, { 'A', TCP_ACK } };

static bool take_segment(const char **p, struct wanted *ret)
{
	memset(ret, 0, sizeof *ret);
	*p = skip_space(*p);
	if (**p == ';')
		*p = skip_space(*p + 1);
	if (!**p)
		return false;
	for (; **p && **p != ' '; ++*p) {
		size_t i;

		for (i = 0; i < HF_ARRAY_LEN(letters) && letters[i].letter != **p; i++)
			;
		if (i < HF_ARRAY_LEN(letters))
			ret->flags |= letters[i].flag;
		else
			assert_true(**p == '-');
	}
	if (take_word(p, "z"))
		ret->zero_seq = true;
	else
		ret->seq = take_number(p);
	if (**p == '+') {
		++*p;
		ret->len = (uint32_t)take_number(p);
	}
	for (;;) {
		if (take_word(p, "ack")) {
			ret->has_ack = true;
			ret->ack = take_number(p);
		} else if (take_word(p, "win")) {
			ret->has_win = true;
			ret->win = (uint32_t)take_number(p);
		} else if (take_word(p, "mss")) {
			ret->has_mss = true;
			ret->mss = (uint32_t)take_number(p);
		} else if (take_word(p, "ws")) {
			ret->has_ws = true;
			ret->ws = (uint32_t)take_number(p);
		} else if (take_word(p, "urg")) {
			ret->has_urg = true;
			ret->urg = (uint32_t)take_number(p);
		} else if (take_word(p, "gso")) {
			ret->has_gso = true;
			ret->gso = (uint32_t)take_number(p);
		} else if (take_word(p, "ts")) {
			const char *q = skip_space(*p);

			ret->has_ts = true;
			if (*q >= '0' && *q <= '9') {
				*p = q;
				ret->has_ts_values = true;
				ret->ts_val = (uint32_t)take_number(p);
				assert_true(**p == '/');
				++*p;
				ret->ts_ecr = (uint32_t)take_number(p);
			}
		} else if (take_word(p, "sackok")) {
			ret->sack_ok = true;
		} else if (take_word(p, "nots")) {
			ret->no_ts = true;
		} else if (take_word(p, "nomss")) {
			ret->no_mss = true;
		} else if (take_word(p, "nows")) {
			ret->no_ws = true;
		} else {
			break;
		}
	}
	*p = skip_space(*p);
	if (**p && **p != ';') {
		fprintf(stderr, "not understood: %s\n", *p);
		abort();
	}
	return true;
}

static void put_flags(uint8_t flags, char *to)
{
	for (size_t i = 0; i < HF_ARRAY_LEN(letters); i++)
		if (flags & letters[i].flag)
			*to++ = letters[i].letter;
	*to = 0;
}

static void tell_out(const struct drill *d, const struct drill_out *o, char *to, size_t room)
{
	char flags[16];
	size_t n;

	put_flags(o->h.flags, flags);
	n = (size_t)snprintf(to, room, "%s ", flags[0] ? flags : "-");
	if (o->h.seq == 0 && (o->h.flags & TCP_RST))
		n += (size_t)snprintf(to + n, room - n, "z");
	else
		n += (size_t)snprintf(to + n, room - n, "%d", (int)(o->h.seq - d->iss));
	if (o->len)
		n += (size_t)snprintf(to + n, room - n, "+%u", o->len);
	if (o->h.flags & TCP_ACK)
		n += (size_t)snprintf(to + n, room - n, " ack %d", (int)(o->h.ack - d->peer_iss));
	n += (size_t)snprintf(to + n, room - n, " win %u", o->h.window);
	if (o->h.has_mss)
		n += (size_t)snprintf(to + n, room - n, " mss %u", o->h.mss);
	if (o->h.has_wscale)
		n += (size_t)snprintf(to + n, room - n, " ws %u", o->h.wscale);
	if (o->h.has_timestamps)
		n += (size_t)snprintf(to + n, room - n, " ts %u/%u", o->h.ts_val, o->h.ts_ecr);
	if (o->h.flags & TCP_URG)
		n += (size_t)snprintf(to + n, room - n, " urg %u", o->h.urgent);
	if (o->gso)
		snprintf(to + n, room - n, " gso %u", o->gso);
}

static bool matches(const struct drill *d, const struct wanted *w, const struct drill_out *o)
{
	uint32_t seq = w->zero_seq ? 0 : d->iss + (uint32_t)w->seq;

	if (o->h.flags != w->flags || o->h.seq != seq || o->len != w->len)
		return false;
	if (w->has_ack != !!(w->flags & TCP_ACK) || (w->has_ack && o->h.ack != d->peer_iss + (uint32_t)w->ack))
		return false;
	if (!w->has_ack && o->h.ack != 0)
		return false; /* nothing that could be taken for one */
	if ((w->has_win && o->h.window != w->win) || (w->has_urg && o->h.urgent != w->urg) ||
	    (w->has_gso && o->gso != w->gso))
		return false;
	if ((w->has_mss && (!o->h.has_mss || o->h.mss != w->mss)) || (w->no_mss && o->h.has_mss))
		return false;
	if ((w->has_ws && (!o->h.has_wscale || o->h.wscale != w->ws)) || (w->no_ws && o->h.has_wscale))
		return false;
	if ((w->has_ts && !o->h.has_timestamps) || (w->no_ts && o->h.has_timestamps))
		return false;
	return !w->has_ts_values || (o->h.ts_val == w->ts_val && o->h.ts_ecr == w->ts_ecr);
}

/* ---- the wire ---- */

uint8_t drill_octet(bool ours, uint32_t seq)
{
	return (uint8_t)((seq * 2654435761u >> 24) ^ (ours ? 0x55 : 0));
}

static void saw(void *arg, enum lab_side from, const struct tcp_out *out, const uint8_t *bytes, size_t n)
{
	struct drill *d = arg;
	struct drill_out *o;
	hf_time_ns at = d->lab->now;

	assert_int_equal(from, LAB_A);
	assert_true(d->in_out < DRILL_OUT);
	o = &d->out[d->in_out++];
	o->at = at;
	assert_int_equal(tcp_parse((struct hf_bytes){ bytes, n }, &o->h), HF_OK);
	assert_true(tcp_csum_ok((struct hf_bytes){ bytes, n }, &out->src, &out->dst));
	o->len = (uint32_t)o->h.payload.len;
	o->gso = out->frame->gso_size;
	o->ttl = out->ttl;
	o->tos = out->tos;
	o->src = out->src;
	if (!(o->h.flags & TCP_RST) && o->h.has_timestamps)
		d->ts_seen = o->h.ts_val;
	if ((o->h.flags & TCP_SYN) && !d->iss_known && o->h.src_port == d->local_port && o->h.dst_port == d->peer_port) {
		d->iss = o->h.seq;
		d->iss_known = true;
	}
	if (d->any_payload)
		return;
	for (uint32_t i = 0; i < o->len; i++)
		assert_int_equal(o->h.payload.at[i], drill_octet(true, o->h.seq - d->iss + i));
}

static void vtext(char *to, size_t room, const char *fmt, va_list ap)
{
	int n = vsnprintf(to, room, fmt, ap);

	assert_true(n >= 0 && (size_t)n < room);
}

void drill_peer(struct drill *d, const char *file, int line, const char *fmt, ...)
{
	static uint8_t data[66000];
	char text[1024];
	const char *p = text;
	struct wanted w;
	va_list ap;

	(void)file;
	(void)line;
	va_start(ap, fmt);
	vtext(text, sizeof text, fmt, ap);
	va_end(ap);
	while (take_segment(&p, &w)) {
		struct tcp_header h = { .src_port = d->peer_port, .dst_port = d->local_port };

		h.flags = w.flags;
		h.seq = d->peer_iss + (uint32_t)w.seq;
		h.ack = w.has_ack ? d->iss + (uint32_t)w.ack : 0;
		h.window = w.has_win ? (uint16_t)w.win : d->win;
		h.has_mss = w.has_mss;
		h.mss = (uint16_t)w.mss;
		h.has_wscale = w.has_ws;
		h.wscale = (uint8_t)w.ws;
		h.urgent = (uint16_t)w.urg;
		h.sack_permitted = w.sack_ok;
		h.has_timestamps = w.has_ts || (d->ts && !w.no_ts);
		h.ts_val = w.has_ts_values ? w.ts_val : d->ts_val;
		h.ts_ecr = w.has_ts_values ? w.ts_ecr : (w.flags & TCP_ACK) ? d->ts_seen : 0;
		if (w.has_ts && (w.flags & TCP_SYN))
			d->ts = true;
		assert_true(w.len <= sizeof data);
		for (uint32_t i = 0; i < w.len; i++)
			data[i] = drill_octet(false, (uint32_t)w.seq + (w.flags & TCP_SYN ? 1 : 0) + i);
		lab_inject(d->lab, LAB_A, h, data, w.len);
	}
}

void drill_sees(struct drill *d, const char *file, int line, const char *fmt, ...)
{
	char text[2048];
	const char *p = text;
	struct wanted w;
	uint32_t at = d->looked;
	bool good = true;
	va_list ap;

	va_start(ap, fmt);
	vtext(text, sizeof text, fmt, ap);
	va_end(ap);
	lab_step(d->lab);
	while (take_segment(&p, &w)) {
		if (at == d->in_out || !matches(d, &w, &d->out[at]))
			good = false;
		if (at < d->in_out)
			at++;
	}
	if (good && at == d->in_out) {
		d->looked = d->in_out;
		if (d->in_out > DRILL_OUT / 2)
			d->in_out = d->looked = 0;
		return;
	}
	print_error("%s:%d: wanted: %s\n", file, line, text);
	for (uint32_t i = d->looked; i < d->in_out; i++) {
		char have[256];

		tell_out(d, &d->out[i], have, sizeof have);
		print_error("   went out: %s\n", have);
	}
	if (d->looked == d->in_out)
		print_error("   nothing went out\n");
	_fail(file, line);
}

void drill_forget_out(struct drill *d)
{
	lab_step(d->lab);
	d->in_out = d->looked = 0;
}

void pass(struct drill *d, hf_time_ns span)
{
	lab_run_for(d->lab, span);
}

hf_time_ns drill_until_sent(struct drill *d, hf_time_ns span)
{
	hf_time_ns start = d->lab->now, end = start + span;

	lab_step(d->lab);
	while (d->looked == d->in_out && d->lab->now < end) {
		hf_time_ns next = hf_min_u64(hf_wheel_wake_at(&d->lab->host[LAB_A].wheel), end);

		lab_run_for(d->lab, next > d->lab->now ? next - d->lab->now : 0);
	}
	return d->looked == d->in_out ? HF_NEVER : d->lab->now - start;
}

/* ---- making and ending ---- */

static void (*tune_one)(struct hf_host_config *c);

static void tune_both(struct hf_host_config *a, struct hf_host_config *b)
{
	a->tcp.recv_window = 20000;
	b->limits.chunks = b->limits.slices = 1;
	b->limits.trace = 16;
	if (tune_one)
		tune_one(a);
}

struct drill *drill_new(void (*tune)(struct hf_host_config *c))
{
	struct drill *d = calloc(1, sizeof *d);

	assert_non_null(d);
	tune_one = tune;
	d->lab = lab_new(0, tune_both);
	d->lab->silent = true;
	d->lab->tap = saw;
	d->lab->tap_arg = d;
	d->tcp = &d->lab->host[LAB_A].tcp;
	d->local_port = DRILL_LOCAL_PORT;
	d->peer_port = DRILL_PEER_PORT;
	d->peer_iss = DRILL_PEER_ISS;
	d->win = 65535;
	d->ts_val = 70000;
	return d;
}

void drill_free(struct drill *d)
{
	lab_free(d->lab);
	free(d);
}

void drill_end(struct drill *d)
{
	hf_listener none = { 0 };

	if (d->named)
		drill_abort(d);
	if (memcmp(&d->listener, &none, sizeof none) != 0)
		(void)!tcp_unlisten(d->tcp, d->listener, d->lab->now);
	for (int i = 0; i < 400 && hf_wheel_wake_at(&d->lab->host[LAB_A].wheel) != HF_NEVER; i++) {
		pass(d, HF_S(10));
		drill_forget_out(d);
	}
	drill_forget_out(d);
	lab_expect_empty(d->lab);
	drill_free(d);
}

/* ---- looking ---- */

static void fill_key(struct drill *d, struct tcp_key *k)
{
	memset(k, 0, sizeof *k);
	k->remote = d->lab->host[LAB_B].addr;
	k->local_port = d->local_port;
	k->remote_port = d->peer_port;
	k->local = tcp_local_index(d->tcp, &d->lab->host[LAB_A].addr);
}

const char *drill_state(struct drill *d)
{
	struct tcp_key k;
	uint32_t ref, slot;

	fill_key(d, &k);
	ref = tcp_lookup(d->tcp, &k);
	if (ref != HF_NONE) {
		switch (TCP_REF_KIND(ref)) {
		case TCP_REF_CONN:
			return hf_tcp_state_name(tcp_conn_at(d->tcp, TCP_REF_INDEX(ref))->state);
		case TCP_REF_HALF:
			return "SYN_RECEIVED";
		case TCP_REF_TW:
			return hf_tcp_state_name(tcp_tw_at(d->tcp, TCP_REF_INDEX(ref))->state);
		}
	}
	return tcp_listener_for(d->tcp, &d->lab->host[LAB_A].addr, d->local_port, &slot) ? "LISTEN" : "CLOSED";
}

uint32_t drill_count(struct drill *d, enum hf_trace_kind kind)
{
	return lab_count(d->lab, LAB_A, kind);
}

struct hf_conn_info drill_info(struct drill *d)
{
	struct hf_conn_info i;

	assert_int_equal(tcp_status(d->tcp, d->conn, &i), HF_OK);
	return i;
}

struct tcp_conn *drill_block(struct drill *d)
{
	struct tcp_conn *c = d->named ? tcp_conn_get(d->tcp, d->conn) : NULL;
	struct tcp_key k;
	uint32_t ref;

	if (c)
		return c;
	fill_key(d, &k);
	ref = tcp_lookup(d->tcp, &k);
	assert_true(ref != HF_NONE && TCP_REF_KIND(ref) == TCP_REF_CONN);
	return tcp_conn_at(d->tcp, TCP_REF_INDEX(ref));
}

uint32_t drill_events(struct drill *d)
{
	struct hf_event e;
	uint32_t what = 0;

	while (tcp_next_event(d->tcp, &e)) {
		if (e.what != HF_EV_ACCEPT)
			assert_int_equal(e.conn.slot, d->conn.slot);
		what |= e.what;
	}
	return what;
}

/* ---- the user ---- */

static void now_is(struct drill *d)
{
	d->lab->host[LAB_A].trace.now = d->lab->now;
}

static void after_call(struct drill *d)
{
	tcp_check(d->tcp);
	drill_count(d, HF_TR_TCP_STATE);
}

void drill_listen(struct drill *d)
{
	struct hf_endpoint local = { .addr = d->lab->host[LAB_A].addr, .port = d->local_port };

	now_is(d);
	assert_int_equal(tcp_listen(d->tcp, &local, &d->listener), HF_OK);
	after_call(d);
}

void drill_connect(struct drill *d)
{
	struct hf_endpoint local = { .addr = d->lab->host[LAB_A].addr, .port = d->local_port };
	struct hf_endpoint remote = { .addr = d->lab->host[LAB_B].addr, .port = d->peer_port };

	now_is(d);
	assert_int_equal(tcp_connect(d->tcp, &remote, &local, d->lab->host[LAB_A].cfg.mtu_bytes, d->lab->now, &d->conn),
			 HF_OK);
	d->named = true;
	after_call(d);
}

hf_status drill_accept(struct drill *d)
{
	hf_status s;

	now_is(d);
	s = tcp_accept(d->tcp, d->listener, &d->conn);
	if (s == HF_OK)
		d->named = true;
	after_call(d);
	return s;
}

void drill_write(struct drill *d, uint32_t n)
{
	uint8_t *b = malloc(n + 1);
	size_t took;

	for (uint32_t i = 0; i < n; i++)
		b[i] = drill_octet(true, d->written + 1 + i);
	now_is(d);
	assert_int_equal(tcp_write(d->tcp, d->conn, (struct hf_bytes){ b, n }, TCP_WRITE_COPY, d->lab->now, &took), HF_OK);
	assert_int_equal(took, n);
	d->written += n;
	free(b);
	after_call(d);
}

uint32_t drill_read(struct drill *d, uint32_t n)
{
	struct hf_bytes spans[8];
	size_t count;
	uint32_t done = 0;

	now_is(d);
	while (done < n && tcp_read(d->tcp, d->conn, spans, 8, &count) == HF_OK && count > 0) {
		uint32_t got = 0;

		for (size_t i = 0; i < count && done < n; i++) {
			for (size_t k = 0; k < spans[i].len && done < n; k++, done++, got++)
				assert_int_equal(spans[i].at[k], drill_octet(false, d->read + done + 1));
		}
		assert_int_equal(tcp_consume(d->tcp, d->conn, got, d->lab->now), HF_OK);
	}
	d->read += done;
	after_call(d);
	return done;
}

hf_status drill_readable(struct drill *d, size_t *ret_n)
{
	struct hf_bytes spans[64];
	size_t count;
	hf_status s = tcp_read(d->tcp, d->conn, spans, 64, &count);

	*ret_n = 0;
	for (size_t i = 0; i < count; i++)
		*ret_n += spans[i].len;
	return s;
}

void drill_shut(struct drill *d)
{
	now_is(d);
	assert_int_equal(tcp_shut(d->tcp, d->conn, d->lab->now), HF_OK);
	after_call(d);
}

void drill_close(struct drill *d)
{
	now_is(d);
	assert_int_equal(tcp_close(d->tcp, d->conn, d->lab->now), HF_OK);
	d->named = false;
	after_call(d);
}

void drill_abort(struct drill *d)
{
	now_is(d);
	assert_int_equal(tcp_abort(d->tcp, d->conn, d->lab->now), HF_OK);
	d->named = false;
	after_call(d);
}

void drill_icmp(struct drill *d, uint8_t type, uint8_t code, uint32_t seq, uint32_t mtu)
{
	struct tcp_icmp e = { .local = { d->lab->host[LAB_A].addr, d->local_port },
			      .remote = { d->lab->host[LAB_B].addr, d->peer_port },
			      .seq = d->iss + seq,
			      .type = type,
			      .code = code,
			      .mtu = mtu };

	now_is(d);
	tcp_icmp(d->tcp, &e, d->lab->now);
	after_call(d);
}

/* ---- ways ---- */

static void forget_past(struct drill *d)
{
	drill_events(d);
	drill_forget_out(d);
	lab_forget(d->lab);
}

void drill_open(struct drill *d, const char *syn)
{
	drill_connect(d);
	sees(d, "S 0");
	peer(d, "SA 0 ack 1 %s", syn);
	sees(d, "A 1 ack 1");
	in_state(d, "ESTABLISHED");
	forget_past(d);
}

void drill_open_passive(struct drill *d, const char *syn)
{
	drill_listen(d);
	peer(d, "S 0 %s", syn);
	sees(d, "SA 0 ack 1");
	peer(d, "A 1 ack 1");
	assert_int_equal(drill_accept(d), HF_OK);
	in_state(d, "ESTABLISHED");
	forget_past(d);
}

const char *const drill_place_names[DRILL_PLACES] = { "CLOSED",
						      "LISTEN",
						      "SYN_SENT",
						      "SYN_RECEIVED passive",
						      "SYN_RECEIVED active",
						      "ESTABLISHED",
						      "FIN_WAIT_1",
						      "FIN_WAIT_2",
						      "CLOSE_WAIT",
						      "CLOSING",
						      "LAST_ACK",
						      "TIME_WAIT, block held",
						      "TIME_WAIT, bare" };

void drill_go(struct drill *d, enum drill_place to)
{
	switch (to) {
	case AT_CLOSED:
		break;
	case AT_LISTEN:
		drill_listen(d);
		break;
	case AT_SYN_SENT:
		drill_connect(d);
		sees(d, "S 0");
		break;
	case AT_SYN_RECEIVED_PASSIVE:
		drill_listen(d);
		peer(d, "S 0 mss 1460");
		sees(d, "SA 0 ack 1");
		break;
	case AT_SYN_RECEIVED_ACTIVE:
		drill_connect(d);
		sees(d, "S 0");
		peer(d, "S 0 mss 1460");
		sees(d, "SA 0 ack 1");
		break;
	case AT_ESTABLISHED:
		drill_open(d, "mss 1460");
		break;
	case AT_FIN_WAIT_1:
		drill_open(d, "mss 1460");
		drill_shut(d);
		sees(d, "FA 1 ack 1");
		break;
	case AT_FIN_WAIT_2:
		drill_go(d, AT_FIN_WAIT_1);
		peer(d, "A 1 ack 2");
		break;
	case AT_CLOSE_WAIT:
		drill_open(d, "mss 1460");
		peer(d, "FA 1 ack 1");
		sees(d, "A 1 ack 2");
		break;
	case AT_CLOSING:
		drill_go(d, AT_FIN_WAIT_1);
		peer(d, "FA 1 ack 1");
		sees(d, "A 2 ack 2");
		break;
	case AT_LAST_ACK:
		drill_go(d, AT_CLOSE_WAIT);
		drill_shut(d);
		sees(d, "FA 1 ack 2");
		break;
	case AT_TIME_WAIT_HELD:
	case AT_TIME_WAIT_BARE:
		drill_go(d, AT_FIN_WAIT_2);
		peer(d, "FA 1 ack 2");
		sees(d, "A 2 ack 2");
		if (to == AT_TIME_WAIT_BARE)
			drill_close(d);
		break;
	case DRILL_PLACES:
		break;
	}
	assert_memory_equal(drill_state(d), drill_place_names[to], strlen(drill_state(d)));
	forget_past(d);
}
