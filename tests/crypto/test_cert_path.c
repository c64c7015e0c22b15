/* SPDX-License-Identifier: MIT */
/* Several ways lead from a leaf to an anchor, some of them astray. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "cert_sent.h"

#include "base/bits.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static enum hf_cert_fault check(const char *host)
{
	struct hf_cert_ask ask = { .chain = sent,
				   .certs = sents,
				   .name = { (const uint8_t *)host, strlen(host) },
				   .unix_s = BAKE_NOW,
				   .letter = true };
	hf_status st = hf_cert_check(trust, &ask, &report);

	assert_int_equal(st, report.fault == HF_CERT_GOOD ? HF_OK : HF_UNTRUSTED);
	return report.fault;
}

static void nothing_is_trusted(void **state)
{
	struct baked root = bake_cert(BAKE_ROOT, NULL, NULL), leaf = bake_cert(BAKE_LEAF, &root, NULL);

	(void)state;
	send_cert(&leaf);
	assert_int_equal(check("example.com"), HF_CERT_MISSING_INTERMEDIATE);
	assert_int_equal(report.certs, 1);
	send_cert(&root);
	assert_int_equal(check("example.com"), HF_CERT_UNKNOWN_ISSUER);
	assert_int_equal(report.certs, 2);
	assert_int_equal(report.at, 1);
	assert_false(report.cert[1].from_trust);
	baked_free(&leaf);
	baked_free(&root);
}

static void nothing_was_sent(void **state)
{
	(void)state;
	assert_int_equal(hf_cert_check(trust, &(struct hf_cert_ask){ .unix_s = BAKE_NOW }, &report), HF_MALFORMED);
}

static void an_anchor_of_the_same_name_with_another_key(void **state)
{
	struct baked one = bake_cert(BAKE_ROOT, NULL, NULL), other = bake_cert(BAKE_ROOT, NULL, NULL);
	struct baked leaf = bake_cert(BAKE_LEAF, &one, &(struct bake){ .lines = "-authorityKeyIdentifier" });

	(void)state;
	trusted(&other);
	send_cert(&leaf);
	assert_int_equal(check("example.com"), HF_CERT_BAD_SIGNATURE);
	baked_free(&leaf);
	baked_free(&one);
	baked_free(&other);
}

static void the_right_anchor_among_several_of_a_name(void **state)
{
	struct baked root[4], leaf;

	(void)state;
	for (int i = 0; i < 4; i++) {
		root[i] = bake_cert(BAKE_ROOT, NULL, NULL);
		trusted(&root[i]);
	}
	leaf = bake_cert(BAKE_LEAF, &root[2], NULL);
	send_cert(&leaf);
	assert_int_equal(check("example.com"), HF_CERT_GOOD);
	baked_free(&leaf);
	for (int i = 0; i < 4; i++)
		baked_free(&root[i]);
}

static void what_was_sent_in_any_order(void **state)
{
	struct baked root = bake_cert(BAKE_ROOT, NULL, NULL),
		     unrelated = bake_cert(BAKE_ROOT, NULL, &(struct bake){ .subject = "CN=else" });
	struct baked a = bake_cert(BAKE_INTERMEDIATE, &root, &(struct bake){ .subject = "CN=a" });
	struct baked b = bake_cert(BAKE_INTERMEDIATE, &a, &(struct bake){ .subject = "CN=b" }),
		     leaf = bake_cert(BAKE_LEAF, &b, NULL);

	(void)state;
	trusted(&root);
	send_cert(&leaf);
	send_cert(&unrelated);
	send_cert(&a);
	send_cert(&root);
	send_cert(&b);
	assert_int_equal(check("example.com"), HF_CERT_GOOD);
	assert_int_equal(report.certs, 4);
	assert_string_equal(report.cert[1].subject, "CN=b");
	assert_string_equal(report.cert[2].subject, "CN=a");
	assert_true(report.cert[3].from_trust);
	baked_free(&leaf);
	baked_free(&b);
	baked_free(&a);
	baked_free(&unrelated);
	baked_free(&root);
}

static void garbage_beside_the_leaf_is_passed_over(void **state)
{
	struct baked root = bake_cert(BAKE_ROOT, NULL, NULL), middle = bake_cert(BAKE_INTERMEDIATE, &root, NULL);
	struct baked leaf = bake_cert(BAKE_LEAF, &middle, NULL);

	(void)state;
	trusted(&root);
	send_cert(&leaf);
	sent[sents++] = (struct hf_bytes){ (const uint8_t *)"garbage", 7 };
	sent[sents++] = (struct hf_bytes){ NULL, 0 };
	send_cert(&middle);
	assert_int_equal(check("example.com"), HF_CERT_GOOD);
	baked_free(&leaf);
	baked_free(&middle);
	baked_free(&root);
}

static void an_intermediate_may_be_the_anchor(void **state)
{
	struct baked root = bake_cert(BAKE_ROOT, NULL, NULL), middle = bake_cert(BAKE_INTERMEDIATE, &root, NULL);
	struct baked leaf = bake_cert(BAKE_LEAF, &middle, NULL);

	(void)state;
	trusted(&middle);
	send_cert(&leaf);
	send_cert(&root);
	assert_int_equal(check("example.com"), HF_CERT_GOOD);
	assert_int_equal(report.certs, 2);
	baked_free(&leaf);
	baked_free(&middle);
	baked_free(&root);
}

static void a_leaf_may_be_the_anchor(void **state)
{
	struct baked root = bake_cert(BAKE_ROOT, NULL, NULL), leaf = bake_cert(BAKE_LEAF, &root, NULL);

	(void)state;
	trusted(&leaf);
	send_cert(&leaf);
	assert_int_equal(check("example.com"), HF_CERT_GOOD);
	assert_int_equal(report.certs, 1);
	assert_true(report.cert[0].from_trust);
	assert_int_equal(check("example.org"), HF_CERT_WRONG_NAME);
	baked_free(&leaf);
	baked_free(&root);
}

/* root 2 -> expired cross-certificate of root 1 -> leaf, and root 1 itself: what AddTrust's end did to some. */
static void an_expired_cross_certificate_is_no_hindrance(void **state)
{
	struct baked root = bake_cert(BAKE_ROOT, NULL, NULL),
		     other = bake_cert(BAKE_ROOT, NULL, &(struct bake){ .subject = "CN=other" });
	struct baked cross =
		bake_cert(BAKE_INTERMEDIATE, &other,
			  &(struct bake){ .subject = "CN=Baked root", .same_key = root.key, .to = BAKE_NOW - 1 });
	struct baked leaf = bake_cert(BAKE_LEAF, &root, NULL);

	(void)state;
	trusted(&other);
	send_cert(&leaf);
	send_cert(&cross);
	assert_int_equal(check("example.com"), HF_CERT_EXPIRED);
	assert_int_equal(report.at, 1);
	trusted(&root);
	assert_int_equal(check("example.com"), HF_CERT_GOOD);
	assert_int_equal(report.certs, 2);
	baked_free(&leaf);
	baked_free(&cross);
	baked_free(&other);
	baked_free(&root);
}

