// One workload: its assessment, what would change it, its last day.
import { $, el, key, number, percent, signed, watts } from "./dom.js";
import { chartIn, hasCharts, hue, stacked } from "./chart.js";
import { ask, get, view } from "./ask.js";
import { partsOf } from "./power.js";
import { badge, focusOn, hasEnded, isClose, reasonTexts } from "./workloads.js";
import { t } from "./texts.js";

const COMPARE = "compare_optimization_impact";
const NAME_BYTES_MAX = 253; // of the argument workload_name
let tools = null; // their names, once asked

const section = (title, ...children) => el("section", {}, el("h3", { text: title }), ...children);
// Nothing emits less than none: what reaches below is told from 0 on.
const interval = (kg, error) => (error <= kg ? `${number(kg, 2)} ± ${number(error, 2)} kg` : `${number(kg, 2)} kg (0–${number(kg + error, 2)})`);
const fact = (name, value) => el("div", {}, el("dt", { text: name }), el("dd", { text: value }));

// Where the value stands beside its target: the bar ends at 1.5 times the target.
function gauge(title, { value, target, unit = "", error, status, confidence }) {
	const close = value !== undefined && isClose(status, confidence);
	const fill = el("i", { class: `${status}${close ? " close" : ""}` });
	const mark = el("b", {});
	const digits = target < 10 ? 2 : 0;
	fill.style.width = `${Math.min((value ?? 0) / target / 1.5, 1) * 100}%`;
	mark.style.left = `${100 / 1.5}%`;
	const words = value === undefined ? t("pueUnknown") : `${number(value, digits)}${error ? ` ± ${number(error, digits)}` : ""}${unit}`;
	return el("div", { class: "gauge" }, el("p", {}, el("span", { text: title }), el("b", { text: words }), el("small", { text: t("target", number(target, digits)) })),
		el("div", { class: "track", role: "img", "aria-label": `${title}: ${words}, ${t("target", number(target))}` }, fill, mark),
		close ? el("p", { class: "quiet", text: `± ${t("borderlineWhy")}` }) : null);
}

function verdicts(a) {
	return el("div", { class: "gauges" },
		a.target_carbon_intensity_gCO2eq_kWh === undefined ? null : gauge(t("carbonGauge"), {
			value: a.current_carbon_intensity_gCO2eq_kWh, target: a.target_carbon_intensity_gCO2eq_kWh, unit: " g/kWh",
			error: a.uncertainty_gCO2eq_kWh, status: a.carbon_status, confidence: a.carbon_confidence }),
		gauge(t("pueGauge"), { value: a.current_pue, target: a.target_pue, status: a.pue_status, confidence: a.pue_confidence }));
}

function facts(a) {
	const draws = hasEnded(a.monthly_emissions_kg, a.current_power_watts) ? t("ended") : a.current_power_watts === undefined ? "–" : watts(a.current_power_watts);
	const list = el("dl", { class: "facts" },
		fact(t("drawsNow"), draws),
		fact(t("meanPresent"), a.mean_power_watts === undefined ? "–" : watts(a.mean_power_watts)),
		fact(t("duty"), a.duty_percent === undefined ? "–" : percent(a.duty_percent, 0)),
		fact(t("monthEnergy"), `${number(a.energy_kWh_month, 2)} kWh`),
		fact(t("monthCarbon"), a.monthly_emissions_kg === undefined ? "–" : interval(a.monthly_emissions_kg, a.monthly_emissions_uncertainty_kg)));
	return a.monthly_emissions_kg === undefined ? [list] : [list, el("p", { class: "quiet", text: t("errorOf") })];
}

function improvements(a) {
	if (!a.optimizations.length) return el("p", { class: "quiet", text: t("noImprovements") });
	return el("ul", { class: "steps" }, a.optimizations.map((one) => el("li", {},
		el("b", { text: t(one.type) }), el("span", { text: one.description }),
		el("small", { text: t("minus", percent(one.estimated_reduction_percent), number(one.estimated_kg_month, 2)) }),
		one.memory_note ? el("small", { text: one.memory_note }) : null,
		one.action ? el("code", { text: one.action }) : null,
		one.action_note ? el("small", { text: one.action_note }) : null)));
}

// what if

function pair(name, before, after) {
	return el("tr", {}, el("th", { scope: "row", text: name }), el("td", { class: "n" }, before), el("td", { class: "n" }, after));
}

function showImpact(box, c) {
	box.replaceChildren(
		el("table", {}, el("thead", {}, el("tr", {}, el("td"), el("th", { scope: "col", class: "n", text: t("before") }), el("th", { scope: "col", class: "n", text: t("after") }))),
			el("tbody", {}, pair(t("status"), badge(c.current_status, c.current_confidence), badge(c.optimized_status, c.optimized_confidence)),
				pair(t("meanPresent"), watts(c.mean_power_watts ?? c.current_power_watts), watts(c.optimized_power_watts)),
				pair(t("monthCarbon"), `${number(c.current_monthly_emissions_kg, 2)} kg`, `${number(c.optimized_monthly_emissions_kg, 2)} kg`),
				c.service_status_after === undefined ? null : pair(t("service"), "", badge(c.service_status_after, c.service_confidence_after)))),
		el("p", { text: c.recommendation }),
		el("ul", { class: "steps" }, (c.steps ?? []).map((step) => el("li", {}, el("b", { text: t(step.type) }), el("span", { text: step.description }),
			el("small", { text: step.applied === false ? `${t("notApplied")} ${step.reason_code ?? ""}` : `${t("applied")} · ${signed(-step.estimated_reduction_percent)}` })))));
}

