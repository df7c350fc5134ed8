/*
 * seccomp, from the table sandbox.def: every system call a stage may make after its last open, each with its reason.
 * Call sandbox_enter() after the last open and before the first foreign byte. Anything not in the table kills the
 * process (SIGSYS), and the supervisor restarts it. With TANSO_SANDBOX=log in the environment of a sanitizer build the
 * call is logged instead (development only).
 */
#pragma once

#include <stdio.h>

#include "base/stage.h"

/* Sets no_new_privs, drops every capability but those in sandbox.def's CAPABILITY rows, loads the filter on all
 * threads. 0 or -errno. */
int sandbox_enter(enum stage stage);
/* The same for an instance that asks a server of another machine: it may also open TCP sockets (rows FETCHER), and for
 * that keeps no capability at all. */
int sandbox_enter_fetching(enum stage stage);

/* For a child that runs a library whose system calls are not ours to list: no capability, no new privileges, and the
 * calls by which one process harms another fail with EPERM. Closes every descriptor but `fd`, and ends with its parent.
 * 0 or -errno. */
int sandbox_enter_foreign(int fd);

/* Writes the tables of all stages as markdown: docs/security.md ends with them. */
void sandbox_describe(FILE *out);
