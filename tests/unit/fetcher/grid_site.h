/* An asker of grid data on a clock that the test sets, whose questions the test answers and whose frames it reads: fetch_start(),
 * link_send() and link_owes_full() are the linker's to wrap (CMakeLists.txt). */
#pragma once

#include <dirent.h>
#include <time.h>
#include <unistd.h>

#include "fetcher/grid/private.h"
#include "tests/unit/unit.h"

#define BEGIN_S INT64_C(1777086000) /* 2026-04-25T12:00:00+09:00 */

static struct told_frame {
	size_t frames, rows, prices;
	double newest; /* intensity */
	uint64_t retrieved_s, failing_since_s;
	char factor[17], failure[257];
} told_frame;
static char asked_url[2048]; /* of the question that waits for its answer, "" = none */

int __wrap_fetch_start(struct fetch *fetch, const struct fetch_request *request);
int __wrap_link_send(
	struct link *link, const struct frame_head *head, const void *once, const void *rows, size_t count);
bool __wrap_link_owes_full(struct link *link);

int __wrap_fetch_start(struct fetch *fetch, const struct fetch_request *request)
{
	(void)fetch;
	snprintf(asked_url, sizeof(asked_url), "%s", request->url);
	return 0;
}

int __wrap_link_send(
	struct link *link, const struct frame_head *head, const void *once, const void *rows, size_t count)
{
	const struct intensity_once *all = once;
	const struct intensity_row *row = rows;

	(void)link;
	assert_int_equal(head->kind, FRAME_intensity);
	told_frame = (struct told_frame) { .frames = told_frame.frames + 1,
		.retrieved_s = all->retrieved_s,
		.failing_since_s = all->failing_since_s };
	text_copy(told_frame.factor, sizeof(told_frame.factor), all->factor);
	text_copy(told_frame.failure, sizeof(told_frame.failure), all->failure);
	for (size_t i = 0; i < count; i++)
		if ((row[i].flags & GRID_PRICE) != 0)
			told_frame.prices++;
		else {
			told_frame.rows++;
			told_frame.newest = row[i].value;
		}
	return 0;
}

bool __wrap_link_owes_full(struct link *link)
{
	(void)link;
	return false;
}

struct site {
	char folder[64];
	struct config config;
	struct loop *loop;
	struct stats stats;
	struct grid_asker *asker;
	struct instant now;
};

/* What has failed, or ended, at the clocks as they are. */
static void site_start(struct site *site)
{
	asked_url[0] = '\0';
	told_frame = (struct told_frame) { 0 };
	site->stats = (struct stats) { 0 };
	assert_int_equal(grid_asker_new(&site->config, site->loop, &site->stats, &site->asker), 0);
}

static void site_stop(struct site *site)
{
	grid_asker_free(site->asker);
	site->asker = NULL;
}

static void site_begin(struct site *site, const char *providers)
{
	*site = (struct site) { .folder = "/tmp/tanso-grid-XXXXXX",
		.now = { .mono_ns = 500 * NS_PER_SECOND,
			.boot_ns = 1000 * NS_PER_SECOND,
			.real_ns = (uint64_t)BEGIN_S * NS_PER_SECOND } };
	assert_non_null(mkdtemp(site->folder));
	config_defaults(&site->config);
	snprintf(site->config.state_dir, sizeof(site->config.state_dir), "%s", site->folder);
	snprintf(site->config.grid_providers, sizeof(site->config.grid_providers), "%s", providers);
	snprintf(site->config.data_dir, sizeof(site->config.data_dir), "%s",
		TANSO_SOURCE_DIR "/deploy/config/korea");
	snprintf(site->config.kpx_url, sizeof(site->config.kpx_url), "https://127.0.0.1:9/B552115");
	snprintf(site->config.electricitymaps_url, sizeof(site->config.electricitymaps_url),
		"https://127.0.0.1:9/v4");
	snprintf(site->config.casdk_url, sizeof(site->config.casdk_url), "http://127.0.0.1:9");
	setenv("TANSO_KPX_KEY", "key", 1);
	setenv("TANSO_ELECTRICITYMAPS_KEY", "key", 1);
	assert_int_equal(loop_new(&site->loop), 0);
	site_start(site);
}

/* The folders are as deep as STATE_DIR/fetcher/FILE. */
static void site_end(struct site *site)
{
	char path[700];
	DIR *folder;

	site_stop(site);
	loop_free(site->loop);
	snprintf(path, sizeof(path), "%s/fetcher", site->folder);
	folder = opendir(path);
	for (struct dirent *file; folder != NULL && (file = readdir(folder)) != NULL;)
		unlinkat(dirfd(folder), file->d_name, 0);
	if (folder != NULL)
		closedir(folder);
	rmdir(path);
	rmdir(site->folder);
}

/* That much later, on all three clocks, it is a tick. */
static void site_wait(struct site *site, uint64_t seconds)
{
	site->now.mono_ns += seconds * NS_PER_SECOND;
	site->now.boot_ns += seconds * NS_PER_SECOND;
	site->now.real_ns += seconds * NS_PER_SECOND;
	grid_asker_tick(site->asker, NULL, &site->now);
}

static inline int64_t site_real_s(const struct site *site)
{
	return (int64_t)(site->now.real_ns / NS_PER_SECOND);
}

/* To the question that waits. */
static void site_answer(struct site *site, size_t provider, long status, const char *body)
{
	const struct fetch_answer answer = { .status = status, .body = body, .size = strlen(body) };

	assert_true(asked_url[0] != '\0');
	asked_url[0] = '\0';
	grid_take_answer(&site->asker->asked[provider], &answer);
}

/* casdk and electricitymaps: one hour from the clock's, of that value. */
static const char *site_body(const struct site *site, const char *form, double value)
{
	static char body[512];
	time_t at = (time_t)site_real_s(site) / 3600 * 3600;
	char text[32];

	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S+00:00", gmtime(&at));
	snprintf(body, sizeof(body), form, text, value);
	return body;
}

#define CASDK_FORM "[{\"forecastData\":[{\"timestamp\":\"%s\",\"duration\":60,\"value\":%g}]}]"
