/* SPDX-License-Identifier: MIT */
#include "base/csum.h"
#include "host/host_internal.h"

#define TCP_CSUM_AT 16u /* of the checksum in the header, RFC 9293 3.1 */

size_t hf_frame_flatten(const struct hf_frame_out *f, uint8_t *to, size_t room)
{
	size_t len = (size_t)f->head_len + f->payload_len;

	if (len > room)
		return 0;
	memcpy(to, f->head + f->head_at, f->head_len);
	to += f->head_len;
	for (unsigned i = 0; i < f->parts; i++) {
		memcpy(to, f->part[i].at, f->part[i].len);
		to += f->part[i].len;
	}
	return len;
}

void frame_put_tcp_csum(struct hf_frame_out *f, const struct hf_addr *src, const struct hf_addr *dst, bool partial)
{
	uint8_t *tcp = f->head + f->head_at;
	/* Also of a super-segment: whoever cuts it takes the length out again. */
	uint64_t sum = hf_csum_pseudo(src, dst, IP_PROTO_TCP, f->head_len + f->payload_len);
	size_t at = f->head_len;

	if (partial) {
		hf_store16(tcp + TCP_CSUM_AT, hf_csum_fold(sum));
		f->csum_start = 0;
		f->csum_offset = TCP_CSUM_AT;
		f->flags |= HF_FRAME_CSUM_PARTIAL;
		return;
	}
	sum += hf_csum_20(tcp);
	if (f->head_len > TCP_HEADER_MIN)
		sum = hf_csum_add(sum, tcp + TCP_HEADER_MIN, f->head_len - TCP_HEADER_MIN);
	for (unsigned i = 0; i < f->parts; i++) {
		sum = hf_csum_join(sum, at, hf_csum_add(0, f->part[i].at, f->part[i].len));
		at += f->part[i].len;
	}
	hf_store16(tcp + TCP_CSUM_AT, hf_csum_finish(sum));
}
