/* SPDX-License-Identifier: MIT */
/* Certificates that are not believed: the client says why, and nothing is asked of such a server. */
#include "sim/scenarios/https.h"

#include "explain/cert_view.h"
#include "wire/tls_wire.h"

#include <string.h>

static void set_up_bad(struct sim_run *run, enum mint_bad bad)
{
	const struct https h = https_begin(run, &(struct sim_leaf_ask){ .name = HTTPS_NAME, .bad = bad });

	https_run(run, &h);
}

static void expect_refused(struct sim_run *run, enum hf_cert_fault fault, unsigned alert)
{
	const struct sim_tls *client = https_tls(run->client, 0), *server = https_tls(run->server, 0);

	https_expect_messages(run, run->client, 0, "ClientHello ");
	https_expect_path(run, run->client, 0, "WAIT_EE WAIT_CERT_CR FAILED ");
	https_expect_failure(run, run->client, "VERDICT", alert);
	sim_expect(run, client && client->judged && client->report.fault == fault,
		   "what is wrong with the certificate is: %s", hf_cert_fault_code(fault));
	sim_expect(run,
		   sim_tls_count(client, HF_TLS_TOLD_CERTIFICATE_BAD, false, (int)alert) == 1 &&
			   sim_tls_count(client, HF_TLS_TOLD_CERTIFICATE_OK, false, -1) == 0,
		   "the client tells that it does not believe it");
	sim_expect(run, client && !client->connected && server && !server->connected, "neither end is ever connected");
	sim_expect(run, https_web(run->client, 0)->asked == 0 && https_web(run->server, 0)->answered == 0,
		   "nothing is asked and nothing is answered");
	sim_expect(run,
		   sim_tls_count(client, HF_TLS_TOLD_RECORD, true, -1) == 0 &&
			   sim_tls_count(server, HF_TLS_TOLD_RECORD, true, -1) == 0,
		   "no octet of data goes either way");
	sim_expect_nothing_left(run);
}

/* The chain as the client has judged it. */
static void show_report(const struct sim_run *run, struct text *out, const struct look *look)
{
	const struct sim_tls *client = https_tls(run->clients[0], 0);

	if (client)
		cert_view_report(out, &client->report, look);
}

static void show_report_json(const struct sim_run *run, struct json *j)
{
	const struct sim_tls *client = https_tls(run->clients[0], 0);

	json_key(j, "report");
	if (client)
		cert_view_report_json(j, &client->report);
	else
		json_null(j);
}

/* ---- expired-certificate ---- */

static void set_up_expired(struct sim_run *run)
{
	set_up_bad(run, MINT_EXPIRED);
}

static void expect_expired(struct sim_run *run)
{
	expect_refused(run, HF_CERT_EXPIRED, TLS_ALERT_CERTIFICATE_EXPIRED);
	sim_expect(run, https_tls(run->client, 0)->report.cert[0].not_after < https_tls(run->client, 0)->report.at_unix_s,
		   "its time was over when the client looked at it");
}

const struct sim_scenario expired_certificate = {
	.name = "expired-certificate",
	.summary = "the server's certificate ended a day ago: the client ends the handshake",
	.text = "A certificate says from when to when it is valid. All else is well with this one: the name, the issuer, the signature. But who has "
		"issued it has promised to look after it until yesterday only: a key that was stolen since may not be on any list. The client sends "
		"certificate_expired, asks for nothing, and a person must decide.",
	.set_up = set_up_expired,
	.expect = expect_expired,
	.show = show_report,
	.show_json = show_report_json,
};

/* ---- wrong-name ---- */

static void set_up_wrong_name(struct sim_run *run)
{
	set_up_bad(run, MINT_WRONG_NAME);
}

static void expect_wrong_name(struct sim_run *run)
{
	const struct sim_tls *client = https_tls(run->client, 0);

	expect_refused(run, HF_CERT_WRONG_NAME, TLS_ALERT_BAD_CERTIFICATE);
	sim_expect(run,
		   strcmp(client->report.asked_name, HTTPS_NAME) == 0 && !strstr(client->report.cert[0].names, HTTPS_NAME),
		   "the name asked for is not among its names");
	sim_expect(run, client->report.certs == 3 && client->report.cert[2].from_trust,
		   "though its chain leads to an authority that the client trusts");
}

const struct sim_scenario wrong_name = {
	.name = "wrong-name",
	.summary = "a good certificate, but for another name",
	.text = "Anybody can get a certificate for a name of their own. That a chain leads to a trusted authority says that the server is who the "
		"certificate names, and not that it is the one who was asked for: without this check, whoever can answer in another's place could show "
		"their own certificate. The client compares the name it was asked to go to (RFC 9525) and nothing else.",
	.set_up = set_up_wrong_name,
	.expect = expect_wrong_name,
	.show = show_report,
	.show_json = show_report_json,
};

/* ---- missing-intermediate ---- */

static void set_up_missing_intermediate(struct sim_run *run)
{
	set_up_bad(run, MINT_MISSING_INTERMEDIATE);
}

static void expect_missing_intermediate(struct sim_run *run)
{
	expect_refused(run, HF_CERT_MISSING_INTERMEDIATE, TLS_ALERT_UNKNOWN_CA);
	sim_expect(run, https_tls(run->client, 0)->report.certs == 1, "the server has sent one certificate, its own");
}

const struct sim_scenario missing_intermediate = {
	.name = "missing-intermediate",
	.summary = "the server forgets the certificate in the middle: works in some browsers, and not here",
	.text = "The root that the client trusts has not signed the server's certificate itself: an intermediate authority has, and its certificate is for "
		"the server to send along (RFC 8446 4.4.2). It is the most common mistake of all, since browsers that have met this intermediate elsewhere "
		"or fetch it by themselves show nothing of it. A client that has only what it was sent cannot link the two.",
	.set_up = set_up_missing_intermediate,
	.expect = expect_missing_intermediate,
	.show = show_report,
	.show_json = show_report_json,
};
