/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <sys/mman.h>

#include "base/bits.h"
#include "base/rng.h"
#include "crypto/aead_backend.h"
#include "hex.h"

#define ROOM 20000u

static struct hf_crypto *crypto;
static uint8_t plain[ROOM], sealed[ROOM], other[ROOM], opened[ROOM];
static const uint8_t key[CRYPTO_AEAD_KEY_MAX] = "a key that is not that secret...";
static const uint8_t nonce[CRYPTO_AEAD_NONCE] = "once and no";
static const struct hf_bytes aad = { (const uint8_t *)"\x17\x03\x03\x40\x11", 5 };

static int set_up(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROOM; i++)
		plain[i] = (uint8_t)(i * 7 + i / 256);
	return hf_crypto_open(&crypto) == HF_OK ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	hf_crypto_close(crypto);
	return 0;
}

/* One for sealing and one for opening, of each algorithm and backend. */
struct pair {
	enum crypto_aead_id id;
	struct crypto_aead seal, open;
};

static size_t make_pairs(struct pair pairs[CRYPTO_AEAD_COUNT * CRYPTO_AEAD_BACKENDS])
{
	size_t n = 0;

	for (unsigned id = 0; id < CRYPTO_AEAD_COUNT; id++) {
		const struct crypto_aead_backend *backend[CRYPTO_AEAD_BACKENDS];
		size_t count = crypto_aead_backends(crypto, id, backend);

		for (size_t i = 0; i < count; i++) {
			struct pair *p = &pairs[n++];

			memset(p, 0, sizeof(*p));
			p->id = id;
			assert_int_equal(crypto_aead_set_with(&p->seal, crypto, backend[i], id, key, true), HF_OK);
			assert_int_equal(crypto_aead_set_with(&p->open, crypto, backend[i], id, key, false), HF_OK);
		}
	}
	return n;
}

static void free_pairs(struct pair *pairs, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		crypto_aead_clear(&pairs[i].seal);
		crypto_aead_clear(&pairs[i].open);
	}
}

static void seal_one(struct crypto_aead *a, size_t n, uint8_t *to)
{
	crypto_aead_seal(a, nonce, aad, &(struct hf_bytes){ plain, n }, 1,
			 &(struct crypto_room){ to, n + CRYPTO_AEAD_TAG }, 1);
}

static bool open_one(struct crypto_aead *a, const uint8_t *from, size_t n, uint8_t *to, size_t room)
{
	return crypto_aead_open(a, nonce, aad, &(struct hf_bytes){ from, n }, 1, &(struct crypto_room){ to, room }, 1);
}

/* All lengths up to some blocks and around the places where wide code changes its stride: all backends write the same. */
static void backends_agree(void **state)
{
	struct pair pairs[CRYPTO_AEAD_COUNT * CRYPTO_AEAD_BACKENDS];
	size_t count = make_pairs(pairs);

	(void)state;
	for (size_t n = 0; n < ROOM - CRYPTO_AEAD_TAG; n += n < 1100 ? 1 : 97) {
		for (size_t i = 0; i < count; i++) {
			bool is_first = i == 0 || pairs[i].id != pairs[i - 1].id;

			seal_one(&pairs[i].seal, n, is_first ? sealed : other);
			if (!is_first)
				assert_memory_equal(sealed, other, n + CRYPTO_AEAD_TAG);
			assert_true(open_one(&pairs[i].open, sealed, n + CRYPTO_AEAD_TAG, opened, n));
			assert_memory_equal(opened, plain, n);
		}
	}
	free_pairs(pairs, count);
}

/* Cuts n octets from `at` at random into at most 8 pieces, some of them empty. */
static size_t cut(struct hf_rng *rng, size_t n, size_t *sizes)
{
	size_t pieces = 1 + hf_rng_below(rng, 8);

	for (size_t i = 0; i + 1 < pieces; i++) {
		sizes[i] = hf_rng_below(rng, 4) == 0 ? 0 : hf_rng_below(rng, (uint32_t)n + 1);
		n -= sizes[i];
	}
	sizes[pieces - 1] = n;
	return pieces;
}

