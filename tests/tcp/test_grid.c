/* SPDX-License-Identifier: MIT */
/*
 * Every kind of segment in every state: RFC 9293 3.10.7 with RFC 5961 (resets, SYNs and ACKs judged), 6191 and 1337
 * (TIME_WAIT). A cell says what goes out and where the connection is then.
 *
 *	.      nothing             a   <SEQ=SND.NXT><ACK=RCV.NXT><CTL=ACK>, at once       d   the same, delayed
 *	R      <SEQ=SEG.ACK><CTL=RST>                    RA  <SEQ=0><ACK=SEG.SEQ+SEG.LEN><CTL=RST,ACK>
 *	s      <SEQ=ISS><ACK=RCV.NXT><CTL=SYN,ACK>
 *	+n     RCV.NXT is n further than before          >X  the state is X now; without it the state has not changed
 */
#include "drill.h"

#include <stdio.h>
#include <stdlib.h>

enum column { CL, LI, SS, SRP, SRA, ES, F1, F2, CW, CG, LA, TW, COLUMNS };

static const struct {
	enum drill_place place, other; /* other: the same column in another way; the same place when there is none */
	uint32_t una, nxt;             /* ours */
	uint32_t next;                 /* the peer's: RCV.NXT where there is one, else some number */
} columns[COLUMNS] = {
	[CL] = { AT_CLOSED, AT_CLOSED, 1, 1, 1 },
	[LI] = { AT_LISTEN, AT_LISTEN, 1, 1, 1 },
	[SS] = { AT_SYN_SENT, AT_SYN_SENT, 0, 1, 1 },
	[SRP] = { AT_SYN_RECEIVED_PASSIVE, AT_SYN_RECEIVED_PASSIVE, 0, 1, 1 },
	[SRA] = { AT_SYN_RECEIVED_ACTIVE, AT_SYN_RECEIVED_ACTIVE, 0, 1, 1 },
	[ES] = { AT_ESTABLISHED, AT_ESTABLISHED, 1, 1, 1 },
	[F1] = { AT_FIN_WAIT_1, AT_FIN_WAIT_1, 1, 2, 1 },
	[F2] = { AT_FIN_WAIT_2, AT_FIN_WAIT_2, 2, 2, 1 },
	[CW] = { AT_CLOSE_WAIT, AT_CLOSE_WAIT, 1, 1, 2 },
	[CG] = { AT_CLOSING, AT_CLOSING, 1, 2, 2 },
	[LA] = { AT_LAST_ACK, AT_LAST_ACK, 1, 2, 2 },
	[TW] = { AT_TIME_WAIT_HELD, AT_TIME_WAIT_BARE, 2, 2, 2 },
};

#define FIRST_BEYOND 20001 /* the peer's FIN takes a number of the window, too */
#define NO_ACK INT32_MIN

enum base { NEXT, EDGE };   /* RCV.NXT; the first octet beyond the window */
enum ack_base { NXT, UNA }; /* SND.NXT, SND.UNA */

