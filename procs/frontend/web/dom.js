// Elements, numbers and times.
import { lang, t } from "./texts.js";

// What turns the direction of a line: a name with such a character could read as another.
const TURNS = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

// el("p", { class: "quiet", onclick: f, text: "…" }, child, …): foreign text only ever becomes text.
export function el(name, options = {}, ...children) {
	const element = document.createElement(name);
	for (const [key, given] of Object.entries(options)) {
		if (given === undefined || given === null || given === false) continue;
		const value = ["text", "title", "aria-label"].includes(key) ? String(given).replace(TURNS, "\ufffd") : given;
		if (key === "text") element.textContent = value;
		else if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
		else if (key in element && key !== "list" && key !== "role") element[key === "class" ? "className" : key] = value;
		else element.setAttribute(key === "className" ? "class" : key, value === true ? "" : value);
	}
	element.append(...children.flat().filter((child) => child !== null && child !== undefined));
	return element;
}

export const $ = (id) => document.getElementById(id);

// What is small keeps two digits of its own: 0.0030 kg is not 0.00. Less than NOTHING is rounding.
const NOTHING = 1e-6;

export function number(value, digits = 1) {
	if (typeof value !== "number" || !Number.isFinite(value)) return "–";
	const size = Math.abs(value), most = size >= 1000 ? 0 : digits;
	const isSmall = size >= NOTHING && size < Math.min(1, 10 ** (1 - digits));
	const shown = isSmall ? { maximumSignificantDigits: 2, minimumSignificantDigits: 2 } : { maximumFractionDigits: most, minimumFractionDigits: most };
	return new Intl.NumberFormat(lang(), shown).format(value);
}

// The numbers of a site of any size: 0.80 W, 133.5 W, 12,400 W
export const watts = (value) => `${number(value, 1)} W`;
export const percent = (value, digits = 1) => `${number(value, digits)} %`;
export const signed = (value) => (value > 0 ? "+" : "") + percent(value);

// A status that is told again is read out again: it is written only where it differs.
export function say(id, text) {
	if ($(id).textContent !== text) $(id).textContent = text;
}

const zone = { timeZone: "Asia/Seoul" };
export const isElsewhere = () => new Date().getTimezoneOffset() !== -540;
const format = (options) => (date) => new Intl.DateTimeFormat(lang(), { ...zone, ...options }).format(date);
export const clock = (date) => format({ hour: "2-digit", minute: "2-digit", hourCycle: "h23" })(date);
export const seconds = (date) => format({ hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" })(date);
export const day = (date) => format({ month: "numeric", day: "numeric" })(date);
export const moment = (date) => `${day(date)} ${clock(date)}`;

export function age(s) {
	if (s < 90) return t("unit_s", Math.round(s));
	return s < 5400 ? t("unit_min", Math.round(s / 60)) : t("unit_h", Math.round(s / 3600));
}

// Bars of parts: [{ value, color, label }]. Says the same in words.
export function fillBar(bar, parts, words) {
	const sum = parts.reduce((total, part) => total + part.value, 0);
	bar.replaceChildren(...parts.filter((part) => part.value > 0).map((part) => {
		const piece = el("i", { title: part.label });
		piece.style.flexGrow = String(sum > 0 ? part.value / sum : 0);
		piece.style.background = part.color;
		return piece;
	}));
	bar.setAttribute("aria-label", words);
}

export function key(color, label, value) {
	const chip = el("i", { "aria-hidden": "true" });
	chip.style.background = color;
	return el("li", {}, chip, el("span", { text: label }), value === undefined ? null : el("b", { text: value }));
}
