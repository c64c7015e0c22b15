/* SPDX-License-Identifier: MIT */
#include "lab.h"

#include <stdio.h>

void lab_init(struct lab *lab)
{
	*lab = (struct lab){ .now = HF_S(100) };
	for (unsigned i = 0; i < sizeof(lab->cfg.entropy); i++)
		lab->cfg.entropy[i] = (uint8_t)(i * 7 + 1);
	lab->cfg.server[0].addr = addr_ip4_u32(0xc0000235); /* 192.0.2.53 */
	lab->cfg.servers = 1;
	lab->cfg.tell = 256;
}

void lab_start(struct lab *lab)
{
	const size_t n = dns_memory(&lab->cfg);

	assert_int_equal(posix_memalign(&lab->mem, 64, n), 0);
	assert_int_equal(dns_init(lab->mem, n, &lab->cfg, lab->now, &lab->dns), HF_OK);
}

void lab_end(struct lab *lab)
{
	free(lab->mem);
}

void lab_forget(struct lab *lab)
{
	lab->ladder_len = 0;
	lab->ladder[0] = 0;
}

static void write_down(struct lab *lab)
{
	char sentence[900];
	struct dns_told t;

	while (dns_told(lab->dns, &lab->cursor, &t)) {
		int n;

		size_t len = dns_told_sentence(&t, sentence, sizeof(sentence));

		assert_int_equal(len, strlen(sentence));
		assert_true(strlen(sentence) > 0 && !strchr(sentence, '{'));
		lab->kind[t.kind] = true;
		n = snprintf(lab->ladder + lab->ladder_len, LAB_LINES - lab->ladder_len, "%6llums %s: %s\n",
			     (unsigned long long)((t.at - HF_S(100)) / HF_MS(1)), dns_told_name(t.kind), sentence);
		assert_true(n > 0 && (size_t)n < LAB_LINES - lab->ladder_len);
		lab->ladder_len += (size_t)n;
	}
}

static void take_query(struct lab_socket *s, struct hf_bytes b)
{
	assert_true(b.len <= sizeof(s->query));
	memcpy(s->query, b.at, b.len);
	s->len = b.len;
	s->sent = true;
}

void lab_run(struct lab *lab)
{
	struct dns_ask ask;

	for (;;) {
		write_down(lab);
		switch (dns_next(lab->dns, &ask, lab->now)) {
		case DNS_WAITS:
			write_down(lab);
			assert_true(dns_wake_at(lab->dns) > lab->now);
			return;
		case DNS_OPEN_UDP:
			assert_false(lab->udp[ask.socket].open);
			assert_true(ask.port >= 1024);
			if (lab->ports_in_use > 0) {
				lab->ports_in_use--;
				dns_udp_error(lab->dns, ask.socket, HF_IN_USE, lab->now);
				break;
			}
			lab->udp[ask.socket] = (struct lab_socket){ .open = true, .port = ask.port, .to = ask.to };
			break;
		case DNS_SEND:
			assert_true(lab->udp[ask.socket].open);
			take_query(&lab->udp[ask.socket], ask.bytes);
			assert_true(addr_eq(&lab->udp[ask.socket].to.addr, &ask.to.addr));
			if (lab->udp_fails != HF_OK)
				dns_udp_error(lab->dns, ask.socket, lab->udp_fails, lab->now);
			break;
		case DNS_CLOSE_UDP:
			lab->udp[ask.socket].open = false;
			break;
		case DNS_CONNECT_TCP:
			assert_false(lab->tcp[ask.conn].open);
			lab->tcp[ask.conn] = (struct lab_socket){ .open = true, .to = ask.to };
			break;
		case DNS_SEND_TCP:
			assert_true(lab->tcp[ask.conn].open);
			assert_int_equal(hf_load16(ask.bytes.at), ask.bytes.len - 2);
			take_query(&lab->tcp[ask.conn], (struct hf_bytes){ ask.bytes.at + 2, ask.bytes.len - 2 });
			break;
		case DNS_CLOSE_TCP:
			assert_true(lab->tcp[ask.conn].open);
			lab->tcp[ask.conn].open = false;
			break;
		case DNS_ANSWER:
			assert_true(lab->answers < LAB_ANSWERS);
			lab->answer[lab->answers++] = *ask.answer;
			break;
		}
	}
}

void lab_run_to(struct lab *lab, hf_time_ns at)
{
	lab_run(lab);
	while (dns_wake_at(lab->dns) <= at) {
		lab->now = dns_wake_at(lab->dns);
		lab_run(lab);
	}
	lab->now = at;
}

const char *lab_kinds(struct lab *lab)
{
	static char text[4000];
	size_t len = 0;

	text[0] = 0;
	for (const char *line = lab->ladder; *line; line = strchr(line, '\n') + 1) {
		const char *kind = strstr(line, "ms ") + 3;
		size_t n = strcspn(kind, ":");

		memcpy(text + len, kind, n);
		len += n;
		text[len++] = ' ';
		text[len] = 0;
	}
	return text;
}