/* clang-format off */
static const struct row {
	const char *name, *flags;
	enum base base;
	int32_t seq;
	uint32_t len;
	enum ack_base ack_base;
	int32_t ack;
	const char *cells[COLUMNS];
} rows[] = {
	/*                                                     CLOSED LISTEN  SYN_SENT SYN_RECEIVED    ESTAB   FIN_W_1  FIN_W_2  CL_WAIT CLOSING LAST_A  TIME_WAIT
	                                                                              passive active */
	{ "SYN at RCV.NXT", "S", NEXT, 0, 0, NXT, NO_ACK,     { "RA", "s+1>SR", "s+1>SR", ".>LI", "a",    "a",    "a",     "a",     "a",    "a",    "a",    "." } },
	{ "SYN in the window", "S", NEXT, 9000, 0, NXT, NO_ACK, { "RA", "s+9001>SR", "s+9001>SR", ".>LI", "a", "a", "a",   "a",     "a",    "a",    "a",    "." } },
	{ "SYN as before", "S", NEXT, -1, 0, NXT, NO_ACK,     { "RA", "s>SR",   "s>SR",   "s",    "a",    "a",    "a",     "a",     "a",    "a",    "a",    "." } },
	{ "SYN beyond the window", "S", EDGE, 9, 0, NXT, NO_ACK, { "RA", "s+20010>SR", "s+20010>SR", "a", "a", "a", "a",   "a",     "a",    "a",    "a",    "." } },
	{ "SYN+ACK at RCV.NXT", "SA", NEXT, 0, 0, NXT, 0,     { "R",  "R",      "a+1>ES", ".>LI", "a",    "a",    "a",     "a",     "a",    "a",    "a",    "a" } },
	{ "SYN+ACK as before", "SA", NEXT, -1, 0, NXT, 0,     { "R",  "R",      "a>ES",   "s",    ".>ES", "a",    "a",     "a",     "a",    "a",    "a",    "a" } },
	{ "SYN+ACK, ACK beyond", "SA", NEXT, -1, 0, NXT, 1,   { "R",  "R",      "R",      "s",    "R",    "a",    "a",     "a",     "a",    "a",    "a",    "a" } },
	{ "SYN+ACK, ACK old", "SA", NEXT, -1, 0, UNA, 0,      { "R",  "R",      "R",      "s",    "R",    "a",    "a",     "a",     "a",    "a",    "a",    "a" } },
	{ "SYN+FIN at RCV.NXT", "SF", NEXT, 0, 0, NXT, NO_ACK, { "RA", "s+1>SR", "s+1>SR", ".>LI", "a",   "a",    "a",     "a",     "a",    "a",    "a",    "." } },
	{ "SYN+FIN+ACK", "SFA", NEXT, 0, 0, NXT, 0,           { "R",  "R",      "a+2>CW", ".>LI", "a",    "a",    "a",     "a",     "a",    "a",    "a",    "a" } },
	{ "SYN+RST at RCV.NXT", "SR", NEXT, 0, 0, NXT, NO_ACK, { ".", ".",      ".",      ".>LI", ".>CL", ".>CL", ".>CL",  ".>CL",  ".>CL", ".>CL", ".>CL", "." } },

	{ "ACK of all", "A", NEXT, 0, 0, NXT, 0,              { "R",  "R",      ".",      ".>ES", ".>ES", ".",    ".>F2",  ".",     ".",    ".>TW", ".>CL", "." } },
	{ "ACK of nothing new", "A", NEXT, 0, 0, UNA, 0,      { "R",  "R",      "R",      "R",    "R",    ".",    ".",     ".",     ".",    ".",    ".",    "." } },
	{ "ACK old by one", "A", NEXT, 0, 0, UNA, -1,         { "R",  "R",      "R",      "R",    "R",    ".",    ".",     ".",     ".",    ".",    ".",    "a" } },
	{ "ACK old by the largest window", "A", NEXT, 0, 0, UNA, -65535, { "R", "R", "R", "R",    "R",    ".",    ".",     ".",     ".",    ".",    ".",    "a" } },
	{ "ACK older than that", "A", NEXT, 0, 0, UNA, -65536, { "R", "R",      "R",      "R",    "R",    "a",    "a",     "a",     "a",    "a",    "a",    "a" } },
	{ "ACK beyond SND.NXT", "A", NEXT, 0, 0, NXT, 1,      { "R",  "R",      "R",      "R",    "R",    "a",    "a",     "a",     "a",    "a",    "a",    "a" } },
	{ "ACK far beyond", "A", NEXT, 0, 0, NXT, 0x40000000, { "R",  "R",      "R",      "R",    "R",    "a",    "a",     "a",     "a",    "a",    "a",    "a" } },
	{ "ACK in the window", "A", NEXT, 100, 0, NXT, 0,     { "R",  "R",      ".",      ".>ES", ".>ES", ".",    ".>F2",  ".",     ".",    ".>TW", ".>CL", "a" } },
	{ "ACK from before", "A", NEXT, -1, 0, NXT, 0,        { "R",  "R",      ".",      "a",    "a",    "a",    "a",     "a",     "a",    "a",    "a",    "a" } },
	{ "ACK from the window's end", "A", EDGE, -1, 0, NXT, 0, { "R", "R",    ".",      ".>ES", ".>ES", ".",    ".>F2",  ".",     ".",    ".>TW", ".>CL", "a" } },
	{ "ACK from beyond", "A", EDGE, 0, 0, NXT, 0,         { "R",  "R",      ".",      "a",    "a",    "a",    "a",     "a",     "a",    "a",    "a",    "a" } },

	{ "no flags at RCV.NXT", "-", NEXT, 0, 0, NXT, NO_ACK, { "RA", ".",     ".",      ".",    ".",    ".",    ".",     ".",     ".",    ".",    ".",    "." } },
	{ "no flags, data", "-", NEXT, 0, 10, NXT, NO_ACK,    { "RA", ".",      ".",      ".",    ".",    ".",    ".",     ".",     ".",    ".",    ".",    "." } },
	{ "no flags before", "-", NEXT, -1, 0, NXT, NO_ACK,   { "RA", ".",      ".",      "a",    "a",    "a",    "a",     "a",     "a",    "a",    "a",    "a" } },

	{ "FIN without ACK", "F", NEXT, 0, 0, NXT, NO_ACK,    { "RA", ".",      ".",      ".",    ".",    ".",    ".",     ".",     ".",    ".",    ".",    "." } },
	{ "FIN+ACK of all", "FA", NEXT, 0, 0, NXT, 0,         { "R",  "R",      ".",      "a+1>CW", "a+1>CW", "a+1>CW", "a+1>TW", "a+1>TW", "a", ".>TW", ".>CL", "a" } },
	{ "FIN+ACK of nothing new", "FA", NEXT, 0, 0, UNA, 0, { "R",  "R",      "R",      "R",    "R",    "a+1>CW", "a+1>CG", "a+1>TW", "a", "a",    "a",    "a" } },
	{ "FIN+ACK once more", "FA", NEXT, -1, 0, NXT, 0,     { "R",  "R",      ".",      "a",    "a",    "a",    "a",     "a",     "a",    "a",    "a",    "a" } },
	{ "FIN+ACK beyond a hole", "FA", NEXT, 100, 0, NXT, 0, { "R", "R",      ".",      "a>ES", "a>ES", "a",    "a>F2",  "a",     "a",    ".>TW", ".>CL", "a" } },
	{ "FIN+ACK, ACK beyond", "FA", NEXT, 0, 0, NXT, 1,    { "R",  "R",      "R",      "R",    "R",    "a",    "a",     "a",     "a",    "a",    "a",    "a" } },

	{ "RST at RCV.NXT", "R", NEXT, 0, 0, NXT, NO_ACK,     { ".",  ".",      ".",      ".>LI", ".>CL", ".>CL", ".>CL",  ".>CL",  ".>CL", ".>CL", ".>CL", "." } },
	{ "RST with data", "R", NEXT, 0, 10, NXT, NO_ACK,     { ".",  ".",      ".",      ".>LI", ".>CL", ".>CL", ".>CL",  ".>CL",  ".>CL", ".>CL", ".>CL", "." } },
	{ "RST in the window", "R", NEXT, 1, 0, NXT, NO_ACK,  { ".",  ".",      ".",      "a",    "a",    "a",    "a",     "a",     "a",    "a",    "a",    "." } },
	{ "RST at the window's end", "R", EDGE, -1, 0, NXT, NO_ACK, { ".", ".", ".",      "a",    "a",    "a",    "a",     "a",     "a",    "a",    "a",    "." } },
	{ "RST before", "R", NEXT, -1, 0, NXT, NO_ACK,        { ".",  ".",      ".",      ".",    ".",    ".",    ".",     ".",     ".",    ".",    ".",    "." } },
	{ "RST beyond the window", "R", EDGE, 0, 0, NXT, NO_ACK, { ".", ".",    ".",      ".",    ".",    ".",    ".",     ".",     ".",    ".",    ".",    "." } },
	{ "RST+ACK at RCV.NXT", "RA", NEXT, 0, 0, NXT, 0,     { ".",  ".",      ".>CL",   ".>LI", ".>CL", ".>CL", ".>CL",  ".>CL",  ".>CL", ".>CL", ".>CL", "." } },
	{ "RST+ACK in the window", "RA", NEXT, 9, 0, NXT, 0,  { ".",  ".",      ".>CL",   "a",    "a",    "a",    "a",     "a",     "a",    "a",    "a",    "." } },
	{ "RST+ACK, ACK beyond", "RA", EDGE, 9, 0, NXT, 1,    { ".",  ".",      ".",      ".",    ".",    ".",    ".",     ".",     ".",    ".",    ".",    "." } },
	{ "RST+ACK, ACK old", "RA", EDGE, 9, 0, UNA, 0,       { ".",  ".",      ".",      ".",    ".",    ".",    ".",     ".",     ".",    ".",    ".",    "." } },

	{ "data at RCV.NXT", "PA", NEXT, 0, 10, NXT, 0,       { "R",  "R",      ".",      "d+10>ES", "d+10>ES", "d+10", "d+10>F2", "d+10", ".", ".>TW", ".>CL", "a" } },
	{ "data, ACK of nothing new", "PA", NEXT, 0, 10, UNA, 0, { "R", "R",    "R",      "R",    "R",    "d+10", "d+10",  "d+10",  ".",    ".",    ".",    "a" } },
	{ "data, ACK beyond", "PA", NEXT, 0, 10, NXT, 1,      { "R",  "R",      "R",      "R",    "R",    "a",    "a",     "a",     "a",    "a",    "a",    "a" } },
	{ "data, ACK too old", "PA", NEXT, 0, 10, UNA, -65536, { "R", "R",      "R",      "R",    "R",    "a",    "a",     "a",     "a",    "a",    "a",    "a" } },
	{ "data inside the window", "PA", NEXT, 100, 10, NXT, 0, { "R", "R",    ".",      "a>ES", "a>ES", "a",    "a>F2",  "a",     ".",    ".>TW", ".>CL", "a" } },
	{ "data across the left edge", "PA", NEXT, -5, 10, NXT, 0, { "R", "R",  ".",      "a+5>ES", "a+5>ES", "a+5", "a+5>F2", "a+5", "a",  "a>TW", ".>CL", "a" } },
	{ "data before the window", "PA", NEXT, -10, 10, NXT, 0, { "R", "R",    ".",      "a",    "a",    "a",    "a",     "a",     "a",    "a",    "a",    "a" } },
	{ "data across the right edge", "PA", EDGE, -5, 10, NXT, 0, { "R", "R", ".",      "a>ES", "a>ES", "a",    "a>F2",  "a",     "a",    "a>TW", ".>CL", "a" } },
	{ "data beyond the window", "PA", EDGE, 0, 10, NXT, 0, { "R", "R",      ".",      "a",    "a",    "a",    "a",     "a",     "a",    "a",    "a",    "a" } },
	{ "data and FIN", "FPA", NEXT, 0, 10, NXT, 0,         { "R",  "R",      ".",      "a+11>CW", "a+11>CW", "a+11>CW", "a+11>TW", "a+11>TW", "a", ".>TW", ".>CL", "a" } },
};
/* clang-format on */

