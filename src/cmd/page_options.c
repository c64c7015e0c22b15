/* SPDX-License-Identifier: MIT */
/* The command line of `handfast page`. */
#include "cmd/page.h"

#include "base/bits.h"

#include <stdlib.h>
#include <string.h>

#define WIDTH_MAX 8192u

static int take_number32(const char *name, const char *text, uint32_t max, uint32_t *ret)
{
	uint64_t n;
	int code = cmd_take_number(CMD_page, name, text, 1, max, &n);

	if (code == 0)
		*ret = (uint32_t)n;
	return code;
}

static int take_density(const char *text, double *ret)
{
	char *end;

	*ret = strtod(text, &end);
	return end != text && *end == '\0' && *ret >= 0.5 && *ret <= 8
		       ? 0
		       : cmd_usage(CMD_page, "--density %s: pixels a pixel of CSS, of 0.5 to 8, are wanted", text);
}

static int take_engine(const char *text, enum page_engine *ret)
{
	static const char *const names[] = { "litehtml", "chromium", "none" };
	static const enum page_engine engines[] = { PAGE_LITEHTML, PAGE_CHROMIUM, PAGE_NO_ENGINE };

	for (size_t i = 0; i < HF_ARRAY_LEN(names); i++) {
		if (strcmp(text, names[i]) == 0) {
			*ret = engines[i];
			return 0;
		}
	}
	return cmd_usage(CMD_page, "--engine %s: there are litehtml, chromium and none", text);
}

/* What is written where. */
static int take_output(struct page_options *o, int id, const char *value)
{
	const char **to = NULL;

	switch (id) {
	case OPT_page_PNG:
		to = &o->png;
		break;
	case OPT_page_HTML:
		to = &o->html;
		break;
	case OPT_page_HAR:
		to = &o->har;
		break;
	case OPT_page_QLOG:
		to = &o->qlog;
		break;
	case OPT_page_PCAP:
		to = &o->pcap;
		break;
	default:
		return 0;
	}
	if (strcmp(value, "-") == 0)
		return cmd_usage(CMD_page, "- is no file here: stdout has the waterfall, or what --text or --json print");
	*to = value;
	return 0;
}

static int take_limit(struct page_options *o, int id, const char *value)
{
	switch (id) {
	case OPT_page_MAX_SIZE:
		return cmd_take_number(CMD_page, "max-size", value, 1, UINT64_MAX / 4, &o->limits.size);
	case OPT_page_MAX_TOTAL:
		return cmd_take_number(CMD_page, "max-total", value, 1, UINT64_MAX / 4, &o->limits.total);
	case OPT_page_MAX_RESOURCES:
		return take_number32("max-resources", value, 1000000, &o->limits.resources);
	case OPT_page_MAX_DEPTH:
		return take_number32("max-depth", value, 64, &o->limits.depth);
	case OPT_page_MAX_REDIRECTS:
		return take_number32("max-redirects", value, 1000, &o->limits.redirects);
	case OPT_page_PER_HOST:
		return take_number32("per-host", value, 64, &o->limits.per_host);
	case OPT_page_TIMEOUT:
		return cmd_take_seconds(CMD_page, "timeout", value, &o->limits.time);
	case OPT_page_IDLE:
		return cmd_take_seconds(CMD_page, "idle-timeout", value, &o->limits.idle);
	case OPT_page_CONNECT:
		return cmd_take_seconds(CMD_page, "connect-timeout", value, &o->connect_timeout);
	default:
		return take_output(o, id, value);
	}
}

static int take_whom(struct page_options *o, int id, const char *value)
{
	switch (id) {
	case OPT_page_DNS:
		return names_take_server(CMD_page, value, &o->names);
	case OPT_page_RESOLVE:
		return names_take_fixed(CMD_page, value, &o->names);
	case OPT_page_HOSTS:
		o->names.hosts = value;
		break;
	case OPT_page_RESOLV_CONF:
		o->names.resolv = value;
		break;
	case OPT_page_IPV4:
		o->names.families = DNS_A;
		break;
	case OPT_page_IPV6:
		o->names.families = DNS_AAAA;
		break;
	case OPT_page_CACERT:
		return secure_add_cacert(CMD_page, value, &o->secure);
	case OPT_page_INSECURE:
		o->secure.insecure = true;
		break;
	case OPT_page_TLS_MIN:
		return secure_parse_version(CMD_page, "tls-min", value, &o->secure.tls.min_version);
	case OPT_page_TLS_MAX:
		return secure_parse_version(CMD_page, "tls-max", value, &o->secure.tls.max_version);
	default:
		return take_limit(o, id, value);
	}
	return 0;
}

