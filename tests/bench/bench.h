/* SPDX-License-Identifier: MIT */
#ifndef HF_BENCH_H
#define HF_BENCH_H

#include <stdint.h>
#include <stdio.h>
#include <sys/resource.h>
#include <time.h>

/* Wall clock and processor time of this process, from which bench.py makes its ratios. */
struct bench_watch {
	double wall, cpu;
};

static inline struct bench_watch bench_now(void)
{
	struct timespec t;
	struct rusage r;

	clock_gettime(CLOCK_MONOTONIC, &t);
	getrusage(RUSAGE_SELF, &r);
	return (struct bench_watch){
		.wall = (double)t.tv_sec + (double)t.tv_nsec / 1e9,
		.cpu = (double)(r.ru_utime.tv_sec + r.ru_stime.tv_sec) +
		       (double)(r.ru_utime.tv_usec + r.ru_stime.tv_usec) / 1e6,
	};
}

/* One line of JSON: what was moved, in which time, at which cost. */
static inline void bench_say(const char *name, uint64_t count, struct bench_watch from, struct bench_watch to)
{
	printf("{\"name\": \"%s\", \"count\": %llu, \"wall_s\": %.6f, \"cpu_s\": %.6f}\n", name,
	       (unsigned long long)count, to.wall - from.wall, to.cpu - from.cpu);
	fflush(stdout);
}

#endif
