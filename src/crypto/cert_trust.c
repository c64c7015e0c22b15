/* SPDX-License-Identifier: MIT */
/*
 * Whom we trust. A system has 150 anchors or so, of which a program meets one or two: libcrypto is shown those alone
 * (cert_memory_finish()).
 */
#include <stdlib.h>
#include <string.h>

#include "crypto/cert_internal.h"

hf_status hf_trust_make(const struct hf_crypto *c, struct hf_trust **ret)
{
	struct hf_trust *t = calloc(1, sizeof(*t));

	if (!t)
		return HF_FULL;
	if (cert_memory_make(&t->memory) != HF_OK) {
		free(t);
		return HF_FULL;
	}
	t->crypto = c;
	*ret = t;
	return HF_OK;
}

static hf_status add_anchor(struct hf_trust *t, struct hf_bytes der, unsigned block, struct hf_cert_trouble *trouble)
{
	const char *why;
	struct cert *c;
	hf_status st;

	if (t->anchors == t->room) {
		size_t room = t->room ? 2 * t->room : 16;
		struct cert **more = realloc(t->anchor, room * sizeof(struct cert *));

		if (!more)
			return HF_FULL;
		t->anchor = more;
		t->room = room;
	}
	st = cert_read(der, &c, &why);
	if (st == HF_MALFORMED)
		cert_trouble_say(trouble, block, "it is no certificate: %s", why);
	if (st == HF_OK)
		t->anchor[t->anchors++] = c;
	return st;
}

hf_status hf_trust_add(struct hf_trust *t, struct hf_bytes pem, struct hf_cert_trouble *ret_trouble)
{
	struct pem p = pem_over(pem);
	size_t before = t->anchors;
	struct pem_block b;
	hf_status st;

	*ret_trouble = (struct hf_cert_trouble){ 0 };
	if (!pem_looks_like(pem)) {
		st = add_anchor(t, pem, 0, ret_trouble);
		if (st == HF_MALFORMED)
			cert_trouble_say(
				ret_trouble, 0,
				"there is no block -----BEGIN CERTIFICATE----- in it, and it is no certificate in DER");
		return st;
	}
	while ((st = pem_next(&p, &b, ret_trouble)) == HF_OK) {
		if (strcmp(b.label, "CERTIFICATE") == 0)
			st = add_anchor(t, (struct hf_bytes){ b.der, b.len }, p.block, ret_trouble);
		pem_block_free(&b);
		if (st != HF_OK)
			break;
	}
	if (st == HF_NOT_FOUND && t->anchors == before) {
		cert_trouble_say(ret_trouble, 0, "there is no block -----BEGIN CERTIFICATE----- in it");
		st = HF_MALFORMED;
	}
	if (st == HF_NOT_FOUND)
		return HF_OK;
	while (t->anchors > before) /* all of it or nothing */
		cert_free(t->anchor[--t->anchors]);
	return st;
}

void hf_trust_free(struct hf_trust *t)
{
	if (!t)
		return;
	for (size_t i = 0; i < t->anchors; i++)
		cert_free(t->anchor[i]);
	for (size_t i = 0; i < t->crls; i++)
		cert_crl_free(t->crl[i]);
	cert_memory_free(t->memory);
	free(t->anchor);
	free(t->crl);
	free(t);
}
