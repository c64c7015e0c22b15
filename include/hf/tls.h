/* SPDX-License-Identifier: MIT */
#ifndef HF_TLS_H
#define HF_TLS_H

#include "hf/cert.h"

HF_API_BEGIN

/*
 * One end of a TLS connection as a value: TLS 1.3 (RFC 8446) and 1.2 (RFC 5246), client and server, over any stream of
 * octets. One call, hf_tls_step(), takes octets from the peer and gives octets for it, and says what it waits for: more
 * octets, a certificate, a signature, a verdict. It reads no clock and draws no randomness: the same input gives the same
 * output. It keeps no octets of the stream: what is not taken must be shown again.
 */
struct hf_tls;

enum hf_tls_version {
	HF_TLS_1_2 = 0x0303,
	HF_TLS_1_3 = 0x0304,
};

enum hf_tls_client_cert { /* what a server asks of its clients */
			  HF_TLS_CLIENT_CERT_NONE,
			  HF_TLS_CLIENT_CERT_REQUEST, /* and goes on without */
			  HF_TLS_CLIENT_CERT_REQUIRE, /* and ends with certificate_required */
};

/* Numbers of IANA's registries in order of preference. */
struct hf_tls_list {
	const uint16_t *at; /* NULL: the default */
	size_t n;
};

/* Shared by any number of connections, and read-only while one of them lives. 0 takes the default in brackets. */
struct hf_tls_config {
	const struct hf_crypto *crypto;
	bool server;
	uint16_t min_version, max_version; /* enum hf_tls_version [1.2, 1.3] */
	struct hf_tls_list suites;         /* [AES-128-GCM, AES-256-GCM, ChaCha20-Poly1305; all with ECDHE in 1.2] */
	struct hf_tls_list groups;         /* [X25519MLKEM768 where it can be had, X25519, P-256, P-384, P-521, X448] */
	struct hf_tls_list schemes;  /* of signatures accepted, and made [ECDSA, Ed25519, RSA-PSS, RSA-PKCS1 (1.2)] */
	unsigned shares;             /* client: key shares in the first ClientHello [1; 2 if the first is a hybrid] */
	const struct hf_bytes *alpn; /* in order of preference; the server's order decides */
	size_t alpns;
	enum hf_tls_client_cert client_cert;
	const struct hf_bytes *authorities; /* names (DER) put into a CertificateRequest, RFC 8446 4.2.4 */
	size_t authority_count;
	hf_time_ns handshake_timeout; /* [10 s] */
	uint64_t epoch_ns;            /* Unix time, in nanoseconds, when `now` is 0 */
	unsigned tickets; /* server: sent after a full handshake of 1.3 [2], at most 255; HF_TLS_NO_TICKETS: none */
	uint32_t ticket_lifetime_s; /* [7200], at most 604800 */
	uint32_t early_data_max; /* octets of 0-RTT data accepted (server), or offered (client: any but 0); 0: never */
	uint32_t message_max;    /* octets of the longest handshake message taken [131072] */
	uint16_t record_size_limit;  /* RFC 8449: octets of plaintext we want records to have at most; 0: not said */
	uint8_t max_fragment_length; /* client, RFC 6066 4: 1 to 4 for 2^9 to 2^12; 0: not said */
	uint16_t pad_to;             /* 1.3: records are padded to a multiple of this, RFC 8446 5.4; 0: not */
	uint32_t small_start; /* octets sent in records of one segment (1,370) before the long ones [16384]; 1: none */
	bool rsa_key_transport;     /* 1.2 without forward secrecy, RFC 5246 7.4.7.1; last in preference */
	bool no_grease;             /* client: leave RFC 8701 out */
	bool no_compatibility;      /* client: leave the middlebox mode of RFC 8446 D.4 out */
	bool no_resumption;         /* neither takes nor offers tickets */
	bool no_renegotiation_info; /* for tests of old peers: never sends RFC 5746's indication */
	bool unproved_sessions;     /* client: also goes on with sessions of servers that were not believed */
	bool want_staple;           /* client: asks for an OCSP staple and SCTs */
	bool prefer_server_order; /* suites by our order; else by ours but ChaCha20 first for a client that puts it first */
	bool require_sni;         /* a hello without a name is refused, RFC 6066 3: missing_extension */
	bool log_secrets;         /* for hf_tls_next_secret() */
};
#define HF_TLS_NO_TICKETS UINT32_MAX