uint32_t lab_lookup(struct lab *lab, const char *name, unsigned families)
{
	uint32_t id = 0;

	assert_int_equal(dns_lookup(lab->dns, hf_bytes_of(name), families, lab->now, &id), HF_OK);
	lab_run(lab);
	return id;
}

static void parse_query(const struct lab_socket *s, struct dns_header *h, struct dns_question *q)
{
	struct hf_bytes msg = { s->query, s->len };
	struct hf_rd in = hf_rd_over(msg);

	dns_header_rd(&in, h);
	dns_question_rd(msg, &in, q);
	assert_int_equal(hf_rd_ok(&in), HF_OK);
}

static unsigned find(const struct lab_socket *s, size_t n, const char *name, uint16_t type)
{
	struct dns_name wanted;

	assert_int_equal(dns_name_of_text(hf_bytes_of(name), &wanted), HF_OK);
	for (unsigned i = 0; i < n; i++) {
		struct dns_question q;
		struct dns_header h;

		if (!s[i].open || !s[i].sent)
			continue;
		parse_query(&s[i], &h, &q);
		if (q.type == type && dns_name_same(&q.name, &wanted))
			return i;
	}
	fail_msg("nobody was asked for %s %s", name, dns_type_name(type));
	return 0;
}

unsigned lab_socket_of(struct lab *lab, const char *name, uint16_t type)
{
	return find(lab->udp, DNS_SOCKETS, name, type);
}

unsigned lab_conn_of(struct lab *lab, const char *name, uint16_t type)
{
	return find(lab->tcp, DNS_CONNS, name, type);
}

/* ---- answers ---- */

static struct dns_name name_of(const char *text)
{
	struct dns_name n;

	assert_int_equal(dns_name_of_text(hf_bytes_of(text), &n), HF_OK);
	return n;
}

/* The next word of a line, which ends with ";" or the text. */
static void take_word(const char **at, char *to, size_t room)
{
	size_t n;

	*at += strspn(*at, " ");
	n = strcspn(*at, " ;");
	assert_true(n < room);
	memcpy(to, *at, n);
	to[n] = 0;
	*at += n;
}

static void put_record(struct dns_put *p, struct dns_header *h, const char *line)
{
	char section[8], name[300], ttl_text[16], type[16], data[900];
	struct dns_name owner;
	unsigned long ttl;
	size_t begun;

	take_word(&line, section, sizeof(section));
	take_word(&line, name, sizeof(name));
	take_word(&line, ttl_text, sizeof(ttl_text));
	take_word(&line, type, sizeof(type));
	take_word(&line, data, sizeof(data));
	ttl = strtoul(ttl_text, NULL, 10);
	owner = name_of(name);
	if (strcmp(section, "an") == 0)
		h->ancount++;
	else if (strcmp(section, "ns") == 0)
		h->nscount++;
	else
		h->arcount++;
	if (strcmp(type, "A") == 0 || strcmp(type, "AAAA") == 0) {
		struct hf_addr a;

		assert_int_equal(addr_parse(hf_bytes_of(data), &a), HF_OK);
		dns_put_addr(p, &owner, (uint32_t)ttl, &a);
	} else if (strcmp(type, "SOA") == 0) {
		struct dns_soa soa = { .mname = name_of("ns.test"),
				       .rname = name_of("root.test"),
				       .minimum = (uint32_t)strtoul(data, NULL, 10) };

		dns_put_soa(p, &owner, (uint32_t)ttl, &soa);
	} else if (strcmp(type, "CNAME") == 0 || strcmp(type, "NS") == 0) {
		struct dns_name target = name_of(data);

		begun = dns_put_rr(p, &owner, strcmp(type, "NS") == 0 ? DNS_TYPE_NS : DNS_TYPE_CNAME, (uint32_t)ttl);
		dns_put_name(p, &target);
		dns_put_rr_end(p, begun);
	} else { /* "1:c0000201": a type and hexadecimal octets */
		const char *hex = strchr(data, ':');

		assert_non_null(hex);
		begun = dns_put_rr(p, &owner, (uint16_t)strtoul(data, NULL, 10), (uint32_t)ttl);
		for (hex++; hex[0] && hex[1]; hex += 2) {
			char two[3] = { hex[0], hex[1], 0 };

			hf_wr_u8(&p->out, (uint8_t)strtoul(two, NULL, 16));
		}
		dns_put_rr_end(p, begun);
	}
}

static bool has_word(const char *text, const char *word)
{
	const char *end = strchr(text, ';');
	const char *at = strstr(text, word);

	return at && (!end || at < end);
}

