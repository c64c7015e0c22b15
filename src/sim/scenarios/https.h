/* SPDX-License-Identifier: MIT */
#ifndef HF_SIM_SCENARIOS_HTTPS_H
#define HF_SIM_SCENARIOS_HTTPS_H

#include "sim/scenarios/scenarios.h"
#include "sim/tls_certs.h"

#define HTTPS_NAME "www.example"
#define HTTPS_PORT 443u
#define HTTP_PORT 80u
#define HTTPS_SECRET "the word is mistletoe"

/* What the scenarios of HTTPS begin with: a client that asks for a page, a server that has it, an authority both know. */
struct https {
	struct sim_certs *certs;
	struct sim_tls_side *client, *server;
	struct sim_web_config asks, answers;
};

/* Hosts and certificates; what they will do may still be changed. */
struct https https_begin(struct sim_run *run, const struct sim_leaf_ask *leaf);
/* The two programs; for a connection to plain HTTP's port too, when the configurations have no TLS. */
void https_run(struct sim_run *run, const struct https *h);
/* One more client, later. */
struct sim_app *https_client(struct sim_run *run, const struct https *h, hf_time_ns at);

/* A text that lives as long as the world. */
__attribute__((format(printf, 2, 3))) const char *https_text(struct sim_run *run, const char *format, ...);

/* The nth connection of a program; never NULL, empty when there is none. */
const struct sim_web *https_web(const struct sim_app *app, unsigned nth);
const struct sim_tls *https_tls(const struct sim_app *app, unsigned nth);

/* ---- what must hold ---- */

void https_expect_path(struct sim_run *run, const struct sim_app *app, unsigned nth, const char *states);
/* Both are connected, the client has the page, and both have said close_notify: of the nth connection of the server. */
void https_expect_whole_page(struct sim_run *run, const struct sim_app *app, unsigned nth);
/* Both have agreed on this, and the client has the whole page, which nobody could read on the wire. */
void https_expect_page(struct sim_run *run, uint16_t version);
/* The client, or the server, fails for this reason and sends this alert, and the other gets it. */
void https_expect_failure(struct sim_run *run, const struct sim_app *app, const char *why_code, unsigned alert);
/* The sender's messages in their order, as it told of them: "ServerHello EncryptedExtensions ". */
void https_expect_messages(struct sim_run *run, const struct sim_app *app, unsigned nth, const char *messages);
/* Is this text in any frame's payload (of that host; SIM_ANYBODY)? */
bool https_on_wire(const struct sim_run *run, unsigned from, const char *text);

#endif
