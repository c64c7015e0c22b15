/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "drivers/net_spec.h"
#include "drivers/net_vnet.h"
#include "base/bits.h"
#include "base/csum.h"
#include "wire/addr.h"

static struct net_spec parse_good(const char *text)
{
	struct net_spec s;
	char why[HF_NET_WHY] = "";

	if (net_spec_parse(text, &s, why, sizeof(why)) != HF_OK)
		fail_msg("%s\n%s", text, why);
	return s;
}

static void assert_addr(const struct hf_addr *a, const char *text)
{
	char got[HF_ADDR_TEXT];

	addr_format(a, got);
	assert_string_equal(got, text);
}

static void tun_as_the_readme_has_it(void **state)
{
	struct net_spec s = parse_good("tun:hf0,addr=10.9.0.2/24,gw=10.9.0.1");

	(void)state;
	assert_int_equal(s.kind, HF_NET_TUN);
	assert_string_equal(s.name, "hf0");
	assert_int_equal(s.addrs, 1);
	assert_addr(&s.addr[0], "10.9.0.2");
	assert_int_equal(s.prefix_len[0], 24);
	assert_true(s.has_gw4);
	assert_false(s.has_gw6);
	assert_addr(&s.gw4, "10.9.0.1");
	assert_int_equal(s.gw4_prefix_len, 24);
	assert_int_equal(s.mtu_bytes, 0);
	assert_false(net_wishes_any(&s.wishes));
}

static void every_option(void **state)
{
	struct net_spec s = parse_good(
		"tap:x,addr6=fd00:9::2/64,addr=10.9.0.2/24,addr=10.9.1.2/30,gw6=fd00:9::1,gw=10.9.1.1,mtu=9000,"
		"mac=02:00:5e:10:00:Ff,queues=1,offload=no,dad=no,rtt=20ms,loss=0.5%,rate=1.5mbit,seed=18446744073709551615");

	(void)state;
	assert_int_equal(s.kind, HF_NET_TAP);
	assert_int_equal(s.addrs, 3);
	assert_addr(&s.addr[0], "fd00:9::2");
	assert_addr(&s.addr[2], "10.9.1.2");
	assert_int_equal(s.gw4_prefix_len, 30);
	assert_int_equal(s.gw6_prefix_len, 64);
	assert_int_equal(s.mtu_bytes, 9000);
	assert_memory_equal(s.mac, "\x02\x00\x5e\x10\x00\xff", 6);
	assert_true(s.no_offload);
	assert_true(s.no_dad);
	assert_int_equal(s.wishes.rtt, HF_MS(20));
	assert_int_equal(s.wishes.loss_ppm, 5000);
	assert_int_equal(s.wishes.rate_bps, 1500000);
	assert_true(s.wishes.has_seed);
	assert_true(s.wishes.seed == UINT64_MAX);
	assert_true(net_wishes_any(&s.wishes));
}

static void bounds_that_are_good(void **state)
{
	(void)state;
	assert_int_equal(parse_good("tun:a,addr=1.2.3.4/32,mtu=1280").mtu_bytes, 1280);
	assert_int_equal(parse_good("tun:a,addr=1.2.3.4/1,mtu=65535").mtu_bytes, 65535);
	assert_int_equal(parse_good("packet:abcdefghijklmno,addr=::2/128").prefix_len[0], 128);
	assert_int_equal(parse_good("tun:a,addr=1.2.3.4/8,loss=100%").wishes.loss_ppm, 1000000);
	assert_int_equal(parse_good("tun:a,addr=1.2.3.4/8,rtt=60s").wishes.rtt, HF_S(60));
	assert_int_equal(parse_good("tun:a,addr=1.2.3.4/8,rtt=250us").wishes.rtt, HF_US(250));
	assert_int_equal(parse_good("tun:a,addr=1.2.3.4/8,offload=yes,dad=yes").no_offload, 0);
	assert_int_equal(parse_good("tun:a,addr=1.2.3.1/8,addr=1.2.3.2/8,addr=1.2.3.3/8,addr=1.2.3.4/8,addr=1.2.3.5/8,"
				    "addr=1.2.3.6/8,addr=1.2.3.7/8,addr=1.2.3.8/8")
				 .addrs,
			 8);
}

