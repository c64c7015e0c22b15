/* SPDX-License-Identifier: MIT */
#include "wire_test.h"

#include "wire/dns_wire.h"

#define HEAD "\x12\x34\x81\x80\x00\x01\x00\x01\x00\x00\x00\x00"

static struct dns_name name_of(const char *text)
{
	struct dns_name n;

	assert_int_equal(dns_name_of_text(hf_bytes_of(text), &n), HF_OK);
	return n;
}

static void expect_name(const struct dns_name *n, const char *text)
{
	char line[DNS_NAME_TEXT];

	assert_int_equal(dns_name_format(n, line, sizeof(line)), strlen(text));
	assert_string_equal(line, text);
}

/* ---- names as text ---- */

static void names_of_text(void **state)
{
	static const struct {
		const char *text, *wire;
		size_t len;
	} rows[] = {
		{ "www.Example.org", "\3www\7Example\3org", 17 },
		{ "www.Example.org.", "\3www\7Example\3org", 17 },
		{ "a", "\1a", 3 },
		{ ".", "", 1 },
	};
	static const char *const bad[] = { "", "..", ".a", "a..b", "a..", "..a" };
	struct dns_name n;

	(void)state;
	for (size_t i = 0; i < HF_ARRAY_LEN(rows); i++) {
		n = name_of(rows[i].text);
		assert_int_equal(n.len, rows[i].len);
		assert_memory_equal(n.b, rows[i].wire, rows[i].len);
	}
	for (size_t i = 0; i < HF_ARRAY_LEN(bad); i++)
		REFUSED(HF_MALFORMED, n, dns_name_of_text(hf_bytes_of(bad[i]), &n));
}

/* Labels of `len` octets, and one of `last` behind them. */
static size_t long_text(char *to, unsigned labels, unsigned len, unsigned last)
{
	size_t n = 0;

	for (unsigned i = 0; i < labels; i++) {
		memset(to + n, 'x', len);
		n += len;
		to[n++] = '.';
	}
	memset(to + n, 'y', last);
	n += last;
	to[n] = 0;
	return n;
}

static void bounds_of_names(void **state)
{
	char text[400], back[DNS_NAME_TEXT];
	struct dns_name n, joined;

	(void)state;
	long_text(text, 0, 0, 63);
	assert_int_equal(dns_name_of_text(hf_bytes_of(text), &n), HF_OK);
	long_text(text, 0, 0, 64);
	REFUSED(HF_MALFORMED, n, dns_name_of_text(hf_bytes_of(text), &n));
	long_text(text, 3, 63, 61); /* 3 * 64 + 62 + 1 = 255 */
	n = name_of(text);
	assert_int_equal(n.len, 255);
	assert_int_equal(dns_name_labels(&n), 4);
	assert_int_equal(dns_name_format(&n, back, sizeof(back)), strlen(text));
	assert_string_equal(back, text);
	long_text(text, 3, 63, 62);
	REFUSED(HF_MALFORMED, n, dns_name_of_text(hf_bytes_of(text), &n));
	long_text(text, 126, 1, 1); /* 127 labels of one octet */
	n = name_of(text);
	assert_int_equal(n.len, 255);
	assert_int_equal(dns_name_labels(&n), 127);
	long_text(text, 127, 1, 1);
	REFUSED(HF_MALFORMED, n, dns_name_of_text(hf_bytes_of(text), &n));
	/* joining */
	long_text(text, 2, 63, 61);
	n = name_of(text);
	assert_int_equal(n.len, 191);
	long_text(text, 0, 0, 63);
	{
		struct dns_name tail = name_of(text);

		assert_int_equal(dns_name_join(&n, &tail, &joined), HF_OK);
		assert_int_equal(joined.len, 255);
		long_text(text, 1, 62, 1);
		tail = name_of(text);
		REFUSED(HF_FULL, joined, dns_name_join(&n, &tail, &joined));
	}
}

static void text_of_odd_names(void **state)
{
	struct dns_name n = { 9, "\7a.\\ \x01\x7f\xff" };
	char cut[8];

	(void)state;
	expect_name(&n, "a\\.\\\\\\032\\001\\127\\255");
	/* cut, never in the middle of an octet */
	assert_int_equal(dns_name_format(&n, cut, sizeof(cut)), 5);
	assert_string_equal(cut, "a\\.\\\\");
	n = name_of(".");
	expect_name(&n, ".");
	/* the longest text there is */
	n = (struct dns_name){ .len = 255 };
	for (unsigned i = 0; i < 3; i++)
		n.b[i * 64] = 63;
	n.b[192] = 61;
	{
		char text[DNS_NAME_TEXT];

		assert_true(dns_name_format(&n, text, sizeof(text)) == 250 * 4 + 3);
	}
}

