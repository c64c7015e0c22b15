/* SPDX-License-Identifier: MIT */
/*
 * Heads of HTTP/1.1 messages. Two passes, so that a message means the same however its octets were split:
 *
 * - h1_scan_head() looks at each octet once, as it comes, until the empty line. It refuses what may stand nowhere in a
 *   head (control characters, a CR or LF alone) and what exceeds a limit; it stores nothing but an offset.
 * - h1_parse_request() and h1_parse_response() see the whole head in one piece. The fields that decide where the message
 *   ends are judged here, and whatever two readers could understand differently is refused: that is what request
 *   smuggling lives on (RFC 9112 11.2).
 */
#include "http/h1.h"
#include "base/ascii.h"

static const struct {
	const char *name, *rfc, *sentence;
	uint16_t status;
} faults[H1_FAULT_COUNT] = {
#define F(name_, status_, rfc_, sentence_) [H1_##name_] = { #name_, rfc_, sentence_, status_ },
#include "http/h1_fault.def"
#undef F
};

const char *h1_fault_name(unsigned fault)
{
	return fault < H1_FAULT_COUNT ? faults[fault].name : "?";
}
const char *h1_fault_sentence(unsigned fault)
{
	return fault < H1_FAULT_COUNT ? faults[fault].sentence : "?";
}
const char *h1_fault_rfc(unsigned fault)
{
	return fault < H1_FAULT_COUNT ? faults[fault].rfc : "?";
}
unsigned h1_fault_status(unsigned fault)
{
	return fault < H1_FAULT_COUNT ? faults[fault].status : 0;
}

const char *http_reason(unsigned status)
{
	switch (status) {
#define R(code, reason) \
	case code:      \
		return reason;
#include "http/http_status.def"
#undef R
	default:
		return "";
	}
}

/* ---- input ---- */

struct h1_input h1_input_over(const struct hf_bytes *spans, size_t n, bool eof)
{
	return (struct h1_input){ .spans = spans, .n = n, .eof = eof };
}

struct hf_bytes h1_input_peek(struct h1_input *in)
{
	while (in->span < in->n && in->offset == in->spans[in->span].len) {
		in->span++;
		in->offset = 0;
	}
	if (in->span == in->n)
		return (struct hf_bytes){ 0 };
	return (struct hf_bytes){ in->spans[in->span].at + in->offset, in->spans[in->span].len - in->offset };
}

void h1_input_take(struct h1_input *in, size_t n)
{
	in->taken += n;
	while (n > 0) {
		struct hf_bytes here = h1_input_peek(in);
		size_t step = hf_min_u64(n, here.len);

		HF_ASSERT(step > 0);
		in->offset += step;
		n -= step;
	}
}

/* ---- scanning ---- */

enum scan_state {
	AT_START, /* before the first octet */
	IN_LINE,
	AFTER_CR,   /* of a line that has octets */
	LINE_START, /* after a line's end */
	AFTER_CR_AT_LINE_START,
};

static bool may_stand_in_a_head(uint8_t c)
{
	return c == '\t' || (c >= 0x20 && c != 0x7f);
}

static enum h1_fault check_limits(const struct h1_scan *s, enum h1_side side)
{
	if (side == H1_REQUEST && s->lines == 0 && s->seen > H1_LINE_BYTES)
		return H1_LINE_TOO_LONG;
	if (s->seen > H1_HEAD_BYTES)
		return H1_HEAD_TOO_LARGE;
	if (s->lines > H1_FIELDS + 1)
		return H1_TOO_MANY_FIELDS;
	return H1_NONE;
}

