/* SPDX-License-Identifier: MIT */
#ifndef HF_TLS_TLS_INTERNAL_H
#define HF_TLS_TLS_INTERNAL_H

#include "base/bits.h"
#include "crypto/aead.h"
#include "crypto/hash.h"
#include "crypto/kex.h"
#include "crypto/key.h"
#include "hf/tls.h"
#include "wire/tls_wire.h"

/*
 * How the machine works. tls_step.c takes octets: tls_record.c opens records, tls_in.c puts handshake messages together and
 * looks up the table (tls_fsm.def) whether this message may come now; then its handler reads it, into locals first. A handler
 * names the state that follows (tls_next()) and what is to be done until then: a list of tasks (tls_run()), each of which
 * sends a message, changes keys, or asks the caller something. No octet is read while tasks are left, so what a message's
 * body lends stays valid for all of them.
 *
 *   record -> message -> turn judged -> handler -> added to the transcript -> tasks, one by one -> the next message
 *
 * Messages of ours are built in plain in hs->flight and sealed when they go out (tls_out.c); so keys can only change when
 * the flight is empty, which tls_flushed() sees to.
 *
 * A connection keeps struct hf_tls; what only a handshake needs is in struct tls_hs, at the start of the room the caller
 * lends, with the flight and the message being put together behind it.
 */

enum tls_state {
	TLS_ST_C_WAIT_SH,
	TLS_ST_C_WAIT_SH_2,
	TLS_ST_C13_WAIT_EE,
	TLS_ST_C13_WAIT_CERT_CR,
	TLS_ST_C13_WAIT_CERT,
	TLS_ST_C13_WAIT_CV,
	TLS_ST_C13_WAIT_FINISHED,
	TLS_ST_C13_CONNECTED,
	TLS_ST_C12_WAIT_CERT,
	TLS_ST_C12_WAIT_STATUS,
	TLS_ST_C12_WAIT_SKE,
	TLS_ST_C12_WAIT_CR_SHD,
	TLS_ST_C12_WAIT_SHD,
	TLS_ST_C12_WAIT_NST,
	TLS_ST_C12_WAIT_CCS,
	TLS_ST_C12_WAIT_FINISHED,
	TLS_ST_C12_CONNECTED,
	TLS_ST_S_WAIT_CH,
	TLS_ST_S_WAIT_CH_2,
	TLS_ST_S13_WAIT_EOED,
	TLS_ST_S13_WAIT_CERT,
	TLS_ST_S13_WAIT_CV,
	TLS_ST_S13_WAIT_FINISHED,
	TLS_ST_S13_CONNECTED,
	TLS_ST_S12_WAIT_CERT,
	TLS_ST_S12_WAIT_CKE,
	TLS_ST_S12_WAIT_CKE_CV, /* a certificate came, whose key has to be shown */
	TLS_ST_S12_WAIT_CV,
	TLS_ST_S12_WAIT_CCS,
	TLS_ST_S12_WAIT_FINISHED,
	TLS_ST_S12_CONNECTED,
	TLS_ST_FAILED,
	TLS_ST_COUNT
};

enum tls_epoch { /* whose keys */
		 TLS_EPOCH_PLAIN,
		 TLS_EPOCH_EARLY,
		 TLS_EPOCH_HANDSHAKE,
		 TLS_EPOCH_APPLICATION, /* in 1.2: all that is encrypted */
};

enum tls_why {
	TLS_WHY_NONE,
#define W(name, alert, rfc, sentence) TLS_WHY_##name,
#include "tls/tls_why.def"
#undef W
	TLS_WHY_COUNT
};

enum tls_kx {                     /* key exchange and authentication of a suite */
	      TLS_KX_ANY,         /* 1.3: agreed on apart */
	      TLS_KX_ECDHE_ECDSA, /* ECDSA and EdDSA certificates */
	      TLS_KX_ECDHE_RSA,
	      TLS_KX_RSA, /* key transport */
};

struct tls_suite {
	uint16_t number;
	uint16_t version;
	uint8_t aead; /* enum crypto_aead_id */
	uint8_t hash; /* enum crypto_hash_id */
	uint8_t kx;
	uint8_t key_size, hash_size;
};
const struct tls_suite *tls_suite_find(uint16_t number); /* NULL: not spoken here */

/* ---- extensions (tls_ext.c) ---- */

