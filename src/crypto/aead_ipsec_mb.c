/* SPDX-License-Identifier: MIT */
/*
 * Sealing with Intel's multi-buffer library, through its direct calls: no jobs, no queues. They are plain functions of their
 * arguments, chosen for the processor when the library's manager is set up; we keep their addresses and let the manager go.
 *
 * Memory: the library declares a key's expansion for the widest vectors, 1,008 octets, and the narrower code fills only its
 * front (368 with AVX2). How far a key's expansion is written is found out once, and only so much is kept for each key.
 * ChaCha20-Poly1305 needs nothing but its key: 32 octets, of which the AVX2 code loads 48.
 *
 * Speed (AES-128-GCM against libcrypto 3.0): with AVX-512 five times as fast at 16 KiB and at 1,350 octets; with AVX2 alone
 * as fast at 16 KiB, 1.7 times at 1,350 and six times at 64, as there is no context to go through. ChaCha20-Poly1305 is faster
 * than libcrypto's with AVX-512 only.
 */
#include <intel-ipsec-mb.h>
#include <stdlib.h>
#include <string.h>

#include "base/bits.h"
#include "crypto/aead_backend.h"
#include "crypto/hash.h"

#define KEY_ALIGN 64u /* as struct gcm_key_data has it */
#define CHACHA_KEY_ROOM 64u

/* What GCM cannot do without, on any processor. */
#define NEEDED (IMB_FEATURE_AESNI | IMB_FEATURE_PCLMULQDQ)

/* A key's expansion as the library has it, in whole lines of the cache. */
union expansion {
	_Alignas(KEY_ALIGN) struct gcm_key_data data;
	uint8_t octets[(sizeof(struct gcm_key_data) + KEY_ALIGN - 1) / KEY_ALIGN * KEY_ALIGN];
};

struct gcm {
	struct crypto_aead_backend backend;
	size_t key_room; /* of union expansion, what is in use */
	aes_gcm_pre_t pre;
	aes_gcm_init_t init;
	aes_gcm_enc_dec_t enc, dec;
	aes_gcm_enc_dec_update_t enc_update, dec_update;
	aes_gcm_enc_dec_finalize_t enc_finalize, dec_finalize;
};

struct chacha {
	struct crypto_aead_backend backend;
	chacha_poly_init_t init;
	chacha_poly_enc_dec_update_t enc_update, dec_update;
	chacha_poly_finalize_t finalize;
};

struct crypto_ipsec_mb {
	uint64_t features;
	struct gcm gcm_128, gcm_256;
	struct chacha chacha;
};

_Static_assert(sizeof(struct gcm_context_data) <= sizeof(struct crypto_aead_run), "GCM's state fits");
_Static_assert(sizeof(struct chacha20_poly1305_context_data) <= sizeof(struct crypto_aead_run), "and ChaCha20-Poly1305's");

/* The library has tags written when opening too; they are compared here. */
static bool settle(const struct crypto_aead *a, const uint8_t *computed, uint8_t *tag)
{
	if (!a->seals)
		return crypto_equal(computed, tag, CRYPTO_AEAD_TAG);
	memcpy(tag, computed, CRYPTO_AEAD_TAG);
	return true;
}

/* ---- AES-GCM ---- */

static const struct gcm *gcm_of(const struct crypto_aead_backend *b)
{
	return HF_CONTAINER(b, const struct gcm, backend);
}

static void *gcm_make(const struct crypto_aead_backend *self, const struct hf_crypto *c, enum crypto_aead_id id,
		      const uint8_t *key, bool seals)
{
	const struct gcm *g = gcm_of(self);
	union expansion whole;
	void *ctx = aligned_alloc(KEY_ALIGN, g->key_room);

	(void)c;
	(void)id;
	(void)seals;
	if (!ctx)
		return NULL;
	memset(&whole, 0, sizeof(whole));
	g->pre(key, &whole.data);
	memcpy(ctx, whole.octets, g->key_room);
	crypto_wipe(&whole, sizeof(whole));
	return ctx;
}

