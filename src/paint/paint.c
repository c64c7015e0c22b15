/* SPDX-License-Identifier: MIT */
/*
 * The parent's side. It forks and talks frames over a socket that never blocks: what goes to the child waits in a queue, what comes is
 * held to the turn it is in. A child that breaks a rule, dies or takes too long is killed and reaped at once, and the picture has failed
 * with a sentence; the program goes on.
 *
 *	GIVING -- layout --> LAYING -- WANTS --> WANTING -- draw --> DRAWING -- PICTURE --> DONE
 */
#include "paint/paint.h"

#include <errno.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/rd.h"
#include "paint/paint_child.h"
#include "paint/paint_store.h"
#include "paint/paint_wire.h"

enum {
	QUEUE_MOST = 1 << 30,    /* octets that wait for the child */
	WANTS_OCTETS = 64 << 20, /* of all URLs that it may ask for */
	READS_AT_ONCE = 64,      /* in one step, so that it ends */
};

enum turn { GIVING, LAYING, WANTING, DRAWING, DONE, FAILED };

struct paint {
	pid_t child; /* 0: reaped */
	int fd;
	enum turn turn;
	struct paint_limits limits;
	uint64_t deadline_ns, left_ns; /* of the turn that it works in; of what it may take still */
	uint8_t *queue;
	size_t queued, queue_room, sent;
	struct paint_reader in;
	uint8_t *wants; /* the URLs, each with its zero */
	const char **want;
	size_t want_count;
	uint8_t *png;
	size_t png_len;
	unsigned width, height;
	char sentence[PAINT_SENTENCE_MOST + 64];
};

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return HF_S((uint64_t)t.tv_sec) + (uint64_t)t.tv_nsec;
}

const char *paint_absent(void)
{
	return NULL;
}

/* ---- begin, end ---- */

static struct paint_job complete(const struct paint_job *job)
{
	struct paint_job j = *job;
	struct paint_limits *l = &j.limits;

	j.base = j.base ? j.base : "about:blank";
	j.width = j.width ? j.width : 1024;
	j.min_height = j.min_height ? j.min_height : 768;
	j.density = j.density >= 0.1 && j.density <= 16 ? j.density : 1;
	l->memory = l->memory ? l->memory : (uint64_t)1 << 30;
	l->seconds = l->seconds ? l->seconds : 20;
	l->height = l->height ? l->height : 16384;
	l->height = l->height < PAINT_SIDE_MOST ? l->height : PAINT_SIDE_MOST;
	l->image_pixels = l->image_pixels ? l->image_pixels : 40000000;
	if (j.width * j.density > PAINT_SIDE_MOST)
		j.width = (unsigned)(PAINT_SIDE_MOST / j.density);
	if (j.min_height * j.density > l->height)
		j.min_height = (unsigned)fmax(1, l->height / j.density);
	return j;
}

struct paint *paint_parent(int fd, int child, const struct paint_limits *limits)
{
	struct paint *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->fd = fd;
	p->child = child;
	p->limits = *limits;
	p->left_ns = HF_S((uint64_t)limits->seconds * 2);
	return p;
}

hf_status paint_begin(const struct paint_job *job, struct paint **ret)
{
	struct paint_job whole = complete(job);
	struct paint *p;
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
		return HF_SYSTEM;
	p = paint_parent(pair[0], 0, &whole.limits);
	if (!p) {
		close(pair[0]);
		close(pair[1]);
		return HF_FULL;
	}
	p->child = fork();
	if (p->child == 0) {
		close(pair[0]);
		paint_child_run(pair[1], &whole);
	}
	close(pair[1]);
	if (p->child < 0) {
		p->child = 0;
		paint_end(p);
		return HF_SYSTEM;
	}
	*ret = p;
	return HF_OK;
}

/* Kills it where it still lives, and reaps it; its status, or -1. */
static int reap(struct paint *p, bool kill_it)
{
	int status = -1;
	pid_t got;

	if (!p->child)
		return -1;
	if (kill_it)
		kill(p->child, SIGKILL);
	do {
		got = waitpid(p->child, &status, 0);
	} while (got < 0 && errno == EINTR);
	p->child = 0;
	return got < 0 ? -1 : status;
}

