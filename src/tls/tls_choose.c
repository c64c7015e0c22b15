/* SPDX-License-Identifier: MIT */
/* What may be used: the suites spoken here, a configuration's lists or the defaults, and the scheme of a signature. */
#include "tls/tls_internal.h"

static const struct tls_suite suites[] = {
#define AES_128_GCM_KEY 16
#define AES_256_GCM_KEY 32
#define CHACHA20_POLY1305_KEY 32
#define SHA256_SIZE 32
#define SHA384_SIZE 48
#define Q(name, version_, aead_, hash_, kx_)                                                                   \
	{ TLS_SUITE_##name, TLS_VERSION_##version_, CRYPTO_##aead_, CRYPTO_##hash_, TLS_KX_##kx_, aead_##_KEY, \
	  hash_##_SIZE },
#include "tls/tls_suites.def"
#undef Q
};

/* In the table's order, in which RSA key transport stands last. */
static const uint16_t default_suites[] = {
#define Q(name, version_, aead_, hash_, kx_) TLS_SUITE_##name,
#include "tls/tls_suites.def"
#undef Q
};

enum {
	KEY_TRANSPORT_SUITES = 0
#define Q(name, version_, aead_, hash_, kx_) +(TLS_KX_##kx_ == TLS_KX_RSA)
#include "tls/tls_suites.def"
#undef Q
};

static const uint16_t default_groups[] = {
	TLS_GROUP_X25519MLKEM768, TLS_GROUP_X25519, TLS_GROUP_P256, TLS_GROUP_P384, TLS_GROUP_P521, TLS_GROUP_X448,
};

/* RSA-PKCS1 stays in for 1.3 too: there it speaks of signatures in certificates only (RFC 8446 4.2.3). */
static const uint16_t default_schemes[] = {
	TLS_ECDSA_SECP256R1_SHA256,
	TLS_ECDSA_SECP384R1_SHA384,
	TLS_ECDSA_SECP521R1_SHA512,
	TLS_ED25519,
	TLS_ED448,
	TLS_RSA_PSS_RSAE_SHA256,
	TLS_RSA_PSS_RSAE_SHA384,
	TLS_RSA_PSS_RSAE_SHA512,
	TLS_RSA_PSS_PSS_SHA256,
	TLS_RSA_PSS_PSS_SHA384,
	TLS_RSA_PSS_PSS_SHA512,
	TLS_RSA_PKCS1_SHA256,
	TLS_RSA_PKCS1_SHA384,
	TLS_RSA_PKCS1_SHA512,
};

const struct tls_suite *tls_suite_find(uint16_t number)
{
	for (size_t i = 0; i < HF_ARRAY_LEN(suites); i++)
		if (suites[i].number == number)
			return &suites[i];
	return NULL;
}

struct hf_tls_list tls_cfg_suites(const struct hf_tls_config *cfg)
{
	if (cfg->suites.at)
		return cfg->suites;
	return (struct hf_tls_list){ default_suites,
				     HF_ARRAY_LEN(default_suites) - (cfg->rsa_key_transport ? 0 : KEY_TRANSPORT_SUITES) };
}

struct hf_tls_list tls_cfg_groups(const struct hf_tls_config *cfg)
{
	if (cfg->groups.at)
		return cfg->groups;
	return (struct hf_tls_list){ default_groups, HF_ARRAY_LEN(default_groups) };
}

struct hf_tls_list tls_cfg_schemes(const struct hf_tls_config *cfg)
{
	if (cfg->schemes.at)
		return cfg->schemes;
	return (struct hf_tls_list){ default_schemes, HF_ARRAY_LEN(default_schemes) };
}

uint16_t tls_cfg_min(const struct hf_tls_config *cfg)
{
	return cfg->min_version ? cfg->min_version : TLS_VERSION_1_2;
}

uint16_t tls_cfg_max(const struct hf_tls_config *cfg)
{
	return cfg->max_version ? cfg->max_version : TLS_VERSION_1_3;
}

bool tls_list_has(struct hf_tls_list list, uint16_t n)
{
	for (size_t i = 0; i < list.n; i++)
		if (list.at[i] == n)
			return true;
	return false;
}

bool tls_suite_usable(const struct hf_tls_config *cfg, const struct tls_suite *suite, uint16_t version)
{
	if (suite->version != version || version < tls_cfg_min(cfg) || version > tls_cfg_max(cfg))
		return false;
	if (suite->kx == TLS_KX_RSA && !cfg->rsa_key_transport)
		return false;
	return tls_list_has(tls_cfg_suites(cfg), suite->number);
}

bool tls_group_usable(const struct hf_tls_config *cfg, uint16_t group)
{
	return tls_list_has(tls_cfg_groups(cfg), group) && crypto_kex_has(cfg->crypto, group);
}

bool tls_group_is_hybrid(uint16_t group)
{
	return group == TLS_GROUP_X25519MLKEM768;
}

bool tls_group_suits(uint16_t group, uint16_t version)
{
	return version >= TLS_VERSION_1_3 || !tls_group_is_hybrid(group);
}

uint16_t tls_scheme_for(const struct hf_tls_config *cfg, const struct hf_cred *cred, struct hf_bytes peer_schemes,
			uint16_t version)
{
	const struct hf_key *key = hf_cred_key(cred);
	struct hf_tls_list ours = tls_cfg_schemes(cfg);

	for (size_t i = 0; i < ours.n; i++)
		if (tls_u16_has(peer_schemes, ours.at[i]) &&
		    crypto_scheme_fits(crypto_key_kind(key), crypto_key_bits(key), ours.at[i], version))
			return ours.at[i];
	return 0;
}

bool tls_prefers_chacha(struct hf_bytes suites_offered, uint16_t version)
{
	for (size_t i = 0; i < tls_u16_count(suites_offered); i++) {
		const struct tls_suite *s = tls_suite_find(tls_u16_at(suites_offered, i));

		if (s && s->version == version)
			return s->aead == CRYPTO_CHACHA20_POLY1305;
	}
	return false;
}
