/* SPDX-License-Identifier: MIT */
#ifndef HF_EXPLAIN_QLOG_H
#define HF_EXPLAIN_QLOG_H

#include "explain/report.h"
#include "explain/text.h"

/*
 * The report as a qlog file (draft-ietf-quic-qlog-main-schema) of the contained form, JSON: a trace a connection, and one for
 * what belongs to none. The events' names are our own: tcp:state_updated, tls:handshake_message, http:request, dns:answer, ...
 */
void qlog_write(struct text *out, const struct report *r);

#endif
