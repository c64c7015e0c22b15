/* SPDX-License-Identifier: MIT */
#ifndef HF_TESTS_TLS_LAB12_H
#define HF_TESTS_TLS_LAB12_H

#include "lab.h"

/*
 * A man in the middle of a handshake of 1.2: every message of one side goes through his hands, change_cipher_spec too, and he
 * puts what he likes in its place. As he may look into the machines he also has the keys of what comes after
 * change_cipher_spec.
 */
struct middle {
	struct lab *lab;
	enum lab_who from;
	/* Puts the message, or others; nothing: it is lost. */
	void (*change)(struct middle *m, unsigned message, struct hf_bytes octets);
	/* For `change` as it likes. */
	unsigned message;
	size_t at, n;
	uint8_t octet;
	struct hf_bytes octets;
	bool done;

	bool sealed, has_keys;
	struct tls_side opens, seals;
	struct hf_wr out;
};

void middle_stand(struct middle *m, struct lab *lab, enum lab_who from);
void middle_leave(struct middle *m); /* the keys away; the wire is free again */
/* One message, or anything else of one record. */
void middle_put(struct middle *m, uint8_t content, struct hf_bytes octets);
void middle_hand_on(struct middle *m, unsigned message, struct hf_bytes octets);

/* Some changes. */
void middle_lose(struct middle *m, unsigned message, struct hf_bytes octets); /* m->message is lost */
void middle_flip(struct middle *m, unsigned message, struct hf_bytes octets); /* octet m->at of its body is xored with m->octet */
void middle_shorten(struct middle *m, unsigned message, struct hf_bytes octets); /* its body ends after m->n octets */
void middle_swap(struct middle *m, unsigned message, struct hf_bytes octets);    /* its body becomes m->octets */
void middle_insert(struct middle *m, unsigned message, struct hf_bytes octets); /* record content m->octet, m->octets before it */

/* ---- hellos ---- */

struct hello_edit {
	uint8_t at[4096];
	size_t n; /* octets of the message, header included */
};

void hello_edit_take(struct hello_edit *e, struct hf_bytes message);
bool hello_edit_remove(struct hello_edit *e, uint16_t type); /* an extension; false: was not there */
void hello_edit_add(struct hello_edit *e, uint16_t type, const void *body, size_t n);
void hello_edit_cut(struct hello_edit *e); /* the whole block of extensions away */

/*
 * The client says another hello, and believes that it was this: what it has hashed and kept is replaced. `edit` is called with
 * its own. With lab_start() done and nothing sent yet.
 */
typedef void hello_edit_fn(struct hello_edit *e, struct lab *lab);
void lab12_say_hello(struct lab *lab, hello_edit_fn *edit);
hello_edit_fn hello_edit_no_master_secret, hello_edit_no_groups;

/* ---- after the handshake ---- */

/* `who` sends a record of this content, as its machine would. */
void lab12_send(struct lab *lab, enum lab_who who, uint8_t content, struct hf_bytes octets);

/* ---- labs where both speak 1.2 ---- */

enum lab12_with {
	LAB12_CLIENT_CERT = 1, /* required, and there is one */
	LAB12_TRANSPORT = 2,   /* RSA key transport */
	LAB12_RESUMED = 4,     /* the next handshake will be */
};

struct lab *lab12_new(void);
struct lab *lab12_new_with(unsigned with);
void lab12_ask_client(struct lab *lab); /* the server requires a certificate, the client has one */
void lab12_set_suites(struct lab *lab, enum lab_who who, const uint16_t *at, size_t n);
bool lab12_told(const struct lab *lab, enum lab_who who, enum hf_tls_told kind);
void lab12_assert_data(struct lab *lab);    /* flows in both directions */
uint16_t lab12_scheme_of(enum lab_key key); /* signed with what the key can do, and what both lists have first */

#endif
