// How the dashboard looks and reads: both languages, themes, narrow and wide, assistive technology, foreign names.
import assert from "node:assert/strict";
import { axe, runTests, seen, site, test } from "./pages.mjs";
import { sleep, until } from "./site.mjs";

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

test("who is elsewhere is told that times are Korean", async () => {
	for (const [zone, isTold] of [["America/Los_Angeles", true], ["Asia/Seoul", false]])
		await seen({ zone }, async ({ page, text }) => {
			await until("the foot", async () => (await text("#foot")) !== "");
			assert.deepEqual([/KST/.test(await text("#foot")), / KST$/.test(await text("#state"))], [isTold, isTold]);
			assert.equal(await page.locator("#state").isVisible(), true);
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

await runTests();
