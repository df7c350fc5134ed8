// The dashboard without something it needs: a token, the server, the analyst, real watts, its chart library.
import assert from "node:assert/strict";
import { newSite, runTests, seen, site, startSite, test, visit, whileAsking } from "./pages.mjs";
import { sleep, until } from "./site.mjs";

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
	const other = await startSite("model", 1);
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
	const other = await newSite().startAlone();
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
	const demo = await startSite("fake", 2);
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

test("without its chart library the page says so and keeps its numbers", async () => {
	const view = await visit({ before: (page) => page.route("**/uplot.js", (route) => route.fulfill({ status: 404, body: "" })) });
	await view.live();
	await view.check("#power-note", /This build has no charts/);
	await view.page.click("#power-table-button");
	await until("a table", async () => (await view.page.locator("#power-table tbody tr").count()) > 0);
	await view.close();
});

await runTests();
