/* SPDX-License-Identifier: MIT */
#include "sim/world_internal.h"

#include "base/bits.h"
#include "sim/app.h"
#include "wire/addr.h"
#include "wire/eth.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * Theory of operation. One queue of events, ordered by time and then by the order in which they were planned. An event
 * touches one host (a frame arrives, its wake-up time has come, one of its programs has paused long enough) or, as a
 * scripted step, any. Afterwards the host is settled: its events go to its programs, its frames go to the lines, its
 * trace goes to the log, until nothing moves; then its invariants are checked and its next wake-up is planned. The events
 * of a host that is driven from outside are left to its program, which is told of each touch by sim_world_next().
 *
 * A host that asks to be woken "now" for ever would stop the clock: SPIN_LIMIT settles at one time are taken for a bug.
 */
#define SPIN_LIMIT 100000u
#define PULL_BATCH 8u
#define TRACE_RECORDS 4096u

static bool play_first(struct sim_world *w, hf_time_ns until, unsigned *ret_host);
static struct sim_event take_first(struct sim_world *w);
static bool before(const struct sim_event *a, const struct sim_event *b);
static void settle(struct sim_world *w, unsigned host);
static void drain_host(struct sim_world *w, unsigned from);
static void tell_apps(struct sim_world *w, unsigned host, const struct hf_event *e);
static void plan_wake(struct sim_world *w, unsigned host);

struct sim_world *sim_world_make(const struct sim_world_config *cfg)
{
	struct sim_world *w = sim_must(calloc(1, sizeof(*w)));
	uint8_t seed[16] = "world";

	memcpy(seed + 8, &cfg->seed, 8);
	w->cfg = *cfg;
	w->now = cfg->start;
	w->spin_at = HF_NEVER;
	hf_rng_init(&w->rng, seed);
	segment_flows_init(&w->flows);
	text_init(&w->secrets);
	return w;
}

void sim_world_free(struct sim_world *w)
{
	if (!w)
		return;
	for (size_t i = 0; i < w->heap_n; i++)
		free(w->heap[i].frame);
	for (size_t i = 0; i < w->apps; i++)
		sim_app_free(w->app[i]);
	for (size_t i = 0; i < w->log_n; i++) {
		if (w->log[i].what == LADDER_SEGMENT)
			free((void *)(w->log[i].packet.at - sim_world_frame_head(w)));
		else
			free((void *)w->log[i].note);
		if (w->log[i].changed.len > 0)
			free((void *)(w->log[i].changed.at - sim_world_frame_head(w)));
	}
	for (unsigned i = 0; i < w->hosts; i++) {
		for (unsigned j = 0; j < w->host[i].paths; j++)
			text_free(&w->host[i].path[j].states);
		for (unsigned j = 0; j < w->hosts; j++)
			free(w->link[i][j]);
		free(w->host[i].path);
		free(w->host[i].memory);
	}
	while (w->kepts-- > 0)
		w->kept[w->kepts].drop(w->kept[w->kepts].thing);
	segment_flows_free(&w->flows);
	text_free(&w->secrets);
	free(w->kept);
	free(w->heap);
	free(w->app);
	free(w->log);
	free(w);
}

