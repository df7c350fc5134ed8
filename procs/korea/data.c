#include "korea/data.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <openssl/evp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "korea/data_json.h"
#include "korea/data_rows.h"
#include "korea/demo.h"
#include "base/cleanup.h"

#define PUE_STANDARD_DEFAULT "KR_PUE_GREEN_DC"

#define X(id, name) name,
static const char *const factor_names[] = { GRID_FACTORS(X) };
#undef X

const char *grid_factor_name(enum grid_factor factor)
{
	return (unsigned)factor < ARRAY_SIZE(factor_names) ? factor_names[factor] : "?";
}

int grid_factor_from_name(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(factor_names); i++)
		if (strcmp(factor_names[i], name) == 0)
			return (int)i;
	return -1;
}

int sha256_hex(const void *bytes, size_t size, char ret_hex[static 65])
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned int length = 0;

	if (EVP_Digest(bytes, size, digest, &length, EVP_sha256(), NULL) != 1 || length != 32)
		return -EIO;
	for (unsigned int i = 0; i < length; i++)
		snprintf(ret_hex + 2 * (size_t)i, 3, "%02x", digest[i]);
	return 0;
}

int data_read_file(const char *path, size_t limit, char **ret_text, size_t *ret_size)
{
	/* not to wait for the writer of a pipe that lies there */
	CLEANUP(closep) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	CLEANUP(freep) char *text = NULL;
	size_t size = 0;

	if (fd < 0)
		return -errno;
	text = malloc(limit + 2);
	if (text == NULL)
		return -ENOMEM;
	while (size <= limit) {
		ssize_t n = read(fd, text + size, limit + 1 - size);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		size += (size_t)n;
	}
	if (size > limit)
		return -EFBIG;
	text[size] = '\0';
	*ret_text = TAKE(text);
	*ret_size = size;
	return 0;
}

static int read_standard(void *context, const struct json_place *place)
{
	struct data *data = context;
	struct standard *standard = &data->standards[data->standard_count];
	char metric[32], factor[16] = "lifecycle";
	int r, kind;

	*standard = (struct standard) { .pue_ref = PUE_REF_DEFAULT };
	if ((r = place_text(place, "code", standard->code, sizeof(standard->code))) < 0 ||
		(r = place_text(place, "metric", metric, sizeof(metric))) < 0 ||
		(r = place_text(place, "legal_status", standard->legal_status,
			 sizeof(standard->legal_status))) < 0 ||
		(r = place_text(place, "name_en", standard->name[0], sizeof(standard->name[0]))) < 0 ||
		(r = place_text(place, "name_ko", standard->name[1], sizeof(standard->name[1]))) < 0 ||
		(r = place_text(place, "disclaimer_en", standard->disclaimer[0],
			 sizeof(standard->disclaimer[0]))) < 0 ||
		(r = place_text(place, "disclaimer_ko", standard->disclaimer[1],
			 sizeof(standard->disclaimer[1]))) < 0 ||
		(r = place_text_or(place, "origin", "unknown", standard->origin, sizeof(standard->origin))) <
			0 ||
		(r = place_text_or(place, "vintage", "", standard->vintage, sizeof(standard->vintage))) < 0 ||
		(r = place_text_or(place, "applies_from", "", standard->applies_from,
			 sizeof(standard->applies_from))) < 0)
		return r;
	standard->is_pue = strcmp(metric, "pue") == 0;
	if (!standard->is_pue && strcmp(metric, "carbon_intensity") != 0)
		return place_refuse(place, "metric", "must be carbon_intensity or pue");
	if (data_standard(data, standard->code) != NULL)
		return place_refuse(place, "code", "is there twice");
	if (standard->is_pue) {
		r = place_number(place, "target", 1, 10, &standard->target);
	} else if ((r = place_number(place, "target", 1, 1500, &standard->target)) == 0 &&
		   (r = place_number(place, "pue_ref", 1, 10, &standard->pue_ref)) == 0 &&
		   (r = place_text(place, "factor", factor, sizeof(factor))) == 0 &&
		   place_has(place, "companion"))
		r = place_text(place, "companion", standard->companion, sizeof(standard->companion));
	if (r < 0)
		return r;
	kind = grid_factor_from_name(factor);
	if (kind < 0)
		return place_refuse(place, "factor", "must be lifecycle, direct or official");
	standard->factor = (enum grid_factor)kind;
	data->standard_count++;
	return 0;
}

#define BANDS_OF(season) " hours_" season " light_" season " mid_" season " peak_" season
#define PRICE_KEYS       " code unit vintage status source source_ko value "

