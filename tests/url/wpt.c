/* SPDX-License-Identifier: MIT */
/* Reads the lines of wpt.py and says which URLs are not what they should be. */
#include "base/ascii.h"
#include "base/bits.h"
#include "url/url.h"

#include <stdio.h>
#include <stdlib.h>

#define WORDS 14

/* In place; NULL: "!" */
static char *read_word(char *w, size_t *ret_len)
{
	size_t n = 0;

	*ret_len = 0;
	if (strcmp(w, "!") == 0)
		return NULL;
	for (; w[0] != '-' && w[2 * n]; n++)
		w[n] = (char)(hf_ascii_hex((uint8_t)w[2 * n]) << 4 | hf_ascii_hex((uint8_t)w[2 * n + 1]));
	w[n] = '\0';
	*ret_len = n;
	return w;
}

/* A copy without a NUL behind it, so that an address checker sees a read behind its end. */
static struct url *parse(const char *text, size_t n, const struct url *base)
{
	uint8_t *exact = malloc(n ? n : 1);
	struct url *u;

	if (!exact)
		abort();
	memcpy(exact, text, n);
	u = url_parse((struct hf_bytes){ exact, n }, base, NULL);
	free(exact);
	return u;
}

static bool differs(const char *number, const char *what, const char *is, const char *should)
{
	if (!should || strcmp(is, should) == 0)
		return false;
	printf("case %s: %s is %s and should be %s\n", number, what, is, should);
	return true;
}

static const char *marked(char *room, const char *before, const char *part, const char *behind)
{
	snprintf(room, 4096, "%s%s%s", before, part, behind);
	return room;
}

static bool check_parts(const char *number, const struct url *u, char *const should[])
{
	static char room[4096];
	char port[8] = "";
	bool bad = false;

	if (url_has_port(u))
		snprintf(port, sizeof(port), "%u", (unsigned)url_port(u));
	bad |= differs(number, "href", url_href(u), should[0]);
	bad |= differs(number, "origin", url_origin(u), should[1]);
	bad |= differs(number, "protocol", marked(room, "", url_scheme(u), ":"), should[2]);
	bad |= differs(number, "username", url_username(u), should[3]);
	bad |= differs(number, "password", url_password(u), should[4]);
	bad |= differs(number, "host", url_authority(u), should[5]);
	bad |= differs(number, "hostname", url_host(u) ? url_host(u) : "", should[6]);
	bad |= differs(number, "port", port, should[7]);
	bad |= differs(number, "pathname", url_path(u), should[8]);
	bad |= differs(number, "search", url_query(u) && *url_query(u) ? marked(room, "?", url_query(u), "") : "",
		       should[9]);
	bad |= differs(number, "hash",
		       url_fragment(u) && *url_fragment(u) ? marked(room, "#", url_fragment(u), "") : "", should[10]);
	return bad;
}

static bool check_line(char *line)
{
	char *word[WORDS] = { 0 }, *text[WORDS] = { 0 };
	size_t len[WORDS], words = 0;
	bool failure, bad = false;
	struct url *base, *u;

	for (char *w = line; w && words < WORDS; words++) {
		word[words] = w;
		w = strchr(w, ' ');
		if (w)
			*w++ = '\0';
	}
	failure = words == 4 && strcmp(word[3], "failure") == 0;
	if (words != WORDS && !failure) {
		printf("case %s: %zu words\n", word[0], words);
		return true;
	}
	for (size_t i = 1; i < (failure ? 3 : words); i++)
		text[i] = read_word(word[i], &len[i]);
	base = text[2] ? parse(text[2], len[2], NULL) : NULL;
	u = text[2] && !base ? NULL : parse(text[1], len[1], base);
	if (failure != !u) {
		printf("case %s: %s against %s is %s\n", word[0], text[1], text[2] ? text[2] : "nothing",
		       u ? url_href(u) : "no URL");
		bad = true;
	} else if (u) {
		bad = check_parts(word[0], u, text + 3);
	}
	url_free(base);
	url_free(u);
	return bad;
}

int main(void)
{
	static char line[1 << 16];
	unsigned bad = 0;

	while (fgets(line, sizeof(line), stdin)) {
		line[strcspn(line, "\n")] = '\0';
		bad += check_line(line);
	}
	printf("%u not as they should be\n", bad);
	return bad != 0;
}
