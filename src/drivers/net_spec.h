/* SPDX-License-Identifier: MIT */
#ifndef HF_DRIVERS_NET_SPEC_H
#define HF_DRIVERS_NET_SPEC_H

#include "hf/driver.h"

#define NET_ADDRS 8u
#define NET_NAME 16u /* IFNAMSIZ */
#define NET_DIR 4096u
#define NET_TARGET 1024u
#define NET_NAMES 1024u
#define NET_CLIENTS 1000u

/* A simulated line of which nothing is said: across a country, over fibre. The rate also keeps packets from sharing a moment. */
#define NET_SIM_RTT HF_MS(20)
#define NET_SIM_RATE_BPS 1000000000u
#define NET_SIM_SEED 1u

/* A --net option, read and judged by itself; nothing was asked of the kernel yet. */
struct net_spec {
	enum hf_net_kind kind;
	char name[NET_NAME];
	unsigned addrs;
	struct hf_addr addr[NET_ADDRS];
	uint8_t prefix_len[NET_ADDRS];
	bool has_gw4, has_gw6;
	struct hf_addr gw4, gw6;
	unsigned gw4_prefix_len, gw6_prefix_len; /* of the address in whose prefix the gateway lies */
	uint32_t mtu_bytes;                      /* 0: the device's, or 1500 */
	bool has_mac;
	uint8_t mac[6];
	bool no_offload;
	bool no_dad;
	struct hf_net_wishes wishes;

	/* sim only; "" and 0: not given */
	char dir[NET_DIR];
	uint16_t port;
	uint32_t clients;
	char get[NET_TARGET];
	char names[NET_NAMES]; /* between commas */
};

/* HF_OK; HF_USAGE; HF_UNSUPPORTED. `why` then holds the sentence. */
HF_NODISCARD hf_status net_spec_parse(const char *text, struct net_spec *ret, char *why, size_t why_room);

bool net_wishes_any(const struct hf_net_wishes *w);

/* Not an address of none, of many, or of this machine to itself. */
bool net_addr_is_for_a_host(const struct hf_addr *a);

#endif
