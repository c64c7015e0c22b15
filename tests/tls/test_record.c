/* SPDX-License-Identifier: MIT */
/* Records under keys: known answers, cut in every way, changed in every octet, and the limits of RFC 8446 5.2 to 5.5. */
#include "tls_test.h"

#include <stdlib.h>

static struct hf_crypto *crypto;
static uint8_t plain[HF_TLS_PLAIN_ROOM], record[TLS_RECORD_HEADER + TLS_CIPHER_MAX_1_2];

static const uint16_t suites_13[] = {
	TLS_SUITE_AES_128_GCM_SHA256,
	TLS_SUITE_AES_256_GCM_SHA384,
	TLS_SUITE_CHACHA20_POLY1305_SHA256,
};

static const uint16_t suites_12[] = {
	TLS_SUITE_ECDHE_ECDSA_AES_128_GCM,
	TLS_SUITE_ECDHE_RSA_AES_256_GCM,
	TLS_SUITE_ECDHE_RSA_CHACHA20,
};

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

/* 0, 1, 2, ... */
static const uint8_t *counting(void)
{
	static uint8_t octets[256];

	for (size_t i = 0; i < sizeof(octets); i++)
		octets[i] = (uint8_t)i;
	return octets;
}

static void set_13(struct tls_side *s, uint16_t suite, bool seals)
{
	assert_int_equal(tls_side_set_13(s, crypto, tls_suite_find(suite), TLS_EPOCH_APPLICATION, counting(), seals), HF_OK);
}

static void set_12(struct tls_side *s, uint16_t suite, bool client_writes, bool seals)
{
	const uint8_t *octets = counting();

	assert_int_equal(tls_side_set_12(s, crypto, tls_suite_find(suite), octets, octets + 0x80, octets + 0xc0,
					 client_writes, seals),
			 HF_OK);
}

static size_t seal(struct tls_side *s, uint16_t version, uint8_t type, struct hf_bytes content, size_t pad)
{
	const struct hf_room out = { record, sizeof(record) };

	return tls_record_seal(s, version, TLS_VERSION_1_2, type, &content, 1, pad, &out, 1);
}

/* What stands in record[]. */
static enum tls_why open_record(struct tls_side *s, uint16_t version, size_t max, uint8_t *ret_type, struct hf_bytes *ret)
{
	struct hf_bytes fragment = of(record + TLS_RECORD_HEADER, hf_load16(record + 3));

	return tls_record_open(s, version, record, &fragment, 1, max, plain, ret_type, ret);
}

/* ---- known answers, computed with another implementation of the primitives ---- */

