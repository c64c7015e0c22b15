/* SPDX-License-Identifier: MIT */
#ifndef HF_WIRE_DNS_WIRE_H
#define HF_WIRE_DNS_WIRE_H

#include "base/rd.h"
#include "base/wr.h"

/* Messages of the domain name system (RFC 1035 4.1): pure, bytes to structs and back. */

#define DNS_PORT 53u
#define DNS_HEADER_BYTES 12u
#define DNS_LABEL_MAX 63u   /* RFC 1035 2.3.4 */
#define DNS_NAME_MAX 255u   /* octets on the wire, the root's zero with them */
#define DNS_NAME_TEXT 1017u /* of a name as text at most: every octet may need four characters; and a zero */
#define DNS_CLASS_IN 1u

enum dns_type {
	DNS_TYPE_A = 1,
	DNS_TYPE_NS = 2,
	DNS_TYPE_CNAME = 5,
	DNS_TYPE_SOA = 6,
	DNS_TYPE_PTR = 12,
	DNS_TYPE_TXT = 16,
	DNS_TYPE_AAAA = 28, /* RFC 3596 */
	DNS_TYPE_OPT = 41,  /* RFC 6891 */
	DNS_TYPE_ANY = 255,
};

enum dns_rcode { /* RFC 1035 4.1.1, RFC 6891 9 */
		 DNS_NOERROR = 0,
		 DNS_FORMERR = 1,
		 DNS_SERVFAIL = 2,
		 DNS_NXDOMAIN = 3,
		 DNS_NOTIMP = 4,
		 DNS_REFUSED = 5,
		 DNS_BADVERS = 16,
};

const char *dns_type_name(unsigned type);   /* "A"; "a type" for those without a name here */
const char *dns_rcode_name(unsigned rcode); /* "NXDOMAIN"; "an rcode" */

/* ---- names ---- */

/* Labels behind their lengths, not compressed, the root's zero at the end; letters as they came. */
struct dns_name {
	uint8_t len;
	uint8_t b[DNS_NAME_MAX];
};

/*
 * Of text: labels between dots, and one dot at the end may stand; "." is the root. Any octets but dots, no escapes.
 * MALFORMED: an empty label, one of more than 63 octets, more than 255 in all.
 */
HF_NODISCARD hf_status dns_name_of_text(struct hf_bytes text, struct dns_name *ret);
/* RFC 1035 5.1's form without the dot at the end; what is not a printable letter is \DDD. Cut to fit, a zero behind it; its length. */
size_t dns_name_format(const struct dns_name *n, char *to, size_t room);
bool dns_name_same(const struct dns_name *a, const struct dns_name *b); /* whatever the case, RFC 4343 */
bool dns_name_exact(const struct dns_name *a, const struct dns_name *b);
bool dns_name_at_or_below(const struct dns_name *n, const struct dns_name *zone);
void dns_name_lower(struct dns_name *n);
unsigned dns_name_labels(const struct dns_name *n); /* without the root */
/* a behind b: "www" and "example.org". FULL: longer than a name can be. */
HF_NODISCARD hf_status dns_name_join(const struct dns_name *a, const struct dns_name *b, struct dns_name *ret);
/* d.c.b.a.in-addr.arpa (RFC 1035 3.5), or nibbles under ip6.arpa (RFC 3596 2.5). */
void dns_name_of_addr(const struct hf_addr *a, struct dns_name *ret);

/* ---- reading; the cursor stands in msg, the whole message, because names refer back into it ---- */

struct dns_header {
	uint16_t id;
	bool qr, aa, tc, rd, ra;
	uint8_t opcode, rcode;
	uint16_t qdcount, ancount, nscount, arcount;
};

struct dns_question {
	struct dns_name name;
	uint16_t type, class_;
};

struct dns_rr {
	struct dns_name name;
	uint16_t type, class_;
	uint32_t ttl_s; /* as it came; dns_ttl() reads it */
	struct hf_bytes rdata;
};

void dns_header_rd(struct hf_rd *in, struct dns_header *ret);
/*
 * A name, perhaps compressed (RFC 1035 4.1.4): each pointer must lead to before the labels that it ends, so that none is
 * followed twice. MALFORMED: a longer name than 255 octets, a pointer forward or into the header, the label types 01 and 10.
 */
void dns_name_rd(struct hf_bytes msg, struct hf_rd *in, struct dns_name *ret);
void dns_question_rd(struct hf_bytes msg, struct hf_rd *in, struct dns_question *ret);
void dns_rr_rd(struct hf_bytes msg, struct hf_rd *in, struct dns_rr *ret);
/* RFC 2181 8: a TTL with its highest bit set is 0. */
uint32_t dns_ttl(uint32_t ttl_s);

/* What is in rdata. MALFORMED when it is not exactly that. */
HF_NODISCARD hf_status dns_rdata_addr(const struct dns_rr *rr, struct hf_addr *ret); /* A and AAAA */
HF_NODISCARD hf_status dns_rdata_name(struct hf_bytes msg, const struct dns_rr *rr, struct dns_name *ret); /* CNAME, NS, PTR */

struct dns_soa { /* RFC 1035 3.3.13 */
	struct dns_name mname, rname;
	uint32_t serial, refresh, retry, expire, minimum;
};
HF_NODISCARD hf_status dns_rdata_soa(struct hf_bytes msg, const struct dns_rr *rr, struct dns_soa *ret);

struct dns_opt { /* RFC 6891 6.1 */
	uint16_t udp_size;
	uint8_t rcode_high;
	uint8_t version;
	bool dnssec_ok;
	struct hf_bytes options; /* looked through */
};
/* MALFORMED: not at the root, or its options do not fill it. */
HF_NODISCARD hf_status dns_opt_parse(const struct dns_rr *rr, struct dns_opt *ret);

/*
 * Over TCP a message stands behind its length (RFC 1035 4.2.2). Takes what one still lacks from `in` to `to`, where *got octets
 * of it are by now, those of the length with them, and there is room for `most` behind these. True: it is whole, or longer than
 * `most`, and then its length alone is there. *in is what is left.
 */
#define DNS_LENGTH_BYTES 2u
bool dns_take_framed(uint8_t *to, size_t most, size_t *got, struct hf_bytes *in);

/* ---- writing ---- */

#define DNS_PUT_PLACES 64u

/* A message in the making. Names are compressed by what was written before, where that is remembered. */
struct dns_put {
	struct hf_wr out;               /* from the message's first octet on */
	uint16_t place[DNS_PUT_PLACES]; /* where a label begins that a pointer may lead to */
	unsigned places;
};

struct dns_put dns_put_over(void *room, size_t n);
void dns_put_header(struct dns_put *p, const struct dns_header *h);
void dns_put_name(struct dns_put *p, const struct dns_name *n);
void dns_put_question(struct dns_put *p, const struct dns_question *q);
/* The head of a record; its place is for dns_put_rr_end(), which writes the length of what was put in between. */
size_t dns_put_rr(struct dns_put *p, const struct dns_name *n, uint16_t type, uint32_t ttl_s);
void dns_put_rr_end(struct dns_put *p, size_t begun);
void dns_put_addr(struct dns_put *p, const struct dns_name *n, uint32_t ttl_s, const struct hf_addr *a);
void dns_put_soa(struct dns_put *p, const struct dns_name *n, uint32_t ttl_s, const struct dns_soa *soa);
void dns_put_opt(struct dns_put *p, const struct dns_opt *o);

#endif
