/* SPDX-License-Identifier: MIT */
/*
 * TLS 1.3 as it must not go: what a peer can say that contradicts itself, the RFC, or what was agreed on, and the alert that
 * RFC 8446 names for it. A man in the middle with the keys changes one message of an honest peer.
 */
#include "base/rng.h"
#include "lab.h"

/* ---- ways to change a message ---- */

static struct {
	uint8_t type;           /* of the message to be changed */
	size_t at;              /* offset, from the message's start; from its end with TAIL */
	uint8_t value;          /* put there; or'ed with XOR */
	size_t block;           /* offset of an extension block's length */
	struct hf_bytes insert; /* an extension */
} edit;

#define TAIL ((size_t)1 << 32)

static void set_length(uint8_t *message, size_t n)
{
	const size_t body = n - TLS_MESSAGE_HEADER;

	message[1] = (uint8_t)(body >> 16);
	hf_store16(message + 2, (uint16_t)body);
}

static size_t drop(uint8_t type, uint8_t *message, size_t n, size_t room)
{
	(void)message;
	(void)room;
	return type == edit.type ? 0 : n;
}

static size_t twice(uint8_t type, uint8_t *message, size_t n, size_t room)
{
	if (type != edit.type)
		return n;
	assert_true(2 * n <= room);
	memmove(message + n, message, n);
	return 2 * n;
}

static size_t flip(uint8_t type, uint8_t *message, size_t n, size_t room)
{
	(void)room;
	if (type == edit.type)
		message[edit.at >= TAIL ? n - (edit.at - TAIL) : edit.at] ^= edit.value;
	return n;
}

static size_t put(uint8_t type, uint8_t *message, size_t n, size_t room)
{
	(void)room;
	if (type == edit.type)
		message[edit.at >= TAIL ? n - (edit.at - TAIL) : edit.at] = edit.value;
	return n;
}

static size_t lengthen(uint8_t type, uint8_t *message, size_t n, size_t room)
{
	assert_true(n < room);
	if (type != edit.type)
		return n;
	message[n] = 0;
	set_length(message, n + 1);
	return n + 1;
}

static size_t shorten(uint8_t type, uint8_t *message, size_t n, size_t room)
{
	(void)room;
	if (type != edit.type)
		return n;
	set_length(message, n - 1);
	return n - 1;
}

/* The extension stands first in its block; all blocks used here are the message's last field. */
static size_t extend(uint8_t type, uint8_t *message, size_t n, size_t room)
{
	uint8_t *block = message + edit.block;

	if (type != edit.type)
		return n;
	assert_true(n + edit.insert.len <= room);
	memmove(block + 2 + edit.insert.len, block + 2, n - edit.block - 2);
	memcpy(block + 2, edit.insert.at, edit.insert.len);
	hf_store16(block, (uint16_t)(hf_load16(block) + edit.insert.len));
	set_length(message, n + edit.insert.len);
	return n + edit.insert.len;
}

/* All that follows the header is put in its place. */
static size_t replace(uint8_t type, uint8_t *message, size_t n, size_t room)
{
	if (type != edit.type)
		return n;
	assert_true(TLS_MESSAGE_HEADER + edit.insert.len <= room);
	memcpy(message + TLS_MESSAGE_HEADER, edit.insert.at, edit.insert.len);
	set_length(message, TLS_MESSAGE_HEADER + edit.insert.len);
	return TLS_MESSAGE_HEADER + edit.insert.len;
}

static void run_changed(struct lab *lab, enum lab_who from, lab_change *change, const char *why, enum tls_alert_number alert)
{
	lab_rewrite(lab, from, change);
	lab_start(lab);
	lab_run(lab);
	lab_expect_failure(lab, !from, why, alert);
	assert_false(lab->side[!from].connected);
	lab_free(lab);
	lab_rewrite(NULL, from, NULL);
}

static const struct hf_bytes one_protocol[] = { LAB_BYTES("h2") };

/* ---- EncryptedExtensions ---- */

static struct lab *usual(void)
{
	struct lab *lab = lab_new();

	lab->side[LAB_CLIENT].cfg.alpn = lab->side[LAB_SERVER].cfg.alpn = one_protocol;
	lab->side[LAB_CLIENT].cfg.alpns = lab->side[LAB_SERVER].cfg.alpns = 1;
	return lab;
}

#define EE_BLOCK 4u

static void encrypted_extensions(void **state)
{
	static const struct {
		struct hf_bytes insert;
		const char *why;
		enum tls_alert_number alert;
	} rows[] = {
		{ LAB_BYTES("\x12\x34\0\0"), "UNSOLICITED_EXTENSION", TLS_ALERT_UNSUPPORTED_EXTENSION },
		{ LAB_BYTES("\0\x2a\0\0"), "UNSOLICITED_EXTENSION", TLS_ALERT_UNSUPPORTED_EXTENSION }, /* early_data */
		{ LAB_BYTES("\0\x1c\0\x02\x40\x01"), "UNSOLICITED_EXTENSION", TLS_ALERT_UNSUPPORTED_EXTENSION },
		{ LAB_BYTES("\0\x33\0\0"), "MISPLACED_EXTENSION", TLS_ALERT_ILLEGAL_PARAMETER },
		{ LAB_BYTES("\0\x2b\0\x02\x03\x04"), "MISPLACED_EXTENSION", TLS_ALERT_ILLEGAL_PARAMETER },
		{ LAB_BYTES("\0\x00\0\0"), "DUPLICATE_EXTENSION", TLS_ALERT_ILLEGAL_PARAMETER },
		{ LAB_BYTES("\0\x0a\0\x03\0\x01\0"), "DECODE", TLS_ALERT_DECODE_ERROR },
	};

	(void)state;
	edit.type = TLS_ENCRYPTED_EXTENSIONS;
	edit.block = EE_BLOCK;
	for (size_t i = 0; i < HF_ARRAY_LEN(rows); i++) {
		edit.insert = rows[i].insert;
		run_changed(usual(), LAB_SERVER, extend, rows[i].why, rows[i].alert);
	}
}

