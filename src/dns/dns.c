/* SPDX-License-Identifier: MIT */
/*
 * A lookup goes from the cheap to the dear: what the user gave, the hosts file, names with a meaning of their own, the
 * cache, and only then a server. For a name without a dot at its end there are several to try, one after another (the search
 * list of resolv.conf(5)). Both families walk together: the first name that has an address of either is the one, so that
 * the two answers are about the same host. An answer "there is none" is held back while the other family may still say
 * that another name is to be tried, and no longer: who connects must not wait for the slower half (RFC 8305 3).
 */
#include "dns/dns_internal.h"

#define TIMEOUT HF_S(5)
#define ATTEMPTS 2u
#define ATTEMPTS_MAX 100u
#define EDNS_SIZE 1232u
#define EDNS_SIZE_MIN 512u /* RFC 6891 6.2.3 */
#define CACHE 256u
#define CACHE_MAX 65536u
#define TELL 64u
#define LOOKUP_BITS 6u

_Static_assert(DNS_LOOKUPS == 1u << LOOKUP_BITS, "an id has a lookup's place in its low bits");

static const uint16_t types[2] = { DNS_TYPE_A, DNS_TYPE_AAAA };

const char *dns_why_code(enum dns_why w)
{
	static const char *const codes[DNS_WHY_COUNT] = {
		[DNS_WHY_OK] = "",
		[DNS_WHY_NXDOMAIN] = "E-DNS-NXDOMAIN",
		[DNS_WHY_NODATA] = "E-DNS-NODATA",
		[DNS_WHY_TIMEOUT] = "E-DNS-TIMEOUT",
		[DNS_WHY_SERVFAIL] = "E-DNS-SERVFAIL",
		[DNS_WHY_REFUSED] = "E-DNS-REFUSED",
		[DNS_WHY_MALFORMED] = "E-DNS-MALFORMED",
		[DNS_WHY_LOOP] = "E-DNS-LOOP",
		[DNS_WHY_NO_SERVER] = "E-DNS-NO-SERVER",
		[DNS_WHY_BAD_NAME] = "E-DNS-BAD-NAME",
	};

	return w < DNS_WHY_COUNT ? codes[w] : "";
}

const char *dns_source_name(enum dns_source s)
{
	static const char *const names[DNS_SOURCE_COUNT] = {
		[DNS_FROM_SERVER] = "server",   [DNS_FROM_CACHE] = "cache",  [DNS_FROM_HOSTS] = "hosts",
		[DNS_FROM_FIXED] = "--resolve", [DNS_FROM_TEXT] = "address", [DNS_FROM_RULE] = "rule",
	};

	return s < DNS_SOURCE_COUNT ? names[s] : "";
}

/* ---- making one ---- */

static void fill_defaults(struct dns_config *c)
{
	c->timeout = c->timeout ? c->timeout : TIMEOUT;
	c->attempts = c->attempts ? c->attempts : ATTEMPTS;
	c->ndots = c->ndots == DNS_NDOTS_0 ? 0 : c->ndots ? c->ndots : 1;
	c->edns_size = c->edns_size ? c->edns_size : EDNS_SIZE;
	c->cache = c->no_cache ? 0 : c->cache ? c->cache : CACHE;
	c->tell = c->tell ? c->tell : TELL;
	for (unsigned i = 0; i < c->servers && i < DNS_SERVERS; i++)
		c->server[i].port = c->server[i].port ? c->server[i].port : DNS_PORT;
}

static struct dns *lay_out(struct hf_arena *a, const struct dns_config *c)
{
	struct dns *d = hf_arena_take(a, 1, sizeof(*d));
	struct dns_one_lookup *lookup = hf_arena_take(a, DNS_LOOKUPS, sizeof(*lookup));
	struct dns_query *query = hf_arena_take(a, DNS_SOCKETS, sizeof(*query));
	struct dns_entry *cache = hf_arena_take(a, c->cache, sizeof(*cache));
	struct dns_told *told = hf_arena_take(a, c->tell, sizeof(*told));

