/* SPDX-License-Identifier: MIT */
#include "base/bits.h"
#include "hf/status.h"

#include <errno.h>

static const struct row {
	const char *name;
	const char *sentence;
	int errno_value;
	int exit_code;
} rows[] = {
#define S(name, errno_, exit_, sentence) { #name, sentence, errno_, exit_ },
#include "hf/status.def"
#undef S
};

_Static_assert(HF_ARRAY_LEN(rows) == HF_STATUS_COUNT, "one row a status");

/* A number that is no status can only be a mistake of ours, but the text of an error message must not make it worse. */
static const struct row unknown = { "UNKNOWN", "an outcome that has no name", EIO, 1 };

static const struct row *row_of(hf_status s)
{
	return (unsigned)s < HF_STATUS_COUNT ? &rows[s] : &unknown;
}

const char *hf_status_name(hf_status s)
{
	return row_of(s)->name;
}

const char *hf_status_sentence(hf_status s)
{
	return row_of(s)->sentence;
}

int hf_status_errno(hf_status s)
{
	return row_of(s)->errno_value;
}

int hf_status_exit(hf_status s)
{
	return row_of(s)->exit_code;
}
