/* SPDX-License-Identifier: MIT */
#ifndef HF_EXPLAIN_TLS_FOLD_H
#define HF_EXPLAIN_TLS_FOLD_H

#include "explain/ladder.h"
#include "explain/segment.h"

/*
 * TLS inside TCP: which records, and in them which messages, a segment carries. The records are found by their headers in the
 * stream of octets that a host has sent; what is in them, encrypted or not, that host has told, with the offset of the record.
 */
struct tls_fold {
	const struct ladder_event *e;
	size_t n;
	struct tls_fold_stream *stream;
	size_t streams, stream_room;
	struct tls_fold_place *place; /* of each event */
	bool failed;                  /* memory has run out */
};

/* seg: of each event that is a segment. Streams of whose connection nobody tells TLS are left alone. */
void tls_fold_init(struct tls_fold *f, const struct ladder_event *e, const struct segment *seg, size_t n);
void tls_fold_free(struct tls_fold *f);

/*
 * The TLS in the octets of a segment, and of those behind it that are drawn with it: {..} is encrypted under the keys of the
 * handshake, [..] under those of the data, <..> under those of early data. False when there is none.
 *
 *	ServerHello, {EncryptedExtensions, Certificate, CertificateVerify, Finished}
 *	[data 512]
 *	Certificate (the first 1,200 of 2,831 octets)
 */
bool tls_fold_add(const struct tls_fold *f, size_t event, uint32_t octets, struct text *t);
/*
 * One line for each handshake message in it that is not encrypted, as tls_view_line() has it; *cursor is 0 at first. False:
 * there is no other one. A message that goes on in a later segment is shown by the segment with its end.
 */
bool tls_fold_next_plain(const struct tls_fold *f, size_t event, uint32_t octets, size_t *cursor, struct text *t);
/* The same as an array: [{"type": "handshake", "offset": 0, "octets": 517, "messages": ["ClientHello"], ..}, ..]. */
void tls_fold_json(const struct tls_fold *f, size_t event, struct json *j);
/* Does any event tell of TLS? */
bool tls_fold_any(const struct tls_fold *f);
/* What the marks mean, of those that are there: "TLS: [..] is encrypted under keys of the data." */
void tls_fold_add_legend(const struct tls_fold *f, struct text *t);

/* Whose keys, for programs: "handshake"; NULL: none. */
const char *tls_fold_keys(unsigned epoch);
/* "ClientHello", "HelloRetryRequest", "ChangeCipherSpec" */
void tls_fold_add_message(struct text *t, unsigned message);

/* ---- what an end of TLS tells, in words ---- */

/* The sentence from hf/tls_told.def, with its placeholders filled in. */
void tls_told_add_sentence(struct text *t, const struct hf_tls_record_told *r);
const char *tls_told_rfc(const struct hf_tls_record_told *r);
/* Into an object: {.. "name": "MESSAGE", "version": "TLS 1.3", "sent": true, "offset": 0, "len": 211, "keys": null, ..}. */
void tls_told_put(struct json *j, const struct hf_tls_record_told *r);
/* Is it shown by a row or a state anyway, so that it needs no sentence? */
bool tls_told_is_plain(const struct hf_tls_record_told *r);
#endif
