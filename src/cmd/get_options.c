/* SPDX-License-Identifier: MIT */
/* The command line of `handfast get`. */
#include "cmd/get.h"

#include "base/bits.h"
#include "wire/addr.h"

#include <netinet/in.h>
#include <string.h>
#include <strings.h>

#define SIM_SERVER 0x0a090001u /* where names lead to in a simulated network: the server of all examples */

static int take_version(const char *name, const char *text, uint16_t *ret)
{
	int code = secure_parse_version(CMD_get, name, text, ret);

	return code ? 1 + code : 0;
}

static int take_cacert(struct secure_options *s, const char *file)
{
	if (s->cacerts == SECURE_CREDS)
		return 1 + cmd_usage(CMD_get, "--cacert %s: at most %u files", file, SECURE_CREDS);
	s->cacert[s->cacerts++] = file;
	return 0;
}

/* "NAME:PORT:ADDR", as curl has it. */
static int take_resolve(struct get_options *o, const char *text)
{
	const char *port = strchr(text, ':'), *addr = port ? strchr(port + 1, ':') : NULL;
	struct get_resolve r = { 0 };
	struct hf_bytes a;
	uint64_t n = 0;
	char digits[6] = "";

	if (addr && addr - port - 1 < (ptrdiff_t)sizeof(digits))
		memcpy(digits, port + 1, (size_t)(addr - port - 1));
	if (!addr || port == text || !cmd_parse_number(digits, 1, 65535, &n))
		return 1 + cmd_usage(CMD_get, "--resolve %s: NAME:PORT:ADDR is wanted, as in a.example:443:10.9.0.1", text);
	a = (struct hf_bytes){ (const uint8_t *)addr + 1, strlen(addr + 1) };
	if (a.len > 2 && a.at[0] == '[' && a.at[a.len - 1] == ']')
		a = (struct hf_bytes){ a.at + 1, a.len - 2 };
	if (addr_parse(a, &r.addr) != HF_OK)
		return 1 + cmd_usage(CMD_get, "--resolve %s: %s is no address", text, addr + 1);
	if (o->resolves == GET_RESOLVES)
		return 1 + cmd_usage(CMD_get, "--resolve: at most %u times", GET_RESOLVES);
	r.name = (struct hf_bytes){ (const uint8_t *)text, (size_t)(port - text) };
	r.port = (uint16_t)n;
	o->resolve[o->resolves++] = r;
	return 0;
}

/* 0: not one of TLS; else the code and 1. */
static int take_tls_option(struct get_options *o, int id, const char *value)
{
	struct secure_options *s = &o->secure;
	int code = 0;

	switch (id) {
	case OPT_get_RESOLVE:
		return take_resolve(o, value);
	case OPT_get_CACERT:
		return take_cacert(s, value);
	case OPT_get_CRL:
		s->crl = value;
		break;
	case OPT_get_INSECURE:
		s->insecure = true;
		break;
	case OPT_get_TLS_MIN:
		return take_version("tls-min", value, &s->tls.min_version);
	case OPT_get_TLS_MAX:
		return take_version("tls-max", value, &s->tls.max_version);
	case OPT_get_CERT:
		s->cert[0] = value;
		s->certs = 1;
		break;
	case OPT_get_KEY:
		s->key[0] = value;
		break;
	case OPT_get_CIPHERS:
		code = secure_parse_suites(CMD_get, value, s);
		break;
	case OPT_get_GROUPS:
		code = secure_parse_groups(CMD_get, value, s);
		break;
	case OPT_get_RSA_KEY_TRANSPORT:
		s->tls.rsa_key_transport = true;
		break;
	case OPT_get_INSECURE_KEYS:
		s->insecure_key_permissions = true;
		break;
	}
	return code ? 1 + code : 0;
}

static int take_seconds(const char *name, const char *text, hf_time_ns *ret)
{
	return cmd_parse_seconds(text, ret)
		       ? 0
		       : 1 + cmd_usage(CMD_get, "--%s %s: seconds are wanted, as in 30 or 0.5", name, text);
}

/* 0: go on; else the exit code is ret - 1. */
static int take_option(struct get_options *o, int id, const char *value)
{
	switch (id) {
	case OPT_WRONG:
		return 1 + 2;
	case OPT_ANSWERED:
		return 1 + 0;
	case OPT_get_NET:
		o->net = value;
		break;
	case OPT_get_OUTPUT:
		o->output = value;
		break;
	case OPT_get_INCLUDE:
		o->include = true;
		break;
	case OPT_get_HEAD:
		o->head = true;
		break;
	case OPT_get_FAIL:
		o->fail = true;
		break;
	case OPT_get_TIMEOUT:
		return take_seconds("timeout", value, &o->timeout);
	case OPT_get_CONNECT:
		return take_seconds("connect-timeout", value, &o->connect_timeout);
	case OPT_get_IDLE:
		return take_seconds("idle-timeout", value, &o->idle_timeout);
	case OPT_get_QUIET:
		o->quiet = true;
		break;
	case OPT_get_JSON:
		o->json = true;
		break;
	case OPT_get_PCAP:
		o->pcap = value;
		break;
	case OPT_get_TRACE:
		o->trace = true;
		break;
	default:
		return take_tls_option(o, id, value);
	}
	return 0;
}

