/* SPDX-License-Identifier: MIT */
#include "lab.h"

#include <stdlib.h>

static void three_way_handshake(void **state)
{
	struct lab *lab = lab_new(HF_MS(10), NULL);

	(void)state;
	lab_listen(lab, LAB_B, 80);
	lab_connect(lab, LAB_A, 1024, 80);
	lab_run_for(lab, HF_MS(100));
	EXPECT_TEXT(lab->ladder, "     0ms  A --> B  SYN\n"
				 "    10ms  <-- B A  SYN ACK\n"
				 "    20ms  A --> B  ACK\n");
	EXPECT_TEXT(lab->host[LAB_A].path, "SYN_SENT ESTABLISHED ");
	EXPECT_TEXT(lab->host[LAB_B].path, "LISTEN SYN_RECEIVED ESTABLISHED ");
	lab_free(lab);
}

static void four_way_close(void **state)
{
	struct lab *lab = lab_new(HF_MS(10), NULL);
	struct lab_host *a = &lab->host[LAB_A], *b = &lab->host[LAB_B];

	(void)state;
	lab_establish(lab);
	assert_int_equal(tcp_shut(&a->tcp, a->conn, lab->now), HF_OK);
	lab_run_for(lab, HF_MS(60));
	assert_int_equal(tcp_shut(&b->tcp, b->conn, lab->now), HF_OK);
	lab_run_for(lab, HF_MS(100));
	EXPECT_TEXT(lab->ladder, "    41ms  A --> B  FIN ACK\n"
				 "    51ms  <-- B A  ACK\n"
				 "   101ms  <-- B A  FIN ACK\n"
				 "   111ms  A --> B  ACK\n");
	EXPECT_TEXT(a->path, "FIN_WAIT_1 FIN_WAIT_2 TIME_WAIT ");
	EXPECT_TEXT(b->path, "CLOSE_WAIT LAST_ACK CLOSED ");
	assert_int_equal(tcp_close(&a->tcp, a->conn, lab->now), HF_OK);
	assert_int_equal(tcp_close(&b->tcp, b->conn, lab->now), HF_OK);
	lab_run_for(lab, HF_S(61));
	EXPECT_TEXT(a->path, "FIN_WAIT_1 FIN_WAIT_2 TIME_WAIT CLOSED ");
	lab_expect_empty(lab);
	lab_free(lab);
}

static void simultaneous_close(void **state)
{
	struct lab *lab = lab_new(HF_MS(10), NULL);
	struct lab_host *a = &lab->host[LAB_A], *b = &lab->host[LAB_B];

	(void)state;
	lab_establish(lab);
	assert_int_equal(tcp_shut(&a->tcp, a->conn, lab->now), HF_OK);
	lab_run_for(lab, HF_MS(4));
	assert_int_equal(tcp_shut(&b->tcp, b->conn, lab->now), HF_OK);
	lab_run_for(lab, HF_S(1));
	EXPECT_TEXT(lab->ladder, "    41ms  A --> B  FIN ACK\n"
				 "    45ms  <-- B A  FIN ACK\n"
				 "    51ms  <-- B A  ACK\n"
				 "    55ms  A --> B  ACK\n");
	EXPECT_TEXT(a->path, "FIN_WAIT_1 CLOSING TIME_WAIT ");
	EXPECT_TEXT(b->path, "FIN_WAIT_1 CLOSING TIME_WAIT ");
	lab_free(lab);
}

static void simultaneous_open(void **state)
{
	struct lab *lab = lab_new(HF_MS(10), NULL);

	(void)state;
	lab_connect(lab, LAB_A, 1000, 2000);
	lab_connect(lab, LAB_B, 2000, 1000);
	lab_run_for(lab, HF_S(1));
	EXPECT_TEXT(lab->ladder, "     0ms  A --> B  SYN\n"
				 "     0ms  <-- B A  SYN\n"
				 "    10ms  A --> B  SYN ACK\n"
				 "    10ms  <-- B A  SYN ACK\n");
	EXPECT_TEXT(lab->host[LAB_A].path, "SYN_SENT SYN_RECEIVED ESTABLISHED ");
	EXPECT_TEXT(lab->host[LAB_B].path, "SYN_SENT SYN_RECEIVED ESTABLISHED ");
	lab_free(lab);
}