/* In the order of loading; rows of some speak of rows before them. */
static const struct {
	const char *file, *list;
	place_row_fn *read;
	size_t count_at, limit; /* offset of the count in struct data */
	const char *keys;
} files[] = {
	{ "standards.json", "standards", read_standard, offsetof(struct data, standard_count), STANDARDS_MAX,
		" code metric target unit pue_ref factor vintage companion name_en name_ko disclaimer_en "
		"disclaimer_ko origin applies_from " },
	{ "regions.json", "regions", read_region, offsetof(struct data, region_count), REGIONS_MAX,
		" code name name_ko provider zone " },
	{ "grid_electricitymaps.json", "annual", read_annual, offsetof(struct data, annual_count),
		ANNUALS_MAX, " factor source source_ko value year zone " },
	{ "grid_official_kr.json", "annual", read_annual, offsetof(struct data, annual_count), ANNUALS_MAX,
		" factor source source_ko value year zone " },
	{ "pue_regions.json", "regions", read_region_pue, offsetof(struct data, region_count),
		REGIONS_MAX + 1, " pue region year " },
	{ "grid_marginal.json", "marginal", read_marginal, offsetof(struct data, region_count),
		REGIONS_MAX + 1, " region value year " },
	{ "profiles.json", "profiles", read_profile, offsetof(struct data, profile_count), PROFILES_MAX,
		" day factor hours hours_with_estimated_solar name name_en name_ko zone " },
	{ "tariffs.json", "tariffs", read_tariff, offsetof(struct data, tariff_count), TARIFFS_MAX,
		" code name_en name_ko status from until discount_factor discount_from_hour discount_to_hour "
		"discount_until" BANDS_OF("summer") BANDS_OF("spring_autumn") BANDS_OF("winter") " " },
	{ "holidays.json", "holidays", read_holiday, offsetof(struct data, holiday_count), HOLIDAYS_MAX,
		" date name_ko " },
	{ "prices.json", "prices", read_price, offsetof(struct data, price_count), PRICES_MAX, PRICE_KEYS },
	{ "reporting.json", "figures", read_price, offsetof(struct data, price_count), PRICES_MAX,
		PRICE_KEYS },
	{ "emission_factors.json", "factors", read_fuel, offsetof(struct data, fuel_count), FUEL_COUNT,
		" direct fuel lifecycle " },
};

_Static_assert(ARRAY_SIZE(files) <= DATA_FILES_MAX, "who watches the files has room for all");

const char *data_file(size_t i)
{
	return i < ARRAY_SIZE(files) ? files[i].file : NULL;
}

bool data_has_changed(const char *folder, struct file_identity identities[static DATA_FILES_MAX])
{
	char path[CONFIG_TEXT_MAX + 64];
	bool has_changed = false;

	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		snprintf(path, sizeof(path), "%s/%s", folder, files[i].file);
		has_changed |= file_has_changed(path, &identities[i]);
	}
	return has_changed;
}

static int load_all(const char *folder, struct data *data, struct data_error *error)
{
	char digests[ARRAY_SIZE(files) * 64 + 1] = "";

	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		struct json_source source = {
			.folder = folder, .file = files[i].file, .list = files[i].list, .keys = files[i].keys
		};
		char sha256[65];
		int r = data_json_read(&source, files[i].read, data,
			(const size_t *)(const void *)((const char *)data + files[i].count_at),
			files[i].limit, sha256, error->text, sizeof(error->text));
		if (r < 0)
			return r;
		if (strcmp(source.version, data->version) > 0) /* dates */
			snprintf(data->version, sizeof(data->version), "%s", source.version);
		strcat(digests, sha256);
	}
	return sha256_hex(digests, strlen(digests), data->sha256);
}

/* Figures that reports and answers take by name. */
static int check_figures(const struct data *data, struct data_error *error)
{
	static const char *const codes[] = { "kau", "toe_per_mwh", "toe_per_mwh_generation", "gj_per_toe",
		"report_toe", "tms_company_t", "tms_company_tj", "tms_site_t", "tms_site_tj", "ets_company_t",
		"ets_site_t", "green_dc_points_1.4", "green_dc_points_1.5", "green_dc_points_1.6",
		"green_dc_points_1.7", "green_dc_points_1.8", "green_dc_pass" };

	for (size_t i = 0; i < ARRAY_SIZE(codes); i++) {
		const struct price *figure = data_price(data, codes[i]);
		if (figure != NULL && figure->value > 0)
			continue;
		snprintf(error->text, sizeof(error->text), "%s: no value above 0 for %s",
			i == 0 ? "prices.json: prices" : "reporting.json: figures", codes[i]);
		return -EINVAL;
	}
	if (data_annual(data, "KR", FACTOR_OFFICIAL) != NULL)
		return 0;
	snprintf(
		error->text, sizeof(error->text), "grid_official_kr.json: annual: no official factor for KR");
	return -EINVAL;
}

