/* SPDX-License-Identifier: MIT */
/*
 * Every message of both versions, in both directions, on a live connection: cut at every octet with its length mended, with an
 * octet behind it, and with each length field inside it one too great and one too small. All of it is refused, mostly with
 * decode_error (RFC 8446 6.2: "the length of the message was incorrect" or a field out of its range); the other alerts stand
 * in a table with their reasons.
 */
#include "post.h"

/* ---- where the lengths stand ---- */

#define FIELDS_MAX 256u

struct fields {
	struct field {
		size_t at;
		unsigned size;
		const char *name;
	} field[FIELDS_MAX];
	size_t n;
	unsigned message;
	const uint8_t *base;
};

/*
 * The RFC's structs in a few letters: a digit is so many octets, R a random, a b c a vector behind a length of 1, 2, 3 octets,
 * A( ) B( ) C( ) the same of items, X the block of extensions.
 */
static const char *form_of(unsigned message, uint16_t version, bool transport)
{
	const bool old = version == TLS_VERSION_1_2;

	switch (message) {
	case TLS_CLIENT_HELLO:
		return "2RabaX";
	case TLS_SERVER_HELLO:
	case TLS_HELLO_RETRY_REQUEST:
		return "2Ra3X";
	case TLS_ENCRYPTED_EXTENSIONS:
		return "X";
	case TLS_CERTIFICATE_REQUEST:
		return old ? "abB(b)" : "aX";
	case TLS_CERTIFICATE:
		return old ? "C(c)" : "aC(cX)";
	case TLS_CERTIFICATE_VERIFY:
		return "2b";
	case TLS_CERTIFICATE_STATUS:
		return "1c";
	case TLS_SERVER_KEY_EXCHANGE:
		return "3a2b";
	case TLS_CLIENT_KEY_EXCHANGE:
		return transport ? "b" : "a";
	case TLS_NEW_SESSION_TICKET:
		return old ? "4b" : "8abX";
	default:
		return "";
	}
}

static const char *form_of_extension(unsigned type, unsigned message)
{
	const bool hello = message == TLS_CLIENT_HELLO;

	switch (type) {
	case TLS_EXT_SERVER_NAME:
		return hello ? "B(1b)" : "";
	case TLS_EXT_STATUS_REQUEST:
		return hello ? "1bb" : message == TLS_CERTIFICATE ? "1c" : "";
	case TLS_EXT_SUPPORTED_GROUPS:
	case TLS_EXT_SIGNATURE_ALGORITHMS:
	case TLS_EXT_COOKIE:
		return "b";
	case TLS_EXT_EC_POINT_FORMATS:
	case TLS_EXT_PSK_KEY_EXCHANGE_MODES:
	case TLS_EXT_RENEGOTIATION_INFO:
		return "a";
	case TLS_EXT_ALPN:
		return "B(a)";
	case TLS_EXT_SIGNED_CERTIFICATE_TIMESTAMP:
		return hello ? "" : "B(b)";
	case TLS_EXT_PRE_SHARED_KEY:
		return hello ? "B(b4)B(a)" : "";
	case TLS_EXT_SUPPORTED_VERSIONS:
		return hello ? "a" : "";
	case TLS_EXT_CERTIFICATE_AUTHORITIES:
		return "B(b)";
	case TLS_EXT_KEY_SHARE:
		return hello ? "B(2b)" : message == TLS_SERVER_HELLO ? "2b" : "";
	default:
		return "";
	}
}

static size_t length_at(const uint8_t *at, unsigned size)
{
	return size == 1 ? at[0] : size == 2 ? hf_load16(at) : (size_t)at[0] << 16 | (size_t)at[1] << 8 | at[2];
}

static size_t add_field(struct fields *f, size_t at, unsigned size, const char *name)
{
	assert_true(f->n < FIELDS_MAX);
	f->field[f->n++] = (struct field){ at, size, name };
	return length_at(f->base + at, size);
}

static size_t find_fields(struct fields *f, const char *form, size_t at, size_t end, const char *name);

