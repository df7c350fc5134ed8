#include "cli/train.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/file.h"

#define LINE_MAX_BYTES 4096
#define STAT_BYTES_MAX (4U << 20) /* a line a CPU, and one number an interrupt */

static volatile sig_atomic_t has_stopped;

struct reading {
	double joules; /* package, since the pipeline's birth */
	double dram_joules;
	uint64_t busy, total; /* ticks of /proc/stat over all CPUs */
	bool is_measured;
};

static void on_interrupt(int number)
{
	(void)number;
	has_stopped = 1;
}

static bool starts(const char *line, const char *name, const char *label)
{
	return strncmp(line, name, strlen(name)) == 0 && line[strlen(name)] == '{' &&
	       strstr(line, label) != NULL;
}

static double value_of(const char *line)
{
	const char *space = strrchr(line, '}');

	return space != NULL ? strtod(space + 1, NULL) : NAN;
}

static int read_metrics(struct client *client, struct reading *reading)
{
	const struct config *config = client_config(client);
	struct client_answer answer;
	char url[CONFIG_TEXT_MAX + 32], line[LINE_MAX_BYTES];

	snprintf(url, sizeof(url), "http%s://%s/metrics", config->metrics_tls ? "s" : "",
		config->metrics_listen);
	int r = client_probe(client, url, &answer);
	if (r < 0 || answer.status != 200)
		return r < 0 ? r : -EIO;
	reading->joules = reading->dram_joules = NAN;
	for (const char *at = answer.body; *at != '\0';) {
		size_t length = strcspn(at, "\n");
		snprintf(line, sizeof(line), "%.*s", (int)(length < sizeof(line) ? length : sizeof(line) - 1),
			at);
		at += length + (at[length] == '\n');
		if (starts(line, "kepler_node_cpu_joules_total", "zone=\"package\""))
			reading->joules = value_of(line);
		else if (starts(line, "kepler_node_cpu_joules_total", "zone=\"dram\""))
			reading->dram_joules = value_of(line);
		else if (starts(line, "tanso_power_state", "state=\"measured\""))
			reading->is_measured = value_of(line) > 0;
	}
	return isnan(reading->joules) ? -ENODATA : 0;
}

/* user nice system idle iowait irq softirq steal; iowait is idle. */
static int read_stat(const struct config *config, struct reading *reading)
{
	uint64_t t[8] = { 0 };
	char path[CONFIG_TEXT_MAX + 8];
	CLEANUP(freep) char *text = malloc(STAT_BYTES_MAX);

	if (text == NULL)
		return -ENOMEM;
	snprintf(path, sizeof(path), "%s/stat", config->procfs_root);
	int size = file_read_text(AT_FDCWD, path, text, STAT_BYTES_MAX);
	if (size < 0)
		return size;
	if (sscanf(text,
		    "cpu %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64
		    " %" SCNu64,
		    &t[0], &t[1], &t[2], &t[3], &t[4], &t[5], &t[6], &t[7]) != 8)
		return -EBADMSG;
	reading->busy = t[0] + t[1] + t[2] + t[5] + t[6];
	reading->total = reading->busy + t[3] + t[4] + t[7];
	return 0;
}

static int take_reading(struct client *client, struct reading *ret_reading)
{
	struct reading reading = { 0 };
	int r = read_metrics(client, &reading);

	if (r == 0)
		r = read_stat(client_config(client), &reading);
	if (r == 0)
		*ret_reading = reading;
	return r;
}

static void add_window(
	struct samples *samples, const struct reading *from, const struct reading *to, double seconds)
{
	double watts = (to->joules - from->joules) / seconds;

	if (!(watts > 0) || to->total <= from->total || to->busy < from->busy ||
		samples->count == SAMPLES_MAX)
		return; /* the pipeline began anew in this window */
	samples->all[samples->count++] = (struct sample) {
		.busy_ppm = round((double)(to->busy - from->busy) / (double)(to->total - from->total) * 1e6),
		.package = watts,
		.dram = (to->dram_joules - from->dram_joules) / seconds,
	};
	fprintf(stderr, "\r%u windows, %.1f W at %.1f %% load   ", samples->count, watts,
		samples->all[samples->count - 1].busy_ppm / 1e4);
}

static double now_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static int watch(struct client *client, double minutes, double window_s, struct samples *samples)
{
	const struct timespec window = { .tv_sec = (time_t)window_s,
		.tv_nsec = (long)((window_s - floor(window_s)) * 1e9) };
	double end_s = now_s() + minutes * 60, from_s = now_s();
	struct reading from, to;
	int r = take_reading(client, &from);

	if (r == 0 && !from.is_measured) {
		fputs("tanso train: this host has no meter (its watts are not measured): there is nothing to "
		      "learn\n",
			stderr);
		return -EINVAL;
	}
	while (r == 0 && !has_stopped && now_s() < end_s) {
		nanosleep(&window, NULL);
		r = take_reading(client, &to);
		double to_s = now_s();
		if (r == 0 && to.is_measured)
			add_window(samples, &from, &to, to_s - from_s);
		from = to;
		from_s = to_s;
	}
	fputc('\n', stderr);
	if (r < 0)
		fprintf(stderr, "tanso train: %s/metrics: %s\n", client_config(client)->metrics_listen,
			strerror(-r));
	return samples->count > 0 ? 0 : r < 0 ? -EINVAL : 0;
}

static void set_host(const struct config *config, struct samples *samples)
{
	struct host host;

	if (host_read(config, &host) < 0)
		return;
	samples->host = host;
	if (host.product[0] == '\0')
		snprintf(samples->host.product, sizeof(samples->host.product), "this-host");
}

int train_watch(struct client *client, double minutes, double window_s, struct samples *ret_samples)
{
	struct samples samples = { .all = calloc(SAMPLES_MAX, sizeof(*samples.all)),
		.source = "tanso train --live",
		.licence = "your own",
		.has_dram = true };
	const struct sigaction stop = { .sa_handler = on_interrupt }, before = { .sa_handler = SIG_DFL };
	struct model_error error;

	if (samples.all == NULL)
		return -ENOMEM;
	set_host(client_config(client), &samples);
	sigaction(SIGINT, &stop, NULL);
	int r = watch(client, minutes, window_s, &samples);
	sigaction(SIGINT, &before, NULL);
	if (r == 0 && (r = samples_finish(&samples, true, "live", &error)) < 0)
		fprintf(stderr, "tanso train: %s\n", error.text);
	if (r < 0)
		samples_done(&samples);
	else
		*ret_samples = samples;
	return r;
}
