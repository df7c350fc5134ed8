/*
 * Power and energy sensors of the hwmon class (Documentation/hwmon/sysfs-interface.rst), by the table of known chips in
 * hwmon.def. Serves three names of `meters`: hwmon, xgene, acpi.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "collector/meters/meter.h"

#define SENSORS_MAX  32
#define CHANNEL_MAX  1024
#define FOLDER_SIZE  64
#define LABEL_SIZE   40
#define PATH_SIZE    (CONFIG_TEXT_MAX + 320)
#define HWMON_FOLDER "class/hwmon"

enum quantity { ENERGY, AVERAGE, POWER, RAIL };

static const struct {
	const char *prefix, *suffix; /* of the file that is looked for */
} files[] = {
	[ENERGY] = { "energy", "_input" },
	[AVERAGE] = { "power", "_average" },
	[POWER] = { "power", "_input" },
	[RAIL] = { "in", "_input" },
};

static const struct row {
	const char *meter, *chip;
	enum quantity quantity;
	const char *label;
	enum zone zone;
} rows[] = {
#define SENSOR(meter, chip, quantity, label, zone, source) { #meter, chip, quantity, label, ZONE_##zone },
#include "collector/meters/hwmon.def"
};

struct sensor {
	struct tally *tally;
	enum quantity quantity;
	char path[PATH_SIZE], current_path[PATH_SIZE]; /* the second of a rail only */
};

struct hwmon_meter {
	struct meter meter;
	const struct config *config;
	const char *name;
	struct sensor sensors[SENSORS_MAX];
	uint32_t count;
	uint32_t unnamed_platforms; /* sensors of psys that do not say what they measure */
	bool wants_scan;
	uint64_t scanned_ns;
};

/* One channel of one chip, as the scan finds it. */
struct channel {
	char folder[FOLDER_SIZE]; /* below sysfs_root */
	char chip[LABEL_SIZE], label[LABEL_SIZE];
	uint32_t ordinal; /* of chips with this name: sockets */
	enum quantity quantity;
	unsigned index;
};

static const struct row *find_row(const struct channel *channel)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (rows[i].quantity == channel->quantity && strcmp(rows[i].chip, channel->chip) == 0 &&
			fnmatch(rows[i].label, channel->label, 0) == 0)
			return &rows[i];
	return NULL;
}

static int read_in(const struct hwmon_meter *hwmon, const struct channel *channel, const char *prefix,
	const char *suffix, char *text, size_t size)
{
	char path[PATH_SIZE];

	snprintf(path, sizeof(path), "%s/%s/%s%u%s", hwmon->config->sysfs_root, channel->folder, prefix,
		channel->index, suffix);
	return file_read_text(AT_FDCWD, path, text, size);
}

static void read_label(const struct hwmon_meter *hwmon, struct channel *channel)
{
	const char *prefix = files[channel->quantity].prefix;

	if (read_in(hwmon, channel, prefix, "_label", channel->label, sizeof(channel->label)) < 0 &&
		read_in(hwmon, channel, prefix, "_oem_info", channel->label, sizeof(channel->label)) < 0)
		channel->label[0] = '\0';
	size_t size = strlen(channel->label); /* "Chip 0 " is what POWER9 says */
	while (size > 0 && channel->label[size - 1] == ' ')
		channel->label[--size] = '\0';
}

static bool is_battery(const struct hwmon_meter *hwmon, const struct channel *channel)
{
	char text[8];

	return read_in(hwmon, channel, "power", "_is_battery", text, sizeof(text)) > 0 && text[0] == '1';
}

static struct sensor *find_sensor(struct hwmon_meter *hwmon, const struct tally *tally)
{
	for (uint32_t i = 0; i < hwmon->count; i++)
		if (hwmon->sensors[i].tally == tally)
			return &hwmon->sensors[i];
	return NULL;
}

static void set_paths(const struct hwmon_meter *hwmon, const struct channel *channel, struct sensor *sensor)
{
	snprintf(sensor->path, sizeof(sensor->path), "%s/%s/%s%u%s", hwmon->config->sysfs_root,
		channel->folder, files[channel->quantity].prefix, channel->index,
		files[channel->quantity].suffix);
	snprintf(sensor->current_path, sizeof(sensor->current_path), "%s/%s/curr%u_input",
		hwmon->config->sysfs_root, channel->folder, channel->index);
}

