/* What would lower a workload's emissions, computed. Today: a better PUE. */
#pragma once

#include "analyst/question.h"
#include "ipc/json_write.h"

/* Writes the objects of optimizations[] into the open array; kg_month is shown only where the power is usable. */
void write_improvements(struct json_writer *writer, const struct question *question, enum status pue_status,
	bool is_power_usable, double kg_month);
/* What all of them save together [kg a month]. */
double improvement_kg_month(const struct question *question, enum status pue_status, double kg_month);
