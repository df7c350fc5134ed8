// The pages in a real Chromium: every control, both languages, narrow and wide, the server killed and back.
// Usage: node test_pages.mjs BIN_FOLDER NODE_MODULES [SCREENSHOT_FOLDER]. Prints PASS or FAIL a test.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { resolve } from "node:path";
import { Site, sleep, until } from "./site.mjs";

const [bin, modules, shots] = process.argv.slice(2).map((path) => resolve(path));
const load = createRequire(`${modules}/`);
const { chromium } = load("playwright-core");
const { Validator } = await import(load.resolve("@seriousme/openapi-schema-validator"));
const { default: Ajv } = load("ajv/dist/2020");
const axe = readFileSync(load.resolve("axe-core/axe.min.js"), "utf8");
const WORKLOAD = "ml-training-job";

const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox", "--disable-gpu"] });
const site = await new Site(bin).start("model", 30, "pue=1.6");
const tests = [];
const test = (name, run) => tests.push([name, run]);

// A page, and everything that went wrong in it: errors, and what the policy refused.
async function visit({ path = "/", language = "en", width = 1440, height = 1000, theme = "light", zone, before, at = site } = {}) {
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
async function seen(options, run, expected = []) {
	const view = await visit(options);
	try {
		if (!options.path) await view.live();
		await run(view);
		assert.deepEqual(view.wrong.filter((one) => !expected.some((known) => known.test(one))), [], "errors in the page");
	} finally {
		await view.close();
	}
}

const value = (text) => Number(text.replace(/[^0-9.+-]/g, ""));
const near = (got, wanted, share, what) => assert.ok(Math.abs(got - wanted) <= share * Math.abs(wanted), `${what}: ${got}, not ${wanted}`);

test("the description is valid OpenAPI 3.1 in both languages", async () => {
	for (const language of ["en", "ko"]) {
		const response = await fetch(`${site.url}/openapi.json`, { headers: { "Accept-Language": language } });
		const document = await response.json();
		const verdict = await new Validator().validate(document);
		assert.ok(verdict.valid, JSON.stringify(verdict).slice(0, 500));
		assert.match(document.info.description, language === "ko" ? /워크로드/ : /workload/);
	}
	const ajv = new Ajv({ strict: false });
	let examples = 0;
	const look = (node) => {
		if (node === null || typeof node !== "object") return;
		const schema = node.schema ?? node;
		if ("example" in node && schema.type) {
			examples++;
			assert.ok(ajv.validate(schema, node.example), `no example of ${JSON.stringify(schema).slice(0, 200)}: ${JSON.stringify(node.example)}`);
		}
		Object.values(node).forEach(look);
	};
	look((await (await fetch(`${site.url}/openapi.json`)).json()).paths);
	assert.ok(examples > 20, `${examples} examples`);
	const broken = { openapi: "3.1.0", info: { title: "x" }, paths: {} };
	assert.equal((await new Validator().validate(broken)).valid, false, "the validator finds nothing");
});

test("the page shows what the API answers", () => seen({}, async ({ page, text, check }) => {
	await check("#carbon", /\d/);
	const [now, month] = await Promise.all([site.ask("list_top_power_consumers"), site.ask("get_power_consumption_summary")]);
	near(value(await text("#node-watts")), now.node_power_watts, 0.05, "node");
	near(value(await text("#carbon")), month.emissions_kg_month, 0.02, "carbon");
	near(value(await text("#cost")), month.estimated_cost_krw_month, 0.02, "cost");
	near(value(await text("#energy")), month.emissions_kg_month / 423 / 1.6 * 1000, 0.02, "energy");
	assert.match(await text("#node-error"), /35 %/);
	assert.match(await text("#node-source"), /model curve:epyc_3/);
	const zones = await page.locator("#zone-list b").allInnerTexts();
	near(zones.reduce((sum, one) => sum + value(one), 0), now.node_power_watts, 0.05, "the zones together");
	assert.match(await text("#zone-idle"), /^of which idle 3[01]\.\d W · \d+ %$/);
	assert.match(await text("#error-note"), /kWh, kg and KRW .* at least ± 35 %/);
	assert.equal(await page.locator("#list tbody tr").count(), month.workload_count);
	assert.equal(value((await text("#verdict-list")).split("\n")[1]), month.compliance_summary.NON_COMPLIANT);
	assert.match(await text("#foot"), /read \d+ s ago/);
}));

test("every range draws, and its table adds up to the node", () => seen({}, async ({ page, check }) => {
	await page.click("#power-table-button");
	for (const range of ["live", "PT1H", "P1D", "P7D", "P30D"]) {
		await page.click(`[data-range=${range}]`);
		assert.equal(await page.getAttribute(`[data-range=${range}]`, "aria-pressed"), "true");
		await check("#power-note", range === "live" ? /every 2 s/ : /Means of/);
		assert.equal(await page.locator("#power-chart canvas").count(), 1);
		const rows = await page.locator("#power-table tbody tr").evaluateAll((list) => list.map((row) => [...row.querySelectorAll("td")].map((cell) => cell.innerText)));
		const numbers = rows.filter((row) => !row.includes("–")).map((row) => row.map(Number));
		assert.ok(numbers.length > 0, `nothing in the table of ${range}`);
		for (const row of numbers) near(row.slice(0, -1).reduce((sum, one) => sum + one, 0), row.at(-1), 0.01, `${range} adds up`);
	}
	await page.click("[data-range=P1D]");
	await page.focus("#power-chart");
	const last = await page.locator("#power-legend .sum").innerText();
	for (let i = 0; i < 20; i++) await page.keyboard.press("ArrowLeft");
	assert.notEqual(await page.locator("#power-legend .sum").innerText(), last, "the arrow keys move nothing");
}));

test("the list is filtered, sorted and searched", () => seen({}, async ({ page, check }) => {
	const names = () => page.locator("#list tbody button.name").allInnerTexts();
	await until("rows", async () => (await names()).length === 10);
	await page.click("[data-sort=power]");
	await until("order by power", async () => {
		const numbers = (await page.locator("#list tbody td:nth-child(3)").allInnerTexts()).filter((one) => one !== "ended").map(Number);
		return (await page.getAttribute("#list th:nth-child(3)", "aria-sort")) === "descending" && numbers.every((one, i) => i === 0 || numbers[i - 1] >= one);
	});
	await page.click("[data-sort=name]");
	await until("order by name", async () => {
		const found = await names();
		return JSON.stringify(found) === JSON.stringify([...found].sort());
	});
	await page.fill("#find", "ai-te");
	await until("two found", async () => (await names()).length === 2);
	await page.fill("#find", "");
	await page.click("[data-status=COMPLIANT]");
	await check("#list-note", "None.");
	await page.click("[data-status=NON_COMPLIANT]");
	await until("all over", async () => (await names()).length === 10);
	assert.ok((await page.locator("#shared abbr").first().getAttribute("title")).length > 10, "a reason without its text");
}));

test("what holds for all workloads is said once, and rows have what is theirs alone", async () => {
	let codes = [];
	const before = (page) => page.route("**/tools/list_workloads_by_compliance", async (route) => {
		const answer = await (await route.fetch()).json();
		codes = answer.workloads[0].reason_codes;
		answer.workloads[3].reason_codes = [...codes, "ZERO_ENERGY"];
		await route.fulfill({ json: answer });
	});
	await seen({ before }, async ({ page, check, text }) => {
		await check("#shared", "Of all of these:");
		assert.ok(codes.length >= 4);
		assert.equal(await page.locator("#shared abbr").count(), codes.length);
		const own = await page.locator("#list tbody tr").evaluateAll((all) => all.map((one) => one.querySelectorAll("abbr").length));
		assert.deepEqual(own, own.map((_, i) => (i === 3 ? 1 : 0)));
		assert.match(await text("#list tbody abbr"), /./);
		assert.equal(await page.locator("#list thead .why").isVisible(), true);
		assert.equal(await text("#list thead th:nth-child(3)"), "power, W");
		await page.fill("#find", WORKLOAD); // the same words above one row
		await until("one row", async () => (await page.locator("#list tbody tr").count()) === 1);
		assert.equal(await page.locator("#shared abbr").count(), codes.length);
	});
	await seen({}, async ({ page, check }) => {
		await check("#shared", "Of all of these:");
		assert.equal(await page.locator("#list thead .why").isVisible(), false, "a column of nothing");
	});
});

test("the grid chart names the units of both axes, and fills nothing above a scale that does not begin at 0", async () => {
	const before = (page) => page.addInitScript(() => {
		let real;
		globalThis.made = [];
		Object.defineProperty(globalThis, "uPlot", { configurable: true, get: () => real, set: (value) => {
			real = Object.assign(function (options, ...rest) {
				globalThis.made.push(options);
				return new value(options, ...rest);
			}, value);
		} });
	});
	for (const [language, krw] of [["en", "KRW/kWh"], ["ko", "원/kWh"]])
		await seen({ before, language }, async ({ page }) => {
			await page.selectOption("#profile", "KPX_2023-09-01");
			const grid = () => page.evaluate(() => globalThis.made.filter((one) => one.scales.krw).map((one) => ({
				axes: one.axes.slice(1).map((axis) => axis.label), fills: one.series.map((line) => line.fill ?? null), from: one.scales.g.range(null, 400, 460)[0] })).at(-1));
			await until("the day", async () => (await page.locator("#best").innerText()) !== "");
			assert.deepEqual(await grid(), { axes: ["gCO₂eq/kWh", krw], fills: [null, null, null], from: 385 });
		});
});

// The list as a site of so many workloads answers it, page by page.
const manyWorkloads = (many, heard) => (page) => page.route("**/tools/list_workloads_by_compliance", async (route) => {
	const { limit, cursor, ...given } = route.request().postDataJSON();
	const answer = await site.ask("list_workloads_by_compliance", given);
	const all = Array.from({ length: many }, (_, i) => ({ ...answer.workloads[0], workload: `app${i}`, emissions_kg_month: many - i }));
	const from = Number(cursor ?? 0), to = Math.min(from + limit, all.length);
	heard.push([from, limit]);
	await route.fulfill({ json: { ...answer, matched: all.length, workloads: all.slice(from, to), ...(to < all.length ? { next_cursor: String(to) } : {}) } });
});

test("a search looks through all workloads, not those shown, and says how far it looked", async () => {
	const heard = [];
	await seen({ before: manyWorkloads(300, heard) }, async ({ page, check }) => {
		const count = () => page.locator("#list tbody tr").count();
		await check("#list-note", "50 of 300");
		assert.ok(heard.every(([from, limit]) => from === 0 && limit === 50), `more is loaded than shown: ${JSON.stringify(heard)}`);
		await page.fill("#find", "app27");
		await check("#list-note", "11 found among 300"); // app27, app270 to app279
		assert.equal(await count(), 11);
		await page.fill("#find", "nothing-of-that-name");
		await check("#list-note", "None found among 300.");
		await page.fill("#find", "app");
		await check("#list-note", "300 found among 300");
		assert.equal(await count(), 50);
		await page.click("#more");
		await until("a page more", async () => (await count()) === 100);
		await page.fill("#find", "");
		await page.click("[data-sort=emissions]"); // of all, as many as are shown
		await check("#list-note", "50 of 300");
		await page.click("#more");
		await check("#list-note", "100 of 300");
		assert.equal(await count(), 100);
	});
	await seen({ before: manyWorkloads(6000, heard), language: "ko" }, async ({ page, check }) => {
		await check("#list-note", "6000개 중 50개");
		heard.length = 0;
		await page.fill("#find", "app5999");
		await check("#list-note", "6,000개 중 앞의 5,000개 가운데 없습니다.");
		assert.ok(heard.every(([from, limit]) => from < 5000 && limit <= 1000), "more is asked than is promised");
	});
});

test("a page of the list may be longer than the one before", async () => {
	const first = await site.ask("list_workloads_by_compliance", { limit: 2 });
	const rest = await site.ask("list_workloads_by_compliance", { limit: 1000, cursor: first.next_cursor });
	assert.deepEqual([first.workloads.length, first.workloads.length + rest.workloads.length, rest.next_cursor], [2, first.matched, undefined]);
});

test("what has ended is called so, and the card says how many of those it counts", async () => {
	for (const [language, word, sentence] of [["en", "ended", "Ended by now: 1; what they used in the window counts."], ["ko", "끝남", "이 가운데 1개는 이미 끝났으며, 기간 안에 쓴 에너지는 포함했습니다."]])
		await seen({ language }, async ({ page, text, check }) => {
			await check("#ended-note", sentence);
			assert.equal(await text("#ended-note"), sentence);
			const power = await page.locator("#list tbody td:nth-child(3)").allInnerTexts();
			assert.deepEqual(power.filter((one) => !/\d/.test(one)), [word], "one of ten");
			await page.locator("button.name", { hasText: "old-migration" }).click();
			await check("#drawer .facts", word);
			await check("#drawer .facts", /0\.\d+ (± 0\.\d+ kg|kg \(0–[01]\.\d+\))/);
			await until("its history", async () => (await page.locator("#drawer canvas").count()) === 1);
		});
});

test("a small number keeps two digits of its own", async () => {
	const before = (page) => page.route("**/events", async (route) => route.fulfill({ contentType: "text/event-stream", body: summary }));
	const whole = await site.ask("get_power_consumption_summary");
	const summary = `event: summary\ndata: ${JSON.stringify({ ...whole, energy_kWh: 0.00504, emissions_kg: 0.003, estimated_cost_krw_month: 0.42 })}\n\n`;
	const view = await visit({ before });
	await view.check("#energy-day", "0.0050 kWh in");
	await view.check("#carbon-day", "0.0030 kg in");
	await view.check("#cost", "0.42");
	await view.close();
});

test("a drawer opens and closes by the keyboard and tells one workload", () => seen({}, async ({ page, text, check }) => {
	const button = page.locator("button.name", { hasText: WORKLOAD });
	await button.focus();
	await page.keyboard.press("Enter");
	await check("#drawer-title", WORKLOAD);
	await check("#drawer .lead", /483/);
	assert.match(await text("#drawer .gauges"), /483( ± \d+)? g\/kWh[\s\S]*1\.60/);
	await until("its history", async () => (await page.locator("#drawer canvas").count()) === 1);
	assert.match(await text("#drawer .reasons"), /MODEL_POWER/);
	await page.keyboard.press("Escape");
	await until("closed", async () => !(await page.locator("#drawer").isVisible()));
	assert.equal(await page.evaluate(() => document.activeElement.textContent), WORKLOAD, "focus is lost");
	await button.click();
	await page.click("#drawer .close");
	assert.equal(await page.locator("#drawer").isVisible(), false);
}));

test("a list that was made anew under the open drawer gets the focus back where it was, also among workloads of one name", async () => {
	const before = (page) => page.route("**/tools/list_workloads_by_compliance", async (route) => {
		const answer = await site.ask("list_workloads_by_compliance");
		const twice = answer.workloads.filter((one) => one.workload === WORKLOAD).flatMap((one) => [{ ...one, namespace: "a" }, one]);
		await route.fulfill({ json: { ...answer, workloads: twice } });
	});
	const row = () => document.activeElement.closest("tr")?.rowIndex ?? document.activeElement.tagName;
	await seen({ before }, async ({ page, check }) => {
		const button = page.locator("button.name", { hasText: WORKLOAD }).nth(1);
		const anew = async () => {
			const old = await button.elementHandle();
			await page.evaluate(async () => (await import("/assets/workloads.js")).refresh());
			await until("another list", () => old.evaluate((one) => !one.isConnected));
		};
		await button.focus();
		await anew();
		assert.equal(await page.evaluate(row), 2, "another row has the focus");
		await page.keyboard.press("Enter");
		await check("#drawer-title", WORKLOAD);
		await anew();
		await page.keyboard.press("Escape");
		await until("the focus back", async () => (await page.evaluate(row)) === 2, 5000);
	});
});

test("what is read out is read out once, not at every reading", () => seen({}, async ({ page, check }) => {
	await check("#list-note", "10 of 10");
	await until("the grid", async () => (await page.locator("#options").innerText()) !== "");
	const heard = page.evaluate(async () => {
		const told = [], isQuiet = (node) => node.closest("[aria-live]")?.getAttribute("aria-live") === "off";
		new MutationObserver((changes) => told.push(...changes.map(({ target }) => target.nodeType === Node.TEXT_NODE ? target.parentElement : target)
			.filter((node) => node?.closest("[aria-live], [role=status], output") && !isQuiet(node)).map((node) => node.outerHTML)))
			.observe(document.body, { subtree: true, childList: true, characterData: true });
		const watts = () => document.getElementById("node-watts").textContent, state = () => document.getElementById("state").textContent;
		const before = [watts(), state()];
		await (await import("/assets/workloads.js")).refresh();
		while (watts() === before[0] || state() === before[1]) await new Promise((done) => setTimeout(done, 50));
		return told;
	});
	assert.deepEqual(await heard, []);
	assert.equal(await page.locator("#said").innerText(), "live");
	assert.equal(await page.locator("h1").count(), 1);
	assert.equal(await page.getAttribute("#lang", "lang"), "ko"); // of its own words
}));

test("who is elsewhere is told that times are Korean", async () => {
	for (const [zone, isTold] of [["America/Los_Angeles", true], ["Asia/Seoul", false]])
		await seen({ zone }, async ({ page, text }) => {
			await until("the foot", async () => (await text("#foot")) !== "");
			assert.deepEqual([/KST/.test(await text("#foot")), / KST$/.test(await text("#state"))], [isTold, isTold]);
			assert.equal(await page.locator("#state").isVisible(), true);
		});
});

test("what if asks the tool that compares, where there is one", async () => {
	const impact = { current_status: "NON_COMPLIANT", optimized_status: "COMPLIANT", mean_power_watts: 14.6, optimized_power_watts: 12.4, current_monthly_emissions_kg: 7.2,
		optimized_monthly_emissions_kg: 5.4, service_status_after: "COMPLIANT", recommendation: "Both together.", steps: [{ type: "temporal_shift", description: "Later.", estimated_reduction_percent: 10, applied: true }] };
	let asked;
	const before = async (page) => {
		await page.route("**/tools", async (route) => route.fulfill({ json: { tools: [{ name: "compare_optimization_impact", title: "x" }] } }));
		await page.route("**/tools/compare_optimization_impact", async (route) => {
			asked = route.request().postDataJSON();
			await route.fulfill({ json: impact });
		});
	};
	await seen({ before }, async ({ page, check }) => {
		await page.locator("button.name", { hasText: WORKLOAD }).click();
		await until("its history", async () => (await page.locator("#drawer canvas").count()) === 1); // nothing moves after it
		await page.fill("#drawer [name=pue]", "1.3");
		await page.check("#drawer [value=pue_improvement]");
		await page.uncheck("#drawer [value=resource_rightsizing]");
		await page.click("#drawer form button");
		await check("#drawer .impact", /5\.40 kg[\s\S]*Both together\.[\s\S]*Later\./);
		assert.deepEqual(asked, { workload_name: `ai-team/${WORKLOAD} (job)`, namespace: "ai-team", optimizations: ["temporal_shift", "pue_improvement"], target_pue: 1.3 });
	});
});

test("the grid says what it does not know, and a sample day is called one", () => seen({}, async ({ page, text, check }) => {
	await check("#grid-source", /none is invented/);
	await check("#options", /carbon not known/);
	assert.equal(await text("#night"), "");
	await page.selectOption("#profile", "KPX_2023-09-01");
	await check("#grid-source", /no forecast/);
	const known = await site.ask("calculate_optimal_schedule", { power_watts: 500, profile: "KPX_2023-09-01" });
	await check("#best", known.optimal_schedule.slice(0, 5)); // "11:00-15:00 KST"
	await check("#night", known.night_window_check.verdict === "dirtier" ? /No: .* above/ : /./);
	assert.equal(await page.locator("#options .option").count(), 3);
	const grams = async () => value(await text("#options .carbon .g"));
	const before = await grams();
	await page.fill("#job-watts", "1000");
	await page.click("#job button");
	await until("twice the power, twice the carbon", async () => Math.abs(await grams() - 2 * before) <= 2);
}));

test("Korean is Korean everywhere and stays after a reload", () => seen({}, async ({ page, text, check, live }) => {
	await page.click("#lang");
	await check("#power-title", "워크로드별 전력");
	await check("#list .badge", "기준 초과");
	assert.equal(await page.evaluate(() => document.documentElement.lang), "ko");
	await page.reload();
	await live();
	assert.match(await text("#node-source"), /추정값/);
	const left = (await page.locator("main").innerText()).match(/\b(the|of|and|was|not)\b/g);
	assert.equal(left, null, `English left: ${left}`);
	const reasons = await page.locator("#shared abbr").allInnerTexts();
	assert.ok(reasons.length > 0 && reasons.every((text) => /[가-힣]/.test(text)), `reasons: ${reasons}`);
	await page.click("#lang");
	await check("#power-title", "Power by workload");
}));

test("the theme is chosen, light, dark or the system's", () => seen({ theme: "dark" }, async ({ page }) => {
	const paper = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
	const dark = await paper();
	await page.click("#theme");
	assert.notEqual(await paper(), dark);
	await page.click("#theme");
	assert.equal(await paper(), dark);
	await page.click("#theme");
	assert.match(await page.locator("#theme").innerText(), /auto/);
}));

test("a verdict within the error of its limit does not look plain, and a long name is cut, not broken", async () => {
	const long = "a-rather-long-name-of-a-deployment-that-somebody-chose-7d9f8b6c5-x2x4z";
	const before = async (page) => {
		await page.route("**/tools/list_workloads_by_compliance", async (route) => {
			const answer = await (await route.fetch()).json();
			Object.assign(answer.workloads[0], { workload: long, namespace: long, status: "COMPLIANT", confidence: "borderline" });
			Object.assign(answer.workloads[1], { status: "COMPLIANT", confidence: "clear" });
			await route.fulfill({ json: answer });
		});
		await page.route("**/tools/assess_workload_compliance", async (route) => {
			const close = { current_carbon_intensity_gCO2eq_kWh: 423, uncertainty_gCO2eq_kWh: 179, carbon_status: "COMPLIANT", carbon_confidence: "borderline" };
			await route.fulfill({ json: { ...await (await route.fetch()).json(), ...close } });
		});
	};
	await seen({ language: "ko", before }, async ({ page, check }) => {
		await until("rows", async () => (await page.locator("#list tbody tr").count()) === 10);
		assert.equal(await page.locator("button.name").first().getAttribute("title"), long);
		for (const width of [1440, 1300, 760, 360]) {
			await page.setViewportSize({ width, height: 1000 });
			const boxes = await page.locator("#list .cut, #shared abbr, #list .badge:not(.close)").evaluateAll((all) => all.map((one) => [one.innerText, one.getBoundingClientRect().height]));
			assert.deepEqual(boxes.filter(([, height]) => height > 30), [], `more than a line at ${width}`);
			assert.ok(await page.locator("#list").evaluate((list) => list.scrollWidth <= list.parentElement.clientWidth), `the list is cut off at ${width}`);
		}
		const [close, clear] = [page.locator("#list .badge").first(), page.locator("#list .badge").nth(1)];
		assert.match(await close.getAttribute("title"), /오차 범위/);
		assert.match(await close.innerText(), /기준 충족[\s\S]*±/);
		const paint = (badge) => badge.evaluate((one) => getComputedStyle(one).backgroundColor);
		assert.notEqual(await paint(close), await paint(clear));
		await page.locator("button.name").nth(1).click();
		await check("#drawer .gauge", /423 ± 179 g\/kWh[\s\S]*오차 범위/);
		assert.equal(await page.locator("#drawer .gauge .track i.close").count(), 1);
		await until("its history", async () => (await page.locator("#drawer canvas").count()) === 1);
	});
});

test("nothing stands beyond the edge of a narrow screen", async () => {
	for (const language of ["en", "ko"])
		await seen({ width: 360, height: 740, language }, async ({ page }) => {
			assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 360);
			await page.locator("button.name").first().click();
			await until("the drawer", async () => (await page.locator("#drawer .gauges").count()) === 1);
			assert.equal(await page.evaluate(() => document.querySelector("#drawer").getBoundingClientRect().width), 360);
		});
});

