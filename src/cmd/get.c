/* SPDX-License-Identifier: MIT */
/*
 * `handfast get`: one exchange. The loop turns until the answer is whole or something ends it; get_fail() is where every way
 * of failing arrives, with the status that decides the exit code and the sentence that is printed.
 */
#define _GNU_SOURCE
#include "cmd/get.h"

#include "cmd/request.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void get_fail(struct get *g, hf_status why, const char *format, ...)
{
	va_list args;

	if (g->why != HF_OK)
		return;
	g->why = why;
	va_start(args, format);
	vsnprintf(g->sentence, sizeof(g->sentence), format, args);
	va_end(args);
}

/* ---- the request ---- */

void get_send_request(struct get *g)
{
	uint8_t room[REQUEST_BYTES];
	struct hf_bytes path = g->o.url.path;
	size_t n = 0;

	if (request_put(room, g->o.head, g->o.url.authority, g->o.url.path, &n) != HF_OK) {
		get_fail(g, HF_USAGE, "the URL is too long");
		return;
	}
	if (g->tls.used)
		get_tls_write(g, (struct hf_bytes){ room, n });
	else if (stream_write(&g->stream, (struct hf_bytes){ room, n }) != n) /* a fresh connection has room for it */
		get_fail(g, HF_FULL, "the request cannot be written: %s", hf_status_sentence(HF_FULL));
	get_tell_trace(g, "9112 3", "HTTP: sends %s %s%.*s", g->o.head ? "HEAD" : "GET",
		       path.len > 0 && path.at[0] == '/' ? "" : "/", (int)path.len, (const char *)path.at);
}

/* ---- the answer ---- */

static const char *how_long(const struct get *g, char to[64])
{
	switch (g->head.framing) {
	case H1_BODY_NONE:
		return "is empty";
	case H1_BODY_LENGTH:
		snprintf(to, 64, "has %llu octets", (unsigned long long)g->length);
		return to;
	case H1_BODY_CHUNKED:
		return "comes in chunks";
	case H1_BODY_CLOSE:
		break;
	}
	return "ends when the stream ends";
}

static void keep_head(struct get *g)
{
	struct h1_head again;
	char number[64];

	text_add_n(&g->head_octets, (const char *)g->http.head_octets.at, g->http.head_octets.len);
	/* The head borrows from octets that will be consumed: parsed again, it borrows from the copy. */
	if (!g->head_octets.failed &&
	    h1_parse_response((struct hf_bytes){ (const uint8_t *)g->head_octets.at, g->head_octets.len }, g->o.head,
			      &again) == H1_NONE)
		g->head = again;
	else
		g->head.fields = 0;
	g->status = g->head.status;
	g->has_length = g->head.framing == H1_BODY_LENGTH;
	g->length = g->has_length ? g->head.length : 0;
	g->phase = GET_BODY;
	get_tell_trace(g, "9112 4", "HTTP: receives %u %.*s", g->status, (int)g->head.reason.len,
		       (const char *)g->head.reason.at);
	get_tell_trace(g, "9112 6.3", "HTTP: its body %s", how_long(g, number));
}

/* Who ended the stream is known with TLS: without close_notify it may have been anybody on the way (RFC 8446 6.1). */
static const char *how_it_closed(const struct get *g)
{
	if (g->tls.talk.end == TALK_CLOSED)
		return " (the server itself ended the stream there, with close_notify)";
	if (g->tls.talk.end == TALK_TRUNCATED)
		return " (and no close_notify: somebody on the way may have cut it)";
	return "";
}

/* A body that ends with the stream is whole only if the server has said that the stream ends here (RFC 9112 9.8). */
static bool is_end_believed(const struct get *g)
{
	return !g->tls.used || g->tls.talk.end != TALK_TRUNCATED || g->head.framing != H1_BODY_CLOSE || g->o.head;
}

