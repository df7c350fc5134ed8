#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/config.h"
#include "base/landlock.h"
#include "base/language.h"
#include "base/log.h"
#include "base/origin.h"
#include "base/ready.h"
#include "base/sandbox.h"
#include "fetcher/facility.h"
#include "fetcher/grid/grid.h"
#include "fetcher/power/source.h"
#include "fetcher/power/source_request.h"
#include "ipc/peer.h"

#define TURN_NS    NS_PER_SECOND
#define PLACES_MAX 16
#define PORTS_MAX  64

/* The one process that asks other machines for power, the site's PUE and grid data. With nothing to ask it cannot open a TCP socket. */
struct fetcher {
	struct config config;
	struct loop *loop;
	struct power power;
	struct source_set *sources;      /* NULL: power is local */
	struct grid_asker *grid;         /* NULL: no provider is asked */
	struct facility_asker *facility; /* NULL: the PUE is not measured */
	struct link *acks, *exporter;
	struct timer timer;
	struct landlock_place places[PLACES_MAX];
	size_t place_count;
	uint64_t run;
	struct stats stats;
	double *turns;
};

static void on_analyst(void *context)
{
	struct fetcher *fetcher = context;

	power_tell_names(&fetcher->power);
	grid_asker_tell_all(fetcher->grid, fetcher->power.analyst);
	facility_asker_tell(fetcher->facility, fetcher->power.analyst);
}

static int on_ack(void *context, const struct frame *frame)
{
	struct fetcher *fetcher = context;

	return power_take_ack(&fetcher->power, frame);
}

static void on_reload(void *context)
{
	struct fetcher *fetcher = context;

	grid_asker_reload(fetcher->grid);
}

static int on_timer(struct timer *timer)
{
	struct fetcher *fetcher = container_of(timer, struct fetcher, timer);
	const struct landlock_place *moved = landlock_find_moved(fetcher->places, fetcher->place_count);
	const struct instant now = clock_now();
	bool is_lost = source_set_is_lost(fetcher->sources, now.mono_ns) ||
		       grid_asker_is_lost(fetcher->grid, now.mono_ns) ||
		       facility_asker_is_lost(fetcher->facility, now.mono_ns);

	if (moved != NULL)
		log_info("%s is there now: restarting to reach it", moved->path);
	if (is_lost)
		log_info("nobody answers at the addresses the names meant: restarting to look them up anew");
	if (moved != NULL || is_lost) {
		loop_stop(fetcher->loop);
		return 0;
	}
	/* where power is local the analyst tells the estimator what it has, and us nothing */
	if (fetcher->sources != NULL && link_is_stuck(fetcher->acks, fetcher->power.analyst)) {
		log_error("the analyst's frames do not come through: restarting to listen anew");
		return -ENOTCONN;
	}
	grid_asker_tick(fetcher->grid, fetcher->power.analyst, &now);
	facility_asker_tick(fetcher->facility, fetcher->power.analyst, &now);
	*fetcher->turns = (double)loop_turns(fetcher->loop);
	link_send_stats(fetcher->exporter, STAGE_FETCHER, fetcher->run, &fetcher->stats);
	return 0;
}

static int add_link(struct fetcher *fetcher, struct link *link)
{
	link_count_in(link, &fetcher->stats);
	return loop_add(fetcher->loop, link_source(link));
}

static int open_links(struct fetcher *fetcher)
{
	const char *dir = fetcher->config.runtime_dir;
	int r;

	if ((r = link_listen(&fetcher->acks, dir, STAGE_FETCHER, STAGE_ANALYST, on_ack, fetcher)) < 0 ||
		(r = link_dial(&fetcher->power.analyst, dir, STAGE_ANALYST, STAGE_FETCHER, on_analyst,
			 fetcher)) < 0 ||
		(r = link_dial(&fetcher->exporter, dir, STAGE_EXPORTER, STAGE_FETCHER, NULL, NULL)) < 0 ||
		(r = add_link(fetcher, fetcher->acks)) < 0 ||
		(r = add_link(fetcher, fetcher->power.analyst)) < 0 ||
		(r = add_link(fetcher, fetcher->exporter)) < 0 ||
		(r = timer_open(&fetcher->timer, on_timer)) < 0 ||
		(r = loop_add(fetcher->loop, &fetcher->timer.source)) < 0)
		return r;
	return timer_set(&fetcher->timer, TURN_NS, TURN_NS);
}

static int open_sources(struct fetcher *fetcher)
{
	enum origin origin = origin_of(&fetcher->config);
	int r = power_open(&fetcher->power, origin_name(origin), &fetcher->stats);

	fetcher->turns = stats_entry(&fetcher->stats, STAT_COUNTER, "turns_total", "");
	if (r == 0)
		r = source_check_pins(&fetcher->config);
	if (r == 0)
		r = grid_asker_new(&fetcher->config, fetcher->loop, &fetcher->stats, &fetcher->grid);
	if (r == 0)
		r = facility_asker_new(&fetcher->config, fetcher->loop, &fetcher->stats, &fetcher->facility);
	if (r < 0 || origin == ORIGIN_PIPELINE)
		return r;
	return source_set_new(
		&fetcher->config, fetcher->loop, &fetcher->power, &fetcher->stats, &fetcher->sources);
}

