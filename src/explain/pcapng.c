/* SPDX-License-Identifier: MIT */
#include "explain/pcapng.h"

#include "base/bits.h"

/*
 * Every block is: type, total length, body padded to 32 bits, total length again. The section header's magic tells the
 * byte order; ours is always little-endian, so that the same run gives the same file on every machine.
 */
#define BLOCK_SECTION 0x0a0d0d0au
#define BLOCK_INTERFACE 1u
#define BLOCK_PACKET 6u
#define BLOCK_SECRETS 10u
#define SECRETS_TLS_KEY_LOG 0x544c534bu
#define MAGIC 0x1a2b3c4du
#define OPT_END 0u
#define OPT_COMMENT 1u
#define OPT_IF_NAME 2u
#define OPT_IF_TSRESOL 9u
#define OPT_SHB_APPLICATION 4u
#define TSRESOL_NANOSECONDS 9u
#define COMMENT_MAX 4000u

static size_t padded(size_t n)
{
	return (n + 3) & ~(size_t)3;
}

static void put16(FILE *to, uint32_t v)
{
	uint8_t b[2] = { (uint8_t)v, (uint8_t)(v >> 8) };

	fwrite(b, 1, sizeof(b), to);
}

static void put32(FILE *to, uint32_t v)
{
	put16(to, v & 0xffff);
	put16(to, v >> 16);
}

static void put_padded(FILE *to, const void *at, size_t n)
{
	static const uint8_t zero[3];

	if (n)
		fwrite(at, 1, n, to);
	fwrite(zero, 1, padded(n) - n, to);
}

static void put_option(FILE *to, uint32_t code, const void *at, size_t n)
{
	put16(to, code);
	put16(to, (uint32_t)n);
	put_padded(to, at, n);
}

static hf_status outcome(FILE *to)
{
	return ferror(to) ? HF_SYSTEM : HF_OK;
}

hf_status pcapng_begin(FILE *to, uint16_t link_type, const char *interface)
{
	static const char application[] = "handfast";
	static const uint8_t resolution = TSRESOL_NANOSECONDS;
	size_t name_len = strlen(interface);
	uint32_t section_len = (uint32_t)(12 + 16 + 4 + padded(sizeof(application) - 1) + 4);
	uint32_t interface_len = (uint32_t)(12 + 8 + 4 + padded(name_len) + 4 + padded(1) + 4);

	put32(to, BLOCK_SECTION);
	put32(to, section_len);
	put32(to, MAGIC);
	put16(to, 1); /* version 1.0 */
	put16(to, 0);
	put32(to, UINT32_MAX); /* the section's length is not told */
	put32(to, UINT32_MAX);
	put_option(to, OPT_SHB_APPLICATION, application, sizeof(application) - 1);
	put_option(to, OPT_END, NULL, 0);
	put32(to, section_len);

	put32(to, BLOCK_INTERFACE);
	put32(to, interface_len);
	put16(to, link_type);
	put16(to, 0);
	put32(to, 0); /* no limit on the length of a packet */
	put_option(to, OPT_IF_NAME, interface, name_len);
	put_option(to, OPT_IF_TSRESOL, &resolution, 1);
	put_option(to, OPT_END, NULL, 0);
	put32(to, interface_len);
	return outcome(to);
}

hf_status pcapng_secrets(FILE *to, const char *key_log)
{
	size_t n = strlen(key_log);
	uint32_t block_len = (uint32_t)(12 + 8 + padded(n));

	if (n == 0)
		return outcome(to);
	put32(to, BLOCK_SECRETS);
	put32(to, block_len);
	put32(to, SECRETS_TLS_KEY_LOG);
	put32(to, (uint32_t)n);
	put_padded(to, key_log, n);
	put32(to, block_len);
	return outcome(to);
}

hf_status pcapng_packet(FILE *to, hf_time_ns at, struct hf_bytes packet, const char *comment)
{
	size_t comment_len = comment ? hf_min_u64(strlen(comment), COMMENT_MAX) : 0;
	size_t options_len = comment_len ? 4 + padded(comment_len) + 4 : 0;
	uint32_t block_len = (uint32_t)(12 + 20 + padded(packet.len) + options_len);

	put32(to, BLOCK_PACKET);
	put32(to, block_len);
	put32(to, 0); /* the interface */
	put32(to, (uint32_t)(at >> 32));
	put32(to, (uint32_t)at);
	put32(to, (uint32_t)packet.len); /* captured */
	put32(to, (uint32_t)packet.len); /* as it was */
	put_padded(to, packet.at, packet.len);
	if (comment_len) {
		put_option(to, OPT_COMMENT, comment, comment_len);
		put_option(to, OPT_END, NULL, 0);
	}
	put32(to, block_len);
	return outcome(to);
}