static void fail_http(struct get *g)
{
	if (g->http.fault != H1_CUT_SHORT) {
		get_fail(g, g->http.fault == H1_CODING_UNKNOWN || g->http.fault == H1_VERSION ? HF_UNSUPPORTED : HF_MALFORMED,
			 "%s (RFC %s)", h1_fault_sentence(g->http.fault), h1_fault_rfc(g->http.fault));
		return;
	}
	if (g->phase == GET_WAITING) {
		get_fail(g, HF_TRUNCATED, "the other side closed the connection %s%s",
			 g->head_begun ? "in the middle of the answer's head" : "without an answer", how_it_closed(g));
		return;
	}
	if (g->has_length)
		get_fail(g, HF_TRUNCATED, "the body was cut short: %llu of %llu octets came%s",
			 (unsigned long long)g->body, (unsigned long long)g->length, how_it_closed(g));
	else
		get_fail(g, HF_TRUNCATED, "the body was cut short: %llu octets came, and the last chunk did not%s",
			 (unsigned long long)g->body, how_it_closed(g));
}

static void fail_output(struct get *g)
{
	if (g->out.gone)
		get_fail(g, HF_ABORTED, "%s", ""); /* nobody reads: quiet */
	else
		get_fail(g, HF_SYSTEM, "%s: %s", g->o.output && strcmp(g->o.output, "-") != 0 ? g->o.output : "stdout",
			 strerror(g->out.error));
}

/* The head goes out once, before the body; false: it must wait. Heads are small, so a blocked reader is simply waited for. */
static void write_head(struct get *g)
{
	struct hf_bytes rest = { (const uint8_t *)g->head_octets.at, g->head_octets.len };

	while (rest.len > 0 && g->out.error == 0) {
		size_t n = output_write(&g->out, rest);

		rest.at += n;
		rest.len -= n;
		if (n == 0 && g->out.error == 0)
			usleep(1000);
	}
	output_flush(&g->out);
	g->out.written = 0; /* counts the body */
	if (g->out.error)
		fail_output(g);
}

/* One thing the octets say. False: nothing more for now. */
static bool take_step(struct get *g, struct h1_input *in)
{
	struct hf_bytes data = { 0 };
	size_t n;

	switch (http_client_next(&g->http, in, g->scratch, &g->head, &data)) {
	case HTTP_CLIENT_WAIT:
		return false;
	case HTTP_CLIENT_TELL_INTERIM:
		get_tell_trace(g, "9110 15.2", "HTTP: receives %u, and waits for the answer itself", g->head.status);
		return true;
	case HTTP_CLIENT_TELL_HEAD:
		keep_head(g);
		if ((g->o.include || g->o.head) && !g->o.json)
			write_head(g);
		return g->why == HF_OK;
	case HTTP_CLIENT_TELL_DATA:
		n = output_write(&g->out, data);
		g->body += n;
		g->owed = data.len - n; /* the last octets taken */
		return n == data.len;
	case HTTP_CLIENT_TELL_DONE:
		if (is_end_believed(g)) {
			g->phase = GET_WHOLE;
			get_tell_trace(g, "9112 8", "HTTP: the answer is whole, with %llu octets of body",
				       (unsigned long long)g->body);
		} else {
			get_fail(g, HF_TRUNCATED,
				 "the stream ended without close_notify, and nothing else says how long the body is: it may be cut "
				 "short (%llu octets came; RFC 8446 6.1)",
				 (unsigned long long)g->body);
		}
		return false;
	case HTTP_CLIENT_TELL_FAILED:
		fail_http(g);
		return false;
	}
	return false;
}

/* Content that the HTTP machine has passed already, but the output has not taken yet: it stands first in the queue. */
static bool pay_owed(struct get *g, struct h1_input *in)
{
	while (g->owed > 0) {
		struct hf_bytes here = h1_input_peek(in);
		size_t n;

		here.len = hf_min_u64(here.len, g->owed);
		n = output_write(&g->out, here);
		h1_input_take(in, n);
		g->body += n;
		g->owed -= n;
		if (n < here.len)
			return false;
	}
	return true;
}

