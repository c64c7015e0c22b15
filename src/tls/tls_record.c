/* SPDX-License-Identifier: MIT */
/*
 * Protection of records. Between header and tag stands, encrypted,
 *
 *	1.3 (RFC 8446 5.2):        content, its type, zeros;   nonce: iv xor sequence;   bound with it: the header
 *	1.2, AES-GCM (RFC 5288):   content, behind 8 octets of the nonce in plain;   nonce: iv of 4, and those
 *	1.2, ChaCha20 (RFC 7905):  content;   nonce: as in 1.3
 *	1.2 binds sequence, type, version and the content's length (RFC 5246 6.2.3.3).
 *
 * Content is encrypted once, from where it lies to where it goes; both may be in pieces.
 */
#include "tls/tls_internal.h"

#define EXPLICIT 8u /* RFC 5288 3 */
#define IMPLICIT 4u
#define AAD_12 13u
#define PADDING_PIECES 16u

/* 64 pieces of content, its type, and padding. */
#define SEALED_PIECES (TLS_PIECES_MAX + 1u + PADDING_PIECES)

static const uint8_t padding[TLS_PLAIN_MAX / PADDING_PIECES];

static size_t length_of(const struct hf_bytes *in, size_t ins)
{
	size_t n = 0;

	for (size_t i = 0; i < ins; i++)
		n += in[i].len;
	return n;
}

static bool has_explicit_nonce(const struct tls_side *s, uint16_t version)
{
	return version == TLS_VERSION_1_2 && s->aead.id != CRYPTO_CHACHA20_POLY1305;
}

static void store64(uint8_t *to, uint64_t v)
{
	hf_store32(to, (uint32_t)(v >> 32));
	hf_store32(to + 4, (uint32_t)v);
}

/* RFC 8446 5.3, RFC 7905 2 */
static void make_nonce(const struct tls_side *s, uint8_t nonce[CRYPTO_AEAD_NONCE])
{
	uint8_t seq[8];

	store64(seq, s->seq);
	memcpy(nonce, s->iv, CRYPTO_AEAD_NONCE);
	for (size_t i = 0; i < sizeof(seq); i++)
		nonce[CRYPTO_AEAD_NONCE - sizeof(seq) + i] ^= seq[i];
}

/* RFC 5288 3 */
static void make_explicit_nonce(const struct tls_side *s, const uint8_t sent[EXPLICIT], uint8_t nonce[CRYPTO_AEAD_NONCE])
{
	memcpy(nonce, s->iv, IMPLICIT);
	memcpy(nonce + IMPLICIT, sent, EXPLICIT);
}

/* RFC 5246 6.2.3.3; type and version as the header has them. */
static void make_aad_12(const struct tls_side *s, const uint8_t *head, size_t content, uint8_t aad[AAD_12])
{
	store64(aad, s->seq);
	memcpy(aad + 8, head, 3);
	hf_store16(aad + 11, (uint16_t)content);
}

/* ---- sealing ---- */

/* Where the next octets go. */
struct target {
	const struct hf_room *out;
	size_t outs;
	size_t at; /* octets used of out[0] */
};

static void write_to(struct target *to, const uint8_t *from, size_t n)
{
	while (n > 0) {
		size_t part;

		HF_ASSERT(to->outs > 0);
		part = hf_min_u64(n, to->out->len - to->at);
		if (part > 0)
			memcpy(to->out->at + to->at, from, part);
		from += part;
		n -= part;
		to->at += part;
		if (to->at == to->out->len) {
			to->out++;
			to->outs--;
			to->at = 0;
		}
	}
}

/* The pieces that n octets more will fill. */
static size_t rest_of(const struct target *to, size_t n, struct hf_room *ret)
{
	size_t pieces = 0;

	for (; n > 0; pieces++) {
		size_t skip = pieces == 0 ? to->at : 0, part;

		HF_ASSERT(pieces < to->outs && pieces < TLS_PIECES_MAX);
		part = hf_min_u64(n, to->out[pieces].len - skip);
		ret[pieces] = (struct hf_room){ to->out[pieces].at + skip, part };
		n -= part;
	}
	return pieces;
}

bool tls_record_may_seal(const struct tls_side *s)
{
	return s->seq < UINT64_MAX;
}

/* What a record holds besides content and padding. */
static size_t overhead(const struct tls_side *s, uint16_t version)
{
	if (s->epoch == TLS_EPOCH_PLAIN)
		return 0;
	if (version == TLS_VERSION_1_2)
		return (has_explicit_nonce(s, version) ? EXPLICIT : 0) + CRYPTO_AEAD_TAG;
	return 1 + CRYPTO_AEAD_TAG;
}

size_t tls_record_size(const struct tls_side *s, uint16_t version, size_t n)
{
	return TLS_RECORD_HEADER + n + overhead(s, version);
}