// What is wider than the box that holds it, but for names, which are cut on purpose and whole in their titles.
const clipped = (page) => page.evaluate(() => [...document.querySelectorAll("main :is(td, th, output, b, small, p, h2, h3, li, button, abbr, .n)")].filter((one) => {
	if (one.closest(".cut, [hidden], #power-table") || !one.getClientRects().length) return false;
	const box = one.getBoundingClientRect(), card = one.closest(".card").getBoundingClientRect();
	return (one.clientWidth > 0 && one.scrollWidth > one.clientWidth) || box.right > card.right || box.left < card.left;
}).map((one) => `${one.tagName} ${one.className} ${one.textContent}`));

test("no figure is cut off at any phone's width, and names have room", async () => {
	const before = (page) => page.route("**/tools/list_workloads_by_compliance", async (route) => {
		const answer = await (await route.fetch()).json();
		Object.assign(answer.workloads[0], { power_watts: 12345.6, emissions_kg_month: 123456, gap_percent: 1234.5, status: "NON_COMPLIANT", confidence: "borderline" });
		Object.assign(answer.workloads[1], { power_watts: 0.19, emissions_kg_month: 0.025 });
		await route.fulfill({ json: answer });
	});
	for (const language of ["en", "ko"])
		await seen({ width: 360, height: 800, language, before }, async ({ page, check, live }) => {
			await check("#carbon", /\d/);
			await page.selectOption("#profile", "KPX_2023-09-01");
			await until("rows and options", async () => (await page.locator("#list tbody tr").count()) === 10 && (await page.locator("#options .option").count()) === 3);
			for (const width of [320, 360, 375, 390, 412, 480, 600, 720, 768]) {
				await page.setViewportSize({ width, height: 800 });
				assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), width);
				assert.deepEqual(await clipped(page), [], `at ${width}, ${language}`);
				const name = await page.locator("#list .who").first().evaluate((one) => one.clientWidth);
				assert.ok(name >= 140, `a name has ${name} px at ${width}`);
			}
		});
});

