/* SPDX-License-Identifier: MIT */
/* show_sample FORM [CODE]: the sample page, or the failure with that code, as har, qlog, json, error-html or error-text. */
#include "explain/error_page.h"
#include "explain/har.h"
#include "explain/qlog.h"
#include "explain/report_json.h"
#include "page_sample.h"

#include <stdio.h>
#include <string.h>

static bool write_form(const char *form, struct text *t, const struct report *r)
{
	struct look look = look_plain(80);

	if (strcmp(form, "har") == 0)
		har_write(t, r);
	else if (strcmp(form, "qlog") == 0)
		qlog_write(t, r);
	else if (strcmp(form, "json") == 0)
		report_json(t, r);
	else if (strcmp(form, "error-html") == 0)
		error_page_html(t, r);
	else if (strcmp(form, "error-text") == 0)
		error_page_text(t, r, &look);
	else
		return false;
	return true;
}

int main(int argc, char **argv)
{
	enum report_code code = argc > 2 ? report_code_find(argv[2]) : REPORT_E_NONE;
	struct hf_cert_report chain;
	struct report r;
	struct text t;
	bool ok;

	if (argc < 2 || code == REPORT_CODE_COUNT)
		return 2;
	if (code == REPORT_E_NONE)
		sample_page(&r);
	else
		sample_failure(&r, code, "a.example, 3 days ago");
	if (report_code_step(code) == REPORT_TLS) {
		sample_chain(&chain);
		report_set_chain(&r, 0, &chain);
	}
	text_init(&t);
	ok = write_form(argv[1], &t, &r) && !t.failed;
	if (ok)
		fwrite(text_str(&t), 1, t.len, stdout);
	text_free(&t);
	report_free(&r);
	return ok ? 0 : 2;
}
