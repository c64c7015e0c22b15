/* SPDX-License-Identifier: MIT */
/*
 * The table of turns (tls_fsm.def) as a whole. On paper: all orders of messages that lead to CONNECTED, against the list that
 * the RFCs allow, written down by hand. Live: handshakes of every kind fire every row, and in every state whatever has no row
 * is refused with unexpected_message by its type alone, whatever its body is.
 */
#include "post.h"

#include <stdio.h>
#include <stdlib.h>

#define TO(state) (1u << TLS_ST_##state)

static const struct row {
	const char *name;
	unsigned state, message;
	uint32_t to;
} rows[] = {
#define M(state_, message_, to_, keys, handler, rfc) { #state_ " " #message_, TLS_ST_##state_, TLS_##message_, to_ },
#include "tls/tls_fsm.def"
#undef M
};

static const struct row *find_row(unsigned state, unsigned message)
{
	for (size_t i = 0; i < HF_ARRAY_LEN(rows); i++)
		if (rows[i].state == state && rows[i].message == message)
			return &rows[i];
	return NULL;
}

/* ---- on paper ---- */

#define ORDERS_MAX 64u
#define ORDER_LENGTH 256u

struct orders {
	unsigned end;
	size_t n;
	char text[ORDERS_MAX][ORDER_LENGTH];
};

static const char *short_name(unsigned message)
{
	switch (message) {
	case TLS_CLIENT_HELLO:
		return "CH";
	case TLS_SERVER_HELLO:
		return "SH";
	case TLS_HELLO_RETRY_REQUEST:
		return "HRR";
	case TLS_ENCRYPTED_EXTENSIONS:
		return "EE";
	case TLS_CERTIFICATE_REQUEST:
		return "CR";
	case TLS_CERTIFICATE:
		return "CERT";
	case TLS_CERTIFICATE_VERIFY:
		return "CV";
	case TLS_CERTIFICATE_STATUS:
		return "STATUS";
	case TLS_SERVER_KEY_EXCHANGE:
		return "SKE";
	case TLS_SERVER_HELLO_DONE:
		return "SHD";
	case TLS_CLIENT_KEY_EXCHANGE:
		return "CKE";
	case TLS_NEW_SESSION_TICKET:
		return "NST";
	case TLS_END_OF_EARLY_DATA:
		return "EOED";
	case TLS_CCS_MESSAGE:
		return "CCS";
	case TLS_FINISHED:
		return "FIN";
	default:
		return "?";
	}
}

static void walk(struct orders *o, unsigned state, const char *so_far)
{
	char text[ORDER_LENGTH];

	if (state == o->end) {
		assert_true(o->n < ORDERS_MAX);
		memcpy(o->text[o->n++], so_far, strlen(so_far) + 1);
		return;
	}
	for (size_t i = 0; i < HF_ARRAY_LEN(rows); i++) {
		if (rows[i].state != state)
			continue;
		assert_true(snprintf(text, sizeof(text), "%s%s%s", so_far, *so_far ? " " : "",
				     short_name(rows[i].message)) < (int)sizeof(text));
		for (unsigned to = 0; to < TLS_ST_COUNT; to++)
			if (rows[i].to & 1u << to && to != state)
				walk(o, to, text);
	}
}

static int in_order(const void *a, const void *b)
{
	return strcmp(a, b);
}

/* A staple that was promised and is left out leads through other states, but is the same order of messages. */
static void sort(struct orders *o)
{
	size_t n = 0;

	qsort(o->text, o->n, sizeof(o->text[0]), in_order);
	for (size_t i = 0; i < o->n; i++)
		if (n == 0 || strcmp(o->text[n - 1], o->text[i]) != 0)
			memmove(o->text[n++], o->text[i], ORDER_LENGTH);
	o->n = n;
}

