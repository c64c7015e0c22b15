/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* ppoll() */

#include "hf/driver.h"

#include "base/bits.h"
#include "drivers/net_device.h"
#include "drivers/net_vnet.h"
#include "wire/addr.h"
#include "wire/eth.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

/*
 * Theory of operation
 *
 * One turn (hf_net_step) is: send all that the host has; wait; read and feed.
 *
 * Frames are read one at a time into the same buffer, which thus stays in the cache, and fed at once; a turn ends after
 * so many frames or octets that the user should look at events and the host should acknowledge. All frames of a turn
 * carry the same time. The descriptor is asked by ppoll() once a turn, with no wait at all when more is known to be there.
 * A peer on this machine answers from within our write, and ppoll() over several descriptors costs more than a read: so after
 * a write the device is read at once, and is waited for only when that finds nothing. As the other descriptors are asked by
 * ppoll() alone, only so many turns in a row go without it.
 *
 * When the device is full, the frames already pulled are copied aside ("kept": their payload is lent only until the next
 * call to the host) and nothing more is pulled until they are gone. That happens with AF_PACKET; a TUN device takes all.
 *
 * A filter stands between host and device; frames then go through it in one piece, in both directions.
 */

#define BATCH 64u             /* frames pulled at once, and read in one turn */
#define SEND_ROUNDS 4u        /* batches sent before the device is read again */
#define READ_BYTES (1u << 20) /* fed in one turn: fewer turns cost less, but ACKs wait for the end of one */
#define UNWAITED 8u           /* turns in a row without ppoll() */
#define FRAME_MOST (65536u + ETH_HEADER_BYTES)
#define WATCHES 63u
#define DOWN_LOOK HF_S(1) /* so often an interface that is down is looked for */

struct kept {
	uint32_t len; /* virtio header included; the octets follow */
};
#define KEPT_BYTES (BATCH * (size_t)(sizeof(struct kept) + sizeof(struct virtio_net_hdr) + FRAME_MOST))

struct hf_net {
	struct net_device dev;
	struct net_spec spec;
	struct hf_host *host;
	void *mem;
	size_t mem_bytes;
	hf_time_ns now;
	struct hf_net_counters count;
	char why[HF_NET_WHY];
	bool more_to_read;
	bool down;         /* as far as we know: no frame has come since it was told */
	unsigned unwaited; /* turns since the last ppoll() */

	uint8_t mac[6];
	hf_net_tap_fn *tap;
	void *tap_arg;
	bool has_filter;
	struct hf_net_filter filter;

	uint8_t *kept; /* records of struct kept, packed */
	size_t kept_at, kept_end;

	struct pollfd watch[1 + WATCHES]; /* [0]: the device */
	nfds_t watches;

	struct hf_frame_out out[BATCH];
	uint8_t in[FRAME_MOST];
	uint8_t scratch[FRAME_MOST]; /* frames in one piece for tap and filter */
};

static hf_status make_host(struct hf_net *net, const struct hf_net_defaults *defaults, char *why, size_t room);
static hf_status add_addresses(struct hf_net *net, char *why, size_t room);
static hf_status send_all(struct hf_net *net);
static hf_status wait_for_something(struct hf_net *net, hf_time_ns wait_at_most);
static hf_status read_all(struct hf_net *net, short found);
static hf_status read_unasked(struct hf_net *net, bool *ret_some);
static bool is_there(const struct hf_net *net);
static hf_status fail(struct hf_net *net, const char *doing, int err);

/* ---- opening and closing ---- */

