/* What the operator has declared, and whether the pipeline answers. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "cli/doctor.h"
#include "korea/data.h"

static void check_pue(struct findings *findings, const struct config *config)
{
	if (config->pue >= 1)
		findings_add(
			findings, "pue", FINDING_MEASURED, "", "PUE %.4g is declared (pue)", config->pue);
	else if (config->pue_overhead_ratio > 0)
		findings_add(findings, "pue", FINDING_MEASURED, "",
			"PUE %.4g is declared (pue_overhead_ratio = %.4g)", 1 + config->pue_overhead_ratio,
			config->pue_overhead_ratio);
	else
		findings_add(findings, "pue", FINDING_MISSING,
			"write pue = 1.45 (your site's value) in tanso.conf",
			"no PUE is declared: the PUE status stays UNKNOWN");
}

static void check_grid(struct findings *findings, const struct config *config)
{
	if (config->grid_file[0] != '\0' && access(config->grid_file, R_OK) == 0)
		findings_add(findings, "grid", FINDING_MEASURED, "", "grid intensity by the hour: %s (%s)",
			config->grid_file, config->grid_quality);
	else if (config->grid_file[0] != '\0')
		findings_add(findings, "grid", FINDING_MISSING, "correct grid_file in tanso.conf",
			"grid_file %s cannot be read: %s", config->grid_file, strerror(errno));
	else if (config->korea_carbon_intensity > 0)
		findings_add(findings, "grid", FINDING_MODELLED,
			"grid_file = FILE with lines HH:MM,gCO2eq_kWh in tanso.conf",
			"grid intensity: %.4g gCO2eq/kWh all year, set by you",
			config->korea_carbon_intensity);
	else
		findings_add(findings, "grid", FINDING_MODELLED,
			"grid_file = FILE with lines HH:MM,gCO2eq_kWh in tanso.conf",
			"grid intensity: the standard's annual factor, no hourly data");
}

/* One finding a file. */
static void tell_demo_data(struct findings *findings, const struct data *data)
{
	char text[sizeof(data->laid_over)], *rest = text, *part;

	snprintf(text, sizeof(text), "%s", data->laid_over);
	while ((part = strsep(&rest, ";")) != NULL)
		if (part[0] != '\0')
			findings_add(findings, "demo_data", FINDING_MODELLED, "",
				"yours and unverified, over the data files:%s%s", part[0] == ' ' ? "" : " ",
				part);
}

static void check_data(struct findings *findings, const struct config *config)
{
	char folder[CONFIG_TEXT_MAX];
	struct data *data = NULL;
	struct data_error error = { 0 };

	if (data_load_configured(config, folder, &data, &error) == 0) {
		findings_add(findings, "data", FINDING_MEASURED, "",
			"Korean data files: %s, version %s, sha256 %.12s…", folder, data->version,
			data->sha256);
		tell_demo_data(findings, data);
	} else
		findings_add(findings, "data", FINDING_MISSING,
			"correct that file, or set data_dir in tanso.conf; a running analyst keeps what it "
			"read before",
			"Korean data files in %s: %s", folder, error.text);
	data_free(data);
}

static void check_region(struct findings *findings, const struct config *config)
{
	struct config defaults;

	config_defaults(&defaults);
	if (strcmp(config->region, defaults.region) == 0)
		findings_add(findings, "region", FINDING_MODELLED,
			"write region = CODE in tanso.conf if it runs elsewhere",
			"region %s: the default, not detected", config->region);
	else
		findings_add(findings, "region", FINDING_MEASURED, "", "region %s (region)", config->region);
}

void doctor_check_config(struct findings *findings, const struct config *config)
{
	findings_add(findings, "configuration", FINDING_MEASURED, "", "%s%s",
		config->path[0] != '\0' ? "configuration: " : "configuration: defaults, there is no file",
		config->path);
	check_region(findings, config);
	check_pue(findings, config);
	check_grid(findings, config);
	check_data(findings, config);
}

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

static void check_watts(struct findings *findings, const char *metrics)
{
	char source[128], usage[32];

	read_label(metrics, "tanso_power_source_info", "source", source, sizeof(source));
	read_label(metrics, "tanso_power_source_info", "usage", usage, sizeof(usage));
	if (source[0] == '\0') {
		findings_add(findings, "watts", FINDING_MISSING, "wait a second and ask again",
			"the pipeline has published no watts yet");
		return;
	}
	bool is_model = strncmp(source, "curve", 5) == 0 || strstr(source, "model") != NULL;
	bool is_fake = strstr(source, "fake") != NULL;
	findings_add(findings, "watts", is_model || is_fake ? FINDING_MODELLED : FINDING_MEASURED,
		is_fake ? "leave `meters` in tanso.conf to its default" : "", "watts come from %s%s", source,
		is_fake ? ", a fake meter: no status rests on them" : "");
	findings_add(findings, "cpu-time", strcmp(usage, "ebpf") == 0 ? FINDING_MEASURED : FINDING_MODELLED,
		"", "CPU time is read by %s", usage);
}

static void check_metrics(struct findings *findings, struct client *client)
{
	const struct config *config = client_config(client);
	char url[CONFIG_TEXT_MAX + 32];
	struct client_answer answer;

	snprintf(url, sizeof(url), "%s://%.*s/metrics", config->metrics_tls ? "https" : "http",
		(int)strcspn(config->metrics_listen, ", "), config->metrics_listen);
	int r = client_probe(client, url, &answer);
	if (r == 0 && answer.status == 200) {
		findings_add(findings, "metrics", FINDING_MEASURED, "", "metrics: %s", url);
		check_watts(findings, answer.body);
	} else if (r == 0 && answer.status == 401) {
		findings_add(
			findings, "metrics", FINDING_MEASURED, "", "metrics: %s asks for a credential", url);
	} else if (r == 0) {
		findings_add(findings, "metrics", FINDING_MISSING, "wait a second and ask again",
			"%s answers with status %d", url, answer.status);
	} else {
		findings_add(findings, "metrics", FINDING_MISSING, "sudo tanso up",
			"nobody answers at %s: %s", url, strerror(-r));
	}
}

void doctor_check_pipeline(struct findings *findings, struct client *client)
{
	struct client_answer answer;
	int r = client_ask(client, "/readyz", NULL, 0, &answer);

	findings->is_pipeline_up = r == 0 && answer.status == 200;
	if (findings->is_pipeline_up)
		findings_add(findings, "answers", FINDING_MEASURED, "", "questions are answered at %s",
			client_address(client));
	else if (r == 0)
		findings_add(findings, "answers", FINDING_MISSING,
			"see the log of tanso-analyst (tanso up shows it; journalctl -u tanso-analyst)",
			"the frontend answers at %s, the analyst does not (status %d)",
			client_address(client), answer.status);
	else
		findings_add(findings, "answers", FINDING_MISSING, "sudo tanso up",
			"nobody answers at %s: %s", client_address(client), strerror(-r));
	check_metrics(findings, client);
}
