/* The verbs of `tanso`: each takes its own arguments (argv[0] = the verb) and returns the exit status. */
#pragma once

#define EXIT_UNANSWERED 2 /* usage, unreachable, or the question was refused */

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
int verb_version(int argc, char **argv);
