#include "exporter/negotiate.h"

#include <string.h>
#include <strings.h>

struct piece {
	const char *at;
	size_t size;
};

/* The next piece before `separator`, without blanks around it; false at the end. Quotes have no meaning in what we read. */
static bool next_piece(struct piece *rest, char separator, struct piece *ret_piece)
{
	if (rest->size == 0)
		return false;
	const char *end = memchr(rest->at, separator, rest->size);
	size_t size = end != NULL ? (size_t)(end - rest->at) : rest->size, used = size + (end != NULL);
	*ret_piece = (struct piece) { rest->at, size };
	rest->at += used;
	rest->size -= used;
	while (ret_piece->size > 0 && (*ret_piece->at == ' ' || *ret_piece->at == '\t')) {
		ret_piece->at++;
		ret_piece->size--;
	}
	while (ret_piece->size > 0 && strchr(" \t", ret_piece->at[ret_piece->size - 1]) != NULL)
		ret_piece->size--;
	return true;
}

static bool is(struct piece piece, const char *word)
{
	return piece.size == strlen(word) && strncasecmp(piece.at, word, piece.size) == 0;
}

/* "0.75" in thousandths; what is no weight counts as 0. */
static int read_weight(struct piece piece)
{
	int weight = 0, scale = 1000;

	if (piece.size == 0 || piece.size > 5 || (piece.at[0] != '0' && piece.at[0] != '1') ||
		(piece.size > 1 && piece.at[1] != '.'))
		return 0;
	for (size_t i = 0; i < piece.size; i++) {
		if (i == 1)
			continue;
		if (piece.at[i] < '0' || piece.at[i] > '9')
			return 0;
		weight += (piece.at[i] - '0') * scale;
		scale /= 10;
	}
	return weight <= 1000 ? weight : 0;
}

struct item {
	struct piece name, version;
	int weight;
};

/* "application/openmetrics-text; version=1.0.0; q=0.5" */
static bool next_item(struct piece *rest, struct item *ret_item)
{
	struct piece item, parameter;

	if (!next_piece(rest, ',', &item))
		return false;
	*ret_item = (struct item) { .weight = 1000 };
	next_piece(&item, ';', &ret_item->name);
	while (next_piece(&item, ';', &parameter)) {
		if (parameter.size >= 2 && strncasecmp(parameter.at, "q=", 2) == 0)
			ret_item->weight =
				read_weight((struct piece) { parameter.at + 2, parameter.size - 2 });
		if (parameter.size >= 8 && strncasecmp(parameter.at, "version=", 8) == 0)
			ret_item->version = (struct piece) { parameter.at + 8, parameter.size - 8 };
	}
	return true;
}

enum format negotiate_format(const char *accept, size_t size)
{
	struct piece rest = { accept, size };
	struct item item;
	int text = 0, openmetrics = 0;

	while (next_item(&rest, &item)) {
		int *weight = is(item.name, "application/openmetrics-text") ? &openmetrics
			      : is(item.name, "text/plain") || is(item.name, "text/*") || is(item.name, "*/*")
				      ? &text
				      : NULL;
		const char *ours = weight == &openmetrics ? "1.0.0" : "0.0.4";
		if (weight != NULL && (item.version.size == 0 || is(item.version, ours)) &&
			item.weight > *weight)
			*weight = item.weight;
	}
	return openmetrics > 0 && openmetrics >= text ? FORMAT_OPENMETRICS : FORMAT_TEXT;
}

bool negotiate_gzip(const char *accept_encoding, size_t size)
{
	struct piece rest = { accept_encoding, size };
	struct item item;
	int gzip = -1, identity = -1, any = -1;

	while (next_item(&rest, &item)) {
		if (is(item.name, "gzip") || is(item.name, "x-gzip"))
			gzip = item.weight;
		else if (is(item.name, "identity"))
			identity = item.weight;
		else if (is(item.name, "*"))
			any = item.weight;
	}
	if (gzip < 0)
		gzip = any;
	return gzip > 0 && gzip >= identity;
}

const char *format_content_type(enum format format)
{
	return format == FORMAT_OPENMETRICS ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
					    : "text/plain; version=0.0.4; charset=utf-8";
}
