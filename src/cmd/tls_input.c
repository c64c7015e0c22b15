/* SPDX-License-Identifier: MIT */

/* stdin of the TLS tools: octets for the other side, and with --interactive lines that are commands. */
#include "cmd/tls.h"

#include "hf/driver.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#define READ_OCTETS 16384u

void tls_input_watch(struct tls_input *in, struct streams *s, bool wanted)
{
	wanted = wanted && !in->ended;
	if (wanted == in->watched)
		return;
	/* One that cannot be watched is no source of anything (a closed descriptor's place): it has ended. */
	if (streams_watch(s, STDIN_FILENO, wanted ? HF_NET_READ : 0) == HF_OK)
		in->watched = wanted;
	else
		in->ended = true;
}

static bool obey(struct talk *to, uint8_t command)
{
	if (command == 'k' || command == 'K')
		return hf_tls_update_keys(to->secure.tls, command == 'K') == HF_OK;
	return command == 'Q';
}

/* Commands are lines of one letter: k, K, Q. All else is data. False: Q was among them. */
static bool take_lines(struct tls_input *in, struct talk *to, struct hf_bytes data)
{
	while (data.len > 0) {
		const uint8_t *end = memchr(data.at, '\n', data.len);
		const size_t n = end ? (size_t)(end - data.at) + 1 : data.len;

		if (!in->in_line && n == 2 && obey(to, data.at[0])) {
			if (data.at[0] == 'Q')
				return false;
		} else if (!talk_queue_add(&to->out, (struct hf_bytes){ data.at, n })) {
			return false;
		}
		in->in_line = !end;
		data.at += n;
		data.len -= n;
	}
	return true;
}

enum tls_input_does tls_input_read(struct tls_input *in, struct talk *to)
{
	struct pollfd p = { .fd = STDIN_FILENO, .events = POLLIN };
	uint8_t room[READ_OCTETS];
	ssize_t n;

	if (!in->watched || in->ended || poll(&p, 1, 0) <= 0)
		return TLS_INPUT_NOTHING;
	n = read(STDIN_FILENO, room, sizeof(room));
	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return TLS_INPUT_NOTHING;
	if (n <= 0) {
		in->ended = true;
		return TLS_INPUT_ENDED;
	}
	if (in->interactive)
		return take_lines(in, to, (struct hf_bytes){ room, (size_t)n }) ? TLS_INPUT_DATA : TLS_INPUT_QUIT;
	return talk_queue_add(&to->out, (struct hf_bytes){ room, (size_t)n }) ? TLS_INPUT_DATA : TLS_INPUT_QUIT;
}