unsigned sim_world_add_host(struct sim_world *w, const struct sim_host_config *cfg)
{
	struct hf_host_config c = {
		.link = w->cfg.ethernet ? HF_LINK_ETHERNET : HF_LINK_IP,
		.mac = { 2, 0, 0, 0, 9, (uint8_t)(w->hosts + 1) },
		.mtu_bytes = cfg->mtu_bytes,
		.no_dad = true,
		.limits = cfg->limits,
		.tcp = cfg->tcp,
	};
	const struct {
		uint32_t *limit, value;
	} small[] = {
		{ &c.limits.conns, 64 },     { &c.limits.half_open, 64 },
		{ &c.limits.time_wait, 64 }, { &c.limits.chunks, 1024 },
		{ &c.limits.gaps, 256 },     { &c.limits.neighbours, 16 },
		{ &c.limits.paths, 16 },     { &c.limits.reassemblies, 4 },
		{ &c.limits.control, 256 },  { &c.limits.trace, TRACE_RECORDS },
		{ &c.limits.listeners, 8 },  { &c.limits.udp_sockets, 4 },
	};
	unsigned number = w->hosts++;
	struct sim_host *h = &w->host[number];
	size_t size;
	hf_status s;

	HF_ASSERT(number < SIM_HOSTS_MAX);
	for (size_t i = 0; i < HF_ARRAY_LEN(small); i++)
		if (*small[i].limit == 0 && !cfg->driven)
			*small[i].limit = small[i].value;
	for (size_t i = 0; i < sizeof(c.entropy); i++)
		c.entropy[i] = (uint8_t)hf_rng_below(&w->rng, 256);
	size = hf_host_memory(&c);
	h->memory = sim_must(aligned_alloc(64, (size + 63) & ~(size_t)63));
	h->name = cfg->name;
	h->wake_at = HF_NEVER;
	h->driven = cfg->driven;
	memcpy(h->mac, c.mac, 6);
	h->addr = addr_is_any(&cfg->addr) ? addr_ip4_u32(0x0a090001u + number) : cfg->addr;
	h->addr6 = cfg->addr6;
	if (addr_is_any(&h->addr6))
		h->addr6 = (struct hf_addr){ .b = { 0xfd, 0x09, [15] = (uint8_t)(number + 1) } };
	s = hf_host_init(h->memory, size, &c, w->now, &h->host);
	if (s == HF_OK)
		s = hf_host_add_addr(h->host, &h->addr, addr_is_any(&cfg->addr) ? 24 : 32, w->now);
	if (s == HF_OK)
		s = hf_host_add_addr(h->host, &h->addr6, addr_is_any(&cfg->addr6) ? 64 : 128, w->now);
	if (s != HF_OK) {
		fprintf(stderr, "handfast: simulated host %s: %s\n", cfg->name, hf_status_sentence(s));
		abort();
	}
	for (unsigned other = 0; other < number; other++) {
		sim_world_link(w, number, other, &w->cfg.link);
		sim_world_link(w, other, number, &w->cfg.link);
	}
	settle(w, number);
	return number;
}

struct hf_host *sim_world_host(const struct sim_world *w, unsigned host)
{
	HF_ASSERT(host < w->hosts);
	return w->host[host].host;
}

const char *sim_world_name(const struct sim_world *w, unsigned host)
{
	return w->host[host].name;
}
unsigned sim_world_hosts(const struct sim_world *w)
{
	return w->hosts;
}
struct hf_addr sim_world_addr(const struct sim_world *w, unsigned host)
{
	return w->host[host].addr;
}
struct hf_addr sim_world_addr6(const struct sim_world *w, unsigned host)
{
	return w->host[host].addr6;
}
const struct sim_faults *sim_world_faults(const struct sim_world *w)
{
	return &w->faults;
}
hf_time_ns sim_world_now(const struct sim_world *w)
{
	return w->now;
}
hf_time_ns sim_world_start(const struct sim_world *w)
{
	return w->cfg.start;
}
uint64_t sim_world_digest(const struct sim_world *w)
{
	return w->digest;
}
size_t sim_world_frame_head(const struct sim_world *w)
{
	return w->cfg.ethernet ? ETH_HEADER_BYTES : 0;
}
uint64_t sim_world_next_tag(struct sim_world *w)
{
	return ++w->tags;
}
bool sim_world_is_off(const struct sim_world *w, unsigned host)
{
	return w->host[host].off;
}
unsigned sim_world_paths(const struct sim_world *w, unsigned host)
{
	return w->host[host].paths;
}

void sim_world_link(struct sim_world *w, unsigned from, unsigned to, const struct sim_link_config *cfg)
{
	if (!w->link[from][to])
		w->link[from][to] = sim_must(malloc(sizeof(struct sim_link)));
	sim_link_init(w->link[from][to], cfg, hf_rng_u64(&w->rng));
}

void sim_world_fault(struct sim_world *w, const struct sim_fault *fault)
{
	sim_faults_add(&w->faults, fault);
}

