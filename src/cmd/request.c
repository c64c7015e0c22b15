/* SPDX-License-Identifier: MIT */
#include "cmd/request.h"

#include "cmd/cmd.h"
#include "http/http_put.h"

static void put_target(struct hf_wr *out, struct hf_bytes path)
{
	if (path.len == 0 || path.at[0] != '/')
		hf_wr_u8(out, '/');
	for (size_t i = 0; i < path.len; i++) {
		if (path.at[i] < 0x80) {
			hf_wr_u8(out, path.at[i]);
			continue;
		}
		hf_wr_u8(out, '%'); /* RFC 3986 2.1: octets of UTF-8 do not stand in a target as they are */
		hf_wr_u8(out, (uint8_t) "0123456789ABCDEF"[path.at[i] >> 4]);
		hf_wr_u8(out, (uint8_t) "0123456789ABCDEF"[path.at[i] & 15]);
	}
}

hf_status request_put(uint8_t room[REQUEST_BYTES], bool head, struct hf_bytes authority, struct hf_bytes path, size_t *ret_len)
{
	struct hf_wr out = hf_wr_over(room, REQUEST_BYTES);

	http_put_text(&out, head ? "HEAD " : "GET ");
	put_target(&out, path);
	http_put_text(&out, " HTTP/1.1\r\nHost: ");
	http_put_bytes(&out, authority);
	http_put_text(&out, "\r\n");
	http_put_field(&out, "User-Agent", "handfast/" HF_VERSION);
	http_put_field(&out, "Accept", "*/*");
	http_put_field(&out, "Connection", "close");
	http_put_end(&out);
	return hf_wr_end(&out, ret_len);
}
