/*
 * Where a request's body ends (RFC 9112 §6.3). h2o 2.2.5 takes the first of two lengths, and chunks where a length is told as
 * well: a proxy that takes the other one sees another request behind the body than we do.
 */
#include <string.h>
#include <strings.h>

#include "base/web/private.h"

/* Past the line that begins at `at`. */
static size_t next_line(const char *bytes, size_t size, size_t at)
{
	const char *end = memchr(bytes + at, '\n', size - at);

	return end != NULL ? (size_t)(end - bytes) + 1 : size;
}

static bool is_named(const char *line, size_t size, const char *name, size_t name_size)
{
	return size >= name_size && strncasecmp(line, name, name_size) == 0;
}

bool web_is_framed_once(const char *bytes, size_t size)
{
	static const char length[] = "content-length:", coding[] = "transfer-encoding:";
	unsigned count = 0;

	for (size_t at = next_line(bytes, size, 0), end; at < size; at = end) {
		end = next_line(bytes, size, at);
		if (bytes[at] == '\n' || bytes[at] == '\r')
			break; /* the head's end */
		count += is_named(bytes + at, end - at, length, sizeof(length) - 1) ||
			 is_named(bytes + at, end - at, coding, sizeof(coding) - 1);
	}
	return count <= 1;
}

/* h2o keeps the bytes of an HTTP/1 request until it is answered. */
bool web_has_one_end(h2o_req_t *req)
{
	const h2o_socket_t *socket =
		req->version < 0x200 ? req->conn->callbacks->get_socket(req->conn) : NULL;

	return socket == NULL || web_is_framed_once(socket->input->bytes, socket->input->size);
}
