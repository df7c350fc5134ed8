// What the tests of the pages share: a Chromium, a site, visits, and how tests are run. Each file is called as
// node test_X.mjs BIN_FOLDER NODE_MODULES and prints PASS or FAIL a test; ONLY=words runs those with these words in their names.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { resolve } from "node:path";
import { Site, until } from "./site.mjs";

const [bin, modules] = process.argv.slice(2).map((path) => resolve(path));
export const load = createRequire(`${modules}/`);
const { chromium } = load("playwright-core");
export const axe = readFileSync(load.resolve("axe-core/axe.min.js"), "utf8");
export const WORKLOAD = "ml-training-job";

export const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox", "--disable-gpu"] });
export const newSite = () => new Site(bin);
export const startSite = (...given) => newSite().start(...given);
export const site = await startSite("model", 30, "pue=1.6");
const tests = [];
export const test = (name, run) => tests.push([name, run]);

// A page, and everything that went wrong in it: errors, and what the policy refused.
export async function visit({ path = "/", language = "en", width = 1440, height = 1000, theme = "light", zone, before, at = site } = {}) {
	const context = await browser.newContext({ viewport: { width, height }, locale: language === "ko" ? "ko-KR" : "en-US", colorScheme: theme, reducedMotion: "reduce", timezoneId: zone });
	const page = await context.newPage();
	const wrong = [];
	page.on("pageerror", (error) => wrong.push(error.message));
	page.on("console", (message) => message.type() === "error" && wrong.push(message.text()));
	if (before) await before(page);
	await page.goto(at.url + path);
	const text = (selector) => page.locator(selector).first().innerText();
	const check = (selector, wanted, ms) => until(`${selector} to be ${wanted}`, async () => {
		const got = await text(selector);
		return wanted instanceof RegExp ? wanted.test(got) : got.includes(wanted);
	}, ms);
	const live = () => until("live", async () => (await page.getAttribute("#state", "data-state")) === "live" && /\d/.test(await text("#node-watts")));
	return { page, text, check, live, wrong, close: () => context.close() };
}

// `expected`: what the console may say.
export async function seen(options, run, expected = []) {
	const view = await visit(options);
	try {
		if (!options.path) await view.live();
		await run(view);
		assert.deepEqual(view.wrong.filter((one) => !expected.some((known) => known.test(one))), [], "errors in the page");
	} finally {
		await view.close();
	}
}

export const value = (text) => Number(text.replace(/[^0-9.+-]/g, ""));
export const near = (got, wanted, share, what) => assert.ok(Math.abs(got - wanted) <= share * Math.abs(wanted), `${what}: ${got}, not ${wanted}`);

// While the server asks for the token let-me-in, which shows these namespaces ("" = all).
export async function whileAsking(namespaces, run) {
	const file = `${site.folder}/tokens`;
	writeFileSync(file, `reader ${createHash("sha256").update("let-me-in").digest("hex")} ${namespaces}\n`);
	await site.stopFrontend();
	await site.startFrontend(`http_tokens=${file}`);
	try {
		await run();
	} finally {
		await site.stopFrontend();
		await site.startFrontend();
	}
}

// All that were declared, then an end of everything.
export async function runTests(afterwards = () => {}) {
	let failed = 0;
	const only = process.env.ONLY;
	for (const [name, run] of tests) {
		if (only && !name.includes(only)) continue;
		const begin = Date.now();
		try {
			await run();
			console.log(`PASS ${name}`);
			if (process.env.TIMES) console.log(`     ${Date.now() - begin} ms`);
		} catch (error) {
			failed++;
			console.log(`FAIL ${name}: ${error.message.split("\n").slice(0, 12).join(" | ")}`);
		}
	}
	await afterwards();
	await browser.close();
	site.stop();
	process.exit(failed > 0 ? 1 : 0);
}
