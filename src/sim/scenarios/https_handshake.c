/* SPDX-License-Identifier: MIT */
/* How a connection of HTTPS begins: the handshakes of TLS 1.3 and 1.2. */
#include "sim/scenarios/https.h"

#include "wire/tls_wire.h"

/* ---- https-handshake-1.3 ---- */

static void set_up_13(struct sim_run *run)
{
	struct https h = https_begin(run, NULL);

	h.client->cfg.min_version = h.server->cfg.min_version = HF_TLS_1_3;
	https_run(run, &h);
}

static void expect_13(struct sim_run *run)
{
	const struct sim_tls *client = https_tls(run->client, 0), *server = https_tls(run->server, 0);

	https_expect_path(run, run->client, 0, "WAIT_EE WAIT_CERT_CR WAIT_CV WAIT_FINISHED CONNECTED ");
	https_expect_path(run, run->server, 0, "WAIT_FINISHED CONNECTED ");
	https_expect_messages(run, run->client, 0, "ClientHello Finished ");
	https_expect_messages(run, run->server, 0,
			      "ServerHello EncryptedExtensions Certificate CertificateVerify Finished ");
	sim_expect(run,
		   sim_tls_count(client, HF_TLS_TOLD_CERTIFICATE_OK, false, -1) == 1 && client->judged &&
			   client->report.fault == HF_CERT_GOOD,
		   "the client believes the certificate");
	sim_expect(run, sim_tls_count(client, HF_TLS_TOLD_SIGNATURE_OK, false, -1) == 1,
		   "the server proves by a signature that it has the certificate's private key");
	sim_expect(run,
		   sim_tls_count(client, HF_TLS_TOLD_FINISHED_OK, false, -1) == 1 &&
			   sim_tls_count(server, HF_TLS_TOLD_FINISHED_OK, false, -1) == 1,
		   "each finds the other's hash over all messages to be its own");
	sim_expect(run, !https_on_wire(run, SIM_SERVER, "Handfast scenario"),
		   "the certificate is encrypted: its issuer's name is in no frame");
	sim_expect(run, https_on_wire(run, SIM_CLIENT, HTTPS_NAME),
		   "the name of the server is not: it is in the ClientHello");
	https_expect_page(run, HF_TLS_1_3);
}

const struct sim_scenario https_handshake_13 = {
	.name = "https-handshake-1.3",
	.summary = "a page over HTTPS: TCP's three steps, TLS 1.3 in one round trip, then encrypted data",
	.text = "TCP comes first. Then the client guesses which group the server will like and sends its share with the first message, so that one "
		"round trip does: with the ServerHello both can compute a secret that nobody on the line can, and all that follows is encrypted, the "
		"certificate too. The certificate says whose public key this is, the signature after it proves that the server has the private one, and "
		"the hash over all messages in Finished that nobody has changed any of them.",
	.set_up = set_up_13,
	.expect = expect_13,
};

/* ---- https-handshake-1.2 ---- */

static void set_up_12(struct sim_run *run)
{
	struct https h = https_begin(run, NULL);

	h.client->cfg.max_version = h.server->cfg.max_version = HF_TLS_1_2;
	https_run(run, &h);
}

static void expect_12(struct sim_run *run)
{
	const struct sim_tls *client = https_tls(run->client, 0), *server = https_tls(run->server, 0);

	https_expect_messages(run, run->client, 0, "ClientHello ClientKeyExchange Finished ");
	https_expect_messages(run, run->server, 0, "ServerHello Certificate ServerKeyExchange ServerHelloDone Finished ");
	https_expect_path(run, run->client, 0, "WAIT_CERT WAIT_SKE WAIT_CR_SHD WAIT_CCS WAIT_FINISHED CONNECTED ");
	https_expect_path(run, run->server, 0, "WAIT_CKE WAIT_CCS WAIT_FINISHED CONNECTED ");
	sim_expect(run, sim_tls_count(client, HF_TLS_TOLD_CERTIFICATE_OK, false, -1) == 1,
		   "the client believes the certificate");
	sim_expect(run, sim_tls_count(client, HF_TLS_TOLD_SIGNATURE_OK, false, -1) == 1,
		   "the server's share is signed with the certificate's private key");
	sim_expect(run,
		   sim_tls_count(client, HF_TLS_TOLD_FINISHED_OK, false, -1) == 1 &&
			   sim_tls_count(server, HF_TLS_TOLD_FINISHED_OK, false, -1) == 1,
		   "each finds the other's hash over all messages to be its own");
	sim_expect(run, https_on_wire(run, SIM_SERVER, "Handfast scenario"),
		   "anyone on the line can read the certificate: it is sent before there are keys");
	https_expect_page(run, HF_TLS_1_2);
}

const struct sim_scenario https_handshake_12 = {
	.name = "https-handshake-1.2",
	.summary = "the same page with TLS 1.2: two round trips, and a certificate that anybody can read",
	.text = "TLS 1.2 asks first and agrees afterwards: only when the server has chosen the suite and sent its share does the client send its own, so "
		"the handshake takes two round trips. Everything up to ChangeCipherSpec is in the clear, the certificate and whom the client talks to "
		"with it. The server signs its share here, and not the whole handshake; what guards the rest is the hash in Finished.",
	.set_up = set_up_12,
	.expect = expect_12,
};
