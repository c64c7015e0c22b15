/* SPDX-License-Identifier: MIT */
#include "drivers/net_spec.h"
#include "base/ascii.h"

#include "base/bits.h"
#include "wire/addr.h"

#include <stdio.h>
#include <string.h>

/*
 * The grammar of --net:  KIND:NAME[,KEY=VALUE]...   or   sim[,KEY=VALUE]...
 *
 * Each key is a row that names its reader and the kinds of network that have it. A reader looks at one value and says what is wrong with it in a few words;
 * the sentence around them, which quotes the piece of the option at fault, is made in one place.
 */

struct piece {
	const char *at;
	size_t len;
};

struct option {
	const char *key;
	const char *(*read)(struct net_spec *s, struct piece value); /* NULL: good */
	bool many;
	enum { DEVICES, SIM, BOTH } of;
};

static const char *read_addr(struct net_spec *s, struct piece v);
static const char *read_gw(struct net_spec *s, struct piece v);
static const char *read_mtu(struct net_spec *s, struct piece v);
static const char *read_mac(struct net_spec *s, struct piece v);
static const char *read_queues(struct net_spec *s, struct piece v);
static const char *read_offload(struct net_spec *s, struct piece v);
static const char *read_dad(struct net_spec *s, struct piece v);
static const char *read_rtt(struct net_spec *s, struct piece v);
static const char *read_loss(struct net_spec *s, struct piece v);
static const char *read_rate(struct net_spec *s, struct piece v);
static const char *read_seed(struct net_spec *s, struct piece v);
static const char *read_dir(struct net_spec *s, struct piece v);
static const char *read_port(struct net_spec *s, struct piece v);
static const char *read_clients(struct net_spec *s, struct piece v);
static const char *read_get(struct net_spec *s, struct piece v);
static const char *read_names(struct net_spec *s, struct piece v);

static const struct option options[] = {
	{ "addr", read_addr, true, DEVICES },
	{ "addr6", read_addr, true, DEVICES },
	{ "gw", read_gw, true, DEVICES }, /* once a family, which read_gw() sees to */
	{ "gw6", read_gw, true, DEVICES },
	{ "mtu", read_mtu, false, DEVICES },
	{ "mac", read_mac, false, DEVICES },
	{ "queues", read_queues, false, DEVICES },
	{ "offload", read_offload, false, DEVICES },
	{ "dad", read_dad, false, DEVICES },
	{ "dir", read_dir, false, SIM },
	{ "port", read_port, false, SIM },
	{ "clients", read_clients, false, SIM },
	{ "get", read_get, false, SIM },
	{ "names", read_names, false, SIM },
	{ "rtt", read_rtt, false, BOTH },
	{ "loss", read_loss, false, BOTH },
	{ "rate", read_rate, false, BOTH },
	{ "seed", read_seed, false, BOTH },
};

/* A reader says this for what is valid but not built; the status follows from it. */
static const char only_one_queue[] = "only one queue is supported so far";

static hf_status read_kind(struct piece *rest, struct net_spec *s, char *why, size_t room);
static hf_status read_option(struct piece p, struct net_spec *s, uint32_t *seen, char *why, size_t room);
static hf_status check_whole(struct net_spec *s, const char *text, char *why, size_t room);

static bool is_word(struct piece p, const char *word)
{
	return p.len == strlen(word) && memcmp(p.at, word, p.len) == 0;
}

/* Takes what stands before `mark` (or all of it) off the front of *rest. */
static struct piece cut(struct piece *rest, char mark)
{
	const char *m = memchr(rest->at, mark, rest->len);
	struct piece p = { rest->at, m ? (size_t)(m - rest->at) : rest->len };
	size_t gone = p.len + (m ? 1 : 0);

	rest->at += gone;
	rest->len -= gone;
	return p;
}

