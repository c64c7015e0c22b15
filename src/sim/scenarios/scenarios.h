/* SPDX-License-Identifier: MIT */
#ifndef HF_SIM_SCENARIOS_SCENARIOS_H
#define HF_SIM_SCENARIOS_SCENARIOS_H

#include "sim/scenario.h"

#define SCENARIO(row) extern const struct sim_scenario row;
#include "sim/scenarios/scenarios.def"
#undef SCENARIO

#endif
