// The workloads by compliance, with the reasons, all from one snapshot.
import { $, el, fillBar, key, number, say, signed } from "./dom.js";
import { ask, get } from "./ask.js";
import { lang, t } from "./texts.js";
import { open } from "./drawer.js";

const STATUSES = ["NON_COMPLIANT", "UNKNOWN", "COMPLIANT"];
const colors = { NON_COMPLIANT: "var(--bad)", UNKNOWN: "var(--open)", COMPLIANT: "var(--good)" };
const PAGE = 50;
const ASKED_MAX = 1000; // rows of one answer
const SEARCH_MAX = 5000; // rows looked through for a name: the tool itself has no search
const COLUMNS = [["status", "status"], ["workload", "name"], ["power", "power", "n"], ["month", "emissions", "n"], ["gap", null, "n"], ["why", null, "why"]];

let filter = "";
let sort = "status";
let rows = [];
let last = null; // the newest answer
let shown = PAGE; // at most
let turn = 0; // of the questions: what an older one brings is late
let isLoading = false;
let reasons = { of: "", texts: {}, labels: {} };

async function reasonWords() {
	if (reasons.of !== lang()) {
		const answer = await get("/reasons");
		reasons = { of: lang(), texts: { ...answer.reasons, ...answer.errors }, labels: answer.labels };
	}
	return reasons;
}

export const reasonTexts = async () => (await reasonWords()).texts;

// Not plainly green or red where the error spans the limit. What is undecided is so anyway.
export const isClose = (status, confidence) => confidence === "borderline" && status !== "UNKNOWN";

export function badge(status, confidence) {
	const close = isClose(status, confidence);
	return el("span", { class: `badge ${status}${close ? " close" : ""}`, title: close ? t("borderlineWhy") : null }, t(status),
		close ? el("small", { text: ` ± ${t("borderline")}` }) : null);
}

// With emissions in the window, and without power now.
export const hasEnded = (kgMonth, wattsNow) => kgMonth !== undefined && wattsNow === undefined;

// How many of all have ended is told by a sentence of the answer only: what is shown are some rows of it.
const endedNote = (text) => text.split(/(?<=\.) /).find((sentence) => sentence.includes(t("endedWords"))) ?? "";

function showCounts({ compliance_summary: summary, recommendation }) {
	const parts = STATUSES.map((status) => ({ value: summary[status], color: colors[status], label: `${t(status)} ${summary[status]}` }));
	fillBar($("verdict-bar"), parts, parts.map((part) => part.label).join(", "));
	$("verdict-list").replaceChildren(...parts.map((part, i) => key(part.color, t(STATUSES[i]), String(part.value))));
	$("ended-note").textContent = endedNote(recommendation);
}

function buildFilters(summary) {
	const all = STATUSES.reduce((sum, status) => sum + (summary?.[status] ?? 0), 0);
	$("filters").setAttribute("aria-label", t("status"));
	$("filters").replaceChildren(...["", ...STATUSES].map((status) => el("button", {
		type: "button", "aria-pressed": String(status === filter), "data-status": status,
		text: `${status ? t(status) : t("all")} ${summary ? (status ? summary[status] : all) : ""}`,
		onclick: () => {
			filter = status;
			buildFilters(last?.compliance_summary);
			$("filters").querySelector("[aria-pressed=true]").focus();
			refresh();
		},
	})));
}

function buildHead() {
	$("list").tHead.replaceChildren(el("tr", { role: "row" }, COLUMNS.map(([text, by, style]) => {
		const is = by !== null && by === sort;
		const inside = by === null ? t(text) : el("button", { type: "button", class: "plain", text: t(text), "data-sort": by, onclick: () => {
			sort = by;
			buildHead();
			$("list").tHead.querySelector(`[data-sort=${by}]`).focus();
			refresh();
		} });
		return el("th", { scope: "col", role: "columnheader", class: style ?? "", "aria-sort": is ? (by === "name" || by === "status" ? "ascending" : "descending") : null }, inside);
	})));
}

const chips = (codes, { texts, labels }) => codes.map((code) => el("abbr", { title: `${code}: ${texts[code] ?? ""}`, text: labels[code] ?? code }));

// What holds for all of them is said once, above. Of a single one there is nothing to share.
function showShared(words) {
	const shared = rows.length < 2 ? [] : rows[0].reason_codes.filter((code) => rows.every((one) => one.reason_codes.includes(code)));
	$("shared").replaceChildren(...(shared.length ? [el("span", { text: t("shared") }), ...chips(shared, words)] : []));
	$("list").classList.toggle("same", rows.every((one) => one.reason_codes.every((code) => shared.includes(code))));
	return shared;
}

