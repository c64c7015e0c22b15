/* SPDX-License-Identifier: MIT */
#include <glib.h>
#include <string.h>

#include "paint/paint_draw.h"

/* Systems that add up their signs, largest first (CSS Counter Styles 3, 6.1 and 6.2). */
struct sign {
	int value;
	const char *text;
};

static const struct sign armenian[] = {
	{ 9000, "Ք" }, { 8000, "Փ" }, { 7000, "Ւ" }, { 6000, "Ց" }, { 5000, "Ր" }, { 4000, "Տ" }, { 3000, "Վ" },
	{ 2000, "Ս" }, { 1000, "Ռ" }, { 900, "Ջ" },  { 800, "Պ" },  { 700, "Չ" },  { 600, "Ո" },  { 500, "Շ" },
	{ 400, "Ն" },  { 300, "Յ" },  { 200, "Մ" },  { 100, "Ճ" },  { 90, "Ղ" },   { 80, "Ձ" },   { 70, "Հ" },
	{ 60, "Կ" },   { 50, "Ծ" },   { 40, "Խ" },   { 30, "Լ" },   { 20, "Ի" },   { 10, "Ժ" },   { 9, "Թ" },
	{ 8, "Ը" },    { 7, "Է" },    { 6, "Զ" },    { 5, "Ե" },    { 4, "Դ" },    { 3, "Գ" },    { 2, "Բ" },
	{ 1, "Ա" },    { 0, NULL },
};

static const struct sign georgian[] = {
	{ 10000, "ჵ" }, { 9000, "ჰ" }, { 8000, "ჯ" }, { 7000, "ჴ" }, { 6000, "ხ" }, { 5000, "ჭ" }, { 4000, "წ" },
	{ 3000, "ძ" },  { 2000, "ც" }, { 1000, "ჩ" }, { 900, "შ" },  { 800, "ყ" },  { 700, "ღ" },  { 600, "ქ" },
	{ 500, "ფ" },   { 400, "ჳ" },  { 300, "ტ" },  { 200, "ს" },  { 100, "რ" },  { 90, "ჟ" },   { 80, "პ" },
	{ 70, "ო" },    { 60, "ჲ" },   { 50, "ნ" },   { 40, "მ" },   { 30, "ლ" },   { 20, "კ" },   { 10, "ი" },
	{ 9, "თ" },     { 8, "ჱ" },    { 7, "ზ" },    { 6, "ვ" },    { 5, "ე" },    { 4, "დ" },    { 3, "გ" },
	{ 2, "ბ" },     { 1, "ა" },    { 0, NULL },
};

static const struct sign hebrew[] = {
	{ 400, "ת" }, { 300, "ש" }, { 200, "ר" }, { 100, "ק" }, { 90, "צ" }, { 80, "פ" },  { 70, "ע" },
	{ 60, "ס" },  { 50, "נ" },  { 40, "מ" },  { 30, "ל" },  { 20, "כ" }, { 19, "יט" }, { 18, "יח" },
	{ 17, "יז" }, { 16, "טז" }, { 15, "טו" }, { 10, "י" },  { 9, "ט" },  { 8, "ח" },   { 7, "ז" },
	{ 6, "ו" },   { 5, "ה" },   { 4, "ד" },   { 3, "ג" },   { 2, "ב" },  { 1, "א" },   { 0, NULL },
};

/* Alphabets, in which after the last letter come two. */
static const char hiragana[] =
	"あいうえおかきくけこさしすせそたちつてとなにぬねのはひふへほまみむめもやゆよらりるれろわゐゑをん";
static const char hiragana_iroha[] =
	"いろはにほへとちりぬるをわかよたれそつねならむうゐのおくやまけふこえてあさきゆめみしゑひもせす";
static const char katakana[] =
	"アイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワヰヱヲン";
static const char katakana_iroha[] =
	"イロハニホヘトチリヌルヲワカヨタレソツネナラムウヰノオクヤマケフコエテアサキユメミシヱヒモセス";

static void add_up(GString *to, const struct sign *signs, int number, int most)
{
	if (number < 1 || number > most)
		return;
	for (; signs->text; signs++)
		for (; number >= signs->value; number -= signs->value)
			g_string_append(to, signs->text);
}

static void spell(GString *to, const char *letters, int number)
{
	long n = g_utf8_strlen(letters, -1);

	for (; number > 0; number = (int)((number - 1) / n)) {
		const char *at = g_utf8_offset_to_pointer(letters, (number - 1) % n);

		g_string_prepend_len(to, at, g_utf8_next_char(at) - at);
	}
}

/* Tens, hundreds and thousands have signs of their own, and a one in front of them only where it is needed. */
static void count_chinese(GString *to, int number)
{
	static const char *const digits[] = { "〇", "一", "二", "三", "四", "五", "六", "七", "八", "九" }, *const places[] = {
		"千", "百", "十", ""
	};
	bool gap = false;

	if (number < 1 || number > 9999)
		return;
	for (int i = 0, place = 1000; i < 4; i++, place /= 10) {
		int digit = number / place % 10;

		if (!digit) {
			gap = to->len > 0;
			continue;
		}
		if (gap)
			g_string_append(to, digits[0]);
		gap = false;
		if (!(place == 10 && digit == 1 && !to->len))
			g_string_append(to, digits[digit]);
		g_string_append(to, places[i]);
	}
}

bool paint_count(enum paint_numerals in, int number, char *to, size_t room)
{
	GString *text = g_string_new(NULL);
	bool fits;

	switch (in) {
	case PAINT_DECIMAL:
		break;
	case PAINT_ARMENIAN:
		add_up(text, armenian, number, 9999);
		break;
	case PAINT_GEORGIAN:
		add_up(text, georgian, number, 19999);
		break;
	case PAINT_HEBREW:
		add_up(text, hebrew, number, 999);
		break;
	case PAINT_CJK:
		count_chinese(text, number);
		break;
	case PAINT_HIRAGANA:
		spell(text, hiragana, number);
		break;
	case PAINT_HIRAGANA_IROHA:
		spell(text, hiragana_iroha, number);
		break;
	case PAINT_KATAKANA:
		spell(text, katakana, number);
		break;
	case PAINT_KATAKANA_IROHA:
		spell(text, katakana_iroha, number);
		break;
	}
	/* What a system has no sign for is counted as everywhere. */
	if (!text->len)
		g_string_printf(text, "%d", number);
	g_string_append(text, in == PAINT_CJK || in >= PAINT_HIRAGANA ? "、" : ".");
	fits = text->len < room;
	if (fits)
		memcpy(to, text->str, text->len + 1);
	g_string_free(text, TRUE);
	return fits;
}
