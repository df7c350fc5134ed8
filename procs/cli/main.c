#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "cli/verbs.h"

static const struct verb {
	const char *name, *text;
	int (*run)(int argc, char **argv);
} verbs[] = {
	{ "up", "start the pipeline in the foreground and print a first assessment", verb_up },
	{ "assess", "say whether a workload meets the Korean carbon and PUE benchmarks", verb_assess },
	{ "top", "list the workloads that draw the most power", verb_top },
	{ "list", "list all workloads by compliance, the failing ones first", verb_list },
	{ "hotspots", "list what draws more than a threshold, and what would lower it", verb_hotspots },
	{ "summary", "sum up power, energy, emissions and money of this node or a namespace", verb_summary },
	{ "check", "fail a pipeline when a workload is not compliant; writes JUnit XML", verb_check },
	{ "compare", "work out what another hour, request, region or PUE would bring", verb_compare },
	{ "regions", "compare the carbon of cloud regions with this one", verb_regions },
	{ "grid", "show the grid's carbon intensity now and for 24 hours, and where it comes from",
		verb_grid },
	{ "schedule", "find the time at which a job meets the cleanest grid or the cheapest hours",
		verb_schedule },
	{ "report", "write energy, emissions and PUE of a period as CSV, JSON or a page to print",
		verb_report },
	{ "verify", "follow the hash chain of the ledger, or of an exported bundle", verb_verify },
	{ "doctor", "say what is measured, modelled and missing on this host", verb_doctor },
	{ "models", "list the power models, which fit this machine and how wrong they are", verb_models },
	{ "train", "fit a power model to measured samples, and say how wrong it is", verb_train },
	{ "mcp", "speak the Model Context Protocol on standard input and output", verb_mcp },
	{ "version", "show the version", verb_version },
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
	for (size_t i = 0; i < ARRAY_SIZE(verbs); i++)
		fprintf(out, "  %-9s %s\n", verbs[i].name, verbs[i].text);
	fputs("\n`tanso VERB --help` tells more.\n", out);
}

int main(int argc, char **argv)
{
	const char *name = argc >= 2 ? argv[1] : "";

	for (size_t i = 0; i < ARRAY_SIZE(verbs); i++)
		if (strcmp(verbs[i].name, name) == 0)
			return verbs[i].run(argc - 1, argv + 1);
	if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0 || strcmp(name, "help") == 0) {
		print_help(stdout);
		return EXIT_SUCCESS;
	}
	if (strcmp(name, "--version") == 0)
		return verb_version(argc, argv);
	if (name[0] != '\0')
		fprintf(stderr, "tanso: there is no verb '%s'\n\n", name);
	print_help(stderr);
	return EXIT_UNANSWERED;
}
