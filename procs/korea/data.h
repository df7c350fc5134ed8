/*
 * The Korean data files (config: data_dir): standards, regions, annual grid factors, published PUEs, tariffs, what reports
 * count with. Loaded whole and checked; read-only afterwards. Strings live as long as the struct.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/config.h"
#include "base/file.h"

#define DATA_FILE_BYTES_MAX (UINT32_C(1) << 20)
#define STANDARDS_MAX       128
#define REGIONS_MAX         256
#define ANNUALS_MAX         1024
#define TARIFFS_MAX         64
#define HOLIDAYS_MAX        512
#define PROFILES_MAX        32
#define PRICES_MAX          64
#define DATA_FILES_MAX      16
#define INTENSITY_MAX       1500.0 /* gCO2eq/kWh: no fuel and no grid has more */
#define PUE_REF_DEFAULT     1.4    /* of standards on PUE alone, which state none */

/* Kind of emission factor; comparing across kinds is a BASIS_MISMATCH. */
#define GRID_FACTORS(X)                                                                                      \
	X(LIFECYCLE, "lifecycle")                                                                            \
	X(DIRECT, "direct")                                                                                  \
	X(OFFICIAL, "official")
enum grid_factor {
#define X(id, name) FACTOR_##id,
	GRID_FACTORS(X)
#undef X
		FACTOR_COUNT
};

/* What a mix of generation is made of; the unknown is what is told by no name of these. */
#define FUELS(X)                                                                                             \
	X(COAL, "coal")                                                                                      \
	X(GAS, "gas")                                                                                        \
	X(OIL, "oil")                                                                                        \
	X(NUCLEAR, "nuclear")                                                                                \
	X(HYDRO, "hydro")                                                                                    \
	X(WIND, "wind")                                                                                      \
	X(SOLAR, "solar")                                                                                    \
	X(UNKNOWN, "unknown")
enum fuel {
#define X(id, name) FUEL_##id,
	FUELS(X)
#undef X
		FUEL_COUNT
};

/* gCO2eq/kWh, by kind of factor. */
struct fuel_factor {
	enum fuel fuel;
	double by[FACTOR_OFFICIAL]; /* lifecycle, direct */
};

struct standard {
	char code[64], companion[64], legal_status[32];
	char origin[256], vintage[32],
		applies_from[16]; /* where the number comes from; the others "" = not stated */
	bool is_pue;              /* metric is PUE, not carbon intensity */
	double target;            /* gCO2eq/kWh, or PUE */
	double pue_ref;
	enum grid_factor factor;
	char name[2][192], disclaimer[2][384]; /* [0] en, [1] ko */
};

struct region {
	char code[64], name[2][64], zone[32]; /* name [0] en, [1] ko, as all texts of two */
	double marginal; /* gCO2eq/kWh, annual mean of the marginal signal; 0 = none known */
	int marginal_year;
	double pue; /* 0 = none published */
	int pue_year;
	char pue_source[96];
};

struct annual {
	char zone[32];
	char region
		[64]; /* of this region alone, whatever its zone has: a value of the operator's; "" = of the zone */
	enum grid_factor factor;
	int year;                                                       /* 0 = not stated */
	double value;                                                   /* gCO2eq/kWh */
	char source[2][256], licence[64], legal_status[32], sha256[65]; /* of the file */
};

enum tariff_season { SEASON_SUMMER, SEASON_SPRING_AUTUMN, SEASON_WINTER, SEASON_COUNT };
enum tariff_band { BAND_LIGHT, BAND_MID, BAND_PEAK, BAND_COUNT };

/* One class of contract in one period. Dates as 20261126, both inclusive. */
struct tariff {
	char code[64], name[2][128], status[16]; /* status: verified, derived */
	int from, until;
	uint8_t bands[SEASON_COUNT][24];        /* enum tariff_band by hour of Korean time */
	double rates[BAND_COUNT][SEASON_COUNT]; /* KRW/kWh */
	int discount_from_hour, discount_to_hour, discount_until; /* until 0 = none */
	double discount_factor;
};