static hf_status say(hf_status st, char *why, size_t room, struct piece p, const char *what)
{
	char quoted[81];
	size_t n = p.len < sizeof(quoted) - 1 ? p.len : sizeof(quoted) - 1;

	for (size_t i = 0; i < n; i++)
		quoted[i] = (p.at[i] >= 32 && p.at[i] < 127) ? p.at[i] : '?';
	quoted[n] = 0;
	snprintf(why, room, "--net: \"%s\": %s", quoted, what);
	return st;
}

hf_status net_spec_parse(const char *text, struct net_spec *ret, char *why, size_t why_room)
{
	struct piece rest = { text, strlen(text) };
	struct net_spec s = { 0 };
	uint32_t seen = 0;

	HF_TRY(read_kind(&rest, &s, why, why_room));
	while (rest.len)
		HF_TRY(read_option(cut(&rest, ','), &s, &seen, why, why_room));
	HF_TRY(check_whole(&s, text, why, why_room));
	*ret = s;
	return HF_OK;
}

bool net_wishes_any(const struct hf_net_wishes *w)
{
	return w->rtt || w->loss_ppm || w->rate_bps;
}

static bool name_is_good(struct piece p)
{
	if (p.len == 0 || p.len >= NET_NAME || p.at[0] == '.')
		return false;
	for (size_t i = 0; i < p.len; i++)
		if (p.at[i] <= 32 || p.at[i] >= 127 || strchr("/:%", p.at[i]))
			return false;
	return true;
}

static hf_status read_kind(struct piece *rest, struct net_spec *s, char *why, size_t room)
{
	static const struct {
		const char *word;
		enum hf_net_kind kind;
	} kinds[] = {
		{ "tun", HF_NET_TUN },
		{ "tap", HF_NET_TAP },
		{ "packet", HF_NET_PACKET },
	};
	struct piece head = cut(rest, ','), whole = head;
	struct piece kind = cut(&head, ':');

	if (is_word(kind, "sim")) {
		if (kind.len != whole.len)
			return say(HF_USAGE, why, room, whole,
				   "a simulated network has no name: what is to be told of it follows a comma");
		s->kind = HF_NET_SIM;
		s->wishes = (struct hf_net_wishes){
			.rtt = NET_SIM_RTT, .rate_bps = NET_SIM_RATE_BPS, .seed = NET_SIM_SEED, .has_seed = true
		};
		return HF_OK;
	}
	if (is_word(kind, "host") || is_word(kind, "xdp"))
		return say(HF_UNSUPPORTED, why, room, whole, "not supported so far; there are sim, tun:, tap: and packet:");
	for (size_t i = 0; i < HF_ARRAY_LEN(kinds); i++) {
		if (!is_word(kind, kinds[i].word))
			continue;
		if (!name_is_good(head))
			return say(HF_USAGE, why, room, whole,
				   "wants the name of an interface, of at most 15 characters, behind the colon");
		s->kind = kinds[i].kind;
		snprintf(s->name, sizeof(s->name), "%.*s", (int)head.len, head.at);
		return HF_OK;
	}
	return say(HF_USAGE, why, room, whole, "no such kind of network; there are sim, tun:, tap: and packet:");
}

static hf_status read_option(struct piece p, struct net_spec *s, uint32_t *seen, char *why, size_t room)
{
	struct piece value = p;
	struct piece key = cut(&value, '=');
	const char *bad;

	for (size_t i = 0; i < HF_ARRAY_LEN(options); i++) {
		if (!is_word(key, options[i].key) || options[i].of == (s->kind == HF_NET_SIM ? DEVICES : SIM))
			continue;
		if (key.len == p.len || value.len == 0)
			return say(HF_USAGE, why, room, p, "wants a value behind the =");
		if (!options[i].many && (*seen & (1u << i)))
			return say(HF_USAGE, why, room, p, "given twice");
		*seen |= 1u << i;
		bad = options[i].read(s, value);
		if (bad == only_one_queue)
			return say(HF_UNSUPPORTED, why, room, p, bad);
		return bad ? say(HF_USAGE, why, room, p, bad) : HF_OK;
	}
	if (s->kind == HF_NET_SIM)
		return say(HF_USAGE, why, room, p,
			   "no such option of sim; there are dir (get, page), port (get), names (page), clients get (serve), rtt loss rate seed");
	return say(HF_USAGE, why, room, p,
		   "no such option; there are addr gw addr6 gw6 mtu mac queues offload dad rtt loss rate seed");
}

