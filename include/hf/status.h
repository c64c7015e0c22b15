/* SPDX-License-Identifier: MIT */
#ifndef HF_STATUS_H
#define HF_STATUS_H

#include "hf/types.h"

HF_API_BEGIN

/* Every outcome that a peer, a user or a limit can cause. hf/status.def has one row for each. */
typedef enum hf_status {
#define S(name, errno_, exit_, sentence) HF_##name,
#include "hf/status.def"
#undef S
	HF_STATUS_COUNT
} hf_status;

/* "REFUSED": the name of a status, without the prefix. Never NULL. */
const char *hf_status_name(hf_status s);

/* The sentence people read, without a capital or a full stop. Never NULL. */
const char *hf_status_sentence(hf_status s);

/* The errno that a socket shim sets for it; 0 for HF_OK. */
int hf_status_errno(hf_status s);

/* The exit code of the program when a command ends with it. */
int hf_status_exit(hf_status s);

/* Hands any status but HF_OK on to our caller. */
#define HF_TRY(expr)                               \
	do {                                       \
		hf_status hf_try_status_ = (expr); \
		if (hf_try_status_ != HF_OK)       \
			return hf_try_status_;     \
	} while (0)

HF_API_END

#endif
