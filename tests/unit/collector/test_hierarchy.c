/* The hierarchies of this machine under a root of our own: links that a test puts there, as it needs them. */
#include "collector/hierarchy.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/unit.h"

#define MOUNTS "/sys/fs/cgroup"

static struct config config;
static struct hierarchy hierarchy;
static char v1[64], v2[64]; /* groups of ours in the two hierarchies */

static void folder(const char *parent, const char *name, bool is_there)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", parent, name);
	if ((is_there ? mkdir(path, 0755) : rmdir(path)) < 0)
		fail_msg("%s: %m", path);
}

static void link_to(const char *group, const char *name)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", config.cgroup_root, name);
	assert_int_equal(symlink(group, path), 0);
}

/* Both hierarchies side by side, or a skip. */
static void make_hybrid(void)
{
	snprintf(v1, sizeof(v1), MOUNTS "/cpuacct/tanso-hierarchy-%d", getpid());
	snprintf(v2, sizeof(v2), MOUNTS "/unified/tanso-hierarchy-%d", getpid());
	if (mkdir(v1, 0755) < 0)
		v1[0] = '\0';
	if (mkdir(v2, 0755) < 0)
		v2[0] = '\0';
	if (v1[0] == '\0' || v2[0] == '\0')
		skip();
	link_to(v1, "cpuacct");
	link_to(v2, "unified");
}

static void in_a_hybrid_layout_containers_that_stand_in_v1_alone_decide(void **state)
{
	(void)state;
	make_hybrid();
	assert_int_equal(hierarchy_find(&config, &hierarchy), 0);
	assert_false(hierarchy.is_v1);
	folder(v1, "kubepods", true);
	assert_int_equal(hierarchy_find(&config, &hierarchy), 0);
	assert_true(hierarchy.is_v1);
	folder(v2, "kubepods", true); /* in both: systemd's driver */
	assert_int_equal(hierarchy_find(&config, &hierarchy), 0);
	assert_false(hierarchy.is_v1);
	folder(v2, "kubepods", false);
	snprintf(config.cgroup_hierarchy, sizeof(config.cgroup_hierarchy), "v2"); /* asked for */
	assert_int_equal(hierarchy_find(&config, &hierarchy), 0);
	assert_false(hierarchy.is_v1);
	assert_null(hierarchy_is_outgrown(&hierarchy));
	folder(v1, "kubepods", false);
}

static void the_first_container_in_v1_alone_is_noticed_when_it_stays(void **state)
{
	(void)state;
	make_hybrid();
	assert_int_equal(hierarchy_find(&config, &hierarchy), 0);
	assert_null(hierarchy_is_outgrown(&hierarchy));
	folder(v1, "docker", true);
	assert_null(hierarchy_is_outgrown(&hierarchy));
	folder(v2, "docker", true); /* a runtime makes one after the other */
	assert_null(hierarchy_is_outgrown(&hierarchy));
	folder(v2, "docker", false);
	assert_null(hierarchy_is_outgrown(&hierarchy));
	assert_null(hierarchy_is_outgrown(&hierarchy));
	assert_string_equal(hierarchy_is_outgrown(&hierarchy), "docker");
	folder(v1, "docker", false);
	assert_null(hierarchy_is_outgrown(&hierarchy));
}

static void one_hierarchy_alone_is_that_one(void **state)
{
	(void)state;
	make_hybrid();
	folder(v1, "docker", true);
	config_defaults(&config);
	snprintf(config.cgroup_root, sizeof(config.cgroup_root), "/nonexistent");
	assert_int_equal(hierarchy_find(&config, &hierarchy), -ENOENT);
	snprintf(config.cgroup_root, sizeof(config.cgroup_root), "%s", v2);
	assert_int_equal(hierarchy_find(&config, &hierarchy), 0);
	assert_false(hierarchy.is_v1);
	assert_null(hierarchy_is_outgrown(&hierarchy));
	folder(v1, "docker", false);
}

static char root[32];

static int set_up(void **state)
{
	(void)state;
	snprintf(root, sizeof(root), "/tmp/tanso-hierarchy-XXXXXX");
	config_defaults(&config);
	if (mkdtemp(root) == NULL)
		return -1;
	snprintf(config.cgroup_root, sizeof(config.cgroup_root), "%s", root);
	return 0;
}

static int tear_down(void **state)
{
	char command[PATH_MAX];

	(void)state;
	if (v1[0] != '\0')
		rmdir(v1);
	if (v2[0] != '\0')
		rmdir(v2);
	snprintf(command, sizeof(command), "rm -rf %s", root);
	return system(command);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			in_a_hybrid_layout_containers_that_stand_in_v1_alone_decide, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			the_first_container_in_v1_alone_is_noticed_when_it_stays, set_up, tear_down),
		cmocka_unit_test_setup_teardown(one_hierarchy_alone_is_that_one, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
