/* How fast is too fast: by connection, and behind trusted proxies by the address that these tell. */
#include <string.h>
#include <sys/socket.h>

#include "base/fnv.h"
#include "base/web/private.h"

/* The peer of a trusted proxy. False: it is none, or not one of the internet: the connection counts. */
static bool find_client(struct web *web, h2o_req_t *req, uint8_t ret_address[static FORWARDED_ADDRESS])
{
	static const char name[] = "x-forwarded-for";
	const struct forwarded_networks *trusted = &web->config.trusted_proxies;
	struct sockaddr_storage peer = { 0 };
	unsigned hops = 0;

	if (trusted->count == 0 ||
		req->conn->callbacks->get_peername(req->conn, (struct sockaddr *)&peer) == 0 ||
		forwarded_peer((const struct sockaddr *)&peer, ret_address) < 0 ||
		!forwarded_is_trusted(trusted, ret_address))
		return false;
	for (size_t i = req->headers.size; i-- > 0;) {
		const h2o_header_t *header = &req->headers.entries[i];
		if (h2o_memis(header->name->base, header->name->len, name, sizeof(name) - 1) &&
			forwarded_follow(trusted, header->value.base, header->value.len, &hops, ret_address))
			break;
	}
	return true;
}

/* Whoever has one IPv6 address mostly has the 2^64 of its network. */
static void widen(uint8_t address[static FORWARDED_ADDRESS])
{
	if (!forwarded_is_v4(address))
		memset(address + 8, 0, 8);
}

/* Where all places of an address are taken by others, the one who was quiet for longest is forgotten. */
static struct rate *rate_of_client(struct web *web, uint8_t address[static FORWARDED_ADDRESS])
{
	widen(address);
	size_t first = fnv_bytes(FNV_BEGIN, address, FORWARDED_ADDRESS) % (WEB_CLIENTS / WEB_CLIENT_PLACES);
	struct web_client *places = &web->clients[first * WEB_CLIENT_PLACES], *oldest = places;

	for (struct web_client *at = places; at < places + WEB_CLIENT_PLACES; at++) {
		if (memcmp(at->address, address, FORWARDED_ADDRESS) == 0)
			return &at->rate;
		if (at->rate.full_ns < oldest->rate.full_ns)
			oldest = at;
	}
	*oldest = (struct web_client) { 0 };
	memcpy(oldest->address, address, FORWARDED_ADDRESS);
	return &oldest->rate;
}

enum web_pace web_pace_of(struct web *web, h2o_req_t *req)
{
	uint64_t now_ns = h2o_now(req->conn->ctx->loop) * NS_PER_MILLISECOND;
	uint64_t limit = web->config.requests_per_second;
	uint8_t address[FORWARDED_ADDRESS];

	if (find_client(web, req, address))
		return rate_take(rate_of_client(web, address), limit, now_ns) ? WEB_PACE_FINE
									      : WEB_PACE_REFUSE;
	struct web_connection *connection = web_connection_of(req);
	return connection == NULL || rate_take(&connection->rate, limit, now_ns) ? WEB_PACE_FINE
										 : WEB_PACE_CUT;
}