/* What differs from connection to connection; borrowed until the handshake is over. */
struct hf_tls_start {
	struct hf_bytes name;    /* client: the server's; goes into SNI unless it is an address; empty: none */
	struct hf_bytes session; /* client: as HF_TLS_HAS_SESSION gave it; what does not fit is left unused */
	uint8_t entropy[32];     /* the only randomness of this connection; secret, never used twice */
};

/* Octets for hf_tls_init(), and for the room that a handshake needs at first. */
size_t hf_tls_memory(void);
size_t hf_tls_room(void);
#define HF_TLS_ROOMS \
	5u /* rooms that a machine has at once, at most: one of them only while it moves into a larger one */

/*
 * Makes a machine in `mem` (aligned to 64, hf_tls_memory() octets), and gives it room for the handshake. Both are the
 * caller's and must hold still: the room until hf_tls_take_room() hands it back.
 *
 * HF_OK
 * HF_INVALID   a value of cfg is out of its range, or no suite, group or scheme is left
 */
HF_NODISCARD hf_status hf_tls_init(void *mem, struct hf_room room, const struct hf_tls_config *cfg,
				   const struct hf_tls_start *start, hf_time_ns now, struct hf_tls **ret);
/* Nothing more is done with it but hf_tls_end(): until then hf_tls_take_room() gives all rooms back, at any time. */
void hf_tls_abandon(struct hf_tls *t);
/* Wipes all secrets and gives libcrypto's contexts back. */
void hf_tls_end(struct hf_tls *t);

/* ---- the step ---- */

enum hf_tls_does {
	HF_TLS_WANTS_INPUT,       /* needs more octets; before hf_tls_deadline() if it says so */
	HF_TLS_WANTS_OUT,         /* io.out is full: send what is there and call again */
	HF_TLS_WANTS_ROOM,        /* hf_tls_give_room() with hf_tls_question.room octets */
	HF_TLS_WANTS_CERTIFICATE, /* hf_tls_use_certificate(), hf_tls_no_certificate() or hf_tls_refuse_name() */
	HF_TLS_WANTS_SIGNATURE,   /* hf_tls_give_signature() */
	HF_TLS_WANTS_PREMASTER,   /* RSA key transport: hf_tls_give_premaster() */
	HF_TLS_WANTS_VERDICT,     /* hf_tls_give_verdict() on the peer's chain */
	HF_TLS_WANTS_TICKET_KEY,  /* hf_tls_give_ticket_key() */
	HF_TLS_WANTS_REPLAY,      /* 0-RTT: hf_tls_give_replay(): was this ticket seen before? */
	HF_TLS_HAS_DATA,          /* io.data, until the next step */
	HF_TLS_HAS_EARLY_DATA,    /* the same, but it may be a replay (RFC 8446 8) */
	HF_TLS_HAS_SESSION,       /* client: hf_tls_question.session may be kept and used once */
	HF_TLS_CONNECTED,         /* said once: hf_tls_info() is complete, hf_tls_take_room() may be called */
	HF_TLS_CLOSED,    /* the peer's close_notify came: a clean end of its direction; never before CONNECTED */
	HF_TLS_TRUNCATED, /* the stream ended without close_notify: data may be missing (RFC 8446 6.1) */
	HF_TLS_FAILED,    /* an alert was sent or received: hf_tls_info() says which and why */
	HF_TLS_DOES_COUNT
};

#define HF_TLS_PLAIN_ROOM 18432u /* octets of a record at most, expanded */
#define HF_TLS_OUT_ROOM 512u     /* the least room a step can work with */

struct hf_tls_io {
	const struct hf_bytes *in; /* the peer's octets, in pieces */
	size_t ins;
	bool eof;       /* nothing follows them */
	uint8_t *plain; /* HF_TLS_PLAIN_ROOM octets, where a record is opened; may be shared by all connections of a thread */
	uint8_t *out;
	size_t out_room; /* HF_TLS_OUT_ROOM or more */
	/* told */
	size_t taken;         /* octets of in[] that need not be shown again */
	size_t out_len;       /* octets of out to be sent, whatever the step says */
	struct hf_bytes data; /* inside plain */
};

