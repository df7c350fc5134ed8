/* What the operator has declared, what the pipeline makes of it, and whether the pipeline answers. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/port.h"
#include "base/stage.h"
#include "cli/doctor/doctor.h"
#include "base/language.h"
#include "cli/place.h"
#include "korea/data.h"

/* Whether the meters answer, an answer says: provenance.pue. */
static void check_measured_pue(struct findings *findings, const struct site *site)
{
	const struct config *config = &site->config;

	if (site->pue_failure[0] != '\0')
		findings_add(findings, "measured_pue", FINDING_MISSING, "",
			in_language("the site's meters tell no PUE now: %s",
				"시설 계측기에서 지금 쓸 수 있는 PUE를 얻지 못했습니다: %s"),
			site->pue_failure);
	else if (config->pue_facility_query[0] != '\0')
		findings_add(findings, "measured_pue",
			site->pue_source[0] != '\0' ? FINDING_MEASURED : FINDING_MODELLED, "",
			site->pue_source[0] != '\0'
				? in_language(
					  "PUE from the site's meters: %s / %s", "시설 계측기의 PUE: %s / %s")
				: in_language(
					  "PUE is to come from the site's meters: %s / %s; no answer says "
					  "whether it does",
					  "PUE의 출처로 설정된 시설 계측기: %s / %s. 값이 오는지는 응답이 "
					  "없어 "
					  "알 수 없습니다"),
			config->pue_facility_query, config->pue_it_query);
}

static void tell_no_pue(struct findings *findings, const struct site *site)
{
	bool has_meters = site->pue_failure[0] != '\0';

	findings_add(findings, "pue", FINDING_MISSING,
		in_language("write pue = 1.45 (your site's value) in tanso.conf",
			"tanso.conf에 pue = 1.45처럼 시설의 값을 적으십시오"),
		"%s",
		has_meters
			? in_language("nor is a PUE declared: until the meters tell one the PUE status stays "
				      "UNKNOWN",
				  "설정된 PUE 값도 없어, 계측값이 올 때까지 PUE 판정이 보류됩니다")
			: in_language("no PUE is declared: the PUE status stays UNKNOWN",
				  "PUE 값이 설정되지 않아 PUE 판정이 보류됩니다"));
}

/* The one the running pipeline answers with. */
static void tell_answered_pue(struct findings *findings, const struct site *site)
{
	if (strcmp(site->pue_source, "assumed") == 0)
		tell_no_pue(findings, site);
	else if (strcmp(site->pue_source, "region_table") == 0)
		findings_add(findings, "pue", FINDING_MODELLED,
			in_language("write pue = 1.45 (your site's value) in tanso.conf",
				"tanso.conf에 pue = 1.45처럼 시설의 값을 적으십시오"),
			in_language("PUE %.4g is the region's published one, not your site's",
				"PUE %.4g는 시설의 값이 아니라 리전의 공개값입니다"),
			site->pue);
	else if (strcmp(site->pue_source, "measured") == 0)
		findings_add(findings, "pue", FINDING_MEASURED, "",
			in_language(
				"PUE %.4g is measured by the site's meters", "PUE %.4g는 시설 계측값입니다"),
			site->pue);
	else
		findings_add(findings, "pue", FINDING_MEASURED, "",
			in_language("PUE %.4g is declared (the pipeline answers with it)",
				"PUE %.4g가 설정되어 있습니다(파이프라인이 이 값으로 응답합니다)"),
			site->pue);
}

static void check_pue(struct findings *findings, const struct site *site)
{
	const struct config *config = &site->config;

	check_measured_pue(findings, site);
	if (site->pue_source[0] != '\0')
		tell_answered_pue(findings, site);
	else if (config->pue >= 1)
		findings_add(findings, "pue", FINDING_MEASURED, "",
			in_language("PUE %.4g is declared (pue)", "PUE %.4g가 설정되어 있습니다(pue)"),
			config->pue);
	else if (config->pue_overhead_ratio > 0)
		findings_add(findings, "pue", FINDING_MEASURED, "",
			in_language("PUE %.4g is declared (pue_overhead_ratio = %.4g)",
				"PUE %.4g가 설정되어 있습니다(pue_overhead_ratio = %.4g)"),
			1 + config->pue_overhead_ratio, config->pue_overhead_ratio);
	else if (config->pue_facility_query[0] == '\0')
		tell_no_pue(findings, site);
}