static void comparing(void **state)
{
	static const struct {
		const char *name, *zone;
		bool below;
	} rows[] = {
		{ "www.example.org", "example.org", true },
		{ "Example.ORG", "example.org", true },
		{ "xample.org", "example.org", false },
		{ "wwwexample.org", "example.org", false },
		{ "example.org", "www.example.org", false },
		{ "a.b", ".", true },
		{ ".", ".", true },
		{ ".", "org", false },
	};
	struct dns_name a = name_of("WWW.example.org"), b = name_of("www.EXAMPLE.org"), c = name_of("wwx.example.org");

	(void)state;
	assert_true(dns_name_same(&a, &b));
	assert_false(dns_name_exact(&a, &b));
	assert_false(dns_name_same(&a, &c));
	dns_name_lower(&a);
	dns_name_lower(&b);
	assert_true(dns_name_exact(&a, &b));
	for (size_t i = 0; i < HF_ARRAY_LEN(rows); i++) {
		a = name_of(rows[i].name);
		b = name_of(rows[i].zone);
		assert_int_equal(dns_name_at_or_below(&a, &b), rows[i].below);
	}
	/* the letters' neighbours are not letters: "@" and "`", "[" and "{" differ by the same bit */
	a = name_of("@[");
	b = name_of("`{");
	assert_false(dns_name_same(&a, &b));
}

static void reverse_names(void **state)
{
	struct hf_addr a = addr_ip4_u32(0xc0000a64), b = { { 0x20, 0x01, 0x0d, 0xb8, [15] = 0x0f } };
	struct dns_name n;

	(void)state;
	dns_name_of_addr(&a, &n);
	expect_name(&n, "100.10.0.192.in-addr.arpa");
	dns_name_of_addr(&b, &n);
	expect_name(&n, "f.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa");
}

/* ---- names on the wire ---- */

static hf_status read_at(const char *octets, size_t n, size_t at, struct dns_name *ret, size_t *ret_after)
{
	struct hf_bytes msg = exact(octets, n);
	struct hf_rd in = hf_rd_over((struct hf_bytes){ msg.at + at, n - at });
	hf_status s;

	dns_name_rd(msg, &in, ret);
	s = hf_rd_ok(&in);
	*ret_after = (size_t)(in.at - msg.at);
	done_with(msg);
	return s;
}

static void compressed_names(void **state)
{
	/* at 12: example.org; at 25: www and a pointer to 12; at 31: a pointer to 25 */
	static const char msg[] = HEAD "\7example\3org\0\3www\xc0\x0c\xc0\x19";
	struct dns_name n;
	size_t after;

	(void)state;
	assert_int_equal(read_at(msg, sizeof(msg) - 1, 12, &n, &after), HF_OK);
	expect_name(&n, "example.org");
	assert_int_equal(after, 25);
	assert_int_equal(read_at(msg, sizeof(msg) - 1, 25, &n, &after), HF_OK);
	expect_name(&n, "www.example.org");
	assert_int_equal(after, 31);
	assert_int_equal(read_at(msg, sizeof(msg) - 1, 31, &n, &after), HF_OK);
	expect_name(&n, "www.example.org");
	assert_int_equal(after, 33);
}

