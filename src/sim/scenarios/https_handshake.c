/* SPDX-License-Identifier: MIT */
/* How a connection of HTTPS begins: the handshakes of TLS 1.3 and 1.2, and the oldest way to agree on a key. */
#include "sim/scenarios/https.h"

#include "base/bits.h"
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

/* ---- https-rsa-key-transport ---- */

/* RFC 5246 7.4.7.1: the secret fills one block of the key. */
#define RSA_MESSAGE_OCTETS (TLS_MESSAGE_HEADER + 2u + 2048u / 8u)

static void set_up_rsa(struct sim_run *run)
{
	static const uint16_t suites[] = { TLS_SUITE_RSA_AES_128_GCM };
	struct https h = https_begin(run, &(struct sim_leaf_ask){ .name = HTTPS_NAME, .key = CRYPTO_KEY_RSA });
	struct sim_tls_side *const sides[] = { h.client, h.server };
	struct hf_cert_trouble trouble;
	struct hf_cert_view leaf;

	for (unsigned i = 0; i < HF_ARRAY_LEN(sides); i++) {
		sides[i]->cfg.max_version = HF_TLS_1_2;
		sides[i]->cfg.rsa_key_transport = true;
		sides[i]->cfg.suites = (struct hf_tls_list){ suites, HF_ARRAY_LEN(suites) };
	}
	if (hf_cert_look(hf_cred_cert(h.server->cred[0], 0), &leaf, &trouble) != HF_OK)
		return;
	sim_tls_side_remark(h.client, HF_TLS_TOLD_MESSAGE, true, TLS_CLIENT_HELLO,
			    "1. The client connects to the server and says what it can do.");
	sim_tls_side_remark(h.server, HF_TLS_TOLD_MESSAGE, true, TLS_CERTIFICATE,
			    https_text(run,
				       "2. The server sends its certificate. In it are its names (%s), its public key (%s), and who "
				       "has issued and signed it (%s).",
				       leaf.names, leaf.key, leaf.issuer));
	sim_tls_side_remark(h.client, HF_TLS_TOLD_CERTIFICATE_OK, false, -1,
			    "3. The client checks the certificate. Then it makes a random secret and encrypts it with the "
			    "public key: only who has the private key can read it.");
	sim_tls_side_remark(
		h.server, HF_TLS_TOLD_RSA_TRANSPORT, false, -1,
		"4. The server decrypts the secret with its private key. Both now compute the same symmetric "
		"keys from it; each sends the hash of the whole handshake, and compares the other's with its own.");
	sim_tls_side_remark(h.client, HF_TLS_TOLD_CONNECTED, false, -1,
			    "5. The hashes are the same. From here on all data is encrypted with the symmetric keys, which "
			    "costs far less than public keys.");
	https_run(run, &h);
}

static void expect_rsa(struct sim_run *run)
{
	const struct sim_tls *client = https_tls(run->client, 0), *server = https_tls(run->server, 0);
	const struct hf_tls_info info = sim_tls_info(client);
	bool one_block = false;

	https_expect_messages(run, run->client, 0, "ClientHello ClientKeyExchange Finished ");
	https_expect_messages(run, run->server, 0, "ServerHello Certificate ServerHelloDone Finished ");
	https_expect_path(run, run->client, 0, "WAIT_CERT WAIT_CR_SHD WAIT_CCS WAIT_FINISHED CONNECTED ");
	https_expect_path(run, run->server, 0, "WAIT_CKE WAIT_CCS WAIT_FINISHED CONNECTED ");
	for (size_t i = 0; client && i < client->tolds; i++)
		one_block |= client->told[i].kind == HF_TLS_TOLD_MESSAGE && client->told[i].sent &&
			     client->told[i].x == TLS_CLIENT_KEY_EXCHANGE && client->told[i].len == RSA_MESSAGE_OCTETS;
	sim_expect(run, client && client->judged && client->report.fault == HF_CERT_GOOD && client->report.certs == 3,
		   "the client believes the certificate, by way of two authorities");
	sim_expect(run, one_block, "the client's secret is one block of RSA of 2048 bits");
	sim_expect(run,
		   sim_tls_count(client, HF_TLS_TOLD_RSA_TRANSPORT, true, -1) == 1 &&
			   sim_tls_count(server, HF_TLS_TOLD_RSA_TRANSPORT, false, -1) == 1,
		   "it is encrypted with the public key and decrypted with the private one");
	sim_expect(run, info.rsa_key_transport && info.group == 0 && info.peer_scheme == 0,
		   "no shares are exchanged, and the server signs nothing");
	sim_expect(run,
		   sim_tls_count(client, HF_TLS_TOLD_FINISHED_OK, false, -1) == 1 &&
			   sim_tls_count(server, HF_TLS_TOLD_FINISHED_OK, false, -1) == 1,
		   "each finds the other's hash over all messages to be its own");
	https_expect_page(run, HF_TLS_1_2);
}

