/*
 * seccomp, from the table sandbox.def: every system call a stage may make after its last open, each with its reason.
 * Call sandbox_enter() after the last open and before the first foreign byte. Anything not in the table kills the
 * process (SIGSYS), and the supervisor restarts it. With TANSO_SANDBOX=log in the environment of a sanitizer build the
 * call is logged instead (development only).
 */
#pragma once

#include <stddef.h>
#include <stdio.h>

#include "base/stage.h"

/* Sets no_new_privs, drops every capability but those in sandbox.def's CAPABILITY rows, loads the filter on all
 * threads. 0 or -errno. */
int sandbox_enter(enum stage stage);
/* The same for an instance that asks a server of another machine: it may also open TCP sockets (rows FETCHER), and for
 * that keeps no capability at all. */
int sandbox_enter_fetching(enum stage stage);

/* From now on this thread opens no file but for reading, and only in the folders of `paths` (Landlock; nothing happens on a
 * kernel without it, where the filter alone stands). Call it before sandbox_enter(). Threads that run already are not
 * bound: they are nng's, and open none. 0 or -errno. */
int sandbox_limit_reading(const char *const *paths, size_t count);

/* Writes the table for one stage as markdown: docs/security.md is derived from it. */
void sandbox_describe(FILE *out);
