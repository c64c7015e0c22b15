/* SPDX-License-Identifier: MIT */
#include <openssl/bn.h>
#include <stdlib.h>
#include <string.h>

#include "base/bits.h"
#include "crypto/crypto_internal.h"

#define COORDINATE_MAX 66u
#define UNCOMPRESSED 4u /* SEC 1 2.3.3; RFC 8446 4.2.8.2 has no other form */

enum kind {
	CURVE,  /* one of NIST's */
	LADDER, /* of RFC 7748 */
	HYBRID, /* such a ladder beside ML-KEM-768 */
};

struct group {
	uint16_t number; /* RFC 8446 4.2.7 */
	uint8_t kind;
	uint8_t which; /* enum crypto_curve or crypto_ladder_id */
	uint8_t size;  /* of the curve's or ladder's secret value, and of a shared one */
	uint16_t client_share, server_share;
	uint8_t secret;
};

#define OF_CURVE(number, name, size)                                                           \
	{                                                                                      \
		number, CURVE, CRYPTO_CURVE_##name, size, 1 + 2 * (size), 1 + 2 * (size), size \
	}
#define OF_LADDER(number, name, size)                                        \
	{                                                                    \
		number, LADDER, CRYPTO_LADDER_##name, size, size, size, size \
	}
#define OF_HYBRID(number, name, size)                                                     \
	{                                                                                 \
		number, HYBRID, CRYPTO_LADDER_##name, size, CRYPTO_MLKEM_PUBLIC + (size), \
			CRYPTO_MLKEM_CIPHERTEXT + (size), CRYPTO_MLKEM_SECRET + (size)    \
	}

static const struct group groups[] = {
	OF_LADDER(0x001d, X25519, 32), OF_CURVE(0x0017, P256, 32),  OF_CURVE(0x0018, P384, 48),
	OF_CURVE(0x0019, P521, 66),    OF_LADDER(0x001e, X448, 56), OF_HYBRID(0x11ec, X25519, 32),
};

/* What the client of a hybrid keeps until the answer. */
struct hybrid {
	const struct crypto_mlkem *mlkem;
	void *key;
	uint8_t scalar[32];
};

/* What libcrypto wants for one multiplication on a curve. */
struct work {
	BN_CTX *ctx;
	BIGNUM *secret, *x;
	EC_POINT *point, *product;
};

static const struct group *find(uint16_t number)
{
	for (size_t i = 0; i < HF_ARRAY_LEN(groups); i++)
		if (groups[i].number == number)
			return &groups[i];
	return NULL;
}

static bool can(const struct hf_crypto *c, const struct group *g)
{
	if (g->kind == CURVE)
		return c->curve[g->which] != NULL;
	return c->ladder[g->which] != NULL && (g->kind == LADDER || c->mlkem);
}

bool crypto_kex_has(const struct hf_crypto *c, uint16_t group)
{
	const struct group *g = find(group);

	return g && can(c, g);
}

size_t crypto_kex_client_share_size(uint16_t group)
{
	const struct group *g = find(group);

	return g ? g->client_share : 0;
}

size_t crypto_kex_server_share_size(uint16_t group)
{
	const struct group *g = find(group);

	return g ? g->server_share : 0;
}

/* ---- NIST's curves ---- */

static void close_work(struct work *w)
{
	BN_clear_free(w->secret);
	BN_clear_free(w->x);
	EC_POINT_clear_free(w->product);
	EC_POINT_free(w->point);
	BN_CTX_free(w->ctx);
}

static bool open_work(struct work *w, const EC_GROUP *curve, const uint8_t *secret, size_t size)
{
	*w = (struct work){
		.ctx = BN_CTX_new(),
		.secret = BN_bin2bn(secret, (int)size, NULL),
		.x = BN_new(),
		.point = EC_POINT_new(curve),
		.product = EC_POINT_new(curve),
	};
	if (w->ctx && w->secret && w->x && w->point && w->product) {
		BN_set_flags(w->secret, BN_FLG_CONSTTIME);
		return true;
	}
	close_work(w);
	return false;
}

/* The x coordinate of secret * point: RFC 8446 7.4.2. Reading the point checks that it is on its curve. */
static hf_status multiply_point(const EC_GROUP *curve, struct work *w, struct hf_bytes peer, uint8_t *ret, size_t size)
{
	if (peer.at[0] != UNCOMPRESSED || EC_POINT_oct2point(curve, w->point, peer.at, peer.len, w->ctx) != 1)
		return HF_MALFORMED;
	/* These curves have no points of small order, so no product is at infinity. */
	if (EC_POINT_mul(curve, w->product, NULL, w->point, w->secret, w->ctx) != 1 ||
	    EC_POINT_get_affine_coordinates(curve, w->product, w->x, NULL, w->ctx) != 1 ||
	    BN_bn2binpad(w->x, ret, (int)size) != (int)size)
		return HF_FULL;
	return HF_OK;
}