/* ---- what only the whole option can tell ---- */

/* RFC 1122 3.2.1.3: host bits all one are the broadcast, all zero its old form; a link of two has neither (RFC 3021). */
static bool is_whole_network(const struct hf_addr *a, unsigned prefix_len)
{
	uint32_t host_bits;

	if (!addr_is_ip4(a) || prefix_len >= 31)
		return false;
	host_bits = UINT32_MAX >> prefix_len;
	return (addr_ip4_value(a) & host_bits) == 0 || (addr_ip4_value(a) & host_bits) == host_bits;
}

static const char *check_gw(const struct net_spec *s, const struct hf_addr *gw, unsigned *ret_prefix_len)
{
	for (unsigned i = 0; i < s->addrs; i++)
		if (addr_eq(gw, &s->addr[i]))
			return "the gateway has the address of this host; it is the other side's";
	for (unsigned i = 0; i < s->addrs; i++) {
		if (addr_is_ip4(gw) != addr_is_ip4(&s->addr[i]) || !addr_in_prefix(gw, &s->addr[i], s->prefix_len[i]))
			continue;
		if (is_whole_network(gw, s->prefix_len[i]))
			return "the gateway is to be one host, and that is the whole network's address";
		*ret_prefix_len = s->prefix_len[i];
		return NULL;
	}
	return "the gateway lies outside every addr= given";
}

static hf_status check_whole(struct net_spec *s, const char *text, char *why, size_t room)
{
	struct piece whole = { text, strlen(text) };
	char gw[HF_ADDR_TEXT];
	const char *bad = NULL;

	if (s->kind == HF_NET_SIM)
		return HF_OK; /* its hosts are given their addresses */
	if (s->addrs == 0)
		return say(HF_USAGE, why, room, whole, "wants an address, as in addr=10.9.0.2/24");
	if (s->has_mac && s->kind == HF_NET_TUN)
		return say(HF_USAGE, why, room, whole, "a TUN device has no link address: mac= belongs to tap: and packet:");
	if (s->has_gw4 && (bad = check_gw(s, &s->gw4, &s->gw4_prefix_len)))
		addr_format(&s->gw4, gw);
	else if (s->has_gw6 && (bad = check_gw(s, &s->gw6, &s->gw6_prefix_len)))
		addr_format(&s->gw6, gw);
	return bad ? say(HF_USAGE, why, room, (struct piece){ gw, strlen(gw) }, bad) : HF_OK;
}

/* ---- numbers and units ---- */

/* All of p as a decimal number of at most `most`. */
static bool read_number(struct piece p, uint64_t most, uint64_t *ret)
{
	uint64_t v = 0;

	if (p.len == 0)
		return false;
	for (size_t i = 0; i < p.len; i++) {
		unsigned d = (unsigned)p.at[i] - '0';

		if (d > 9 || v > (most - d) / 10)
			return false;
		v = v * 10 + d;
	}
	*ret = v;
	return true;
}

struct unit {
	const char *name;
	uint64_t times;
};

/* "20ms", "0.5%": digits, up to six decimals, and a unit of the table. The value is in the unit whose `times` is 1. */
static bool read_quantity(struct piece p, const struct unit *units, size_t n, uint64_t most, uint64_t *ret)
{
	size_t at = 0, dot;
	uint64_t whole, part = 0, part_of = 1;
	struct piece digits;

	while (at < p.len && p.at[at] >= '0' && p.at[at] <= '9')
		at++;
	if (!read_number((struct piece){ p.at, at }, UINT32_MAX, &whole))
		return false;
	if (at < p.len && p.at[at] == '.') {
		dot = ++at;
		while (at < p.len && p.at[at] >= '0' && p.at[at] <= '9')
			at++;
		digits = (struct piece){ p.at + dot, at - dot };
		if (digits.len > 6 || !read_number(digits, 999999, &part))
			return false;
		for (size_t i = 0; i < digits.len; i++)
			part_of *= 10;
	}
	for (size_t i = 0; i < n; i++) {
		if (!is_word((struct piece){ p.at + at, p.len - at }, units[i].name))
			continue;
		*ret = whole * units[i].times + part * units[i].times / part_of;
		return *ret <= most;
	}
	return false;
}

