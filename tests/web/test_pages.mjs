// The dashboard in a real Chromium: every control, and what it shows is what the API answers.
// Usage: node test_pages.mjs BIN_FOLDER NODE_MODULES [SCREENSHOT_FOLDER]. Prints PASS or FAIL a test.
import assert from "node:assert/strict";
import { resolve } from "node:path";
import { near, runTests, seen, site, test, value, visit, WORKLOAD } from "./pages.mjs";
import { sleep, until } from "./site.mjs";

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
	await check("#power-note", /Means of 5 min/); // drawn
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
	for (const status of ["COMPLIANT", "UNKNOWN"]) {
		await page.click(`[data-status=${status}]`);
		await check("#list-note", "None.");
	}
	await page.click("[data-status='']");
	await until("all", async () => (await names()).length === 10);
	await page.click("[data-status=NON_COMPLIANT]");
	await until("all over", async () => (await names()).length === 10);
	assert.ok((await page.locator("#shared abbr").first().getAttribute("title")).length > 10, "a reason without its text");
}));

test("the first Tab leads past the head, and the API is a link away", () => seen({}, async ({ page, check }) => {
	await page.keyboard.press("Tab");
	assert.equal(await page.evaluate(() => document.activeElement.className), "skip");
	await page.keyboard.press("Enter");
	assert.equal(await page.evaluate(() => document.activeElement.id), "main");
	await page.click("nav [href='/docs']");
	await check("#go-label", "Go to");
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

const shots = process.argv[4] && resolve(process.argv[4]);

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

await runTests(shots ? takeShots : undefined);
