/* SPDX-License-Identifier: MIT */
#ifndef HF_TYPES_H
#define HF_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define HF_NODISCARD __attribute__((warn_unused_result))

/*
 * Around what a public header declares: C's names in C++ too, and the only ones that the shared library shows (all else is
 * compiled with -fvisibility=hidden).
 */
#ifdef __cplusplus
#define HF_API_BEGIN \
	extern "C" { \
	_Pragma("GCC visibility push(default)")
#define HF_API_END                    \
	_Pragma("GCC visibility pop") \
	}
#else
#define HF_API_BEGIN _Pragma("GCC visibility push(default)")
#define HF_API_END _Pragma("GCC visibility pop")
#endif

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

/* Of a string, without the zero behind it. */
static inline struct hf_bytes hf_bytes_of(const char *s)
{
	struct hf_bytes b = { (const uint8_t *)s, strlen(s) };

	return b;
}

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