/* A Finished, then data, by each end: master secret 00..2f, client's random 80..9f, server's c0..df. */
static void known_answers_12(void **state)
{
	static const struct {
		uint16_t suite;
		bool client;
		const char *finished, *data;
	} rows[] = {
		{ TLS_SUITE_ECDHE_ECDSA_AES_128_GCM, true,
		  "160303002800000000000000003a737a10b237cef19a1a12102905cec90c33d4c88799b6a56f792e8febd95694",
		  "170303001d00000000000000019d1a6c3722b96977865bb63c87339be9fdf5131d96" },
		{ TLS_SUITE_ECDHE_ECDSA_AES_128_GCM, false,
		  "160303002800000000000000008184927fbb85307da6db3a598fd5856a2c4855a13d8aef1d635f9fd5effb5ef1",
		  "170303001d0000000000000001401672950d05d7a348160f397491b4197eecf45e0c" },
		{ TLS_SUITE_ECDHE_RSA_AES_256_GCM, true,
		  "16030300280000000000000000d6fa73deb919dbb8505386091e68f91f84a1f780efb530b3ebae80347976a77d",
		  "170303001d0000000000000001854ed76f00774b4590d5eba1ecb6ebb57079f48190" },
		{ TLS_SUITE_ECDHE_RSA_AES_256_GCM, false,
		  "16030300280000000000000000e1bbec809b7f3440bc81981a1d0d8d091d0ce555609a334b09edc8c9598a5cbd",
		  "170303001d0000000000000001ae26c5ade799673c7be64ead0aee307d1bb7a26c37" },
		{ TLS_SUITE_ECDHE_RSA_CHACHA20, true,
		  "16030300209aa28a8634623c3cad176f49eaca88cab6270dbb1279a68ad846c77fb69ee8c3",
		  "1703030015b6a8d06a47727fbeaca6e628c865fc09501a3bc592" },
		{ TLS_SUITE_ECDHE_RSA_CHACHA20, false,
		  "1603030020fe44cb11391e267e15ebcf1538c43b4244e9c231cd2427e285b89e4600531d39",
		  "17030300158ea546882bfba2f10ea9ddfc504f36d98b1978368f" },
	};
	const char *const finished = "1400000c000102030405060708090a0b";

	(void)state;
	for (size_t i = 0; i < HF_ARRAY_LEN(rows); i++) {
		struct tls_side wr = { 0 }, rd = { 0 };
		struct hf_bytes content;
		uint8_t type;

		set_12(&wr, rows[i].suite, rows[i].client, true);
		set_12(&rd, rows[i].suite, rows[i].client, false);
		assert_octets(record, seal(&wr, TLS_VERSION_1_2, TLS_HANDSHAKE, hex(finished), 0), rows[i].finished);
		assert_int_equal(tls_record_size(&wr, TLS_VERSION_1_2, 16), strlen(rows[i].finished) / 2);
		assert_int_equal(open_record(&rd, TLS_VERSION_1_2, TLS_PLAIN_MAX, &type, &content), TLS_WHY_NONE);
		assert_int_equal(type, TLS_HANDSHAKE);
		assert_octets(content.at, content.len, finished);
		assert_octets(record, seal(&wr, TLS_VERSION_1_2, TLS_APPLICATION_DATA, of("hello", 5), 0), rows[i].data);
		assert_int_equal(open_record(&rd, TLS_VERSION_1_2, TLS_PLAIN_MAX, &type, &content), TLS_WHY_NONE);
		assert_int_equal(type, TLS_APPLICATION_DATA);
		assert_memory_equal(content.at, "hello", 5);
		tls_side_clear(&wr);
		tls_side_clear(&rd);
	}
}

/* "hello" with three octets of padding, under the traffic secret 00 01 02 .. and the two that follow it. */
static void known_answers_13_and_updates(void **state)
{
	static const char *const rows[HF_ARRAY_LEN(suites_13)][3] = {
		{ "17030300194d6d8b52c4216f9de6fe6904eb89baf80c370dbc1ae99f7dc4",
		  "1703030019b251030a7625daa5853098311706bd7b0858ddfd1355246ea2",
		  "1703030019a68e2d354e9fa1016f674c1e0c31ceddd4243071703e3011ea" },
		{ "1703030019205213507a1ab68591ca5937e09679f9e6d88e97240a1c0046",
		  "170303001944f0cfebe8119f76aab49fe3f4556b86163497ce1ee3277b87",
		  "17030300193f1dd2ecbc2d6badf672080d7953c0a751dec553584e991620" },
		{ "1703030019dacb07926862bae1efe191d7345e0c92e8cefdbf4b65dfc725",
		  "17030300197a6e5d975db6c69148348591aaefd3db8a39fd5fd35b54cd83",
		  "1703030019556284d1882176c785c047549e420bb764f3c970c70f0c198f" },
	};

	(void)state;
	for (size_t i = 0; i < HF_ARRAY_LEN(suites_13); i++) {
		struct tls_side wr = { 0 }, rd = { 0 };
		struct hf_bytes content;
		uint8_t type;

		set_13(&wr, suites_13[i], true);
		set_13(&rd, suites_13[i], false);
		for (size_t k = 0; k < 3; k++) {
			assert_octets(record, seal(&wr, TLS_VERSION_1_3, TLS_APPLICATION_DATA, of("hello", 5), 3),
				      rows[i][k]);
			assert_int_equal(open_record(&rd, TLS_VERSION_1_3, TLS_PLAIN_MAX, &type, &content), TLS_WHY_NONE);
			assert_int_equal(type, TLS_APPLICATION_DATA);
			assert_int_equal(content.len, 5);
			assert_memory_equal(content.at, "hello", 5);
			assert_int_equal(wr.seq, 1);
			assert_int_equal(tls_side_update(&wr, crypto, tls_suite_find(suites_13[i]), true), HF_OK);
			assert_int_equal(tls_side_update(&rd, crypto, tls_suite_find(suites_13[i]), false), HF_OK);
			assert_int_equal(wr.seq, 0);
			assert_memory_equal(wr.secret, rd.secret, sizeof(wr.secret));
		}
		tls_side_clear(&wr);
		tls_side_clear(&rd);
	}
}

