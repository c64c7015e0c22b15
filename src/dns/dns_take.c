/* SPDX-License-Identifier: MIT */
/*
 * What an answer says. First, whether it is one at all: the id, the question to the letter, a reply (RFC 5452 9.1); whoever
 * fails that was perhaps somebody else, and the query waits on. Then, whether it is of use; a server that fails that has
 * had its try. Then the chain: from the name asked for, alias by alias, to the addresses. Only records on it are believed;
 * whatever else the server adds may be true, and nobody has asked for it.
 */
#include "dns/dns_internal.h"

struct answer { /* a message that has been looked through: reading it again cannot fail */
	struct hf_bytes msg;
	struct dns_header head;
	size_t records; /* where they begin */
	bool has_opt;
	unsigned rcode;
	bool has_ns;
	bool has_soa;
	struct dns_name soa_name;
	uint32_t soa_ttl_s;
};

static struct hf_rd records_of(const struct answer *a)
{
	return hf_rd_over((struct hf_bytes){ a->msg.at + a->records, a->msg.len - a->records });
}

/* ---- is it one? ---- */

/* A server that is older than EDNS may not even repeat the question (RFC 6891 7): all that is then believed is that. */
static bool is_bare_refusal(const struct dns_query *q, const struct dns_header *h)
{
	return h->qdcount == 0 && h->ancount == 0 && q->edns && (h->rcode == DNS_FORMERR || h->rcode == DNS_NOTIMP);
}

/* False: it was dropped, or the query goes another way. */
static bool is_answer(struct dns *d, struct dns_query *q, struct hf_bytes msg, struct answer *a, hf_time_ns now)
{
	struct hf_rd in = hf_rd_over(msg);
	struct dns_question asked;

	*a = (struct answer){ .msg = msg };
	dns_header_rd(&in, &a->head);
	if (in.bad != HF_OK) {
		dns_tell_message(d, DNS_TOLD_UNREADABLE, q, msg, now);
		return false;
	}
	if (!a->head.qr || a->head.opcode != 0) {
		dns_tell_message(d, DNS_TOLD_NOT_AN_ANSWER, q, msg, now);
		return false;
	}
	if (a->head.id != q->id) {
		dns_tell_message(d, DNS_TOLD_WRONG_ID, q, msg, now)->id = a->head.id;
		return false;
	}
	if (is_bare_refusal(q, &a->head)) {
		a->records = msg.len;
		a->rcode = a->head.rcode;
		return true;
	}
	if (a->head.qdcount != 1) {
		dns_tell_message(d, DNS_TOLD_WRONG_QUESTION, q, msg, now);
		return false;
	}
	dns_question_rd(msg, &in, &asked);
	if (in.bad != HF_OK) {
		/* It knew the id: if nothing better comes, this is the reason. */
		q->found.why = DNS_WHY_MALFORMED;
		dns_tell_message(d, DNS_TOLD_UNREADABLE, q, msg, now);
		return false;
	}
	if (asked.type != q->type || asked.class_ != DNS_CLASS_IN || !dns_name_same(&asked.name, &q->sent)) {
		dns_tell_message(d, DNS_TOLD_WRONG_QUESTION, q, msg, now);
		return false;
	}
	if (q->cased && !dns_name_exact(&asked.name, &q->sent)) {
		dns_tell_message(d, DNS_TOLD_NO_CASE, q, msg, now);
		d->server[q->server].no_case = true;
		dns_query_same(d, q, now);
		return false;
	}
	a->records = (size_t)(in.at - msg.at);
	return true;
}

/* ---- is it of use? ---- */

static void note_authority(struct answer *a, const struct dns_rr *rr, hf_status *bad)
{
	struct dns_soa soa;

	if (rr->class_ != DNS_CLASS_IN)
		return;
	a->has_ns |= rr->type == DNS_TYPE_NS;
	if (rr->type != DNS_TYPE_SOA || a->has_soa)
		return;
	*bad = dns_rdata_soa(a->msg, rr, &soa);
	if (*bad != HF_OK)
		return;
	a->has_soa = true;
	a->soa_name = rr->name;
	/* RFC 2308 3 and 5: the lesser of the record's own TTL and its MINIMUM. */
	a->soa_ttl_s = hf_min_u32(dns_ttl(rr->ttl_s), dns_ttl(soa.minimum));
}

/* Looks through all records. */
static bool look_through(struct answer *a)
{
	const unsigned all = a->head.ancount + a->head.nscount + a->head.arcount;
	struct hf_rd in = records_of(a);
	hf_status bad = HF_OK;

	a->rcode = a->head.rcode;
	for (unsigned i = 0; i < all; i++) {
		struct dns_rr rr;
		struct dns_opt opt;

		dns_rr_rd(a->msg, &in, &rr);
		if (in.bad != HF_OK)
			return false;
		if (i < a->head.ancount)
			continue;
		if (i < (unsigned)a->head.ancount + a->head.nscount) {
			note_authority(a, &rr, &bad);
		} else if (rr.type == DNS_TYPE_OPT) {
			/* RFC 6891 6.1.1: no more than one */
			bad = a->has_opt ? HF_MALFORMED : dns_opt_parse(&rr, &opt);
			if (bad == HF_OK)
				a->rcode |= (unsigned)opt.rcode_high << 4;
			a->has_opt = true;
		}
		if (bad != HF_OK)
			return false;
	}
	return true;
}

