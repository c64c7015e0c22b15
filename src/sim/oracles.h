/* SPDX-License-Identifier: MIT */
#ifndef HF_SIM_ORACLES_H
#define HF_SIM_ORACLES_H

#include "explain/text.h"
#include "sim/app.h"

/* What must hold whatever the network did. Each adds a sentence for what does not; true when all does. */

/* Every session of both programs: what was read is a whole or partial copy, in order, of what the other wrote. */
bool sim_oracle_in_order(const struct sim_app *app, struct text *why);
/* All that `writer` wrote on its nth connection has been read by `reader` on its own nth. */
bool sim_oracle_whole(const struct sim_app *writer, const struct sim_app *reader, unsigned nth, struct text *why);
/* The host's nth connection went from state to state and is CLOSED. */
bool sim_oracle_closed(const struct sim_world *w, unsigned host, unsigned nth, struct text *why);
/* No connection, half-open peer, TIME_WAIT record, buffer, slice, gap or reassembly is left. Listeners may be. */
bool sim_oracle_nothing_left(const struct sim_world *w, unsigned host, struct text *why);

#endif
