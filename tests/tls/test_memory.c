/* SPDX-License-Identifier: MIT */
/*
 * libcrypto is the only one that takes memory while a connection lasts. Here it gets none, once, at every fifth place where it
 * asks: the handshake then ends with internal_error, or does without; it never ends in a crash.
 */
#include "post.h"

#include <openssl/crypto.h>
#include <stdlib.h>

#define STRIDE 5u /* with some thousand places a handshake */

static unsigned long asked, refused; /* the refused'th is; 0: none */

static void *take(size_t n, const char *file, int line)
{
	(void)file;
	(void)line;
	return ++asked == refused ? NULL : malloc(n);
}

static void *take_again(void *at, size_t n, const char *file, int line)
{
	(void)file;
	(void)line;
	return ++asked == refused ? NULL : realloc(at, n);
}

static void give_back(void *at, const char *file, int line)
{
	(void)file;
	(void)line;
	free(at);
}

static bool no_memory_seen;

/* How often it asks; each side that fails has its reason. */
static unsigned long run(const struct post_kind *kind, unsigned long n)
{
	struct lab *lab = post_lab(kind);
	unsigned long count;

	asked = 0;
	refused = n;
	lab_run(lab);
	count = asked;
	refused = 0;
	for (unsigned i = 0; i < 2; i++) {
		const struct hf_tls_info info = lab_info(lab, i);

		if (!lab->side[i].failed || strcmp(info.why_code, "NO_MEMORY") != 0)
			continue;
		no_memory_seen = true;
		if (info.has_alert_sent)
			assert_int_equal(info.alert_sent, TLS_ALERT_INTERNAL_ERROR);
	}
	lab_free(lab);
	return count;
}

static void memory_ends_once(void **state)
{
	static const char *const kinds[] = { "1.3, client shown, retried", "1.2, client shown, staple",
					     "1.2, key transport" };

	(void)state;
	for (size_t i = 0; i < post_kind_count; i++)
		for (size_t k = 0; k < HF_ARRAY_LEN(kinds); k++)
			if (strcmp(post_kinds[i].name, kinds[k]) == 0)
				for (unsigned long n = run(&post_kinds[i], 0), at = 1; at <= n; at += STRIDE)
					(void)run(&post_kinds[i], at);
	assert_true(no_memory_seen);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(memory_ends_once) };

	if (!CRYPTO_set_mem_functions(take, take_again, give_back))
		return 1;
	return cmocka_run_group_tests(tests, post_world_make, post_world_free);
}