static void gcm_drop(const struct crypto_aead_backend *self, void *ctx)
{
	crypto_wipe(ctx, gcm_of(self)->key_room);
	free(ctx);
}

static void gcm_start(const struct crypto_aead *a, struct crypto_aead_run *run, const uint8_t *nonce, struct hf_bytes aad)
{
	gcm_of(a->backend)->init(a->ctx, (struct gcm_context_data *)run->room, nonce, aad.at, aad.len);
}

static void gcm_add(const struct crypto_aead *a, struct crypto_aead_run *run, const uint8_t *in, uint8_t *out, size_t n)
{
	const struct gcm *g = gcm_of(a->backend);

	(a->seals ? g->enc_update : g->dec_update)(a->ctx, (struct gcm_context_data *)run->room, out, in, n);
}

static bool gcm_end(const struct crypto_aead *a, struct crypto_aead_run *run, uint8_t *tag)
{
	const struct gcm *g = gcm_of(a->backend);
	uint8_t computed[CRYPTO_AEAD_TAG] = { 0 };

	(a->seals ? g->enc_finalize : g->dec_finalize)(a->ctx, (struct gcm_context_data *)run->room, computed,
						       CRYPTO_AEAD_TAG);
	crypto_wipe(run, sizeof(struct gcm_context_data));
	return settle(a, computed, tag);
}

static bool gcm_whole(const struct crypto_aead *a, const uint8_t *nonce, struct hf_bytes aad, const uint8_t *in,
		      uint8_t *out, size_t n, uint8_t *tag)
{
	const struct gcm *g = gcm_of(a->backend);
	uint8_t computed[CRYPTO_AEAD_TAG] = { 0 };
	struct gcm_context_data state = { 0 };

	(a->seals ? g->enc : g->dec)(a->ctx, &state, out, in, n, nonce, aad.at, aad.len, computed, CRYPTO_AEAD_TAG);
	crypto_wipe(&state, sizeof(state));
	return settle(a, computed, tag);
}

/* How much of a key's expansion there is: what differs from two paints, to whole lines of the cache. */
static size_t find_key_room(aes_gcm_pre_t pre)
{
	static const uint8_t paints[] = { 0x00, 0xff };
	uint8_t key[32] = { 1 };
	union expansion e;
	size_t room = 0;

	for (size_t p = 0; p < HF_ARRAY_LEN(paints); p++) {
		memset(&e, paints[p], sizeof(e));
		pre(key, &e.data);
		for (size_t i = room; i < sizeof(e); i++)
			if (e.octets[i] != paints[p])
				room = i + 1;
	}
	return (room + KEY_ALIGN - 1) / KEY_ALIGN * KEY_ALIGN;
}

static const struct crypto_aead_backend gcm_backend = {
	.name = "ipsec-mb",
	.make = gcm_make,
	.drop = gcm_drop,
	.start = gcm_start,
	.add = gcm_add,
	.end = gcm_end,
	.whole = gcm_whole,
};

/* ---- ChaCha20-Poly1305 ---- */

static const struct chacha *chacha_of(const struct crypto_aead_backend *b)
{
	return HF_CONTAINER(b, const struct chacha, backend);
}

static void *chacha_make(const struct crypto_aead_backend *self, const struct hf_crypto *c, enum crypto_aead_id id,
			 const uint8_t *key, bool seals)
{
	void *ctx = calloc(1, CHACHA_KEY_ROOM);

	(void)self;
	(void)c;
	(void)seals;
	if (ctx)
		memcpy(ctx, key, crypto_aead_key_size(id));
	return ctx;
}

static void chacha_drop(const struct crypto_aead_backend *self, void *ctx)
{
	(void)self;
	crypto_wipe(ctx, CHACHA_KEY_ROOM);
	free(ctx);
}

static void chacha_start(const struct crypto_aead *a, struct crypto_aead_run *run, const uint8_t *nonce, struct hf_bytes aad)
{
	chacha_of(a->backend)->init(a->ctx, (struct chacha20_poly1305_context_data *)run->room, nonce, aad.at, aad.len);
}