static const char *const long_names[][2] = {
	{ "CL", "CLOSED" },      { "LI", "LISTEN" },     { "SS", "SYN_SENT" },   { "SR", "SYN_RECEIVED" },
	{ "ES", "ESTABLISHED" }, { "F1", "FIN_WAIT_1" }, { "F2", "FIN_WAIT_2" }, { "CW", "CLOSE_WAIT" },
	{ "CG", "CLOSING" },     { "LA", "LAST_ACK" },   { "TW", "TIME_WAIT" },
};

static const char *long_name(const char *abbreviation)
{
	for (size_t i = 0; i < HF_ARRAY_LEN(long_names); i++)
		if (strcmp(long_names[i][0], abbreviation) == 0)
			return long_names[i][1];
	fail_msg("no state: %s", abbreviation);
	return NULL;
}

/* What the cell's reply is as a line of sees(). */
static void tell_reply(const struct row *r, enum column c, const char *cell, int64_t seq, int64_t ack, char to[64])
{
	const char *plus = strchr(cell, '+');
	int64_t rcv_nxt = columns[c].next + (plus ? strtoll(plus + 1, NULL, 10) : 0);
	size_t n = strcspn(cell, "+>");
	uint32_t len = r->len + (strchr(r->flags, 'S') != NULL) + (strchr(r->flags, 'F') != NULL);

	to[0] = 0;
	if (n == 2 && memcmp(cell, "RA", 2) == 0)
		snprintf(to, 64, "RA z ack %lld", (long long)(seq + len));
	else if (cell[0] == 'R')
		snprintf(to, 64, "R %lld", (long long)ack);
	else if (cell[0] == 's')
		snprintf(to, 64, "SA 0 ack %lld", (long long)rcv_nxt);
	else if (cell[0] == 'a' || cell[0] == 'd')
		snprintf(to, 64, "A %u ack %lld", columns[c].nxt, (long long)rcv_nxt);
	else
		assert_true(cell[0] == '.');
}

