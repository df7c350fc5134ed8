/*
 * Kubernetes quantities ("250m", "1.5", "128Mi", "1e3"; k8s.io/apimachinery/pkg/api/resource/quantity.go), exactly:
 * no floating point. What is finer than the unit asked for is rounded up, as Kubernetes does.
 */
#pragma once

#include <stdint.h>

/* The quantity in units of 10^-decimals (3 = thousandths, for CPUs; 0 for bytes). -EINVAL: no quantity, or negative;
 * -ERANGE: more than 19 digits that count, or more than UINT64_MAX. */
int quantity_parse(const char *text, int decimals, uint64_t *ret_value);
