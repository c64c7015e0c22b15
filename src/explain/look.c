/* SPDX-License-Identifier: MIT */
#include "explain/look.h"

#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define COLUMNS_MIN 72u
#define COLUMNS_MAX 160u
#define COLUMNS_UNKNOWN 100u

static unsigned width_of(FILE *to, bool terminal)
{
	const char *columns = getenv("COLUMNS");
	struct winsize size;
	unsigned long n = 0;

	if (columns && *columns)
		n = strtoul(columns, NULL, 10);
	if (n == 0 && terminal && ioctl(fileno(to), TIOCGWINSZ, &size) == 0)
		n = size.ws_col;
	if (n == 0)
		n = COLUMNS_UNKNOWN;
	return n < COLUMNS_MIN ? COLUMNS_MIN : n > COLUMNS_MAX ? COLUMNS_MAX : (unsigned)n;
}

struct look look_of(FILE *to)
{
	const char *no_colour = getenv("NO_COLOR");
	const char *term = getenv("TERM");
	bool terminal = isatty(fileno(to)) == 1;
	bool dumb = term && term[0] == 'd' && term[1] == 'u'; /* "dumb" */

	return (struct look){
		.columns = width_of(to, terminal),
		.colour = terminal && !dumb && !(no_colour && *no_colour),
	};
}

struct look look_plain(unsigned columns)
{
	return (struct look){ .columns = columns };
}
