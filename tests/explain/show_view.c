/* SPDX-License-Identifier: MIT */
/* show_view rich|failed|large|hostile|empty: the page of `handfast page --html` of such a load (view_sample.h). */
#include "explain/view.h"
#include "view_sample.h"

int main(int argc, char **argv)
{
	const char *which = argc > 1 ? argv[1] : "";
	struct report r;
	struct text t;
	bool ok;

	if (strcmp(which, "rich") == 0)
		view_sample(&r);
	else if (strcmp(which, "failed") == 0)
		view_failed(&r);
	else if (strcmp(which, "large") == 0)
		view_large(&r);
	else if (strcmp(which, "hostile") == 0)
		view_hostile(&r);
	else if (strcmp(which, "empty") == 0)
		report_init(&r);
	else
		return 2;
	text_init(&t);
	view_html(&t, &r);
	ok = !t.failed && !r.failed && fwrite(text_str(&t), 1, t.len, stdout) == t.len;
	text_free(&t);
	report_free(&r);
	return ok ? 0 : 1;
}
