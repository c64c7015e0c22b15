/* SPDX-License-Identifier: MIT */
/*
 * RFC 8448's five traces through the machines, each from both sides. The peer's records are the RFC's as they are; every record
 * of the machine's is compared with the RFC's octet for octet, and so are its secrets. Where the ends of the RFC draw, choose
 * or have something it is put into the machine: rfc8448_play.h says how, and which of our messages say something else by choice.
 *
 * The RFC's ends send a flight as one record. Ours may send what is there while they wait for an answer, so here what a
 * machine does is done without letting anything out, until its keys change (tend()).
 */
#include "hello.h"
#include "lab.h"
#include "rfc8448_play.h"

#define AGE_MS 6u /* of section 3's ticket in section 4, by the hello's obfuscated_ticket_age */
#define CCS "140303000101"

static const uint16_t suites[] = { TLS_SUITE_AES_128_GCM_SHA256, TLS_SUITE_CHACHA20_POLY1305_SHA256,
				   TLS_SUITE_AES_256_GCM_SHA384 };
static const uint16_t groups[] = { TLS_GROUP_X25519, TLS_GROUP_P256, TLS_GROUP_P384 };
static const uint16_t schemes[] = { TLS_ECDSA_SECP256R1_SHA256, TLS_ECDSA_SECP384R1_SHA384, TLS_ECDSA_SECP521R1_SHA512,
				    TLS_RSA_PSS_RSAE_SHA256,    TLS_RSA_PSS_RSAE_SHA384,    TLS_RSA_PSS_RSAE_SHA512 };
#define LIST(a) ((struct hf_tls_list){ a, HF_ARRAY_LEN(a) })
#define ASKED(what) (1u << HF_TLS_WANTS_##what)

/* One side of a trace. */
struct stage {
	struct play play;
	const struct rfc8448 *r;
	struct end *e;
	unsigned asked; /* questions that came up */
};

/* ---- the machine ---- */

static bool is_compatible(const struct rfc8448 *r)
{
	return hex(r->client_hello).at[TLS_RECORD_HEADER + TLS_MESSAGE_HEADER + 2 + 32] > 0;
}

static void set_stage(struct stage *s, const struct rfc8448 *r, bool server, struct hf_bytes session)
{
	struct hf_tls_config *cfg;

	*s = (struct stage){ .r = r, .e = new_end() };
	cfg = &s->e->cfg;
	cfg->server = server;
	cfg->min_version = cfg->max_version = HF_TLS_1_3;
	cfg->suites = LIST(suites);
	cfg->groups = LIST(groups);
	cfg->schemes = LIST(schemes);
	cfg->record_size_limit = TLS_PLAIN_MAX;
	cfg->no_grease = true;
	cfg->no_compatibility = !is_compatible(r);
	cfg->early_data_max = 1024;
	cfg->tickets = 1;
	cfg->ticket_lifetime_s = 30;
	/* The clock begins when the ticket is made. */
	cfg->epoch_ns = r->psk ? HF_MS(AGE_MS) : 0;
	if (server && r->hello_retry) /* its client has sent a share of another group */
		cfg->groups = (struct hf_tls_list){ &groups[1], 1 };
	s->e->start.name = of("server", 6);
	s->e->start.session = session;
	play_begin(&s->play, crypto, r, server);
	if (server && play_message(s->play.server_flight, TLS_CERTIFICATE_REQUEST).len > 0)
		cfg->client_cert = HF_TLS_CLIENT_CERT_REQUIRE;
	begin(s->e);
}

static void clear_stage(struct stage *s)
{
	end(s->e);
	play_end();
}

static void feed_hex(struct stage *s, const char *record)
{
	feed(s->e, hex(record ? record : ""));
	assert_failed(s->e, s->r->section, NULL, 0);
}

/* What has come out of the last step, in as many records. */
static void assert_out(const struct stage *s, const char *first, const char *second)
{
	const struct hf_bytes a = hex(first ? first : ""), b = hex(second ? second : "");

	assert_int_equal(s->e->out_len, a.len + b.len);
	assert_memory_equal(s->e->out, a.at, a.len);
	assert_memory_equal(s->e->out + a.len, b.at, b.len);
}

/* What hf_tls_step() does with what it has, but nothing goes out: until it must, or something is asked, or more must come. */
static void tend(struct hf_tls *t)
{
	const struct tls_hs *hs = t->hs;

	while (t->state != TLS_ST_FAILED && hs->question.what == HF_TLS_WANTS_INPUT) {
		if (!hs->tasks) {
			if (!tls_take_message(t))
				return;
			continue;
		}
		tls_do_tasks(t);
		if (hs->tasks && hs->question.what == HF_TLS_WANTS_INPUT)
			return;
	}
}

