/* SPDX-License-Identifier: MIT */
/*
 * A TLS server over plain sockets, with nothing but the headers in hf/: tells each client by HTTP/1.0 how it is connected.
 *
 *	cc tls_server.c -o tls_server $(pkg-config --cflags --libs handfast)
 *	./tls_server 4433 chain.pem key.pem        then: curl --cacert CA.pem https://localhost:4433/
 *
 * One client after the other; how many at once is the business of poll(2) and not of TLS.
 */
#define _POSIX_C_SOURCE 200809L
#include "over_socket.h"

#include <arpa/inet.h>

static struct hf_bytes read_file(const char *path, uint8_t *room, size_t n)
{
	FILE *f = fopen(path, "r");
	const struct hf_bytes text = { room, f ? fread(room, 1, n, f) : 0 };

	must(text.len > 0 && fclose(f) == 0, path, "cannot be read");
	return text;
}

static int listen_at(const char *port)
{
	struct sockaddr_in6 at = { .sin6_family = AF_INET6, .sin6_port = htons((uint16_t)strtoul(port, NULL, 10)) };
	const int yes = 1, no = 0, fd = socket(AF_INET6, SOCK_STREAM, 0);
	socklen_t len = sizeof(at);

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
	setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &no, sizeof(no));
	must(bind(fd, (struct sockaddr *)&at, sizeof(at)) == 0 && listen(fd, 16) == 0, port, "cannot listen there");
	getsockname(fd, (struct sockaddr *)&at, &len);
	printf("listening at port %u\n", ntohs(at.sin6_port));
	fflush(stdout);
	return fd;
}

static void answer(struct connection *c)
{
	struct hf_tls_info info;

	hf_tls_info(c->tls, &info);
	write_text(c, "HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\nhello over TLS ");
	write_text(c, info.version == HF_TLS_1_3 ? "1.3" : "1.2");
	write_text(c, info.resumed ? ", resumed\n" : "\n");
	hf_tls_close(c->tls); /* close_notify goes out with the next step */
}

static void serve(struct connection *c, struct hf_tls_keeper *keeper)
{
	struct hf_tls_info info;
	struct hf_bytes data;

	for (;;) {
		switch (next_event(c, keeper, NULL, &data)) {
		case HF_TLS_HAS_DATA: /* whatever it asks for */
			answer(c);
			break;
		case HF_TLS_CLOSED:
			hf_tls_close(c->tls);
			next_event(c, keeper, NULL, &data);
			return;
		case HF_TLS_TRUNCATED: /* most clients just leave */
			return;
		case HF_TLS_FAILED:
			hf_tls_info(c->tls, &info);
			fprintf(stderr, "a client: %s\n", info.why);
			return;
		default: /* CONNECTED */
			break;
		}
	}
}

int main(int argc, char **argv)
{
	static uint8_t chain[65536], key[65536];
	static struct connection c;
	const struct hf_bytes alpn = hf_bytes_of("http/1.1");
	struct hf_tls_config config = { .server = true, .alpn = &alpn, .alpns = 1 };
	struct hf_tls_ticket_keys ticket_keys = { 0 };
	struct hf_tls_keeper keeper = { .cred_count = 1, .ticket_keys = &ticket_keys };
	struct hf_cert_trouble trouble = { 0 };
	struct hf_crypto *crypto;
	struct hf_cred *cred;
	const struct hf_cred *creds[1];
	int listener;

	must(argc == 4, "usage", "tls_server PORT CHAIN.pem KEY.pem");
	must(hf_crypto_open(&crypto) == HF_OK, "libcrypto", "cannot be set up");
	must(hf_entropy(ticket_keys.seed, sizeof(ticket_keys.seed)) == HF_OK, "start", "no randomness");
	must(hf_cred_load(crypto, read_file(argv[2], chain, sizeof(chain)), read_file(argv[3], key, sizeof(key)), &cred,
			  &trouble) == HF_OK,
	     argv[2], trouble.sentence[0] ? trouble.sentence : "does not go with the key");
	creds[0] = cred;
	config.crypto = keeper.crypto = crypto;
	config.epoch_ns = (uint64_t)time(NULL) * HF_S(1) - hf_clock_now();
	keeper.creds = creds;
	listener = listen_at(argv[1]);
	for (;;) {
		struct hf_tls_start start = { 0 };
		const int fd = accept(listener, NULL, NULL);

		if (fd < 0)
			continue;
		open_connection(&c, fd, &config, &start);
		serve(&c, &keeper);
		close_connection(&c);
	}
}
