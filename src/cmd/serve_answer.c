/* SPDX-License-Identifier: MIT */
/* What a request is answered with: a file, a part of it, a redirection, a listing, or a short page that says why not. */
#define _GNU_SOURCE
#include "cmd/serve.h"
#include "explain/json.h"
#include "explain/table.h"
#include "http/http_put.h"
#include "http/http_uri.h"
#include "wire/tls_wire.h"

#include <dirent.h>
#include <stdlib.h>
#include <unistd.h>

#define LISTING_ENTRIES 10000u

static struct hf_wr begin(struct serve *s, struct served *c, unsigned status)
{
	struct hf_wr out = hf_wr_over(c->answer.text, sizeof(c->answer.text));

	c->answer.ready = true;
	c->answer.told.status = (uint16_t)status;
	http_put_status_line(&out, status);
	http_put_field(&out, "Server", "handfast/" HF_VERSION);
	http_put_date_field(&out, "Date", s->wall);
	return out;
}

/* RFC 9112 9.3: said where the version's own rule would be understood differently. */
static void put_connection(const struct served *c, const struct h1_head *h, struct hf_wr *out)
{
	if (c->http.last)
		http_put_field(out, "Connection", "close");
	else if (h->minor == 0)
		http_put_field(out, "Connection", "keep-alive");
}

static void finish(struct served *c, struct hf_wr *out)
{
	size_t n;

	HF_ASSERT(hf_wr_end(out, &n) == HF_OK); /* each head here is far smaller than SERVE_TEXT */
	c->answer.text_len = (uint32_t)n;
}

static void prepare_page(struct serve *s, struct served *c, unsigned status, const char *sentence, const char *rfc,
			 const char *name, const char *value)
{
	struct hf_wr out = begin(s, c, status), page;
	char body[1024];
	size_t n;

	page = hf_wr_over(body, sizeof(body));
	http_put_error_page(&page, status, sentence, rfc);
	n = hf_wr_len(&page);
	put_connection(c, &s->head, &out);
	if (status == 405)
		http_put_field(&out, "Allow", "GET, HEAD"); /* RFC 9110 15.5.6 */
	if (name)
		http_put_field(&out, name, value);
	http_put_field(&out, "Content-Type", "text/html; charset=utf-8");
	http_put_number_field(&out, "Content-Length", n);
	http_put_end(&out);
	if (s->head.method != HTTP_HEAD) {
		hf_wr_copy(&out, body, n);
		c->answer.told.body_len = n;
	}
	finish(c, &out);
}

/* A directory's name without its slash: its links would lead astray. */
static void prepare_redirect(struct serve *s, struct served *c, const struct http_target *t)
{
	char value[1200];
	struct hf_wr out = hf_wr_over(value, sizeof(value));
	size_t n;

	http_put_path(&out, t->path);
	http_put_text(&out, "/");
	http_put_bytes(&out, t->query);
	hf_wr_u8(&out, '\0');
	if (hf_wr_end(&out, &n) != HF_OK) {
		prepare_page(s, c, 414, "the path with its slash is too long to be sent back", "9110 15.5.15", NULL, NULL);
		return;
	}
	prepare_page(s, c, 301, "a directory's path ends in a slash", NULL, "Location", value);
}

/* ---- listings ---- */

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int not_dots(const struct dirent *d)
{
	return strcmp(d->d_name, ".") != 0 && strcmp(d->d_name, "..") != 0;
}

static int no_dot_names(const struct dirent *d)
{
	return d->d_name[0] != '.';
}

static void add_part(struct text *t, const char *name, void (*put)(struct hf_wr *, const char *))
{
	char room[256 * 6];
	struct hf_wr out = hf_wr_over(room, sizeof(room));

	put(&out, name);
	text_add_n(t, room, hf_wr_len(&out));
}

/* A path inside an attribute: what is special in HTML may be ordinary in a URL. */
static void put_as_link(struct hf_wr *out, const char *name)
{
	uint8_t room[256 * 3];
	struct hf_wr path = hf_wr_over(room, sizeof(room));

	http_put_path(&path, name);
	http_put_html(out, (struct hf_bytes){ room, hf_wr_len(&path) });
}

static void put_as_html(struct hf_wr *out, const char *name)
{
	http_put_html(out, hf_bytes_of(name));
}

static void add_title(struct text *t, const struct http_target *target)
{
	/* A path of any length, a piece at a time. */
	for (size_t at = 0; at < target->len; at += 64) {
		char room[64 * 6];
		struct hf_wr out = hf_wr_over(room, sizeof(room));
		size_t n = hf_min_u64(64, target->len - at);

		http_put_html(&out, (struct hf_bytes){ (const uint8_t *)target->path + at, n });
		text_add_n(t, room, hf_wr_len(&out));
	}
}

