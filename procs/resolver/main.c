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
#include "base/loop.h"
#include "base/ready.h"
#include "base/sandbox.h"
#include "ipc/link.h"
#include "ipc/peer.h"
#include "resolver/book.h"
#include "resolver/kubelet.h"
#include "resolver/limits.h"
#include "resolver/runtimes.h"

#define TURN_NS           (2 * NS_PER_SECOND) /* a runtime writes its files shortly after it makes the cgroup */
#define ATTEMPTS_MAX      15                  /* then the id stands in for good, or until kubelet tells */
#define HURRIED_ATTEMPTS  5                   /* lists without a pod, before it waits for the regular ones */
#define TURNS_PER_LIMITS  150                 /* limits are set once as a rule */
#define EARLY_LIMIT_READS 3
#define RESENDS           2 /* the estimator may hear of a name before it hears of its row */
#define TURNS_PER_REPEAT  5 /* and forgets names with a row that ends, or seems to in a restart */
#define PLACES_MAX        16

/* Either it reads the runtimes' files or it speaks with kubelet; never both powers in one process. */
struct resolver {
	struct config config;
	struct loop *loop;
	struct link *topology, *estimator, *exporter;
	struct timer timer;
	struct book book;
	struct runtimes *runtimes; /* NULL: kubelet is asked */
	struct kubelet *kubelet;   /* NULL: the files are read */
	struct pods *pods;         /* kubelet's last list, NULL before the first */
	struct landlock_place places[PLACES_MAX];
	size_t place_count;
	unsigned turn, resends;
	uint64_t run;
	struct stats stats;
	double *turns, *named, *unnamed, *dropped;
};

static void send_names(struct resolver *resolver)
{
	CLEANUP(freep) struct names_row *rows = calloc(resolver->book.count + 1, sizeof(*rows));
	const struct frame_head head = { .kind = FRAME_names };
	const struct names_once once = { .full = 1 };
	size_t count = rows != NULL ? book_rows(&resolver->book, rows) : 0;

	if (count > 0)
		link_send(resolver->estimator, &head, &once, rows, count);
}

/* A new estimator may hear from us before the collector tells it which rows there are: it forgets what it is told of others. */
static void on_estimator(void *context)
{
	struct resolver *resolver = context;

	resolver->resends = RESENDS;
	send_names(resolver);
}

static void send_changes(struct resolver *resolver, bool has_changed)
{
	if (has_changed)
		resolver->resends = RESENDS;
	else if (resolver->resends > 0)
		resolver->resends--;
	else if (!link_owes_full(resolver->estimator) && resolver->turn % TURNS_PER_REPEAT != 0)
		return;
	send_names(resolver);
}

static bool set_names(struct subject *subject, const struct names *names)
{
	if (subject->is_named && memcmp(&subject->names, names, sizeof(*names)) == 0)
		return false;
	subject->names = *names;
	subject->is_named = true;
	return true;
}

/* What kubelet no longer lists keeps its last names: its energy is still being told. */
static bool find_in_pods(struct resolver *resolver, struct subject *subject)
{
	struct names names = { 0 };
	enum pods_match match = resolver->pods == NULL ? PODS_UNKNOWN
						       : pods_find(resolver->pods, subject->pod_uid,
								 subject->container_id, &names);

	if (match == PODS_UNKNOWN || (match == PODS_POD && subject->container_id[0] != '\0'))
		subject->attempts++;
	else
		subject->attempts = 0;
	if (match == PODS_UNKNOWN || (match == PODS_POD && subject->names.container[0] != '\0'))
		return false;
	return set_names(subject, &names);
}

static bool find_in_files(struct resolver *resolver, struct subject *subject)
{
	struct names names;

	if (subject->is_named || subject->attempts >= ATTEMPTS_MAX)
		return false;
	subject->attempts++;
	return runtimes_find(resolver->runtimes, subject->pod_uid, subject->container_id, &names) &&
	       set_names(subject, &names);
}

static bool read_limits(struct resolver *resolver, struct subject *subject)
{
	struct names now = { 0 };

	if (subject->path == NULL || !subject->is_whole || subject->is_pod)
		return false;
	limits_read(resolver->config.cgroup_root, subject->path, &now);
	bool has_changed = subject->cpu_limit_millicores != now.cpu_limit_millicores ||
			   subject->memory_limit_bytes != now.memory_limit_bytes;
	subject->cpu_limit_millicores = now.cpu_limit_millicores;
	subject->memory_limit_bytes = now.memory_limit_bytes;
	return has_changed;
}