/* ---- pieces ---- */

/* Cuts at the bits set in `cuts`: bit i cuts before octet i + 1. Each piece in memory of its own. */
static size_t cut(struct hf_bytes whole, uint64_t cuts, struct hf_bytes *ret)
{
	size_t n = 0, from = 0;

	for (size_t i = 1; i <= whole.len; i++) {
		if (i < whole.len && !(cuts >> (i - 1) & 1))
			continue;
		ret[n++] = of(whole.at + from, i - from);
		from = i;
	}
	return n;
}

/* 17 to 27 octets of fragment: all ways to cut it. */
static void opens_however_it_is_cut(void **state)
{
	struct hf_bytes pieces[64];

	(void)state;
	for (size_t i = 0; i < HF_ARRAY_LEN(suites_13) + HF_ARRAY_LEN(suites_12); i++) {
		bool is_13 = i < HF_ARRAY_LEN(suites_13);
		uint16_t version = is_13 ? TLS_VERSION_1_3 : TLS_VERSION_1_2;
		struct tls_side wr = { 0 }, rd = { 0 };
		struct hf_bytes fragment, content;
		uint8_t type;

		if (is_13) {
			set_13(&wr, suites_13[i], true);
			set_13(&rd, suites_13[i], false);
		} else {
			set_12(&wr, suites_12[i - HF_ARRAY_LEN(suites_13)], true, true);
			set_12(&rd, suites_12[i - HF_ARRAY_LEN(suites_13)], true, false);
		}
		fragment = of(record + TLS_RECORD_HEADER,
			      seal(&wr, version, TLS_ALERT, of("\1\0", 2), 0) - TLS_RECORD_HEADER);
		/* All 2^18 ways for the shortest; for those with more octets in front of the tag, of the first 18 octets. */
		for (uint64_t cuts = 0; cuts < UINT64_C(1) << 18; cuts += i == 0 ? 1 : 7) {
			size_t n = cut(fragment, cuts, pieces);

			rd.seq = 0;
			assert_int_equal(
				tls_record_open(&rd, version, record, pieces, n, TLS_PLAIN_MAX, plain, &type, &content),
				TLS_WHY_NONE);
			assert_int_equal(type, TLS_ALERT);
			assert_int_equal(content.len, 2);
			assert_memory_equal(content.at, "\1\0", 2);
		}
		tls_side_clear(&wr);
		tls_side_clear(&rd);
	}
}

/* A whole record of 2^14 octets, in pieces of every size up to 300, and larger ones; some need more than TLS_PIECES_MAX. */
static void opens_a_long_one_in_pieces(void **state)
{
	static uint8_t content[TLS_PLAIN_MAX];
	static struct hf_bytes pieces[TLS_CIPHER_MAX_1_2];
	static const uint16_t versions[] = { TLS_VERSION_1_2, TLS_VERSION_1_3 };

	(void)state;
	for (size_t i = 0; i < sizeof(content); i++)
		content[i] = (uint8_t)(i * 7 + i / 251);
	for (size_t v = 0; v < HF_ARRAY_LEN(versions); v++) {
		struct tls_side wr = { 0 }, rd = { 0 };
		struct hf_bytes got;
		size_t len;
		uint8_t type;

		if (versions[v] == TLS_VERSION_1_3) {
			set_13(&wr, suites_13[0], true);
			set_13(&rd, suites_13[0], false);
		} else {
			set_12(&wr, suites_12[0], true, true);
			set_12(&rd, suites_12[0], true, false);
		}
		len = seal(&wr, versions[v], TLS_APPLICATION_DATA, of(content, sizeof(content)), 0) - TLS_RECORD_HEADER;
		for (size_t step = 1; step < len; step += step < 300 ? 1 : 997) {
			size_t n = 0;

			for (size_t at = 0; at < len; at += step)
				pieces[n++] = of(record + TLS_RECORD_HEADER + at, len - at < step ? len - at : step);
			rd.seq = 0;
			memset(plain, 0, sizeof(plain));
			assert_int_equal(
				tls_record_open(&rd, versions[v], record, pieces, n, TLS_PLAIN_MAX, plain, &type, &got),
				TLS_WHY_NONE);
			assert_int_equal(got.len, sizeof(content));
			assert_memory_equal(got.at, content, sizeof(content));
		}
		tls_side_clear(&wr);
		tls_side_clear(&rd);
	}
}

