/* Intensities that rest on other emission factors, or were asked for with another setting, are never told as today's: not from
 * the disk, and not from memory. */
#include "tests/unit/fetcher/grid_site.h"

#include "korea/data.h"

#define KPX_NOW                                                                                              \
	"{\"response\":{\"header\":{\"resultCode\":\"00\"},\"body\":{\"items\":{\"item\":{\"baseDatetime\":" \
	"\"20260425115500\",\"fuelPwr1\":0,\"fuelPwr2\":0,\"fuelPwr3\":500,\"fuelPwr4\":500,\"fuelPwr5\":0," \
	"\"fuelPwr6\":0,\"fuelPwr7\":0,\"fuelPwr8\":0,\"fuelPwr9\":0,\"fuelPwr10\":0,\"pEsmw\":1000,"        \
	"\"bEmsw\":0}}}}}"
#define KPX_PRICE                                                                                            \
	"{\"response\":{\"header\":{\"resultCode\":\"00\"},\"body\":{\"items\":{\"item\":{\"date\":"         \
	"\"20260425\","                                                                                      \
	"\"hour\":\"12\",\"areaName\":\"\",\"smp\":111}}}}}"
#define EM_FORM "{\"history\":[{\"datetime\":\"%s\",\"carbonIntensity\":%g}]}"

/* Every question that is due is answered: the mix and the price as above, nothing else. */
static void answer_kpx(struct site *site)
{
	for (site_wait(site, 0); asked_url[0] != '\0'; site_wait(site, 0))
		site_answer(site, 0,
			strstr(asked_url, "getSumperfuel5m") || strstr(asked_url, "SmpWith") ? 200 : 503,
			strstr(asked_url, "getSumperfuel5m") ? KPX_NOW : KPX_PRICE);
}

static void begin_kpx(struct site *site)
{
	site_begin(site, "kpx");
	answer_kpx(site);
	site_wait(site, 600); /* the mix's next answer takes the prices to the disk */
	answer_kpx(site);
	assert_int_equal(told_frame.rows, 1);
	assert_int_equal(told_frame.prices, 1);
	assert_true(told_frame.newest == (820 + 12) / 2.0);
}

static void restart(struct site *site)
{
	site_stop(site);
	site_start(site);
	site_wait(site, 0);
}

static void what_the_disk_keeps_is_told_after_a_restart(void **state)
{
	struct site site;

	(void)state;
	begin_kpx(&site);
	restart(&site);
	assert_int_equal(told_frame.rows, 1);
	assert_int_equal(told_frame.retrieved_s, BEGIN_S + 600);
	site_end(&site);
}

static void the_disk_is_no_answer_when_its_rows_were_weighed_otherwise(void **state)
{
	struct site site;

	(void)state;
	for (int i = 0; i < 3; i++) {
		begin_kpx(&site);
		if (i == 0)
			strcpy(site.config.grid_factor, "direct");
		else if (i == 1)
			site.config.kpx_unknown_factor = 200;
		else
			site.config.kpx_estimated_solar = true;
		restart(&site);
		assert_int_equal(told_frame.rows, 0);
		assert_int_equal(told_frame.prices, 1); /* which no factor makes */
		assert_int_equal(told_frame.retrieved_s, 0);
		answer_kpx(&site);
		assert_int_equal(told_frame.rows, 1);
		assert_true(
			told_frame.newest == (i == 0          ? (760 + 0) / 2.0
						     : i == 1 ? (820 + 12) / 2.0
							      : (820 * 500 + 12 * 500 + 45 * 1000) / 2000.0));
		restart(&site); /* and is kept as what it is */
		assert_int_equal(told_frame.rows, 1);
		site_end(&site);
	}
}

static void the_disk_is_no_answer_when_another_factor_or_place_is_asked_for(void **state)
{
	static const struct {
		const char *provider, *form;
		int setting;
		size_t rows;
	} cases[] = { { "electricitymaps", EM_FORM, 0, 0 }, { "casdk", CASDK_FORM, 0, 0 },
		{ "casdk", CASDK_FORM, 1, 0 }, { "casdk", CASDK_FORM, 2, 0 },
		{ "electricitymaps", EM_FORM, 1, 1 }, { "electricitymaps", EM_FORM, 3, 1 } };
	struct site site;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		site_begin(&site, cases[i].provider);
		site_wait(&site, 0);
		site_answer(&site, 0, 200, site_body(&site, cases[i].form, 423.5));
		site_wait(&site, 0);
		assert_int_equal(told_frame.rows, 1);
		if (cases[i].setting == 0)
			strcpy(site.config.grid_factor, "direct");
		else if (cases[i].setting == 1)
			strcpy(site.config.casdk_location, "elsewhere");
		else if (cases[i].setting == 2)
			strcpy(site.config.casdk_url, "http://127.0.0.1:10");
		restart(&site);
		if (told_frame.rows != cases[i].rows)
			fail_msg("case %zu: %zu rows", i, told_frame.rows);
		site_end(&site);
	}
}