/* What HTTP may look at. False: nothing more will come of this connection. */
static bool find_input(struct get *g, struct h1_input *ret)
{
	size_t n = 0;
	hf_status st;
	bool eof;

	if (g->tls.used) {
		n = get_tls_spans(g, g->spans);
		*ret = h1_input_over(g->spans, n, g->tls.talk.end != TALK_OPEN);
		return true;
	}
	st = stream_read(&g->stream, g->spans, GET_SPANS, &n, &eof);
	if (st != HF_OK)
		get_tell_end_of_connection(g, st);
	*ret = h1_input_over(g->spans, n, eof);
	return st == HF_OK;
}

static void consume(struct get *g, size_t n)
{
	if (g->tls.used)
		get_tls_taken(g, n);
	else
		stream_consume(&g->stream, n);
}

/* True when octets were taken, so that there may be more to read. */
static bool take_octets(struct get *g)
{
	struct h1_input in;
	size_t used = 0;

	if (!find_input(g, &in))
		return false;
	g->head_begun |= in.n > 0;
	if (pay_owed(g, &in)) {
		while (take_step(g, &in))
			;
		used = g->owed; /* taken by the HTTP machine, but they must stay in the queue */
	}
	used = in.taken - used;
	output_flush(&g->out);
	if (g->out.error)
		fail_output(g);
	if (used > 0)
		consume(g, used);
	return used > 0 && g->why == HF_OK && g->phase != GET_WHOLE && g->owed == 0;
}

/* All that can be done with what has come. */
static void take_all(struct get *g)
{
	bool more = true;

	while (more && g->why == HF_OK && g->phase != GET_WHOLE) {
		more = g->phase > GET_SECURING && take_octets(g);
		if (g->tls.used && g->why == HF_OK && g->phase != GET_WHOLE && g->owed == 0)
			more |= get_tls_step(g);
	}
}

/* ---- the connection ---- */

struct stream *get_stream(struct get *g)
{
	return g->tls.talking ? &g->tls.talk.stream : &g->stream;
}

static void note_progress(struct get *g)
{
	if (g->info.acked == g->acked && g->info.received == g->received)
		return;
	if (g->info.received > 0 && g->first_octet == 0)
		g->first_octet = g->streams.now;
	g->acked = g->info.acked;
	g->received = g->info.received;
	g->last_progress = g->streams.now;
}

static void begin_exchange(struct get *g)
{
	g->connected = g->last_progress = g->streams.now;
	if (g->streams.kernel)
		get_tell_trace(g, "9293 3.5", "connected");
	g->phase = g->tls.used ? GET_SECURING : GET_WAITING;
	if (g->tls.used)
		get_tls_begin(g);
	else
		get_send_request(g);
}

static void look_at_connection(struct get *g)
{
	hf_status st;

	if (g->phase <= GET_CONNECTING && get_connect_step(g))
		begin_exchange(g);
	if (!g->has_conn || g->why != HF_OK)
		return;
	st = stream_status(get_stream(g), &g->info);
	if (st != HF_OK) {
		get_fail(g, st, "%s", hf_status_sentence(st));
		return;
	}
	note_progress(g);
	take_all(g);
	if (g->why == HF_OK && g->phase != GET_WHOLE && g->owed == 0 && g->info.state == HF_TCP_CLOSED)
		get_tell_end_of_connection(g, g->info.why != HF_OK ? g->info.why : HF_CLOSED);
}

/* When patience ends next; HF_NEVER: never. */
static hf_time_ns next_deadline(const struct get *g)
{
	hf_time_ns at = g->o.timeout == HF_NEVER ? HF_NEVER : g->started + g->o.timeout;

	if (g->phase <= GET_CONNECTING)
		return hf_min_u64(at, g->started + g->o.connect_timeout);
	if (g->phase == GET_SECURING)
		return hf_min_u64(hf_min_u64(at, g->started + g->o.connect_timeout), talk_deadline(&g->tls.talk));
	/* A reader of ours that is slow is not the other side's fault. */
	return g->out.blocked ? at : hf_min_u64(at, g->last_progress + g->o.idle_timeout);
}

