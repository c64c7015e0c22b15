/* SPDX-License-Identifier: MIT */
/* `handfast cert show` and `handfast cert verify`: what stands in certificates, and what a check of them comes to. */
#include "cmd/cert.h"

#include "explain/cert_view.h"

#include <stdlib.h>
#include <string.h>

/* What is judged may be anything (10); what an option names must be what the option says (2). */
static int malformed(const char *path, const struct hf_cert_trouble *t, bool judged)
{
	cert_file_say(CMD_cert, path, t);
	return hf_status_exit(judged ? HF_MALFORMED : HF_USAGE);
}

static int add_file(struct hf_certs *certs, const char *path, bool judged)
{
	struct hf_cert_trouble t;
	struct hf_bytes file;
	hf_status st;
	int code = cert_file_read(CMD_cert, path, &file);

	if (code != 0)
		return code;
	st = hf_certs_add(certs, file, &t);
	cert_file_free(&file);
	if (st == HF_MALFORMED)
		return malformed(path, &t, judged);
	if (st != HF_OK)
		cmd_say(CMD_cert, "%s: %s", path, hf_status_sentence(st));
	return st == HF_OK ? 0 : hf_status_exit(st);
}

/* Takes the text over, says whether it could be written, and leaves with `code` when it could. */
static int print(struct text *t, int code)
{
	int printed;

	if (t->failed) {
		cmd_say(CMD_cert, "memory has run out");
		text_free(t);
		return hf_status_exit(HF_SYSTEM);
	}
	fputs(text_str(t), stdout);
	text_free(t);
	printed = cmd_flush(CMD_cert);
	return printed ? printed : code;
}

static int full(void)
{
	cmd_say(CMD_cert, "%s", hf_status_sentence(HF_FULL));
	return hf_status_exit(HF_FULL);
}

/* ---- show ---- */

static int show_all(const struct cert_options *o, const struct hf_certs *certs, struct hf_cert_view *view)
{
	size_t n = hf_certs_count(certs);
	struct look look = look_of(stdout);
	struct hf_cert_trouble t;
	struct text text;
	struct json j;

	for (size_t i = 0; i < n; i++) {
		hf_status st = hf_cert_look(hf_certs_der(certs, i), &view[i], &t);

		if (st != HF_OK) {
			cmd_say(CMD_cert, "%s, certificate %zu: %s", o->operand[0], i + 1,
				st == HF_MALFORMED ? t.sentence : hf_status_sentence(st));
			return hf_status_exit(st);
		}
	}
	text_init(&text);
	if (o->json) {
		j = json_over(&text);
		cert_view_list_json(&j, view, n);
	} else {
		cert_view_list(&text, view, n, o->now_s, &look);
	}
	return print(&text, 0);
}

int cert_show(const struct cert_options *o)
{
	struct hf_cert_view *view;
	struct hf_certs *certs;
	int code;

	if (o->operands == 0)
		return cmd_usage(CMD_cert, "which file or https:// URL is to be shown?");
	if (o->operands > 1)
		return cmd_usage(CMD_cert, "one file, not also %s", o->operand[1]);
	if (strncmp(o->operand[0], "https://", 8) == 0)
		return cert_show_url(o);
	if (hf_certs_make(&certs) != HF_OK)
		return full();
	code = add_file(certs, o->operand[0], true);
	view = code == 0 ? calloc(hf_certs_count(certs), sizeof(*view)) : NULL;
	if (code == 0)
		code = view ? show_all(o, certs, view) : full();
	free(view);
	hf_certs_free(certs);
	return code;
}

/* ---- verify ---- */

static int read_trust(const struct cert_options *o, struct hf_trust *trust)
{
	int code = 0;

	if (o->trusts == 0)
		code = cert_trust_read(CMD_cert, trust, NULL);
	for (unsigned i = 0; i < o->trusts && code == 0; i++)
		code = cert_trust_read(CMD_cert, trust, o->trust[i]);
	for (unsigned i = 0; i < o->crls && code == 0; i++) {
		struct hf_cert_trouble t;
		struct hf_bytes file;
		hf_status st;

		code = cert_file_read(CMD_cert, o->crl[i], &file);
		if (code != 0)
			break;
		st = hf_trust_add_crl(trust, file, &t);
		cert_file_free(&file);
		code = st == HF_MALFORMED ? malformed(o->crl[i], &t, false) : hf_status_exit(st);
	}
	return code;
}

static int check(const struct cert_options *o, const struct hf_trust *trust, const struct hf_certs *certs,
		 struct hf_bytes ocsp)
{
	static struct hf_cert_report report;
	struct hf_cert_ask ask = { .chain = hf_certs_all(certs),
				   .certs = hf_certs_count(certs),
				   .unix_s = o->now_s,
				   .purpose = o->purpose,
				   .ocsp = ocsp,
				   .letter = !o->lenient };
	struct look look = look_of(stdout);
	struct text text;
	struct json j;
	hf_status st;

	if (o->name)
		ask.name = hf_bytes_of(o->name);
	st = hf_cert_check(trust, &ask, &report);
	if (st == HF_FULL)
		return full();
	text_init(&text);
	if (o->json) {
		j = json_over(&text);
		cert_view_report_json(&j, &report);
	} else {
		cert_view_report(&text, &report, &look);
	}
	return print(&text, st == HF_OK ? 0 : hf_status_exit(HF_UNTRUSTED));
}

static int verify(const struct cert_options *o, struct hf_trust *trust, struct hf_certs *certs)
{
	struct hf_bytes ocsp = { NULL, 0 };
	int code = read_trust(o, trust);

	if (code == 0)
		code = add_file(certs, o->operand[0], true);
	for (unsigned i = 0; i < o->untrusteds && code == 0; i++)
		code = add_file(certs, o->untrusted[i], false);
	if (code == 0 && o->ocsp)
		code = cert_file_read(CMD_cert, o->ocsp, &ocsp);
	if (code == 0)
		code = check(o, trust, certs, ocsp);
	cert_file_free(&ocsp);
	return code;
}

int cert_verify(const struct hf_crypto *c, const struct cert_options *o)
{
	struct hf_trust *trust = NULL;
	struct hf_certs *certs = NULL;
	int code;

	if (o->operands == 0)
		return cmd_usage(CMD_cert, "which certificate is to be verified?");
	if (o->operands > 1)
		return cmd_usage(CMD_cert, "one file with the leaf, not also %s (others go with --untrusted)",
				 o->operand[1]);
	if (hf_trust_make(c, &trust) != HF_OK || hf_certs_make(&certs) != HF_OK)
		code = full();
	else
		code = verify(o, trust, certs);
	hf_certs_free(certs);
	hf_trust_free(trust);
	return code;
}