/* A data folder of its own, with coal at that weight; "" = such as nobody can read. */
static void write_data(struct site *site, const char *coal)
{
	static unsigned version;
	char command[512];

	snprintf(site->config.data_dir, sizeof(site->config.data_dir), "%s/data", site->folder);
	snprintf(command, sizeof(command),
		"cd %s && rm -rf old && cp -r " TANSO_SOURCE_DIR "/deploy/config/korea new && "
		"sed -i 's/\"lifecycle\": 820/\"lifecycle\": %s/' new/emission_factors.json && "
		"touch -d @%u new/*.json && { [ ! -d data ] || mv data old; } && mv new data",
		site->folder, coal, 1700000000 + version++);
	assert_int_equal(system(command), 0);
}

static void remove_data(struct site *site)
{
	char command[256];

	snprintf(command, sizeof(command), "rm -rf %s/data %s/old", site->folder, site->folder);
	assert_int_equal(system(command), 0);
}

static void restart_with(struct site *site, const char *coal)
{
	write_data(site, coal);
	restart(site);
}

static void factors_that_change_meanwhile_leave_no_row_of_the_old_ones(void **state)
{
	struct site site;

	(void)state;
	begin_kpx(&site);
	restart_with(&site, "820"); /* as before, from another folder */
	assert_int_equal(told_frame.rows, 1);
	site_answer(&site, 0, 503, ""); /* what stands is what it told before */
	write_data(&site, "900");
	site_wait(&site, 1);
	assert_int_equal(told_frame.rows, 0);
	assert_int_equal(told_frame.prices, 1);
	site_wait(&site, 60);
	answer_kpx(&site);
	assert_true(told_frame.newest == (900 + 12) / 2.0);
	remove_data(&site);
	site_end(&site);
}

static void rows_are_held_back_while_no_factors_can_be_read(void **state)
{
	struct site site;

	(void)state;
	begin_kpx(&site);
	restart_with(&site, "\"much\"");
	assert_int_equal(told_frame.rows, 0);
	assert_int_equal(told_frame.prices, 1);
	assert_non_null(strstr(told_frame.failure, "the data files cannot be used"));
	write_data(&site, "820"); /* mended: they were today's */
	site_wait(&site, 1);
	assert_int_equal(told_frame.rows, 1);
	restart_with(&site, "\"much\"");
	write_data(&site, "900"); /* mended: they were not */
	site_wait(&site, 1);
	assert_int_equal(told_frame.rows, 0);
	remove_data(&site);
	site_end(&site);
}

/* As a tanso wrote it that said nothing about factors; or another one will. */
static void a_cache_of_another_version_is_not_used(void **state)
{
	static const char *const heads[] = { "# tanso grid cache 1, retrieved 1777086000\n",
		"# tanso grid cache 3, everything else\n" };
	char path[256], text[256], sum[65];
	struct site site;
	FILE *file;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		begin_kpx(&site);
		snprintf(path, sizeof(path), "%s/fetcher/grid-kpx.csv", site.folder);
		snprintf(text, sizeof(text), "%s1777085700,300,416,0\n", heads[i]);
		assert_int_equal(sha256_hex(text, strlen(text), sum), 0);
		file = fopen(path, "w");
		assert_non_null(file);
		fprintf(file, "%s# %s\n", text, sum);
		fclose(file);
		restart(&site);
		assert_int_equal(told_frame.rows + told_frame.prices, 0);
		assert_int_equal(told_frame.retrieved_s, 0);
		site_end(&site);
	}
}

static void data_files_are_read_only_for_who_tells_a_mix(void **state)
{
	struct site site;

	(void)state;
	site_begin(&site, "casdk,electricitymaps");
	assert_string_equal(grid_asker_folder(site.asker), "");
	assert_false(site.asker->rules.is_known);
	grid_asker_reload(site.asker);
	site_wait(&site, 1);
	assert_false(site.asker->rules.is_known);
	site_end(&site);
	site_begin(&site, "casdk,kpx");
	assert_string_equal(grid_asker_folder(site.asker), site.config.data_dir);
	assert_true(site.asker->rules.is_known);
	site_end(&site);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_the_disk_keeps_is_told_after_a_restart),
		cmocka_unit_test(the_disk_is_no_answer_when_its_rows_were_weighed_otherwise),
		cmocka_unit_test(the_disk_is_no_answer_when_another_factor_or_place_is_asked_for),
		cmocka_unit_test(factors_that_change_meanwhile_leave_no_row_of_the_old_ones),
		cmocka_unit_test(rows_are_held_back_while_no_factors_can_be_read),
		cmocka_unit_test(a_cache_of_another_version_is_not_used),
		cmocka_unit_test(data_files_are_read_only_for_who_tells_a_mix),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
