/* What the parts of `tanso assess`'s text share. Private to this folder. */
#pragma once

#include <json-c/json.h>
#include <stdbool.h>
#include <stdio.h>

/* One printing: where to, of what, how. */
struct page {
	FILE *out;
	struct json_object *answer;
	bool is_korean, has_colour;
};

bool page_has(const struct page *page, const char *key);
double page_number(const struct page *page, const char *key);
const char *page_text(const struct page *page, const char *key);
const char *page_word(const struct page *page, const char *en, const char *ko);
/* "510", "483.4", "1.45": no more digits than a sentence needs. */
void page_put_plain(const struct page *page, double value, double step);
/* In colour where there is any, and whether it is borderline. */
void page_put_status(const struct page *page, const char *status, const char *confidence);

/* What would lower it, and all of that together. */
void assess_print_steps(const struct page *page);
