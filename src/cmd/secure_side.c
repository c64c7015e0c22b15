/* SPDX-License-Identifier: MIT */

/* What all TLS connections of one end have in common, from the command line and the files it names. */
#define _GNU_SOURCE
#include "cmd/secure.h"

#include "base/bits.h"
#include "cmd/cert.h"
#include "crypto/hash.h"
#include "crypto/kex.h"
#include "wire/tls_wire.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_MAX_OCTETS (16u << 20)

/* ---- words ---- */

int secure_parse_version(enum cmd_command command, const char *option, const char *text, uint16_t *ret)
{
	if (strcmp(text, "1.2") == 0)
		*ret = HF_TLS_1_2;
	else if (strcmp(text, "1.3") == 0)
		*ret = HF_TLS_1_3;
	else
		return cmd_usage(command, "--%s %s: the versions spoken here are 1.2 and 1.3", option, text);
	return 0;
}

static int parse_names(enum cmd_command command, const char *option, const char *text,
		       uint16_t (*find)(struct hf_bytes), uint16_t *to, unsigned *count)
{
	*count = 0;
	while (*text) {
		const size_t n = strcspn(text, ",:");
		const uint16_t number = find((struct hf_bytes){ (const uint8_t *)text, n });

		if (n > 0 && number == 0)
			return cmd_usage(command, "--%s: \"%.*s\" is not known", option, (int)n, text);
		if (n > 0 && *count == SECURE_LIST)
			return cmd_usage(command, "--%s: more than %u names", option, SECURE_LIST);
		if (n > 0)
			to[(*count)++] = number;
		text += n;
		text += *text != '\0';
	}
	if (*count == 0)
		return cmd_usage(command, "--%s: no name given", option);
	return 0;
}

static uint16_t find_suite(struct hf_bytes name)
{
	return tls_suite_by_name(name);
}

static uint16_t find_group(struct hf_bytes name)
{
	return tls_group_by_name(name);
}

static uint16_t find_scheme(struct hf_bytes name)
{
	return tls_scheme_by_name(name);
}

int secure_parse_suites(enum cmd_command command, const char *text, struct secure_options *o)
{
	return parse_names(command, "ciphers", text, find_suite, o->suites, &o->suite_count);
}

int secure_parse_groups(enum cmd_command command, const char *text, struct secure_options *o)
{
	return parse_names(command, "groups", text, find_group, o->groups, &o->group_count);
}

int secure_parse_schemes(enum cmd_command command, const char *text, struct secure_options *o)
{
	return parse_names(command, "sigalgs", text, find_scheme, o->schemes, &o->scheme_count);
}

int secure_parse_alpn(enum cmd_command command, const char *text, struct secure_options *o)
{
	while (*text) {
		const size_t n = strcspn(text, ",");

		if (n == 0 || n > 255)
			return cmd_usage(command, "--alpn: a protocol's name has 1 to 255 octets");
		if (o->alpns == SECURE_LIST)
			return cmd_usage(command, "--alpn: more than %u names", SECURE_LIST);
		o->alpn[o->alpns++] = (struct hf_bytes){ (const uint8_t *)text, n };
		text += n;
		text += *text != '\0';
	}
	return 0;
}

int secure_parse_client_cert(enum cmd_command command, const char *text, struct secure_options *o)
{
	static const char *const words[] = {
		[HF_TLS_CLIENT_CERT_NONE] = "none",
		[HF_TLS_CLIENT_CERT_REQUEST] = "request",
		[HF_TLS_CLIENT_CERT_REQUIRE] = "require",
	};

	for (unsigned i = 0; i < HF_ARRAY_LEN(words); i++) {
		if (strcmp(text, words[i]) == 0) {
			o->tls.client_cert = (enum hf_tls_client_cert)i;
			return 0;
		}
	}
	return cmd_usage(command, "--client-cert %s: none, request or require", text);
}

int secure_add_cacert(enum cmd_command command, const char *file, struct secure_options *o)
{
	if (o->cacerts == SECURE_CREDS)
		return cmd_usage(command, "--cacert %s: at most %u files", file, SECURE_CREDS);
	o->cacert[o->cacerts++] = file;
	return 0;
}

int secure_check_versions(enum cmd_command command, const struct secure_options *o)
{
	if (o->tls.min_version && o->tls.max_version && o->tls.min_version > o->tls.max_version)
		return cmd_usage(command, "--tls-min is above --tls-max");
	return 0;
}

