/* SPDX-License-Identifier: MIT */
/*
 * The resolver against a network that does what it likes. The input is a list of steps: an octet that says what happens,
 * often one that says where, and octets that come. An answer is either all the input's, or one to a question that was
 * asked, with its id, so that the records behind it are looked at. Whatever comes: every lookup ends, each family has one
 * answer, nothing stays open, and no address is believed that stood in no answer for its name.
 */
#include "dns/dns.h"
#include "dns/dns_files.h"
#include "wire/addr.h"
#include "wire/dns_wire.h"

#include "fuzz.h"

#define TURNS 4000u

enum step { LOOKUP, ANSWER_UDP, RAW_UDP, UDP_ERROR, TCP_CONNECTED, ANSWER_TCP, TCP_ENDED, WAIT, CANCEL, STEPS };

#define REC_A "\xc0\x0c\0\1\0\1\0\0\0\x1e\0\4\xc0\0\2\1"
#define REC_CNAME "\xc0\x0c\0\5\0\1\0\0\0\x1e\0\4\1b\xc0\x10"

/* steps: what, where, how many octets follow, the octets: flags, counts, records */
FUZZ_SEEDS(FUZZ_SEED("\0\0\0\1\0\x18\x81\x80\0\1\0\0\0\0" REC_A),
	   FUZZ_SEED("\0\0\0\1\0\x08\x83\x80\0\0\0\0\0\0\5\1\0\7\0\0"),
	   FUZZ_SEED("\0\1\0\1\0\x18\x81\x80\0\1\0\0\0\0" REC_CNAME "\1\0\x18\x81\x80\0\1\0\0\0\0" REC_A),
	   FUZZ_SEED("\0\2\0\2\0\5hello\3\0\0\7\6\0"), FUZZ_SEED("\0\0\0\1\0\x08\x81\x81\0\0\0\0\0\0\7\5\0\7\5\0"),
	   FUZZ_SEED("\0\3\0\1\1\x08\x83\x80\0\0\0\0\0\0\4\0\0\5\0\x18\x81\x80\0\1\0\0\0\0" REC_A "\x08\0\0"));

struct net {
	struct dns *dns;
	hf_time_ns now;
	bool udp[DNS_SOCKETS], tcp[DNS_CONNS];
	uint8_t asked[DNS_SOCKETS][400], asked_tcp[DNS_CONNS][400];
	size_t asked_len[DNS_SOCKETS], asked_tcp_len[DNS_CONNS];
	struct hf_endpoint to[DNS_SOCKETS];
	unsigned wanted, answered; /* families */
	uint32_t last_id;
	bool cancelled;
};

static const char *const names[] = { "www.test", "alias.test", "short", "end.test.", "203.0.113.1", "localhost", "x..y" };

