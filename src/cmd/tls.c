/* SPDX-License-Identifier: MIT */
/* `handfast tls`: its command line, for the server and the client. */
#include "cmd/tls.h"

#include "cmd/cmd_table.h"
#include "drivers/net_spec.h"
#include "wire/addr.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define PORT_DEFAULT 4433u
#define TIMEOUT HF_S(10)
#define EARLY_DATA_MAX (16u << 20)
#define TICKETS_MAX 16u

#define SERVER (1u << 0)
#define CLIENT (1u << 1)

/* Which options go with which of the two. */
static unsigned roles_of(enum cmd_option id)
{
	switch (id) {
	case OPT_tls_PORT:
	case OPT_tls_LISTEN:
	case OPT_tls_HTTP:
	case OPT_tls_ECHO:
	case OPT_tls_ACCEPT:
	case OPT_tls_CLIENT_CERT:
	case OPT_tls_SNI_STRICT:
	case OPT_tls_TICKETS:
	case OPT_tls_OCSP:
		return SERVER;
	case OPT_tls_CONNECT:
	case OPT_tls_SNI:
	case OPT_tls_VERIFY_NAME:
	case OPT_tls_SESSION_FILE:
	case OPT_tls_MAX_FRAGMENT:
	case OPT_tls_STATUS:
	case OPT_tls_NO_GREASE:
	case OPT_tls_TIMEOUT:
	case OPT_tls_HALF_CLOSE:
		return CLIENT;
	default:
		return SERVER | CLIENT;
	}
}

struct reading { /* what one word alone does not decide */
	struct tls_options *o;
	const char *connect, *early;
	uint64_t port;
};

static int add_cert(struct secure_options *s, const char *file)
{
	if (s->certs == SECURE_CREDS)
		return cmd_usage(CMD_tls, "--cert %s: at most %u certificates", file, SECURE_CREDS);
	s->cert[s->certs++] = file;
	return 0;
}

/* A key belongs to the certificate named before it. */
static int add_key(struct secure_options *s, const char *file)
{
	if (s->certs == 0 || s->key[s->certs - 1])
		return cmd_usage(CMD_tls, "--key %s: it stands behind the --cert it belongs to", file);
	s->key[s->certs - 1] = file;
	return 0;
}

static int take_fragment(const char *value, struct secure_options *s)
{
	for (unsigned i = 1; i <= 4; i++) {
		uint64_t n;

		if (cmd_parse_number(value, 0, UINT16_MAX, &n) && n == 256u << i) {
			s->tls.max_fragment_length = (uint8_t)i;
			return 0;
		}
	}
	return cmd_usage(CMD_tls, "--max-fragment %s: 512, 1024, 2048 or 4096", value);
}

static int take_listen(const char *value, struct hf_endpoint *at)
{
	if (addr_parse(hf_bytes_of(value), &at->addr) == HF_OK)
		return 0;
	return cmd_usage(CMD_tls, "--listen %s: not an address", value);
}

static int take_tickets(const char *value, struct secure_options *s)
{
	uint64_t n = 0;
	int code = cmd_take_number(CMD_tls, "tickets", value, 0, TICKETS_MAX, &n);

	s->tls.tickets = n ? (unsigned)n : HF_TLS_NO_TICKETS;
	return code;
}

static int take_tls_option(int id, const char *value, struct secure_options *s)
{
	uint64_t n = 0;
	int code = 0;

	switch (id) {
	case OPT_tls_CERT:
		return add_cert(s, value);
	case OPT_tls_KEY:
		return add_key(s, value);
	case OPT_tls_CACERT:
		return secure_add_cacert(CMD_tls, value, s);
	case OPT_tls_CRL:
		s->crl = value;
		return 0;
	case OPT_tls_OCSP:
		s->ocsp = value;
		return 0;
	case OPT_tls_CLIENT_CERT:
		return secure_parse_client_cert(CMD_tls, value, s);
	case OPT_tls_ALPN:
		return secure_parse_alpn(CMD_tls, value, s);
	case OPT_tls_CIPHERS:
		return secure_parse_suites(CMD_tls, value, s);
	case OPT_tls_GROUPS:
		return secure_parse_groups(CMD_tls, value, s);
	case OPT_tls_SIGALGS:
		return secure_parse_schemes(CMD_tls, value, s);
	case OPT_tls_TLS_MIN:
		return secure_parse_version(CMD_tls, "tls-min", value, &s->tls.min_version);
	case OPT_tls_TLS_MAX:
		return secure_parse_version(CMD_tls, "tls-max", value, &s->tls.max_version);
	case OPT_tls_SNI_STRICT:
		s->strict_names = true;
		return 0;
	case OPT_tls_TICKETS:
		return take_tickets(value, s);
	case OPT_tls_NO_TICKETS:
		s->tls.no_resumption = true;
		return 0;
	case OPT_tls_RECORD_SIZE_LIMIT:
		code = cmd_take_number(CMD_tls, "record-size-limit", value, 64, 16384, &n);
		s->tls.record_size_limit = (uint16_t)n;
		return code;
	case OPT_tls_MAX_FRAGMENT:
		return take_fragment(value, s);
	case OPT_tls_PADDING:
		code = cmd_take_number(CMD_tls, "padding", value, 1, 16384, &n);
		s->tls.pad_to = (uint16_t)n;
		return code;
	case OPT_tls_RSA_KEY_TRANSPORT:
		s->tls.rsa_key_transport = true;
		return 0;
	case OPT_tls_NO_GREASE:
		s->tls.no_grease = true;
		return 0;
	case OPT_tls_STATUS:
		s->tls.want_staple = true;
		return 0;
	case OPT_tls_INSECURE:
		s->insecure = true;
		return 0;
	default:
		s->insecure_key_permissions = true;
		return 0;
	}
}

