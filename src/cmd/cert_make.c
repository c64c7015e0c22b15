/* SPDX-License-Identifier: MIT */
/* `handfast cert ca` and `handfast cert issue`: an authority of one's own, and what it issues. */
#define _GNU_SOURCE
#include "cmd/cert.h"

#include "explain/text.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CA_DAYS 3650u
#define LEAF_DAYS 90u /* as the public authorities that are free of charge */
#define CLOCK_SKEW_S 3600u

static const char *const cert_names[] = { [MINT_ROOT] = "root.crt", [MINT_INTERMEDIATE] = "intermediate.crt" };
static const char *const key_names[] = { [MINT_ROOT] = "root.key", [MINT_INTERMEDIATE] = "intermediate.key" };

static const char *path_in(struct text *t, const char *dir, const char *name)
{
	text_clear(t);
	text_addf(t, "%s/%s", dir, name);
	return text_str(t);
}

static int fail(enum cmd_command command, const char *what, hf_status st)
{
	cmd_say(command, "%s: %s", what, hf_status_sentence(st));
	return hf_status_exit(st);
}

/* ---- ca ---- */

static int make_dir(enum cmd_command command, const char *dir, struct text *path)
{
	if (mkdir(dir, 0700) != 0 && errno != EEXIST)
		return cert_file_fail(command, dir, errno);
	for (enum mint_ca_part i = MINT_ROOT; i <= MINT_INTERMEDIATE; i++)
		if (access(path_in(path, dir, key_names[i]), F_OK) == 0)
			return cmd_usage(command, "%s is there already: an authority is not overwritten", text_str(path));
	return 0;
}

static int write_part(enum cmd_command command, const struct mint_ca *ca, enum mint_ca_part part, const char *dir,
		      struct text *path)
{
	struct mint_blob cert = { 0 }, key = { 0 };
	hf_status st = mint_ca_cert(ca, part, &cert);
	int code;

	if (st == HF_OK)
		st = mint_ca_key(ca, part, &key);
	if (st != HF_OK)
		code = fail(command, dir, st);
	else
		code = cert_file_write(command, path_in(path, dir, key_names[part]), key.at, key.len, true);
	if (code == 0)
		code = cert_file_write(command, path_in(path, dir, cert_names[part]), cert.at, cert.len, false);
	mint_blob_free(&cert);
	mint_blob_free(&key);
	return code;
}

int cert_ca_make(enum cmd_command command, const struct hf_crypto *c, const char *dir, uint64_t now_s, uint64_t days)
{
	struct mint_ca_ask ask = { .name = "Handfast local",
				   .key = CRYPTO_KEY_P256,
				   .not_before = now_s - CLOCK_SKEW_S,
				   .not_after = now_s + (days ? days : CA_DAYS) * 86400u };
	struct mint_ca *ca;
	struct text path;
	hf_status st;
	int code;

	text_init(&path);
	code = make_dir(command, dir, &path);
	if (code == 0) {
		st = mint_ca_make(c, &ask, &ca);
		code = st == HF_OK ? 0 : fail(command, dir, st);
	}
	if (code == 0) {
		code = write_part(command, ca, MINT_ROOT, dir, &path);
		if (code == 0)
			code = write_part(command, ca, MINT_INTERMEDIATE, dir, &path);
		mint_ca_free(ca);
	}
	text_free(&path);
	return code;
}

static int make_ca(const struct hf_crypto *c, const struct cert_options *o, struct text *path)
{
	const char *dir = o->operand[0];
	int code = cert_ca_make(CMD_cert, c, dir, o->now_s, o->days);

	if (code != 0)
		return code;
	printf("%s\n", path_in(path, dir, cert_names[MINT_ROOT]));
	printf("Trust that file where its certificates are to be believed (curl --cacert, handfast get --cacert), and issue with: "
	       "handfast cert issue --ca %s NAME\n",
	       dir);
	return cmd_flush(CMD_cert);
}

int cert_ca(const struct hf_crypto *c, const struct cert_options *o)
{
	struct text path;
	int code;

	if (o->operands == 0)
		return cmd_usage(CMD_cert, "in which directory is the authority to be kept?");
	if (o->operands > 1)
		return cmd_usage(CMD_cert, "one directory, not also %s", o->operand[1]);
	text_init(&path);
	code = make_ca(c, o, &path);
	text_free(&path);
	return code;
}

/* ---- issue ---- */

