/* SPDX-License-Identifier: MIT */
/*
 * A client meets the same few chains again and again, and what costs most of a check is to read them and to verify their
 * signatures. Both are remembered here, a fixed number of each, the longest unused forgotten first. One lock for all of it:
 * it is held for a search, or while an anchor is read for the first time, never while something is verified.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/cert_internal.h"

#define CERTS_KEPT 64u
#define FACTS_KEPT 64u
#define CERT_KEPT_MAX 16384u /* octets: a peer must not fill memory with monsters */

struct kept_cert {
	struct cert *c; /* NULL: free */
	uint64_t used;
};

struct kept_fact {        /* signatures that were verified: of a path, or of a revocation list */
	uint8_t hash[32]; /* over the hashes of its certificates */
	uint64_t used;    /* 0: free */
};

struct cert_memory {
	pthread_mutex_t lock;
	uint64_t now; /* counts uses */
	struct kept_cert cert[CERTS_KEPT];
	struct kept_fact fact[FACTS_KEPT];
};

hf_status cert_memory_make(struct cert_memory **ret)
{
	struct cert_memory *m = calloc(1, sizeof(*m));

	if (!m)
		return HF_FULL;
	if (pthread_mutex_init(&m->lock, NULL) != 0) {
		free(m);
		return HF_FULL;
	}
	*ret = m;
	return HF_OK;
}

void cert_memory_free(struct cert_memory *m)
{
	if (!m)
		return;
	for (unsigned i = 0; i < CERTS_KEPT; i++)
		cert_free(m->cert[i].c);
	pthread_mutex_destroy(&m->lock);
	free(m);
}

/* ---- certificates ---- */

static struct cert *find_cert(struct cert_memory *m, struct hf_bytes der)
{
	uint8_t hash[32];
	struct cert *found = NULL;

	crypto_hash_of(CRYPTO_SHA256, der, hash);
	pthread_mutex_lock(&m->lock);
	for (unsigned i = 0; i < CERTS_KEPT && !found; i++) {
		struct kept_cert *k = &m->cert[i];

		if (!k->c || k->c->len != der.len || memcmp(k->c->sha256, hash, sizeof(hash)) != 0)
			continue;
		k->used = ++m->now;
		found = cert_hold(k->c);
	}
	pthread_mutex_unlock(&m->lock);
	return found;
}

static void keep_cert(struct cert_memory *m, struct cert *c)
{
	struct kept_cert *oldest = &m->cert[0];
	struct cert *forgotten;

	pthread_mutex_lock(&m->lock);
	for (unsigned i = 0; i < CERTS_KEPT; i++)
		if (m->cert[i].used < oldest->used)
			oldest = &m->cert[i];
	forgotten = oldest->c;
	oldest->c = cert_hold(c);
	oldest->used = ++m->now;
	pthread_mutex_unlock(&m->lock);
	cert_free(forgotten);
}

hf_status cert_memory_read(struct cert_memory *m, struct hf_bytes der, struct cert **ret, const char **ret_why)
{
	struct cert *c = find_cert(m, der);

	if (!c) {
		HF_TRY(cert_make(der, &c, ret_why));
		if (c->len <= CERT_KEPT_MAX)
			keep_cert(m, c);
	}
	*ret = c;
	return HF_OK;
}

bool cert_memory_finish(struct cert_memory *m, struct cert *c)
{
	bool good;

	pthread_mutex_lock(&m->lock);
	good = cert_finish(c);
	pthread_mutex_unlock(&m->lock);
	return good;
}

void cert_memory_view(struct cert_memory *m, struct cert *c, struct hf_cert_view *ret)
{
	pthread_mutex_lock(&m->lock);
	if (!c->view) {
		c->view = malloc(sizeof(*c->view));
		if (c->view)
			cert_view_of(c, false, c->view);
	}
	if (c->view)
		*ret = *c->view;
	else
		cert_view_of(c, false, ret);
	pthread_mutex_unlock(&m->lock);
}

/* ---- what was verified ---- */

static bool knows(struct cert_memory *m, const uint8_t hash[32])
{
	bool found = false;

	pthread_mutex_lock(&m->lock);
	for (unsigned i = 0; i < FACTS_KEPT && !found; i++) {
		struct kept_fact *k = &m->fact[i];

		found = k->used > 0 && memcmp(k->hash, hash, sizeof(k->hash)) == 0;
		if (found)
			k->used = ++m->now;
	}
	pthread_mutex_unlock(&m->lock);
	return found;
}

static void learn(struct cert_memory *m, const uint8_t hash[32])
{
	struct kept_fact *oldest = &m->fact[0];

	pthread_mutex_lock(&m->lock);
	for (unsigned i = 0; i < FACTS_KEPT; i++)
		if (m->fact[i].used < oldest->used)
			oldest = &m->fact[i];
	memcpy(oldest->hash, hash, sizeof(oldest->hash));
	oldest->used = ++m->now;
	pthread_mutex_unlock(&m->lock);
}

static void hash_path(const struct cert_path *path, uint8_t ret[32])
{
	struct crypto_hash h;

	crypto_hash_init(&h, CRYPTO_SHA256);
	for (unsigned i = 0; i < path->certs; i++)
		crypto_hash_add(&h, (struct hf_bytes){ path->cert[i]->sha256, sizeof(path->cert[i]->sha256) });
	crypto_hash_peek(&h, ret);
}

bool cert_memory_knows_path(struct cert_memory *m, const struct cert_path *path)
{
	uint8_t hash[32];

	hash_path(path, hash);
	return knows(m, hash);
}

void cert_memory_learn_path(struct cert_memory *m, const struct cert_path *path)
{
	uint8_t hash[32];

	hash_path(path, hash);
	learn(m, hash);
}

/* With a word in front: never the hash of a path. */
static void hash_list(const uint8_t list[32], const struct cert *issuer, uint8_t ret[32])
{
	struct crypto_hash h;

	crypto_hash_init(&h, CRYPTO_SHA256);
	crypto_hash_add(&h, hf_bytes_of("revocation list"));
	crypto_hash_add(&h, (struct hf_bytes){ list, 32 });
	crypto_hash_add(&h, (struct hf_bytes){ issuer->sha256, sizeof(issuer->sha256) });
	crypto_hash_peek(&h, ret);
}

bool cert_memory_knows_list(struct cert_memory *m, const uint8_t list[32], const struct cert *issuer)
{
	uint8_t hash[32];

	hash_list(list, issuer, hash);
	return knows(m, hash);
}

void cert_memory_learn_list(struct cert_memory *m, const uint8_t list[32], const struct cert *issuer)
{
	uint8_t hash[32];

	hash_list(list, issuer, hash);
	learn(m, hash);
}