static size_t find_in_extensions(struct fields *f, size_t at, size_t end)
{
	size_t block;

	if (at == end)
		return at;
	block = at + 2 + add_field(f, at, 2, "extensions");
	for (at += 2; at < block;) {
		const unsigned type = hf_load16(f->base + at);
		const size_t len = add_field(f, at + 2, 2, tls_extension_name(type));

		(void)find_fields(f, form_of_extension(type, f->message), at + 4, at + 4 + len, tls_extension_name(type));
		at += 4 + len;
	}
	assert_int_equal(at, block);
	return at;
}

static const char *end_of_group(const char *form)
{
	unsigned depth = 0;

	for (;; form++) {
		depth += *form == '(';
		depth -= *form == ')';
		if (depth == 0)
			return form;
	}
}

static size_t find_fields(struct fields *f, const char *form, size_t at, size_t end, const char *name)
{
	for (; *form && *form != ')'; form++) {
		if (*form >= '1' && *form <= '9') {
			at += (size_t)(*form - '0');
		} else if (*form == 'R') {
			at += 32;
		} else if (*form == 'X') {
			at = find_in_extensions(f, at, end);
		} else if (*form >= 'a' && *form <= 'c') {
			const unsigned size = (unsigned)(*form - 'a') + 1;

			at += size + add_field(f, at, size, name);
		} else {
			const unsigned size = (unsigned)(*form - 'A') + 1;
			const size_t inner = at + size + add_field(f, at, size, name);

			for (at += size; at < inner;)
				at = find_fields(f, form + 2, at, inner, name);
			form = end_of_group(form + 1);
		}
		assert_true(at <= end);
	}
	return at;
}

/* ---- what comes of it ---- */

enum how {
	CUT,     /* at octet n of the body */
	LONGER,  /* an octet behind it */
	SHORTER, /* the message's own length says one less than there is */
	GREATER, /* field n says one more */
	LESS,
};

struct change {
	enum lab_who to;
	unsigned item; /* the how manieth of the handshake */
	unsigned message;
	enum how how;
	size_t n;
	const struct field *field; /* offset in the body */
	bool at_extensions;        /* cut where the block of extensions begins */
};

/* What may come of it besides decode_error. */
static const struct exception {
	unsigned message;
	uint16_t version;
	enum how how;
	bool taken; /* it is a whole message; the handshake fails later, as the two ends have not seen the same */
	uint8_t alerts[2];
} exceptions[] = {
	/* RFC 8446 4.2.1, D.2: a hello without supported_versions offers 1.2 at most, and that is not spoken here. */
	{ TLS_CLIENT_HELLO, HF_TLS_1_3, CUT, false, { TLS_ALERT_PROTOCOL_VERSION } },
	/* The same the other way; after a retry (4.1.4) it changes what was chosen already. */
	{ TLS_SERVER_HELLO, HF_TLS_1_3, CUT, false, { TLS_ALERT_PROTOCOL_VERSION, TLS_ALERT_ILLEGAL_PARAMETER } },
	/* RFC 8446 4.1.4: supported_versions must be there. */
	{ TLS_HELLO_RETRY_REQUEST, HF_TLS_1_3, CUT, false, { TLS_ALERT_MISSING_EXTENSION } },
	/*
	 * RFC 5246 7.4.1.2, 7.4.1.3: both hellos may end before the extensions. A client without signature_algorithms takes
	 * SHA-1 alone, which nobody signs with (RFC 9155); with key transport nothing is signed. A session is not resumed
	 * without extended master secret (RFC 7627 5.3).
	 */
	{ TLS_CLIENT_HELLO, HF_TLS_1_2, CUT, true, { TLS_ALERT_HANDSHAKE_FAILURE } },
	{ TLS_SERVER_HELLO, HF_TLS_1_2, CUT, true, { TLS_ALERT_HANDSHAKE_FAILURE } },
	/* An extension that swallows an octet of the next makes it one that nobody asked for (RFC 5246 7.4.1.4). */
	{ TLS_SERVER_HELLO, HF_TLS_1_2, GREATER, false, { TLS_ALERT_UNSUPPORTED_EXTENSION } },
};