// With its kind: a pod and a Deployment may have one name. Too long for a question, the name alone may do.
function named({ workload, namespace, kind }) {
	const full = `${namespace}/${workload} (${kind})`;
	return { workload_name: new TextEncoder().encode(full).length <= NAME_BYTES_MAX ? full : workload, namespace };
}

function whatIf(one, a) {
	const choices = ["temporal_shift", "resource_rightsizing", "pue_improvement", "regional_migration"];
	const result = el("div", { "aria-live": "polite", class: "impact" });
	const form = el("form", { class: "fields" },
		el("fieldset", {}, choices.map((name) => el("label", { class: "check" }, el("input", { type: "checkbox", name: "optimizations", value: name, checked: name === "temporal_shift" || name === "resource_rightsizing" }), el("span", { text: t(name) })))),
		el("label", {}, el("span", { text: t("targetPue") }), el("input", { type: "number", name: "pue", min: "1", max: "10", step: "any", value: String(a.target_pue) })),
		el("button", { type: "submit", text: t("compute") }));
	form.onsubmit = async (event) => {
		event.preventDefault();
		const given = new FormData(form);
		try {
			showImpact(result, await ask(COMPARE, { ...named(one), optimizations: given.getAll("optimizations"), target_pue: Number(given.get("pue")) }));
		} catch (error) {
			result.replaceChildren(el("p", { class: "quiet", text: `${error.message} ${error.hint}` }));
		}
	};
	return el("div", {}, form, result);
}

async function hasCompare() {
	tools ??= (await get("/tools")).tools.map((tool) => tool.name);
	return tools.includes(COMPARE);
}

// history

async function addHistory(box, one) {
	const data = await view("power_history", { ...named(one), allow_fake: true });
	const { times, parts } = partsOf(data, () => hue(0));
	const own = parts.slice(2);
	const legend = el("ul", { class: "keys" });
	const tell = (index) => {
		const at = index ?? times.length - 1;
		legend.replaceChildren(...own.map((part) => key(part.color, part.label, part.values[at] === null ? "–" : watts(part.values[at]))));
	};
	const plot = el("div", { class: "chart short", tabIndex: 0, role: "img", "aria-label": t("history") });
	box.replaceChildren(plot, legend);
	if (hasCharts()) chartIn(plot, tell).draw(() => stacked(times, own));
	tell(null);
}

async function fill(body, one) {
	const [a, texts, compare] = await Promise.all([ask("assess_workload_compliance", named(one)), reasonTexts(), hasCompare()]);
	const past = el("div", {}, el("p", { class: "quiet", text: t("loading") }));
	body.replaceChildren(
		el("p", { class: "status" }, badge(a.status, a.confidence), el("span", { text: `${a.standard} · ${a.region}` })),
		el("p", { class: "lead", text: a.recommendation }), verdicts(a),
		section(t("facts"), facts(a)), section(t("history"), past),
		section(t("improvements"), improvements(a)),
		section(t("whatIf"), compare ? whatIf(one, a) : el("p", { class: "quiet", text: t("noWhatIf") })),
		section(t("reasons"), el("dl", { class: "reasons" }, a.reason_codes.map((code) => fact(code, texts[code] ?? ""))), el("p", { class: "quiet", text: a.disclaimer })),
		section(t("sources"), el("pre", { tabIndex: 0, "aria-label": t("sources"), role: "region", text: JSON.stringify(a.provenance, null, 1) })));
	await addHistory(past, one).catch((error) => past.replaceChildren(el("p", { class: "quiet", text: error.message })));
}

export function open(one) {
	const drawer = $("drawer");
	const body = el("div", { class: "body" }, el("p", { class: "quiet", text: t("loading") }));
	drawer.replaceChildren(
		el("header", {}, el("div", {}, el("h2", { id: "drawer-title", text: one.workload }), el("small", { text: `${one.namespace} · ${one.kind}` })),
			el("button", { type: "button", class: "close", "aria-label": t("close"), text: "✕", onclick: () => drawer.close() })), body);
	drawer.onclick = (event) => {
		if (event.target === drawer) drawer.close(); // beside it
	};
	drawer.onclose = () => (drawer.contains(document.activeElement) || document.activeElement === document.body) && focusOn(one); // its button is gone
	drawer.showModal();
	fill(body, one).catch((error) => body.replaceChildren(el("p", { class: "quiet", text: `${error.message} ${error.hint ?? ""}` })));
}
