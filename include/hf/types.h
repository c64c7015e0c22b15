/* SPDX-License-Identifier: MIT */
#ifndef HF_TYPES_H
#define HF_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HF_NODISCARD __attribute__((warn_unused_result))

/* Nanoseconds on a clock that the caller owns and never turns back. Nothing in the core reads a clock of its own. */
typedef uint64_t hf_time_ns;

#define HF_US(n) ((hf_time_ns)(n)*1000u)
#define HF_MS(n) ((hf_time_ns)(n)*1000000u)
#define HF_S(n) ((hf_time_ns)(n)*1000000000u)
#define HF_NEVER UINT64_MAX

/* Borrowed bytes: whoever lends them says until when they hold still. */
struct hf_bytes {
	const uint8_t *at;
	size_t len;
};

/* Octets to be written to; who lends them says until when they are ours. */
struct hf_room {
	uint8_t *at;
	size_t len;
};

/* An IPv6 address, or an IPv4 one in its mapped form ::ffff:a.b.c.d (RFC 4291 2.5.5.2), in network order. All zero: any. */
struct hf_addr {
	uint8_t b[16];
};

struct hf_endpoint {
	struct hf_addr addr;
	uint16_t port; /* host order */
};

#endif
