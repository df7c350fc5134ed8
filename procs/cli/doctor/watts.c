/* Where the watts come from, and whether they do: from this pipeline's own stages, or from a Kepler endpoint or a store. */
#include <stdio.h>
#include <string.h>

#include "base/language.h"
#include "cli/doctor/doctor.h"

#define SILENT_S 15 /* as the analyst has it: max(3 readings, 15 s) */

/* The value of `label` in the first sample of `metric`; "" if there is none. */
static void read_label(const char *text, const char *metric, const char *label, char *value, size_t size)
{
	char sample[128], wanted[64];
	const char *line = text, *at;

	value[0] = '\0';
	snprintf(sample, sizeof(sample), "%s{", metric);
	while (line != NULL && strncmp(line, sample, strlen(sample)) != 0) {
		line = strchr(line, '\n');
		line = line != NULL ? line + 1 : NULL;
	}
	if (line == NULL)
		return;
	snprintf(wanted, sizeof(wanted), "%s=\"", label);
	at = strstr(line, wanted);
	const char *end = strchr(line, '\n');
	if (at == NULL || (end != NULL && at > end))
		return;
	at += strlen(wanted);
	snprintf(value, size, "%.*s", (int)strcspn(at, "\"\n"), at);
}

void doctor_check_watts(struct findings *findings, const char *metrics)
{
	char source[128], usage[32];

	read_label(metrics, "tanso_power_source_info", "source", source, sizeof(source));
	read_label(metrics, "tanso_power_source_info", "usage", usage, sizeof(usage));
	if (source[0] == '\0') {
		findings_add(findings, "watts", FINDING_MISSING,
			in_language("wait a second and ask again", "1초 뒤에 다시 실행하십시오"), "%s",
			in_language("the pipeline has published no watts yet",
				"파이프라인이 아직 전력 값을 내보내지 않았습니다"));
		return;
	}
	bool is_model = strncmp(source, "curve", 5) == 0 || strstr(source, "model") != NULL;
	bool is_fake = strstr(source, "fake") != NULL;
	findings_add(findings, "watts", is_model || is_fake ? FINDING_MODELLED : FINDING_MEASURED,
		is_fake ? in_language("leave `meters` in tanso.conf to its default",
				  "tanso.conf의 `meters`를 기본값으로 두십시오")
			: "",
		in_language("watts come from %s%s", "전력의 출처: %s%s"), source,
		is_fake ? in_language(", a fake meter: no status rests on them",
				  "(가짜 계측기이므로 판정하지 않습니다)")
			: "");
	findings_add(findings, "cpu-time", strcmp(usage, "ebpf") == 0 ? FINDING_MEASURED : FINDING_MODELLED,
		"", in_language("CPU time is read by %s", "CPU 시간의 출처: %s"), usage);
}

/* "the Kepler endpoint https://…"; of a server elsewhere the address is not known. */
static void name_source(const struct site *site, char *text, size_t size)
{
	const struct config *config = &site->config;
	bool is_kepler = site->origin == ORIGIN_KEPLER;
	const char *address = origin_of(config) != site->origin ? ""
			      : is_kepler                       ? config->kepler_endpoint
								: config->prometheus_url;

	snprintf(text, size, "%s%s%s",
		is_kepler ? in_language("Kepler (kepler_endpoint)", "Kepler(kepler_endpoint)")
			  : in_language("a Prometheus store (prometheus_url)",
				    "Prometheus 저장소(prometheus_url)"),
		address[0] != '\0' ? " " : "", address);
}

static const char *fetcher_log(void)
{
	return in_language(
		"the log of tanso-fetcher says why (tanso up shows it; journalctl -u tanso-fetcher)",
		"tanso-fetcher의 로그에 원인이 있습니다(tanso up의 화면 또는 journalctl -u tanso-fetcher)");
}

void doctor_check_source(struct findings *findings, const struct site *site)
{
	double interval_s = (double)origin_interval_ms(&site->config) / 1000;
	double silent_s = 3 * interval_s > SILENT_S ? 3 * interval_s : SILENT_S;
	bool is_model = strcmp(site->power_state, "measured") != 0;
	char source[CONFIG_TEXT_MAX + 64];

	const char *why = site->power_failure[0] != '\0' ? site->power_failure : fetcher_log();

	name_source(site, source, sizeof(source));
	if (site->power_state[0] == '\0')
		findings_add(findings, "watts", FINDING_MODELLED, "",
			in_language("watts are to come from %s; no answer says whether they do",
				"전력의 출처로 설정된 곳: %s. 값이 오는지는 응답이 없어 알 수 없습니다"),
			source);
	else if (strcmp(site->power_state, "initializing") == 0)
		findings_add(findings, "watts", FINDING_MISSING, why,
			in_language("no watts have come yet from %s", "아직 전력 값이 오지 않은 출처: %s"),
			source);
	else if (site->power_age_s > silent_s)
		findings_add(findings, "watts", FINDING_MISSING, why,
			in_language("for %.0f s no watts have come from %s",
				"%.0f초 동안 전력 값이 오지 않은 출처: %s"),
			site->power_age_s, source);
	else
		findings_add(findings, "watts", is_model ? FINDING_MODELLED : FINDING_MEASURED, "",
			in_language("watts come from %s (%s)", "전력의 출처: %s (%s)"), source,
			is_model ? in_language("by a model", "모델 추정") : in_language("measured", "계측"));
}