static hf_status multiply_base(const EC_GROUP *curve, struct work *w, uint8_t *ret, size_t size)
{
	if (EC_POINT_mul(curve, w->product, w->secret, NULL, NULL, w->ctx) != 1 ||
	    EC_POINT_point2oct(curve, w->product, POINT_CONVERSION_UNCOMPRESSED, ret, 1 + 2 * size, w->ctx) != 1 + 2 * size)
		return HF_FULL;
	return HF_OK;
}

static hf_status work_on_curve(const struct hf_crypto *c, const struct group *g, const uint8_t *secret,
			       uint8_t *ret_public, struct hf_bytes peer, uint8_t *ret_shared)
{
	const EC_GROUP *curve = c->curve[g->which];
	struct work w;
	hf_status s = HF_OK;

	if (!open_work(&w, curve, secret, g->size))
		return crypto_failed(HF_FULL);
	if (ret_shared)
		s = multiply_point(curve, &w, peer, ret_shared, g->size);
	if (s == HF_OK && ret_public)
		s = multiply_base(curve, &w, ret_public, g->size);
	close_work(&w);
	return s == HF_OK ? s : crypto_failed(s);
}

/* Is this number between 1 and the curve's order less 1? */
static bool is_in_range(const EC_GROUP *curve, const uint8_t *secret, size_t size)
{
	BIGNUM *n = BN_bin2bn(secret, (int)size, NULL);
	bool good = n && !BN_is_zero(n) && BN_cmp(n, EC_GROUP_get0_order(curve)) < 0;

	BN_clear_free(n);
	return good;
}

/*
 * A secret uniform below the order: what does not fit is thrown away and drawn again (SP 800-56A 5.6.1.2.2), from octets that
 * HKDF makes of the entropy. P-521 has 7 bits of its octets too many; they are cleared before.
 */
static hf_status draw_scalar(const struct hf_crypto *c, const struct group *g, const uint8_t *entropy, uint8_t *ret)
{
	const EC_GROUP *curve = c->curve[g->which];
	int spare = 8 * g->size - EC_GROUP_order_bits(curve);

	for (uint8_t i = 0; i < UINT8_MAX; i++) {
		crypto_hkdf_expand(CRYPTO_SHA512, (struct hf_bytes){ entropy, CRYPTO_KEX_ENTROPY },
				   (struct hf_bytes){ &i, 1 }, ret, g->size);
		ret[0] &= (uint8_t)(0xff >> spare);
		if (is_in_range(curve, ret, g->size))
			return HF_OK;
	}
	return crypto_failed(HF_FULL); /* 255 misses in a row are no chance: there was no memory for the number */
}

/* ---- curves and ladders, where both sides do the same ---- */

static hf_status draw_secret(const struct hf_crypto *c, const struct group *g, const uint8_t *entropy, uint8_t *ret)
{
	if (g->kind == CURVE)
		return draw_scalar(c, g, entropy, ret);
	memcpy(ret, entropy, g->size);
	return HF_OK;
}

static hf_status compute(const struct hf_crypto *c, const struct group *g, const uint8_t *secret, uint8_t *ret_public,
			 struct hf_bytes peer, uint8_t *ret_shared)
{
	if (g->kind == CURVE)
		return work_on_curve(c, g, secret, ret_public, peer, ret_shared);
	return crypto_ladder_climb(c->ladder[g->which], secret, ret_public, peer.at, ret_shared);
}

static hf_status offer_plain(const struct hf_crypto *c, const struct group *g, const uint8_t *entropy,
			     struct crypto_kex *kex, uint8_t *share)
{
	hf_status s;

	kex->key = malloc(COORDINATE_MAX);
	if (!kex->key)
		return HF_FULL;
	s = draw_secret(c, g, entropy, kex->key);
	return s == HF_OK ? compute(c, g, kex->key, share, (struct hf_bytes){ 0 }, NULL) : s;
}

static hf_status answer_plain(const struct hf_crypto *c, const struct group *g, const uint8_t *entropy,
			      struct hf_bytes offer, uint8_t *share, uint8_t *secret)
{
	uint8_t own[COORDINATE_MAX];
	hf_status s = draw_secret(c, g, entropy, own);

	if (s == HF_OK)
		s = compute(c, g, own, share, offer, secret);
	crypto_wipe(own, sizeof(own));
	return s;
}

/*
 * ---- hybrids: draft-ietf-tls-ecdhe-mlkem ----
 *
 * Shares and secrets of both are put side by side, ML-KEM's first, with no lengths between them as all are fixed. The secret
 * is as good as the better of the two. Of the entropy the first 64 octets are ML-KEM's, the rest is the ladder's.
 */

