#include "base/forwarded.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#define ADDRESS_TEXT_MAX 64 /* with brackets and port */
#define MAPPED_BITS      96 /* of ::ffff:0:0/96 */

static const uint8_t mapped[FORWARDED_ADDRESS] = { [10] = 0xff, [11] = 0xff };

/* NUL-terminated, without port. */
static int read_address(const char *text, uint8_t ret_address[static FORWARDED_ADDRESS], bool *ret_is_v4)
{
	memcpy(ret_address, mapped, FORWARDED_ADDRESS);
	*ret_is_v4 = inet_pton(AF_INET, text, ret_address + 12) == 1;
	return *ret_is_v4 || inet_pton(AF_INET6, text, ret_address) == 1 ? 0 : -EINVAL;
}

/* networks */

static int read_prefix(const char *text, unsigned long most, unsigned *ret_prefix)
{
	size_t size = strlen(text);

	if (size == 0 || size > 3 || strspn(text, "0123456789") != size || strtoul(text, NULL, 10) > most)
		return -EINVAL;
	*ret_prefix = (unsigned)strtoul(text, NULL, 10);
	return 0;
}

static int read_network(const char *item, size_t size, struct forwarded_networks *networks)
{
	char text[ADDRESS_TEXT_MAX];
	bool is_v4;

	if (size >= sizeof(text))
		return -EINVAL;
	if (networks->count == FORWARDED_NETWORKS_MAX)
		return -E2BIG;
	memcpy(text, item, size);
	text[size] = '\0';
	char *slash = strchr(text, '/');
	if (slash != NULL)
		*slash = '\0';
	uint8_t *address = networks->all[networks->count].address;
	unsigned *prefix = &networks->all[networks->count].prefix;
	int r = read_address(text, address, &is_v4);
	*prefix = is_v4 ? 32 : 128;
	if (r == 0 && slash != NULL)
		r = read_prefix(slash + 1, *prefix, prefix);
	if (r < 0)
		return r;
	*prefix += is_v4 ? MAPPED_BITS : 0;
	networks->count++;
	return 0;
}

int forwarded_read_networks(const char *list, struct forwarded_networks *ret_networks)
{
	static const char between[] = ", \t";

	*ret_networks = (struct forwarded_networks) { 0 };
	for (const char *at = list + strspn(list, between); *at != '\0'; at += strspn(at, between)) {
		size_t size = strcspn(at, between);
		int r = read_network(at, size, ret_networks);
		if (r < 0)
			return r;
		at += size;
	}
	return 0;
}

static bool is_within(const uint8_t *address, const uint8_t *network, unsigned prefix)
{
	unsigned bytes = prefix / 8, bits = prefix % 8;

	return memcmp(address, network, bytes) == 0 &&
	       (bits == 0 || ((address[bytes] ^ network[bytes]) >> (8 - bits)) == 0);
}

bool forwarded_is_trusted(
	const struct forwarded_networks *trusted, const uint8_t address[static FORWARDED_ADDRESS])
{
	for (size_t i = 0; i < trusted->count; i++)
		if (is_within(address, trusted->all[i].address, trusted->all[i].prefix))
			return true;
	return false;
}

bool forwarded_is_v4(const uint8_t address[static FORWARDED_ADDRESS])
{
	return memcmp(address, mapped, MAPPED_BITS / 8) == 0;
}

int forwarded_peer(const struct sockaddr *peer, uint8_t ret_address[static FORWARDED_ADDRESS])
{
	memcpy(ret_address, mapped, FORWARDED_ADDRESS);
	if (peer->sa_family == AF_INET)
		memcpy(ret_address + 12, &((const struct sockaddr_in *)(const void *)peer)->sin_addr, 4);
	else if (peer->sa_family == AF_INET6)
		memcpy(ret_address, &((const struct sockaddr_in6 *)(const void *)peer)->sin6_addr,
			FORWARDED_ADDRESS);
	else
		return -EAFNOSUPPORT;
	return 0;
}

/* the header */

/* "192.0.2.1", "192.0.2.1:80", "2001:db8::1", "[2001:db8::1]:80" (some proxies add the port) */
static int read_item(const char *item, size_t size, uint8_t ret_address[static FORWARDED_ADDRESS])
{
	char text[ADDRESS_TEXT_MAX];
	bool is_v4;

	if (size == 0 || size >= sizeof(text) || memchr(item, '\0', size) != NULL)
		return -EINVAL;
	memcpy(text, item, size);
	text[size] = '\0';
	char *start = text, *colon = strchr(text, ':');
	if (text[0] == '[') {
		char *end = strchr(text, ']');
		if (end == NULL || (end[1] != '\0' && end[1] != ':'))
			return -EINVAL;
		*end = '\0';
		start++;
	} else if (colon != NULL && strchr(colon + 1, ':') == NULL) {
		*colon = '\0'; /* one colon: no IPv6 */
	}
	return read_address(start, ret_address, &is_v4);
}

/* The item that ends at *size: its text without blanks, and *size before the comma that it follows, SIZE_MAX = none. */
static const char *last_item(const char *line, size_t *size, size_t *ret_length)
{
	const char *comma = memrchr(line, ',', *size), *item = comma != NULL ? comma + 1 : line;
	size_t length = (size_t)(line + *size - item);

	while (length > 0 && (item[0] == ' ' || item[0] == '\t'))
		item++, length--;
	while (length > 0 && (item[length - 1] == ' ' || item[length - 1] == '\t'))
		length--;
	*size = comma != NULL ? (size_t)(comma - line) : SIZE_MAX;
	*ret_length = length;
	return item;
}

bool forwarded_follow(const struct forwarded_networks *trusted, const char *line, size_t size, unsigned *hops,
	uint8_t address[static FORWARDED_ADDRESS])
{
	uint8_t next[FORWARDED_ADDRESS];

	for (size_t left = size; left != SIZE_MAX;) {
		size_t length;
		const char *item = last_item(line, &left, &length);
		if (++*hops > FORWARDED_HOPS_MAX || read_item(item, length, next) < 0)
			return true;
		memcpy(address, next, FORWARDED_ADDRESS);
		if (!forwarded_is_trusted(trusted, address))
			return true;
	}
	return false;
}
