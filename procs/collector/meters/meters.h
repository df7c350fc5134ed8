/*
 * The power meters of this machine: energy by zone in µJ, unwrapped and cumulative since the epoch's birth, over
 * restarts of the collector too. config->meters lists candidates in order of trust; the first that answers is the meter
 * of its main zone (package for CPU meters, psys for the platform's, gpu for NVML), and a zone another one has is left
 * alone. One slot a zone: sockets and GPUs are added up here.
 */
#pragma once

#include "base/config.h"
#include "base/stats.h"
#include "collector/meters/meter.h"
#include "ipc/ring.h"

struct meters;

/* 0, -EINVAL (a name in the list that is none; the reason names it and the valid ones) or another -errno. *ret_meters
 * is set in every case but -ENOMEM, so that the reason can be told. No meter at all is no error: then the model of the
 * estimator answers. */
int meters_open(const struct config *config, bool is_new_epoch, struct meters **ret_meters);
void meters_free(struct meters *meters);

/* One line for people: what was chosen, and why nothing else. */
const char *meters_reason(const struct meters *meters);

/* Fills the meter slots, the meter's name and, where energy of the interval is not fully known, TICK_FLAG_COARSE. A
 * zone that fails is METER_FAILED for 10 s: what it missed comes with the next good reading. After that it is left out,
 * so that the model answers, and its next reading is a new baseline. */
void meters_read(struct meters *meters, struct instant now, struct ring_tick *tick);

/* One of the meters here tells of GPUs. */
bool meters_know_gpus(const struct meters *meters);
/* Each GPU that is there. False: no meter here knows of any. */
bool meters_visit_gpu(struct meters *meters, gpu_visitor *visit, void *context);

void meters_report(const struct meters *meters, struct stats *stats);