enum tls_ext_row {
#define E(name, messages, rfc) TLS_ROW_##name,
#include "tls/tls_ext.def"
#undef E
	TLS_ROW_COUNT
};
_Static_assert(TLS_ROW_COUNT <= 32, "a set of rows is 32 bits");
#define TLS_HAS(row) (1u << TLS_ROW_##row)

enum tls_ext_in {
	TLS_IN_CH = 1 << 0,
	TLS_IN_SH = 1 << 1,
	TLS_IN_SH12 = 1 << 2,
	TLS_IN_HRR = 1 << 3,
	TLS_IN_EE = 1 << 4,
	TLS_IN_CR = 1 << 5,
	TLS_IN_CT = 1 << 6,
	TLS_IN_NST = 1 << 7,
};

struct tls_exts {
	uint32_t has; /* of TLS_HAS() */
	uint8_t last; /* the row that stood last; TLS_ROW_COUNT: none, or an unknown one */
	struct hf_bytes body[TLS_ROW_COUNT];
};

/*
 * Sorts a block's inside. `asked`: rows that were in the question (for SH, SH12, HRR, EE, CT; SESSION_TICKET, RENEGOTIATION_INFO
 * answer the SCSV too). HF_OK, or what tls_fail() gave.
 */
HF_NODISCARD hf_status tls_exts_sort(struct hf_tls *t, struct hf_bytes block, enum tls_ext_in in, uint32_t asked,
				     struct tls_exts *ret);

/* ---- keys ---- */

struct tls_side { /* one direction of the record protection (tls_record.c) */
	struct crypto_aead aead;
	uint64_t seq;
	uint8_t epoch;
	uint8_t hash;
	uint8_t iv[12];     /* 1.2: AES-GCM uses the first 4 (RFC 5288 3), ChaCha20 all (RFC 7905 2) */
	uint8_t secret[48]; /* 1.3: the traffic secret, to make the next of (RFC 8446 7.2) */
};

/* The key schedule of 1.3 (RFC 8446 7.1), tls_schedule.c: stages that only go forward. */
enum tls_stage {
	TLS_STAGE_NONE,
	TLS_STAGE_EARLY,
	TLS_STAGE_HANDSHAKE,
	TLS_STAGE_MASTER,
};

struct tls_schedule {
	uint8_t stage;
	uint8_t hash;
	uint8_t secret[48];
};

void tls_schedule_early(struct tls_schedule *s, enum crypto_hash_id hash, struct hf_bytes psk); /* empty: none */
void tls_schedule_handshake(struct tls_schedule *s, struct hf_bytes shared);
void tls_schedule_master(struct tls_schedule *s);
/* Derive-Secret(.., label, transcript), where `transcript` is a hash already. ret has the hash's size. Asserts the stage. */
void tls_schedule_derive(const struct tls_schedule *s, enum tls_stage stage, const char *label,
			 const uint8_t *transcript_hash, uint8_t *ret);
/* RFC 8446 4.4.4: the finished MAC under a traffic secret. */
void tls_finished_mac(enum crypto_hash_id hash, const uint8_t *traffic_secret, const uint8_t *transcript_hash, uint8_t *ret);
/* RFC 8446 4.6.1: the PSK of a ticket. */
void tls_ticket_psk(enum crypto_hash_id hash, const uint8_t *resumption_secret, struct hf_bytes nonce, uint8_t *ret);
/* RFC 8446 4.2.11.2: a binder; `transcript_hash` of everything up to the binders. */
void tls_psk_binder(enum crypto_hash_id hash, struct hf_bytes psk, const uint8_t *transcript_hash, uint8_t *ret);

/* Keys for one direction from a traffic secret of 1.3: HF_OK, HF_FULL. */
HF_NODISCARD hf_status tls_side_set_13(struct tls_side *s, const struct hf_crypto *c, const struct tls_suite *suite,
				       enum tls_epoch epoch, const uint8_t *secret, bool seals);
HF_NODISCARD hf_status tls_side_update(struct tls_side *s, const struct hf_crypto *c, const struct tls_suite *suite,
				       bool seals);
/* 1.2 (RFC 5246 6.3): the client's or the server's part of the key block. */
HF_NODISCARD hf_status tls_side_set_12(struct tls_side *s, const struct hf_crypto *c, const struct tls_suite *suite,
				       const uint8_t master[48], const uint8_t client_random[32],
				       const uint8_t server_random[32], bool client_writes, bool seals);