static void no_use(struct dns *d, struct dns_query *q, enum dns_told_kind kind, enum dns_why why, struct answer *a,
		   hf_time_ns now)
{
	dns_tell_message(d, kind, q, a->msg, now)->why = (uint8_t)a->rcode;
	q->found.why = why;
	q->found.rcode = (uint8_t)a->rcode;
	q->found.net = HF_OK;
	dns_query_again(d, q, now);
}

static bool is_of_use(struct dns *d, struct dns_query *q, struct answer *a, hf_time_ns now)
{
	if (a->rcode == DNS_NOERROR || a->rcode == DNS_NXDOMAIN)
		return true;
	if (q->edns && (a->rcode == DNS_FORMERR || a->rcode == DNS_NOTIMP || a->rcode == DNS_BADVERS)) {
		dns_tell_message(d, DNS_TOLD_NO_EDNS, q, a->msg, now)->why = (uint8_t)a->rcode;
		d->server[q->server].no_edns = true;
		dns_query_same(d, q, now);
		return false;
	}
	no_use(d, q, DNS_TOLD_RCODE, a->rcode == DNS_REFUSED ? DNS_WHY_REFUSED : DNS_WHY_SERVFAIL, a, now);
	return false;
}

/* ---- the chain ---- */

struct chain {
	struct dns_name at;
	uint32_t ttl_s;
	unsigned aliases, used; /* of this answer: followed, and records that were believed */
	bool circle, too_long, bad;
	struct dns_name target; /* that closes the circle */
};

/* The addresses of the name that the chain has come to. */
static void take_addrs(const struct dns_query *q, const struct answer *a, struct chain *c, struct dns_finding *f)
{
	struct hf_rd in = records_of(a);

	for (unsigned i = 0; i < a->head.ancount; i++) {
		struct hf_addr addr;
		struct dns_rr rr;

		dns_rr_rd(a->msg, &in, &rr);
		if (rr.type != q->type || rr.class_ != DNS_CLASS_IN || !dns_name_same(&rr.name, &c->at))
			continue;
		if (dns_rdata_addr(&rr, &addr) != HF_OK) {
			c->bad = true;
			return;
		}
		c->used++;
		c->ttl_s = hf_min_u32(c->ttl_s, dns_ttl(rr.ttl_s));
		dns_finding_add(f, &addr);
	}
}

static bool was_there(const struct dns_query *q, uint64_t hash)
{
	for (unsigned i = 0; i < q->names; i++)
		if (q->seen[i] == hash)
			return true;
	return false;
}

/* One alias further; false: there is none, or it leads nowhere. */
static bool follow(struct dns *d, struct dns_query *q, const struct answer *a, struct chain *c, hf_time_ns now)
{
	struct hf_rd in = records_of(a);

	for (unsigned i = 0; i < a->head.ancount; i++) {
		struct dns_name target;
		struct dns_told *t;
		struct dns_rr rr;
		uint64_t hash;

		dns_rr_rd(a->msg, &in, &rr);
		if (rr.type != DNS_TYPE_CNAME || rr.class_ != DNS_CLASS_IN || !dns_name_same(&rr.name, &c->at))
			continue;
		if (dns_rdata_name(a->msg, &rr, &target) != HF_OK) {
			c->bad = true;
			return false;
		}
		dns_name_lower(&target);
		c->target = target;
		hash = dns_hash(d, &target, q->type);
		c->circle = was_there(q, hash);
		c->too_long = !c->circle && q->names == HF_ARRAY_LEN(q->seen);
		if (c->circle || c->too_long)
			return false;
		t = dns_tell(d, DNS_TOLD_CNAME, q, now);
		dns_name_format(&c->at, t->name, sizeof(t->name));
		dns_name_format(&target, t->target, sizeof(t->target));
		q->seen[q->names++] = hash;
		c->at = target;
		c->ttl_s = hf_min_u32(c->ttl_s, dns_ttl(rr.ttl_s));
		c->aliases++;
		c->used++;
		return true;
	}
	return false;
}

static void end_in_loop(struct dns *d, struct dns_query *q, const struct chain *c, hf_time_ns now)
{
	struct dns_told *t = dns_tell(d, c->circle ? DNS_TOLD_CNAME_LOOP : DNS_TOLD_CNAME_LONG, q, now);

	dns_name_format(&c->at, t->name, sizeof(t->name));
	dns_name_format(&c->target, t->target, sizeof(t->target));
	t->x = DNS_CNAMES;
	q->found.why = DNS_WHY_LOOP;
	q->found.ttl_s = 0;
	q->found.canonical = c->at;
	dns_fire(d, q, DNS_EV_RCV_ANSWER, now);
}

