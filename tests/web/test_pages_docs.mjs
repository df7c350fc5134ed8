// The docs page and the description it rests on.
import assert from "node:assert/strict";
import { axe, load, runTests, seen, site, test, visit, whileAsking, WORKLOAD } from "./pages.mjs";
import { until } from "./site.mjs";

const { Validator } = await import(load.resolve("@seriousme/openapi-schema-validator"));
const { default: Ajv } = load("ajv/dist/2020");

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

await runTests();
