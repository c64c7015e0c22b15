/* SPDX-License-Identifier: MIT */
#ifndef HF_WIRE_TLS_WIRE_H
#define HF_WIRE_TLS_WIRE_H

#include "base/rd.h"
#include "base/wr.h"

/*
 * TLS on the wire, 1.3 (RFC 8446) and 1.2 (RFC 5246, 8422): numbers, records' headers, messages. Pure: bytes to structs
 * and back; what a field may hold beyond its bounds is for the machines to judge. A parsed struct borrows from its input.
 */

/* ---- numbers; each table has its names in tls_names.c ---- */

/* RFC 8446 5.1 */
enum tls_content {
	TLS_CHANGE_CIPHER_SPEC = 20,
	TLS_ALERT = 21,
	TLS_HANDSHAKE = 22,
	TLS_APPLICATION_DATA = 23,
};

/* RFC 8446 4, RFC 5246 7.4, RFC 6066 8 */
enum tls_message {
	TLS_HELLO_REQUEST = 0,
	TLS_CLIENT_HELLO = 1,
	TLS_SERVER_HELLO = 2,
	TLS_NEW_SESSION_TICKET = 4,
	TLS_END_OF_EARLY_DATA = 5,
	TLS_ENCRYPTED_EXTENSIONS = 8,
	TLS_CERTIFICATE = 11,
	TLS_SERVER_KEY_EXCHANGE = 12,
	TLS_CERTIFICATE_REQUEST = 13,
	TLS_SERVER_HELLO_DONE = 14,
	TLS_CERTIFICATE_VERIFY = 15,
	TLS_CLIENT_KEY_EXCHANGE = 16,
	TLS_FINISHED = 20,
	TLS_CERTIFICATE_STATUS = 22,
	TLS_KEY_UPDATE = 24,
	TLS_MESSAGE_HASH = 254,
	/* Not on the wire as messages, but in the tables of turns: */
	TLS_HELLO_RETRY_REQUEST = 255, /* a ServerHello with the special random */
	TLS_CCS_MESSAGE = 256,         /* ChangeCipherSpec of 1.2, a content type of its own */
};

enum tls_alert_number {
#define A(name, number, sentence) TLS_ALERT_##name = (number),
#include "wire/tls_alerts.def"
#undef A
};

/* X(NAME, number) in wire/tls_extensions.def */
enum tls_extension {
#define X(name, number) TLS_EXT_##name = (number),
#include "wire/tls_extensions.def"
#undef X
};

#define TLS_VERSION_1_0 0x0301u
#define TLS_VERSION_SSL_3_0 0x0300u
#define TLS_VERSION_1_2 0x0303u
#define TLS_VERSION_1_3 0x0304u

enum tls_suite_number {
	TLS_SUITE_AES_128_GCM_SHA256 = 0x1301,
	TLS_SUITE_AES_256_GCM_SHA384 = 0x1302,
	TLS_SUITE_CHACHA20_POLY1305_SHA256 = 0x1303,
	TLS_SUITE_ECDHE_ECDSA_AES_128_GCM = 0xc02b,
	TLS_SUITE_ECDHE_ECDSA_AES_256_GCM = 0xc02c,
	TLS_SUITE_ECDHE_RSA_AES_128_GCM = 0xc02f,
	TLS_SUITE_ECDHE_RSA_AES_256_GCM = 0xc030,
	TLS_SUITE_ECDHE_RSA_CHACHA20 = 0xcca8,
	TLS_SUITE_ECDHE_ECDSA_CHACHA20 = 0xcca9,
	TLS_SUITE_RSA_AES_128_GCM = 0x009c, /* RSA key transport */
	TLS_SUITE_RSA_AES_256_GCM = 0x009d,
	TLS_SUITE_EMPTY_RENEGOTIATION_INFO_SCSV = 0x00ff,
	TLS_SUITE_FALLBACK_SCSV = 0x5600,
};

enum tls_group_number {
	TLS_GROUP_P256 = 0x0017,
	TLS_GROUP_P384 = 0x0018,
	TLS_GROUP_P521 = 0x0019,
	TLS_GROUP_X25519 = 0x001d,
	TLS_GROUP_X448 = 0x001e,
	TLS_GROUP_X25519MLKEM768 = 0x11ec,
};

