/* SPDX-License-Identifier: MIT */
#include "wire/nd.h"

#include "base/bits.h"
#include "wire/addr.h"

/* RFC 4861 4.6.1 */
#define OPTION_SOURCE_MAC 1u
#define OPTION_TARGET_MAC 2u
#define OPTION_UNIT 8u

/* RFC 4861 4.4, in the word behind the checksum */
#define FLAG_ROUTER 0x80000000u
#define FLAG_SOLICITED 0x40000000u
#define FLAG_OVERRIDE 0x20000000u

static uint8_t mac_option_of(uint8_t type)
{
	return type == ICMP6_NEIGHBOUR_SOLICIT ? OPTION_SOURCE_MAC : OPTION_TARGET_MAC;
}

/* RFC 4861 7.1.1, 7.1.2: what can be told from the message alone. */
hf_status nd_parse(const struct icmp_message *m, struct nd_message *ret)
{
	struct hf_rd in = hf_rd_over(m->body);
	struct nd_message n = { .type = m->type };

	if (m->type != ICMP6_NEIGHBOUR_SOLICIT && m->type != ICMP6_NEIGHBOUR_ADVERT)
		return HF_MALFORMED;
	if (m->code != 0)
		return HF_MALFORMED;
	if (m->type == ICMP6_NEIGHBOUR_ADVERT) {
		n.router = m->rest & FLAG_ROUTER;
		n.solicited = m->rest & FLAG_SOLICITED;
		n.override = m->rest & FLAG_OVERRIDE;
	}
	hf_rd_copy(&in, n.target.b, 16);
	/* A mapped target would be taken for an IPv4 address further in; RFC 4861 has no use for one. */
	hf_rd_must(&in, !addr_is_multicast(&n.target) && !addr_is_ip4(&n.target));
	while (hf_rd_left(&in)) {
		uint8_t kind = hf_rd_u8(&in);
		size_t len = hf_rd_u8(&in) * OPTION_UNIT;
		struct hf_bytes data;

		hf_rd_must(&in, len != 0);
		data = hf_rd_bytes(&in, len ? len - 2u : 0);
		/* An Ethernet address fills one unit (RFC 2464 6); another length is another link's. */
		if (kind == mac_option_of(m->type) && data.len == 6 && !n.has_mac) {
			n.has_mac = true;
			memcpy(n.mac, data.at, 6);
		}
	}
	HF_TRY(hf_rd_end(&in));

	*ret = n;
	return HF_OK;
}

void nd_put(struct hf_wr *out, const struct nd_message *n, const struct hf_addr *src, const struct hf_addr *dst)
{
	uint8_t body[16 + OPTION_UNIT];
	struct icmp_message m = { .type = n->type, .body = { body, 16 } };

	if (n->type == ICMP6_NEIGHBOUR_ADVERT)
		m.rest = (n->router ? FLAG_ROUTER : 0) | (n->solicited ? FLAG_SOLICITED : 0) |
			 (n->override ? FLAG_OVERRIDE : 0);
	memcpy(body, n->target.b, 16);
	if (n->has_mac) {
		body[16] = mac_option_of(n->type);
		body[17] = 1;
		memcpy(body + 18, n->mac, 6);
		m.body.len += OPTION_UNIT;
	}
	icmp6_put(out, &m, src, dst);
}