void tls_side_clear(struct tls_side *s);
/* Has this key been used so much that it should be changed (RFC 8446 5.5; 5.3)? */
bool tls_side_wants_update(const struct tls_side *s);

/* ---- records (tls_record.c): protection only, no policy ---- */

/* Pieces of content, and of room it fills, for one record to be sealed. Records to be opened may come in any number. */
#define TLS_PIECES_MAX 64u

/* Octets of a record around n octets of plaintext under these keys, header included, without padding. */
size_t tls_record_size(const struct tls_side *s, uint16_t version, size_t n);
/*
 * Writes one record: header, and `type`'s content in[] sealed (plain at TLS_EPOCH_PLAIN), padded in 1.3 with `pad` zeros.
 * out[] has room for it. Gives its length. The sequence number must not be used up (tls_record_may_seal()).
 */
size_t tls_record_seal(struct tls_side *s, uint16_t version, uint16_t record_version, uint8_t type,
		       const struct hf_bytes *in, size_t ins, size_t pad, const struct hf_room *out, size_t outs);
bool tls_record_may_seal(const struct tls_side *s);
/*
 * Opens one record's fragment (in[], without its header; the header's octets are `head`) into plain (HF_TLS_PLAIN_ROOM).
 * 1.3: padding is taken off and the inner type found. TLS_WHY_NONE, or why not: RECORD_SHORT, BAD_MAC, RECORD_TOO_LONG (the
 * plaintext is longer than `max`), UNEXPECTED_RECORD (nothing but padding, RFC 8446 5.4), SEQUENCE_END.
 */
HF_NODISCARD enum tls_why tls_record_open(struct tls_side *s, uint16_t version, const uint8_t head[TLS_RECORD_HEADER],
					  const struct hf_bytes *in, size_t ins, size_t max, uint8_t *plain,
					  uint8_t *ret_type, struct hf_bytes *ret);

/* ---- sessions and tickets (tls_ticket.c) ---- */

#define TLS_TICKET_NAME 16u
#define TLS_TICKET_MAX 1024u  /* octets of a sealed ticket of ours */
#define TLS_SESSION_MAX 4096u /* octets of what a client keeps, longer tickets are not kept */

struct tls_session { /* what is remembered of a connection, on either side */
	uint16_t version, suite;
	uint8_t secret_len;
	uint8_t secret[48]; /* 1.3: the PSK; 1.2: the master secret */
	bool extended_master_secret;
	bool peer_certificate; /* the peer had shown one that was believed */
	uint32_t lifetime_s;
	uint32_t age_add;
	uint32_t early_data_max;
	uint64_t made_unix_ms;  /* client: when it came; server: when it was made */
	struct hf_bytes alpn;   /* borrowed */
	struct hf_bytes name;   /* SNI; borrowed */
	struct hf_bytes ticket; /* client only; borrowed */
};

/* The client's form: HF_OK, HF_TOO_BIG; HF_MALFORMED. */
HF_NODISCARD hf_status tls_session_put(const struct tls_session *s, uint8_t *to, size_t room, size_t *ret_len);
HF_NODISCARD hf_status tls_session_parse(struct hf_bytes b, struct tls_session *ret);
/*
 * A ticket: key name, nonce, the session sealed with AES-256-GCM. `nonce` is 12 octets of randomness.
 * HF_OK, HF_TOO_BIG, HF_FULL; HF_INVALID: a key of zeros only, which is no secret.
 */
HF_NODISCARD hf_status tls_ticket_seal(const struct hf_crypto *c, const uint8_t name[TLS_TICKET_NAME],
				       const uint8_t key[32], const uint8_t nonce[12], const struct tls_session *s,
				       uint8_t *to, size_t room, size_t *ret_len);
/* The key name of a ticket that could be one of ours: HF_OK, HF_MALFORMED. */
HF_NODISCARD hf_status tls_ticket_name(struct hf_bytes ticket, struct hf_bytes *ret_name);
/* HF_OK; HF_MALFORMED: not sealed with this key; HF_FULL; HF_INVALID as above. ret borrows from `room` (TLS_TICKET_MAX). */
HF_NODISCARD hf_status tls_ticket_open(const struct hf_crypto *c, const uint8_t key[32], struct hf_bytes ticket,
				       uint8_t *room, struct tls_session *ret);

/* ---- the machine ---- */

