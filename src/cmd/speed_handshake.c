/* SPDX-License-Identifier: MIT */
/*
 * Whole handshakes in memory, each side's processor time by itself: what stands around the primitives counts, too. Both
 * sides are ours, with X25519 (and once with ML-KEM beside it), AES-128-GCM and ECDSA certificates over P-256; the client
 * checks the chain.
 */
#include "cmd/speed.h"

#include "base/bits.h"
#include "crypto/kex.h"

#include <stdlib.h>
#include <string.h>

#define WIRE 16384u
#define SESSION_MAX 8192u
#define BATCHES 5u

enum side { CLIENT, SERVER };

struct end {
	struct hf_tls_config config;
	struct hf_tls_keeper keeper;
	struct hf_tls *tls;
	void *memory;
	struct hf_room room;
	uint8_t *wire; /* on the way to it */
	size_t wire_len;
	double ns;
	bool connected;
};

struct pair {
	struct speed *speed;
	struct end end[2];
	struct hf_trust *trust;
	const struct hf_cred *creds[1];
	struct hf_tls_ticket_keys ticket_keys;
	uint64_t drawn;
	uint8_t session[SESSION_MAX];
	size_t session_len;
	uint8_t plain[HF_TLS_PLAIN_ROOM];
};

#define X25519MLKEM768 0x11ec

static const uint16_t suites[] = { 0x1301, 0xc02b }, groups[] = { X25519MLKEM768, 0x001d, 0x0017 };

/* An octet string for each connection: the same for each run, as nothing here is a secret. */
static void draw(struct pair *p, uint8_t entropy[32])
{
	memset(entropy, 0, 32);
	p->drawn++;
	memcpy(entropy, &p->drawn, sizeof(p->drawn));
}

static bool start(struct pair *p, enum side who, bool resume)
{
	struct end *e = &p->end[who];
	struct hf_tls_start begin = { .name = hf_bytes_of("localhost") };
	const double from = speed_clock();
	hf_status s;

	draw(p, begin.entropy);
	if (who == CLIENT && resume)
		begin.session = (struct hf_bytes){ p->session, p->session_len };
	e->wire_len = 0;
	e->connected = false;
	s = hf_tls_init(e->memory, e->room, &e->config, &begin, 0, &e->tls);
	e->ns += speed_clock() - from;
	return s == HF_OK;
}

static void keep_session(struct pair *p, struct hf_bytes session)
{
	p->session_len = session.len <= SESSION_MAX ? session.len : 0;
	memcpy(p->session, session.at, p->session_len);
}

/* One side, until it waits for the other. False: the handshake failed. */
static bool turn(struct pair *p, enum side who)
{
	struct end *e = &p->end[who], *peer = &p->end[!who];
	const double from = speed_clock();
	bool good = true;
	size_t at = 0;

	while (good) {
		const struct hf_bytes in = { e->wire + at, e->wire_len - at };
		struct hf_tls_io io = {
			.in = &in,
			.ins = 1,
			.plain = p->plain,
			.out = peer->wire + peer->wire_len,
			.out_room = WIRE - peer->wire_len,
		};
		const enum hf_tls_does does = io.out_room < HF_TLS_OUT_ROOM ? HF_TLS_FAILED : hf_tls_step(e->tls, &io, 0);

		at += io.taken;
		peer->wire_len += io.out_len;
		if (does == HF_TLS_WANTS_INPUT)
			break;
		if (does == HF_TLS_CONNECTED)
			e->connected = true;
		else if (does == HF_TLS_HAS_SESSION)
			keep_session(p, hf_tls_question(e->tls)->session);
		else
			good = does != HF_TLS_FAILED && hf_tls_settle(e->tls, &e->keeper, 0, NULL);
	}
	e->wire_len -= at;
	memmove(e->wire, e->wire + at, e->wire_len);
	e->ns += speed_clock() - from;
	return good;
}

static void stop(struct end *e)
{
	const double from = speed_clock();

	hf_tls_end(e->tls);
	e->ns += speed_clock() - from;
}

static bool shake_hands(struct pair *p, bool resume)
{
	struct hf_tls_info info;
	bool good;

	if (!start(p, CLIENT, resume))
		return false;
	if (!start(p, SERVER, false)) {
		stop(&p->end[CLIENT]);
		return false;
	}
	good = turn(p, CLIENT);
	while (good && (p->end[CLIENT].wire_len > 0 || p->end[SERVER].wire_len > 0))
		good = turn(p, SERVER) && turn(p, CLIENT);
	hf_tls_info(p->end[SERVER].tls, &info);
	good = good && p->end[CLIENT].connected && p->end[SERVER].connected && info.resumed == resume;
	stop(&p->end[CLIENT]);
	stop(&p->end[SERVER]);
	return good;
}

/* ---- both ends ---- */

