/* SPDX-License-Identifier: MIT */
#include "chromium/chromium.h"

const char *chromium_absent(void)
{
	return "this program was built without jansson, by which it would speak with Chromium";
}

const char *chromium_reason_name(enum chromium_reason r)
{
	(void)r;
	return "";
}

bool chromium_find(char *ret, size_t room)
{
	(void)ret;
	(void)room;
	return false;
}

hf_status chromium_begin(const struct chromium_config *cfg, struct chromium **ret)
{
	(void)cfg;
	(void)ret;
	return HF_UNSUPPORTED;
}

void chromium_end(struct chromium *c)
{
	(void)c;
}

int chromium_fd(const struct chromium *c)
{
	(void)c;
	return -1;
}

bool chromium_wants_write(const struct chromium *c)
{
	(void)c;
	return false;
}

hf_time_ns chromium_wait(const struct chromium *c)
{
	(void)c;
	return 0;
}

enum chromium_does chromium_step(struct chromium *c, struct chromium_ask *ret)
{
	(void)c;
	(void)ret;
	return CHROMIUM_FAILED;
}

void chromium_answer(struct chromium *c, uint32_t id, unsigned status, const struct chromium_field *fields, size_t n,
		     struct hf_bytes body)
{
	(void)c;
	(void)id;
	(void)status;
	(void)fields;
	(void)n;
	(void)body;
}

void chromium_refuse(struct chromium *c, uint32_t id, enum chromium_reason why)
{
	(void)c;
	(void)id;
	(void)why;
}

struct hf_bytes chromium_png(const struct chromium *c, unsigned *ret_width, unsigned *ret_height)
{
	(void)c;
	*ret_width = *ret_height = 0;
	return (struct hf_bytes){ 0 };
}

const char *chromium_sentence(const struct chromium *c)
{
	(void)c;
	return chromium_absent();
}

const char *chromium_version(const struct chromium *c)
{
	(void)c;
	return "";
}

const char *chromium_isolation(const struct chromium *c)
{
	(void)c;
	return "";
}
