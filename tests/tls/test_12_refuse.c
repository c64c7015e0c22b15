/* SPDX-License-Identifier: MIT */
/* TLS 1.2: what must end the handshake, with which reason and alert; and what must not tell more than that. */
#include "lab12.h"

/* ---- one message changed ---- */

struct row {
	const char *label;
	enum lab_who from;
	void (*change)(struct middle *m, unsigned message, struct hf_bytes octets);
	unsigned message;
	size_t at;
	uint8_t octet;
	struct hf_bytes octets;
	const char *why; /* at the other side */
	enum tls_alert_number alert;
	unsigned with; /* LAB12_ */
};

#define OCTETS(...)                                                                        \
	{                                                                                  \
		(const uint8_t[]){ __VA_ARGS__ }, sizeof((const uint8_t[]){ __VA_ARGS__ }) \
	}
#define FAILS(why_, alert_) .why = #why_, .alert = TLS_ALERT_##alert_

static void change_one(const struct row *r)
{
	struct middle m = {
		.change = r->change, .message = r->message, .at = r->at, .n = r->at, .octet = r->octet, .octets = r->octets
	};
	struct lab *lab = lab12_new_with(r->with);
	struct hf_tls_info info;

	middle_stand(&m, lab, r->from);
	lab_start(lab);
	lab_run(lab);
	info = lab_info(lab, !r->from);
	if (!m.done)
		fail_msg("%s: the message was not sent\n%s", r->label, lab->ladder);
	if (!lab->side[!r->from].failed || strcmp(info.why_code, r->why) != 0)
		fail_msg("%s: %s, not %s\n%s", r->label, info.why_code ? info.why_code : "no failure", r->why, lab->ladder);
	if (!info.has_alert_sent || info.alert_sent != r->alert)
		fail_msg("%s: alert %s", r->label, tls_alert_name(info.alert_sent));
	/* Nothing is believed of a handshake that has failed: no session, no CONNECTED. */
	assert_false(lab->side[!r->from].connected);
	assert_int_equal(lab->side[!r->from].sessions, 0);
	middle_leave(&m);
	lab_free(lab);
}

#define SHD TLS_SERVER_HELLO_DONE
#define SKE TLS_SERVER_KEY_EXCHANGE
#define CKE TLS_CLIENT_KEY_EXCHANGE