static void encrypted_extensions_alone(void **state)
{
	static const struct {
		struct hf_bytes insert;
		const char *why;
		enum tls_alert_number alert;
	} rows[] = {
		{ LAB_BYTES("\0\x05\0\0\0\x01\0"), "DECODE", TLS_ALERT_DECODE_ERROR }, /* server_name with a body */
		{ LAB_BYTES("\0\x09\0\x10\0\x05\0\x03\x02h3"), "BAD_ALPN", TLS_ALERT_ILLEGAL_PARAMETER },
		{ LAB_BYTES("\0\x0c\0\x10\0\x08\0\x06\x02h2\x02h2"), "DECODE", TLS_ALERT_DECODE_ERROR },
		{ LAB_BYTES("\0\x06\0\x10\0\x02\0\0"), "DECODE", TLS_ALERT_DECODE_ERROR },
		{ LAB_BYTES("\0\x01\0"), "DECODE", TLS_ALERT_DECODE_ERROR },
		{ LAB_BYTES(""), "DECODE", TLS_ALERT_DECODE_ERROR },
	};

	(void)state;
	edit.type = TLS_ENCRYPTED_EXTENSIONS;
	for (size_t i = 0; i < HF_ARRAY_LEN(rows); i++) {
		edit.insert = rows[i].insert;
		run_changed(usual(), LAB_SERVER, replace, rows[i].why, rows[i].alert);
	}
	run_changed(usual(), LAB_SERVER, lengthen, "DECODE", TLS_ALERT_DECODE_ERROR);
}

static void sizes_nobody_asked_for(void **state)
{
	struct lab *lab = lab_new();

	(void)state;
	edit.type = TLS_ENCRYPTED_EXTENSIONS;
	edit.insert = LAB_BYTES("\0\x05\0\x01\0\x01\x02");
	lab->side[LAB_CLIENT].cfg.max_fragment_length = 1;
	run_changed(lab, LAB_SERVER, replace, "BAD_RECORD_LIMIT", TLS_ALERT_ILLEGAL_PARAMETER);
}

/* ---- the turn of the server's messages ---- */

static void a_message_left_out(void **state)
{
	static const uint8_t types[] = { TLS_ENCRYPTED_EXTENSIONS, TLS_CERTIFICATE, TLS_CERTIFICATE_VERIFY };

	(void)state;
	for (size_t i = 0; i < HF_ARRAY_LEN(types); i++) {
		edit.type = types[i];
		run_changed(usual(), LAB_SERVER, drop, "UNEXPECTED", TLS_ALERT_UNEXPECTED_MESSAGE);
	}
}

static void a_message_twice(void **state)
{
	static const uint8_t types[] = { TLS_ENCRYPTED_EXTENSIONS, TLS_CERTIFICATE_REQUEST, TLS_CERTIFICATE };

	(void)state;
	for (size_t i = 0; i < HF_ARRAY_LEN(types); i++) {
		struct lab *lab = usual();

		edit.type = types[i];
		lab->side[LAB_SERVER].cfg.client_cert = HF_TLS_CLIENT_CERT_REQUEST;
		run_changed(lab, LAB_SERVER, twice, "UNEXPECTED", TLS_ALERT_UNEXPECTED_MESSAGE);
	}
	/* Two of these in one record span the change of keys that the first makes. */
	edit.type = TLS_FINISHED;
	run_changed(usual(), LAB_SERVER, twice, "KEY_CHANGE_SPANNED", TLS_ALERT_UNEXPECTED_MESSAGE);
}

/* ---- CertificateRequest ---- */

static void certificate_requests(void **state)
{
	static const struct {
		struct hf_bytes insert;
		const char *why;
		enum tls_alert_number alert;
	} rows[] = {
		{ LAB_BYTES("\x01x\0\x08\0\x0d\0\x04\0\x02\x04\x03"), "BAD_CONTEXT", TLS_ALERT_ILLEGAL_PARAMETER },
		{ LAB_BYTES("\0\0\x04\0\x12\0\0"), "MISSING_EXT", TLS_ALERT_MISSING_EXTENSION },
		{ LAB_BYTES("\0\0\x06\0\x0d\0\x02\0\0"), "DECODE", TLS_ALERT_DECODE_ERROR },
		{ LAB_BYTES("\0\0\x0c\0\x0d\0\x04\0\x02\x04\x03\0\x2a\0\0"), "MISPLACED_EXTENSION",
		  TLS_ALERT_ILLEGAL_PARAMETER },
		{ LAB_BYTES("\0\0\x10\0\x0d\0\x04\0\x02\x04\x03\0\x0d\0\x04\0\x02\x04\x03"), "DUPLICATE_EXTENSION",
		  TLS_ALERT_ILLEGAL_PARAMETER },
		{ LAB_BYTES("\0\0\x0e\0\x0d\0\x04\0\x02\x04\x03\0\x2f\0\x02\0\0"), "DECODE", TLS_ALERT_DECODE_ERROR },
		{ LAB_BYTES("\0"), "DECODE", TLS_ALERT_DECODE_ERROR },
	};

	(void)state;
	edit.type = TLS_CERTIFICATE_REQUEST;
	for (size_t i = 0; i < HF_ARRAY_LEN(rows); i++) {
		struct lab *lab = usual();

		lab->side[LAB_SERVER].cfg.client_cert = HF_TLS_CLIENT_CERT_REQUEST;
		edit.insert = rows[i].insert;
		run_changed(lab, LAB_SERVER, replace, rows[i].why, rows[i].alert);
	}
}