static void assert_orders(unsigned begin, unsigned end, const char *const *legal, size_t n)
{
	static struct orders got, want;

	got = (struct orders){ .end = end };
	want = (struct orders){ .n = n };
	walk(&got, begin, "");
	for (size_t i = 0; i < n; i++)
		memcpy(want.text[i], legal[i], strlen(legal[i]) + 1);
	sort(&got);
	sort(&want);
	for (size_t i = 0; i < got.n && i < want.n; i++)
		assert_string_equal(got.text[i], want.text[i]);
	assert_int_equal(got.n, want.n);
}

/* RFC 8446 A.1, 4.3.2, 4.4.2, 4.1.4: with a pre-shared key neither certificate nor request; a retry before any of them. */
static void orders_client_13(void **state)
{
	static const char *const legal[] = {
		"SH EE FIN",     "SH EE CERT CV FIN",     "SH EE CR CERT CV FIN",
		"HRR SH EE FIN", "HRR SH EE CERT CV FIN", "HRR SH EE CR CERT CV FIN",
	};

	(void)state;
	assert_orders(TLS_ST_C_WAIT_SH, TLS_ST_C13_CONNECTED, legal, HF_ARRAY_LEN(legal));
}

/*
 * RFC 8446 A.2, 4.5, 4.4.2, 4.2.10: early data goes with a pre-shared key, so without certificates, and not after a retry; an
 * empty Certificate has no CertificateVerify.
 */
static void orders_server_13(void **state)
{
	static const char *const legal[] = {
		"CH FIN",    "CH EOED FIN",    "CH CERT FIN",       "CH CERT CV FIN",
		"CH CH FIN", "CH CH CERT FIN", "CH CH CERT CV FIN",
	};

	(void)state;
	assert_orders(TLS_ST_S_WAIT_CH, TLS_ST_S13_CONNECTED, legal, HF_ARRAY_LEN(legal));
}

/*
 * RFC 5246 7.3, 7.4.3 (ServerKeyExchange with ECDHE, not with RSA), 7.4.4; RFC 6066 8 (CertificateStatus only where promised,
 * and even then it may be left out); RFC 5077 3.3 (NewSessionTicket where promised, resumed or not). No HelloRetryRequest.
 */
static void orders_client_12(void **state)
{
	static const char *const legal[] = {
		"SH CCS FIN",
		"SH NST CCS FIN",
		/* ECDHE */
		"SH CERT SKE SHD CCS FIN",
		"SH CERT SKE SHD NST CCS FIN",
		"SH CERT SKE CR SHD CCS FIN",
		"SH CERT SKE CR SHD NST CCS FIN",
		"SH CERT STATUS SKE SHD CCS FIN",
		"SH CERT STATUS SKE SHD NST CCS FIN",
		"SH CERT STATUS SKE CR SHD CCS FIN",
		"SH CERT STATUS SKE CR SHD NST CCS FIN",
		/* RSA key transport */
		"SH CERT SHD CCS FIN",
		"SH CERT SHD NST CCS FIN",
		"SH CERT CR SHD CCS FIN",
		"SH CERT CR SHD NST CCS FIN",
		"SH CERT STATUS SHD CCS FIN",
		"SH CERT STATUS SHD NST CCS FIN",
		"SH CERT STATUS CR SHD CCS FIN",
		"SH CERT STATUS CR SHD NST CCS FIN",
	};

	(void)state;
	assert_orders(TLS_ST_C_WAIT_SH, TLS_ST_C12_CONNECTED, legal, HF_ARRAY_LEN(legal));
}

/* RFC 5246 7.3, 7.4.8: CertificateVerify comes if, and only if, a certificate that can sign came; RFC 5077 3.1 resumed. */
static void orders_server_12(void **state)
{
	static const char *const legal[] = {
		"CH CCS FIN",
		"CH CKE CCS FIN",
		"CH CERT CKE CCS FIN",
		"CH CERT CKE CV CCS FIN",
	};

	(void)state;
	assert_orders(TLS_ST_S_WAIT_CH, TLS_ST_S12_CONNECTED, legal, HF_ARRAY_LEN(legal));
}

/* ---- live: every row, and every state that it may lead to ---- */

static uint32_t fired[HF_ARRAY_LEN(rows)];

