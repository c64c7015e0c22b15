/* SPDX-License-Identifier: MIT */
/*
 * Words are as wide as their glyphs, in parts of a pixel, and drawn as paths: cairo would set each glyph on a whole pixel, and lines
 * would break where no browser breaks them. Layout counts in whole pixels, so what a blank loses by that is given to the word before it.
 *
 * Fonts are chosen as browsers choose them: the first family of the list that is really here, or for which fontconfig knows one of the
 * same widths (Arial: Liberation Sans); one that is merely alike does not count, and after the last comes the standard font. Words
 * that occur again, which are most, keep their layout.
 */
#include "paint/paint_text.h"

#include <fontconfig/fontconfig.h>
#include <hb-ot.h>
#include <math.h>
#include <pango/pangocairo.h>
#include <string.h>

enum {
	WORDS_MOST = 30000,  /* layouts that are kept, of all fonts */
	WORD_KEPT = 64,      /* octets of a word that is worth keeping */
	TEXT_MOST = 1 << 20, /* octets of one run of text that is measured or drawn */
	SIZE_MOST = 2000,    /* pixels of a letter */
	FAMILIES_MOST = 16,
};

struct paint_fonts {
	PangoFontMap *map;
	PangoContext *context;
	cairo_t *endless; /* where paths are made: elsewhere cairo leaves out what is clipped */
	unsigned words;
	unsigned round; /* when the words are dropped: those of an older round are stale */
};

struct paint_font {
	struct paint_fonts *all;
	PangoFontDescription *description;
	GHashTable *words; /* text to struct word */
	double blank;      /* what a blank is wider than layout makes it */
	unsigned round;
	unsigned decoration;
	int size;
	struct paint_font_metrics metrics;
};

struct word {
	PangoLayout *layout;
	double width;
	cairo_path_t *path; /* NULL: not drawn yet, or it has none */
	bool coloured;      /* glyphs that are pictures */
	bool kept;
};

struct paint_fonts *paint_fonts_make(double density)
{
	struct paint_fonts *f = g_new0(struct paint_fonts, 1);
	cairo_font_options_t *options = cairo_font_options_create();
	PangoMatrix scale = PANGO_MATRIX_INIT;
	cairo_surface_t *surface;

	f->map = pango_cairo_font_map_new_for_font_type(CAIRO_FONT_TYPE_FT);
	if (!f->map)
		f->map = pango_cairo_font_map_new();
	pango_cairo_font_map_set_resolution(PANGO_CAIRO_FONT_MAP(f->map), 96);
	f->context = pango_font_map_create_context(f->map);
	cairo_font_options_set_antialias(options, CAIRO_ANTIALIAS_GRAY);
	cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE);
	cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF);
	pango_cairo_context_set_font_options(f->context, options);
	cairo_font_options_destroy(options);
	pango_matrix_scale(&scale, density, density);
	pango_context_set_matrix(f->context, &scale);
	pango_context_set_round_glyph_positions(f->context, FALSE);
	surface = cairo_recording_surface_create(CAIRO_CONTENT_ALPHA, NULL);
	f->endless = cairo_create(surface);
	cairo_surface_destroy(surface);
	pango_context_set_base_dir(f->context, PANGO_DIRECTION_LTR);
	return f;
}

void paint_fonts_free(struct paint_fonts *f)
{
	if (!f)
		return;
	cairo_destroy(f->endless);
	g_object_unref(f->context);
	g_object_unref(f->map);
	g_free(f);
}

/* ---- families ---- */

