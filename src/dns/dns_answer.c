/* SPDX-License-Identifier: MIT */
/*
 * The steps of RFC 1034 4.3.2, for one zone that is a list of lines: the question is refused outside the zone; an alias is
 * followed as long as it stays inside; what is found is the answer, and what is not found is answered with the SOA, so that
 * it can be kept in mind (RFC 2308 3). A message that is no query is not answered at all: two servers would answer each
 * other for ever.
 */
#include "dns/dns_answer.h"

#include "dns/dns_text.h"
#include "wire/addr.h"
#include "wire/dns_wire.h"

#define TTL 60u
#define TTL_MAX INT32_MAX /* RFC 2181 8 */
#define SOA_REFRESH 3600u
#define SOA_RETRY 600u
#define SOA_EXPIRE 86400u

/* ---- the zone's text ---- */

size_t dns_zone_lines(struct hf_bytes text)
{
	struct hf_bytes line, word;
	size_t n = 0;

	while (dns_next_line(&text, &line))
		for (line = dns_without_comment(line); dns_next_word(&line, &word);)
			n++;
	return n;
}

static bool is_good_name(struct hf_bytes *word, const char **ret_what)
{
	struct dns_name name;

	if (dns_name_of_text(*word, &name) != HF_OK) {
		*ret_what = "this cannot be a name";
		return false;
	}
	for (size_t at = 0; name.b[at] != 0; at += 1u + name.b[at]) {
		if (name.b[at] == 1 && name.b[at + 1] == '*') {
			*ret_what = "there are no wildcards here";
			return false;
		}
	}
	*word = dns_without_dot(*word);
	return true;
}

static bool take_name(struct hf_bytes *line, struct hf_bytes *ret, const char **ret_what)
{
	*ret_what = "a name is missing";
	return dns_next_word(line, ret) && is_good_name(ret, ret_what);
}

static bool take_ttl(struct hf_bytes *line, uint32_t *ret)
{
	struct hf_bytes word;
	uint64_t v = 0;

	if (!dns_next_word(line, &word))
		return false;
	for (size_t i = 0; i < word.len; i++) {
		if (word.at[i] < '0' || word.at[i] > '9' || v > TTL_MAX)
			return false;
		v = v * 10 + (uint64_t)(word.at[i] - '0');
	}
	*ret = (uint32_t)v;
	return v <= TTL_MAX;
}

struct zone_text {
	struct dns_zone *zone;
	struct dns_zone_line *line;
	size_t room;
	const char *what; /* is wrong */
	bool full;
};

static bool add_line(struct zone_text *z, const struct dns_zone_line *l)
{
	if (z->zone->lines == z->room) {
		z->full = true;
		z->what = "there is no room for another name";
		return false;
	}
	z->line[z->zone->lines++] = *l;
	return true;
}

static bool take_addr(struct zone_text *z, const struct hf_addr *addr, struct hf_bytes line)
{
	struct dns_zone_line l = { .addr = *addr };

	z->what = "there is no name behind the address";
	while (dns_next_word(&line, &l.name)) {
		if (!is_good_name(&l.name, &z->what))
			return false;
		if (!l.target.at)
			l.target = l.name;
		if (!add_line(z, &l))
			return false;
	}
	return l.target.at != NULL;
}

static bool take_line(struct zone_text *z, struct hf_bytes line)
{
	struct dns_zone_line alias = { .alias = true };
	struct hf_bytes word, rest;
	struct hf_addr addr;

	line = dns_without_comment(line);
	if (!dns_next_word(&line, &word))
		return true;
	if (addr_parse(word, &addr) == HF_OK)
		return take_addr(z, &addr, line);
	if (dns_is_word(word, "cname")) {
		if (!take_name(&line, &alias.name, &z->what) || !take_name(&line, &alias.target, &z->what) ||
		    !add_line(z, &alias))
			return false;
	} else if (dns_is_word(word, "origin")) {
		if (!take_name(&line, &z->zone->origin, &z->what))
			return false;
	} else if (dns_is_word(word, "ttl")) {
		z->what = "this is no number of seconds below 2^31";
		if (!take_ttl(&line, &z->zone->ttl_s))
			return false;
	} else {
		z->what = "a line begins with an address, or with cname, origin or ttl";
		return false;
	}
	z->what = "there is more on the line than belongs there";
	return !dns_next_word(&line, &rest);
}

