/* The verbs of `tanso`: each takes its own arguments (argv[0] = the verb) and returns the exit status. */
#pragma once

#include <getopt.h>
#include <stdbool.h>
#include <stddef.h>

#define EXIT_UNANSWERED 2 /* usage, unreachable, or the question was refused */

struct tool;

struct verb {
	const char *name, *text, *text_ko;
	int (*run)(int argc, char **argv);
	const char *tool;             /* whose arguments are its options, or NULL */
	const struct option *options; /* of its own, or NULL */
	const char *words;            /* what may stand beside them, by blanks, or NULL */
	const char *without;          /* arguments of the tool that it has no use for, by blanks, or NULL */
};

#define VERBS_MAX 32
/* Ends with a nameless one. */
extern const struct verb verbs[];
/* Those of every verb that asks a tool, beside the tool's arguments. */
extern const struct option question_options[];
extern const struct option assess_options[], check_options[], doctor_options[], mcp_options[],
	models_options[], report_options[], token_options[], train_options[], up_options[], verify_options[];

/* Every long option of a verb: its own, its tool's arguments, those of every question. Returns how many. */
#define VERB_OPTIONS_MAX 64
struct verb_option {
	char name[64];
	bool has_value;
};
size_t verb_options(const struct verb *verb, struct verb_option ret_list[static VERB_OPTIONS_MAX]);
/* NULL if there is none of that name. */
const struct verb *verb_find(const char *name);
/* Is that argument of its tool an option of the verb, too? */
bool verb_takes(const struct verb *verb, const char *argument);
/* The tool or view it asks, or NULL. */
const struct tool *verb_tool(const struct verb *verb);

int verb_up(int argc, char **argv);
int verb_assess(int argc, char **argv);
int verb_top(int argc, char **argv);
int verb_list(int argc, char **argv);
int verb_hotspots(int argc, char **argv);
int verb_summary(int argc, char **argv);
int verb_check(int argc, char **argv);
int verb_regions(int argc, char **argv);
int verb_compare(int argc, char **argv);
int verb_grid(int argc, char **argv);
int verb_schedule(int argc, char **argv);
int verb_report(int argc, char **argv);
int verb_verify(int argc, char **argv);
int verb_doctor(int argc, char **argv);
int verb_models(int argc, char **argv);
int verb_train(int argc, char **argv);
int verb_mcp(int argc, char **argv);
int verb_completion(int argc, char **argv);
int verb_token(int argc, char **argv);
int verb_version(int argc, char **argv);
