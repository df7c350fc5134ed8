/*
 * The data files of the demo that tanso's names come from (github.com/mgonzalezo/Open-source-Summit-Korea-2025), as its
 * ConfigMap holds them: regions.json, carbon-intensity.json, regulations.json. What they say is the operator's own: it goes
 * before the data files, is marked "unverified", and nowhere is a source, year or legal status claimed for it.
 *   {"regions": {CODE: {region_name, country, average_gco2_kwh}}}        gCO2eq/kWh of a region, a new one too
 *   {region, average_gCO2eq_kWh, hourly_profile[24 × {hour, intensity}]} the same of one; its day counts only if accepted
 *   {korea_carbon_neutrality{code, name, name_local, grid_carbon_intensity_gco2_kwh},
 *    korea_pue_standard{code, name, name_local, target_pue}}            targets
 */
#pragma once

#include "korea/data.h"

#define DEMO_PROFILE "operator_day" /* name of its day among the profiles */

/* Those of the three that are in the folder, at least one. 0, or -errno with `error` filled; `data` is then half changed. */
int demo_lay_over(struct data *data, const char *folder, bool accepts_profile, struct data_error *error);
/* One of them, by its shape; `file` is for messages and sources. */
int demo_read(struct data *data, const char *file, const char *text, size_t size, bool accepts_profile,
	struct data_error *error);
/* Name of the i-th file that demo_lay_over() looks for, NULL beyond the last. */
const char *demo_file(size_t i);