static const struct row rows[] = {
	/* Certificate */
	{ "no certificate", LAB_SERVER, middle_swap, TLS_CERTIFICATE, .octets = OCTETS(0, 0, 0),
	  FAILS(EMPTY_CERTIFICATE, DECODE_ERROR) },
	{ "no DER", LAB_SERVER, middle_swap, TLS_CERTIFICATE, .octets = OCTETS(0, 0, 5, 0, 0, 2, 5, 0),
	  FAILS(BAD_CERTIFICATE, BAD_CERTIFICATE) },
	{ "lengths of the list", LAB_SERVER, middle_flip, TLS_CERTIFICATE, 2, 1, FAILS(DECODE, DECODE_ERROR) },
	{ "no certificate of a client", LAB_CLIENT, middle_swap, TLS_CERTIFICATE, .octets = OCTETS(0, 0, 0),
	  .with = LAB12_CLIENT_CERT, FAILS(CERTIFICATE_REQUIRED_12, HANDSHAKE_FAILURE) },
	{ "no DER of a client", LAB_CLIENT, middle_swap, TLS_CERTIFICATE, .octets = OCTETS(0, 0, 5, 0, 0, 2, 5, 0),
	  .with = LAB12_CLIENT_CERT, FAILS(BAD_CERTIFICATE, BAD_CERTIFICATE) },
	/* ServerKeyExchange */
	{ "explicit curve", LAB_SERVER, middle_flip, SKE, 0, 3 ^ 1, FAILS(BAD_CURVE_TYPE, ILLEGAL_PARAMETER) },
	{ "unknown group", LAB_SERVER, middle_flip, SKE, 1, 0x40, FAILS(BAD_GROUP, ILLEGAL_PARAMETER) },
	{ "another group", LAB_SERVER, middle_flip, SKE, 2, 0x1d ^ 0x17, FAILS(BAD_SIGNATURE, DECRYPT_ERROR) },
	{ "share changed", LAB_SERVER, middle_flip, SKE, 10, 1, FAILS(BAD_SIGNATURE, DECRYPT_ERROR) },
	{ "scheme of SHA-1", LAB_SERVER, middle_flip, SKE, 36, 4 ^ 2, FAILS(BAD_SCHEME, ILLEGAL_PARAMETER) },
	{ "scheme of RSA", LAB_SERVER, middle_flip, SKE, 37, 3 ^ 1, FAILS(BAD_SCHEME, ILLEGAL_PARAMETER) },
	{ "another hash", LAB_SERVER, middle_flip, SKE, 36, 4 ^ 5, FAILS(BAD_SIGNATURE, DECRYPT_ERROR) },
	{ "signature changed", LAB_SERVER, middle_flip, SKE, 60, 1, FAILS(BAD_SIGNATURE, DECRYPT_ERROR) },
	{ "no signature", LAB_SERVER, middle_shorten, SKE, 36, FAILS(DECODE, DECODE_ERROR) },
	/* CertificateRequest, ServerHelloDone */
	{ "no types", LAB_SERVER, middle_swap, TLS_CERTIFICATE_REQUEST, .octets = OCTETS(0, 0, 2, 4, 3, 0, 0),
	  .with = LAB12_CLIENT_CERT, FAILS(DECODE, DECODE_ERROR) },
	{ "no schemes", LAB_SERVER, middle_swap, TLS_CERTIFICATE_REQUEST, .octets = OCTETS(1, 64, 0, 0, 0, 0),
	  .with = LAB12_CLIENT_CERT, FAILS(DECODE, DECODE_ERROR) },
	{ "half a scheme", LAB_SERVER, middle_swap, TLS_CERTIFICATE_REQUEST,
	  .octets = OCTETS(1, 64, 0, 3, 4, 3, 4, 0, 0), .with = LAB12_CLIENT_CERT, FAILS(DECODE, DECODE_ERROR) },
	{ "done and more", LAB_SERVER, middle_swap, SHD, .octets = OCTETS(0), FAILS(DECODE, DECODE_ERROR) },
	/* ClientKeyExchange */
	{ "share of zeros", LAB_CLIENT, middle_swap, CKE, .octets = { (const uint8_t[33]){ 32 }, 33 },
	  FAILS(BAD_SHARE, ILLEGAL_PARAMETER) },
	{ "short share", LAB_CLIENT, middle_swap, CKE, .octets = OCTETS(2, 1, 1), FAILS(BAD_SHARE, ILLEGAL_PARAMETER) },
	{ "no share", LAB_CLIENT, middle_swap, CKE, .octets = OCTETS(0), FAILS(DECODE, DECODE_ERROR) },
	{ "share and more", LAB_CLIENT, middle_swap, CKE, .octets = OCTETS(1, 1, 1), FAILS(DECODE, DECODE_ERROR) },
	{ "another share", LAB_CLIENT, middle_flip, CKE, 5, 1, FAILS(BAD_MAC, BAD_RECORD_MAC) },
	{ "no encrypted secret", LAB_CLIENT, middle_swap, CKE, .octets = OCTETS(0), .with = LAB12_TRANSPORT,
	  FAILS(BAD_PREMASTER, DECODE_ERROR) },
	/* CertificateVerify */
	{ "verify changed", LAB_CLIENT, middle_flip, TLS_CERTIFICATE_VERIFY, 10, 1, .with = LAB12_CLIENT_CERT,
	  FAILS(BAD_SIGNATURE, DECRYPT_ERROR) },
	{ "verify with SHA-1", LAB_CLIENT, middle_flip, TLS_CERTIFICATE_VERIFY, 0, 4 ^ 2, .with = LAB12_CLIENT_CERT,
	  FAILS(BAD_SCHEME, ILLEGAL_PARAMETER) },
	{ "verify with RSA", LAB_CLIENT, middle_flip, TLS_CERTIFICATE_VERIFY, 1, 3 ^ 1, .with = LAB12_CLIENT_CERT,
	  FAILS(BAD_SCHEME, ILLEGAL_PARAMETER) },
	{ "no verify", LAB_CLIENT, middle_lose, TLS_CERTIFICATE_VERIFY, .with = LAB12_CLIENT_CERT,
	  FAILS(BAD_CCS, UNEXPECTED_MESSAGE) },
	/* Finished */
	{ "server's finished", LAB_SERVER, middle_flip, TLS_FINISHED, 0, 1, FAILS(BAD_FINISHED, DECRYPT_ERROR) },
	{ "client's finished", LAB_CLIENT, middle_flip, TLS_FINISHED, 11, 0x80, FAILS(BAD_FINISHED, DECRYPT_ERROR) },
	{ "server's, resumed", LAB_SERVER, middle_flip, TLS_FINISHED, 11, 1, .with = LAB12_RESUMED,
	  FAILS(BAD_FINISHED, DECRYPT_ERROR) },
	{ "client's, resumed", LAB_CLIENT, middle_flip, TLS_FINISHED, 5, 1, .with = LAB12_RESUMED,
	  FAILS(BAD_FINISHED, DECRYPT_ERROR) },
	{ "short finished", LAB_SERVER, middle_shorten, TLS_FINISHED, 11, FAILS(DECODE, DECODE_ERROR) },
	{ "empty finished", LAB_CLIENT, middle_shorten, TLS_FINISHED, 0, FAILS(DECODE, DECODE_ERROR) },
	{ "long finished", LAB_CLIENT, middle_swap, TLS_FINISHED, .octets = { (const uint8_t[13]){ 0 }, 13 },
	  FAILS(DECODE, DECODE_ERROR) },
	{ "no finished", LAB_SERVER, middle_swap, TLS_FINISHED, .octets = { (const uint8_t[36]){ 0 }, 36 },
	  FAILS(DECODE, DECODE_ERROR) },
	/* NewSessionTicket */
	{ "no ticket, though promised", LAB_SERVER, middle_lose, TLS_NEW_SESSION_TICKET, FAILS(BAD_CCS, UNEXPECTED_MESSAGE) },
	{ "ticket changed", LAB_SERVER, middle_flip, TLS_NEW_SESSION_TICKET, 20, 1, FAILS(BAD_FINISHED, DECRYPT_ERROR) },
	{ "lifetime changed", LAB_SERVER, middle_flip, TLS_NEW_SESSION_TICKET, 3, 1, FAILS(BAD_FINISHED, DECRYPT_ERROR) },
	/* change_cipher_spec */
	{ "early to the server", LAB_CLIENT, middle_insert, CKE, .octet = TLS_CHANGE_CIPHER_SPEC, .octets = OCTETS(1),
	  FAILS(BAD_CCS, UNEXPECTED_MESSAGE) },
	{ "before a verify", LAB_CLIENT, middle_insert, TLS_CERTIFICATE_VERIFY, .octet = TLS_CHANGE_CIPHER_SPEC,
	  .octets = OCTETS(1), .with = LAB12_CLIENT_CERT, FAILS(BAD_CCS, UNEXPECTED_MESSAGE) },
	{ "early to the client", LAB_SERVER, middle_insert, TLS_CERTIFICATE, .octet = TLS_CHANGE_CIPHER_SPEC,
	  .octets = OCTETS(1), FAILS(BAD_CCS, UNEXPECTED_MESSAGE) },
	{ "before the key exchange", LAB_SERVER, middle_insert, SKE, .octet = TLS_CHANGE_CIPHER_SPEC,
	  .octets = OCTETS(1), FAILS(BAD_CCS, UNEXPECTED_MESSAGE) },
	{ "before a ticket", LAB_SERVER, middle_insert, TLS_NEW_SESSION_TICKET, .octet = TLS_CHANGE_CIPHER_SPEC,
	  .octets = OCTETS(1), FAILS(BAD_CCS, UNEXPECTED_MESSAGE) },
	{ "none to the server", LAB_CLIENT, middle_lose, TLS_CCS_MESSAGE, FAILS(UNEXPECTED, UNEXPECTED_MESSAGE) },
	{ "none to the client", LAB_SERVER, middle_lose, TLS_CCS_MESSAGE, FAILS(UNEXPECTED, UNEXPECTED_MESSAGE) },
	{ "twice to the server", LAB_CLIENT, middle_insert, TLS_CCS_MESSAGE, .octet = TLS_CHANGE_CIPHER_SPEC,
	  .octets = OCTETS(1), FAILS(UNEXPECTED_RECORD, UNEXPECTED_MESSAGE) },
	{ "twice to the client", LAB_SERVER, middle_insert, TLS_CCS_MESSAGE, .octet = TLS_CHANGE_CIPHER_SPEC,
	  .octets = OCTETS(1), .with = LAB12_RESUMED, FAILS(UNEXPECTED_RECORD, UNEXPECTED_MESSAGE) },
	{ "another octet", LAB_CLIENT, middle_flip, TLS_CCS_MESSAGE, 0, 2, FAILS(BAD_CCS, UNEXPECTED_MESSAGE) },
	{ "sealed", LAB_CLIENT, middle_insert, TLS_FINISHED, .octet = TLS_CHANGE_CIPHER_SPEC, .octets = OCTETS(1),
	  FAILS(UNEXPECTED_RECORD, UNEXPECTED_MESSAGE) },
	{ "inside a message", LAB_CLIENT, middle_insert, TLS_CCS_MESSAGE, .octet = TLS_HANDSHAKE,
	  .octets = OCTETS(TLS_FINISHED, 0), FAILS(INTERLEAVED, UNEXPECTED_MESSAGE) },
	/* data before its time */
	{ "data before finished", LAB_CLIENT, middle_insert, TLS_FINISHED, .octet = TLS_APPLICATION_DATA,
	  .octets = OCTETS('x'), FAILS(UNEXPECTED_RECORD, UNEXPECTED_MESSAGE) },
	{ "plain data", LAB_SERVER, middle_insert, SKE, .octet = TLS_APPLICATION_DATA, .octets = OCTETS('x'),
	  FAILS(UNEXPECTED_RECORD, UNEXPECTED_MESSAGE) },
};

