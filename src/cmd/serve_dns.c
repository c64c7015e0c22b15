/* SPDX-License-Identifier: MIT */
#include "cmd/serve_dns.h"

#include "base/bits.h"
#include "cmd/cert.h"
#include "sim/dns_app.h"

#include <stdlib.h>

_Static_assert(SERVE_DNS_CONNECTIONS == DNS_APP_CONNS, "the host has room for them");

struct serve_dns {
	struct hf_bytes text; /* owned; the zone borrows from it */
	struct dns_zone zone;
	struct dns_zone_line *line;
	struct dns_app *app;
};

int serve_dns_prepare(const char *path, struct serve_dns **ret)
{
	struct serve_dns *x = calloc(1, sizeof(*x));
	struct dns_zone_fault fault;
	size_t room;
	int code;

	if (!x) {
		cmd_say(CMD_serve, "no memory");
		return hf_status_exit(HF_FULL);
	}
	code = cert_file_read(CMD_serve, path, &x->text);
	if (code != 0) {
		serve_dns_free(x);
		return code;
	}
	room = dns_zone_lines(x->text);
	x->line = calloc(room ? room : 1, sizeof(*x->line));
	if (!x->line) {
		cmd_say(CMD_serve, "no memory for the %zu names of %s", room, path);
		code = hf_status_exit(HF_FULL);
	} else if (dns_zone_parse(x->text, x->line, room, &x->zone, &fault) != HF_OK) {
		cmd_say(CMD_serve, "%s, line %u: %s", path, fault.line, fault.what);
		code = hf_status_exit(HF_USAGE);
	}
	if (code == 0)
		*ret = x;
	else
		serve_dns_free(x);
	return code;
}

int serve_dns_open(struct serve_dns *x, const struct loop *l)
{
	struct dns_app_config cfg = { .host = l->host, .zone = &x->zone };
	struct hf_net_info info;
	hf_status st;

	loop_describe(l, &info);
	for (unsigned i = 0; i < info.addrs && cfg.ats < DNS_APP_ADDRS; i++)
		cfg.at[cfg.ats++] = info.addr[i];
	st = dns_app_open(&cfg, l->now, &x->app);
	if (st == HF_OK)
		return 0;
	cmd_say(CMD_serve, "--dns: port 53 cannot be listened at: %s", hf_status_sentence(st));
	return hf_status_exit(st);
}

void serve_dns_look(struct serve_dns *x, hf_time_ns now)
{
	if (x && x->app)
		dns_app_look(x->app, now);
}

hf_time_ns serve_dns_wake_at(const struct serve_dns *x)
{
	return x && x->app ? dns_app_wake_at(x->app) : HF_NEVER;
}

void serve_dns_close(struct serve_dns *x, hf_time_ns now)
{
	if (!x)
		return;
	dns_app_close(x->app, now);
	x->app = NULL;
}

void serve_dns_free(struct serve_dns *x)
{
	if (!x)
		return;
	dns_app_free(x->app);
	free(x->line);
	free((void *)(uintptr_t)x->text.at);
	free(x);
}