	for (unsigned i = 0; i < DNS_CONNS; i++) {
		uint8_t *octets = hf_arena_take_raw(a, 1, 2 + DNS_MESSAGE_MAX);

		if (d)
			d->conn[i].octets = octets;
	}
	if (d) {
		d->lookup = lookup;
		d->query = query;
		d->cache = cache;
		d->told = told;
	}
	return d;
}

bool dns_can_be_asked(const struct hf_addr *server)
{
	return !addr_is_unspecified(server) && !addr_is_multicast(server);
}

static bool is_sound(const struct dns_config *c)
{
	if (c->servers > DNS_SERVERS || c->searches > DNS_SEARCHES || c->attempts > ATTEMPTS_MAX ||
	    c->edns_size < EDNS_SIZE_MIN || c->cache > CACHE_MAX || c->tell == 0 || (c->tell & (c->tell - 1)) != 0)
		return false;
	for (unsigned i = 0; i < c->servers; i++)
		if (!dns_can_be_asked(&c->server[i].addr))
			return false;
	return true;
}

size_t dns_memory(const struct dns_config *cfg)
{
	struct hf_arena a = hf_arena_count();
	struct dns_config c = *cfg;

	fill_defaults(&c);
	(void)lay_out(&a, &c);
	return a.used;
}

hf_status dns_init(void *mem, size_t n, const struct dns_config *cfg, hf_time_ns now, struct dns **ret)
{
	struct hf_arena a = hf_arena_over(mem, n);
	struct dns_name search[DNS_SEARCHES];
	struct dns_config c = *cfg;
	struct dns *d;

	(void)now;
	fill_defaults(&c);
	if (!is_sound(&c))
		return HF_INVALID;
	for (unsigned i = 0; i < c.searches; i++) {
		if (dns_name_of_text(hf_bytes_of(c.search[i]), &search[i]) != HF_OK)
			return HF_INVALID;
		dns_name_lower(&search[i]);
	}
	d = lay_out(&a, &c);
	if (!d || hf_arena_end(&a) != HF_OK)
		return HF_FULL;
	d->cfg = c;
	for (unsigned i = 0; i < c.servers; i++)
		d->server[i].at = c.server[i];
	memcpy(d->search, search, c.searches * sizeof(search[0]));
	hf_rng_init(&d->rng, c.entropy);
	d->key = hf_sipkey_from(c.entropy + 16);
	memset(d->cfg.entropy, 0, sizeof(d->cfg.entropy));
	*ret = d;
	return HF_OK;
}

/* ---- who waits ---- */

static uint32_t id_of(const struct dns *d, const struct dns_one_lookup *l)
{
	return l->birth << LOOKUP_BITS | (uint32_t)(l - d->lookup);
}

uint32_t dns_waiting_for(const struct dns *d, const struct dns_query *q)
{
	const uint32_t n = dns_query_number(d, q);

	for (uint32_t i = 0; i < DNS_LOOKUPS; i++)
		for (unsigned f = 0; d->lookup[i].taken && f < 2; f++)
			if (d->lookup[i].side[f].state == DNS_SIDE_ASKING && d->lookup[i].side[f].query == n)
				return id_of(d, &d->lookup[i]);
	return UINT32_MAX;
}

bool dns_query_wanted(const struct dns *d, uint32_t n)
{
	return dns_waiting_for(d, &d->query[n]) != UINT32_MAX;
}

/* ---- a side's answer ---- */

static struct dns_told *tell_lookup(struct dns *d, enum dns_told_kind kind, const struct dns_one_lookup *l, hf_time_ns now)
{
	struct dns_told *t = dns_tell(d, kind, NULL, now);

	t->lookup = id_of(d, l);
	if (l->name.len > 0)
		dns_name_format(&l->name, t->name, sizeof(t->name));
	else
		memcpy(t->name, l->text, sizeof(t->name));
	return t;
}

static bool is_negative(enum dns_why w)
{
	return w == DNS_WHY_NXDOMAIN || w == DNS_WHY_NODATA;
}