/* What waits goes out, and nothing else is done. */
static void let_out(struct stage *s, const char *record)
{
	struct hf_tls_io io = { .out = s->e->out, .out_room = sizeof(s->e->out) };

	assert_true(tls_drain(s->e->t, &io));
	s->e->out_len = io.out_len;
	assert_out(s, record, NULL);
}

/* ---- questions ---- */

/* What is asked to be signed is what the RFC's end has signed: its signature is right for it. */
static void sign(struct stage *s, const struct hf_tls_question *q)
{
	const struct hf_bytes flight = s->play.server ? s->play.server_flight : s->play.client_flight;
	const struct tls_certificate_verify m = play_signature(flight);
	struct crypto_pub *key;

	assert_int_equal(q->scheme, m.scheme);
	assert_int_equal(crypto_pub_of_cert(crypto, play_certificate(flight), &key), HF_OK);
	assert_int_equal(crypto_pub_verify(crypto, key, m.scheme, q->content, m.signature), HF_OK);
	crypto_pub_free(key);
	hf_tls_give_signature(s->e->t, m.signature);
}

static void choose_certificate(struct stage *s)
{
	const struct hf_bytes flight = s->play.server ? s->play.server_flight : s->play.client_flight;
	const bool is_rsa = play_signature(flight).scheme == TLS_RSA_PSS_RSAE_SHA256;

	hf_tls_use_certificate(s->e->t, lab_world.server[is_rsa ? LAB_RSA : LAB_P256]);
}

static void judge(struct stage *s, const struct hf_tls_question *q)
{
	const struct hf_bytes der = play_certificate(s->play.server ? s->play.client_flight : s->play.server_flight);

	assert_int_equal(q->certs, 1);
	assert_int_equal(q->chain[0].len, der.len);
	assert_memory_equal(q->chain[0].at, der.at, der.len);
	hf_tls_give_verdict(s->e->t, 0);
}

static void settle_ticket_key(struct stage *s, const struct hf_tls_question *q)
{
	const uint8_t key[32] = { 1 };

	if (!q->opens) /* all is derived, and nothing wiped yet */
		assert_octets(s->e->t->resumption, 32, s->r->resumption);
	hf_tls_give_ticket_key(s->e->t, key, q->opens || s->r->ticket ? key : NULL);
}

/* Answers until the machine must send or read something. */
static void tend_answering(struct stage *s)
{
	struct hf_tls *t = s->e->t;

	for (;;) {
		const struct hf_tls_question *q = hf_tls_question(t);

		tend(t);
		s->asked |= 1u << q->what;
		switch (q->what) {
		case HF_TLS_WANTS_CERTIFICATE:
			choose_certificate(s);
			break;
		case HF_TLS_WANTS_SIGNATURE:
			sign(s, q);
			break;
		case HF_TLS_WANTS_VERDICT:
			judge(s, q);
			break;
		case HF_TLS_WANTS_TICKET_KEY:
			settle_ticket_key(s, q);
			break;
		case HF_TLS_WANTS_REPLAY:
			hf_tls_give_replay(t, false);
			break;
		default:
			assert_int_equal(q->what, HF_TLS_WANTS_INPUT);
			return;
		}
	}
}

static void assert_secrets(const struct stage *s)
{
	const struct tls_hs *hs = s->e->t->hs;

	assert_octets(hs->client_hs, 32, s->r->client_handshake);
	assert_octets(hs->server_hs, 32, s->r->server_handshake);
	assert_octets(hs->client_app, 32, s->r->client_application);
	assert_octets(hs->server_app, 32, s->r->server_application);
	assert_octets(s->e->t->exporter, 32, s->r->exporter);
	if (s->r->client_early)
		assert_octets(hs->early_secret_client, 32, s->r->client_early);
}

static void assert_connected(const struct stage *s)
{
	const struct hf_tls_info *info = &s->e->info;

	assert_int_equal(s->e->does, HF_TLS_CONNECTED);
	assert_int_equal(info->resumed, s->r->psk != NULL);
	assert_int_equal(info->hello_retried, s->r->hello_retry != NULL);
	assert_int_equal(info->early, s->r->early_data ? HF_TLS_EARLY_ACCEPTED : HF_TLS_EARLY_NONE);
	assert_int_equal(info->max_send, TLS_PLAIN_MAX);
	assert_secrets(s);
}

/* ---- data and the end, which are alike on both sides ---- */

