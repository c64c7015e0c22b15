/* SPDX-License-Identifier: MIT */
/*
 * TLS in memory on one core, ours beside Debian's libssl in the same run, with the same certificates: whole handshakes and
 * resumed ones, each side's processor time by itself, records of 16 KiB, and what an idle connection costs in memory.
 *
 *	tls [full13|first13|resumed13|full12|resumed12|records|footprint]...
 *
 * first13 is full13 for a client that never met the server before, and so remembers nothing of its certificates.
 *
 * The two take turns, round by round, so that both see the same minute of a shared machine; the best round of each counts.
 */
#include "bench.h"

#include "base/bits.h"
#include "crypto/aead.h"
#include "crypto/mint.h"
#include "hf/tls.h"

#include <malloc.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdlib.h>
#include <string.h>

#define NAME "server.test"
#define UNIX_S 1800000000u
#define ROUNDS 5
#define PER_ROUND 300
#define WIRE 65536
#define RECORD 16384
#define RECORDS_PER_ROUND 8000
#define IDLE 500

static struct hf_crypto *crypto;
static struct hf_cred *cred;
static struct hf_trust *trust;
static struct mint_leaf leaf;
static struct mint_blob root;
static uint64_t drawn;

static void must(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "tls: %s\n", what);
	ERR_print_errors_fp(stderr);
	exit(1);
}

static double cpu_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static struct hf_bytes text_of(const struct mint_blob *b)
{
	return (struct hf_bytes){ (const uint8_t *)b->at, b->len };
}

static void make_certificates(void)
{
	static const uint8_t seed[32] = "the same certificates each time";
	const struct hf_bytes name = { (const uint8_t *)NAME, strlen(NAME) };
	const struct mint_ca_ask ca_ask = {
		.name = "Bench",
		.key = CRYPTO_KEY_P256,
		.not_before = UNIX_S - 86400,
		.not_after = UNIX_S + 3650u * 86400,
	};
	const struct mint_leaf_ask ask = {
		.names = &name,
		.name_count = 1,
		.key = CRYPTO_KEY_P256,
		.purpose = HF_CERT_FOR_SERVER,
		.now_s = UNIX_S,
		.days = 90,
	};
	struct hf_cert_trouble trouble;
	struct mint_ca *ca;

	hf_crypto_fix_randomness(seed);
	must(mint_ca_make(crypto, &ca_ask, &ca) == HF_OK, "authority");
	must(mint_leaf_make(ca, &ask, &leaf) == HF_OK, "leaf");
	must(mint_ca_cert(ca, MINT_ROOT, &root) == HF_OK, "root");
	hf_crypto_fix_randomness(NULL);
	must(hf_cred_load(crypto, text_of(&leaf.chain), text_of(&leaf.key), &cred, &trouble) == HF_OK, "credentials");
	mint_ca_free(ca);
}

/* One that remembers nothing. */
static void make_trust(void)
{
	struct hf_cert_trouble trouble;

	hf_trust_free(trust);
	must(hf_trust_make(crypto, &trust) == HF_OK, "trust");
	must(hf_trust_add(trust, text_of(&root), &trouble) == HF_OK, "anchor");
}

/* ---- ours ---- */

struct end {
	struct hf_tls *t;
	struct hf_tls_keeper keeper;
	uint8_t *mem, *room;
	uint8_t *wire; /* on the way to it */
	size_t wire_len;
	double cpu;
	bool connected;
};

static uint8_t plain[HF_TLS_PLAIN_ROOM];
static uint8_t session[8192];
static size_t session_len;
static const struct hf_tls_ticket_keys ticket_keys = { .seed = "a secret of the server's" };

