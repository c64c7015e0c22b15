/* SPDX-License-Identifier: MIT */
/*
 * Runs a fuzzer without libFuzzer, the same inputs every time: its good messages, every prefix of them, and a number
 * of mutations and of random strings.
 *
 *	fuzz_x [-runs=N]     N mutations (5000)
 *	fuzz_x FILE...       these inputs, as libFuzzer leaves them behind
 */
#include "fuzz.h"

#include <signal.h>
#include <unistd.h>

#define INPUT_MAX 4096u
#define RUNS 5000u

static uint64_t rng_state = 0x48616e6466617374u;
static const uint8_t *current;
static size_t current_len;

/* splitmix64 */
static uint64_t draw(void)
{
	uint64_t z = rng_state += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

static size_t below(size_t n)
{
	return n ? (size_t)(draw() % n) : 0;
}

/* Only write() here: we come from a signal. */
static void show_input(int sig)
{
	static const char digits[] = "0123456789abcdef";
	char pair[2];

	(void)!write(2, "input: ", 7);
	for (size_t i = 0; i < current_len; i++) {
		pair[0] = digits[current[i] >> 4];
		pair[1] = digits[current[i] & 15];
		(void)!write(2, pair, 2);
	}
	(void)!write(2, "\n", 1);
	signal(sig, SIG_DFL);
	raise(sig);
}

static void run(const uint8_t *data, size_t n)
{
	uint8_t *p = fuzz_copy(data, n);

	current = p;
	current_len = n;
	LLVMFuzzerTestOneInput(p, n);
	free(p);
}

static size_t mutate(uint8_t *p, size_t n)
{
	static const uint8_t edges[] = { 0, 1, 2, 0x7f, 0x80, 0xfe, 0xff };
	const struct hf_bytes *other = &fuzz_seeds[below(fuzz_seed_count)];
	size_t at = below(n), k;

	switch (below(8)) {
	case 0:
		if (n)
			p[at] ^= (uint8_t)(1u << below(8));
		return n;
	case 1:
		if (n)
			p[at] = (uint8_t)draw();
		return n;
	case 2:
		if (n)
			p[at] = edges[below(sizeof(edges))];
		return n;
	case 3:
		if (n)
			p[at] = (uint8_t)(p[at] + below(9) - 4u);
		return n;
	case 4: /* cut off */
		return at;
	case 5: /* cut out */
		k = below(n - at < 16 ? n - at : 16);
		memmove(p + at, p + at + k, n - at - k);
		return n - k;
	case 6: /* push in */
		k = below(16);
		if (n + k > INPUT_MAX)
			return n;
		memmove(p + at + k, p + at, n - at);
		for (size_t i = 0; i < k; i++)
			p[at + i] = (uint8_t)draw();
		return n + k;
	default: /* head of this, tail of another */
		if (at >= other->len || other->len > INPUT_MAX)
			return n;
		memcpy(p + at, other->at + at, other->len - at);
		return other->len;
	}
}

static void run_seeds(void)
{
	for (size_t i = 0; i < fuzz_seed_count; i++)
		for (size_t n = fuzz_seeds[i].len + 1; n--;)
			run(fuzz_seeds[i].at, n);
}

static void run_mutations(size_t runs)
{
	static uint8_t p[INPUT_MAX];

	for (size_t r = 0; r < runs; r++) {
		const struct hf_bytes *s = &fuzz_seeds[below(fuzz_seed_count)];
		size_t n = s->len < INPUT_MAX ? s->len : INPUT_MAX;

		if (r % 16u == 0) {
			n = below(128);
			for (size_t i = 0; i < n; i++)
				p[i] = (uint8_t)draw();
		} else {
			memcpy(p, s->at, n);
			for (size_t k = 1 + below(6); k; k--)
				n = mutate(p, n);
		}
		run(p, n);
	}
}

static int run_file(const char *name)
{
	static uint8_t p[1 << 20];
	FILE *f = fopen(name, "rb");
	size_t n;

	if (!f) {
		perror(name);
		return 2;
	}
	n = fread(p, 1, sizeof(p), f);
	fclose(f);
	run(p, n);
	printf("%s: %zu octets, all properties hold\n", name, n);
	return 0;
}

int main(int argc, char **argv)
{
	size_t runs = RUNS;
	int files = 0, bad = 0;

	signal(SIGABRT, show_input);
	signal(SIGILL, show_input);
	for (int i = 1; i < argc; i++) {
		if (strncmp(argv[i], "-runs=", 6) == 0) {
			runs = strtoul(argv[i] + 6, NULL, 10);
		} else {
			files++;
			bad |= run_file(argv[i]);
		}
	}
	if (files)
		return bad;
	run_seeds();
	run_mutations(runs);
	printf("%zu good messages, %zu mutations: all properties hold\n", fuzz_seed_count, runs);
	return 0;
}
