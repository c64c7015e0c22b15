/* SPDX-License-Identifier: MIT */
#include "base/bits.h"
#include "explain/report.h"
#include "explain/topic.h"
#include "hf/cert.h"
#include "hf/tls.h"
#include "tcp/tcp.h"
#include "tls/tls_internal.h"

#include <stdio.h>
#include <string.h>

/* Topics of the tables that this module may see. */
static void add_tcp(struct topics *t);
static void add_traces(struct topics *t);
static void add_tls_states(struct topics *t);
static void add_tls_messages(struct topics *t);
static void add_tls_names(struct topics *t);
static void add_suites(struct topics *t);
static void add_certs_and_codes(struct topics *t);

void topics_add_tables(struct topics *t)
{
	add_tcp(t);
	add_traces(t);
	add_tls_states(t);
	add_tls_messages(t);
	add_tls_names(t);
	add_suites(t);
	add_certs_and_codes(t);
}

static void add_tcp(struct topics *t)
{
	const struct tcp_fsm_row *row;
	size_t rows = tcp_fsm_rows(&row);

	for (unsigned s = 0; s < HF_TCP_STATE_COUNT; s++)
		topics_add(t, TOPIC_TCP_STATE, hf_tcp_state_name(s), "", "9293 3.3.2", NULL);
	for (unsigned e = 0; e < TCP_EVENT_COUNT; e++)
		topics_add(t, TOPIC_TCP_EVENT, tcp_event_name(e), "", "9293 3.10", tcp_event_sentence(e));
	for (unsigned a = 0; a < TCP_ACTION_COUNT; a++)
		topics_add(t, TOPIC_TCP_ACTION, tcp_action_name(a), "", "9293 3.10", tcp_action_sentence(a));
	for (size_t i = 0; i < rows; i++)
		topics_add_arrow(t, &(struct topic_arrow){ .machine = TOPIC_TCP_STATE,
							   .from = hf_tcp_state_name(row[i].from),
							   .on = tcp_event_name(row[i].on),
							   .to = hf_tcp_state_name(row[i].to),
							   .then = tcp_action_name(row[i].then),
							   .on_text = tcp_event_sentence(row[i].on),
							   .then_text = tcp_action_sentence(row[i].then),
							   .rfc = row[i].rfc });
}

static void add_status(struct topics *t, const char *name, const char *number, int code, const char *sentence)
{
	struct topic *topic = topics_add(t, TOPIC_STATUS, name, "", "", sentence);

	topic_add_fact(topic, "errno", "%s", strcmp(number, "0") == 0 ? "none" : number);
	topic_add_fact(topic, "exit code", "%d", code);
}

static void add_traces(struct topics *t)
{
	for (unsigned k = 0; k < HF_TRACE_KIND_COUNT; k++)
		topic_add_fact(topics_add(t, TOPIC_TRACE, hf_trace_name(k), "", hf_trace_rfc(k), NULL), "told as", "%s",
			       hf_trace_sentence(k));
	for (unsigned k = 0; k < HF_TLS_TOLD_COUNT; k++)
		topic_add_fact(topics_add(t, TOPIC_TLS_TOLD, hf_tls_told_name(k), "", hf_tls_told_rfc(k), NULL),
			       "told as", "%s", hf_tls_told_sentence(k));
#define S(name, number, code, sentence) add_status(t, #name, #number, code, sentence);
#include "hf/status.def"
#undef S
}

/* ---- TLS ---- */

/* Which end and version a state of the table belongs to, from its prefix. */
static void add_side(struct topic *topic, const char *name)
{
	topic_add_fact(topic, "machine", "%s%s",
		       name[0] == 'C'   ? "client"
		       : name[0] == 'S' ? "server"
					: "both ends",
		       strncmp(name + 1, "13_", 3) == 0   ? ", TLS 1.3"
		       : strncmp(name + 1, "12_", 3) == 0 ? ", TLS 1.2"
							  : "");
}

static const struct tls_row {
	uint8_t state;
	const char *from, *on, *rfc;
	uint64_t to;
} tls_rows[] = {
#define TO(state) (UINT64_C(1) << TLS_ST_##state)
#define M(state, message, to, keys, handler, rfc) { TLS_ST_##state, #state, #message, rfc, to },
#include "tls/tls_fsm.def"
#undef M
#undef TO
};