/* Rooms of these lengths, each in memory of its own, so that an address checker sees a write past one. */
static void lay(struct hf_room *out, const size_t *lengths, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		out[i] = (struct hf_room){ malloc(lengths[i] + !lengths[i]), lengths[i] };
		assert_non_null(out[i].at);
		memset(out[i].at, 0xee, lengths[i]);
	}
}

static void assert_laid(struct hf_room *out, size_t n, const uint8_t *want)
{
	for (size_t i = 0; i < n; i++) {
		assert_memory_equal(out[i].at, want, out[i].len);
		want += out[i].len;
		free(out[i].at);
	}
}

/* Content of three pieces, one of them empty, into room cut at every two places; and into single octets. */
static void seals_into_pieces(void **state)
{
	(void)state;
	for (size_t i = 0; i < HF_ARRAY_LEN(suites_13) + HF_ARRAY_LEN(suites_12) + 1; i++) {
		bool is_plain = i == HF_ARRAY_LEN(suites_13) + HF_ARRAY_LEN(suites_12);
		uint16_t version = i < HF_ARRAY_LEN(suites_13) ? TLS_VERSION_1_3 : TLS_VERSION_1_2;
		const size_t pad = version == TLS_VERSION_1_3 ? 2 : 0;
		struct hf_bytes in[] = { of("hel", 3), { NULL, 0 }, of("lo", 2) };
		uint8_t want[64];
		size_t lengths[64], len;
		struct hf_room out[64];
		struct tls_side wr = { 0 };

		if (version == TLS_VERSION_1_3)
			set_13(&wr, suites_13[i], true);
		else if (!is_plain)
			set_12(&wr, suites_12[i - HF_ARRAY_LEN(suites_13)], false, true);
		len = seal(&wr, version, TLS_APPLICATION_DATA, of("hello", 5), pad);
		assert_true(len <= sizeof(want));
		memcpy(want, record, len);
		for (size_t a = 0; a <= len; a++)
			for (size_t b = a; b <= len; b++) {
				lay(out, (const size_t[]){ a, b - a, len - b }, 3);
				wr.seq = 0;
				assert_int_equal(tls_record_seal(&wr, version, TLS_VERSION_1_2, TLS_APPLICATION_DATA,
								 in, 3, pad, out, 3),
						 len);
				assert_laid(out, 3, want);
			}
		for (size_t k = 0; k < len; k++)
			lengths[k] = 1;
		lay(out, lengths, len);
		wr.seq = 0;
		assert_int_equal(
			tls_record_seal(&wr, version, TLS_VERSION_1_2, TLS_APPLICATION_DATA, in, 3, pad, out, len), len);
		assert_laid(out, len, want);
		tls_side_clear(&wr);
	}
}

/* New keys over old ones: nothing of the old is left. */
static void keys_over_keys(void **state)
{
	struct tls_side used = { 0 }, fresh = { 0 };

	(void)state;
	set_13(&used, suites_13[1], true);
	set_12(&fresh, suites_12[0], true, true);
	used.seq = 5;
	set_12(&used, suites_12[0], true, true);
	assert_int_equal(used.seq, 0);
	assert_int_equal(used.epoch, TLS_EPOCH_APPLICATION);
	assert_int_equal(used.hash, CRYPTO_SHA256);
	assert_memory_equal(used.iv, fresh.iv, sizeof(used.iv));
	assert_memory_equal(used.secret, fresh.secret, sizeof(used.secret));
	used.seq = 5;
	set_13(&used, suites_13[1], true);
	assert_int_equal(used.seq, 0);
	assert_int_equal(used.hash, CRYPTO_SHA384);
	tls_side_clear(&used);
	tls_side_clear(&fresh);
	memset(&fresh, 0, sizeof(fresh));
	assert_memory_equal(&used, &fresh, sizeof(used));
}

/* ---- what must not open ---- */

