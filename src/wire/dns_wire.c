/* SPDX-License-Identifier: MIT */
/*
 * Names are the only part of a message that takes thought: a pointer may stand where a label could, and whoever wrote the
 * message may be hostile. Reading one therefore follows a pointer only backwards, to before the labels it ends, and stops
 * at 255 octets: the number of steps has a bound whatever the octets say.
 */
#include "wire/dns_wire.h"

#include "base/bits.h"
#include "wire/addr.h"

#define FLAG_QR 0x8000u
#define FLAG_AA 0x0400u
#define FLAG_TC 0x0200u
#define FLAG_RD 0x0100u
#define FLAG_RA 0x0080u
#define POINTER 0xc0u
#define POINTER_MAX 0x3fffu
#define RR_HEAD 10u /* type, class, TTL, length */

const char *dns_type_name(unsigned type)
{
	switch (type) {
	case DNS_TYPE_A:
		return "A";
	case DNS_TYPE_NS:
		return "NS";
	case DNS_TYPE_CNAME:
		return "CNAME";
	case DNS_TYPE_SOA:
		return "SOA";
	case DNS_TYPE_PTR:
		return "PTR";
	case DNS_TYPE_TXT:
		return "TXT";
	case DNS_TYPE_AAAA:
		return "AAAA";
	case DNS_TYPE_OPT:
		return "OPT";
	case DNS_TYPE_ANY:
		return "ANY";
	default:
		return "a type";
	}
}

const char *dns_rcode_name(unsigned rcode)
{
	switch (rcode) {
	case DNS_NOERROR:
		return "NOERROR";
	case DNS_FORMERR:
		return "FORMERR";
	case DNS_SERVFAIL:
		return "SERVFAIL";
	case DNS_NXDOMAIN:
		return "NXDOMAIN";
	case DNS_NOTIMP:
		return "NOTIMP";
	case DNS_REFUSED:
		return "REFUSED";
	case DNS_BADVERS:
		return "BADVERS";
	default:
		return "an rcode";
	}
}

/* ---- names ---- */

static uint8_t small(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c + 'a' - 'A') : c;
}

hf_status dns_name_of_text(struct hf_bytes text, struct dns_name *ret)
{
	struct dns_name n = { 0 };
	size_t at = 0;

	if (text.len == 1 && text.at[0] == '.')
		text.len = 0;
	else if (text.len == 0)
		return HF_MALFORMED;
	while (at < text.len) {
		const uint8_t *label = text.at + at;
		const uint8_t *dot = NULL;
		size_t len;

		for (size_t i = at; i < text.len && !dot; i++)
			if (text.at[i] == '.')
				dot = text.at + i;
		len = dot ? (size_t)(dot - label) : text.len - at;
		if (len == 0 || len > DNS_LABEL_MAX || n.len + 1u + len + 1u > DNS_NAME_MAX)
			return HF_MALFORMED;
		n.b[n.len] = (uint8_t)len;
		memcpy(n.b + n.len + 1, label, len);
		n.len = (uint8_t)(n.len + 1u + len);
		at += len + 1;
	}
	n.b[n.len++] = 0;

	*ret = n;
	return HF_OK;
}

static size_t write_octet(char *to, uint8_t c)
{
	if (c == '.' || c == '\\') {
		to[0] = '\\';
		to[1] = (char)c;
		return 2;
	}
	if (c > ' ' && c < 0x7f) {
		to[0] = (char)c;
		return 1;
	}
	to[0] = '\\';
	to[1] = (char)('0' + c / 100);
	to[2] = (char)('0' + c / 10 % 10);
	to[3] = (char)('0' + c % 10);
	return 4;
}

size_t dns_name_format(const struct dns_name *n, char *to, size_t room)
{
	size_t len = 0;

	HF_ASSERT(room > 1);
	if (n->len <= 1)
		to[len++] = '.';
	for (size_t at = 0; at < n->len && n->b[at] != 0; at += 1u + n->b[at]) {
		if (at > 0 && len + 1 < room)
			to[len++] = '.';
		for (size_t i = 1; i <= n->b[at]; i++) {
			char c[4];
			size_t more = write_octet(c, n->b[at + i]);

			if (len + more >= room) {
				to[len] = 0;
				return len;
			}
			memcpy(to + len, c, more);
			len += more;
		}
	}
	to[len] = 0;
	return len;
}

bool dns_name_exact(const struct dns_name *a, const struct dns_name *b)
{
	return a->len == b->len && memcmp(a->b, b->b, a->len) == 0;
}

static bool same_octets(const uint8_t *a, const uint8_t *b, size_t n)
{
	/* Lengths of labels are below 64: no letters. */
	for (size_t i = 0; i < n; i++)
		if (small(a[i]) != small(b[i]))
			return false;
	return true;
}

