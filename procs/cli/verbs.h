/* The verbs of `tanso`: each takes its own arguments (argv[0] = the verb) and returns the exit status. */
#pragma once

int verb_up(int argc, char **argv);
