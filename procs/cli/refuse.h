/* What a verb says of arguments it cannot take: one line on stderr, in the language chosen; all return -EINVAL. */
#pragma once

/* "tanso VERB: TEXT; see tanso VERB --help" */
int refuse_usage(const char *verb, const char *text);
/* The same of the option that getopt_long() refused, with the nearest there is; main() has silenced getopt's own words. */
int refuse_option(const char *verb, char **argv);
/* The same of what stands beside the options. */
int refuse_rest(const char *verb);

/* Values that several verbs take: 0, or -EINVAL after saying what is wanted. */
int take_language(const char *verb, const char *value); /* chosen, too */
int take_pue(const char *verb, const char *option, const char *value);
