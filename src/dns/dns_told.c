/* SPDX-License-Identifier: MIT */
/* What happened, as records in a ring, and the sentences that are made of them. */
#include "dns/dns_internal.h"

static const struct {
	const char *name, *rfc, *sentence;
	bool by_server;
} rows[DNS_TOLD_COUNT] = {
#define US false
#define SERVER true
#define T(name, who, rfc, sentence) [DNS_TOLD_##name] = { #name, rfc, sentence, who },
#include "dns/dns_told.def"
#undef T
#undef US
#undef SERVER
};

struct dns_told *dns_tell(struct dns *d, enum dns_told_kind kind, const struct dns_query *q, hf_time_ns now)
{
	struct dns_told *t = &d->told[d->told_count++ & (d->cfg.tell - 1)];

	*t = (struct dns_told){ .at = now, .kind = kind, .lookup = UINT32_MAX };
	if (q) {
		t->lookup = dns_waiting_for(d, q);
		t->type = q->type;
		t->id = q->id;
		t->server = d->server[q->server].at;
		dns_name_format(&q->now, t->name, sizeof(t->name));
	}
	return t;
}

struct dns_told *dns_tell_message(struct dns *d, enum dns_told_kind kind, const struct dns_query *q,
				  struct hf_bytes msg, hf_time_ns now)
{
	struct dns_told *t = dns_tell(d, kind, q, now);

	t->octets = (uint16_t)msg.len;
	t->bytes_len = (uint16_t)(msg.len < DNS_TOLD_BYTES ? msg.len : DNS_TOLD_BYTES);
	if (t->bytes_len > 0)
		memcpy(t->bytes, msg.at, t->bytes_len);
	return t;
}

bool dns_told(const struct dns *d, uint64_t *cursor, struct dns_told *ret)
{
	if (*cursor + d->cfg.tell < d->told_count)
		*cursor = d->told_count - d->cfg.tell;
	if (*cursor >= d->told_count)
		return false;
	*ret = d->told[(*cursor)++ & (d->cfg.tell - 1)];
	return true;
}

const char *dns_told_name(enum dns_told_kind k)
{
	return k < DNS_TOLD_COUNT ? rows[k].name : "";
}

const char *dns_told_rfc(enum dns_told_kind k)
{
	return k < DNS_TOLD_COUNT ? rows[k].rfc : "";
}

bool dns_told_by_server(enum dns_told_kind k)
{
	return k < DNS_TOLD_COUNT && rows[k].by_server;
}

/* ---- sentences ---- */

struct line {
	char *to;
	size_t room, len;
};

static void add_n(struct line *l, const char *s, size_t n)
{
	if (n > l->room - 1 - l->len)
		n = l->room - 1 - l->len;
	memcpy(l->to + l->len, s, n);
	l->len += n;
}

static void add(struct line *l, const char *s)
{
	add_n(l, s, strlen(s));
}

static void add_number(struct line *l, uint32_t v)
{
	char digits[10];
	size_t n = 0;

	do
		digits[sizeof(digits) - ++n] = (char)('0' + v % 10);
	while ((v /= 10) > 0);
	add_n(l, digits + sizeof(digits) - n, n);
}

static void add_server(struct line *l, const struct hf_endpoint *e)
{
	char text[HF_ADDR_TEXT];
	const bool six = !addr_is_ip4(&e->addr);

	addr_format(&e->addr, text);
	if (e->port != DNS_PORT && six)
		add(l, "[");
	add(l, text);
	if (e->port != DNS_PORT) {
		add(l, six ? "]:" : ":");
		add_number(l, e->port);
	}
}

/* The network's own words for UNREACHABLE, the rcode where a server has answered, else the reason of the lookup. */
static const char *why_of(const struct dns_told *t)
{
	static const char *const whys[DNS_WHY_COUNT] = {
		[DNS_WHY_OK] = "there is an answer",
		[DNS_WHY_NXDOMAIN] = "no such name exists",
		[DNS_WHY_NODATA] = "the name exists without an address of this kind",
		[DNS_WHY_TIMEOUT] = "no server has answered in time",
		[DNS_WHY_SERVFAIL] = "no server could find out",
		[DNS_WHY_REFUSED] = "the servers refuse to answer",
		[DNS_WHY_MALFORMED] = "what the servers answer cannot be read",
		[DNS_WHY_LOOP] = "its aliases lead nowhere",
		[DNS_WHY_NO_SERVER] = "there is no server to ask",
		[DNS_WHY_BAD_NAME] = "this cannot be the name of a host",
	};

	switch (t->kind) {
	case DNS_TOLD_RCODE:
	case DNS_TOLD_NO_EDNS:
		return dns_rcode_name(t->why);
	case DNS_TOLD_UNREACHABLE:
		return hf_status_sentence((hf_status)t->why);
	default:
		return t->why < DNS_WHY_COUNT ? whys[t->why] : "";
	}
}

static void add_field(struct line *l, const struct dns_told *t, struct hf_bytes field)
{
	if (hf_bytes_same(field, hf_bytes_of("name")))
		add(l, t->name);
	else if (hf_bytes_same(field, hf_bytes_of("target")))
		add(l, t->target);
	else if (hf_bytes_same(field, hf_bytes_of("type")))
		add(l, dns_type_name(t->type));
	else if (hf_bytes_same(field, hf_bytes_of("family")))
		add(l, t->type == DNS_TYPE_AAAA ? "IPv6" : "IPv4");
	else if (hf_bytes_same(field, hf_bytes_of("server")))
		add_server(l, &t->server);
	else if (hf_bytes_same(field, hf_bytes_of("id")))
		add_number(l, t->id);
	else if (hf_bytes_same(field, hf_bytes_of("octets")))
		add_number(l, t->octets);
	else if (hf_bytes_same(field, hf_bytes_of("x")))
		add_number(l, t->x);
	else
		add(l, why_of(t));
}

size_t dns_told_sentence(const struct dns_told *t, char *to, size_t room)
{
	struct line l = { to, room, 0 };

	HF_ASSERT(room > 0);
	for (const char *p = t->kind < DNS_TOLD_COUNT ? rows[t->kind].sentence : ""; *p;) {
		const char *end = p;

		if (*p == '{') {
			while (*end != '}')
				end++;
			add_field(&l, t, (struct hf_bytes){ (const uint8_t *)p + 1, (size_t)(end - p - 1) });
			p = end + 1;
			continue;
		}
		while (*end && *end != '{')
			end++;
		add_n(&l, p, (size_t)(end - p));
		p = end;
	}
	to[l.len] = 0;
	return l.len;
}
