// The lines of docs/clients.md as people copy them, and the bundle's bridge as it is packed.
// Usage: node test_clients.mjs BIN_FOLDER NODE_MODULES. Needs openssl and python3 (to unpack). Prints PASS or FAIL a test.
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { createServer as createSecureServer } from "node:https";
import { dirname, join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";
import { Site } from "./site.mjs";

const [bin, modules] = process.argv.slice(2).map((path) => resolve(path));
const root = resolve(dirname(new URL(import.meta.url).pathname), "../..");
const HELLO = { jsonrpc: "2.0", id: 1, method: "initialize", params: { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "test", version: "1" } } };
const LIST = { jsonrpc: "2.0", id: 2, method: "tools/list" };

const site = await new Site(bin).start("model", 1);
const path = join(site.folder, "path"); // stand-ins, found before anything else
mkdirSync(path);

function place(name, text) {
	writeFileSync(join(path, name), text);
	chmodSync(join(path, name), 0o755);
}

// ssh -T host command …: runs it here. tanso: this build's, by this site's socket.
place("ssh", '#!/bin/sh\n[ "$1" = -T ] && [ "$2" = host ] || exit 64\nshift 2\nexec "$@"\n');
place("tanso", `#!/bin/sh\nexec ${bin}/tanso "$@" --runtime-dir ${site.folder}/run\n`);
const environment = { ...process.env, PATH: `${path}:${process.env.PATH}` };

// What comes out of a command that gets these messages, line by line.
function talk(command, given, messages, env = {}, write = JSON.stringify) {
	return new Promise((done) => {
		const child = spawn(command, given, { env: { ...environment, ...env } });
		let out = "";
		let error = "";
		child.stdout.on("data", (data) => (out += data));
		child.stderr.on("data", (data) => (error += data));
		child.stdin.on("error", () => {}); // it may end before it reads
		child.on("close", (code) => done({ code, error, out, lines: out.split("\n").filter(Boolean).map((line) => JSON.parse(line)) }));
		for (const message of messages) child.stdin.write(`${write(message)}\n`);
		child.stdin.end();
	});
}

async function expectCommand(command, given, env) {
	const { lines, error } = await talk(command, given, [HELLO, LIST], env);
	assert.equal(lines.length, 2, error);
	const answer = (id) => lines.find((line) => line.id === id).result;
	assert.equal(answer(1).serverInfo.name, "tanso");
	assert.ok(answer(2).tools.length >= 7);
}

async function expectUrl(url) {
	assert.equal(new URL(url).host, "127.0.0.1:30800"); // the address as shipped; here it is another port
	const response = await fetch(url.replace("127.0.0.1:30800", `127.0.0.1:${site.port}`), { method: "POST", headers: { "Content-Type": "application/json", Accept: "application/json, text/event-stream" }, body: JSON.stringify(HELLO) });
	const text = await response.text();
	assert.match(text, /"serverInfo"/);
}

const blocks = (file) => [...readFileSync(join(root, file), "utf8").matchAll(/```(json|sh)\n([\s\S]*?)```/g)].map(([, kind, text]) => [kind, text.trim()]);
const tests = [];
const test = (name, run) => tests.push([name, run]);

test("every configuration of docs/clients.md reaches the server as it stands", async () => {
	let reached = 0;
	for (const [kind, text] of blocks("docs/clients.md")) {
		if (kind === "sh") {
			const words = text.split(" ");
			assert.deepEqual(words.slice(0, 3), ["claude", "mcp", "add"]);
			const dashes = words.indexOf("--");
			if (dashes > 0) await expectCommand(words[dashes + 1], words.slice(dashes + 2));
			else await expectUrl(words.at(-1));
			reached++;
			continue;
		}
		const configured = JSON.parse(text);
		for (const server of Object.values(configured.mcpServers ?? configured.servers)) {
			if (server.url) await expectUrl(server.url);
			else await expectCommand(server.command, server.args);
			reached++;
		}
	}
	assert.ok(reached >= 6, `only ${reached}`);
});

test("the Korean page has the same blocks", () => {
	assert.deepEqual(blocks("docs/clients.ko.md"), blocks("docs/clients.md"));
	assert.deepEqual(blocks("docs/api.ko.md"), blocks("docs/api.md"));
	const commands = (file) => blocks(file).filter(([kind]) => kind === "sh").flatMap(([, text]) => text.split("\n").map((line) => line.split(" #")[0].trim()));
	const known = commands("README.md");
	assert.ok(commands("docs/README.ko.md").length >= 10);
	for (const command of commands("docs/README.ko.md")) assert.ok(known.includes(command), command);
});

const packed = join(site.folder, "tanso.mcpb");
const bridge = join(site.folder, "bundle/server/bridge.mjs");
const run = (env, messages = [HELLO, LIST]) => talk(process.execPath, [bridge], messages, env);