/* One octet; *ret_end is set at the LF of the empty line. */
static enum h1_fault scan_octet(struct h1_scan *s, enum h1_side side, uint8_t c, bool *ret_end)
{
	s->seen++;
	switch ((enum scan_state)s->state) {
	case AT_START:
		if (c == 0x15 || c == 0x16) /* content types alert and handshake: somebody speaks TLS */
			return H1_TLS;
		/* fall through */
	case LINE_START:
		if (c == '\r') {
			s->state = AFTER_CR_AT_LINE_START;
			return H1_NONE;
		}
		/* fall through */
	case IN_LINE:
		if (c == '\r') {
			s->state = AFTER_CR;
			return H1_NONE;
		}
		if (c == '\n') {
			if (side == H1_REQUEST)
				return H1_BARE_LF;
			*ret_end = s->state == LINE_START;
			s->lines++;
			s->state = LINE_START;
			return H1_NONE;
		}
		if (!may_stand_in_a_head(c))
			return H1_CONTROL;
		s->state = IN_LINE;
		return H1_NONE;
	case AFTER_CR:
		if (c != '\n')
			return H1_BARE_CR;
		s->lines++;
		s->state = LINE_START;
		return H1_NONE;
	case AFTER_CR_AT_LINE_START:
		if (c != '\n')
			return H1_BARE_CR;
		*ret_end = true;
		return H1_NONE;
	}
	HF_ASSERT(false);
	return H1_NONE;
}

enum h1_more h1_scan_head(struct h1_scan *s, enum h1_side side, const struct h1_input *in, size_t *ret_len,
			  enum h1_fault *ret_fault)
{
	struct h1_input at = *in;
	size_t skip = s->seen;

	for (struct hf_bytes here; (here = h1_input_peek(&at)).len > 0; h1_input_take(&at, here.len)) {
		size_t i = hf_min_u64(skip, here.len);

		skip -= i;
		for (; i < here.len; i++) {
			bool end = false;
			enum h1_fault f = scan_octet(s, side, here.at[i], &end);

			if (f == H1_NONE)
				f = check_limits(s, side);
			if (f != H1_NONE) {
				*ret_fault = f;
				return H1_FAULTY;
			}
			if (end) {
				*ret_len = s->seen;
				return H1_COMPLETE;
			}
		}
	}
	return H1_MORE;
}

/* ---- small things ---- */

static bool is_tchar(uint8_t c)
{
	/* RFC 9110 5.6.2: ! # $ % & ' * + - . ^ _ ` | ~ DIGIT ALPHA */
	static const uint32_t set[8] = { 0, 0x03ff6cfa, 0xc7fffffe, 0x57ffffff };

	return set[c >> 5] >> (c & 31) & 1u;
}

bool h1_is_token(struct hf_bytes b)
{
	for (size_t i = 0; i < b.len; i++)
		if (!is_tchar(b.at[i]))
			return false;
	return b.len > 0;
}

bool h1_same(struct hf_bytes b, const char *lower_text)
{
	if (b.len != strlen(lower_text))
		return false;
	for (size_t i = 0; i < b.len; i++)
		if (hf_ascii_lower(b.at[i]) != (uint8_t)lower_text[i])
			return false;
	return true;
}

static bool is_space(uint8_t c)
{
	return c == ' ' || c == '\t';
}

bool h1_list_next(struct hf_bytes *list, struct hf_bytes *ret)
{
	while (list->len > 0) {
		bool quoted = false;
		size_t i;

		for (i = 0; i < list->len && (quoted || list->at[i] != ','); i++) {
			if (list->at[i] == '"')
				quoted = !quoted;
			else if (quoted && list->at[i] == '\\' && i + 1 < list->len)
				i++;
		}
		*ret = hf_ascii_trim_ows((struct hf_bytes){ list->at, i });
		if (i < list->len)
			i++;
		list->at += i;
		list->len -= i;
		if (ret->len > 0) /* RFC 9110 5.6.1.2: empty elements do not count */
			return true;
	}
	return false;
}

bool h1_number(struct hf_bytes digits, uint64_t *ret)
{
	uint64_t v = 0;

	if (digits.len == 0)
		return false;
	for (size_t i = 0; i < digits.len; i++) {
		if (digits.at[i] < '0' || digits.at[i] > '9' || v > (uint64_t)(INT64_MAX - (digits.at[i] - '0')) / 10)
			return false;
		v = v * 10 + (digits.at[i] - '0');
	}
	*ret = v;
	return true;
}

const struct h1_field *h1_find(const struct h1_head *h, const char *name)
{
	for (size_t i = 0; i < h->fields; i++)
		if (h1_same(h->field[i].name, name))
			return &h->field[i];
	return NULL;
}

/* ---- parsing ---- */

