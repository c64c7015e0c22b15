/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "crypto/cert_internal.h"

struct hf_certs {
	struct hf_bytes *der; /* each in memory of its own */
	size_t count, room;
};

hf_status hf_certs_make(struct hf_certs **ret)
{
	*ret = calloc(1, sizeof(**ret));
	return *ret ? HF_OK : HF_FULL;
}

static hf_status add(struct hf_certs *certs, struct hf_bytes der)
{
	uint8_t *copy = malloc(der.len ? der.len : 1);

	if (copy && certs->count == certs->room) {
		size_t room = certs->room ? 2 * certs->room : 8;
		struct hf_bytes *more = realloc(certs->der, room * sizeof(*more));

		if (!more) {
			free(copy);
			return HF_FULL;
		}
		certs->der = more;
		certs->room = room;
	}
	if (!copy)
		return HF_FULL;
	if (der.len)
		memcpy(copy, der.at, der.len);
	certs->der[certs->count].at = copy;
	certs->der[certs->count++].len = der.len;
	return HF_OK;
}

hf_status hf_certs_add(struct hf_certs *certs, struct hf_bytes text, struct hf_cert_trouble *ret_trouble)
{
	struct pem p = pem_over(text);
	size_t before = certs->count;
	struct pem_block b;
	hf_status st;

	*ret_trouble = (struct hf_cert_trouble){ 0 };
	if (!pem_looks_like(text)) {
		if (text.len > 0 && text.at[0] == DER_SEQUENCE)
			return add(certs, text);
		cert_trouble_say(ret_trouble, 0,
				 "there is no block -----BEGIN CERTIFICATE----- in it, and it is no certificate in DER");
		return HF_MALFORMED;
	}
	while ((st = pem_next(&p, &b, ret_trouble)) == HF_OK) {
		if (strcmp(b.label, "CERTIFICATE") == 0)
			st = add(certs, (struct hf_bytes){ b.der, b.len });
		pem_block_free(&b);
		if (st != HF_OK)
			return st;
	}
	if (st == HF_NOT_FOUND && certs->count == before) {
		cert_trouble_say(ret_trouble, 0, "there is no block -----BEGIN CERTIFICATE----- in it");
		return HF_MALFORMED;
	}
	return st == HF_NOT_FOUND ? HF_OK : st;
}

void hf_certs_free(struct hf_certs *certs)
{
	if (!certs)
		return;
	for (size_t i = 0; i < certs->count; i++)
		free((void *)certs->der[i].at);
	free(certs->der);
	free(certs);
}

size_t hf_certs_count(const struct hf_certs *certs)
{
	return certs->count;
}

struct hf_bytes hf_certs_der(const struct hf_certs *certs, size_t i)
{
	return certs->der[i];
}

const struct hf_bytes *hf_certs_all(const struct hf_certs *certs)
{
	return certs->der;
}

hf_status hf_cert_look(struct hf_bytes der, struct hf_cert_view *ret, struct hf_cert_trouble *ret_trouble)
{
	const char *why = NULL;
	struct cert *c;
	hf_status st = cert_make(der, &c, &why);

	*ret_trouble = (struct hf_cert_trouble){ 0 };
	if (st == HF_MALFORMED)
		cert_trouble_say(ret_trouble, 0, "it is no certificate: %s", why);
	if (st != HF_OK)
		return st;
	cert_view_of(c, false, ret);
	if (c->broken)
		ret->fault = HF_CERT_MALFORMED;
	cert_free(c);
	return HF_OK;
}