void secure_offer_http(struct secure_options *o)
{
	static const char http11[] = "http/1.1";

	o->alpn[0] = hf_bytes_of(http11);
	o->alpns = 1;
}

/* ---- files ---- */

/* In PEM, or in DER: a SEQUENCE. */
static bool may_be_key(const uint8_t *data, size_t n)
{
	return memmem(data, n, "PRIVATE KEY-----", 16) != NULL || (n > 0 && data[0] == 0x30);
}

struct file {
	uint8_t *data; /* to be given to free_file() */
	size_t len;
	unsigned mode;
};

static void free_file(struct file *f)
{
	if (f->data)
		explicit_bzero(f->data, f->len); /* it may have been a key */
	free(f->data);
}

/* 0, or errno. Never waits: what waits for a writer or a terminal is no file. */
static int read_open(int fd, struct file *ret)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return errno;
	if (!S_ISREG(st.st_mode))
		return S_ISDIR(st.st_mode) ? EISDIR : ESPIPE;
	if (st.st_size > (off_t)FILE_MAX_OCTETS)
		return EFBIG;
	ret->mode = st.st_mode & 07777;
	ret->data = malloc((size_t)st.st_size + 1);
	if (!ret->data)
		return ENOMEM;
	while (ret->len < (size_t)st.st_size) {
		const ssize_t got = read(fd, ret->data + ret->len, (size_t)st.st_size - ret->len);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return errno;
		if (got == 0)
			break;
		ret->len += (size_t)got;
	}
	return 0;
}

/* The whole of a regular file. 0, or an exit code when the sentence is on stderr already. */
static int read_file(enum cmd_command command, const char *path, struct file *ret)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY), error;

	*ret = (struct file){ 0 };
	error = fd < 0 ? errno : read_open(fd, ret);
	if (fd >= 0)
		close(fd);
	if (error == 0) {
		HF_ASSERT(ret->data);
		return 0;
	}
	free_file(ret);
	*ret = (struct file){ 0 };
	error = cert_file_fail(command, path, error);
	HF_ASSERT(error != 0);
	return error;
}

/* What is no key is told of where it is read: whose mode it has does not matter. */
static int check_mode(const struct secure_side *side, const char *path, const struct file *key)
{
	if (side->options.insecure_key_permissions || (key->mode & 077) == 0 || !may_be_key(key->data, key->len))
		return 0;
	cmd_say(side->command,
		"%s: a private key that others may read (mode %04o): chmod 600 it, or allow it with --insecure-key-permissions",
		path, key->mode);
	return hf_status_exit(HF_USAGE);
}

/* key: as the certificate itself when both are in one file. */
static int make_cred(struct secure_side *side, unsigned i, const struct file *cert, const struct file *key)
{
	const char *cert_path = side->options.cert[i], *key_path = side->options.key[i];
	struct hf_cert_trouble trouble = { 0 };
	const char *where;
	hf_status status;

	if (!key_path)
		key_path = cert_path;
	status = hf_cred_load(side->crypto, (struct hf_bytes){ cert->data, cert->len },
			      (struct hf_bytes){ key->data, key->len }, &side->cred[i], &trouble);
	where = trouble.in_key ? key_path : cert_path;
	if (status == HF_OK)
		return 0;
	if (status == HF_MISMATCH)
		cmd_say(side->command, "%s: this key does not belong to the certificate in %s", key_path, cert_path);
	else if (trouble.block > 0)
		cmd_say(side->command, "%s, block %u: %s", where, trouble.block, trouble.sentence);
	else
		cmd_say(side->command, "%s: %s", where, trouble.sentence[0] ? trouble.sentence : hf_status_sentence(status));
	return hf_status_exit(HF_USAGE);
}

static int load_cred(struct secure_side *side, unsigned i)
{
	const char *cert_path = side->options.cert[i], *key_path = side->options.key[i];
	struct file cert, key = { 0 };
	int code = read_file(side->command, cert_path, &cert);

	if (code == 0 && key_path)
		code = read_file(side->command, key_path, &key);
	if (code == 0 && !key_path && !memmem(cert.data, cert.len, "PRIVATE KEY-----", 16)) {
		cmd_say(side->command, "%s: no private key is in it; --key names the file that has it", cert_path);
		code = hf_status_exit(HF_USAGE);
	}
	if (code == 0)
		code = check_mode(side, key_path ? key_path : cert_path, key_path ? &key : &cert);
	if (code == 0)
		code = make_cred(side, i, &cert, key_path ? &key : &cert);
	free_file(&cert);
	free_file(&key);
	return code;
}