/* What is not known there is passed over (RFC 8446 4.3.2). */
static void certificate_request_with_unknown_extension(void **state)
{
	struct lab *lab = usual();

	(void)state;
	lab->side[LAB_SERVER].cfg.client_cert = HF_TLS_CLIENT_CERT_REQUEST;
	edit.type = TLS_CERTIFICATE_REQUEST;
	edit.block = 5;
	edit.insert = LAB_BYTES("\x12\x34\0\x01x");
	/* The transcript is another then: but no sooner than the signature does that show. */
	run_changed(lab, LAB_SERVER, extend, "BAD_SIGNATURE", TLS_ALERT_DECRYPT_ERROR);
}

/* ---- Certificate, CertificateVerify, Finished ---- */

static struct lab *both_certified(void)
{
	struct lab *lab = usual();

	lab->side[LAB_SERVER].cfg.client_cert = HF_TLS_CLIENT_CERT_REQUIRE;
	lab->side[LAB_CLIENT].creds[0] = lab_world.client[LAB_P256];
	lab->side[LAB_CLIENT].keeper.cred_count = 1;
	return lab;
}

/* The same rules for both ends. */
static void certificates(void **state)
{
	static const struct {
		struct hf_bytes insert;
		const char *why;
		enum tls_alert_number alert;
	} rows[] = {
		{ LAB_BYTES("\x01x\0\0\x06\0\0\x01x\0\0"), "BAD_CONTEXT", TLS_ALERT_ILLEGAL_PARAMETER },
		{ LAB_BYTES("\0\0\0\x06\0\0\x01x\0\0"), "BAD_CERTIFICATE", TLS_ALERT_BAD_CERTIFICATE },
		{ LAB_BYTES("\0\0\0\x0a\0\0\x01x\0\x04\0\x05\0\0"), "UNSOLICITED_EXTENSION", TLS_ALERT_UNSUPPORTED_EXTENSION },
		{ LAB_BYTES("\0\0\0\x0a\0\0\x01x\0\x04\0\x10\0\0"), "MISPLACED_EXTENSION", TLS_ALERT_ILLEGAL_PARAMETER },
		{ LAB_BYTES("\0\0\0\x0a\0\0\x01x\0\x04\x12\x34\0\0"), "UNSOLICITED_EXTENSION",
		  TLS_ALERT_UNSUPPORTED_EXTENSION },
		{ LAB_BYTES("\0\0\0\x05\0\0\0\0\0"), "DECODE", TLS_ALERT_DECODE_ERROR },
		{ LAB_BYTES("\0\0\0\x06\0\0\x02x\0\0"), "DECODE", TLS_ALERT_DECODE_ERROR },
	};

	(void)state;
	edit.type = TLS_CERTIFICATE;
	for (enum lab_who from = LAB_CLIENT; from <= LAB_SERVER; from++)
		for (size_t i = 0; i < HF_ARRAY_LEN(rows); i++) {
			edit.insert = rows[i].insert;
			run_changed(both_certified(), from, replace, rows[i].why, rows[i].alert);
		}
	edit.insert = LAB_BYTES("\0\0\0\0");
	run_changed(both_certified(), LAB_SERVER, replace, "EMPTY_CERTIFICATE", TLS_ALERT_DECODE_ERROR);
	run_changed(both_certified(), LAB_CLIENT, replace, "CERTIFICATE_REQUIRED", TLS_ALERT_CERTIFICATE_REQUIRED);
}

static void staples_that_are_none(void **state)
{
	static const struct {
		struct hf_bytes insert;
		const char *why;
		enum tls_alert_number alert;
	} rows[] = {
		{ LAB_BYTES("\0\0\0\x0f\0\0\x01x\0\x09\0\x05\0\x05\x02\0\0\x01x"), "BAD_STATUS",
		  TLS_ALERT_BAD_CERTIFICATE_STATUS_RESPONSE },
		{ LAB_BYTES("\0\0\0\x0e\0\0\x01x\0\x08\0\x05\0\x04\x01\0\0\0"), "DECODE", TLS_ALERT_DECODE_ERROR },
		{ LAB_BYTES("\0\0\0\x0c\0\0\x01x\0\x06\0\x12\0\x02\0\0"), "DECODE", TLS_ALERT_DECODE_ERROR },
		{ LAB_BYTES("\0\0\0\x0e\0\0\x01x\0\x08\0\x12\0\x04\0\x02\0\0"), "DECODE", TLS_ALERT_DECODE_ERROR },
	};

	(void)state;
	edit.type = TLS_CERTIFICATE;
	for (size_t i = 0; i < HF_ARRAY_LEN(rows); i++) {
		struct lab *lab = usual();

		lab->side[LAB_CLIENT].cfg.want_staple = true;
		edit.insert = rows[i].insert;
		run_changed(lab, LAB_SERVER, replace, rows[i].why, rows[i].alert);
	}
}

