/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/bits.h"
#include "sim/app.h"
#include "sim/oracles.h"
#include "sim/tls_certs.h"
#include "wire/ip4.h"
#include "wire/tls_wire.h"

#include <stdlib.h>
#include <string.h>

/* Programs that speak HTTP, over TLS or not, on lines of every kind. */

#define NAME "www.example"
#define PAGE_OCTETS 60000u /* several records of the longest kind */
#define SEEDS 20u

static char page[PAGE_OCTETS + 1];
static const struct sim_page pages[] = { { .path = "/", .status = 200, .body = page } };
static const char *const requests[] = { "GET / HTTP/1.1\r\nHost: " NAME "\r\n\r\n",
					"GET /other HTTP/1.1\r\nHost: " NAME "\r\n\r\n" };

struct pair {
	struct sim_world *w;
	struct sim_app *client, *server;
	struct sim_certs *certs;
};

static int fill_page(void **state)
{
	(void)state;
	for (size_t i = 0; i < PAGE_OCTETS; i++)
		page[i] = (char)('a' + sim_pattern(7, i) % 26);
	return 0;
}

static struct pair pair_make(uint64_t seed, const struct sim_link_config *link, bool tls, uint16_t version)
{
	struct pair p = { .w = sim_world_make(&(struct sim_world_config){ .seed = seed, .start = HF_S(1), .link = *link }) };
	struct sim_web_config asks = { .requests = requests, .request_count = HF_ARRAY_LEN(requests) };
	struct sim_web_config answers = { .pages = pages, .page_count = HF_ARRAY_LEN(pages) };

	sim_world_add_host(p.w, &(struct sim_host_config){ .name = "client" });
	sim_world_add_host(p.w, &(struct sim_host_config){ .name = "server" });
	p.certs = sim_certs_make(p.w, seed);
	if (tls) {
		asks.tls = sim_certs_client(p.certs, NAME);
		answers.tls = sim_certs_server(p.certs, sim_certs_leaf(p.certs, &(struct sim_leaf_ask){ .name = NAME }));
		asks.tls->cfg.max_version = version;
	}
	p.server = sim_app_add(p.w, &(struct sim_app_config){ .host = 1, .listens = true, .port = 443, .web = &answers });
	p.client = sim_app_add(p.w, &(struct sim_app_config){ .host = 0, .peer = 1, .port = 443, .web = &asks });
	return p;
}

static void pair_end(struct pair *p)
{
	sim_world_free(p->w);
	sim_certs_end_fixed();
}

static const struct sim_web *web_of(const struct sim_app *app)
{
	const struct sim_session *s = sim_app_session(app, 0);

	assert_non_null(s->web);
	return s->web;
}

static void expect_answers(const struct pair *p)
{
	const struct sim_web *web = web_of(p->client);

	assert_int_equal(web->answers, 2);
	assert_int_equal(web->answer[0].status, 200);
	assert_true(web->answer[0].whole);
	assert_string_equal(text_str(&web->answer[0].body), page);
	assert_int_equal(web->answer[1].status, 404);
	assert_true(web->answer[1].whole);
	assert_int_equal(web->answer[1].body.len, 0);
}

static uint64_t play(uint64_t seed, const struct sim_link_config *link, bool tls, uint16_t version)
{
	struct pair p = pair_make(seed, link, tls, version);
	struct text why;
	uint64_t digest;

	sim_world_run(p.w, HF_S(600));
	expect_answers(&p);
	if (tls) {
		assert_int_equal(sim_tls_info(web_of(p.client)->tls).version, version);
		assert_int_equal(web_of(p.client)->tls->end, SIM_TLS_CLOSED);
		assert_int_equal(web_of(p.server)->tls->end, SIM_TLS_CLOSED);
	}
	text_init(&why);
	assert_true(sim_oracle_whole(p.client, p.server, 0, &why));
	assert_true(sim_oracle_whole(p.server, p.client, 0, &why));
	assert_true(sim_oracle_nothing_left(p.w, 0, &why));
	assert_true(sim_oracle_nothing_left(p.w, 1, &why));
	text_free(&why);
	digest = sim_world_digest(p.w);
	pair_end(&p);
	return digest;
}

static void answers_come_over_bad_lines(void **state)
{
	const struct sim_link_config bad = { .delay = HF_MS(10),
					     .reorder_ppm = 50000,
					     .reorder_delay = HF_MS(15),
					     .loss_ppm = 50000,
					     .duplicate_ppm = 20000,
					     .corrupt_ppm = 20000 };

	(void)state;
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		const uint64_t digest = play(seed, &bad, true, HF_TLS_1_3);

		assert_true(digest == play(seed, &bad, true, HF_TLS_1_3));
		assert_true(digest != play(seed, &bad, true, HF_TLS_1_2));
		assert_true(digest != play(seed, &bad, false, 0));
	}
}