static int load_own_cred(struct secure_side *side)
{
	struct hf_cert_trouble trouble = { 0 };
	hf_status status = hf_cred_load(side->crypto, side->options.own_chain, side->options.own_key,
					&side->cred[side->options.certs], &trouble);

	if (status == HF_OK)
		return 0;
	cmd_say(side->command, "the certificate made here is of no use: %s",
		trouble.sentence[0] ? trouble.sentence : hf_status_sentence(status));
	return hf_status_exit(status);
}

static int load_own_trust(struct secure_side *side)
{
	struct hf_cert_trouble trouble = { 0 };
	hf_status status = hf_trust_add(side->trust, side->options.own_trust, &trouble);

	if (status == HF_OK)
		return 0;
	cmd_say(side->command, "the authority made here is of no use: %s",
		trouble.sentence[0] ? trouble.sentence : hf_status_sentence(status));
	return hf_status_exit(status);
}

static int load_staple(struct secure_side *side)
{
	const struct hf_bytes none = { NULL, 0 };
	struct file file;
	hf_status status;
	int code = read_file(side->command, side->options.ocsp, &file);

	if (code != 0)
		return code;
	status = hf_cred_staple(side->cred[0], (struct hf_bytes){ file.data, file.len }, none);
	free_file(&file);
	if (status == HF_OK)
		return 0;
	cmd_say(side->command, "%s: not an OCSP response: %s", side->options.ocsp, hf_status_sentence(status));
	return hf_status_exit(HF_USAGE);
}

static int load_trust(struct secure_side *side, const char *path, bool crl)
{
	struct hf_cert_trouble trouble = { 0 };
	struct file file;
	hf_status status;
	int code = read_file(side->command, path, &file);

	if (code != 0)
		return code;
	if (crl)
		status = hf_trust_add_crl(side->trust, (struct hf_bytes){ file.data, file.len }, &trouble);
	else
		status = hf_trust_add(side->trust, (struct hf_bytes){ file.data, file.len }, &trouble);
	free_file(&file);
	if (status == HF_OK)
		return 0;
	if (trouble.block > 0)
		cmd_say(side->command, "%s, block %u: %s", path, trouble.block, trouble.sentence);
	else
		cmd_say(side->command, "%s: %s", path, trouble.sentence[0] ? trouble.sentence : hf_status_sentence(status));
	return hf_status_exit(HF_USAGE);
}

static int load_all_trust(struct secure_side *side)
{
	const struct secure_options *o = &side->options;
	int code = 0;

	if (hf_trust_make(side->crypto, &side->trust) != HF_OK)
		return hf_status_exit(HF_FULL);
	for (unsigned i = 0; i < o->cacerts && code == 0; i++)
		code = load_trust(side, o->cacert[i], false);
	if (code == 0 && o->own_trust.len > 0)
		return load_own_trust(side);
	/* Without a store of the system nobody is trusted, which is what the report will say. */
	if (code == 0 && o->cacerts == 0 && access(CERT_SYSTEM_TRUST, R_OK) == 0)
		code = cert_trust_read(side->command, side->trust, NULL);
	if (code == 0 && o->crl)
		code = load_trust(side, o->crl, true);
	return code;
}

/* RFC 9850: appended to, and nobody else may read it. */
static int open_key_log(struct secure_side *side)
{
	const char *path = getenv("SSLKEYLOGFILE");
	int fd;

	if (!path || !*path)
		return 0;
	fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (fd < 0 || !(side->key_log = fdopen(fd, "a"))) {
		if (fd >= 0)
			close(fd);
		cmd_say(side->command, "SSLKEYLOGFILE: %s: %s", path, strerror(errno));
		return hf_status_exit(HF_USAGE);
	}
	return 0;
}

/* ---- the side ---- */

