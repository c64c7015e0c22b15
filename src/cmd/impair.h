/* SPDX-License-Identifier: MIT */
#ifndef HF_CMD_IMPAIR_H
#define HF_CMD_IMPAIR_H

#include "hf/driver.h"

/*
 * The simulated line of src/sim between a host and a real wire: what rtt=, loss= and rate= of the --net option ask for.
 * Frames wait here, copied, for the time at which the line lets them arrive; no more than IMPAIR_HELD_MAX of them, one
 * beyond is lost as in any full queue.
 */
#define IMPAIR_HELD_MAX 16384u

struct impair;

/* NULL when nothing was asked for (*ret_failed false) or when there is no memory. Installs itself as the net's filter. */
struct impair *impair_install(struct hf_net *net, bool *ret_failed);
/* After the net is closed. NULL is fine. */
void impair_free(struct impair *i);

#endif