static void check_grid(struct findings *findings, const struct config *config)
{
	if (config->grid_file[0] != '\0' && access(config->grid_file, R_OK) == 0)
		findings_add(findings, "grid", FINDING_MEASURED, "",
			in_language(
				"grid intensity by the hour: %s (%s)", "시간별 전력망 탄소집약도: %s (%s)"),
			config->grid_file, config->grid_quality);
	else if (config->grid_file[0] != '\0')
		findings_add(findings, "grid", FINDING_MISSING,
			in_language("correct grid_file in tanso.conf", "tanso.conf의 grid_file을 고치십시오"),
			in_language("grid_file %s cannot be read: %s", "grid_file %s: 읽을 수 없습니다: %s"),
			config->grid_file, strerror(errno));
	else if (config->korea_carbon_intensity > 0)
		findings_add(findings, "grid", FINDING_MODELLED,
			in_language("grid_file = FILE with lines HH:MM,gCO2eq_kWh in tanso.conf",
				"tanso.conf에 grid_file = FILE(HH:MM,gCO2eq_kWh 형식의 줄)을 적으십시오"),
			in_language("grid intensity: %.4g gCO2eq/kWh all year, set by you",
				"전력망 탄소집약도: 연중 %.4g gCO2eq/kWh(사용자 설정값)"),
			config->korea_carbon_intensity);
	else
		findings_add(findings, "grid", FINDING_MODELLED,
			in_language("grid_file = FILE with lines HH:MM,gCO2eq_kWh in tanso.conf",
				"tanso.conf에 grid_file = FILE(HH:MM,gCO2eq_kWh 형식의 줄)을 적으십시오"),
			"%s",
			in_language("grid intensity: the standard's annual factor, no hourly data",
				"전력망 탄소집약도: 기준의 연평균 배출계수이며 시간별 데이터가 없습니다"));
}

/* One finding a file. */
static void tell_demo_data(struct findings *findings, const struct data *data)
{
	char text[sizeof(data->laid_over)], *rest = text, *part;

	snprintf(text, sizeof(text), "%s", data->laid_over);
	while ((part = strsep(&rest, ";")) != NULL)
		if (part[0] != '\0')
			findings_add(findings, "demo_data", FINDING_MODELLED, "",
				in_language("yours and unverified, over the data files:%s%s",
					"데이터 파일 대신 쓰이는 사용자 값(검증되지 않음):%s%s"),
				part[0] == ' ' ? "" : " ", part);
}

static void check_data(struct findings *findings, const struct config *config)
{
	char folder[CONFIG_TEXT_MAX];
	struct data *data = NULL;
	struct data_error error = { 0 };

	config_data_dir(config, folder);
	if (data_load_configured(config, folder, &data, &error) == 0) {
		findings_add(findings, "data", FINDING_MEASURED, "",
			in_language("Korean data files: %s, version %s, sha256 %.12s…",
				"한국 데이터 파일: %s, 버전 %s, sha256 %.12s…"),
			folder, data->version, data->sha256);
		tell_demo_data(findings, data);
	} else
		findings_add(findings, "data", FINDING_MISSING,
			in_language("correct that file, or set data_dir in tanso.conf; a running analyst "
				    "keeps what it "
				    "read before",
				"그 파일을 고치거나 tanso.conf의 data_dir을 지정하십시오. 실행 중인 "
				"분석 단계(analyst)는 이전에 읽은 값을 계속 씁니다"),
			in_language("Korean data files in %s: %s", "%s의 한국 데이터 파일: %s"), folder,
			error.text);
	data_free(data);
}

static void check_region(struct findings *findings, const struct config *config)
{
	struct config defaults;

	config_defaults(&defaults);
	if (strcmp(config->region, defaults.region) == 0)
		findings_add(findings, "region", FINDING_MODELLED,
			in_language("write region = CODE in tanso.conf if it runs elsewhere",
				"다른 리전이면 tanso.conf에 region = CODE를 적으십시오"),
			in_language("region %s: the default, not detected",
				"리전 %s: 감지한 값이 아니라 기본값입니다"),
			config->region);
	else
		findings_add(findings, "region", FINDING_MEASURED, "",
			in_language("region %s (region)", "리전 %s(region)"), config->region);
}

/* Whose the configuration is that the rest tells of. */
void doctor_check_config(struct findings *findings, const struct site *site)
{
	const struct config *config = &site->config;

	findings_add(findings, "configuration", FINDING_MEASURED, "", "%s: %s",
		site->is_of_pipeline
			? in_language("configuration that the running pipeline was started with",
				  "실행 중인 파이프라인을 시작한 설정")
			: in_language("configuration (of a pipeline to be started, not of one that runs)",
				  "설정(실행 중인 것이 아니라 앞으로 시작할 파이프라인의 것)"),
		config->path[0] != '\0'
			? config->path
			: in_language("defaults, there is no file", "파일이 없어 기본값을 씁니다"));
	check_region(findings, config);
	check_pue(findings, site);
	check_grid(findings, config);
	check_data(findings, config);
}

static const char *start_command(void)
{
	return place_sudo()[0] != '\0' ? "sudo tanso up" : "tanso up";
}

/* Another program's server stands where ours was looked for; on this machine it has a name. */
static void tell_stranger(struct findings *findings, const char *name, const char *url, const char *key)
{
	const char *address = strstr(url, "://");
	char owner[128], remedy[160];

	port_owner(address != NULL ? address + 3 : url, owner, sizeof(owner));
	snprintf(remedy, sizeof(remedy),
		in_language("stop that, or set %s = ADDRESS:PORT in tanso.conf and start tanso",
			"그것을 중지하거나 tanso.conf의 %s = ADDRESS:PORT를 바꾼 뒤 tanso를 시작하십시오"),
		key);
	findings_add(findings, name, FINDING_MISSING, remedy,
		in_language("what answers at %s is not tanso but %s",
			"%s에서 응답하는 것은 tanso가 아닙니다: %s"),
		url, owner);
}

