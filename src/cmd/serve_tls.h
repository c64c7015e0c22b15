/* SPDX-License-Identifier: MIT */
#ifndef HF_CMD_SERVE_TLS_H
#define HF_CMD_SERVE_TLS_H

#include "cmd/secure.h"
#include "cmd/serve_queue.h"
#include "explain/table.h"
#include "hf/host.h"

/*
 * TLS between the HTTP machine and TCP, for the server's many connections. Memory comes from three pools: a block for each
 * connection, a room for each handshake, and a buffer for who has sent more than HTTP can take yet; an idle connection has
 * only the first. Certificates are kept in sides with a count of those who use them, so that new ones can be taken up while
 * handshakes go on with the old.
 */
#define SERVE_TLS_HANDSHAKES 1024u /* at once; more wait for a room */
#define SERVE_TLS_KEPT 16384u      /* octets, as long as a head can be; what is behind a whole head is less */
#define SERVE_TLS_EARLY_MAX 16384u /* octets of early data: they are kept until the handshake is over */
#define SERVE_TLS_EXTRA \
	(16u << 20)             /* octets of rooms beyond the usual size, for long chains of clients: of all together */
#define SERVE_TLS_SLICE 131072u /* octets of records that are sealed together */
#define SERVE_TLS_OUT 4096u     /* octets of handshake that go out at once */
#define SERVE_TLS_SILENT HF_S(10) /* without an octet of a ClientHello, or an acknowledgment of an alert */
#define SERVE_TLS_AGAIN HF_MS(50) /* until one that waits for a room asks again */

struct serve;
struct served;

struct serve_blocks { /* of one size; given back ones come first, and none goes back to the system */
	size_t size;
	uint32_t made, max;
	void *free_list;
};

struct serve_side {
	struct secure_side side;
	uint32_t users; /* connections, and the server itself */
};

struct serve_tls {
	struct serve_side *side; /* for new connections; NULL: HTTP only */
	struct serve_blocks blocks, rooms, kept;
	size_t extra;                  /* octets of larger rooms */
	struct serve_queue handshakes; /* those in their handshake, and those that keep a room though it is over */
	struct hf_tls_seen seen;       /* of all sides: early data is taken once */
	struct hf_tls_seen_entry seen_entry[SECURE_SEEN];
	struct hf_cert_report report; /* of the client's chain that was just judged */
	uint8_t out[SERVE_TLS_OUT];
};

struct served_tls {
	struct served *conn;
	struct serve_side *side;
	struct hf_tls *tls; /* NULL: no octet has come yet */
	struct hf_room room[HF_TLS_ROOMS];
	unsigned rooms;
	struct serve_link handshake; /* in that queue; when it began */
	bool connected, failed, eof, shut, close_owed, lacks_room;
	bool end_told; /* the HTTP machine knows of the failure */
	/* octets of data that HTTP has not taken: first those kept, then those that the last step gave */
	uint8_t *kept;
	uint32_t kept_at, kept_len;
	struct hf_bytes fresh;
	uint8_t fault;  /* enum hf_cert_fault: of the client's chain */
	char name[256]; /* the SNI; empty: none */
};

void serve_tls_open(struct serve *s, struct serve_side *side, uint32_t connections);
void serve_tls_close(struct serve *s);
/* From now on; the old one goes when its last user has gone. */
void serve_tls_change(struct serve *s, struct serve_side *side);

/* False: no memory. */
bool serve_tls_begin(struct serve *s, struct served *c);
void serve_tls_end(struct serve *s, struct served *c);

/* Looks for more data when HTTP can use it. True: there is some, or the end, that was not there before. */
bool serve_tls_fetch(struct serve *s, struct served *c);
/* What HTTP may look at. *ret_eof: nothing follows. */
size_t serve_tls_spans(const struct served *c, struct hf_bytes spans[2], bool *ret_eof);
void serve_tls_taken(struct served *c, size_t n);
/* Has the request come before the handshake was over (RFC 8446 8)? */
bool serve_tls_is_early(const struct served *c);
/* Another connection's turn comes: what HTTP has not taken is kept. False: there is no room for it. */
bool serve_tls_rest(struct serve *s, struct served *c);
/* Is there anything for HTTP to do? Not while the handshake goes on. */
bool serve_tls_is_ready(const struct served *c);
/* Seals up to `most` octets of records around the data; how much of it was taken. */
size_t serve_tls_write(struct serve *s, struct served *c, const struct hf_bytes *data, size_t pieces, size_t most);
/* close_notify, then FIN. Goes on by itself when there is no room at once. */
void serve_tls_shut(struct serve *s, struct served *c);
void serve_tls_go_on(struct serve *s, struct served *c);
hf_time_ns serve_tls_deadline(const struct serve *s, const struct served *c);

/* What the connection of a row has above TCP, if it is one of ours. */
void serve_tls_describe(const struct serve *s, const struct hf_conn_info *row, struct table_tls *ret);

/* When others want in and all places are taken: the handshake that has lasted longest gives way. True: one has. */
bool serve_tls_make_place(struct serve *s);
/* When one will have lasted long enough for that; HF_NEVER: there is none. */
hf_time_ns serve_tls_place_at(const struct serve *s);

#endif