static void sim_and_what_is_told_of_it(void **state)
{
	struct net_spec s = parse_good("sim");

	(void)state;
	assert_int_equal(s.kind, HF_NET_SIM);
	assert_int_equal(s.wishes.rtt, HF_MS(20));
	assert_int_equal(s.wishes.rate_bps, 1000000000);
	assert_int_equal(s.wishes.loss_ppm, 0);
	assert_true(s.wishes.has_seed && s.wishes.seed == 1);
	assert_true(s.dir[0] == 0 && s.get[0] == 0 && s.port == 0 && s.clients == 0);
	s = parse_good("sim,dir=/srv/a=b:c,port=65535,clients=1000,get=/a%20b?c=d,rtt=0s,loss=5%,rate=10mbit,seed=0");
	assert_string_equal(s.dir, "/srv/a=b:c");
	assert_int_equal(s.port, 65535);
	assert_int_equal(s.clients, 1000);
	assert_string_equal(s.get, "/a%20b?c=d");
	assert_int_equal(s.wishes.rtt, 0);
	assert_int_equal(s.wishes.loss_ppm, 50000);
	assert_int_equal(s.wishes.rate_bps, 10000000);
	assert_true(s.wishes.has_seed && s.wishes.seed == 0);
	/* A comma at the end ends nothing. */
	assert_int_equal(parse_good("sim,").kind, HF_NET_SIM);
}

static void sim_has_room_for_what_fits(void **state)
{
	char text[NET_DIR + 16], why[HF_NET_WHY];
	struct net_spec s;

	(void)state;
	memcpy(text, "sim,dir=", 8);
	memset(text + 8, 'd', NET_DIR);
	text[8 + NET_DIR - 1] = 0;
	assert_int_equal(strlen(parse_good(text).dir), NET_DIR - 1);
	text[8 + NET_DIR - 1] = 'd';
	text[8 + NET_DIR] = 0;
	assert_int_equal(net_spec_parse(text, &s, why, sizeof(why)), HF_USAGE);
	memcpy(text, "sim,get=/", 9);
	text[8 + NET_TARGET - 1] = 0;
	assert_int_equal(strlen(parse_good(text).get), NET_TARGET - 1);
	text[8 + NET_TARGET - 1] = 'd';
	text[8 + NET_TARGET] = 0;
	assert_int_equal(net_spec_parse(text, &s, why, sizeof(why)), HF_USAGE);
}

