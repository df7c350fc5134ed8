// Questions to the server, and its feed. A bearer token, where one is asked for, lives as long as the tab.
import { lang } from "./texts.js";

const QUIET_MS = 20000; // the feed speaks every 2 s: after that long it is dead
const RETRY_MS = [500, 1000, 2000, 4000, 8000];
let wantToken = async () => null;

export class Refused extends Error {
	constructor(status, error) {
		super(error.message ?? `HTTP ${status}`);
		this.status = status;
		this.code = error.code ?? "INTERNAL";
		this.hint = error.hint ?? "";
		this.candidates = error.candidates ?? [];
	}
}

export const onTokenWanted = (ask) => (wantToken = ask);

function headers(more) {
	const token = sessionStorage.getItem("tanso-token");
	return { "Accept-Language": lang(), ...(token ? { Authorization: `Bearer ${token}` } : {}), ...more };
}

// The person is asked once for all that wait for it, and told where a token was given before and refused.
let asked = null;
const tokenOf = (isWrong) => (asked ??= wantToken(isWrong).finally(() => (asked = null)));

async function send(path, options) {
	for (;;) {
		const used = sessionStorage.getItem("tanso-token");
		const response = await fetch(path, { cache: "no-store", ...options, headers: headers(options.headers) });
		if (response.status !== 401) return response;
		const known = sessionStorage.getItem("tanso-token"); // another question was let in meanwhile?
		const token = known !== used ? known : await tokenOf(used !== null);
		if (!token) return response;
		sessionStorage.setItem("tanso-token", token);
	}
}

async function read(response) {
	let body;
	try {
		body = await response.json();
	} catch {
		throw new Refused(response.status, {}); // a proxy's page
	}
	if (!response.ok) throw new Refused(response.status, body.error ?? {});
	return body;
}

export const get = async (path) => read(await send(path, {}));
const post = async (path, given) =>
	read(await send(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(given) }));
export const ask = (tool, given = {}) => post(`/tools/${tool}`, given);
export const view = (name, given = {}) => post(`/views/${name}`, given);

// One event of text/event-stream: its lines, without the empty one that ends it.
function hear(block, on) {
	let event = "message";
	let data = "";
	for (const line of block.split("\n")) {
		if (line.startsWith("event: ")) event = line.slice(7);
		else if (line.startsWith("data: ")) data += line.slice(6);
	}
	if (data) on(event, JSON.parse(data));
}

async function follow(stream, on, alive) {
	const reader = stream.pipeThrough(new TextDecoderStream()).getReader();
	let rest = "";
	for (;;) {
		const { value, done } = await reader.read();
		if (done) return;
		alive();
		const blocks = (rest + value).split("\n\n");
		rest = blocks.pop();
		for (const block of blocks) hear(block, on);
	}
}

const wait = (ms, wake) => new Promise((resolve) => {
	const timer = setTimeout(resolve, ms);
	wake.then(() => (clearTimeout(timer), resolve()));
});

// Listens for as long as the page is seen: on(event, data), and state("offline" | "paused").
export async function listen(on, state) {
	for (let failures = 0; ;) {
		const control = new AbortController();
		let timer;
		const alive = () => {
			clearTimeout(timer);
			timer = setTimeout(() => control.abort(), QUIET_MS);
		};
		const hide = () => document.hidden && control.abort();
		document.addEventListener("visibilitychange", hide);
		try {
			alive();
			const response = await send("/events", { signal: control.signal });
			if (!response.ok) throw new Refused(response.status, {});
			await follow(response.body, (event, data) => {
				failures = 0;
				on(event, data);
			}, alive);
		} catch { /* away: said below, tried again */ }
		clearTimeout(timer);
		document.removeEventListener("visibilitychange", hide);
		const seen = new Promise((resolve) => document.addEventListener("visibilitychange", resolve, { once: true }));
		if (document.hidden) {
			state("paused");
			await seen;
			failures = 0;
		} else {
			state("offline");
			await wait(RETRY_MS[Math.min(failures++, RETRY_MS.length - 1)], seen);
		}
	}
}