/* Often at first, since limits are written after the cgroup is made; later every five minutes. */
static bool read_all_limits(struct resolver *resolver)
{
	bool is_for_all = resolver->turn % TURNS_PER_LIMITS == 0, has_changed = false;

	for (uint32_t i = 0; i < resolver->book.count; i++) {
		struct subject *subject = &resolver->book.subjects[i];
		if (!is_for_all && subject->limit_reads >= EARLY_LIMIT_READS)
			continue;
		subject->limit_reads += subject->limit_reads < EARLY_LIMIT_READS;
		has_changed |= read_limits(resolver, subject);
	}
	return has_changed;
}

/* True if anything is known now that was not, or otherwise, before. */
static bool look_up(struct resolver *resolver, bool only_new)
{
	bool has_changed = false, is_urgent = false;

	*resolver->named = *resolver->unnamed = 0;
	if (resolver->runtimes != NULL)
		runtimes_refresh(resolver->runtimes);
	for (uint32_t i = 0; i < resolver->book.count; i++) {
		struct subject *subject = &resolver->book.subjects[i];
		if (!subject_wants_name(subject))
			continue;
		if (!only_new || (subject->attempts == 0 && !subject->is_named))
			has_changed |= resolver->runtimes != NULL ? find_in_files(resolver, subject)
								  : find_in_pods(resolver, subject);
		is_urgent |= subject->pod_uid[0] != '\0' && subject->attempts > 0 &&
			     subject->attempts <= HURRIED_ATTEMPTS;
		*(subject->is_named ? resolver->named : resolver->unnamed) += 1;
	}
	if (resolver->kubelet != NULL && is_urgent)
		kubelet_hurry(resolver->kubelet);
	return has_changed;
}

static int on_topology(void *context, const struct frame *frame)
{
	struct resolver *resolver = context;

	book_apply(&resolver->book, frame);
	if (frame->is_last && look_up(resolver, true))
		send_changes(resolver, true);
	return 0;
}

static void on_pods(void *context, struct pods *pods)
{
	struct resolver *resolver = context;

	pods_free(resolver->pods);
	resolver->pods = pods;
	if (look_up(resolver, false))
		send_changes(resolver, true);
}

static int on_timer(struct timer *timer)
{
	struct resolver *resolver = container_of(timer, struct resolver, timer);
	const struct landlock_place *moved = landlock_find_moved(resolver->places, resolver->place_count);

	if (moved != NULL) {
		log_info("%s is there now: restarting to reach it", moved->path);
		loop_stop(resolver->loop);
		return 0;
	}
	if (link_is_cut_off(resolver->topology)) {
		log_error("the collector cannot reach us: restarting to listen anew");
		return -ENOTCONN;
	}
	resolver->turn++;
	bool has_changed = read_all_limits(resolver);
	if (resolver->runtimes != NULL)
		has_changed |= look_up(resolver, false);
	send_changes(resolver, has_changed);
	*resolver->turns = (double)loop_turns(resolver->loop);
	*resolver->dropped = (double)resolver->book.dropped;
	link_send_stats(resolver->exporter, STAGE_RESOLVER, resolver->run, &resolver->stats);
	return 0;
}

static int add_link(struct resolver *resolver, struct link *link)
{
	link_count_in(link, &resolver->stats);
	return loop_add(resolver->loop, link_source(link));
}

static int open_links(struct resolver *resolver)
{
	const char *dir = resolver->config.runtime_dir;
	int r;

	if ((r = link_listen(
		     &resolver->topology, dir, STAGE_RESOLVER, STAGE_COLLECTOR, on_topology, resolver)) < 0 ||
		(r = link_dial(&resolver->estimator, dir, STAGE_ESTIMATOR, STAGE_RESOLVER, on_estimator,
			 resolver)) < 0 ||
		(r = link_dial(&resolver->exporter, dir, STAGE_EXPORTER, STAGE_RESOLVER, NULL, NULL)) < 0 ||
		(r = add_link(resolver, resolver->topology)) < 0 ||
		(r = add_link(resolver, resolver->estimator)) < 0 ||
		(r = add_link(resolver, resolver->exporter)) < 0 ||
		(r = timer_open(&resolver->timer, on_timer)) < 0 ||
		(r = loop_add(resolver->loop, &resolver->timer.source)) < 0)
		return r;
	return timer_set(&resolver->timer, TURN_NS, TURN_NS);
}

