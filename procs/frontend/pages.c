#include "frontend/pages.h"

#include <string.h>
#include <zlib.h>

#include "frontend/guards.h"

#define ETAG_SIZE 32

/* frame-ancestors: no other site may show the dashboard in a frame and have it clicked. */
#define POLICY(style)                                                                                        \
	"default-src 'none'; script-src 'self'; style-src " style "; img-src 'self' data:; connect-src "     \
	"'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
#define STRICT POLICY("'self'")
#define DOCS   POLICY("'self' 'unsafe-inline'") /* Swagger UI writes style attributes */

struct page {
	const char *path, *type, *policy;
	const unsigned char *packed, *end;
};

#define PAGE(id, ...) extern const unsigned char page_##id[], page_##id##_end[];
#include "frontend/pages.def"
#undef PAGE

static const struct page pages[] = {
#define PAGE(id, path, file, type, policy) { path, type, policy, page_##id, page_##id##_end },
#include "frontend/pages.def"
#undef PAGE
};

const struct page *page_find(const char *path, size_t size)
{
	for (size_t i = 0; i < sizeof(pages) / sizeof(pages[0]); i++)
		if (strlen(pages[i].path) == size && memcmp(pages[i].path, path, size) == 0)
			return pages[i].end > pages[i].packed ? &pages[i] : NULL;
	return NULL;
}

/* RFC 1952: CRC-32 and size of what was packed stand at the end. */
static uint32_t trailer(const struct page *page, size_t offset)
{
	const unsigned char *at = page->end - 8 + offset;

	return at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static h2o_iovec_t unpack(h2o_req_t *req, const struct page *page)
{
	h2o_iovec_t text =
		h2o_iovec_init(h2o_mem_alloc_pool(&req->pool, trailer(page, 4) + 1), trailer(page, 4));
	z_stream stream = { .next_in = (unsigned char *)(uintptr_t)page->packed,
		.avail_in = (uInt)(page->end - page->packed),
		.next_out = (unsigned char *)text.base,
		.avail_out = (uInt)text.len };

	if (inflateInit2(&stream, 16 + MAX_WBITS) != Z_OK)
		return h2o_iovec_init("", 0);
	if (inflate(&stream, Z_FINISH) != Z_STREAM_END)
		text.len = 0;
	inflateEnd(&stream);
	return text;
}

static void add_header(h2o_req_t *req, const char *name, const char *value)
{
	h2o_add_header_by_str(
		&req->pool, &req->res.headers, name, strlen(name), 0, NULL, value, strlen(value));
}

static bool takes_gzip(h2o_req_t *req)
{
	h2o_iovec_t accepted = guard_header(req, "accept-encoding");

	return accepted.base != NULL && memmem(accepted.base, accepted.len, "gzip", 4) != NULL &&
	       memmem(accepted.base, accepted.len, "gzip;q=0", 8) == NULL;
}

static void send_bytes(h2o_req_t *req, h2o_iovec_t body)
{
	static h2o_generator_t generator;
	bool is_head = h2o_memis(req->method.base, req->method.len, H2O_STRLIT("HEAD"));

	req->res.content_length = body.len;
	h2o_start_response(req, &generator);
	h2o_send(req, &body, body.len > 0 && !is_head, H2O_SEND_STATE_FINAL);
}

void page_reply(h2o_req_t *req, const struct page *page)
{
	h2o_iovec_t known = guard_header(req, "if-none-match");
	char *etag = h2o_mem_alloc_pool(&req->pool, ETAG_SIZE);

	snprintf(etag, ETAG_SIZE, "\"%08x%08x\"", trailer(page, 0), trailer(page, 4));
	add_header(req, "etag", etag);
	add_header(req, "cache-control", "no-cache"); /* asks each time, and mostly hears 304 */
	add_header(req, "vary", "Accept-Encoding");
	add_header(req, "x-content-type-options", "nosniff");
	add_header(req, "referrer-policy", "no-referrer");
	add_header(req, "cross-origin-opener-policy", "same-origin");
	add_header(req, "cross-origin-resource-policy", "same-origin");
	add_header(req, "content-security-policy", page->policy);
	if (known.base != NULL && memmem(known.base, known.len, etag, strlen(etag)) != NULL) {
		req->res.status = 304;
		req->res.reason = "Not Modified";
		send_bytes(req, h2o_iovec_init("", 0));
		return;
	}
	req->res.status = 200;
	req->res.reason = "OK";
	add_header(req, "content-type", page->type);
	if (takes_gzip(req)) {
		add_header(req, "content-encoding", "gzip");
		send_bytes(req, h2o_iovec_init(page->packed, (size_t)(page->end - page->packed)));
	} else {
		send_bytes(req, unpack(req, page));
	}
}