static void end_with(struct dns *d, struct dns_query *q, enum dns_told_kind kind, const struct answer *a,
		     const struct chain *c, hf_time_ns now)
{
	struct dns_told *t = dns_tell_message(d, kind, q, a->msg, now);

	dns_name_format(&c->at, t->name, sizeof(t->name));
	t->x = q->found.addrs;
	if (a->head.ancount > c->used)
		dns_tell(d, DNS_TOLD_NOT_ASKED, q, now)->x = a->head.ancount - c->used;
	q->found.canonical = c->at;
	dns_fire(d, q, DNS_EV_RCV_ANSWER, now);
}

/* RFC 2308 5: how long it holds is said by the zone's SOA; one of another zone says nothing. */
static void end_negative(struct dns *d, struct dns_query *q, enum dns_why why, const struct answer *a,
			 const struct chain *c, hf_time_ns now)
{
	const bool holds = a->has_soa && dns_name_at_or_below(&c->at, &a->soa_name);

	q->found.why = why;
	q->found.ttl_s = holds ? hf_min_u32(hf_min_u32(a->soa_ttl_s, DNS_NEGATIVE_TTL_MAX_S), c->ttl_s) : 0;
	end_with(d, q, why == DNS_WHY_NXDOMAIN ? DNS_TOLD_NXDOMAIN : DNS_TOLD_NODATA, a, c, now);
}

static void go_on_with(struct dns *d, struct dns_query *q, const struct answer *a, const struct chain *c, hf_time_ns now)
{
	dns_query_drop(d, q);
	q->now = c->at;
	q->found.ttl_s = c->ttl_s;
	q->found.why = DNS_WHY_TIMEOUT;
	q->first = q->server;
	q->tries_here = 0;
	dns_fire(d, q, DNS_EV_RCV_ALIAS, now);
	dns_tell_message(d, DNS_TOLD_CNAME_ASK, q, a->msg, now);
}

static void read_chain(struct dns *d, struct dns_query *q, struct answer *a, hf_time_ns now)
{
	struct chain c = { .at = q->now, .ttl_s = q->found.ttl_s };
	struct dns_finding f = { 0 };

	do
		take_addrs(q, a, &c, &f);
	while (f.addrs == 0 && !c.bad && follow(d, q, a, &c, now));

	if (c.bad) {
		no_use(d, q, DNS_TOLD_MALFORMED, DNS_WHY_MALFORMED, a, now);
		return;
	}
	q->found.rcode = (uint8_t)a->rcode;
	q->found.net = HF_OK;
	if (c.circle || c.too_long) {
		end_in_loop(d, q, &c, now);
	} else if (f.addrs > 0) {
		memcpy(q->found.addr, f.addr, sizeof(f.addr));
		q->found.addrs = f.addrs;
		q->found.why = DNS_WHY_OK;
		q->found.ttl_s = c.ttl_s;
		end_with(d, q, DNS_TOLD_ANSWER, a, &c, now);
	} else if (a->rcode == DNS_NXDOMAIN) {
		end_negative(d, q, DNS_WHY_NXDOMAIN, a, &c, now); /* of the chain's last name, RFC 6604 3 */
	} else if (c.aliases > 0 && !(a->has_soa && dns_name_at_or_below(&c.at, &a->soa_name))) {
		go_on_with(d, q, a, &c, now);
	} else if (a->has_ns && !a->has_soa && !a->head.aa) {
		no_use(d, q, DNS_TOLD_LAME, DNS_WHY_SERVFAIL, a, now); /* RFC 2308 2.2: a referral, not NODATA */
	} else {
		end_negative(d, q, DNS_WHY_NODATA, a, &c, now);
	}
}

void dns_take(struct dns *d, struct dns_query *q, struct hf_bytes msg, bool tcp, hf_time_ns now)
{
	struct answer a;

	if (!is_answer(d, q, msg, &a, now))
		return;
	q->found.server = d->server[q->server].at;
	q->found.tcp = tcp;
	/* What was cut off may have been cut anywhere: nothing behind the header is looked at (RFC 2181 9). */
	if (a.head.tc && !tcp) {
		dns_tell_message(d, DNS_TOLD_TRUNCATED, q, msg, now);
		dns_query_drop(d, q);
		dns_fire(d, q, DNS_EV_RCV_TRUNCATED, now);
		return;
	}
	if (a.head.qdcount == 1 && !look_through(&a)) {
		no_use(d, q, DNS_TOLD_MALFORMED, DNS_WHY_MALFORMED, &a, now);
		return;
	}
	if (is_of_use(d, q, &a, now))
		read_chain(d, q, &a, now);
}