typedef hf_status tls_task(struct hf_tls *t);

/* What a ClientHello says, decoded once (tls_hello_server.c); borrows from the message. */
struct tls_offer {
	struct tls_client_hello hello;
	struct tls_exts exts;
	struct hf_bytes versions; /* numbers; empty: no supported_versions */
	struct hf_bytes name;     /* SNI; empty: none */
	struct hf_bytes alpn;     /* list of opaque<1..255>; empty: none */
	struct hf_bytes groups;   /* numbers */
	struct hf_bytes schemes;  /* numbers */
	struct hf_bytes shares;   /* key_share entries */
	struct tls_offered_psks psks;
	struct hf_bytes psk_modes;
	struct hf_bytes cookie;
	struct hf_bytes ticket; /* 1.2; empty: none */
	bool wants_staple, wants_scts, early_data, extended_master_secret, renegotiation_info;
};

#define TLS_SHARES_MAX 4u
#define TLS_CHAIN_MAX 16u
#define TLS_SECRETS_MAX 8u

enum tls_need { /* what more room is for */
		TLS_NEED_IN,
		TLS_NEED_FLIGHT,
		TLS_NEED_PAST,
};

struct tls_hs {
	/* the room this stands at the start of, and what was lent later because a message is long */
	struct hf_room room, flight_extra, in_extra, past_extra;
	size_t need;      /* asked for with WANTS_ROOM */
	uint8_t need_for; /* enum tls_need */
	uint8_t *flight;  /* our messages, plain, not yet sealed */
	uint32_t flight_len, flight_sent, flight_room;
	uint32_t flight_told; /* where in flight[] the first message begins that the explanation was not told of */
	uint8_t *in;          /* the peer's message being put together, and what follows it in the same records */
	uint32_t in_len, in_room;
	uint64_t in_record; /* offset in the stream of the record that in[]'s first octet came in */

	/* what is being done */
	tls_task *const *tasks; /* NULL: nothing */
	uint8_t next;           /* enum tls_state, to be entered when the tasks are done */
	bool message_open;      /* the message at the start of in[] has been judged and is in use */
	uint32_t message_len;   /* its octets, header included; 0: it stands in no in[] (change_cipher_spec) */
	uint16_t message_type;
	struct hf_tls_question question; /* what == HF_TLS_WANTS_INPUT: none */

	/* the messages themselves, while 1.2 may want them signed (RFC 5246 7.4.8); may move between two messages */
	uint8_t *past;
	uint32_t past_len, past_room;
	bool keeps_past;

	/* randomness and the transcript */
	uint8_t entropy[32];
	uint32_t drawn;
	struct crypto_hash transcript[2]; /* SHA-256 and SHA-384, until the suite is known; then [0] alone */
	bool transcript_chosen;
	uint8_t client_random[32], server_random[32];
	uint8_t session_id[32];
	uint8_t session_id_len;

	/* the client's hello */
	struct hf_bytes name;                   /* lent by hf_tls_start; server: the SNI seen, in sni[] */
	struct tls_session session;             /* offered; version 0: none */
	uint8_t session_bytes[TLS_SESSION_MAX]; /* what session borrows from */
	uint32_t asked;                         /* rows of extensions sent in the ClientHello, of TLS_HAS() */
	struct crypto_kex kex[TLS_SHARES_MAX];
	unsigned shares;
	uint8_t hello_seed[32]; /* GREASE and private shares are made of it: a second hello is the first but for what must change */
	uint32_t cookie_at; /* of a HelloRetryRequest, which stays in in[] until the hello is built again: offset there */
	uint16_t cookie_len;
	bool ccs_sent;        /* 1.3: the compatibility CCS, which is sent once */
	uint16_t retry_group; /* of a HelloRetryRequest; 0: none */
	uint16_t retry_suite;

	/* the server's view of it; valid during the tasks that follow the hello */
	struct tls_offer offer;
	uint8_t hello_hash[32]; /* of what must stay the same in a second ClientHello */
	uint8_t sni[255];       /* what `name` borrows from */