static bool is_name(struct hf_bytes text, const struct dns_name *name)
{
	struct dns_name n;

	return dns_name_of_text(text, &n) == HF_OK && dns_name_same(&n, name);
}

/* RFC 1034 3.6.2: where an alias is, there is nothing else. */
static bool is_alone(const struct dns_zone *z, size_t alias)
{
	struct dns_name name;

	if (dns_name_of_text(z->line[alias].name, &name) != HF_OK)
		return false;
	for (size_t i = 0; i < z->lines; i++)
		if (i != alias && is_name(z->line[i].name, &name))
			return false;
	return true;
}

hf_status dns_zone_parse(struct hf_bytes text, struct dns_zone_line *line, size_t room, struct dns_zone *ret,
			 struct dns_zone_fault *ret_fault)
{
	struct dns_zone zone = { .ttl_s = TTL, .line = line };
	struct zone_text z = { .zone = &zone, .line = line, .room = room };
	struct hf_bytes whole = text, one;
	unsigned number = 0;

	while (dns_next_line(&text, &one)) {
		number++;
		if (!take_line(&z, one)) {
			*ret_fault = (struct dns_zone_fault){ number, z.what };
			return z.full ? HF_FULL : HF_MALFORMED;
		}
	}
	for (size_t i = 0; i < zone.lines; i++) {
		if (!zone.line[i].alias || is_alone(&zone, i))
			continue;
		*ret_fault = (struct dns_zone_fault){ 1, "an alias has no address and no second target" };
		for (const uint8_t *p = whole.at; p < zone.line[i].name.at; p++)
			ret_fault->line += *p == '\n';
		return HF_MALFORMED;
	}
	*ret = zone;
	return HF_OK;
}

/* ---- answering ---- */

struct reply {
	const struct dns_zone *zone;
	struct dns_name origin;
	struct dns_header head;
	struct dns_question question;
	bool has_opt;
	struct dns_opt opt;
	unsigned rcode;
	struct dns_put put;
};

static void put_soa(struct reply *r)
{
	static const struct dns_name hostmaster = { 12, "\12hostmaster" };
	struct dns_soa soa = { .mname = r->origin,
			       .rname = r->origin,
			       .serial = 1,
			       .refresh = SOA_REFRESH,
			       .retry = SOA_RETRY,
			       .expire = SOA_EXPIRE,
			       .minimum = r->zone->ttl_s };

	if (dns_name_join(&hostmaster, &r->origin, &soa.rname) != HF_OK)
		soa.rname = r->origin;
	dns_put_soa(&r->put, &r->origin, r->zone->ttl_s, &soa);
}

static const struct dns_zone_line *find_alias(const struct dns_zone *z, const struct dns_name *name)
{
	for (size_t i = 0; i < z->lines; i++)
		if (z->line[i].alias && is_name(z->line[i].name, name))
			return &z->line[i];
	return NULL;
}

/* A name exists also where only something below it does (RFC 8020 2). */
static bool exists(const struct reply *r, const struct dns_name *name)
{
	if (dns_name_same(name, &r->origin))
		return true;
	for (size_t i = 0; i < r->zone->lines; i++) {
		const struct dns_zone_line *l = &r->zone->line[i];
		struct dns_name n;

		if (dns_name_of_text(l->name, &n) == HF_OK && dns_name_at_or_below(&n, name))
			return true;
		if (!l->alias) {
			dns_name_of_addr(&l->addr, &n);
			if (dns_name_at_or_below(&n, name))
				return true;
		}
	}
	return false;
}