static void hostile_names(void **state)
{
	static const struct {
		const char *octets;
		size_t len, at;
		hf_status is;
	} rows[] = {
		{ HEAD "\xc0\x0c", 14, 12, HF_MALFORMED },           /* a pointer to itself */
		{ HEAD "\1a\xc0\x0c", 16, 12, HF_MALFORMED },        /* to its own label */
		{ HEAD "\1a\xc0\x0e", 16, 12, HF_MALFORMED },        /* to itself, behind a label */
		{ HEAD "\1a\xc0\x12\0\0\1b", 20, 12, HF_MALFORMED }, /* forward */
		{ HEAD "\xc0\x0e\xc0\x0c", 16, 14, HF_MALFORMED },   /* two that lead to one another */
		{ HEAD "\1a\xc0\x00", 16, 12, HF_MALFORMED },        /* into the header */
		{ HEAD "\1a\xc0\x0b", 16, 12, HF_MALFORMED },
		{ HEAD "\1a\xff\xff", 16, 12, HF_MALFORMED }, /* behind the end */
		{ HEAD "\x40\0", 14, 12, HF_MALFORMED },      /* label type 01 */
		{ HEAD "\x80\0", 14, 12, HF_MALFORMED },      /* label type 10 */
		{ HEAD "\1a", 14, 12, HF_SHORT },             /* no end */
		{ HEAD "\3ab", 15, 12, HF_SHORT },            /* a label cut off */
		{ HEAD "\xc0", 13, 12, HF_SHORT },            /* a pointer cut off */
		{ HEAD "\2ab\xc0\x0d", 17, 15, HF_OK },       /* into a label's octets: an odd name, but one */
		{ HEAD "", 12, 12, HF_SHORT },
	};
	struct dns_name n;
	size_t after;

	(void)state;
	for (size_t i = 0; i < HF_ARRAY_LEN(rows); i++) {
		hf_status is = read_at(rows[i].octets, rows[i].len, rows[i].at, &n, &after);

		if (rows[i].is != HF_OK) {
			assert_int_equal(is, rows[i].is);
			expect_name(&n, "."); /* nothing of it is left to be used */
		}
	}
}

/* Pointers that lead back step by step: each adds a label, so the length ends it. And a longest one that is just right. */
static void pointers_upon_pointers(void **state)
{
	char msg[12 + 400 * 4];
	size_t at = 12, after;
	struct dns_name n;

	(void)state;
	memcpy(msg, HEAD, 12);
	memcpy(msg + at, "\1a\0", 3);
	at += 3;
	for (unsigned i = 1; i < 300; i++) {
		size_t before = i == 1 ? 12 : at - 4;

		msg[at] = 1;
		msg[at + 1] = 'a';
		msg[at + 2] = (char)(0xc0 | before >> 8);
		msg[at + 3] = (char)before;
		at += 4;
		assert_int_equal(read_at(msg, at, at - 4, &n, &after), i + 1 <= 127 ? HF_OK : HF_MALFORMED);
		assert_int_equal(n.len, i + 1 <= 127 ? (i + 1) * 2 + 1 : 1);
	}
}

static void bounds_on_the_wire(void **state)
{
	char msg[12 + 300];
	struct dns_name n;
	size_t after;

	(void)state;
	memcpy(msg, HEAD, 12);
	for (unsigned last = 60; last <= 63; last++) {
		size_t at = 12;

		for (unsigned i = 0; i < 4; i++) {
			unsigned len = i < 3 ? 63 : last;

			msg[at++] = (char)len;
			memset(msg + at, 'x', len);
			at += len;
		}
		msg[at++] = 0;
		assert_int_equal(read_at(msg, at, 12, &n, &after), last <= 61 ? HF_OK : HF_MALFORMED);
	}
}

/* ---- messages ---- */

static const char good[] =
	"\x12\x34\x85\x80\x00\x01\x00\x02\x00\x01\x00\x01"
	"\3www\4test\0\0\1\0\1"
	"\xc0\x0c\0\5\0\1\0\0\0\x3c\0\4\1b\xc0\x10"
	"\xc0\x26\0\1\0\1\0\0\0\x1e\0\4\xc0\0\2\1"
	"\xc0\x10\0\6\0\1\0\0\0\x3c\0\x20\2ns\xc0\x10\4root\xc0\x10\0\0\0\1\0\0\0\2\0\0\0\3\0\0\0\4\0\0\0\5"
	"\0\0\x29\x04\xd0\1\0\x80\0\0\5\0\x0a\0\1\x99";

static hf_status read_all(struct hf_bytes msg, unsigned *ret_records)
{
	struct hf_rd in = hf_rd_over(msg);
	struct dns_question q;
	struct dns_header h;
	struct dns_name n;
	struct hf_addr a;
	struct dns_soa soa;
	struct dns_opt opt;
	struct dns_rr rr;

	dns_header_rd(&in, &h);
	if (hf_rd_ok(&in) != HF_OK)
		return hf_rd_ok(&in);
	dns_question_rd(msg, &in, &q);
	for (unsigned i = 0; i < (unsigned)h.ancount + h.nscount + h.arcount; i++) {
		dns_rr_rd(msg, &in, &rr);
		if (in.bad != HF_OK)
			break;
		switch (rr.type) {
		case DNS_TYPE_A:
			hf_rd_must(&in, dns_rdata_addr(&rr, &a) == HF_OK);
			break;
		case DNS_TYPE_SOA:
			hf_rd_must(&in, dns_rdata_soa(msg, &rr, &soa) == HF_OK);
			break;
		case DNS_TYPE_OPT:
			hf_rd_must(&in, dns_opt_parse(&rr, &opt) == HF_OK);
			break;
		default:
			hf_rd_must(&in, dns_rdata_name(msg, &rr, &n) == HF_OK);
			break;
		}
		(*ret_records)++;
	}
	return hf_rd_end(&in);
}