static bool make_trust(struct pair *p)
{
	struct hf_cert_trouble trouble;

	hf_trust_free(p->trust);
	p->trust = NULL;
	if (hf_trust_make(p->speed->crypto, &p->trust) != HF_OK || hf_trust_add(p->trust, p->speed->root, &trouble) != HF_OK)
		return false;
	p->end[CLIENT].keeper.trust = p->trust;
	return true;
}

static bool open_pair(struct pair *p, uint64_t unix_ns)
{
	p->creds[0] = p->speed->cred[SPEED_P256];
	memcpy(p->ticket_keys.seed, "no secret, as nobody listens", 28);
	for (enum side who = CLIENT; who <= SERVER; who++) {
		struct end *e = &p->end[who];

		e->config = (struct hf_tls_config){
			.crypto = p->speed->crypto,
			.server = who == SERVER,
			.suites = { suites, HF_ARRAY_LEN(suites) },
			.epoch_ns = unix_ns,
		};
		e->keeper = (struct hf_tls_keeper){ .crypto = p->speed->crypto };
		e->memory = aligned_alloc(64, hf_tls_memory());
		e->room = (struct hf_room){ aligned_alloc(64, hf_tls_room()), hf_tls_room() };
		e->wire = malloc(WIRE);
		if (!e->memory || !e->room.at || !e->wire)
			return false;
	}
	p->end[SERVER].keeper.creds = p->creds;
	p->end[SERVER].keeper.cred_count = 1;
	p->end[SERVER].keeper.ticket_keys = &p->ticket_keys;
	return make_trust(p);
}

static void close_pair(struct pair *p)
{
	for (enum side who = CLIENT; who <= SERVER; who++) {
		free(p->end[who].memory);
		free(p->end[who].room.at);
		free(p->end[who].wire);
	}
	hf_trust_free(p->trust);
	free(p);
}

/* ---- the figures ---- */

enum how { FULL, FIRST, RESUMED };

/* The best batch of each side, of as many as the time allows. */
static bool measure(struct pair *p, const char *name, uint16_t version, struct hf_tls_list list, enum how how)
{
	struct speed *s = p->speed;
	const double from = speed_clock(), slice = 2 * (double)s->slice; /* two figures */
	double best[2] = { 0, 0 };
	unsigned n = 1;

	speed_begin(s, name);
	for (enum side who = CLIENT; who <= SERVER; who++) {
		p->end[who].config.min_version = p->end[who].config.max_version = version;
		p->end[who].config.groups = list;
	}
	/* Once for the session, and for what is remembered of the chain. */
	if (!shake_hands(p, false))
		return false;
	do {
		const double batch_from = speed_clock();

		p->end[CLIENT].ns = p->end[SERVER].ns = 0;
		for (unsigned i = 0; i < n; i++) {
			if ((how == FIRST && !make_trust(p)) || !shake_hands(p, how == RESUMED))
				return false;
		}
		for (enum side who = CLIENT; who <= SERVER; who++) {
			const double ns = p->end[who].ns / n;

			if (best[who] == 0 || ns < best[who])
				best[who] = ns;
		}
		if ((speed_clock() - batch_from) * BATCHES < slice)
			n *= 2;
	} while (speed_clock() - from < slice);
	speed_add(s, SPEED_CLIENT, name, NULL, 0, best[CLIENT]);
	speed_add(s, SPEED_SERVER, name, NULL, 0, best[SERVER]);
	return true;
}

void speed_handshakes(struct speed *s)
{
	static const struct {
		const char *name;
		uint16_t version;
		bool hybrid;
		enum how how;
	} rows[SPEED_HANDSHAKES] = {
		{ "TLS 1.3, full, first time", HF_TLS_1_3, false, FIRST },
		{ "TLS 1.3, full", HF_TLS_1_3, false, FULL },
		{ "TLS 1.3, X25519MLKEM768", HF_TLS_1_3, true, FULL },
		{ "TLS 1.3, resumed", HF_TLS_1_3, false, RESUMED },
		{ "TLS 1.2, full", HF_TLS_1_2, false, FULL },
		{ "TLS 1.2, resumed", HF_TLS_1_2, false, RESUMED },
	};
	struct pair *p = calloc(1, sizeof(*p));

	if (!p) {
		s->failed = true;
		return;
	}
	p->speed = s;
	s->failed = !open_pair(p, s->unix_ns) || s->failed;
	for (size_t i = 0; i < SPEED_HANDSHAKES && !s->failed; i++) {
		const unsigned from = rows[i].hybrid ? 0 : 1;
		const struct hf_tls_list of_row = { groups + from, HF_ARRAY_LEN(groups) - from };

		if (!rows[i].hybrid || crypto_kex_has(s->crypto, X25519MLKEM768))
			s->failed = !measure(p, rows[i].name, rows[i].version, of_row, rows[i].how);
	}
	close_pair(p);
}