/* A recorded day, hour by hour of Korean time [gCO2eq/kWh]; a sample, never a forecast. */
struct profile {
	char name[64], zone[32], day[16], label[2][192];
	enum grid_factor factor;
	double hours[24], hours_with_solar[24]; /* with estimated PPA and behind-the-meter solar */
	bool has_solar;
	bool is_unverified; /* the operator's, accepted as it is (config: accept_unverified_profile) */
	char source[288], licence[160], sha256[65];
};

/* A price, or a figure of reporting.json. */
struct price {
	char code[32], unit[32], vintage[16], status[16], legal_status[32], source[2][256];
	double value;
};

struct data {
	struct standard standards[STANDARDS_MAX];
	struct region regions[REGIONS_MAX];
	struct annual annuals[ANNUALS_MAX];
	struct tariff tariffs[TARIFFS_MAX];
	int holidays[HOLIDAYS_MAX]; /* 20261225 */
	struct profile profiles[PROFILES_MAX];
	struct price prices[PRICES_MAX];
	struct fuel_factor fuels[FUEL_COUNT]; /* one each, in any order */
	size_t standard_count, region_count, annual_count, tariff_count, holiday_count, profile_count,
		price_count, fuel_count;
	char version[32];    /* the newest of the files' */
	char sha256[65];     /* over all files, in the order of loading */
	char laid_over[512]; /* what came from demo_data_dir, for people; "" = nothing */
};

struct data_error {
	char text[512]; /* file: path: what is wrong */
};

/* 0, or -errno with `error` filled. */
int data_load(const char *folder, struct data **ret_data, struct data_error *error);
/* The same, and over it what the configuration's `demo_data_dir` holds. `folder` is config_data_dir()'s, which a sandboxed stage
 * can no longer ask. */
int data_load_configured(
	const struct config *config, const char *folder, struct data **ret_data, struct data_error *error);
void data_free(struct data *data);
/* Name of the i-th file that data_load() reads, NULL beyond the last. */
const char *data_file(size_t i);
/* Is one of them another file than at the last look? Files that were never looked at are. */
bool data_has_changed(const char *folder, struct file_identity files[static DATA_FILES_MAX]);

const struct standard *data_standard(const struct data *data, const char *code);
const struct region *data_region(const struct data *data, const char *code);
/* All codes, in the order of the file; they live as long as the data. Return how many. */
#define DATA_CODES_MAX REGIONS_MAX /* the larger of both */
size_t data_standard_codes(const struct data *data, const char *ret_codes[static DATA_CODES_MAX]);
size_t data_region_codes(const struct data *data, const char *ret_codes[static DATA_CODES_MAX]);
/* The newest annual value of a zone for a kind of factor, or NULL. */
const struct annual *data_annual(const struct data *data, const char *zone, enum grid_factor factor);
/* The same for a region: its own value where there is one, else its zone's. */
const struct annual *data_region_annual(
	const struct data *data, const struct region *region, enum grid_factor factor);
/* The year, or "unknown". */
const char *annual_vintage(const struct annual *annual, char text[static 16]);
/* The PUE row that goes with a standard: itself, its companion, else KR_PUE_GREEN_DC. Never NULL after data_load(). */
const struct standard *data_pue_standard(const struct data *data, const struct standard *standard);

/* NULL if there is none of that name. */
const struct profile *data_profile(const struct data *data, const char *name);
/* Of `factor` lifecycle or direct; every fuel has one. */
double data_fuel_factor(const struct data *data, enum fuel fuel, enum grid_factor factor);
const struct price *data_price(const struct data *data, const char *code);

const char *grid_factor_name(enum grid_factor factor);
/* -1 if there is none of that name. */
int grid_factor_from_name(const char *name);

/* Hex SHA-256 of some bytes. 0 or -EIO. */
int sha256_hex(const void *bytes, size_t size, char ret_hex[static 65]);
/* Reads a whole file of at most `limit` bytes; *ret_text is NUL-terminated and freed by the caller. 0 or -errno. */
int data_read_file(const char *path, size_t limit, char **ret_text, size_t *ret_size);