enum tls_scheme_number {
	TLS_RSA_PKCS1_SHA1 = 0x0201,
	TLS_ECDSA_SHA1 = 0x0203,
	TLS_RSA_PKCS1_SHA256 = 0x0401,
	TLS_ECDSA_SECP256R1_SHA256 = 0x0403,
	TLS_RSA_PKCS1_SHA384 = 0x0501,
	TLS_ECDSA_SECP384R1_SHA384 = 0x0503,
	TLS_RSA_PKCS1_SHA512 = 0x0601,
	TLS_ECDSA_SECP521R1_SHA512 = 0x0603,
	TLS_RSA_PSS_RSAE_SHA256 = 0x0804,
	TLS_RSA_PSS_RSAE_SHA384 = 0x0805,
	TLS_RSA_PSS_RSAE_SHA512 = 0x0806,
	TLS_ED25519 = 0x0807,
	TLS_ED448 = 0x0808,
	TLS_RSA_PSS_PSS_SHA256 = 0x0809,
	TLS_RSA_PSS_PSS_SHA384 = 0x080a,
	TLS_RSA_PSS_PSS_SHA512 = 0x080b,
};

/* The RFC's spelling: "client_hello", "unexpected_message", "TLS_AES_128_GCM_SHA256", "x25519", "server_name",
 * "ecdsa_secp256r1_sha256", "TLS 1.3"; "unknown" for numbers without a name here. Never NULL. */
const char *tls_content_name(unsigned n);
const char *tls_message_name(unsigned n);
const char *tls_alert_name(unsigned n);
const char *tls_alert_sentence(unsigned n);
const char *tls_suite_name(unsigned n);         /* IANA's */
const char *tls_suite_openssl_name(unsigned n); /* "ECDHE-RSA-AES128-GCM-SHA256"; IANA's for 1.3 */
const char *tls_group_name(unsigned n);
const char *tls_scheme_name(unsigned n);
const char *tls_extension_name(unsigned n);
const char *tls_version_name(unsigned n);
/* The reverse, for command lines: IANA's and the common names, any case. 0: unknown. */
uint16_t tls_suite_by_name(struct hf_bytes name);
uint16_t tls_group_by_name(struct hf_bytes name); /* "x25519", "secp256r1", "P-256", "prime256v1" ... */
uint16_t tls_scheme_by_name(struct hf_bytes name);

/* RFC 8701: 0x0a0a, 0x1a1a, ... */
static inline bool tls_is_grease(uint16_t n)
{
	return (n & 0x0f0f) == 0x0a0a && (n >> 8) == (n & 0xff);
}

/* ---- records (RFC 8446 5.1, RFC 5246 6.2.1) ---- */

#define TLS_RECORD_HEADER 5u
#define TLS_PLAIN_MAX 16384u                      /* octets of a plaintext fragment */
#define TLS_CIPHER_MAX_1_3 (TLS_PLAIN_MAX + 256u) /* RFC 8446 5.2 */
#define TLS_CIPHER_MAX_1_2 (TLS_PLAIN_MAX + 2048u)

struct tls_record_header {
	uint8_t type;
	uint16_t version;
	uint16_t length;
};

/* HF_SHORT: five octets are not there yet. Nothing else is judged here. */
HF_NODISCARD hf_status tls_record_header_parse(struct hf_bytes b, struct tls_record_header *ret);
void tls_record_header_put(uint8_t to[TLS_RECORD_HEADER], uint8_t type, uint16_t version, size_t length);

/* ---- handshake messages: 4 octets of header, then the body ---- */

#define TLS_MESSAGE_HEADER 4u

/*
 * Begins a message and gives its header's place for tls_message_end(), which writes the length. The cursor's own end is the
 * only limit.
 */
size_t tls_message_begin(struct hf_wr *out, uint8_t type);
void tls_message_end(struct hf_wr *out, size_t begun);
/* A vector with a length of len_size octets (1 to 3) in front, the same way; the begin is kept by the caller. Content that
 * its length cannot say did not fit either: the cursor then goes bad. */
size_t tls_vec_begin(struct hf_wr *out, unsigned len_size);
void tls_vec_end(struct hf_wr *out, unsigned len_size, size_t begun);

struct tls_client_hello { /* RFC 8446 4.1.2 */
	uint16_t legacy_version;
	struct hf_bytes random; /* 32 octets */
	struct hf_bytes session_id;
	struct hf_bytes suites;      /* an even number of octets, at least 2 */
	struct hf_bytes compression; /* at least 1 */
	struct hf_bytes extensions;  /* the block's inside; empty when there is none */
	bool has_extensions;
};
HF_NODISCARD hf_status tls_client_hello_parse(struct hf_bytes body, struct tls_client_hello *ret);

struct tls_server_hello { /* RFC 8446 4.1.3; a HelloRetryRequest is told by its random */
	uint16_t legacy_version;
	struct hf_bytes random;
	struct hf_bytes session_id_echo;
	uint16_t suite;
	uint8_t compression;
	struct hf_bytes extensions;
	bool has_extensions;
};
extern const uint8_t tls_hello_retry_random[32];
HF_NODISCARD hf_status tls_server_hello_parse(struct hf_bytes body, struct tls_server_hello *ret);

