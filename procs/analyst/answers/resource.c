/* compliance_standard, carbon_intensity, workload_metrics: what the MCP resources say */
#include <errno.h>
#include <string.h>

#include "analyst/answers/answer.h"
#include "analyst/schedule/plan.h"
#include "base/clock.h"
#include "base/kst.h"

#define HOURS 24

int standard_answer(struct question *question, struct json_writer *w, struct error_object *error)
{
	const struct standard *standard = question->standard;

	(void)error;
	json_write_text(w, "code", standard->code);
	json_write_text(w, "name_ko", standard->name[1]);
	json_write_text(w, "name_en", standard->name[0]);
	json_write_text(w, "metric", standard->is_pue ? "pue" : "carbon_intensity");
	json_write_number(w, "target", standard->target);
	json_write_text(w, "unit", standard->is_pue ? "ratio" : "gCO2eq/kWh");
	if (!standard->is_pue) {
		json_write_number(w, "pue_ref", standard->pue_ref);
		json_write_text(w, "factor", grid_factor_name(standard->factor));
	}
	if (standard->companion[0] != '\0')
		json_write_text(w, "companion", standard->companion);
	json_write_text(w, "legal_status", standard->legal_status);
	json_write_text(w, "disclaimer", standard->disclaimer[question->is_korean]);
	if (standard->vintage[0] != '\0')
		json_write_text(w, "vintage", standard->vintage);
	json_write_text(w, "origin", standard->origin);
	if (standard->applies_from[0] != '\0')
		json_write_text(w, "applies_from", standard->applies_from);
	write_data_version(w, question->knowledge->data);
	return 0;
}

/* carbon_intensity */

static void write_annual(struct json_writer *w, const struct question *q)
{
	const struct data *data = q->knowledge->data;

	json_open_array(w, "annual");
	for (size_t i = 0; i < data->annual_count; i++) {
		const struct annual *annual = &data->annuals[i];
		bool is_here = annual->region[0] != '\0' ? strcmp(annual->region, q->region->code) == 0
							 : strcmp(annual->zone, q->region->zone) == 0;
		if (!is_here || annual->factor != q->grid.factor)
			continue;
		json_open_object(w, NULL);
		if (annual->year > 0)
			json_write_integer(w, "year", annual->year);
		json_write_number(w, "value", annual->value);
		json_write_text(w, "source", annual->source[0]);
		json_close_object(w);
	}
	json_close_array(w);
	if (q->region->marginal <= 0)
		return;
	json_open_object(w, "marginal");
	json_write_number(w, "value", q->region->marginal);
	json_write_integer(w, "vintage", q->region->marginal_year);
	json_close_object(w);
}

/* The hour that runs began before the plan does: of it, all that is known counts. */
static void write_hour(struct json_writer *w, const struct schedule_plan *plan, int64_t hour)
{
	const struct grid_choice *choice = &plan->question->grid;
	const struct grid_stretch stretch = grid_look(&choice->grid, hour, HOUR_SECONDS);
	int64_t from = hour, to = hour + HOUR_SECONDS;
	bool is_running = hour < plan->job.earliest,
	     is_invented = !is_running && signal_invented(&plan->carbon, from, to) > 0;

	json_open_object(w, NULL);
	write_time(w, "start", hour);
	json_write_number(w, "intensity", is_running ? stretch.known : signal_mean(&plan->carbon, from, to));
	json_write_text(w, "quality", is_invented ? "interpolated" : grid_choice_quality(choice, &stretch));
	json_close_object(w);
}

static void write_hourly(struct json_writer *w, const struct schedule_plan *plan, int64_t hour)
{
	json_open_array(w, "hourly");
	for (int i = 0; i < HOURS; i++)
		write_hour(w, plan, hour + i * HOUR_SECONDS);
	json_close_array(w);
}

static int write_best(struct json_writer *w, const struct schedule_plan *plan)
{
	struct schedule s;
	int r = schedule_search(&plan->job, &plan->carbon, &s);

	if (r < 0)
		return r == -ENOENT ? 0 : r;
	json_open_object(w, "best_4h");
	write_time(w, "start", s.best.start);
	write_time(w, "end", s.best.start + plan->job.duration);
	json_write_number(w, "intensity", s.best.mean);
	json_close_object(w);
	return 0;
}

static void write_region(
	struct json_writer *w, const struct question *q, int64_t hour, const struct grid_stretch *now)
{
	json_write_text(w, "region", q->region->code);
	json_write_text(w, "region_name", q->region->name[q->is_korean]);
	json_write_text(w, "zone", q->region->zone);
	json_write_number(w, "current_intensity_gCO2eq_kWh", now->known);
	json_write_text(w, "factor", grid_factor_name(q->grid.factor));
	write_time(w, "at", hour);
	json_write_text(w, "quality", grid_choice_quality(&q->grid, now));
}