static size_t cut_in(struct hf_rng *rng, const uint8_t *at, size_t n, struct hf_bytes *ret)
{
	size_t sizes[8], pieces = cut(rng, n, sizes);

	for (size_t i = 0; i < pieces; at += sizes[i++])
		ret[i] = (struct hf_bytes){ at, sizes[i] };
	return pieces;
}

static size_t cut_out(struct hf_rng *rng, uint8_t *at, size_t n, struct crypto_room *ret)
{
	size_t sizes[8], pieces = cut(rng, n, sizes);

	for (size_t i = 0; i < pieces; at += sizes[i++])
		ret[i] = (struct crypto_room){ at, sizes[i] };
	return pieces;
}

/* However input and output are cut, the octets are those of one piece; room to spare stays as it is. */
static void any_split_is_the_same(void **state)
{
	struct pair pairs[CRYPTO_AEAD_COUNT * CRYPTO_AEAD_BACKENDS];
	size_t count = make_pairs(pairs);
	struct hf_rng rng;

	(void)state;
	hf_rng_init(&rng, (const uint8_t *)"cuts everywhere.");
	for (unsigned round = 0; round < 600; round++) {
		size_t n = hf_rng_below(&rng, round % 8 ? 200 : 5000);

		for (size_t i = 0; i < count; i++) {
			struct hf_bytes in[8];
			struct crypto_room out[8];
			size_t ins, outs, spare = hf_rng_below(&rng, 3);

			seal_one(&pairs[i].seal, n, sealed);
			memset(other, 0xee, n + 64);
			ins = cut_in(&rng, plain, n, in);
			outs = cut_out(&rng, other, n + CRYPTO_AEAD_TAG + spare, out);
			crypto_aead_seal(&pairs[i].seal, nonce, aad, in, ins, out, outs);
			assert_memory_equal(other, sealed, n + CRYPTO_AEAD_TAG);
			assert_int_equal(other[n + CRYPTO_AEAD_TAG], 0xee);

			memset(opened, 0xee, n + 64);
			ins = cut_in(&rng, sealed, n + CRYPTO_AEAD_TAG, in);
			outs = cut_out(&rng, opened, n + spare, out);
			assert_true(crypto_aead_open(&pairs[i].open, nonce, aad, in, ins, out, outs));
			assert_memory_equal(opened, plain, n);
			assert_int_equal(opened[n], 0xee);
		}
	}
	free_pairs(pairs, count);
}

static void works_in_place(void **state)
{
	static const size_t sizes[] = { 0, 1, 15, 16, 17, 64, 1350, 16384 };
	struct pair pairs[CRYPTO_AEAD_COUNT * CRYPTO_AEAD_BACKENDS];
	size_t count = make_pairs(pairs);

	(void)state;
	for (size_t i = 0; i < count; i++) {
		for (size_t s = 0; s < HF_ARRAY_LEN(sizes); s++) {
			size_t n = sizes[s], half = n / 2;
			struct hf_bytes in[] = { { other, half }, { other + half, n - half }, { other + n, CRYPTO_AEAD_TAG } };
			struct crypto_room out[] = { { other, half },
						     { other + half, n - half },
						     { other + n, CRYPTO_AEAD_TAG } };

			seal_one(&pairs[i].seal, n, sealed);
			memcpy(other, plain, n);
			crypto_aead_seal(&pairs[i].seal, nonce, aad, &(struct hf_bytes){ other, n }, 1,
					 &(struct crypto_room){ other, ROOM }, 1);
			assert_memory_equal(other, sealed, n + CRYPTO_AEAD_TAG);
			assert_true(open_one(&pairs[i].open, other, n + CRYPTO_AEAD_TAG, other, n));
			assert_memory_equal(other, plain, n);
			crypto_aead_seal(&pairs[i].seal, nonce, aad, in, 2, out, 3);
			assert_memory_equal(other, sealed, n + CRYPTO_AEAD_TAG);
			assert_true(crypto_aead_open(&pairs[i].open, nonce, aad, in, 3, out, 3));
			assert_memory_equal(other, plain, n);
		}
	}
	free_pairs(pairs, count);
}