static void a_good_message(void **state)
{
	struct hf_bytes msg = BYTES(good);
	struct hf_rd in = hf_rd_over(msg);
	struct dns_question q;
	struct dns_header h;
	struct dns_name n;
	struct hf_addr a;
	struct dns_soa soa;
	struct dns_opt opt;
	struct dns_rr rr;
	unsigned records = 0;

	(void)state;
	dns_header_rd(&in, &h);
	assert_int_equal(h.id, 0x1234);
	assert_true(h.qr && h.aa && !h.tc && h.rd && h.ra);
	assert_int_equal(h.opcode, 0);
	assert_int_equal(h.rcode, 0);
	dns_question_rd(msg, &in, &q);
	expect_name(&q.name, "www.test");
	assert_int_equal(q.type, DNS_TYPE_A);
	assert_int_equal(q.class_, DNS_CLASS_IN);
	dns_rr_rd(msg, &in, &rr);
	assert_int_equal(rr.type, DNS_TYPE_CNAME);
	assert_int_equal(rr.ttl_s, 60);
	assert_int_equal(dns_rdata_name(msg, &rr, &n), HF_OK);
	expect_name(&n, "b.test");
	assert_int_equal(dns_rdata_addr(&rr, &a), HF_MALFORMED);
	dns_rr_rd(msg, &in, &rr);
	expect_name(&rr.name, "b.test"); /* by way of a pointer into rdata */
	assert_int_equal(dns_rdata_addr(&rr, &a), HF_OK);
	expect_addr(&a, "192.0.2.1");
	dns_rr_rd(msg, &in, &rr);
	assert_int_equal(dns_rdata_soa(msg, &rr, &soa), HF_OK);
	expect_name(&soa.mname, "ns.test");
	expect_name(&soa.rname, "root.test");
	assert_int_equal(soa.serial, 1);
	assert_int_equal(soa.minimum, 5);
	dns_rr_rd(msg, &in, &rr);
	assert_int_equal(dns_opt_parse(&rr, &opt), HF_OK);
	assert_int_equal(opt.udp_size, 1232);
	assert_int_equal(opt.rcode_high, 1);
	assert_int_equal(opt.version, 0);
	assert_true(opt.dnssec_ok);
	assert_int_equal(opt.options.len, 5);
	assert_int_equal(hf_rd_end(&in), HF_OK);
	assert_int_equal(read_all(msg, &records), HF_OK);
	assert_int_equal(records, 4);
	for (size_t cut = 0; cut < msg.len; cut++) {
		struct hf_bytes part = exact(msg.at, cut);

		records = 0;
		assert_int_not_equal(read_all(part, &records), HF_OK);
		assert_true(records < 4);
		done_with(part);
	}
}

static void rdata_of_the_wrong_size(void **state)
{
	static const struct {
		uint16_t type;
		size_t len;
		bool good;
	} rows[] = { { DNS_TYPE_A, 3, false },     { DNS_TYPE_A, 4, true },      { DNS_TYPE_A, 5, false },
		     { DNS_TYPE_A, 16, false },    { DNS_TYPE_AAAA, 15, false }, { DNS_TYPE_AAAA, 16, true },
		     { DNS_TYPE_AAAA, 17, false }, { DNS_TYPE_AAAA, 4, false },  { DNS_TYPE_TXT, 4, false },
		     { DNS_TYPE_A, 0, false } };
	static const uint8_t octets[20];
	struct dns_rr rr = { 0 };
	struct hf_addr a;

	(void)state;
	for (size_t i = 0; i < HF_ARRAY_LEN(rows); i++) {
		rr.type = rows[i].type;
		rr.rdata = (struct hf_bytes){ octets, rows[i].len };
		if (rows[i].good)
			assert_int_equal(dns_rdata_addr(&rr, &a), HF_OK);
		else
			REFUSED(HF_MALFORMED, a, dns_rdata_addr(&rr, &a));
	}
}

