#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/config.h"
#include "base/idmap.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/ready.h"
#include "base/sandbox.h"
#include "ipc/link.h"
#include "resolver/runtimes.h"

#define RETRY_NS     (2 * NS_PER_SECOND) /* a runtime writes its files shortly after it makes the cgroup */
#define ATTEMPTS_MAX 15                  /* then the id stands in for good */

struct subject {
	uint64_t id;
	char pod_uid[72], container_id[132];
	struct container_names names;
	bool is_named;
	unsigned attempts;
};

struct resolver {
	struct config config;
	struct loop *loop;
	struct link *topology, *estimator, *exporter;
	struct timer retry;
	struct subject *subjects;
	uint32_t count, capacity;
	struct idmap by_id;
	uint64_t run;
	struct stats stats;
	double *turns, *named, *unnamed, *dropped;
};

static struct names_row row_of(const struct subject *subject)
{
	return (struct names_row) {
		.id = subject->id,
		.namespace = text_of(subject->names.namespace),
		.pod = text_of(subject->names.pod),
		.pod_uid = text_of(subject->pod_uid),
		.container = text_of(subject->names.container),
		.owner_kind = text_of(""),
		.owner = text_of(""),
	};
}

static void send_names(struct resolver *resolver)
{
	CLEANUP(freep) struct names_row *rows = calloc(resolver->count + 1, sizeof(*rows));
	const struct frame_head head = { .kind = FRAME_names };
	const struct names_once once = { .full = 1 };
	size_t count = 0;

	for (uint32_t i = 0; rows != NULL && i < resolver->count; i++)
		if (resolver->subjects[i].is_named)
			rows[count++] = row_of(&resolver->subjects[i]);
	if (count > 0)
		link_send(resolver->estimator, &head, &once, rows, count);
}

static void on_estimator(void *context)
{
	send_names(context);
}

static void forget(struct resolver *resolver, uint64_t id)
{
	uint32_t index;

	if (!idmap_find(&resolver->by_id, id, &index))
		return;
	idmap_remove(&resolver->by_id, id);
	resolver->subjects[index] = resolver->subjects[--resolver->count];
	if (index < resolver->count)
		idmap_put(&resolver->by_id, resolver->subjects[index].id, index);
}

static void add(struct resolver *resolver, const struct topology_row *row)
{
	uint32_t index;

	if ((row->pod_uid.size == 0 && row->container_id.size == 0) ||
		idmap_find(&resolver->by_id, row->id, &index))
		return;
	if (resolver->count == resolver->capacity ||
		idmap_put(&resolver->by_id, row->id, resolver->count) < 0) {
		++*resolver->dropped;
		return;
	}
	struct subject *subject = &resolver->subjects[resolver->count++];
	*subject = (struct subject) { .id = row->id };
	text_copy(subject->pod_uid, sizeof(subject->pod_uid), row->pod_uid);
	text_copy(subject->container_id, sizeof(subject->container_id), row->container_id);
}

/* Looks every unnamed subject up once more. */
static bool look_up(struct resolver *resolver)
{
	bool has_new = false;

	*resolver->named = *resolver->unnamed = 0;
	for (uint32_t i = 0; i < resolver->count; i++) {
		struct subject *subject = &resolver->subjects[i];
		if (!subject->is_named && subject->attempts < ATTEMPTS_MAX) {
			subject->attempts++;
			subject->is_named = runtimes_find(resolver->config.host_root, subject->pod_uid,
				subject->container_id, &subject->names);
			has_new |= subject->is_named;
		}
		*(subject->is_named ? resolver->named : resolver->unnamed) += 1;
	}
	return has_new;
}

static int on_topology(void *context, const struct frame *frame)
{
	struct resolver *resolver = context;
	const struct topology_row *rows = frame->rows;

	for (size_t i = 0; i < frame->row_count; i++) {
		if (rows[i].op == TOPOLOGY_FORGET)
			forget(resolver, rows[i].id);
		else
			add(resolver, &rows[i]);
	}
	if (frame->is_last && look_up(resolver))
		send_names(resolver);
	return 0;
}

static int on_retry(struct timer *timer)
{
	struct resolver *resolver = container_of(timer, struct resolver, retry);

	if (look_up(resolver) || link_owes_full(resolver->estimator))
		send_names(resolver);
	*resolver->turns = (double)loop_turns(resolver->loop);
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
		(r = timer_open(&resolver->retry, on_retry)) < 0 ||
		(r = loop_add(resolver->loop, &resolver->retry.source)) < 0)
		return r;
	return timer_set(&resolver->retry, RETRY_NS, RETRY_NS);
}

static int open_books(struct resolver *resolver)
{
	resolver->capacity = (uint32_t)resolver->config.ring_rows;
	resolver->subjects = calloc(resolver->capacity, sizeof(*resolver->subjects));
	resolver->turns = stats_entry(&resolver->stats, STAT_COUNTER, "turns_total", "");
	resolver->named = stats_entry(&resolver->stats, STAT_GAUGE, "names_known", "");
	resolver->unnamed = stats_entry(&resolver->stats, STAT_GAUGE, "names_unknown", "");
	resolver->dropped = stats_entry(&resolver->stats, STAT_COUNTER, "names_dropped_total", "");
	return resolver->subjects == NULL ? -ENOMEM : 0;
}

static void close_all(struct resolver *resolver)
{
	link_free(resolver->topology);
	link_free(resolver->estimator);
	link_free(resolver->exporter);
	timer_close(&resolver->retry);
	idmap_done(&resolver->by_id);
	free(resolver->subjects);
	loop_free(resolver->loop);
}

int main(int argc, char **argv)
{
	static struct resolver resolver;
	int r;

	log_open("resolver");
	config_from_arguments(&resolver.config, "tanso-resolver", argc, argv);
	resolver.run = clock_now().boot_ns;
	if ((r = ready_init()) < 0 || (r = loop_new(&resolver.loop)) < 0 || (r = open_books(&resolver)) < 0 ||
		(r = open_links(&resolver)) < 0 || (r = sandbox_enter(STAGE_RESOLVER)) < 0) {
		log_error("cannot start: %s", strerror(-r));
		return EXIT_FAILURE;
	}
	ready_notify("names from the runtimes' files");
	r = loop_run(resolver.loop);
	close_all(&resolver);
	return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
