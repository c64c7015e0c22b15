/* SPDX-License-Identifier: MIT */
/* Whole pictures, through the child. */
#include "paint_test.h"

#include <cairo.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "paint/paint.h"

static struct octets octets; /* of the picture that is given for every want */
static char failure[300];

static struct paint *begin(const char *html, const char *css, struct paint_job job)
{
	struct paint *p;

	job.html = hf_bytes_of(html);
	job.base = "http://a.test/dir/page.html";
	assert_null(paint_absent());
	assert_int_equal(paint_begin(&job, &p), HF_OK);
	if (css)
		assert_int_equal(paint_give(p, PAINT_STYLE, "http://a.test/dir/x.css", hf_bytes_of(css)), HF_OK);
	assert_int_equal(paint_layout(p), HF_OK);
	return p;
}

static enum paint_does wait_for(struct paint *p)
{
	enum paint_does does;

	do {
		does = paint_step(p, 1000);
	} while (does == PAINT_WAITS);
	return does;
}

/* No child is left, living or dead. */
static void expect_alone(void)
{
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
}

struct reading {
	struct hf_bytes left;
};

static cairo_status_t read_png(void *ctx, unsigned char *to, unsigned n)
{
	struct reading *r = ctx;

	if (n > r->left.len)
		return CAIRO_STATUS_READ_ERROR;
	memcpy(to, r->left.at, n);
	r->left.at += n;
	r->left.len -= n;
	return CAIRO_STATUS_SUCCESS;
}

/* The picture as pixels; NULL: it failed, and failure says why. */
static cairo_surface_t *paint(const char *html, const char *css, struct paint_job job)
{
	struct paint *p = begin(html, css, job);
	enum paint_does does = wait_for(p);
	unsigned width, height;
	cairo_surface_t *s = NULL;
	struct reading r;

	if (does == PAINT_WANTS) {
		for (size_t i = 0; i < paint_wants(p); i++)
			assert_int_equal(paint_give(p, PAINT_IMAGE, paint_want(p, i), bytes_of(&octets)), HF_OK);
		assert_int_equal(paint_draw(p), HF_OK);
		does = wait_for(p);
	}
	if (does == PAINT_DONE) {
		r.left = paint_png(p, &width, &height);
		s = cairo_image_surface_create_from_png_stream(read_png, &r);
		assert_int_equal(cairo_surface_status(s), CAIRO_STATUS_SUCCESS);
		assert_int_equal(cairo_image_surface_get_width(s), width);
		assert_int_equal(cairo_image_surface_get_height(s), height);
	} else {
		assert_int_equal(does, PAINT_FAILED);
		snprintf(failure, sizeof(failure), "%s", paint_sentence(p));
		assert_true(strlen(failure) > 10);
	}
	paint_end(p);
	expect_alone();
	return s;
}

static uint32_t pixel(cairo_surface_t *s, int x, int y)
{
	uint32_t v;

	memcpy(&v, cairo_image_surface_get_data(s) + y * cairo_image_surface_get_stride(s) + 4 * x, sizeof(v));
	return v & 0xffffff;
}

static void expect_pixel(cairo_surface_t *s, int x, int y, uint32_t rgb)
{
	if (pixel(s, x, y) != rgb)
		fail_msg("at %d, %d is %06x and not %06x", x, y, (unsigned)pixel(s, x, y), (unsigned)rgb);
}

#define BOX(style) "<div style='height:10px;width:100px;" style "'></div>"

static void test_boxes(void **state)
{
	cairo_surface_t *s =
		paint("<!DOCTYPE html><link rel=stylesheet href=x.css><style>.b{background:#00ff00}</style>"
		      "<body>" BOX("background:#ff0000") "<div class=b>&nbsp;</div><div class=c></div>",
		      ".c{height:20px;background:var(--c);border:2px solid #112233} :root{--c:#0000ff} body{margin:0}",
		      (struct paint_job){ .width = 200, .min_height = 100 });

	(void)state;
	assert_non_null(s);
	assert_int_equal(cairo_image_surface_get_width(s), 200);
	assert_int_equal(cairo_image_surface_get_height(s), 100);
	expect_pixel(s, 50, 5, 0xff0000);
	expect_pixel(s, 150, 5, 0xffffff);
	expect_pixel(s, 199, 15, 0x00ff00);
	expect_pixel(s, 1, 40, 0x112233);
	expect_pixel(s, 100, 40, 0x0000ff);
	expect_pixel(s, 100, 99, 0xffffff);
	cairo_surface_destroy(s);
}