/* Messages as an honest peer says them, for use in the wrong place. */
static struct {
	uint8_t at[4096];
	size_t n;
} genuine[TLS_CCS_MESSAGE];

static void keep_genuine(const struct post_item *item)
{
	if (item->message >= TLS_CCS_MESSAGE || item->octets.len > sizeof(genuine[0].at))
		return;
	memcpy(genuine[item->message].at, item->octets.at, item->octets.len);
	genuine[item->message].n = item->octets.len;
}

static bool honest; /* what comes is in its turn; in 1.3 a change_cipher_spec has none */

static void fire(struct post *p, enum lab_who to, const struct post_item *item)
{
	const struct hf_tls *t = p->lab->side[to].t;
	const struct row *row = find_row(t->state, item->message);

	if (honest && !row && item->message != POST_OTHER && t->version != TLS_VERSION_1_3 && t->state != TLS_ST_FAILED)
		fail_msg("state %u: there is no row for %s", t->state, tls_message_name(item->message));
	post_hand_on(p, to, item);
	if (row && t->state != TLS_ST_FAILED) {
		if (!(row->to & 1u << t->state))
			fail_msg("%s: leads to state %u", row->name, t->state);
		fired[row - rows] |= 1u << t->state;
	}
}

static bool fire_and_keep(struct post *p, enum lab_who to, const struct post_item *item)
{
	keep_genuine(item);
	fire(p, to, item);
	return true;
}

/* RFC 6066 8: a staple that was promised may be left out. */
static bool leave_status_out(struct post *p, enum lab_who to, const struct post_item *item)
{
	if (item->message != TLS_CERTIFICATE_STATUS)
		fire(p, to, item);
	return true;
}

/* RFC 5077 3.3: a new ticket may be promised to a client that resumes; this server never does. */
static bool promise_ticket(struct post *p, enum lab_who to, const struct post_item *item)
{
	static uint8_t changed[1024];
	struct post_item other = *item;
	size_t block;

	if (item->message == TLS_SERVER_HELLO) {
		memcpy(changed, item->octets.at, item->octets.len);
		memcpy(changed + item->octets.len, "\0\x23\0\0", 4);
		other.octets = (struct hf_bytes){ changed, item->octets.len + 4 };
		block = TLS_MESSAGE_HEADER + 2 + 32 + 1 + changed[TLS_MESSAGE_HEADER + 2 + 32] + 3;
		hf_store16(changed + block, (uint16_t)(hf_load16(changed + block) + 4));
		hf_store16(changed + 2, (uint16_t)(hf_load16(changed + 2) + 4));
	}
	fire(p, to, &other);
	return true;
}

static void run_kind(const struct post_kind *kind, post_hook *hook)
{
	struct lab *lab = post_lab(kind);
	struct post *p = post_new(lab);

	honest = hook != promise_ticket;
	(void)post_run(p, hook);
	if (hook == fire_and_keep) {
		for (enum lab_who i = 0; i < 2; i++)
			if (!lab->side[i].connected)
				fail_msg("%s: %s", kind->name, lab_info(lab, i).why);
		if (kind->version == HF_TLS_1_3) {
			assert_int_equal(hf_tls_update_keys(lab->side[LAB_CLIENT].t, true), HF_OK);
			(void)post_run(p, hook);
			assert_int_equal(lab_info(lab, LAB_CLIENT).key_updates_received, 1);
		} else {
			static const uint8_t request[] = { TLS_HELLO_REQUEST, 0, 0, 0 };
			const struct post_item items[] = {
				{ TLS_CLIENT_HELLO,
				  TLS_HANDSHAKE,
				  false,
				  { genuine[TLS_CLIENT_HELLO].at, genuine[TLS_CLIENT_HELLO].n } },
				{ TLS_HELLO_REQUEST, TLS_HANDSHAKE, false, { request, sizeof(request) } },
			};

			(void)fire_and_keep(p, LAB_SERVER, &items[0]);
			(void)fire_and_keep(p, LAB_CLIENT, &items[1]);
		}
	}
	post_free(p);
	lab_free(lab);
}