bool dns_name_same(const struct dns_name *a, const struct dns_name *b)
{
	return a->len == b->len && same_octets(a->b, b->b, a->len);
}

bool dns_name_at_or_below(const struct dns_name *n, const struct dns_name *zone)
{
	size_t at = 0;

	while (at < n->len && n->len - at > zone->len)
		at += 1u + n->b[at];
	return n->len - at == zone->len && same_octets(n->b + at, zone->b, zone->len);
}

void dns_name_lower(struct dns_name *n)
{
	for (size_t i = 0; i < n->len; i++)
		n->b[i] = small(n->b[i]);
}

unsigned dns_name_labels(const struct dns_name *n)
{
	unsigned count = 0;

	for (size_t at = 0; at < n->len && n->b[at] != 0; at += 1u + n->b[at])
		count++;
	return count;
}

hf_status dns_name_join(const struct dns_name *a, const struct dns_name *b, struct dns_name *ret)
{
	struct dns_name n = *a;

	if (a->len == 0 || a->len - 1u + b->len > DNS_NAME_MAX)
		return HF_FULL;
	memcpy(n.b + a->len - 1, b->b, b->len);
	n.len = (uint8_t)(a->len - 1u + b->len);

	*ret = n;
	return HF_OK;
}

void dns_name_of_addr(const struct hf_addr *a, struct dns_name *ret)
{
	static const char digits[] = "0123456789abcdef";
	static const char four[] = "\7in-addr\4arpa", six[] = "\3ip6\4arpa"; /* the zero behind is the root's */
	struct dns_name n = { 0 };

	if (addr_is_ip4(a)) {
		for (unsigned i = 16; i-- > 12;) {
			uint8_t v = a->b[i], len = v >= 100 ? 3 : v >= 10 ? 2 : 1;

			n.b[n.len++] = len;
			for (unsigned place = len == 3 ? 100 : len == 2 ? 10 : 1; place > 0; place /= 10)
				n.b[n.len++] = (uint8_t)('0' + v / place % 10);
		}
		memcpy(n.b + n.len, four, sizeof(four));
		n.len = (uint8_t)(n.len + sizeof(four));
	} else {
		for (unsigned i = 16; i-- > 0;) {
			n.b[n.len++] = 1;
			n.b[n.len++] = (uint8_t)digits[a->b[i] & 15];
			n.b[n.len++] = 1;
			n.b[n.len++] = (uint8_t)digits[a->b[i] >> 4];
		}
		memcpy(n.b + n.len, six, sizeof(six));
		n.len = (uint8_t)(n.len + sizeof(six));
	}
	*ret = n;
}

/* ---- reading ---- */

void dns_header_rd(struct hf_rd *in, struct dns_header *ret)
{
	uint16_t flags;

	ret->id = hf_rd_u16(in);
	flags = hf_rd_u16(in);
	ret->qr = flags & FLAG_QR;
	ret->aa = flags & FLAG_AA;
	ret->tc = flags & FLAG_TC;
	ret->rd = flags & FLAG_RD;
	ret->ra = flags & FLAG_RA;
	ret->opcode = flags >> 11 & 15;
	ret->rcode = flags & 15;
	ret->qdcount = hf_rd_u16(in);
	ret->ancount = hf_rd_u16(in);
	ret->nscount = hf_rd_u16(in);
	ret->arcount = hf_rd_u16(in);
}

/* The labels at the cursor, up to the root (false) or to a pointer (true: *ret_to is where it leads). */
static bool read_labels(struct hf_rd *in, struct dns_name *n, size_t *ret_to)
{
	for (;;) {
		uint8_t len = hf_rd_u8(in);

		if ((len & POINTER) == POINTER) {
			*ret_to = (size_t)(len & ~POINTER) << 8 | hf_rd_u8(in);
			return in->bad == HF_OK;
		}
		hf_rd_must(in, len <= DNS_LABEL_MAX && n->len + 1u + len + (len > 0) <= DNS_NAME_MAX);
		if (in->bad != HF_OK)
			return false;
		n->b[n->len++] = len;
		if (len == 0)
			return false;
		hf_rd_copy(in, n->b + n->len, len);
		n->len = (uint8_t)(n->len + len);
	}
}

void dns_name_rd(struct hf_bytes msg, struct hf_rd *in, struct dns_name *ret)
{
	size_t begun = (size_t)(in->at - msg.at), to = 0;
	struct dns_name n = { 0 };
	struct hf_rd back;
	bool more = read_labels(in, &n, &to);

	while (more) {
		if (to < DNS_HEADER_BYTES || to >= begun) {
			hf_rd_must(in, false);
			break;
		}
		back = hf_rd_over((struct hf_bytes){ msg.at + to, msg.len - to });
		begun = to;
		more = read_labels(&back, &n, &to);
		hf_rd_must(in, back.bad == HF_OK);
	}
	if (in->bad != HF_OK)
		n = (struct dns_name){ .len = 1 };
	*ret = n;
}