static void put_addrs(struct reply *r, const struct dns_name *name)
{
	const uint16_t type = r->question.type;

	for (size_t i = 0; i < r->zone->lines; i++) {
		const struct dns_zone_line *l = &r->zone->line[i];
		const uint16_t own = addr_is_ip4(&l->addr) ? DNS_TYPE_A : DNS_TYPE_AAAA;

		if (l->alias || (type != own && type != DNS_TYPE_ANY) || !is_name(l->name, name))
			continue;
		dns_put_addr(&r->put, name, r->zone->ttl_s, &l->addr);
		r->head.ancount++;
	}
}

static void put_name_record(struct reply *r, const struct dns_name *name, uint16_t type, struct hf_bytes target_text)
{
	struct dns_name target;
	size_t begun;

	if (dns_name_of_text(target_text, &target) != HF_OK)
		return;
	begun = dns_put_rr(&r->put, name, type, r->zone->ttl_s);
	dns_put_name(&r->put, &target);
	dns_put_rr_end(&r->put, begun);
	r->head.ancount++;
}

/* Every line has its own; that of the first name is the one. */
static void put_ptrs(struct reply *r, const struct dns_name *name)
{
	for (size_t i = 0; i < r->zone->lines; i++) {
		const struct dns_zone_line *l = &r->zone->line[i];
		struct dns_name reverse;

		if (l->alias || l->name.at != l->target.at)
			continue;
		dns_name_of_addr(&l->addr, &reverse);
		if (dns_name_same(&reverse, name))
			put_name_record(r, name, DNS_TYPE_PTR, l->target);
	}
}

static void answer_question(struct reply *r)
{
	const uint16_t type = r->question.type;
	const struct dns_zone_line *alias = NULL;
	struct dns_name name = r->question.name;
	unsigned aliases;

	while ((alias = find_alias(r->zone, &name)) && type != DNS_TYPE_CNAME && type != DNS_TYPE_ANY) {
		/* One that leads out of the zone, or in a circle: who asks finds out. */
		if (r->head.ancount == DNS_CNAMES)
			return;
		put_name_record(r, &name, DNS_TYPE_CNAME, alias->target);
		if (dns_name_of_text(alias->target, &name) != HF_OK || !dns_name_at_or_below(&name, &r->origin))
			return;
	}
	aliases = r->head.ancount;
	if (alias)
		put_name_record(r, &name, DNS_TYPE_CNAME, alias->target);
	put_addrs(r, &name);
	if (type == DNS_TYPE_PTR || type == DNS_TYPE_ANY)
		put_ptrs(r, &name);
	if (dns_name_same(&name, &r->origin) && (type == DNS_TYPE_SOA || type == DNS_TYPE_ANY)) {
		put_soa(r);
		r->head.ancount++;
	}
	if (r->head.ancount > aliases)
		return;
	/* Of the chain's last name, whatever stands before it (RFC 6604 3). */
	if (!exists(r, &name))
		r->rcode = DNS_NXDOMAIN;
	put_soa(r);
	r->head.nscount++;
}

/* RFC 6891 6.1.1: in the additional section, at most one. */
static bool read_records(struct reply *r, struct hf_bytes msg, struct hf_rd *in)
{
	const unsigned before = (unsigned)r->head.ancount + r->head.nscount, all = before + r->head.arcount;

	for (unsigned i = 0; i < all; i++) {
		struct dns_rr rr;

		dns_rr_rd(msg, in, &rr);
		if (in->bad != HF_OK)
			return false;
		if (rr.type != DNS_TYPE_OPT)
			continue;
		if (i < before || r->has_opt || dns_opt_parse(&rr, &r->opt) != HF_OK)
			return false;
		r->has_opt = true;
	}
	return true;
}