static const struct {
	const char *text;
	hf_status st;
	const char *why;
} bad[] = {
	{ "", HF_USAGE, "--net: \"\": no such kind of network; there are sim, tun:, tap: and packet:" },
	{ "tunnel:x", HF_USAGE, "--net: \"tunnel:x\": no such kind of network; there are sim, tun:, tap: and packet:" },
	{ "sim:", HF_USAGE, "--net: \"sim:\": a simulated network has no name: what is to be told of it follows a comma" },
	{ "sim:x,seed=1", HF_USAGE,
	  "--net: \"sim:x\": a simulated network has no name: what is to be told of it follows a comma" },
	{ "simulation", HF_USAGE, "--net: \"simulation\": no such kind of network; there are sim, tun:, tap: and packet:" },
	{ "sim,addr=10.9.0.2/24", HF_USAGE,
	  "--net: \"addr=10.9.0.2/24\": no such option of sim; there are dir (get, page), port (get), names (page), clients get (serve), rtt loss rate seed" },
	{ "sim,seed=1,,rtt=1ms", HF_USAGE,
	  "--net: \"\": no such option of sim; there are dir (get, page), port (get), names (page), clients get (serve), rtt loss rate seed" },
	{ "sim,dir", HF_USAGE, "--net: \"dir\": wants a value behind the =" },
	{ "sim,dir=", HF_USAGE, "--net: \"dir=\": wants a value behind the =" },
	{ "sim,dir=a,dir=b", HF_USAGE, "--net: \"dir=b\": given twice" },
	{ "sim,port=0", HF_USAGE, "--net: \"port=0\": not a port, a number of 1 to 65535" },
	{ "sim,port=65536", HF_USAGE, "--net: \"port=65536\": not a port, a number of 1 to 65535" },
	{ "sim,clients=0", HF_USAGE, "--net: \"clients=0\": not a number of 1 to 1000" },
	{ "sim,clients=1001", HF_USAGE, "--net: \"clients=1001\": not a number of 1 to 1000" },
	{ "sim,get=index.html", HF_USAGE,
	  "--net: \"get=index.html\": not a path of at most 1023 octets that begins with a /, as in get=/index.html" },
	{ "sim,get=/a b", HF_USAGE,
	  "--net: \"get=/a b\": holds an octet that is written as a percent sign and two digits, as in %20 for a space" },
	{ "sim,get=/a#b", HF_USAGE,
	  "--net: \"get=/a#b\": holds an octet that is written as a percent sign and two digits, as in %20 for a space" },
	{ "sim,loss=101%", HF_USAGE, "--net: \"loss=101%\": not a share of up to 100%, as in 0.5%" },
	{ "tun:hf0,addr=10.9.0.2/24,dir=.", HF_USAGE,
	  "--net: \"dir=.\": no such option; there are addr gw addr6 gw6 mtu mac queues offload dad rtt loss rate seed" },
	{ "host", HF_UNSUPPORTED, "--net: \"host\": not supported so far; there are sim, tun:, tap: and packet:" },
	{ "xdp:eth0,addr=1.2.3.4/8", HF_UNSUPPORTED,
	  "--net: \"xdp:eth0\": not supported so far; there are sim, tun:, tap: and packet:" },
	{ "tun", HF_USAGE, "--net: \"tun\": wants the name of an interface, of at most 15 characters, behind the colon" },
	{ "tun:,addr=1.2.3.4/8", HF_USAGE,
	  "--net: \"tun:\": wants the name of an interface, of at most 15 characters, behind the colon" },
	{ "tun:abcdefghijklmnop,addr=1.2.3.4/8", HF_USAGE,
	  "--net: \"tun:abcdefghijklmnop\": wants the name of an interface, of at most 15 characters, behind the colon" },
	{ "tun:a/b,addr=1.2.3.4/8", HF_USAGE,
	  "--net: \"tun:a/b\": wants the name of an interface, of at most 15 characters, behind the colon" },
	{ "tun:hf%d,addr=1.2.3.4/8", HF_USAGE,
	  "--net: \"tun:hf%d\": wants the name of an interface, of at most 15 characters, behind the colon" },
	{ "tun:a", HF_USAGE, "--net: \"tun:a\": wants an address, as in addr=10.9.0.2/24" },
	{ "tun:hf0,addr=10.9.0.300/24", HF_USAGE, "--net: \"addr=10.9.0.300/24\": not an address" },
	{ "tun:hf0,addr=10.9.0.2", HF_USAGE, "--net: \"addr=10.9.0.2\": wants a prefix length of 1 to 32, as in 10.9.0.2/24" },
	{ "tun:hf0,addr=10.9.0.2/33", HF_USAGE,
	  "--net: \"addr=10.9.0.2/33\": wants a prefix length of 1 to 32, as in 10.9.0.2/24" },
	{ "tun:hf0,addr=10.9.0.2/0", HF_USAGE,
	  "--net: \"addr=10.9.0.2/0\": wants a prefix length of 1 to 32, as in 10.9.0.2/24" },
	{ "tun:hf0,addr=10.9.0.2/4294967320", HF_USAGE,
	  "--net: \"addr=10.9.0.2/4294967320\": wants a prefix length of 1 to 32, as in 10.9.0.2/24" },
	{ "tun:hf0,addr6=fd00::2/129", HF_USAGE,
	  "--net: \"addr6=fd00::2/129\": wants a prefix length of 1 to 128, as in fd00:9::2/64" },
	{ "tun:hf0,addr=224.0.0.1/24", HF_USAGE, "--net: \"addr=224.0.0.1/24\": not an address that a host can have" },
	{ "tun:hf0,addr=127.0.0.1/8", HF_USAGE, "--net: \"addr=127.0.0.1/8\": not an address that a host can have" },
	{ "tun:hf0,addr=::1/64", HF_USAGE, "--net: \"addr=::1/64\": not an address that a host can have" },
	{ "tun:hf0,addr=0.1.2.3/8", HF_USAGE, "--net: \"addr=0.1.2.3/8\": not an address that a host can have" },
	{ "tun:hf0,addr=240.1.2.3/8", HF_USAGE, "--net: \"addr=240.1.2.3/8\": not an address that a host can have" },
	{ "tun:hf0,addr=10.9.0.255/24", HF_USAGE,
	  "--net: \"addr=10.9.0.255/24\": not a host's address but its whole network's" },
	{ "tun:hf0,addr=10.9.0.0/24", HF_USAGE, "--net: \"addr=10.9.0.0/24\": not a host's address but its whole network's" },
	{ "tun:hf0,addr=10.9.0.2/24,gw=10.9.0.255", HF_USAGE,
	  "--net: \"10.9.0.255\": the gateway is to be one host, and that is the whole network's address" },
	{ "tun:hf0,addr=10.9.0.2/24,gw=0.0.0.1", HF_USAGE, "--net: \"gw=0.0.0.1\": not an address that a host can have" },
	{ "tun:hf0,addr=1.2.3.4/8,addr=1.2.3.4/16", HF_USAGE, "--net: \"addr=1.2.3.4/16\": given twice" },
	{ "tun:a,addr=1.2.3.1/8,addr=1.2.3.2/8,addr=1.2.3.3/8,addr=1.2.3.4/8,addr=1.2.3.5/8,addr=1.2.3.6/8,addr=1.2.3.7/8,"
	  "addr=1.2.3.8/8,addr=1.2.3.9/8",
	  HF_USAGE, "--net: \"addr=1.2.3.9/8\": more than 8 addresses" },
	{ "tun:hf0,addr=10.9.0.2/24,gw=10.9.0", HF_USAGE, "--net: \"gw=10.9.0\": not an address" },
	{ "tun:hf0,addr=10.9.0.2/24,gw=10.8.0.1", HF_USAGE,
	  "--net: \"10.8.0.1\": the gateway lies outside every addr= given" },
	{ "tun:hf0,addr=10.9.0.2/24,gw=fd00::1", HF_USAGE, "--net: \"fd00::1\": the gateway lies outside every addr= given" },
	{ "tun:hf0,addr=10.9.0.2/24,gw=10.9.0.2", HF_USAGE,
	  "--net: \"10.9.0.2\": the gateway has the address of this host; it is the other side's" },
	{ "tun:hf0,addr=10.9.0.2/24,gw=10.9.0.1,gw=10.9.0.3", HF_USAGE, "--net: \"gw=10.9.0.3\": given twice" },
	{ "tun:hf0,addr=10.9.0.2/24,mtu=1279", HF_USAGE, "--net: \"mtu=1279\": not a number of 1280 to 65535" },
	{ "tun:hf0,addr=10.9.0.2/24,mtu=65536", HF_USAGE, "--net: \"mtu=65536\": not a number of 1280 to 65535" },
	{ "tun:hf0,addr=10.9.0.2/24,mtu=1500,mtu=1500", HF_USAGE, "--net: \"mtu=1500\": given twice" },
	{ "tun:hf0,addr=10.9.0.2/24,mtu", HF_USAGE, "--net: \"mtu\": wants a value behind the =" },
	{ "tun:hf0,addr=10.9.0.2/24,mtu=", HF_USAGE, "--net: \"mtu=\": wants a value behind the =" },
	{ "tun:hf0,addr=10.9.0.2/24,mac=02:00:00:00:00:01", HF_USAGE,
	  "--net: \"tun:hf0,addr=10.9.0.2/24,mac=02:00:00:00:00:01\": a TUN device has no link address: mac= belongs to tap: and packet:" },
	{ "tap:hf0,addr=10.9.0.2/24,mac=02:00:00:00:00:0g", HF_USAGE,
	  "--net: \"mac=02:00:00:00:00:0g\": not of the form aa:bb:cc:dd:ee:ff" },
	{ "tap:hf0,addr=10.9.0.2/24,mac=02-00-00-00-00-01", HF_USAGE,
	  "--net: \"mac=02-00-00-00-00-01\": not of the form aa:bb:cc:dd:ee:ff" },
	{ "tap:hf0,addr=10.9.0.2/24,mac=01:00:5e:00:00:01", HF_USAGE,
	  "--net: \"mac=01:00:5e:00:00:01\": not a link address that a host can have" },
	{ "tap:hf0,addr=10.9.0.2/24,mac=00:00:00:00:00:00", HF_USAGE,
	  "--net: \"mac=00:00:00:00:00:00\": not a link address that a host can have" },
	{ "tun:hf0,addr=10.9.0.2/24,queues=0", HF_USAGE, "--net: \"queues=0\": not a number of 1 to 256" },
	{ "tun:hf0,addr=10.9.0.2/24,queues=2", HF_UNSUPPORTED, "--net: \"queues=2\": only one queue is supported so far" },
	{ "tun:hf0,addr=10.9.0.2/24,offload=maybe", HF_USAGE, "--net: \"offload=maybe\": neither yes nor no" },
	{ "tun:hf0,addr=10.9.0.2/24,rtt=20", HF_USAGE, "--net: \"rtt=20\": not a time of up to 60s, as in 20ms" },
	{ "tun:hf0,addr=10.9.0.2/24,rtt=61s", HF_USAGE, "--net: \"rtt=61s\": not a time of up to 60s, as in 20ms" },
	{ "tun:hf0,addr=10.9.0.2/24,rtt=1.2.3s", HF_USAGE, "--net: \"rtt=1.2.3s\": not a time of up to 60s, as in 20ms" },
	{ "tun:hf0,addr=10.9.0.2/24,loss=101%", HF_USAGE, "--net: \"loss=101%\": not a share of up to 100%, as in 0.5%" },
	{ "tun:hf0,addr=10.9.0.2/24,loss=-1%", HF_USAGE, "--net: \"loss=-1%\": not a share of up to 100%, as in 0.5%" },
	{ "tun:hf0,addr=10.9.0.2/24,rate=10", HF_USAGE,
	  "--net: \"rate=10\": not a rate of 1kbit to 1000gbit a second, as in 10mbit" },
	{ "tun:hf0,addr=10.9.0.2/24,rate=0mbit", HF_USAGE,
	  "--net: \"rate=0mbit\": not a rate of 1kbit to 1000gbit a second, as in 10mbit" },
	{ "tun:hf0,addr=10.9.0.2/24,seed=18446744073709551616", HF_USAGE,
	  "--net: \"seed=18446744073709551616\": not a number of 64 bits" },
	{ "tun:hf0,addr=10.9.0.2/24,colour=red", HF_USAGE,
	  "--net: \"colour=red\": no such option; there are addr gw addr6 gw6 mtu mac queues offload dad rtt loss rate seed" },
	{ "tun:hf0,addr=10.9.0.2/24,,mtu=1500", HF_USAGE,
	  "--net: \"\": no such option; there are addr gw addr6 gw6 mtu mac queues offload dad rtt loss rate seed" },
	{ "tun:hf0,addr=\x1b[2J/24", HF_USAGE, "--net: \"addr=?[2J/24\": not an address" },
};