static int open_books(struct resolver *resolver)
{
	char url[CONFIG_TEXT_MAX];
	int r = book_init(&resolver->book, (uint32_t)resolver->config.ring_rows);

	resolver->turns = stats_entry(&resolver->stats, STAT_COUNTER, "turns_total", "");
	resolver->named = stats_entry(&resolver->stats, STAT_GAUGE, "names_known", "");
	resolver->unnamed = stats_entry(&resolver->stats, STAT_GAUGE, "names_unknown", "");
	resolver->dropped = stats_entry(&resolver->stats, STAT_COUNTER, "names_dropped_total", "");
	if (r < 0)
		return r;
	kubelet_url_of(&resolver->config, url);
	if (url[0] == '\0')
		return runtimes_new(resolver->config.host_root, &resolver->runtimes);
	return kubelet_new(
		&resolver->config, resolver->loop, &resolver->stats, on_pods, resolver, &resolver->kubelet);
}

static void add_place(struct resolver *resolver, enum landlock_use use, const char *root, const char *path)
{
	struct landlock_place *place = &resolver->places[resolver->place_count];

	if (path[0] == '\0' || resolver->place_count == PLACES_MAX)
		return;
	*place = (struct landlock_place) { .use = use };
	int size = snprintf(place->path, sizeof(place->path), "%s%s", root, path);
	resolver->place_count += size > 0 && (size_t)size < sizeof(place->path);
}

/* The folder of a file: what rotates is a new file under an old name. */
static void add_folder_of(struct resolver *resolver, const char *file)
{
	char folder[CONFIG_TEXT_MAX];

	snprintf(folder, sizeof(folder), "%s", file);
	char *slash = strrchr(folder, '/');
	if (slash != NULL && slash != folder)
		*slash = '\0';
	add_place(resolver, LANDLOCK_READ, "", folder);
}

static int lock_files(struct resolver *resolver)
{
	const struct config *config = &resolver->config;
	const char *root = strcmp(config->host_root, "/") == 0 ? "" : config->host_root;

	mkdir(config->runtime_dir, 0755); /* a failure shows when the link listens */
	add_place(resolver, LANDLOCK_SOCKETS, "", config->runtime_dir);
	add_place(resolver, LANDLOCK_READ, "", config->cgroup_root);
	if (resolver->kubelet == NULL) {
		for (const char *const *folder = runtime_folders; *folder != NULL; folder++)
			add_place(resolver, LANDLOCK_READ, root, *folder);
	} else {
		add_folder_of(resolver, config->kubelet_token_file);
		add_folder_of(resolver, config->kubelet_client_cert);
		add_folder_of(resolver, config->kubelet_client_key);
		if (!config->kubelet_insecure)
			add_folder_of(resolver, config->kubelet_ca_file);
	}
	uint16_t port = resolver->kubelet != NULL ? kubelet_port(resolver->kubelet) : 0;
	int r = landlock_confine(resolver->places, &resolver->place_count, &port, port != 0);
	if (r == LANDLOCK_ABSENT)
		log_warning(LANDLOCK_ABSENT_TEXT);
	return r;
}

static int begin(struct resolver *resolver)
{
	if (resolver->kubelet == NULL)
		return sandbox_enter(STAGE_RESOLVER);
	int r = sandbox_enter_fetching(STAGE_RESOLVER);
	return r < 0 ? r : kubelet_begin(resolver->kubelet);
}

static void close_all(struct resolver *resolver)
{
	timer_close(&resolver->timer);
	kubelet_free(resolver->kubelet);
	runtimes_free(resolver->runtimes);
	pods_free(resolver->pods);
	book_done(&resolver->book);
	loop_free(resolver->loop);
}

int main(int argc, char **argv)
{
	static struct resolver resolver;
	int r;

	log_open("resolver");
	config_from_arguments(&resolver.config, "tanso-resolver", argc, argv);
	peer_learn();
	resolver.run = clock_now().boot_ns;
	if ((r = ready_init()) < 0 || (r = loop_new(&resolver.loop)) < 0 || (r = open_books(&resolver)) < 0 ||
		(r = config_end_check(&resolver.config)) < 0 || (r = lock_files(&resolver)) < 0 ||
		(r = open_links(&resolver)) < 0 || (r = begin(&resolver)) < 0) {
		log_start_failure(r);
		return EXIT_FAILURE;
	}
	ready_notify(resolver.kubelet != NULL
			     ? in_language("names from kubelet", "이름: kubelet")
			     : in_language("names from the runtimes' files", "이름: 런타임의 파일"));
	r = loop_run(resolver.loop);
	close_all(&resolver);
	return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