/* One bit anywhere: refused, and nothing of the plaintext is left behind. */
static void a_changed_bit_is_refused(void **state)
{
	static const uint8_t zeros[100];
	struct pair pairs[CRYPTO_AEAD_COUNT * CRYPTO_AEAD_BACKENDS];
	size_t count = make_pairs(pairs), n = 40;

	(void)state;
	for (size_t i = 0; i < count; i++) {
		struct crypto_aead *a = &pairs[i].open;

		seal_one(&pairs[i].seal, n, sealed);
		for (size_t bit = 0; bit < 8 * (n + CRYPTO_AEAD_TAG); bit++) {
			struct hf_bytes in[] = { { sealed, 7 }, { sealed + 7, n + CRYPTO_AEAD_TAG - 7 } };
			struct crypto_room out[] = { { opened, 11 }, { opened + 11, 60 } };

			sealed[bit / 8] ^= (uint8_t)(1u << bit % 8);
			memset(opened, 0xee, 100);
			assert_false(open_one(a, sealed, n + CRYPTO_AEAD_TAG, opened, n));
			assert_memory_equal(opened, zeros, n);
			memset(opened, 0xee, 100);
			assert_false(crypto_aead_open(a, nonce, aad, in, 2, out, 2));
			assert_memory_equal(opened, zeros, n);
			sealed[bit / 8] ^= (uint8_t)(1u << bit % 8);
		}
		for (size_t j = 0; j < CRYPTO_AEAD_NONCE; j++) {
			uint8_t wrong[CRYPTO_AEAD_NONCE];

			memcpy(wrong, nonce, sizeof(wrong));
			wrong[j] ^= 1;
			assert_false(crypto_aead_open(a, wrong, aad, &(struct hf_bytes){ sealed, n + CRYPTO_AEAD_TAG },
						      1, &(struct crypto_room){ opened, n }, 1));
		}
		assert_false(crypto_aead_open(a, nonce, BYTES(aad.at, 4), &(struct hf_bytes){ sealed, n + CRYPTO_AEAD_TAG },
					      1, &(struct crypto_room){ opened, n }, 1));
		assert_false(crypto_aead_open(a, nonce, TEXT("\x17\x03\x03\x40\x12"),
					      &(struct hf_bytes){ sealed, n + CRYPTO_AEAD_TAG }, 1,
					      &(struct crypto_room){ opened, n }, 1));
		assert_true(open_one(a, sealed, n + CRYPTO_AEAD_TAG, opened, n));
	}
	free_pairs(pairs, count);
}

static void what_does_not_fit_is_refused(void **state)
{
	struct pair pairs[CRYPTO_AEAD_COUNT * CRYPTO_AEAD_BACKENDS];
	size_t count = make_pairs(pairs);

	(void)state;
	for (size_t i = 0; i < count; i++) {
		seal_one(&pairs[i].seal, 9, sealed);
		for (size_t n = 0; n < 9 + CRYPTO_AEAD_TAG; n++)
			assert_false(open_one(&pairs[i].open, sealed, n, opened, ROOM));
		assert_false(open_one(&pairs[i].open, sealed, 9 + CRYPTO_AEAD_TAG, opened, 8));
		assert_false(crypto_aead_open(&pairs[i].open, nonce, aad, NULL, 0, NULL, 0));
		assert_true(open_one(&pairs[i].open, sealed, 9 + CRYPTO_AEAD_TAG, opened, 9));
		/* Nothing at all has a tag too. */
		seal_one(&pairs[i].seal, 0, sealed);
		assert_true(crypto_aead_open(&pairs[i].open, nonce, aad, &(struct hf_bytes){ sealed, CRYPTO_AEAD_TAG },
					     1, NULL, 0));
	}
	free_pairs(pairs, count);
}