static void check_metrics(struct findings *findings, struct client *client, const struct site *site)
{
	const struct config *config = &site->config;
	char url[CONFIG_TEXT_MAX + 32], base[CONFIG_TEXT_MAX + 16];
	struct client_answer answer;

	snprintf(base, sizeof(base), "%s://%.*s", config->metrics_tls ? "https" : "http",
		(int)strcspn(config->metrics_listen, ", "), config->metrics_listen);
	snprintf(url, sizeof(url), "%s/metrics", base);
	int r = client_probe(client, url, &answer);
	if (r == 0 && answer.status == 200 && strstr(answer.body, "tanso_") != NULL) {
		findings_add(findings, "metrics", FINDING_MEASURED, "",
			site->is_of_pipeline
				? in_language("metrics: %s", "메트릭: %s")
				: in_language("metrics, of whatever pipeline serves the configuration's "
					      "address: %s",
					  "메트릭(설정의 주소에서 실행 중인 파이프라인의 것): %s"),
			url);
		if (site->origin == ORIGIN_PIPELINE) /* else answers rest on other watts */
			doctor_check_watts(findings, answer.body);
	} else if (r == 0 && answer.status == 401) {
		findings_add(findings, "metrics", FINDING_MEASURED, "",
			in_language(
				"metrics: %s asks for a credential", "메트릭: %s에 인증 정보가 필요합니다"),
			url);
	} else if (r == 0 && answer.status == 503) {
		findings_add(findings, "metrics", FINDING_MISSING,
			in_language("wait a second and ask again", "1초 뒤에 다시 실행하십시오"),
			in_language("%s answers with status %d", "%s의 응답 상태가 %d입니다"), url,
			answer.status);
	} else if (r != -ECONNREFUSED) {
		tell_stranger(findings, "metrics", base, "metrics_listen");
	} else {
		findings_add(findings, "metrics", FINDING_MISSING, start_command(),
			in_language("nobody answers at %s: %s", "%s에 연결할 수 없습니다: %s"), url,
			strerror(-r));
	}
}

/* Where power comes from elsewhere `tanso up --stages` does without it. */
static bool is_exporter_expected(const struct site *site)
{
	char path[CONFIG_TEXT_MAX + 32];

	if (site->origin == ORIGIN_PIPELINE)
		return true;
	snprintf(path, sizeof(path), "%s/%s/%s.ipc", site->config.runtime_dir, stage_name(STAGE_EXPORTER),
		stage_name(STAGE_FETCHER));
	return site->is_of_pipeline && (access(path, F_OK) == 0 || errno == EACCES);
}

/* By its words: a proxy may stand before it, and everybody says 200. */
static bool is_frontend(const struct client_answer *answer)
{
	return strncmp(answer->body, "ready\n", 6) == 0 || strncmp(answer->body, "not ready: ", 11) == 0;
}

void doctor_check_pipeline(struct findings *findings, struct client *client, const struct site *site)
{
	struct client_answer answer;
	int r = client_ask(client, "/readyz", NULL, 0, &answer);
	bool is_ours = r == 0 && is_frontend(&answer);
	const char *trouble = r == 0 ? NULL : client_trouble(client, language_is_korean());

	findings->is_pipeline_up = is_ours && answer.status == 200;
	if (findings->is_pipeline_up)
		findings_add(findings, "answers", FINDING_MEASURED, "",
			in_language("questions are answered at %s", "요청에 응답하는 주소: %s"),
			client_address(client));
	else if (is_ours)
		findings_add(findings, "answers", FINDING_MISSING,
			in_language("see the log of tanso-analyst (tanso up shows it; journalctl -u "
				    "tanso-analyst)",
				"tanso-analyst의 로그를 확인하십시오(tanso up의 화면 또는 journalctl -u "
				"tanso-analyst)"),
			in_language("the frontend answers at %s, the analyst does not (status %d)",
				"응답 단계(frontend)는 %s에서 응답하지만 분석 단계(analyst)가 응답하지 "
				"않습니다(상태 %d)"),
			client_address(client), answer.status);
	else if (trouble != NULL)
		findings_add(findings, "answers", FINDING_MISSING, trouble,
			in_language("%s cannot be asked", "%s에 물을 수 없습니다"), client_address(client));
	else if (r == 0 || r == -EIO)
		tell_stranger(findings, "answers", client_address(client), "http_listen");
	else
		findings_add(findings, "answers", FINDING_MISSING, start_command(),
			in_language("nobody answers at %s: %s", "%s에 연결할 수 없습니다: %s"),
			client_address(client), strerror(-r));
	if (site->origin != ORIGIN_PIPELINE)
		doctor_check_source(findings, site);
	if (is_exporter_expected(site))
		check_metrics(findings, client, site);
}
