/* SPDX-License-Identifier: MIT */
#ifndef HF_CMD_REQUEST_H
#define HF_CMD_REQUEST_H

#include "hf/status.h"

#define REQUEST_BYTES 16384u

/* A request for one answer, after which the connection ends. HF_OK; another status: it is too long. */
HF_NODISCARD hf_status request_put(uint8_t room[REQUEST_BYTES], bool head, struct hf_bytes authority,
				   struct hf_bytes path, size_t *ret_len);

#endif