	/* agreed on */
	struct tls_schedule schedule;
	uint8_t early_secret_client[48];
	uint8_t client_hs[48], server_hs[48], client_app[48], server_app[48]; /* traffic secrets of 1.3 */
	uint8_t master[48];                                                   /* 1.2 */
	uint8_t psk[48];
	uint8_t psk_len; /* 0: none */
	uint16_t psk_index;
	uint8_t binder_hash[48]; /* server: of all up to the hello's binders */
	uint8_t peer_finished[64], own_finished[64];
	bool ticket_expected; /* 1.2: the server has promised, or the client asked for, a ticket */
	bool status_expected; /* 1.2: the server may send CertificateStatus */
	bool send_status;     /* the client asked for a staple and there is one */

	/* certificates */
	const struct hf_cred *cred;
	bool cert_requested;
	uint8_t request_context[255];
	uint8_t request_context_len;
	uint8_t peer_schemes[128]; /* numbers: what the peer accepts, as its CertificateRequest or hello says */
	uint16_t peer_schemes_len;
	struct crypto_pub *peer_key;
	struct hf_bytes chain[TLS_CHAIN_MAX];
	struct hf_bytes staple, scts; /* 1.3: what came with the leaf; valid during the tasks that follow, as the chain is */
	uint8_t certs;                /* of chain, in the question for a verdict */
	uint8_t signature[CRYPTO_SIG_MAX];
	uint16_t signature_len;
	uint8_t content[1024]; /* to be signed or checked: RFC 8446 4.4.3's 64 spaces, context and hash; 1.2: randoms and params */
	uint16_t content_len;
	uint8_t premaster[CRYPTO_KEX_SECRET_MAX], instead[48]; /* 1.2: what the master secret is made of; RSA: 48 octets */
	uint8_t premaster_len;
	uint8_t verdict; /* the alert given; 0: believed, or passed */
	bool verdict_passed;
	/* 1.2: the chain is judged with its staple, which comes in another message if at all: until then both stand in past[] */
	bool verdict_waits;
	uint32_t certificate_at, certificate_len; /* the body */
	uint32_t scts_at, scts_len;               /* of the ServerHello */

	/* tickets */
	uint8_t ticket_key[32], ticket_key_name[16];
	bool ticket_key_given;
	bool seen;
	unsigned tickets_left;
	uint8_t session_out[TLS_SESSION_MAX];
	uint16_t session_out_len; /* 1.2: a session to be told of when the server's Finished was right; 0: none */
	uint32_t session_out_lifetime_s;

	/* lines for the key log not yet fetched */
	struct tls_log {
		const char *label;
		uint8_t secret[48];
		uint8_t len;
	} log[TLS_SECRETS_MAX];
	uint8_t logs;
};

struct hf_tls {
	const struct hf_tls_config *cfg;
	struct tls_hs *hs; /* NULL: the room was taken back */
	const struct tls_suite *suite;
	struct tls_side rd, wr;
	hf_time_ns deadline, now;

	uint8_t state;
	uint8_t why;       /* enum tls_why */
	uint8_t failed_in; /* the state it failed in */
	bool ending;       /* hf_tls_end() has been called */
	bool server, connected, connected_told;
	bool read_closed, write_closed, failed_told, eof_told;
	bool owe_alert, owe_close, owe_ccs, owe_key_update, owe_key_request;
	uint8_t alert; /* owed */
	uint8_t alert_level;
	bool alert_sent, alert_received;
	uint8_t alert_sent_number, alert_received_number;
	uint8_t early; /* enum hf_tls_early */
	bool resumed, retried, extended_master_secret, secure_renegotiation, peer_certificate, stapled;
	bool early_writable; /* client: hf_tls_write() seals under the early keys */
	bool ccs_seen;

	uint16_t version; /* 0: not agreed on */
	uint16_t group, scheme, peer_scheme;
	uint16_t max_send, max_receive; /* octets of plaintext of a record (1.3: content type included by RFC 8449, not here) */
	int16_t alpn;                   /* index into cfg->alpn; -1 */
	uint8_t empties, warnings, updates; /* floods are counted since the last data */
	uint32_t early_left;                /* server: octets of early data still taken, or still passed over */
	bool early_skip;     /* server: records that do not open are passed over while early_left lasts */
	uint32_t small_left; /* octets still to go in short records */

	uint8_t name_hash[32]; /* client, SHA-256: whom its sessions are for; the name itself is lent for the handshake only */
	uint64_t proof_until_unix_ms; /* of a resumed connection: when what was proved in a full handshake is too old; else 0 */
	uint8_t resumption[48], exporter[48]; /* 1.2: the master secret, and the two randoms below */
	uint8_t randoms[64];