/* What came of the present name for one family. */
static void know(struct dns_one_lookup *l, unsigned family, const struct dns_finding *f, enum dns_source source,
		 hf_time_ns now)
{
	struct dns_side *s = &l->side[family];
	struct dns_answer *a = &s->answer;

	s->state = DNS_SIDE_KNOWN;
	s->nodata |= f->why == DNS_WHY_NODATA;
	*a = (struct dns_answer){ .family = 1u << family,
				  .why = f->why,
				  .source = source,
				  .addrs = f->addrs,
				  .ttl_s = f->ttl_s,
				  .server = f->server,
				  .rcode = f->rcode,
				  .net = f->net,
				  .tries = f->tries,
				  .tcp = f->tcp,
				  .state = f->state && source == DNS_FROM_SERVER ? f->state : "",
				  .begin = l->begin,
				  .end = now };
	memcpy(a->addr, f->addr, sizeof(a->addr));
	memcpy(a->name, l->text, sizeof(a->name));
	if (f->why == DNS_WHY_OK && !dns_name_exact(&l->name, &l->given))
		dns_name_format(&l->name, a->name, sizeof(a->name));
	memcpy(a->canonical, a->name, sizeof(a->canonical));
	if (f->canonical.len > 0)
		dns_name_format(&f->canonical, a->canonical, sizeof(a->canonical));
}

static void make_ready(struct dns *d, struct dns_one_lookup *l)
{
	for (unsigned f = 0; f < 2; f++) {
		struct dns_side *s = &l->side[f];

		if (s->state != DNS_SIDE_KNOWN)
			continue;
		/* That it exists under one name of the search list outweighs that it does not under another. */
		if (s->answer.why == DNS_WHY_NXDOMAIN && s->nodata)
			s->answer.why = DNS_WHY_NODATA;
		s->state = DNS_SIDE_READY;
		s->turn = ++d->turn;
	}
}

void dns_finding_add(struct dns_finding *f, const struct hf_addr *addr)
{
	for (unsigned i = 0; i < f->addrs; i++)
		if (addr_eq(&f->addr[i], addr))
			return;
	if (f->addrs < DNS_ADDRS)
		f->addr[f->addrs++] = *addr;
}

/* ---- without a server ---- */

static void settle_here(struct dns *d, struct dns_one_lookup *l, const struct dns_finding found[2],
			enum dns_source source, hf_time_ns now)
{
	for (unsigned f = 0; f < 2; f++)
		if (l->side[f].state == DNS_SIDE_ASKING)
			know(l, f, &found[f], source, now);
	l->settled = true;
	make_ready(d, l);
}

static void settle_why(struct dns *d, struct dns_one_lookup *l, enum dns_told_kind kind, enum dns_why why, hf_time_ns now)
{
	const struct dns_finding f = { .why = why, .rcode = why == DNS_WHY_NXDOMAIN ? DNS_NXDOMAIN : 0 };

	tell_lookup(d, kind, l, now);
	settle_here(d, l, (const struct dns_finding[2]){ f, f }, DNS_FROM_RULE, now);
}

static void add_addr(struct dns_finding found[2], const struct hf_addr *addr)
{
	struct dns_finding *f = &found[addr_is_ip4(addr) ? 0 : 1];

	dns_finding_add(f, addr);
	f->why = DNS_WHY_OK;
}

static bool settle_text(struct dns *d, struct dns_one_lookup *l, struct hf_bytes name, hf_time_ns now)
{
	struct dns_finding found[2] = { { .why = DNS_WHY_NODATA }, { .why = DNS_WHY_NODATA } };
	struct hf_addr addr;

	if (addr_parse(name, &addr) != HF_OK)
		return false;
	add_addr(found, &addr);
	tell_lookup(d, DNS_TOLD_TEXT, l, now);
	settle_here(d, l, found, DNS_FROM_TEXT, now);
	return true;
}

/* hosts(5): a name that stands there is known, in both families. */
static bool settle_from(struct dns *d, struct dns_one_lookup *l, const struct dns_host *host, size_t n,
			enum dns_source source, hf_time_ns now)
{
	struct dns_finding found[2] = { { .why = DNS_WHY_NODATA }, { .why = DNS_WHY_NODATA } };
	bool any = false;