void paint_end(struct paint *p)
{
	if (!p)
		return;
	(void)reap(p, true);
	if (p->fd >= 0)
		close(p->fd);
	paint_reader_free(&p->in);
	free(p->queue);
	free(p->want);
	free(p->wants);
	free(p->png);
	free(p);
}

int paint_fd(const struct paint *p)
{
	return p->fd;
}

/* ---- failure ---- */

static void fail(struct paint *p, const char *sentence)
{
	if (p->turn == FAILED)
		return;
	p->turn = FAILED;
	snprintf(p->sentence, sizeof(p->sentence), "%s", sentence);
	(void)reap(p, true);
	if (p->fd >= 0)
		close(p->fd);
	p->fd = -1;
}

/* It has closed its end. It has ended too, or is about to; one that lingers is not waited for. */
static void explain_death(struct paint *p)
{
	char sentence[PAINT_SENTENCE_MOST];
	struct timespec moment = { 0, 1000000 };
	siginfo_t info = { .si_pid = 0 };
	int status, sig;

	for (int i = 0;
	     i < 200 && p->child && !waitid(P_PID, (id_t)p->child, &info, WEXITED | WNOHANG | WNOWAIT) && !info.si_pid; i++)
		nanosleep(&moment, NULL);
	status = reap(p, info.si_pid == 0);
	sig = status >= 0 && WIFSIGNALED(status) ? WTERMSIG(status) : 0;
	if (sig == SIGXCPU)
		snprintf(sentence, sizeof(sentence), "the page takes more than %u s of processor time to paint",
			 p->limits.seconds);
	else if (sig == SIGSEGV || sig == SIGBUS)
		snprintf(sentence, sizeof(sentence), "the painter crashed (%s): the page may be nested too deep",
			 sig == SIGBUS ? "SIGBUS" : "SIGSEGV");
	else if (sig == SIGABRT || sig == SIGTRAP)
		snprintf(sentence, sizeof(sentence), "the painter gave up: its %llu MiB of memory were not enough",
			 (unsigned long long)(p->limits.memory >> 20));
	else if (sig)
		snprintf(sentence, sizeof(sentence), "the painter was ended by signal %d", sig);
	else
		snprintf(sentence, sizeof(sentence), "the painter ended before the picture was done");
	fail(p, sentence);
}

static void break_rule(struct paint *p)
{
	fail(p, "the painter sent something that it was not asked for");
}

/* ---- to the child ---- */

static bool reserve(struct paint *p, size_t n)
{
	size_t room = p->queue_room ? p->queue_room : 4096;
	uint8_t *more;

	if (n > QUEUE_MOST - p->queued)
		return false;
	while (room < p->queued + n)
		room *= 2;
	if (room == p->queue_room)
		return true;
	more = realloc(p->queue, room);
	if (!more)
		return false;
	p->queue = more;
	p->queue_room = room;
	return true;
}

static void append(struct paint *p, const void *at, size_t n)
{
	if (n)
		memcpy(p->queue + p->queued, at, n);
	p->queued += n;
}

static void flush(struct paint *p)
{
	while (p->fd >= 0 && p->sent < p->queued) {
		ssize_t n = send(p->fd, p->queue + p->sent, p->queued - p->sent, MSG_NOSIGNAL | MSG_DONTWAIT);

		/* That it has died shows when it is read from, with what it said last. */
		if (n <= 0)
			return;
		p->sent += (size_t)n;
	}
	if (p->sent == p->queued) {
		free(p->queue);
		p->queue = NULL;
		p->sent = p->queued = p->queue_room = 0;
	}
}

