/* SPDX-License-Identifier: MIT */
#include "url/url_internal.h"
#include "base/ascii.h"

#include <idn2.h>

/* Names beyond ASCII: URL Standard 3.3 by UTS 46, non-transitional, through libidn2. */

/* RFC 1035 2.3.4, in text: a name's last octet is the root's length. */
#define LABEL_OCTETS 63u
#define NAME_OCTETS 253u

static const char not_allowed[] = "there is a character in the host's name that no name can have";

static bool is_ascii(struct hf_bytes name)
{
	for (size_t i = 0; i < name.len; i++)
		if (name.at[i] >= 0x80)
			return false;
	return true;
}

static bool is_prefixed(struct hf_bytes label)
{
	return hf_ascii_begins(label, "xn--");
}

static const char *why_of(int code)
{
	switch (code) {
	case IDN2_MALLOC:
		return NULL;
	case IDN2_PUNYCODE_BAD_INPUT:
	case IDN2_PUNYCODE_OVERFLOW:
	case IDN2_INVALID_ALABEL:
	case IDN2_UALABEL_MISMATCH:
	case IDN2_ALABEL_ROUNDTRIP_FAILED:
		return "a label of the host's name that begins with xn-- stands for nothing";
	case IDN2_TOO_BIG_DOMAIN:
	case IDN2_TOO_BIG_LABEL:
		return "the host's name is too long";
	case IDN2_BIDI:
		return "the host's name mixes directions of writing";
	case IDN2_DISALLOWED: /* by IDNA 2008: UTS 46 alone would let symbols pass */
		return "there is a character in the host's name that IDNA 2008 has not in names";
	default:
		return not_allowed;
	}
}

static bool by_libidn2(struct hf_bytes label, struct url_buf *to, const char **ret_why)
{
	struct url_buf name = { 0 };
	char *ascii = NULL;
	int code;

	url_buf_add(&name, label.at, label.len);
	url_buf_char(&name, '\0');
	code = name.failed ? IDN2_MALLOC : idn2_to_ascii_8z(name.at, &ascii, IDN2_NONTRANSITIONAL);
	url_buf_free(&name);
	if (code != IDN2_OK) {
		*ret_why = why_of(code);
		return false;
	}
	url_buf_add(to, ascii, strlen(ascii));
	idn2_free(ascii);
	return true;
}

static void put_lower(struct hf_bytes b, struct url_buf *to)
{
	for (size_t i = 0; i < b.len; i++)
		url_buf_char(to, (char)hf_ascii_lower(b.at[i]));
}

/* The octets of a dot at the front; 0: there is none. Three more characters are one, by UTS 46. */
static size_t dot_at(struct hf_bytes b)
{
	static const char other[3][4] = { "\u3002", "\uff0e", "\uff61" };

	if (b.len && b.at[0] == '.')
		return 1;
	for (size_t i = 0; i < 3; i++)
		if (b.len >= 3 && memcmp(b.at, other[i], 3) == 0)
			return 3;
	return 0;
}

/*
 * Label by label, so that plain ones go past libidn2: it minds hyphens at their ends and in their third and fourth place, and the
 * standard does not (CheckHyphens is false).
 */
static bool by_labels(struct hf_bytes domain, struct url_buf *to, const char **ret_why)
{
	for (;;) {
		struct hf_bytes label = { domain.at, 0 };
		size_t dot = 0;

		while (domain.len && (dot = dot_at(domain)) == 0)
			domain.at++, domain.len--, label.len++;
		if (is_ascii(label) && !is_prefixed(label))
			put_lower(label, to);
		else if (!by_libidn2(label, to, ret_why))
			return false;
		if (domain.len == 0)
			return true;
		url_buf_char(to, '.');
		domain.at += dot;
		domain.len -= dot;
	}
}

static bool has_forbidden(const struct url_buf *b)
{
	for (size_t i = 0; i < b->len; i++)
		if (url_is_forbidden((uint8_t)b->at[i], true))
			return true;
	return false;
}

bool url_domain_to_ascii(struct hf_bytes domain, struct url_buf *to, const char **ret_why)
{
	struct url_buf repaired = { 0 };
	bool ok = true;

	*ret_why = NULL;
	if (is_ascii(domain)) {
		/* As it is, also where a label that begins with xn-- stands for nothing: there are too many of them. */
		put_lower(domain, to);
	} else if (memchr(domain.at, '\0', domain.len)) {
		*ret_why = not_allowed; /* and libidn2 would not see what is behind it */
		return false;
	} else {
		url_put_repaired(&repaired, domain);
		ok = !repaired.failed && by_labels(url_buf_bytes(&repaired), to, ret_why);
		url_buf_free(&repaired);
	}
	if (!ok || to->failed)
		return false;
	if (has_forbidden(to))
		*ret_why = not_allowed;
	else if (to->len == 0)
		*ret_why = "there is no host in it";
	return !*ret_why;
}

/* Is every label, but for an empty one at the end, as long as DNS can carry? */
static bool fits_dns(struct hf_bytes name)
{
	size_t label = 0;

	if (name.len && name.at[name.len - 1] == '.')
		name.len--;
	for (size_t i = 0; i < name.len; i++) {
		label = name.at[i] == '.' ? 0 : label + 1;
		if (label > LABEL_OCTETS || (label == 0 && (i == 0 || name.at[i - 1] == '.')))
			return false;
	}
	return label != 0 && name.len <= NAME_OCTETS;
}

bool url_name_to_ascii(const char *name, char *to, size_t room, const char **ret_why)
{
	struct url_buf ascii = { 0 };
	const char *why = NULL;
	bool ok = url_domain_to_ascii(hf_bytes_of(name), &ascii, &why);

	if (ok && (!fits_dns(url_buf_bytes(&ascii)) || ascii.len >= room)) {
		why = "the name, or a label of it, is empty or longer than DNS carries";
		ok = false;
	}
	if (ok) {
		memcpy(to, ascii.at, ascii.len);
		to[ascii.len] = '\0';
	}
	if (ret_why)
		*ret_why = why;
	url_buf_free(&ascii);
	return ok;
}