static void every_changed_bit_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < HF_ARRAY_LEN(suites_13) + HF_ARRAY_LEN(suites_12); i++) {
		bool is_13 = i < HF_ARRAY_LEN(suites_13);
		uint16_t version = is_13 ? TLS_VERSION_1_3 : TLS_VERSION_1_2;
		struct tls_side wr = { 0 }, rd = { 0 };
		struct hf_bytes content = { 0 };
		uint8_t type = 0;
		size_t len;

		if (is_13) {
			set_13(&wr, suites_13[i], true);
			set_13(&rd, suites_13[i], false);
		} else {
			set_12(&wr, suites_12[i - HF_ARRAY_LEN(suites_13)], true, true);
			set_12(&rd, suites_12[i - HF_ARRAY_LEN(suites_13)], true, false);
		}
		len = seal(&wr, version, TLS_APPLICATION_DATA, of("hello, world", 12), 0);
		for (size_t bit = 0; bit < 8 * len; bit++) {
			struct hf_bytes fragment = of(record + TLS_RECORD_HEADER, len - TLS_RECORD_HEADER);

			/* In 1.2 the length that is bound is the content's, not the header's. */
			if (!is_13 && bit / 8 >= 3 && bit / 8 < TLS_RECORD_HEADER)
				continue;
			record[bit / 8] ^= (uint8_t)(1u << bit % 8);
			assert_int_equal(tls_record_open(&rd, version, record, &fragment, 1, TLS_PLAIN_MAX, plain,
							 &type, &content),
					 TLS_WHY_BAD_MAC);
			record[bit / 8] ^= (uint8_t)(1u << bit % 8);
			assert_int_equal(rd.seq, 0);
		}
		assert_null(content.at);
		/* Another's turn, and shorter ones. */
		rd.seq = 1;
		assert_int_equal(open_record(&rd, version, TLS_PLAIN_MAX, &type, &content), TLS_WHY_BAD_MAC);
		rd.seq = 0;
		for (size_t n = 0; n < len - TLS_RECORD_HEADER; n++) {
			size_t least = CRYPTO_AEAD_TAG;

			if (!is_13 && suites_12[i - HF_ARRAY_LEN(suites_13)] != TLS_SUITE_ECDHE_RSA_CHACHA20)
				least += 8;
			hf_store16(record + 3, (uint16_t)n);
			assert_int_equal(open_record(&rd, version, TLS_PLAIN_MAX, &type, &content),
					 n < least ? TLS_WHY_RECORD_SHORT : TLS_WHY_BAD_MAC);
		}
		hf_store16(record + 3, (uint16_t)(len - TLS_RECORD_HEADER));
		assert_int_equal(open_record(&rd, version, TLS_PLAIN_MAX, &type, &content), TLS_WHY_NONE);
		assert_int_equal(rd.seq, 1);
		/* Once more is a replay. */
		assert_int_equal(open_record(&rd, version, TLS_PLAIN_MAX, &type, &content), TLS_WHY_BAD_MAC);
		tls_side_clear(&wr);
		tls_side_clear(&rd);
	}
}

/* ---- lengths, padding, types ---- */

static void padding_of_any_length(void **state)
{
	static uint8_t content[TLS_PLAIN_MAX];
	struct tls_side wr = { 0 }, rd = { 0 };
	struct hf_bytes got;
	uint8_t type;

	(void)state;
	memset(content, 0, sizeof(content)); /* zeros before the type are content */
	set_13(&wr, suites_13[0], true);
	set_13(&rd, suites_13[0], false);
	for (size_t n = 0; n <= TLS_PLAIN_MAX; n += n < 20 ? 1 : 1637)
		for (size_t pad = 0; n + pad <= TLS_PLAIN_MAX; pad += pad < 40 ? 1 : 911) {
			seal(&wr, TLS_VERSION_1_3, TLS_HANDSHAKE, of(content, n), pad);
			assert_int_equal(hf_load16(record + 3), n + 1 + pad + CRYPTO_AEAD_TAG);
			assert_int_equal(open_record(&rd, TLS_VERSION_1_3, TLS_PLAIN_MAX, &type, &got), TLS_WHY_NONE);
			assert_int_equal(type, TLS_HANDSHAKE);
			assert_int_equal(got.len, n);
			assert_memory_equal(got.at, content, n);
		}
	/* All there may be. */
	seal(&wr, TLS_VERSION_1_3, TLS_HANDSHAKE, of(content, 1), TLS_PLAIN_MAX - 1);
	assert_int_equal(open_record(&rd, TLS_VERSION_1_3, TLS_PLAIN_MAX, &type, &got), TLS_WHY_NONE);
	assert_int_equal(got.len, 1);
	tls_side_clear(&wr);
	tls_side_clear(&rd);
}

