// The page to try the API: Swagger UI over our own description, with our own copy of it.
const korean = () => document.documentElement.lang === "ko";
const texts = {
	go: ["Go to", "이동"],
	choose: ["choose a tool …", "도구 선택 …"],
	other: ["한국어", "English"],
	absent: [
		"This build has no Swagger UI: npm's packages could not be had when it was made (see the build's output). " +
			"openapi.json and GET /tools describe the same.",
		"이 빌드에는 Swagger UI가 없습니다. 빌드할 때 npm 패키지를 받지 못했습니다. openapi.json과 GET /tools가 같은 내용을 설명합니다.",
	],
};
const say = (key) => texts[key][korean() ? 1 : 0];

const asked = () => ["ko", "en"].find((lang) => lang === new URLSearchParams(location.search).get("lang")); // ?lang=ko, of a link

function stored() {
	try {
		return localStorage.getItem("tanso-lang");
	} catch {
		return null; // storage is off
	}
}

function addLanguage(request) {
	request.headers["Accept-Language"] = document.documentElement.lang;
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

async function fillPicker() {
	const select = document.getElementById("go");
	const list = await (await fetch("/tools", { headers: { "Accept-Language": document.documentElement.lang } })).json();
	select.replaceChildren(new Option(say("choose"), ""), ...list.tools.map((tool) => new Option(tool.title, tool.name)));
	select.onchange = () => select.value && open(select.value);
}

function start() {
	document.documentElement.lang = asked() ?? stored() ?? (navigator.language.startsWith("ko") ? "ko" : "en");
	document.getElementById("go-label").textContent = say("go");
	const other = document.getElementById("lang");
	other.textContent = say("other");
	other.onclick = () => {
		try {
			localStorage.setItem("tanso-lang", korean() ? "en" : "ko");
		} catch { /* storage is off: this page alone changes */ }
		location.replace(location.pathname); // without ?lang
	};
	if (!globalThis.SwaggerUIBundle) {
		const absent = document.getElementById("absent");
		absent.textContent = say("absent");
		absent.hidden = false;
		return;
	}
	globalThis.SwaggerUIBundle({
		url: "/openapi.json",
		domNode: document.getElementById("swagger"),
		docExpansion: "list",
		defaultModelsExpandDepth: -1,
		displayRequestDuration: true,
		tryItOutEnabled: true,
		validatorUrl: null, // Swagger's own would be asked over the network
		requestInterceptor: addLanguage,
		onComplete: fillPicker,
	});
}

start();
