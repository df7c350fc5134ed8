// The node now, and its power by workload over time: live from the feed, or from the ledger.
import { $, age, el, fillBar, key, moment, number, percent, seconds, watts } from "./dom.js";
import { chartIn, hasCharts, hue, idleColor, otherColor, stacked } from "./chart.js";
import { view } from "./ask.js";
import { recall, remember, t } from "./texts.js";

const RANGES = ["live", "PT1H", "P1D", "P7D", "P30D"];
const LIVE_MAX = 450; // a quarter of an hour
const TOP = 7;
const zoneColors = { package: "#1c7ed6", psys: "#1c7ed6", dram: "#7950f2", gpu: "#12b886" };

const samples = []; // of the feed: { time, rows: Map(name -> W), node, idle, other }
let range = RANGES.includes(recall("range")) ? recall("range") : "live";
let chart;
let shown = { times: [], parts: [] };

// the node

function sourceOf(power) {
	const known = { model: t("model", power.meter), measured: t("measured", power.meter), fake: t("fake"), initializing: t("initializing") };
	return known[power.state] ?? power.state;
}

export function showNode(data) {
	const power = data.provenance?.power ?? {};
	const error = power.model_error_percent;
	$("node-watts").value = number(data.node_power_watts, data.node_power_watts < 10 ? 2 : 1);
	$("node-error").textContent = error ? `± ${percent(error, 0)}` : "";
	$("node-source").textContent = sourceOf(power);
	$("error-note").textContent = error ? t("errorNote", percent(error, 0)) : "";
}

export function showSummary(data) {
	const total = data.node_power_watts;
	showZones(total, data);
	if (total === undefined && data.energy_kWh === undefined) return;
	$("energy").value = number(data.provenance && data.energy_kWh !== undefined ? monthly(data) : undefined, 1);
	$("energy-day").textContent = data.energy_kWh === undefined ? "" : t("ofDay", `${number(data.energy_kWh, 2)} kWh`);
	$("carbon-day").textContent = data.emissions_kg === undefined ? "" : t("ofDay", `${number(data.emissions_kg, 2)} kg`);
	$("carbon").value = number(data.emissions_kg_month, 1);
	$("carbon-note").textContent = `${t("carbonNote", t(`quality_${data.provenance.grid.quality}`, data.provenance.grid.vintage))} · ${pueNote(data)}`;
	$("cost").value = number(data.estimated_cost_krw_month, 0);
	$("cost-note").textContent = data.cost_basis ? costNote(data.cost_basis) : "";
}

// The node's own numbers are not told to those who may see some namespaces only.
function showZones(total, data) {
	const zones = Object.entries(data.by_zone_watts ?? {});
	if (total === undefined) {
		for (const id of ["zones", "zone-list", "zone-idle"]) $(id).replaceChildren();
		return;
	}
	const parts = zones.map(([name, value]) => ({ value, color: zoneColors[name] ?? otherColor, label: `${t(name)} ${watts(value)}` }));
	const idle = data.idle_power_watts ?? 0;
	fillBar($("zones"), parts, parts.map((part) => part.label).join(", "));
	$("zone-list").replaceChildren(...zones.map(([name, value]) => key(zoneColors[name] ?? otherColor, t(name), watts(value))));
	$("zone-idle").textContent = t("ofWhichIdle", watts(idle), percent((100 * idle) / (total || 1), 0)); // a share of each zone, no zone
}

// The window's energy at the pace of a month of 730 h.
const monthly = (data) => (data.energy_kWh / data.provenance.power.observed_hours) * 730;

// "industrial_b, energy charge only, …, rates derived"
const costNote = (basis) => t("costNote", basis.split(",")[0], t(`rates_${basis.split(" ").at(-1)}`));

function pueNote(data) {
	const source = data.provenance.pue.source;
	return t({ assumed: "pueAssumed", declared: "pueDeclared", measured: "pueMeasured" }[source] ?? "pueOther", source);
}

// the chart

export function takeSample(data) {
	const rows = new Map();
	for (const row of data.consumers)
		if (row.power_watts !== undefined) rows.set(`${row.workload}\u0000${row.namespace}`, row.power_watts);
	if (data.node_power_watts === undefined && rows.size === 0) return;
	const time = Date.parse(data.timestamp) / 1000;
	if (samples.length && time <= samples.at(-1).time) return;
	samples.push({ time, rows, idle: data.idle_power_watts, other: data.other_power_watts });
	if (samples.length > LIVE_MAX) samples.shift();
	if (range === "live") showLive();
}

// Those that drew most over all samples. What is not among a sample's own is part of its "other".
function showLive() {
	const sums = new Map();
	for (const { rows } of samples) for (const [name, value] of rows) sums.set(name, (sums.get(name) ?? 0) + value);
	const top = [...sums].sort((a, b) => b[1] - a[1]).slice(0, TOP).map(([name]) => name);
	const parts = [
		...idlePart(samples.some((s) => s.idle !== undefined) ? samples.map((s) => s.idle) : undefined),
		{ label: t("other"), color: otherColor, values: samples.map((s) => (s.other ?? 0) + [...s.rows].reduce((sum, [name, value]) => sum + (top.includes(name) ? 0 : value), 0)) },
		...top.map((name, i) => ({ label: name.split("\u0000")[0], title: name.replace("\u0000", " · "), color: hue(i), values: samples.map((s) => s.rows.get(name) ?? 0) })),
	];
	show({ times: samples.map((s) => s.time), parts }, t("livePoints"));
}