void dns_question_rd(struct hf_bytes msg, struct hf_rd *in, struct dns_question *ret)
{
	dns_name_rd(msg, in, &ret->name);
	ret->type = hf_rd_u16(in);
	ret->class_ = hf_rd_u16(in);
}

void dns_rr_rd(struct hf_bytes msg, struct hf_rd *in, struct dns_rr *ret)
{
	dns_name_rd(msg, in, &ret->name);
	ret->type = hf_rd_u16(in);
	ret->class_ = hf_rd_u16(in);
	ret->ttl_s = hf_rd_u32(in);
	ret->rdata = hf_rd_vec(in, 2, 0, UINT16_MAX);
}

uint32_t dns_ttl(uint32_t ttl_s)
{
	return ttl_s > INT32_MAX ? 0 : ttl_s;
}

hf_status dns_rdata_addr(const struct dns_rr *rr, struct hf_addr *ret)
{
	struct hf_addr a;

	if (rr->type == DNS_TYPE_A && rr->rdata.len == 4) {
		*ret = addr_ip4(rr->rdata.at);
		return HF_OK;
	}
	if (rr->type != DNS_TYPE_AAAA || rr->rdata.len != sizeof(a.b))
		return HF_MALFORMED;
	memcpy(a.b, rr->rdata.at, sizeof(a.b));
	*ret = a;
	return HF_OK;
}

/* A cursor over rdata alone: a name in it may refer back into the message, but may not go on behind its end. */
hf_status dns_rdata_name(struct hf_bytes msg, const struct dns_rr *rr, struct dns_name *ret)
{
	struct hf_rd in = hf_rd_over(rr->rdata);
	struct dns_name n;

	if (rr->rdata.len == 0)
		return HF_MALFORMED;
	dns_name_rd(msg, &in, &n);
	if (hf_rd_end(&in) != HF_OK)
		return HF_MALFORMED;
	*ret = n;
	return HF_OK;
}

hf_status dns_rdata_soa(struct hf_bytes msg, const struct dns_rr *rr, struct dns_soa *ret)
{
	struct hf_rd in = hf_rd_over(rr->rdata);
	struct dns_soa s;

	if (rr->rdata.len == 0)
		return HF_MALFORMED;
	dns_name_rd(msg, &in, &s.mname);
	/* The first failure leaves nothing to stand on for the second. */
	if (in.bad != HF_OK)
		return HF_MALFORMED;
	dns_name_rd(msg, &in, &s.rname);
	s.serial = hf_rd_u32(&in);
	s.refresh = hf_rd_u32(&in);
	s.retry = hf_rd_u32(&in);
	s.expire = hf_rd_u32(&in);
	s.minimum = hf_rd_u32(&in);
	if (hf_rd_end(&in) != HF_OK)
		return HF_MALFORMED;
	*ret = s;
	return HF_OK;
}

hf_status dns_opt_parse(const struct dns_rr *rr, struct dns_opt *ret)
{
	struct hf_rd in = hf_rd_over(rr->rdata);

	if (rr->type != DNS_TYPE_OPT || rr->name.len != 1)
		return HF_MALFORMED;
	while (hf_rd_left(&in) > 0) {
		hf_rd_skip(&in, 2);
		(void)hf_rd_vec(&in, 2, 0, UINT16_MAX);
	}
	if (hf_rd_end(&in) != HF_OK)
		return HF_MALFORMED;
	*ret = (struct dns_opt){ .udp_size = rr->class_,
				 .rcode_high = (uint8_t)(rr->ttl_s >> 24),
				 .version = (uint8_t)(rr->ttl_s >> 16),
				 .dnssec_ok = rr->ttl_s >> 15 & 1,
				 .options = rr->rdata };
	return HF_OK;
}

bool dns_take_framed(uint8_t *to, size_t most, size_t *got, struct hf_bytes *in)
{
	for (;;) {
		const size_t whole = *got < DNS_LENGTH_BYTES ? DNS_LENGTH_BYTES : DNS_LENGTH_BYTES + hf_load16(to);
		const size_t n = hf_min_u64(whole - *got, in->len);

		if (*got >= DNS_LENGTH_BYTES && (*got == whole || whole > DNS_LENGTH_BYTES + most))
			return true;
		if (n == 0)
			return false;
		memcpy(to + *got, in->at, n);
		*got += n;
		in->at += n;
		in->len -= n;
	}
}

/* ---- writing ---- */

struct dns_put dns_put_over(void *room, size_t n)
{
	return (struct dns_put){ .out = hf_wr_over(room, n) };
}

