/* SPDX-License-Identifier: MIT */
#ifndef HF_SIM_APP_H
#define HF_SIM_APP_H

#include "sim/dns_app.h"
#include "sim/web_app.h"

/*
 * A small program on a simulated host: it listens or connects, writes a pattern, reads and compares, and ends in the way
 * it is told; or it speaks HTTP, over TLS or without; or it answers for names. Times are counted from the world's start.
 */
enum sim_ends { /* when it shuts its direction by itself */
		SIM_ENDS_NEVER,
		SIM_ENDS_WRITTEN,  /* all its octets are written */
		SIM_ENDS_PEER_FIN, /* the peer's FIN is read and all octets are written */
};

struct sim_app_config {
	unsigned host;
	bool listens; /* else it connects to host `peer` */
	unsigned peer;
	bool ip6;
	uint16_t port;       /* where to listen, or to connect to */
	uint16_t local_port; /* to connect from; 0: the host chooses */
	hf_time_ns start;
	const struct sim_web_config *web; /* what it speaks instead of the pattern; copied */
	const struct dns_zone *dns;       /* it is a name server for this zone, at port 53 and nothing else; borrowed */

	uint64_t write;         /* octets on every connection */
	uint32_t write_piece;   /* so many at once; 0: all there is room for */
	hf_time_ns write_every; /* pause between two pieces */
	hf_time_ns write_at;    /* not before */
	bool write_after_fin;   /* not before the peer's FIN is read */
	uint64_t write_after;   /* not before so many octets are read */

	bool never_reads;
	uint32_t read_piece;
	hf_time_ns read_every;
	hf_time_ns read_at;

	enum sim_ends ends;
	hf_time_ns shut_at, close_at, abort_at; /* 0: never */
	bool keepalive; /* probes an idle peer (RFC 9293 3.8.4), so that one that is gone is noticed */
	bool keeps;     /* never gives a connection's name back: the program that forgot to close */
};

struct sim_session { /* one connection of a program */
	hf_conn conn;
	uint64_t tag;
	bool open; /* the name is ours */
	bool connected, ended, fin_read, shut, closed;
	hf_status why;            /* once ended */
	struct hf_conn_info last; /* as seen last while the name was good */
	uint64_t written, read;
	bool broken;                   /* an octet was not the one that was sent */
	uint64_t broken_at, broken_to; /* the first such octet, and the last */
	uint64_t key_out, key_in;
	hf_time_ns next_write, next_read;
	struct sim_web *web; /* of a program that speaks HTTP */
};

struct sim_app {
	struct sim_app_config cfg;
	struct sim_web_config web;
	struct sim_world *world;
	hf_listener listener;
	bool listening, started;
	hf_status failed; /* of listen or connect */
	struct sim_session *session;
	unsigned sessions, room;
	struct dns_app *dns;
	hf_time_ns wake_at;
};

/* The world frees it. */
struct sim_app *sim_app_add(struct sim_world *w, const struct sim_app_config *cfg);
/* The nth connection; an empty one when there are not as many. */
const struct sim_session *sim_app_session(const struct sim_app *app, unsigned nth);
/* Stops listening. */
void sim_app_unlisten(struct sim_app *app);

/* The octet at an offset of a stream; a function, so that nothing has to be kept to compare with. */
uint8_t sim_pattern(uint64_t key, uint64_t offset);

/* For the world. */
void sim_app_wake(struct sim_app *app);
bool sim_app_event(struct sim_app *app, const struct hf_event *e); /* false: not its connection */
void sim_app_free(struct sim_app *app);

#endif