int intensity_answer(struct question *question, struct json_writer *writer, struct error_object *error)
{
	int64_t now = question_now(question);
	int64_t hour = now / HOUR_SECONDS * HOUR_SECONDS;
	struct schedule_plan plan;
	int r;

	r = schedule_plan_read(question, &plan, error); /* of four hours, as is the default */
	if (r == 0) {
		const struct grid_stretch current = grid_look(&question->grid.grid, hour, HOUR_SECONDS);
		bool has_day = plan.has_hours && signal_missing(&plan.carbon, plan.job.earliest,
							 hour + HOURS * HOUR_SECONDS) == 0;
		if (!plan.has_hours && current.covered <= 0)
			question_use_annual(question);
		write_region(writer, question, hour, &current);
		write_annual(writer, question);
		if (has_day) {
			write_hourly(writer, &plan, hour);
			r = write_best(writer, &plan);
		}
		write_night_check(writer, &plan);
		if (question->region->pue > 0) {
			json_write_number(writer, "pue", question->region->pue);
			write_pue_vintage(writer, "pue_vintage", question->region);
		}
		schedule_plan_tell_quality(&plan);
		write_grid_provenance(writer, question, plan.has_hours ? plan.coverage : current.covered);
	}
	schedule_plan_done(&plan);
	return r;
}

/* workload_metrics */

/* Since the analyst began; absent for what it has not seen itself, such as what ended before. */
static void write_joules(struct json_writer *w, const char *key, const struct question *q,
	const struct assessment *a, enum part part)
{
	uint64_t total_uj = 0;
	bool is_known = false;

	for (size_t i = 0; i < a->subject.count; i++) {
		const struct book_workload *workload = book_find(q->knowledge->book, a->subject.workloads[i]);
		if (workload == NULL)
			continue;
		is_known = true;
		total_uj += workload->cumulative_uj[part];
	}
	if (is_known)
		json_write_number(w, key, (double)total_uj / 1e6);
}

static void write_metrics(struct json_writer *w, const struct question *q, const struct assessment *a)
{
	bool has_gpu = (q->knowledge->book->last.zone_mask & 1u << ZONE_GPU) != 0;

	json_open_object(w, "metrics");
	if (a->has_watts && a->verdict.is_power_usable) {
		json_write_number(w, "cpu_watts", a->watts[PART_CPU]);
		json_write_number(w, "memory_watts", a->watts[PART_MEMORY]);
		if (has_gpu)
			json_write_number(w, "gpu_watts", a->watts[PART_GPU]);
		json_write_number(w, "total_watts", assessment_watts(a));
	}
	write_joules(w, "cpu_joules_total", q, a, PART_CPU);
	write_joules(w, "memory_joules_total", q, a, PART_MEMORY);
	json_close_object(w);
}

/* workload-metrics://{namespace}/{pod_name} asks for a pod: of several that go by the name, it is the one that is a pod. */
static int gather_pod(struct question *question, struct assessment *a, struct error_object *error)
{
	struct question of_pods = *question;
	struct error_object ignored = { 0 };
	int r = assessment_gather(question, a, error);

	if (r != -EINVAL || error->code != ERROR_AMBIGUOUS_WORKLOAD)
		return r;
	of_pods.workload_kind = workload_kind_name(WORKLOAD_POD);
	assessment_done(a);
	r = assessment_gather(&of_pods, a, &ignored);
	question->reasons = of_pods.reasons;
	return r;
}

static void write_pod(struct json_writer *w, const struct question *question, const struct assessment *a)
{
	const struct book *book = question->knowledge->book;

	json_write_text(w, "namespace", a->subject.namespace);
	json_write_text(w, "pod", a->subject.name);
	json_write_text(w, "kind", a->subject.kind);
	json_write_text(w, "state", a->has_watts ? "running" : "ended");
	write_metrics(w, question, a);
	json_write_text(w, "status", status_name(a->verdict.compliance.status));
	json_write_text(w, "power_source", book->source);
	if (book->last.error_ppm > 0)
		json_write_number(w, "model_error_percent", book->last.error_ppm / 1e4);
	write_time(w, "sampled_at", (int64_t)(book->last.real_ns / NS_PER_SECOND));
	json_write_number(
		w, "metrics_age_s", (double)(question->knowledge->age_ns / NS_PER_MILLISECOND) / 1000);
	json_write_text(w, "collection_method", collection_method(question->knowledge));
	write_reasons(w, &question->reasons);
}

int metrics_answer(struct question *question, struct json_writer *w, struct error_object *error)
{
	struct assessment a;
	int r = gather_pod(question, &a, error);

	if (r == 0)
		write_pod(w, question, &a);
	assessment_done(&a);
	return r;
}
