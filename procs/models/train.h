/*
 * From samples to a model file and its errors. Folds are drawn once, from a fixed seed over sorted rows: the same samples give the
 * same file, byte by byte. Every error is of rows (or a host) that the fit had not seen.
 */
#pragma once

#include <stdio.h>

#include "models/samples.h"

#define TRAIN_FOLDS     5
#define TRAIN_HOSTS_MAX 32

/* What is known of a host that no model has seen. */
enum known_watts { KNOWN_OWN, KNOWN_GENERATION, KNOWN_NOTHING, KNOWN_COUNT };

/* Fits what the samples allow: with counters, without. 0 or -errno. */
int train_host(const struct samples *samples, struct model_file *ret_file);
/*
 * The package error, 5-fold, where windows of about the same load are all in one fold: what a load that was not recorded costs.
 * 0 or -errno.
 */
int train_blocked(const struct samples *samples, bool has_counters, struct fit_error *ret_error);
/* Writes it as model_file_parse() reads it. */
void train_write(FILE *out, const struct model_file *file);

/* The general curve (share of dynamic power over load, both in ppm) of all hosts but `skip` (-1: of all). 0 or -errno. */
int train_shape(const struct samples *hosts, size_t count, int skip, struct curve *ret_curve);
/* Writes it as curve.def holds it. */
void train_write_shape(FILE *out, const struct samples *hosts, size_t count, const struct curve *curve);
/* Leave one host out: the others' curve on hosts[which]. 0 or -errno. */
int train_leave_out(const struct samples *hosts, size_t count, size_t which, enum known_watts known,
	struct fit_error *ret_error);
/* A model on another host's samples. */
int train_transfer(const struct model_file *file, const struct samples *samples, struct fit_error *ret_error);