static void every_row(void **state)
{
	(void)state;
	for (size_t i = 0; i < post_kind_count; i++) {
		run_kind(&post_kinds[i], fire_and_keep);
		if (post_kinds[i].version == HF_TLS_1_2) {
			run_kind(&post_kinds[i], leave_status_out);
			run_kind(&post_kinds[i], promise_ticket);
		}
	}
	for (size_t i = 0; i < HF_ARRAY_LEN(rows); i++)
		if (fired[i] != rows[i].to)
			fail_msg("%s: leads to states %x, was seen to lead to %x", rows[i].name, rows[i].to, fired[i]);
}

/* ---- live: what has no row ---- */

static bool judged[TLS_ST_COUNT];

static bool is_connected(const struct hf_tls *t)
{
	return t->state == TLS_ST_C13_CONNECTED || t->state == TLS_ST_S13_CONNECTED ||
	       t->state == TLS_ST_C12_CONNECTED || t->state == TLS_ST_S12_CONNECTED;
}

struct intrusion {
	struct post *p;
	enum lab_who to;
	struct post_copy copy;
};

static void put_back(struct intrusion *in)
{
	if (!post_put_back(in->p, in->to, &in->copy))
		fail_msg("what came out of turn has changed keys");
}

static void expect_unexpected(struct intrusion *in, const char *what, unsigned n)
{
	const struct lab_side *side = &in->p->lab->side[in->to];
	const struct hf_tls_info info = lab_info(in->p->lab, in->to);
	const unsigned was = ((const struct hf_tls *)(const void *)in->copy.mem)->state;

	if (!side->failed)
		fail_msg("state %u: %s %u was taken", was, what, n);
	if (!info.has_alert_sent || info.alert_sent != TLS_ALERT_UNEXPECTED_MESSAGE)
		fail_msg("state %u: %s %u: %s", was, what, n, info.why);
	assert_int_equal(side->t->failed_in, was);
	put_back(in);
}

static void give(struct intrusion *in, uint8_t content, const void *at, size_t n)
{
	post_give(in->p, in->to, content, (struct hf_bytes){ at, n });
}

/* A type alone, a type that promises much, and a genuine message. */
static void intrude_messages(struct intrusion *in)
{
	const struct hf_tls *t = in->p->lab->side[in->to].t;
	const unsigned state = t->state;

	for (unsigned type = 0; type < 256; type++) {
		const uint8_t empty[] = { (uint8_t)type, 0, 0, 0 }, much[] = { (uint8_t)type, 0xff, 0xff, 0xff, 1 };
		/* The number by which the table knows HelloRetryRequest is no message's number. */
		const struct row *row = type == TLS_HELLO_RETRY_REQUEST ? NULL : find_row(state, type);

		/* A HelloRetryRequest looks like this until its random is there. */
		if (!row && !(type == TLS_SERVER_HELLO && find_row(state, TLS_HELLO_RETRY_REQUEST))) {
			give(in, TLS_HANDSHAKE, empty, sizeof(empty));
			expect_unexpected(in, "empty", type);
			give(in, TLS_HANDSHAKE, much, sizeof(much));
			expect_unexpected(in, "header", type);
		}
		if (genuine[type].n > 0 && !find_row(state, type)) {
			give(in, TLS_HANDSHAKE, genuine[type].at, genuine[type].n);
			expect_unexpected(in, "genuine", type);
		}
		/* RFC 8446 5.1, 6: under keys nothing is said in plain any more; 1.2 takes it for a record that does not open. */
		if (row && t->rd.epoch != TLS_EPOCH_PLAIN) {
			post_give_plain(in->p, in->to, TLS_HANDSHAKE,
					(struct hf_bytes){ genuine[type].at, genuine[type].n });
			if (t->version == TLS_VERSION_1_3) {
				expect_unexpected(in, "plain", type);
			} else {
				assert_int_equal(lab_info(in->p->lab, in->to).alert_sent, TLS_ALERT_BAD_RECORD_MAC);
				put_back(in);
			}
		}
	}
}