/* The root's background is all of the picture's. */
static void test_canvas_and_height(void **state)
{
	cairo_surface_t *s = paint("<body style='margin:0;background:#abcdef'><div style='height:5000px'>", NULL,
				   (struct paint_job){ .width = 100, .min_height = 10, .limits.height = 300 });

	(void)state;
	assert_non_null(s);
	assert_int_equal(cairo_image_surface_get_height(s), 300);
	expect_pixel(s, 99, 299, 0xabcdef);
	cairo_surface_destroy(s);
	s = paint("<body style='margin:0'><div style='height:123px'>", NULL,
		  (struct paint_job){ .width = 100, .min_height = 10 });
	assert_int_equal(cairo_image_surface_get_height(s), 123);
	cairo_surface_destroy(s);
}

/* A picture is drawn in bands, some hundred rows high: nothing may be missing, twice or moved where two meet. */
static void test_long_page(void **state)
{
	enum { ROW = 7, ROWS = 1000, HEIGHT = ROW * ROWS };
	static const char head[] = "<style>body{margin:0} div{height:7px} .a{background:#ff0000}</style><body>";
	static const char two[] = "<div class=a></div><div></div>";
	char *html = malloc(sizeof(head) + ROWS / 2 * sizeof(two));
	size_t len = sizeof(head) - 1;
	cairo_surface_t *s;

	(void)state;
	assert_non_null(html);
	memcpy(html, head, len);
	for (int i = 0; i < ROWS / 2; i++, len += sizeof(two) - 1)
		memcpy(html + len, two, sizeof(two));
	s = paint(html, "", (struct paint_job){ .width = 1024 });
	free(html);
	assert_non_null(s);
	assert_int_equal(cairo_image_surface_get_height(s), HEIGHT);
	for (int y = 0; y < HEIGHT; y++)
		expect_pixel(s, 1000, y, y / ROW % 2 ? 0xffffff : 0xff0000);
	cairo_surface_destroy(s);
}

/* Anchors without words are no lines, and keep no margins from meeting. */
static void test_anchors(void **state)
{
	cairo_surface_t *s =
		paint("<!DOCTYPE html><body style='margin:0'><style>p{margin:20px 0} i{display:block;height:10px;background:#ff0000}</style>"
		      "<div><a name=a></a><p><i></i></p></div><a name=b></a><div><a name=c></a><p><i></i></p></div>"
		      "<a name=d> </a><p><b style='display:block;height:10px;background:#00ff00'></b></p>",
		      "", (struct paint_job){ .width = 200, .min_height = 120 });

	(void)state;
	assert_non_null(s);
	expect_pixel(s, 50, 19, 0xffffff);
	expect_pixel(s, 50, 20, 0xff0000);
	expect_pixel(s, 50, 49, 0xffffff);
	expect_pixel(s, 50, 50, 0xff0000);
	expect_pixel(s, 50, 79, 0xffffff);
	expect_pixel(s, 50, 80, 0x00ff00);
	cairo_surface_destroy(s);
}

static void test_rule(void **state)
{
	cairo_surface_t *s = paint("<!DOCTYPE html><body style='margin:0'><hr width='50%'><hr>"
				   "<hr width=20 align=right>",
				   "", (struct paint_job){ .width = 200, .min_height = 50 });

	(void)state;
	assert_non_null(s);
	expect_pixel(s, 100, 8, 0x9a9a9a);
	expect_pixel(s, 100, 9, 0xeeeeee);
	expect_pixel(s, 45, 8, 0xffffff);
	expect_pixel(s, 155, 8, 0xffffff);
	expect_pixel(s, 5, 18, 0x9a9a9a);
	expect_pixel(s, 190, 28, 0x9a9a9a);
	expect_pixel(s, 170, 28, 0xffffff);
	cairo_surface_destroy(s);
}

static void test_density(void **state)
{
	cairo_surface_t *s =
		paint("<style>@media (min-resolution:1.5dppx){div{background:#00ff00}}</style><body style='margin:0'>"
		      "<div style='height:11px;width:10px'></div>",
		      NULL, (struct paint_job){ .width = 50, .min_height = 40, .density = 2 });

	(void)state;
	assert_non_null(s);
	assert_int_equal(cairo_image_surface_get_width(s), 100);
	assert_int_equal(cairo_image_surface_get_height(s), 80);
	expect_pixel(s, 19, 21, 0x00ff00);
	expect_pixel(s, 20, 21, 0xffffff);
	expect_pixel(s, 19, 22, 0xffffff);
	cairo_surface_destroy(s);
}

