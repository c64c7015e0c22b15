/* SPDX-License-Identifier: MIT */
/*
 * What a client reads first: ServerHello (RFC 8446 4.1.3, RFC 5246 7.4.1.3), where the version is decided, or
 * HelloRetryRequest (RFC 8446 4.1.4), after which the hello is built again.
 */
#include "tls/tls_internal.h"

#define SENTINEL 8u /* octets at the end of a server's random */

/*
 * The body of supported_versions, which must be known before the block can be sorted: it decides what the block may hold. A
 * block that breaks off says nothing of the version, so what stands behind the break cannot be taken as left out.
 */
static hf_status find_supported_versions(struct hf_tls *t, struct hf_bytes block, bool *ret_found, struct hf_bytes *ret)
{
	struct hf_rd in = hf_rd_over(block);
	struct tls_ext e;

	*ret_found = false;
	while (tls_ext_next(&in, &e))
		if (e.type == TLS_EXT_SUPPORTED_VERSIONS) {
			*ret_found = true;
			*ret = e.body;
		}
	TLS_TRY_PARSE(t, hf_rd_end(&in));
	return HF_OK;
}

/* RFC 8446 4.1.3: a server that can do better says so where it cannot be taken out, as both ends hash or sign the random. */
static bool tells_of_better(struct hf_bytes random)
{
	static const uint8_t sentinels[2][SENTINEL] = {
		{ 'D', 'O', 'W', 'N', 'G', 'R', 'D', 1 },
		{ 'D', 'O', 'W', 'N', 'G', 'R', 'D', 0 },
	};
	const uint8_t *end = random.at + random.len - SENTINEL;

	return memcmp(end, sentinels[0], SENTINEL) == 0 || memcmp(end, sentinels[1], SENTINEL) == 0;
}

/* Without supported_versions: RFC 8446 4.2.1, D.1. */
static hf_status accept_old_version(struct hf_tls *t, const struct tls_server_hello *sh)
{
	/* RFC 8446 4.1.4: what a HelloRetryRequest chose stays. */
	TLS_REQUIRE(t, !t->retried, BAD_VERSION);
	TLS_REQUIRE(t, sh->legacy_version == TLS_VERSION_1_2 && tls_cfg_min(t->cfg) <= TLS_VERSION_1_2, NO_VERSION);
	/* RFC 8446 D.3: the early data cannot be read then, and must not be sent again as if nothing had been. */
	if (t->early == HF_TLS_EARLY_OFFERED)
		return tls_fail_alert(t, TLS_WHY_BAD_EARLY_DATA, TLS_ALERT_PROTOCOL_VERSION);
	if (tls_cfg_max(t->cfg) > TLS_VERSION_1_2 && tells_of_better(sh->random)) {
		(void)tls_tell(t, HF_TLS_TOLD_DOWNGRADE);
		return tls_fail(t, TLS_WHY_DOWNGRADED);
	}
	return HF_OK;
}

static hf_status choose_version(struct hf_tls *t, const struct tls_server_hello *sh, uint16_t *ret)
{
	struct hf_bytes body = { 0 };
	uint16_t version;
	bool found;

	/* RFC 8446 D.5: whatever else it says. */
	TLS_REQUIRE(t, sh->legacy_version > TLS_VERSION_SSL_3_0, NO_VERSION);
	HF_TRY(find_supported_versions(t, sh->extensions, &found, &body));
	if (!found) {
		*ret = TLS_VERSION_1_2;
		return accept_old_version(t, sh);
	}
	TLS_REQUIRE(t, t->hs->asked & TLS_HAS(SUPPORTED_VERSIONS), UNSOLICITED_EXTENSION);
	TLS_TRY_PARSE(t, tls_ext_u16_parse(body, &version));
	/* RFC 8446 4.2.1: nothing before 1.3 is chosen this way; legacy_version is not looked at any more. */
	TLS_REQUIRE(t, version == TLS_VERSION_1_3, BAD_VERSION);
	*ret = version;
	return HF_OK;
}

/* What RFC 8446 4.1.3 wants of the fields of both messages. */
static hf_status check_fields(struct hf_tls *t, const struct tls_server_hello *sh, uint16_t version,
			      const struct tls_suite **ret)
{
	const struct tls_hs *hs = t->hs;
	const struct tls_suite *suite = tls_suite_find(sh->suite);
	const bool echoed = sh->session_id_echo.len == hs->session_id_len &&
			    memcmp(sh->session_id_echo.at, hs->session_id, hs->session_id_len) == 0;

	if (version == TLS_VERSION_1_3)
		TLS_REQUIRE(t, echoed, BAD_SESSION_ID);
	else /* RFC 5246 7.4.1.3: our session id back means a session resumed, when there was one to resume. */
		TLS_REQUIRE(t, !echoed || hs->session_id_len == 0 || hs->session.version == TLS_VERSION_1_2, BAD_SESSION_ID);
	TLS_REQUIRE(t, sh->compression == 0, BAD_COMPRESSION);
	TLS_REQUIRE(t, suite && tls_suite_usable(t->cfg, suite, version), BAD_SUITE);
	TLS_REQUIRE(t, !t->retried || suite->number == hs->retry_suite, BAD_SUITE);
	*ret = suite;
	return HF_OK;
}

