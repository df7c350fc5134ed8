/*
 * A tool asked from the command line: its options are the tool's arguments of ipc/tools.def (--workload-name …), so
 * that help, checks and meaning are the server's own. Used by the verbs that ask one tool.
 */
#pragma once

#include "cli/client/client.h"
#include "ipc/tools.h"

#define QUESTION_ARGUMENTS_MAX 32

struct question {
	const char *verb;
	const struct tool *tool;
	const char *positional; /* the argument that stands without an option, or NULL */
	const char *
		values[QUESTION_ARGUMENTS_MAX]; /* as typed, by the tool's argument order; NULL = not given */
	const char *lang;                       /* "en" or "ko" */
	bool is_json, is_top;
	int wait_s; /* how long to go on while there is no answer yet */
	struct client_place place;
};

#define QUESTION_NAME_SIZE 64
/* An argument as an option: sort_by -> sort-by. */
void question_option_name(const struct tool_argument *argument, char name[static QUESTION_NAME_SIZE]);

/* What verbs that only ask say of their exit status: the end of their help. */
const char *question_exit(void);
/* The same of those that ask about many workloads. */
const char *question_exit_of_many(void);

/* Reads the arguments of `verb`; the positional one, if `positional` is not NULL, is that argument of the tool.
 * `extra` stands at the end of the help, in its language; NULL: what verbs that only ask say of their exit status. 0 go on; 1 help was printed; -EINVAL after saying why. */
int question_parse(struct question *question, const char *verb, const char *tool, const char *positional,
	const char *extra, int argc, char **argv);
/* The value typed for an argument, or NULL. */
const char *question_value(const struct question *question, const char *argument);
void question_set(struct question *question, const char *argument, const char *value);

/* Asks, and again while nobody is there or the answer is 503, until wait_s are over. 0 with status 200; else -EINVAL
 * after saying why on stderr: message, hint, candidates. */
int question_ask(const struct question *question, struct client *client, struct client_answer *ret_answer);

/* A verb that asks one tool and prints its answer: parses, asks, prints the body as it is with --json, else through
 * print(). Returns the exit status: an answer about workloads, of which there are none, or without some
 * of what was asked for by name, is no success. */
typedef void question_print_fn(struct json_object *root, bool is_korean);
int question_run(const char *verb, const char *tool, const char *positional, const char *extra,
	question_print_fn *print, int argc, char **argv);
