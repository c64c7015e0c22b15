/* SPDX-License-Identifier: MIT */
/*
 * What was learned, for as long as it may be believed: a table searched from end to end, because it is small beside the
 * round trip that it saves. An entry is found by a keyed hash of name and type, and then by both. When the table is full,
 * what has expired goes first, else what has not been needed for longest.
 */
#include "dns/dns_internal.h"

static uint32_t seconds_left(const struct dns_entry *e, hf_time_ns now)
{
	return (uint32_t)((e->until - now + HF_S(1) - 1) / HF_S(1));
}

static struct dns_entry *look_for(struct dns *d, const struct dns_name *name, uint16_t type, uint64_t hash)
{
	for (unsigned i = 0; i < d->cfg.cache; i++) {
		struct dns_entry *e = &d->cache[i];

		if (e->taken && e->hash == hash && e->type == type && dns_name_exact(&e->name, name))
			return e;
	}
	return NULL;
}

const struct dns_finding *dns_cache_find(struct dns *d, const struct dns_name *name, uint16_t type, hf_time_ns now,
					 uint32_t *ret_left_s)
{
	struct dns_entry *e = look_for(d, name, type, dns_hash(d, name, type));

	if (!e)
		return NULL;
	if (e->until <= now) {
		e->taken = false;
		return NULL;
	}
	e->used = ++d->used;
	*ret_left_s = seconds_left(e, now);
	return &e->found;
}

static struct dns_entry *make_room(struct dns *d, hf_time_ns now)
{
	struct dns_entry *oldest = &d->cache[0];
	struct dns_told *t;

	for (unsigned i = 0; i < d->cfg.cache; i++) {
		struct dns_entry *e = &d->cache[i];

		if (!e->taken || e->until <= now)
			return e;
		if (e->used < oldest->used)
			oldest = e;
	}
	t = dns_tell(d, DNS_TOLD_EVICTED, NULL, now);
	t->type = oldest->type;
	dns_name_format(&oldest->name, t->name, sizeof(t->name));
	return oldest;
}

void dns_cache_keep(struct dns *d, const struct dns_query *q, hf_time_ns now)
{
	const bool negative = q->found.why != DNS_WHY_OK;
	struct dns_entry *e;

	/* RFC 2308 7 lets failures be kept, too; a stub that is asked again rather asks again. A TTL of 0 is for this answer only. */
	if ((negative && q->found.why != DNS_WHY_NXDOMAIN && q->found.why != DNS_WHY_NODATA) || q->found.ttl_s == 0 ||
	    d->cfg.cache == 0)
		return;
	e = look_for(d, &q->name, q->type, q->hash);
	if (!e)
		e = make_room(d, now);
	*e = (struct dns_entry){ .taken = true,
				 .type = q->type,
				 .hash = q->hash,
				 .used = ++d->used,
				 .until = now + HF_S(q->found.ttl_s),
				 .name = q->name,
				 .found = q->found };
	dns_tell(d, negative ? DNS_TOLD_CACHED_NEGATIVE : DNS_TOLD_CACHED, q, now)->x = q->found.ttl_s;
}