	uint64_t in_offset, out_offset; /* octets of the two streams so far */
	uint64_t key_updates_sent, key_updates_received;
	uint64_t records_sent, records_received;

	struct hf_tls_record_told *told; /* the caller's ring, or NULL */
	uint64_t told_mask, told_next;
	struct hf_tls_record_told told_scratch; /* what is filled in while nobody listens */
	struct tls_kept *kept;                  /* at the start of the caller's place for messages, or NULL */
};

/* ---- the parts of the engine, for one another ---- */

/* tls_in.c */
struct tls_input { /* a cursor over io->in[] */
	const struct hf_bytes *piece;
	size_t pieces, at;
};
enum tls_took {                   /* what came of looking for a record */
		TLS_TOOK_NOTHING, /* it is not all there */
		TLS_TOOK_RECORD,  /* go on */
		TLS_TOOK_DATA,
		TLS_TOOK_ASKED, /* a question stands (room); nothing was taken */
};
enum tls_took tls_take_record(struct hf_tls *t, struct hf_tls_io *io, struct tls_input *in);
/* Calls the handler of the next whole message of in[]; false when there is none. */
bool tls_take_message(struct hf_tls *t);
void tls_do_tasks(struct hf_tls *t);
/* tls_out.c: true when nothing is owed any more, false when io->out is full. */
bool tls_drain(struct hf_tls *t, struct hf_tls_io *io);
uint16_t tls_record_version(const struct hf_tls *t);
/* tls_step.c */
void tls_lay_room(struct hf_tls *t, struct hf_room room);
const char *tls_why_code(unsigned why);
const char *tls_why_rfc(unsigned why);
const char *tls_why_sentence(unsigned why);
/* tls_user.c */
hf_time_ns tls_handshake_timeout(const struct hf_tls_config *cfg);
/* What may come in a state, for people: "server_hello or hello_retry_request". */
const char *tls_expected(unsigned state);

/* ---- what a handler and a task may do (tls_step.c, tls_out.c, tls_in.c) ---- */

/* Ends the connection: notes why, owes the alert of tls_why.def. Returns HF_TLS, to be handed on. */
HF_NODISCARD hf_status tls_fail(struct hf_tls *t, enum tls_why why);
/* The same with another alert (a verdict's). */
HF_NODISCARD hf_status tls_fail_alert(struct hf_tls *t, enum tls_why why, uint8_t alert);
/* The same where nothing hands a status on. */
void tls_break(struct hf_tls *t, enum tls_why why);
void tls_break_alert(struct hf_tls *t, enum tls_why why, uint8_t alert);
/* For parsers: HF_OK, or tls_fail(DECODE). */
#define TLS_TRY_PARSE(t, expr)                              \
	do {                                                \
		if ((expr) != HF_OK)                        \
			return tls_fail(t, TLS_WHY_DECODE); \
	} while (0)
