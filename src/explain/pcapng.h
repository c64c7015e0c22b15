/* SPDX-License-Identifier: MIT */
#ifndef HF_EXPLAIN_PCAPNG_H
#define HF_EXPLAIN_PCAPNG_H

#include "hf/status.h"

#include <stdio.h>

/* Captures as draft-ietf-opsawg-pcapng describes them: one section, one interface, times in nanoseconds. */
#define PCAPNG_LINK_ETHERNET 1u
#define PCAPNG_LINK_RAW 101u /* the packet starts with its IPv4 or IPv6 header */

/* Section header and interface description. `interface` is its name. HF_SYSTEM when writing fails. */
HF_NODISCARD hf_status pcapng_begin(FILE *to, uint16_t link_type, const char *interface);

/*
 * A Decryption Secrets Block: lines of a TLS key log, as hf_tls_next_secret() gives them, each with a line feed. Whoever
 * reads the file can then read what the packets behind it hold. Nothing is written for "". HF_SYSTEM when writing fails.
 */
HF_NODISCARD hf_status pcapng_secrets(FILE *to, const char *key_log);

/*
 * The same before all packets of a file that has some already, as a live capture has when a handshake tells its secrets:
 * whoever reads the file from its start needs them first. The file is open for reading and writing ("w+"), from
 * pcapng_begin() on; afterwards the next packet goes to its end. HF_SYSTEM when that fails, and the file may then be broken.
 */
HF_NODISCARD hf_status pcapng_insert_secrets(FILE *file, const char *key_log);

/* One packet. The comment may be NULL; one longer than 4,000 octets is cut. HF_SYSTEM when writing fails. */
HF_NODISCARD hf_status pcapng_packet(FILE *to, hf_time_ns at, struct hf_bytes packet, const char *comment);

#endif
