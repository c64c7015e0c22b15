/* SPDX-License-Identifier: MIT */
/*
 * A TLS client over a plain socket, with nothing but the headers in hf/: fetches / by HTTP/1.0 and prints what comes.
 *
 *	cc tls_client.c -o tls_client $(pkg-config --cflags --libs handfast)
 *	./tls_client example.org 443 [CA.pem]
 */
#define _POSIX_C_SOURCE 200809L
#include "over_socket.h"

#include <netdb.h>

#define SYSTEM_CAS "/etc/ssl/certs/ca-certificates.crt"

static int connect_to(const char *host, const char *port)
{
	const struct addrinfo wanted = { .ai_socktype = SOCK_STREAM };
	struct addrinfo *found = NULL;
	int fd = -1;

	must(getaddrinfo(host, port, &wanted, &found) == 0, host, "no such host");
	for (const struct addrinfo *a = found; a && fd < 0; a = a->ai_next) {
		fd = socket(a->ai_family, a->ai_socktype, a->ai_protocol);
		if (fd >= 0 && connect(fd, a->ai_addr, a->ai_addrlen) != 0) {
			close(fd);
			fd = -1;
		}
	}
	freeaddrinfo(found);
	must(fd >= 0, host, "cannot connect");
	return fd;
}

/* Whom we trust: the authorities in a file. */
static struct hf_trust *load_trust(const struct hf_crypto *crypto, const char *path)
{
	static uint8_t pem[4 << 20];
	struct hf_cert_trouble trouble;
	struct hf_trust *trust;
	FILE *f = fopen(path, "r");
	const struct hf_bytes text = { pem, f ? fread(pem, 1, sizeof(pem), f) : 0 };

	must(text.len > 0 && fclose(f) == 0, path, "cannot be read");
	must(hf_trust_make(crypto, &trust) == HF_OK, path, "no memory");
	must(hf_trust_add(trust, text, &trouble) == HF_OK, path, trouble.sentence);
	return trust;
}

static void say_connected(const struct connection *c, const struct hf_cert_report *report)
{
	struct hf_tls_info info;

	hf_tls_info(c->tls, &info);
	fprintf(stderr, "connected: TLS 1.%d, ALPN \"%.*s\", to %s\n", info.version - 0x0301, (int)info.alpn.len,
		(const char *)info.alpn.at, report->cert[0].subject);
}

/* 0 after a clean end: then the page is whole. */
static int fetch(struct connection *c, struct hf_tls_keeper *keeper, const char *host)
{
	static struct hf_cert_report report;
	struct hf_tls_info info;
	struct hf_bytes data;
	char request[300];

	for (;;) {
		switch (next_event(c, keeper, &report, &data)) {
		case HF_TLS_CONNECTED:
			say_connected(c, &report);
			snprintf(request, sizeof(request), "GET / HTTP/1.0\r\nHost: %.255s\r\n\r\n", host);
			write_text(c, request); /* in one record: some answer and leave as soon as they have read a line */
			break;
		case HF_TLS_HAS_DATA:
			fwrite(data.at, 1, data.len, stdout);
			break;
		case HF_TLS_CLOSED:
			hf_tls_close(c->tls);
			next_event(c, keeper, NULL, &data); /* sends our close_notify */
			return fflush(stdout);
		case HF_TLS_TRUNCATED:
			fprintf(stderr, "%s: the stream was cut: something may be missing\n", host);
			return 1;
		case HF_TLS_FAILED:
			hf_tls_info(c->tls, &info);
			fprintf(stderr, "%s: %s\n", host, report.fault ? hf_cert_fault_sentence(report.fault) : info.why);
			return 1;
		default: /* HAS_SESSION: a program that connects again would keep it */
			break;
		}
	}
}

int main(int argc, char **argv)
{
	static struct connection c;
	const struct hf_bytes alpn = hf_bytes_of("http/1.1");
	struct hf_tls_config config = { .alpn = &alpn, .alpns = 1 };
	struct hf_tls_keeper keeper = { 0 };
	struct hf_tls_start start = { 0 };
	struct hf_crypto *crypto;
	struct hf_trust *trust;
	int failed;

	must(argc == 3 || argc == 4, "usage", "tls_client HOST PORT [CA.pem]");
	must(hf_crypto_open(&crypto) == HF_OK, "libcrypto", "cannot be set up");
	trust = load_trust(crypto, argc == 4 ? argv[3] : SYSTEM_CAS);
	config.crypto = keeper.crypto = crypto;
	config.epoch_ns = (uint64_t)time(NULL) * HF_S(1) - hf_clock_now();
	keeper.trust = trust;
	start.name = hf_bytes_of(argv[1]); /* goes into SNI, and is whom the certificate must be for */
	open_connection(&c, connect_to(argv[1], argv[2]), &config, &start);
	failed = fetch(&c, &keeper, argv[1]);
	close_connection(&c);
	hf_trust_free(trust);
	hf_crypto_close(crypto);
	return failed ? 1 : 0;
}
