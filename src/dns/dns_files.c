/* SPDX-License-Identifier: MIT */
/*
 * Both files are lines of words. Nobody has checked them, and an odd line must not keep a machine from looking names up: it
 * is passed over, as libc does.
 */
#include "dns/dns_files.h"

#include "dns/dns_text.h"
#include "wire/addr.h"
#include "wire/dns_wire.h"

/* The caps of libc's resolver, resolv.conf(5). */
#define NDOTS_MAX 15u
#define TIMEOUT_MAX_S 30u
#define ATTEMPTS_MAX 5u

/* The number behind "ndots:", at most `max`; false: it is another option, or no number. */
static bool number_of(struct hf_bytes word, const char *option, unsigned max, unsigned *ret)
{
	const size_t n = strlen(option);
	unsigned v = 0;

	if (word.len <= n || memcmp(word.at, option, n) != 0)
		return false;
	for (size_t i = n; i < word.len; i++) {
		if (word.at[i] < '0' || word.at[i] > '9')
			return false;
		v = v * 10 + (unsigned)(word.at[i] - '0');
		v = v < max ? v : max;
	}
	*ret = v;
	return true;
}

/* ---- resolv.conf(5) ---- */

static void take_server(struct dns_resolv *r, struct hf_bytes line)
{
	struct hf_bytes word;
	struct hf_addr addr;

	/* "fe80::1%eth0" names an interface: nothing here knows of those */
	if (!dns_next_word(&line, &word) || r->servers == DNS_SERVERS || addr_parse(word, &addr) != HF_OK ||
	    !dns_can_be_asked(&addr)) {
		r->passed_over++;
		return;
	}
	r->server[r->servers++] = (struct hf_endpoint){ addr, DNS_PORT };
}

/* The last of these lines wins, resolv.conf(5). */
static void take_search(struct dns_resolv *r, struct hf_bytes line, unsigned at_most)
{
	struct hf_bytes word;

	r->searches = 0;
	while (dns_next_word(&line, &word)) {
		struct dns_name name;

		if (word.len == 1 && word.at[0] == '.') /* the root: as if there were no list */
			continue;
		if (r->searches == at_most || dns_name_of_text(word, &name) != HF_OK || word.len >= DNS_TEXT) {
			r->passed_over++;
			continue;
		}
		memcpy(r->search[r->searches], word.at, word.len);
		r->search[r->searches++][word.len] = 0;
	}
}

static void take_options(struct dns_resolv *r, struct hf_bytes line)
{
	struct hf_bytes word;
	unsigned v;

	while (dns_next_word(&line, &word)) {
		if (number_of(word, "ndots:", NDOTS_MAX, &v))
			r->ndots = v;
		else if (number_of(word, "timeout:", TIMEOUT_MAX_S, &v))
			r->timeout = HF_S(v > 0 ? v : 1);
		else if (number_of(word, "attempts:", ATTEMPTS_MAX, &v))
			r->attempts = v > 0 ? v : 1;
		else if (dns_is_word(word, "rotate"))
			r->rotate = true;
		else if (dns_is_word(word, "edns0"))
			r->no_edns = false;
		else if (dns_is_word(word, "no-edns0"))
			r->no_edns = true;
		else if (dns_is_word(word, "no-0x20"))
			r->no_0x20 = true;
		else
			r->passed_over++;
	}
}

void dns_resolv_parse(struct hf_bytes text, struct dns_resolv *ret)
{
	struct hf_bytes line, word;

	*ret = (struct dns_resolv){ .ndots = 1, .attempts = 2, .timeout = HF_S(5) };
	while (dns_next_line(&text, &line)) {
		if (!dns_next_word(&line, &word) || word.at[0] == '#' || word.at[0] == ';')
			continue;
		if (dns_is_word(word, "nameserver"))
			take_server(ret, line);
		else if (dns_is_word(word, "search"))
			take_search(ret, line, DNS_SEARCHES);
		else if (dns_is_word(word, "domain"))
			take_search(ret, line, 1);
		else if (dns_is_word(word, "options"))
			take_options(ret, line);
		else
			ret->passed_over++;
	}
}

void dns_resolv_use(const struct dns_resolv *r, struct dns_config *cfg)
{
	memcpy(cfg->server, r->server, sizeof(cfg->server));
	cfg->servers = r->servers;
	for (unsigned i = 0; i < r->searches; i++)
		cfg->search[i] = r->search[i];
	cfg->searches = r->searches;
	cfg->ndots = r->ndots ? r->ndots : DNS_NDOTS_0;
	cfg->timeout = r->timeout;
	cfg->attempts = r->attempts;
	cfg->rotate = r->rotate;
	cfg->no_edns = r->no_edns;
	cfg->no_0x20 = r->no_0x20;
}

/* ---- hosts(5) ---- */

void dns_hosts_parse(struct hf_bytes text, struct dns_host *to, size_t room, size_t *ret_n)
{
	struct hf_bytes line, word;
	size_t n = 0;

	while (dns_next_line(&text, &line)) {
		struct hf_bytes canonical = { NULL, 0 };
		struct hf_addr addr;

		line = dns_without_comment(line);
		if (!dns_next_word(&line, &word) || addr_parse(word, &addr) != HF_OK)
			continue;
		while (dns_next_word(&line, &word)) {
			struct dns_name name;

			if (dns_name_of_text(word, &name) != HF_OK)
				continue;
			word = dns_without_dot(word);
			if (!canonical.at)
				canonical = word;
			if (n < room)
				to[n] = (struct dns_host){ addr, word, canonical };
			n++;
		}
	}
	*ret_n = n;
}
