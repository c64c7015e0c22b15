/* SPDX-License-Identifier: MIT */
/* HTTPS in `handfast serve`: its options, the certificates, and taking up new ones. */
#include "cmd/serve_secure.h"

#include "cmd/serve.h"

#include <stdlib.h>
#include <string.h>

void serve_secure_init(struct serve_secure *x)
{
	*x = (struct serve_secure){ .port = 443 };
	secure_offer_http(&x->options);
	text_init(&x->cert);
	text_init(&x->key);
	text_init(&x->authority);
}

void serve_secure_free(struct serve_secure *x)
{
	for (unsigned i = 0; i < x->options.certs; i++)
		free((char *)x->options.cert[i]); /* the key's name is behind it */
	mint_leaf_free(&x->leaf);
	mint_blob_free(&x->root);
	text_free(&x->cert);
	text_free(&x->key);
	text_free(&x->authority);
}

/* ---- options ---- */

/* "CERT,KEY", or one file with both. */
static int take_files(struct serve_secure *x, const char *value)
{
	struct secure_options *o = &x->options;
	const char *comma = strchr(value, ',');
	size_t n = comma ? (size_t)(comma - value) : strlen(value);
	char *both;

	if (n == 0 || (comma && comma[1] == '\0'))
		return cmd_usage(CMD_serve, "--tls %s: CERT,KEY are wanted, two files, or \"auto\"", value);
	if (o->certs == SECURE_CREDS)
		return cmd_usage(CMD_serve, "--tls %s: at most %u certificates", value, SECURE_CREDS);
	both = strdup(value);
	if (!both) {
		cmd_say(CMD_serve, "no memory");
		return hf_status_exit(HF_FULL);
	}
	both[n] = '\0';
	o->cert[o->certs] = both;
	o->key[o->certs++] = comma ? both + n + 1 : NULL;
	return 0;
}

static int take_tls(struct serve_secure *x, const char *value)
{
	static const char automatic[] = "auto";
	const size_t n = sizeof(automatic) - 1;

	x->asked = true;
	if (strncmp(value, automatic, n) != 0 || (value[n] != '\0' && value[n] != ':'))
		return take_files(x, value);
	x->automatic = true;
	x->names = value[n] == ':' ? value + n + 1 : NULL;
	return 0;
}

static int take_early_data(struct serve_secure *x, const char *value)
{
	uint64_t n;

	if (!cmd_parse_number(value, 0, SERVE_TLS_EARLY_MAX, &n))
		return cmd_usage(CMD_serve, "--early-data %s: octets, from 0 to %u", value, SERVE_TLS_EARLY_MAX);
	x->options.tls.early_data_max = (uint32_t)n;
	return 0;
}

int serve_secure_take(struct serve_secure *x, int id, const char *value)
{
	struct secure_options *o = &x->options;

	switch (id) {
	case OPT_serve_TLS:
		return take_tls(x, value);
	case OPT_serve_TLS_PORT:
		return cmd_parse_number(value, 1, 65535, &x->port)
			       ? 0
			       : cmd_usage(CMD_serve, "--tls-port %s: a port is a number from 1 to 65535", value);
	case OPT_serve_TLS_ONLY:
		x->only = true;
		return 0;
	case OPT_serve_TLS_MIN:
		return secure_parse_version(CMD_serve, "tls-min", value, &o->tls.min_version);
	case OPT_serve_TLS_MAX:
		return secure_parse_version(CMD_serve, "tls-max", value, &o->tls.max_version);
	case OPT_serve_CLIENT_CERT:
		return secure_parse_client_cert(CMD_serve, value, o);
	case OPT_serve_CACERT:
		return secure_add_cacert(CMD_serve, value, o);
	case OPT_serve_RSA_KEY_TRANSPORT:
		o->tls.rsa_key_transport = true;
		return 0;
	case OPT_serve_EARLY_DATA:
		return take_early_data(x, value);
	default:
		o->insecure_key_permissions = true;
		return 0;
	}
}

