/* SPDX-License-Identifier: MIT */
#include "crypto/cert_name.h"
#include "base/ascii.h"

#include <arpa/inet.h>
#include <string.h>

#define DNS_LABEL_MAX 63u
#define DNS_NAME_MAX 253u

static uint64_t stir(uint64_t hash, uint8_t v)
{
	return (hash ^ v) * 0x100000001b3u; /* FNV-1a: a collision costs a comparison, no more */
}

static bool is_space(uint8_t c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static uint64_t stir_string(uint64_t hash, struct hf_bytes b)
{
	bool gap = false, any = false;

	for (size_t i = 0; i < b.len; i++) {
		if (is_space(b.at[i])) {
			gap = any;
			continue;
		}
		if (gap)
			hash = stir(hash, ' ');
		hash = stir(hash, hf_ascii_lower(b.at[i]));
		gap = false;
		any = true;
	}
	return hash;
}

/* A type and its value; false: a string that is not of octets as ASCII has them. */
static bool stir_attribute(struct hf_bytes attribute, uint64_t *hash)
{
	struct hf_rd in = hf_rd_over(attribute);
	struct hf_bytes oid = der_read(&in, DER_OID), value;
	uint64_t h = 0xcbf29ce484222325u;
	uint8_t tag;

	value = der_read_any(&in, &tag);
	if (tag == DER_T61_STRING || tag == DER_UNIVERSAL_STRING || tag == DER_BMP_STRING)
		return false;
	for (size_t i = 0; i < oid.len; i++)
		h = stir(h, oid.at[i]);
	if (tag == DER_UTF8_STRING || tag == DER_PRINTABLE_STRING || tag == DER_IA5_STRING || tag == DER_VISIBLE_STRING) {
		*hash = stir_string(stir(h, DER_UTF8_STRING), value);
		return true;
	}
	h = stir(h, tag);
	for (size_t i = 0; i < value.len; i++)
		h = stir(h, value.at[i]);
	*hash = h;
	return true;
}

uint64_t distinguished_name_hash(struct hf_bytes name)
{
	struct hf_rd outer = hf_rd_over(name);
	struct hf_rd parts = hf_rd_over(der_read(&outer, DER_SEQUENCE));
	uint64_t hash = 1;

	while (hf_rd_left(&parts) > 0) {
		struct hf_rd set = hf_rd_over(der_read(&parts, DER_SET));
		uint64_t sum = 0, one;

		/* The members of a SET have no order that would survive another spelling. */
		while (hf_rd_left(&set) > 0) {
			if (!stir_attribute(der_read(&set, DER_SEQUENCE), &one))
				return 0;
			sum += one;
		}
		for (unsigned i = 0; i < 8; i++)
			hash = stir(hash, (uint8_t)(sum >> (8 * i)));
	}
	return hash ? hash : 1;
}

struct hf_rd general_names(struct hf_bytes extension_value)
{
	struct hf_rd outer = hf_rd_over(extension_value);
	struct hf_rd list = hf_rd_over(der_read(&outer, DER_SEQUENCE));

	if (hf_rd_end(&outer) != HF_OK)
		hf_rd_must(&list, false);
	return list;
}

bool general_name_next(struct hf_rd *in, enum general_name *ret_kind, struct hf_bytes *ret)
{
	uint8_t tag;
	struct hf_bytes b;

	if (hf_rd_left(in) == 0)
		return false;
	b = der_read_any(in, &tag);
	hf_rd_must(in, (tag & 0xc0) == 0x80 && (tag & 0x1f) <= NAME_REGISTERED_ID);
	if (hf_rd_ok(in) != HF_OK)
		return false;
	*ret_kind = tag & 0x1f;
	*ret = b;
	return true;
}

static bool is_of_label(uint8_t c)
{
	c = hf_ascii_lower(c);
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

bool dns_name_is_sound(struct hf_bytes name, bool wildcard)
{
	size_t label = 0, i = 0;

	if (name.len == 0 || name.len > DNS_NAME_MAX)
		return false;
	if (wildcard && name.len > 2 && name.at[0] == '*' && name.at[1] == '.')
		i = 2;
	for (; i < name.len; i++) {
		if (name.at[i] == '.') {
			if (label == 0)
				return false;
			label = 0;
		} else if (!is_of_label(name.at[i]) || ++label > DNS_LABEL_MAX) {
			return false;
		}
	}
	return label > 0;
}

bool general_name_is_sound(enum general_name kind, struct hf_bytes b)
{
	const uint8_t *at;
	struct hf_bytes host;

	switch (kind) {
	case NAME_DNS:
		return dns_name_is_sound(b, true);
	case NAME_IP:
		return b.len == 4 || b.len == 16;
	case NAME_EMAIL:
		at = b.len ? memchr(b.at, '@', b.len) : NULL;
		if (!at || at == b.at)
			return false;
		host = (struct hf_bytes){ at + 1, (size_t)(b.at + b.len - at - 1) };
		return dns_name_is_sound(host, false); /* a second @ is in none */
	default:
		return true;
	}
}

bool dns_name_is_within(struct hf_bytes name, struct hf_bytes base)
{
	size_t more;

	if (name.len < base.len)
		return false;
	more = name.len - base.len;
	return hf_ascii_same((struct hf_bytes){ name.at + more, base.len }, base) &&
	       (more == 0 || base.len == 0 || name.at[more - 1] == '.');
}

static struct hf_bytes after_first_label(struct hf_bytes name)
{
	const uint8_t *dot = name.len ? memchr(name.at, '.', name.len) : NULL;

	return dot ? (struct hf_bytes){ dot + 1, (size_t)(name.at + name.len - dot - 1) } : (struct hf_bytes){ name.at, 0 };
}

bool dns_name_matches(struct hf_bytes presented, struct hf_bytes host)
{
	struct hf_bytes parent;

	if (!dns_name_is_sound(presented, true) || !dns_name_is_sound(host, false))
		return false;
	if (presented.at[0] != '*')
		return hf_ascii_same(presented, host);
	parent = after_first_label(presented);
	return after_first_label(parent).len > 0 && hf_ascii_same(parent, after_first_label(host));
}

struct cert_host cert_host_of(struct hf_bytes text)
{
	struct cert_host host = { .name = text };
	char copy[INET6_ADDRSTRLEN + 1];

	if (text.len > 2 && text.at[0] == '[' && text.at[text.len - 1] == ']')
		text = (struct hf_bytes){ text.at + 1, text.len - 2 };
	if (text.len > 0 && text.len < sizeof(copy) && !memchr(text.at, 0, text.len)) {
		memcpy(copy, text.at, text.len);
		copy[text.len] = '\0';
		if (inet_pton(AF_INET, copy, host.address) == 1)
			host.address_len = 4;
		else if (inet_pton(AF_INET6, copy, host.address) == 1)
			host.address_len = 16;
		host.is_address = host.address_len > 0;
	}
	host.is_mailbox = !host.is_address && general_name_is_sound(NAME_EMAIL, host.name);
	if (host.name.len > 1 && host.name.at[host.name.len - 1] == '.')
		host.name.len--;
	return host;
}

/* RFC 5280 7.5: case counts in front of the @, and not behind it. */
static bool mailbox_same(struct hf_bytes a, struct hf_bytes b)
{
	const uint8_t *at = a.len ? memchr(a.at, '@', a.len) : NULL;
	size_t local = at ? (size_t)(at - a.at) : 0;

	return at && a.len == b.len && memcmp(a.at, b.at, local + 1) == 0 && hf_ascii_same(a, b);
}

bool cert_san_has(struct hf_bytes san, const struct cert_host *host)
{
	struct hf_bytes address = { host->address, host->address_len }, b;
	struct hf_rd in = general_names(san);
	enum general_name kind;

	while (general_name_next(&in, &kind, &b))
		if ((host->is_address && kind == NAME_IP && hf_bytes_same(b, address)) ||
		    (host->is_mailbox && kind == NAME_EMAIL && mailbox_same(b, host->name)) ||
		    (!host->is_address && kind == NAME_DNS && dns_name_matches(b, host->name)))
			return true;
	return false;
}