/* A name in rdata may refer back, but its own octets end where rdata does. */
static void names_do_not_leave_rdata(void **state)
{
	struct hf_bytes msg = BYTES(HEAD "\1a\0\1b\0");
	struct dns_rr rr = { .rdata = { msg.at + 15, 2 } };
	struct dns_name n;
	struct dns_soa soa;

	(void)state;
	REFUSED(HF_MALFORMED, n, dns_rdata_name(msg, &rr, &n));
	rr.rdata.len = 3;
	assert_int_equal(dns_rdata_name(msg, &rr, &n), HF_OK);
	expect_name(&n, "b");
	rr.rdata = (struct hf_bytes){ msg.at + 12, 6 };
	REFUSED(HF_MALFORMED, n, dns_rdata_name(msg, &rr, &n));
	rr.rdata.len = 0;
	REFUSED(HF_MALFORMED, n, dns_rdata_name(msg, &rr, &n));
	REFUSED(HF_MALFORMED, soa, dns_rdata_soa(msg, &rr, &soa));
	rr.rdata.len = 6;
	REFUSED(HF_MALFORMED, soa, dns_rdata_soa(msg, &rr, &soa));
}

static void times_to_live(void **state)
{
	(void)state;
	assert_int_equal(dns_ttl(0), 0);
	assert_int_equal(dns_ttl(1), 1);
	assert_int_equal(dns_ttl(0x7fffffff), 0x7fffffff);
	assert_int_equal(dns_ttl(0x80000000), 0);
	assert_int_equal(dns_ttl(UINT32_MAX), 0);
}

/* ---- writing ---- */

static void what_is_written_is_read(void **state)
{
	static const char *const names[] = { "www.example.org", "example.org",
					     "WWW.Example.org", "org",
					     "a.b.example.org", "." };

	(void)state;
	for (unsigned round = 0; round < ROUNDS; round++) {
		uint8_t room[600];
		struct dns_put p = dns_put_over(room, sizeof(room));
		struct dns_header h = { .id = (uint16_t)draw(),
					.qr = draw() & 1,
					.aa = draw() & 1,
					.tc = draw() & 1,
					.rd = draw() & 1,
					.ra = draw() & 1,
					.opcode = draw() & 15,
					.rcode = draw() & 15,
					.qdcount = 1,
					.ancount = 3 },
				  h2;
		struct dns_question q = { name_of(names[draw() % 6]), (uint16_t)draw(), (uint16_t)draw() }, q2;
		struct hf_addr a[3];
		struct dns_name owner[3];
		struct hf_bytes msg = { room, 0 };
		struct hf_rd in;

		dns_put_header(&p, &h);
		dns_put_question(&p, &q);
		for (unsigned i = 0; i < 3; i++) {
			owner[i] = name_of(names[draw() % 6]);
			a[i] = draw() & 1 ? draw_ip4() : draw_ip6();
			dns_put_addr(&p, &owner[i], i, &a[i]);
		}
		msg.len = written(&p.out);
		in = hf_rd_over(msg);
		dns_header_rd(&in, &h2);
		assert_true(h.id == h2.id && h.qr == h2.qr && h.aa == h2.aa && h.tc == h2.tc && h.rd == h2.rd &&
			    h.ra == h2.ra && h.opcode == h2.opcode && h.rcode == h2.rcode && h.ancount == h2.ancount);
		dns_question_rd(msg, &in, &q2);
		assert_true(dns_name_exact(&q.name, &q2.name) && q.type == q2.type && q.class_ == q2.class_);
		for (unsigned i = 0; i < 3; i++) {
			struct hf_addr back;
			struct dns_rr rr;

			dns_rr_rd(msg, &in, &rr);
			assert_true(dns_name_same(&rr.name, &owner[i]));
			assert_int_equal(rr.ttl_s, i);
			assert_int_equal(dns_rdata_addr(&rr, &back), HF_OK);
			assert_true(addr_eq(&back, &a[i]));
		}
		assert_int_equal(hf_rd_end(&in), HF_OK);
	}
}