hf_status hf_net_open(const char *spec, const struct hf_net_defaults *defaults, struct hf_net **ret, char *why,
		      size_t why_room)
{
	struct net_device dev;
	struct net_spec s;
	struct hf_net *net;
	hf_status st;

	HF_TRY(net_spec_parse(spec, &s, why, why_room));
	if (s.kind == HF_NET_SIM) {
		snprintf(why, why_room, "--net: \"sim\": the simulated network has no device to open");
		return HF_UNSUPPORTED;
	}
	if (s.kind == HF_NET_PACKET)
		HF_TRY(net_packet_open(&s, &dev, why, why_room));
	else
		HF_TRY(net_tun_open(&s, &dev, why, why_room));

	net = calloc(1, sizeof(*net));
	if (!net) {
		close(dev.fd);
		snprintf(why, why_room, "--net: no memory");
		return HF_FULL;
	}
	net->dev = dev;
	net->spec = s;
	net->now = hf_clock_now();
	net->watch[0] = (struct pollfd){ .fd = dev.fd, .events = POLLIN };
	net->watches = 1;
	st = make_host(net, defaults, why, why_room);
	if (st == HF_OK)
		st = add_addresses(net, why, why_room);
	if (st != HF_OK) {
		hf_net_close(net);
		return st;
	}
	*ret = net;
	return HF_OK;
}

void hf_net_close(struct hf_net *net)
{
	if (!net)
		return;
	close(net->dev.fd);
	if (net->mem)
		munmap(net->mem, net->mem_bytes);
	free(net->kept);
	free(net);
}

static hf_status gather_entropy(struct hf_net *net, uint8_t entropy[32])
{
	uint8_t all[38];

	if (net->spec.wishes.has_seed)
		hf_entropy_from_seed(net->spec.wishes.seed, all, sizeof(all));
	else
		HF_TRY(hf_entropy(all, sizeof(all)));
	memcpy(entropy, all, 32);
	if (net->spec.kind == HF_NET_TUN)
		return HF_OK;
	if (net->spec.has_mac) {
		memcpy(net->mac, net->spec.mac, 6);
	} else {
		memcpy(net->mac, all + 32, 6);
		net->mac[0] = (uint8_t)((net->mac[0] & ~1u) | 2u); /* one station's, locally administered: IEEE 802, 8.2 */
	}
	return HF_OK;
}