static const struct exception *find_exception(const struct change *c, uint16_t version)
{
	for (size_t i = 0; i < HF_ARRAY_LEN(exceptions); i++) {
		const struct exception *e = &exceptions[i];

		if (e->message == c->message && e->version == version && e->how == c->how &&
		    (e->how != CUT || c->at_extensions))
			return e;
	}
	return NULL;
}

static bool is_expected(const struct change *c, uint16_t version, const struct hf_tls_info *info)
{
	const struct exception *e = find_exception(c, version);

	if (!info->why)
		return e && e->taken;
	return info->alert_sent == TLS_ALERT_DECODE_ERROR ||
	       (e && (info->alert_sent == e->alerts[0] || info->alert_sent == e->alerts[1]));
}

/* ---- changes ---- */

static size_t change_message(const struct change *c, struct hf_bytes message, uint8_t *to)
{
	size_t n = message.len, body;

	memcpy(to, message.at, n);
	if (c->how == CUT)
		n = TLS_MESSAGE_HEADER + c->n;
	if (c->how == LONGER)
		to[n++] = 0;
	if (c->how == GREATER || c->how == LESS) {
		uint8_t *at = to + TLS_MESSAGE_HEADER + c->field->at;
		const size_t len = length_at(at, c->field->size) + (c->how == GREATER ? 1 : (size_t)-1);

		for (unsigned i = 0; i < c->field->size; i++)
			at[i] = (uint8_t)(len >> 8 * (c->field->size - 1 - i));
	}
	body = n - TLS_MESSAGE_HEADER - (c->how == SHORTER);
	to[1] = (uint8_t)(body >> 16);
	hf_store16(to + 2, (uint16_t)body);
	return n;
}

static void give_changed(struct post *p, const struct change *c, const struct post_item *item)
{
	static uint8_t changed[LAB_WIRE];
	const size_t n = change_message(c, item->octets, changed);

	post_give(p, c->to, item->content, (struct hf_bytes){ changed, n });
}

/* How many changes of a kind there are; false: not this one. */
static size_t count_of(const struct fields *f, enum how how, size_t body)
{
	return how == CUT ? body : how == GREATER || how == LESS ? f->n : how == SHORTER ? body > 0 : 1;
}

static bool set_change(const struct fields *f, enum how how, size_t i, struct change *c)
{
	c->how = how;
	c->n = i;
	c->field = how == GREATER || how == LESS ? &f->field[i] : NULL;
	c->at_extensions = false;
	for (size_t k = 0; how == CUT && k < f->n; k++)
		c->at_extensions = c->at_extensions || (f->field[k].at == i && strcmp(f->field[k].name, "extensions") == 0);
	return how != LESS || length_at(f->base + c->field->at, c->field->size) > 0;
}

/* ---- the runs ---- */

#define TAKEN_MAX 64u

struct run {
	const struct post_kind *kind;
	unsigned items;
	struct change taken[TAKEN_MAX];
	size_t takens;
	const struct change *now; /* when a taken one is followed to its end */
};

static uint32_t mangled[2][2]; /* bits of messages: of 1.2 and 1.3, to either side */

static void judge(struct post *p, const struct change *c)
{
	static const char *const hows[] = { "cut", "longer", "shorter", "greater", "less" };
	const struct hf_tls_info info = lab_info(p->lab, c->to);
	struct run *run = p->user;

	if (!is_expected(c, run->kind->version, &info))
		fail_msg("%s: %s %s at %zu%s: %s, alert %s", run->kind->name, tls_message_name(c->message),
			 hows[c->how], c->field ? c->field->at : c->n, c->field ? c->field->name : "",
			 info.why ? info.why : "taken", info.why ? tls_alert_name(info.alert_sent) : "none");
	if (!info.why) {
		assert_true(run->takens < TAKEN_MAX);
		run->taken[run->takens++] = *c;
	}
}

static void find_all_fields(const struct run *run, const struct post_item *item, struct fields *f)
{
	const size_t body = item->octets.len - TLS_MESSAGE_HEADER;
	const char *form = form_of(item->message, run->kind->version, strstr(run->kind->name, "transport") != NULL);

	*f = (struct fields){ .message = item->message, .base = item->octets.at + TLS_MESSAGE_HEADER };
	if (*form)
		assert_int_equal(find_fields(f, form, 0, body, ""), body);
}

