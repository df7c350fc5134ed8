// The official TypeScript clients, v1 and v2, against a running server: clients.mjs URL FOLDER [COMMAND...] (a stdio server).
// With TANSO_TOKEN in the environment they show that token (and must not be let in without), over HTTP alone.
// Prints PASS or FAIL a check. The server's analyst is scripted (tests/process/fake_analyst.c).
import { writeFileSync } from 'node:fs';
import { Client as Client1 } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as Http1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { SSEClientTransport as Sse1 } from '@modelcontextprotocol/sdk/client/sse.js';
import { StdioClientTransport as Stdio1 } from '@modelcontextprotocol/sdk/client/stdio.js';
import { ResourceUpdatedNotificationSchema } from '@modelcontextprotocol/sdk/types.js';
import { Client as Client2, StreamableHTTPClientTransport as Http2 } from '@modelcontextprotocol/client';
import { StdioClientTransport as Stdio2 } from '@modelcontextprotocol/client/stdio';

const [url, folder, command, ...args] = process.argv.slice(2);
const token = process.env.TANSO_TOKEN;
const shown = token && { requestInit: { headers: { Authorization: `Bearer ${token}` } } };
const who = { name: 'tanso-test', version: '1' };
const newest = { versionNegotiation: { mode: { pin: '2026-07-28' } } };
const name = 'assess_workload_compliance';
let failed = 0;

const wait = (ms) => new Promise((done) => setTimeout(done, ms));
// Each transport has a namespace, and so a workload, of its own.
const watchedBy = (space) => `workload-metrics://${space}/flips`;
const setStatus = (space, status) => writeFileSync(`${folder}/${space}.status`, status);

function expect(what, got, wanted) {
	if (JSON.stringify(got) !== JSON.stringify(wanted))
		throw new Error(`${what}: got ${JSON.stringify(got)}, wanted ${JSON.stringify(wanted)}`);
}

// One client after the other: seven times fifty would be more than the frontend's bound of 256.
let turn = Promise.resolve();
function inTurn(act) {
	const mine = turn.then(act);
	turn = mine.catch(() => {});
	return mine;
}

// Every method, 50 calls at a time, an argument of 1 MB.
async function everyMethod(client, space) {
	const tools = (await client.listTools()).tools;
	expect('tools', tools.some((tool) => tool.name === name), true);
	const result = await client.callTool({ name, arguments: { workload_name: 'app' } });
	expect('echo', result.structuredContent.echo, { workload_name: 'app' });
	expect('text', JSON.parse(result.content[0].text), result.structuredContent);
	const wrong = await client.callTool({ name, arguments: { workload: 'app' } });
	expect('isError', wrong.isError, true);
	expect('resources', (await client.listResources()).resources.map((r) => r.uri),
		['compliance-standards://korea/KR_CARBON_2050', 'carbon-intensity://ap-northeast-2']);
	expect('templates', (await client.listResourceTemplates()).resourceTemplates.length, 3);
	setStatus(space, 'UNKNOWN');
	expect('read', JSON.parse((await client.readResource({ uri: watchedBy(space) })).contents[0].text), { status: 'UNKNOWN' });
	expect('prompts', (await client.listPrompts()).prompts.map((p) => p.name), ['compliance_review', 'carbon_report']);
	const prompt = await client.getPrompt({ name: 'compliance_review', arguments: { workload_name: 'app' } });
	expect('prompt', prompt.messages[0].content.text.includes('workload app.'), true);
	const completion = await client.complete({
		ref: { type: 'ref/prompt', name: 'compliance_review' }, argument: { name: 'workload_name', value: 'ap' } });
	expect('completion', completion.completion.values, ['app', 'apple']);
	const names = [...Array(50).keys()].map((i) => `app-${i}`);
	const many = await inTurn(() => Promise.all(names.map((workload_name) => client.callTool({ name, arguments: { workload_name } }))));
	expect('50 calls', many.map((one) => one.structuredContent?.echo.workload_name ?? one.content[0].text), names);
	const big = await client.callTool({ name, arguments: { workload_name: 'x'.repeat(1000000) } });
	expect('a large argument', big.isError, true);
}

