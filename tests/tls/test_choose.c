/* SPDX-License-Identifier: MIT */
/* Defaults, what a configuration leaves of them, and the scheme of a signature. */
#include "tls_test.h"

static struct hf_crypto *crypto;

/* In the place of the certificates': here a credential is nothing but its key. */
const struct hf_key *hf_cred_key(const struct hf_cred *cred)
{
	return (const struct hf_key *)(const void *)cred;
}

static int open_crypto(void **state)
{
	(void)state;
	return hf_crypto_open(&crypto) == HF_OK ? 0 : -1;
}

static int close_crypto(void **state)
{
	(void)state;
	hf_crypto_close(crypto);
	return 0;
}

static void assert_list(struct hf_tls_list got, const uint16_t *want, size_t n)
{
	assert_int_equal(got.n, n);
	assert_memory_equal(got.at, want, n * sizeof(*want));
}

static void suites(void **state)
{
	static const struct {
		uint16_t number, version;
		uint8_t aead, hash, kx, key_size, hash_size;
	} rows[] = {
		{ 0x1301, 0x0304, CRYPTO_AES_128_GCM, CRYPTO_SHA256, TLS_KX_ANY, 16, 32 },
		{ 0x1302, 0x0304, CRYPTO_AES_256_GCM, CRYPTO_SHA384, TLS_KX_ANY, 32, 48 },
		{ 0x1303, 0x0304, CRYPTO_CHACHA20_POLY1305, CRYPTO_SHA256, TLS_KX_ANY, 32, 32 },
		{ 0xc02b, 0x0303, CRYPTO_AES_128_GCM, CRYPTO_SHA256, TLS_KX_ECDHE_ECDSA, 16, 32 },
		{ 0xc02f, 0x0303, CRYPTO_AES_128_GCM, CRYPTO_SHA256, TLS_KX_ECDHE_RSA, 16, 32 },
		{ 0xc02c, 0x0303, CRYPTO_AES_256_GCM, CRYPTO_SHA384, TLS_KX_ECDHE_ECDSA, 32, 48 },
		{ 0xc030, 0x0303, CRYPTO_AES_256_GCM, CRYPTO_SHA384, TLS_KX_ECDHE_RSA, 32, 48 },
		{ 0xcca9, 0x0303, CRYPTO_CHACHA20_POLY1305, CRYPTO_SHA256, TLS_KX_ECDHE_ECDSA, 32, 32 },
		{ 0xcca8, 0x0303, CRYPTO_CHACHA20_POLY1305, CRYPTO_SHA256, TLS_KX_ECDHE_RSA, 32, 32 },
		{ 0x009c, 0x0303, CRYPTO_AES_128_GCM, CRYPTO_SHA256, TLS_KX_RSA, 16, 32 },
		{ 0x009d, 0x0303, CRYPTO_AES_256_GCM, CRYPTO_SHA384, TLS_KX_RSA, 32, 48 },
	};
	struct hf_tls_config cfg = { 0 };
	size_t found = 0;

	(void)state;
	for (unsigned n = 0; n <= UINT16_MAX; n++)
		found += tls_suite_find((uint16_t)n) != NULL;
	assert_int_equal(found, HF_ARRAY_LEN(rows));
	for (size_t i = 0; i < HF_ARRAY_LEN(rows); i++) {
		const struct tls_suite *s = tls_suite_find(rows[i].number);
		bool transport = rows[i].kx == TLS_KX_RSA;

		assert_non_null(s);
		assert_int_equal(s->number, rows[i].number);
		assert_int_equal(s->version, rows[i].version);
		assert_int_equal(s->aead, rows[i].aead);
		assert_int_equal(s->hash, rows[i].hash);
		assert_int_equal(s->kx, rows[i].kx);
		assert_int_equal(s->key_size, rows[i].key_size);
		assert_int_equal(s->key_size, crypto_aead_key_size(s->aead));
		assert_int_equal(s->hash_size, rows[i].hash_size);
		assert_int_equal(s->hash_size, crypto_hash_size(s->hash));

		cfg = (struct hf_tls_config){ 0 };
		assert_int_equal(tls_cfg_suites(&cfg).n, HF_ARRAY_LEN(rows) - 2);
		assert_int_equal(tls_list_has(tls_cfg_suites(&cfg), s->number), !transport);
		assert_int_equal(tls_suite_usable(&cfg, s, s->version), !transport);
		assert_false(tls_suite_usable(&cfg, s, s->version ^ TLS_VERSION_1_2 ^ TLS_VERSION_1_3));
		cfg.rsa_key_transport = true;
		assert_true(tls_suite_usable(&cfg, s, s->version));
		assert_int_equal(tls_cfg_suites(&cfg).at[i], s->number);
		cfg.max_version = TLS_VERSION_1_2;
		assert_int_equal(tls_suite_usable(&cfg, s, s->version), s->version == TLS_VERSION_1_2);
		cfg.min_version = cfg.max_version = TLS_VERSION_1_3;
		assert_int_equal(tls_suite_usable(&cfg, s, s->version), s->version == TLS_VERSION_1_3);
	}
	/* A list does not bring key transport back by itself. */
	cfg = (struct hf_tls_config){ .suites = { (const uint16_t[]){ 0x009c, 0x1302 }, 2 } };
	assert_false(tls_suite_usable(&cfg, tls_suite_find(0x009c), TLS_VERSION_1_2));
	assert_false(tls_suite_usable(&cfg, tls_suite_find(0x1301), TLS_VERSION_1_3));
	assert_true(tls_suite_usable(&cfg, tls_suite_find(0x1302), TLS_VERSION_1_3));
	cfg.rsa_key_transport = true;
	assert_true(tls_suite_usable(&cfg, tls_suite_find(0x009c), TLS_VERSION_1_2));
}

