/* SPDX-License-Identifier: MIT */
#ifndef HF_WIRE_ADDR_H
#define HF_WIRE_ADDR_H

#include "hf/status.h"

#include <string.h>

#define HF_ADDR_TEXT 46

static inline bool addr_is_any(const struct hf_addr *a)
{
	static const uint8_t zero[16];
	return memcmp(a->b, zero, 16) == 0;
}
static inline bool addr_is_ip4(const struct hf_addr *a)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
	return memcmp(a->b, mapped, 12) == 0;
}
static inline bool addr_eq(const struct hf_addr *a, const struct hf_addr *b)
{
	return memcmp(a->b, b->b, 16) == 0;
}

/*
 * The mapped form (RFC 4291 2.5.5.2). Made of one piece: it is copied and compared at once, sixteen octets wide, and a load
 * that is wider than the stores before it waits until they have gone to memory.
 */
static inline struct hf_addr addr_ip4(const uint8_t octets[4])
{
	typedef uint64_t halves __attribute__((vector_size(16)));
	struct hf_addr a;
	uint32_t v;

	memcpy(&v, octets, 4);
	memcpy(a.b, &(halves){ 0, (uint64_t)v << 32 | 0xffff0000u }, 16);
	return a;
}

struct hf_addr addr_ip4_u32(uint32_t host_order);
uint32_t addr_ip4_value(const struct hf_addr *a);        /* host order */
bool addr_is_any_ip4(const struct hf_addr *a);           /* 0.0.0.0 */
bool addr_is_unspecified(const struct hf_addr *a);       /* :: or 0.0.0.0 */
bool addr_is_multicast(const struct hf_addr *a);         /* either family */
bool addr_is_limited_broadcast(const struct hf_addr *a); /* 255.255.255.255 */
bool addr_is_loopback(const struct hf_addr *a);
bool addr_is_link_local(const struct hf_addr *a);
/* True when the first `len` bits are the same, counted in the family of the address (0..32 for a mapped one). False for
 * two families, or a longer len. */
bool addr_in_prefix(const struct hf_addr *a, const struct hf_addr *prefix, unsigned len);
/* ff02::1:ffXX:XXXX, RFC 4291 2.7.1 */
struct hf_addr addr_solicited_node(const struct hf_addr *a);
/* fe80:: with the modified EUI-64 of a MAC, RFC 4291 appendix A */
struct hf_addr addr_link_local_of(const uint8_t mac[6]);

/* "10.9.0.2" or "2001:db8::1" (RFC 4291 2.2); no zone, no port, no space around. MALFORMED. */
HF_NODISCARD hf_status addr_parse(struct hf_bytes text, struct hf_addr *ret);
/* RFC 5952's form, NUL-terminated; returns its length. */
size_t addr_format(const struct hf_addr *a, char to[HF_ADDR_TEXT]);

#endif