/* Two certificates of one intermediate; the first leads through an authority that may not sign for its name. */
static void a_way_that_constraints_close_is_left(void **state)
{
	struct baked root_a = bake_cert(BAKE_ROOT, NULL, &(struct bake){ .subject = "CN=root a" });
	struct baked root_b = bake_cert(BAKE_ROOT, NULL, &(struct bake){ .subject = "CN=root b" });
	struct baked strict = bake_cert(
		BAKE_INTERMEDIATE, &root_a,
		&(struct bake){ .subject = "CN=strict", .lines = "nameConstraints=critical,excluded;DNS:no.example" });
	struct baked first =
		bake_cert(BAKE_INTERMEDIATE, &strict, &(struct bake){ .lines = "subjectAltName=DNS:no.example" });
	struct baked second = bake_cert(BAKE_INTERMEDIATE, &root_b, &(struct bake){ .same_key = first.key });
	struct baked leaf = bake_cert(BAKE_LEAF, &first, NULL);

	(void)state;
	trusted(&root_a);
	send_cert(&leaf);
	send_cert(&strict);
	send_cert(&first);
	send_cert(&second);
	assert_int_equal(check("example.com"), HF_CERT_NAME_CONSTRAINTS);
	assert_int_equal(report.at, 1);
	trusted(&root_b);
	assert_int_equal(check("example.com"), HF_CERT_GOOD);
	assert_int_equal(report.certs, 3);
	assert_string_equal(report.cert[2].subject, "CN=root b");
	baked_free(&leaf);
	baked_free(&second);
	baked_free(&first);
	baked_free(&strict);
	baked_free(&root_b);
	baked_free(&root_a);
}