static void each_mistake_has_its_sentence(void **state)
{
	(void)state;
	for (size_t i = 0; i < HF_ARRAY_LEN(bad); i++) {
		struct net_spec s = { .mtu_bytes = 77 };
		char why[HF_NET_WHY] = "";

		if (net_spec_parse(bad[i].text, &s, why, sizeof(why)) != bad[i].st)
			fail_msg("\"%s\" is not %s: %s", bad[i].text, hf_status_name(bad[i].st), why);
		assert_string_equal(why, bad[i].why);
		assert_int_equal(s.mtu_bytes, 77); /* untouched on failure */
	}
}

static void a_sentence_never_overruns(void **state)
{
	char text[600], why[24];
	struct net_spec s;

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = 0;
	memset(why, 'y', sizeof(why));
	assert_int_equal(net_spec_parse(text, &s, why, sizeof(why)), HF_USAGE);
	assert_int_equal(strlen(why), sizeof(why) - 1);
}

static void open_says_what_is_not_opened_here(void **state)
{
	struct hf_net *net = NULL;
	char why[HF_NET_WHY] = "";

	(void)state;
	assert_int_equal(hf_net_open("sim", NULL, &net, why, sizeof(why)), HF_UNSUPPORTED);
	assert_int_equal(hf_net_open("packet:no-such-if0,addr=10.9.0.2/24", NULL, &net, why, sizeof(why)) == HF_OK, 0);
	assert_true(strncmp(why, "--net: \"packet:no-such-if0\": ", 29) == 0);
	assert_null(net);
}