static hf_status make_host(struct hf_net *net, const struct hf_net_defaults *defaults, char *why, size_t room)
{
	struct hf_host_config cfg = {
		.link = net->spec.kind == HF_NET_TUN ? HF_LINK_IP : HF_LINK_ETHERNET,
		.mtu_bytes = net->dev.mtu_bytes,
		.offload = net->dev.offload,
		.no_dad = net->spec.no_dad || net->spec.kind == HF_NET_TUN,
	};

	if (defaults) {
		cfg.limits = defaults->limits;
		cfg.tcp = defaults->tcp;
	}
	if (gather_entropy(net, cfg.entropy) != HF_OK) {
		snprintf(why, room, "--net: the kernel gives no randomness: %s", strerror(errno));
		return HF_SYSTEM;
	}
	memcpy(cfg.mac, net->mac, 6);
	net->mem_bytes = hf_host_memory(&cfg);
	if (net->mem_bytes == 0) {
		snprintf(why, room, "--net: a limit or a TCP setting is out of its range");
		return HF_INVALID;
	}
	/* Fresh pages: a table costs memory when it is used. Large ones spare the TLB when payload is copied. */
	net->mem = mmap(NULL, net->mem_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (net->mem == MAP_FAILED) {
		net->mem = NULL;
		snprintf(why, room, "--net: no memory for a host of %zu MiB", net->mem_bytes >> 20);
		return HF_FULL;
	}
	(void)madvise(net->mem, net->mem_bytes, MADV_HUGEPAGE);
	return hf_host_init(net->mem, net->mem_bytes, &cfg, net->now, &net->host);
}

static hf_status add_addresses(struct hf_net *net, char *why, size_t room)
{
	static const struct hf_addr any6;
	const struct net_spec *s = &net->spec;
	const struct hf_addr any4 = addr_ip4_u32(0);
	hf_status st = HF_OK;

	for (unsigned i = 0; i < s->addrs && st == HF_OK; i++)
		st = hf_host_add_addr(net->host, &s->addr[i], s->prefix_len[i], net->now);
	if (st == HF_OK && s->has_gw4)
		st = hf_host_add_route(net->host, &any4, 0, &s->gw4);
	if (st == HF_OK && s->has_gw6)
		st = hf_host_add_route(net->host, &any6, 0, &s->gw6);
	if (st != HF_OK)
		snprintf(why, room, "--net: the host does not take its addresses: %s", hf_status_sentence(st));
	return st;
}

/* ---- one turn ---- */

hf_status hf_net_step(struct hf_net *net, hf_time_ns wait_at_most)
{
	const uint64_t writes = net->count.writes;
	bool some = false;

	net->now = hf_clock_now();
	HF_TRY(send_all(net));
	if ((net->more_to_read || net->count.writes > writes) && net->unwaited < UNWAITED && !net->down)
		HF_TRY(read_unasked(net, &some));
	if (some)
		return HF_OK;
	if (net->down)
		wait_at_most = hf_min_u64(wait_at_most, DOWN_LOOK);
	HF_TRY(wait_for_something(net, wait_at_most));
	HF_TRY(read_all(net, net->watch[0].revents));
	/* Of an interface that is removed while it is down, nobody tells us. */
	return net->down && !is_there(net) ? fail(net, "reading a frame", ENODEV) : HF_OK;
}

static hf_status fail(struct hf_net *net, const char *doing, int err)
{
	if (err == EBADFD) /* what the kernel says of a TUN device that was removed */
		err = ENODEV;
	snprintf(net->why, sizeof(net->why), "%s: %s: %s", net->dev.name, doing, strerror(err));
	return HF_SYSTEM;
}

static hf_time_ns next_deadline(const struct hf_net *net)
{
	hf_time_ns at = net->kept_at < net->kept_end ? HF_NEVER : hf_host_wake_at(net->host);

	if (net->has_filter)
		at = hf_min_u64(at, net->filter.wake_at(net->filter.arg));
	return at;
}

static hf_status wait_for_something(struct hf_net *net, hf_time_ns wait_at_most)
{
	hf_time_ns deadline = next_deadline(net);
	hf_time_ns wait = net->more_to_read || deadline <= net->now ? 0 : deadline - net->now;
	struct timespec ts;
	int n;

	if (deadline == HF_NEVER && !net->more_to_read)
		wait = HF_NEVER;
	wait = hf_min_u64(wait, wait_at_most);
	ts.tv_sec = (time_t)(wait / HF_S(1));
	ts.tv_nsec = (long)(wait % HF_S(1));
	net->watch[0].events = net->kept_at < net->kept_end ? POLLIN | POLLOUT : POLLIN;
	net->count.waits++;
	net->unwaited = 0;
	n = ppoll(net->watch, net->watches, wait == HF_NEVER ? NULL : &ts, NULL);
	if (wait)
		net->now = hf_clock_now();
	if (n >= 0)
		return HF_OK;
	for (nfds_t i = 0; i < net->watches; i++)
		net->watch[i].revents = 0;
	return errno == EINTR ? HF_OK : fail(net, "waiting", errno);
}

/* ---- out ---- */

static hf_status write_or_keep(struct hf_net *net, const struct iovec *iov, int n, size_t len);
static hf_status emit(struct hf_net *net, const struct hf_frame_out *f);
static hf_status emit_flat(struct hf_net *net, const struct hf_frame *f);
static hf_status flush_kept(struct hf_net *net);

static bool is_full(const struct hf_net *net)
{
	return net->kept_at < net->kept_end;
}

static hf_status send_all(struct hf_net *net)
{
	struct hf_frame due;
	size_t n = BATCH;

	HF_TRY(flush_kept(net));
	for (unsigned round = 0; round < SEND_ROUNDS && n == BATCH && !is_full(net); round++) {
		n = hf_host_pull(net->host, net->out, BATCH, net->now);
		for (size_t i = 0; i < n; i++)
			HF_TRY(emit(net, &net->out[i]));
	}
	while (net->has_filter && !is_full(net) && net->filter.next(net->filter.arg, true, net->now, &due))
		HF_TRY(emit_flat(net, &due));
	return HF_OK;
}

/* The frame in one piece in net->scratch, with its checksum whole. */
static struct hf_frame flatten(struct hf_net *net, const struct hf_frame_out *f)
{
	struct hf_frame flat = {
		.bytes = { net->scratch, hf_frame_flatten(f, net->scratch, sizeof(net->scratch)) },
		.flags = f->flags & (HF_FRAME_GSO4 | HF_FRAME_GSO6),
		.gso_size = f->gso_size,
	};

	HF_ASSERT(flat.bytes.len);
	if (f->flags & HF_FRAME_CSUM_PARTIAL)
		vnet_finish_csum(net->scratch, flat.bytes.len, f->csum_start, f->csum_offset);
	return flat;
}

static hf_status emit(struct hf_net *net, const struct hf_frame_out *f)
{
	struct iovec iov[2 + HF_FRAME_PARTS];
	struct virtio_net_hdr vnet;
	size_t len = (size_t)f->head_len + f->payload_len;
	int n = 0;

	if (net->has_filter || net->tap) {
		struct hf_frame flat = flatten(net, f);

		if (net->has_filter) {
			net->filter.put(net->filter.arg, true, &flat, net->now);
			return HF_OK;
		}
		net->tap(net->tap_arg, true, &flat, net->now);
	}
	if (net->dev.vnet_bytes) {
		vnet_write(f, &vnet);
		iov[n++] = (struct iovec){ &vnet, sizeof(vnet) };
	}
	iov[n++] = (struct iovec){ (void *)(f->head + f->head_at), f->head_len };
	for (unsigned i = 0; i < f->parts; i++)
		iov[n++] = (struct iovec){ (void *)f->part[i].at, f->part[i].len };
	return write_or_keep(net, iov, n, len + net->dev.vnet_bytes);
}

/* A frame that comes out of the filter: its checksums are whole, and super-segments never get into it on their way out. */
static hf_status emit_flat(struct hf_net *net, const struct hf_frame *f)
{
	struct virtio_net_hdr vnet = { 0 };
	struct iovec iov[2];
	int n = 0;

	if (net->tap)
		net->tap(net->tap_arg, true, f, net->now);
	if (net->dev.vnet_bytes)
		iov[n++] = (struct iovec){ &vnet, sizeof(vnet) };
	iov[n++] = (struct iovec){ (void *)f->bytes.at, f->bytes.len };
	return write_or_keep(net, iov, n, f->bytes.len + net->dev.vnet_bytes);
}

enum written { WRITTEN, WRITE_LATER, WRITE_BROKEN };

static enum written write_frame(struct hf_net *net, const struct iovec *iov, int n, size_t len)
{
	ssize_t done;

	do
		done = writev(net->dev.fd, iov, n);
	while (done < 0 && errno == EINTR);
	if (done >= 0) {
		net->count.writes++;
		net->count.bytes_out += len - net->dev.vnet_bytes;
		return WRITTEN;
	}
	if (errno == EAGAIN)
		return WRITE_LATER;
	if (errno == EBADFD || errno == EBADF || errno == ENODEV || errno == ENXIO)
		return WRITE_BROKEN;
	/* ENOBUFS, ENOMEM, EIO and ENETDOWN (the link is down), EMSGSIZE, EINVAL: a wire may lose a frame. */
	net->count.write_drops++;
	return WRITTEN;
}

static void keep(struct hf_net *net, const struct iovec *iov, int n, size_t len)
{
	struct kept head = { (uint32_t)len };

	if (!net->kept)
		net->kept = malloc(KEPT_BYTES);
	if (!net->kept || net->kept_end + sizeof(head) + len > KEPT_BYTES) {
		net->count.write_drops++;
		return;
	}
	net->count.write_waits++;
	memcpy(net->kept + net->kept_end, &head, sizeof(head));
	net->kept_end += sizeof(head);
	for (int i = 0; i < n; i++) {
		memcpy(net->kept + net->kept_end, iov[i].iov_base, iov[i].iov_len);
		net->kept_end += iov[i].iov_len;
	}
}

static hf_status write_or_keep(struct hf_net *net, const struct iovec *iov, int n, size_t len)
{
	/* Behind those that wait already: frames do not overtake each other here. */
	enum written w = is_full(net) ? WRITE_LATER : write_frame(net, iov, n, len);

	if (w == WRITE_BROKEN)
		return fail(net, "writing a frame", errno);
	if (w == WRITE_LATER)
		keep(net, iov, n, len);
	return HF_OK;
}

static hf_status flush_kept(struct hf_net *net)
{
	while (net->kept_at < net->kept_end) {
		struct kept head;
		struct iovec iov;

		memcpy(&head, net->kept + net->kept_at, sizeof(head));
		iov = (struct iovec){ net->kept + net->kept_at + sizeof(head), head.len };
		switch (write_frame(net, &iov, 1, head.len)) {
		case WRITTEN:
			net->kept_at += sizeof(head) + head.len;
			break;
		case WRITE_LATER:
			return HF_OK;
		case WRITE_BROKEN:
			return fail(net, "writing a frame", errno);
		}
	}
	net->kept_at = net->kept_end = 0;
	return HF_OK;
}

/* ---- in ---- */

static hf_status read_frame(struct hf_net *net, struct virtio_net_hdr *ret_vnet, size_t *ret_len);
static void take_frame(struct hf_net *net, const struct virtio_net_hdr *vnet, size_t len);

static hf_status read_all(struct hf_net *net, short found)
{
	struct hf_frame due;
	size_t bytes = 0;
	unsigned frames = 0;

	net->more_to_read = false;
	if (found & (POLLIN | POLLERR | POLLHUP | POLLNVAL)) {
		while (frames < BATCH && bytes < READ_BYTES) {
			struct virtio_net_hdr vnet = { 0 };
			hf_status st;
			size_t len;

			st = read_frame(net, &vnet, &len);
			if (st == HF_AGAIN)
				break;
			HF_TRY(st);
			frames++;
			bytes += len;
			take_frame(net, &vnet, len);
		}
		net->more_to_read = frames == BATCH || bytes >= READ_BYTES;
		if (!frames && (found & (POLLERR | POLLHUP | POLLNVAL)) && !(found & POLLIN) && !is_there(net))
			return fail(net, "reading a frame", ENODEV);
	}
	while (net->has_filter && net->filter.next(net->filter.arg, false, net->now, &due))
		hf_host_feed(net->host, &due, 1, net->now);
	return HF_OK;
}

/* Without asking whether there is anything. *ret_some: there was, and so much for this turn. */
static hf_status read_unasked(struct hf_net *net, bool *ret_some)
{
	const uint64_t reads = net->count.reads;

	net->now = hf_clock_now(); /* what is answered must not seem to have taken no time */
	HF_TRY(read_all(net, POLLIN));
	*ret_some = net->count.reads > reads;
	if (!*ret_some)
		return HF_OK;
	net->unwaited++;
	for (nfds_t i = 0; i < net->watches; i++)
		net->watch[i].revents = 0; /* what ppoll() said was for another turn */
	return HF_OK;
}

/* An interface that is down may come up again, and is a wire that loses all meanwhile; one that is gone is not. */
static bool is_there(const struct hf_net *net)
{
	int flags;

	return net_link_flags(net->dev.name, &flags) == 0;
}

/* HF_AGAIN: none is there, or none that can be told; ppoll() will say whether more is. */
static hf_status read_frame(struct hf_net *net, struct virtio_net_hdr *ret_vnet, size_t *ret_len)
{
	struct iovec iov[2] = { { ret_vnet, sizeof(*ret_vnet) }, { net->in, sizeof(net->in) } };
	unsigned skip = net->dev.vnet_bytes ? 0 : 1;

	for (;;) {
		ssize_t n = readv(net->dev.fd, iov + skip, (int)(2 - skip));

		if (n >= (ssize_t)net->dev.vnet_bytes) {
			net->count.reads++;
			net->down = false;
			*ret_len = (size_t)n - net->dev.vnet_bytes;
			net->count.bytes_in += *ret_len;
			return HF_OK;
		}
		if (n >= 0 || errno == EINVAL) { /* AF_PACKET: a frame whose offload no virtio header can tell */
			net->count.read_drops++;
			return HF_AGAIN;
		}
		if (errno == EINTR)
			continue;
		if (errno != EAGAIN && errno != ENETDOWN)
			return fail(net, "reading a frame", errno);
		net->down |= errno == ENETDOWN;
		return HF_AGAIN;
	}
}

static void take_frame(struct hf_net *net, const struct virtio_net_hdr *vnet, size_t len)
{
	struct hf_frame f;

	/* A frame that fills the buffer was cut off: nothing that long is told whole. */
	if (len == sizeof(net->in) || !vnet_read(vnet, (struct hf_bytes){ net->in, len }, &f)) {
		net->count.read_drops++;
		return;
	}
	if (net->has_filter || net->tap) {
		struct hf_frame whole = f;

		if (f.flags & HF_FRAME_CSUM_PARTIAL) {
			vnet_finish_csum(net->in, len, vnet->csum_start, vnet->csum_offset);
			whole.flags &= ~(uint32_t)HF_FRAME_CSUM_PARTIAL;
			f = whole;
		}
		if (net->tap)
			net->tap(net->tap_arg, false, &whole, net->now);
		if (net->has_filter) {
			net->filter.put(net->filter.arg, false, &whole, net->now);
			return;
		}
	}
	hf_host_feed(net->host, &f, 1, net->now);
}

/* ---- what else the user asks ---- */

struct hf_host *hf_net_host(struct hf_net *net)
{
	return net->host;
}

hf_time_ns hf_net_now(const struct hf_net *net)
{
	return net->now;
}

const char *hf_net_why(const struct hf_net *net)
{
	return net->why;
}

hf_status hf_net_watch(struct hf_net *net, int fd, unsigned want)
{
	short events = (short)((want & HF_NET_READ ? POLLIN : 0) | (want & HF_NET_WRITE ? POLLOUT : 0));
	nfds_t i = 1;

	while (i < net->watches && net->watch[i].fd != fd)
		i++;
	if (!want) {
		if (i < net->watches)
			net->watch[i] = net->watch[--net->watches];
		return HF_OK;
	}
	if (i == HF_ARRAY_LEN(net->watch))
		return HF_FULL;
	if (i == net->watches) {
		net->watch[i].revents = 0;
		net->watches++;
	}
	net->watch[i].fd = fd;
	net->watch[i].events = events;
	return HF_OK;
}

unsigned hf_net_ready(const struct hf_net *net, int fd)
{
	for (nfds_t i = 1; i < net->watches; i++) {
		short r = net->watch[i].revents;

		if (net->watch[i].fd != fd)
			continue;
		if (r & (POLLERR | POLLHUP | POLLNVAL))
			return HF_NET_READ | HF_NET_WRITE;
		return (r & POLLIN ? HF_NET_READ : 0u) | (r & POLLOUT ? HF_NET_WRITE : 0u);
	}
	return 0;
}

void hf_net_describe(const struct hf_net *net, struct hf_net_info *ret)
{
	const struct net_spec *s = &net->spec;
	struct hf_net_info i = {
		.kind = s->kind,
		.mtu_bytes = net->dev.mtu_bytes,
		.offload = net->dev.offload,
		.addrs = s->addrs,
		.gw4 = s->gw4,
		.gw6 = s->gw6,
	};

	memcpy(i.name, net->dev.name, sizeof(i.name));
	memcpy(i.mac, net->mac, sizeof(i.mac));
	memcpy(i.addr, s->addr, sizeof(i.addr));
	memcpy(i.prefix_len, s->prefix_len, sizeof(i.prefix_len));
	*ret = i;
}

void hf_net_count(const struct hf_net *net, struct hf_net_counters *ret)
{
	*ret = net->count;
}

void hf_net_set_tap(struct hf_net *net, hf_net_tap_fn *fn, void *arg)
{
	net->tap = fn;
	net->tap_arg = arg;
}

void hf_net_set_filter(struct hf_net *net, const struct hf_net_filter *filter)
{
	net->has_filter = filter != NULL;
	if (filter)
		net->filter = *filter;
}

void hf_net_get_wishes(const struct hf_net *net, struct hf_net_wishes *ret)
{
	*ret = net->spec.wishes;
}