static bool make_listing(struct serve *s, const struct http_target *target, struct text *t)
{
	int fd = files_open_dir(&s->files, target->path);
	struct dirent **entry;
	int n = fd < 0 ? -1 : scandirat(fd, ".", &entry, s->dotfiles ? not_dots : no_dot_names, by_name);

	if (fd >= 0)
		close(fd);
	if (n < 0)
		return false;
	text_add(t, "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>");
	add_title(t, target);
	text_add(t, "</title></head>\n<body><h1>");
	add_title(t, target);
	text_add(t, "</h1>\n<ul>\n");
	if (target->len > 1)
		text_add(t, "<li><a href=\"../\">../</a></li>\n");
	for (int i = 0; i < n; i++) {
		const char *slash = entry[i]->d_type == DT_DIR ? "/" : "";

		if (i < (int)LISTING_ENTRIES) {
			text_add(t, "<li><a href=\"./"); /* a colon in a name must not look like a scheme */
			add_part(t, entry[i]->d_name, put_as_link);
			text_addf(t, "%s\">", slash);
			add_part(t, entry[i]->d_name, put_as_html);
			text_addf(t, "%s</a></li>\n", slash);
		}
		free(entry[i]);
	}
	free(entry);
	if (n > (int)LISTING_ENTRIES)
		text_addf(t, "<li>and %d more</li>\n", n - (int)LISTING_ENTRIES);
	text_add(t, "</ul></body></html>\n");
	return !t->failed;
}

static void prepare_listing(struct serve *s, struct served *c, const struct http_target *target)
{
	struct hf_wr out;
	struct text t;

	text_init(&t);
	if (!make_listing(s, target, &t)) {
		text_free(&t);
		prepare_page(s, c, 403, "this directory cannot be read", NULL, NULL, NULL);
		return;
	}
	out = begin(s, c, 200);
	put_connection(c, &s->head, &out);
	http_put_field(&out, "Content-Type", "text/html; charset=utf-8");
	http_put_number_field(&out, "Content-Length", t.len);
	http_put_end(&out);
	finish(c, &out);
	if (s->head.method == HTTP_HEAD) {
		text_free(&t);
		return;
	}
	c->answer.page = t.at; /* text's memory goes over to the answer, which frees it */
	c->answer.page_len = c->answer.told.body_len = t.len;
}

/* ---- files ---- */

static void put_content_range(struct hf_wr *out, const struct http_selection *sel, uint64_t size)
{
	http_put_text(out, "Content-Range: bytes ");
	http_put_number(out, sel->first);
	http_put_text(out, "-");
	http_put_number(out, sel->first + sel->count - 1);
	http_put_text(out, "/");
	http_put_number(out, size);
	http_put_text(out, "\r\n");
}

/* RFC 9110 8.8.2.1: a modification time in the future is not told. */
static void put_validators(const struct serve *s, const struct file *f, struct hf_wr *out)
{
	http_put_date_field(out, "Last-Modified", f->resource.modified < s->wall ? f->resource.modified : s->wall);
	http_put_field(out, "ETag", f->resource.etag);
}

static void prepare_unsatisfiable(struct serve *s, struct served *c, const struct file *f)
{
	char value[48];

	snprintf(value, sizeof(value), "bytes */%llu", (unsigned long long)f->resource.size);
	prepare_page(s, c, 416, "the file has no such range", "9110 15.5.17", "Content-Range", value);
}

/* The best of the compressed ones beside it that the client takes, if there is one. */
static void choose_coding(struct serve *s, struct http_target *t, struct file **f)
{
	enum http_coding coding[HTTP_CODINGS];
	const unsigned n = http_codings_accepted(&s->head, coding);

	for (unsigned i = 0; i < n; i++)
		if (files_find_coded(&s->files, t->path, sizeof(t->path), coding[i], f))
			return;
}