static void a_seed_repeats_itself(void **state)
{
	uint8_t a[38], b[38], c[38];

	(void)state;
	hf_entropy_from_seed(7, a, sizeof(a));
	hf_entropy_from_seed(7, b, sizeof(b));
	hf_entropy_from_seed(8, c, sizeof(c));
	assert_memory_equal(a, b, sizeof(a));
	assert_memory_not_equal(a, c, sizeof(a));
	assert_int_equal(hf_entropy(b, sizeof(b)), HF_OK);
	assert_memory_not_equal(a, b, sizeof(a));
}

/* ---- the header in front of a frame ---- */

static const struct {
	struct virtio_net_hdr h;
	size_t len;
	bool good;
	uint32_t flags;
	uint16_t gso_size;
} headers[] = {
	{ { 0 }, 60, true, 0, 0 },
	{ { .flags = VIRTIO_NET_HDR_F_DATA_VALID }, 60, true, HF_FRAME_CSUM_OK, 0 },
	{ { .flags = VIRTIO_NET_HDR_F_NEEDS_CSUM, .csum_start = 20, .csum_offset = 16 }, 38, true, HF_FRAME_CSUM_PARTIAL, 0 },
	{ { .flags = VIRTIO_NET_HDR_F_NEEDS_CSUM, .csum_start = 20, .csum_offset = 16 }, 37, false, 0, 0 },
	{ { .flags = VIRTIO_NET_HDR_F_NEEDS_CSUM, .csum_start = 65535, .csum_offset = 65535 }, 65535, false, 0, 0 },
	{ { .gso_type = VIRTIO_NET_HDR_GSO_TCPV4, .gso_size = 1448 }, 3000, true, HF_FRAME_GSO4, 1448 },
	{ { .gso_type = VIRTIO_NET_HDR_GSO_TCPV6 | VIRTIO_NET_HDR_GSO_ECN, .gso_size = 1428 }, 3000, true, HF_FRAME_GSO6, 1428 },
	{ { .gso_type = VIRTIO_NET_HDR_GSO_TCPV4 }, 3000, false, 0, 0 },
	{ { .gso_type = VIRTIO_NET_HDR_GSO_UDP, .gso_size = 1448 }, 3000, false, 0, 0 },
	{ { .gso_type = 77, .gso_size = 1448 }, 3000, false, 0, 0 },
	/* a size without a type means nothing */
	{ { .gso_size = 1448 }, 3000, true, 0, 0 },
};