/* ---- one reader a key ---- */

/* 0/8 and 240/4 are nobody's: RFC 1122 3.2.1.3, RFC 1112 4. */
bool net_addr_is_for_a_host(const struct hf_addr *a)
{
	if (addr_is_unspecified(a) || addr_is_multicast(a) || addr_is_limited_broadcast(a) || addr_is_loopback(a))
		return false;
	return !addr_is_ip4(a) || (a->b[12] != 0 && a->b[12] < 240);
}

static const char *read_addr(struct net_spec *s, struct piece v)
{
	struct piece text = cut(&v, '/');
	struct hf_addr a;
	uint64_t len;

	if (addr_parse((struct hf_bytes){ (const uint8_t *)text.at, text.len }, &a) != HF_OK)
		return "not an address";
	if (!read_number(v, addr_is_ip4(&a) ? 32 : 128, &len) || len == 0)
		return addr_is_ip4(&a) ? "wants a prefix length of 1 to 32, as in 10.9.0.2/24"
				       : "wants a prefix length of 1 to 128, as in fd00:9::2/64";
	if (!net_addr_is_for_a_host(&a))
		return "not an address that a host can have";
	if (is_whole_network(&a, (unsigned)len))
		return "not a host's address but its whole network's";
	if (s->addrs == NET_ADDRS)
		return "more than 8 addresses";
	for (unsigned i = 0; i < s->addrs; i++)
		if (addr_eq(&s->addr[i], &a))
			return "given twice";
	s->addr[s->addrs] = a;
	s->prefix_len[s->addrs] = (uint8_t)len;
	s->addrs++;
	return NULL;
}

static const char *read_gw(struct net_spec *s, struct piece v)
{
	struct hf_addr a;

	if (addr_parse((struct hf_bytes){ (const uint8_t *)v.at, v.len }, &a) != HF_OK)
		return "not an address";
	if (!net_addr_is_for_a_host(&a))
		return "not an address that a host can have";
	if (addr_is_ip4(&a) ? s->has_gw4 : s->has_gw6)
		return "given twice";
	if (addr_is_ip4(&a)) {
		s->has_gw4 = true;
		s->gw4 = a;
	} else {
		s->has_gw6 = true;
		s->gw6 = a;
	}
	return NULL;
}

static const char *read_mtu(struct net_spec *s, struct piece v)
{
	uint64_t n;

	if (!read_number(v, 65535, &n) || n < 1280)
		return "not a number of 1280 to 65535";
	s->mtu_bytes = (uint32_t)n;
	return NULL;
}

static const char *read_mac(struct net_spec *s, struct piece v)
{
	static const uint8_t zero[6];

	if (v.len != 17)
		return "not of the form aa:bb:cc:dd:ee:ff";
	for (size_t i = 0; i < 6; i++) {
		int hi = hf_ascii_hex(v.at[3 * i]), lo = hf_ascii_hex(v.at[3 * i + 1]);

		if (hi < 0 || lo < 0 || (i < 5 && v.at[3 * i + 2] != ':'))
			return "not of the form aa:bb:cc:dd:ee:ff";
		s->mac[i] = (uint8_t)(hi << 4 | lo);
	}
	if ((s->mac[0] & 1) || memcmp(s->mac, zero, 6) == 0)
		return "not a link address that a host can have";
	s->has_mac = true;
	return NULL;
}

