/* SPDX-License-Identifier: MIT */
/* The faults of certificates as hf/cert_faults.def has them: here, since they are told where no certificate can be read. */
#include "hf/cert.h"

static const struct {
	const char *code, *sentence, *advice;
	uint8_t alert;
} faults[HF_CERT_FAULT_COUNT] = {
#define F(name_, code_, alert_, sentence_, advice_) [HF_CERT_##name_] = { code_, sentence_, advice_, alert_ },
#include "hf/cert_faults.def"
#undef F
};

const char *hf_cert_fault_code(enum hf_cert_fault f)
{
	return faults[f].code;
}

const char *hf_cert_fault_sentence(enum hf_cert_fault f)
{
	return faults[f].sentence;
}

const char *hf_cert_fault_advice(enum hf_cert_fault f)
{
	return faults[f].advice;
}

uint8_t hf_cert_fault_alert(enum hf_cert_fault f)
{
	return faults[f].alert;
}