static void signatures(void **state)
{
	(void)state;
	for (enum lab_who from = LAB_CLIENT; from <= LAB_SERVER; from++) {
		edit.type = TLS_CERTIFICATE_VERIFY;
		edit.at = TAIL + 1;
		edit.value = 1;
		run_changed(both_certified(), from, flip, "BAD_SIGNATURE", TLS_ALERT_DECRYPT_ERROR);
		/* ecdsa_secp256r1_sha256 is 0x0403: rsa_pkcs1, another curve, and one that was never offered */
		edit.at = 5;
		edit.value = 0x01;
		run_changed(both_certified(), from, put, "BAD_SCHEME", TLS_ALERT_ILLEGAL_PARAMETER);
		edit.at = 4;
		edit.value = 0x05;
		run_changed(both_certified(), from, put, "BAD_SCHEME", TLS_ALERT_ILLEGAL_PARAMETER);
		edit.value = 0xfe;
		run_changed(both_certified(), from, put, "BAD_SCHEME", TLS_ALERT_ILLEGAL_PARAMETER);
		run_changed(both_certified(), from, lengthen, "DECODE", TLS_ALERT_DECODE_ERROR);
	}
	edit.type = TLS_CERTIFICATE_VERIFY;
	run_changed(both_certified(), LAB_CLIENT, drop, "UNEXPECTED", TLS_ALERT_UNEXPECTED_MESSAGE);
}

/* RSA-PKCS1 with an RSA key: right in 1.2, and in certificates. */
static void signatures_of_the_old_kind(void **state)
{
	struct lab *lab = usual();

	(void)state;
	lab->side[LAB_SERVER].creds[0] = lab_world.server[LAB_RSA];
	edit.type = TLS_CERTIFICATE_VERIFY;
	edit.insert = LAB_BYTES("\x04\x01\0\x01x");
	run_changed(lab, LAB_SERVER, replace, "BAD_SCHEME", TLS_ALERT_ILLEGAL_PARAMETER);
}

static void finished(void **state)
{
	(void)state;
	edit.type = TLS_FINISHED;
	edit.at = TAIL + 1;
	edit.value = 1;
	for (enum lab_who from = LAB_CLIENT; from <= LAB_SERVER; from++) {
		run_changed(usual(), from, flip, "BAD_FINISHED", TLS_ALERT_DECRYPT_ERROR);
		run_changed(usual(), from, lengthen, "DECODE", TLS_ALERT_DECODE_ERROR);
		run_changed(usual(), from, shorten, "DECODE", TLS_ALERT_DECODE_ERROR);
	}
	run_changed(usual(), LAB_CLIENT, twice, "KEY_CHANGE_SPANNED", TLS_ALERT_UNEXPECTED_MESSAGE);
}

static void verdicts(void **state)
{
	struct lab *lab = usual();

	(void)state;
	lab->side[LAB_SERVER].creds[0] = lab_world.stranger;
	lab_start(lab);
	lab_run(lab);
	lab_expect_failure(lab, LAB_CLIENT, "VERDICT", TLS_ALERT_UNKNOWN_CA);
	lab_free(lab);
	lab = both_certified();
	lab->side[LAB_CLIENT].creds[0] = lab_world.stranger;
	lab_start(lab);
	lab_run(lab);
	lab_expect_failure(lab, LAB_SERVER, "VERDICT", TLS_ALERT_UNKNOWN_CA);
	lab_free(lab);
	lab = both_certified();
	lab->side[LAB_CLIENT].keeper.cred_count = 0;
	lab_start(lab);
	lab_run(lab);
	lab_expect_failure(lab, LAB_SERVER, "CERTIFICATE_REQUIRED", TLS_ALERT_CERTIFICATE_REQUIRED);
	lab_free(lab);
}

/* ---- nothing in common ---- */

static void expect_no_agreement(struct lab *lab, const char *why, enum tls_alert_number alert)
{
	lab->side[LAB_CLIENT].cfg.min_version = HF_TLS_1_3;
	lab_start(lab);
	lab_run(lab);
	lab_expect_failure(lab, LAB_SERVER, why, alert);
	assert_null(strstr(lab->ladder, "server server_hello"));
	lab_free(lab);
}

static void nothing_in_common(void **state)
{
	static const struct hf_bytes other[] = { LAB_BYTES("h3") };
	struct lab *lab = usual();

	(void)state;
	lab->side[LAB_CLIENT].cfg.suites = (struct hf_tls_list)LAB_LIST(TLS_SUITE_AES_128_GCM_SHA256);
	lab->side[LAB_SERVER].cfg.suites = (struct hf_tls_list)LAB_LIST(TLS_SUITE_AES_256_GCM_SHA384);
	expect_no_agreement(lab, "NO_SUITE", TLS_ALERT_HANDSHAKE_FAILURE);
	lab = usual();
	lab->side[LAB_CLIENT].cfg.groups = (struct hf_tls_list)LAB_LIST(TLS_GROUP_X25519);
	lab->side[LAB_SERVER].cfg.groups = (struct hf_tls_list)LAB_LIST(TLS_GROUP_P256);
	expect_no_agreement(lab, "NO_GROUP", TLS_ALERT_HANDSHAKE_FAILURE);
	lab = usual();
	lab->side[LAB_CLIENT].cfg.schemes = (struct hf_tls_list)LAB_LIST(TLS_RSA_PSS_RSAE_SHA256);
	expect_no_agreement(lab, "NO_SCHEME", TLS_ALERT_HANDSHAKE_FAILURE);
	lab = usual();
	lab->side[LAB_SERVER].keeper.cred_count = 0;
	expect_no_agreement(lab, "NO_CERTIFICATE", TLS_ALERT_HANDSHAKE_FAILURE);
	lab = usual();
	lab->side[LAB_SERVER].keeper.strict_names = true;
	lab->side[LAB_CLIENT].start.name = LAB_BYTES("unknown.test");
	expect_no_agreement(lab, "UNKNOWN_NAME", TLS_ALERT_UNRECOGNIZED_NAME);
	lab = usual();
	lab->side[LAB_SERVER].cfg.alpn = other;
	expect_no_agreement(lab, "NO_ALPN", TLS_ALERT_NO_APPLICATION_PROTOCOL);
}