static const char *tls_state_name(unsigned state)
{
	for (size_t i = 0; i < HF_ARRAY_LEN(tls_rows); i++)
		if (tls_rows[i].state == state)
			return tls_rows[i].from;
	return "FAILED"; /* the only one from which nothing leads */
}

static void add_tls_states(struct topics *t)
{
	for (unsigned s = 0; s < TLS_ST_COUNT; s++)
		add_side(topics_add(t, TOPIC_TLS_STATE, tls_state_name(s), hf_tls_state_name(s), "8446 A", NULL),
			 tls_state_name(s));
	for (size_t i = 0; i < HF_ARRAY_LEN(tls_rows); i++)
		for (unsigned s = 0; s < TLS_ST_COUNT; s++)
			if (tls_rows[i].to >> s & 1)
				topics_add_arrow(t, &(struct topic_arrow){ .machine = TOPIC_TLS_STATE,
									   .from = tls_rows[i].from,
									   .on = tls_rows[i].on,
									   .to = tls_state_name(s),
									   .rfc = tls_rows[i].rfc });
}

static void add_tls_messages(struct topics *t)
{
	/* Those that a table of turns knows: CCS_MESSAGE is a record, and stands there as one. */
#define MESSAGE(name, also, number) \
	topic_add_fact(topics_add(t, TOPIC_TLS_MESSAGE, #name, also, "8446 4", NULL), "number", "%s", number);
	MESSAGE(HELLO_REQUEST, "", "0")
	MESSAGE(CLIENT_HELLO, "", "1")
	MESSAGE(SERVER_HELLO, "", "2")
	MESSAGE(HELLO_RETRY_REQUEST, "HRR|hello retry", "2, with a random of its own")
	MESSAGE(NEW_SESSION_TICKET, "", "4")
	MESSAGE(END_OF_EARLY_DATA, "", "5")
	MESSAGE(ENCRYPTED_EXTENSIONS, "", "8")
	MESSAGE(CERTIFICATE, "", "11")
	MESSAGE(SERVER_KEY_EXCHANGE, "", "12")
	MESSAGE(CERTIFICATE_REQUEST, "", "13")
	MESSAGE(SERVER_HELLO_DONE, "", "14")
	MESSAGE(CERTIFICATE_VERIFY, "", "15")
	MESSAGE(CLIENT_KEY_EXCHANGE, "", "16")
	MESSAGE(FINISHED, "", "20")
	MESSAGE(CERTIFICATE_STATUS, "", "22")
	MESSAGE(KEY_UPDATE, "", "24")
	MESSAGE(CCS_MESSAGE, "CHANGE_CIPHER_SPEC|CCS", "none: a record of its own kind")
#undef MESSAGE
	/* The rest of the registry. */
	for (unsigned i = 0; i < 256; i++) {
		const char *name = tls_message_name(i);

		if (strcmp(name, "unknown") != 0 && !topics_have(t, TOPIC_TLS_MESSAGE, name))
			topic_add_fact(topics_add(t, TOPIC_TLS_MESSAGE, name, "", "8446 4", NULL), "number", "%u", i);
	}
}

/* Which messages an extension may stand in: the macros of tls_ext.def, as bits of our own. */
enum { CH = 1, SH = 2, SH12 = 4, HRR = 8, EE = 16, CR = 32, CT = 64, NST = 128 };

static void add_places(struct topic *topic, unsigned places)
{
	static const char *const name[] = { "ClientHello",       "ServerHello (1.3)",   "ServerHello (1.2)",
					    "HelloRetryRequest", "EncryptedExtensions", "CertificateRequest",
					    "Certificate",       "NewSessionTicket" };
	struct text list;

	text_init(&list);
	for (unsigned i = 0; i < HF_ARRAY_LEN(name); i++)
		if (places >> i & 1)
			text_addf(&list, "%s%s", list.len ? ", " : "", name[i]);
	topic_add_fact(topic, "stands in", "%s", text_str(&list));
	text_free(&list);
}

static void add_extension(struct topics *t, unsigned number, const char *name)
{
	static const struct {
		unsigned number, places;
		const char *rfc;
	} spoken[] = {
#define E(name, in, rfc) { TLS_EXT_##name, in, rfc },
#include "tls/tls_ext.def"
#undef E
	};
	struct topic *topic = topics_add(t, TOPIC_TLS_EXTENSION, name, "", "8446 4.2", NULL);
	size_t i = 0;

	topic_add_fact(topic, "number", "%u", number);
	while (i < HF_ARRAY_LEN(spoken) && spoken[i].number != number)
		i++;
	if (!topic || i == HF_ARRAY_LEN(spoken)) {
		topic_add_fact(topic, "here", "%s", "not spoken");
		return;
	}
	topic->rfc = spoken[i].rfc;
	add_places(topic, spoken[i].places);
}

/* NULL: one that has a name and is never sent here. */
static const char *alert_sentence(unsigned number)
{
	switch (number) {
#define A(name, n, sentence) \
	case n:              \
		return sentence;
#include "wire/tls_alerts.def"
#undef A
	default:
		return NULL;
	}
}

static void add_tls_names(struct topics *t)
{
	for (unsigned i = 0; i < 256; i++)
		if (strcmp(tls_alert_name(i), "unknown") != 0)
			topic_add_fact(topics_add(t, TOPIC_TLS_ALERT, tls_alert_name(i), "", "8446 6", alert_sentence(i)),
				       "number", "%u", i);
#define W(name, alert, rfc, sentence)                                                         \
	topic_add_fact(topics_add(t, TOPIC_TLS_WHY, #name, "", rfc, sentence), "alert", "%s", \
		       tls_alert_name(TLS_ALERT_##alert));
#include "tls/tls_why.def"
#undef W
#define N(number, name) add_extension(t, number, name);
#include "wire/tls_extension_names.def"
#undef N
#define N(number, name) \
	topic_add_fact(topics_add(t, TOPIC_TLS_GROUP, name, "", "8446 4.2.7", NULL), "number", "0x%04x", number);
#include "wire/tls_group_names.def"
#undef N
#define N(number, name) \
	topic_add_fact(topics_add(t, TOPIC_TLS_SCHEME, name, "", "8446 4.2.3", NULL), "number", "0x%04x", number);
#include "wire/tls_scheme_names.def"
#undef N
}

/* ---- cipher suites, taken apart by their names ---- */

struct part {
	const char *in; /* the name holds it */
	const char *sentence;
};

/* The first that fits. Between TLS_ and _WITH_; none of 1.3's names has it. */
static const struct part exchanges[] = {
	{ "_anon_", "nobody shows who they are: whoever sits in the middle can play both ends" },
	{ "TLS_ECDHE_PSK", "both ends have a secret beforehand, and agree on a fresh one besides over an elliptic curve" },
	{ "TLS_DHE_PSK", "both ends have a secret beforehand, and agree on a fresh one besides by Diffie and Hellman" },
	{ "TLS_RSA_PSK",
	  "both ends have a secret beforehand; the client encrypts a second one with the certificate's RSA key" },
	{ "TLS_PSK",
	  "both ends have a secret beforehand, and nothing else: whoever gets it later can read all that was recorded" },
	{ "TLS_ECDHE_ECDSA",
	  "the ends agree on a fresh secret over an elliptic curve, and the server signs its share with an ECDSA key" },
	{ "TLS_ECDHE_RSA",
	  "the ends agree on a fresh secret over an elliptic curve, and the server signs its share with an RSA key" },
	{ "TLS_ECDH_", "the server's share stands in its certificate and is always the same: no forward secrecy" },
	{ "TLS_ECCPWD", "both ends know a password, and show so without telling it" },
	{ "TLS_DHE_RSA",
	  "the ends agree on a fresh secret by Diffie and Hellman, and the server signs its share with an RSA key" },
	{ "TLS_DHE_DSS",
	  "the ends agree on a fresh secret by Diffie and Hellman, and the server signs its share with a DSA key" },
	{ "TLS_DH_", "the server's share stands in its certificate and is always the same: no forward secrecy" },
	{ "TLS_SRP", "both ends know a password, and show so without telling it" },
	{ "TLS_KRB5", "a Kerberos ticket brings the secret" },
	{ "TLS_GOSTR", "keys are agreed on by GOST's algorithms" },
	{ "TLS_RSA_",
	  "the client makes a secret and encrypts it with the certificate's RSA key: who gets that key later reads all" },
	{ "_SCSV", "it is no cipher suite but a signal in the list of them" },
	{ "TLS_",
	  "it is a suite of TLS 1.3: how keys are agreed on is told by key_share and signature_algorithms, not by it" },
};

static const struct part ciphers[] = {
	{ "_SCSV", "nothing is ever encrypted with it" },
	{ "NULL", "the data is not encrypted at all, only protected against changes" },
	{ "EXPORT", "the data is encrypted with a key kept short by law, which anybody can break" },
	{ "AES_128_GCM", "the data is encrypted and protected by AES-128 in Galois/counter mode" },
	{ "AES_256_GCM", "the data is encrypted and protected by AES-256 in Galois/counter mode" },
	{ "CHACHA20", "the data is encrypted by ChaCha20 and protected by Poly1305, fast where a processor has no AES" },
	{ "CCM_8", "the data is encrypted by AES in CCM mode with a tag of 8 octets, for small devices" },
	{ "CCM", "the data is encrypted and protected by a block cipher in CCM mode" },
	{ "AEGIS", "the data is encrypted and protected by AEGIS, built of AES's rounds" },
	{ "RC4", "the data is encrypted by RC4, which leaks what it encrypts: forbidden by RFC 7465" },
	{ "3DES", "the data is encrypted by triple DES in CBC mode, whose blocks of 64 bits are too short (Sweet32)" },
	{ "DES", "the data is encrypted by DES in CBC mode, whose key of 56 bits anybody can find" },
	{ "_GCM", "the data is encrypted and protected by a block cipher in Galois/counter mode" },
	{ "CBC",
	  "the data is encrypted by a block cipher in CBC mode, and its MAC comes before the encryption: the cause of many attacks" },
	{ "TLS_", "the data is protected by the cipher it names" },
};

static const char *sentence_of(const struct part *part, const char *name)
{
	while (!strstr(name, part->in))
		part++;
	return part->sentence;
}

static void add_suite(struct topics *t, unsigned number, const char *name, const char *openssl)
{
	static const uint16_t spoken[] = {
#define Q(number, version, aead, hash, kx) TLS_SUITE_##number,
#include "tls/tls_suites.def"
#undef Q
	};
	struct topic *topic = topics_add(t, TOPIC_TLS_SUITE, name, openssl, "8446 B.4", NULL);
	bool here = false;

	for (size_t i = 0; i < HF_ARRAY_LEN(spoken); i++)
		here |= spoken[i] == number;
	if (topic) {
		topic_add_sentence(topic, sentence_of(exchanges, name));
		topic_add_sentence(topic, sentence_of(ciphers, name));
	}
	topic_add_fact(topic, "number", "0x%04x", number);
	topic_add_fact(topic, "OpenSSL", "%s", openssl);
	topic_add_fact(topic, "here", "%s", here ? "spoken" : "not spoken");
}

static void add_suites(struct topics *t)
{
#define U(number, name, openssl) add_suite(t, number, name, openssl);
#include "wire/tls_suite_names.def"
#undef U
}

/* ---- certificates and codes ---- */

static void add_certs_and_codes(struct topics *t)
{
	for (unsigned f = 0; f < HF_CERT_FAULT_COUNT; f++) {
		enum hf_cert_fault fault = (enum hf_cert_fault)f;
		struct topic *topic = topics_add(t, TOPIC_CERT_FAULT, hf_cert_fault_code(fault), "", "5280 6.1",
						 hf_cert_fault_sentence(fault));

		if (f == HF_CERT_GOOD)
			continue;
		topic_add_fact(topic, "what to do", "%s", hf_cert_fault_advice(fault));
		topic_add_fact(topic, "alert", "%s", tls_alert_name(hf_cert_fault_alert(fault)));
		topic_add_fact(topic, "error code", "%s", report_code_name(report_code_of_cert(fault)));
	}
	for (unsigned c = REPORT_E_NONE + 1; c < REPORT_CODE_COUNT; c++) {
		enum report_code code = (enum report_code)c;
		struct topic *topic = topics_add(t, TOPIC_CODE, report_code_name(code), "", report_code_rfc(code),
						 report_code_sentence(code));

		if (report_code_advice(code)[0])
			topic_add_fact(topic, "what to try", "%s", report_code_advice(code));
		topic_add_fact(topic, "step", "%s", report_step_name(report_code_step(code)));
		topic_add_fact(topic, "exit code", "%d", report_code_exit(code));
	}
}
