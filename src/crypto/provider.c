/* SPDX-License-Identifier: MIT */
#include <openssl/core_dispatch.h>
#include <string.h>

#include "crypto/crypto_internal.h"

/* A provider gives an algorithm's names in one text: "X25519:1.3.101.110". */
static bool has_name(const char *names, const char *name)
{
	size_t len = strlen(name);

	return strncmp(names, name, len) == 0 && (names[len] == ':' || names[len] == '\0');
}

static const OSSL_DISPATCH *find_functions(const OSSL_PROVIDER *p, int operation, const char *name)
{
	int no_store = 0;
	const OSSL_ALGORITHM *a = OSSL_PROVIDER_query_operation(p, operation, &no_store);
	const OSSL_DISPATCH *found = NULL;

	for (const OSSL_ALGORITHM *at = a; at && at->algorithm_names && !found; at++)
		if (has_name(at->algorithm_names, name))
			found = at->implementation;
	if (a && no_store == 0)
		OSSL_PROVIDER_unquery_operation(p, operation, a);
	return found;
}

bool crypto_provider_take(const OSSL_PROVIDER *p, int operation, const char *name, const struct crypto_wanted *wanted,
			  size_t n, void *to)
{
	const OSSL_DISPATCH *functions = find_functions(p, operation, name);

	for (size_t i = 0; i < n; i++) {
		const OSSL_DISPATCH *f = functions;

		while (f && f->function_id != 0 && f->function_id != wanted[i].id)
			f++;
		if (!f || f->function_id == 0 || !f->function)
			return false;
		memcpy((char *)to + wanted[i].at, &f->function, sizeof(f->function));
	}
	return true;
}