/* ---- ServerHello ---- */

#define HELLO_SESSION_ID (TLS_RECORD_HEADER + TLS_MESSAGE_HEADER + 2u + 32u)

/* Where the body of an extension begins in a plain hello at `at`; 0: it is not there. */
static size_t find_extension(const uint8_t *at, uint16_t type, bool of_client)
{
	const uint8_t *p = at + HELLO_SESSION_ID, *end;

	p += 1 + p[0];
	if (of_client) {
		p += 2 + hf_load16(p);
		p += 1 + p[0];
	} else {
		p += 3;
	}
	end = p + 2 + hf_load16(p);
	for (p += 2; p < end; p += 4 + hf_load16(p + 2))
		if (hf_load16(p) == type)
			return (size_t)(p + 4 - at);
	return 0;
}

static enum {
	ZERO_SHARE,
	OTHER_GROUP,
	SHORT_SHARE,
	NO_SHARE,
	OTHER_PSK,
} server_hello_edit;

static size_t change_server_hello(struct lab *lab, enum lab_who from, uint8_t *at, size_t n, size_t room)
{
	size_t share, psk;

	(void)room;
	if (from != LAB_SERVER || lab->user || at[0] != TLS_HANDSHAKE || at[TLS_RECORD_HEADER] != TLS_SERVER_HELLO)
		return n;
	lab->user = lab; /* once */
	share = find_extension(at, TLS_EXT_KEY_SHARE, false);
	psk = find_extension(at, TLS_EXT_PRE_SHARED_KEY, false);
	assert_true(share > 0);
	switch (server_hello_edit) {
	case ZERO_SHARE:
		memset(at + share + 4, 0, 32);
		break;
	case OTHER_GROUP:
		hf_store16(at + share, TLS_GROUP_P256);
		break;
	case SHORT_SHARE:
		at[share + 3]--;
		break;
	case NO_SHARE: /* a type that the client has asked for and that may be in no ServerHello would do no better */
		memmove(at + share - 4, at + share + 36, n - share - 36);
		n -= 40;
		hf_store16(at + 3, (uint16_t)(hf_load16(at + 3) - 40));
		at[TLS_RECORD_HEADER + 3] = (uint8_t)(at[TLS_RECORD_HEADER + 3] - 40);
		at[HELLO_SESSION_ID + 33 + 4] = (uint8_t)(at[HELLO_SESSION_ID + 33 + 4] - 40);
		break;
	case OTHER_PSK:
		assert_true(psk > 0);
		at[psk + 1] = 1;
		break;
	}
	return n;
}

/* With a group whose share is as long as change_server_hello() takes it to be. */
static struct lab *usual_x25519(void)
{
	static const uint16_t x25519[] = { TLS_GROUP_X25519 };
	struct lab *lab = usual();

	lab->side[LAB_SERVER].cfg.groups = (struct hf_tls_list){ x25519, 1 };
	return lab;
}

static void run_server_hello(struct lab *lab, int change, const char *why, enum tls_alert_number alert)
{
	server_hello_edit = change;
	lab->on_wire = change_server_hello;
	lab->user = NULL;
	lab_start(lab);
	lab_run(lab);
	assert_true(lab->side[LAB_CLIENT].failed);
	assert_string_equal(lab_info(lab, LAB_CLIENT).why_code, why);
	assert_int_equal(lab_info(lab, LAB_CLIENT).alert_sent, alert);
	lab_free(lab);
}

static void server_hellos(void **state)
{
	struct lab *lab;

	(void)state;
	run_server_hello(usual_x25519(), ZERO_SHARE, "BAD_SHARE", TLS_ALERT_ILLEGAL_PARAMETER);
	run_server_hello(usual_x25519(), OTHER_GROUP, "BAD_GROUP", TLS_ALERT_ILLEGAL_PARAMETER);
	run_server_hello(usual_x25519(), SHORT_SHARE, "DECODE", TLS_ALERT_DECODE_ERROR);
	run_server_hello(usual_x25519(), NO_SHARE, "MISSING_EXT", TLS_ALERT_MISSING_EXTENSION);
	lab = usual_x25519();
	lab_handshake(lab);
	lab_again(lab);
	run_server_hello(lab, OTHER_PSK, "BAD_PSK", TLS_ALERT_ILLEGAL_PARAMETER);
	lab = usual_x25519();
	lab_handshake(lab);
	lab_again(lab);
	run_server_hello(lab, NO_SHARE, "BAD_PSK", TLS_ALERT_ILLEGAL_PARAMETER);
}

