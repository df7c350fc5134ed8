// Every word of the page, English and Korean. {0} is what is put in.
const table = {
	skip: ["To the content", "본문으로"],
	api: ["API", "API"],
	otherLang: ["한국어", "English"],
	theme: ["Theme: {0}", "테마: {0}"],
	auto: ["auto", "자동"],
	light: ["light", "밝게"],
	dark: ["dark", "어둡게"],
	connecting: ["connecting …", "연결 중 …"],
	live: ["live · {0}", "실시간 · {0}"],
	offline: ["no answer from the server · trying again", "서버 응답 없음 · 다시 시도 중"],
	trouble: ["no new watts since {0}", "{0} 이후 새 값 없음"],
	noWatts: ["no watts yet", "전력 값 없음"],
	paused: ["paused while not seen", "화면이 가려져 일시 중지"],
	now: ["This node, now", "이 노드의 현재 전력"],
	model: ["estimated by the model {0}", "모델 {0}의 추정값"],
	measured: ["measured by {0}", "{0} 계측값"],
	fake: ["pretended by a fake meter", "가짜 계측기의 값"],
	initializing: ["starting: no reading yet", "시작 중: 아직 측정값이 없습니다"],
	package: ["CPU package", "CPU 패키지"],
	psys: ["whole machine", "기기 전체"],
	dram: ["memory", "메모리"],
	gpu: ["GPU", "GPU"],
	idle: ["idle", "유휴"],
	ofWhichIdle: ["of which idle {0} · {1}", "이 가운데 유휴 {0} · {1}"],
	errorNote: ["kWh, kg and KRW come from these watts: their error is at least ± {0} too.", "kWh, kg, 원은 이 전력에서 계산하므로 오차도 최소 ± {0}입니다."],
	other: ["other", "기타"],
	energy: ["Energy", "에너지"],
	carbon: ["Carbon", "탄소"],
	cost: ["Cost", "비용"],
	compliance: ["Benchmarks", "기준"],
	kwh: ["kWh a month", "kWh / 월"],
	kg: ["kg CO₂eq a month", "kg CO₂eq / 월"],
	won: ["KRW a month", "원 / 월"],
	itOnly: ["IT energy, without the site's overhead", "부대설비를 뺀 IT 에너지"],
	ofDay: ["{0} in the last 24 h", "최근 24시간 {0}"],
	carbonNote: ["grid: {0}", "전력망: {0}"],
	pueAssumed: ["PUE assumed", "PUE 가정"],
	pueDeclared: ["with the declared PUE", "설정된 PUE 반영"],
	pueMeasured: ["with the measured PUE", "계측한 PUE 반영"],
	pueOther: ["PUE: {0}", "PUE: {0}"],
	quality_annual: ["annual value of {0}", "{0}년 연평균"],
	quality_metered: ["metered, {0}", "계량값, {0}"],
	quality_estimated: ["estimated, {0}", "추정값, {0}"],
	quality_sample: ["sample day {0}", "예시일 {0}"],
	quality_user: ["your own value", "사용자 설정값"],
	costNote: ["{0}, energy charge only; rates {1}", "{0}, 전력량 요금만; 단가 {1}"],
	rates_derived: ["derived", "추정"],
	rates_verified: ["verified", "확인됨"],
	unit_s: ["{0} s", "{0}초"],
	unit_min: ["{0} min", "{0}분"],
	unit_h: ["{0} h", "{0}시간"],
	ended: ["ended", "끝남"],
	endedWords: ["Ended by now:", "이미 끝났으며"], // of the sentence in the list's recommendation
	COMPLIANT: ["within", "기준 충족"],
	NON_COMPLIANT: ["over", "기준 초과"],
	UNKNOWN: ["undecided", "판단 보류"],
	NOT_ASSESSED: ["not assessed", "평가 안 함"],
	all: ["all", "전체"],
	borderline: ["borderline", "경계값"],
	borderlineWhy: ["The limit lies within the error of this estimate.", "기준값이 이 추정의 오차 범위 안에 있습니다."],
	powerTitle: ["Power by workload", "워크로드별 전력"],
	range_live: ["live", "실시간"],
	range_PT1H: ["1 h", "1시간"],
	range_P1D: ["24 h", "24시간"],
	range_P7D: ["7 d", "7일"],
	range_P30D: ["30 d", "30일"],
	asTable: ["as a table", "표로 보기"],
	livePoints: ["Mean of the last minute, every 2 s since the page was opened.", "최근 1분 평균, 페이지를 연 뒤 2초마다."],
	steps: ["Means of {0}; gaps were not observed. Times are Korean time.", "{0} 평균. 빈 곳은 관측되지 않은 시간입니다. 한국 시각."],
	nothingYet: ["No watts have come from the server yet.", "아직 서버에서 받은 전력 값이 없습니다."],
	noHistory: ["Nothing was observed in this time yet.", "이 기간에는 아직 관측된 것이 없습니다."],
	noCharts: [
		"This build has no charts: npm's package uplot could not be had when it was made. The tables are complete.",
		"이 빌드에는 차트가 없습니다. 빌드할 때 npm의 uplot 패키지를 받지 못했습니다. 표는 모두 있습니다.",
	],
	workloads: ["Workloads", "워크로드"],
	find: ["Name or namespace", "이름, 네임스페이스"],
	more: ["More", "더 보기"],
	status: ["status", "판정"],
	workload: ["workload", "워크로드"],
	power: ["power, W", "전력, W"],
	month: ["kg a month", "월 kg"],
	gap: ["gap", "차이"],
	why: ["why", "이유"],
	shared: ["Of all of these:", "모두에 해당:"],
	time: ["time", "시각"],
	node: ["node", "노드"],
	sum: ["sum", "합계"],
	shown: ["{0} of {1}", "{1}개 중 {0}개"],
	none: ["None.", "없습니다."],
	searching: ["Searching all of them …", "전체에서 찾는 중 …"],
	found: ["{0} found {1}", "{1} 가운데 {0}개"],
	foundNone: ["None found {1}.", "{1} 가운데 없습니다."],
	among: ["among {0}", "{0}개"],
	amongFirst: ["among the first {0} of {1}", "{1}개 중 앞의 {0}개"],
	open: ["Details of {0}", "{0} 상세"],
	gridTitle: ["Grid, next 24 hours", "앞으로 24시간 전력망"],
	dataOf: ["data", "데이터"],
	configured: ["configured", "설정값"],
	sampleOf: ["sample day {0}", "예시일 {0}"],
	noHourly: [
		"No hourly grid data is configured, and none is invented: prices are known, carbon by hour is not. Choose a recorded sample day to see what one looked like.",
		"시간별 전력망 데이터가 설정되지 않았으며 임의로 채우지 않습니다. 요금만 표시합니다. 예시일(실측 기록)을 선택하면 형태를 확인할 수 있습니다.",
	],
	isSample: ["A recorded day, shown as an example. It is no forecast.", "실측 기록된 하루를 예로 보여 줍니다. 예측이 아닙니다."],
	isForecast: ["From {0}.", "출처: {0}."],
	intensity: ["carbon, gCO₂eq/kWh", "탄소, gCO₂eq/kWh"],
	price: ["energy charge, KRW/kWh", "전력량 요금, 원/kWh"],
	unit_g: ["gCO₂eq/kWh", "gCO₂eq/kWh"],
	unit_krw: ["KRW/kWh", "원/kWh"],
	bestWindow: ["best window", "최적 시간대"],
	best: ["Cleanest for this job: {0}, {1} less carbon than the average start.", "이 작업의 탄소가 가장 적은 시간대: {0}. 평균적인 시각에 시작할 때보다 탄소가 {1} 적습니다."],
	bestSame: ["No start is cleaner than the average by 1 % or more.", "평균보다 탄소가 1 % 이상 적은 시작 시각이 없습니다."],
	night_cleaner: ["Is the night cleaner? Yes: 02:00–06:00 is {0} below the day's mean.", "밤에 탄소가 더 적은가? 예: 02:00–06:00은 하루 평균보다 {0} 낮습니다."],
	night_dirtier: ["Is the night cleaner? No: 02:00–06:00 is {0} above the day's mean.", "밤에 탄소가 더 적은가? 아니요: 02:00–06:00은 하루 평균보다 {0} 높습니다."],
	night_same: ["Is the night cleaner? No difference: 02:00–06:00 is within {0} of the day's mean.", "밤에 탄소가 더 적은가? 차이 없음: 02:00–06:00과 하루 평균의 차이는 {0} 이내입니다."],
	jobWatts: ["A job of, W", "작업 전력, W"],
	jobHours: ["for, hours", "시간"],
	compute: ["Compute", "계산"],
	option_carbon: ["Cleanest", "탄소 최소"],
	option_cost: ["Cheapest", "요금 최소"],
	option_now: ["Now", "지금"],
	grams: ["{0} g CO₂eq", "{0} g CO₂eq"],
	krw: ["{0} KRW", "{0}원"],
	noCarbon: ["carbon not known", "탄소는 알 수 없음"],
	close: ["Close", "닫기"],
	loading: ["Loading …", "불러오는 중 …"],
	carbonGauge: ["Carbon intensity", "탄소집약도"],
	pueGauge: ["PUE", "PUE"],
	target: ["target {0}", "목표 {0}"],
	pueUnknown: ["not declared", "설정되지 않음"],
	facts: ["Numbers", "수치"],
	drawsNow: ["draws now", "현재 전력"],
	meanPresent: ["mean while present", "실행 중 평균"],
	duty: ["present", "실행 시간 비율"],
	monthEnergy: ["IT energy a month", "월 IT 에너지"],
	monthCarbon: ["carbon a month", "월 탄소"],
	errorOf: ["± holds the errors of watts, grid and PUE together (k = 2).", "±는 전력, 전력망, PUE의 오차를 합친 값입니다(k = 2)."],
	improvements: ["What would lower it", "개선안"],
	noImprovements: ["Nothing computed.", "계산된 개선안이 없습니다."],
	minus: ["−{0} · {1} kg a month", "−{0} · 월 {1} kg"],
	whatIf: ["What if", "가정 시나리오"],
	noWhatIf: ["This server has no tool compare_optimization_impact.", "이 서버에는 compare_optimization_impact 도구가 없습니다."],
	temporal_shift: ["shift in time", "시간 이동"],
	resource_rightsizing: ["right-size", "자원 적정화"],
	regional_migration: ["move region", "리전 이동"],
	pue_improvement: ["improve PUE", "PUE 개선"],
	targetPue: ["PUE to reach", "목표 PUE"],
	before: ["now", "현재"],
	after: ["after", "이후"],
	applied: ["counted", "반영"],
	notApplied: ["not counted", "반영 안 됨"],
	service: ["per unit of service", "현재 사용량 기준"],
	history: ["Its last 24 hours", "최근 24시간"],
	reasons: ["Why, and what limits it", "이유와 한계"],
	sources: ["Sources", "출처"],
	fakeNotice: [
		"FAKE WATTS: a fake meter is configured (tests, demos). Nothing here is a measurement, and statuses stay undecided.",
		"가짜 전력: 가짜 계측기가 설정되어 있습니다(시험, 시연용). 측정값이 아니며 판정은 보류됩니다.",
	],
	staleNotice: ["No new reading since {0}: what is shown is old.", "{0} 이후 새 측정값이 없습니다. 표시된 값은 오래되었습니다."],
	signIn: ["This server asks for a token", "이 서버는 토큰을 요구합니다"],
	wrongToken: ["The server did not take this token. Another?", "서버가 이 토큰을 받아들이지 않았습니다. 다른 토큰을 입력하십시오."],
	token: ["Bearer token", "베어러 토큰"],
	signInHint: ["It stays in this tab and is forgotten with it.", "이 탭에만 남고 탭을 닫으면 사라집니다."],
	go: ["Continue", "계속"],
	footGrid: ["Grid: {0}, {1}, {2}", "전력망: {0}, {1}, {2}"],
	footData: ["Korean data {0} ({1})", "한국 데이터 {0} ({1})"],
	footPower: ["Watts: {0}, read {1} ago", "전력: {0}, {1} 전 측정"],
	footTimes: ["Times are Korean time (KST, UTC+9).", "시각은 한국 시각(KST, UTC+9)입니다."],
	footReference: [
		"424 gCO₂eq/kWh is a benchmark and PUE 1.4 a certification bar; neither is a statutory limit.",
		"424 gCO₂eq/kWh는 비교 기준이고 PUE 1.4는 인증 기준이며, 법정 한도가 아닙니다.",
	],
};

let current = "en";

export const lang = () => current;

export function t(key, ...given) {
	const text = table[key]?.[current === "ko" ? 1 : 0] ?? key;
	return text.replace(/\{(\d)\}/g, (_, index) => given[index]);
}

// Settings outlive the page where storage is allowed.
export function remember(key, value) {
	try {
		localStorage.setItem(`tanso-${key}`, value);
	} catch { /* storage is off */ }
}

export function recall(key) {
	try {
		return localStorage.getItem(`tanso-${key}`);
	} catch {
		return null;
	}
}

export function setLang(value) {
	current = value === "ko" ? "ko" : "en";
	document.documentElement.lang = current;
	for (const element of document.querySelectorAll("[data-t]")) element.textContent = t(element.dataset.t);
	for (const input of document.querySelectorAll("[data-hint]")) input.placeholder = t(input.dataset.hint);
}

const asked = () => ["ko", "en"].find((lang) => lang === new URLSearchParams(location.search).get("lang")); // ?lang=ko, of a link
export const firstLang = () => asked() ?? recall("lang") ?? (navigator.language.startsWith("ko") ? "ko" : "en");
