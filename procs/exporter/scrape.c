#include "exporter/scrape.h"

#include <string.h>
#include <sys/socket.h>
#include <zlib.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "exporter/negotiate.h"

#define GZIP_LEVEL  1
#define GZIP_WINDOW (15 + 16) /* 16: a gzip header (zlib.h) */

struct scrape_answer {
	h2o_generator_t generator; /* first: h2o hands it back */
	struct scrapes *scrapes;
	struct scrape_answer *next;
	struct scrape_sheet *from;
	h2o_req_t *req;
	uint64_t started_ns;
	size_t at;
	bool is_gzip, is_cut;
	z_stream deflate;
	char slice[SCRAPE_SLICE / 4]; /* compressed */
};

static h2o_iovec_t header(h2o_req_t *req, const h2o_token_t *token)
{
	ssize_t index = h2o_find_header(&req->headers, token, -1);

	return index < 0 ? h2o_iovec_init(NULL, 0) : req->headers.entries[index].value;
}

static void on_dispose(void *memory)
{
	struct scrape_answer *answer = memory, **link = &answer->scrapes->answers;

	while (*link != answer)
		link = &(*link)->next;
	*link = answer->next;
	answer->from->users--;
	if (answer->is_gzip)
		deflateEnd(&answer->deflate);
}

static bool is_of_now(const struct scrape_sheet *sheet, const struct book *book, uint64_t now_ns)
{
	return sheet->generation == book->generation &&
	       now_ns - sheet->rendered_ns < SCRAPE_SHARED_MS * NS_PER_MILLISECOND;
}

/* The rendering of this moment where there is one, else a sheet for it, else the newest; NULL when that is too old. */
static struct scrape_sheet *sheet_for(
	struct scrapes *scrapes, enum format format, const struct book *book, uint64_t now_ns)
{
	struct scrape_sheet *unused = NULL, *newest = NULL;

	for (size_t i = 0; i < SCRAPE_SHEETS; i++) {
		struct scrape_sheet *sheet = &scrapes->sheets[i];
		bool is_usable = sheet->is_valid && sheet->format == format;
		if (is_usable && is_of_now(sheet, book, now_ns))
			return sheet;
		if (is_usable && (newest == NULL || sheet->rendered_ns > newest->rendered_ns))
			newest = sheet;
		if (sheet->users == 0)
			unused = sheet;
	}
	if (unused != NULL) {
		unused->is_valid = false;
		return unused;
	}
	bool is_fresh = newest != NULL && now_ns - newest->rendered_ns < SCRAPE_STALE_MS * NS_PER_MILLISECOND;
	return is_fresh ? newest : NULL;
}

static int render(struct scrapes *scrapes, struct scrape_sheet *sheet, enum format format,
	const struct book *book, const struct stage_stats *stats, uint64_t now_ns)
{
	if (sheet->is_valid)
		return 0;
	int r = exposition_render(&scrapes->exposition, &sheet->sheet, format, book, stats, now_ns);
	scrapes->render_ns = clock_mono_ns() - now_ns;
	sheet->format = format;
	sheet->generation = book->generation;
	sheet->rendered_ns = now_ns;
	sheet->is_valid = r == 0;
	return r;
}

/* slices */

static h2o_iovec_t plain_slice(struct scrape_answer *answer)
{
	const struct sheet *sheet = &answer->from->sheet;
	size_t left = sheet->size - answer->at, size = left < SCRAPE_SLICE ? left : SCRAPE_SLICE;
	h2o_iovec_t slice = h2o_iovec_init(sheet->text + answer->at, size);

	answer->at += size;
	return slice;
}

/* At most SCRAPE_SLICE of text goes in, and what comes out never waits for more room than a slice. */
static h2o_iovec_t gzip_slice(struct scrape_answer *answer, bool *ret_is_last)
{
	const struct sheet *sheet = &answer->from->sheet;
	size_t left = sheet->size - answer->at, size = left < SCRAPE_SLICE ? left : SCRAPE_SLICE;

	answer->deflate.next_in = (unsigned char *)sheet->text + answer->at;
	answer->deflate.avail_in = (unsigned)size;
	answer->deflate.next_out = (unsigned char *)answer->slice;
	answer->deflate.avail_out = sizeof(answer->slice);
	*ret_is_last = deflate(&answer->deflate, size == left ? Z_FINISH : Z_NO_FLUSH) == Z_STREAM_END;
	answer->at += size - answer->deflate.avail_in;
	return h2o_iovec_init(answer->slice, sizeof(answer->slice) - answer->deflate.avail_out);
}