#define TLS_REQUIRE(t, cond, why)                          \
	do {                                               \
		if (!(cond))                               \
			return tls_fail(t, TLS_WHY_##why); \
	} while (0)

/* The state that follows: one of those that the row of the message allows (asserted). */
void tls_next(struct hf_tls *t, enum tls_state next);
/*
 * The tasks to be done before the next message is read; a list that ends with NULL. A task gives HF_OK (done), HF_AGAIN
 * (something must go out first: call me again), HF_PENDING (a question stands: go on with the next task when it is answered),
 * or what tls_fail() gave. A task may call tls_run() itself, to go on with another list.
 */
void tls_run(struct hf_tls *t, tls_task *const *tasks);
/* Poses the question in hs->question (all fields but .what filled in). Returns HF_PENDING. */
HF_NODISCARD hf_status tls_ask(struct hf_tls *t, enum hf_tls_does what);

/*
 * A message of ours: tls_message() gives a cursor over n octets or more for it (HF_AGAIN: the flight must go out first;
 * HF_PENDING: room was asked for; both are to be handed on, and the task comes again: so build nothing before), tls_commit()
 * adds it to the flight and the transcript. The cursor begins with the message's header written.
 */
HF_NODISCARD hf_status tls_message(struct hf_tls *t, uint8_t type, size_t n, struct hf_wr *ret);
HF_NODISCARD hf_status tls_commit(struct hf_tls *t, struct hf_wr *out);
/* The same without the transcript (NewSessionTicket of 1.3 after the handshake). */
HF_NODISCARD hf_status tls_commit_apart(struct hf_tls *t, struct hf_wr *out);
/* HF_OK when all of the flight is sealed; HF_AGAIN (to be handed on) when not: before a change of write keys. */
HF_NODISCARD hf_status tls_flushed(struct hf_tls *t);
/* ChangeCipherSpec goes out, after the flight so far: HF_OK, HF_AGAIN. */
HF_NODISCARD hf_status tls_send_ccs(struct hf_tls *t);

/* New keys. Read keys: fails with KEY_CHANGE_SPANNED when octets follow the message in use (RFC 8446 5.1). Write keys: call
 * tls_flushed() first. HF_OK or what tls_fail() gave. */
HF_NODISCARD hf_status tls_read_keys_13(struct hf_tls *t, enum tls_epoch epoch, const uint8_t *secret);
HF_NODISCARD hf_status tls_write_keys_13(struct hf_tls *t, enum tls_epoch epoch, const uint8_t *secret);
HF_NODISCARD hf_status tls_read_keys_12(struct hf_tls *t);
HF_NODISCARD hf_status tls_write_keys_12(struct hf_tls *t);

/* Once the suite is known: which hash it is. Before that both run. */
void tls_transcript_choose(struct hf_tls *t);
void tls_transcript_hash(struct hf_tls *t, uint8_t *ret);                              /* of all so far; chosen */
void tls_transcript_hash_of(struct hf_tls *t, enum crypto_hash_id hash, uint8_t *ret); /* either, while not chosen */
/* RFC 8446 4.4.1: what was so far becomes message_hash. After choosing. */
void tls_transcript_retry(struct hf_tls *t);
void tls_transcript_add(struct hf_tls *t, struct hf_bytes message);
/* Is there room to keep n octets more of messages (or need they not be kept)? False: hs->need says what to ask for. */
bool tls_has_past(struct hf_tls *t, size_t n);
/* The handler's message as it came, header included. */
struct hf_bytes tls_message_bytes(const struct hf_tls *t);

/* n octets from the connection's entropy, different at each call. */
void tls_draw(struct hf_tls *t, void *to, size_t n);
/* For the key log: label as RFC 9850 has it (static). */
void tls_log_secret(struct hf_tls *t, const char *label, const uint8_t *secret, size_t n);
/* For the explanation; the record to be filled in (offset, time, epoch and states are). Never NULL. */
struct hf_tls_record_told *tls_tell(struct hf_tls *t, enum hf_tls_told kind);
struct hf_tls_record_told *tls_tell_sent(struct hf_tls *t, enum hf_tls_told kind);
/* The octets behind what was told last, which is filled in by now. */
void tls_keep(struct hf_tls *t, const struct hf_tls_record_told *told, struct hf_bytes octets);
uint64_t tls_unix_ms(const struct hf_tls *t);

/* Handshake done: CONNECTED is told after the tasks. */
void tls_connected(struct hf_tls *t);

/* ---- choosing (tls_choose.c) ---- */

struct hf_tls_list tls_cfg_suites(const struct hf_tls_config *cfg);
struct hf_tls_list tls_cfg_groups(const struct hf_tls_config *cfg);
struct hf_tls_list tls_cfg_schemes(const struct hf_tls_config *cfg);
uint16_t tls_cfg_min(const struct hf_tls_config *cfg);
uint16_t tls_cfg_max(const struct hf_tls_config *cfg);
bool tls_list_has(struct hf_tls_list list, uint16_t n);
/* May this suite, group or scheme be used with this configuration at this version? */
bool tls_suite_usable(const struct hf_tls_config *cfg, const struct tls_suite *suite, uint16_t version);
bool tls_group_usable(const struct hf_tls_config *cfg, uint16_t group);
/* A KEM beside a curve: safe as long as one of the two is. */
bool tls_group_is_hybrid(uint16_t group);
/* Is this group there for the version? A KEM has no place in 1.2. */
bool tls_group_suits(uint16_t group, uint16_t version);
/* The client's first choice of this version is ChaCha20: it has no AES in hardware. */
bool tls_prefers_chacha(struct hf_bytes suites_offered, uint16_t version);
/* The scheme for a signature of ours: the first of our list that the peer accepts and the key can make; 0: none. */
uint16_t tls_scheme_for(const struct hf_tls_config *cfg, const struct hf_cred *cred, struct hf_bytes peer_schemes,
			uint16_t version);
/* hs->peer_key from the leaf, and hs->chain from entries: HF_OK or what tls_fail() gave. */
HF_NODISCARD hf_status tls_take_leaf(struct hf_tls *t, struct hf_bytes der);
/* tls_share.c, for the client: the server's one name of a protocol (RFC 7301 3.1), which must be one of ours. */
HF_NODISCARD hf_status tls_take_alpn(struct hf_tls *t, struct hf_bytes body);
/* tls_share.c: what the peer's hello or CertificateRequest accepts and we could sign with, into hs->peer_schemes. */
void tls_keep_schemes(struct hf_tls *t, struct hf_bytes list);

/*
 * tls_share.c: this session is resumed, and its proof is handed on. Tickets of such a connection are good for as long as the
 * one that began it, no more: else who shows up often enough would never have to prove anything again.
 */
void tls_hand_on_proof(struct hf_tls *t, const struct tls_session *s);
uint32_t tls_lifetime_left(const struct hf_tls *t, uint32_t lifetime_s);

/* ---- the parts of the handshake, each in its file ---- */

/* tls_hello_client.c: the first tasks of a client. */
extern tls_task *const tls_client_begin[];
/* The tasks after a HelloRetryRequest; and forgets the session to be offered. */
extern tls_task *const tls_client_begin_again[];
void tls_client_drop_session(struct tls_hs *hs);
/* tls_hello_answer.c takes what comes back. */
/* tls_hello_client.c builds; tls13_client.c and tls12_client.c go on from a ServerHello whose version is known. exts are sorted. */
HF_NODISCARD hf_status tls13_client_hello_answered(struct hf_tls *t, const struct tls_server_hello *sh,
						   const struct tls_exts *exts);
HF_NODISCARD hf_status tls12_client_hello_answered(struct hf_tls *t, const struct tls_server_hello *sh,
						   const struct tls_exts *exts);
/* tls_hello_server.c decides the version, sets name and ALPN; these go on from hs->offer. */
HF_NODISCARD hf_status tls13_server_hello_came(struct hf_tls *t);
HF_NODISCARD hf_status tls12_server_hello_came(struct hf_tls *t);
/* tls_hello_server.c, for both: the certificate is asked for in a task; ALPN by RFC 7301 (fails with NO_ALPN). */
HF_NODISCARD hf_status tls_ask_certificate(struct hf_tls *t);
HF_NODISCARD hf_status tls_choose_alpn(struct hf_tls *t);
/* max_fragment_length and record_size_limit of the peer (RFC 6066 4, RFC 8449): sets t->max_send; both sides. */
HF_NODISCARD hf_status tls_take_record_limits(struct hf_tls *t, const struct tls_exts *exts);
/* tls_share.c: the server's answer to either, for EncryptedExtensions or a ServerHello of 1.2: 6 octets at most, or none. */
void tls_put_record_limits(const struct hf_tls *t, struct hf_wr *out);
uint16_t tls_own_record_limit(const struct hf_tls *t, uint16_t version); /* as record_size_limit says it */
/* tls_share.c: asks for the signature over hs->content with hs->cred's key and t->scheme; the answer is in hs->signature. */
HF_NODISCARD hf_status tls_ask_signature(struct hf_tls *t);
/* CertificateVerify with that answer. */
HF_NODISCARD hf_status tls_send_certificate_verify(struct hf_tls *t);
/* tls_share.c: 16-bit numbers, and the names of authorities (cfg's), each list behind its length. */
void tls_put_numbers(struct hf_wr *out, struct hf_tls_list numbers);
void tls_put_authorities(const struct hf_tls_config *cfg, struct hf_wr *out);
/* The extension with the protocol that the server has chosen; nothing when it chose none. */
void tls_put_alpn(const struct hf_tls *t, struct hf_wr *out);
/* Asks for a verdict on hs->chain (filled in by the caller, `certs` of them); the next task is tls_take_verdict. */
HF_NODISCARD hf_status tls_ask_verdict(struct hf_tls *t, size_t certs, struct hf_bytes ocsp, struct hf_bytes scts);
tls_task tls_take_verdict;

/* The handlers of tls_fsm.def: body without header. */
#define M(state, message, to, keys, handler, rfc) hf_status tls_on_##handler(struct hf_tls *t, struct hf_bytes body);
#include "tls/tls_fsm.def"
#undef M

#endif