/* Cuts the next line off, without its end. The scan has seen to it that there is one. */
static struct hf_bytes next_line(struct hf_bytes *head)
{
	size_t n = 0;
	struct hf_bytes line;

	while (n < head->len && head->at[n] != '\n')
		n++;
	HF_ASSERT(n < head->len);
	line = (struct hf_bytes){ head->at, n };
	if (line.len > 0 && line.at[line.len - 1] == '\r')
		line.len--;
	head->at += n + 1;
	head->len -= n + 1;
	return line;
}

/* RFC 9112 5 */
static enum h1_fault parse_field(struct hf_bytes line, struct h1_field *ret)
{
	size_t colon = 0;

	if (is_space(line.at[0]))
		return H1_OBS_FOLD;
	while (colon < line.len && line.at[colon] != ':')
		colon++;
	if (colon == line.len)
		return H1_NO_COLON;
	ret->name = (struct hf_bytes){ line.at, colon };
	if (colon > 0 && is_space(line.at[colon - 1]))
		return H1_SPACE_BEFORE_COLON;
	if (!h1_is_token(ret->name))
		return H1_FIELD_NAME;
	ret->value = hf_ascii_trim_ows((struct hf_bytes){ line.at + colon + 1, line.len - colon - 1 });
	return H1_NONE;
}

static enum h1_fault parse_fields(struct hf_bytes head, struct h1_head *h)
{
	for (;;) {
		struct hf_bytes line = next_line(&head);
		enum h1_fault f;

		if (line.len == 0)
			return H1_NONE;
		if (h->fields == H1_FIELDS)
			return H1_TOO_MANY_FIELDS;
		f = parse_field(line, &h->field[h->fields]);
		if (f != H1_NONE)
			return f;
		h->fields++;
	}
}

/* "HTTP/1.1": RFC 9112 2.3. */
static enum h1_fault parse_version(struct hf_bytes text, uint8_t *ret_minor)
{
	if (text.len != 8 || memcmp(text.at, "HTTP/", 5) != 0 || text.at[6] != '.')
		return H1_VERSION_FORM;
	if (text.at[5] < '0' || text.at[5] > '9' || text.at[7] < '0' || text.at[7] > '9')
		return H1_VERSION_FORM;
	if (text.at[5] != '1')
		return H1_VERSION;
	*ret_minor = text.at[7] == '0' ? 0 : 1; /* a higher minor version is understood as 1.1, RFC 9110 2.5 */
	return H1_NONE;
}

static enum http_method method_of(struct hf_bytes text)
{
	static const char *const others[] = { "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH" };

	if (text.len == 3 && memcmp(text.at, "GET", 3) == 0) /* methods have case, RFC 9110 9.1 */
		return HTTP_GET;
	if (text.len == 4 && memcmp(text.at, "HEAD", 4) == 0)
		return HTTP_HEAD;
	for (size_t i = 0; i < HF_ARRAY_LEN(others); i++)
		if (text.len == strlen(others[i]) && memcmp(text.at, others[i], text.len) == 0)
			return HTTP_OTHER;
	return HTTP_UNKNOWN;
}

/* Cuts off what stands before the next space. */
static bool cut_word(struct hf_bytes *line, struct hf_bytes *ret)
{
	for (size_t i = 0; i < line->len; i++) {
		if (line->at[i] != ' ')
			continue;
		*ret = (struct hf_bytes){ line->at, i };
		line->at += i + 1;
		line->len -= i + 1;
		return true;
	}
	return false;
}

/* RFC 9112 3 */
static enum h1_fault parse_request_line(struct hf_bytes line, struct h1_head *h)
{
	if (!cut_word(&line, &h->method_text))
		return H1_REQUEST_LINE;
	if (!h1_is_token(h->method_text))
		return H1_METHOD;
	if (!cut_word(&line, &h->target)) {
		/* HTTP/0.9 had no version at all */
		return line.len > 0 && line.at[0] == '/' && method_of(h->method_text) == HTTP_GET ? H1_VERSION
												  : H1_REQUEST_LINE;
	}
	if (h->target.len == 0)
		return H1_REQUEST_LINE;
	for (size_t i = 0; i < h->target.len; i++)
		if (h->target.at[i] <= 0x20 || h->target.at[i] >= 0x7f || h->target.at[i] == '#')
			return H1_TARGET;
	h->method = method_of(h->method_text);
	return parse_version(line, &h->minor);
}