/* Takes the reference over. */
static void prepare_file(struct serve *s, struct served *c, struct http_target *t, struct file *f)
{
	struct http_selection sel;
	struct hf_wr out;

	if (s->precompressed)
		choose_coding(s, t, &f);
	sel = http_select(&s->head, &f->resource, s->wall);

	if (sel.status == 412 || sel.status == 416) {
		if (sel.status == 416)
			prepare_unsatisfiable(s, c, f);
		else
			prepare_page(s, c, 412, "the file is not as the request wants it to be", "9110 13", NULL, NULL);
		file_release(&s->files, f);
		return;
	}
	out = begin(s, c, sel.status);
	put_connection(c, &s->head, &out);
	put_validators(s, f, &out);
	if (s->precompressed) /* RFC 9110 12.5.5, also when there is but one for now */
		http_put_field(&out, "Vary", "Accept-Encoding");
	if (sel.status != 304 && f->coding)
		http_put_field(&out, "Content-Encoding", f->coding);
	if (sel.status != 304) {
		http_put_field(&out, "Accept-Ranges", "bytes");
		http_put_field(&out, "Content-Type", f->type);
		http_put_number_field(&out, "Content-Length", sel.count);
	}
	if (sel.status == 206)
		put_content_range(&out, &sel, f->resource.size);
	http_put_end(&out);
	finish(c, &out);
	if (sel.status == 304 || s->head.method == HTTP_HEAD || sel.count == 0) {
		file_release(&s->files, f);
		return;
	}
	c->answer.file = f;
	c->answer.at = sel.first;
	c->answer.end = sel.first + sel.count;
	c->answer.told.body_len = sel.count;
}

static void prepare_directory(struct serve *s, struct served *c, struct http_target *t)
{
	size_t dir_len = t->len;
	struct file *f;

	if (t->path[t->len - 1] != '/') {
		prepare_redirect(s, c, t);
		return;
	}
	if (t->len + sizeof("index.html") <= sizeof(t->path)) {
		memcpy(t->path + t->len, "index.html", sizeof("index.html"));
		if (files_find(&s->files, t->path, &f) == FILE_FOUND) {
			prepare_file(s, c, t, f);
			return;
		}
		t->path[dir_len] = '\0';
	}
	if (s->list)
		prepare_listing(s, c, t);
	else
		prepare_page(s, c, 404, "this directory has no index.html", NULL, NULL, NULL);
}

static void clear(struct serve *s, struct served *c)
{
	struct serve_answer *a = &c->answer;

	memset(a, 0, offsetof(struct serve_answer, text));
	a->page = NULL;
	a->page_len = a->page_sent = 0;
	a->file = NULL;
	a->at = a->end = a->told.body_len = 0;
	a->told.asked_at = c->asked_at ? c->asked_at : s->loop.now;
	c->asked_at = 0;
}

/* What is not printable ASCII could steer the terminal that shows the log. */
static void copy_plain(char *to, size_t room, struct hf_bytes from)
{
	size_t n = hf_min_u64(from.len, room - 1);

	for (size_t i = 0; i < n; i++)
		to[i] = from.at[i] > 0x20 && from.at[i] < 0x7f ? (char)from.at[i] : '?';
	to[n] = '\0';
}

/* What the log tells of a request. */
static void remember(struct serve *s, struct served *c, struct hf_bytes method, struct hf_bytes target)
{
	clear(s, c);
	copy_plain(c->answer.told.method, sizeof(c->answer.told.method), method);
	copy_plain(c->answer.told.target, sizeof(c->answer.told.target), target);
}

/* .git, .env, .ssh: names that people do not see when they say what is to be served. RFC 8615's one is meant to be seen. */
static bool has_dot_name(const char *path)
{
	static const char well_known[] = "/.well-known/";

	if (strncmp(path, well_known, sizeof(well_known) - 1) == 0)
		path += sizeof(well_known) - 2;
	return strstr(path, "/.") != NULL;
}

/* A method that changes something may come again by anybody's hand while the handshake is not over (RFC 8470 5.2). */
static void prepare_fault(struct serve *s, struct served *c, enum h1_fault fault)
{
	if ((fault == H1_METHOD_NOT_ALLOWED || fault == H1_METHOD_UNKNOWN) && serve_tls_is_early(c))
		prepare_page(s, c, 425,
			     "this may be a replay, and only GET and HEAD are answered before the handshake is over",
			     "8470 5.2", NULL, NULL);
	else
		prepare_page(s, c, h1_fault_status(fault), h1_fault_sentence(fault), h1_fault_rfc(fault), NULL, NULL);
}

