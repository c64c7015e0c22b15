/* SPDX-License-Identifier: MIT */
/* The command line of `handfast get`. */
#include "cmd/get.h"

#include "base/bits.h"
#include "cmd/loop_sim.h"
#include "wire/addr.h"

#include <string.h>

static int take_tls_option(struct get_options *o, int id, const char *value)
{
	struct secure_options *s = &o->secure;

	switch (id) {
	case OPT_get_RESOLVE:
		return names_take_fixed(CMD_get, value, &o->names);
	case OPT_get_DNS:
		return names_take_server(CMD_get, value, &o->names);
	case OPT_get_CACERT:
		return secure_add_cacert(CMD_get, value, s);
	case OPT_get_CRL:
		s->crl = value;
		break;
	case OPT_get_INSECURE:
		s->insecure = true;
		break;
	case OPT_get_TLS_MIN:
		return secure_parse_version(CMD_get, "tls-min", value, &s->tls.min_version);
	case OPT_get_TLS_MAX:
		return secure_parse_version(CMD_get, "tls-max", value, &s->tls.max_version);
	case OPT_get_CERT:
		s->cert[0] = value;
		s->certs = 1;
		break;
	case OPT_get_KEY:
		s->key[0] = value;
		break;
	case OPT_get_CIPHERS:
		return secure_parse_suites(CMD_get, value, s);
	case OPT_get_GROUPS:
		return secure_parse_groups(CMD_get, value, s);
	case OPT_get_RSA_KEY_TRANSPORT:
		s->tls.rsa_key_transport = true;
		break;
	case OPT_get_INSECURE_KEYS:
		s->insecure_key_permissions = true;
		break;
	}
	return 0;
}

static int take_option(struct get_options *o, int id, const char *value)
{
	switch (id) {
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
		return cmd_take_seconds(CMD_get, "timeout", value, &o->timeout);
	case OPT_get_CONNECT:
		return cmd_take_seconds(CMD_get, "connect-timeout", value, &o->connect_timeout);
	case OPT_get_IDLE:
		return cmd_take_seconds(CMD_get, "idle-timeout", value, &o->idle_timeout);
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

/* In a simulated network the one server is where the URL leads, whatever its name. */
static int fix_address(struct get_options *o)
{
	const struct names_fixed *f = names_find_fixed(&o->names, o->host, o->url.port);

	if (f)
		o->url.addr = f->addr;
	if (f || !o->url.is_name)
		return 0;
	o->url.addr = addr_ip4_u32(LOOP_SIM_SERVER);
	if (o->names.fixeds == NAMES_FIXED)
		return cmd_usage(CMD_get, "--resolve: at most %u times in a simulated network", NAMES_FIXED - 1);
	o->names.fixed[o->names.fixeds++] = (struct names_fixed){ hf_bytes_of(o->host), o->url.port, o->url.addr };
	return 0;
}

static int find_address(struct get_options *o)
{
	if (o->simulated)
		return fix_address(o);
	if (o->url.is_name && !names_find_fixed(&o->names, o->host, o->url.port) && names_is_localhost(o->url.host) &&
	    !streams_is_kernel(o->net))
		return cmd_usage(CMD_get, "%s: localhost is reached with --net host alone", o->url_text);
	return 0;
}

static int check_url(struct get_options *o)
{
	const char *what;
	hf_status st = http_url_parse(o->url_text, &o->url, &what);
	size_t n = o->url.host.len;

	if (st == HF_UNSUPPORTED)
		return cmd_usage(CMD_get, "%s: only http:// and https:// are spoken", o->url_text);
	if (st != HF_OK)
		return cmd_usage(CMD_get, "%s: %s", o->url_text, what);
	if (n >= sizeof(o->host))
		return cmd_usage(CMD_get, "%s: a host's name has at most 255 octets", o->url_text);
	memcpy(o->host, o->url.host.at, n);
	if (n > 1 && o->host[n - 1] == '.') /* RFC 6066 3: without the dot of the root */
		o->host[n - 1] = '\0';
	return find_address(o);
}

static int check_tls(const struct get_options *o)
{
	const struct secure_options *s = &o->secure;

	if (s->key[0] && s->certs == 0)
		return cmd_usage(CMD_get, "--key: and which --cert?");
	return secure_check_versions(CMD_get, s);
}

static int take_operands(struct get_options *o, const struct cmd_args *a)
{
	int code;

	if (a->operands == 0)
		return cmd_usage(CMD_get, "which URL?");
	if (a->operands > 1)
		return cmd_usage(CMD_get, "one URL at a time, not also %s", a->operand[1]);
	o->url_text = a->operand[0];
	o->simulated = streams_is_sim(o->net);
	code = check_url(o);
	if (code == 0)
		code = check_tls(o);
	if (code != 0)
		return code;
	if (o->json && o->output && strcmp(o->output, "-") == 0)
		return cmd_usage(CMD_get, "--json and -o - both want stdout");
	if (o->json && o->include)
		return cmd_usage(CMD_get, "--json tells the head already: not with -i");
	return 0;
}

int get_take_options(int argc, char **argv, struct get_options *o)
{
	struct cmd_args a;
	int code = 0;

	secure_offer_http(&o->secure);
	o->secure.tls.want_staple = true;
	cmd_args_begin(&a, CMD_get, argc, argv);
	for (int id; code == 0 && (id = cmd_args_next(&a)) != OPT_END;) {
		if (id == OPT_WRONG || id == OPT_ANSWERED)
			return 1 + (id == OPT_WRONG ? 2 : 0);
		code = take_option(o, id, a.value);
	}
	if (code == 0)
		code = take_operands(o, &a);
	return code ? 1 + code : 0;
}
