/* SPDX-License-Identifier: MIT */
#include "sim/faults.h"

#include "base/bits.h"

static bool fits(const struct sim_fault *f, unsigned from, const struct segment *s);

void sim_faults_add(struct sim_faults *f, const struct sim_fault *fault)
{
	HF_ASSERT(f->n < SIM_FAULTS_MAX);
	f->seen[f->n] = 0;
	f->fault[f->n++] = *fault;
}

const struct sim_fault *sim_faults_strike(struct sim_faults *f, unsigned from, const struct segment *s)
{
	const struct sim_fault *hit = NULL;

	for (unsigned i = 0; i < f->n; i++) {
		const struct sim_fault *fault = &f->fault[i];
		uint32_t count = fault->count ? fault->count : 1;

		if (!fits(fault, from, s))
			continue;
		/* Each counts all that fit it, whoever strikes. */
		f->seen[i]++;
		if (!hit && f->seen[i] > fault->skip && f->seen[i] - fault->skip <= count)
			hit = fault;
	}
	f->struck += hit != NULL;
	return hit;
}

static bool fits(const struct sim_fault *f, unsigned from, const struct segment *s)
{
	if (!s->tcp || (f->from != SIM_ANYBODY && f->from != from))
		return false;
	if ((s->h.flags & f->mask) != f->value)
		return false;
	if ((f->payload == SIM_PAYLOAD_NONE && s->len > 0) || (f->payload == SIM_PAYLOAD_SOME && s->len == 0))
		return false;
	return (!f->ack_of_fin || s->acks_fin) && (!f->again || s->again);
}