static size_t write_plain(uint16_t record_version, uint8_t type, const struct hf_bytes *in, size_t ins, struct target *to)
{
	uint8_t head[TLS_RECORD_HEADER];
	size_t content = length_of(in, ins);

	tls_record_header_put(head, type, record_version, content);
	write_to(to, head, sizeof(head));
	for (size_t i = 0; i < ins; i++)
		write_to(to, in[i].at, in[i].len);
	return TLS_RECORD_HEADER + content;
}

static size_t seal_12(struct tls_side *s, uint16_t record_version, uint8_t type, const struct hf_bytes *in, size_t ins,
		      struct target *to)
{
	struct hf_room sealed[TLS_PIECES_MAX];
	uint8_t head[TLS_RECORD_HEADER + EXPLICIT], nonce[CRYPTO_AEAD_NONCE], aad[AAD_12];
	size_t content = length_of(in, ins), length = content + overhead(s, TLS_VERSION_1_2), front = TLS_RECORD_HEADER;

	tls_record_header_put(head, type, record_version, length);
	if (has_explicit_nonce(s, TLS_VERSION_1_2)) {
		store64(head + TLS_RECORD_HEADER, s->seq);
		make_explicit_nonce(s, head + TLS_RECORD_HEADER, nonce);
		front += EXPLICIT;
	} else {
		make_nonce(s, nonce);
	}
	make_aad_12(s, head, content, aad);
	write_to(to, head, front);
	crypto_aead_seal(&s->aead, nonce, (struct hf_bytes){ aad, sizeof(aad) }, in, ins, sealed,
			 rest_of(to, content + CRYPTO_AEAD_TAG, sealed));
	return TLS_RECORD_HEADER + length;
}

static size_t seal_13(struct tls_side *s, uint16_t record_version, uint8_t type, const struct hf_bytes *in, size_t ins,
		      size_t pad, struct target *to)
{
	struct hf_bytes inner[SEALED_PIECES];
	struct hf_room sealed[TLS_PIECES_MAX];
	uint8_t head[TLS_RECORD_HEADER], nonce[CRYPTO_AEAD_NONCE];
	size_t length = length_of(in, ins) + pad + overhead(s, TLS_VERSION_1_3), inners = ins;

	if (ins > 0)
		memcpy(inner, in, ins * sizeof(*in));
	inner[inners++] = (struct hf_bytes){ &type, 1 };
	while (pad > 0) {
		size_t part = hf_min_u64(pad, sizeof(padding));

		inner[inners++] = (struct hf_bytes){ padding, part };
		pad -= part;
	}
	tls_record_header_put(head, TLS_APPLICATION_DATA, record_version, length);
	make_nonce(s, nonce);
	write_to(to, head, sizeof(head));
	crypto_aead_seal(&s->aead, nonce, (struct hf_bytes){ head, sizeof(head) }, inner, inners, sealed,
			 rest_of(to, length, sealed));
	return TLS_RECORD_HEADER + length;
}

size_t tls_record_seal(struct tls_side *s, uint16_t version, uint16_t record_version, uint8_t type,
		       const struct hf_bytes *in, size_t ins, size_t pad, const struct hf_room *out, size_t outs)
{
	struct target to = { out, outs, 0 };
	size_t n;

	HF_ASSERT(ins <= TLS_PIECES_MAX && length_of(in, ins) + pad <= TLS_PLAIN_MAX);
	if (s->epoch == TLS_EPOCH_PLAIN)
		return write_plain(record_version, type, in, ins, &to);
	HF_ASSERT(tls_record_may_seal(s));
	if (version == TLS_VERSION_1_2)
		n = seal_12(s, record_version, type, in, ins, &to);
	else
		n = seal_13(s, record_version, type, in, ins, pad, &to);
	s->seq++;
	return n;
}

/* ---- opening ---- */

static void gather(const struct hf_bytes *in, size_t ins, uint8_t *to)
{
	for (size_t i = 0; i < ins; i++) {
		if (in[i].len > 0)
			memcpy(to, in[i].at, in[i].len);
		to += in[i].len;
	}
}

static enum tls_why open_plain(uint8_t type, const struct hf_bytes *in, size_t ins, size_t max, uint8_t *plain,
			       uint8_t *ret_type, struct hf_bytes *ret)
{
	size_t n = length_of(in, ins);

	if (n > TLS_PLAIN_MAX || n > max)
		return TLS_WHY_RECORD_TOO_LONG;
	gather(in, ins, plain);
	*ret_type = type;
	*ret = (struct hf_bytes){ plain, n };
	return TLS_WHY_NONE;
}

