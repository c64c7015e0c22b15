/* SPDX-License-Identifier: MIT */
/*
 * The input is a message. Whatever it says, reading it ends, and what was read lies inside; a message that can be read whole
 * says the same after it was written again. As a query it is given to the small server, whose answer must be readable.
 */
#include "dns/dns_answer.h"
#include "wire/addr.h"
#include "wire/dns_wire.h"

#include "fuzz.h"

#define HEAD(qr, an, ns, ar) "\x12\x34" qr "\x00\x00\x01" an ns ar

FUZZ_SEEDS(FUZZ_SEED(HEAD("\x01", "\0\0", "\0\0", "\0\0") "\3www\4test\0\0\1\0\1"),
	   FUZZ_SEED(HEAD("\x01", "\0\0", "\0\0", "\0\1") "\5alias\4test\0\0\x1c\0\1\0\0\x29\x04\xd0\0\0\0\0\0\0"),
	   FUZZ_SEED(HEAD("\x01", "\0\0", "\0\0", "\0\0") "\1\x31\1\x32\1\x30\003192\7in-addr\4arpa\0\0\x0c\0\1"),
	   FUZZ_SEED(HEAD("\x01", "\0\0", "\0\0", "\0\0") "\4loop\4test\0\0\1\0\1"),
	   FUZZ_SEED("\x12\x34\x85\x80\x00\x01\x00\x02\x00\x01\x00\x01"
		     "\3www\4test\0\0\1\0\1"
		     "\xc0\x0c\0\5\0\1\0\0\0\x3c\0\4\1b\xc0\x10"
		     "\xc0\x26\0\1\0\1\0\0\0\x1e\0\4\xc0\0\2\1"
		     "\xc0\x10\0\6\0\1\0\0\0\x3c\0\x20\2ns\xc0\x10\4root\xc0\x10\0\0\0\1\0\0\0\2\0\0\0\3\0\0\0\4\0\0\0\5"
		     "\0\0\x29\x04\xd0\1\0\x80\0\0\5\0\x0a\0\1\x99"));

static const char zone_text[] = "192.0.2.1 www.test a.b.c.test\n"
				"2001:db8::1 www.test\n"
				"cname alias.test www.test\n"
				"cname loop.test pool.test\n"
				"cname pool.test loop.test\n"
				"cname far.test gone.test\n";

static void check_name(const struct dns_name *n)
{
	char text[DNS_NAME_TEXT];
	size_t at = 0;

	FUZZ_CHECK(n->len >= 1);
	while (n->b[at] != 0) {
		FUZZ_CHECK(n->b[at] <= DNS_LABEL_MAX);
		at += 1u + n->b[at];
		FUZZ_CHECK(at < n->len);
	}
	FUZZ_CHECK(at + 1 == n->len);
	FUZZ_CHECK(dns_name_same(n, n) && dns_name_at_or_below(n, n));
	FUZZ_CHECK(dns_name_format(n, text, sizeof(text)) < sizeof(text));
	for (const char *c = text; *c; c++)
		FUZZ_CHECK(*c > ' ' && *c < 0x7f);
}

static void check_rr(struct hf_bytes msg, const struct dns_rr *rr)
{
	struct dns_name n;
	struct dns_soa soa;
	struct dns_opt opt;
	struct hf_addr a;

	check_name(&rr->name);
	FUZZ_CHECK(fuzz_inside(rr->rdata, msg.at, msg.len));
	if (dns_rdata_name(msg, rr, &n) == HF_OK)
		check_name(&n);
	if (dns_rdata_soa(msg, rr, &soa) == HF_OK) {
		check_name(&soa.mname);
		check_name(&soa.rname);
	}
	if (dns_opt_parse(rr, &opt) == HF_OK)
		FUZZ_CHECK(fuzz_same(opt.options, rr->rdata));
	memset(&a, FUZZ_PATTERN, sizeof(a));
	if (dns_rdata_addr(rr, &a) != HF_OK)
		FUZZ_CHECK(FUZZ_UNTOUCHED(a));
}

/* Header, question and all records; true when that was all. */
static bool read_message(struct hf_bytes msg, struct dns_header *h, struct dns_question *q)
{
	struct hf_rd in = hf_rd_over(msg);

	dns_header_rd(&in, h);
	if (in.bad != HF_OK || h->qdcount != 1)
		return false;
	dns_question_rd(msg, &in, q);
	check_name(&q->name);
	for (unsigned i = 0; i < (unsigned)h->ancount + h->nscount + h->arcount; i++) {
		struct dns_rr rr;

		dns_rr_rd(msg, &in, &rr);
		if (in.bad != HF_OK)
			return false;
		check_rr(msg, &rr);
	}
	return hf_rd_ok(&in) == HF_OK;
}

static void write_again(const struct dns_header *h, const struct dns_question *q)
{
	uint8_t room[DNS_HEADER_BYTES + DNS_NAME_MAX + 4];
	struct dns_put p = dns_put_over(room, sizeof(room));
	struct dns_question q2;
	struct dns_header h2;
	struct hf_bytes msg;
	struct hf_rd in;

	dns_put_header(&p, h);
	dns_put_question(&p, q);
	msg = fuzz_written(&p.out);
	in = hf_rd_over(msg);
	dns_header_rd(&in, &h2);
	dns_question_rd(msg, &in, &q2);
	FUZZ_CHECK(hf_rd_end(&in) == HF_OK);
	FUZZ_CHECK(h2.id == h->id && h2.rcode == h->rcode && h2.ancount == h->ancount && h2.tc == h->tc);
	FUZZ_CHECK(dns_name_exact(&q2.name, &q->name) && q2.type == q->type && q2.class_ == q->class_);
}

static void serve(struct hf_bytes query, bool tcp)
{
	static struct dns_zone_line line[16];
	static uint8_t out[DNS_ANSWER_ROOM];
	static struct dns_zone zone;
	struct dns_zone_fault fault;
	struct dns_question q;
	struct dns_header h;
	size_t n;

	if (zone.lines == 0)
		FUZZ_CHECK(dns_zone_parse(hf_bytes_of(zone_text), line, HF_ARRAY_LEN(line), &zone, &fault) == HF_OK);
	n = dns_zone_answer(&zone, query, tcp, out, sizeof(out));
	if (n == 0)
		return;
	FUZZ_CHECK(tcp || n <= DNS_UDP_ROOM_MAX);
	if (read_message((struct hf_bytes){ out, n }, &h, &q))
		FUZZ_CHECK(h.qr && h.id == hf_load16(query.at));
	else
		FUZZ_CHECK(out[2] & 0x80 && hf_load16(out + 4) == 0 && n <= DNS_HEADER_BYTES + 11); /* no question */
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *copy = fuzz_copy(data, size);
	struct hf_bytes msg = { copy, size };
	struct dns_question q;
	struct dns_header h;

	if (read_message(msg, &h, &q))
		write_again(&h, &q);
	serve(msg, false);
	serve(msg, true);
	free(copy);
	return 0;
}
