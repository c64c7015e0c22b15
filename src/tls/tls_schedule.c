/* SPDX-License-Identifier: MIT */
/*
 * The key schedule of 1.3 as RFC 8446 7.1 draws it: one secret that goes down the stages, and what hangs off each stage at
 * the side. Going a stage down forgets the one above, so nothing can be derived too late; asking for a stage that is not
 * reached, or left, is a mistake of ours.
 *
 *	         0
 *	 PSK --> Extract = Early Secret      --> binder keys, early traffic, early exporter
 *	         Derive "derived"
 *	(EC)DHE  Extract = Handshake Secret  --> handshake traffic
 *	         Derive "derived"
 *	 0   --> Extract = Master Secret     --> application traffic, exporter, resumption
 */
#include "tls/tls_internal.h"

static const uint8_t zeros[CRYPTO_HASH_MAX];

static struct hf_bytes secret_of(const struct tls_schedule *s)
{
	return (struct hf_bytes){ s->secret, crypto_hash_size(s->hash) };
}

void tls_schedule_early(struct tls_schedule *s, enum crypto_hash_id hash, struct hf_bytes psk)
{
	s->hash = (uint8_t)hash;
	s->stage = TLS_STAGE_EARLY;
	if (psk.len == 0)
		psk = (struct hf_bytes){ zeros, crypto_hash_size(hash) };
	crypto_hkdf_extract(hash, (struct hf_bytes){ zeros, 0 }, psk, s->secret);
}

/* From `from` to the stage below, with what comes in there. */
static void go_down(struct tls_schedule *s, enum tls_stage from, struct hf_bytes ikm)
{
	uint8_t empty_hash[CRYPTO_HASH_MAX], derived[CRYPTO_HASH_MAX];
	size_t size = crypto_hash_size(s->hash);

	HF_ASSERT(s->stage == from);
	crypto_hash_of(s->hash, (struct hf_bytes){ zeros, 0 }, empty_hash);
	tls_schedule_derive(s, from, "derived", empty_hash, derived);
	crypto_hkdf_extract(s->hash, (struct hf_bytes){ derived, size }, ikm, s->secret);
	s->stage = (uint8_t)(from + 1);
	crypto_wipe(derived, sizeof(derived));
}

void tls_schedule_handshake(struct tls_schedule *s, struct hf_bytes shared)
{
	go_down(s, TLS_STAGE_EARLY, shared);
}

void tls_schedule_master(struct tls_schedule *s)
{
	go_down(s, TLS_STAGE_HANDSHAKE, (struct hf_bytes){ zeros, crypto_hash_size(s->hash) });
}

void tls_schedule_derive(const struct tls_schedule *s, enum tls_stage stage, const char *label,
			 const uint8_t *transcript_hash, uint8_t *ret)
{
	size_t size = crypto_hash_size(s->hash);

	HF_ASSERT(stage != TLS_STAGE_NONE && s->stage == stage);
	crypto_hkdf_label(s->hash, secret_of(s), label, (struct hf_bytes){ transcript_hash, size }, ret, size);
}

void tls_finished_mac(enum crypto_hash_id hash, const uint8_t *traffic_secret, const uint8_t *transcript_hash, uint8_t *ret)
{
	uint8_t key[CRYPTO_HASH_MAX];
	size_t size = crypto_hash_size(hash);

	crypto_hkdf_label(hash, (struct hf_bytes){ traffic_secret, size }, "finished", (struct hf_bytes){ zeros, 0 },
			  key, size);
	crypto_hmac_of(hash, (struct hf_bytes){ key, size }, (struct hf_bytes){ transcript_hash, size }, ret);
	crypto_wipe(key, sizeof(key));
}

void tls_ticket_psk(enum crypto_hash_id hash, const uint8_t *resumption_secret, struct hf_bytes nonce, uint8_t *ret)
{
	size_t size = crypto_hash_size(hash);

	crypto_hkdf_label(hash, (struct hf_bytes){ resumption_secret, size }, "resumption", nonce, ret, size);
}

/* A ticket's PSK: "res binder" (RFC 8446 7.1); others, which are told out of band, are not spoken here. */
void tls_psk_binder(enum crypto_hash_id hash, struct hf_bytes psk, const uint8_t *transcript_hash, uint8_t *ret)
{
	struct tls_schedule s;
	uint8_t empty_hash[CRYPTO_HASH_MAX], binder_key[CRYPTO_HASH_MAX];

	crypto_hash_of(hash, (struct hf_bytes){ zeros, 0 }, empty_hash);
	tls_schedule_early(&s, hash, psk);
	tls_schedule_derive(&s, TLS_STAGE_EARLY, "res binder", empty_hash, binder_key);
	tls_finished_mac(hash, binder_key, transcript_hash, ret);
	crypto_wipe(binder_key, sizeof(binder_key));
	crypto_wipe(&s, sizeof(s));
}