static void test_one_message_changed(void **state)
{
	(void)state;
	for (size_t i = 0; i < HF_ARRAY_LEN(rows); i++)
		change_one(&rows[i]);
}

/* The server's finished in plain would be taken by a client that had forgotten the keys (CVE-2014-0224's kin). */
static void test_sealed_stays_sealed(void **state)
{
	struct lab *lab = lab12_new();
	const uint8_t plain[] = {
		TLS_HANDSHAKE, 3, 3, 0, 16, TLS_FINISHED, 0, 0, 12, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12
	};

	(void)state;
	lab_handshake(lab);
	lab_inject(lab, LAB_CLIENT, (struct hf_bytes){ plain, sizeof(plain) });
	lab_run(lab);
	lab_expect_failure(lab, LAB_CLIENT, "RECORD_SHORT", TLS_ALERT_BAD_RECORD_MAC);
	lab_free(lab);
}

/* ---- every message cut short ---- */

static void note_length(struct middle *m, unsigned message, struct hf_bytes octets)
{
	if (message == m->message)
		m->n = octets.len - TLS_MESSAGE_HEADER;
	middle_hand_on(m, message, octets);
}

static size_t length_of(const struct row *r)
{
	struct middle m = { .change = note_length, .message = r->message };
	struct lab *lab = lab12_new_with(r->with);

	middle_stand(&m, lab, r->from);
	lab_handshake(lab);
	middle_leave(&m);
	lab_free(lab);
	assert_true(m.n > 0);
	return m.n;
}