void sim_world_at(struct sim_world *w, hf_time_ns at, sim_step *step, void *arg)
{
	sim_plan(w, (struct sim_event){ .at = w->cfg.start + at, .what = STEP_IS_DUE, .step = step, .arg = arg });
}

void sim_world_switch_off(struct sim_world *w, unsigned host)
{
	w->host[host].off = true;
	w->host[host].wake_order = 0;
}

hf_time_ns sim_world_run(struct sim_world *w, hf_time_ns until)
{
	unsigned host;

	until += w->cfg.start;
	while (play_first(w, until, &host))
		;
	if (w->heap_n > 0 && w->now < until)
		w->now = until;
	return w->now - w->cfg.start;
}

bool sim_world_next(struct sim_world *w, hf_time_ns until, unsigned *ret_host)
{
	if (play_first(w, until, ret_host))
		return true;
	if (until != HF_NEVER)
		w->now = hf_max_u64(w->now, until);
	return false;
}

void sim_world_settle(struct sim_world *w, unsigned host)
{
	settle(w, host);
}

void sim_world_set_tap(struct sim_world *w, unsigned host, sim_tap *tap, void *arg)
{
	w->tapped = host;
	w->tap = tap;
	w->tap_arg = arg;
}

void sim_show_frame(struct sim_world *w, unsigned host, bool out, struct hf_bytes frame)
{
	if (w->tap && w->tapped == host)
		w->tap(w->tap_arg, out, &(struct hf_frame){ .bytes = frame }, w->now);
}

/* False when nothing is left that happens up to then. */
static bool play_first(struct sim_world *w, hf_time_ns until, unsigned *ret_host)
{
	while (w->heap_n > 0 && w->heap[0].at <= until) {
		struct sim_event e = take_first(w);
		struct sim_host *h = &w->host[e.host];
		struct hf_frame frame = { .bytes = { e.frame, e.len } };

		if (e.what == HOST_WAKES && h->wake_order != e.order)
			continue; /* it was planned anew since; the clock need not stop here */
		w->now = e.at;
		*ret_host = e.host;
		switch (e.what) {
		case FRAME_ARRIVES:
			if (!h->off) {
				sim_show_frame(w, e.host, false, frame.bytes);
				hf_host_feed(h->host, &frame, 1, w->now);
				settle(w, e.host);
			}
			free(e.frame); /* NOLINT(clang-analyzer-unix.Malloc): a frame is in one event only */
			break;
		case HOST_WAKES:
			h->wake_order = 0;
			settle(w, e.host);
			break;
		case APP_WAKES:
			*ret_host = e.app->cfg.host;
			if (!w->host[e.app->cfg.host].off) {
				sim_app_wake(e.app);
				settle(w, e.app->cfg.host);
			}
			break;
		case STEP_IS_DUE:
			*ret_host = SIM_NOBODY;
			e.step(w, e.arg);
			for (unsigned i = 0; i < w->hosts; i++)
				settle(w, i);
			break;
		}
		return true;
	}
	return false;
}

void sim_world_draw(struct sim_world *w, uint8_t *to, size_t n)
{
	for (size_t i = 0; i < n; i++)
		to[i] = (uint8_t)hf_rng_below(&w->rng, 256);
}

void sim_world_keep(struct sim_world *w, void *thing, void (*drop)(void *thing))
{
	if (w->kepts == w->kept_room) {
		w->kept_room = w->kept_room ? w->kept_room * 2 : 8;
		w->kept = sim_must(realloc(w->kept, w->kept_room * sizeof(*w->kept)));
	}
	w->kept[w->kepts++] = (struct sim_kept){ thing, drop };
}

void sim_world_own_app(struct sim_world *w, struct sim_app *app)
{
	if (w->apps == w->app_room) {
		w->app_room = w->app_room ? w->app_room * 2 : 8;
		/* NOLINTNEXTLINE(bugprone-sizeof-expression): an array of pointers */
		w->app = sim_must(realloc(w->app, w->app_room * sizeof(*w->app)));
	}
	w->app[w->apps++] = app;
}