/* RFC 8446 4.3.1: the block's inside. */
HF_NODISCARD hf_status tls_encrypted_extensions_parse(struct hf_bytes body, struct hf_bytes *ret_extensions);

struct tls_certificate_request_13 { /* RFC 8446 4.3.2 */
	struct hf_bytes context;
	struct hf_bytes extensions;
};
HF_NODISCARD hf_status tls_certificate_request_13_parse(struct hf_bytes body, struct tls_certificate_request_13 *ret);

struct tls_certificate_13 { /* RFC 8446 4.4.2 */
	struct hf_bytes context;
	struct hf_bytes entries; /* for tls_certificate_13_next() */
};
struct tls_certificate_entry {
	struct hf_bytes cert; /* DER */
	struct hf_bytes extensions;
};
/* Looks through all entries: after HF_OK the iteration cannot fail. */
HF_NODISCARD hf_status tls_certificate_13_parse(struct hf_bytes body, struct tls_certificate_13 *ret);
bool tls_certificate_13_next(struct hf_bytes *entries, struct tls_certificate_entry *ret);

/* RFC 5246 7.4.2: entries for tls_certificate_12_next(), each a DER certificate; looked through as above. */
HF_NODISCARD hf_status tls_certificate_12_parse(struct hf_bytes body, struct hf_bytes *ret_entries);
bool tls_certificate_12_next(struct hf_bytes *entries, struct hf_bytes *ret_cert);

struct tls_certificate_verify { /* RFC 8446 4.4.3, RFC 5246 7.4.8 */
	uint16_t scheme;
	struct hf_bytes signature;
};
HF_NODISCARD hf_status tls_certificate_verify_parse(struct hf_bytes body, struct tls_certificate_verify *ret);

struct tls_new_session_ticket_13 { /* RFC 8446 4.6.1 */
	uint32_t lifetime_s;
	uint32_t age_add;
	struct hf_bytes nonce;
	struct hf_bytes ticket;
	struct hf_bytes extensions;
};
HF_NODISCARD hf_status tls_new_session_ticket_13_parse(struct hf_bytes body, struct tls_new_session_ticket_13 *ret);

struct tls_new_session_ticket_12 { /* RFC 5077 3.3 */
	uint32_t lifetime_s;
	struct hf_bytes ticket; /* may be empty */
};
HF_NODISCARD hf_status tls_new_session_ticket_12_parse(struct hf_bytes body, struct tls_new_session_ticket_12 *ret);

/* RFC 8446 4.6.3: 0 or 1; anything else is HF_INVALID (illegal_parameter), a wrong length HF_MALFORMED. */
HF_NODISCARD hf_status tls_key_update_parse(struct hf_bytes body, bool *ret_update_requested);

struct tls_server_key_exchange { /* RFC 8422 5.4: ECDHE, a named curve only; HF_INVALID for the other curve types */
	uint8_t curve_type;      /* 3 */
	uint16_t group;
	struct hf_bytes share;
	struct hf_bytes params; /* the octets that are signed: curve_type to share */
	uint16_t scheme;
	struct hf_bytes signature;
};
HF_NODISCARD hf_status tls_server_key_exchange_parse(struct hf_bytes body, struct tls_server_key_exchange *ret);

struct tls_certificate_request_12 { /* RFC 5246 7.4.4 */
	struct hf_bytes types;
	struct hf_bytes schemes;
	struct hf_bytes authorities; /* of opaque<1..2^16-1> names; looked through */
};
HF_NODISCARD hf_status tls_certificate_request_12_parse(struct hf_bytes body, struct tls_certificate_request_12 *ret);

/* ClientKeyExchange: an ECDH share behind one length octet (RFC 8422 5.7), an encrypted premaster behind two (RFC 5246 7.4.7.1). */
HF_NODISCARD hf_status tls_client_key_exchange_ecdh_parse(struct hf_bytes body, struct hf_bytes *ret_share);
HF_NODISCARD hf_status tls_client_key_exchange_rsa_parse(struct hf_bytes body, struct hf_bytes *ret_encrypted);

/* RFC 6066 8, and the same octets in a certificate entry's status_request: type 1 (ocsp), then the response. HF_INVALID for
 * other types. */
HF_NODISCARD hf_status tls_certificate_status_parse(struct hf_bytes body, struct hf_bytes *ret_ocsp);

/* ---- extensions: an extension block and the bodies of those spoken here ---- */

struct tls_ext {
	uint16_t type;
	struct hf_bytes body;
};
/* The next one of a block's inside; false at its end or when it is malformed (then in->bad is set). */
bool tls_ext_next(struct hf_rd *in, struct tls_ext *ret);