static void virtio_headers_in(void **state)
{
	(void)state;
	for (size_t i = 0; i < HF_ARRAY_LEN(headers); i++) {
		struct hf_frame f = { .gso_size = 99 };
		bool good = vnet_read(&headers[i].h, (struct hf_bytes){ NULL, headers[i].len }, &f);

		if (good != headers[i].good)
			fail_msg("row %zu", i);
		if (!good)
			continue;
		assert_int_equal(f.flags, headers[i].flags);
		assert_int_equal(f.gso_size, headers[i].gso_size);
	}
}

static void virtio_headers_out(void **state)
{
	static struct hf_frame_out f;
	struct virtio_net_hdr h;

	(void)state;
	vnet_write(&f, &h);
	assert_int_equal(h.flags | h.gso_type | h.gso_size | h.hdr_len | h.csum_start | h.csum_offset, 0);
	f = (struct hf_frame_out){
		.flags = HF_FRAME_CSUM_PARTIAL | HF_FRAME_GSO6,
		.gso_size = 1428,
		.hdr_len = 72,
		.csum_start = 40,
		.csum_offset = 16,
	};
	vnet_write(&f, &h);
	assert_int_equal(h.flags, VIRTIO_NET_HDR_F_NEEDS_CSUM);
	assert_int_equal(h.gso_type, VIRTIO_NET_HDR_GSO_TCPV6);
	assert_int_equal(h.gso_size, 1428);
	assert_int_equal(h.hdr_len, 72);
	assert_int_equal(h.csum_start, 40);
	assert_int_equal(h.csum_offset, 16);
}

static void an_unfinished_checksum_is_finished(void **state)
{
	uint8_t frame[41] = { 0 };
	uint64_t pseudo = 0x1234;

	(void)state;
	for (size_t i = 10; i < sizeof(frame); i++)
		frame[i] = (uint8_t)(i * 7);
	hf_store16(frame + 10 + 16, hf_csum_fold(pseudo));
	vnet_finish_csum(frame, sizeof(frame), 10, 16);
	/* All together with the pseudo header must come out as 0. */
	assert_int_equal(hf_csum_finish(hf_csum_add(0, frame + 10, sizeof(frame) - 10) + pseudo), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tun_as_the_readme_has_it),   cmocka_unit_test(every_option),
		cmocka_unit_test(bounds_that_are_good),       cmocka_unit_test(each_mistake_has_its_sentence),
		cmocka_unit_test(sim_and_what_is_told_of_it), cmocka_unit_test(sim_has_room_for_what_fits),
		cmocka_unit_test(a_sentence_never_overruns),  cmocka_unit_test(open_says_what_is_not_opened_here),
		cmocka_unit_test(a_seed_repeats_itself),      cmocka_unit_test(virtio_headers_in),
		cmocka_unit_test(virtio_headers_out),         cmocka_unit_test(an_unfinished_checksum_is_finished),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