/* A record as no record layer of ours would make it: any inner plaintext. */
static void seal_inner(struct tls_side *s, const uint8_t *inner, size_t n)
{
	const struct hf_room out = { record + TLS_RECORD_HEADER, sizeof(record) - TLS_RECORD_HEADER };
	const struct hf_bytes in = { inner, n };
	uint8_t nonce[CRYPTO_AEAD_NONCE];

	memcpy(nonce, s->iv, sizeof(nonce));
	nonce[11] ^= (uint8_t)s->seq;
	tls_record_header_put(record, TLS_APPLICATION_DATA, TLS_VERSION_1_2, n + CRYPTO_AEAD_TAG);
	crypto_aead_seal(&s->aead, nonce, of(record, TLS_RECORD_HEADER), &in, 1, &out, 1);
	s->seq++;
}

/* RFC 8446 5.4 */
static void nothing_but_zeros_is_refused(void **state)
{
	static const size_t lengths[] = { 0, 1, 2, 7, 8, 9, 63, 64, 65, TLS_PLAIN_MAX, TLS_PLAIN_MAX + 1 };
	static uint8_t inner[TLS_PLAIN_MAX + 1];
	struct tls_side wr = { 0 }, rd = { 0 };
	struct hf_bytes got;
	uint8_t type;

	(void)state;
	set_13(&wr, suites_13[0], true);
	set_13(&rd, suites_13[0], false);
	for (size_t i = 0; i < HF_ARRAY_LEN(lengths); i++) {
		wr.seq = rd.seq = 0;
		seal_inner(&wr, inner, lengths[i]);
		assert_int_equal(open_record(&rd, TLS_VERSION_1_3, TLS_PLAIN_MAX, &type, &got), TLS_WHY_UNEXPECTED_RECORD);
	}
	tls_side_clear(&wr);
	tls_side_clear(&rd);
}

/* RFC 8446 5.2 and 5.4: 2^14 + 1 octets with type and padding, 2^14 + 256 sealed; less where RFC 8449 was agreed on. */
static void too_long_13(void **state)
{
	static const size_t limits[] = { 64, 100, 511, TLS_PLAIN_MAX - 1, TLS_PLAIN_MAX };
	static uint8_t inner[TLS_CIPHER_MAX_1_3];
	struct tls_side wr = { 0 }, rd = { 0 };
	struct hf_bytes got;
	uint8_t type;

	(void)state;
	set_13(&wr, suites_13[2], true);
	set_13(&rd, suites_13[2], false);
	for (size_t i = 0; i < HF_ARRAY_LEN(limits); i++) {
		size_t max = limits[i];

		memset(inner, 'x', sizeof(inner));
		for (size_t padded = 0; padded < 2; padded++) {
			/* content of max octets; then one more of it, or one of padding */
			inner[max] = TLS_APPLICATION_DATA;
			inner[max + 1] = padded ? 0 : TLS_APPLICATION_DATA;
			wr.seq = rd.seq = 0;
			seal_inner(&wr, inner, max + 1);
			assert_int_equal(open_record(&rd, TLS_VERSION_1_3, max, &type, &got), TLS_WHY_NONE);
			assert_int_equal(got.len, max);
			wr.seq = rd.seq = 0;
			seal_inner(&wr, inner, max + 2);
			assert_int_equal(open_record(&rd, TLS_VERSION_1_3, max, &type, &got), TLS_WHY_RECORD_TOO_LONG);
		}
	}
	/* Sealed as long as it may be: opened, and then too long. Longer: never opened. */
	wr.seq = rd.seq = 0;
	seal_inner(&wr, inner, TLS_CIPHER_MAX_1_3 - CRYPTO_AEAD_TAG);
	assert_int_equal(open_record(&rd, TLS_VERSION_1_3, TLS_PLAIN_MAX, &type, &got), TLS_WHY_RECORD_TOO_LONG);
	record[9] ^= 1;
	assert_int_equal(open_record(&rd, TLS_VERSION_1_3, TLS_PLAIN_MAX, &type, &got), TLS_WHY_BAD_MAC);
	hf_store16(record + 3, TLS_CIPHER_MAX_1_3 + 1);
	assert_int_equal(open_record(&rd, TLS_VERSION_1_3, TLS_PLAIN_MAX, &type, &got), TLS_WHY_RECORD_TOO_LONG);
	tls_side_clear(&wr);
	tls_side_clear(&rd);
}

