/* SPDX-License-Identifier: MIT */
#include "fuzz.h"

#include "chromium/chromium_internal.h"

/* Whatever Chromium says, what it is told is whole JSON, and what it asks for is answered or refused once. */
#define REQUEST(name, url)                                                      \
	"{\"method\":\"Fetch.requestPaused\",\"params\":{\"requestId\":\"" name \
	"\",\"frameId\":\"T\",\"resourceType\":\"Document\",\"request\":"       \
	"{\"url\":\"" url "\",\"method\":\"GET\",\"postData\":\"\\ud83dx\\u0000\"}}}\0"
#define HELLO                                                                                                                                       \
	"{\"id\":1,\"result\":{\"product\":\"Chrome/1\"}}\0{\"id\":2,\"result\":{}}\0{\"id\":3,\"result\":{}}\0{\"id\":4,\"result\":{\"targetId\":" \
	"\"T\"}}\0{\"id\":5,\"result\":{\"sessionId\":\"S\"}}\0{\"id\":6,\"result\":{}}\0{\"id\":7,\"result\":{}}\0{\"id\":8,\"result\":{}}\0"
#define LOADED "{\"method\":\"Page.loadEventFired\",\"sessionId\":\"S\",\"params\":{}}\0"

FUZZ_SEEDS(FUZZ_SEED(HELLO REQUEST(
		   "a-1",
		   "http://a.example/") "{\"id\":1000,\"result\":{}}\0{\"id\":9,\"result\":{\"loaderId\":\"L\"}}\0" LOADED
					"{\"id\":10,\"result\":{\"cssContentSize\":{\"width\":1,\"height\":1e300}}}\0"
					"{\"id\":11,\"result\":{\"data\":\"iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVQI12P4//8/AAX+Av7czFnnAAAAAElFTkSuQmCC\"}}\0"),
	   FUZZ_SEED(HELLO REQUEST("a", "x") REQUEST(
		   "b", "y") "{\"id\":1000,\"error\":{}}\0{\"id\":9,\"result\":{\"errorText\":\"net::ERR_ABORTED\"}}\0"),
	   FUZZ_SEED(HELLO "{\"method\":\"Page.javascriptDialogOpening\",\"sessionId\":\"S\"}\0{\"method\":\"Inspector.targetCrashed\",\"sessionId\":"
			   "\"S\"}\0{\"method\":\"Target.detachedFromTarget\",\"params\":{\"sessionId\":\"S\"}}\0"),
	   FUZZ_SEED("{\"id\":4,\"error\":{\"message\":\"no \\\"such\\\" thing\"}}\0[[[[\0{\"id\":1.5}\0{\"id\":-1}\0"));

/* All that it has been told so far, message by message. */
static void check_told(const struct chromium *c)
{
	for (size_t at = 0, end; at < c->out.len; at = end + 1) {
		json_t *message;

		for (end = at; end < c->out.len && c->out.at[end]; end++)
			;
		FUZZ_CHECK(end < c->out.len);
		message = json_loadb((const char *)c->out.at + at, end - at, 0, NULL);
		FUZZ_CHECK(json_is_object(message) && json_is_integer(json_object_get(message, "id")));
		json_decref(message);
	}
}

static uint32_t count_unanswered(const struct chromium *c)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < c->opens; i++)
		n += c->open[i].id && !c->open[i].answer;
	return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char url[] = "http://a.example/\"";
	struct chromium c = { .process.fd = -1,
			      .cfg = { .width = 100, .height = 80, .most_height = 1000, .density = 1, .seconds = 1 },
			      .url = url,
			      .next_answer = CHROMIUM_FIRST_ANSWER,
			      .next_id = 1,
			      .open = calloc(CHROMIUM_OPEN_MOST, sizeof(*c.open)) };
	struct chromium_in in = { 0 };
	struct chromium_ask ask;
	struct hf_bytes message;
	struct hf_room room;

	if (!c.open)
		return 0;
	chromium_hello(&c);
	while (size && chromium_in_room(&in, &room) == HF_OK) {
		size_t n = size < room.len ? size : room.len;

		memcpy(room.at, data, n);
		chromium_in_add(&in, n);
		data += n;
		size -= n;
	}
	while (c.turn < CHROMIUM_OVER && chromium_in_next(&in, CHROMIUM_MESSAGE_MOST, &message) == HF_OK) {
		if (chromium_take(&c, message, &ask)) {
			struct chromium_field field = { hf_bytes_of("content-type"), hf_bytes_of(ask.method) };

			FUZZ_CHECK(ask.id && ask.url && ask.kind < CHROMIUM_KIND_COUNT);
			if (strlen(ask.url) % 3 == 1)
				chromium_answer(&c, ask.id, 200 + (unsigned)strlen(ask.method), &field, 1,
						hf_bytes_of(ask.url));
			else if (strlen(ask.url) % 3 == 2)
				chromium_refuse(&c, ask.id, CHROMIUM_TIMED_OUT);
		}
		if (c.turn == CHROMIUM_SETTLING)
			chromium_measure(&c);
		FUZZ_CHECK(c.turn >= CHROMIUM_OVER || c.unanswered == count_unanswered(&c));
	}
	check_told(&c);
	FUZZ_CHECK((c.turn == CHROMIUM_OVER) == (c.png_len > 0 && c.width > 0 && c.height > 0 && c.turn != CHROMIUM_BROKEN));
	json_decref(c.message);
	chromium_in_free(&in);
	chromium_out_free(&c.out);
	free(c.png);
	free(c.open);
	return 0;
}
