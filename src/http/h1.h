/* SPDX-License-Identifier: MIT */
#ifndef HF_HTTP_H1_H
#define HF_HTTP_H1_H

#include "base/bits.h"
#include "hf/status.h"

/*
 * HTTP/1.1 messages (RFC 9112): heads and bodies, without a connection around them. Octets are read where they lie: a
 * head that has not come whole stays with the caller, and only an offset is kept, so an idle connection costs no buffer.
 */
#define H1_HEAD_BYTES 16384u /* a head, its empty line included */
#define H1_LINE_BYTES 8192u  /* a request line; RFC 9112 3 asks for 8000 at least */
#define H1_FIELDS 100u
#define H1_CHUNK_LINE_BYTES 1024u /* chunk size and extensions */
#define H1_TRAILER_BYTES 8192u

enum h1_fault {
#define F(name, status, rfc, sentence) H1_##name,
#include "http/h1_fault.def"
#undef F
	H1_FAULT_COUNT
};

const char *h1_fault_name(unsigned fault);
const char *h1_fault_sentence(unsigned fault); /* without a capital or a full stop */
const char *h1_fault_rfc(unsigned fault);
unsigned h1_fault_status(unsigned fault); /* the status code a server answers with */
const char *http_reason(unsigned status); /* "Not Found"; "" when there is none in http_status.def */

/* Octets as they lie in the receive queue, and how far they have been taken. */
struct h1_input {
	const struct hf_bytes *spans;
	size_t n;
	size_t span;   /* cursor: index */
	size_t offset; /* cursor: octet of that span */
	size_t taken;  /* octets passed by the cursor in all */
	bool eof;      /* nothing will come after these */
};

struct h1_input h1_input_over(const struct hf_bytes *spans, size_t n, bool eof);
struct hf_bytes h1_input_peek(struct h1_input *in); /* the rest of the current span; empty at the end */
void h1_input_take(struct h1_input *in, size_t n);  /* n octets, over as many spans as it needs */

/* ---- heads ---- */

enum h1_side {
	H1_REQUEST,
	H1_RESPONSE, /* a lone LF ends a line here: RFC 9112 2.2 allows it, and old servers send it */
};

/* Where the search for a head's end has got to; all zero at its start. */
struct h1_scan {
	uint32_t seen;  /* octets looked at */
	uint16_t lines; /* ended so far */
	uint8_t state;
};

enum h1_more {
	H1_MORE, /* not all here yet */
	H1_COMPLETE,
	H1_FAULTY,
};

/*
 * Looks for the empty line that ends a head at the cursor, which is not moved. Every verdict falls on a certain octet, so
 * it does not depend on how the octets were split.
 */
enum h1_more h1_scan_head(struct h1_scan *s, enum h1_side side, const struct h1_input *in, size_t *ret_len,
			  enum h1_fault *ret_fault);

enum http_method {
	HTTP_GET,
	HTTP_HEAD,
	HTTP_OTHER,   /* RFC 9110 9.3 or RFC 5789 define it, but it is not for files: 405 */
	HTTP_UNKNOWN, /* 501 */
};

enum h1_framing {
	H1_BODY_NONE,
	H1_BODY_LENGTH,
	H1_BODY_CHUNKED,
	H1_BODY_CLOSE, /* responses only: ends with the connection */
};

struct h1_field {
	struct hf_bytes name, value;
};

/* A head taken apart; everything borrows from the octets it was parsed from. */
struct h1_head {
	/* of a request */
	enum http_method method;
	struct hf_bytes method_text;
	struct hf_bytes target;
	struct hf_bytes host;
	bool expect_continue;
	/* of a response */
	uint16_t status;
	struct hf_bytes reason;
	/* of both */
	uint8_t minor;   /* HTTP/1.minor */
	bool keep_alive; /* RFC 9112 9.3 */
	enum h1_framing framing;
	uint64_t length; /* of H1_BODY_LENGTH */
	bool has_length;
	uint16_t fields;
	struct h1_field field[H1_FIELDS];
};

/* One whole head in one piece, as h1_scan_head() found it. *ret holds nothing of worth unless H1_NONE is returned. */
enum h1_fault h1_parse_request(struct hf_bytes octets, struct h1_head *ret);
/* to_head: it answers a HEAD, so no body follows (RFC 9112 6.3). */
enum h1_fault h1_parse_response(struct hf_bytes octets, bool to_head, struct h1_head *ret);

/* The first field of that name (lower case), or NULL. */
const struct h1_field *h1_find(const struct h1_head *h, const char *name);

/* ---- bodies ---- */

struct h1_body {
	uint8_t framing; /* enum h1_framing */
	uint8_t state;
	bool ended;
	uint32_t line;  /* octets of the chunk line or trailer so far */
	uint64_t left;  /* of this chunk, or of the whole */
	uint64_t taken; /* octets of content so far */
};

void h1_body_begin(struct h1_body *b, const struct h1_head *h);

enum h1_body_step {
	H1_BODY_MORE, /* nothing more until more octets come */
	H1_BODY_DATA, /* *ret_data is content */
	H1_BODY_END,
	H1_BODY_FAULTY, /* *ret_fault; H1_CUT_SHORT when the input ended first */
};

enum h1_body_step h1_body_next(struct h1_body *b, struct h1_input *in, struct hf_bytes *ret_data, enum h1_fault *ret_fault);

/* ---- small things both sides need ---- */

bool h1_is_token(struct hf_bytes b);
bool h1_same(struct hf_bytes b, const char *lower); /* equal but for ASCII case */
/* Cuts the next element off a comma-separated list (RFC 9110 5.6.1); quoted strings are kept whole. False at its end. */
bool h1_list_next(struct hf_bytes *list, struct hf_bytes *ret);
bool h1_number(struct hf_bytes digits, uint64_t *ret); /* 1*DIGIT below 2^63 */

#endif
