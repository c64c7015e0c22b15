/* SPDX-License-Identifier: MIT */
/*
 * One path through X509_verify_cert(): signatures, path lengths, name constraints, critical extensions, policies. It gets
 * just this path's certificates, so that it cannot build another; each fault is kept for the certificate it is of, and the
 * check goes on, so that one walk finds them all.
 */
#include "crypto/cert_internal.h"

static enum hf_cert_fault fault_of(int number)
{
	switch (number) {
	case X509_V_ERR_CERT_SIGNATURE_FAILURE:
	case X509_V_ERR_UNABLE_TO_DECRYPT_CERT_SIGNATURE:
		return HF_CERT_BAD_SIGNATURE;
	case X509_V_ERR_EE_KEY_TOO_SMALL:
	case X509_V_ERR_CA_KEY_TOO_SMALL:
		return HF_CERT_WEAK_KEY;
	case X509_V_ERR_CA_MD_TOO_WEAK:
		return HF_CERT_WEAK_HASH;
	case X509_V_ERR_INVALID_CA:
	case X509_V_ERR_INVALID_NON_CA:
	case X509_V_ERR_KEYUSAGE_NO_CERTSIGN:
		return HF_CERT_NOT_A_CA;
	case X509_V_ERR_PATH_LENGTH_EXCEEDED:
	case X509_V_ERR_CERT_CHAIN_TOO_LONG:
		return HF_CERT_PATH_LENGTH;
	case X509_V_ERR_PERMITTED_VIOLATION:
	case X509_V_ERR_EXCLUDED_VIOLATION:
	case X509_V_ERR_SUBTREE_MINMAX:
	case X509_V_ERR_UNSUPPORTED_CONSTRAINT_TYPE:
	case X509_V_ERR_UNSUPPORTED_CONSTRAINT_SYNTAX:
	case X509_V_ERR_UNSUPPORTED_NAME_SYNTAX:
		return HF_CERT_NAME_CONSTRAINTS;
	case X509_V_ERR_UNHANDLED_CRITICAL_EXTENSION:
		return HF_CERT_UNSUPPORTED_CRITICAL;
	case X509_V_ERR_INVALID_EXTENSION:
	case X509_V_ERR_UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY:
		return HF_CERT_MALFORMED;
	case X509_V_ERR_INVALID_PURPOSE:
		return HF_CERT_WRONG_PURPOSE;
	case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
	case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
	case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
		return HF_CERT_UNKNOWN_ISSUER;
	default:
		return HF_CERT_OTHER;
	}
}

static int note_error(int ok, X509_STORE_CTX *ctx)
{
	struct cert_verdict *v = X509_STORE_CTX_get_app_data(ctx);
	int depth = X509_STORE_CTX_get_error_depth(ctx), number = X509_STORE_CTX_get_error(ctx);
	unsigned at = depth > 0 && (unsigned)depth < v->path.certs ? (unsigned)depth : 0;

	if (!ok)
		cert_verdict_note(v, at, (struct cert_ruling){ fault_of(number), number, NULL, false });
	return 1;
}

/* RFC 5280 6.1 tracks policies, but nothing comes of them unless a certificate asks for it (4.2.1.11, 4.2.1.14). */
static bool has_policy_rules(const struct cert_path *path)
{
	for (unsigned i = 0; i < path->certs; i++)
		if (cert_extension_ce(&path->cert[i]->facts, ID_CE_POLICY_CONSTRAINTS) ||
		    cert_extension_ce(&path->cert[i]->facts, ID_CE_INHIBIT_ANY_POLICY))
			return true;
	return false;
}

static STACK_OF(X509) * stack_of(const struct cert_path *path, unsigned from, unsigned to)
{
	STACK_OF(X509) *stack = sk_X509_new_reserve(NULL, (int)CERT_PATH_MAX);

	for (unsigned i = from; stack && i < to; i++)
		sk_X509_push(stack, path->cert[i]->x);
	return stack;
}

hf_status cert_chain_apply(struct cert_verdict *v)
{
	const struct cert_path *path = &v->path;
	STACK_OF(X509) *middle = stack_of(path, 1, path->certs - 1), *anchor = stack_of(path, path->certs - 1, path->certs);
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	hf_status st = HF_FULL;

	if (middle && anchor && ctx && X509_STORE_CTX_init(ctx, NULL, path->cert[0]->x, middle) == 1) {
		X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(ctx);
		/* Times are ours alone (cert_rules.c): libcrypto counts the last second of a validity as behind it. */
		unsigned long flags = X509_V_FLAG_PARTIAL_CHAIN | X509_V_FLAG_TRUSTED_FIRST | X509_V_FLAG_NO_CHECK_TIME;

		if (has_policy_rules(path)) {
			flags |= X509_V_FLAG_POLICY_CHECK;
			/* Any will do for us (RFC 5280 6.1.1 c). libcrypto wants it said; unsaid, none would do. */
			X509_VERIFY_PARAM_add0_policy(param, OBJ_nid2obj(NID_any_policy));
		}
		X509_STORE_CTX_set0_trusted_stack(ctx, anchor);
		X509_VERIFY_PARAM_set_flags(param, flags);
		X509_VERIFY_PARAM_set_depth(param, (int)CERT_PATH_MAX);
		X509_VERIFY_PARAM_set_auth_level(param, 2); /* 112 bits */
		X509_STORE_CTX_set_app_data(ctx, v);
		X509_STORE_CTX_set_verify_cb(ctx, note_error);
		st = HF_OK;
		if (X509_verify_cert(ctx) != 1) {
			int number = X509_STORE_CTX_get_error(ctx);

			if (number == X509_V_ERR_OUT_OF_MEM)
				st = HF_FULL;
			cert_verdict_note(v, 0, (struct cert_ruling){ fault_of(number), number, NULL, false });
		}
	}
	X509_STORE_CTX_free(ctx);
	sk_X509_free(middle);
	sk_X509_free(anchor);
	return crypto_failed(st);
}
