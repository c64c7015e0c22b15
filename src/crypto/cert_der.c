/* SPDX-License-Identifier: MIT */
#include "crypto/cert_der.h"

#include <string.h>

#define DER_DEPTH 24u

static void fail(struct hf_rd *in)
{
	hf_rd_must(in, false);
}

/* X.690 8.1.3 and 10.1: the definite form in the fewest octets. */
static size_t read_length(struct hf_rd *in)
{
	uint8_t first = hf_rd_u8(in);
	size_t n = 0;

	if (first < 0x80)
		return first;
	if (first == 0x80 || first > 0x83) {
		fail(in);
		return 0;
	}
	for (unsigned i = 0; i < (first & 0x7fu); i++)
		n = n << 8 | hf_rd_u8(in);
	if (n < 0x80 || (first == 0x82 && n < 0x100) || (first == 0x83 && n < 0x10000))
		fail(in);
	return n;
}

struct hf_bytes der_read_any(struct hf_rd *in, uint8_t *ret_tag)
{
	uint8_t tag = hf_rd_u8(in);
	struct hf_bytes b;

	if ((tag & 0x1f) == 0x1f)
		fail(in); /* no type of a certificate has a tag of several octets */
	b = hf_rd_bytes(in, read_length(in));
	*ret_tag = tag;
	return b;
}

struct hf_bytes der_read(struct hf_rd *in, uint8_t tag)
{
	uint8_t got;
	struct hf_bytes b = der_read_any(in, &got);

	if (got == tag)
		return b;
	fail(in);
	return (struct hf_bytes){ in->end, 0 };
}

struct hf_bytes der_read_whole(struct hf_rd *in, uint8_t tag)
{
	const uint8_t *start = in->at;
	struct hf_bytes b = der_read(in, tag);

	return hf_rd_ok(in) == HF_OK ? (struct hf_bytes){ start, (size_t)(b.at + b.len - start) }
				     : (struct hf_bytes){ NULL, 0 };
}

uint8_t der_peek(const struct hf_rd *in)
{
	return hf_rd_left(in) ? in->at[0] : 0;
}

static bool is_strict_primitive(uint8_t tag, struct hf_bytes v)
{
	switch (tag) {
	case DER_BOOLEAN:
		return v.len == 1 && (v.at[0] == 0 || v.at[0] == 0xff);
	case DER_INTEGER:
		if (v.len == 0)
			return false;
		return v.len == 1 || !((v.at[0] == 0 && v.at[1] < 0x80) || (v.at[0] == 0xff && v.at[1] >= 0x80));
	case DER_BIT_STRING:
		if (v.len == 0 || v.at[0] > 7 || (v.len == 1 && v.at[0] != 0))
			return false;
		return (v.at[v.len - 1] & ((1u << v.at[0]) - 1)) == 0 || v.len == 1;
	case DER_OID:
		return v.len > 0 && v.at[v.len - 1] < 0x80;
	default:
		return true;
	}
}

/* Universal types that are made of others, and those that are not, may not be the other way round (X.690 10.2). */
static bool has_right_form(uint8_t tag)
{
	bool constructed = tag & 0x20;

	if (tag & 0xc0)
		return true;
	return constructed == ((tag & 0x1f) == 0x10 || (tag & 0x1f) == 0x11);
}

static bool all_strict(struct hf_bytes b, unsigned depth)
{
	struct hf_rd in = hf_rd_over(b);

	while (hf_rd_left(&in) > 0) {
		uint8_t tag;
		struct hf_bytes v = der_read_any(&in, &tag);

		if (hf_rd_ok(&in) != HF_OK || !has_right_form(tag))
			return false;
		if (tag & 0x20) {
			if (depth == 0 || !all_strict(v, depth - 1))
				return false;
		} else if (!is_strict_primitive(tag, v)) {
			return false;
		}
	}
	return true;
}

