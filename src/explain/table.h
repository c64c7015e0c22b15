/* SPDX-License-Identifier: MIT */
#ifndef HF_EXPLAIN_TABLE_H
#define HF_EXPLAIN_TABLE_H

#include "explain/json.h"
#include "explain/look.h"
#include "explain/text.h"
#include "hf/host.h"

/* What a connection has above TCP. */
struct table_tls {
	bool there;
	uint16_t version, suite; /* 0: not agreed on yet */
	const char *name;        /* the SNI; NULL or empty: none */
};

/*
 * The live view of connections: the rows that hf_host_each() gives, as a table for people or as JSON. `now` turns the
 * deadlines of running timers into "in 180ms".
 *
 *	struct hf_conn_info row[N]; size_t n = 0; uint64_t cursor = 0;
 *	while (n < N && hf_host_each(h, &cursor, &row[n]))
 *		n++;
 *	table_states(&text, row, NULL, n, now, &look);
 *
 * tls: as many as rows; NULL: none of them has any.
 */
void table_states(struct text *out, const struct hf_conn_info *rows, const struct table_tls *tls, size_t n,
		  hf_time_ns now, const struct look *look);

/* {"now_ns": .., "connections": [{"state": "ESTABLISHED", "local": {"addr": "10.9.0.2", "port": 80}, ..}, ..]} and a line feed. */
void table_states_json(struct text *out, const struct hf_conn_info *rows, const struct table_tls *tls, size_t n,
		       hf_time_ns now);

/* One row as an object, for those who build a larger document. */
void table_state_json(struct json *j, const struct hf_conn_info *row);

/* "10.9.0.2:80", "[2001:db8::1]:80", "*:80" for any address. */
void text_add_endpoint(struct text *t, const struct hf_endpoint *e);

#endif
