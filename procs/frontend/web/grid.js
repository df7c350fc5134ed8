// The next 24 hours of grid and price, the best window, the night, and a job's carbon and cost side by side.
import { $, clock, el, key, moment, number, percent } from "./dom.js";
import { chartIn, hasCharts, hours } from "./chart.js";
import { ask, view } from "./ask.js";
import { t } from "./texts.js";

let chart;
let profile = "auto";
let samples = [];
let day = null; // the newest hours, and the schedule in them

const job = () => ({ power_watts: Number($("job-watts").value), duration_hours: Number($("job-hours").value) });

function buildProfiles() {
	const known = [["auto", t("configured")], ...samples.map((name) => [name, t("sampleOf", name)])];
	$("profile").replaceChildren(...known.map(([value, text]) => new Option(text, value, false, value === profile)));
}

// With its day: it may well be tomorrow's.
const bestTime = (schedule) => `${moment(new Date(schedule.optimal_start))}–${clock(new Date(schedule.optimal_end))}`;

function tell(schedule, profiles) {
	const code = schedule.recommendation_code;
	const quality = profiles.provenance.grid.quality;
	const has = code !== "NO_HOURLY_DATA";
	$("grid-source").textContent = !has ? t("noHourly") : quality === "sample" ? t("isSample") : t("isForecast", profiles.provenance.grid.source);
	$("best").textContent = !has ? "" : code === "NO_BENEFIT" ? t("bestSame") : t("best", bestTime(schedule), percent(schedule.reduction_vs_mean_percent));
	const night = schedule.night_window_check;
	$("night").textContent = night ? t(`night_${night.verdict}`, percent(Math.abs(night.vs_mean_percent))) : "";
	$("night").dataset.verdict = night?.verdict ?? "";
}

function option(name, one) {
	const from = new Date(one.start);
	return el("div", { class: `option ${name}` },
		el("h3", { text: t(`option_${name}`) }),
		el("p", { class: "when", text: `${clock(from)}–${clock(new Date(one.end))}` }),
		el("p", { class: one.gCO2eq === undefined ? "absent" : "g", text: one.gCO2eq === undefined ? t("noCarbon") : t("grams", number(one.gCO2eq, 1)) }),
		el("p", { class: "w", text: one.krw === undefined ? "–" : t("krw", number(one.krw, 1)) }));
}

function draw() {
	const { schedule, profiles } = day;
	const list = profiles.hours;
	const times = list.map((hour) => Date.parse(hour.start) / 1000);
	const carbon = list.map((hour) => hour.intensity_gCO2eq_kWh ?? null);
	const price = list.map((hour) => hour.krw_per_kWh);
	$("grid-chart").hidden = false;
	const end = times.at(-1) + 3600; // a step as long as the others
	const window = schedule.optimal_start && schedule.optimal_intensity ? [Date.parse(schedule.optimal_start) / 1000, Date.parse(schedule.optimal_end) / 1000] : null;
	day.isMarked = window !== null && window[0] < end;
	if (hasCharts()) chart.draw(() => hours([...times, end], [...carbon, carbon.at(-1)], [...price, price.at(-1)], window));
	showHour(null);
	tell(schedule, profiles);
	$("options").replaceChildren(...["carbon", "cost", "now"].filter((name) => schedule.options[name]).map((name) => option(name, schedule.options[name])));
}

function showHour(index) {
	const list = day?.profiles.hours;
	if (!list) return;
	const hour = list[Math.min(index ?? 0, list.length - 1)];
	const has = hour.intensity_gCO2eq_kWh !== undefined;
	$("grid-legend").replaceChildren(
		el("li", { class: "sum", text: clock(new Date(hour.start)) }),
		key("var(--carbon)", t("intensity"), has ? number(hour.intensity_gCO2eq_kWh, 0) : "–"),
		key("var(--cost)", t("price"), number(hour.krw_per_kWh, 1)),
		...(day.isMarked ? [key("var(--good)", t("bestWindow"))] : []));
	$("grid-chart").setAttribute("aria-label", `${t("gridTitle")}. ${clock(new Date(hour.start))}: ${has ? `${number(hour.intensity_gCO2eq_kWh, 0)} gCO2eq/kWh, ` : ""}${number(hour.krw_per_kWh, 1)} KRW/kWh`);
}

export async function refresh() {
	if (!$("job").checkValidity()) return;
	try {
		const asked = { profile, ...job() };
		const [schedule, profiles] = await Promise.all([ask("calculate_optimal_schedule", asked), view("hourly_profile", { profile, power_watts: asked.power_watts })]);
		if (asked.profile !== profile) return;
		day = { schedule, profiles };
		if (schedule.sample_days) {
			samples = schedule.sample_days;
			buildProfiles();
		}
		draw();
	} catch (error) {
		const said = `${error.message} ${error.hint ?? ""}`;
		if (day) $("options").replaceChildren(el("p", { class: "quiet", text: said }));
		else $("grid-source").textContent = said; // in place of the chart
	}
}

export function retell() {
	buildProfiles();
	if (day) draw();
}

export function start() {
	chart = chartIn($("grid-chart"), showHour);
	$("profile").onchange = () => {
		profile = $("profile").value;
		refresh();
	};
	$("job").onsubmit = (event) => {
		event.preventDefault();
		refresh();
	};
	buildProfiles();
}
