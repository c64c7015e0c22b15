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

static uint32_t secrets_len(const char *key_log)
{
	return (uint32_t)(12 + 8 + padded(strlen(key_log)));
}

hf_status pcapng_secrets(FILE *to, const char *key_log)
{
	const size_t n = strlen(key_log);

	if (n == 0)
		return outcome(to);
	put32(to, BLOCK_SECRETS);
	put32(to, secrets_len(key_log));
	put32(to, SECRETS_TLS_KEY_LOG);
	put32(to, (uint32_t)n);
	put_padded(to, key_log, n);
	put32(to, secrets_len(key_log));
	return outcome(to);
}

/* The end of the block that begins at *at; false: there is none. */
static bool pass_block(FILE *file, long *at)
{
	uint8_t head[8];

	if (fseek(file, *at, SEEK_SET) != 0 || fread(head, 1, sizeof(head), file) != sizeof(head))
		return false;
	*at += (long)((uint32_t)head[4] | (uint32_t)head[5] << 8 | (uint32_t)head[6] << 16 | (uint32_t)head[7] << 24);
	return true;
}

/* Moves all from `from` on up by n octets, the last ones first. */
static bool move_up(FILE *file, long from, long n)
{
	uint8_t piece[65536];
	long at;

	if (fseek(file, 0, SEEK_END) != 0 || (at = ftell(file)) < 0)
		return false;
	while (at > from) {
		const size_t len = hf_min_u64(sizeof(piece), (uint64_t)(at - from));

		at -= (long)len;
		if (fseek(file, at, SEEK_SET) != 0 || fread(piece, 1, len, file) != len ||
		    fseek(file, at + n, SEEK_SET) != 0 || fwrite(piece, 1, len, file) != len)
			return false;
	}
	return true;
}

hf_status pcapng_insert_secrets(FILE *file, const char *key_log)
{
	long at = 0;

	if (*key_log == '\0')
		return HF_OK;
	/* Behind the section's header and the interface. */
	if (fflush(file) != 0 || !pass_block(file, &at) || !pass_block(file, &at) ||
	    !move_up(file, at, (long)secrets_len(key_log)) || fseek(file, at, SEEK_SET) != 0)
		return HF_SYSTEM;
	HF_TRY(pcapng_secrets(file, key_log));
	return fseek(file, 0, SEEK_END) == 0 ? HF_OK : HF_SYSTEM;
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
