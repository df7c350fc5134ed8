#include "analyst/places.h"

#include <libgen.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/log.h"

static void add(struct places *places, enum landlock_use use, const char *folder, const char *below)
{
	struct landlock_place *place = &places->all[places->count++];

	place->use = use;
	snprintf(place->path, sizeof(place->path), "%s%s", folder, below);
}

static const char *folder_of(const char *file, char ret_folder[static CONFIG_TEXT_MAX])
{
	snprintf(ret_folder, CONFIG_TEXT_MAX, "%s", file);
	return dirname(ret_folder);
}

int places_enter(struct places *places, const struct config *config, const char *data_folder)
{
	char folder[CONFIG_TEXT_MAX];

	mkdir(config->runtime_dir, 0755); /* a failure shows when the links listen */
	add(places, LANDLOCK_SOCKETS, config->runtime_dir, "");
	/* its files are open; removed when it closes */
	add(places, LANDLOCK_SOCKETS, config->state_dir, "/analyst");
	add(places, LANDLOCK_READ, data_folder, "");
	if (config->demo_data_dir[0] != '\0')
		add(places, LANDLOCK_READ, config->demo_data_dir, "");
	if (config->grid_file[0] != '\0') /* its folder: who swaps a file leaves another one */
		add(places, LANDLOCK_READ, folder_of(config->grid_file, folder), "");
	int r = landlock_confine(places->all, &places->count, NULL, 0);
	if (r == LANDLOCK_ABSENT)
		log_warning(LANDLOCK_ABSENT_TEXT);
	return r;
}

bool places_have_moved(const struct places *places)
{
	const struct landlock_place *moved = landlock_find_moved(places->all, places->count);

	if (moved != NULL)
		log_info("%s is another folder now: restarting to reach it", moved->path);
	return moved != NULL;
}