static bool mangle(struct post *p, enum lab_who to, const struct post_item *item)
{
	static struct fields f;
	struct run *run = p->user;
	struct change c = { .to = to, .item = run->items++, .message = item->message };
	struct post_copy copy;

	if (item->content != TLS_HANDSHAKE)
		return post_hand_on(p, to, item);
	mangled[run->kind->version == HF_TLS_1_3][to] |= 1u << item->message % 32;
	find_all_fields(run, item, &f);
	post_copy(p, to, &copy);
	for (enum how how = CUT; how <= LESS; how++)
		for (size_t i = 0; i < count_of(&f, how, item->octets.len - TLS_MESSAGE_HEADER); i++) {
			if (!set_change(&f, how, i, &c))
				continue;
			give_changed(p, &c, item);
			judge(p, &c);
			assert_true(post_put_back(p, to, &copy));
		}
	post_copy_free(&copy);
	return post_hand_on(p, to, item);
}

static bool follow(struct post *p, enum lab_who to, const struct post_item *item)
{
	struct run *run = p->user;

	if (run->items++ == run->now->item)
		give_changed(p, run->now, item);
	else
		(void)post_hand_on(p, to, item);
	return true;
}

static void run_kind(struct run *run, post_hook *hook, bool connects)
{
	struct lab *lab = post_lab(run->kind);
	struct post *p = post_new(lab);

	p->user = run;
	run->items = 0;
	(void)post_run(p, hook);
	assert_int_equal(lab->side[LAB_CLIENT].connected, connects);
	assert_int_equal(lab->side[LAB_SERVER].connected, connects);
	if (connects && run->kind->version == HF_TLS_1_3) {
		assert_int_equal(hf_tls_update_keys(lab->side[LAB_CLIENT].t, true), HF_OK);
		(void)post_run(p, hook);
		assert_int_equal(lab_info(lab, LAB_CLIENT).key_updates_received, 1);
	}
	post_free(p);
	lab_free(lab);
}

static void every_message(void **state)
{
	(void)state;
	for (size_t i = 0; i < post_kind_count; i++) {
		struct run run = { .kind = &post_kinds[i] };

		run_kind(&run, mangle, true);
		for (size_t k = 0; k < run.takens; k++) {
			run.now = &run.taken[k];
			run_kind(&run, follow, false);
		}
	}
}

#define HAS(message) (1u << TLS_##message % 32)

/* What no handshake above has is none of these versions' messages. HelloRequest has no body: test_12_refuse.c. */
static void none_left_out(void **state)
{
	(void)state;
	assert_int_equal(mangled[1][LAB_CLIENT], HAS(SERVER_HELLO) | HAS(HELLO_RETRY_REQUEST) |
							 HAS(ENCRYPTED_EXTENSIONS) | HAS(CERTIFICATE_REQUEST) |
							 HAS(CERTIFICATE) | HAS(CERTIFICATE_VERIFY) | HAS(FINISHED) |
							 HAS(NEW_SESSION_TICKET) | HAS(KEY_UPDATE));
	assert_int_equal(mangled[1][LAB_SERVER], HAS(CLIENT_HELLO) | HAS(END_OF_EARLY_DATA) | HAS(CERTIFICATE) |
							 HAS(CERTIFICATE_VERIFY) | HAS(FINISHED) | HAS(KEY_UPDATE));
	assert_int_equal(mangled[0][LAB_CLIENT], HAS(SERVER_HELLO) | HAS(CERTIFICATE) | HAS(CERTIFICATE_STATUS) |
							 HAS(SERVER_KEY_EXCHANGE) | HAS(CERTIFICATE_REQUEST) |
							 HAS(SERVER_HELLO_DONE) | HAS(NEW_SESSION_TICKET) | HAS(FINISHED));
	assert_int_equal(mangled[0][LAB_SERVER], HAS(CLIENT_HELLO) | HAS(CERTIFICATE) | HAS(CLIENT_KEY_EXCHANGE) |
							 HAS(CERTIFICATE_VERIFY) | HAS(FINISHED));
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(every_message), cmocka_unit_test(none_left_out) };

	return cmocka_run_group_tests(tests, post_world_make, post_world_free);
}