const struct sim_scenario https_rsa_key_transport = {
	.name = "https-rsa-key-transport",
	.summary = "HTTPS as the textbooks tell it: a random secret, encrypted with the certificate's public key",
	.text = "Five steps: connect; the certificate with its names, its public key and its issuer; the client checks it, makes a random secret and "
		"encrypts it with that public key; the server decrypts it with the private key, and both compare the hash of the handshake; then all data "
		"goes under the symmetric keys that come of the secret. TLS 1.3 has dropped this way, and here it is off unless it is asked for: whoever "
		"records the line today and gets hold of the private key in ten years can then read everything. Compare `https-handshake-1.3`, where the "
		"certificate's key signs only, and the secret is gone when the connection is over.",
	.set_up = set_up_rsa,
	.expect = expect_rsa,
};

/* ---- resumption ---- */

static void set_up_resumption(struct sim_run *run)
{
	struct https h = https_begin(run, NULL);

	h.server->cfg.tickets = 1;
	https_run(run, &h);
	run->second = https_client(run, &h, HF_S(2));
}

/* Octets that the server has sent before its first data. */
static uint64_t handshake_octets(const struct sim_tls *t)
{
	for (size_t i = 0; t && i < t->tolds; i++)
		if (t->told[i].kind == HF_TLS_TOLD_RECORD && t->told[i].sent)
			return t->told[i].offset;
	return 0;
}

static void expect_resumption(struct sim_run *run)
{
	const struct sim_tls *first = https_tls(run->server, 0), *second = https_tls(run->server, 1),
			     *client = https_tls(run->second, 0);

	https_expect_messages(run, run->server, 0,
			      "ServerHello EncryptedExtensions Certificate CertificateVerify Finished NewSessionTicket ");
	sim_expect(run, sim_tls_count(https_tls(run->client, 0), HF_TLS_TOLD_TICKET, false, -1) == 1,
		   "the client gets a ticket on its first connection");
	https_expect_messages(run, run->server, 1, "ServerHello EncryptedExtensions Finished NewSessionTicket ");
	https_expect_path(run, run->second, 0, "WAIT_EE WAIT_FINISHED CONNECTED ");
	sim_expect(run, !sim_tls_info(first).resumed && sim_tls_info(second).resumed && sim_tls_info(client).resumed,
		   "the second connection resumes the first");
	sim_expect(run, client && !client->judged && sim_tls_count(second, HF_TLS_TOLD_SIGNED, false, -1) == 0,
		   "no certificate is shown and nothing is signed");
	sim_expect(run, sim_tls_info(client).group != 0, "but shares are exchanged anew: its keys are its own");
	sim_expect(run, handshake_octets(second) > 0 && handshake_octets(second) * 2 < handshake_octets(first),
		   "the server says less than half as much before its first data: %llu octets instead of %llu",
		   (unsigned long long)handshake_octets(second), (unsigned long long)handshake_octets(first));
	https_expect_whole_page(run, run->client, 0);
	https_expect_whole_page(run, run->second, 1);
	sim_expect_nothing_left(run);
}

const struct sim_scenario resumption = {
	.name = "resumption",
	.summary = "the second connection shows a ticket instead of asking for a certificate",
	.text = "After the handshake the server gives the client a ticket: what it needs to remember of this connection, sealed with a key that only it "
		"has, so that it need not remember anything. Two seconds later the client offers the ticket; that both know the secret in it proves to "
		"each who the other is, so that no certificate and no signature are needed. New shares are exchanged all the same: who learns the "
		"ticket's secret later cannot read this connection (RFC 8446 2.2).",
	.set_up = set_up_resumption,
	.expect = expect_resumption,
};

/* ---- hello-retry ---- */

static void set_up_hello_retry(struct sim_run *run)
{
	static const uint16_t groups[] = { TLS_GROUP_P256 };
	struct https h = https_begin(run, NULL);

	h.server->cfg.groups = (struct hf_tls_list){ groups, HF_ARRAY_LEN(groups) };
	https_run(run, &h);
}