static void write_data(struct stage *s, struct hf_bytes data, const char *record)
{
	const struct hf_room room = { s->e->out, sizeof(s->e->out) };
	size_t taken;

	assert_int_equal(hf_tls_write(s->e->t, &data, 1, &room, 1, &taken, &s->e->out_len), HF_OK);
	assert_int_equal(taken, data.len);
	assert_out(s, record, NULL);
}

static void read_data(struct stage *s, const char *record, enum hf_tls_does does, struct hf_bytes data)
{
	feed_hex(s, record);
	assert_int_equal(s->e->does, does);
	assert_out(s, NULL, NULL);
	assert_int_equal(s->e->data.len, data.len);
	assert_memory_equal(s->e->data.at, data.at, data.len);
}

static struct hf_bytes fifty_octets(void)
{
	static uint8_t octets[50];

	for (size_t i = 0; i < sizeof(octets); i++)
		octets[i] = (uint8_t)i;
	return of(octets, sizeof(octets));
}

static void close_writing(struct stage *s, const char *record)
{
	hf_tls_close(s->e->t);
	feed_hex(s, NULL);
	assert_out(s, record, NULL);
	assert_true(s->e->info.write_closed);
}

static void read_close(struct stage *s, const char *record)
{
	feed_hex(s, record);
	assert_int_equal(s->e->does, HF_TLS_CLOSED);
	assert_true(s->e->info.read_closed);
}

/* ---- the client's side ---- */

/* The session that the RFC's ticket makes: what section 4 begins with. */
static struct hf_bytes take_session(struct stage *s)
{
	static uint8_t kept[TLS_SESSION_MAX];
	const struct tls_new_session_ticket_13 m = play_ticket(&s->play);
	struct hf_bytes session;
	struct tls_session said;

	feed_hex(s, s->r->ticket);
	assert_int_equal(s->e->does, HF_TLS_HAS_SESSION);
	session = hf_tls_question(s->e->t)->session;
	assert_int_equal(tls_session_parse(session, &said), HF_OK);
	assert_octets(said.secret, said.secret_len, s->r->ticket_psk);
	assert_int_equal(said.ticket.len, m.ticket.len);
	assert_memory_equal(said.ticket.at, m.ticket.at, m.ticket.len);
	assert_int_equal(said.lifetime_s, 30);
	assert_int_equal(said.early_data_max, 1024);
	memcpy(kept, session.at, session.len);
	return of(kept, session.len);
}

static struct hf_bytes play_client(const struct rfc8448 *r, struct hf_bytes offered)
{
	struct hf_bytes session = { 0 };
	const char *ccs = is_compatible(r) ? CCS : NULL;
	unsigned asked = 1u << HF_TLS_WANTS_INPUT;
	struct stage s;

	set_stage(&s, r, false, offered);
	assert_out(&s, r->client_hello, NULL);
	if (r->early_data)
		write_data(&s, of("ABCDEF", 6), r->early_data);
	if (r->hello_retry) {
		feed_hex(&s, r->hello_retry);
		assert_out(&s, r->second_hello, NULL);
	}
	feed_hex(&s, r->server_hello);
	assert_out(&s, ccs, NULL);
	feed_hex(&s, ccs);
	feed_hex(&s, r->server_flight);
	if (!r->psk) { /* nothing is asked of who resumes */
		assert_out(&s, NULL, NULL);
		tend_answering(&s);
		asked |= ASKED(VERDICT);
		if (play_message(s.play.server_flight, TLS_CERTIFICATE_REQUEST).len > 0)
			asked |= ASKED(CERTIFICATE) | ASKED(SIGNATURE);
		assert_int_equal(s.asked, asked);
		feed_hex(&s, NULL);
	}
	assert_out(&s, r->early_end, r->client_flight);
	assert_connected(&s);
	assert_octets(s.e->t->resumption, 32, r->resumption);

	if (r->ticket)
		session = take_session(&s);
	if (r->client_data) {
		write_data(&s, fifty_octets(), r->client_data);
		read_data(&s, r->server_data, HF_TLS_HAS_DATA, fifty_octets());
	}
	close_writing(&s, r->client_close);
	read_close(&s, r->server_close);
	clear_stage(&s);
	return session;
}

/* ---- the server's side ---- */

/*
 * The RFC's client sends back a cookie that our server has not given (but the RFC's, in its HelloRetryRequest). What of a
 * hello must stay the same is hashed; of the second one, by a server that would want a third.
 */
