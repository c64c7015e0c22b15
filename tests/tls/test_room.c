/* SPDX-License-Identifier: MIT */
/* Rooms come back, whenever a connection is given up: all of them, wiped. */
#include "lab.h"

#define TURNS 6u /* more than any handshake has */

static unsigned count_lent(const struct lab_side *side)
{
	unsigned n = 0;

	for (unsigned i = 0; i < LAB_ROOMS; i++)
		n += side->lent[i] != NULL && side->lent[i] != (uint8_t *)side->t;
	return n;
}

static void assert_is_lent(const struct lab_side *side, struct hf_room room)
{
	bool found = false;

	for (unsigned i = 0; i < LAB_ROOMS; i++)
		found = found || side->lent[i] == room.at;
	assert_true(found);
	for (size_t i = 0; i < room.len; i++)
		assert_int_equal(room.at[i], 0);
}

static void give_up(struct lab_side *side)
{
	const unsigned lent = count_lent(side);
	struct hf_room room;
	unsigned back = 0;

	assert_true(lent > 0);
	if (!side->connected)
		assert_int_equal(hf_tls_take_room(side->t).len, 0);
	hf_tls_abandon(side->t);
	while ((room = hf_tls_take_room(side->t)).len > 0) {
		assert_is_lent(side, room);
		back++;
	}
	assert_int_equal(back, lent);
}

/* With little room to send in, a flight takes several steps. */
static void give_up_after(uint16_t version, unsigned turns, size_t out_room)
{
	struct lab *lab = lab_new();

	lab->out_room = out_room;
	for (enum lab_who i = LAB_CLIENT; i <= LAB_SERVER; i++) {
		lab->side[i].cfg.min_version = lab->side[i].cfg.max_version = version;
		lab->side[i].keep_room = true;
	}
	lab_start(lab);
	for (unsigned i = 0; i < turns; i++)
		lab_turn(lab, i % 2 ? LAB_SERVER : LAB_CLIENT);
	give_up(&lab->side[LAB_CLIENT]);
	give_up(&lab->side[LAB_SERVER]);
	lab_free(lab);
}

static void test_abandoned(void **state)
{
	(void)state;
	for (unsigned turns = 0; turns <= TURNS; turns++) {
		give_up_after(HF_TLS_1_2, turns, 0);
		give_up_after(HF_TLS_1_3, turns, 0);
		give_up_after(HF_TLS_1_3, turns, HF_TLS_OUT_ROOM);
	}
}

/* A chain too long for the first room: the room asked for comes back as well. */
static void test_abandoned_with_more(void **state)
{
	static uint8_t names[3][4000];
	static const struct hf_bytes authorities[] = { { names[0], 4000 }, { names[1], 4000 }, { names[2], 4000 } };
	struct lab *lab = lab_new();
	struct lab_side *c = &lab->side[LAB_CLIENT], *s = &lab->side[LAB_SERVER];

	(void)state;
	c->keep_room = s->keep_room = true;
	s->cfg.client_cert = HF_TLS_CLIENT_CERT_REQUEST;
	s->cfg.authorities = authorities;
	s->cfg.authority_count = HF_ARRAY_LEN(authorities);
	lab_start(lab);
	lab_turn(lab, LAB_CLIENT);
	lab_turn(lab, LAB_SERVER);
	lab_turn(lab, LAB_CLIENT);
	assert_true(count_lent(s) + count_lent(c) > 2);
	assert_true(c->asked[HF_TLS_WANTS_ROOM] + s->asked[HF_TLS_WANTS_ROOM] > 0);
	give_up(c);
	give_up(s);
	lab_free(lab);
}

/* A hello says that it is as long as may be: room is asked for as its octets come, not as it says. */
static void test_a_length_gets_no_room(void **state)
{
	static const uint8_t hello[] = { TLS_CLIENT_HELLO, 0x01, 0xff, 0xf0 };
	static uint8_t record[TLS_RECORD_HEADER + 6000], plain[HF_TLS_PLAIN_ROOM];
	struct lab *lab = lab_new();
	struct lab_side *s = &lab->side[LAB_SERVER];
	uint8_t out[HF_TLS_OUT_ROOM];
	enum hf_tls_does does = HF_TLS_WANTS_INPUT;
	size_t fed = 0;

	(void)state;
	lab_start(lab);
	tls_record_header_put(record, TLS_HANDSHAKE, TLS_VERSION_1_2, sizeof(record) - TLS_RECORD_HEADER);
	memcpy(record + TLS_RECORD_HEADER, hello, sizeof(hello));
	while (does == HF_TLS_WANTS_INPUT) {
		const struct hf_bytes in = { record, sizeof(record) };
		struct hf_tls_io io = { .in = &in, .ins = 1, .plain = plain, .out = out, .out_room = sizeof(out) };

		does = hf_tls_step(s->t, &io, lab->now);
		fed += sizeof(record);
	}
	assert_int_equal(does, HF_TLS_WANTS_ROOM);
	assert_true(hf_tls_question(s->t)->room <= 2 * fed);
	lab_free(lab);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_abandoned),
		cmocka_unit_test(test_abandoned_with_more),
		cmocka_unit_test(test_a_length_gets_no_room),
	};

	return cmocka_run_group_tests(tests, lab_world_make, lab_world_free);
}
