/*
 * tanso.conf: one file, "key = value" lines, every key defined once in config.def; unknown keys, wrong types and
 * values out of range are errors that name file, line, key and the allowed range. Three environment variables
 * override the file (the `env` column). A key given on the command line (--set key=value) overrides both.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define CONFIG_TEXT_MAX 512
#define CONFIG_PUE_MAX  10

struct config {
#define TEXT(key, ...)    char key[CONFIG_TEXT_MAX];
#define INTEGER(key, ...) int64_t key;
#define REAL(key, ...)    double key;
#define PUE(key, ...)     double key;
#define BOOLEAN(key, ...) bool key;
#define CHOICE(key, ...)  char key[CONFIG_TEXT_MAX];
#include "base/config.def"
	char path[CONFIG_TEXT_MAX]; /* the file read, "" when none was found */
	bool is_check;              /* --check: nothing is written, and config_end_check() ends it */
};

struct config_error {
	/* one line for people, in_language(): file:line: key: what is wrong, what is allowed */
	char text[1024];
};

/* Defaults of config.def. */
void config_defaults(struct config *config);
/* Sets one key from text. 0, or -EINVAL with `error` filled (without file and line). */
int config_set(struct config *config, const char *key, const char *value, struct config_error *error);
/* Defaults, then the file (path NULL = /etc/tanso/tanso.conf if it exists), then the environment. 0 or -errno. */
int config_load(struct config *config, const char *path, struct config_error *error);
/* Where the Korean data files are: `data_dir`, else the clone this binary was built in, else the installed folder. */
void config_data_dir(const struct config *config, char ret_path[static CONFIG_TEXT_MAX]);
/* Where the power models are, likewise: `models_dir` comes first. */
void config_models_dir(const struct config *config, char ret_path[static CONFIG_TEXT_MAX]);
/* The start of every stage: --config FILE, --set KEY=VALUE, --check, --help, --version. Prints and exits on --help, --version
 * and on errors (status 2); so call it first. */
void config_from_arguments(struct config *config, const char *program, int argc, char **argv);
/* Exits with success where only a check was asked for. In a stage's start, behind what reads files and values, and before
 * what others would notice. 0. */
int config_end_check(const struct config *config);
/* Writes every key with default, range, unit and text, as a commented tanso.conf, as markdown or as tanso.conf(5). */
enum config_format { CONFIG_FORMAT_FILE, CONFIG_FORMAT_MARKDOWN, CONFIG_FORMAT_MAN };
void config_describe(FILE *out, enum config_format format);
