/* SPDX-License-Identifier: MIT */
#ifndef HF_SIM_TLS_APP_H
#define HF_SIM_TLS_APP_H

#include "hf/tls.h"
#include "sim/world.h"

/*
 * TLS of a program on a simulated host: what it takes comes from a connection, what it gives goes out over it. All that it
 * tells goes into the world's log, its secrets into the world's key log, and its randomness comes from the world's seed.
 */
#define SIM_UNIX_S 1750000000u /* Unix time when a world's clock shows 0 */

/* Said when the first record of that kind is told; stands above what the host does then. */
struct sim_tls_remark {
	enum hf_tls_told kind;
	bool sent;
	int x; /* the record's x; -1: any */
	const char *text;
};

struct sim_tls_side { /* what the connections of one program have in common */
	struct hf_tls_config cfg;
	struct hf_tls_keeper keeper;
	const char *name; /* client: the server's */
	struct sim_tls_remark *remarks;
	size_t remark_count;
	bool no_notify;      /* ends without close_notify, as RFC 8446 6.1 does not allow */
	struct text session; /* client: the newest, used by the next connection */
	const struct hf_cred **cred;
	struct hf_tls_ticket_keys *ticket_keys;
};

enum sim_tls_end {
	SIM_TLS_OPEN,
	SIM_TLS_CLOSED,    /* the peer's close_notify came */
	SIM_TLS_TRUNCATED, /* the stream ended without it */
	SIM_TLS_FAILED,
};

struct sim_tls { /* one connection */
	struct sim_tls_side *side;
	struct sim_world *world;
	unsigned host;
	uint16_t local_port, remote_port;
	struct hf_tls *machine;
	void *memory;
	uint8_t *plain;
	struct hf_room room[HF_TLS_ROOMS];
	unsigned rooms;
	struct hf_tls_record_told *ring;
	uint64_t cursor;
	uint32_t remarked;
	struct text out; /* sealed, not taken by TCP yet */
	/* what came of it */
	bool connected, closing;
	enum sim_tls_end end;
	struct text path; /* "WAIT_EE WAIT_CERT_CR " */
	struct hf_tls_record_told *told;
	size_t tolds, told_room;
	bool judged; /* the peer's certificates: */
	struct hf_cert_report report;
};

void sim_tls_side_remark(struct sim_tls_side *side, enum hf_tls_told kind, bool sent, int x, const char *text);
/* One certificate more that it may show. */
void sim_tls_side_show(struct sim_tls_side *side, const struct hf_cred *cred);
void sim_tls_side_free(struct sim_tls_side *side);

struct sim_tls *sim_tls_open(struct sim_world *w, struct sim_tls_side *side, unsigned host, uint16_t local_port,
			     uint16_t remote_port);
void sim_tls_free(struct sim_tls *t); /* NULL is allowed */

/* Takes the peer's octets and adds to *data what they say. How many of them need not be shown again. */
size_t sim_tls_take(struct sim_tls *t, const struct hf_bytes *in, size_t ins, bool eof, struct text *data);
/* Seals from *data what it can, and takes that off. */
void sim_tls_put(struct sim_tls *t, struct text *data);
/* No data will follow: close_notify, where the side is one that sends it. */
void sim_tls_close(struct sim_tls *t);

/* ---- what came of it ---- */

/* How often it told of this, `sent` or of the peer's, with that x (-1: any). */
unsigned sim_tls_count(const struct sim_tls *t, enum hf_tls_told kind, bool sent, int x);
struct hf_tls_info sim_tls_info(const struct sim_tls *t);

/* A text that is used as a queue: its first n octets are done with. */
void sim_text_drop(struct text *t, size_t n);

#endif