/* RFC 8446 5: from the first hello until Finished a change_cipher_spec of one octet, 1, is passed over; nothing else is. */
static void intrude_ccs(struct intrusion *in)
{
	static const struct hf_bytes wrong[] = { LAB_BYTES(""), LAB_BYTES("\2"), LAB_BYTES("\1\1") };
	const struct hf_tls *t = in->p->lab->side[in->to].t;
	const unsigned state = t->state;
	const bool passed_over = t->version != TLS_VERSION_1_2 && state != TLS_ST_S_WAIT_CH && !is_connected(t);

	for (size_t i = 0; i < HF_ARRAY_LEN(wrong); i++) {
		give(in, TLS_CHANGE_CIPHER_SPEC, wrong[i].at, wrong[i].len);
		expect_unexpected(in, "wrong change_cipher_spec", (unsigned)i);
	}
	if (find_row(state, TLS_CCS_MESSAGE))
		return;
	give(in, TLS_CHANGE_CIPHER_SPEC, "\1", 1);
	if (passed_over) {
		assert_int_equal(t->state, state);
		put_back(in);
	} else {
		expect_unexpected(in, "change_cipher_spec", 1);
	}
}

static void intrude_records(struct intrusion *in)
{
	static const uint8_t unknown[] = { 0, 19, 24, 255 };
	const struct hf_tls *t = in->p->lab->side[in->to].t;

	for (size_t i = 0; i < HF_ARRAY_LEN(unknown); i++) {
		post_give_plain(in->p, in->to, unknown[i], LAB_BYTES("\1"));
		expect_unexpected(in, "record", unknown[i]);
	}
	if (t->rd.epoch != TLS_EPOCH_PLAIN && t->version == TLS_VERSION_1_3)
		for (size_t i = 1; i < HF_ARRAY_LEN(unknown); i++) { /* 0 would be padding */
			give(in, unknown[i], "\1", 1);
			expect_unexpected(in, "sealed record", unknown[i]);
		}
	if (!is_connected(t) && t->rd.epoch != TLS_EPOCH_EARLY) {
		give(in, TLS_APPLICATION_DATA, "x", 1);
		expect_unexpected(in, "data", 1);
	}
	post_give(in->p, in->to, TLS_HANDSHAKE, (struct hf_bytes){ (const uint8_t *)"", 0 });
	expect_unexpected(in, "an empty record", 0);
}

static void intrude(struct post *p, enum lab_who to)
{
	struct intrusion in = { .p = p, .to = to };
	const unsigned state = p->lab->side[to].t->state;

	if (judged[state] || state == TLS_ST_FAILED)
		return;
	judged[state] = true;
	post_copy(p, to, &in.copy);
	intrude_messages(&in);
	intrude_ccs(&in);
	intrude_records(&in);
	post_copy_free(&in.copy);
}

static bool intrude_first(struct post *p, enum lab_who to, const struct post_item *item)
{
	intrude(p, to);
	return post_hand_on(p, to, item);
}

/* States that are entered on the way that promise_ticket() and others lead to are those of other kinds as well. */
static void every_other_message(void **state)
{
	(void)state;
	for (size_t i = 0; i < post_kind_count; i++) {
		struct lab *lab = post_lab(&post_kinds[i]);
		struct post *p = post_new(lab);

		(void)post_run(p, intrude_first);
		for (enum lab_who to = 0; to < 2; to++) {
			assert_true(lab->side[to].connected); /* all was put back as it had been */
			intrude(p, to);
		}
		post_free(p);
		lab_free(lab);
	}
	for (unsigned i = 0; i < TLS_ST_FAILED; i++)
		if (!judged[i])
			fail_msg("no handshake comes to state %u", i);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(orders_client_13), cmocka_unit_test(orders_server_13),
		cmocka_unit_test(orders_client_12), cmocka_unit_test(orders_server_12),
		cmocka_unit_test(every_row),        cmocka_unit_test(every_other_message),
	};

	return cmocka_run_group_tests(tests, post_world_make, post_world_free);
}