static void test_pictures(void **state)
{
	static void (*const makers[])(struct octets *, unsigned, unsigned, uint32_t) = { make_png, make_jpeg, make_gif,
											 make_webp, make_svg };

	(void)state;
	for (size_t i = 0; i < sizeof(makers) / sizeof(*makers); i++) {
		cairo_surface_t *s;
		uint32_t at;

		makers[i](&octets, 30, 20, 0x3060c0);
		s = paint("<body style='margin:0'><img src='../i.png' style='display:block'><div style='background:#ff0000;height:9px'>",
			  NULL, (struct paint_job){ .width = 60, .min_height = 40 });
		assert_non_null(s);
		at = pixel(s, 15, 10);
		assert_in_range(at >> 16, 0x2d, 0x33);
		assert_in_range(at & 255, 0xbd, 0xc3);
		expect_pixel(s, 31, 10, 0xffffff);
		expect_pixel(s, 5, 20, 0xff0000);
		cairo_surface_destroy(s);
	}
	octets.len = 0;
}

/* What is asked for: pictures of elements and of styles that apply, once each, by their absolute URLs, and nothing else. */
static void test_wants(void **state)
{
	struct paint *p = begin("<base href='/elsewhere/'><link rel=stylesheet href=x.css><img src=a.png><img src='a.png#x'>"
				"<img src='file:///etc/passwd'><img src='data:image/png;base64,AAAA'><div class=b></div>"
				"<script src=s.js></script><video src=v.mp4></video><img src='//b.test/%20c.png'>",
				".b{background:url(b.png)} .none{background:url(none.png)} @font-face{src:url(f.woff)}",
				(struct paint_job){ .width = 100 });

	(void)state;
	assert_int_equal(wait_for(p), PAINT_WANTS);
	assert_int_equal(paint_wants(p), 3);
	/* The base is the loader's to say. */
	assert_string_equal(paint_want(p, 0), "http://a.test/dir/a.png");
	assert_string_equal(paint_want(p, 1), "http://a.test/dir/b.png");
	assert_string_equal(paint_want(p, 2), "http://b.test/%20c.png");
	paint_end(p);
	expect_alone();
}

static void test_broken_picture(void **state)
{
	cairo_surface_t *s =
		paint("<body style='margin:0'><img src=no.png width=60 height=40 alt='a lost one' style='display:block'>",
		      NULL, (struct paint_job){ .width = 100, .min_height = 50 });

	(void)state;
	assert_non_null(s);
	expect_pixel(s, 0, 20, 0xc0c0c0);
	expect_pixel(s, 59, 20, 0xc0c0c0);
	expect_pixel(s, 70, 20, 0xffffff);
	cairo_surface_destroy(s);
}

static void test_data_and_frames(void **state)
{
	struct paint_job job = { .width = 100, .min_height = 60 };
	cairo_surface_t *s = paint(
		"<body style='margin:0'><img style='display:block' src=\"data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/"
		"svg' width='20' height='10'><rect width='20' height='10' fill='lime'/></svg>\">"
		"<iframe style='border:0;display:block' width=40 height=20 srcdoc=\"<body style='background:red'>\"></iframe>"
		"<svg width=10 height=10><rect width='10' height='10' fill='blue'/></svg>",
		NULL, job);

	(void)state;
	assert_non_null(s);
	expect_pixel(s, 10, 5, 0x00ff00);
	expect_pixel(s, 20, 20, 0xff0000);
	expect_pixel(s, 50, 20, 0xffffff);
	expect_pixel(s, 5, 39, 0x0000ff);
	cairo_surface_destroy(s);
}

/* The same page is the same octets. */
static void test_deterministic(void **state)
{
	static const char html[] =
		"<h1>Words, <i>words</i></h1><ul><li>one<li>two</ul><table border=1><tr><td>a<td>b</table><pre>x  y</pre>";
	static uint8_t first[1 << 20];
	size_t len = 0;

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct paint *p = begin(html, NULL, (struct paint_job){ .width = 300 });
		struct hf_bytes png;
		unsigned width, height;

		assert_int_equal(wait_for(p), PAINT_WANTS);
		assert_int_equal(paint_draw(p), HF_OK);
		assert_int_equal(wait_for(p), PAINT_DONE);
		png = paint_png(p, &width, &height);
		assert_true(png.len < sizeof(first));
		if (i) {
			assert_int_equal(png.len, len);
			assert_memory_equal(png.at, first, len);
		}
		memcpy(first, png.at, png.len);
		len = png.len;
		paint_end(p);
	}
}