async function cancellation(client) {
	const abort = new AbortController();
	const call = client.callTool({ name, arguments: { workload_name: 'silent' } }, ...(client instanceof Client1
		? [undefined, { signal: abort.signal }] : [{ signal: abort.signal }]));
	setTimeout(() => abort.abort('enough'), 200);
	const outcome = await call.then(() => 'answered', () => 'aborted');
	expect('cancelled call', outcome, 'aborted');
	expect('after it', (await client.callTool({ name, arguments: { workload_name: 'app' } })).isError, false);
}

async function progress(client) {
	let heard = 0;
	const options = { onprogress: () => heard++, timeout: 8000 };
	await client.callTool({ name, arguments: { workload_name: 'silent' } },
		...(client instanceof Client1 ? [undefined, options] : [options]));
	if (heard < 2)
		throw new Error(`heard ${heard} notices of progress in a call of 5 s`);
}

// One flip, exactly one update within 2 s; none without a flip.
async function oneUpdate(space, subscribe) {
	const heard = [];
	setStatus(space, 'COMPLIANT');
	await subscribe((uri) => heard.push(uri));
	await wait(1500);
	expect('before the flip', heard, []);
	setStatus(space, 'NON_COMPLIANT');
	for (let i = 0; i < 20 && heard.length === 0; i++)
		await wait(100);
	expect('after the flip', heard, [watchedBy(space)]);
	await wait(1500);
	expect('later', heard, [watchedBy(space)]);
}

const legacySubscription = (client, space) => oneUpdate(space, async (hear) => {
	if (client instanceof Client1)
		client.setNotificationHandler(ResourceUpdatedNotificationSchema, (note) => hear(note.params.uri));
	else
		client.setNotificationHandler('notifications/resources/updated', (note) => hear(note.params.uri));
	await client.subscribeResource({ uri: watchedBy(space) });
});

const modernSubscription = (client, space) => oneUpdate(space, async (hear) => {
	client.setNotificationHandler('notifications/resources/updated', (note) => hear(note.params.uri));
	await client.listen({ resourceSubscriptions: [watchedBy(space)] });
});

const transports = {
	'v1 over HTTP': [() => new Client1(who), () => new Http1(new URL(url), shown), legacySubscription],
	'v1 over HTTP with SSE': [() => new Client1(who), () => new Sse1(new URL('/sse', url), shown), legacySubscription],
	'v2 (2025-11-25) over HTTP': [() => new Client2(who), () => new Http2(new URL(url), shown), legacySubscription],
	'v2 (2026-07-28) over HTTP': [() => new Client2(who, newest), () => new Http2(new URL(url), shown), modernSubscription],
	'v1 over stdio': [() => new Client1(who), () => new Stdio1({ command, args, stderr: 'ignore' }), legacySubscription],
	'v2 (2025-11-25) over stdio': [() => new Client2(who), () => new Stdio2({ command, args, stderr: 'ignore' }), legacySubscription],
	'v2 (2026-07-28) over stdio': [() => new Client2(who, newest), () => new Stdio2({ command, args, stderr: 'ignore' }), modernSubscription],
};

async function tryTransport([label, [makeClient, makeTransport, subscribe]], index) {
	for (const check of token ? [everyMethod] : [everyMethod, cancellation, subscribe, progress]) {
		const title = `clients: ${label}${token ? ' and TLS, with a token' : ''}: ${check === subscribe ? 'oneUpdate' : check.name}`;
		const client = makeClient();
		try {
			await client.connect(makeTransport());
			await check(client, `space-${index}`);
			console.log(`PASS ${title}`);
		} catch (error) {
			failed++;
			console.log(`FAIL ${title}: ${error.message}`);
		}
		await client.close().catch(() => {});
	}
}

async function tryWithout() {
	const outcome = await new Client1(who).connect(new Http1(new URL(url))).then(() => 'let in', (error) => error.message);
	if (!/401|UNAUTHORIZED/.test(outcome)) {
		failed++;
		console.log(`FAIL clients: without a token: ${outcome}`);
	}
}

const tried = Object.entries(transports).filter(([label]) => !token || !label.includes('stdio'));
await Promise.all([...tried.map(tryTransport), ...(token ? [tryWithout()] : [])]);
process.exit(failed > 0 ? 1 : 0);