hf_status paint_give(struct paint *p, enum paint_kind kind, const char *url, struct hf_bytes body)
{
	static const enum paint_frame types[] = {
		[PAINT_STYLE] = PAINT_FRAME_STYLE,
		[PAINT_IMAGE] = PAINT_FRAME_IMAGE,
		[PAINT_DOCUMENT] = PAINT_FRAME_DOCUMENT,
	};
	size_t url_len = strlen(url);
	uint8_t head[PAINT_FRAME_HEAD + 4];

	if (p->turn == FAILED)
		return HF_OK; /* which paint_step() tells */
	if (p->turn != GIVING && (kind != PAINT_IMAGE || p->turn > WANTING))
		return HF_BAD_STATE;
	if (url_len > PAINT_FRAME_MOST / 2 || body.len > PAINT_FRAME_MOST / 2 ||
	    !reserve(p, sizeof(head) + url_len + body.len))
		return HF_FULL;
	paint_frame_head(head, types[kind], 4 + url_len + body.len);
	paint_put_u32(head + PAINT_FRAME_HEAD, url_len);
	append(p, head, sizeof(head));
	append(p, url, url_len);
	append(p, body.at, body.len);
	flush(p);
	return HF_OK;
}

static hf_status order(struct paint *p, enum turn from, enum paint_frame type, enum turn to)
{
	uint8_t head[PAINT_FRAME_HEAD];

	if (p->turn == FAILED)
		return HF_OK;
	if (p->turn != from)
		return HF_BAD_STATE;
	if (!reserve(p, sizeof(head)))
		return HF_FULL;
	paint_frame_head(head, type, 0);
	append(p, head, sizeof(head));
	p->turn = to;
	p->deadline_ns = now_ns() + p->left_ns;
	flush(p);
	return HF_OK;
}

hf_status paint_layout(struct paint *p)
{
	return order(p, GIVING, PAINT_FRAME_LAYOUT, LAYING);
}

hf_status paint_draw(struct paint *p)
{
	return order(p, WANTING, PAINT_FRAME_DRAW, DRAWING);
}

/* ---- from the child ---- */

/* What it may ask for: the URLs of resources on a network, in what a URL is written with. The loader judges them again. */
static bool is_url(struct hf_bytes b)
{
	if (b.len > PAINT_URL_MOST || b.len < 8 || (memcmp(b.at, "http://", 7) != 0 && memcmp(b.at, "https://", 8) != 0))
		return false;
	for (size_t i = 0; i < b.len; i++)
		if (b.at[i] <= 0x20 || b.at[i] >= 0x7f)
			return false;
	return true;
}

static void take_wants(struct paint *p, struct hf_bytes body)
{
	struct hf_rd in = hf_rd_over(body);
	size_t count = 0, at = 0;

	while (hf_rd_left(&in)) {
		hf_rd_must(&in, is_url(hf_rd_bytes(&in, hf_rd_u32(&in))));
		count++;
	}
	if (hf_rd_end(&in) != HF_OK || count > PAINT_WANTS_MOST) {
		break_rule(p);
		return;
	}
	/* Each URL's length takes four octets there, and its zero one here. */
	p->wants = malloc(body.len + 1);
	p->want = calloc(count + 1, sizeof(*p->want));
	if (!p->wants || !p->want) {
		fail(p, "no memory is left");
		return;
	}
	in = hf_rd_over(body);
	for (; p->want_count < count; p->want_count++) {
		struct hf_bytes url = hf_rd_bytes(&in, hf_rd_u32(&in));

		p->want[p->want_count] = (const char *)p->wants + at;
		memcpy(p->wants + at, url.at, url.len);
		at += url.len;
		p->wants[at++] = 0;
	}
	p->turn = WANTING;
}

static void take_picture(struct paint *p, struct hf_bytes body)
{
	struct hf_rd in = hf_rd_over(body);
	uint32_t width = hf_rd_u32(&in), height = hf_rd_u32(&in);
	struct hf_bytes png = hf_rd_rest(&in);

	if (hf_rd_ok(&in) != HF_OK || !width || !height || width > PAINT_SIDE_MOST || height > p->limits.height ||
	    png.len < 8 || memcmp(png.at, "\x89PNG\r\n\x1a\n", 8) != 0) {
		break_rule(p);
		return;
	}
	p->png = malloc(png.len);
	if (!p->png) {
		fail(p, "no memory is left");
		return;
	}
	memcpy(p->png, png.at, png.len);
	p->png_len = png.len;
	p->width = width;
	p->height = height;
	p->turn = DONE;
	(void)reap(p, true);
	close(p->fd);
	p->fd = -1;
}