	for (size_t i = 0; i < n; i++) {
		struct dns_name name;

		if (dns_name_of_text(host[i].name, &name) != HF_OK || !dns_name_same(&name, &l->given))
			continue;
		add_addr(found, &host[i].addr);
		if (!any && dns_name_of_text(host[i].canonical, &found[0].canonical) == HF_OK)
			found[1].canonical = found[0].canonical;
		any = true;
	}
	if (!any)
		return false;
	tell_lookup(d, source == DNS_FROM_FIXED ? DNS_TOLD_FIXED : DNS_TOLD_HOSTS, l, now);
	settle_here(d, l, found, source, now);
	return true;
}

static bool ends_in(const struct dns_name *n, const char *domain)
{
	struct dns_name zone;

	return dns_name_of_text(hf_bytes_of(domain), &zone) == HF_OK && dns_name_at_or_below(n, &zone);
}

static bool settle_by_rule(struct dns *d, struct dns_one_lookup *l, hf_time_ns now)
{
	struct dns_finding found[2] = { { .why = DNS_WHY_NODATA }, { .why = DNS_WHY_NODATA } };

	if (ends_in(&l->given, "localhost")) { /* RFC 6761 6.3 */
		add_addr(found, &(struct hf_addr){ { [10] = 0xff, [11] = 0xff, [12] = 127, [15] = 1 } });
		add_addr(found, &(struct hf_addr){ { [15] = 1 } });
		tell_lookup(d, DNS_TOLD_RULE, l, now);
		settle_here(d, l, found, DNS_FROM_RULE, now);
		return true;
	}
	/* RFC 6761 6.4, RFC 7686 2: no server knows them, and none should learn that somebody asked */
	if (ends_in(&l->given, "invalid") || ends_in(&l->given, "onion")) {
		settle_why(d, l, DNS_TOLD_RULE, DNS_WHY_NXDOMAIN, now);
		return true;
	}
	return false;
}

/* ---- the search list ---- */

/* The name to try at this place of the order; false: there is none. One that would be too long is passed over by its caller. */
static bool candidate(const struct dns *d, const struct dns_one_lookup *l, unsigned n, struct dns_name *ret,
		      bool *ret_too_long)
{
	const bool first = dns_name_labels(&l->given) > d->cfg.ndots;
	const unsigned as_it_is = l->absolute || first ? 0 : d->cfg.searches;

	*ret_too_long = false;
	if (n > (l->absolute ? 0 : d->cfg.searches))
		return false;
	if (n == as_it_is)
		*ret = l->given;
	else
		*ret_too_long = dns_name_join(&l->given, &d->search[first ? n - 1 : n], ret) != HF_OK;
	return true;
}

static bool next_candidate(const struct dns *d, struct dns_one_lookup *l, unsigned from)
{
	bool too_long;

	for (unsigned n = from; candidate(d, l, n, &l->name, &too_long); n++) {
		if (!too_long) {
			l->candidate = n;
			return true;
		}
	}
	return false;
}

static bool is_last(const struct dns *d, const struct dns_one_lookup *l)
{
	struct dns_one_lookup other = { .given = l->given, .absolute = l->absolute };

	return !next_candidate(d, &other, l->candidate + 1);
}

static void ask(struct dns *d, struct dns_one_lookup *l, unsigned family, hf_time_ns now)
{
	struct dns_side *s = &l->side[family];
	const struct dns_finding *f;
	uint32_t left_s = 0;

	f = dns_cache_find(d, &l->name, types[family], now, &left_s);
	if (f) {
		struct dns_told *t = tell_lookup(d, is_negative(f->why) ? DNS_TOLD_CACHE_NEGATIVE : DNS_TOLD_CACHE, l, now);

		t->type = types[family];
		t->x = left_s;
		know(l, family, f, DNS_FROM_CACHE, now);
		s->answer.ttl_s = left_s;
		s->answer.tries = 0;
		return;
	}
	s->state = DNS_SIDE_ASKING;
	s->query = HF_NONE; /* nobody's until it is known which */
	s->query = dns_query_begin(d, &l->name, types[family], l->first, now);
}