/* RFC 9110 4.2.1 and 7.2: uri-host with or without a port, both possibly empty; no user information. */
static bool is_host(struct hf_bytes v)
{
	size_t i = 0;

	if (v.len > 0 && v.at[0] == '[') {
		for (i = 1; i < v.len && v.at[i] != ']'; i++)
			if (!(v.at[i] == ':' || v.at[i] == '.' || (is_tchar(v.at[i]) && v.at[i] != '%')))
				return false;
		if (i == v.len)
			return false;
		i++;
	} else {
		for (; i < v.len && v.at[i] != ':'; i++) {
			bool extra = v.at[i] == '(' || v.at[i] == ')' || v.at[i] == ',' || v.at[i] == ';' || v.at[i] == '=';

			if (!extra &&
			    !(is_tchar(v.at[i]) && v.at[i] != '^' && v.at[i] != '`' && v.at[i] != '|' && v.at[i] != '#'))
				return false;
		}
	}
	if (i < v.len && v.at[i] != ':')
		return false;
	for (i++; i < v.len; i++)
		if (v.at[i] < '0' || v.at[i] > '9')
			return false;
	return true;
}

/* RFC 9112 3.2 */
static enum h1_fault check_host(struct h1_head *h)
{
	unsigned n = 0;

	for (size_t i = 0; i < h->fields; i++) {
		if (!h1_same(h->field[i].name, "host"))
			continue;
		h->host = h->field[i].value;
		n++;
	}
	if (n == 0)
		return h->minor >= 1 ? H1_HOST_MISSING : H1_NONE;
	if (n > 1)
		return H1_HOST_TWICE;
	return is_host(h->host) ? H1_NONE : H1_HOST_FORM;
}

/* RFC 9110 8.6, RFC 9112 6.3: the same number twice in two fields is one number; a list is refused. */
static enum h1_fault read_length(struct h1_head *h)
{
	for (size_t i = 0; i < h->fields; i++) {
		uint64_t v;

		if (!h1_same(h->field[i].name, "content-length"))
			continue;
		if (!h1_number(h->field[i].value, &v))
			return H1_LENGTH_FORM;
		if (h->has_length && v != h->length)
			return H1_LENGTH_DIFFERS;
		h->has_length = true;
		h->length = v;
	}
	return H1_NONE;
}

/* RFC 9112 6.1: all Transfer-Encoding fields together are one list. */
static enum h1_fault read_codings(const struct h1_head *h, bool *ret_any, bool *ret_chunked)
{
	unsigned codings = 0, chunked = 0;

	*ret_any = false;
	for (size_t i = 0; i < h->fields; i++) {
		struct hf_bytes list = h->field[i].value, coding;

		if (!h1_same(h->field[i].name, "transfer-encoding"))
			continue;
		*ret_any = true;
		while (h1_list_next(&list, &coding)) {
			if (chunked > 0)
				return H1_CODING_FORM; /* chunked must be last, and once */
			codings++;
			chunked += h1_same(coding, "chunked");
		}
	}
	if (*ret_any && codings == 0)
		return H1_CODING_FORM;
	if (codings != chunked)
		return H1_CODING_UNKNOWN;
	*ret_chunked = chunked == 1;
	return H1_NONE;
}

/* RFC 9112 9.3 */
static void read_connection(struct h1_head *h)
{
	bool close = false, keep = false;

	for (size_t i = 0; i < h->fields; i++) {
		struct hf_bytes list = h->field[i].value, option;

		if (!h1_same(h->field[i].name, "connection"))
			continue;
		while (h1_list_next(&list, &option)) {
			close |= h1_same(option, "close");
			keep |= h1_same(option, "keep-alive");
		}
	}
	h->keep_alive = !close && (h->minor >= 1 || keep);
}