static void chacha_add(const struct crypto_aead *a, struct crypto_aead_run *run, const uint8_t *in, uint8_t *out, size_t n)
{
	const struct chacha *x = chacha_of(a->backend);

	(a->seals ? x->enc_update : x->dec_update)(a->ctx, (struct chacha20_poly1305_context_data *)run->room, out, in, n);
}

static bool chacha_end(const struct crypto_aead *a, struct crypto_aead_run *run, uint8_t *tag)
{
	uint8_t computed[CRYPTO_AEAD_TAG] = { 0 };

	chacha_of(a->backend)->finalize((struct chacha20_poly1305_context_data *)run->room, computed, CRYPTO_AEAD_TAG);
	crypto_wipe(run, sizeof(struct chacha20_poly1305_context_data));
	return settle(a, computed, tag);
}

static const struct crypto_aead_backend chacha_backend = {
	.name = "ipsec-mb",
	.make = chacha_make,
	.drop = chacha_drop,
	.start = chacha_start,
	.add = chacha_add,
	.end = chacha_end,
};

/* ---- the library ---- */

struct crypto_ipsec_mb *crypto_ipsec_mb_open(void)
{
	struct crypto_ipsec_mb *mb = NULL;
	IMB_MGR *mgr = alloc_mb_mgr(0);
	IMB_ARCH arch;

	if (!mgr)
		return NULL;
	/* The library tries itself against known answers here; an error is one of these. */
	init_mb_mgr_auto(mgr, &arch);
	if (imb_get_errno(mgr) == 0 && arch >= IMB_ARCH_SSE && (mgr->features & NEEDED) == NEEDED)
		mb = calloc(1, sizeof(*mb));
	if (mb) {
		mb->features = mgr->features;
		mb->gcm_128 = (struct gcm){
			.backend = gcm_backend,
			.key_room = find_key_room(mgr->gcm128_pre),
			.pre = mgr->gcm128_pre,
			.init = mgr->gcm128_init,
			.enc = mgr->gcm128_enc,
			.dec = mgr->gcm128_dec,
			.enc_update = mgr->gcm128_enc_update,
			.dec_update = mgr->gcm128_dec_update,
			.enc_finalize = mgr->gcm128_enc_finalize,
			.dec_finalize = mgr->gcm128_dec_finalize,
		};
		mb->gcm_256 = (struct gcm){
			.backend = gcm_backend,
			.key_room = find_key_room(mgr->gcm256_pre),
			.pre = mgr->gcm256_pre,
			.init = mgr->gcm256_init,
			.enc = mgr->gcm256_enc,
			.dec = mgr->gcm256_dec,
			.enc_update = mgr->gcm256_enc_update,
			.dec_update = mgr->gcm256_dec_update,
			.enc_finalize = mgr->gcm256_enc_finalize,
			.dec_finalize = mgr->gcm256_dec_finalize,
		};
		mb->chacha = (struct chacha){
			.backend = chacha_backend,
			.init = mgr->chacha20_poly1305_init,
			.enc_update = mgr->chacha20_poly1305_enc_update,
			.dec_update = mgr->chacha20_poly1305_dec_update,
			.finalize = mgr->chacha20_poly1305_finalize,
		};
	}
	free_mb_mgr(mgr);
	return mb;
}

void crypto_ipsec_mb_close(struct crypto_ipsec_mb *mb)
{
	free(mb);
}

const struct crypto_aead_backend *crypto_ipsec_mb_backend(const struct crypto_ipsec_mb *mb, enum crypto_aead_id id)
{
	if (id == CRYPTO_CHACHA20_POLY1305)
		return &mb->chacha.backend;
	return id == CRYPTO_AES_128_GCM ? &mb->gcm_128.backend : &mb->gcm_256.backend;
}

bool crypto_ipsec_mb_is_best(const struct crypto_ipsec_mb *mb, enum crypto_aead_id id)
{
	return id != CRYPTO_CHACHA20_POLY1305 || (mb->features & IMB_FEATURE_AVX512_SKX) == IMB_FEATURE_AVX512_SKX;
}