/* What browsers take for CSS' generic names where nobody has said otherwise. */
static const char *generic_family(const char *name)
{
	static const char *const generic[][2] = {
		{ "serif", "Times New Roman" },    { "sans-serif", "Arial" },    { "monospace", "Monospace" },
		{ "cursive", "Comic Sans MS" },    { "fantasy", "Impact" },      { "system-ui", "Sans" },
		{ "ui-serif", "Times New Roman" }, { "ui-sans-serif", "Arial" }, { "ui-monospace", "Monospace" },
		{ "-apple-system", "" },           { "BlinkMacSystemFont", "" }, { "math", "Times New Roman" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(generic); i++)
		if (!g_ascii_strcasecmp(name, generic[i][0]))
			return generic[i][1];
	return NULL;
}

/* What fontconfig has for a name that stands for a kind; to be g_free()d. */
static char *family_of_kind(const char *kind)
{
	FcPattern *want = FcPatternBuild(NULL, FC_FAMILY, FcTypeString, (const FcChar8 *)kind, NULL), *got;
	FcResult result;
	FcChar8 *name;
	char *ret = NULL;

	if (!want)
		return NULL;
	FcConfigSubstitute(NULL, want, FcMatchPattern);
	FcDefaultSubstitute(want);
	got = FcFontMatch(NULL, want, &result);
	if (got && FcPatternGetString(got, FC_FAMILY, 0, &name) == FcResultMatch)
		ret = g_strdup((const char *)name);
	if (got)
		FcPatternDestroy(got);
	FcPatternDestroy(want);
	return ret;
}

/* fontconfig has this family, or one that it binds to it as the same: what it binds weakly is only alike. */
static bool is_here(const char *family)
{
	FcPattern *want = FcPatternBuild(NULL, FC_FAMILY, FcTypeString, (const FcChar8 *)family, NULL), *got = NULL;
	FcValueBinding binding;
	FcResult result;
	FcChar8 *name;
	FcValue value;
	bool here = false;

	if (!want)
		return false;
	FcConfigSubstitute(NULL, want, FcMatchPattern);
	FcDefaultSubstitute(want);
	got = FcFontMatch(NULL, want, &result);
	for (int n = 0; got && !here && FcPatternGetString(got, FC_FAMILY, n, &name) == FcResultMatch; n++) {
		for (int i = 0; !here; i++) {
			if (FcPatternGetWithBinding(want, FC_FAMILY, i, &value, &binding) != FcResultMatch ||
			    (i && binding == FcValueBindingWeak))
				break;
			here = value.type == FcTypeString && !FcStrCmpIgnoreCase(value.u.s, name);
		}
	}
	if (got)
		FcPatternDestroy(got);
	FcPatternDestroy(want);
	return here;
}

static char *choose_families(const char *css)
{
	GString *chosen = g_string_new(NULL);
	gchar **names = g_strsplit(css, ",", FAMILIES_MOST);

	for (unsigned i = 0; i < FAMILIES_MOST && names[i]; i++) {
		char *name = g_strstrip(names[i]);
		size_t len = strlen(name);
		const char *generic;

		if (len >= 2 && (name[0] == '"' || name[0] == '\'') && name[len - 1] == name[0]) {
			name[len - 1] = 0;
			name++;
		}
		generic = generic_family(name);
		if (generic) {
			/* Its own name would count for less than the standard font's behind it. */
			char *family = *generic ? family_of_kind(generic) : NULL;

			if (family && !strchr(family, ','))
				g_string_append_printf(chosen, "%s,", family);
			g_free(family);
			continue;
		}
		if (!*name || strlen(name) > 100 || !g_utf8_validate(name, -1, NULL) || !is_here(name))
			continue;
		g_string_append_printf(chosen, "%s,", name);
	}
	g_strfreev(names);
	g_string_append(chosen, "Times New Roman");
	return g_string_free(chosen, FALSE);
}

/* ---- fonts ---- */

static struct word *find_word(struct paint_font *font, const char *text);
static void free_word(void *p);

/* As browsers do it: ascent, descent and gap are each rounded, and the gap is shared between above and below. */
static void measure_font(struct paint_font *font)
{
	struct paint_font_metrics *m = &font->metrics;
	PangoFont *loaded = pango_context_load_font(font->all->context, font->description);
	double ascent = font->size * 0.9, descent = font->size * 0.2, gap = 0, x_height = font->size * 0.5;
	hb_font_t *hb = loaded ? pango_font_get_hb_font(loaded) : NULL;
	hb_font_extents_t extents;
	hb_position_t position;
	int whole_gap;

	if (hb && hb_font_get_h_extents(hb, &extents) && extents.ascender) {
		/* hb's are in the font's own scale, which has the context's in it. */
		int scale;

		hb_font_get_scale(hb, NULL, &scale);
		ascent = (double)extents.ascender / scale * font->size;
		descent = -(double)extents.descender / scale * font->size;
		gap = (double)extents.line_gap / scale * font->size;
		if (hb_ot_metrics_get_position(hb, HB_OT_METRICS_TAG_X_HEIGHT, &position) && position > 0)
			x_height = (double)position / scale * font->size;
	}
	if (loaded)
		g_object_unref(loaded);
	m->ascent = (int)lround(ascent);
	m->descent = (int)lround(descent);
	whole_gap = gap > 0 ? (int)lround(gap) : 0;
	m->height = m->ascent + m->descent + whole_gap;
	m->ascent += whole_gap / 2;
	m->descent = m->height - m->ascent;
	m->x_height = (int)lround(x_height);
}

struct paint_font *paint_font_make(struct paint_fonts *f, const char *families, int size, int weight, bool italic,
				   unsigned decoration, struct paint_font_metrics *ret)
{
	struct paint_font *font = g_new0(struct paint_font, 1);
	char *chosen = choose_families(families ? families : "");

	font->all = f;
	font->size = size < 1 ? 1 : size > SIZE_MOST ? SIZE_MOST : size;
	font->decoration = decoration;
	font->words = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, free_word);
	font->description = pango_font_description_new();
	pango_font_description_set_family(font->description, chosen);
	pango_font_description_set_absolute_size(font->description, (double)font->size * PANGO_SCALE);
	pango_font_description_set_weight(font->description, (PangoWeight)CLAMP(weight, 100, 1000));
	pango_font_description_set_style(font->description, italic ? PANGO_STYLE_ITALIC : PANGO_STYLE_NORMAL);
	g_free(chosen);
	measure_font(font);
	font->blank = find_word(font, " ")->width;
	font->blank -= floor(font->blank + 0.5);
	*ret = font->metrics;
	return font;
}