static void authorities_that_sign_each_other_are_no_way(void **state)
{
	struct baked root = bake_cert(BAKE_ROOT, NULL, &(struct bake){ .subject = "CN=far away" });
	struct baked one = bake_cert(BAKE_ROOT, NULL, &(struct bake){ .subject = "CN=one" });
	struct baked two = bake_cert(BAKE_ROOT, NULL, &(struct bake){ .subject = "CN=two" });
	struct baked one_by_two =
		bake_cert(BAKE_INTERMEDIATE, &two, &(struct bake){ .subject = "CN=one", .same_key = one.key });
	struct baked two_by_one =
		bake_cert(BAKE_INTERMEDIATE, &one, &(struct bake){ .subject = "CN=two", .same_key = two.key });
	struct baked leaf = bake_cert(BAKE_LEAF, &one, NULL);

	(void)state;
	trusted(&root);
	send_cert(&leaf);
	send_cert(&one_by_two);
	send_cert(&two_by_one);
	assert_int_equal(check("example.com"), HF_CERT_UNKNOWN_ISSUER);
	/* With an end to the circle there is a way. */
	trusted(&one);
	assert_int_equal(check("example.com"), HF_CERT_GOOD);
	assert_int_equal(report.certs, 2);
	baked_free(&leaf);
	baked_free(&two_by_one);
	baked_free(&one_by_two);
	baked_free(&two);
	baked_free(&one);
	baked_free(&root);
}

#define LADDER 8 /* with leaf and anchor just a path long */

/* Each step of a ladder has two certificates of one name and key, so ways double with each; none leads to an end. */
static void a_maze_is_left_in_time(void **state)
{
	struct baked rung[LADDER][2], leaf, root = bake_cert(BAKE_ROOT, NULL, NULL);
	struct timespec before, after;
	char name[16];

	(void)state;
	trusted(&root);
	/* The top is signed by a key that the root does not have, so that only a signature shows it. */
	for (int i = 0; i < LADDER; i++)
		for (int k = 0; k < 2; k++) {
			struct baked wrong = root;

			snprintf(name, sizeof(name), "CN=rung %d", i);
			wrong.key = i == 0 ? EVP_EC_gen("P-256") : NULL;
			rung[i][k] = bake_cert(BAKE_INTERMEDIATE, i == 0 ? &wrong : &rung[i - 1][0],
					       &(struct bake){ .subject = name, .same_key = k ? rung[i][0].key : NULL });
			EVP_PKEY_free(wrong.key);
		}
	leaf = bake_cert(BAKE_LEAF, &rung[LADDER - 1][0], NULL);
	send_cert(&leaf);
	for (int i = 0; i < LADDER; i++)
		for (int k = 0; k < 2; k++)
			send_cert(&rung[i][k]);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &before);
	assert_int_not_equal(check("example.com"), HF_CERT_GOOD);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &after);
	/* 48 judgements of 9 signatures are some 50 ms; without a bound it would be 256 of them. */
	assert_true((after.tv_sec - before.tv_sec) * 1000 + (after.tv_nsec - before.tv_nsec) / 1000000 < 2000);
	baked_free(&leaf);
	for (int i = 0; i < LADDER; i++)
		for (int k = 0; k < 2; k++)
			baked_free(&rung[i][k]);
	baked_free(&root);
}

static void a_path_is_as_long_as_a_report(void **state)
{
	struct baked link[HF_CERT_REPORT_CERTS + 1], leaf;
	char name[16];

	(void)state;
	for (unsigned n = HF_CERT_REPORT_CERTS - 2; n <= HF_CERT_REPORT_CERTS - 1; n++) {
		sents = 0;
		link[0] = bake_cert(BAKE_ROOT, NULL, NULL);
		trusted(&link[0]);
		for (unsigned i = 1; i <= n; i++) {
			snprintf(name, sizeof(name), "CN=link %u", i);
			link[i] = bake_cert(BAKE_INTERMEDIATE, &link[i - 1], &(struct bake){ .subject = name });
		}
		leaf = bake_cert(BAKE_LEAF, &link[n], NULL);
		send_cert(&leaf);
		for (unsigned i = n; i >= 1; i--)
			send_cert(&link[i]);
		assert_int_equal(check("example.com"),
				 n + 2 <= HF_CERT_REPORT_CERTS ? HF_CERT_GOOD : HF_CERT_UNKNOWN_ISSUER);
		baked_free(&leaf);
		for (unsigned i = 0; i <= n; i++)
			baked_free(&link[i]);
	}
}

