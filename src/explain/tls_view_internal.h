/* SPDX-License-Identifier: MIT */
#ifndef HF_EXPLAIN_TLS_VIEW_INTERNAL_H
#define HF_EXPLAIN_TLS_VIEW_INTERNAL_H

#include "explain/tls_view.h"
#include "wire/tls_wire.h"

/* Where the fields of a message go: text for people, or JSON. One of the two is set. */
struct tls_view {
	struct text *text;
	struct json *json;
	const struct look *look; /* of text */
	unsigned depth;          /* of text */
};

/* The name of a number, or "unknown". */
typedef const char *tls_view_name(unsigned n);

/* ---- one field each (tls_view_put.c) ---- */
void tls_view_put_word(struct tls_view *v, const char *key, const char *word); /* a word of ours */
void tls_view_put_string(struct tls_view *v, const char *key, struct hf_bytes s);
void tls_view_put_number(struct tls_view *v, const char *key, uint64_t n);
void tls_view_put_named(struct tls_view *v, const char *key, unsigned n, tls_view_name *name);
void tls_view_put_hex(struct tls_view *v, const char *key, struct hf_bytes octets);
/* A list of numbers of 8 or 16 bits, and one of strings behind one octet of length each, looked through before. */
void tls_view_put_names(struct tls_view *v, const char *key, struct hf_bytes list, unsigned number_size,
			tls_view_name *name);
void tls_view_put_strings(struct tls_view *v, const char *key, struct hf_bytes list);
/* A list of things that have fields of their own; are there any? An item has a heading in text only: in JSON its fields say the same. */
void tls_view_list(struct tls_view *v, const char *key, bool any);
void tls_view_item(struct tls_view *v, const char *heading);
void tls_view_item_end(struct tls_view *v);
void tls_view_list_end(struct tls_view *v);

/* The name of a number, GREASE for one of those, or the number itself. */
void tls_view_add_name(struct text *t, unsigned n, tls_view_name *name);
/* Printable ASCII, other octets as \xNN, and no more than `most` of them. */
void tls_view_add_clean(struct text *t, struct hf_bytes s, size_t most);
/* "1,532 octets" */
void tls_view_add_count(struct text *t, size_t n, const char *one, const char *many);

/* ---- the parts of a message ---- */

/* The messages that carry extensions: the same extension looks different in them. */
enum tls_view_place {
	TLS_IN_CLIENT_HELLO = 1,
	TLS_IN_SERVER_HELLO = 2,
	TLS_IN_RETRY = 4,
	TLS_IN_ENCRYPTED = 8,
	TLS_IN_CERTIFICATE = 16,
	TLS_IN_REQUEST = 32,
	TLS_IN_TICKET = 64,
};

void tls_view_extensions(struct tls_view *v, enum tls_view_place place, struct hf_bytes block);

/* Its fields; any status but HF_OK: it breaks its format, and nothing was shown. HF_UNSUPPORTED: not a message known here. */
HF_NODISCARD hf_status tls_view_fields(struct tls_view *v, unsigned type, struct hf_bytes body, bool tls13);

/* The number of a message for its name: a ServerHello may be a HelloRetryRequest. */
unsigned tls_view_message(unsigned type, struct hf_bytes body);
/* "ClientHello" */
void tls_view_add_message(struct text *t, unsigned message);
/* What is wrong with it, behind its name and a colon. */
const char *tls_view_trouble(hf_status s);
/* The body of the first extension of that type; false: there is none. */
bool tls_view_find(struct hf_bytes block, uint16_t type, struct hf_bytes *ret);

#endif