/* Memory that ends where the mapped page does, so that a load beyond it is a fault. */
static uint8_t *at_the_edge(size_t n)
{
	size_t page = 4096, room = (n + page - 1) / page * page;
	uint8_t *at = mmap(NULL, room + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	assert_ptr_not_equal(at, MAP_FAILED);
	assert_int_equal(mprotect(at + room, page, PROT_NONE), 0);
	return at + room; /* the edge itself */
}

/* Vector code is tempted to load whole registers; what it is given may end with a page. */
static void nothing_is_touched_beyond_the_end(void **state)
{
	uint8_t *in = at_the_edge(400), *out = at_the_edge(400), *once = at_the_edge(16), *head = at_the_edge(16);
	uint8_t *own_key = at_the_edge(32);

	(void)state;
	memcpy(once - sizeof(nonce), nonce, sizeof(nonce));
	memcpy(own_key - sizeof(key), key, sizeof(key));
	for (unsigned id = 0; id < CRYPTO_AEAD_COUNT; id++) {
		const struct crypto_aead_backend *backend[CRYPTO_AEAD_BACKENDS];
		size_t count = crypto_aead_backends(crypto, id, backend), key_size = crypto_aead_key_size(id);

		for (size_t i = 0; i < count; i++) {
			struct crypto_aead seal = { 0 }, open = { 0 };

			memmove(own_key - key_size, key, key_size);
			assert_int_equal(crypto_aead_set_with(&seal, crypto, backend[i], id, own_key - key_size, true),
					 HF_OK);
			assert_int_equal(crypto_aead_set_with(&open, crypto, backend[i], id, own_key - key_size, false),
					 HF_OK);
			for (size_t n = 0; n <= 300; n++) {
				size_t all = n + CRYPTO_AEAD_TAG, heads = n % 15;
				struct hf_bytes aad_at = { head - heads, heads };

				memcpy(in - n, plain, n);
				crypto_aead_seal(&seal, once - 12, aad_at, &(struct hf_bytes){ in - n, n }, 1,
						 &(struct crypto_room){ out - all, all }, 1);
				memcpy(in - all, out - all, all);
				assert_true(crypto_aead_open(&open, once - 12, aad_at, &(struct hf_bytes){ in - all, all },
							     1, &(struct crypto_room){ out - n, n }, 1));
				assert_memory_equal(out - n, plain, n);
			}
			crypto_aead_clear(&seal);
			crypto_aead_clear(&open);
		}
	}
	munmap(in - 4096, 8192);
	munmap(out - 4096, 8192);
	munmap(once - 4096, 8192);
	munmap(head - 4096, 8192);
	munmap(own_key - 4096, 8192);
}

/* A key is replaced, and another one is another one. */
static void keys_are_set_and_cleared(void **state)
{
	struct crypto_aead a = { 0 }, none = { 0 };
	uint8_t key2[CRYPTO_AEAD_KEY_MAX];

	(void)state;
	memcpy(key2, key, sizeof(key));
	key2[0] ^= 1;
	for (unsigned id = 0; id < CRYPTO_AEAD_COUNT; id++) {
		assert_int_equal(crypto_aead_set(&a, crypto, id, key, true), HF_OK);
		seal_one(&a, 30, sealed);
		assert_int_equal(crypto_aead_set(&a, crypto, id, key2, true), HF_OK);
		seal_one(&a, 30, other);
		assert_memory_not_equal(sealed, other, 46);
		assert_int_equal(crypto_aead_set(&a, crypto, id, key2, false), HF_OK);
		assert_false(open_one(&a, sealed, 46, opened, 30));
		assert_true(open_one(&a, other, 46, opened, 30));
		crypto_aead_clear(&a);
		assert_memory_equal(&a, &none, sizeof(a));
		crypto_aead_clear(&a);
	}
	assert_int_equal(crypto_aead_key_size(CRYPTO_AES_128_GCM), 16);
	assert_int_equal(crypto_aead_key_size(CRYPTO_AES_256_GCM), 32);
	assert_int_equal(crypto_aead_key_size(CRYPTO_CHACHA20_POLY1305), 32);
	assert_true(strcmp(hf_crypto_aead_backend(crypto), "libcrypto") == 0 ||
		    strcmp(hf_crypto_aead_backend(crypto), "ipsec-mb") == 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(backends_agree),
		cmocka_unit_test(any_split_is_the_same),
		cmocka_unit_test(works_in_place),
		cmocka_unit_test(a_changed_bit_is_refused),
		cmocka_unit_test(what_does_not_fit_is_refused),
		cmocka_unit_test(nothing_is_touched_beyond_the_end),
		cmocka_unit_test(keys_are_set_and_cleared),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
