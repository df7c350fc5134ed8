/*
 * How much CPU and memory a workload should request, from what it used: the rules of the Kubernetes Vertical Pod Autoscaler's
 * recommender (kubernetes/autoscaler, vertical-pod-autoscaler/docs/flags.md), and what a smaller request does to its
 * power. Pure.
 */
#pragma once

#include <stddef.h>

#define RIGHTSIZE_MARGIN          1.15 /* over the 90th percentile */
#define RIGHTSIZE_HALF_LIFE_HOURS 24.0 /* how fast a sample loses weight */

struct load_sample {
	double amount, weight; /* cores, or MiB */
};

/* By amount, as load_percentile() wants them. */
void load_sort(struct load_sample *samples, size_t count);
/* The least value of sorted samples that at least `share` (0 … 1) of the weight does not exceed; 0 for none. */
double load_percentile(const struct load_sample *samples, size_t count, double share);
/* The weight of a sample that old, 1 for a new one. */
double load_weight(double age_hours);
/* Cores to request for a 90th percentile: with the margin, at least 0.025, rounded up to 0.025, from one core on to 0.1. */
double rightsize_target_cores(double p90);
/* MiB to request for a 90th percentile of the peaks of 24 hours: with the margin, at least 250, whole. */
double rightsize_target_mib(double p90);
/* The bounds a recommender with that many days of history is sure of: factors of the median and of the 95th percentile. */
double rightsize_lower_factor(double days);
double rightsize_upper_factor(double days);
/* Memory to request after the workload was killed for want of it [MiB]. */
double rightsize_after_oom_mib(double peak_mib);
/* Watts when the request goes from `from` to `to`: only the share of idle power follows it. */
double rightsize_watts(double dynamic_watts, double idle_share_watts, double from, double to);
/* Whole nodes that `freed` cores let one switch off: only that saves their idle power in fact. */
double rightsize_nodes_freed(double freed_cores, double allocatable_cores);
