/* SPDX-License-Identifier: MIT */

/* What the machine tells of itself, and the names of its states: fixed records, nothing is formatted here. */
#include "tls/tls_internal.h"

static const struct {
	const char *name, *rfc, *sentence;
} kinds[HF_TLS_TOLD_COUNT] = {
#define T(name_, rfc_, sentence_) [HF_TLS_TOLD_##name_] = { #name_, rfc_, sentence_ },
#include "hf/tls_told.def"
#undef T
};

void hf_tls_tell(struct hf_tls *t, struct hf_tls_record_told *ring, size_t n)
{
	HF_ASSERT(n > 0 && (n & (n - 1)) == 0);
	t->told = ring;
	t->told_mask = n - 1;
	t->told_next = 0;
}

struct hf_tls_record_told *tls_tell(struct hf_tls *t, enum hf_tls_told kind)
{
	struct hf_tls_record_told *r = t->told ? &t->told[t->told_next & t->told_mask] : &t->told_scratch;

	t->told_next++;
	*r = (struct hf_tls_record_told){
		.at = t->now,
		.offset = t->in_offset,
		.kind = (uint16_t)kind,
		.epoch = t->rd.epoch,
		.from = t->state,
		.to = t->state,
		.version = t->version,
	};
	return r;
}

/* Of a record of ours, the one that goes out next. */
struct hf_tls_record_told *tls_tell_sent(struct hf_tls *t, enum hf_tls_told kind)
{
	struct hf_tls_record_told *r = tls_tell(t, kind);

	r->sent = 1;
	r->epoch = t->wr.epoch;
	r->offset = t->out_offset;
	return r;
}

bool hf_tls_told(const struct hf_tls *t, uint64_t *cursor, struct hf_tls_record_told *ret)
{
	if (!t->told || *cursor >= t->told_next)
		return false;
	if (t->told_next - *cursor > t->told_mask + 1)
		*cursor = t->told_next - t->told_mask - 1;
	*ret = t->told[(*cursor)++ & t->told_mask];
	return true;
}

/* ---- the messages behind it ---- */

struct tls_kept {             /* the caller's place: this, then messages one behind the other */
	size_t room, at, end; /* octets behind this struct; those from `at` on are not fetched yet */
	uint64_t left_out;
};

#define KEPT_ALIGN 8u
_Static_assert(sizeof(struct tls_kept) % KEPT_ALIGN == 0 && sizeof(struct hf_tls_message) % KEPT_ALIGN == 0,
	       "what stands behind them is aligned as they are");
_Static_assert(sizeof(struct tls_kept) + KEPT_ALIGN <= 64, "HF_TLS_MESSAGE_ROOM() counts with it");

void hf_tls_keep_messages(struct hf_tls *t, struct hf_room room)
{
	HF_ASSERT(room.len >= sizeof(*t->kept) && (uintptr_t)room.at % KEPT_ALIGN == 0);
	t->kept = (void *)room.at;
	*t->kept = (struct tls_kept){ .room = room.len - sizeof(*t->kept) };
}

static size_t kept_size(size_t octets)
{
	return sizeof(struct hf_tls_message) + ((octets + KEPT_ALIGN - 1) & ~(size_t)(KEPT_ALIGN - 1));
}

void tls_keep(struct hf_tls *t, const struct hf_tls_record_told *told, struct hf_bytes octets)
{
	struct tls_kept *k = t->kept;
	struct hf_tls_message m = { .told = *told, .nth = t->told_next };
	uint8_t *to;

	if (!k)
		return;
	if (k->room - k->end < kept_size(octets.len)) {
		k->left_out++;
		return;
	}
	to = (uint8_t *)(k + 1) + k->end;
	m.octets = (struct hf_bytes){ to + sizeof(m), octets.len };
	m.left_out = k->left_out;
	k->left_out = 0;
	memcpy(to, &m, sizeof(m));
	memcpy(to + sizeof(m), octets.at, octets.len);
	k->end += kept_size(octets.len);
}

bool hf_tls_next_message(struct hf_tls *t, struct hf_tls_message *ret)
{
	struct tls_kept *k = t->kept;

	*ret = (struct hf_tls_message){ 0 };
	if (!k)
		return false;
	if (k->at == k->end) {
		k->at = k->end = 0;
		ret->left_out = k->left_out;
		k->left_out = 0;
		return false;
	}
	memcpy(ret, (uint8_t *)(k + 1) + k->at, sizeof(*ret));
	k->at += kept_size(ret->octets.len);
	return true;
}

const char *hf_tls_told_name(unsigned kind)
{
	return kind < HF_TLS_TOLD_COUNT ? kinds[kind].name : "unknown";
}

const char *hf_tls_told_rfc(unsigned kind)
{
	return kind < HF_TLS_TOLD_COUNT ? kinds[kind].rfc : "";
}

const char *hf_tls_told_sentence(unsigned kind)
{
	return kind < HF_TLS_TOLD_COUNT ? kinds[kind].sentence : "";
}

const char *hf_tls_why_sentence(unsigned why)
{
	return why < TLS_WHY_COUNT ? tls_why_sentence(why) : "unknown";
}

const char *hf_tls_why_rfc(unsigned why)
{
	return why < TLS_WHY_COUNT ? tls_why_rfc(why) : "";
}