/* A chip's channels of one zone add up (sockets); what a second path shows of the same channel does not. After a driver
 * was loaded anew the same channel stands in another folder. */
static void add_sensor(struct hwmon_meter *hwmon, struct tallies *tallies, struct channel *channel)
{
	char key[TALLY_KEY_MAX];

	read_label(hwmon, channel);
	const struct row *row = find_row(channel);
	if (row == NULL || strcmp(row->meter, hwmon->name) != 0 || is_battery(hwmon, channel))
		return;
	snprintf(key, sizeof(key), "%s/%s-%u/%s%u", hwmon->name, channel->chip, channel->ordinal,
		files[channel->quantity].prefix, channel->index);
	struct tally *tally = tallies_claim(tallies, key, row->zone);
	struct sensor *sensor = tally != NULL ? find_sensor(hwmon, tally) : NULL;
	if (tally == NULL || (sensor == NULL && hwmon->count == SENSORS_MAX))
		return;
	if (sensor != NULL && tally->outcome != -ENOENT)
		return;
	if (sensor == NULL) {
		hwmon->unnamed_platforms += row->zone == ZONE_PSYS && strcmp(row->label, "*") == 0;
		sensor = &hwmon->sensors[hwmon->count++];
	}
	*sensor = (struct sensor) { .tally = tally, .quantity = channel->quantity };
	set_paths(hwmon, channel, sensor);
}

/* "power12_average" -> 12 */
static bool is_channel_file(const char *name, enum quantity quantity, unsigned *ret_index)
{
	size_t prefix = strlen(files[quantity].prefix);
	char *end;

	if (strncmp(name, files[quantity].prefix, prefix) != 0 || name[prefix] < '0' || name[prefix] > '9')
		return false;
	unsigned long index = strtoul(name + prefix, &end, 10);
	*ret_index = (unsigned)index;
	return index < CHANNEL_MAX && strcmp(end, files[quantity].suffix) == 0;
}

static void scan_folder(
	struct hwmon_meter *hwmon, struct tallies *tallies, struct channel *channel, enum quantity quantity)
{
	char path[PATH_SIZE];
	struct dirent **entries;

	snprintf(path, sizeof(path), "%s/%s", hwmon->config->sysfs_root, channel->folder);
	int count = scandir(path, &entries, NULL, versionsort);
	channel->quantity = quantity;
	for (int i = 0; i < count; i++) {
		if (is_channel_file(entries[i]->d_name, quantity, &channel->index))
			add_sensor(hwmon, tallies, channel);
		free(entries[i]);
	}
	if (count >= 0)
		free(entries);
}

static bool is_known_chip(const struct hwmon_meter *hwmon, const char *chip, enum quantity quantity)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (strcmp(rows[i].meter, hwmon->name) == 0 && strcmp(rows[i].chip, chip) == 0 &&
			rows[i].quantity == quantity)
			return true;
	return false;
}

/* Older kernels keep a chip's files in the device's folder, newer ones in hwmonN itself. */
static void scan_chip(struct hwmon_meter *hwmon, struct tallies *tallies, const char *entry, uint32_t ordinal,
	const char *chip)
{
	static const char *const places[] = { "", "/device" };
	struct channel channel = { .ordinal = ordinal };

	snprintf(channel.chip, sizeof(channel.chip), "%s", chip);
	for (enum quantity quantity = ENERGY; quantity <= RAIL; quantity++) {
		if (!is_known_chip(hwmon, chip, quantity))
			continue;
		for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
			snprintf(channel.folder, sizeof(channel.folder), HWMON_FOLDER "/%.32s%s", entry,
				places[i]);
			scan_folder(hwmon, tallies, &channel, quantity);
		}
	}
}

static int read_chip_name(const struct hwmon_meter *hwmon, const char *entry, char *chip, size_t size)
{
	char path[PATH_SIZE];

	snprintf(path, sizeof(path), "%s/" HWMON_FOLDER "/%s/name", hwmon->config->sysfs_root, entry);
	if (file_read_text(AT_FDCWD, path, chip, size) > 0)
		return 0;
	snprintf(path, sizeof(path), "%s/" HWMON_FOLDER "/%s/device/name", hwmon->config->sysfs_root, entry);
	return file_read_text(AT_FDCWD, path, chip, size) > 0 ? 0 : -ENOENT;
}