static void fill_config(struct secure_side *side, bool server, uint64_t epoch_ns)
{
	struct secure_options *o = &side->options;
	struct hf_tls_config *c = &side->tls;

	*c = o->tls;
	c->crypto = side->crypto;
	c->server = server;
	c->epoch_ns = epoch_ns;
	if (o->suite_count)
		c->suites = (struct hf_tls_list){ o->suites, o->suite_count };
	if (o->group_count)
		c->groups = (struct hf_tls_list){ o->groups, o->group_count };
	if (o->scheme_count)
		c->schemes = (struct hf_tls_list){ o->schemes, o->scheme_count };
	c->alpn = o->alpn;
	c->alpns = o->alpns;
	c->log_secrets = side->key_log != NULL;
	c->unproved_sessions = o->insecure;
	side->keeper = (struct hf_tls_keeper){
		.crypto = side->crypto,
		.creds = (const struct hf_cred *const *)side->cred,
		.cred_count = o->certs + (o->own_chain.len > 0),
		.strict_names = o->strict_names,
		.trust = side->trust,
		.insecure = o->insecure,
		.ticket_keys = &side->ticket_keys,
		.seen = &side->seen,
		.want_staple = c->want_staple,
	};
	side->seen = (struct hf_tls_seen){ .entry = side->seen_entry, .room = SECURE_SEEN };
}

void secure_draw(struct secure_side *side, uint8_t to[32])
{
	uint8_t nth[8];

	for (unsigned i = 0; i < sizeof(nth); i++)
		nth[i] = (uint8_t)(side->drawn >> (8 * i));
	side->drawn++;
	crypto_hkdf_label(CRYPTO_SHA256, (struct hf_bytes){ side->seed, sizeof(side->seed) }, "hf connection",
			  (struct hf_bytes){ nth, sizeof(nth) }, to, 32);
}

/* Groups that cannot be had are left out, but somebody who asked for these alone wants to know why. */
static int check_groups(const struct secure_side *side)
{
	const struct secure_options *o = &side->options;

	for (size_t i = 0; i < o->group_count; i++)
		if (crypto_kex_has(side->crypto, o->groups[i]))
			return 0;
	if (o->group_count == 0)
		return 0;
	return cmd_usage(side->command, "--groups: the libcrypto of this system can do none of these: %s%s",
			 tls_group_name(o->groups[0]), o->group_count > 1 ? ", ..." : "");
}

int secure_side_open(struct secure_side *side, enum cmd_command command, const struct secure_options *o, bool server,
		     uint64_t epoch_ns, const uint8_t seed[32])
{
	int code = 0;

	memset(side, 0, sizeof(*side));
	side->command = command;
	side->options = *o;
	memcpy(side->seed, seed, sizeof(side->seed));
	crypto_hkdf_label(CRYPTO_SHA256, (struct hf_bytes){ seed, sizeof(side->seed) }, "hf tickets",
			  (struct hf_bytes){ NULL, 0 }, side->ticket_keys.seed, sizeof(side->ticket_keys.seed));
	if (hf_crypto_open(&side->crypto) != HF_OK) {
		cmd_say(command, "libcrypto cannot be set up");
		return hf_status_exit(HF_SYSTEM);
	}
	code = check_groups(side);
	for (unsigned i = 0; i < o->certs && code == 0; i++)
		code = load_cred(side, i);
	if (code == 0 && o->own_chain.len > 0)
		code = load_own_cred(side);
	if (code == 0 && o->ocsp && o->certs > 0)
		code = load_staple(side);
	if (code == 0 && !o->no_trust)
		code = load_all_trust(side);
	if (code == 0)
		code = open_key_log(side);
	if (code != 0) {
		secure_side_close(side);
		return code;
	}
	fill_config(side, server, epoch_ns);
	return 0;
}

void secure_side_close(struct secure_side *side)
{
	for (unsigned i = 0; i < HF_ARRAY_LEN(side->cred); i++)
		hf_cred_free(side->cred[i]);
	hf_trust_free(side->trust);
	hf_crypto_close(side->crypto);
	if (side->key_log)
		fclose(side->key_log);
	crypto_wipe(side->seed, sizeof(side->seed));
	crypto_wipe(&side->ticket_keys, sizeof(side->ticket_keys));
	*side = (struct secure_side){ .command = side->command };
}

int secure_side_try(struct secure_side *side, hf_time_ns now)
{
	const struct hf_tls_start start = { 0 };
	struct secure trial;
	hf_status st = secure_open(&trial, side, &start, now);

	secure_close(&trial);
	if (st == HF_OK)
		return 0;
	secure_side_close(side);
	if (st == HF_INVALID)
		return cmd_usage(side->command, "these options leave nothing to speak TLS with");
	cmd_say(side->command, "%s", hf_status_sentence(st));
	return hf_status_exit(st);
}

void secure_side_capture(struct secure_side *side, struct loop *loop)
{
	if (!loop->pcap)
		return;
	side->loop = loop;
	side->tls.log_secrets = true;
}
