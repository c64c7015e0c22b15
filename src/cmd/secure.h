/* SPDX-License-Identifier: MIT */
#ifndef HF_CMD_SECURE_H
#define HF_CMD_SECURE_H

#include "cmd/loop.h"
#include "hf/tls.h"

/*
 * TLS for the commands. A struct secure_side is what all connections of one end have in common: certificates, trust, what is
 * allowed; a struct secure is one connection over any pipe of octets: what the pipe brings goes in with secure_step(), what
 * is to be sent waits in secure_out() until secure_sent() says that the pipe took it.
 */
#define SECURE_CREDS 16u
#define SECURE_LIST 32u
#define SECURE_OUT_ROOM 65536u /* of sealed octets waiting, a connection */
#define SECURE_SEEN 4096u      /* tickets whose early data was taken */

struct secure_options {                                     /* as the command line has it; texts are borrowed */
	const char *cert[SECURE_CREDS], *key[SECURE_CREDS]; /* files; a key NULL: it is in the certificate's file */
	unsigned certs;
	const char *cacert[SECURE_CREDS]; /* files; none: the system's store */
	unsigned cacerts;
	struct hf_bytes own_chain, own_key; /* PEM: a certificate besides, made by the program itself; empty: none */
	struct hf_bytes own_trust;          /* PEM: as a file of cacert */
	const char *crl;                    /* file, or NULL */
	const char *ocsp;                   /* file with a staple for the first certificate, or NULL */
	bool insecure;                      /* goes on when the peer cannot be believed */
	bool insecure_key_permissions;
	bool strict_names;
	bool no_trust; /* nobody will be asked for a certificate: no store is read */
	uint16_t suites[SECURE_LIST], groups[SECURE_LIST], schemes[SECURE_LIST];
	unsigned suite_count, group_count, scheme_count;
	struct hf_bytes alpn[SECURE_LIST];
	unsigned alpns;
	struct hf_tls_config tls; /* all else; crypto, lists and ALPN are filled in */
};

/* "--tls-min 1.2": 0, or exit code 2 with the sentence on stderr. Names stand between commas or colons. */
int secure_parse_version(enum cmd_command command, const char *option, const char *text, uint16_t *ret);
int secure_parse_suites(enum cmd_command command, const char *text, struct secure_options *o);
int secure_parse_groups(enum cmd_command command, const char *text, struct secure_options *o);
int secure_parse_schemes(enum cmd_command command, const char *text, struct secure_options *o);
int secure_parse_alpn(enum cmd_command command, const char *text, struct secure_options *o);
int secure_parse_client_cert(enum cmd_command command, const char *text, struct secure_options *o);
int secure_add_cacert(enum cmd_command command, const char *file, struct secure_options *o);
/* When all are read: is there any version between --tls-min and --tls-max? As above. */
int secure_check_versions(enum cmd_command command, const struct secure_options *o);
/* HTTP/1.1 alone is spoken above (RFC 7301 6). */
void secure_offer_http(struct secure_options *o);

struct secure_side {
	enum cmd_command command;
	struct secure_options options;
	struct hf_tls_config tls;
	struct hf_tls_keeper keeper;
	struct hf_crypto *crypto;
	struct hf_cred *cred[SECURE_CREDS + 1];
	struct hf_trust *trust;
	struct hf_tls_ticket_keys ticket_keys;
	struct hf_tls_seen seen;
	struct hf_tls_seen_entry seen_entry[SECURE_SEEN];
	FILE *key_log;     /* SSLKEYLOGFILE, or NULL */
	struct loop *loop; /* whose capture is to hold the secrets too, or NULL: set by secure_side_capture() */
	uint8_t seed[32];
	uint64_t drawn;
	uint8_t plain[HF_TLS_PLAIN_ROOM];
};

/*
 * Reads all files. `seed` is where all randomness of the connections comes from: true randomness, or a fixed one to repeat a
 * run. epoch_ns: Unix time when `now` is 0. 0, or an exit code when the sentence is on stderr already.
 */
int secure_side_open(struct secure_side *side, enum cmd_command command, const struct secure_options *o, bool server,
		     uint64_t epoch_ns, const uint8_t seed[32]);
void secure_side_close(struct secure_side *side);
/* Do the options leave anything to speak with? 0, or an exit code as above, and the side is closed. */
int secure_side_try(struct secure_side *side, hf_time_ns now);
/* Secrets of connections opened from now on go into the loop's capture, if it makes one. */
void secure_side_capture(struct secure_side *side, struct loop *loop);
/* Randomness for one connection more. */
void secure_draw(struct secure_side *side, uint8_t to[32]);
/* Lines for the key log, if there is one: after each step of a machine. */
void secure_log_secrets(struct secure_side *side, struct hf_tls *tls);

enum secure_does {
	SECURE_WAITS,     /* for octets, for the pipe to take some, or for hf_tls_deadline() */
	SECURE_CONNECTED, /* said once */
	SECURE_HAS_DATA,  /* the data is borrowed until the next step of any connection of the same side */
	SECURE_HAS_EARLY_DATA,
	SECURE_HAS_SESSION, /* the data is a session to be kept */
	SECURE_CLOSED,      /* the peer's close_notify */
	SECURE_TRUNCATED,   /* the stream ended without it */
	SECURE_FAILED,
};

struct secure {
	struct secure_side *side;
	struct hf_tls *tls; /* NULL: not open */
	void *mem;
	struct hf_room room[HF_TLS_ROOMS];
	unsigned rooms;
	uint8_t *out;
	size_t out_at, out_len;
	struct hf_cert_report *report; /* of the peer's chain; NULL: none was judged */
	bool keep_room;                /* the names of hf_tls_info() are wanted after the handshake, too */
};

/* start->entropy is filled in. HF_OK, HF_INVALID, HF_FULL. */
HF_NODISCARD hf_status secure_open(struct secure *s, struct secure_side *side, const struct hf_tls_start *start,
				   hf_time_ns now);
void secure_close(struct secure *s); /* gives everything back; no octet is sent */

enum secure_does secure_step(struct secure *s, const struct hf_bytes *in, size_t ins, bool eof, hf_time_ns now,
			     size_t *ret_taken, struct hf_bytes *ret_data);
/* Seals as much as there is room for. HF_OK, HF_AGAIN, HF_BAD_STATE, HF_CLOSED. */
HF_NODISCARD hf_status secure_write(struct secure *s, struct hf_bytes data, size_t *ret_taken);
struct hf_bytes secure_out(const struct secure *s);
void secure_sent(struct secure *s, size_t n);

/* One sentence about how it failed, or ended; for after SECURE_FAILED and SECURE_TRUNCATED. */
void secure_explain(const struct secure *s, char *to, size_t room);
/* The exit code of a command that ends with that failure: 4 when the peer's certificate is to blame, else 5. */
int secure_exit_code(const struct secure *s);

#endif