static void add_folder(struct fetcher *fetcher, const char *folder)
{
	struct landlock_place *place = &fetcher->places[fetcher->place_count];

	if (fetcher->place_count == PLACES_MAX || folder[0] == '\0')
		return;
	place->use = LANDLOCK_READ;
	snprintf(place->path, sizeof(place->path), "%s", folder);
	fetcher->place_count++;
}

/* The folder of a file: what rotates is a new file under an old name. */
static void add_folder_of(struct fetcher *fetcher, const char *file)
{
	const char *slash = strrchr(file, '/');
	char folder[CONFIG_TEXT_MAX];

	if (slash == NULL)
		return;
	snprintf(folder, sizeof(folder), "%.*s", slash == file ? 1 : (int)(slash - file), file);
	add_folder(fetcher, folder);
}

static int lock_files(struct fetcher *fetcher)
{
	const struct config *config = &fetcher->config;
	uint16_t ports[PORTS_MAX];
	size_t count = source_set_ports(fetcher->sources, ports, PORTS_MAX);
	uint16_t facility_port = facility_asker_port(fetcher->facility);

	count += grid_asker_ports(fetcher->grid, ports + count, PORTS_MAX - count);
	if (facility_port != 0 && count < PORTS_MAX)
		ports[count++] = facility_port;
	mkdir(config->runtime_dir, 0755); /* a failure shows when the link listens */
	snprintf(fetcher->places[0].path, sizeof(fetcher->places[0].path), "%s", config->runtime_dir);
	fetcher->places[0].use = LANDLOCK_SOCKETS;
	fetcher->place_count = 1;
	if (fetcher->sources != NULL || fetcher->facility != NULL) {
		const char *files[] = { config->source_ca_file, config->source_token_file,
			config->source_user_file, config->source_client_cert, config->source_client_key };
		for (size_t i = 0; i < ARRAY_SIZE(files); i++)
			add_folder_of(fetcher, files[i]);
	}
	if (fetcher->grid != NULL) {
		const char *files[] = { config->grid_ca_file, config->kpx_key_file,
			config->electricitymaps_key_file, config->watttime_user_file };
		for (size_t i = 0; i < ARRAY_SIZE(files); i++)
			add_folder_of(fetcher, files[i]);
		add_folder(fetcher, grid_asker_folder(fetcher->grid));
	}
	int r = landlock_confine(fetcher->places, &fetcher->place_count, ports, count);
	if (r == LANDLOCK_ABSENT)
		log_warning(LANDLOCK_ABSENT_TEXT);
	return r;
}

static int begin(struct fetcher *fetcher)
{
	int r;

	if (fetcher->sources == NULL && fetcher->grid == NULL && fetcher->facility == NULL)
		return sandbox_enter(STAGE_FETCHER);
	r = sandbox_enter_fetching(STAGE_FETCHER);
	return r < 0 || fetcher->sources == NULL ? r : source_set_begin(fetcher->sources);
}

static void close_all(struct fetcher *fetcher)
{
	source_set_free(fetcher->sources);
	grid_asker_free(fetcher->grid);
	facility_asker_free(fetcher->facility);
	power_done(&fetcher->power);
	timer_close(&fetcher->timer);
	loop_free(fetcher->loop);
}

static void describe(const struct fetcher *fetcher, char *text, size_t size)
{
	size_t used = 0;

	snprintf(text, size, "%s",
		in_language("nothing to ask: power and grid data are local",
			"외부에 물을 것이 없음: 전력과 전력망 데이터가 이 호스트에 있음"));
	if (fetcher->sources != NULL) {
		source_set_describe(fetcher->sources, text, size);
		used = strlen(text);
	}
	if (fetcher->facility != NULL) {
		snprintf(text + used, size - used, "%s%s", used > 0 ? ", " : "",
			in_language("the site's PUE", "시설의 PUE"));
		used = strlen(text);
	}
	if (fetcher->grid == NULL)
		return;
	snprintf(text + used, size - used, "%s%s", used > 0 ? ", " : "",
		in_language("grid data from ", "전력망 데이터: "));
	used = strlen(text);
	grid_asker_describe(fetcher->grid, text + used, size - used);
}

int main(int argc, char **argv)
{
	static struct fetcher fetcher;
	char status[256];
	int r;

	log_open("fetcher");
	config_from_arguments(&fetcher.config, "tanso-fetcher", argc, argv);
	peer_learn();
	fetcher.run = clock_now().boot_ns;
	if ((r = ready_init()) < 0 || (r = loop_new(&fetcher.loop)) < 0 || (r = open_sources(&fetcher)) < 0 ||
		(r = config_end_check(&fetcher.config)) < 0 || (r = lock_files(&fetcher)) < 0 ||
		(r = open_links(&fetcher)) < 0 || (r = begin(&fetcher)) < 0) {
		log_start_failure(r);
		return EXIT_FAILURE;
	}
	loop_on_reload(fetcher.loop, on_reload, &fetcher);
	describe(&fetcher, status, sizeof(status));
	ready_notify(status);
	r = loop_run(fetcher.loop);
	close_all(&fetcher);
	return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
