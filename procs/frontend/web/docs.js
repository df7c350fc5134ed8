// The page to try the API: Swagger UI over our own description, with our own copy of it.
import { firstLang, lang, recall, remember, setLang } from "./texts.js";

const texts = {
	go: ["Go to", "이동"],
	choose: ["choose a tool …", "도구 선택 …"],
	other: ["한국어", "English"],
	servers: ["Server", "서버"],
	close: ["Close", "닫기"],
	absent: [
		"This build has no Swagger UI: npm's packages could not be had when it was made (see the build's output). " +
			"openapi.json and GET /tools describe the same.",
		"이 빌드에는 Swagger UI가 없습니다. 빌드할 때 npm 패키지를 받지 못했습니다. openapi.json과 GET /tools가 같은 내용을 설명합니다.",
	],
};
const say = (key) => texts[key][lang() === "ko" ? 1 : 0];

// Swagger UI speaks English alone: its words that matter here.
const words = {
	"Try it out": "시험하기", Execute: "실행", Clear: "지우기", Cancel: "취소", Reset: "초기화", Parameters: "매개변수", "Request body": "요청 본문", Responses: "응답",
	"Server response": "서버 응답", "Response body": "응답 본문", "Response headers": "응답 헤더", "Request duration": "걸린 시간", "Request URL": "요청 URL", Code: "코드",
	Details: "내용", Description: "설명", "Example Value": "예시", Schema: "스키마", "Media type": "미디어 유형", Download: "내려받기", Authorize: "인증", Logout: "인증 해제",
	Close: "닫기", Servers: "서버", required: "필수", "Available authorizations": "인증 방법", "Value:": "값:",
};
const CONTENT = "pre, code, .renderedMarkdown, .opblock-summary"; // not its own words

function translate(root) {
	const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
	for (let node = walker.nextNode(); node; node = walker.nextNode()) {
		const own = words[node.nodeValue.trim()];
		if (own && !node.parentElement.closest(CONTENT)) node.nodeValue = node.nodeValue.replace(node.nodeValue.trim(), own);
	}
}

// What Swagger UI leaves out: names of its fields, and a way into what scrolls for who has no pointer.
function addNames(root) {
	for (const field of root.querySelectorAll("[data-property-name] :is(input, select, textarea):not([aria-label])"))
		field.setAttribute("aria-label", field.closest("[data-property-name]").dataset.propertyName);
	for (const select of root.querySelectorAll("#servers")) select.setAttribute("aria-label", say("servers"));
	for (const button of root.querySelectorAll(".close-modal")) button.setAttribute("aria-label", say("close"));
	for (const text of root.querySelectorAll("pre, .microlight")) text.tabIndex = 0;
}

function mend(root) {
	addNames(root);
	if (lang() === "ko") translate(root);
}

function watch(root) {
	new MutationObserver((changes) => {
		for (const target of new Set(changes.map((change) => change.target))) mend(target.nodeType === Node.TEXT_NODE ? target.parentElement ?? root : target);
	}).observe(root, { childList: true, characterData: true, subtree: true });
}

const dark = matchMedia("(prefers-color-scheme: dark)");

// As chosen on the dashboard; the class is Swagger UI's.
function applyTheme() {
	const theme = recall("theme") ?? "auto";
	document.documentElement.classList.toggle("dark-mode", theme === "dark" || (theme === "auto" && dark.matches));
}

function addLanguage(request) {
	request.headers["Accept-Language"] = lang();
	return request;
}

// Opens a tool, form ready, and brings it into view.
function open(id) {
	const block = document.querySelector(`[id$="-${id}"].opblock`);
	if (!block) return;
	if (!block.classList.contains("is-open")) block.querySelector(".opblock-summary-control")?.click();
	block.scrollIntoView({ block: "start" });
	block.querySelector("button")?.focus({ preventScroll: true });
}

// Where there is no example Swagger UI invents a value ("string", 0) and sends it: what may be left out begins empty.
async function description() {
	const spec = await (await fetch("/openapi.json", { headers: { "Accept-Language": lang() } })).json();
	const forms = Object.values(spec.paths).map((path) => path.post?.requestBody?.content["application/x-www-form-urlencoded"]);
	for (const form of forms.filter(Boolean)) for (const field of Object.values(form.schema.properties)) field.example ??= "";
	return spec;
}

async function fillPicker() {
	const select = document.getElementById("go");
	const list = await (await fetch("/tools", { headers: { "Accept-Language": lang() } })).json();
	select.replaceChildren(new Option(say("choose"), ""), ...list.tools.map((tool) => new Option(tool.title, tool.name)));
	select.onchange = () => select.value && open(select.value);
}

function sayInstead(text) {
	const absent = document.getElementById("absent");
	absent.textContent = text;
	absent.hidden = false;
}

async function start() {
	setLang(firstLang());
	applyTheme();
	dark.addEventListener("change", applyTheme);
	document.getElementById("go-label").textContent = say("go");
	const other = document.getElementById("lang");
	other.textContent = say("other");
	other.onclick = () => {
		remember("lang", lang() === "ko" ? "en" : "ko");
		location.replace(location.pathname); // without ?lang
	};
	if (!globalThis.SwaggerUIBundle) {
		sayInstead(say("absent"));
		return;
	}
	const root = document.getElementById("swagger");
	watch(root);
	globalThis.SwaggerUIBundle({
		spec: await description(),
		domNode: root,
		docExpansion: "list",
		defaultModelsExpandDepth: -1,
		displayRequestDuration: true,
		tryItOutEnabled: true,
		validatorUrl: null, // Swagger's own would be asked over the network
		requestInterceptor: addLanguage,
		onComplete: fillPicker,
		// no box "Send empty value": an empty argument is none here, and the curl line shows what was filled in
		plugins: [() => ({ components: { ParameterIncludeEmpty: () => null } })],
	});
}

start().catch((error) => sayInstead(error.message));
