/* SPDX-License-Identifier: MIT */
#include "sim/oracles.h"

#include "base/bits.h"

#include <inttypes.h>
#include <string.h>

bool sim_oracle_in_order(const struct sim_app *app, struct text *why)
{
	for (unsigned i = 0; i < app->sessions; i++)
		if (app->session[i].broken) {
			text_addf(why, "%s: octet %" PRIu64 " of connection %u is not the one that was written\n",
				  sim_world_name(app->world, app->cfg.host), app->session[i].broken_at, i);
			return false;
		}
	return true;
}

bool sim_oracle_whole(const struct sim_app *writer, const struct sim_app *reader, unsigned nth, struct text *why)
{
	const struct sim_session *out = sim_app_session(writer, nth), *in = sim_app_session(reader, nth);
	/* A program that speaks HTTP writes what it has to say. */
	const uint64_t all = writer->cfg.web ? out->written : writer->cfg.write;

	if (out->written == all && in->read == out->written && in->fin_read)
		return true;
	text_addf(why, "%s to %s: %" PRIu64 " of %" PRIu64 " octets written, %" PRIu64 " read, %s\n",
		  sim_world_name(writer->world, writer->cfg.host), sim_world_name(reader->world, reader->cfg.host),
		  out->written, all, in->read, in->fin_read ? "FIN read" : "FIN not read");
	return false;
}

bool sim_oracle_closed(const struct sim_world *w, unsigned host, unsigned nth, struct text *why)
{
	static const char last[] = "CLOSED ";
	const char *path = sim_world_path(w, host, nth);
	size_t n = strlen(path);

	if (n >= sizeof(last) - 1 && strcmp(path + n - (sizeof(last) - 1), last) == 0)
		return true;
	text_addf(why, "%s: connection %u does not end in CLOSED: %s\n", sim_world_name(w, host), nth,
		  *path ? path : "it never was");
	return false;
}

bool sim_oracle_nothing_left(const struct sim_world *w, unsigned host, struct text *why)
{
	struct hf_host_counters c;
	bool ok = true;

	hf_host_count(sim_world_host(w, host), &c);
	const struct {
		const char *what;
		uint32_t n;
	} left[] = { { "connection blocks", c.conns },
		     { "half-open peers", c.half_open },
		     { "TIME_WAIT records", c.time_wait },
		     { "chunks", c.chunks },
		     { "slices", c.slices },
		     { "gaps", c.gaps },
		     { "reassemblies", c.reassemblies } };

	for (size_t i = 0; i < HF_ARRAY_LEN(left); i++)
		if (left[i].n) {
			text_addf(why, "%s: %" PRIu32 " %s left\n", sim_world_name(w, host), left[i].n, left[i].what);
			ok = false;
		}
	return ok;
}