/* ---- the second ClientHello ---- */

static enum {
	OTHER_SESSION_ID,
	OTHER_SHARE_GROUP,
	SAME_GROUP_ASKED_TWICE,
} second_hello_edit;

static size_t change_second_hello(struct lab *lab, enum lab_who from, uint8_t *at, size_t n, size_t room)
{
	size_t *hellos = lab->user, share;

	(void)room;
	if (from != LAB_CLIENT)
		return n;
	if (at[0] == TLS_CHANGE_CIPHER_SPEC) /* stands before it */
		return 6 + change_second_hello(lab, from, at + 6, n - 6, room - 6);
	if (at[0] != TLS_HANDSHAKE || ++*hellos != 2)
		return n;
	share = find_extension(at, TLS_EXT_KEY_SHARE, true);
	assert_true(share > 0);
	if (second_hello_edit == OTHER_SESSION_ID)
		at[HELLO_SESSION_ID + 1] ^= 1;
	else if (second_hello_edit == OTHER_SHARE_GROUP)
		hf_store16(at + share + 2, TLS_GROUP_P521);
	else /* it says x25519 again, of which the server wants none */
		hf_store16(at + share + 2, TLS_GROUP_X25519);
	return n;
}

static void second_hellos(void **state)
{
	static const struct {
		int change;
		const char *why;
	} rows[] = {
		{ OTHER_SESSION_ID, "CHANGED_HELLO" },
		{ OTHER_SHARE_GROUP, "BAD_SHARE" },
		{ SAME_GROUP_ASKED_TWICE, "BAD_SHARE" },
	};

	(void)state;
	for (size_t i = 0; i < HF_ARRAY_LEN(rows); i++) {
		struct lab *lab = usual();
		size_t hellos = 0;

		lab->side[LAB_SERVER].cfg.groups = (struct hf_tls_list)LAB_LIST(TLS_GROUP_P256);
		lab->on_wire = change_second_hello;
		lab->user = &hellos;
		second_hello_edit = rows[i].change;
		lab_start(lab);
		lab_run(lab);
		lab_expect_failure(lab, LAB_SERVER, rows[i].why, TLS_ALERT_ILLEGAL_PARAMETER);
		lab_free(lab);
	}
}

/* ---- pre-shared keys and early data ---- */

static size_t flip_last(struct lab *lab, enum lab_who from, uint8_t *at, size_t n, size_t room)
{
	(void)lab;
	(void)room;
	if (from == LAB_CLIENT && at[0] == TLS_HANDSHAKE)
		at[TLS_RECORD_HEADER + hf_load16(at + 3) - 1] ^= 1;
	return n;
}

static void binder(void **state)
{
	struct lab *lab = usual();

	(void)state;
	lab_handshake(lab);
	lab_again(lab);
	lab->on_wire = flip_last;
	lab_start(lab);
	lab_run(lab);
	lab_expect_failure(lab, LAB_SERVER, "BAD_BINDER", TLS_ALERT_DECRYPT_ERROR);
	lab_free(lab);
}

static struct hf_tls_seen_entry seen_room[8];

/* The client has offered early data, and the server has it not yet. */
static struct lab *with_early_data(struct hf_tls_seen *seen, bool taken)
{
	struct lab *lab = usual();

	*seen = (struct hf_tls_seen){ seen_room, HF_ARRAY_LEN(seen_room), 0 };
	lab->side[LAB_SERVER].keeper.seen = seen;
	lab->side[LAB_SERVER].cfg.early_data_max = 4096;
	lab->side[LAB_CLIENT].cfg.early_data_max = 1;
	lab_handshake(lab);
	lab_again(lab);
	if (!taken)
		lab->side[LAB_SERVER].cfg.early_data_max = 0;
	lab_start(lab);
	lab_turn(lab, LAB_CLIENT);
	return lab;
}

static void run_early(struct lab *lab, const char *why, enum tls_alert_number alert)
{
	lab_turn(lab, LAB_SERVER);
	assert_true(lab->side[LAB_SERVER].failed);
	assert_string_equal(lab_info(lab, LAB_SERVER).why_code, why);
	assert_int_equal(lab_info(lab, LAB_SERVER).alert_sent, alert);
	lab_free(lab);
}

static void early_data(void **state)
{
	static uint8_t much[16384];
	struct hf_tls_seen seen;
	struct lab *lab = with_early_data(&seen, true);

	(void)state;
	lab_forge(lab, LAB_CLIENT, TLS_APPLICATION_DATA, (struct hf_bytes){ much, 4097 });
	run_early(lab, "EARLY_DATA_LIMIT", TLS_ALERT_UNEXPECTED_MESSAGE);
	lab = with_early_data(&seen, true);
	lab_forge(lab, LAB_CLIENT, TLS_HANDSHAKE, LAB_BYTES("\x05\0\0\x01\0"));
	run_early(lab, "DECODE", TLS_ALERT_DECODE_ERROR);
	lab = with_early_data(&seen, true);
	lab_forge(lab, LAB_CLIENT, TLS_HANDSHAKE, LAB_BYTES("\x05\0\0\0\x14\0\0"));
	run_early(lab, "KEY_CHANGE_SPANNED", TLS_ALERT_UNEXPECTED_MESSAGE);
	lab = with_early_data(&seen, true);
	lab_forge(lab, LAB_CLIENT, TLS_HANDSHAKE, LAB_BYTES("\x14\0\0\0"));
	run_early(lab, "UNEXPECTED", TLS_ALERT_UNEXPECTED_MESSAGE);
	/* What is passed over is not endless either. */
	lab = with_early_data(&seen, false);
	lab_forge(lab, LAB_CLIENT, TLS_APPLICATION_DATA, (struct hf_bytes){ much, 16384 - 17 });
	lab_forge(lab, LAB_CLIENT, TLS_APPLICATION_DATA, (struct hf_bytes){ much, 1 });
	run_early(lab, "EARLY_DATA_LIMIT", TLS_ALERT_UNEXPECTED_MESSAGE);
}