/* Goes on until something is wanted or there is something to tell. */
enum hf_tls_does hf_tls_step(struct hf_tls *t, struct hf_tls_io *io, hf_time_ns now);

/*
 * When hf_tls_step() must be called again though nothing came; HF_NEVER. The handshake has one, and so has a message that
 * comes to a server later: until it is all there it holds room.
 */
hf_time_ns hf_tls_deadline(const struct hf_tls *t);

/*
 * Seals data into records. Pieces of data and of room may lie anywhere.
 *
 * HF_OK          *ret_taken octets of data are in *ret_len octets of records (0 for no data)
 * HF_AGAIN       no room for a record, or hf_tls_step() has something to send first
 * HF_BAD_STATE   not connected yet, and no early data may be sent
 * HF_CLOSED      after hf_tls_close() or a failure
 */
HF_NODISCARD hf_status hf_tls_write(struct hf_tls *t, const struct hf_bytes *data, size_t pieces,
				    const struct hf_room *out, size_t outs, size_t *ret_taken, size_t *ret_len);
/* Octets that records around n octets of data need, at most. */
size_t hf_tls_sealed_size(const struct hf_tls *t, size_t n);

/* close_notify goes out with the next step; the peer may go on (RFC 8446 6.1). A handshake is cancelled: user_canceled first,
 * and the step says HF_TLS_FAILED. */
void hf_tls_close(struct hf_tls *t);
/* KeyUpdate goes out with the next step (RFC 8446 4.6.3); `request`: the peer shall do the same. HF_OK, HF_BAD_STATE. */
HF_NODISCARD hf_status hf_tls_update_keys(struct hf_tls *t, bool request);

/* ---- questions and their answers; one that comes after the connection has failed is passed over ---- */

struct hf_tls_question { /* borrowed until the answer */
	enum hf_tls_does what;
	size_t room; /* WANTS_ROOM */
	/* WANTS_CERTIFICATE */
	struct hf_bytes name;        /* server: the SNI, or empty */
	struct hf_bytes schemes;     /* 16-bit numbers the peer accepts signatures of */
	struct hf_bytes authorities; /* client: names behind 16-bit lengths, or empty */
	uint16_t version;
	/* WANTS_SIGNATURE */
	uint16_t scheme;
	struct hf_bytes content;
	const struct hf_cred *cred; /* whose key */
	/* WANTS_PREMASTER: the client's encrypted secret, what to give instead of a malformed one; and cred */
	struct hf_bytes encrypted;
	const uint8_t *instead; /* 48 octets */
	uint16_t client_version;
	/* WANTS_VERDICT */
	const struct hf_bytes *chain; /* DER, leaf first; none when a client sent none (never asked then) */
	size_t certs;
	struct hf_bytes ocsp, sct_list;
	struct hf_bytes peer_name; /* client: as in hf_tls_start */
	/* WANTS_TICKET_KEY */
	bool opens;               /* else: a key to seal a new ticket with */
	struct hf_bytes key_name; /* 16 octets, when it opens */
	/* WANTS_REPLAY */
	struct hf_bytes ticket_id; /* 32 octets, the same for the same ticket and never for another */
	hf_time_ns expires;        /* after this time the question cannot come again */
	/* HAS_SESSION */
	struct hf_bytes session;
	uint32_t lifetime_s;
};

const struct hf_tls_question *hf_tls_question(const struct hf_tls *t);

/* One room more; an earlier one that is not needed any longer comes back (else its len is 0). */
void hf_tls_give_room(struct hf_tls *t, struct hf_room room, struct hf_room *ret_old);
/*
 * Once connected or abandoned, and before hf_tls_end(): the rooms back, one by one, until len is 0 (in use for a moment, or
 * all gone).
 */
struct hf_room hf_tls_take_room(struct hf_tls *t);

