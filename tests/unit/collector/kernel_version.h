/* The one reason to skip a test of eBPF: Linux is older than what it tests, see docs/operations.md. */
#pragma once

#include <stdbool.h>
#include <sys/utsname.h>

#include "tests/unit/unit.h"

static inline bool kernel_is_before(unsigned major, unsigned minor)
{
	struct utsname name;
	unsigned has_major, has_minor;

	assert_int_equal(uname(&name), 0);
	assert_int_equal(sscanf(name.release, "%u.%u", &has_major, &has_minor), 2);
	return has_major != major ? has_major < major : has_minor < minor;
}