/* What every answer leans on must be there. */
static int check_whole(const struct data *data, struct data_error *error)
{
	const struct standard *pue = data_standard(data, PUE_STANDARD_DEFAULT);

	if (pue == NULL || !pue->is_pue) {
		snprintf(error->text, sizeof(error->text),
			"standards.json: no PUE standard " PUE_STANDARD_DEFAULT);
		return -EINVAL;
	}
	for (size_t i = 0; i < data->standard_count; i++) {
		const char *companion = data->standards[i].companion;
		const struct standard *other = companion[0] == '\0' ? pue : data_standard(data, companion);
		if (other == NULL || !other->is_pue) {
			snprintf(error->text, sizeof(error->text),
				"standards.json: standards[%zu].companion: %s is no PUE standard of this "
				"file",
				i, companion);
			return -EINVAL;
		}
	}
	for (size_t i = 0; i < data->region_count; i++)
		if (data_annual(data, data->regions[i].zone, FACTOR_LIFECYCLE) == NULL) {
			snprintf(error->text, sizeof(error->text),
				"regions.json: regions[%zu].zone: no lifecycle value for zone %s in "
				"grid_electricitymaps.json",
				i, data->regions[i].zone);
			return -EINVAL;
		}
	if (data->fuel_count < FUEL_COUNT) { /* it would be a clean one */
		snprintf(error->text, sizeof(error->text), "emission_factors.json: factors: no row for %s",
			data_missing_fuel(data));
		return -EINVAL;
	}
	return check_figures(data, error);
}

int data_load(const char *folder, struct data **ret_data, struct data_error *error)
{
	CLEANUP(freep) struct data *data = calloc(1, sizeof(*data));
	int r;

	if (data == NULL)
		return -ENOMEM;
	if ((r = load_all(folder, data, error)) < 0 || (r = check_whole(data, error)) < 0)
		return r;
	*ret_data = TAKE(data);
	return 0;
}

int data_load_configured(
	const struct config *config, const char *folder, struct data **ret_data, struct data_error *error)
{
	CLEANUP(freep) struct data *data = NULL;
	int r;

	r = data_load(folder, &data, error);
	if (r == 0 && config->demo_data_dir[0] != '\0')
		r = demo_lay_over(data, config->demo_data_dir, config->accept_unverified_profile, error);
	if (r == 0)
		*ret_data = TAKE(data);
	return r;
}

void data_free(struct data *data)
{
	free(data);
}

const struct standard *data_standard(const struct data *data, const char *code)
{
	for (size_t i = 0; i < data->standard_count; i++)
		if (strcmp(data->standards[i].code, code) == 0)
			return &data->standards[i];
	return NULL;
}

const struct region *data_region(const struct data *data, const char *code)
{
	for (size_t i = 0; i < data->region_count; i++)
		if (strcmp(data->regions[i].code, code) == 0)
			return &data->regions[i];
	return NULL;
}

_Static_assert(STANDARDS_MAX <= DATA_CODES_MAX, "one array holds the codes of either");

size_t data_standard_codes(const struct data *data, const char *ret_codes[static DATA_CODES_MAX])
{
	for (size_t i = 0; i < data->standard_count; i++)
		ret_codes[i] = data->standards[i].code;
	return data->standard_count;
}

size_t data_region_codes(const struct data *data, const char *ret_codes[static DATA_CODES_MAX])
{
	for (size_t i = 0; i < data->region_count; i++)
		ret_codes[i] = data->regions[i].code;
	return data->region_count;
}

const struct profile *data_profile(const struct data *data, const char *name)
{
	for (size_t i = 0; i < data->profile_count; i++)
		if (strcmp(data->profiles[i].name, name) == 0)
			return &data->profiles[i];
	return NULL;
}

double data_fuel_factor(const struct data *data, enum fuel fuel, enum grid_factor factor)
{
	for (size_t i = 0; i < data->fuel_count; i++)
		if (data->fuels[i].fuel == fuel)
			return data->fuels[i].by[factor];
	return NAN;
}

const struct price *data_price(const struct data *data, const char *code)
{
	for (size_t i = 0; i < data->price_count; i++)
		if (strcmp(data->prices[i].code, code) == 0)
			return &data->prices[i];
	return NULL;
}

const struct annual *data_annual(const struct data *data, const char *zone, enum grid_factor factor)
{
	const struct annual *newest = NULL;

	for (size_t i = 0; i < data->annual_count; i++) {
		const struct annual *annual = &data->annuals[i];
		if (annual->region[0] == '\0' && annual->factor == factor &&
			strcmp(annual->zone, zone) == 0 && (newest == NULL || annual->year > newest->year))
			newest = annual;
	}
	return newest;
}

const struct annual *data_region_annual(
	const struct data *data, const struct region *region, enum grid_factor factor)
{
	for (size_t i = 0; i < data->annual_count; i++) {
		const struct annual *annual = &data->annuals[i];
		if (annual->region[0] != '\0' && annual->factor == factor &&
			strcmp(annual->region, region->code) == 0)
			return annual;
	}
	return data_annual(data, region->zone, factor);
}

const char *annual_vintage(const struct annual *annual, char text[static 16])
{
	if (annual->year > 0)
		snprintf(text, 16, "%d", annual->year);
	else
		snprintf(text, 16, "unknown");
	return text;
}

const struct standard *data_pue_standard(const struct data *data, const struct standard *standard)
{
	if (standard->is_pue)
		return standard;
	return data_standard(
		data, standard->companion[0] != '\0' ? standard->companion : PUE_STANDARD_DEFAULT);
}