void serve_prepare(struct serve *s, struct served *c)
{
	static struct http_target t; /* 4 KiB that no other function needs at the same time */
	enum h1_fault fault;
	struct file *f;

	remember(s, c, s->head.method_text, s->head.target);
	s->requests++;
	if (s->head.method >= HTTP_OTHER) {
		prepare_fault(s, c, s->head.method == HTTP_OTHER ? H1_METHOD_NOT_ALLOWED : H1_METHOD_UNKNOWN);
		return;
	}
	fault = http_target_parse(s->head.target, &t);
	if (fault != H1_NONE) {
		prepare_fault(s, c, fault);
		return;
	}
	if (!s->dotfiles && has_dot_name(t.path)) {
		prepare_page(s, c, 404, "there is no such file here", NULL, NULL, NULL);
		return;
	}
	switch (files_find(&s->files, t.path, &f)) {
	case FILE_FOUND:
		prepare_file(s, c, &t, f);
		return;
	case FILE_DIRECTORY:
		prepare_directory(s, c, &t);
		return;
	case FILE_MISSING:
		prepare_page(s, c, 404, "there is no such file here", NULL, NULL, NULL);
		return;
	case FILE_FORBIDDEN:
		prepare_page(s, c, 403, "this file cannot be read, or leads out of what is served", NULL, NULL, NULL);
		return;
	case FILE_TROUBLE:
		prepare_page(s, c, 503, "this server has no descriptor or memory left, or another program holds the file",
			     NULL, NULL, NULL);
		return;
	}
}

void serve_prepare_refusal(struct serve *s, struct served *c, enum h1_fault fault, bool asked)
{
	struct hf_bytes nothing = { (const uint8_t *)"-", 1 };

	if (asked) { /* it is the body that is wrong; the head was remembered, and a HEAD gets no content all the same */
		clear(s, c);
		s->head.method = strcmp(c->answer.told.method, "HEAD") == 0 ? HTTP_HEAD : HTTP_GET;
	} else { /* the request line may be sound; the octets it borrows from are still there */
		remember(s, c, s->head.method_text.len ? s->head.method_text : nothing,
			 s->head.target.len ? s->head.target : nothing);
	}
	prepare_fault(s, c, fault);
}

/* ---- the log ---- */

static void put_tls(struct json *j, const struct served_tls *t)
{
	struct hf_tls_info info;

	hf_tls_info(t->tls, &info);
	json_key(j, "tls");
	json_object(j);
	json_put_string(j, "version", tls_version_name(info.version));
	json_put_string(j, "suite", tls_suite_name(info.suite));
	json_put_string(j, "sni", t->name[0] ? t->name : NULL);
	json_put_bool(j, "resumed", info.resumed);
	json_put_bool(j, "client_certificate", info.peer_certificate);
	json_object_end(j);
}

/* A line of the log as JSON, with what all have in common. */
static struct json begin_json(struct serve *s, const struct served *c)
{
	struct json j = json_over(&s->log);
	struct text remote;

	j.one_line = true;
	text_init(&remote);
	text_add_endpoint(&remote, &c->remote);
	json_object(&j);
	json_put_string(&j, "remote", text_str(&remote));
	text_free(&remote);
	return j;
}

void serve_log(struct serve *s, const struct served *c, const struct serve_told *told, uint64_t left)
{
	uint64_t octets = told->body_len - hf_min_u64(left, told->body_len);
	hf_time_ns took = s->loop.now - told->asked_at;

	if (s->quiet)
		return;
	if (s->json) {
		struct json j = begin_json(s, c);

		json_put_string(&j, "method", told->method);
		json_put_string(&j, "target", told->target);
		json_put_u64(&j, "status", told->status);
		json_put_u64(&j, "octets", octets);
		json_put_bool(&j, "whole", left == 0);
		if (told->asked_at != HF_NEVER)
			json_put_u64(&j, "ns", took);
		if (c->tls)
			put_tls(&j, c->tls);
		json_object_end(&j);
		return;
	}
	text_add_endpoint(&s->log, &c->remote);
	text_addf(&s->log, "%s %s %s %u %llu", c->tls ? " https" : "", told->method, told->target, told->status,
		  (unsigned long long)octets);
	if (left > 0)
		text_addf(&s->log, " of %llu, not whole", (unsigned long long)told->body_len);
	if (told->asked_at == HF_NEVER)
		text_add(&s->log, " -\n");
	else
		text_addf(&s->log, " %.1fms\n", (double)took / 1e6);
}

void serve_log_tls_failure(struct serve *s, const struct served *c, const char *why_code, const char *sentence)
{
	if (s->quiet || !sentence)
		return;
	if (s->json) {
		struct json j = begin_json(s, c);

		json_put_string(&j, "tls_failed", why_code);
		json_put_string(&j, "sentence", sentence);
		json_object_end(&j);
		return;
	}
	text_add_endpoint(&s->log, &c->remote);
	text_addf(&s->log, " TLS failed: %s\n", sentence);
}