/* ---- after the handshake ---- */

static void run_forged(enum lab_who from, struct hf_bytes message, const char *why, enum tls_alert_number alert)
{
	struct lab *lab = usual();

	lab->side[!from].keep_room = true;
	lab_handshake(lab);
	lab_forge(lab, from, TLS_HANDSHAKE, message);
	lab_run(lab);
	lab_expect_failure(lab, !from, why, alert);
	lab_free(lab);
}

static void messages_after_the_handshake(void **state)
{
	(void)state;
	for (enum lab_who from = LAB_CLIENT; from <= LAB_SERVER; from++) {
		run_forged(from, LAB_BYTES("\x18\0\0\x01\x02"), "BAD_KEY_UPDATE", TLS_ALERT_ILLEGAL_PARAMETER);
		run_forged(from, LAB_BYTES("\x18\0\0\0"), "DECODE", TLS_ALERT_DECODE_ERROR);
		run_forged(from, LAB_BYTES("\x18\0\0\x02\0\0"), "DECODE", TLS_ALERT_DECODE_ERROR);
		run_forged(from, LAB_BYTES("\x18\0\0\x01\0\x18\0\0\x01\0"), "KEY_CHANGE_SPANNED",
			   TLS_ALERT_UNEXPECTED_MESSAGE);
		run_forged(from, LAB_BYTES("\x14\0\0\0"), "UNEXPECTED", TLS_ALERT_UNEXPECTED_MESSAGE);
		run_forged(from, LAB_BYTES("\x01\0\0\0"), "UNEXPECTED", TLS_ALERT_UNEXPECTED_MESSAGE);
		run_forged(from, LAB_BYTES("\x0d\0\0\0"), "UNEXPECTED", TLS_ALERT_UNEXPECTED_MESSAGE);
	}
	run_forged(LAB_CLIENT, LAB_BYTES("\x04\0\0\0"), "UNEXPECTED", TLS_ALERT_UNEXPECTED_MESSAGE);
	run_forged(LAB_SERVER, LAB_BYTES("\x04\0\0\0"), "DECODE", TLS_ALERT_DECODE_ERROR);
	run_forged(LAB_SERVER, LAB_BYTES("\x04\0\0\x0f\0\x09\x3a\x81\0\0\0\0\x01n\0\x01t\0\0"), "BAD_TICKET",
		   TLS_ALERT_ILLEGAL_PARAMETER);
	run_forged(LAB_SERVER, LAB_BYTES("\x04\0\0\x0e\0\0\0\x01\0\0\0\0\x01n\0\0\0\0"), "DECODE", TLS_ALERT_DECODE_ERROR);
	run_forged(LAB_SERVER, LAB_BYTES("\x04\0\0\x16\0\0\0\x01\0\0\0\0\x01n\0\x01t\0\x07\0\x2a\0\x03\0\0\0"),
		   "DECODE", TLS_ALERT_DECODE_ERROR);
	run_forged(LAB_SERVER, LAB_BYTES("\x04\0\0\x13\0\0\0\x01\0\0\0\0\x01n\0\x01t\0\x04\0\x10\0\0"),
		   "MISPLACED_EXTENSION", TLS_ALERT_ILLEGAL_PARAMETER);
}

/* Tickets that may not, or cannot, be kept do no harm. */
static void tickets_not_kept(void **state)
{
	static uint8_t much[4 + 4 + 4 + 2 + 2 + 5000 + 2] = { TLS_NEW_SESSION_TICKET };
	struct lab *lab = usual();

	(void)state;
	lab->side[LAB_SERVER].cfg.tickets = HF_TLS_NO_TICKETS;
	lab_handshake(lab);
	lab_forge(lab, LAB_SERVER, TLS_HANDSHAKE, LAB_BYTES("\x04\0\0\x0f\0\0\0\0\0\0\0\0\x01n\0\x01t\0\0"));
	lab_run(lab);
	assert_int_equal(lab->side[LAB_CLIENT].sessions, 0);
	set_length(much, sizeof(much));
	much[7] = 1;
	much[12] = 1;
	hf_store16(much + 14, 5000);
	lab_forge(lab, LAB_SERVER, TLS_HANDSHAKE, (struct hf_bytes){ much, sizeof(much) });
	lab_run(lab);
	assert_int_equal(lab->side[LAB_CLIENT].sessions, 0);
	/* Seven days to the second, and an extension that is not known. */
	lab_forge(lab, LAB_SERVER, TLS_HANDSHAKE,
		  LAB_BYTES("\x04\0\0\x13\0\x09\x3a\x80\0\0\0\0\x01n\0\x01t\0\x04\x12\x34\0\0"));
	lab_run(lab);
	assert_int_equal(lab->side[LAB_CLIENT].sessions, 1);
	assert_false(lab->side[LAB_CLIENT].failed);
	lab_free(lab);
}