static void check_deadlines(struct get *g)
{
	hf_time_ns now = g->streams.now;

	if (g->why != HF_OK || g->phase == GET_WHOLE || now < next_deadline(g))
		return;
	if (g->o.timeout != HF_NEVER && now >= g->started + g->o.timeout && g->phase > GET_CONNECTING)
		get_fail(g, HF_TIMED_OUT, "not whole after %.3g s (%llu octets of the body came)",
			 (double)g->o.timeout / 1e9, (unsigned long long)g->body);
	else if (g->phase == GET_LOOKING)
		get_fail(g, HF_TIMED_OUT, "the name %s was not looked up in %.3g s", g->o.host,
			 (double)(now - g->started) / 1e9);
	else if (g->phase == GET_CONNECTING)
		get_connect_give_up(g);
	else if (g->phase == GET_SECURING)
		get_fail(g, HF_TIMED_OUT, "connected, but the TLS handshake was not over after %.3g s",
			 (double)(now - g->started) / 1e9);
	else if (g->phase == GET_WAITING)
		get_fail(g, HF_TIMED_OUT, "connected, but no answer came for %.3g s", (double)g->o.idle_timeout / 1e9);
	else
		get_fail(g, HF_TIMED_OUT, "nothing came for %.3g s (%llu octets of the body came)",
			 (double)g->o.idle_timeout / 1e9, (unsigned long long)g->body);
}

static void watch_output(struct get *g, bool *watched)
{
	if (g->out.blocked == *watched || g->out.fd < 0)
		return;
	/* A descriptor that cannot be watched (none is left) is asked again after a short wait. */
	if (streams_watch(&g->streams, g->out.fd, g->out.blocked ? HF_NET_WRITE : 0) == HF_OK)
		*watched = g->out.blocked;
}

static void exchange(struct get *g)
{
	bool shows = !g->o.quiet && !g->o.trace && isatty(STDERR_FILENO), shown = false, watched = false;

	get_connect_begin(g);
	look_at_connection(g);
	while (g->why == HF_OK && g->phase != GET_WHOLE) {
		hf_time_ns at = next_deadline(g), wait;

		if (g->phase <= GET_CONNECTING)
			at = hf_min_u64(at, get_connect_wake_at(g));
		wait = at == HF_NEVER ? HF_NEVER : at - hf_min_u64(at, g->streams.now);

		if (shows)
			wait = hf_min_u64(wait, HF_MS(500));
		if (g->out.blocked && !watched)
			wait = hf_min_u64(wait, HF_MS(10));
		if (streams_turn(&g->streams, wait) != HF_OK) {
			get_fail(g, HF_SYSTEM, "the network device is gone");
			break;
		}
		if (g->streams.stop)
			get_fail(g, HF_ABORTED, "interrupted (%llu octets of the body came)", (unsigned long long)g->body);
		look_at_connection(g);
		check_deadlines(g);
		watch_output(g, &watched);
		if (shows && g->streams.now >= g->started + HF_S(1)) {
			get_tell_progress(g);
			shown = true;
		}
	}
	if (watched)
		(void)!streams_watch(&g->streams, g->out.fd, 0);
	if (shown)
		fputs("\r\033[K", stderr);
}

/* A whole answer is closed in order and the last ACK given a moment; a broken one is reset, so that the peer stops. */
static void end_connection(struct get *g)
{
	hf_time_ns end = g->streams.now + loop_patience(&g->streams.loop);
	struct stream *c = get_stream(g);
	struct hf_conn_info info;

	if (!g->has_conn)
		return;
	if (g->phase != GET_WHOLE && !get_tls_has_last_word(g)) {
		stream_abort(c);
		streams_drain(&g->streams);
		return;
	}
	if (g->tls.used)
		get_tls_end(g);
	else
		stream_shut(c);
	do {
		if (g->tls.used)
			get_tls_wind_up(g);
		if (stream_status(c, &info) != HF_OK || info.state == HF_TCP_CLOSED || info.state == HF_TCP_TIME_WAIT)
			break;
	} while (g->streams.now < end && streams_turn(&g->streams, HF_MS(20)) == HF_OK);
	stream_close(c);
	streams_drain(&g->streams);
}

