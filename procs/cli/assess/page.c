#include "cli/assess/page.h"

#include <string.h>

#include "cli/status.h"
#include "cli/table.h"
#include "cli/terminal.h"
#include "ipc/json_write.h"

bool page_has(const struct page *page, const char *key)
{
	return member_of(page->answer, key) != NULL;
}

double page_number(const struct page *page, const char *key)
{
	return json_object_get_double(member_of(page->answer, key));
}

const char *page_text(const struct page *page, const char *key)
{
	return text_of_member(page->answer, key);
}

const char *page_word(const struct page *page, const char *en, const char *ko)
{
	return page->is_korean ? ko : en;
}

void page_put_plain(const struct page *page, double value, double step)
{
	char digits[32];

	fputs(json_format_number(rounded(value / step, 0) * step, digits) == 0 ? digits : "?", page->out);
}

void page_put_status(const struct page *page, const char *status, const char *confidence)
{
	const char *colour = strcmp(status, "COMPLIANT") == 0       ? "\033[32m"
			     : strcmp(status, "NON_COMPLIANT") == 0 ? "\033[31m"
								    : "\033[33m";
	char words[STATUS_WORDS_MAX];

	fprintf(page->out, "%s%s%s", page->has_colour ? colour : "",
		status_words(status, confidence, page->is_korean, words), page->has_colour ? "\033[0m" : "");
}
