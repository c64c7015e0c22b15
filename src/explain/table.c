/* SPDX-License-Identifier: MIT */
#include "explain/table.h"

#include "base/bits.h"
#include "wire/addr.h"
#include "wire/tls_wire.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum column { STATE, LOCAL, REMOTE, UNACKED, UNREAD, RTT, RTO, CWND, RESENT, TLS, TIMERS, COLUMN_COUNT };

static const char *const heads[COLUMN_COUNT] = { "STATE", "LOCAL", "REMOTE", "UNACKED", "UNREAD", "RTT",
						 "RTO",   "CWND",  "RESENT", "TLS",     "TIMERS" };
static const bool numbers[COLUMN_COUNT] = {
	[UNACKED] = true, [UNREAD] = true, [RTT] = true, [RTO] = true, [CWND] = true, [RESENT] = true
};

static void add_cell(struct text *t, enum column c, const struct hf_conn_info *row, const struct table_tls *tls,
		     hf_time_ns now);
static void add_tls(struct text *t, const struct table_tls *tls);
static void add_timers(struct text *t, const struct hf_conn_info *row, hf_time_ns now);
static bool has_block(const struct hf_conn_info *row);
static void put_endpoint(struct json *j, const char *key, const struct hf_endpoint *e);

static void put_object(struct json *j, const struct hf_conn_info *row);

void table_states(struct text *out, const struct hf_conn_info *rows, const struct table_tls *tls, size_t n,
		  hf_time_ns now, const struct look *look)
{
	size_t width[COLUMN_COUNT];
	bool any_tls = false;
	struct text cell;

	text_init(&cell);
	for (size_t i = 0; i < n && tls; i++)
		any_tls |= tls[i].there;
	for (enum column c = 0; c < COLUMN_COUNT; c++) {
		width[c] = strlen(heads[c]);
		for (size_t i = 0; i < n; i++) {
			text_clear(&cell);
			add_cell(&cell, c, &rows[i], tls ? &tls[i] : NULL, now);
			width[c] = hf_max_u64(width[c], cell.len);
		}
	}
	for (size_t i = 0; i <= n; i++) {
		if (i == 0 && look->colour)
			text_add(out, "\033[1m");
		for (enum column c = 0; c < COLUMN_COUNT; c++) {
			size_t pad;

			if (c == TLS && !any_tls)
				continue;
			text_clear(&cell);
			if (i == 0)
				text_add(&cell, heads[c]);
			else
				add_cell(&cell, c, &rows[i - 1], tls ? &tls[i - 1] : NULL, now);
			pad = width[c] - cell.len;
			text_fill(out, ' ', numbers[c] ? pad : 0);
			text_add(out, text_str(&cell));
			if (c + 1 < COLUMN_COUNT)
				text_fill(out, ' ', (numbers[c] ? 0 : pad) + 2);
		}
		text_add(out, i == 0 && look->colour ? "\033[0m\n" : "\n");
	}
	text_free(&cell);
}

static void put_tls(struct json *j, const struct table_tls *tls)
{
	json_key(j, "tls");
	if (!tls || !tls->there) {
		json_null(j);
		return;
	}
	json_object(j);
	json_put_string(j, "version", tls->version ? tls_version_name(tls->version) : NULL);
	json_put_string(j, "suite", tls->suite ? tls_suite_name(tls->suite) : NULL);
	json_put_string(j, "sni", tls->name && tls->name[0] ? tls->name : NULL);
	json_object_end(j);
}

void table_states_json(struct text *out, const struct hf_conn_info *rows, const struct table_tls *tls, size_t n,
		       hf_time_ns now)
{
	struct json j = json_over(out);

	json_object(&j);
	json_put_u64(&j, "now_ns", now);
	json_key(&j, "connections");
	json_array(&j);
	for (size_t i = 0; i < n; i++) {
		json_object(&j);
		put_object(&j, &rows[i]);
		put_tls(&j, tls ? &tls[i] : NULL);
		json_object_end(&j);
	}
	json_array_end(&j);
	json_object_end(&j);
}

void table_state_json(struct json *j, const struct hf_conn_info *row)
{
	json_object(j);
	put_object(j, row);
	json_object_end(j);
}

static void put_object(struct json *j, const struct hf_conn_info *row)
{
	json_put_string(j, "state", hf_tcp_state_name(row->state));
	json_put_u64(j, "id", row->id);
	put_endpoint(j, "local", &row->local);
	put_endpoint(j, "remote", &row->remote);
	json_put_bool(j, "passive", row->passive);
	json_put_bool(j, "closed_by_user", row->closed_by_user);
	json_put_bool(j, "read_eof", row->read_eof);
	json_put_string(j, "why", row->why == HF_OK ? NULL : hf_status_name(row->why));
	json_put_string(j, "soft_error", row->soft == HF_OK ? NULL : hf_status_name(row->soft));
	json_put_u64(j, "bytes_sent", row->sent);
	json_put_u64(j, "bytes_acked", row->acked);
	json_put_u64(j, "bytes_received", row->received);
	json_put_u64(j, "bytes_retransmitted", row->bytes_retransmitted);
	json_put_u64(j, "send_queued", row->send_queued);
	json_put_u64(j, "recv_queued", row->recv_queued);
	json_put_u64(j, "out_of_order_ranges", row->out_of_order);
	json_put_u64(j, "urgent", row->urgent);
	json_put_u64(j, "iss", row->iss);
	json_put_u64(j, "snd_una", row->snd_una);
	json_put_u64(j, "snd_nxt", row->snd_nxt);
	json_put_u64(j, "snd_wnd", row->snd_wnd);
	json_put_u64(j, "irs", row->irs);
	json_put_u64(j, "rcv_nxt", row->rcv_nxt);
	json_put_u64(j, "rcv_wnd", row->rcv_wnd);
	json_put_u64(j, "mss", row->mss);
	json_put_u64(j, "cwnd", row->cwnd);
	json_put_u64(j, "ssthresh", row->ssthresh);
	json_put_u64(j, "snd_wscale", row->snd_wscale);
	json_put_u64(j, "rcv_wscale", row->rcv_wscale);
	json_put_bool(j, "timestamps", row->timestamps);
	json_put_u64(j, "retransmits", row->retransmits);
	json_put_u64(j, "backoff", row->backoff);
	json_put_u64(j, "srtt_ns", row->srtt);
	json_put_u64(j, "rttvar_ns", row->rttvar);
	json_put_u64(j, "rto_ns", row->rto);
	json_put_time(j, "retransmit_at_ns", row->retransmit_at);
	json_put_time(j, "persist_at_ns", row->persist_at);
	json_put_time(j, "delayed_ack_at_ns", row->delayed_ack_at);
	json_put_time(j, "keepalive_at_ns", row->keepalive_at);
	json_put_time(j, "ends_at_ns", row->ends_at);
}