static void expect_second_hello(struct stage *s)
{
	static const uint16_t other[] = { TLS_GROUP_P384 };
	struct end *e = new_end();

	play_end();
	e->cfg = s->e->cfg;
	e->cfg.groups = LIST(other);
	begin(e);
	feed(e, hex(s->r->second_hello));
	assert_true(e->info.hello_retried);
	memcpy(s->e->t->hs->hello_hash, e->t->hs->hello_hash, sizeof(e->t->hs->hello_hash));
	end(e);
	play_begin(&s->play, crypto, s->r, true);
}

static void play_server(const struct rfc8448 *r)
{
	unsigned asked = 1u << HF_TLS_WANTS_INPUT | ASKED(TICKET_KEY);
	struct stage s;

	set_stage(&s, r, true, of(NULL, 0));
	feed_hex(&s, r->client_hello);
	if (r->hello_retry) {
		assert_out(&s, r->hello_retry, NULL);
		expect_second_hello(&s);
		feed_hex(&s, r->second_hello);
	}
	assert_out(&s, NULL, NULL);
	tend_answering(&s);
	let_out(&s, r->server_hello);
	tend_answering(&s);
	if (is_compatible(r)) {
		let_out(&s, CCS);
		tend_answering(&s);
	}
	let_out(&s, r->server_flight);
	feed_hex(&s, NULL);
	assert_out(&s, NULL, NULL);

	if (r->early_data) {
		read_data(&s, r->early_data, HF_TLS_HAS_EARLY_DATA, of("ABCDEF", 6));
		feed_hex(&s, r->early_end);
	}
	if (is_compatible(r))
		feed_hex(&s, CCS);
	feed_hex(&s, r->client_flight);
	tend_answering(&s);
	asked |= r->psk ? ASKED(REPLAY) : ASKED(CERTIFICATE) | ASKED(SIGNATURE);
	if (s.e->cfg.client_cert != HF_TLS_CLIENT_CERT_NONE)
		asked |= ASKED(VERDICT);
	assert_int_equal(s.asked, asked);
	feed_hex(&s, NULL);
	assert_out(&s, r->ticket, NULL);
	assert_connected(&s);

	if (r->client_data) {
		read_data(&s, r->client_data, HF_TLS_HAS_DATA, fifty_octets());
		write_data(&s, fifty_octets(), r->server_data);
	}
	read_close(&s, r->client_close);
	close_writing(&s, r->server_close);
	clear_stage(&s);
}

/* ---- the traces ---- */

static void simple(void **state)
{
	(void)state;
	(void)play_client(&rfc8448[0], of(NULL, 0));
	play_server(&rfc8448[0]);
}

static void resumed_0rtt(void **state)
{
	(void)state;
	(void)play_client(&rfc8448[1], play_client(&rfc8448[0], of(NULL, 0)));
	play_server(&rfc8448[1]);
}

static void hello_retry(void **state)
{
	(void)state;
	(void)play_client(&rfc8448[2], of(NULL, 0));
	play_server(&rfc8448[2]);
}

static void client_authentication(void **state)
{
	(void)state;
	(void)play_client(&rfc8448[3], of(NULL, 0));
	play_server(&rfc8448[3]);
}

static void compatibility(void **state)
{
	(void)state;
	(void)play_client(&rfc8448[4], of(NULL, 0));
	play_server(&rfc8448[4]);
}

/*
 * A ServerHello whose key_share says it is an octet longer than it is, and so hides supported_versions behind it. That is no
 * hello of 1.2.
 */
static void no_version_is_left_out_by_a_wrong_length(void **state)
{
	const struct rfc8448 *r = &rfc8448[0];
	const size_t length = TLS_RECORD_HEADER + TLS_MESSAGE_HEADER + 2 + 32 + 1 + 2 + 1 + 2 + 2;
	uint8_t hello[128];
	struct hf_bytes whole;
	struct stage s;

	(void)state;
	set_stage(&s, r, false, of(NULL, 0));
	whole = hex(r->server_hello);
	memcpy(hello, whole.at, whole.len);
	assert_int_equal(hf_load16(hello + length), 36);
	hf_store16(hello + length, 37);
	feed(s.e, of(hello, whole.len));
	assert_failed(s.e, "a wrong length", "DECODE", TLS_ALERT_DECODE_ERROR);
	clear_stage(&s);
}

static int make_world(void **state)
{
	const int made = lab_world_make(state);

	crypto = lab_world.crypto;
	return made;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(simple),        cmocka_unit_test(resumed_0rtt),
		cmocka_unit_test(hello_retry),   cmocka_unit_test(client_authentication),
		cmocka_unit_test(compatibility), cmocka_unit_test(no_version_is_left_out_by_a_wrong_length),
	};

	return cmocka_run_group_tests(tests, make_world, lab_world_free);
}
