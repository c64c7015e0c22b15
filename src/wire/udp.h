/* SPDX-License-Identifier: MIT */
#ifndef HF_WIRE_UDP_H
#define HF_WIRE_UDP_H

#include "base/rd.h"
#include "base/wr.h"

#define UDP_HEADER_BYTES 8u

struct udp_header {
	uint16_t src_port, dst_port;
	uint16_t len;
	uint16_t csum; /* 0: none was made (IPv4 only) */
	struct hf_bytes payload;
};

/*
 * RFC 768. SHORT, also of its own length; MALFORMED (length below 8); BAD_CHECKSUM, also for a missing one over IPv6
 * (RFC 8200 8.1). csum_ok: trust it.
 */
HF_NODISCARD hf_status udp_parse(struct hf_bytes b, const struct hf_addr *src, const struct hf_addr *dst, bool csum_ok,
				 struct udp_header *ret);
/* The header; len and csum as given. */
void udp_put(struct hf_wr *out, const struct udp_header *h);

#endif