/* Must live until the handshake is over. */
void hf_tls_use_certificate(struct hf_tls *t, const struct hf_cred *cred);
/* Can this one be used for what is asked now: a scheme of the peer's that its key can make? */
bool hf_tls_certificate_fits(const struct hf_tls *t, const struct hf_cred *cred);
void hf_tls_no_certificate(struct hf_tls *t); /* a client goes on without; a server ends the handshake */
void hf_tls_refuse_name(struct hf_tls *t);    /* unrecognized_name (RFC 6066 3) */
void hf_tls_give_signature(struct hf_tls *t, struct hf_bytes signature);   /* empty: it could not be made */
void hf_tls_give_premaster(struct hf_tls *t, const uint8_t premaster[48]); /* NULL: internal_error */
/* 0: the peer is believed; else the alert that ends the handshake. */
void hf_tls_give_verdict(struct hf_tls *t, uint8_t alert);
/* Goes on although the peer is not believed; neither is it when the session is resumed: hf_tls_info.peer_certificate is false. */
void hf_tls_pass_verdict(struct hf_tls *t);
/* NULL: no such key; the ticket is not used, or none is sent. */
void hf_tls_give_ticket_key(struct hf_tls *t, const uint8_t name[16], const uint8_t key[32]);
void hf_tls_give_replay(struct hf_tls *t, bool seen);

/* ---- the usual answers ---- */

/* Ticket keys that change with time: the present one seals, it and the one before open. */
struct hf_tls_ticket_keys {
	uint8_t seed[32];  /* secret; keys are derived from it and the number of the period */
	hf_time_ns period; /* at least the tickets' lifetime */
};

/* Tickets whose 0-RTT data was taken: a bounded window. When it is full, early data is refused. */
struct hf_tls_seen {
	struct hf_tls_seen_entry {
		uint8_t id[32];
		hf_time_ns expires;
	} * entry;
	size_t room, n;
};

struct hf_tls_keeper {
	const struct hf_crypto *crypto;
	const struct hf_cred *const *creds; /* by name; the first is the default */
	size_t cred_count;
	bool strict_names;            /* an unknown SNI is refused */
	const struct hf_trust *trust; /* NULL: nobody is believed */
	/*
	 * Client: whom the certificate must be for, if not the name in the hello. With neither nobody is believed, unless
	 * any_name says so. A session is for the name in the hello: those of other peer_names are to be kept apart.
	 */
	struct hf_bytes peer_name;
	bool any_name; /* client: any certificate of the trusted will do when no name was given */
	bool insecure; /* goes on after a bad verdict */
	const struct hf_tls_ticket_keys *ticket_keys; /* NULL: no tickets */
	struct hf_tls_seen *seen;                     /* NULL: no early data */
	bool want_staple;
};

/*
 * Answers the question that stands, by what the keeper holds: chooses the certificate by SNI, signs, checks the chain, finds
 * the ticket key. ret_report (NULL is allowed) is filled in on WANTS_VERDICT. False for what it cannot answer (room).
 */
bool hf_tls_settle(struct hf_tls *t, struct hf_tls_keeper *k, hf_time_ns now, struct hf_cert_report *ret_report);

/* ---- what came of it ---- */

enum hf_tls_early {
	HF_TLS_EARLY_NONE,
	HF_TLS_EARLY_OFFERED,
	HF_TLS_EARLY_ACCEPTED,
	HF_TLS_EARLY_REJECTED, /* client: what was written early must be written again */
};

struct hf_tls_info {
	bool server, connected, resumed, hello_retried, read_closed, write_closed;
	bool extended_master_secret, secure_renegotiation, rsa_key_transport;
	bool peer_certificate; /* it has shown one that was believed */
	bool stapled;
	enum hf_tls_early early;
	uint16_t version, suite;            /* 0: not agreed yet */
	uint16_t group;                     /* 0: none (RSA key transport) */
	uint16_t scheme, peer_scheme;       /* of the signatures made and checked; 0: none */
	struct hf_bytes alpn;               /* empty: none; inside cfg->alpn */
	struct hf_bytes name;               /* the SNI seen or sent; only while the room is there */
	uint16_t max_send, max_receive;     /* octets of plaintext in a record */
	uint8_t alert_sent, alert_received; /* valid with the bits below */
	bool has_alert_sent, has_alert_received;
	uint64_t key_updates_sent, key_updates_received;
	uint64_t records_sent, records_received;
	const char *state;    /* "WAIT_SH" */
	const char *why;      /* a failure's sentence, or NULL */
	const char *why_code; /* "BAD_FINISHED", or NULL */
	const char *why_rfc;  /* "8446 4.4.4", or NULL */
	const char *expected; /* what could have come in this state, for an unexpected message, or NULL */
};

