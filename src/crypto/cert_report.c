/* SPDX-License-Identifier: MIT */
/* Certificates copied out for people. */
#include <arpa/inet.h>
#include <openssl/bio.h>
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"
#include "crypto/cert_internal.h"

/* A text that grows in fixed room; what does not fit ends it with "...". */
struct shown {
	char *to;
	size_t room, len;
	bool cut;
};

static void add(struct shown *t, const char *s, size_t n)
{
	if (t->cut)
		return;
	if (t->len + n + 4 <= t->room) { /* "..." and the zero still fit behind it */
		memcpy(t->to + t->len, s, n);
		t->len += n;
		t->to[t->len] = '\0';
		return;
	}
	memcpy(t->to + t->len, "...", 4);
	t->cut = true;
}

static void add_string(struct shown *t, const char *s)
{
	add(t, s, strlen(s));
}

static bool is_shown(uint32_t c)
{
	bool control = c < 0x20 || (c >= 0x7f && c < 0xa0);
	bool direction = c == 0x200e || c == 0x200f || (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);

	return !control && !direction;
}

static void add_text(struct shown *t, struct hf_bytes text)
{
	char escaped[16];

	for (size_t i = 0; i < text.len;) {
		uint32_t c = 0;
		size_t n = hf_utf8_first(text.at + i, text.len - i, &c);

		if (n > 0 && is_shown(c)) {
			add(t, (const char *)text.at + i, n);
		} else {
			if (n > 1)
				snprintf(escaped, sizeof(escaped), "\\u%04x", (unsigned)c);
			else
				snprintf(escaped, sizeof(escaped), "\\x%02x", text.at[i]);
			add_string(t, escaped);
		}
		i += n ? n : 1;
	}
}

static struct shown shown_in(char *to, size_t room)
{
	to[0] = '\0';
	return (struct shown){ .to = to, .room = room };
}

void cert_text_put(char *to, size_t room, struct hf_bytes text)
{
	struct shown t = shown_in(to, room);

	add_text(&t, text);
}

static void add_name(struct shown *t, X509_NAME *name)
{
	BIO *out = BIO_new(BIO_s_mem());
	unsigned long flags =
		(ASN1_STRFLGS_RFC2253 & ~(unsigned long)ASN1_STRFLGS_ESC_MSB) | XN_FLAG_SEP_CPLUS_SPC | XN_FLAG_FN_SN;
	char *at = NULL;
	long len;

	if (!out)
		return;
	if (X509_NAME_entry_count(name) > 0 && X509_NAME_print_ex(out, name, 0, flags) < 0)
		add_string(t, "(a name that cannot be read)");
	else if ((len = BIO_get_mem_data(out, &at)) > 0)
		add_text(t, (struct hf_bytes){ (const uint8_t *)at, (size_t)len });
	BIO_free(out);
}

static void add_address(struct shown *t, struct hf_bytes b)
{
	char text[INET6_ADDRSTRLEN];

	if ((b.len == 4 && inet_ntop(AF_INET, b.at, text, sizeof(text))) ||
	    (b.len == 16 && inet_ntop(AF_INET6, b.at, text, sizeof(text))))
		add_string(t, text);
	else
		add_string(t, "(no address)");
}

static void add_directory(struct shown *t, struct hf_bytes b)
{
	const unsigned char *at = b.at;
	X509_NAME *name = b.len ? d2i_X509_NAME(NULL, &at, (long)b.len) : NULL;

	if (name)
		add_name(t, name);
	X509_NAME_free(name);
}

static void add_names(struct shown *t, struct hf_bytes san)
{
	static const char *const kinds[] = { "other:", "email:", "DNS:", "X400:", "dir:", "EDI:", "URI:", "IP:", "id:" };
	struct hf_rd in = general_names(san);
	enum general_name kind;
	struct hf_bytes b;
	bool first = true;

	while (san.len > 0 && general_name_next(&in, &kind, &b)) {
		if (!first)
			add_string(t, ", ");
		first = false;
		add_string(t, kinds[kind]);
		if (kind == NAME_IP)
			add_address(t, b);
		else if (kind == NAME_DIRECTORY)
			add_directory(t, b);
		else if (kind == NAME_DNS || kind == NAME_EMAIL || kind == NAME_URI)
			add_text(t, b);
		else
			add_string(t, "...");
	}
}

static void put_key(const struct cert *c, char *to, size_t room)
{
	char group[32] = "";

	if (!c->pkey) {
		snprintf(to, room, "unreadable");
		return;
	}
	if (EVP_PKEY_is_a(c->pkey, "RSA") || EVP_PKEY_is_a(c->pkey, "RSA-PSS"))
		snprintf(to, room, "%s %d", EVP_PKEY_get0_type_name(c->pkey), EVP_PKEY_get_bits(c->pkey));
	else if (EVP_PKEY_is_a(c->pkey, "EC")) {
		EVP_PKEY_get_group_name(c->pkey, group, sizeof(group), NULL);
		snprintf(to, room, "EC %s",
			 strcmp(group, "prime256v1") == 0  ? "P-256"
			 : strcmp(group, "secp384r1") == 0 ? "P-384"
			 : strcmp(group, "secp521r1") == 0 ? "P-521"
							   : group);
	} else if (EVP_PKEY_is_a(c->pkey, "ED25519"))
		snprintf(to, room, "Ed25519");
	else if (EVP_PKEY_is_a(c->pkey, "ED448"))
		snprintf(to, room, "Ed448");
	else
		snprintf(to, room, "%s %d", EVP_PKEY_get0_type_name(c->pkey), EVP_PKEY_get_bits(c->pkey));
}

static void put_serial(struct hf_bytes serial, char *to, size_t room)
{
	struct shown t = shown_in(to, room);
	char two[3];

	for (size_t i = 0; i < serial.len; i++) {
		if (i == 0 && serial.len > 1 && serial.at[0] == 0)
			continue; /* only there to make it positive */
		snprintf(two, sizeof(two), "%02x", serial.at[i]);
		add_string(&t, two);
	}
}

void cert_view_of(const struct cert *c, bool from_trust, struct hf_cert_view *ret)
{
	struct shown t;

	*ret = (struct hf_cert_view){ .not_before = c->facts.not_before,
				      .not_after = c->facts.not_after,
				      .from_trust = from_trust,
				      .is_ca = c->is_ca,
				      .self_signed = c->self_issued && cert_may_be_issued_by(c, c) };
	t = shown_in(ret->subject, sizeof(ret->subject));
	add_name(&t, X509_get_subject_name(c->x));
	t = shown_in(ret->issuer, sizeof(ret->issuer));
	add_name(&t, X509_get_issuer_name(c->x));
	t = shown_in(ret->names, sizeof(ret->names));
	add_names(&t, c->san);
	put_key(c, ret->key, sizeof(ret->key));
	cert_text_put(ret->signature, sizeof(ret->signature),
		      (struct hf_bytes){ (const uint8_t *)OBJ_nid2ln(X509_get_signature_nid(c->x)),
					 strlen(OBJ_nid2ln(X509_get_signature_nid(c->x))) });
	memcpy(ret->sha256, c->sha256, sizeof(ret->sha256));
	put_serial(c->facts.serial, ret->serial, sizeof(ret->serial));
}
