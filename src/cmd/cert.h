/* SPDX-License-Identifier: MIT */
#ifndef HF_CMD_CERT_H
#define HF_CMD_CERT_H

#include "cmd/cmd.h"
#include "crypto/mint.h"

#define CERT_FILES 8u /* of one option that may be given again */

/* The command line of `handfast cert`, for all that it does. */
struct cert_options {
	char *const *operand; /* behind ca, issue, show or verify */
	int operands;
	const char *ca, *out;
	const char *trust[CERT_FILES], *untrusted[CERT_FILES], *crl[CERT_FILES];
	unsigned trusts, untrusteds, crls;
	const char *ocsp;
	const char *name, *connect;
	uint64_t now_s, days;
	enum crypto_key_kind key;
	unsigned bits;
	enum mint_bad bad;
	enum hf_cert_purpose purpose;
	bool lenient, json, force;
};

/* Each returns the exit code. */
int cert_ca(const struct hf_crypto *c, const struct cert_options *o);
int cert_issue(const struct hf_crypto *c, const struct cert_options *o);
int cert_show(const struct cert_options *o);
int cert_show_url(const struct cert_options *o); /* cert_fetch.c */
int cert_verify(const struct hf_crypto *c, const struct cert_options *o);

/* ---- an authority in a directory (cert_make.c): root.crt, root.key, intermediate.crt, intermediate.key ---- */

/* days 0: as many as usual. 0, or an exit code when the sentence is on stderr already; 2: there is one already. */
int cert_ca_make(enum cmd_command command, const struct hf_crypto *c, const char *dir, uint64_t now_s, uint64_t days);
int cert_ca_read(enum cmd_command command, const struct hf_crypto *c, const char *dir, struct mint_ca **ret);

/* ---- files (cert_files.c) ---- */

/* What most systems of ours have: all roots in one file. */
#define CERT_SYSTEM_TRUST "/etc/ssl/certs/ca-certificates.crt"

/* The whole of a file, to be given back with cert_file_free(). 0, or an exit code when the sentence is on stderr already. */
int cert_file_read(enum cmd_command command, const char *path, struct hf_bytes *ret);
/*
 * Says why a file that the command line names cannot be used, and gives the exit code, the same in every command: 2 when there
 * is no such file or it is none, 3 when the right is missing, 11 when the system refused.
 */
int cert_file_fail(enum cmd_command command, const char *path, int error);
void cert_file_free(struct hf_bytes *file); /* wipes it: it may have been a key */
/* Appears under its name only when it is whole; a secret one is its owner's alone. Exit code as above. */
int cert_file_write(enum cmd_command command, const char *path, const void *at, size_t len, bool secret);
/* "FILE, block 2: sentence" on stderr. */
void cert_file_say(enum cmd_command command, const char *path, const struct hf_cert_trouble *t);
/* Adds a file's anchors; NULL: those of the system, of which any that break their format are passed over. Exit code. */
int cert_trust_read(enum cmd_command command, struct hf_trust *trust, const char *path);

/* Unix seconds, or RFC 3339 ("2025-01-31T23:59:59.5+01:00"); a fraction is dropped. */
bool cert_parse_time(const char *text, uint64_t *ret);

#endif