static void run(struct net *n)
{
	struct dns_ask ask;

	for (unsigned turn = 0;; turn++) {
		FUZZ_CHECK(turn < TURNS);
		switch (dns_next(n->dns, &ask, n->now)) {
		case DNS_WAITS:
			FUZZ_CHECK(dns_wake_at(n->dns) > n->now);
			return;
		case DNS_OPEN_UDP:
			FUZZ_CHECK(!n->udp[ask.socket]);
			n->udp[ask.socket] = true;
			break;
		case DNS_SEND:
			FUZZ_CHECK(n->udp[ask.socket] && ask.bytes.len <= sizeof(n->asked[0]));
			memcpy(n->asked[ask.socket], ask.bytes.at, ask.bytes.len);
			n->asked_len[ask.socket] = ask.bytes.len;
			n->to[ask.socket] = ask.to;
			break;
		case DNS_CLOSE_UDP:
			n->udp[ask.socket] = false;
			n->asked_len[ask.socket] = 0;
			break;
		case DNS_CONNECT_TCP:
			FUZZ_CHECK(!n->tcp[ask.conn]);
			n->tcp[ask.conn] = true;
			n->asked_tcp_len[ask.conn] = 0;
			break;
		case DNS_SEND_TCP:
			FUZZ_CHECK(n->tcp[ask.conn] && ask.bytes.len <= sizeof(n->asked_tcp[0]));
			FUZZ_CHECK(hf_load16(ask.bytes.at) == ask.bytes.len - 2);
			memcpy(n->asked_tcp[ask.conn], ask.bytes.at + 2, ask.bytes.len - 2);
			n->asked_tcp_len[ask.conn] = ask.bytes.len - 2;
			break;
		case DNS_CLOSE_TCP:
			FUZZ_CHECK(n->tcp[ask.conn]);
			n->tcp[ask.conn] = false;
			break;
		case DNS_ANSWER:
			n->answered++;
			FUZZ_CHECK((ask.answer->why == DNS_WHY_OK) == (ask.answer->addrs > 0));
			FUZZ_CHECK(ask.answer->addrs <= DNS_ADDRS && ask.answer->ttl_s <= 86400);
			for (unsigned i = 0; i < ask.answer->addrs; i++)
				FUZZ_CHECK(addr_is_ip4(&ask.answer->addr[i]) == (ask.answer->family == DNS_A));
			break;
		}
	}
}

static void listen_in(const struct net *n, uint64_t *cursor)
{
	char text[1200];
	struct dns_told t;

	while (dns_told(n->dns, cursor, &t)) {
		FUZZ_CHECK(dns_told_sentence(&t, text, sizeof(text)) > 0);
		for (const char *c = text; *c; c++)
			FUZZ_CHECK(*c >= ' ' && *c < 0x7f);
	}
}

/* The header and question of a query, with the input's flags and counts, and its records behind: an answer. */
static struct hf_bytes make_answer(const uint8_t *query, size_t len, struct hf_bytes rest, uint8_t *to)
{
	const struct hf_bytes msg = { query, len };
	struct hf_rd in = hf_rd_over(msg);
	struct dns_question q;
	struct dns_header h;
	size_t question;

	dns_header_rd(&in, &h);
	dns_question_rd(msg, &in, &q);
	FUZZ_CHECK(in.bad == HF_OK);
	question = (size_t)(in.at - query);
	memcpy(to, query, question);
	if (rest.len < 8)
		return (struct hf_bytes){ to, question };
	to[2] = rest.at[0] | 0x80;
	to[3] = rest.at[1];
	memcpy(to + 6, rest.at + 2, 6);
	memcpy(to + question, rest.at + 8, rest.len - 8);
	return (struct hf_bytes){ to, question + rest.len - 8 };
}

static void feed_udp(struct net *n, unsigned s, struct hf_bytes msg)
{
	uint8_t *copy = fuzz_copy(msg.at, msg.len);

	dns_feed_udp(n->dns, s, &n->to[s], (struct hf_bytes){ copy, msg.len }, n->now);
	free(copy);
}