static const char *read_queues(struct net_spec *s, struct piece v)
{
	uint64_t n;

	(void)s;
	if (!read_number(v, 256, &n) || n == 0)
		return "not a number of 1 to 256";
	return n > 1 ? only_one_queue : NULL;
}

static const char *read_yes_no(struct piece v, bool *ret_no)
{
	if (!is_word(v, "yes") && !is_word(v, "no"))
		return "neither yes nor no";
	*ret_no = is_word(v, "no");
	return NULL;
}

static const char *read_offload(struct net_spec *s, struct piece v)
{
	return read_yes_no(v, &s->no_offload);
}

static const char *read_dad(struct net_spec *s, struct piece v)
{
	return read_yes_no(v, &s->no_dad);
}

static const char *read_rtt(struct net_spec *s, struct piece v)
{
	static const struct unit units[] = { { "us", 1000 }, { "ms", 1000000 }, { "s", 1000000000 } };

	if (!read_quantity(v, units, HF_ARRAY_LEN(units), HF_S(60), &s->wishes.rtt))
		return "not a time of up to 60s, as in 20ms";
	return NULL;
}

static const char *read_loss(struct net_spec *s, struct piece v)
{
	static const struct unit units[] = { { "%", 10000 } };
	uint64_t ppm;

	if (!read_quantity(v, units, HF_ARRAY_LEN(units), 1000000, &ppm))
		return "not a share of up to 100%, as in 0.5%";
	s->wishes.loss_ppm = (uint32_t)ppm;
	return NULL;
}

static const char *read_rate(struct net_spec *s, struct piece v)
{
	static const struct unit units[] = { { "kbit", 1000 }, { "mbit", 1000000 }, { "gbit", 1000000000 } };

	if (!read_quantity(v, units, HF_ARRAY_LEN(units), 1000000000000u, &s->wishes.rate_bps) || s->wishes.rate_bps < 1000)
		return "not a rate of 1kbit to 1000gbit a second, as in 10mbit";
	return NULL;
}

static const char *read_seed(struct net_spec *s, struct piece v)
{
	if (!read_number(v, UINT64_MAX, &s->wishes.seed))
		return "not a number of 64 bits";
	s->wishes.has_seed = true;
	return NULL;
}

/* ---- what a simulated network has besides ---- */

static const char *read_dir(struct net_spec *s, struct piece v)
{
	if (v.len >= NET_DIR)
		return "the name of a directory has at most 4095 octets";
	memcpy(s->dir, v.at, v.len);
	return NULL;
}

static const char *read_port(struct net_spec *s, struct piece v)
{
	uint64_t n;

	if (!read_number(v, 65535, &n) || n == 0)
		return "not a port, a number of 1 to 65535";
	s->port = (uint16_t)n;
	return NULL;
}

static const char *read_clients(struct net_spec *s, struct piece v)
{
	uint64_t n;

	if (!read_number(v, NET_CLIENTS, &n) || n == 0)
		return "not a number of 1 to 1000";
	s->clients = (uint32_t)n;
	return NULL;
}

static const char *read_get(struct net_spec *s, struct piece v)
{
	if (v.len >= NET_TARGET || v.at[0] != '/')
		return "not a path of at most 1023 octets that begins with a /, as in get=/index.html";
	for (size_t i = 0; i < v.len; i++)
		if (v.at[i] <= 32 || v.at[i] >= 127 || v.at[i] == '#')
			return "holds an octet that is written as a percent sign and two digits, as in %20 for a space";
	memcpy(s->get, v.at, v.len);
	return NULL;
}

/* "a.example:b.example" */
static const char *read_names(struct net_spec *s, struct piece v)
{
	if (v.len >= NET_NAMES)
		return "more than 1023 octets of names";
	for (size_t i = 0; i < v.len; i++) {
		if (v.at[i] <= 32 || v.at[i] >= 127 || strchr("#,;/", v.at[i]))
			return "not names of hosts with colons between them, as in names=a.example:b.example";
		s->names[i] = v.at[i];
		if (v.at[i] == ':')
			s->names[i] = ',';
	}
	return NULL;
}