/* A list of 16-bit numbers behind a length of len_size octets (1 or 2): supported_versions, groups, schemes. At least one. */
HF_NODISCARD hf_status tls_ext_u16_list_parse(struct hf_bytes body, unsigned len_size, struct hf_bytes *ret_list);
static inline size_t tls_u16_count(struct hf_bytes list)
{
	return list.len / 2;
}
uint16_t tls_u16_at(struct hf_bytes list, size_t i);
bool tls_u16_has(struct hf_bytes list, uint16_t n);

/* One 16-bit number: supported_versions of a ServerHello, key_share of a HelloRetryRequest, selected identity. */
HF_NODISCARD hf_status tls_ext_u16_parse(struct hf_bytes body, uint16_t *ret);
/* server_name (RFC 6066 3): the one host_name; HF_MALFORMED for an empty one, HF_INVALID for two of a type. No check of its
 * letters. Empty when there are names of other types only. */
HF_NODISCARD hf_status tls_ext_server_name_parse(struct hf_bytes body, struct hf_bytes *ret_host);
/* ALPN (RFC 7301 3.1): a list of opaque<1..255>, looked through; tls_u8_vec_next() walks it. */
HF_NODISCARD hf_status tls_ext_alpn_parse(struct hf_bytes body, struct hf_bytes *ret_list);
bool tls_u8_vec_next(struct hf_bytes *list, struct hf_bytes *ret);
bool tls_u16_vec_next(struct hf_bytes *list, struct hf_bytes *ret);
/* Looks through a list of opaque<1..> with lengths of len_size octets (1 or 2): after HF_OK the walk above cannot fail. */
HF_NODISCARD hf_status tls_vecs_check(struct hf_bytes list, unsigned len_size);
/* key_share of a ClientHello (RFC 8446 4.2.8): entries, looked through; may be empty. */
struct tls_key_share {
	uint16_t group;
	struct hf_bytes share;
};
HF_NODISCARD hf_status tls_ext_key_shares_parse(struct hf_bytes body, struct hf_bytes *ret_entries);
bool tls_key_share_next(struct hf_bytes *entries, struct tls_key_share *ret);
HF_NODISCARD hf_status tls_ext_key_share_parse(struct hf_bytes body, struct tls_key_share *ret); /* of a ServerHello */
/* pre_shared_key of a ClientHello (RFC 8446 4.2.11); both lists looked through. HF_INVALID (illegal_parameter) unless there
 * are as many binders as identities. */
struct tls_offered_psks {
	struct hf_bytes identities;
	struct hf_bytes binders;
	size_t binders_len; /* octets from the binders' length field to the end: what the binder's hash leaves out */
	size_t count;
};
struct tls_psk_identity {
	struct hf_bytes identity;
	uint32_t obfuscated_age;
};
HF_NODISCARD hf_status tls_ext_offered_psks_parse(struct hf_bytes body, struct tls_offered_psks *ret);
bool tls_psk_identity_next(struct hf_bytes *identities, struct tls_psk_identity *ret);
/* psk_key_exchange_modes and ec_point_formats: opaque<1..255>. */
HF_NODISCARD hf_status tls_ext_u8_list_parse(struct hf_bytes body, struct hf_bytes *ret_list);
/* cookie: opaque<1..2^16-1>. */
HF_NODISCARD hf_status tls_ext_cookie_parse(struct hf_bytes body, struct hf_bytes *ret);
/* renegotiation_info (RFC 5746 3.2): opaque<0..255>. */
HF_NODISCARD hf_status tls_ext_renegotiation_info_parse(struct hf_bytes body, struct hf_bytes *ret);
/* status_request of a ClientHello (RFC 6066 8): is it for OCSP? An unknown type is HF_OK and false. */
HF_NODISCARD hf_status tls_ext_status_request_parse(struct hf_bytes body, bool *ret_ocsp);
/* certificate_authorities (RFC 8446 4.2.4): opaque<1..2^16-1> names, at least one, looked through. */
HF_NODISCARD hf_status tls_ext_authorities_parse(struct hf_bytes body, struct hf_bytes *ret_list);
/* early_data in a NewSessionTicket: uint32. */
HF_NODISCARD hf_status tls_ext_u32_parse(struct hf_bytes body, uint32_t *ret);
HF_NODISCARD hf_status tls_ext_u8_parse(struct hf_bytes body, uint8_t *ret); /* max_fragment_length */
HF_NODISCARD hf_status tls_ext_empty_parse(struct hf_bytes body); /* EMS, early_data, post_handshake_auth, acknowledged SNI */
/* signed_certificate_timestamp in a certificate entry or ServerHello (RFC 6962 3.3): a list of opaque<1..>, looked through. */
HF_NODISCARD hf_status tls_ext_sct_list_parse(struct hf_bytes body);

#endif