static void send_slice(h2o_generator_t *generator, h2o_req_t *req)
{
	struct scrape_answer *answer = (struct scrape_answer *)generator;
	bool is_last = false;
	h2o_iovec_t slice;

	if (answer->is_gzip) {
		do /* deflate may swallow a slice without giving any */
			slice = gzip_slice(answer, &is_last);
		while (slice.len == 0 && !is_last);
	} else {
		slice = plain_slice(answer);
		is_last = answer->at == answer->from->sheet.size;
	}
	h2o_send(req, &slice, slice.len > 0, is_last ? H2O_SEND_STATE_FINAL : H2O_SEND_STATE_IN_PROGRESS);
}

static struct scrape_answer *answer_new(
	struct scrapes *scrapes, h2o_req_t *req, struct scrape_sheet *from, uint64_t now_ns)
{
	h2o_iovec_t encoding = header(req, H2O_TOKEN_ACCEPT_ENCODING);
	struct scrape_answer *answer = h2o_mem_alloc_shared(&req->pool, sizeof(*answer), on_dispose);

	memset(answer, 0, offsetof(struct scrape_answer, slice));
	answer->generator.proceed = send_slice;
	answer->scrapes = scrapes;
	answer->next = scrapes->answers;
	answer->from = from;
	answer->req = req;
	answer->started_ns = now_ns;
	answer->is_gzip = negotiate_gzip(encoding.base, encoding.len) &&
			  deflateInit2(&answer->deflate, GZIP_LEVEL, Z_DEFLATED, GZIP_WINDOW, 8,
				  Z_DEFAULT_STRATEGY) == Z_OK;
	scrapes->answers = answer;
	from->users++;
	return answer;
}

static void start(struct scrape_answer *answer, h2o_req_t *req, enum format format)
{
	const char *type = format_content_type(format);

	req->res.status = 200;
	req->res.reason = "OK";
	req->res.content_length = answer->is_gzip ? SIZE_MAX : answer->from->sheet.size;
	h2o_add_header(&req->pool, &req->res.headers, H2O_TOKEN_CONTENT_TYPE, NULL, type, strlen(type));
	h2o_add_header(
		&req->pool, &req->res.headers, H2O_TOKEN_VARY, NULL, H2O_STRLIT("accept, accept-encoding"));
	if (answer->is_gzip)
		h2o_add_header(
			&req->pool, &req->res.headers, H2O_TOKEN_CONTENT_ENCODING, NULL, H2O_STRLIT("gzip"));
	h2o_start_response(req, &answer->generator);
	if (h2o_memis(req->input.method.base, req->input.method.len, H2O_STRLIT("HEAD")))
		h2o_send(req, NULL, 0, H2O_SEND_STATE_FINAL);
	else
		send_slice(&answer->generator, req);
}

void scrape_answer(struct scrapes *scrapes, h2o_req_t *req, const struct book *book,
	const struct stage_stats *stats, uint64_t now_ns)
{
	static const char busy[] = "all renderings are on their way to slow readers\n",
			  large[] = "over the size limit\n";
	h2o_iovec_t accept = header(req, H2O_TOKEN_ACCEPT);
	enum format format = negotiate_format(accept.base, accept.len);
	struct scrape_sheet *sheet = sheet_for(scrapes, format, book, now_ns);

	if (sheet == NULL) {
		scrapes->busy++;
		h2o_add_header(&req->pool, &req->res.headers, H2O_TOKEN_RETRY_AFTER, NULL, H2O_STRLIT("1"));
		web_reply(req, 503, "text/plain; charset=utf-8", busy, sizeof(busy) - 1);
	} else if (render(scrapes, sheet, format, book, stats, now_ns) < 0) {
		web_reply(req, 500, "text/plain; charset=utf-8", large, sizeof(large) - 1);
	} else {
		start(answer_new(scrapes, req, sheet, now_ns), req, format);
	}
}

void scrapes_watch(struct scrapes *scrapes, uint64_t now_ns)
{
	for (struct scrape_answer *answer = scrapes->answers; answer != NULL; answer = answer->next) {
		if (answer->is_cut || now_ns - answer->started_ns < SCRAPE_SECONDS_MAX * NS_PER_SECOND)
			continue;
		answer->is_cut = true;
		scrapes->cut++;
		h2o_socket_t *socket = answer->req->conn->callbacks->get_socket(answer->req->conn);
		if (socket != NULL)
			shutdown(h2o_socket_get_fd(socket), SHUT_RDWR);
	}
}

void scrapes_done(struct scrapes *scrapes)
{
	for (size_t i = 0; i < SCRAPE_SHEETS; i++)
		sheet_done(&scrapes->sheets[i].sheet);
	exposition_done(&scrapes->exposition);
}