/* RFC 5246 6.2.3 */
static void too_long_12(void **state)
{
	static uint8_t content[TLS_PLAIN_MAX];
	struct tls_side wr = { 0 }, rd = { 0 };
	struct hf_bytes got;
	uint8_t type;

	(void)state;
	set_12(&wr, suites_12[0], true, true);
	set_12(&rd, suites_12[0], true, false);
	seal(&wr, TLS_VERSION_1_2, TLS_APPLICATION_DATA, of(content, 512), 0);
	assert_int_equal(open_record(&rd, TLS_VERSION_1_2, 511, &type, &got), TLS_WHY_RECORD_TOO_LONG);
	assert_int_equal(open_record(&rd, TLS_VERSION_1_2, 512, &type, &got), TLS_WHY_NONE);
	seal(&wr, TLS_VERSION_1_2, TLS_APPLICATION_DATA, of(content, TLS_PLAIN_MAX), 0);
	assert_int_equal(open_record(&rd, TLS_VERSION_1_2, TLS_PLAIN_MAX, &type, &got), TLS_WHY_NONE);
	assert_int_equal(got.len, TLS_PLAIN_MAX);
	seal(&wr, TLS_VERSION_1_2, TLS_APPLICATION_DATA, of(content, 0), 0);
	assert_int_equal(open_record(&rd, TLS_VERSION_1_2, TLS_PLAIN_MAX, &type, &got), TLS_WHY_NONE);
	assert_int_equal(got.len, 0);
	hf_store16(record + 3, TLS_CIPHER_MAX_1_2);
	assert_int_equal(open_record(&rd, TLS_VERSION_1_2, TLS_PLAIN_MAX, &type, &got), TLS_WHY_BAD_MAC);
	hf_store16(record + 3, TLS_CIPHER_MAX_1_2 + 1);
	{
		struct hf_bytes pieces[TLS_PIECES_MAX + 1] = { 0 };

		pieces[0] = of(record + TLS_RECORD_HEADER, TLS_CIPHER_MAX_1_2 - 5);
		pieces[1] = of(content, 6);
		assert_int_equal(tls_record_open(&rd, TLS_VERSION_1_2, record, pieces, 2, TLS_PLAIN_MAX, plain, &type, &got),
				 TLS_WHY_RECORD_TOO_LONG);
		assert_int_equal(tls_record_open(&rd, TLS_VERSION_1_2, record, pieces, HF_ARRAY_LEN(pieces),
						 TLS_PLAIN_MAX, plain, &type, &got),
				 TLS_WHY_RECORD_TOO_LONG);
	}
	tls_side_clear(&wr);
	tls_side_clear(&rd);
}

static void without_keys(void **state)
{
	struct tls_side none = { 0 };
	struct hf_bytes in[3] = { of("\1\0", 2), { NULL, 0 }, of("\0\0", 2) }, got;
	const struct hf_room out = { record, sizeof(record) };
	static uint8_t content[TLS_PLAIN_MAX + 1];
	struct hf_bytes one = { content, TLS_PLAIN_MAX + 1 };
	uint8_t type;

	(void)state;
	assert_int_equal(tls_record_size(&none, 0, 4), 9);
	assert_octets(record, tls_record_seal(&none, 0, TLS_VERSION_1_0, TLS_HANDSHAKE, in, 3, 0, &out, 1),
		      "160301000401000000");
	assert_int_equal(open_record(&none, 0, TLS_PLAIN_MAX, &type, &got), TLS_WHY_NONE);
	assert_int_equal(type, TLS_HANDSHAKE);
	assert_octets(got.at, got.len, "01000000");
	assert_int_equal(open_record(&none, 0, 3, &type, &got), TLS_WHY_RECORD_TOO_LONG);
	assert_int_equal(tls_record_open(&none, 0, record, &one, 1, SIZE_MAX, plain, &type, &got), TLS_WHY_RECORD_TOO_LONG);
	one.len = TLS_PLAIN_MAX;
	assert_int_equal(tls_record_open(&none, 0, record, &one, 1, TLS_PLAIN_MAX, plain, &type, &got), TLS_WHY_NONE);
	assert_int_equal(got.len, TLS_PLAIN_MAX);
	assert_int_equal(none.seq, 0);
	tls_side_clear(&none);
}