// The list is made anew every now and then, also under the open drawer: whose button it was is known by its row.
const rowOf = (one) => JSON.stringify([one.namespace, one.workload, one.kind]);
const buttonOf = (row) => [...$("list").querySelectorAll("tbody button")].find((button) => button.dataset.row === row);
export const focusOn = (one) => (buttonOf(rowOf(one)) ?? $("find")).focus();

// Roles are written out: on a narrow screen these are no table cells to the style sheet.
const cell = (name, kind, ...inside) => el("td", { class: kind, role: "cell", "data-label": t(name) }, inside);

function row(one, shared, words) {
	const why = one.reason_codes.filter((code) => !shared.includes(code));
	return el("tr", { role: "row" },
		cell("status", "verdict-cell", badge(one.status, one.confidence)),
		cell("workload", "who", el("button", { type: "button", class: "plain name cut", title: one.workload, "aria-label": t("open", one.workload), text: one.workload, "data-row": rowOf(one), onclick: () => open(one) }),
			el("small", { class: "cut", title: `${one.namespace} · ${one.kind}`, text: `${one.namespace} · ${one.kind}` })),
		cell("power", "n", hasEnded(one.emissions_kg_month, one.power_watts) ? t("ended") : number(one.power_watts, 1)),
		cell("month", "n", number(one.emissions_kg_month, 1)),
		cell("gap", "n", one.gap_percent === undefined ? "–" : signed(one.gap_percent)),
		cell("why", "why", ...chips(why, words)));
}

const plain = (text) => text.normalize("NFC").toLowerCase(); // macOS writes 한 as ㅎㅏㄴ
const wanted = () => plain($("find").value.trim());
const isSearched = () => !last.next_cursor || rows.length >= SEARCH_MAX;

function noteOf(count) {
	if (!wanted()) return count ? t("shown", Math.min(count, shown), last.matched) : t("none");
	if (!isSearched()) return isLoading ? t("searching") : "";
	const among = last.next_cursor ? t("amongFirst", number(rows.length, 0), number(last.matched, 0)) : t("among", number(rows.length, 0));
	return t(count ? "found" : "foundNone", count, among);
}

async function showRows() {
	const words = await reasonWords();
	const shared = showShared(words);
	const found = rows.filter((one) => plain(`${one.workload} ${one.namespace}`).includes(wanted()));
	const focus = document.activeElement?.closest?.("#list tbody") ? document.activeElement.dataset.row : null;
	$("list").tBodies[0].replaceChildren(...found.slice(0, shown).map((one) => row(one, shared, words)));
	if (focus) buttonOf(focus)?.focus();
	say("list-note", noteOf(found.length));
	$("more").hidden = found.length <= shown && (wanted() !== "" || !last.next_cursor);
}

// The first so many rows, of one snapshot.
async function load(count) {
	const asked = { sort, ...(filter ? { status_filter: filter } : {}) };
	let answer;
	const loaded = [];
	do {
		const from = answer ? { cursor: answer.next_cursor } : {};
		answer = await ask("list_workloads_by_compliance", { ...asked, limit: Math.min(count - loaded.length, ASKED_MAX), ...from });
		loaded.push(...answer.workloads);
	} while (answer.next_cursor && loaded.length < count);
	return [answer, loaded];
}

export async function refresh() {
	const mine = ++turn;
	isLoading = true;
	try {
		const [answer, loaded] = await load(wanted() ? SEARCH_MAX : shown);
		if (mine !== turn) return;
		isLoading = false;
		[last, rows] = [answer, loaded];
		showCounts(last);
		buildFilters(last.compliance_summary);
		await showRows();
		if (wanted() && !isSearched()) await refresh(); // typed meanwhile
	} catch (error) {
		if (mine !== turn) return;
		isLoading = false;
		$("list-note").textContent = `${error.message} ${error.hint ?? ""}`;
	}
}

function more() {
	shown += PAGE;
	if (wanted()) showRows();
	else refresh();
}

function find() {
	shown = PAGE;
	if (!last) return;
	if (wanted() && !isSearched() && !isLoading) refresh(); // of a first page alone "none" would be a guess
	showRows();
}

export function retell() {
	buildHead();
	buildFilters(last?.compliance_summary);
	if (last) {
		showCounts(last);
		showRows();
	}
}

export function start() {
	$("find").oninput = find;
	$("more").onclick = more;
	retell();
}