test("axe finds nothing to object to, light and dark, narrow and wide, with the drawer open and closed", async () => {
	for (const [theme, width] of [["light", 1440], ["dark", 1440], ["light", 375]])
		await seen({ theme, width }, async ({ page, check }) => {
			await check("#carbon", /\d/);
			for (const open of [false, true]) {
				if (open) await page.locator("button.name").first().click();
				if (open) await until("the drawer", async () => (await page.locator("#drawer canvas").count()) === 1);
				await sleep(300); // the drawer's slide
				await page.evaluate(axe);
				const { violations } = await page.evaluate(() => axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21aa"] }));
				assert.deepEqual(violations.map((one) => `${one.id}: ${one.nodes.map((node) => node.target).slice(0, 3).join(" ")}`), []);
			}
		});
});

test("names of workloads stay text", async () => {
	const hostile = "<img src=x onerror=document.title='struck'>";
	const before = (page) => page.route("**/tools/list_workloads_by_compliance", async (route) => {
		const answer = await (await route.fetch()).json();
		answer.workloads[0].workload = hostile;
		answer.workloads[0].namespace = "</td><script>document.title='struck'</script>";
		await route.fulfill({ json: answer });
	});
	await seen({ before }, async ({ page, check }) => {
		await check("#list tbody", "onerror");
		assert.equal(await page.locator("#list img, #list script").count(), 0);
		assert.equal(await page.title(), "tanso");
	});
});

test("a name does not turn the direction of its line, and is found however its letters are composed", async () => {
	const before = (page) => page.route("**/tools/list_workloads_by_compliance", async (route) => {
		const answer = await site.ask("list_workloads_by_compliance");
		const named = ["pay\u202egpj.exe", "결제-서버".normalize("NFD"), "other"].map((workload) => ({ ...answer.workloads[0], workload }));
		await route.fulfill({ json: { ...answer, workloads: named } });
	});
	await seen({ before }, async ({ page, text, check }) => {
		await check("#list tbody", "pay\ufffdgpj.exe");
		await page.locator("button.name").first().click();
		await check("#drawer-title", "pay\ufffdgpj.exe");
		await page.keyboard.press("Escape");
		await page.fill("#find", "결제-서버".normalize("NFC"));
		await check("#list-note", "1 found");
		assert.equal((await text("button.name")).normalize("NFC"), "결제-서버");
	}, [/404/]);
});

test("without its chart library the page says so and keeps its numbers", async () => {
	const view = await visit({ before: (page) => page.route("**/uplot.js", (route) => route.fulfill({ status: 404, body: "" })) });
	await view.live();
	await view.check("#power-note", /This build has no charts/);
	await view.page.click("#power-table-button");
	await until("a table", async () => (await view.page.locator("#power-table tbody tr").count()) > 0);
	await view.close();
});

test("a token that is asked for goes along with everything", async () => {
	const heard = [];
	const guard = async (route) => {
		const token = route.request().headers().authorization;
		heard.push(token);
		await (token === "Bearer let-me-in" ? route.continue() : route.fulfill({ status: 401, json: { error: { code: "UNAUTHORIZED", message: "A token is needed." } } }));
	};
	const view = await visit({ before: async (page) => {
		for (const path of ["**/tools/*", "**/views/*", "**/events"]) await page.route(path, guard);
	} });
	await view.page.waitForSelector("#token");
	assert.equal(await view.page.locator("#login .notice").count(), 0, "wrong before anything was said");
	await view.page.fill("#token", "no-such-token");
	await view.page.click("#login button");
	await view.check("#login .notice", "The server did not take this token.");
	assert.deepEqual(await view.page.locator("#token").evaluate((input) => [input.value, input.getAttribute("aria-invalid")]), ["", "true"]);
	await view.page.fill("#token", "let-me-in");
	await view.page.click("#login button");
	await view.live();
	assert.ok(heard.filter(Boolean).length > 0 && !view.page.url().includes("let-me-in"));
	await view.close();
});

// While the server asks for the token let-me-in, which shows these namespaces ("" = all).
async function whileAsking(namespaces, run) {
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

test("a token of one namespace draws its workloads, their energy and cost, and nothing of the node", () => whileAsking("ai-team", async () => {
	const view = await visit({ before: (page) => page.addInitScript(() => sessionStorage.setItem("tanso-token", "let-me-in")) });
	await view.check("#power-legend .sum", /sum · [^W]*W/);
	await view.check("#power-legend", /ml-training-job/);
	for (const figure of ["#energy", "#carbon", "#cost"]) await view.check(figure, /[0-9]/);
	await view.page.click("[data-range=P1D]");
	await view.check("#power-note", /Means of/);
	await view.check("#power-legend", /inference/);
	assert.doesNotMatch(await view.text("body"), /checkout-api|nginx.service|postgres/);
	assert.equal(await view.text("#node-watts"), "–");
	assert.equal(await view.page.locator("#zone-list *").count(), 0);
	assert.deepEqual(view.wrong, [], "errors in the page");
	await view.close();
}));

test("a server that goes away leaves the page quiet, and it is live again when it returns", async () => {
	const { page, check, live, text, close } = await visit();
	await live();
	const before = await text("#state");
	await site.stopFrontend();
	await until("offline", async () => (await page.getAttribute("#state", "data-state")) === "offline");
	await check("#state", /trying again/);
	assert.ok(await page.evaluate(() => document.body.classList.contains("away")));
	assert.match(await text("#node-watts"), /\d/, "the last numbers are gone");
	await sleep(1200); // it tries in vain meanwhile
	await site.startFrontend();
	await until("live again", async () => (await page.getAttribute("#state", "data-state")) === "live" && (await text("#state")) !== before);
	await close();
});

test("an analyst that dies leaves the page grey, growing old, with its reason, in both languages", async () => {
	const other = await new Site(bin).start("model", 1);
	try {
		const pages = await Promise.all(["en", "ko"].map((language) => visit({ at: other, language })));
		await Promise.all(pages.map((view) => view.live()));
		other.analyst.kill("SIGKILL");
		for (const [{ page, check, text, close }, words, since] of [[pages[0], "The analyst (tanso-analyst) is not running.", "no new watts since"], [pages[1], "분석 단계(tanso-analyst)가 실행 중이 아닙니다.", "이후 새 값 없음"]]) {
			await check("#notices", words);
			await check("#state", since);
			assert.equal(await page.getAttribute("#state", "data-state"), "trouble");
			assert.equal(await page.locator("#state i").evaluate((dot) => getComputedStyle(dot).boxShadow), "none", "the dot shines");
			assert.ok(await page.evaluate(() => document.body.classList.contains("away")));
			const age = async () => Number(/(\d+) ?(s ago|초 전)/.exec(await text("#foot"))[1]);
			const before = await age();
			await until("the watts grow older", async () => (await age()) >= before + 3);
			await close();
		}
	} finally {
		other.stop();
	}
});

test("a page opened where no analyst runs says what is missing and draws nothing, and fills when one comes", async () => {
	const other = await new Site(bin).startAlone();
	try {
		const { page, check, text, live, close } = await visit({ at: other });
		await check("#notices", "The analyst (tanso-analyst) is not running.");
		await check("#state", "no watts yet");
		await check("#power-note", "No watts have come");
		await check("#grid-source", "is not running");
		for (const id of ["#power-chart", "#grid-chart"]) assert.equal(await page.locator(id).isVisible(), false, `${id} is an empty frame`);
		await other.startAnalyst("model", 1);
		await live();
		await until("both charts", async () => (await page.locator("#power-chart canvas, #grid-chart canvas").count()) === 2);
		assert.equal(await text("#notices"), "");
		await close();
	} finally {
		other.stop();
	}
});

test("fake watts are called fake, and judged by nobody", async () => {
	const demo = await new Site(bin).start("fake", 2);
	try {
		for (const [language, words] of [["en", /FAKE WATTS/], ["ko", /가짜 전력/]])
			await seen({ at: demo, language }, async ({ check, text }) => {
				await check("#notices", words);
				await check("#list .badge", language === "ko" ? "판단 보류" : "undecided");
				assert.match(await text("#node-watts"), /\d/);
			});
	} finally {
		demo.stop();
	}
});

// Opens the first tool of /docs, asks by its form, and waits for what comes.
async function openDocs(page) {
	await until("the tools", async () => (await page.locator("#go option").count()) > 7);
	await page.selectOption("#go", "assess_workload_compliance");
	const form = page.locator(".opblock.is-open"), response = form.locator(".live-responses-table .response");
	return async (name, status, words) => {
		await form.locator("input").first().fill(name);
		await form.locator(".execute").click();
		await until(`${status}`, async () => (await response.locator(".response-col_status").first().innerText()).startsWith(status));
		await until(`${words}`, async () => words.test(await response.locator(".response-col_description").first().innerText()));
	};
}

test("the docs page asks a tool by its form and shows answer and error", () => seen({ path: "/docs" }, async ({ page, wrong }) => {
	const ask = await openDocs(page);
	await ask(WORKLOAD, "200", /"workload": "ml-training-job"/);
	await ask("no-such-thing", "404", /WORKLOAD_NOT_FOUND/);
	assert.equal(await page.locator(".auth-wrapper .authorize").count(), 1);
	wrong.splice(0, wrong.length, ...wrong.filter((text) => !text.includes("404"))); // the one that was meant
}));

test("the curl line of the docs page sends what was filled in and nothing else", () => seen({ path: "/docs" }, async ({ page }) => {
	const ask = await openDocs(page);
	await ask(WORKLOAD, "200", /"workload"/);
	const curl = await page.locator(".opblock.is-open .curl").first().innerText();
	assert.match(curl, /-d 'workload_name=ml-training-job'$/);
	assert.equal(await page.locator("#swagger [id=include_empty_value]").count(), 0, "boxes of one id");
}));

test("the docs page fits a phone, names its fields, and axe finds nothing, light and dark, form and sign-in open", async () => {
	for (const [theme, language] of [["dark", "ko"], ["light", "en"]])
		await seen({ path: "/docs", width: 320, theme, language }, async ({ page }) => {
			const ask = await openDocs(page);
			await ask(WORKLOAD, "200", /"workload"/);
			const wide = () => page.evaluate(() => [document.documentElement.scrollWidth, ...[...document.querySelectorAll("#swagger *")].filter((one) =>
				!one.closest("pre, .microlight") && one.getBoundingClientRect().right > innerWidth).map((one) => `${one.tagName}.${one.className}`)]);
			for (const width of [1280, 412, 390, 360, 320]) {
				await page.setViewportSize({ width, height: 900 });
				assert.deepEqual(await wide(), [width]);
			}
			const nameless = await page.locator("#swagger").evaluate((root) => [...root.querySelectorAll("input, select, textarea")].filter((one) => !one.ariaLabel && !one.labels.length).map((one) => one.outerHTML));
			assert.deepEqual(nameless, [], "fields without a name");
			const light = await page.evaluate(() => ["body", ".top"].map((name) => getComputedStyle(document.querySelector(name)).backgroundColor));
			for (const paint of light) assert.match(paint, theme === "dark" ? /^rgb\(([1-4]?\d), ([1-4]?\d), ([1-4]?\d)\)$/ : /^rgb\(2\d\d, 2\d\d, 2\d\d\)$/); // and nothing shines through
			await page.evaluate(axe);
			for (const inside of ["html", ".dialog-ux"]) {
				if (inside !== "html") await page.locator(".auth-wrapper .authorize").click();
				const { violations } = await page.evaluate((inside) => axe.run(document.querySelector(inside), { runOnly: ["wcag2a", "wcag2aa", "wcag21aa"] }), inside);
				assert.deepEqual(violations.map((one) => `${one.id}: ${one.nodes.map((node) => node.target).slice(0, 3).join(" ")}`), [], `${theme} ${inside}`);
				assert.deepEqual(await wide(), [320]);
			}
		});
});

test("the docs page is Korean where it matters, and wears the theme that was chosen on the dashboard", async () => {
	const before = (page) => page.addInitScript(() => localStorage.setItem("tanso-theme", "dark"));
	await seen({ path: "/docs?lang=ko", before }, async ({ page }) => {
		const ask = await openDocs(page);
		await ask(WORKLOAD, "200", /"workload"/);
		const form = page.locator(".opblock.is-open");
		for (const [selector, word] of [[".execute", "실행"], [".btn-clear", "지우기"], [".cancel", "취소"], [".responses-wrapper h4 >> nth=0", "응답"], [".opblock-title >> nth=0", "매개변수"]])
			assert.equal(await form.locator(selector).first().innerText(), word);
		await form.locator(".cancel").click();
		assert.equal(await form.locator(".try-out__btn").first().innerText(), "시험하기");
		await form.locator(".try-out__btn").first().click(); // and what it renders anew
		assert.equal(await form.locator(".cancel").innerText(), "취소");
		assert.ok(await page.evaluate(() => document.documentElement.classList.contains("dark-mode")));
	});
});

test("a link to the docs page names its language", () => seen({ path: "/docs?lang=ko" }, async ({ page, check }) => {
	await check("#go-label", "이동");
	await check("#go", "도구 선택");
	await page.click("#lang");
	await check("#go-label", "Go to");
}));

test("the docs page sends the token that Authorize was given, and nothing before", () => whileAsking("", async () => {
	const { page, close } = await visit({ path: "/docs" }), sent = [];
	page.on("request", (request) => request.url().includes("/tools/") && sent.push(request.headers().authorization));
	const ask = await openDocs(page);
	await ask(WORKLOAD, "401", /UNAUTHORIZED/);
	await page.click(".auth-wrapper .authorize");
	const dialog = page.locator(".auth-container", { hasText: "bearer" }).first();
	await dialog.locator("input").fill("let-me-in");
	await dialog.locator("button.authorize").click();
	await page.locator(".dialog-ux .btn-done").first().click();
	await ask(WORKLOAD, "200", /"workload": "ml-training-job"/);
	assert.deepEqual(sent, [undefined, "Bearer let-me-in"]);
	await close();
}));

async function takeShots() {
	const shot = (page, name) => page.screenshot({ path: `${shots}/${name}.jpg`, type: "jpeg", quality: 82 });
	const views = [["dashboard", { height: 1180 }], ["dashboard-ko-dark", { height: 1180, language: "ko", theme: "dark" }], ["narrow", { width: 390, height: 1400, language: "ko" }]];
	for (const [name, options] of views)
		await seen(options, async ({ page }) => {
			await page.click("[data-range=P1D]");
			await page.selectOption("#profile", "KPX_2023-09-01");
			await page.mouse.move(0, 0);
			await sleep(2500);
			await shot(page, name);
			if (name !== "dashboard") return;
			await page.locator("button.name", { hasText: WORKLOAD }).click();
			await sleep(1200);
			await shot(page, "drawer");
		});
	await seen({ path: "/docs", width: 1280, height: 900 }, async ({ page }) => {
		await until("the tools", async () => (await page.locator("#go option").count()) > 7);
		await page.selectOption("#go", "assess_workload_compliance");
		await page.locator(".opblock.is-open input").first().fill(WORKLOAD);
		await sleep(300);
		await shot(page, "docs");
	});
}

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
if (shots) await takeShots();
await browser.close();
site.stop();
process.exit(failed > 0 ? 1 : 0);