/* RFC 5280 4.2.1.9: those that are issued by themselves are not counted. */
static void self_issued_ones_do_not_lengthen_a_path(void **state)
{
	struct baked root = bake_cert(BAKE_ROOT, NULL, NULL);
	struct baked one =
		bake_cert(BAKE_INTERMEDIATE, &root,
			  &(struct bake){ .subject = "CN=one", .lines = "basicConstraints=critical,CA:TRUE,pathlen:1" });
	struct baked again =
		bake_cert(BAKE_INTERMEDIATE, &one,
			  &(struct bake){ .subject = "CN=one", .lines = "basicConstraints=critical,CA:TRUE,pathlen:1" });
	struct baked two =
		bake_cert(BAKE_INTERMEDIATE, &again,
			  &(struct bake){ .subject = "CN=two", .lines = "basicConstraints=critical,CA:TRUE,pathlen:0" });
	struct baked leaf = bake_cert(BAKE_LEAF, &two, NULL);

	(void)state;
	trusted(&root);
	send_cert(&leaf);
	send_cert(&two);
	send_cert(&again);
	send_cert(&one);
	assert_int_equal(check("example.com"), HF_CERT_GOOD);
	assert_int_equal(report.certs, 5);
	baked_free(&leaf);
	baked_free(&two);
	baked_free(&again);
	baked_free(&one);
	baked_free(&root);
}

/* ---- what is remembered between checks ---- */

static void time_and_name_are_asked_each_time(void **state)
{
	struct baked root = bake_cert(BAKE_ROOT, NULL, NULL), middle = bake_cert(BAKE_INTERMEDIATE, &root, NULL);
	struct baked leaf = bake_cert(BAKE_LEAF, &middle, NULL);
	struct hf_cert_ask ask = { .chain = sent, .certs = 2 };

	(void)state;
	trusted(&root);
	send_cert(&leaf);
	send_cert(&middle);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(check("example.com"), HF_CERT_GOOD);
		assert_int_equal(check("example.org"), HF_CERT_WRONG_NAME);
		ask.unix_s = BAKE_TO + 1;
		assert_int_equal(hf_cert_check(trust, &ask, &report), HF_UNTRUSTED);
		assert_int_equal(report.fault, HF_CERT_EXPIRED);
		ask.unix_s = BAKE_NOW;
		ask.purpose = HF_CERT_FOR_CLIENT;
		assert_int_equal(hf_cert_check(trust, &ask, &report), HF_UNTRUSTED);
		assert_int_equal(report.fault, HF_CERT_WRONG_PURPOSE);
		ask.purpose = HF_CERT_FOR_SERVER;
	}
	baked_free(&leaf);
	baked_free(&middle);
	baked_free(&root);
}

static void a_changed_octet_is_another_certificate(void **state)
{
	struct baked root = bake_cert(BAKE_ROOT, NULL, NULL), leaf = bake_cert(BAKE_LEAF, &root, NULL);

	(void)state;
	trusted(&root);
	send_cert(&leaf);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(check("example.com"), HF_CERT_GOOD);
		leaf.der[leaf.len - 1] ^= 1;
		assert_int_equal(check("example.com"), HF_CERT_BAD_SIGNATURE);
		leaf.der[leaf.len - 1] ^= 1;
	}
	baked_free(&leaf);
	baked_free(&root);
}

/* What is trusted can be added to; a way that was good before stays, one that was none may become one. */
static void trust_can_grow(void **state)
{
	struct baked one = bake_cert(BAKE_ROOT, NULL, NULL),
		     two = bake_cert(BAKE_ROOT, NULL, &(struct bake){ .subject = "CN=two" });
	struct baked of_one = bake_cert(BAKE_LEAF, &one, NULL), of_two = bake_cert(BAKE_LEAF, &two, NULL);

	(void)state;
	trusted(&one);
	for (int i = 0; i < 3; i++) {
		sent[0] = baked_bytes(&of_one);
		sents = 1;
		assert_int_equal(check("example.com"), HF_CERT_GOOD);
		sent[0] = baked_bytes(&of_two);
		assert_int_equal(check("example.com"), i < 2 ? HF_CERT_MISSING_INTERMEDIATE : HF_CERT_GOOD);
		if (i == 1)
			trusted(&two);
	}
	baked_free(&of_two);
	baked_free(&of_one);
	baked_free(&two);
	baked_free(&one);
}