/* RFC 9110 10.1.1; HTTP/1.0 has no expectations. */
static enum h1_fault read_expect(struct h1_head *h)
{
	for (size_t i = 0; h->minor >= 1 && i < h->fields; i++) {
		struct hf_bytes list = h->field[i].value, one;

		if (!h1_same(h->field[i].name, "expect"))
			continue;
		while (h1_list_next(&list, &one)) {
			if (!h1_same(one, "100-continue"))
				return H1_EXPECTATION;
			h->expect_continue = true;
		}
	}
	return H1_NONE;
}

/* RFC 9112 6.3 for requests. */
static enum h1_fault frame_request(struct h1_head *h)
{
	bool any, chunked = false;
	enum h1_fault f = read_length(h);

	if (f != H1_NONE)
		return f;
	f = read_codings(h, &any, &chunked);
	if (any && h->minor == 0)
		return H1_CODING_IN_1_0;
	if (any && h->has_length)
		return H1_LENGTH_AND_CODING;
	if (f != H1_NONE)
		return f;
	h->framing = chunked ? H1_BODY_CHUNKED : h->has_length && h->length > 0 ? H1_BODY_LENGTH : H1_BODY_NONE;
	return H1_NONE;
}

enum h1_fault h1_parse_request(struct hf_bytes octets, struct h1_head *ret)
{
	struct hf_bytes rest = octets;
	enum h1_fault f;

	memset(ret, 0, offsetof(struct h1_head, field));
	f = parse_request_line(next_line(&rest), ret);
	if (f == H1_NONE)
		f = parse_fields(rest, ret);
	if (f == H1_NONE)
		f = check_host(ret);
	if (f == H1_NONE)
		f = frame_request(ret);
	if (f == H1_NONE)
		f = read_expect(ret);
	read_connection(ret);
	return f;
}

/* RFC 9112 4: the reason may be missing, and old servers leave out the space before it. */
static enum h1_fault parse_status_line(struct hf_bytes line, struct h1_head *h)
{
	enum h1_fault f;

	if (line.len < 12 || memcmp(line.at, "HTTP/", 5) != 0 || line.at[8] != ' ')
		return H1_STATUS_LINE;
	f = parse_version((struct hf_bytes){ line.at, 8 }, &h->minor);
	if (f != H1_NONE)
		return f;
	for (size_t i = 9; i < 12; i++) {
		if (line.at[i] < '0' || line.at[i] > '9')
			return H1_STATUS_LINE;
		h->status = (uint16_t)(h->status * 10 + (line.at[i] - '0'));
	}
	if (h->status < 100 || h->status > 599 || (line.len > 12 && line.at[12] != ' '))
		return H1_STATUS_LINE;
	if (line.len > 13)
		h->reason = (struct hf_bytes){ line.at + 13, line.len - 13 };
	return H1_NONE;
}

/* RFC 9112 6.3 for responses, in its order. */
static enum h1_fault frame_response(struct h1_head *h, bool to_head)
{
	bool any, chunked = false;
	enum h1_fault f;

	if (h->status == 101)
		return H1_STATUS_SWITCH;
	if (to_head || h->status < 200 || h->status == 204 || h->status == 304) {
		h->framing = H1_BODY_NONE;
		if (read_length(h) != H1_NONE)
			h->has_length = false; /* told, not needed */
		return H1_NONE;
	}
	f = read_codings(h, &any, &chunked);
	if (f != H1_NONE)
		return f;
	if (any && h->minor == 0)
		return H1_CODING_IN_1_0;
	if (any) {
		h->framing = H1_BODY_CHUNKED; /* overrides Content-Length */
		return H1_NONE;
	}
	f = read_length(h);
	if (f != H1_NONE)
		return f;
	h->framing = h->has_length ? H1_BODY_LENGTH : H1_BODY_CLOSE;
	return H1_NONE;
}

enum h1_fault h1_parse_response(struct hf_bytes octets, bool to_head, struct h1_head *ret)
{
	struct hf_bytes rest = octets;
	enum h1_fault f;

	memset(ret, 0, offsetof(struct h1_head, field));
	f = parse_status_line(next_line(&rest), ret);
	if (f == H1_NONE)
		f = parse_fields(rest, ret);
	if (f == H1_NONE)
		f = frame_response(ret, to_head);
	read_connection(ret);
	return f;
}