/* The RFC's own names, without the prefix that keeps the two sides and versions apart in the table. */
static const char *const states[TLS_ST_COUNT] = {
	[TLS_ST_C_WAIT_SH] = "WAIT_SH",
	[TLS_ST_C_WAIT_SH_2] = "WAIT_SH (after a retry)",
	[TLS_ST_C13_WAIT_EE] = "WAIT_EE",
	[TLS_ST_C13_WAIT_CERT_CR] = "WAIT_CERT_CR",
	[TLS_ST_C13_WAIT_CERT] = "WAIT_CERT",
	[TLS_ST_C13_WAIT_CV] = "WAIT_CV",
	[TLS_ST_C13_WAIT_FINISHED] = "WAIT_FINISHED",
	[TLS_ST_C13_CONNECTED] = "CONNECTED",
	[TLS_ST_C12_WAIT_CERT] = "WAIT_CERT",
	[TLS_ST_C12_WAIT_STATUS] = "WAIT_STATUS",
	[TLS_ST_C12_WAIT_SKE] = "WAIT_SKE",
	[TLS_ST_C12_WAIT_CR_SHD] = "WAIT_CR_SHD",
	[TLS_ST_C12_WAIT_SHD] = "WAIT_SHD",
	[TLS_ST_C12_WAIT_NST] = "WAIT_NST",
	[TLS_ST_C12_WAIT_CCS] = "WAIT_CCS",
	[TLS_ST_C12_WAIT_FINISHED] = "WAIT_FINISHED",
	[TLS_ST_C12_CONNECTED] = "CONNECTED",
	[TLS_ST_S_WAIT_CH] = "START",
	[TLS_ST_S_WAIT_CH_2] = "START (after a retry)",
	[TLS_ST_S13_WAIT_EOED] = "WAIT_EOED",
	[TLS_ST_S13_WAIT_CERT] = "WAIT_CERT",
	[TLS_ST_S13_WAIT_CV] = "WAIT_CV",
	[TLS_ST_S13_WAIT_FINISHED] = "WAIT_FINISHED",
	[TLS_ST_S13_CONNECTED] = "CONNECTED",
	[TLS_ST_S12_WAIT_CERT] = "WAIT_CERT",
	[TLS_ST_S12_WAIT_CKE] = "WAIT_CKE",
	[TLS_ST_S12_WAIT_CKE_CV] = "WAIT_CKE",
	[TLS_ST_S12_WAIT_CV] = "WAIT_CV",
	[TLS_ST_S12_WAIT_CCS] = "WAIT_CCS",
	[TLS_ST_S12_WAIT_FINISHED] = "WAIT_FINISHED",
	[TLS_ST_S12_CONNECTED] = "CONNECTED",
	[TLS_ST_FAILED] = "FAILED",
};

const char *hf_tls_state_name(unsigned state)
{
	return state < TLS_ST_COUNT ? states[state] : "unknown";
}

/* The rows of a state in tls_fsm.def, in words. */
const char *tls_expected(unsigned state)
{
	static const char *const texts[TLS_ST_COUNT] = {
		[TLS_ST_C_WAIT_SH] = "server_hello",
		[TLS_ST_C_WAIT_SH_2] = "server_hello",
		[TLS_ST_C13_WAIT_EE] = "encrypted_extensions",
		[TLS_ST_C13_WAIT_CERT_CR] = "certificate or certificate_request",
		[TLS_ST_C13_WAIT_CERT] = "certificate",
		[TLS_ST_C13_WAIT_CV] = "certificate_verify",
		[TLS_ST_C13_WAIT_FINISHED] = "finished",
		[TLS_ST_C13_CONNECTED] = "new_session_ticket, key_update or data",
		[TLS_ST_C12_WAIT_CERT] = "certificate",
		[TLS_ST_C12_WAIT_STATUS] = "certificate_status, server_key_exchange, certificate_request or server_hello_done",
		[TLS_ST_C12_WAIT_SKE] = "server_key_exchange",
		[TLS_ST_C12_WAIT_CR_SHD] = "certificate_request or server_hello_done",
		[TLS_ST_C12_WAIT_SHD] = "server_hello_done",
		[TLS_ST_C12_WAIT_NST] = "new_session_ticket",
		[TLS_ST_C12_WAIT_CCS] = "change_cipher_spec",
		[TLS_ST_C12_WAIT_FINISHED] = "finished",
		[TLS_ST_C12_CONNECTED] = "hello_request or data",
		[TLS_ST_S_WAIT_CH] = "client_hello",
		[TLS_ST_S_WAIT_CH_2] = "client_hello",
		[TLS_ST_S13_WAIT_EOED] = "end_of_early_data or early data",
		[TLS_ST_S13_WAIT_CERT] = "certificate",
		[TLS_ST_S13_WAIT_CV] = "certificate_verify",
		[TLS_ST_S13_WAIT_FINISHED] = "finished",
		[TLS_ST_S13_CONNECTED] = "key_update or data",
		[TLS_ST_S12_WAIT_CERT] = "certificate",
		[TLS_ST_S12_WAIT_CKE] = "client_key_exchange",
		[TLS_ST_S12_WAIT_CKE_CV] = "client_key_exchange",
		[TLS_ST_S12_WAIT_CV] = "certificate_verify",
		[TLS_ST_S12_WAIT_CCS] = "change_cipher_spec",
		[TLS_ST_S12_WAIT_FINISHED] = "finished",
		[TLS_ST_S12_CONNECTED] = "data",
		[TLS_ST_FAILED] = "nothing",
	};

	return state < TLS_ST_COUNT ? texts[state] : "nothing";
}