void sim_world_wake_app(struct sim_world *w, struct sim_app *app, hf_time_ns at)
{
	sim_plan(w, (struct sim_event){ .at = at, .what = APP_WAKES, .app = app });
}

void *sim_must(void *p)
{
	if (!p) {
		fputs("handfast: simulation: memory has run out\n", stderr);
		abort();
	}
	return p;
}

/* ---- the queue of events: a binary heap ---- */

static bool before(const struct sim_event *a, const struct sim_event *b)
{
	return a->at != b->at ? a->at < b->at : a->order < b->order;
}

void sim_plan(struct sim_world *w, struct sim_event e)
{
	size_t i = w->heap_n++;

	e.order = ++w->order;
	e.at = hf_max_u64(e.at, w->now);
	if (w->heap_n > w->heap_room) {
		w->heap_room = w->heap_room ? w->heap_room * 2 : 64;
		w->heap = sim_must(realloc(w->heap, w->heap_room * sizeof(*w->heap)));
	}
	while (i > 0 && before(&e, &w->heap[(i - 1) / 2])) {
		w->heap[i] = w->heap[(i - 1) / 2];
		i = (i - 1) / 2;
	}
	w->heap[i] = e;
}

static struct sim_event take_first(struct sim_world *w)
{
	struct sim_event first = w->heap[0];
	struct sim_event last = w->heap[--w->heap_n];
	size_t i = 0;

	for (;;) {
		size_t child = 2 * i + 1;

		if (child >= w->heap_n)
			break;
		if (child + 1 < w->heap_n && before(&w->heap[child + 1], &w->heap[child]))
			child++;
		if (!before(&w->heap[child], &last))
			break;
		w->heap[i] = w->heap[child];
		i = child;
	}
	if (w->heap_n > 0)
		w->heap[i] = last;
	return first;
}

/* ---- hosts ---- */

static void settle(struct sim_world *w, unsigned host)
{
	struct sim_host *h = &w->host[host];

	if (h->off)
		return;
	w->spins = w->spin_at == w->now ? w->spins + 1 : 0;
	w->spin_at = w->now;
	HF_ASSERT(w->spins < SPIN_LIMIT);
	drain_host(w, host);
	if (h->until_check-- == 0) {
		hf_host_check(h->host);
		h->until_check = w->cfg.check_every;
	}
	plan_wake(w, host);
}

static void drain_host(struct sim_world *w, unsigned from)
{
	struct hf_host *h = w->host[from].host;
	struct hf_frame_out out[PULL_BATCH];
	uint8_t frame[SIM_FRAME_MAX];
	struct hf_event e;
	bool moved;

	do {
		size_t n;

		moved = false;
		sim_gather_trace(w, from);
		while (!w->host[from].driven && hf_host_next_event(h, &e)) {
			tell_apps(w, from, &e);
			moved = true;
		}
		sim_gather_trace(w, from);
		n = hf_host_pull(h, out, PULL_BATCH, w->now);
		sim_gather_trace(w, from);
		for (size_t i = 0; i < n; i++) {
			size_t len = hf_frame_flatten(&out[i], frame, sizeof(frame));

			HF_ASSERT(len > 0);
			sim_send_frame(w, from, frame, len);
		}
		moved |= n > 0;
	} while (moved);
}

static void tell_apps(struct sim_world *w, unsigned host, const struct hf_event *e)
{
	for (size_t i = 0; i < w->apps; i++)
		if (w->app[i]->cfg.host == host && sim_app_event(w->app[i], e))
			return;
}

static void plan_wake(struct sim_world *w, unsigned host)
{
	struct sim_host *h = &w->host[host];
	hf_time_ns at = hf_host_wake_at(h->host);

	if (at == HF_NEVER) {
		h->wake_order = 0;
		return;
	}
	if (h->wake_order != 0 && h->wake_at == at)
		return;
	sim_plan(w, (struct sim_event){ .at = at, .what = HOST_WAKES, .host = host });
	h->wake_order = w->order;
	h->wake_at = at;
}