static int take_option(int id, const char *value, struct reading *r)
{
	struct tls_options *o = r->o;

	switch (id) {
	case OPT_tls_NET:
		o->net = value;
		return 0;
	case OPT_tls_PORT:
		return cmd_take_number(CMD_tls, "port", value, 0, UINT16_MAX, &r->port);
	case OPT_tls_LISTEN:
		return take_listen(value, &o->listen);
	case OPT_tls_HTTP:
	case OPT_tls_ECHO:
		if (o->mode != TLS_MODE_PLAIN && (o->mode == TLS_MODE_HTTP) != (id == OPT_tls_HTTP))
			return cmd_usage(CMD_tls, "--http and --echo do not go together");
		o->mode = id == OPT_tls_HTTP ? TLS_MODE_HTTP : TLS_MODE_ECHO;
		return 0;
	case OPT_tls_ACCEPT:
		return cmd_take_number(CMD_tls, "accept", value, 1, UINT32_MAX, &o->accept);
	case OPT_tls_CONNECT:
		r->connect = value;
		return 0;
	case OPT_tls_SNI:
		o->sni = value;
		return 0;
	case OPT_tls_VERIFY_NAME:
		if (!*value)
			return cmd_usage(CMD_tls, "--verify-name: a name is wanted");
		o->verify_name = value;
		return 0;
	case OPT_tls_SESSION_FILE:
		o->session_file = value;
		return 0;
	case OPT_tls_EARLY_DATA:
		r->early = value;
		return 0;
	case OPT_tls_TIMEOUT:
		return cmd_take_seconds(CMD_tls, "timeout", value, &o->timeout);
	case OPT_tls_HALF_CLOSE:
		o->half_close = true;
		return 0;
	case OPT_tls_INTERACTIVE:
		o->interactive = true;
		return 0;
	case OPT_tls_PCAP:
		o->pcap = value;
		return 0;
	case OPT_tls_TRACE:
		o->trace = o->show = true;
		return 0;
	case OPT_tls_SHOW:
		o->show = true;
		return 0;
	case OPT_tls_JSON:
		o->json = true;
		return 0;
	case OPT_tls_QUIET:
		o->quiet = true;
		return 0;
	default:
		return take_tls_option(id, value, &o->secure);
	}
}

/* ---- HOST:PORT ---- */

static bool parse_addr(const char *text, struct hf_addr *ret)
{
	return text && addr_parse(hf_bytes_of(text), ret) == HF_OK;
}

/* Cuts the operand in two: its host is left in place. */
static int split_target(char *text, struct tls_options *o)
{
	char *colon = strrchr(text, ':');
	uint64_t port;

	if (!colon || !cmd_parse_number(colon + 1, 1, UINT16_MAX, &port))
		return cmd_usage(CMD_tls, "%s: HOST:PORT is wanted, as in 127.0.0.1:443 or [::1]:443", text);
	*colon = '\0';
	o->remote.port = (uint16_t)port;
	o->host = text;
	if (text[0] == '[' && colon[-1] == ']') {
		colon[-1] = '\0';
		o->host = text + 1;
	}
	if (o->host[0] == '\0' || (o->host == text && strchr(text, ':')))
		return cmd_usage(CMD_tls, "%s:%llu: %s", text, (unsigned long long)port,
				 o->host[0] ? "an address of IPv6 stands in brackets" : "which host?");
	return 0;
}

static int find_target(char *text, const char *connect, struct tls_options *o)
{
	int code = split_target(text, o);

	if (code != 0)
		return code;
	if (connect)
		return parse_addr(connect, &o->remote.addr) ? 0
							    : cmd_usage(CMD_tls, "--connect %s: not an address", connect);
	if (parse_addr(o->host, &o->remote.addr))
		return 0;
	if (streams_is_kernel(o->net) && o->host && strcmp(o->host, "localhost") == 0 &&
	    parse_addr("127.0.0.1", &o->remote.addr))
		return 0;
	return cmd_usage(CMD_tls, "%s: names are not looked up yet; say the address with --connect", o->host);
}

/* ---- what goes together ---- */