/* Every element and property that has a drawing of its own, once. */
static void test_everything(void **state)
{
	static const char html[] =
		"<style>@import 'none.css'; b{border:3px double red} i{border:4px groove blue;border-radius:9px} s{border:2px dashed} u{border:5px "
		"dotted} em{border:6px inset #000} strong{border:1px ridge;border-left:7px outset green} p:first-child:before{content:'\\201C'}"
		"#r{background:url(x.png) repeat-x 50% bottom/10px auto fixed;overflow:hidden;height:50px;border-radius:50%}"
		"#a{position:absolute;top:3px;right:3px} #f{position:fixed;bottom:0} #k{text-transform:capitalize;text-decoration:overline}"
		"li{list-style-image:url(x.png)} .flex{display:flex} .flex>b{flex:1}</style>"
		"<body><p>a<b>b</b><i>i</i><s>s</s><u>u</u><em>e</em><strong>s</strong><sub>1</sub><sup>2</sup><mark>m</mark><q>q</q>"
		"<ol type=i><li>x</ol><ol style='list-style-type:hebrew'><li>a<li>b</ol><ol style='list-style-type:hiragana'><li>a</ol>"
		"<ol style='list-style-type:armenian'><li>a</ol><ol style='list-style-type:georgian'><li>a</ol><ol "
		"style='list-style-type:cjk-ideographic'><li>a</ol><ul><li>1<ul><li>2<ul><li>3</ul></ul></ul><div id=r></div><div "
		"id=a>a</div><div id=f>f</div><p id=k>k k<dl><dt>t<dd>d</dl><table><caption>c</caption><tr><th rowspan=2>h<td colspan=2>x<tr>"
		"<td>1<td>2</table><details><summary>s</summary>hidden</details><fieldset><legend>l</legend><input placeholder=p><input "
		"type=checkbox checked><select><option>1<option>2</select><textarea>t</textarea><button>b</button></fieldset><hr><pre>p\n\tq</pre>"
		"<div class=flex><a>1</a><b>2</b><a>3</a></div><img srcset='a.png 1x, b.png 2x'><picture><source srcset=c.png><img "
		"src=d.png></picture><iframe src=/f></iframe><center>c</center><font size=7 color=red>f</font>\xe6\x97\xa5\xe6\x9c\xac "
		"\xd7\xa9\xd7\x9c\xd7\x95\xd7\x9d \xf0\x9f\x98\x80 &#xD800; <a href=x>link</a><ruby>r<rt>t</ruby>";
	cairo_surface_t *s;

	(void)state;
	make_png(&octets, 5, 5, 0x00ff00);
	s = paint(html, NULL, (struct paint_job){ .width = 500, .density = 1.5 });
	octets.len = 0;
	if (!s)
		fail_msg("%s", failure);
	cairo_surface_destroy(s);
}

/* ---- hostile ---- */

static char *repeat(const char *what, unsigned times)
{
	size_t len = strlen(what);
	char *ret = malloc(len * times + 1);

	assert_non_null(ret);
	for (unsigned i = 0; i < times; i++)
		memcpy(ret + i * len, what, len);
	ret[len * times] = 0;
	return ret;
}

/* Painted or failed, but in time, and with nothing left behind. */
static void survive(const char *html, const char *css, struct paint_job job)
{
	cairo_surface_t *s = paint(html, css, job);

	if (s)
		cairo_surface_destroy(s);
}

static void test_nested(void **state)
{
	static const char *const tags[] = { "<table><tr><td>x",
					    "<div>",
					    "<b><i>",
					    "<div style='float:left'>",
					    "<ul><li>",
					    "<div style='display:inline-block'>",
					    "<iframe srcdoc='<iframe srcdoc=x>'>",
					    "<svg>" };

	(void)state;
	for (size_t i = 0; i < sizeof(tags) / sizeof(*tags); i++) {
		char *html = repeat(tags[i], 1000);

		survive(html, NULL, (struct paint_job){ .width = 200, .limits.seconds = 1 });
		free(html);
	}
}

static void test_nested_very_deep(void **state)
{
	char *html = repeat("<div>", 200000);

	(void)state;
	survive(html, NULL, (struct paint_job){ .width = 200, .limits.seconds = 3 });
	free(html);
}

/* One bad frame does not cost the page its picture. */
static void test_nested_in_srcdoc(void **state)
{
	char *deep = repeat("<div>", 100000);
	static char html[600000];
	cairo_surface_t *s;

	(void)state;
	snprintf(html, sizeof(html), "<body style='margin:0;background:lime'><iframe srcdoc='%s'></iframe>", deep);
	s = paint(html, NULL, (struct paint_job){ .width = 400, .min_height = 200 });
	assert_non_null(s);
	expect_pixel(s, 390, 190, 0x00ff00);
	cairo_surface_destroy(s);
	free(deep);
}