static hf_status offer_hybrid(const struct hf_crypto *c, const struct group *g, const uint8_t *entropy,
			      struct crypto_kex *kex, uint8_t *share)
{
	struct hybrid *h = calloc(1, sizeof(*h));

	if (!h)
		return HF_FULL;
	kex->key = h;
	h->mlkem = c->mlkem;
	h->key = crypto_mlkem_generate(c->mlkem, entropy, share);
	if (!h->key)
		return HF_FULL;
	memcpy(h->scalar, entropy + CRYPTO_MLKEM_SEED, g->size);
	return crypto_ladder_climb(c->ladder[g->which], h->scalar, share + CRYPTO_MLKEM_PUBLIC, NULL, NULL);
}

static hf_status finish_hybrid(const struct hf_crypto *c, const struct group *g, const struct hybrid *h,
			       struct hf_bytes answer, uint8_t *secret)
{
	HF_TRY(crypto_mlkem_decapsulate(h->mlkem, h->key, answer.at, secret));
	return crypto_ladder_climb(c->ladder[g->which], h->scalar, NULL, answer.at + CRYPTO_MLKEM_CIPHERTEXT,
				   secret + CRYPTO_MLKEM_SECRET);
}

static hf_status answer_hybrid(const struct hf_crypto *c, const struct group *g, const uint8_t *entropy,
			       struct hf_bytes offer, uint8_t *share, uint8_t *secret)
{
	HF_TRY(crypto_mlkem_encapsulate(c->mlkem, offer.at, entropy, share, secret));
	return crypto_ladder_climb(c->ladder[g->which], entropy + CRYPTO_MLKEM_SEED, share + CRYPTO_MLKEM_CIPHERTEXT,
				   offer.at + CRYPTO_MLKEM_PUBLIC, secret + CRYPTO_MLKEM_SECRET);
}

static void clear_hybrid(struct hybrid *h)
{
	crypto_mlkem_drop(h->mlkem, h->key);
	crypto_wipe(h, sizeof(*h));
}

/* ---- all groups ---- */

hf_status crypto_kex_offer(const struct hf_crypto *c, uint16_t group, const uint8_t entropy[CRYPTO_KEX_ENTROPY],
			   struct crypto_kex *ret, uint8_t *share, size_t room, size_t *ret_len)
{
	const struct group *g = find(group);
	struct crypto_kex kex = { .group = group };
	hf_status s;

	if (!g || !can(c, g))
		return HF_UNSUPPORTED;
	if (room < g->client_share)
		return HF_FULL;
	s = g->kind == HYBRID ? offer_hybrid(c, g, entropy, &kex, share) : offer_plain(c, g, entropy, &kex, share);
	if (s != HF_OK) {
		crypto_kex_clear(&kex);
		return s;
	}
	*ret = kex;
	*ret_len = g->client_share;
	return HF_OK;
}

hf_status crypto_kex_finish(const struct hf_crypto *c, struct crypto_kex *kex, struct hf_bytes answer, uint8_t *secret,
			    size_t *ret_len)
{
	const struct group *g = find(kex->group);
	hf_status s = HF_MALFORMED;

	HF_ASSERT(kex->key && g);
	if (answer.len == g->server_share)
		s = g->kind == HYBRID ? finish_hybrid(c, g, kex->key, answer, secret)
				      : compute(c, g, kex->key, NULL, answer, secret);
	crypto_kex_clear(kex);
	if (s == HF_OK)
		*ret_len = g->secret;
	return s;
}

hf_status crypto_kex_answer(const struct hf_crypto *c, uint16_t group, const uint8_t entropy[CRYPTO_KEX_ENTROPY],
			    struct hf_bytes offer, uint8_t *share, size_t room, size_t *ret_len, uint8_t *secret,
			    size_t *ret_secret_len)
{
	const struct group *g = find(group);
	hf_status s;

	if (!g || !can(c, g))
		return HF_UNSUPPORTED;
	if (offer.len != g->client_share)
		return HF_MALFORMED;
	if (room < g->server_share)
		return HF_FULL;
	s = g->kind == HYBRID ? answer_hybrid(c, g, entropy, offer, share, secret)
			      : answer_plain(c, g, entropy, offer, share, secret);
	if (s != HF_OK)
		return s;
	*ret_len = g->server_share;
	*ret_secret_len = g->secret;
	return HF_OK;
}

void crypto_kex_clear(struct crypto_kex *kex)
{
	if (kex->key && find(kex->group)->kind == HYBRID)
		clear_hybrid(kex->key);
	else if (kex->key)
		crypto_wipe(kex->key, COORDINATE_MAX);
	free(kex->key);
	memset(kex, 0, sizeof(*kex));
}