#define MANY 150 /* more than are remembered */

static void more_than_can_be_remembered(void **state)
{
	static struct baked leaf[MANY];
	struct baked root = bake_cert(BAKE_ROOT, NULL, NULL);

	(void)state;
	trusted(&root);
	sents = 1;
	for (int i = 0; i < MANY; i++)
		leaf[i] = bake_cert(BAKE_LEAF, &root, &(struct bake){ .same_key = root.key });
	for (int turn = 0; turn < 2; turn++)
		for (int i = 0; i < MANY; i++) {
			sent[0] = baked_bytes(&leaf[i]);
			assert_int_equal(check("example.com"), HF_CERT_GOOD);
		}
	for (int i = 0; i < MANY; i++)
		baked_free(&leaf[i]);
	baked_free(&root);
}

struct worker {
	pthread_t thread;
	const struct baked *leaf;
	unsigned good;
};

static void *check_again_and_again(void *arg)
{
	struct worker *w = arg;
	struct hf_cert_report *mine = malloc(sizeof(*mine));

	for (unsigned i = 0; mine && i < 200; i++) {
		struct hf_bytes chain[] = { baked_bytes(&w->leaf[i % 8]) };
		struct hf_cert_ask ask = { .chain = chain, .certs = 1, .unix_s = BAKE_NOW };

		w->good += hf_cert_check(trust, &ask, mine) == HF_OK;
	}
	free(mine);
	return NULL;
}

static void several_threads_share_one_trust(void **state)
{
	struct baked root = bake_cert(BAKE_ROOT, NULL, NULL), leaf[8];
	struct worker worker[4] = { 0 };

	(void)state;
	trusted(&root);
	for (int i = 0; i < 8; i++)
		leaf[i] = bake_cert(BAKE_LEAF, &root, NULL);
	for (int i = 0; i < 4; i++) {
		worker[i].leaf = leaf;
		assert_int_equal(pthread_create(&worker[i].thread, NULL, check_again_and_again, &worker[i]), 0);
	}
	for (int i = 0; i < 4; i++) {
		pthread_join(worker[i].thread, NULL);
		assert_int_equal(worker[i].good, 200);
	}
	for (int i = 0; i < 8; i++)
		baked_free(&leaf[i]);
	baked_free(&root);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(nothing_is_trusted, begin, end),
		cmocka_unit_test_setup_teardown(nothing_was_sent, begin, end),
		cmocka_unit_test_setup_teardown(an_anchor_of_the_same_name_with_another_key, begin, end),
		cmocka_unit_test_setup_teardown(the_right_anchor_among_several_of_a_name, begin, end),
		cmocka_unit_test_setup_teardown(what_was_sent_in_any_order, begin, end),
		cmocka_unit_test_setup_teardown(garbage_beside_the_leaf_is_passed_over, begin, end),
		cmocka_unit_test_setup_teardown(an_intermediate_may_be_the_anchor, begin, end),
		cmocka_unit_test_setup_teardown(a_leaf_may_be_the_anchor, begin, end),
		cmocka_unit_test_setup_teardown(an_expired_cross_certificate_is_no_hindrance, begin, end),
		cmocka_unit_test_setup_teardown(a_way_that_constraints_close_is_left, begin, end),
		cmocka_unit_test_setup_teardown(authorities_that_sign_each_other_are_no_way, begin, end),
		cmocka_unit_test_setup_teardown(a_maze_is_left_in_time, begin, end),
		cmocka_unit_test_setup_teardown(a_path_is_as_long_as_a_report, begin, end),
		cmocka_unit_test_setup_teardown(self_issued_ones_do_not_lengthen_a_path, begin, end),
		cmocka_unit_test_setup_teardown(time_and_name_are_asked_each_time, begin, end),
		cmocka_unit_test_setup_teardown(a_changed_octet_is_another_certificate, begin, end),
		cmocka_unit_test_setup_teardown(trust_can_grow, begin, end),
		cmocka_unit_test_setup_teardown(more_than_can_be_remembered, begin, end),
		cmocka_unit_test_setup_teardown(several_threads_share_one_trust, begin, end),
	};

	return cmocka_run_group_tests(tests, open_all, close_all);
}