static int is_hwmon(const struct dirent *entry)
{
	return strncmp(entry->d_name, "hwmon", 5) == 0;
}

static int find_sensors(struct hwmon_meter *hwmon, struct tallies *tallies)
{
	char path[PATH_SIZE], chip[LABEL_SIZE];
	struct dirent **entries;
	uint32_t seen[ARRAY_SIZE(rows)] = { 0 };

	snprintf(path, sizeof(path), "%s/" HWMON_FOLDER, hwmon->config->sysfs_root);
	int count = scandir(path, &entries, is_hwmon, versionsort);
	if (count < 0)
		return -errno;
	for (int i = 0; i < count; i++) {
		bool has_name = read_chip_name(hwmon, entries[i]->d_name, chip, sizeof(chip)) == 0;
		for (size_t row = 0; has_name && row < ARRAY_SIZE(rows); row++) {
			if (strcmp(rows[row].chip, chip) != 0)
				continue;
			scan_chip(hwmon, tallies, entries[i]->d_name, seen[row]++, chip);
			break;
		}
		free(entries[i]);
	}
	free(entries);
	if (hwmon->unnamed_platforms > 1)
		return -ENOTUNIQ;
	return hwmon->count > 0 ? 0 : -ENOENT;
}

static int read_sensor(const struct sensor *sensor, struct instant now)
{
	uint64_t value, current_ma;
	int r = file_read_u64(AT_FDCWD, sensor->path, &value);

	if (r == 0 && sensor->quantity == RAIL) {
		r = file_read_u64(AT_FDCWD, sensor->current_path, &current_ma);
		if (r == 0 && (value > UINT32_MAX || current_ma > UINT32_MAX))
			r = -EBADMSG;
		value = r == 0 ? value * current_ma : 0; /* mV x mA = µW */
	}
	if (r < 0)
		return r == -ENODEV ? -ENOENT : r;
	if (sensor->quantity == ENERGY)
		return tally_count(sensor->tally, value, 0, TALLY_MICROJOULE, now);
	return tally_power(sensor->tally, value, sensor->quantity == AVERAGE, now);
}

static void read_hwmon(struct meter *meter, struct tallies *tallies, struct instant now)
{
	struct hwmon_meter *hwmon = container_of(meter, struct hwmon_meter, meter);

	if (hwmon->wants_scan || now.mono_ns - hwmon->scanned_ns >= RESCAN_NS) {
		hwmon->scanned_ns = now.mono_ns;
		find_sensors(hwmon, tallies);
	}
	hwmon->wants_scan = false;
	for (uint32_t i = 0; i < hwmon->count; i++) {
		struct sensor *sensor = &hwmon->sensors[i];
		sensor->tally->outcome = read_sensor(sensor, now);
		hwmon->wants_scan |= sensor->tally->outcome == -ENOENT;
	}
}

static void free_hwmon(struct meter *meter)
{
	free(container_of(meter, struct hwmon_meter, meter));
}

/* A sensor that does not answer at the start would make its zone's sum a lie. */
static int first_reading(struct hwmon_meter *hwmon)
{
	char text[32];

	for (uint32_t i = 0; i < hwmon->count; i++) {
		int r = file_read_text(AT_FDCWD, hwmon->sensors[i].path, text, sizeof(text));
		if (r < 0)
			return r == -EPERM ? -EACCES : r;
	}
	return 0;
}

int meter_open_hwmon(
	const char *name, const struct config *config, struct tallies *tallies, struct meter **ret_meter)
{
	struct hwmon_meter *hwmon = calloc(1, sizeof(*hwmon));
	int r;

	if (hwmon == NULL)
		return -ENOMEM;
	hwmon->meter = (struct meter) { read_hwmon, free_hwmon, NULL };
	hwmon->config = config;
	hwmon->name = name;
	if ((r = find_sensors(hwmon, tallies)) < 0 || (r = first_reading(hwmon)) < 0) {
		free(hwmon);
		return r;
	}
	*ret_meter = &hwmon->meter;
	return 0;
}
