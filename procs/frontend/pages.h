/*
 * The pages and what they load, as they were embedded (pages.def): gzip in the binary, sent as it is to whoever takes it
 * and unpacked for the others. They hold no data of this machine, so a link from any site may open them.
 */
#pragma once

#include <h2o.h>
#include <stdbool.h>

struct page;

/* NULL: not there, or not in this build (npm packages were missing). */
const struct page *page_find(const char *path, size_t size);
void page_reply(h2o_req_t *req, const struct page *page);