/* ---- the end ---- */

static void finish_output(struct get *g)
{
	bool left = false;

	if (!output_finish(&g->out, g->phase == GET_WHOLE && g->why == HF_OK, &left) && g->why == HF_OK)
		get_fail(g, HF_SYSTEM, "%s: %m", g->o.output);
	if (left)
		cmd_say(CMD_get, "what came is kept in %s.part (%llu octets)", g->o.output,
			(unsigned long long)g->out.written);
}

/* An output that cannot be written is our failure, and no code of the network's. */
static int exit_code(const struct get *g)
{
	if (g->why == HF_OK)
		return g->o.fail && g->status >= 400 ? hf_status_exit(HF_HTTP_ERROR) : 0;
	return g->out.error ? 1 : hf_status_exit(g->why);
}

static int open_all(struct get *g)
{
	const struct loop_options options = {
		.command = CMD_get,
		.net = g->o.net,
		.pcap = g->o.pcap,
		.trace = g->o.trace,
		.defaults = { .limits = { .conns = 16, .half_open = 16, .time_wait = 16, .chunks = 4096 },
			      .tcp = { .nodelay = true, .recv_window = 4u << 20 } },
		.server = g->o.url.addr,
		.server_names = !g->tls.used       ? NULL
				: g->o.url.is_name ? g->o.host
						   : "",
	};
	int code = get_tls_prepare(g);

	if (code == 0)
		code = streams_open(&g->streams, &options);
	if (code == 0 && ((code = get_tls_open(g)) != 0 || (code = get_connect_open(g)) != 0))
		streams_close(&g->streams);
	if (code != 0)
		return code;
	if (g->o.json && !g->o.output) {
		g->out.fd = -1;
		return 0;
	}
	if (output_open(&g->out, g->o.output) != HF_OK) {
		cmd_say(CMD_get, "-o %s: %s", g->o.output ? g->o.output : "-", strerror(errno));
		get_connect_close(g);
		streams_close(&g->streams);
		return 2;
	}
	return 0;
}

int cmd_get(int argc, char **argv)
{
	struct get *g = calloc(1, sizeof(*g));
	int code;

	if (!g) {
		cmd_say(CMD_get, "no memory");
		return hf_status_exit(HF_FULL);
	}
	g->o = (struct get_options){ .timeout = HF_NEVER, .connect_timeout = HF_S(30), .idle_timeout = HF_S(60) };
	text_init(&g->head_octets);
	code = get_take_options(argc, argv, &g->o);
	if (code != 0) {
		free(g);
		return code - 1;
	}
	g->tls.used = g->o.url.secure;
	code = open_all(g);
	if (code == 0) {
		g->started = g->last_progress = g->streams.now;
		http_client_init(&g->http, g->o.head);
		exchange(g);
		g->ended = g->streams.now;
		end_connection(g);
		if (g->why != HF_OK && g->sentence[0])
			cmd_say(CMD_get, "%s: %s", g->o.url_text, g->sentence);
		get_tell_trust(g);
		finish_output(g);
		code = exit_code(g);
		if (code == hf_status_exit(HF_HTTP_ERROR) && g->why == HF_OK)
			cmd_say(CMD_get, "%s: the server answered %u %.*s", g->o.url_text, g->status,
				(int)g->head.reason.len, (const char *)g->head.reason.at);
		if (g->o.json) {
			int unsaid;

			get_tell_json(g, code);
			unsaid = cmd_flush(CMD_get);
			code = code ? code : unsaid;
		}
		get_connect_close(g);
		streams_close(&g->streams);
	}
	get_tls_close(g);
	text_free(&g->head_octets);
	free(g->out.part);
	free(g);
	return code;
}