/* True: this name is the one, or the last; what is known of it may be told. */
static bool may_settle(const struct dns *d, const struct dns_one_lookup *l)
{
	for (unsigned f = 0; f < 2; f++)
		if (l->side[f].state == DNS_SIDE_KNOWN && !is_negative(l->side[f].answer.why))
			return true;
	return is_last(d, l);
}

static bool is_asking(const struct dns_one_lookup *l)
{
	return l->side[0].state == DNS_SIDE_ASKING || l->side[1].state == DNS_SIDE_ASKING;
}

static void walk(struct dns *d, struct dns_one_lookup *l, hf_time_ns now)
{
	for (;;) {
		if (!l->settled)
			l->settled = may_settle(d, l);
		if (l->settled) {
			make_ready(d, l);
			return;
		}
		if (is_asking(l))
			return;
		/* Neither has any, and this name was not the last. */
		if (!next_candidate(d, l, l->candidate + 1))
			return;
		tell_lookup(d, DNS_TOLD_SEARCH, l, now);
		for (unsigned f = 0; f < 2; f++)
			if (l->side[f].state != DNS_SIDE_NOT_ASKED)
				ask(d, l, f, now);
	}
}

void dns_query_ended(struct dns *d, struct dns_query *q, hf_time_ns now)
{
	const struct dns_finding found = q->found; /* its place may be taken again before all are told */
	const uint32_t n = dns_query_number(d, q);
	bool waited[DNS_LOOKUPS] = { false };

	dns_cache_keep(d, q, now);
	for (uint32_t i = 0; i < DNS_LOOKUPS; i++) {
		struct dns_one_lookup *l = &d->lookup[i];

		for (unsigned f = 0; l->taken && f < 2; f++) {
			if (l->side[f].state != DNS_SIDE_ASKING || l->side[f].query != n)
				continue;
			know(l, f, &found, DNS_FROM_SERVER, now);
			waited[i] = true;
		}
	}
	for (uint32_t i = 0; i < DNS_LOOKUPS; i++)
		if (waited[i])
			walk(d, &d->lookup[i], now);
}

/* ---- what users do ---- */