void hf_tls_info(const struct hf_tls *t, struct hf_tls_info *ret);

/* RFC 8446 7.5, RFC 5705. HF_OK, HF_BAD_STATE (not connected; 1.2 without extended master secret), HF_INVALID (n > 8160). */
HF_NODISCARD hf_status hf_tls_export(const struct hf_tls *t, const char *label, struct hf_bytes context,
				     bool has_context, uint8_t *ret, size_t n);

/* The next line for a key log (RFC 9850's form, without a line end), "" when none waits: to be asked after each step. */
#define HF_TLS_SECRET_LINE 256u
void hf_tls_next_secret(struct hf_tls *t, char line[HF_TLS_SECRET_LINE]);

/* ---- what happened, for the explanation ---- */

enum hf_tls_told {
#define T(name, rfc, sentence) HF_TLS_TOLD_##name,
#include "hf/tls_told.def"
#undef T
	HF_TLS_TOLD_COUNT
};

struct hf_tls_record_told {
	hf_time_ns at;
	uint64_t offset;  /* in the stream of octets, of the record it came in or goes out with; our own for `sent` */
	uint32_t len;     /* octets of the message, body and header */
	uint16_t kind;    /* enum hf_tls_told */
	uint16_t x, y;    /* as the kind says */
	uint8_t sent;     /* ours, not the peer's */
	uint8_t epoch;    /* whose keys: 0 plain, 1 early, 2 handshake, 3 application */
	uint8_t from, to; /* states */
	uint16_t version; /* once it is agreed on; else 0 */
};

/* A ring the caller owns, told of the newest n (a power of two); kept with the connection until the end. */
void hf_tls_tell(struct hf_tls *t, struct hf_tls_record_told *ring, size_t n);
/* The next record after *cursor (0 at first); false when there is none. */
bool hf_tls_told(const struct hf_tls *t, uint64_t *cursor, struct hf_tls_record_told *ret);

/*
 * The messages behind what is told: of each MESSAGE, CCS and ALERT, sent or received, the octets as they were before they were
 * encrypted, or when they had been opened. That is what the key log would open, no more: no secret stands in them, and the
 * premaster secret of RSA key transport is encrypted there as well. Data is never among them.
 */
struct hf_tls_message {
	struct hf_tls_record_told told;
	uint64_t nth; /* of all that was told, from 1: where hf_tls_told() leaves its cursor behind the same record */
	struct hf_bytes octets; /* with their header; fewer than told.len when it was refused before all of it was here */
	uint64_t left_out;      /* messages before this one that had no room */
};

/*
 * A place for them that the caller owns (aligned to 8): they are put one behind the other until hf_tls_next_message() has
 * given the last, and what has no room meanwhile is left out, and counted. To be called before the first step, and after
 * hf_tls_tell() if that is; kept with the connection until the end. Without it nothing is copied.
 */
void hf_tls_keep_messages(struct hf_tls *t, struct hf_room room);
/* The next one, borrowed until the next step; to be asked until there is none. False: none, and ret->left_out alone is set. */
bool hf_tls_next_message(struct hf_tls *t, struct hf_tls_message *ret);
/* Octets of such a place that one message of n octets takes. */
#define HF_TLS_MESSAGE_ROOM(n) (sizeof(struct hf_tls_message) + 64u + (n))

const char *hf_tls_told_name(unsigned kind);
const char *hf_tls_told_rfc(unsigned kind);
const char *hf_tls_told_sentence(unsigned kind);
const char *hf_tls_state_name(unsigned state);
/* Of x in HF_TLS_TOLD_FAILED. */
const char *hf_tls_why_sentence(unsigned why);
const char *hf_tls_why_rfc(unsigned why);

HF_API_END

#endif
