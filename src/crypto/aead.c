/* SPDX-License-Identifier: MIT */
#include "crypto/aead.h"

#include <limits.h>
#include <string.h>

#include "base/bits.h"
#include "crypto/crypto_internal.h"

#define PIECE_MAX ((size_t)1 << 30) /* libcrypto counts in int */

/* Walks a scatter list. */
struct place {
	const struct crypto_room *at;
	size_t left; /* of the list, at[0] included */
	size_t used; /* of at[0] */
};

size_t crypto_aead_key_size(enum crypto_aead_id id)
{
	static const uint8_t sizes[CRYPTO_AEAD_COUNT] = {
		[CRYPTO_AES_128_GCM] = 16,
		[CRYPTO_AES_256_GCM] = 32,
		[CRYPTO_CHACHA20_POLY1305] = 32,
	};

	HF_ASSERT(id < CRYPTO_AEAD_COUNT);
	return sizes[id];
}

hf_status crypto_aead_set(struct crypto_aead *a, const struct hf_crypto *c, enum crypto_aead_id id, const uint8_t *key,
			  bool seals)
{
	HF_ASSERT(id < CRYPTO_AEAD_COUNT);
	return crypto_aead_set_with(a, c, c->aead[id], id, key, seals);
}

hf_status crypto_aead_set_with(struct crypto_aead *a, const struct hf_crypto *c, const struct crypto_aead_backend *backend,
			       enum crypto_aead_id id, const uint8_t *key, bool seals)
{
	void *ctx = backend->make(backend, c, id, key, seals);

	if (!ctx)
		return HF_FULL;
	crypto_aead_clear(a);
	*a = (struct crypto_aead){ .backend = backend, .ctx = ctx, .id = (uint8_t)id, .seals = seals };
	return HF_OK;
}

void crypto_aead_clear(struct crypto_aead *a)
{
	if (a->backend)
		a->backend->drop(a->backend, a->ctx);
	memset(a, 0, sizeof(*a));
}

static size_t sum_in(const struct hf_bytes *in, size_t ins)
{
	size_t sum = 0;

	for (size_t i = 0; i < ins; i++)
		sum += in[i].len;
	return sum;
}

static size_t sum_out(const struct crypto_room *out, size_t outs)
{
	size_t sum = 0;

	for (size_t i = 0; i < outs; i++)
		sum += out[i].len;
	return sum;
}

/* Where to write next, and how much there; never called with no room left. */
static uint8_t *next_room(struct place *to, size_t *ret_len)
{
	while (to->used == to->at->len) {
		HF_ASSERT(to->left > 1);
		to->at++;
		to->left--;
		to->used = 0;
	}
	*ret_len = to->at->len - to->used;
	return to->at->at + to->used;
}

static void write_out(struct place *to, const uint8_t *from, size_t n)
{
	while (n > 0) {
		size_t part;
		uint8_t *at = next_room(to, &part);

		part = hf_min_u64(part, n);
		if (from) {
			memcpy(at, from, part);
			from += part;
		} else {
			crypto_wipe(at, part);
		}
		to->used += part;
		n -= part;
	}
}

/* The first n octets of in[], cut where an input or an output ends. */
static void add_pieces(const struct crypto_aead *a, struct crypto_aead_run *run, const struct hf_bytes *in, size_t n,
		       struct place *to)
{
	for (; n > 0; in++) {
		const uint8_t *from = in->at;
		size_t left = hf_min_u64(in->len, n);

		n -= left;
		while (left > 0) {
			size_t part;
			uint8_t *at = next_room(to, &part);

			part = hf_min_u64(hf_min_u64(part, left), PIECE_MAX);
			a->backend->add(a, run, from, at, part);
			to->used += part;
			from += part;
			left -= part;
		}
	}
}

void crypto_aead_seal(struct crypto_aead *a, const uint8_t nonce[CRYPTO_AEAD_NONCE], struct hf_bytes aad,
		      const struct hf_bytes *in, size_t ins, const struct crypto_room *out, size_t outs)
{
	struct place to = { out, outs, 0 };
	size_t n = sum_in(in, ins);
	uint8_t tag[CRYPTO_AEAD_TAG];
	struct crypto_aead_run run;

	HF_ASSERT(a->backend && a->seals && sum_out(out, outs) >= n + CRYPTO_AEAD_TAG);
	if (ins == 1 && n <= out[0].len && n <= PIECE_MAX && a->backend->whole) {
		a->backend->whole(a, nonce, aad, in[0].at, out[0].at, n, tag);
		to.used = n;
	} else {
		a->backend->start(a, &run, nonce, aad);
		add_pieces(a, &run, in, n, &to);
		a->backend->end(a, &run, tag);
	}
	write_out(&to, tag, CRYPTO_AEAD_TAG);
}

/* The last octets of in[], which may lie in several pieces. */
static void copy_tag(const struct hf_bytes *in, size_t ins, uint8_t *tag)
{
	size_t left = CRYPTO_AEAD_TAG;

	while (left > 0) {
		const struct hf_bytes *last = &in[--ins];
		size_t part = hf_min_u64(last->len, left);

		left -= part;
		if (part > 0)
			memcpy(tag + left, last->at + last->len - part, part);
	}
}

bool crypto_aead_open(struct crypto_aead *a, const uint8_t nonce[CRYPTO_AEAD_NONCE], struct hf_bytes aad,
		      const struct hf_bytes *in, size_t ins, const struct crypto_room *out, size_t outs)
{
	struct place to = { out, outs, 0 };
	size_t n = sum_in(in, ins);
	uint8_t tag[CRYPTO_AEAD_TAG];
	struct crypto_aead_run run;
	bool good;

	HF_ASSERT(a->backend && !a->seals);
	if (n < CRYPTO_AEAD_TAG || sum_out(out, outs) < n - CRYPTO_AEAD_TAG)
		return false;
	n -= CRYPTO_AEAD_TAG;
	copy_tag(in, ins, tag); /* first: writing in place may go over it */
	if (ins == 1 && outs > 0 && n <= out[0].len && n <= PIECE_MAX && a->backend->whole) {
		good = a->backend->whole(a, nonce, aad, in[0].at, out[0].at, n, tag);
	} else {
		a->backend->start(a, &run, nonce, aad);
		add_pieces(a, &run, in, n, &to);
		good = a->backend->end(a, &run, tag);
	}
	if (!good) {
		to = (struct place){ out, outs, 0 };
		write_out(&to, NULL, n); /* RFC 5116 2.2: no plaintext comes out */
	}
	return good;
}

size_t crypto_aead_backends(const struct hf_crypto *c, enum crypto_aead_id id,
			    const struct crypto_aead_backend *ret[CRYPTO_AEAD_BACKENDS])
{
	size_t n = 0;

	ret[n++] = &crypto_aead_libcrypto;
	if (c->ipsec_mb_aead[id])
		ret[n++] = c->ipsec_mb_aead[id];
	return n;
}

const char *hf_crypto_aead_backend(const struct hf_crypto *c)
{
	return c->aead[CRYPTO_AES_128_GCM]->name;
}
