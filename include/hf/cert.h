/* SPDX-License-Identifier: MIT */
#ifndef HF_CERT_H
#define HF_CERT_H

#include "hf/crypto.h"

HF_API_BEGIN

/*
 * Certificates: the ones we show (struct hf_cred), the ones we trust (struct hf_trust), and what a check of a peer's chain
 * comes to (struct hf_cert_report).
 */
struct hf_key;

/* ---- what we show ---- */

/* A chain, leaf first, with its private key and what is stapled to it. Read-only once made; shared by connections. */
struct hf_cred;

/* Where in the input it went wrong: for the one sentence people need. */
struct hf_cert_trouble {
	unsigned block;     /* which PEM block, from 1; 0: the whole */
	bool in_key;        /* of the private key's text; else of the certificates' */
	char sentence[200]; /* what is wrong with it */
};

/*
 * chain: PEM blocks (or one DER certificate), leaf first; key: PEM or DER. The key must belong to the leaf.
 *
 * HF_OK
 * HF_MALFORMED   ret_trouble says which block and what
 * HF_MISMATCH    the key is not the certificate's
 * HF_UNSUPPORTED an encrypted key, or a kind of key TLS does not know
 * HF_FULL
 */
HF_NODISCARD hf_status hf_cred_load(const struct hf_crypto *c, struct hf_bytes chain, struct hf_bytes key,
				    struct hf_cred **ret, struct hf_cert_trouble *ret_trouble);
/* A staple (OCSPResponse in DER) and a SignedCertificateTimestampList to be sent with the leaf; copied. */
HF_NODISCARD hf_status hf_cred_staple(struct hf_cred *cred, struct hf_bytes ocsp, struct hf_bytes sct_list);
void hf_cred_free(struct hf_cred *cred); /* wipes the key; NULL is allowed */

size_t hf_cred_certs(const struct hf_cred *cred);
struct hf_bytes hf_cred_cert(const struct hf_cred *cred, size_t i); /* DER; 0 is the leaf */
const struct hf_key *hf_cred_key(const struct hf_cred *cred);
struct hf_bytes hf_cred_ocsp(const struct hf_cred *cred);     /* empty: none */
struct hf_bytes hf_cred_sct_list(const struct hf_cred *cred); /* empty: none */
/* Does the leaf name this host (RFC 9525: no common name, one left-most label of wildcard, addresses by their own)? */
bool hf_cred_names(const struct hf_cred *cred, struct hf_bytes host);

/* ---- certificates of a text ---- */

/* What stands in a file, to be looked at, or to be checked as a chain: octets, not judged in any way yet. */
struct hf_certs;

HF_NODISCARD hf_status hf_certs_make(struct hf_certs **ret); /* an empty one. HF_OK, HF_FULL */
/* Each block CERTIFICATE of a PEM text, or one certificate in DER. HF_OK; HF_MALFORMED: no PEM, or none in it; HF_FULL. */
HF_NODISCARD hf_status hf_certs_add(struct hf_certs *certs, struct hf_bytes text, struct hf_cert_trouble *ret_trouble);
void hf_certs_free(struct hf_certs *certs); /* NULL is allowed */
size_t hf_certs_count(const struct hf_certs *certs);
struct hf_bytes hf_certs_der(const struct hf_certs *certs, size_t i);
const struct hf_bytes *hf_certs_all(const struct hf_certs *certs); /* as hf_cert_ask.chain wants them */

/* ---- whom we trust ---- */

struct hf_trust;

/* An empty one. HF_OK, HF_FULL. */
HF_NODISCARD hf_status hf_trust_make(const struct hf_crypto *c, struct hf_trust **ret);
/* Anchors from PEM blocks. As hf_cred_load(). */
HF_NODISCARD hf_status hf_trust_add(struct hf_trust *t, struct hf_bytes pem, struct hf_cert_trouble *ret_trouble);
/* Revocation lists from PEM or DER; from then on every certificate below an issuer with a list here is looked up. */
HF_NODISCARD hf_status hf_trust_add_crl(struct hf_trust *t, struct hf_bytes pem, struct hf_cert_trouble *ret_trouble);
void hf_trust_free(struct hf_trust *t);

