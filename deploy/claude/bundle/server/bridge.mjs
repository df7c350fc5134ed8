// MCP between standard input and output and a tanso server over HTTP: one message a line, no dependency, for the Node that
// Claude Desktop brings. A token goes over https:// alone and never to where a redirect points: none is followed.
import { readFileSync } from "node:fs";
import { request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";

const ENVELOPE = "io.modelcontextprotocol/protocolVersion";
const ANSWER_MS = 60000;
const ATTEMPTS = 3; // while nobody answers: questions change nothing and may be asked again
const DISTRUST = /CERT|VERIFY|ISSUER/; // in the codes of Node's errors
const BODY_MAX = 32 << 20;

// A setting that was left empty may come as its own placeholder.
const setting = (name) => (process.env[name] ?? "").startsWith("${") ? "" : (process.env[name] ?? "");
const token = setting("TANSO_TOKEN");
const isLoopback = (host) => host === "localhost" || host === "[::1]" || /^127(\.\d+){3}$/.test(host);

function fail(why) {
	console.error(`tanso: ${why}`);
	process.exit(2);
}

function readSettings() {
	let url;
	try {
		url = new URL(setting("TANSO_URL"));
	} catch {
		fail("TANSO_URL must be the server's MCP address, e.g. https://node.example/mcp");
	}
	if (url.protocol !== "https:" && url.protocol !== "http:") fail(`no protocol for ${url.protocol}`);
	if (url.protocol === "http:" && token) fail("a token is not sent over http://: use https://, or an ssh tunnel without a token");
	if (url.protocol === "http:" && !isLoopback(url.hostname)) fail("http:// is for this computer alone: use https://");
	if (url.username || url.password) fail("no credentials in the address: use the token");
	try {
		return { url, ca: setting("TANSO_CA") ? readFileSync(setting("TANSO_CA")) : undefined };
	} catch (error) {
		fail(`TANSO_CA: ${error.message}`);
	}
}

const { url, ca } = readSettings();
let session; // of the server, and what it was begun with
let version;
let greeting;
let renewal; // under way
let open = 0;
let ended = false;
const underway = new Map(); // requests of 2026-07-28 by id, and what ends them

const write = (text) => process.stdout.write(`${text.replace(/[\r\n]+/g, " ")}\n`);
const writeError = (id, message) => id !== undefined && write(JSON.stringify({ jsonrpc: "2.0", id, error: { code: -32603, message } }));

// The headers each era of the protocol wants (2026-07-28: method and name; before: the version that was agreed on).
function headersFor(message) {
	const modern = message.params?._meta?.[ENVELOPE];
	const name = message.method === "resources/read" ? message.params?.uri : message.params?.name;
	const headers = { "Content-Type": "application/json", Accept: "application/json, text/event-stream", "User-Agent": "tanso-bridge" };
	if (token) headers.Authorization = `Bearer ${token}`;
	if (modern ?? version) headers["MCP-Protocol-Version"] = modern ?? version;
	if (modern) headers["Mcp-Method"] = message.method;
	if (modern && name !== undefined)
		headers["Mcp-Name"] = /^[\x21-\x7e]*$/.test(name) ? name : `=?base64?${Buffer.from(name).toString("base64")}?=`;
	if (!modern && session) headers["Mcp-Session-Id"] = session;
	return headers;
}

function send(method, headers, body, signal) {
	return new Promise((resolve, reject) => {
		const request = (url.protocol === "https:" ? requestHttps : requestHttp)(url, { method, headers, ca, signal }, resolve);
		request.setTimeout(ANSWER_MS, () => request.destroy(new Error("no answer in time")));
		request.on("error", reject);
		request.end(body);
	});
}

async function readAll(response) {
	const parts = [];
	let size = 0;
	for await (const part of response) {
		size += part.length;
		if (size > BODY_MAX) throw new Error("the answer is too long");
		parts.push(part);
	}
	return Buffer.concat(parts).toString("utf8");
}

// Each event's data is a message.
async function readEvents(response, hear) {
	let rest = "";
	response.setEncoding("utf8");
	for await (const part of response) {
		const blocks = (rest + part).split(/\r?\n\r?\n/);
		rest = blocks.pop();
		if (rest.length > BODY_MAX) throw new Error("the event is too long");
		for (const block of blocks) {
			const data = block.split(/\r?\n/).filter((line) => line.startsWith("data:")).map((line) => line.slice(5).trimStart()).join("\n");
			if (data) hear(data);
		}
	}
}

function learn(message, text) {
	if (message.method !== "initialize") return;
	greeting = message;
	version = JSON.parse(text).result?.protocolVersion ?? version;
}

// What the line of its client was: read and written again, a large number would be another.
async function post(message, { line = JSON.stringify(message), signal } = {}, attempt = 1) {
	try {
		return await send("POST", headersFor(message), line, signal);
	} catch (error) {
		const why = error.message || error.code;
		if (DISTRUST.test(error.code)) throw new Error(`${url.origin} is not trusted: ${why}. The settings take the certificate of the authority that it should be verified by (TANSO_CA)`);
		if (attempt >= ATTEMPTS || signal?.aborted) throw new Error(`${url.origin} does not answer: ${why}`);
		await new Promise((resolve) => setTimeout(resolve, 300 * attempt));
		return post(message, { line, signal }, attempt + 1);
	}
}

// The server forgot the session: begun anew with the same greeting, once.
async function renew() {
	session = undefined;
	const response = await post({ ...greeting, id: "tanso-bridge-again" });
	session = response.headers["mcp-session-id"];
	await readAll(response);
	await readAll(await post({ jsonrpc: "2.0", method: "notifications/initialized" }));
}

async function carry(message, as, isSecond = false) {
	if (!isSecond) await renewal?.catch(() => {}); // then it is asked as it would have been
	const used = session;
	const response = await post(message, as);
	const status = response.statusCode;
	const type = response.headers["content-type"] ?? "";

	if (status >= 300 && status < 400) {
		response.resume();
		throw new Error(`${url.origin} points to ${response.headers.location ?? "elsewhere"}: redirects are not followed; write that address if you trust it`);
	}
	if (status === 404 && used && greeting && !isSecond && message.method !== "initialize" && !message.params?._meta?.[ENVELOPE]) {
		response.resume();
		if (renewal || session === used) await (renewal ??= renew().finally(() => (renewal = undefined)));
		return carry(message, as, true);
	}
	session = response.headers["mcp-session-id"] ?? session;
	if (type.startsWith("text/event-stream")) return readEvents(response, (data) => (learn(message, data), write(data)));
	const text = await readAll(response);
	if (status === 202 || (message.id === undefined && status < 300)) return undefined;
	if (!type.startsWith("application/json")) throw new Error(`${url.origin} answered ${status}${status === 401 ? ": a token is needed, or this one is not known" : ""}`);
	if (!text.includes('"jsonrpc"')) throw new Error(`${url.origin} answered ${status}: ${text.slice(0, 300)}`);
	learn(message, text);
	write(text);
	return undefined;
}

async function take(line) {
	let message;
	try {
		message = JSON.parse(line);
	} catch {
		write('{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"not JSON"}}');
		return;
	}
	if (typeof message !== "object" || message === null) {
		write('{"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"a message is a JSON object"}}');
		return;
	}
	const { id, method, params } = message;
	// In 2026-07-28 a client cancels by closing the stream: done for it here.
	if (method === "notifications/cancelled" && underway.has(params?.requestId)) return underway.get(params.requestId).abort();
	const end = new AbortController();
	if (id !== undefined && params?._meta?.[ENVELOPE]) underway.set(id, end);
	open++;
	try {
		await carry(message, { line, signal: end.signal });
	} catch (error) {
		if (!end.signal.aborted) {
			console.error(`tanso: ${error.message}`);
			writeError(id, error.message);
		}
	}
	underway.delete(id);
	open--;
	if (ended && open === 0) process.exit(0);
}

let turn = Promise.resolve(); // the greeting first: what follows needs its session; 2026-07-28 has neither
function hear(line) {
	if (!line.trim()) return;
	if (line.includes('"initialize"') || (greeting === undefined && !line.includes(ENVELOPE))) turn = turn.then(() => take(line));
	else turn.then(() => take(line));
}

let rest = ""; // Node's readline would end a line at U+2028, too, which may stand in a string
process.stdin.setEncoding("utf8");
process.stdin.on("data", (part) => {
	const parts = (rest + part).split("\n");
	rest = parts.pop();
	parts.forEach(hear);
});
process.stdin.on("close", () => {
	hear(rest);
	turn.then(() => {
		ended = true;
		if (open === 0) process.exit(0);
	});
});
process.stdout.on("error", () => process.exit(1));