static void defaults(void **state)
{
	static const uint16_t groups[] = { 0x11ec, 0x001d, 0x0017, 0x0018, 0x0019, 0x001e };
	static const uint16_t schemes[] = { 0x0403, 0x0503, 0x0603, 0x0807, 0x0808, 0x0804, 0x0805,
					    0x0806, 0x0809, 0x080a, 0x080b, 0x0401, 0x0501, 0x0601 };
	static const uint16_t one[] = { 0x0018 };
	struct hf_tls_config cfg = { .crypto = crypto };

	(void)state;
	assert_int_equal(tls_cfg_min(&cfg), 0x0303);
	assert_int_equal(tls_cfg_max(&cfg), 0x0304);
	assert_list(tls_cfg_groups(&cfg), groups, HF_ARRAY_LEN(groups));
	assert_list(tls_cfg_schemes(&cfg), schemes, HF_ARRAY_LEN(schemes));
	for (size_t i = 0; i < HF_ARRAY_LEN(groups); i++)
		assert_int_equal(tls_group_usable(&cfg, groups[i]), crypto_kex_has(crypto, groups[i]));
	assert_true(tls_group_usable(&cfg, 0x001d));
	assert_false(tls_group_usable(&cfg, 0x0100)); /* ffdhe2048 */
	assert_true(tls_group_suits(0x11ec, TLS_VERSION_1_3));
	assert_false(tls_group_suits(0x11ec, TLS_VERSION_1_2));
	assert_true(tls_group_suits(0x001d, TLS_VERSION_1_2));
	cfg.groups = cfg.schemes = (struct hf_tls_list){ one, 1 };
	cfg.min_version = cfg.max_version = TLS_VERSION_1_2;
	assert_list(tls_cfg_groups(&cfg), one, 1);
	assert_list(tls_cfg_schemes(&cfg), one, 1);
	assert_int_equal(tls_cfg_min(&cfg), 0x0303);
	assert_int_equal(tls_cfg_max(&cfg), 0x0303);
	assert_true(tls_group_usable(&cfg, 0x0018));
	assert_false(tls_group_usable(&cfg, 0x001d));
}

static void the_scheme_of_a_signature(void **state)
{
	static const struct {
		enum crypto_key_kind kind;
		unsigned bits;
		uint16_t version;
		const char *peer;
		uint16_t want;
	} rows[] = {
		/* our order decides, not the peer's */
		{ CRYPTO_KEY_RSA, 2048, 0x0304, "080608050804", 0x0804 },
		{ CRYPTO_KEY_RSA, 2048, 0x0304, "08060805", 0x0805 },
		/* RSA-PKCS1 is no signature of 1.3, and of 1.2 the last */
		{ CRYPTO_KEY_RSA, 2048, 0x0304, "040105010601", 0 },
		{ CRYPTO_KEY_RSA, 2048, 0x0303, "040105010601", 0x0401 },
		{ CRYPTO_KEY_RSA, 2048, 0x0303, "04010804", 0x0804 },
		/* SHA-1 */
		{ CRYPTO_KEY_RSA, 2048, 0x0303, "02010203", 0 },
		/* 1.3: the curve is in the scheme's name; 1.2: it is free */
		{ CRYPTO_KEY_P256, 0, 0x0304, "06030503040308070804", 0x0403 },
		{ CRYPTO_KEY_P256, 0, 0x0304, "0503", 0 },
		{ CRYPTO_KEY_P256, 0, 0x0303, "0503", 0x0503 },
		{ CRYPTO_KEY_P384, 0, 0x0304, "04030503", 0x0503 },
		{ CRYPTO_KEY_ED25519, 0, 0x0304, "04030807", 0x0807 },
		{ CRYPTO_KEY_ED25519, 0, 0x0304, "0403", 0 },
		{ CRYPTO_KEY_ED25519, 0, 0x0303, "0807", 0x0807 },
		{ CRYPTO_KEY_P256, 0, 0x0304, "", 0 },
		{ CRYPTO_KEY_P256, 0, 0x0304, "0a0a0403", 0x0403 },
	};
	static const uint16_t ours[] = { TLS_RSA_PSS_RSAE_SHA512, TLS_RSA_PSS_RSAE_SHA256 };
	struct hf_tls_config cfg = { .crypto = crypto };
	struct hf_key *keys[CRYPTO_KEY_ED448 + 1] = { NULL };
	const struct hf_cred *rsa;

	(void)state;
	for (size_t i = 0; i < HF_ARRAY_LEN(rows); i++) {
		struct hf_key **key = &keys[rows[i].kind];

		if (!*key)
			assert_int_equal(crypto_key_make(crypto, rows[i].kind, rows[i].bits, key), HF_OK);
		assert_int_equal(
			tls_scheme_for(&cfg, (const struct hf_cred *)(void *)*key, hex(rows[i].peer), rows[i].version),
			rows[i].want);
	}
	cfg.schemes = (struct hf_tls_list){ ours, 2 };
	rsa = (const struct hf_cred *)(void *)keys[CRYPTO_KEY_RSA];
	assert_int_equal(tls_scheme_for(&cfg, rsa, hex("080408050806"), 0x0304), 0x0806);
	assert_int_equal(tls_scheme_for(&cfg, rsa, hex("0805"), 0x0304), 0);
	for (size_t i = 0; i < HF_ARRAY_LEN(keys); i++)
		crypto_key_free(keys[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(suites),
		cmocka_unit_test(defaults),
		cmocka_unit_test(the_scheme_of_a_signature),
	};

	return cmocka_run_group_tests(tests, open_crypto, close_crypto);
}