static void one_cell(const struct row *r, enum column c, enum drill_place place)
{
	const char *cell = r->cells[c], *to;
	struct drill *d = drill_new(NULL);
	int64_t seq = (r->base == EDGE ? FIRST_BEYOND : (int64_t)columns[c].next) + r->seq;
	int64_t ack = r->ack_base == NXT ? columns[c].nxt : columns[c].una;
	char reply[64], text[96], before[32];
	uint32_t at;

	drill_go(d, place);
	snprintf(before, sizeof before, "%s", drill_state(d));
	at = d->looked;
	if (r->ack == NO_ACK)
		snprintf(text, sizeof text, "%s %lld+%u", r->flags, (long long)seq, r->len);
	else
		snprintf(text, sizeof text, "%s %lld+%u ack %lld", r->flags, (long long)seq, r->len,
			 (long long)(ack += r->ack));
	peer(d, "%s", text);
	lab_step(d->lab);
	if (cell[0] == 'd') {
		assert_int_equal(d->in_out, at);
		pass(d, HF_MS(40));
	}
	tell_reply(r, c, cell, seq, ack, reply);
	sees(d, "%s", reply);
	to = strchr(cell, '>');
	in_state(d, to ? long_name(to + 1) : before);
	/* What was refused left no trace: the connection is where it was. */
	if (!to && cell[0] != 'd' && !strchr(cell, '+') && place >= AT_ESTABLISHED && place <= AT_LAST_ACK) {
		assert_int_equal(drill_info(d).rcv_nxt - d->peer_iss, columns[c].next);
		assert_int_equal(drill_info(d).snd_una - d->iss, columns[c].una);
		assert_int_equal(drill_info(d).recv_queued, 0);
	}
	drill_end(d);
}

/* cmocka stops at the first failure of a test, so that each row is one. */
static void one_row(void **state)
{
	const struct row *r = *state;

	for (enum column c = CL; c < COLUMNS; c++) {
		assert_non_null(r->cells[c]);
		print_message("           %s in %s: %s\n", r->name, drill_place_names[columns[c].place], r->cells[c]);
		one_cell(r, c, columns[c].place);
		if (columns[c].other != columns[c].place)
			one_cell(r, c, columns[c].other);
	}
}

int main(void)
{
	struct CMUnitTest tests[HF_ARRAY_LEN(rows)];

	for (size_t i = 0; i < HF_ARRAY_LEN(rows); i++)
		tests[i] = (struct CMUnitTest){ rows[i].name, one_row, NULL, NULL, (void *)(uintptr_t)&rows[i] };
	return cmocka_run_group_tests_name("grid", tests, NULL, NULL);
}