int cert_ca_read(enum cmd_command command, const struct hf_crypto *c, const char *dir, struct mint_ca **ret)
{
	struct mint_ca_texts texts = { 0 };
	struct hf_cert_trouble t = { 0 };
	enum mint_ca_part part;
	struct text path;
	hf_status st;
	int code = 0;

	text_init(&path);
	for (enum mint_ca_part i = MINT_ROOT; i <= MINT_INTERMEDIATE && code == 0; i++) {
		code = cert_file_read(command, path_in(&path, dir, cert_names[i]), &texts.cert[i]);
		if (code == 0)
			code = cert_file_read(command, path_in(&path, dir, key_names[i]), &texts.key[i]);
	}
	if (code == 0) {
		st = mint_ca_load(c, &texts, ret, &part, &t);
		if (st != HF_OK) {
			cert_file_say(command, path_in(&path, dir, cert_names[part]), &t);
			code = hf_status_exit(st == HF_MALFORMED || st == HF_MISMATCH ? HF_USAGE : st);
		}
	}
	for (enum mint_ca_part i = MINT_ROOT; i <= MINT_INTERMEDIATE; i++) {
		cert_file_free((struct hf_bytes *)&texts.cert[i]);
		cert_file_free((struct hf_bytes *)&texts.key[i]);
	}
	text_free(&path);
	return code;
}

/* "*.a.example" as _.a.example, a bad one with its kind behind it, so that it never takes a good one's place. */
static void add_prefix(struct text *t, const struct cert_options *o)
{
	const char *name = o->operand[0];

	if (o->out) {
		text_add(t, o->out);
		return;
	}
	for (; *name; name++)
		text_add_n(t, *name == '*' ? "_" : name, 1);
	if (o->bad != MINT_GOOD)
		text_addf(t, ".%s", mint_bad_code(o->bad));
}

static int write_one(const char *prefix, const char *ending, const struct mint_blob *b, bool secret, struct text *path)
{
	int code;

	if (b->len == 0)
		return 0;
	text_clear(path);
	text_addf(path, "%s.%s", prefix, ending);
	code = cert_file_write(CMD_cert, text_str(path), b->at, b->len, secret);
	if (code == 0)
		printf("%s\n", text_str(path));
	return code;
}

static int write_leaf(const struct mint_leaf *leaf, const char *prefix, struct text *path)
{
	int code = write_one(prefix, "key", &leaf->key, true, path);

	if (code == 0)
		code = write_one(prefix, "crt", &leaf->chain, false, path);
	if (code == 0)
		code = write_one(prefix, "crl", &leaf->crl, false, path);
	if (code == 0)
		code = write_one(prefix, "ocsp", &leaf->ocsp, false, path);
	return code ? code : cmd_flush(CMD_cert);
}

/* A key that is gone is gone for good, and who asks twice may not know that there was one. */
static int check_free(const char *prefix, struct text *path)
{
	static const char *const endings[] = { "key", "crt" };

	for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
		text_clear(path);
		text_addf(path, "%s.%s", prefix, endings[i]);
		if (access(text_str(path), F_OK) == 0)
			return cmd_usage(CMD_cert, "%s is there already: --force makes it anew, --out another one",
					 text_str(path));
	}
	return 0;
}

static int issue(const struct hf_crypto *c, const struct cert_options *o, struct text *prefix, struct text *path)
{
	struct hf_bytes names[MINT_NAMES_MAX];
	struct mint_leaf_ask ask = { .names = names,
				     .name_count = (size_t)o->operands,
				     .key = o->key,
				     .bits = o->bits,
				     .purpose = o->purpose,
				     .now_s = o->now_s,
				     .days = (unsigned)(o->days ? o->days : LEAF_DAYS),
				     .bad = o->bad };
	struct mint_leaf leaf;
	struct mint_ca *ca;
	hf_status st;
	int code;

	add_prefix(prefix, o);
	code = o->force ? 0 : check_free(text_str(prefix), path);
	if (code == 0)
		code = cert_ca_read(CMD_cert, c, o->ca, &ca);
	if (code != 0)
		return code;
	for (int i = 0; i < o->operands; i++)
		names[i] = hf_bytes_of(o->operand[i]);
	st = mint_leaf_make(ca, &ask, &leaf);
	mint_ca_free(ca);
	if (st == HF_INVALID)
		return cmd_usage(CMD_cert, "one of the names is no host name (the first label may be *) and no address");
	if (st != HF_OK)
		return fail(CMD_cert, "the certificate cannot be made", st);
	code = write_leaf(&leaf, text_str(prefix), path);
	mint_leaf_free(&leaf);
	return code;
}

int cert_issue(const struct hf_crypto *c, const struct cert_options *o)
{
	struct text prefix, path;
	int code;

	if (!o->ca)
		return cmd_usage(CMD_cert, "--ca is needed: the directory that handfast cert ca has made");
	if (o->operands == 0)
		return cmd_usage(CMD_cert, "for which name is it to be issued?");
	if (!o->out && strchr(o->operand[0], '/'))
		return cmd_usage(CMD_cert, "%s is no host name", o->operand[0]);
	text_init(&prefix);
	text_init(&path);
	code = issue(c, o, &prefix, &path);
	text_free(&prefix);
	text_free(&path);
	return code;
}