static void end_make(struct end *e, bool server)
{
	static const struct hf_cred *creds[1];

	memset(e, 0, sizeof(*e));
	creds[0] = cred;
	e->mem = aligned_alloc(64, (hf_tls_memory() + 63) / 64 * 64);
	e->room = aligned_alloc(64, (hf_tls_room() + 63) / 64 * 64);
	e->wire = malloc(WIRE);
	must(e->mem && e->room && e->wire, "memory");
	e->keeper.crypto = crypto;
	e->keeper.trust = trust;
	if (server) {
		e->keeper.creds = creds;
		e->keeper.cred_count = 1;
		e->keeper.ticket_keys = &ticket_keys;
	}
}

static void end_start(struct end *e, const struct hf_tls_config *cfg, bool resume)
{
	struct hf_tls_start start = { .name = { (const uint8_t *)NAME, strlen(NAME) } };
	const double from = cpu_now();

	memcpy(start.entropy, &drawn, sizeof(drawn));
	drawn++;
	if (resume)
		start.session = (struct hf_bytes){ session, session_len };
	must(hf_tls_init(e->mem, (struct hf_room){ e->room, hf_tls_room() }, cfg, &start, 0, &e->t) == HF_OK, "init");
	e->wire_len = 0;
	e->connected = false;
	e->cpu += cpu_now() - from;
}

/* Steps one end until it wants more; what it has to say goes before the other. */
static void end_turn(struct end *e, struct end *peer)
{
	const double from = cpu_now();
	size_t at = 0;

	for (;;) {
		struct hf_bytes in = { e->wire + at, e->wire_len - at };
		struct hf_tls_io io = {
			.in = &in,
			.ins = 1,
			.plain = plain,
			.out = peer->wire + peer->wire_len,
			.out_room = WIRE - peer->wire_len,
		};
		const enum hf_tls_does does = hf_tls_step(e->t, &io, 0);

		at += io.taken;
		peer->wire_len += io.out_len;
		if (does == HF_TLS_WANTS_INPUT)
			break;
		if (does == HF_TLS_CONNECTED) {
			e->connected = true;
		} else if (does == HF_TLS_HAS_SESSION) {
			session_len = hf_tls_question(e->t)->session.len;
			memcpy(session, hf_tls_question(e->t)->session.at, session_len);
		} else {
			must(does != HF_TLS_FAILED && hf_tls_settle(e->t, &e->keeper, 0, NULL), "handshake");
		}
	}
	memmove(e->wire, e->wire + at, e->wire_len - at);
	e->wire_len -= at;
	e->cpu += cpu_now() - from;
}

static void handshake(struct end *c, struct end *s, const struct hf_tls_config *cc, const struct hf_tls_config *sc,
		      bool resume)
{
	end_start(c, cc, resume);
	end_start(s, sc, false);
	end_turn(c, s);
	while (c->wire_len > 0 || s->wire_len > 0) {
		end_turn(s, c);
		end_turn(c, s);
	}
	must(c->connected && s->connected, "not connected");
}

static void end_stop(struct end *e)
{
	const double from = cpu_now();

	hf_tls_end(e->t);
	e->cpu += cpu_now() - from;
}

/* ---- libssl's ---- */

static SSL_CTX *their_ctx[2];
static SSL_SESSION *their_session;

static int keep_session(SSL *ssl, SSL_SESSION *s)
{
	(void)ssl;
	SSL_SESSION_free(their_session);
	their_session = s;
	return 1;
}

