/* SPDX-License-Identifier: MIT */
#ifndef HF_CRYPTO_CERT_NAME_H
#define HF_CRYPTO_CERT_NAME_H

#include "crypto/cert_der.h"

/* Names of hosts in certificates: GeneralName (RFC 5280 4.2.1.6), and the match of RFC 9525 6. */
enum general_name {
	NAME_OTHER = 0,
	NAME_EMAIL = 1,
	NAME_DNS = 2,
	NAME_X400 = 3,
	NAME_DIRECTORY = 4,
	NAME_EDI = 5,
	NAME_URI = 6,
	NAME_IP = 7,
	NAME_REGISTERED_ID = 8,
};

/*
 * Names that RFC 5280 7.1 takes for the same have the same: letters of either case are one, spaces count once and not at the
 * ends, the kind of string does not matter. 0: it has strings that only libcrypto can compare.
 */
uint64_t distinguished_name_hash(struct hf_bytes name);

/* Over GeneralNames; a list that breaks its format ends with a bad cursor. */
struct hf_rd general_names(struct hf_bytes extension_value);
bool general_name_next(struct hf_rd *in, enum general_name *ret_kind, struct hf_bytes *ret);
/* Is it a name of its kind: a host (also with a wildcard), an address of 4 or 16 octets, one mailbox at one host? */
bool general_name_is_sound(enum general_name kind, struct hf_bytes b);

/*
 * Labels of 1 to 63 letters, digits, hyphens (and underscores, which many names have), 253 octets at most, no dot at an
 * end (RFC 5280 4.2.1.6, RFC 1123 2.1). The first may be "*" where `wildcard` says so.
 */
bool dns_name_is_sound(struct hf_bytes name, bool wildcard);
/* Is name the same as or below base? */
bool dns_name_is_within(struct hf_bytes name, struct hf_bytes base);

/*
 * RFC 9525 6.3: a dNSName of the certificate against the host that was asked for. The wildcard is the whole left-most
 * label, stands for just one, and two labels or more follow it, so that none covers all of a top-level domain.
 */
bool dns_name_matches(struct hf_bytes presented, struct hf_bytes host);

/*
 * Whom one asks for, as people write it: a host's name (one dot at its end does not count), an address ([::1] also in
 * brackets), or a mailbox, as clients are often called.
 */
struct cert_host {
	bool is_address, is_mailbox;
	uint8_t address[16];
	size_t address_len; /* 4 or 16 */
	struct hf_bytes name;
};

struct cert_host cert_host_of(struct hf_bytes text);
/* Is it among these subjectAltName's? The common name is never looked at (RFC 9525 2). */
bool cert_san_has(struct hf_bytes san, const struct cert_host *host);

#endif