hf_status tls_on_c_server_hello(struct hf_tls *t, struct hf_bytes body)
{
	struct tls_hs *hs = t->hs;
	const struct tls_suite *suite = NULL;
	struct tls_server_hello sh;
	struct tls_exts exts;
	uint16_t version = 0;

	TLS_TRY_PARSE(t, tls_server_hello_parse(body, &sh));
	HF_TRY(choose_version(t, &sh, &version));
	HF_TRY(check_fields(t, &sh, version, &suite));
	HF_ASSERT(suite);
	HF_TRY(tls_exts_sort(t, sh.extensions, version == TLS_VERSION_1_3 ? TLS_IN_SH : TLS_IN_SH12, hs->asked, &exts));

	t->version = version;
	t->suite = suite;
	memcpy(hs->server_random, sh.random.at, sizeof(hs->server_random));
	tls_transcript_choose(t);
	tls_tell(t, HF_TLS_TOLD_VERSION)->x = version;
	tls_tell(t, HF_TLS_TOLD_SUITE)->x = suite->number;
	if (version == TLS_VERSION_1_3)
		return tls13_client_hello_answered(t, &sh, &exts);
	return tls12_client_hello_answered(t, &sh, &exts);
}

/* ---- HelloRetryRequest ---- */

/* RFC 8446 4.2.8: a group that was offered, and of which no share was sent. */
static bool may_be_asked_for(const struct hf_tls *t, uint16_t group)
{
	const struct tls_hs *hs = t->hs;

	for (unsigned i = 0; i < hs->shares; i++)
		if (hs->kex[i].group == group)
			return false;
	return tls_group_usable(t->cfg, group);
}

/* No early data after it (RFC 8446 4.2.10): what was sent is lost, and the second hello goes out in plain. */
static void give_early_up(struct hf_tls *t)
{
	if (t->early != HF_TLS_EARLY_OFFERED)
		return;
	t->early = HF_TLS_EARLY_REJECTED;
	t->early_writable = false;
	tls_side_clear(&t->wr);
	(void)tls_tell(t, HF_TLS_TOLD_EARLY_REJECTED);
}

hf_status tls_on_c_hello_retry_request(struct hf_tls *t, struct hf_bytes body)
{
	struct tls_hs *hs = t->hs;
	const struct tls_suite *suite = NULL;
	struct tls_server_hello sh;
	struct tls_exts exts;
	struct hf_bytes cookie = { 0 };
	uint16_t version = 0, group = 0;

	/* To a client of 1.2 alone it is a ServerHello with an odd random, which no server draws. */
	TLS_REQUIRE(t, hs->asked & TLS_HAS(SUPPORTED_VERSIONS), UNEXPECTED);
	TLS_TRY_PARSE(t, tls_server_hello_parse(body, &sh));
	HF_TRY(tls_exts_sort(t, sh.extensions, TLS_IN_HRR, hs->asked, &exts));
	TLS_REQUIRE(t, exts.has & TLS_HAS(SUPPORTED_VERSIONS), MISSING_EXT);
	HF_TRY(choose_version(t, &sh, &version));
	HF_TRY(check_fields(t, &sh, version, &suite));
	HF_ASSERT(suite);
	if (exts.has & TLS_HAS(KEY_SHARE)) {
		TLS_TRY_PARSE(t, tls_ext_u16_parse(exts.body[TLS_ROW_KEY_SHARE], &group));
		TLS_REQUIRE(t, may_be_asked_for(t, group), BAD_RETRY);
	}
	if (exts.has & TLS_HAS(COOKIE))
		TLS_TRY_PARSE(t, tls_ext_cookie_parse(exts.body[TLS_ROW_COOKIE], &cookie));
	TLS_REQUIRE(t, group || cookie.len > 0, BAD_RETRY);

	t->version = version;
	t->suite = suite;
	t->retried = true;
	hs->retry_suite = suite->number;
	hs->retry_group = group;
	hs->cookie_len = (uint16_t)cookie.len;
	hs->cookie_at = cookie.len > 0 ? (uint32_t)(cookie.at - hs->in) : 0;
	tls_transcript_choose(t);
	tls_transcript_retry(t);
	tls_tell(t, group ? HF_TLS_TOLD_HELLO_RETRY : HF_TLS_TOLD_RETRY_COOKIE)->x = group;
	give_early_up(t);
	/* RFC 8446 4.1.4: a PSK that does not go with the suite's hash is taken out. */
	if (hs->session.version == TLS_VERSION_1_3 && tls_suite_find(hs->session.suite)->hash != suite->hash)
		tls_client_drop_session(hs);
	tls_next(t, TLS_ST_C_WAIT_SH_2);
	tls_run(t, tls_client_begin_again);
	return HF_OK;
}
