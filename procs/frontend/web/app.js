// The dashboard: wiring, language, theme, and what is said about the server's state.
import { $, age, el, isElsewhere, say, seconds } from "./dom.js";
import { ask, listen, onTokenWanted } from "./ask.js";
import { firstLang, lang, recall, remember, setLang, t } from "./texts.js";
import * as power from "./power.js";
import * as workloads from "./workloads.js";
import * as grid from "./grid.js";

const LIST_MS = 20000;
const GRID_MS = 300000;
const LEDGER_MS = 60000;
const TROUBLE_MS = 3000; // power is told every 2 s: one question that failed is no trouble yet
const THEMES = ["auto", "light", "dark"];
const parts = [power, workloads, grid];
let newest = null; // of the events that carry watts
let heardAt = 0; // when
let trouble = null; // what the server said is wrong, and the words for it here
let summary = null;
let due = { list: 0, grid: 0, ledger: 0 };
let state = "connecting";

function showState() {
	const time = newest ? `${seconds(new Date(newest.timestamp))}${isElsewhere() ? " KST" : ""}` : "";
	$("state").dataset.state = state;
	const text = t(state === "trouble" && !newest ? "noWatts" : state, time);
	$("state").lastElementChild.textContent = text;
	say("said", state === "live" ? t("range_live") : text); // not every two seconds
	document.body.classList.toggle("away", state === "offline" || state === "trouble");
}

function showNotices() {
	const told = [];
	const codes = newest?.reason_codes ?? [];
	const read = newest?.provenance?.power;
	if (trouble) told.push(["open", trouble.words]);
	if (read?.state === "fake" || codes.includes("FAKE_POWER")) told.push(["bad", t("fakeNotice")]);
	if (codes.includes("STALE_METRICS")) told.push(["open", t("staleNotice", seconds(new Date(read.sampled_at)))]);
	const text = JSON.stringify(told);
	if ($("notices").dataset.told === text) return; // said once
	$("notices").dataset.told = text;
	$("notices").replaceChildren(...told.map(([kind, words]) => el("p", { class: `notice ${kind}`, text: words })));
}

// How old the watts shown are goes on counting, whoever is silent.
function showFoot() {
	const from = newest?.provenance;
	if (!from) return;
	const old = from.power.metrics_age_s + (Date.now() - heardAt) / 1000;
	const told = [t("footPower", `${from.power.meter}, ${from.power.collection_method}`, age(old)),
		t("footGrid", from.grid.source, from.grid.vintage, from.grid.licence),
		t("footData", from.data.version, from.data.sha256.slice(0, 12)), t("footReference"), ...(isElsewhere() ? [t("footTimes")] : [])];
	$("foot").replaceChildren(...told.map((text) => el("p", { text })));
}

function refreshDue() {
	const now = Date.now();
	const every = (name, ms, run) => {
		if (now < due[name]) return;
		due[name] = now + ms;
		run();
	};
	every("list", LIST_MS, workloads.refresh);
	every("grid", GRID_MS, grid.refresh);
	if (power.isLedger()) every("ledger", LEDGER_MS, power.refresh);
}

// The feed speaks English to all; who reads Korean hears the same refusal by asking the same.
async function own(error) {
	if (lang() === "en") return error;
	const refused = await ask("list_top_power_consumers", { allow_fake: true }).then(() => error, (other) => other);
	return refused.code === error.code ? refused : error;
}

async function hearTrouble(error) {
	if (Date.now() - heardAt < TROUBLE_MS) return;
	if (trouble?.said !== error.message) {
		const { message, hint } = await own(error);
		trouble = { said: error.message, words: `${message} ${hint ?? ""}`.trim() };
	}
	setState("trouble");
	showNotices();
}

function hear(event, data) {
	if (event === "trouble") {
		hearTrouble(data.error);
		return;
	}
	if (event === "summary") {
		summary = data;
		power.showSummary(data);
		return;
	}
	[newest, heardAt, trouble] = [data, Date.now(), null];
	setState("live");
	power.showNode(data);
	power.takeSample(data);
	showNotices();
	showFoot();
	showState();
	refreshDue();
}

function setState(now) {
	if (state === now) return;
	if (now === "live") due = { list: 0, grid: 0, ledger: 0 }; // back: everything anew
	state = now;
	showState();
}

// language, theme, token

function retell() {
	document.title = newest ? "tanso" : document.title;
	$("lang").textContent = t("otherLang");
	$("lang").lang = lang() === "ko" ? "en" : "ko";
	$("theme").textContent = t("theme", t(recall("theme") ?? "auto"));
	showState();
	delete $("notices").dataset.told;
	showNotices();
	showFoot();
	if (newest) power.showNode(newest);
	if (summary) power.showSummary(summary);
	for (const part of parts) part.retell();
}

function applyTheme() {
	const theme = recall("theme") ?? "auto";
	if (theme === "auto") delete document.documentElement.dataset.theme;
	else document.documentElement.dataset.theme = theme;
}

function askForToken(isWrong) {
	const dialog = $("login");
	if (dialog.open) return Promise.resolve(null);
	return new Promise((resolve) => {
		const input = el("input", { type: "password", id: "token", required: true, autocomplete: "off", "aria-invalid": isWrong ? "true" : null, "aria-describedby": isWrong ? "wrong-token" : null });
		const form = el("form", { method: "dialog" }, el("h2", { id: "login-title", text: t("signIn") }),
			isWrong ? el("p", { class: "notice bad", id: "wrong-token", role: "alert", text: t("wrongToken") }) : null,
			el("label", {}, el("span", { text: t("token") }), input), el("p", { class: "quiet", text: t("signInHint") }), el("button", { text: t("go") }));
		dialog.replaceChildren(form);
		dialog.onclose = () => resolve(input.value || null);
		dialog.showModal();
	});
}

function start() {
	applyTheme();
	setLang(firstLang());
	onTokenWanted(askForToken);
	$("lang").onclick = () => {
		setLang(lang() === "ko" ? "en" : "ko");
		remember("lang", lang());
		trouble = null; // told again in a moment, in the other language
		retell();
		due = { ...due, list: 0 };
		refreshDue();
	};
	$("theme").onclick = () => {
		remember("theme", THEMES[(THEMES.indexOf(recall("theme") ?? "auto") + 1) % THEMES.length]);
		applyTheme();
		retell();
	};
	matchMedia("(prefers-color-scheme: dark)").addEventListener("change", retell);
	for (const part of parts) part.start();
	retell();
	refreshDue();
	setInterval(showFoot, 1000);
	listen(hear, setState);
}

start();