static void secrets_are_kept_once(void **state)
{
	static const char *const labels[] = { "CLIENT_HANDSHAKE_TRAFFIC_SECRET ", "SERVER_HANDSHAKE_TRAFFIC_SECRET ",
					      "CLIENT_TRAFFIC_SECRET_0 ", "SERVER_TRAFFIC_SECRET_0 " };
	struct pair p = pair_make(1, &(struct sim_link_config){ .delay = HF_MS(10) }, true, HF_TLS_1_3);
	const char *secrets;

	(void)state;
	assert_string_equal(sim_world_secrets(p.w), "");
	sim_world_run(p.w, HF_S(600));
	secrets = sim_world_secrets(p.w);
	for (size_t i = 0; i < HF_ARRAY_LEN(labels); i++) {
		const char *line = strstr(secrets, labels[i]);

		assert_non_null(line);
		assert_true(line == secrets || line[-1] == '\n');
		assert_null(strstr(line + 1, labels[i]));
	}
	assert_true(secrets[strlen(secrets) - 1] == '\n');
	pair_end(&p);
}

static void silence_is_not_waited_for_longer_than_ten_seconds(void **state)
{
	const struct sim_link_config link = { .delay = HF_MS(10) };
	struct sim_world *w = sim_world_make(&(struct sim_world_config){ .seed = 1, .start = HF_S(1), .link = link });
	struct sim_certs *certs;
	struct sim_web_config asks = { .requests = requests, .request_count = 1 };
	struct sim_app *client;
	struct hf_tls_info info;

	(void)state;
	sim_world_add_host(w, &(struct sim_host_config){ .name = "client" });
	sim_world_add_host(w, &(struct sim_host_config){ .name = "server" });
	certs = sim_certs_make(w, 1);
	asks.tls = sim_certs_client(certs, NAME);
	sim_app_add(w, &(struct sim_app_config){ .host = 1, .listens = true, .port = 443, .ends = SIM_ENDS_PEER_FIN });
	client = sim_app_add(w, &(struct sim_app_config){ .host = 0, .peer = 1, .port = 443, .web = &asks });
	sim_world_run(w, HF_S(9));
	assert_int_equal(web_of(client)->tls->end, SIM_TLS_OPEN);
	sim_world_run(w, HF_S(100));
	assert_int_equal(web_of(client)->tls->end, SIM_TLS_FAILED);
	info = sim_tls_info(web_of(client)->tls);
	assert_string_equal(info.why_code, "TIMEOUT");
	assert_true(info.has_alert_sent && info.alert_sent == TLS_ALERT_USER_CANCELED);
	assert_int_equal(web_of(client)->asked, 0);
	sim_world_free(w);
	sim_certs_end_fixed();
}

/* ---- a man in the middle ---- */

static void turn_over(uint8_t *payload, size_t len)
{
	for (size_t i = 0; i < len; i++)
		payload[i] = (uint8_t)~payload[i];
}

static void changed_octets_have_a_checksum_that_fits(void **state)
{
	struct pair p = pair_make(1, &(struct sim_link_config){ .delay = HF_MS(10) }, false, 0);
	const struct ladder_event *log, *changed = NULL;
	struct segment_flows flows;
	struct segment before, after;
	struct ip4_header ip;
	size_t n;

	(void)state;
	sim_world_fault(p.w, &(struct sim_fault){ .from = 0,
						  .payload = SIM_PAYLOAD_SOME,
						  .what = SIM_REWRITE,
						  .rewrite = turn_over,
						  .note = "turns every bit over" });
	sim_world_run(p.w, HF_S(10));
	assert_int_equal(sim_world_faults(p.w)->struck, 1);
	log = sim_world_log(p.w, &n);
	for (size_t i = 0; i < n; i++)
		if (log[i].what == LADDER_SEGMENT && log[i].fate == LADDER_CHANGED)
			changed = &log[i];
	assert_non_null(changed);
	segment_flows_init(&flows);
	segment_read(&flows, changed->packet, false, &before);
	segment_read(&flows, changed->changed, false, &after);
	assert_int_equal(before.len, strlen(requests[0]));
	assert_int_equal(after.len, before.len);
	assert_memory_equal(before.h.payload.at, requests[0], before.len);
	for (size_t i = 0; i < before.len; i++)
		assert_int_equal(before.h.payload.at[i] ^ after.h.payload.at[i], 0xff);
	assert_int_equal(ip4_parse(changed->changed, &ip), HF_OK);
	assert_true(tcp_csum_ok(ip.payload, &ip.src, &ip.dst));
	/* The server has got it, and it is no HTTP. */
	assert_int_equal(sim_world_count(p.w, 1, HF_TR_TCP_DROP_CSUM), 0);
	assert_int_equal(web_of(p.server)->answered, 0);
	segment_flows_free(&flows);
	pair_end(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers_come_over_bad_lines),
		cmocka_unit_test(secrets_are_kept_once),
		cmocka_unit_test(silence_is_not_waited_for_longer_than_ten_seconds),
		cmocka_unit_test(changed_octets_have_a_checksum_that_fits),
	};

	return cmocka_run_group_tests(tests, fill_page, NULL);
}
