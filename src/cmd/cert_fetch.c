/* SPDX-License-Identifier: MIT */
/* `handfast cert show https://HOST`: the chain a server shows, and what a check of it comes to. */
#include "cmd/cert.h"
#include "cmd/talk.h"

#include "base/bits.h"
#include "hf/driver.h"
#include "explain/cert_view.h"
#include "http/http_uri.h"
#include "wire/addr.h"

#include <stdlib.h>
#include <string.h>

#define PATIENCE HF_S(10) /* for the whole of it */

struct fetch {
	const struct cert_options *o;
	struct streams streams;
	struct secure_side side;
	struct stream stream;
	struct talk talk;
	bool talking;
	char host[256];
	struct hf_endpoint remote;
};

/* ---- where to ask ---- */

static int find_address(struct fetch *f, const struct http_url *url)
{
	const char *text = f->o->connect ? f->o->connect : f->host;

	f->remote.port = url->port;
	if (!url->is_name && !f->o->connect) {
		f->remote.addr = url->addr;
		return 0;
	}
	if (strcmp(text, "localhost") == 0)
		text = "127.0.0.1";
	if (addr_parse(hf_bytes_of(text), &f->remote.addr) == HF_OK)
		return 0;
	if (f->o->connect)
		return cmd_usage(CMD_cert, "--connect %s: not an address", f->o->connect);
	return cmd_usage(CMD_cert, "%s: names are not looked up yet: say where it is with --connect ADDR", f->host);
}

static int parse_url(struct fetch *f)
{
	const char *text = f->o->operand[0], *what;
	struct http_url url;

	if (http_url_parse(text, &url, &what) != HF_OK)
		return cmd_usage(CMD_cert, "%s: %s", text, what);
	if (url.host.len >= sizeof(f->host))
		return cmd_usage(CMD_cert, "%s: the host is longer than a name can be", text);
	memcpy(f->host, url.host.at, url.host.len);
	return find_address(f, &url);
}

/* ---- the handshake ---- */

static int open_side(struct fetch *f)
{
	const struct loop_options loop = { .command = CMD_cert };
	struct secure_options o = { .insecure = true }; /* what is wrong is to be seen */
	uint8_t seed[32];
	int code = streams_open(&f->streams, &loop);

	if (code != 0)
		return code;
	for (unsigned i = 0; i < f->o->trusts; i++)
		o.cacert[o.cacerts++] = f->o->trust[i];
	code = loop_draw_seed(&f->streams.loop, CMD_cert, LOOP_SALT_CLIENT, seed);
	if (code == 0)
		code = secure_side_open(&f->side, CMD_cert, &o, false, streams_epoch_ns(&f->streams), seed);
	explicit_bzero(seed, sizeof(seed));
	if (code != 0)
		streams_close(&f->streams);
	return code;
}

static hf_status begin_talk(struct fetch *f)
{
	const struct hf_tls_start start = { .name = hf_bytes_of(f->host) };

	f->talking = true;
	return talk_open(&f->talk, &f->side, &f->stream, &start, f->streams.now);
}

/* True when there is nothing left to wait for. */
static bool drive(struct fetch *f)
{
	enum talk_does does;
	struct hf_bytes data;

	while ((does = talk_step(&f->talk, f->streams.now, &data)) != TALK_WAITS)
		if (does == TALK_CONNECTED || does == TALK_ENDED)
			talk_end(&f->talk, f->streams.now);
	return f->talk.gone;
}

static hf_status converse(struct fetch *f)
{
	const hf_time_ns until = f->streams.now + PATIENCE;
	hf_status status = streams_connect(&f->streams, &f->remote, &f->stream);

	while (status == HF_OK) {
		if (f->streams.now >= until)
			return f->talking && f->talk.connected ? HF_OK : HF_TIMED_OUT;
		status = streams_turn(&f->streams, until - f->streams.now);
		if (status == HF_OK && f->streams.stop)
			return HF_ABORTED;
		if (status == HF_OK && !f->talking)
			status = stream_connected(&f->stream) ? begin_talk(f) : f->stream.why;
		if (status == HF_OK && f->talking && drive(f))
			return HF_OK;
	}
	return status;
}

/* ---- what came ---- */

static int show(const struct fetch *f)
{
	struct look look = look_of(stdout);
	struct text t;
	struct json j;

	text_init(&t);
	if (f->o->json) {
		j = json_over(&t);
		cert_view_report_json(&j, f->talk.secure.report);
	} else {
		cert_view_report(&t, f->talk.secure.report, &look);
	}
	fputs(text_str(&t), stdout);
	text_free(&t);
	return cmd_flush(CMD_cert);
}

static int tell(const struct fetch *f, hf_status status)
{
	if (f->talking && f->talk.secure.report)
		return show(f);
	if (status != HF_OK) {
		cmd_say(CMD_cert, "%s: %s", f->host, hf_status_sentence(status));
		return hf_status_exit(status);
	}
	cmd_say(CMD_cert, "%s: no certificate was shown: %s", f->host,
		f->talk.sentence[0] ? f->talk.sentence : hf_status_sentence(f->talk.why));
	return f->talk.code ? f->talk.code : hf_status_exit(HF_TLS);
}

int cert_show_url(const struct cert_options *o)
{
	struct fetch *f = calloc(1, sizeof(*f));
	int code;

	if (!f) {
		cmd_say(CMD_cert, "%s", hf_status_sentence(HF_FULL));
		return hf_status_exit(HF_FULL);
	}
	f->o = o;
	code = parse_url(f);
	if (code == 0)
		code = open_side(f);
	if (code == 0) {
		code = tell(f, converse(f));
		if (f->talking)
			talk_close(&f->talk);
		else if (f->stream.open)
			stream_abort(&f->stream);
		secure_side_close(&f->side);
		streams_close(&f->streams);
	}
	free(f);
	return code;
}