static enum tls_why open_12(struct tls_side *s, const uint8_t *head, const struct hf_bytes *in, size_t ins, size_t max,
			    uint8_t *plain, uint8_t *ret_type, struct hf_bytes *ret)
{
	struct hf_bytes rest[TLS_PIECES_MAX];
	uint8_t sent[EXPLICIT], nonce[CRYPTO_AEAD_NONCE], aad[AAD_12];
	size_t length = length_of(in, ins), content, want = 0, have = 0, rests = 0;
	const struct hf_room to = { plain, HF_TLS_PLAIN_ROOM };

	if (length > TLS_CIPHER_MAX_1_2)
		return TLS_WHY_RECORD_TOO_LONG;
	if (length < overhead(s, TLS_VERSION_1_2))
		return TLS_WHY_RECORD_SHORT;
	content = length - overhead(s, TLS_VERSION_1_2);
	if (has_explicit_nonce(s, TLS_VERSION_1_2))
		want = EXPLICIT;
	for (size_t i = 0; i < ins; i++) {
		size_t part = hf_min_u64(want - have, in[i].len);

		if (part > 0)
			memcpy(sent + have, in[i].at, part);
		have += part;
		if (in[i].len > part)
			rest[rests++] = (struct hf_bytes){ in[i].at + part, in[i].len - part };
	}
	if (want)
		make_explicit_nonce(s, sent, nonce);
	else
		make_nonce(s, nonce);
	make_aad_12(s, head, content, aad);
	/* Opened where it lies means: right there, not a few octets before. */
	if (want && rests == 1 && rest[0].at == plain + want) {
		memmove(plain, rest[0].at, rest[0].len);
		rest[0].at = plain;
	}
	if (!crypto_aead_open(&s->aead, nonce, (struct hf_bytes){ aad, sizeof(aad) }, rest, rests, &to, 1))
		return TLS_WHY_BAD_MAC;
	if (content > max)
		return TLS_WHY_RECORD_TOO_LONG;
	*ret_type = head[0];
	*ret = (struct hf_bytes){ plain, content };
	return TLS_WHY_NONE;
}

/* Octets up to the last that is no zero; most records have no padding, others may have thousands of zeros. */
static size_t without_zeros(const uint8_t *at, size_t n)
{
	while (n >= 8) {
		uint64_t word;

		memcpy(&word, at + n - 8, 8);
		if (word != 0)
			break;
		n -= 8;
	}
	while (n > 0 && at[n - 1] == 0)
		n--;
	return n;
}

static enum tls_why open_13(struct tls_side *s, const uint8_t *head, const struct hf_bytes *in, size_t ins, size_t max,
			    uint8_t *plain, uint8_t *ret_type, struct hf_bytes *ret)
{
	uint8_t nonce[CRYPTO_AEAD_NONCE];
	size_t length = length_of(in, ins), inner;
	const struct hf_room to = { plain, HF_TLS_PLAIN_ROOM };

	if (length > TLS_CIPHER_MAX_1_3)
		return TLS_WHY_RECORD_TOO_LONG;
	if (length < CRYPTO_AEAD_TAG)
		return TLS_WHY_RECORD_SHORT;
	inner = length - CRYPTO_AEAD_TAG;
	make_nonce(s, nonce);
	if (!crypto_aead_open(&s->aead, nonce, (struct hf_bytes){ head, TLS_RECORD_HEADER }, in, ins, &to, 1))
		return TLS_WHY_BAD_MAC;
	/* RFC 8446 5.4: type and padding count; so they do in RFC 8449 4. */
	if (inner > max + 1)
		return TLS_WHY_RECORD_TOO_LONG;
	inner = without_zeros(plain, inner);
	if (inner == 0)
		return TLS_WHY_UNEXPECTED_RECORD;
	*ret_type = plain[inner - 1];
	*ret = (struct hf_bytes){ plain, inner - 1 };
	return TLS_WHY_NONE;
}

enum tls_why tls_record_open(struct tls_side *s, uint16_t version, const uint8_t head[TLS_RECORD_HEADER],
			     const struct hf_bytes *in, size_t ins, size_t max, uint8_t *plain, uint8_t *ret_type,
			     struct hf_bytes *ret)
{
	struct hf_bytes one;
	enum tls_why why;

	if (s->epoch == TLS_EPOCH_PLAIN)
		return open_plain(head[0], in, ins, max, plain, ret_type, ret);
	if (s->seq == UINT64_MAX)
		return TLS_WHY_SEQUENCE_END;
	/* A stream that comes octet by octet: put together first, and opened where it lies. */
	if (ins > TLS_PIECES_MAX) {
		one = (struct hf_bytes){ plain, length_of(in, ins) };
		if (one.len > TLS_CIPHER_MAX_1_2)
			return TLS_WHY_RECORD_TOO_LONG;
		gather(in, ins, plain);
		in = &one;
		ins = 1;
	}
	if (version == TLS_VERSION_1_2)
		why = open_12(s, head, in, ins, max, plain, ret_type, ret);
	else
		why = open_13(s, head, in, ins, max, plain, ret_type, ret);
	if (why == TLS_WHY_NONE)
		s->seq++;
	return why;
}