/* ---- where it leads ---- */

static bool names_same(struct hf_bytes a, struct hf_bytes b)
{
	return a.len == b.len && strncasecmp((const char *)a.at, (const char *)b.at, a.len) == 0;
}

/* RFC 6761 6.3: localhost, and all below it, lead to this host whatever anybody says. */
static bool is_localhost(struct hf_bytes name)
{
	static const char word[] = "localhost";
	const size_t n = sizeof(word) - 1;

	name.len -= name.len > 0 && name.at[name.len - 1] == '.';
	return name.len >= n && strncasecmp((const char *)name.at + name.len - n, word, n) == 0 &&
	       (name.len == n || name.at[name.len - n - 1] == '.');
}

static int find_address(struct get_options *o)
{
	struct http_url *u = &o->url;

	for (unsigned i = 0; i < o->resolves; i++) {
		if (names_same(o->resolve[i].name, u->host) && o->resolve[i].port == u->port) {
			u->addr = o->resolve[i].addr;
			return 0;
		}
	}
	if (!u->is_name)
		return 0;
	if (o->simulated) {
		u->addr = addr_ip4_u32(SIM_SERVER);
		return 0;
	}
	if (is_localhost(u->host)) {
		if (!streams_is_kernel(o->net))
			return 1 + cmd_usage(CMD_get, "%s: localhost is reached with --net host alone", o->url_text);
		u->addr = addr_ip4_u32(INADDR_LOOPBACK);
		o->is_localhost = true;
		return 0;
	}
	return 1 + cmd_usage(CMD_get,
			     "%s: names are not looked up yet: an address is needed, or --resolve %.*s:%u:ADDR that says where it is",
			     o->url_text, (int)u->host.len, (const char *)u->host.at, u->port);
}

static int check_url(struct get_options *o)
{
	const char *what;
	hf_status st = http_url_parse(o->url_text, &o->url, &what);
	size_t n = o->url.host.len;

	if (st == HF_UNSUPPORTED)
		return 1 + cmd_usage(CMD_get, "%s: only http:// and https:// are spoken", o->url_text);
	if (st != HF_OK)
		return 1 + cmd_usage(CMD_get, "%s: %s", o->url_text, what);
	if (n >= sizeof(o->host))
		return 1 + cmd_usage(CMD_get, "%s: a host's name has at most 255 octets", o->url_text);
	memcpy(o->host, o->url.host.at, n);
	if (n > 1 && o->host[n - 1] == '.') /* RFC 6066 3: without the dot of the root */
		o->host[n - 1] = '\0';
	return find_address(o);
}

static int check_tls(const struct get_options *o)
{
	const struct secure_options *s = &o->secure;

	if (s->key[0] && s->certs == 0)
		return 1 + cmd_usage(CMD_get, "--key: and which --cert?");
	if (s->tls.min_version && s->tls.max_version && s->tls.min_version > s->tls.max_version)
		return 1 + cmd_usage(CMD_get, "--tls-min is above --tls-max");
	return 0;
}

int get_take_options(int argc, char **argv, struct get_options *o)
{
	static const char http11[] = "http/1.1"; /* RFC 7301 6 */
	struct cmd_args a;
	int code = 0;

	o->secure.alpn[0] = (struct hf_bytes){ (const uint8_t *)http11, sizeof(http11) - 1 };
	o->secure.alpns = 1;
	o->secure.tls.want_staple = true;
	cmd_args_begin(&a, CMD_get, argc, argv);
	for (int id; code == 0 && (id = cmd_args_next(&a)) != OPT_END;)
		code = take_option(o, id, a.value);
	if (code != 0)
		return code;
	if (a.operands == 0)
		return 1 + cmd_usage(CMD_get, "which URL?");
	if (a.operands > 1)
		return 1 + cmd_usage(CMD_get, "one URL at a time, not also %s", a.operand[1]);
	o->url_text = a.operand[0];
	o->simulated = o->net && strncmp(o->net, "sim", 3) == 0 && (o->net[3] == '\0' || o->net[3] == ',');
	code = check_url(o);
	if (code == 0)
		code = check_tls(o);
	if (code != 0)
		return code;
	if (o->json && o->output && strcmp(o->output, "-") == 0)
		return 1 + cmd_usage(CMD_get, "--json and -o - both want stdout");
	if (o->json && o->include)
		return 1 + cmd_usage(CMD_get, "--json tells the head already: not with -i");
	return 0;
}