int serve_secure_check(const struct serve_secure *x)
{
	const struct secure_options *o = &x->options;
	int code;

	if (!x->asked && (x->only || o->tls.min_version || o->tls.max_version || o->tls.client_cert || o->cacerts ||
			  o->tls.rsa_key_transport || o->tls.early_data_max))
		return cmd_usage(CMD_serve, "options of TLS, but no --tls: it names the certificate");
	code = secure_check_versions(CMD_serve, o);
	if (code == 0 && o->tls.client_cert != HF_TLS_CLIENT_CERT_NONE && o->cacerts == 0)
		code = cmd_usage(CMD_serve, "--client-cert: --cacert says by whom they must be signed");
	return code;
}

/* ---- certificates ---- */

/* NULL: *ret_code says why. */
static struct serve_side *make_side(struct serve *s, int *ret_code)
{
	struct secure_options o = s->secure->options;
	struct serve_side *made = calloc(1, sizeof(*made));
	uint8_t seed[32];
	int code;

	if (!made) {
		cmd_say(s->loop.command, "no memory");
		*ret_code = hf_status_exit(HF_FULL);
		return NULL;
	}
	o.no_trust = o.tls.client_cert == HF_TLS_CLIENT_CERT_NONE;
	code = loop_draw_seed(&s->loop, s->loop.command, LOOP_SALT_SERVER, seed);
	if (code == 0)
		code = secure_side_open(&made->side, s->loop.command, &o, true, (uint64_t)s->loop.wall_offset, seed);
	explicit_bzero(seed, sizeof(seed));
	if (code == 0) /* what cannot talk now could make no machine later */
		code = secure_side_try(&made->side, s->loop.now);
	*ret_code = code;
	if (code == 0)
		return made;
	free(made);
	return NULL;
}

int serve_secure_prepare(struct serve *s)
{
	int code = 0;

	/* A certificate made on the way waits until the addresses are known. */
	if (s->secure && s->secure->asked && s->secure->options.certs > 0)
		s->tls.side = make_side(s, &code);
	return code;
}

uint64_t serve_secure_valid_from(const struct serve *s)
{
	const struct hf_tls_keeper *k = s->tls.side ? &s->tls.side->side.keeper : NULL;
	struct hf_cert_trouble trouble;
	struct hf_cert_view view;
	uint64_t from = 0;

	for (size_t i = 0; k && i < k->cred_count; i++)
		for (size_t at = 0; at < hf_cred_certs(k->creds[i]); at++)
			if (hf_cert_look(hf_cred_cert(k->creds[i], at), &view, &trouble) == HF_OK)
				from = hf_max_u64(from, view.not_before);
	return from;
}

int serve_secure_open(struct serve *s, uint32_t connections)
{
	struct serve_side *side = s->tls.side;
	int code = 0;

	if (!s->secure || !s->secure->asked)
		return 0;
	if (s->secure->automatic)
		code = serve_auto(s->secure, &s->loop);
	if (code != 0)
		return code;
	if (side && s->secure->automatic) { /* there is one certificate more by now */
		secure_side_close(&side->side);
		free(side);
		side = NULL;
	}
	s->tls.side = side ? side : make_side(s, &code);
	if (!s->tls.side)
		return code;
	s->tls.side->side.tls.epoch_ns = (uint64_t)s->loop.wall_offset;
	secure_side_capture(&s->tls.side->side, &s->loop);
	serve_tls_open(s, s->tls.side, connections);
	return 0;
}

void serve_secure_reload(struct serve *s)
{
	struct serve_side *side = NULL;
	int code = 0;

	if (s->secure->automatic)
		code = serve_auto(s->secure, &s->loop);
	if (code == 0)
		side = make_side(s, &code);
	if (!side) {
		cmd_say(s->loop.command, "the certificates stay as they were");
		return;
	}
	/* Tickets stay good; but not those of clients whom the new files may not believe any more. */
	if (side->side.tls.client_cert == HF_TLS_CLIENT_CERT_NONE)
		side->side.ticket_keys = s->tls.side->side.ticket_keys;
	secure_side_capture(&side->side, &s->loop);
	serve_tls_change(s, side);
	if (!s->quiet)
		cmd_say(s->loop.command, "certificates read anew");
}