static void names_are_compressed(void **state)
{
	static const char should[] = "\3www\7example\3org\0\xc0\x0c\1a\xc0\x10\3com\0\xc0\x23";
	static const char *const names[] = { "www.example.org", "WWW.example.org", "a.example.org", "com", "com" };
	uint8_t room[100];
	struct dns_put p = dns_put_over(room, sizeof(room));

	(void)state;
	hf_wr_fill(&p.out, 0, DNS_HEADER_BYTES);
	for (size_t i = 0; i < HF_ARRAY_LEN(names); i++) {
		struct dns_name n = name_of(names[i]);

		dns_put_name(&p, &n);
	}
	assert_int_equal(written(&p.out), 12 + sizeof(should) - 1);
	assert_memory_equal(room + 12, should, sizeof(should) - 1);
}

static void no_room(void **state)
{
	struct dns_name n = name_of("www.example.org");
	struct dns_soa soa = { name_of("ns.example.org"), name_of("root.example.org"), 1, 2, 3, 4, 5 };
	struct hf_addr a = addr_ip4_u32(1);
	struct dns_header h = { .id = 1 };
	struct dns_opt opt = { .udp_size = 512 };
	uint8_t room[200];
	size_t whole = 0, len = 0;

	(void)state;
	for (size_t size = sizeof(room) + 1; size-- > 0;) {
		uint8_t *exactly = malloc(size ? size : 1);
		struct dns_put p = dns_put_over(exactly, size);

		assert_non_null(exactly);
		dns_put_header(&p, &h);
		dns_put_addr(&p, &n, 1, &a);
		dns_put_soa(&p, &n, 1, &soa);
		dns_put_opt(&p, &opt);
		if (size == sizeof(room))
			assert_int_equal(hf_wr_end(&p.out, &whole), HF_OK);
		assert_int_equal(hf_wr_end(&p.out, &len), size >= whole ? HF_OK : HF_FULL);
		free(exactly);
	}
	assert_true(whole > 80);
}

/* However the octets come: two messages, the first of them empty, and no octet of the third. */
static void messages_behind_their_lengths(void **state)
{
	static const uint8_t stream[] = { 0, 0, 0, 3, 'a', 'b', 'c', 0, 4, 'd', 'e', 'f', 'g' };

	(void)state;
	for (size_t step = 1; step <= sizeof(stream); step++) {
		uint8_t to[2 + 3];
		size_t got = 0, wholes = 0;

		for (size_t at = 0; at < sizeof(stream) && wholes < 3; at += step) {
			struct hf_bytes in = { stream + at, hf_min_u64(step, sizeof(stream) - at) };

			while (wholes < 3 && dns_take_framed(to, 3, &got, &in)) {
				static const uint8_t should[] = { 0, 3, 'a', 'b', 'c' };

				assert_int_equal(got, wholes == 1 ? sizeof(should) : 2);
				if (wholes == 1)
					assert_memory_equal(to, should, sizeof(should));
				if (wholes == 2) { /* longer than there is room for: it is not begun, now and later */
					assert_ptr_equal(in.at, stream + 9);
					assert_true(dns_take_framed(to, 3, &got, &in));
					assert_ptr_equal(in.at, stream + 9);
				}
				got = 0;
				wholes++;
			}
			if (wholes < 3)
				assert_int_equal(in.len, 0);
		}
		assert_int_equal(wholes, 3);
	}
}

static void numbers_have_names(void **state)
{
	(void)state;
	assert_string_equal(dns_type_name(DNS_TYPE_AAAA), "AAAA");
	assert_string_equal(dns_type_name(9999), "a type");
	assert_string_equal(dns_rcode_name(DNS_NXDOMAIN), "NXDOMAIN");
	assert_string_equal(dns_rcode_name(DNS_BADVERS), "BADVERS");
	assert_string_equal(dns_rcode_name(9999), "an rcode");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_of_text),           cmocka_unit_test(bounds_of_names),
		cmocka_unit_test(text_of_odd_names),       cmocka_unit_test(comparing),
		cmocka_unit_test(reverse_names),           cmocka_unit_test(compressed_names),
		cmocka_unit_test(hostile_names),           cmocka_unit_test(pointers_upon_pointers),
		cmocka_unit_test(bounds_on_the_wire),      cmocka_unit_test(a_good_message),
		cmocka_unit_test(rdata_of_the_wrong_size), cmocka_unit_test(names_do_not_leave_rdata),
		cmocka_unit_test(times_to_live),           cmocka_unit_test(what_is_written_is_read),
		cmocka_unit_test(names_are_compressed),    cmocka_unit_test(no_room),
		cmocka_unit_test(numbers_have_names),      cmocka_unit_test(messages_behind_their_lengths),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
