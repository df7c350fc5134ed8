#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/nearest.h"
#include "cli/verbs.h"

const struct verb verbs[] = {
	{ "up", "start the pipeline in the foreground and print a first assessment", verb_up,
		.options = up_options },
	{ "assess", "say whether a workload meets the Korean carbon and PUE benchmarks", verb_assess,
		.tool = "assess_workload_compliance", .options = assess_options },
	{ "top", "list the workloads that draw the most power", verb_top,
		.tool = "list_top_power_consumers" },
	{ "list", "list all workloads by compliance, the failing ones first", verb_list,
		.tool = "list_workloads_by_compliance" },
	{ "hotspots", "list what draws more than a threshold, and what would lower it", verb_hotspots,
		.tool = "identify_power_hotspots" },
	{ "summary", "sum up power, energy, emissions and money of this node or a namespace", verb_summary,
		.tool = "get_power_consumption_summary" },
	{ "check", "fail a pipeline when a workload is not compliant; writes JUnit XML", verb_check,
		.tool = "list_workloads_by_compliance", .options = check_options },
	{ "compare", "work out what another hour, request, region or PUE would bring", verb_compare,
		.tool = "compare_optimization_impact" },
	{ "regions", "compare the carbon of cloud regions with this one", verb_regions,
		.tool = "get_regional_comparison" },
	{ "grid", "show the grid's carbon intensity now and for 24 hours, and where it comes from", verb_grid,
		.tool = "grid_data" },
	{ "schedule", "find the time at which a job meets the cleanest grid or the cheapest hours",
		verb_schedule, .tool = "calculate_optimal_schedule" },
	{ "report", "write energy, emissions and PUE of a period as CSV, JSON or a page to print",
		verb_report, .options = report_options, .words = "energy-use emissions green-dc audit" },
	{ "verify", "follow the hash chain of the ledger, or of an exported bundle", verb_verify,
		.options = verify_options },
	{ "doctor", "say what is measured, modelled and missing on this host", verb_doctor,
		.options = doctor_options },
	{ "models", "list the power models, which fit this machine and how wrong they are", verb_models,
		.options = models_options },
	{ "train", "fit a power model to measured samples, and say how wrong it is", verb_train,
		.options = train_options },
	{ "mcp", "speak the Model Context Protocol on standard input and output", verb_mcp,
		.options = mcp_options },
	{ "token", "make a bearer token for http_listen, and the line that lets it in", verb_token,
		.options = token_options },
	{ "completion", "print the completion of this command line for a shell", verb_completion,
		.words = "bash" },
	{ "version", "show the version", verb_version, .tool = NULL },
	{ .name = NULL },
};

int verb_version(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	puts("tanso " TANSO_VERSION);
	return EXIT_SUCCESS;
}

static void print_help(FILE *out)
{
	fputs("Usage: tanso VERB [OPTION]...\n\n"
	      "How many watts does every workload of this host draw, and does it meet the Korean carbon\n"
	      "and PUE benchmarks?\n\n",
		out);
	for (const struct verb *verb = verbs; verb->name != NULL; verb++)
		fprintf(out, "  %-10s %s\n", verb->name, verb->text);
	fputs("\n`tanso VERB --help` tells more.\n", out);
}

static int refuse(const char *name)
{
	const char *names[ARRAY_SIZE(verbs)];
	size_t count = 0;

	for (const struct verb *verb = verbs; verb->name != NULL; verb++)
		names[count++] = verb->name;
	int nearest = nearest_name(name, names, count);
	fprintf(stderr, "tanso: there is no verb '%s'", name);
	if (nearest >= 0)
		fprintf(stderr, "; did you mean '%s'?\n", names[nearest]);
	else
		fputs("; see tanso --help\n", stderr);
	return EXIT_UNANSWERED;
}

int main(int argc, char **argv)
{
	const char *name = argc >= 2 ? argv[1] : "";

	for (const struct verb *verb = verbs; verb->name != NULL; verb++)
		if (strcmp(verb->name, name) == 0)
			return verb->run(argc - 1, argv + 1);
	if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0 || strcmp(name, "help") == 0) {
		print_help(stdout);
		return EXIT_SUCCESS;
	}
	if (strcmp(name, "--version") == 0)
		return verb_version(argc, argv);
	if (name[0] != '\0')
		return refuse(name);
	print_help(stderr);
	return EXIT_UNANSWERED;
}
