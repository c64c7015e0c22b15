/* SPDX-License-Identifier: MIT */
/* Judges the lines that wycheproof.py writes. Says what is not as it should be; exit code 1 when anything is not. */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>

#include "base/bits.h"
#include "crypto/aead_backend.h"
#include "crypto/hash.h"
#include "crypto/kex.h"
#include "crypto/key.h"
#include "hex.h"

#define FIELDS 6u
#define FIELD_MAX 70000u

static struct hf_crypto *crypto;
static struct hf_bytes field[FIELDS];
static uint8_t room[FIELDS][FIELD_MAX];
static char words[FIELDS][FIELD_MAX];

/* All backends: seal to the same octets, open what is good and refuse what is not. */
static bool aead(bool is_good)
{
	const struct crypto_aead_backend *backend[CRYPTO_AEAD_BACKENDS];
	enum crypto_aead_id id = (enum crypto_aead_id)strtoul(words[0], NULL, 10);
	size_t n = crypto_aead_backends(crypto, id, backend);
	bool agreed = true;

	for (size_t i = 0; i < n; i++) {
		static uint8_t out[FIELD_MAX];
		struct crypto_aead a = { 0 };
		struct crypto_room to = { out, field[4].len + CRYPTO_AEAD_TAG };
		bool opened;

		if (crypto_aead_set_with(&a, crypto, backend[i], id, field[1].at, false) != HF_OK)
			return false;
		opened = crypto_aead_open(&a, field[2].at, field[3], &field[5], 1, &to, 1);
		agreed = agreed && opened == is_good && (!opened || memcmp(out, field[4].at, field[4].len) == 0);
		if (is_good) {
			if (crypto_aead_set_with(&a, crypto, backend[i], id, field[1].at, true) != HF_OK)
				return false;
			crypto_aead_seal(&a, field[2].at, field[3], &field[4], 1, &to, 1);
			agreed = agreed && memcmp(out, field[5].at, field[5].len) == 0;
		}
		crypto_aead_clear(&a);
	}
	return agreed;
}

static bool hkdf(void)
{
	enum crypto_hash_id id = (enum crypto_hash_id)strtoul(words[0], NULL, 10);
	uint8_t prk[CRYPTO_HASH_MAX], okm[255 * CRYPTO_HASH_MAX];

	crypto_hkdf_extract(id, field[2], field[1], prk);
	crypto_hkdf_expand(id, BYTES(prk, crypto_hash_size(id)), field[3], okm, field[4].len);
	return memcmp(okm, field[4].at, field[4].len) == 0;
}

/* A kex between its offer and its finish is its secret value, in room for the longest. */
static bool kex(bool is_good)
{
	struct crypto_kex k = { .key = calloc(1, CRYPTO_KEX_SECRET_MAX), .group = (uint16_t)strtoul(words[0], NULL, 16) };
	uint8_t secret[CRYPTO_KEX_SECRET_MAX];
	size_t n = 0;
	hf_status s;

	if (!k.key)
		return false;
	memcpy(k.key, field[1].at, field[1].len);
	s = crypto_kex_finish(crypto, &k, field[2], secret, &n);
	if (!is_good)
		return s == HF_MALFORMED;
	return s == HF_OK && n == field[3].len && memcmp(secret, field[3].at, n) == 0;
}

static bool verify(bool is_good, bool is_any)
{
	struct crypto_pub *p = NULL;
	hf_status s;

	if (crypto_pub_of_spki(crypto, field[1], &p) != HF_OK)
		return false;
	s = crypto_pub_verify(crypto, p, (uint16_t)strtoul(words[0], NULL, 16), field[2], field[3]);
	crypto_pub_free(p);
	return is_any || s == (is_good ? HF_OK : HF_MALFORMED);
}

static bool judge(const char *operation, const char *must)
{
	bool is_good = strcmp(must, "good") == 0;

	if (strcmp(operation, "aead") == 0)
		return aead(is_good);
	if (strcmp(operation, "hkdf") == 0)
		return hkdf();
	if (strcmp(operation, "kex") == 0)
		return kex(is_good);
	if (strcmp(operation, "verify") == 0)
		return verify(is_good, strcmp(must, "any") == 0);
	return false;
}

int main(void)
{
	char *line = NULL;
	size_t size = 0, failures = 0;

	if (hf_crypto_open(&crypto) != HF_OK)
		return 1;
	while (getline(&line, &size, stdin) > 0) {
		char *rest = line, *operation = strsep(&rest, " \n"), *number = strsep(&rest, " \n"),
		     *must = strsep(&rest, " \n");

		for (size_t i = 0; i < FIELDS; i++) {
			char *word = rest ? strsep(&rest, " \n") : NULL;

			snprintf(words[i], FIELD_MAX, "%s", word ? word : "-");
			field[i] = unhex(words[i], room[i]);
		}
		if (!must || !judge(operation, must)) {
			printf("\t%s %s: not %s\n", operation, number ? number : "?", must ? must : "?");
			failures++;
		}
	}
	free(line);
	hf_crypto_close(crypto);
	return failures ? 1 : 0;
}