static void expect_hello_retry(struct sim_run *run)
{
	https_expect_messages(run, run->client, 0, "ClientHello ClientHello Finished ");
	https_expect_messages(run, run->server, 0,
			      "HelloRetryRequest ServerHello EncryptedExtensions Certificate CertificateVerify Finished ");
	sim_expect(run, sim_tls_count(https_tls(run->client, 0), HF_TLS_TOLD_HELLO_RETRY, false, TLS_GROUP_P256) == 1,
		   "the client is asked for a share in secp256r1");
	sim_expect(run, sim_tls_info(https_tls(run->client, 0)).group == TLS_GROUP_P256, "and that group it is");
	sim_expect(run, sim_tls_info(https_tls(run->client, 0)).hello_retried, "it costs one round trip more");
	https_expect_page(run, HF_TLS_1_3);
}

const struct sim_scenario hello_retry = {
	.name = "hello-retry",
	.summary = "the client guesses a group that the server does not have, and is asked again",
	.text = "The client sends its share before it knows what the server can do. It lists other groups that it would take, so a server that has none "
		"of the shares can name one of these with HelloRetryRequest, and the client sends a second ClientHello with a share in it. That costs a "
		"round trip. The hash over all messages begins with both hellos: nobody in the middle can talk the two into a weaker group.",
	.set_up = set_up_hello_retry,
	.expect = expect_hello_retry,
};

/* ---- client-certificate ---- */

static void set_up_client_certificate(struct sim_run *run)
{
	struct https h = https_begin(run, NULL);

	h.server->cfg.client_cert = HF_TLS_CLIENT_CERT_REQUIRE;
	if (run->part == 0) {
		run->title = "The client has a certificate, and proves that it has its key";
		sim_tls_side_show(h.client,
				  sim_certs_leaf(h.certs, &(struct sim_leaf_ask){ .name = "someone.example",
										  .purpose = HF_CERT_FOR_CLIENT }));
	} else {
		run->title = "The client has none: this server goes no further";
	}
	https_run(run, &h);
}

static void expect_client_certificate(struct sim_run *run)
{
	const struct sim_tls *client = https_tls(run->client, 0), *server = https_tls(run->server, 0);

	https_expect_messages(run, run->server, 0,
			      "ServerHello EncryptedExtensions CertificateRequest Certificate CertificateVerify Finished ");
	if (run->part == 0) {
		https_expect_messages(run, run->client, 0, "ClientHello Certificate CertificateVerify Finished ");
		https_expect_path(run, run->server, 0, "WAIT_CERT WAIT_CV WAIT_FINISHED CONNECTED ");
		sim_expect(run,
			   server && server->judged && server->report.fault == HF_CERT_GOOD &&
				   sim_tls_count(server, HF_TLS_TOLD_SIGNATURE_OK, false, -1) == 1,
			   "the server believes the client's certificate and its signature");
		sim_expect(run, sim_tls_info(server).peer_certificate, "it knows whom it talks to");
		sim_expect(run, !https_on_wire(run, SIM_CLIENT, "someone.example"),
			   "who the client is nobody can read on the line");
		https_expect_page(run, HF_TLS_1_3);
		return;
	}
	https_expect_messages(run, run->client, 0, "ClientHello Certificate Finished ");
	https_expect_failure(run, run->server, "CERTIFICATE_REQUIRED", TLS_ALERT_CERTIFICATE_REQUIRED);
	sim_expect(run, client && client->connected,
		   "the client believes for half a round trip that it is connected: its own handshake is over");
	sim_expect(run, https_web(run->server, 0)->answered == 0 && https_web(run->client, 0)->answer[0].body.len == 0,
		   "and gets no page");
	sim_expect_nothing_left(run);
}

const struct sim_scenario client_certificate = {
	.name = "client-certificate",
	.summary = "the server wants to know who the client is, too",
	.text = "With CertificateRequest the server asks for the other certificate. The client answers with its own and signs the handshake so far, just "
		"as the server has done; both are encrypted, so that nobody on the line learns who it is. A client without one sends an empty "
		"Certificate, and it is up to the server what comes of that; this one ends the handshake with certificate_required.",
	.parts = 2,
	.set_up = set_up_client_certificate,
	.expect = expect_client_certificate,
};