void text_add_endpoint(struct text *t, const struct hf_endpoint *e)
{
	char addr[HF_ADDR_TEXT];

	if (addr_is_any(&e->addr) || addr_is_any_ip4(&e->addr)) {
		text_add(t, "*");
	} else {
		addr_format(&e->addr, addr);
		text_addf(t, addr_is_ip4(&e->addr) ? "%s" : "[%s]", addr);
	}
	if (e->port)
		text_addf(t, ":%u", e->port);
	else
		text_add(t, ":*");
}

static void add_cell(struct text *t, enum column c, const struct hf_conn_info *row, const struct table_tls *tls,
		     hf_time_ns now)
{
	if (c >= UNACKED && c <= RESENT && !has_block(row)) {
		text_add(t, "-");
		return;
	}
	switch (c) {
	case STATE:
		text_add(t, hf_tcp_state_name(row->state));
		break;
	case LOCAL:
		text_add_endpoint(t, &row->local);
		break;
	case REMOTE:
		text_add_endpoint(t, &row->remote);
		break;
	case UNACKED:
		text_addf(t, "%" PRIu32, row->send_queued);
		break;
	case UNREAD:
		text_addf(t, "%" PRIu32, row->recv_queued);
		break;
	case RTT:
		if (row->srtt)
			text_add_time(t, row->srtt);
		else
			text_add(t, "-");
		break;
	case RTO:
		text_add_time(t, row->rto);
		break;
	case CWND:
		text_addf(t, "%" PRIu32, row->cwnd);
		break;
	case RESENT:
		text_addf(t, "%" PRIu32, row->retransmits);
		break;
	case TLS:
		add_tls(t, tls);
		break;
	case TIMERS:
		add_timers(t, row, now);
		break;
	case COLUMN_COUNT:
		break;
	}
}

/* "1.3 AES_128_GCM_SHA256": what every name begins with is the column's head. */
static void add_tls(struct text *t, const struct table_tls *tls)
{
	static const char head[] = "TLS_";
	const char *suite;

	if (!tls || !tls->there) {
		text_add(t, "-");
		return;
	}
	if (!tls->version || !tls->suite) {
		text_add(t, "handshake");
		return;
	}
	suite = tls_suite_name(tls->suite);
	if (strncmp(suite, head, sizeof(head) - 1) == 0)
		suite += sizeof(head) - 1;
	text_addf(t, "%s %s", tls_version_name(tls->version) + sizeof(head) - 1, suite);
}

static void add_timers(struct text *t, const struct hf_conn_info *row, hf_time_ns now)
{
	const struct {
		const char *name;
		hf_time_ns at;
	} timers[] = { { "retransmit", row->retransmit_at },
		       { "persist", row->persist_at },
		       { "ack", row->delayed_ack_at },
		       { "keepalive", row->keepalive_at },
		       { row->state == HF_TCP_TIME_WAIT ? "2msl" : "ends", row->ends_at } };
	size_t before = t->len;

	for (size_t i = 0; i < HF_ARRAY_LEN(timers); i++) {
		/* Zero-filled rows of listeners have no timers either. */
		if (timers[i].at == HF_NEVER || timers[i].at == 0)
			continue;
		text_addf(t, t->len > before ? " %s " : "%s ", timers[i].name);
		/* People read seconds here; microseconds only flicker. */
		text_add_time(t, timers[i].at > now ? (timers[i].at - now) / HF_MS(1) * HF_MS(1) : 0);
	}
	if (t->len == before)
		text_add(t, "-");
}

/* Listeners, half-open peers and TIME_WAIT records have no queues and no round trips. */
static bool has_block(const struct hf_conn_info *row)
{
	return row->state != HF_TCP_LISTEN && row->state != HF_TCP_TIME_WAIT &&
	       (row->name.birth != 0 || row->state != HF_TCP_SYN_RECEIVED);
}

static void put_endpoint(struct json *j, const char *key, const struct hf_endpoint *e)
{
	char addr[HF_ADDR_TEXT];

	addr_format(&e->addr, addr);
	json_key(j, key);
	json_object(j);
	json_put_string(j, "addr", addr);
	json_put_u64(j, "port", e->port);
	json_object_end(j);
}
