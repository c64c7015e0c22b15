/* SPDX-License-Identifier: MIT */
/* What an end of TLS tells, in words: the sentences of hf/tls_told.def with their placeholders filled in. */
#include "explain/tls_fold.h"

#include "base/bits.h"
#include "wire/tls_wire.h"

#include <inttypes.h>
#include <string.h>

static bool is(const char *name, size_t n, const char *word)
{
	return strlen(word) == n && memcmp(name, word, n) == 0;
}

static void add_field(struct text *t, const char *name, size_t n, const struct hf_tls_record_told *r)
{
	static const char *const epochs[4] = { "none", "early data", "handshake", "data" };

	if (is(name, n, "message"))
		tls_fold_add_message(t, r->x);
	else if (is(name, n, "suite"))
		text_add(t, tls_suite_name(r->x));
	else if (is(name, n, "group"))
		text_add(t, tls_group_name(r->x));
	else if (is(name, n, "scheme"))
		text_add(t, tls_scheme_name(r->x));
	else if (is(name, n, "version"))
		text_add(t, tls_version_name(r->x));
	else if (is(name, n, "alert"))
		text_addf(t, "%s (%s)", tls_alert_name(r->x), tls_alert_sentence(r->x));
	else if (is(name, n, "does"))
		text_add(t, r->sent ? "sends" : "gets");
	else if (is(name, n, "why"))
		text_add(t, hf_tls_why_sentence(r->x));
	else if (is(name, n, "ccs"))
		text_add(t, r->version == TLS_VERSION_1_2 ? "what it sends next is under the new keys"
							  : "means nothing, and lets middleboxes take this for TLS 1.2");
	else if (is(name, n, "from"))
		text_add(t, hf_tls_state_name(r->from));
	else if (is(name, n, "to"))
		text_add(t, hf_tls_state_name(r->to));
	else if (is(name, n, "epoch"))
		text_add(t, epochs[r->x & 3]);
	else
		text_addf(t, "%" PRIu32, is(name, n, "len") ? r->len : r->x);
}

void tls_told_add_sentence(struct text *t, const struct hf_tls_record_told *r)
{
	const char *s = hf_tls_told_sentence(r->kind), *name;
	size_t n;

	while (text_add_to_field(t, &s, &name, &n))
		add_field(t, name, n, r);
}

bool tls_told_is_plain(const struct hf_tls_record_told *r)
{
	switch (r->kind) {
	case HF_TLS_TOLD_STATE:
	case HF_TLS_TOLD_MESSAGE:
	case HF_TLS_TOLD_RECORD:
		return true;
	case HF_TLS_TOLD_FAILED:
		return r->y == 0; /* because of an alert, which is told of already */
	case HF_TLS_TOLD_KEYS:
	case HF_TLS_TOLD_CCS:
		return !r->sent; /* who changes says so, and that is enough */
	default:
		return false;
	}
}

void tls_told_put(struct json *j, const struct hf_tls_record_told *r)
{
	struct text t;

	text_init(&t);
	json_put_string(j, "name", hf_tls_told_name(r->kind));
	json_put_string(j, "version", r->version ? tls_version_name(r->version) : NULL);
	json_put_bool(j, "sent", r->sent);
	json_put_u64(j, "offset", r->offset);
	json_put_u64(j, "len", r->len);
	json_put_string(j, "keys", tls_fold_keys(r->epoch));
	json_put_string(j, "from", hf_tls_state_name(r->from));
	json_put_string(j, "to", hf_tls_state_name(r->to));
	tls_told_add_sentence(&t, r);
	json_put_string(j, "sentence", text_str(&t));
	json_put_string(j, "rfc", tls_told_rfc(r));
	text_free(&t);
}

/* Where 1.2 has the same in documents of its own. */
static const struct {
	enum hf_tls_told kind;
	const char *rfc;
} rfcs_12[] = {
	{ HF_TLS_TOLD_STATE, "5246 7.3" },
	{ HF_TLS_TOLD_MESSAGE, "5246 7.4" },
	{ HF_TLS_TOLD_RECORD, "5246 6.2" },
	{ HF_TLS_TOLD_CCS, "5246 7.1" },
	{ HF_TLS_TOLD_ALERT, "5246 7.2" },
	{ HF_TLS_TOLD_SUITE, "5246 7.4.1.3" },
	{ HF_TLS_TOLD_GROUP, "8422 5.4" },
	{ HF_TLS_TOLD_KEYS, "5246 6.3" },
	{ HF_TLS_TOLD_CERTIFICATE_OK, "5246 7.4.2" },
	{ HF_TLS_TOLD_CERTIFICATE_BAD, "5246 7.4.2" },
	{ HF_TLS_TOLD_SIGNED, "5246 4.7" },
	{ HF_TLS_TOLD_SIGNATURE_OK, "5246 4.7" },
	{ HF_TLS_TOLD_FINISHED_OK, "5246 7.4.9" },
	{ HF_TLS_TOLD_CONNECTED, "5246 7.3" },
	{ HF_TLS_TOLD_RESUMED, "5077 3.1" },
	{ HF_TLS_TOLD_PSK_REFUSED, "5077 3.1" },
	{ HF_TLS_TOLD_TICKET, "5077 3.3" },
	{ HF_TLS_TOLD_TRUNCATED, "5246 7.2.1" },
};

const char *tls_told_rfc(const struct hf_tls_record_told *r)
{
	if (r->kind == HF_TLS_TOLD_FAILED)
		return hf_tls_why_rfc(r->x);
	for (size_t i = 0; r->version == TLS_VERSION_1_2 && i < HF_ARRAY_LEN(rfcs_12); i++)
		if (rfcs_12[i].kind == r->kind)
			return rfcs_12[i].rfc;
	return hf_tls_told_rfc(r->kind);
}