bool der_is_strict(struct hf_bytes b)
{
	struct hf_rd in = hf_rd_over(b);
	uint8_t tag;

	der_read_any(&in, &tag);
	return hf_rd_end(&in) == HF_OK && all_strict(b, DER_DEPTH);
}

/* ---- times ---- */

static unsigned two_digits(const uint8_t *p)
{
	return (unsigned)(p[0] - '0') * 10 + (unsigned)(p[1] - '0');
}

/* Days from 1970-01-01 in the Gregorian calendar, with the year begun in March so that a leap day is its last. */
static int64_t days_of(int64_t year, unsigned month, unsigned day)
{
	int64_t y = month <= 2 ? year - 1 : year;
	int64_t era = y / 400, of_era = y - era * 400;
	int64_t of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;

	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static unsigned days_in(unsigned year, unsigned month)
{
	static const uint8_t days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return days[month - 1] + (month == 2 && leap);
}

bool der_time(uint8_t tag, struct hf_bytes b, uint64_t *ret)
{
	size_t digits = tag == DER_UTC_TIME ? 12 : 14;
	unsigned year, month, day, hour, minute, second;
	const uint8_t *p = b.at;
	int64_t days;

	if ((tag != DER_UTC_TIME && tag != DER_GENERALIZED_TIME) || b.len != digits + 1 || p[digits] != 'Z')
		return false;
	for (size_t i = 0; i < digits; i++)
		if (p[i] < '0' || p[i] > '9')
			return false;
	if (tag == DER_UTC_TIME) {
		year = two_digits(p);
		year += year < 50 ? 2000 : 1900; /* RFC 5280 4.1.2.5.1 */
		p += 2;
	} else {
		year = two_digits(p) * 100 + two_digits(p + 2);
		p += 4;
	}
	month = two_digits(p);
	day = two_digits(p + 2);
	hour = two_digits(p + 4);
	minute = two_digits(p + 6);
	second = two_digits(p + 8);
	if (month < 1 || month > 12 || day < 1 || day > days_in(year, month) || hour > 23 || minute > 59 || second > 59)
		return false;
	days = days_of(year, month, day);
	*ret = days < 0 ? 0 : (uint64_t)days * 86400 + hour * 3600 + minute * 60 + second;
	return true;
}

/* ---- the certificate ---- */

static bool read_validity(struct hf_rd *in, struct cert_facts *f)
{
	struct hf_rd times = hf_rd_over(der_read(in, DER_SEQUENCE));
	uint64_t *to[2] = { &f->not_before, &f->not_after };

	for (unsigned i = 0; i < 2; i++) {
		uint8_t tag;
		struct hf_bytes b = der_read_any(&times, &tag);

		if (hf_rd_ok(&times) != HF_OK || !der_time(tag, b, to[i]))
			return false;
		if (tag == DER_GENERALIZED_TIME && (b.at[0] < '2' || (b.at[0] == '2' && b.at[1] == '0' && b.at[2] < '5')))
			f->early_general_time = true;
	}
	return hf_rd_end(&times) == HF_OK;
}

/* RFC 5280 4.1.2.9 and 4.2: at least one, and none twice. */
static const char *read_extensions(struct hf_bytes b, struct cert_facts *f)
{
	struct hf_rd outer = hf_rd_over(b);
	struct hf_rd list = hf_rd_over(der_read(&outer, DER_SEQUENCE));

	if (hf_rd_end(&outer) != HF_OK || hf_rd_left(&list) == 0)
		return "its extensions are not a list of at least one";
	while (hf_rd_left(&list) > 0) {
		struct hf_rd in = hf_rd_over(der_read(&list, DER_SEQUENCE));
		struct cert_extension e = { .oid = der_read(&in, DER_OID) };

		if (der_peek(&in) == DER_BOOLEAN) {
			struct hf_bytes critical = der_read(&in, DER_BOOLEAN);

			e.critical = critical.len == 1 && critical.at[0] != 0;
		}
		e.value = der_read(&in, DER_OCTET_STRING);
		if (hf_rd_end(&in) != HF_OK || hf_rd_ok(&list) != HF_OK)
			return "an extension breaks its format";
		if (cert_extension_of(f, e.oid))
			return "it has the same extension twice";
		if (f->extensions == CERT_EXTENSIONS)
			return "it has more extensions than 32";
		f->extension[f->extensions++] = e;
	}
	f->has_extensions = true;
	return NULL;
}

static const char *read_to_be_signed(struct hf_bytes b, struct cert_facts *f)
{
	struct hf_rd in = hf_rd_over(b);
	const char *why = NULL;

	f->version = 1;
	if (der_peek(&in) == DER_CONTEXT_CONSTRUCTED(0)) {
		struct hf_rd version = hf_rd_over(der_read(&in, DER_CONTEXT_CONSTRUCTED(0)));
		struct hf_bytes v = der_read(&version, DER_INTEGER);

		if (hf_rd_end(&version) != HF_OK || v.len != 1 || v.at[0] > 2)
			return "its version is none of 1, 2 and 3";
		f->version = v.at[0] + 1u;
	}
	f->serial = der_read(&in, DER_INTEGER);
	f->inner_algorithm = der_read_whole(&in, DER_SEQUENCE);
	f->issuer = der_read_whole(&in, DER_SEQUENCE);
	if (hf_rd_ok(&in) != HF_OK)
		return "its first fields break their format";
	if (!read_validity(&in, f))
		return "its validity is not two times as RFC 5280 writes them";
	f->subject = der_read_whole(&in, DER_SEQUENCE);
	f->public_key = der_read_whole(&in, DER_SEQUENCE);
	for (uint8_t id = 1; id <= 2; id++)
		if (der_peek(&in) == DER_CONTEXT(id))
			der_read(&in, DER_CONTEXT(id)); /* unique identifiers: nothing is made of them */
	if (der_peek(&in) == DER_CONTEXT_CONSTRUCTED(3))
		why = read_extensions(der_read(&in, DER_CONTEXT_CONSTRUCTED(3)), f);
	if (why)
		return why;
	if (hf_rd_end(&in) != HF_OK)
		return "its fields break their format";
	return f->has_extensions && f->version != 3 ? "it has extensions, but its version is not 3" : NULL;
}

hf_status cert_facts_read(struct hf_bytes der, struct cert_facts *ret, const char **ret_why)
{
	struct hf_rd outer = hf_rd_over(der), in;
	struct cert_facts f = { 0 };
	struct hf_bytes tbs;
	const char *why;

	if (!der_is_strict(der)) {
		*ret_why = "it is not DER";
		return HF_MALFORMED;
	}
	in = hf_rd_over(der_read(&outer, DER_SEQUENCE));
	tbs = der_read(&in, DER_SEQUENCE);
	f.outer_algorithm = der_read_whole(&in, DER_SEQUENCE);
	der_read(&in, DER_BIT_STRING);
	if (hf_rd_end(&outer) != HF_OK || hf_rd_end(&in) != HF_OK) {
		*ret_why = "it is not a signed thing of three parts";
		return HF_MALFORMED;
	}
	why = read_to_be_signed(tbs, &f);
	if (why) {
		*ret_why = why;
		return HF_MALFORMED;
	}
	*ret = f;
	return HF_OK;
}

const struct cert_extension *cert_extension_of(const struct cert_facts *f, struct hf_bytes oid)
{
	for (unsigned i = 0; i < f->extensions; i++)
		if (hf_bytes_same(f->extension[i].oid, oid))
			return &f->extension[i];
	return NULL;
}

const struct cert_extension *cert_extension_ce(const struct cert_facts *f, enum cert_id_ce id)
{
	uint8_t oid[3] = { 0x55, 0x1d, (uint8_t)id };

	return cert_extension_of(f, (struct hf_bytes){ oid, sizeof(oid) });
}