/* ---- the check ---- */

enum hf_cert_fault {
#define F(name, code, alert, sentence, advice) HF_CERT_##name,
#include "hf/cert_faults.def"
#undef F
	HF_CERT_FAULT_COUNT
};

enum hf_cert_purpose {
	HF_CERT_FOR_SERVER,
	HF_CERT_FOR_CLIENT,
};

struct hf_cert_ask {
	const struct hf_bytes *chain; /* DER, leaf first, as the peer sent it */
	size_t certs;
	struct hf_bytes name; /* host name, or an address in text; empty: not asked */
	uint64_t unix_s;      /* the time it must be valid at */
	enum hf_cert_purpose purpose;
	struct hf_bytes ocsp; /* the staple, or empty */
	bool must_staple;     /* the peer was asked for a staple: a leaf that promises one (RFC 7633) must bring it */
	/*
	 * To the letter: also what RFC 5280 and the CA/Browser Forum's baseline requirements want of those who issue, and what
	 * no client takes them up on (key identifiers, serial numbers, what is critical). For checkers, not for connections.
	 */
	bool letter;
};

#define HF_CERT_REPORT_CERTS 10u

/* One certificate of a path, copied out for people. Texts are UTF-8, controls escaped, cut when too long. */
struct hf_cert_view {
	char subject[200], issuer[200];
	char names[400]; /* "DNS:a.example, IP:10.0.0.1" */
	uint64_t not_before, not_after;
	char key[40];       /* "EC P-256" */
	char signature[60]; /* "ecdsa-with-SHA256" */
	uint8_t sha256[32]; /* of the whole certificate */
	char serial[64];
	bool from_trust; /* came from the store, not from the peer */
	bool is_ca, self_signed;
	enum hf_cert_fault fault; /* of this one; HF_CERT_GOOD */
};

struct hf_cert_work {         /* what was spent on a check: little, when the chain was met before */
	unsigned paths;       /* that were found and judged */
	unsigned signatures;  /* of certificates, verified */
	uint64_t comparisons; /* of a name with a nameConstraint */
};

struct hf_cert_report {
	enum hf_cert_fault fault; /* the first thing wrong; HF_CERT_GOOD when it is trusted */
	int libcrypto;            /* its number for it (X509_V_ERR_...), 0 */
	unsigned at;              /* index into cert[] of the one to blame */
	unsigned certs;
	struct hf_cert_view cert[HF_CERT_REPORT_CERTS]; /* the path as built, leaf first; what was sent when none was found */
	char detail[200]; /* which rule was broken, more exactly than the fault's sentence; empty: no more to say */
	char asked_name[260];
	uint64_t at_unix_s;
	struct hf_cert_work work;
};

/* HF_OK when trusted; HF_UNTRUSTED with the reason in the report; HF_MALFORMED when the leaf is no certificate; HF_FULL. */
HF_NODISCARD hf_status hf_cert_check(const struct hf_trust *t, const struct hf_cert_ask *ask, struct hf_cert_report *ret);

/* One certificate for people. HF_OK; HF_MALFORMED with the reason in ret_trouble; HF_FULL. */
HF_NODISCARD hf_status hf_cert_look(struct hf_bytes der, struct hf_cert_view *ret, struct hf_cert_trouble *ret_trouble);

const char *hf_cert_fault_code(enum hf_cert_fault f);     /* "expired": stable, for machines */
const char *hf_cert_fault_sentence(enum hf_cert_fault f); /* what is wrong */
const char *hf_cert_fault_advice(enum hf_cert_fault f);   /* what to do */
uint8_t hf_cert_fault_alert(enum hf_cert_fault f);        /* the alert RFC 8446 6.2 assigns */

HF_API_END

#endif