static void test_processor_time(void **state)
{
	char *html = repeat("<table><tr><td>x", 100);

	(void)state;
	assert_null(paint(html, NULL, (struct paint_job){ .width = 200, .limits.seconds = 1 }));
	/* On a machine that has others to serve, real time may be over first. */
	if (strcmp(failure, "the page takes more than 1 s of processor time to paint"))
		assert_string_equal(failure, "the page takes more than 2 s to paint");
	free(html);
}

static void test_endless_css(void **state)
{
	char *css = repeat("a b c d e f g h i j:nth-child(2n+1)>k~l+m{color:red}", 20000), *html = repeat("<a><b>", 200);
	char *page = malloc(strlen(html) + 100);

	(void)state;
	snprintf(page, strlen(html) + 100, "<link rel=stylesheet href=x.css>%s", html);
	survive(page, css, (struct paint_job){ .width = 200, .limits.seconds = 1 });
	free(page);
	free(html);
	free(css);
}

static void test_memory(void **state)
{
	char *html = repeat("<b>word </b>", 100000);

	(void)state;
	/* The sanitizers' own address space has no bounds, so there it is painted. */
	survive(html, NULL, (struct paint_job){ .width = 200, .limits.memory = 16 << 20, .limits.seconds = 5 });
	free(html);
	survive("<body><div style='width:99999999px;height:99999999px;background:red'><div style='height:-1px;margin:9e99px'>x",
		NULL,
		(struct paint_job){
			.width = 4000000000u, .min_height = 4000000000u, .density = 8, .limits.memory = 1, .limits.seconds = 2 });
}

static void test_strange_jobs(void **state)
{
	cairo_surface_t *s;

	(void)state;
	survive("", NULL, (struct paint_job){ .width = 1, .min_height = 1 });
	survive("x\xff\xfe y", "\xff{\xff:\xff}",
		(struct paint_job){ .width = 100, .density = -1, .user_css = "*{color:red}}}}" });
	s = paint("<p>x", NULL, (struct paint_job){ .width = 50, .min_height = 30, .user_css = "html{background:#00ffff}" });
	assert_non_null(s);
	expect_pixel(s, 45, 29, 0x00ffff);
	cairo_surface_destroy(s);
}

/* Somebody kills it in the middle. */
static void test_killed(void **state)
{
	struct paint *p = begin("<p>x<img src=a.png>", NULL, (struct paint_job){ .width = 50 });
	char path[64], text[64] = "";
	enum paint_does does;
	FILE *f;

	(void)state;
	assert_int_equal(wait_for(p), PAINT_WANTS);
	snprintf(path, sizeof(path), "/proc/self/task/%d/children", (int)getpid());
	f = fopen(path, "r");
	if (!f) {
		paint_end(p);
		skip();
	}
	assert_non_null(fgets(text, sizeof(text), f));
	fclose(f);
	assert_int_equal(kill((pid_t)strtol(text, NULL, 10), SIGKILL), 0);
	do {
		does = paint_step(p, 100);
	} while (does == PAINT_WANTS);
	assert_int_equal(does, PAINT_FAILED);
	assert_string_equal(paint_sentence(p), "the painter was ended by signal 9");
	paint_end(p);
	expect_alone();
}

/* One that nobody waits for is gone with its end. */
static void test_given_up(void **state)
{
	struct paint *p = begin("<p>x", NULL, (struct paint_job){ .width = 50 });

	(void)state;
	paint_end(p);
	expect_alone();
	paint_end(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_boxes),
		cmocka_unit_test(test_canvas_and_height),
		cmocka_unit_test(test_density),
		cmocka_unit_test(test_anchors),
		cmocka_unit_test(test_rule),
		cmocka_unit_test(test_long_page),
		cmocka_unit_test(test_pictures),
		cmocka_unit_test(test_wants),
		cmocka_unit_test(test_broken_picture),
		cmocka_unit_test(test_data_and_frames),
		cmocka_unit_test(test_deterministic),
		cmocka_unit_test(test_everything),
		cmocka_unit_test(test_nested),
		cmocka_unit_test(test_nested_very_deep),
		cmocka_unit_test(test_nested_in_srcdoc),
		cmocka_unit_test(test_processor_time),
		cmocka_unit_test(test_endless_css),
		cmocka_unit_test(test_memory),
		cmocka_unit_test(test_strange_jobs),
		cmocka_unit_test(test_killed),
		cmocka_unit_test(test_given_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