static void key_update_flood(void **state)
{
	struct lab *lab = usual();

	(void)state;
	lab_handshake(lab);
	for (unsigned i = 0; i < 32; i++) {
		assert_int_equal(hf_tls_update_keys(lab->side[LAB_CLIENT].t, true), HF_OK);
		lab_run(lab);
	}
	assert_false(lab->side[LAB_SERVER].failed);
	/* Data between them shows that they are meant. */
	lab_write(lab, LAB_CLIENT, "x");
	lab_write(lab, LAB_SERVER, "x");
	lab_run(lab);
	for (unsigned i = 0; i < 32; i++) {
		assert_int_equal(hf_tls_update_keys(lab->side[LAB_CLIENT].t, false), HF_OK);
		lab_run(lab);
	}
	assert_false(lab->side[LAB_SERVER].failed);
	assert_int_equal(hf_tls_update_keys(lab->side[LAB_CLIENT].t, false), HF_OK);
	lab_run(lab);
	lab_expect_failure(lab, LAB_SERVER, "KEY_UPDATE_FLOOD", TLS_ALERT_UNEXPECTED_MESSAGE);
	lab_free(lab);
}

/* ---- damage on the way ---- */

struct damage {
	enum lab_who from;
	size_t at, sent; /* the octet, of those sent so far */
	uint8_t flip;    /* 0: the stream ends there */
};

static size_t do_damage(struct lab *lab, enum lab_who from, uint8_t *at, size_t n, size_t room)
{
	struct damage *d = lab->user;
	const size_t before = d->sent;

	(void)room;
	if (from != d->from)
		return n;
	d->sent += n;
	if (d->at < before || d->at >= d->sent)
		return d->at < before && !d->flip ? 0 : n;
	if (d->flip) {
		at[d->at - before] ^= d->flip;
		return n;
	}
	lab_cut(lab, !from);
	return d->at - before;
}

static bool has_ended(const struct lab_side *side)
{
	return side->failed || side->truncated || side->closed;
}

/*
 * Wherever it is, it does not pass for a handshake, and nobody waits for longer than the handshake's time. What is not bound
 * by the transcript is the outside of records: their version, and the camouflage.
 */
static void damage_anywhere(void **state)
{
	static const uint8_t seed[16] = "damage";
	struct hf_rng rng;
	unsigned connected = 0;

	(void)state;
	hf_rng_init(&rng, seed);
	for (unsigned i = 0; i < 600; i++) {
		struct lab *lab = both_certified();
		struct damage d = { .from = hf_rng_below(&rng, 2) };
		struct lab_side *c = &lab->side[LAB_CLIENT], *s = &lab->side[LAB_SERVER];

		d.at = hf_rng_below(&rng, 1400);
		d.flip = i % 4 ? (uint8_t)(1u << hf_rng_below(&rng, 8)) : 0;
		lab->on_wire = do_damage;
		lab->user = &d;
		lab_start(lab);
		lab_run(lab);
		lab->now += HF_S(10);
		lab_run(lab);
		if (c->connected && s->connected) {
			assert_string_equal(c->secrets, s->secrets);
			connected++;
		} else {
			assert_true(has_ended(&lab->side[!d.from]));
			assert_true(has_ended(&lab->side[d.from]) || lab->side[d.from].connected);
			/* A server that is connected has seen all that the client had to say. */
			assert_true(!s->connected || d.from == LAB_SERVER);
		}
		lab_free(lab);
	}
	assert_true(connected < 60);
}

/* A client that has not said whom it wants believes nobody, unless it says that anybody will do. */
static void test_client_without_a_name(void **state)
{
	struct lab *lab = lab_new();

	(void)state;
	lab->side[LAB_CLIENT].start.name = (struct hf_bytes){ 0 };
	lab_start(lab);
	lab_run(lab);
	lab_expect_failure(lab, LAB_CLIENT, "VERDICT", TLS_ALERT_BAD_CERTIFICATE);
	assert_int_equal(lab->side[LAB_CLIENT].report.fault, HF_CERT_WRONG_NAME);
	lab_free(lab);

	lab = lab_new();
	lab->side[LAB_CLIENT].start.name = (struct hf_bytes){ 0 };
	lab->side[LAB_CLIENT].keeper.any_name = true;
	lab_handshake(lab);
	lab_free(lab);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_client_without_a_name),
		cmocka_unit_test(encrypted_extensions),
		cmocka_unit_test(encrypted_extensions_alone),
		cmocka_unit_test(sizes_nobody_asked_for),
		cmocka_unit_test(a_message_left_out),
		cmocka_unit_test(a_message_twice),
		cmocka_unit_test(certificate_requests),
		cmocka_unit_test(certificate_request_with_unknown_extension),
		cmocka_unit_test(certificates),
		cmocka_unit_test(staples_that_are_none),
		cmocka_unit_test(signatures),
		cmocka_unit_test(signatures_of_the_old_kind),
		cmocka_unit_test(finished),
		cmocka_unit_test(verdicts),
		cmocka_unit_test(nothing_in_common),
		cmocka_unit_test(server_hellos),
		cmocka_unit_test(second_hellos),
		cmocka_unit_test(binder),
		cmocka_unit_test(early_data),
		cmocka_unit_test(messages_after_the_handshake),
		cmocka_unit_test(tickets_not_kept),
		cmocka_unit_test(key_update_flood),
		cmocka_unit_test(damage_anywhere),
	};

	return cmocka_run_group_tests(tests, lab_world_make, lab_world_free);
}