void dns_put_header(struct dns_put *p, const struct dns_header *h)
{
	unsigned flags = (h->qr ? FLAG_QR : 0) | (h->opcode & 15u) << 11 | (h->aa ? FLAG_AA : 0) |
			 (h->tc ? FLAG_TC : 0) | (h->rd ? FLAG_RD : 0) | (h->ra ? FLAG_RA : 0) | (h->rcode & 15u);

	hf_wr_u16(&p->out, h->id);
	hf_wr_u16(&p->out, (uint16_t)flags);
	hf_wr_u16(&p->out, h->qdcount);
	hf_wr_u16(&p->out, h->ancount);
	hf_wr_u16(&p->out, h->nscount);
	hf_wr_u16(&p->out, h->arcount);
}

/* Is the rest of a name what stands at a place written before? */
static bool stands_at(const struct dns_put *p, size_t place, const uint8_t *rest, size_t len)
{
	struct hf_bytes msg = { p->out.start, hf_wr_len(&p->out) };
	struct hf_rd in = hf_rd_over((struct hf_bytes){ msg.at + place, msg.len - place });
	struct dns_name n;

	dns_name_rd(msg, &in, &n);
	return in.bad == HF_OK && n.len == len && same_octets(n.b, rest, len);
}

void dns_put_name(struct dns_put *p, const struct dns_name *n)
{
	const unsigned known = p->places;

	for (size_t at = 0; at < n->len && n->b[at] != 0; at += 1u + n->b[at]) {
		const size_t here = hf_wr_len(&p->out);

		for (unsigned i = 0; i < known; i++) {
			if (stands_at(p, p->place[i], n->b + at, n->len - at)) {
				hf_wr_u16(&p->out, (uint16_t)(POINTER << 8 | p->place[i]));
				return;
			}
		}
		if (here <= POINTER_MAX && p->places < DNS_PUT_PLACES)
			p->place[p->places++] = (uint16_t)here;
		hf_wr_copy(&p->out, n->b + at, 1u + n->b[at]);
	}
	hf_wr_u8(&p->out, 0);
}

void dns_put_question(struct dns_put *p, const struct dns_question *q)
{
	dns_put_name(p, &q->name);
	hf_wr_u16(&p->out, q->type);
	hf_wr_u16(&p->out, q->class_);
}

static size_t put_rr_head(struct dns_put *p, uint16_t type, uint16_t class_, uint32_t ttl_s)
{
	hf_wr_u16(&p->out, type);
	hf_wr_u16(&p->out, class_);
	hf_wr_u32(&p->out, ttl_s);
	hf_wr_u16(&p->out, 0);
	return hf_wr_len(&p->out);
}

size_t dns_put_rr(struct dns_put *p, const struct dns_name *n, uint16_t type, uint32_t ttl_s)
{
	dns_put_name(p, n);
	return put_rr_head(p, type, DNS_CLASS_IN, ttl_s);
}

void dns_put_rr_end(struct dns_put *p, size_t begun)
{
	if (!p->out.bad)
		hf_wr_patch_u16(&p->out, begun - 2, (uint16_t)(hf_wr_len(&p->out) - begun));
}

void dns_put_addr(struct dns_put *p, const struct dns_name *n, uint32_t ttl_s, const struct hf_addr *a)
{
	const bool four = addr_is_ip4(a);
	size_t begun = dns_put_rr(p, n, four ? DNS_TYPE_A : DNS_TYPE_AAAA, ttl_s);

	hf_wr_copy(&p->out, a->b + (four ? 12 : 0), four ? 4 : 16);
	dns_put_rr_end(p, begun);
}

void dns_put_soa(struct dns_put *p, const struct dns_name *n, uint32_t ttl_s, const struct dns_soa *soa)
{
	size_t begun = dns_put_rr(p, n, DNS_TYPE_SOA, ttl_s);

	dns_put_name(p, &soa->mname);
	dns_put_name(p, &soa->rname);
	hf_wr_u32(&p->out, soa->serial);
	hf_wr_u32(&p->out, soa->refresh);
	hf_wr_u32(&p->out, soa->retry);
	hf_wr_u32(&p->out, soa->expire);
	hf_wr_u32(&p->out, soa->minimum);
	dns_put_rr_end(p, begun);
}

void dns_put_opt(struct dns_put *p, const struct dns_opt *o)
{
	size_t begun;

	hf_wr_u8(&p->out, 0); /* the root */
	begun = put_rr_head(p, DNS_TYPE_OPT, o->udp_size,
			    (uint32_t)o->rcode_high << 24 | (uint32_t)o->version << 16 | (uint32_t)o->dnssec_ok << 15);
	hf_wr_copy(&p->out, o->options.at, o->options.len);
	dns_put_rr_end(p, begun);
}