/* RFC 8446 5.3: all octets of the number count. */
static void the_nonce_is_of_the_whole_number(void **state)
{
	static const uint8_t number[CRYPTO_AEAD_NONCE] = { 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8 };
	const struct hf_bytes inner = of("hello\x17", 6);
	struct tls_side wr = { 0 };
	uint8_t nonce[CRYPTO_AEAD_NONCE], want[6 + CRYPTO_AEAD_TAG];
	const struct hf_room out = { want, sizeof(want) };

	(void)state;
	set_13(&wr, suites_13[0], true);
	wr.seq = UINT64_C(0x0102030405060708);
	for (size_t i = 0; i < sizeof(nonce); i++)
		nonce[i] = wr.iv[i] ^ number[i];
	seal(&wr, TLS_VERSION_1_3, TLS_APPLICATION_DATA, of("hello", 5), 0);
	crypto_aead_seal(&wr.aead, nonce, of(record, TLS_RECORD_HEADER), &inner, 1, &out, 1);
	assert_memory_equal(record + TLS_RECORD_HEADER, want, sizeof(want));
	tls_side_clear(&wr);
}

/* RFC 8446 5.3 and 5.5 */
static void sequence_numbers_end(void **state)
{
	struct tls_side wr = { 0 }, rd = { 0 };
	struct hf_bytes got;
	uint8_t type;

	(void)state;
	for (size_t i = 0; i < HF_ARRAY_LEN(suites_13); i++) {
		bool is_gcm = suites_13[i] != TLS_SUITE_CHACHA20_POLY1305_SHA256;

		set_13(&wr, suites_13[i], true);
		set_13(&rd, suites_13[i], false);
		assert_false(tls_side_wants_update(&wr));
		wr.seq = (UINT64_C(1) << 24) - 1;
		assert_false(tls_side_wants_update(&wr));
		wr.seq++;
		assert_int_equal(tls_side_wants_update(&wr), is_gcm);
		assert_true(tls_record_may_seal(&wr));
		wr.seq = UINT64_MAX - (UINT64_C(1) << 24) - 1;
		assert_int_equal(tls_side_wants_update(&wr), is_gcm);
		wr.seq++;
		assert_true(tls_side_wants_update(&wr));
		wr.seq = rd.seq = UINT64_MAX - 1;
		assert_true(tls_side_wants_update(&wr));
		assert_true(tls_record_may_seal(&wr));
		seal(&wr, TLS_VERSION_1_3, TLS_ALERT, of("\1\0", 2), 0);
		assert_false(tls_record_may_seal(&wr));
		assert_int_equal(open_record(&rd, TLS_VERSION_1_3, TLS_PLAIN_MAX, &type, &got), TLS_WHY_NONE);
		assert_int_equal(open_record(&rd, TLS_VERSION_1_3, TLS_PLAIN_MAX, &type, &got), TLS_WHY_SEQUENCE_END);
		tls_side_clear(&wr);
		tls_side_clear(&rd);
	}
	assert_false(tls_side_wants_update(&wr));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_answers_12),
		cmocka_unit_test(known_answers_13_and_updates),
		cmocka_unit_test(opens_however_it_is_cut),
		cmocka_unit_test(opens_a_long_one_in_pieces),
		cmocka_unit_test(seals_into_pieces),
		cmocka_unit_test(keys_over_keys),
		cmocka_unit_test(every_changed_bit_is_refused),
		cmocka_unit_test(padding_of_any_length),
		cmocka_unit_test(nothing_but_zeros_is_refused),
		cmocka_unit_test(too_long_13),
		cmocka_unit_test(too_long_12),
		cmocka_unit_test(without_keys),
		cmocka_unit_test(the_nonce_is_of_the_whole_number),
		cmocka_unit_test(sequence_numbers_end),
	};

	return cmocka_run_group_tests(tests, open_crypto, close_crypto);
}