static int finish_server(struct reading *r, const struct cmd_args *a)
{
	struct tls_options *o = r->o;
	uint64_t n = 0;
	int code = 0;

	if (a->operands > 1)
		return cmd_usage(CMD_tls, "the server takes options only, not %s", a->operand[1]);
	if (o->secure.certs == 0)
		return cmd_usage(CMD_tls,
				 "a server needs a certificate: --cert FILE --key FILE, which handfast cert issue makes");
	o->listen.port = (uint16_t)r->port;
	o->secure.no_trust = o->secure.tls.client_cert == HF_TLS_CLIENT_CERT_NONE;
	if (r->early)
		code = cmd_take_number(CMD_tls, "early-data", r->early, 1, EARLY_DATA_MAX, &n);
	o->secure.tls.early_data_max = (uint32_t)n;
	return code;
}

static int finish_client(struct reading *r, const struct cmd_args *a)
{
	struct tls_options *o = r->o;

	if (a->operands < 2)
		return cmd_usage(CMD_tls, "to which HOST:PORT?");
	if (a->operands > 2)
		return cmd_usage(CMD_tls, "one HOST:PORT at a time, not also %s", a->operand[2]);
	o->early_file = r->early;
	o->secure.tls.early_data_max = r->early ? EARLY_DATA_MAX : 0;
	return find_target(a->operand[1], r->connect, o);
}

static int check_roles(const bool seen[OPT_COUNT], unsigned role)
{
	for (int id = 0; id < OPT_COUNT; id++)
		if (seen[id] && !(roles_of((enum cmd_option)id) & role))
			return cmd_usage(CMD_tls, "--%s does not go with %s", cmd_option_rows[id].name,
					 role == SERVER ? "server" : "client");
	return 0;
}

int tls_begin(const struct tls_options *o, bool server, struct streams *streams, struct secure_side *side)
{
	const struct loop_options loop = {
		.command = CMD_tls,
		.net = o->net,
		.pcap = o->pcap,
		.trace = o->trace,
		.defaults = { .limits = { .conns = 128, .half_open = 128, .time_wait = 128, .chunks = 16384 },
			      .tcp = { .nodelay = true } },
		.port = o->listen.port,
	};
	const struct hf_tls_start start = { 0 };
	struct secure trial;
	uint8_t seed[32];
	hf_status status;
	int code;

	if (streams_is_sim(o->net))
		return cmd_usage(CMD_tls, "--net %s: there is nobody to speak TLS with in a simulated network yet", o->net);
	if (hf_entropy(seed, sizeof(seed)) != HF_OK) {
		cmd_say(CMD_tls, "no randomness: %s", strerror(errno));
		return hf_status_exit(HF_SYSTEM);
	}
	code = streams_open(streams, &loop);
	if (code != 0)
		return code;
	code = secure_side_open(side, CMD_tls, &o->secure, server, streams_epoch_ns(streams), seed);
	explicit_bzero(seed, sizeof(seed));
	if (code == 0) {
		status = secure_open(&trial, side, &start, streams->now);
		secure_close(&trial);
		secure_side_capture(side, &streams->loop);
		if (status == HF_OK)
			return 0;
		secure_side_close(side);
		code = status == HF_INVALID
			       ? cmd_usage(CMD_tls, "these options leave no version, cipher suite, group or scheme "
						    "to speak with")
			       : hf_status_exit(status);
	}
	streams_close(streams);
	return code;
}

int cmd_tls(int argc, char **argv)
{
	struct tls_options *o = calloc(1, sizeof(*o));
	struct reading r = { .o = o, .port = PORT_DEFAULT };
	bool seen[OPT_COUNT] = { false };
	struct cmd_args a;
	unsigned role = 0;
	int code = 0;

	if (!o) {
		cmd_say(CMD_tls, "%s", hf_status_sentence(HF_FULL));
		return hf_status_exit(HF_FULL);
	}
	o->timeout = TIMEOUT;
	cmd_args_begin(&a, CMD_tls, argc, argv);
	for (int id; code == 0 && (id = cmd_args_next(&a)) != OPT_END;) {
		if (id == OPT_WRONG || id == OPT_ANSWERED) {
			free(o);
			return id == OPT_WRONG ? 2 : 0;
		}
		seen[id] = true;
		code = take_option(id, a.value, &r);
	}
	if (code == 0 && a.operands > 0)
		role = strcmp(a.operand[0], "server") == 0 ? SERVER : strcmp(a.operand[0], "client") == 0 ? CLIENT : 0;
	if (code == 0 && role == 0)
		code = cmd_usage(CMD_tls, "which side: tls server, or tls client HOST:PORT?");
	if (code == 0)
		code = check_roles(seen, role);
	if (code == 0)
		code = role == SERVER ? finish_server(&r, &a) : finish_client(&r, &a);
	if (code == 0)
		code = role == SERVER ? tls_server(o) : tls_client(o);
	free(o);
	return code;
}