test("the bundle is valid, packs, and its bridge reaches the server", async () => {
	execFileSync(join(root, "deploy/claude/pack"), [packed], { env: environment, stdio: "pipe" });
	execFileSync("python3", ["-c", "import sys, zipfile; zipfile.ZipFile(sys.argv[1]).extractall(sys.argv[2])", packed, join(site.folder, "bundle")]);
	const manifest = JSON.parse(readFileSync(join(site.folder, "bundle/manifest.json"), "utf8"));
	assert.equal(manifest.server.entry_point, "server/bridge.mjs");
	// a setting left empty comes as its own placeholder
	await expectCommand(process.execPath, [bridge], { TANSO_URL: `${site.url}/mcp`, TANSO_TOKEN: manifest.server.mcp_config.env.TANSO_TOKEN });
});

function serve(create, handler) {
	return new Promise((ready) => {
		const heard = [];
		const server = create((request, response) => {
			heard.push(request.headers);
			request.resume().on("end", () => handler(request, response));
		});
		server.listen(0, "127.0.0.1", () => ready({ heard, port: server.address().port, close: () => server.close() }));
	});
}

const certificate = () => {
	const [key, cert] = ["key.pem", "cert.pem"].map((name) => join(site.folder, name));
	execFileSync("openssl", ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", key, "-out", cert], { stdio: "pipe" });
	return { key: readFileSync(key), cert: readFileSync(cert), file: cert };
};

test("the bridge sends a token over verified TLS alone, and never to where a redirect points", async () => {
	const thief = await serve(createServer, (_, response) => response.end("{}"));
	const pem = certificate();
	const answer = (response) => response.writeHead(200, { "Content-Type": "application/json" }).end(JSON.stringify({ jsonrpc: "2.0", id: 1, result: { serverInfo: { name: "tanso" } } }));
	const server = await serve((handler) => createSecureServer(pem, handler), (request, response) =>
		request.url === "/mcp" ? answer(response) : response.writeHead(307, { Location: `http://127.0.0.1:${thief.port}/mcp` }).end());
	const at = `https://localhost:${server.port}`;
	const secret = { TANSO_TOKEN: "secret" };

	const good = await run({ ...secret, TANSO_URL: `${at}/mcp`, TANSO_CA: pem.file }, [HELLO]);
	assert.equal(good.lines[0].result.serverInfo.name, "tanso", good.error);
	assert.equal(server.heard.at(-1).authorization, "Bearer secret");

	const before = server.heard.length;
	const unknown = await run({ ...secret, TANSO_URL: `${at}/mcp` }, [HELLO]);
	assert.match(unknown.lines[0].error.message, /is not trusted: .*self.signed.*TANSO_CA/);
	assert.equal(server.heard.length, before, "a server that was not verified heard the token");

	const moved = await run({ ...secret, TANSO_URL: `${at}/moved`, TANSO_CA: pem.file }, [HELLO]);
	assert.match(moved.lines[0].error.message, /redirects are not followed/);
	assert.equal(thief.heard.length, 0, "the redirect was followed");

	for (const [url, token, why] of [[`${site.url}/mcp`, "secret", /token is not sent over http/], ["http://192.0.2.1/mcp", "", /this computer alone/], ["nonsense", "", /TANSO_URL/]]) {
		const refused = await run({ TANSO_URL: url, TANSO_TOKEN: token }, [HELLO]);
		assert.equal(refused.code, 2);
		assert.match(refused.error, why);
	}
	server.close();
	thief.close();
});

test("the bridge answers for a server that is away, and for lines that are none", async () => {
	const away = await run({ TANSO_URL: "http://127.0.0.1:9/mcp" }, [HELLO]);
	assert.match(away.lines[0].error.message, /does not answer/);
	assert.equal(away.code, 0);
	const streams = await serve(createServer, (_, response) =>
		response.writeHead(200, { "Content-Type": "text/event-stream" }).end('event: message\ndata: {"jsonrpc":"2.0","method":"notifications/progress"}\n\ndata: {"jsonrpc":"2.0","id":1,"result":{}}\n\n'));
	const heard = await run({ TANSO_URL: `http://127.0.0.1:${streams.port}/mcp` }, [HELLO]);
	assert.deepEqual(heard.lines.map((line) => line.method ?? line.id), ["notifications/progress", 1]);
	streams.close();
	const odd = await talk(process.execPath, [bridge], ["null", "5", '"x"', "nonsense", '{"jsonrpc":"2.0","id":9007199254740993,"method":"ping","params":{"text":"\u2028"}}'], { TANSO_URL: `${site.url}/mcp` }, (line) => line);
	assert.deepEqual(odd.lines.map((line) => line.error?.code ?? "ok"), [-32600, -32600, -32600, -32700, "ok"]);
	assert.match(odd.out, /"id":9007199254740993/);
});

// Both eras may come by one process; in the newest, the bridge cancels for its client, and says no more of it.
for (const [what, start] of [
	["the bundle's bridge", (url) => [process.execPath, [bridge], { TANSO_URL: url }]],
	["tanso mcp --url", (url) => [join(bin, "tanso"), ["mcp", "--runtime-dir", "/nonexistent", "--url", url]]],
])
	test(`${what} says the version of each message, and closes what its client cancels`, async () => {
		let closed = 0;
		const heard = [];
		const server = createServer(async (request, response) => {
			let text = "";
			for await (const part of request) text += part;
			if (!text) return response.writeHead(405).end();
			const { id, method } = JSON.parse(text);
			heard.push([method, request.headersDistinct["mcp-protocol-version"]]);
			if (id === undefined) return response.writeHead(202).end();
			const end = () => response.writeHead(200, { "Content-Type": "application/json" }).end(JSON.stringify({ jsonrpc: "2.0", id, result: { protocolVersion: "2025-06-18" } }));
			if (id !== "long") return end();
			response.on("close", () => closed++);
			setTimeout(() => closed === 0 && end(), 1500);
		});
		await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
		const [command, given, env] = start(`http://127.0.0.1:${server.address().port}/mcp`);
		const child = spawn(command, given, { env: { ...environment, ...env } });
		let out = "";
		child.stdout.on("data", (data) => (out += data));
		const say = (message) => child.stdin.write(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`);
		const until = async (what) => {
			for (let i = 0; i < 400 && !what(); i++) await new Promise((again) => setTimeout(again, 10));
			assert.ok(what(), JSON.stringify([heard, out]));
		};
		const _meta = { "io.modelcontextprotocol/protocolVersion": "2026-07-28" };
		say(HELLO);
		await until(() => out.includes('"id":1'));
		say({ id: "old", method: "ping" });
		say({ id: "new", method: "server/discover", params: { _meta } });
		say({ id: "long", method: "tools/call", params: { _meta } });
		await until(() => heard.some(([method]) => method === "tools/call") && out.includes('"old"') && out.includes('"new"'));
		say({ method: "notifications/cancelled", params: { requestId: "long", _meta } });
		await until(() => closed === 1);
		child.stdin.end();
		await new Promise((done) => child.on("close", done));
		const versions = Object.fromEntries(heard);
		assert.deepEqual([versions.ping, versions["server/discover"], versions["tools/call"]], [["2025-06-18"], ["2026-07-28"], ["2026-07-28"]]);
		assert.ok(!out.includes('"long"') && !("notifications/cancelled" in versions), out);
		server.close();
	});

// A server whose session ends when it is told so; it answers initialize by an event, as a server may.
async function forgetfulServer() {
	let alive;
	const told = { sessions: 0, confirmed: [] };
	const server = createServer(async (request, response) => {
		if (request.method !== "POST") return response.writeHead(405).end();
		let text = "";
		for await (const part of request) text += part;
		const message = JSON.parse(text);
		const id = request.headers["mcp-session-id"];
		const reply = (status, more) => response.writeHead(status, { "Content-Type": "application/json" }).end(more && JSON.stringify({ jsonrpc: "2.0", id: message.id, ...more }));
		if (message.method === "initialize") {
			alive = `s${++told.sessions}`;
			const result = { protocolVersion: "2025-11-25", capabilities: {}, serverInfo: { name: "tanso" } };
			return response.writeHead(200, { "Content-Type": "text/event-stream", "Mcp-Session-Id": alive }).end(`data: ${JSON.stringify({ jsonrpc: "2.0", id: message.id, result })}\n\n`);
		}
		if (message.method === "end") alive = undefined;
		if (message.params?._meta) return reply(404, { error: { code: -32601, message: "no such method" } });
		if (message.method !== "end" && id !== alive) return reply(404, { error: { code: -32001, message: "no such session" } });
		if (message.method === "notifications/initialized") told.confirmed.push(id);
		return message.id === undefined ? reply(202) : reply(200, { result: { session: id } });
	});
	await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
	return { server, told, url: `http://127.0.0.1:${server.address().port}/mcp` };
}

for (const [what, start] of [
	["the bundle's bridge", (url) => [process.execPath, [bridge], { TANSO_URL: url }]],
	["tanso mcp --url", (url) => [join(bin, "tanso"), ["mcp", "--runtime-dir", "/nonexistent", "--url", url]]],
])
	test(`${what} begins a session anew, once for all who hear that theirs is over`, async () => {
		const { server, told, url } = await forgetfulServer();
		const say = (id, method, params) => ({ jsonrpc: "2.0", id, method, params });
		const modern = { _meta: { "io.modelcontextprotocol/protocolVersion": "2026-07-28" } };
		const [command, given, env] = start(url);
		const child = spawn(command, given, { env: { ...environment, ...env } });
		const answers = {};
		let isOver = false;
		let wake = () => {};
		createInterface({ input: child.stdout }).on("line", (line) => ((answers[JSON.parse(line).id] = JSON.parse(line)), wake()));
		child.stdin.on("error", () => {});
		child.on("close", () => ((isOver = true), wake()));
		setTimeout(() => child.kill(), 20000).unref();
		const ask = async (...messages) => {
			child.stdin.write(messages.map((message) => `${JSON.stringify(message)}\n`).join(""));
			while (!messages.every((message) => answers[message.id])) {
				assert.ok(!isOver, `it ended: ${JSON.stringify(answers)}`);
				await new Promise((again) => (wake = again));
			}
		};
		await ask(HELLO);
		await ask(say("end", "end"), say("none", "ping", modern)); // what has no session has none to lose
		assert.equal(answers.none.error.code, -32601);
		assert.equal(told.sessions, 1);
		await ask(say(2, "ping"), say(3, "ping"), say(4, "ping"));
		assert.deepEqual([2, 3, 4].map((id) => answers[id].result?.session), ["s2", "s2", "s2"]);
		assert.deepEqual(told.confirmed, ["s2"]);
		child.stdin.end();
		server.close();
	});

// The rules of https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json that this file can break.
test("the registry's description has what its schema wants", () => {
	const server = JSON.parse(readFileSync(join(root, "deploy/claude/server.json"), "utf8"));
	const knows = (object, ...keys) => assert.deepEqual(Object.keys(object).filter((key) => !keys.includes(key)), []);
	knows(server, "$schema", "name", "title", "description", "version", "remotes");
	assert.match(server.$schema, /^https:\/\/static\.modelcontextprotocol\.io\/schemas\/\d{4}-\d\d-\d\d\/server\.schema\.json$/);
	assert.match(server.name, /^[a-zA-Z0-9.-]+\/[a-zA-Z0-9._-]+$/);
	for (const key of ["title", "description"]) assert.ok(server[key].length >= 1 && server[key].length <= 100, key);
	assert.equal(server.version, readFileSync(join(root, "CMakeLists.txt"), "utf8").match(/project\([^)]*VERSION ([\d.]+)/)[1]);
	assert.equal(server.remotes.length, 1);
	for (const remote of server.remotes) {
		knows(remote, "type", "url", "variables", "headers");
		assert.equal(remote.type, "streamable-http");
		assert.match(remote.url, /^https:\/\/\S+\/mcp$/);
		assert.deepEqual([...remote.url.matchAll(/\{(\w+)\}/g)].map(([, name]) => name), Object.keys(remote.variables));
		for (const input of [...Object.values(remote.variables), ...remote.headers]) knows(input, "name", "description", "isRequired", "isSecret");
		for (const header of remote.headers) assert.equal(typeof header.name, "string");
	}
});

// What a model may be given of a tool; outputSchema is for its client.
const READ = ["name", "title", "description", "inputSchema", "annotations"];

test("the definitions of all tools together are at most 3000 tokens of o200k_base, in both languages", async () => {
	const lists = new Map(); // before the tokenizer is loaded, which takes so long that the server closes an idle connection meanwhile
	for (const language of ["en", "ko"]) {
		const response = await fetch(`${site.url}/mcp`, { method: "POST", headers: { "Accept-Language": language }, body: JSON.stringify(LIST) });
		lists.set(language, (await response.json()).result.tools);
	}
	const { Tiktoken } = await import(pathToFileURL(join(modules, "js-tiktoken/dist/lite.js")));
	const { default: ranks } = await import(pathToFileURL(join(modules, "js-tiktoken/dist/ranks/o200k_base.js")));
	const encoding = new Tiktoken(ranks);
	for (const [language, tools] of lists) {
		assert.equal(tools.length, 8);
		assert.equal(/[가-힣]/.test(JSON.stringify(tools)), language === "ko");
		const given = JSON.stringify(tools.map((tool) => Object.fromEntries(READ.map((key) => [key, tool[key]]))));
		const count = encoding.encode(given).length;
		assert.ok(count > 1000 && count <= 3000, `${language}: ${count}`);
		console.log(`# ${language}: ${count} tokens of o200k_base`);
	}
});

let failed = 0;
for (const [name, act] of tests) {
	try {
		await act();
		console.log(`PASS ${name}`);
	} catch (error) {
		failed++;
		console.log(`FAIL ${name}: ${error.message.split("\n").slice(0, 12).join(" | ")}`);
	}
}
site.stop();
process.exit(failed > 0 ? 1 : 0);