void paint_font_free(struct paint_font *font)
{
	if (!font)
		return;
	g_hash_table_unref(font->words);
	pango_font_description_free(font->description);
	g_free(font);
}

/* ---- words ---- */

static struct word *lay_out(struct paint_font *font, const char *text, size_t len)
{
	struct word *w = g_new0(struct word, 1);
	PangoRectangle logical;

	w->layout = pango_layout_new(font->all->context);
	pango_layout_set_font_description(w->layout, font->description);
	pango_layout_set_single_paragraph_mode(w->layout, TRUE);
	if (g_utf8_validate(text, (gssize)len, NULL)) {
		pango_layout_set_text(w->layout, text, (int)len);
	} else {
		char *valid = g_utf8_make_valid(text, (gssize)len);

		pango_layout_set_text(w->layout, valid, -1);
		g_free(valid);
	}
	pango_layout_get_extents(w->layout, NULL, &logical);
	w->width = (double)logical.width / PANGO_SCALE;
	return w;
}

static void free_word(void *p)
{
	struct word *w = p;

	g_object_unref(w->layout);
	if (w->path)
		cairo_path_destroy(w->path);
	g_free(w);
}

static struct word *find_word(struct paint_font *font, const char *text)
{
	struct paint_fonts *all = font->all;
	size_t len = strnlen(text, TEXT_MOST);
	struct word *w;