const idlePart = (values) => (values ? [{ label: t("idle"), color: idleColor, values }] : []);

export function partsOf(data, colors = hue) {
	const start = Date.parse(data.start) / 1000;
	const known = data.observed_seconds.map((s) => s > 0);
	const cut = (values) => values.map((value, i) => (known[i] ? value : null));
	return {
		times: known.map((_, i) => start + i * data.step_seconds),
		parts: [
			...idlePart(data.idle_watts && cut(data.idle_watts)),
			...(data.other_watts ? [{ label: t("other"), color: otherColor, values: cut(data.other_watts) }] : []),
			...data.series.map((one, i) => ({ label: one.workload, title: `${one.workload} · ${one.namespace}`, color: colors(i), values: cut(one.watts) })),
		],
	};
}

async function showHistory() {
	const asked = range;
	const data = await view("power_history", { window: asked, limit: TOP, allow_fake: true });
	if (asked !== range) return;
	const some = data.observed_seconds.some((s) => s > 0);
	show(partsOf(data), some ? t("steps", age(data.step_seconds)) : t("noHistory"));
}

function show(what, note) {
	shown = what;
	const isEmpty = what.times.length === 0;
	$("power-plot").hidden = isEmpty;
	$("power-note").textContent = isEmpty ? t("nothingYet") : hasCharts() ? note : `${note} ${t("noCharts")}`;
	if (isEmpty) return;
	chart.draw(() => stacked(shown.times, shown.parts));
	showLegend(null);
	if (!$("power-table").hidden) showTable();
}

const isOfNode = () => shown.parts.some((part) => part.color === idleColor);
const total = (index) => shown.parts.reduce((sum, part) => sum + (part.values[index] ?? 0), 0);

function showLegend(index) {
	const at = index ?? shown.times.length - 1;
	const time = shown.times[at];
	const when = time === undefined ? "" : (range === "live" ? seconds : moment)(new Date(time * 1000));
	const lines = [...shown.parts].reverse().map((part) => {
		const line = key(part.color, part.label, part.values[at] === null || at < 0 ? "–" : watts(part.values[at]));
		line.title = part.title ?? part.label;
		return line;
	});
	$("power-legend").replaceChildren(el("li", { class: "sum" }, el("span", { text: `${t(isOfNode() ? "node" : "sum")} · ${when}` }), el("b", { text: at < 0 ? "–" : watts(total(at)) })), ...lines);
	$("power-chart").setAttribute("aria-label", at < 0 ? t("noHistory") : `${t("powerTitle")}. ${when}: ${watts(total(at))}`);
}

// The same numbers for those who read: at most a dozen times, the newest first.
function showTable() {
	const step = Math.max(1, Math.ceil(shown.times.length / 12));
	const picked = shown.times.map((_, i) => i).filter((i) => (shown.times.length - 1 - i) % step === 0).reverse();
	const rows = [...shown.parts].reverse();
	$("power-table").replaceChildren(el("table", {},
		el("thead", {}, el("tr", {}, el("th", { scope: "col", text: t("time") }), ...rows.map((part) => el("th", { scope: "col", class: "n", text: part.label })), el("th", { scope: "col", class: "n", text: t(isOfNode() ? "node" : "sum") }))),
		el("tbody", {}, picked.map((i) => el("tr", {}, el("th", { scope: "row", text: (range === "live" ? seconds : moment)(new Date(shown.times[i] * 1000)) }),
			...rows.map((part) => el("td", { class: "n", text: part.values[i] === null ? "–" : number(part.values[i], 1) })), el("td", { class: "n", text: number(total(i), 1) }))))));
}

function buildRanges() {
	$("ranges").setAttribute("aria-label", t("time"));
	$("ranges").replaceChildren(...RANGES.map((name) => el("button", {
		type: "button", text: t(`range_${name}`), "aria-pressed": String(name === range), "data-range": name,
		onclick: () => {
			range = name;
			remember("range", name);
			buildRanges();
			$("ranges").querySelector("[aria-pressed=true]").focus();
			refresh();
		},
	})));
}

export function refresh() {
	if (range === "live") showLive();
	else showHistory().catch((error) => {
		$("power-plot").hidden = shown.times.length === 0;
		$("power-note").textContent = error.message;
	});
}

export function start() {
	chart = chartIn($("power-chart"), showLegend);
	$("power-chart").addEventListener("blur", () => showLegend(null));
	const button = $("power-table-button");
	button.onclick = () => {
		$("power-table").hidden = !$("power-table").hidden;
		button.setAttribute("aria-expanded", String(!$("power-table").hidden));
		if (!$("power-table").hidden) showTable();
	};
	retell();
}

// After a change of language or theme.
export function retell() {
	buildRanges();
	refresh();
}

export const isLedger = () => range !== "live";