size_t lab_make(const struct lab_socket *s, const char *text, uint8_t *to, size_t room)
{
	static const struct {
		const char *name;
		uint8_t n;
	} rcodes[] = { { "FORMERR", 1 }, { "SERVFAIL", 2 }, { "NXDOMAIN", 3 }, { "NOTIMP", 4 }, { "REFUSED", 5 } };
	struct dns_put p = dns_put_over(to, room);
	struct dns_question q;
	struct dns_header h;
	size_t len = 0;

	parse_query(s, &h, &q);
	h = (struct dns_header){ .id = h.id, .qr = true, .rd = true, .ra = true, .qdcount = 1 };
	for (size_t i = 0; i < HF_ARRAY_LEN(rcodes); i++)
		if (has_word(text, rcodes[i].name))
			h.rcode = rcodes[i].n;
	h.aa = has_word(text, "aa");
	h.tc = has_word(text, "tc");
	if (has_word(text, "small"))
		dns_name_lower(&q.name);
	if (has_word(text, "noquestion"))
		h.qdcount = 0;
	dns_put_header(&p, &h);
	if (h.qdcount)
		dns_put_question(&p, &q);
	for (const char *line = strchr(text, ';'); line; line = strchr(line + 1, ';'))
		put_record(&p, &h, line + 1);
	if (has_word(text, "opt") || has_word(text, "badvers")) {
		struct dns_opt opt = { .udp_size = 1232, .rcode_high = has_word(text, "badvers") ? 1 : 0 };

		dns_put_opt(&p, &opt);
		h.arcount++;
	}
	assert_int_equal(hf_wr_end(&p.out, &len), HF_OK);
	hf_wr_patch_u16(&p.out, 6, h.ancount);
	hf_wr_patch_u16(&p.out, 8, h.nscount);
	hf_wr_patch_u16(&p.out, 10, h.arcount);
	return len;
}

static void feed(struct lab *lab, unsigned socket, const struct hf_endpoint *from, const uint8_t *b, size_t n)
{
	uint8_t *copy = malloc(n ? n : 1); /* of its own size, for the address checker */

	assert_non_null(copy);
	memcpy(copy, b, n);
	dns_feed_udp(lab->dns, socket, from, (struct hf_bytes){ copy, n }, lab->now);
	free(copy);
	lab_run(lab);
}

static uint8_t message[2 + 65535];

void lab_reply(struct lab *lab, const char *name, uint16_t type, const char *text)
{
	lab_reply_bent(lab, name, type, text, 0, 0);
}

void lab_reply_bent(struct lab *lab, const char *name, uint16_t type, const char *text, size_t at, uint8_t flip)
{
	const unsigned s = lab_socket_of(lab, name, type);
	const size_t n = lab_make(&lab->udp[s], text, message, sizeof(message));

	assert_true(at < n);
	message[at] ^= flip;
	feed(lab, s, &lab->udp[s].to, message, n);
}

void lab_reply_from(struct lab *lab, const char *name, uint16_t type, const char *text, const char *from, uint16_t port)
{
	const unsigned s = lab_socket_of(lab, name, type);
	const size_t n = lab_make(&lab->udp[s], text, message, sizeof(message));
	struct hf_endpoint e = { .port = port };

	assert_int_equal(addr_parse(hf_bytes_of(from), &e.addr), HF_OK);
	feed(lab, s, &e, message, n);
}

void lab_reply_tcp(struct lab *lab, const char *name, uint16_t type, const char *text, size_t step)
{
	const unsigned c = lab_conn_of(lab, name, type);
	const size_t n = lab_make(&lab->tcp[c], text, message + 2, sizeof(message) - 2);

	hf_store16(message, (uint16_t)n);
	for (size_t at = 0; at < n + 2; at += step) {
		dns_tcp_feed(lab->dns, c, (struct hf_bytes){ message + at, n + 2 - at < step ? n + 2 - at : step },
			     lab->now);
		lab_run(lab);
	}
}

const char *lab_answer(struct lab *lab, unsigned n)
{
	static char text[2000];
	const struct dns_answer *a = &lab->answer[n];
	size_t len;

	assert_true(n < lab->answers);
	len = (size_t)snprintf(text, sizeof(text), "%s %s:", a->family == DNS_A ? "A" : "AAAA", a->name);
	if (a->why != DNS_WHY_OK)
		len += (size_t)snprintf(text + len, sizeof(text) - len, " %s", dns_why_code(a->why) + strlen("E-DNS-"));
	for (unsigned i = 0; i < a->addrs; i++) {
		char addr[HF_ADDR_TEXT];

		addr_format(&a->addr[i], addr);
		len += (size_t)snprintf(text + len, sizeof(text) - len, " %s", addr);
	}
	snprintf(text + len, sizeof(text) - len, ", %u s, %s%s", a->ttl_s, dns_source_name(a->source),
		 a->last ? ", last" : "");
	return text;
}
