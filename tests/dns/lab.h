/* SPDX-License-Identifier: MIT */
#ifndef HF_TESTS_DNS_LAB_H
#define HF_TESTS_DNS_LAB_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/bits.h"
#include "dns/dns.h"
#include "wire/addr.h"
#include "wire/dns_wire.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * A resolver with its driver played by the test: what it asks for is done, and what it tells is written down as a ladder,
 * a line a record ("    0ms sentence"). Answers are made of lines of text; nothing comes that the test does not send.
 */
#define LAB_ANSWERS 64u
#define LAB_LINES 65536u

struct lab_socket {
	bool open, sent;
	uint16_t port;
	struct hf_endpoint to;
	uint8_t query[600];
	size_t len;
};

struct lab {
	struct dns_config cfg;
	struct dns *dns;
	void *mem;
	hf_time_ns now;
	struct lab_socket udp[DNS_SOCKETS], tcp[DNS_CONNS];
	struct dns_answer answer[LAB_ANSWERS];
	unsigned answers;
	unsigned ports_in_use; /* so many of the next sockets cannot be opened */
	hf_status udp_fails;   /* what the next sends meet */
	uint64_t cursor;
	char ladder[LAB_LINES];
	size_t ladder_len;
	bool kind[DNS_TOLD_COUNT]; /* told at least once */
};

/* One server, 192.0.2.53, and entropy that is always the same; a test changes lab->cfg before lab_start(). */
void lab_init(struct lab *lab);
void lab_start(struct lab *lab);
void lab_end(struct lab *lab);
void lab_forget(struct lab *lab);       /* what was told so far */
const char *lab_kinds(struct lab *lab); /* the names of the records told since: "LOOKUP QUERY " */

uint32_t lab_lookup(struct lab *lab, const char *name, unsigned families);
/* Does what is asked for, until it waits. */
void lab_run(struct lab *lab);
/* To this time, from one wake-up to the next. */
void lab_run_to(struct lab *lab, hf_time_ns at);

/* The open socket on which this question was sent: "www.example.test A"; fails the test when there is none. */
unsigned lab_socket_of(struct lab *lab, const char *name, uint16_t type);
unsigned lab_conn_of(struct lab *lab, const char *name, uint16_t type);

/*
 * An answer in text, ";" between its lines. The first words are flags and the rcode: "NOERROR aa", "NXDOMAIN", "tc",
 * "noquestion", "opt" (one at the end), "badvers". Then records: "an NAME TTL A 192.0.2.1", "ns NAME TTL SOA MINIMUM",
 * "ar NAME TTL AAAA ::1"; "an NAME TTL CNAME TARGET"; "ns NAME TTL NS TARGET"; "an NAME TTL RAW hex".
 */
size_t lab_make(const struct lab_socket *s, const char *text, uint8_t *to, size_t room);
void lab_reply(struct lab *lab, const char *name, uint16_t type, const char *text);
/* In pieces of `step` octets. */
void lab_reply_tcp(struct lab *lab, const char *name, uint16_t type, const char *text, size_t step);
/* From somebody else; or with bits of one octet turned. */
void lab_reply_from(struct lab *lab, const char *name, uint16_t type, const char *text, const char *from, uint16_t port);
void lab_reply_bent(struct lab *lab, const char *name, uint16_t type, const char *text, size_t at, uint8_t flip);

/* "A www.example.test: 192.0.2.1 192.0.2.2, 300 s, server" or "AAAA name: NXDOMAIN": of the n-th answer. */
const char *lab_answer(struct lab *lab, unsigned n);

#define BYTES_OF(text) ((struct hf_bytes){ (const uint8_t *)(text), sizeof(text) - 1 })
#define EXPECT_TEXT(is, should) assert_string_equal(is, should)

#endif