static void their_make(uint16_t version)
{
	BIO *chain = BIO_new_mem_buf(leaf.chain.at, (int)leaf.chain.len),
	    *key = BIO_new_mem_buf(leaf.key.at, (int)leaf.key.len);
	BIO *anchor = BIO_new_mem_buf(root.at, (int)root.len);
	EVP_PKEY *pkey = PEM_read_bio_PrivateKey(key, NULL, NULL, NULL);
	X509 *x = PEM_read_bio_X509(chain, NULL, NULL, NULL), *ca = PEM_read_bio_X509(anchor, NULL, NULL, NULL);
	X509_VERIFY_PARAM *param;

	for (int i = 0; i < 2; i++) {
		SSL_CTX_free(their_ctx[i]);
		their_ctx[i] = SSL_CTX_new(i ? TLS_server_method() : TLS_client_method());
		SSL_CTX_set_min_proto_version(their_ctx[i], version);
		SSL_CTX_set_max_proto_version(their_ctx[i], version);
		SSL_CTX_set1_groups_list(their_ctx[i], "X25519:P-256");
		SSL_CTX_set_ciphersuites(their_ctx[i], "TLS_AES_128_GCM_SHA256");
		SSL_CTX_set_cipher_list(their_ctx[i], "ECDHE-ECDSA-AES128-GCM-SHA256");
		SSL_CTX_set_mode(their_ctx[i], SSL_MODE_RELEASE_BUFFERS);
	}
	must(pkey && x && ca && SSL_CTX_use_certificate(their_ctx[1], x) == 1 &&
		     SSL_CTX_use_PrivateKey(their_ctx[1], pkey) == 1,
	     "libssl's certificate");
	X509_free(x);
	while ((x = PEM_read_bio_X509(chain, NULL, NULL, NULL)))
		SSL_CTX_add0_chain_cert(their_ctx[1], x);
	ERR_clear_error();
	X509_STORE_add_cert(SSL_CTX_get_cert_store(their_ctx[0]), ca);
	SSL_CTX_set_verify(their_ctx[0], SSL_VERIFY_PEER, NULL);
	param = SSL_CTX_get0_param(their_ctx[0]);
	X509_VERIFY_PARAM_set_time(param, UNIX_S);
	X509_VERIFY_PARAM_set1_host(param, NAME, 0);
	SSL_CTX_set_session_cache_mode(their_ctx[0], SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
	SSL_CTX_sess_set_new_cb(their_ctx[0], keep_session);
	SSL_SESSION_free(their_session);
	their_session = NULL;
	X509_free(ca);
	EVP_PKEY_free(pkey);
	BIO_free(chain);
	BIO_free(key);
	BIO_free(anchor);
}

struct theirs {
	SSL *ssl[2];
	double cpu[2];
};

static void their_start(struct theirs *p, bool resume)
{
	BIO *a, *b, *c, *d;

	must(BIO_new_bio_pair(&a, WIRE, &b, WIRE) == 1, "pair");
	c = a;
	d = b;
	for (int i = 0; i < 2; i++) {
		const double from = cpu_now();

		p->ssl[i] = SSL_new(their_ctx[i]);
		must(p->ssl[i] != NULL, "SSL_new");
		SSL_set_bio(p->ssl[i], i ? d : c, i ? d : c);
		if (i) {
			SSL_set_accept_state(p->ssl[i]);
		} else {
			SSL_set_connect_state(p->ssl[i]);
			SSL_set_tlsext_host_name(p->ssl[i], NAME);
			if (resume)
				SSL_set_session(p->ssl[i], their_session);
		}
		p->cpu[i] += cpu_now() - from;
	}
}

static void their_handshake(struct theirs *p, bool resume)
{
	uint8_t octet;

	their_start(p, resume);
	for (int turn = 0; turn < 6; turn++) {
		for (int i = 0; i < 2; i++) {
			const double from = cpu_now();

			if (!SSL_is_init_finished(p->ssl[i]))
				(void)SSL_do_handshake(p->ssl[i]);
			else if (!i)
				(void)SSL_read(p->ssl[i], &octet, 1); /* takes the tickets */
			ERR_clear_error();
			p->cpu[i] += cpu_now() - from;
		}
	}
	must(SSL_is_init_finished(p->ssl[0]) && SSL_is_init_finished(p->ssl[1]), "libssl is not connected");
	must(!resume || SSL_session_reused(p->ssl[1]), "libssl did not resume");
}

static void their_stop(struct theirs *p)
{
	for (int i = 0; i < 2; i++) {
		const double from = cpu_now();

		/* Else the session of an unfinished connection is thought bad. */
		SSL_set_shutdown(p->ssl[i], SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
		SSL_free(p->ssl[i]);
		p->cpu[i] += cpu_now() - from;
	}
}

/* ---- handshakes ---- */

static void say(const char *what, const char *who, double count, double cpu_s)
{
	printf("{\"name\": \"tls-%s\", \"who\": \"%s\", \"per_cpu_s\": %.1f}\n", what, who, count / cpu_s);
	fflush(stdout);
}

static void run_handshakes(const char *what, uint16_t version, bool resume, bool first)
{
	/* The second group: RFC 8422 5.3 wants the certificate's curve among them. */
	static const uint16_t suites[] = { 0x1301, 0xc02b }, groups[] = { 0x001d, 0x0017 };
	struct hf_tls_config cfg[2];
	struct end c, s;
	double best[4] = { 1e9, 1e9, 1e9, 1e9 };
	char name[64];

	for (int i = 0; i < 2; i++)
		cfg[i] = (struct hf_tls_config){
			.crypto = crypto,
			.server = i,
			.min_version = version,
			.max_version = version,
			.suites = { suites, HF_ARRAY_LEN(suites) },
			.groups = { groups, HF_ARRAY_LEN(groups) },
			.epoch_ns = HF_S((hf_time_ns)UNIX_S),
		};
	end_make(&c, false);
	end_make(&s, true);
	their_make(version);
	session_len = 0;
	for (int round = 0; round < ROUNDS; round++) {
		struct theirs p = { 0 };

		c.cpu = s.cpu = 0;
		for (int i = 0; i < PER_ROUND; i++) {
			if (first)
				make_trust();
			c.keeper.trust = s.keeper.trust = trust;
			handshake(&c, &s, &cfg[0], &cfg[1], resume && session_len > 0);
			end_stop(&c);
			end_stop(&s);
			if (resume && i == 0 && round == 0)
				c.cpu = s.cpu = 0;
		}
		for (int i = 0; i < PER_ROUND; i++) {
			their_handshake(&p, resume && their_session);
			their_stop(&p);
			if (resume && i == 0 && round == 0)
				p.cpu[0] = p.cpu[1] = 0;
		}
		best[0] = s.cpu < best[0] ? s.cpu : best[0];
		best[1] = c.cpu < best[1] ? c.cpu : best[1];
		best[2] = p.cpu[1] < best[2] ? p.cpu[1] : best[2];
		best[3] = p.cpu[0] < best[3] ? p.cpu[0] : best[3];
	}
	snprintf(name, sizeof(name), "%s-server", what);
	say(name, "ours", PER_ROUND, best[0]);
	say(name, "libssl", PER_ROUND, best[2]);
	snprintf(name, sizeof(name), "%s-client", what);
	say(name, "ours", PER_ROUND, best[1]);
	say(name, "libssl", PER_ROUND, best[3]);
}

/* ---- records: sealed by the machine, beside the bare AEAD ---- */

static void run_records(void)
{
	static uint8_t data[RECORD], out[RECORD + 512];
	struct hf_tls_config cfg[2];
	struct end c, s;
	struct crypto_aead bare = { 0 };
	static const uint8_t key[32] = { 1 }, nonce[12] = { 2 }, head[5] = { 3 };
	double best[2] = { 1e9, 1e9 };

	for (int i = 0; i < 2; i++)
		cfg[i] = (struct hf_tls_config){
			.crypto = crypto, .server = i, .epoch_ns = HF_S((hf_time_ns)UNIX_S), .small_start = 1
		};
	end_make(&c, false);
	end_make(&s, true);
	handshake(&c, &s, &cfg[0], &cfg[1], false);
	must(crypto_aead_set(&bare, crypto, CRYPTO_AES_128_GCM, key, true) == HF_OK, "key");
	for (int round = 0; round < ROUNDS; round++) {
		double from = cpu_now(), t;

		for (int i = 0; i < RECORDS_PER_ROUND; i++) {
			const struct hf_bytes in = { data, RECORD };
			const struct hf_room room = { out, sizeof(out) };
			size_t taken, len;

			must(hf_tls_write(s.t, &in, 1, &room, 1, &taken, &len) == HF_OK && taken == RECORD, "write");
		}
		t = cpu_now() - from;
		best[0] = t < best[0] ? t : best[0];
		from = cpu_now();
		for (int i = 0; i < RECORDS_PER_ROUND; i++) {
			const struct hf_bytes in = { data, RECORD };
			const struct hf_room room = { out, RECORD + CRYPTO_AEAD_TAG };

			crypto_aead_seal(&bare, nonce, (struct hf_bytes){ head, sizeof(head) }, &in, 1, &room, 1);
		}
		t = cpu_now() - from;
		best[1] = t < best[1] ? t : best[1];
	}
	say("record-16k", "ours", RECORDS_PER_ROUND, best[0]);
	say("record-16k", "aead", RECORDS_PER_ROUND, best[1]);
}

/* ---- memory of idle connections, both ends alike ---- */

static void run_footprint(void)
{
	struct hf_tls_config cfg[2];
	struct end *c = calloc(IDLE, sizeof(*c)), *s = calloc(IDLE, sizeof(*s));
	struct theirs *p = calloc(IDLE, sizeof(*p));
	size_t before, ours, theirs;

	must(c && s && p, "memory");
	for (int i = 0; i < 2; i++)
		cfg[i] = (struct hf_tls_config){ .crypto = crypto, .server = i, .epoch_ns = HF_S((hf_time_ns)UNIX_S) };
	their_make(TLS1_3_VERSION);
	before = mallinfo2().uordblks;
	for (int i = 0; i < IDLE; i++) {
		end_make(&c[i], false);
		end_make(&s[i], true);
		handshake(&c[i], &s[i], &cfg[0], &cfg[1], false);
		must(hf_tls_take_room(c[i].t).len > 0 && hf_tls_take_room(s[i].t).len > 0, "the room does not come back");
		free(c[i].room);
		free(s[i].room);
		free(c[i].wire);
		free(s[i].wire);
	}
	ours = mallinfo2().uordblks - before;
	before = mallinfo2().uordblks;
	for (int i = 0; i < IDLE; i++)
		their_handshake(&p[i], false);
	/* The pair's buffers are the wire, not the connection. */
	theirs = mallinfo2().uordblks - before - (size_t)IDLE * 2 * WIRE;
	printf("{\"name\": \"tls-idle\", \"who\": \"ours\", \"octets\": %zu}\n", ours / IDLE / 2);
	printf("{\"name\": \"tls-idle\", \"who\": \"libssl\", \"octets\": %zu}\n", theirs / IDLE / 2);
}

int main(int argc, char **argv)
{
	const bool all = argc < 2;

	must(hf_crypto_open(&crypto) == HF_OK, "libcrypto");
	make_certificates();
	make_trust();
	for (int i = all ? 0 : 1; i < (all ? 1 : argc); i++) {
		const char *what = argv[i];

		if (all || strcmp(what, "full13") == 0)
			run_handshakes("full13", HF_TLS_1_3, false, false);
		if (all || strcmp(what, "first13") == 0)
			run_handshakes("first13", HF_TLS_1_3, false, true);
		if (all || strcmp(what, "resumed13") == 0)
			run_handshakes("resumed13", HF_TLS_1_3, true, false);
		if (all || strcmp(what, "full12") == 0)
			run_handshakes("full12", HF_TLS_1_2, false, false);
		if (all || strcmp(what, "resumed12") == 0)
			run_handshakes("resumed12", HF_TLS_1_2, true, false);
		if (all || strcmp(what, "records") == 0)
			run_records();
		if (all || strcmp(what, "footprint") == 0)
			run_footprint();
	}
	return 0;
}
