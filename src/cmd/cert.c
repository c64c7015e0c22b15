/* SPDX-License-Identifier: MIT */
/* `handfast cert`: its command line, and which of its parts it is for. */
#include "cmd/cert.h"
#include "cmd/cmd_table.h"

#include <string.h>
#include <time.h>

enum part { CA, ISSUE, SHOW, VERIFY, PARTS };

static const char *const parts[PARTS] = { [CA] = "ca", [ISSUE] = "issue", [SHOW] = "show", [VERIFY] = "verify" };

/* Which options go with which part. */
#define OF(part) (1u << (part))

static unsigned parts_of(enum cmd_option id)
{
	switch (id) {
	case OPT_cert_TIME:
		return OF(CA) | OF(ISSUE) | OF(SHOW) | OF(VERIFY);
	case OPT_cert_DAYS:
		return OF(CA) | OF(ISSUE);
	case OPT_cert_CA:
	case OPT_cert_KEY:
	case OPT_cert_BAD:
	case OPT_cert_OUT:
	case OPT_cert_FORCE:
		return OF(ISSUE);
	case OPT_cert_PURPOSE:
		return OF(ISSUE) | OF(VERIFY);
	case OPT_cert_JSON:
	case OPT_cert_CACERT:
		return OF(SHOW) | OF(VERIFY);
	case OPT_cert_CONNECT:
		return OF(SHOW);
	default:
		return OF(VERIFY);
	}
}

static int add_file(const char *option, const char **list, unsigned *n, const char *file)
{
	if (*n == CERT_FILES)
		return cmd_usage(CMD_cert, "--%s %s: at most %u files", option, file, CERT_FILES);
	list[(*n)++] = file;
	return 0;
}

static int take_key(const char *text, struct cert_options *o)
{
	static const struct {
		const char *name;
		enum crypto_key_kind kind;
		unsigned bits;
	} keys[] = {
		{ "ec256", CRYPTO_KEY_P256, 0 },      { "ec384", CRYPTO_KEY_P384, 0 },
		{ "ec521", CRYPTO_KEY_P521, 0 },      { "rsa2048", CRYPTO_KEY_RSA, 2048 },
		{ "rsa3072", CRYPTO_KEY_RSA, 3072 },  { "rsa4096", CRYPTO_KEY_RSA, 4096 },
		{ "ed25519", CRYPTO_KEY_ED25519, 0 },
	};

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (strcmp(text, keys[i].name) == 0) {
			o->key = keys[i].kind;
			o->bits = keys[i].bits;
			return 0;
		}
	return cmd_usage(CMD_cert, "--key %s: there are ec256, ec384, ec521, rsa2048, rsa3072, rsa4096 and ed25519", text);
}

static int take_bad(const char *text, struct cert_options *o)
{
	char list[400] = "";
	size_t n = 0;

	if (mint_bad_find(text, &o->bad))
		return 0;
	for (unsigned i = MINT_GOOD + 1; i < MINT_BAD_COUNT; i++)
		n += (size_t)snprintf(list + n, sizeof(list) - n, "%s%s", i > 1 ? ", " : "", mint_bad_code(i));
	return cmd_usage(CMD_cert, "--bad %s: there are %s", text, list);
}

static int take_purpose(const char *text, struct cert_options *o)
{
	if (strcmp(text, "server") == 0)
		o->purpose = HF_CERT_FOR_SERVER;
	else if (strcmp(text, "client") == 0)
		o->purpose = HF_CERT_FOR_CLIENT;
	else
		return cmd_usage(CMD_cert, "--purpose %s: server or client", text);
	return 0;
}

static int take_option(int id, const char *value, struct cert_options *o)
{
	switch (id) {
	case OPT_cert_CA:
		o->ca = value;
		return 0;
	case OPT_cert_DAYS:
		return cmd_parse_number(value, 1, 36500, &o->days)
			       ? 0
			       : cmd_usage(CMD_cert, "--days %s: a number of days from 1 to 36500", value);
	case OPT_cert_KEY:
		return take_key(value, o);
	case OPT_cert_BAD:
		return take_bad(value, o);
	case OPT_cert_OUT:
		o->out = value;
		return 0;
	case OPT_cert_CACERT:
		return add_file("cacert", o->trust, &o->trusts, value);
	case OPT_cert_UNTRUSTED:
		return add_file("untrusted", o->untrusted, &o->untrusteds, value);
	case OPT_cert_CRL:
		return add_file("crl", o->crl, &o->crls, value);
	case OPT_cert_OCSP:
		o->ocsp = value;
		return 0;
	case OPT_cert_VERIFY_NAME:
		o->name = value;
		return 0;
	case OPT_cert_TIME:
		return cert_parse_time(value, &o->now_s)
			       ? 0
			       : cmd_usage(CMD_cert, "--time %s: seconds since 1970, or a time as 2025-01-31T23:59:59Z",
					   value);
	case OPT_cert_PURPOSE:
		return take_purpose(value, o);
	case OPT_cert_CONNECT:
		o->connect = value;
		return 0;
	case OPT_cert_LENIENT:
		o->lenient = true;
		return 0;
	case OPT_cert_FORCE:
		o->force = true;
		return 0;
	default:
		o->json = true;
		return 0;
	}
}

static int find_part(struct cmd_args *a, enum part *ret)
{
	unsigned i = 0;

	if (a->operands == 0)
		return cmd_usage(CMD_cert, "what is to be done: ca, issue, show or verify?");
	while (i < PARTS && strcmp(a->operand[0], parts[i]) != 0)
		i++;
	if (i == PARTS)
		return cmd_usage(CMD_cert, "there is no cert %s, but ca, issue, show and verify", a->operand[0]);
	*ret = (enum part)i;
	return 0;
}

static int run(enum part part, const struct cert_options *o)
{
	struct hf_crypto *c;
	hf_status st;
	int code;

	if (part == SHOW)
		return cert_show(o);
	st = hf_crypto_open(&c);
	if (st != HF_OK) {
		cmd_say(CMD_cert, "libcrypto cannot be used: %s", hf_status_sentence(st));
		return hf_status_exit(st);
	}
	code = part == CA ? cert_ca(c, o) : part == ISSUE ? cert_issue(c, o) : cert_verify(c, o);
	hf_crypto_close(c);
	return code;
}

int cmd_cert(int argc, char **argv)
{
	struct cert_options o = { .now_s = (uint64_t)time(NULL), .key = CRYPTO_KEY_P256 };
	bool seen[OPT_COUNT] = { false };
	struct cmd_args a;
	enum part part = CA;
	int code;

	cmd_args_begin(&a, CMD_cert, argc, argv);
	for (int id; (id = cmd_args_next(&a)) != OPT_END;) {
		if (id == OPT_WRONG)
			return 2;
		if (id == OPT_ANSWERED)
			return 0;
		seen[id] = true;
		code = take_option(id, a.value, &o);
		if (code != 0)
			return code;
	}
	code = find_part(&a, &part);
	if (code != 0)
		return code;
	for (int id = 0; id < OPT_COUNT; id++)
		if (seen[id] && !(parts_of((enum cmd_option)id) & OF(part)))
			return cmd_usage(CMD_cert, "--%s does not go with %s", cmd_option_rows[id].name, parts[part]);
	o.operand = a.operand + 1;
	o.operands = a.operands - 1;
	return run(part, &o);
}