static bool take_flag(struct page_options *o, int id)
{
	switch (id) {
	case OPT_page_TEXT:
		o->text = true;
		return true;
	case OPT_page_EXPLAIN:
		o->explain = true;
		return true;
	case OPT_page_JSON:
		o->json = true;
		return true;
	case OPT_page_QUIET:
		o->quiet = true;
		return true;
	case OPT_page_ALL:
		o->all = true;
		return true;
	case OPT_page_FONTS:
		o->fonts = true;
		return true;
	case OPT_page_NO_COOKIES:
		o->no_cookies = true;
		return true;
	case OPT_page_CLOSE_EACH:
		o->close_each = true;
		return true;
	case OPT_page_ALLOW_DOWNGRADE:
		o->allow_downgrade = true;
		return true;
	case OPT_page_PUBLIC_ONLY:
		o->public_only = true;
		return true;
	case OPT_page_DOCUMENT_ONLY:
		o->document_only = true;
		return true;
	default:
		return false;
	}
}

static int take_option(struct page_options *o, int id, const char *value)
{
	switch (id) {
	case OPT_page_NET:
		o->net = value;
		return 0;
	case OPT_page_CACHE:
		o->cache = value;
		return 0;
	case OPT_page_ENGINE:
		return take_engine(value, &o->engine);
	case OPT_page_CHROMIUM:
		o->engine = PAGE_CHROMIUM;
		o->chromium = value;
		return 0;
	case OPT_page_WIDTH:
		return take_number32("width", value, WIDTH_MAX, &o->width);
	case OPT_page_DENSITY:
		return take_density(value, &o->density);
	default:
		return take_flag(o, id) ? 0 : take_whom(o, id, value);
	}
}

/* "www.example.org/x" and "localhost:8000" are typed for http:, whose server may lead to https: by a redirect. */
static bool has_scheme(const char *text)
{
	const size_t n = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-.");

	return text[n] == ':' && (n == 0 || strspn(text + n + 1, "0123456789") == 0);
}

static int take_url(struct page_options *o, const char *text)
{
	const bool whole = has_scheme(text);
	const size_t room = strlen(text) + sizeof("http://");
	char *url = malloc(room);

	if (!url)
		return hf_status_exit(HF_SYSTEM);
	snprintf(url, room, "%s%s", whole ? "" : "http://", text);
	o->url = url;
	return 0;
}

static int take_operands(struct page_options *o, const struct cmd_args *a)
{
	int code;

	if (a->operands != 1)
		return a->operands ? cmd_usage(CMD_page, "one URL at a time, not also %s", a->operand[1])
				   : cmd_usage(CMD_page, "which URL?");
	code = take_url(o, a->operand[0]);
	if (code == 0)
		code = secure_check_versions(CMD_page, &o->secure);
	if (code != 0)
		return code;
	o->simulated = streams_is_sim(o->net);
	if (o->text && o->json)
		return cmd_usage(CMD_page, "--text and --json both want stdout");
	if (o->explain && streams_is_kernel(o->net) && !o->json)
		cmd_say(CMD_page,
			"--explain: what TCP does is the kernel's, and not told; --net sim, tun:, tap: and packet: tell it");
	return 0;
}

int page_take_options(int argc, char **argv, struct page_options *o)
{
	struct cmd_args a;
	int code = 0;

	cmd_args_begin(&a, CMD_page, argc, argv);
	for (int id; code == 0 && (id = cmd_args_next(&a)) != OPT_END;) {
		if (id == OPT_WRONG || id == OPT_ANSWERED)
			return 1 + (id == OPT_WRONG ? 2 : 0);
		code = take_option(o, id, a.value);
	}
	if (code == 0)
		code = take_operands(o, &a);
	return code ? 1 + code : 0;
}
