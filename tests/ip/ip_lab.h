/* SPDX-License-Identifier: MIT */
#ifndef TESTS_IP_LAB_H
#define TESTS_IP_LAB_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "ip/ip_internal.h"
#include "wire/arp.h"
#include "wire/nd.h"

/*
 * One struct ip on a table: frames are built with the wire's put functions, fed, and what comes out is caught. US is
 * 10.9.0.2/24 and 2001:db8::2/64, THEM .1 and ::1, and the default routes lead to 10.9.0.254 and fe80::fe.
 */
#define US4 "10.9.0.2"
#define THEM4 "10.9.0.1"
#define GATEWAY4 "10.9.0.254"
#define FAR4 "198.51.100.7"
#define US6 "2001:db8::2"
#define THEM6 "2001:db8::1"
#define GATEWAY6 "fe80::fe"
#define FAR6 "2001:db8:ffff::7"

extern const uint8_t lab_us_mac[6], lab_them_mac[6], lab_broadcast_mac[6];

#define LAB_OUT 256

struct lab_out {
	uint8_t *b; /* IP or Ethernet packet as it would stand on the wire */
	size_t len;
};

struct lab {
	struct hf_host_config cfg;
	void *mem;
	struct ip ip;
	struct hf_wheel wheel;
	struct hf_trace trace;
	struct hf_rng rng;
	hf_time_ns now;
	uint64_t seen;        /* trace cursor */
	uint8_t frame[70000]; /* what is fed */
	size_t frame_len;
	struct ip_in in;
	struct lab_out out[LAB_OUT];
	size_t outs;
};

struct lab *lab_new(enum hf_link_kind link);            /* with addresses and routes, DAD done */
struct lab *lab_bare(const struct hf_host_config *cfg); /* nothing added yet */
void lab_free(struct lab *l);

struct hf_addr A(const char *text);
struct hf_bytes B(const char *text);

/* Builds into l->frame; the Ethernet header, if the link has one, goes from THEM to US or the group's address. */
void lab_put4(struct lab *l, struct ip4_header h, struct hf_bytes payload);
void lab_put6(struct lab *l, struct ip6_header h, struct hf_bytes payload);
void lab_put_arp(struct lab *l, const struct arp_packet *arp, const uint8_t dst[6]);
uint8_t *lab_ip(struct lab *l); /* where the IP packet starts in l->frame */
enum ip_verdict lab_feed(struct lab *l);
enum ip_verdict lab_feed4(struct lab *l, struct ip4_header h, struct hf_bytes payload);
enum ip_verdict lab_feed6(struct lab *l, struct ip6_header h, struct hf_bytes payload);
enum ip_verdict lab_feed_bytes(struct lab *l, struct hf_bytes frame);

struct ip4_header lab_h4(const char *src, const char *dst, uint8_t proto);
struct ip6_header lab_h6(const char *src, const char *dst, uint8_t proto);

size_t lab_pull(struct lab *l);            /* catches all that waits; l->outs */
void lab_run(struct lab *l, hf_time_ns t); /* time passes, timers fire, frames go to l->out */
struct hf_bytes lab_out_ip(const struct lab *l, size_t i);
uint16_t lab_out_type(const struct lab *l, size_t i);
void lab_learn(struct lab *l, const char *addr);                                      /* the neighbour is known */
hf_status lab_ready(struct lab *l, const struct hf_addr *dst);                        /* ip_ready() */
hf_status lab_finish(struct lab *l, struct hf_frame_out *f, const struct ip_send *s); /* ip_ready(), then ip_finish() */

/* Trace records of this kind since the last call of lab_mark(). */
void lab_mark(struct lab *l);
unsigned lab_count(const struct lab *l, enum hf_trace_kind kind);
struct hf_trace_record lab_last(const struct lab *l, enum hf_trace_kind kind);

#define lab_check(l) ip_check(&(l)->ip)

#endif
