/* SPDX-License-Identifier: MIT */

/* What the caller sees: making a machine and ending it, its facts, its secrets for a key log, exported keys, and what it told. */
#include "tls/tls_internal.h"

#define HANDSHAKE_TIMEOUT HF_S(10)
#define SMALL_START 16384u
#define LIFETIME_MAX_S 604800u /* RFC 8446 4.6.1: seven days */
#define TICKETS_MAX 255u       /* RFC 8446 4.6.1: as many as there are nonces of an octet, of which 0 is not used */
#define RECORD_LIMIT_MIN 64u   /* RFC 8449 4 */
#define EXPORT_MAX 8160u       /* 255 hashes of SHA-256 */

size_t hf_tls_memory(void)
{
	return (sizeof(struct hf_tls) + 63) & ~(size_t)63;
}

hf_time_ns tls_handshake_timeout(const struct hf_tls_config *cfg)
{
	return cfg->handshake_timeout ? cfg->handshake_timeout : HANDSHAKE_TIMEOUT;
}

static bool any_suite(const struct hf_tls_config *cfg)
{
	const struct hf_tls_list l = tls_cfg_suites(cfg);

	for (size_t i = 0; i < l.n; i++) {
		const struct tls_suite *s = tls_suite_find(l.at[i]);

		if (s && (tls_suite_usable(cfg, s, tls_cfg_max(cfg)) || tls_suite_usable(cfg, s, tls_cfg_min(cfg))))
			return true;
	}
	return false;
}

static bool any_group(const struct hf_tls_config *cfg)
{
	const struct hf_tls_list l = tls_cfg_groups(cfg);

	for (size_t i = 0; i < l.n; i++) {
		if (tls_group_usable(cfg, l.at[i]))
			return true;
	}
	return false;
}

static bool valid(const struct hf_tls_config *cfg)
{
	const uint16_t min = tls_cfg_min(cfg), max = tls_cfg_max(cfg);

	if (!cfg->crypto || min < HF_TLS_1_2 || max > HF_TLS_1_3 || min > max)
		return false;
	if (cfg->tickets > TICKETS_MAX && cfg->tickets != HF_TLS_NO_TICKETS)
		return false;
	if (cfg->ticket_lifetime_s > LIFETIME_MAX_S || cfg->max_fragment_length > 4)
		return false;
	if (cfg->record_size_limit != 0 && cfg->record_size_limit < RECORD_LIMIT_MIN)
		return false;
	if (cfg->alpns > INT16_MAX || cfg->shares > TLS_SHARES_MAX)
		return false;
	for (size_t i = 0; i < cfg->alpns; i++) {
		if (cfg->alpn[i].len == 0 || cfg->alpn[i].len > 255)
			return false;
	}
	return any_suite(cfg) && any_group(cfg) && tls_cfg_schemes(cfg).n > 0;
}

hf_status hf_tls_init(void *mem, struct hf_room room, const struct hf_tls_config *cfg, const struct hf_tls_start *start,
		      hf_time_ns now, struct hf_tls **ret)
{
	struct hf_tls *t = mem;

	if (!valid(cfg) || room.len < hf_tls_room())
		return HF_INVALID;
	memset(t, 0, sizeof(*t));
	t->cfg = cfg;
	t->server = cfg->server;
	t->state = cfg->server ? TLS_ST_S_WAIT_CH : TLS_ST_C_WAIT_SH;
	t->now = now;
	t->deadline = now + tls_handshake_timeout(cfg);
	t->max_send = t->max_receive = TLS_PLAIN_MAX;
	t->alpn = -1;
	t->small_left = cfg->small_start ? cfg->small_start : SMALL_START;
	if (t->small_left == 1)
		t->small_left = 0;
	tls_lay_room(t, room);
	memcpy(t->hs->entropy, start->entropy, sizeof(t->hs->entropy));
	crypto_hash_init(&t->hs->transcript[0], CRYPTO_SHA256);
	crypto_hash_init(&t->hs->transcript[1], CRYPTO_SHA384);
	t->hs->tickets_left = cfg->tickets == HF_TLS_NO_TICKETS || cfg->no_resumption ? 0
			      : cfg->tickets                                          ? cfg->tickets
										      : 2;
	t->hs->keeps_past = tls_cfg_min(cfg) == HF_TLS_1_2 && (!cfg->server || cfg->client_cert != HF_TLS_CLIENT_CERT_NONE);
	if (!cfg->server) {
		t->hs->name = start->name;
		if (start->session.len > 0 && start->session.len <= sizeof(t->hs->session_bytes) && !cfg->no_resumption) {
			const struct hf_bytes kept = { t->hs->session_bytes, start->session.len };

			memcpy(t->hs->session_bytes, start->session.at, start->session.len);
			if (tls_session_parse(kept, &t->hs->session) != HF_OK)
				t->hs->session = (struct tls_session){ 0 };
		}
		tls_run(t, tls_client_begin);
	}
	*ret = t;
	return HF_OK;
}

void hf_tls_abandon(struct hf_tls *t)
{
	t->ending = true;
}

void hf_tls_end(struct hf_tls *t)
{
	hf_tls_abandon(t);
	while (hf_tls_take_room(t).len > 0)
		;
	tls_side_clear(&t->rd);
	tls_side_clear(&t->wr);
	crypto_wipe(t, sizeof(*t));
}

void hf_tls_close(struct hf_tls *t)
{
	if (!t->write_closed && t->state != TLS_ST_FAILED)
		t->owe_close = true;
}

hf_status hf_tls_update_keys(struct hf_tls *t, bool request)
{
	if (!t->connected || t->version != TLS_VERSION_1_3 || t->write_closed || t->owe_close || t->state == TLS_ST_FAILED)
		return HF_BAD_STATE;
	t->owe_key_update = true;
	t->owe_key_request = t->owe_key_request || request;
	return HF_OK;
}