static void fin_and_its_ack_together(void **state)
{
	struct lab *lab = lab_new(HF_MS(10), NULL);
	struct lab_host *a = &lab->host[LAB_A], *b = &lab->host[LAB_B];

	(void)state;
	lab_establish(lab);
	assert_int_equal(tcp_shut(&a->tcp, a->conn, lab->now), HF_OK);
	lab_step(lab);
	/* B closes in the moment A's FIN arrives: its ACK and its FIN are one segment. */
	lab->now += HF_MS(10);
	lab_inject(lab, LAB_A, (struct tcp_header){ 0 }, NULL, 0); /* for nobody: answered by a reset */
	lab->now -= HF_MS(10);
	lab_forget(lab);
	struct tcp_header h = lab_header(lab, LAB_A, TCP_FIN | TCP_ACK);

	lab_inject(lab, LAB_A, h, NULL, 0);
	EXPECT_TEXT(a->path, "TIME_WAIT ");
	(void)b;
	lab_free(lab);
}

static void half_close(void **state)
{
	struct lab *lab = lab_new(HF_MS(10), NULL);
	struct lab_host *a = &lab->host[LAB_A], *b = &lab->host[LAB_B];
	char got[32] = { 0 };

	(void)state;
	lab_establish(lab);
	lab_write(lab, LAB_A, "request");
	assert_int_equal(tcp_shut(&a->tcp, a->conn, lab->now), HF_OK);
	lab_run_for(lab, HF_MS(100));
	assert_int_equal(lab_read(lab, LAB_B, got, sizeof got), 7);
	assert_string_equal(got, "request");
	assert_int_equal(lab_state(lab, LAB_B), HF_TCP_CLOSE_WAIT);
	lab_write(lab, LAB_B, "the answer");
	lab_run_for(lab, HF_MS(100));
	memset(got, 0, sizeof got);
	assert_int_equal(lab_read(lab, LAB_A, got, sizeof got), 10);
	assert_string_equal(got, "the answer");
	assert_int_equal(tcp_close(&b->tcp, b->conn, lab->now), HF_OK);
	lab_run_for(lab, HF_MS(100));
	assert_int_equal(lab_state(lab, LAB_A), HF_TCP_TIME_WAIT);
	assert_int_equal(tcp_close(&a->tcp, a->conn, lab->now), HF_OK);
	lab_run_for(lab, HF_S(61));
	lab_expect_empty(lab);
	lab_free(lab);
}

/* A pattern that tells its place. */
static uint8_t octet_at(uint32_t i)
{
	return (uint8_t)(i * 2654435761u >> 24);
}

static void bulk(uint64_t lose_a, uint64_t lose_b, uint32_t total)
{
	struct lab *lab = lab_new(HF_MS(10), NULL);
	struct lab_host *a = &lab->host[LAB_A];
	uint8_t *data = malloc(total), *got = malloc(total);
	uint32_t written = 0, read = 0;

	for (uint32_t i = 0; i < total; i++)
		data[i] = octet_at(i);
	lab->silent = true;
	lab_establish(lab);
	lab->lose[LAB_A] = lose_a;
	lab->lose[LAB_B] = lose_b;
	for (int turn = 0; turn < 100000 && read < total; turn++) {
		size_t n;

		if (written < total) {
			hf_status s = tcp_write(&a->tcp, a->conn, (struct hf_bytes){ data + written, total - written },
						turn % 3 ? TCP_WRITE_COPY : TCP_WRITE_BORROW, lab->now, &n);
			assert_true(s == HF_OK || s == HF_AGAIN);
			written += (uint32_t)n;
		}
		lab_run_for(lab, HF_MS(5));
		read += (uint32_t)lab_read(lab, LAB_B, got + read, total - read);
	}
	assert_int_equal(read, total);
	assert_memory_equal(got, data, total);
	assert_int_equal(tcp_close(&a->tcp, a->conn, lab->now), HF_OK);
	lab_run_for(lab, HF_S(1));
	assert_int_equal(tcp_close(&lab->host[LAB_B].tcp, lab->host[LAB_B].conn, lab->now), HF_OK);
	lab_run_for(lab, HF_S(100));
	lab_expect_empty(lab);
	free(data);
	free(got);
	lab_free(lab);
}

static void bulk_clean(void **state)
{
	(void)state;
	bulk(0, 0, 3000000);
}

static void bulk_lossy(void **state)
{
	(void)state;
	for (uint64_t i = 0; i < 64; i++)
		bulk(1ull << i, 0, 200000);
	bulk(0x5555, 0, 200000);
	bulk(0x3300, 0x0033, 200000);
	bulk(0x8888888888888888ull, 0x1111111111111111ull, 400000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(three_way_handshake),
		cmocka_unit_test(four_way_close),
		cmocka_unit_test(simultaneous_close),
		cmocka_unit_test(simultaneous_open),
		cmocka_unit_test(fin_and_its_ack_together),
		cmocka_unit_test(half_close),
		cmocka_unit_test(bulk_clean),
		cmocka_unit_test(bulk_lossy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