static void cut_at(const struct row *r, size_t n)
{
	struct middle m = { .change = middle_shorten, .message = r->message, .n = n };
	struct lab *lab = lab12_new_with(r->with);
	struct hf_tls_info info;

	middle_stand(&m, lab, r->from);
	lab_start(lab);
	lab_run(lab);
	info = lab_info(lab, !r->from);
	if (!lab->side[!r->from].failed || info.alert_sent != r->alert)
		fail_msg("%s cut to %zu: %s", r->label, n, info.why_code ? info.why_code : "taken");
	middle_leave(&m);
	lab_free(lab);
}

static void test_every_prefix(void **state)
{
	static const struct row messages[] = {
		{ "certificate", LAB_SERVER, .message = TLS_CERTIFICATE, .alert = TLS_ALERT_DECODE_ERROR },
		{ "key exchange", LAB_SERVER, .message = SKE, .alert = TLS_ALERT_DECODE_ERROR },
		{ "request", LAB_SERVER, .message = TLS_CERTIFICATE_REQUEST, .with = LAB12_CLIENT_CERT,
		  .alert = TLS_ALERT_DECODE_ERROR },
		{ "client's certificate", LAB_CLIENT, .message = TLS_CERTIFICATE, .with = LAB12_CLIENT_CERT,
		  .alert = TLS_ALERT_DECODE_ERROR },
		{ "client's share", LAB_CLIENT, .message = CKE, .alert = TLS_ALERT_DECODE_ERROR },
		{ "encrypted secret", LAB_CLIENT, .message = CKE, .with = LAB12_TRANSPORT, .alert = TLS_ALERT_DECODE_ERROR },
		{ "verify", LAB_CLIENT, .message = TLS_CERTIFICATE_VERIFY, .with = LAB12_CLIENT_CERT,
		  .alert = TLS_ALERT_DECODE_ERROR },
		{ "ticket", LAB_SERVER, .message = TLS_NEW_SESSION_TICKET, .alert = TLS_ALERT_DECODE_ERROR },
		{ "finished", LAB_CLIENT, .message = TLS_FINISHED, .alert = TLS_ALERT_DECODE_ERROR },
	};

	(void)state;
	for (size_t i = 0; i < HF_ARRAY_LEN(messages); i++) {
		const size_t n = length_of(&messages[i]);

		/* Of long ones not each: they are long by what stands in one vector. */
		for (size_t at = 0; at < n; at += at < 16 || at + 16 > n || n < 100 ? 1 : 13)
			cut_at(&messages[i], at);
	}
}

/* ---- out of turn ---- */