	if (len > WORD_KEPT)
		return lay_out(font, text, len);
	if (font->round != all->round) {
		g_hash_table_remove_all(font->words);
		font->round = all->round;
	}
	w = g_hash_table_lookup(font->words, text);
	if (w)
		return w;
	if (all->words >= WORDS_MOST) {
		all->words = 0;
		font->round = ++all->round;
		g_hash_table_remove_all(font->words);
	}
	w = lay_out(font, text, len);
	w->kept = true;
	g_hash_table_insert(font->words, g_strdup(text), w);
	all->words++;
	return w;
}

static void drop_word(struct word *w)
{
	if (!w->kept)
		free_word(w);
}

static int whole_width(const struct paint_font *font, const char *text, double width)
{
	bool blank = text[strspn(text, " \t\n\r")] == 0;

	return (int)lround(blank ? width : width + font->blank);
}

int paint_font_width(struct paint_font *font, const char *text)
{
	struct word *w = find_word(font, text);
	int width = whole_width(font, text, w->width);

	drop_word(w);
	return width;
}

static bool has_pictures(PangoLayoutLine *line)
{
	for (GSList *run = line->runs; run; run = run->next) {
		PangoFont *f = ((PangoGlyphItem *)run->data)->item->analysis.font;
		hb_font_t *hb = f ? pango_font_get_hb_font(f) : NULL;
		hb_face_t *face = hb ? hb_font_get_face(hb) : NULL;

		if (face && (hb_ot_color_has_png(face) || hb_ot_color_has_layers(face) || hb_ot_color_has_svg(face)))
			return true;
	}
	return false;
}

static void draw_word(struct word *w, cairo_t *endless, cairo_t *cr, double x, double y)
{
	PangoLayoutLine *line = pango_layout_get_line_readonly(w->layout, 0);

	if (!line)
		return;
	cairo_new_path(cr);
	if (!w->path && !w->coloured) {
		w->coloured = has_pictures(line);
		if (!w->coloured) {
			cairo_move_to(endless, 0, 0);
			pango_cairo_layout_line_path(endless, line);
			w->path = cairo_copy_path(endless);
			cairo_new_path(endless);
		}
	}
	cairo_save(cr);
	cairo_translate(cr, x, y);
	if (w->coloured) {
		cairo_move_to(cr, 0, 0);
		pango_cairo_show_layout_line(cr, line);
	} else {
		cairo_append_path(cr, w->path);
		cairo_fill(cr);
	}
	cairo_restore(cr);
	cairo_new_path(cr);
}

static void draw_line(cairo_t *cr, double x, double y, double width, double thickness)
{
	cairo_rectangle(cr, x, y, width, thickness);
	cairo_fill(cr);
}

void paint_font_draw(struct paint_font *font, cairo_t *cr, const char *text, double x, double y, struct paint_rgba colour)
{
	struct word *w = find_word(font, text);
	double baseline = y + font->metrics.ascent, thickness = fmax(1, floor(font->size / 10.0)), width;

	paint_set_colour(cr, colour);
	if (font->decoration) {
		width = whole_width(font, text, w->width);
		if (font->decoration & PAINT_UNDERLINE)
			draw_line(cr, x, baseline + fmax(1, ceil(thickness / 2)), width, thickness);
		if (font->decoration & PAINT_OVERLINE)
			draw_line(cr, x, y, width, thickness);
		if (font->decoration & PAINT_LINE_THROUGH)
			draw_line(cr, x, round(baseline - font->metrics.ascent / 3.0), width, thickness);
	}
	draw_word(w, font->all->endless, cr, x, baseline);
	drop_word(w);
}

void paint_fonts_warm(struct paint_fonts *f)
{
	static const char *const families[] = { "serif", "sans-serif", "monospace" };
	struct paint_font_metrics metrics;

	for (size_t i = 0; i < G_N_ELEMENTS(families); i++) {
		for (int style = 0; style < 4; style++) {
			struct paint_font *font =
				paint_font_make(f, families[i], 16, style & 1 ? 700 : 400, style & 2, 0, &metrics);

			paint_font_width(font, "Handfast");
			paint_font_free(font);
		}
	}
}