static void take_step(struct net *n, struct hf_rd *in)
{
	const unsigned what = hf_rd_u8(in) % STEPS, where = hf_rd_u8(in);
	const struct hf_bytes octets = hf_rd_vec(in, 1, 0, 255);
	const unsigned s = where % DNS_SOCKETS, c = where % DNS_CONNS;
	static uint8_t room[2 + 1000];
	struct hf_bytes msg;

	if (in->bad != HF_OK)
		return;
	switch ((enum step)what) {
	case LOOKUP: {
		const unsigned families = 1 + where % 3;

		if (dns_lookup(n->dns, hf_bytes_of(names[where / 3 % HF_ARRAY_LEN(names)]), families, n->now,
			       &n->last_id) == HF_OK)
			n->wanted += families == 3 ? 2 : 1;
		break;
	}
	case ANSWER_UDP:
		if (n->udp[s] && n->asked_len[s] > 0)
			feed_udp(n, s, make_answer(n->asked[s], n->asked_len[s], octets, room));
		break;
	case RAW_UDP:
		feed_udp(n, s, octets);
		break;
	case UDP_ERROR:
		dns_udp_error(n->dns, s, (hf_status)(octets.len % HF_STATUS_COUNT), n->now);
		break;
	case TCP_CONNECTED:
		dns_tcp_connected(n->dns, c, n->now);
		break;
	case ANSWER_TCP:
		if (!n->tcp[c] || n->asked_tcp_len[c] == 0)
			break;
		msg = make_answer(n->asked_tcp[c], n->asked_tcp_len[c], octets, room + 2);
		hf_store16(room, (uint16_t)msg.len);
		for (size_t at = 0; at < msg.len + 2; at += 1 + where)
			dns_tcp_feed(n->dns, c,
				     (struct hf_bytes){ room + at,
							msg.len + 2 - at < 1 + where ? msg.len + 2 - at : 1 + where },
				     n->now);
		break;
	case TCP_ENDED:
		dns_tcp_ended(n->dns, c, (hf_status)(octets.len % HF_STATUS_COUNT), n->now);
		break;
	case WAIT:
		n->now += HF_S(where);
		break;
	case CANCEL:
		dns_cancel(n->dns, n->last_id, n->now);
		n->cancelled = true;
		break;
	case STEPS:
		break;
	}
}

static void look_at_files(const uint8_t *data, size_t size)
{
	struct hf_bytes text = { data, size };
	struct dns_host host[8];
	struct dns_resolv r;
	size_t count;

	dns_resolv_parse(text, &r);
	FUZZ_CHECK(r.servers <= DNS_SERVERS && r.searches <= DNS_SEARCHES && r.ndots <= 15 && r.attempts >= 1);
	dns_hosts_parse(text, host, HF_ARRAY_LEN(host), &count);
	for (size_t i = 0; i < count && i < HF_ARRAY_LEN(host); i++)
		FUZZ_CHECK(fuzz_inside(host[i].name, data, size) && host[i].name.len > 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t mem[1 << 21] __attribute__((aligned(64)));
	static const struct dns_config cfg = {
		.servers = 2,
		.server = { { { { [10] = 0xff, [11] = 0xff, [12] = 192, [14] = 2, [15] = 53 } }, 53 },
			    { { { 0x20, 0x01, 0x0d, 0xb8, [15] = 53 } }, 53 } },
		.timeout = HF_S(5),
		.search = { "search.test" },
		.searches = 1,
		.cache = 8,
		.tell = 128,
	};
	static struct net n;
	uint8_t *copy = fuzz_copy(data, size);
	struct hf_rd in = hf_rd_over((struct hf_bytes){ copy, size });
	uint64_t cursor = 0;

	look_at_files(copy, size);
	memset(&n, 0, sizeof(n));
	n.now = HF_S(1);
	FUZZ_CHECK(dns_init(mem, sizeof(mem), &cfg, n.now, &n.dns) == HF_OK);
	while (hf_rd_left(&in) > 0) {
		take_step(&n, &in);
		run(&n);
		listen_in(&n, &cursor);
	}
	/* and from here on nothing comes any more */
	for (unsigned i = 0; dns_wake_at(n.dns) != HF_NEVER; i++) {
		FUZZ_CHECK(i < TURNS);
		n.now = hf_max_u64(n.now, dns_wake_at(n.dns));
		run(&n);
		listen_in(&n, &cursor);
	}
	FUZZ_CHECK(n.cancelled ? n.answered <= n.wanted : n.answered == n.wanted);
	for (unsigned i = 0; i < DNS_SOCKETS; i++)
		FUZZ_CHECK(!n.udp[i]);
	for (unsigned i = 0; i < DNS_CONNS; i++)
		FUZZ_CHECK(!n.tcp[i]);
	free(copy);
	return 0;
}