/* Its own words, as far as they are words. */
static void take_failure(struct paint *p, struct hf_bytes body)
{
	char sentence[PAINT_SENTENCE_MOST + 1];
	size_t n = body.len < PAINT_SENTENCE_MOST ? body.len : PAINT_SENTENCE_MOST;

	for (size_t i = 0; i < n; i++)
		sentence[i] = body.at[i] >= 0x20 && body.at[i] < 0x7f ? (char)body.at[i] : '?';
	sentence[n] = 0;
	fail(p, sentence);
}

static size_t frame_most(const struct paint *p)
{
	return p->turn == DRAWING ? PAINT_FRAME_MOST : WANTS_OCTETS;
}

/* false: there is no whole one. */
static bool take_frame(struct paint *p)
{
	struct hf_bytes body;
	uint8_t type;
	hf_status s = paint_reader_next(&p->in, frame_most(p), &type, &body);

	if (s == HF_AGAIN)
		return false;
	if (s != HF_OK)
		break_rule(p);
	else if (type == PAINT_FRAME_FAILED)
		take_failure(p, body);
	else if (type == PAINT_FRAME_WANTS && p->turn == LAYING)
		take_wants(p, body);
	else if (type == PAINT_FRAME_PICTURE && p->turn == DRAWING)
		take_picture(p, body);
	else
		break_rule(p);
	return p->turn < DONE;
}

static void receive(struct paint *p)
{
	struct hf_room room;

	for (int i = 0; i < READS_AT_ONCE && p->turn < DONE; i++) {
		hf_status s = paint_reader_room(&p->in, frame_most(p), &room);
		ssize_t n;

		if (s == HF_FULL) {
			fail(p, "no memory is left");
			return;
		}
		if (s != HF_OK) {
			break_rule(p);
			return;
		}
		n = recv(p->fd, room.at, room.len, MSG_DONTWAIT);
		if (n > 0) {
			paint_reader_add(&p->in, (size_t)n);
			while (take_frame(p))
				;
		} else if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
			explain_death(p);
		} else {
			return;
		}
	}
}

/* ---- steps ---- */

static bool is_working(const struct paint *p)
{
	return p->turn == LAYING || p->turn == DRAWING;
}

enum paint_does paint_step(struct paint *p, unsigned wait_ms)
{
	uint64_t began = now_ns(), until = began + HF_MS((uint64_t)wait_ms);
	enum turn before = p->turn;

	while (p->turn < DONE) {
		uint64_t now = now_ns(), wake = until;
		struct pollfd at = { .fd = p->fd, .events = POLLIN };

		flush(p);
		receive(p);
		if (p->turn != before || p->turn >= DONE)
			break;
		if (is_working(p) && now >= p->deadline_ns) {
			char sentence[PAINT_SENTENCE_MOST];

			snprintf(sentence, sizeof(sentence), "the page takes more than %u s to paint",
				 p->limits.seconds * 2);
			fail(p, sentence);
			break;
		}
		if (now >= until)
			break;
		if (is_working(p) && p->deadline_ns < wake)
			wake = p->deadline_ns;
		if (p->sent < p->queued)
			at.events |= POLLOUT;
		else if (!is_working(p))
			break; /* nothing is to come before something is given */
		(void)poll(&at, 1, (int)((wake - now + HF_MS(1) - 1) / HF_MS(1)));
	}
	if (before == LAYING && p->turn == WANTING) {
		uint64_t now = now_ns();

		p->left_ns = p->deadline_ns > now ? p->deadline_ns - now : 0;
	}
	switch (p->turn) {
	case WANTING:
		return PAINT_WANTS;
	case DONE:
		return PAINT_DONE;
	case FAILED:
		return PAINT_FAILED;
	default:
		return PAINT_WAITS;
	}
}

size_t paint_wants(const struct paint *p)
{
	return p->want_count;
}

const char *paint_want(const struct paint *p, size_t i)
{
	return i < p->want_count ? p->want[i] : NULL;
}

struct hf_bytes paint_png(const struct paint *p, unsigned *ret_width, unsigned *ret_height)
{
	*ret_width = p->width;
	*ret_height = p->height;
	return (struct hf_bytes){ p->png, p->png_len };
}

const char *paint_sentence(const struct paint *p)
{
	return p->turn == FAILED ? p->sentence : "";
}