/* The rcode of a query that is not looked up; NOERROR: it is. */
static unsigned judge(struct reply *r, struct hf_bytes msg)
{
	struct hf_rd in = hf_rd_over(msg);
	struct dns_name reverse;

	dns_header_rd(&in, &r->head);
	if (r->head.opcode != 0)
		return DNS_NOTIMP;
	if (r->head.qdcount != 1)
		return DNS_FORMERR;
	dns_question_rd(msg, &in, &r->question);
	if (in.bad != HF_OK) {
		r->head.qdcount = 0;
		return DNS_FORMERR;
	}
	if (!read_records(r, msg, &in))
		return DNS_FORMERR;
	if (r->has_opt && r->opt.version != 0)
		return DNS_BADVERS;
	if (r->question.class_ != DNS_CLASS_IN)
		return DNS_REFUSED;
	if (dns_name_at_or_below(&r->question.name, &r->origin))
		return DNS_NOERROR;
	/* An address of ours is ours backwards, too. */
	for (size_t i = 0; i < r->zone->lines; i++) {
		dns_name_of_addr(&r->zone->line[i].addr, &reverse);
		if (!r->zone->line[i].alias && dns_name_same(&reverse, &r->question.name))
			return DNS_NOERROR;
	}
	return DNS_REFUSED;
}

static void put_opt(struct reply *r)
{
	const struct dns_opt opt = { .udp_size = DNS_UDP_ROOM_MAX, .rcode_high = (uint8_t)(r->rcode >> 4) };

	if (r->has_opt)
		dns_put_opt(&r->put, &opt);
}

static void begin(struct reply *r, const struct dns_header *query, uint8_t *to, size_t room)
{
	r->put = dns_put_over(to, room);
	r->head = (struct dns_header){ .id = query->id,
				       .qr = true,
				       .opcode = query->opcode,
				       .rd = query->rd,
				       .qdcount = query->qdcount == 1 && query->opcode == 0 };
	dns_put_header(&r->put, &r->head); /* its place: it is written again at the end */
	if (r->head.qdcount)
		dns_put_question(&r->put, &r->question);
}

size_t dns_zone_answer(const struct dns_zone *z, struct hf_bytes query, bool tcp, uint8_t *to, size_t room)
{
	struct reply r = { .zone = z };
	struct dns_header asked;
	struct dns_put head;
	size_t len = 0;

	if (query.len < DNS_HEADER_BYTES)
		return 0;
	if (dns_name_of_text(z->origin.len ? z->origin : hf_bytes_of("."), &r.origin) != HF_OK)
		return 0;
	r.rcode = judge(&r, query);
	asked = r.head;
	if (asked.qr)
		return 0;
	if (!tcp) {
		size_t most = r.has_opt && r.opt.udp_size > DNS_UDP_ROOM ? r.opt.udp_size : DNS_UDP_ROOM;

		most = most < DNS_UDP_ROOM_MAX ? most : DNS_UDP_ROOM_MAX;
		room = room < most ? room : most;
	}
	room = room < DNS_ANSWER_ROOM ? room : DNS_ANSWER_ROOM;
	begin(&r, &asked, to, room);
	if (r.rcode == DNS_NOERROR) {
		r.head.aa = true;
		answer_question(&r);
	}
	put_opt(&r);
	if (hf_wr_end(&r.put.out, &len) != HF_OK) {
		/* Not a part of it, which could be taken for the whole (RFC 2181 9). */
		begin(&r, &asked, to, room);
		r.head.aa = true;
		r.head.tc = true;
		put_opt(&r);
		if (hf_wr_end(&r.put.out, &len) != HF_OK)
			return 0;
	}
	r.head.rcode = r.rcode & 15;
	r.head.arcount = r.has_opt;
	head = dns_put_over(to, DNS_HEADER_BYTES);
	dns_put_header(&head, &r.head);
	return len;
}