static bool may_come(unsigned state, unsigned message)
{
#define M(state_, message_, to, keys, handler, rfc)                \
	if (state == TLS_ST_##state_ && message == TLS_##message_) \
		return true;
#include "tls/tls_fsm.def"
#undef M
	return false;
}

/* Before each message of either side each type of message, empty: whatever is not in the table is refused by its type alone. */
static void intrude(enum lab_who from, unsigned before, uint8_t type, const struct row *r)
{
	const uint8_t octets[] = { type, 0, 0, 0 };
	struct middle m = {
		.change = middle_insert, .message = before, .octet = TLS_HANDSHAKE, .octets = { octets, sizeof(octets) }
	};
	struct lab *lab = lab12_new_with(r->with);
	const struct hf_tls *t;

	middle_stand(&m, lab, from);
	lab_start(lab);
	lab_run(lab);
	t = lab->side[!from].t;
	assert_true(m.done);
	if (!lab->side[!from].failed)
		fail_msg("%s before %s was taken", tls_message_name(type), tls_message_name(before));
	/* A row that allows it says nothing of what the body or the suite makes of it. */
	if (!may_come(t->failed_in, type)) {
		const struct hf_tls_info info = lab_info(lab, !from);

		assert_string_equal(info.why_code, "UNEXPECTED");
		assert_int_equal(info.alert_sent, TLS_ALERT_UNEXPECTED_MESSAGE);
	}
	middle_leave(&m);
	lab_free(lab);
}

static void test_out_of_turn(void **state)
{
	static const uint16_t server[] = { TLS_CERTIFICATE,        SKE,         TLS_CERTIFICATE_REQUEST, SHD,
					   TLS_NEW_SESSION_TICKET, TLS_FINISHED };
	static const uint16_t client[] = { TLS_CERTIFICATE, CKE, TLS_CERTIFICATE_VERIFY, TLS_FINISHED };
	const struct row with = { .with = LAB12_CLIENT_CERT };

	(void)state;
	for (unsigned type = 0; type <= TLS_KEY_UPDATE; type++) {
		for (size_t i = 0; i < HF_ARRAY_LEN(server); i++)
			intrude(LAB_SERVER, server[i], (uint8_t)type, &with);
		for (size_t i = 0; i < HF_ARRAY_LEN(client); i++)
			intrude(LAB_CLIENT, client[i], (uint8_t)type, &with);
	}
}

/* Each message left out: what follows comes out of turn. */
static void test_left_out(void **state)
{
	static const struct row lost[] = {
		{ "certificate", LAB_SERVER, middle_lose, TLS_CERTIFICATE, FAILS(UNEXPECTED, UNEXPECTED_MESSAGE) },
		{ "key exchange", LAB_SERVER, middle_lose, SKE, FAILS(UNEXPECTED, UNEXPECTED_MESSAGE) },
		{ "certificate of RSA", LAB_SERVER, middle_lose, TLS_CERTIFICATE, .with = LAB12_TRANSPORT,
		  FAILS(UNEXPECTED, UNEXPECTED_MESSAGE) },
		{ "client's certificate", LAB_CLIENT, middle_lose, TLS_CERTIFICATE, .with = LAB12_CLIENT_CERT,
		  FAILS(UNEXPECTED, UNEXPECTED_MESSAGE) },
		{ "client's share", LAB_CLIENT, middle_lose, CKE, FAILS(BAD_CCS, UNEXPECTED_MESSAGE) },
		{ "share before verify", LAB_CLIENT, middle_lose, CKE, .with = LAB12_CLIENT_CERT,
		  FAILS(UNEXPECTED, UNEXPECTED_MESSAGE) },
	};

	(void)state;
	for (size_t i = 0; i < HF_ARRAY_LEN(lost); i++)
		change_one(&lost[i]);
}

/* ---- ServerHello ---- */

struct sh_edit {
	const char *label;
	uint16_t remove, add;
	bool removes, adds;
	struct hf_bytes body;
	size_t at; /* an octet changed, behind the random; 0: none */
	uint8_t octet;
	bool resumed;
	const char *why;
	enum tls_alert_number alert;
};

static const struct sh_edit *sh_edit;

static void edit_server_hello(struct middle *m, unsigned message, struct hf_bytes octets)
{
	static struct hello_edit e;

	if (message != TLS_SERVER_HELLO) {
		middle_hand_on(m, message, octets);
		return;
	}
	hello_edit_take(&e, octets);
	if (sh_edit->removes)
		assert_true(hello_edit_remove(&e, sh_edit->remove));
	if (sh_edit->adds)
		hello_edit_add(&e, sh_edit->add, sh_edit->body.at, sh_edit->body.len);
	if (sh_edit->at)
		e.at[sh_edit->at] ^= sh_edit->octet;
	middle_hand_on(m, message, (struct hf_bytes){ e.at, e.n });
}

#define REMOVE(type) .removes = true, .remove = TLS_EXT_##type
#define ADD(type, ...) .adds = true, .add = TLS_EXT_##type, .body = OCTETS(__VA_ARGS__)
#define ADD_EMPTY(type) .adds = true, .add = TLS_EXT_##type
#define SUITE_LOW (4 + 2 + 32 + 1 + 1)
#define SUITE_LOW_RESUMED (SUITE_LOW + 32)

static const struct sh_edit edits[] = {
	{ "renegotiation_info of an earlier handshake", REMOVE(RENEGOTIATION_INFO), ADD(RENEGOTIATION_INFO, 1, 7),
	  FAILS(BAD_RENEGOTIATION_INFO, HANDSHAKE_FAILURE) },
	{ "renegotiation_info without a length", REMOVE(RENEGOTIATION_INFO), ADD_EMPTY(RENEGOTIATION_INFO),
	  FAILS(DECODE, DECODE_ERROR) },
	{ "no uncompressed points", REMOVE(EC_POINT_FORMATS), ADD(EC_POINT_FORMATS, 1, 1),
	  FAILS(BAD_POINT_FORMAT, ILLEGAL_PARAMETER) },
	{ "point formats without a length", REMOVE(EC_POINT_FORMATS), ADD_EMPTY(EC_POINT_FORMATS),
	  FAILS(DECODE, DECODE_ERROR) },
	{ "a master secret with a body", REMOVE(EXTENDED_MASTER_SECRET), ADD(EXTENDED_MASTER_SECRET, 0),
	  FAILS(DECODE, DECODE_ERROR) },
	{ "a ticket in the hello", REMOVE(SESSION_TICKET), ADD(SESSION_TICKET, 1, 2), FAILS(DECODE, DECODE_ERROR) },
	{ "a name in the hello", REMOVE(SERVER_NAME), ADD(SERVER_NAME, 0), FAILS(DECODE, DECODE_ERROR) },
	{ "a staple with a body", ADD(STATUS_REQUEST, 1), FAILS(DECODE, DECODE_ERROR) },
	{ "a protocol nobody offered", ADD(ALPN, 0, 3, 2, 'h', '3'), FAILS(BAD_ALPN, ILLEGAL_PARAMETER) },
	{ "two protocols", ADD(ALPN, 0, 6, 2, 'h', '2', 2, 'h', '2'), FAILS(DECODE, DECODE_ERROR) },
	{ "SCTs cut short", ADD(SIGNED_CERTIFICATE_TIMESTAMP, 0, 9, 0), FAILS(DECODE, DECODE_ERROR) },
	{ "a limit of records too low", REMOVE(RECORD_SIZE_LIMIT), ADD(RECORD_SIZE_LIMIT, 0, 63),
	  FAILS(BAD_RECORD_LIMIT, ILLEGAL_PARAMETER) },
	{ "a share", ADD(KEY_SHARE, 0, 29, 0, 1, 1), FAILS(MISPLACED_EXTENSION, ILLEGAL_PARAMETER) },
	{ "the extension twice", ADD(SESSION_TICKET, 0), FAILS(DUPLICATE_EXTENSION, ILLEGAL_PARAMETER) },
	{ "the other key's suite", .at = SUITE_LOW, .octet = 0x2b ^ 0x2f, FAILS(WRONG_KEY_KIND, UNSUPPORTED_CERTIFICATE) },
	{ "no master secret", REMOVE(EXTENDED_MASTER_SECRET), FAILS(BAD_MAC, BAD_RECORD_MAC) },
	{ "another suite, resumed", .at = SUITE_LOW_RESUMED, .octet = 0x2b ^ 0x2c, .resumed = true,
	  FAILS(BAD_SUITE, ILLEGAL_PARAMETER) },
	{ "no master secret, resumed", REMOVE(EXTENDED_MASTER_SECRET), .resumed = true, FAILS(NO_EMS, HANDSHAKE_FAILURE) },
	{ "another session, resumed", .at = SUITE_LOW, .octet = 1, .resumed = true, FAILS(BAD_CCS, UNEXPECTED_MESSAGE) },
};

static void test_server_hello(void **state)
{
	static const struct hf_bytes h2[] = { LAB_BYTES("h2") };

	(void)state;
	for (size_t i = 0; i < HF_ARRAY_LEN(edits); i++) {
		struct middle m = { .change = edit_server_hello };
		struct lab *lab = lab12_new_with(edits[i].resumed ? LAB12_RESUMED : 0);
		struct lab_side *c = &lab->side[LAB_CLIENT];
		struct hf_tls_info info;
		/* Without the secret in the hello it is the server that cannot read what comes. */
		const enum lab_who who = strcmp(edits[i].why, "BAD_MAC") == 0 ? LAB_SERVER : LAB_CLIENT;

		sh_edit = &edits[i];
		c->cfg.want_staple = true;
		c->cfg.record_size_limit = 2000;
		c->cfg.alpn = h2;
		c->cfg.alpns = 1;
		middle_stand(&m, lab, LAB_SERVER);
		lab_start(lab);
		lab_run(lab);
		info = lab_info(lab, who);
		if (!lab->side[who].failed || strcmp(info.why_code, edits[i].why) != 0)
			fail_msg("%s: %s, not %s\n%s", edits[i].label, info.why_code ? info.why_code : "no failure",
				 edits[i].why, lab->ladder);
		assert_int_equal(info.alert_sent, edits[i].alert);
		middle_leave(&m);
		lab_free(lab);
	}
}

/* ---- ServerKeyExchange where it does not belong, and signed well but for nothing ---- */

/* A staple is promised and none comes, so the next message may be that of either kind of suite. */
static void promise_staple(struct middle *m, unsigned message, struct hf_bytes octets)
{
	static struct hello_edit e;

	if (message == TLS_SERVER_HELLO) {
		hello_edit_take(&e, octets);
		hello_edit_add(&e, TLS_EXT_STATUS_REQUEST, "", 0);
		octets = (struct hf_bytes){ e.at, e.n };
	} else if (message == SKE) {
		m->done = true;
		return;
	} else if (message == m->message && m->octets.len > 0) {
		middle_put(m, TLS_HANDSHAKE, m->octets);
		m->done = true;
	}
	middle_hand_on(m, message, octets);
}

static void test_kind_of_suite(void **state)
{
	static const uint8_t ske[] = { SKE, 0, 0, 0 };
	static const struct {
		unsigned with;
		struct hf_bytes octets;
	} kinds[] = {
		{ 0, { NULL, 0 } },                        /* ServerHelloDone without one */
		{ LAB12_CLIENT_CERT, { NULL, 0 } },        /* CertificateRequest without one */
		{ LAB12_TRANSPORT, { ske, sizeof(ske) } }, /* one where the client makes the secret */
	};

	(void)state;
	for (size_t i = 0; i < HF_ARRAY_LEN(kinds); i++) {
		struct middle m = { .change = promise_staple, .message = SHD, .octets = kinds[i].octets };
		struct lab *lab = lab12_new_with(kinds[i].with);
		struct lab_side *c = &lab->side[LAB_CLIENT];

		c->cfg.want_staple = true;
		middle_stand(&m, lab, LAB_SERVER);
		lab_start(lab);
		lab_run(lab);
		assert_true(m.done);
		lab_expect_failure(lab, LAB_CLIENT, "UNEXPECTED", TLS_ALERT_UNEXPECTED_MESSAGE);
		assert_string_equal(c->path, "WAIT_CERT WAIT_STATUS ");
		middle_leave(&m);
		lab_free(lab);
	}
}

/* A server that signs a share that is none. */
static void sign_zeros(struct middle *m, unsigned message, struct hf_bytes octets)
{
	const struct tls_hs *hs = m->lab->side[LAB_SERVER].t->hs;
	uint8_t content[64 + 36] = { 0 }, sig[CRYPTO_SIG_MAX], body[512];
	struct hf_wr out = hf_wr_over(body, sizeof(body));
	size_t n;

	if (message != SKE) {
		middle_hand_on(m, message, octets);
		return;
	}
	memcpy(content, hs->client_random, 32);
	memcpy(content + 32, hs->server_random, 32);
	content[64] = 3;
	hf_store16(content + 65, TLS_GROUP_X25519);
	content[67] = 32;
	assert_int_equal(crypto_key_sign(lab_world.crypto, hf_cred_key(lab_world.server[LAB_P256]), TLS_ECDSA_SECP256R1_SHA256,
					 (struct hf_bytes){ content, sizeof(content) }, sig, sizeof(sig), &n),
			 HF_OK);
	hf_wr_u8(&out, SKE);
	hf_wr_u24(&out, (uint32_t)(36 + 4 + n));
	hf_wr_copy(&out, content + 64, 36);
	hf_wr_u16(&out, TLS_ECDSA_SECP256R1_SHA256);
	hf_wr_u16(&out, (uint16_t)n);
	hf_wr_copy(&out, sig, n);
	middle_put(m, TLS_HANDSHAKE, (struct hf_bytes){ body, hf_wr_len(&out) });
}

static void test_share_of_zeros(void **state)
{
	struct middle m = { .change = sign_zeros };
	struct lab *lab = lab12_new();

	(void)state;
	middle_stand(&m, lab, LAB_SERVER);
	lab_start(lab);
	lab_run(lab);
	lab_expect_failure(lab, LAB_CLIENT, "BAD_SHARE", TLS_ALERT_ILLEGAL_PARAMETER);
	middle_leave(&m);
	lab_free(lab);
}

/* One that would fit the key, but was not offered. */
static void test_scheme_not_offered(void **state)
{
	static const uint16_t offered = TLS_ECDSA_SECP256R1_SHA256;
	struct middle m = { .change = middle_flip, .message = SKE, .at = 36, .octet = 4 ^ 5 };
	struct lab *lab = lab12_new();

	(void)state;
	lab->side[LAB_CLIENT].cfg.schemes = (struct hf_tls_list){ &offered, 1 };
	middle_stand(&m, lab, LAB_SERVER);
	lab_start(lab);
	lab_run(lab);
	lab_expect_failure(lab, LAB_CLIENT, "BAD_SCHEME", TLS_ALERT_ILLEGAL_PARAMETER);
	middle_leave(&m);
	lab_free(lab);
}

/* ---- nothing in common ---- */

/* A server that knows nothing of renegotiation is served all the same, and that is said. */
static void test_old_server(void **state)
{
	struct lab *lab = lab12_new();

	(void)state;
	lab->side[LAB_SERVER].cfg.no_renegotiation_info = true;
	lab_handshake(lab);
	assert_false(lab_info(lab, LAB_CLIENT).secure_renegotiation);
	lab_free(lab);
}

static void test_no_certificate(void **state)
{
	struct lab *lab = lab12_new();

	(void)state;
	lab->side[LAB_SERVER].keeper.cred_count = 0;
	lab_start(lab);
	lab_run(lab);
	lab_expect_failure(lab, LAB_SERVER, "NO_CERTIFICATE", TLS_ALERT_HANDSHAKE_FAILURE);
	lab_free(lab);
}

static void test_no_group(void **state)
{
	static const uint16_t p256 = TLS_GROUP_P256, p384 = TLS_GROUP_P384;
	struct lab *lab = lab12_new();

	(void)state;
	lab->side[LAB_CLIENT].cfg.groups = (struct hf_tls_list){ &p256, 1 };
	lab->side[LAB_SERVER].cfg.groups = (struct hf_tls_list){ &p384, 1 };
	lab_start(lab);
	lab_run(lab);
	lab_expect_failure(lab, LAB_SERVER, "NO_GROUP", TLS_ALERT_HANDSHAKE_FAILURE);
	lab_free(lab);
}

static void test_no_alpn(void **state)
{
	static const struct hf_bytes h2 = LAB_BYTES("h2"), h1 = LAB_BYTES("http/1.1");
	struct lab *lab = lab12_new();

	(void)state;
	lab->side[LAB_CLIENT].cfg.alpn = &h2;
	lab->side[LAB_SERVER].cfg.alpn = &h1;
	lab->side[LAB_CLIENT].cfg.alpns = lab->side[LAB_SERVER].cfg.alpns = 1;
	lab_start(lab);
	lab_run(lab);
	lab_expect_failure(lab, LAB_SERVER, "NO_ALPN", TLS_ALERT_NO_APPLICATION_PROTOCOL);
	lab_free(lab);
}

/* ---- no other handshake on a connection that stands ---- */

static void test_renegotiation(void **state)
{
	static const uint8_t hello_request[] = { TLS_HELLO_REQUEST, 0, 0, 0 };
	static const uint8_t client_hello[] = { TLS_CLIENT_HELLO, 0, 0, 3, 3, 3, 9 };

	(void)state;
	for (enum lab_who asked = 0; asked < 2; asked++) {
		const struct hf_bytes request = asked == LAB_CLIENT
							? (struct hf_bytes){ hello_request, sizeof(hello_request) }
							: (struct hf_bytes){ client_hello, sizeof(client_hello) };
		struct lab *lab = lab12_new();

		lab->side[asked].keep_room = false; /* room is lent once more for the message */
		lab_handshake(lab);
		lab->ladder[0] = '\0';
		for (unsigned i = 0; i < 3; i++) {
			lab12_send(lab, !asked, TLS_HANDSHAKE, request);
			lab_run(lab);
		}
		assert_string_equal(lab->ladder, asked == LAB_CLIENT ? "client alert no_renegotiation\n"
								       "client alert no_renegotiation\n"
								       "client alert no_renegotiation\n"
								     : "server alert no_renegotiation\n"
								       "server alert no_renegotiation\n"
								       "server alert no_renegotiation\n");
		lab_write(lab, !asked, "and goes on"); /* which also begins the count again */
		lab_write(lab, asked, "so do we");
		lab_run(lab);
		assert_string_equal(lab->side[asked].data, "and goes on");
		assert_string_equal(lab->side[!asked].data, "so do we");
		for (unsigned i = 0; i < 5; i++)
			lab12_send(lab, !asked, TLS_HANDSHAKE, request);
		lab_run(lab);
		assert_string_equal(lab_info(lab, asked).why_code, "RENEGOTIATION");
		assert_int_equal(lab_info(lab, asked).alert_sent, TLS_ALERT_NO_RENEGOTIATION);
		lab_free(lab);
	}
}

static void test_renegotiation_format(void **state)
{
	static const uint8_t request[] = { TLS_HELLO_REQUEST, 0, 0, 1, 0 };
	struct lab *lab = lab12_new();

	(void)state;
	lab_handshake(lab);
	lab12_send(lab, LAB_SERVER, TLS_HANDSHAKE, (struct hf_bytes){ request, sizeof(request) });
	lab_run(lab);
	lab_expect_failure(lab, LAB_CLIENT, "DECODE", TLS_ALERT_DECODE_ERROR);
	lab_free(lab);
}

/* Nothing else may come when all is said: neither side's messages, nor 1.3's. */
static void test_connected(void **state)
{
	(void)state;
	for (enum lab_who from = 0; from < 2; from++)
		for (unsigned type = 0; type <= TLS_KEY_UPDATE; type++) {
			const uint8_t octets[] = { (uint8_t)type, 0, 0, 0 };
			struct lab *lab = lab12_new();

			lab_handshake(lab);
			lab12_send(lab, from, TLS_HANDSHAKE, (struct hf_bytes){ octets, sizeof(octets) });
			lab_run(lab);
			if (may_come(from == LAB_CLIENT ? TLS_ST_S12_CONNECTED : TLS_ST_C12_CONNECTED, type))
				assert_false(lab->side[!from].failed);
			else
				lab_expect_failure(lab, !from, "UNEXPECTED", TLS_ALERT_UNEXPECTED_MESSAGE);
			lab_free(lab);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_message_changed),
		cmocka_unit_test(test_sealed_stays_sealed),
		cmocka_unit_test(test_every_prefix),
		cmocka_unit_test(test_out_of_turn),
		cmocka_unit_test(test_left_out),
		cmocka_unit_test(test_server_hello),
		cmocka_unit_test(test_old_server),
		cmocka_unit_test(test_kind_of_suite),
		cmocka_unit_test(test_share_of_zeros),
		cmocka_unit_test(test_scheme_not_offered),
		cmocka_unit_test(test_no_certificate),
		cmocka_unit_test(test_no_group),
		cmocka_unit_test(test_no_alpn),
		cmocka_unit_test(test_renegotiation),
		cmocka_unit_test(test_renegotiation_format),
		cmocka_unit_test(test_connected),
	};

	return cmocka_run_group_tests(tests, lab_world_make, lab_world_free);
}