void hf_tls_info(const struct hf_tls *t, struct hf_tls_info *ret)
{
	const bool failed = t->state == TLS_ST_FAILED;

	*ret = (struct hf_tls_info){
		.server = t->server,
		.connected = t->connected,
		.resumed = t->resumed,
		.hello_retried = t->retried,
		.read_closed = t->read_closed,
		.write_closed = t->write_closed,
		.extended_master_secret = t->extended_master_secret,
		.secure_renegotiation = t->secure_renegotiation,
		.rsa_key_transport = t->suite && t->suite->kx == TLS_KX_RSA,
		.peer_certificate = t->peer_certificate,
		.stapled = t->stapled,
		.early = t->early,
		.version = t->version,
		.suite = t->suite ? t->suite->number : 0,
		.group = t->group,
		.scheme = t->scheme,
		.peer_scheme = t->peer_scheme,
		.max_send = t->max_send,
		.max_receive = t->max_receive,
		.alert_sent = t->alert_sent_number,
		.alert_received = t->alert_received_number,
		.has_alert_sent = t->alert_sent,
		.has_alert_received = t->alert_received,
		.key_updates_sent = t->key_updates_sent,
		.key_updates_received = t->key_updates_received,
		.records_sent = t->records_sent,
		.records_received = t->records_received,
		.state = hf_tls_state_name(failed ? t->failed_in : t->state),
	};
	if (t->alpn >= 0)
		ret->alpn = t->cfg->alpn[t->alpn];
	if (t->hs)
		ret->name = t->server ? t->hs->offer.name : t->hs->name;
	if (failed) {
		ret->why = tls_why_sentence(t->why);
		ret->why_code = tls_why_code(t->why);
		ret->why_rfc = tls_why_rfc(t->why);
		if (t->why == TLS_WHY_UNEXPECTED)
			ret->expected = tls_expected(t->failed_in);
	}
}

/* ---- exporters ---- */

static hf_status export_13(const struct hf_tls *t, const char *label, struct hf_bytes context, uint8_t *ret, size_t n)
{
	const enum crypto_hash_id hash = t->suite->hash;
	const size_t size = crypto_hash_size(hash);
	uint8_t secret[CRYPTO_HASH_MAX], digest[CRYPTO_HASH_MAX];

	/* RFC 8446 7.5: an absent context and an empty one give the same. */
	crypto_hash_of(hash, (struct hf_bytes){ NULL, 0 }, digest);
	crypto_hkdf_label(hash, (struct hf_bytes){ t->exporter, size }, label, (struct hf_bytes){ digest, size },
			  secret, size);
	crypto_hash_of(hash, context, digest);
	crypto_hkdf_label(hash, (struct hf_bytes){ secret, size }, "exporter", (struct hf_bytes){ digest, size }, ret, n);
	crypto_wipe(secret, sizeof(secret));
	return HF_OK;
}

/* RFC 5705 4; the label must not be one that the handshake uses itself. */
static hf_status export_12(const struct hf_tls *t, const char *label, struct hf_bytes context, bool has_context,
			   uint8_t *ret, size_t n)
{
	uint8_t seed[2 + 1024];
	struct hf_wr w = hf_wr_over(seed, sizeof(seed));
	size_t len;

	if (!t->extended_master_secret)
		return HF_BAD_STATE;
	if (has_context) {
		if (context.len > UINT16_MAX)
			return HF_INVALID;
		hf_wr_u16(&w, (uint16_t)context.len);
		hf_wr_copy(&w, context.at, context.len);
	}
	if (hf_wr_end(&w, &len) != HF_OK)
		return HF_INVALID;
	crypto_tls12_prf(t->suite->hash, (struct hf_bytes){ t->exporter, 48 }, label,
			 (struct hf_bytes){ t->randoms, sizeof(t->randoms) }, (struct hf_bytes){ seed, len }, ret, n);
	return HF_OK;
}

hf_status hf_tls_export(const struct hf_tls *t, const char *label, struct hf_bytes context, bool has_context,
			uint8_t *ret, size_t n)
{
	if (!t->connected)
		return HF_BAD_STATE;
	if (n > EXPORT_MAX || strlen(label) > 200)
		return HF_INVALID;
	if (t->version == TLS_VERSION_1_3)
		return export_13(t, label, context, ret, n);
	return export_12(t, label, context, has_context, ret, n);
}

/* ---- the key log ---- */

static char *put_hex(char *to, const uint8_t *from, size_t n)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < n; i++) {
		*to++ = digits[from[i] >> 4];
		*to++ = digits[from[i] & 15];
	}
	return to;
}

void hf_tls_next_secret(struct hf_tls *t, char line[HF_TLS_SECRET_LINE])
{
	struct tls_hs *hs = t->hs;
	struct tls_log *l;
	char *to = line;
	size_t n;

	*line = '\0';
	if (!hs || hs->logs == 0)
		return;
	l = &hs->log[0];
	n = strlen(l->label);
	memcpy(to, l->label, n);
	to += n;
	*to++ = ' ';
	to = put_hex(to, hs->client_random, sizeof(hs->client_random));
	*to++ = ' ';
	to = put_hex(to, l->secret, l->len);
	*to = '\0';
	HF_ASSERT((size_t)(to - line) < HF_TLS_SECRET_LINE);
	hs->logs--;
	memmove(&hs->log[0], &hs->log[1], hs->logs * sizeof(hs->log[0]));
	crypto_wipe(&hs->log[hs->logs], sizeof(hs->log[0]));
}
