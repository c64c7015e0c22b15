/* SPDX-License-Identifier: MIT */
#ifndef HF_CRYPTO_CERT_DER_H
#define HF_CRYPTO_CERT_DER_H

#include "base/bits.h"
#include "base/rd.h"

/*
 * A certificate read as DER (X.690 8 to 11) and nothing more lenient: definite and shortest lengths, shortest integers,
 * BOOLEANs of 0 or 255. libcrypto reads BER, so two readers could otherwise see two certificates in the same octets.
 */
enum der_tag {
	DER_BOOLEAN = 0x01,
	DER_INTEGER = 0x02,
	DER_BIT_STRING = 0x03,
	DER_OCTET_STRING = 0x04,
	DER_OID = 0x06,
	DER_UTF8_STRING = 0x0c,
	DER_PRINTABLE_STRING = 0x13,
	DER_T61_STRING = 0x14,
	DER_IA5_STRING = 0x16,
	DER_UTC_TIME = 0x17,
	DER_GENERALIZED_TIME = 0x18,
	DER_VISIBLE_STRING = 0x1a,
	DER_UNIVERSAL_STRING = 0x1c,
	DER_BMP_STRING = 0x1e,
	DER_SEQUENCE = 0x30,
	DER_SET = 0x31,
};

#define DER_CONTEXT(n) (0x80u | (n))             /* [n] IMPLICIT of a primitive type */
#define DER_CONTEXT_CONSTRUCTED(n) (0xa0u | (n)) /* [n] of a constructed one, or EXPLICIT */

/* The next element's contents; a broken one, or one with another tag, marks the cursor MALFORMED. */
struct hf_bytes der_read(struct hf_rd *in, uint8_t tag);
/* The next element's contents and its tag, whatever it is. */
struct hf_bytes der_read_any(struct hf_rd *in, uint8_t *ret_tag);
/* The next element with its header. */
struct hf_bytes der_read_whole(struct hf_rd *in, uint8_t tag);
/* The tag of what comes next, 0 at the end. */
uint8_t der_peek(const struct hf_rd *in);
/* Is this one element, and DER all the way down? */
bool der_is_strict(struct hf_bytes b);
/* UTCTime or GeneralizedTime as RFC 5280 4.1.2.5 has them, in Unix seconds (what is before 1970 is 0). */
bool der_time(uint8_t tag, struct hf_bytes b, uint64_t *ret);

#define CERT_EXTENSIONS 32u

struct cert_extension {
	struct hf_bytes oid, value;
	bool critical;
};

/* RFC 5280 4.1, each field as it stands. Everything points into the octets that were read. */
struct cert_facts {
	unsigned version; /* 1 to 3 */
	struct hf_bytes serial;
	struct hf_bytes inner_algorithm, outer_algorithm; /* with their headers */
	struct hf_bytes issuer, subject;                  /* with their headers */
	struct hf_bytes public_key;                       /* SubjectPublicKeyInfo with its header */
	uint64_t not_before, not_after;
	bool early_general_time; /* GeneralizedTime for a year below 2050 */
	bool has_extensions;
	unsigned extensions;
	struct cert_extension extension[CERT_EXTENSIONS];
};

/* HF_OK; HF_MALFORMED, and *ret_why is what is wrong, as the end of the sentence "it is no certificate: ...". */
HF_NODISCARD hf_status cert_facts_read(struct hf_bytes der, struct cert_facts *ret, const char **ret_why);

/* The last octet of an OID under id-ce, 2.5.29. */
enum cert_id_ce {
	ID_CE_SUBJECT_KEY_ID = 14,
	ID_CE_KEY_USAGE = 15,
	ID_CE_SUBJECT_ALT_NAME = 17,
	ID_CE_BASIC_CONSTRAINTS = 19,
	ID_CE_NAME_CONSTRAINTS = 30,
	ID_CE_CRL_DISTRIBUTION = 31,
	ID_CE_POLICY_CONSTRAINTS = 36,
	ID_CE_AUTHORITY_KEY_ID = 35,
	ID_CE_EXT_KEY_USAGE = 37,
	ID_CE_INHIBIT_ANY_POLICY = 54,
};

/* NULL: it has none. */
const struct cert_extension *cert_extension_ce(const struct cert_facts *f, enum cert_id_ce id);
const struct cert_extension *cert_extension_of(const struct cert_facts *f, struct hf_bytes oid);

#endif