/* RFC 952, RFC 1123 2.1; and the underscore, which real hosts have. */
static bool is_host_name(const struct dns_name *n)
{
	if (n->len <= 1)
		return false;
	for (size_t at = 0; n->b[at] != 0; at += 1u + n->b[at]) {
		for (size_t i = 1; i <= n->b[at]; i++) {
			const uint8_t c = n->b[at + i];

			if ((c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' && c != '_')
				return false;
		}
	}
	return true;
}

/* For the sentences about it: as much as there is room for, without what could do harm to a terminal. */
static void keep_text(struct dns_one_lookup *l, struct hf_bytes name)
{
	size_t n = name.len < DNS_TEXT - 1 ? name.len : DNS_TEXT - 1;

	for (size_t i = 0; i < n; i++)
		l->text[i] = name.at[i] > ' ' && name.at[i] < 0x7f ? (char)name.at[i] : '?';
	if (n > 1 && l->text[n - 1] == '.')
		n--;
	l->text[n] = 0;
}

static void begin(struct dns *d, struct dns_one_lookup *l, struct hf_bytes name, hf_time_ns now)
{
	keep_text(l, name);
	if (settle_text(d, l, name, now))
		return;
	l->absolute = name.len > 0 && name.at[name.len - 1] == '.';
	if (dns_name_of_text(name, &l->given) == HF_OK)
		dns_name_lower(&l->given);
	if (!is_host_name(&l->given)) { /* nor is one that could not be read */
		settle_why(d, l, DNS_TOLD_BAD_NAME, DNS_WHY_BAD_NAME, now);
		return;
	}
	tell_lookup(d, DNS_TOLD_LOOKUP, l, now);
	l->name = l->given;
	if (settle_from(d, l, d->cfg.fixed, d->cfg.fixed_count, DNS_FROM_FIXED, now) ||
	    settle_from(d, l, d->cfg.hosts, d->cfg.hosts_count, DNS_FROM_HOSTS, now) || settle_by_rule(d, l, now))
		return;
	if (d->cfg.servers == 0) {
		settle_why(d, l, DNS_TOLD_NO_SERVER, DNS_WHY_NO_SERVER, now);
		return;
	}
	l->first = d->cfg.rotate ? d->turn_server++ % d->cfg.servers : 0;
	if (!next_candidate(d, l, 0)) /* the name itself is always one */
		return;
	for (unsigned f = 0; f < 2; f++)
		if (l->side[f].state != DNS_SIDE_NOT_ASKED)
			ask(d, l, f, now);
	walk(d, l, now);
}

hf_status dns_lookup(struct dns *d, struct hf_bytes name, unsigned families, hf_time_ns now, uint32_t *ret_id)
{
	if ((families & ~(DNS_A | DNS_AAAA)) != 0 || families == 0)
		return HF_INVALID;
	for (uint32_t i = 0; i < DNS_LOOKUPS; i++) {
		struct dns_one_lookup *l = &d->lookup[i];

		if (l->taken)
			continue;
		*l = (struct dns_one_lookup){ .taken = true, .birth = d->birth++, .begin = now };
		for (unsigned f = 0; f < 2; f++) {
			l->side[f].state = families & 1u << f ? DNS_SIDE_ASKING : DNS_SIDE_NOT_ASKED;
			l->side[f].query = HF_NONE;
		}
		*ret_id = id_of(d, l);
		begin(d, l, name, now);
		return HF_OK;
	}
	return HF_FULL;
}

void dns_cancel(struct dns *d, uint32_t id, hf_time_ns now)
{
	struct dns_one_lookup *l = &d->lookup[id & (DNS_LOOKUPS - 1)];
	uint32_t query[2];

	if (!l->taken || id_of(d, l) != id)
		return;
	l->taken = false;
	for (unsigned f = 0; f < 2; f++) {
		query[f] = l->side[f].state == DNS_SIDE_ASKING ? l->side[f].query : HF_NONE;
		if (query[f] != HF_NONE)
			dns_query_cancel(d, query[f], now);
	}
}

/* ---- what it wants ---- */

static struct dns_side *next_ready(const struct dns *d, struct dns_one_lookup **ret_lookup)
{
	struct dns_side *next = NULL;

	for (uint32_t i = 0; i < DNS_LOOKUPS; i++) {
		struct dns_one_lookup *l = &d->lookup[i];

		for (unsigned f = 0; l->taken && f < 2; f++) {
			if (l->side[f].state != DNS_SIDE_READY || (next && next->turn < l->side[f].turn))
				continue;
			next = &l->side[f];
			*ret_lookup = l;
		}
	}
	return next;
}

static bool is_over(const struct dns_one_lookup *l)
{
	for (unsigned f = 0; f < 2; f++)
		if (l->side[f].state != DNS_SIDE_NOT_ASKED && l->side[f].state != DNS_SIDE_TOLD)
			return false;
	return true;
}

enum dns_does dns_next(struct dns *d, struct dns_ask *ret, hf_time_ns now)
{
	struct dns_one_lookup *l = NULL;
	struct dns_side *s;

	*ret = (struct dns_ask){ .what = DNS_WAITS };
	ret->what = dns_query_next(d, ret, now);
	if (ret->what != DNS_WAITS)
		return ret->what;
	s = next_ready(d, &l);
	if (!s)
		return DNS_WAITS;
	s->state = DNS_SIDE_TOLD;
	d->out = s->answer;
	d->out.id = id_of(d, l);
	d->out.last = is_over(l);
	l->taken = !d->out.last;
	ret->answer = &d->out;
	return ret->what = DNS_ANSWER;
}

hf_time_ns dns_wake_at(const struct dns *d)
{
	struct dns_one_lookup *l;

	return next_ready(d, &l) ? 0 : dns_query_wake_at(d);
}
