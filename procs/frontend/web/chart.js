// Charts by uPlot (a script of its own: it may be missing, see hasCharts), coloured by the page's theme.
import { clock, day, moment, number, seconds } from "./dom.js";
import { t } from "./texts.js";

export const hasCharts = () => typeof globalThis.uPlot === "function";

// Eight hues that stay apart for colour-blind eyes, on white and on black.
const hues = ["#1c7ed6", "#f59f00", "#12b886", "#e8590c", "#7950f2", "#e64980", "#15aabf", "#8d6e3f"];
export const hue = (index) => hues[index % hues.length];
export const otherColor = "#868e96";
export const idleColor = "#adb5bd";

const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

function xLabels(u, splits, axis, space, step) {
	return splits.map((split) => {
		const date = new Date(split * 1000);
		if (step >= 86400) return day(date);
		return step < 60 ? seconds(date) : u.scales.x.max - u.scales.x.min > 100000 ? moment(date) : clock(date);
	});
}

// Whole seconds at least, and steps that clocks have.
const steps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400, 172800, 432000, 864000];
const xAxis = () => axis({ values: xLabels, incrs: steps, space: 72, size: 30 });

function axis(options) {
	const line = { stroke: css("--line"), width: 1 };
	return { stroke: css("--quiet"), font: "12px system-ui, sans-serif", grid: line, ticks: { ...line, size: 4 }, gap: 4, ...options };
}

const label = (unit) => ({ label: t(unit), labelSize: 18, labelGap: 0, labelFont: "12px system-ui, sans-serif" });

function frame(box, options, hear) {
	return {
		width: Math.max(box.clientWidth, 200),
		height: box.clientHeight,
		tzDate: (ts) => globalThis.uPlot.tzDate(new Date(ts * 1000), "Asia/Seoul"),
		legend: { show: false },
		cursor: { y: false, points: { size: 7 }, drag: { x: false, y: false } },
		padding: [10, 8, 0, 0],
		...options,
		hooks: { ...options.hooks, setCursor: [(u) => hear(u.cursor.idx ?? null)] },
	};
}

// The arrow keys walk through the points, as the pointer does.
function addKeys(box, chart) {
	box.onkeydown = (event) => {
		const step = { ArrowLeft: -1, ArrowRight: 1, Home: -Infinity, End: Infinity }[event.key];
		const times = chart.plot?.data[0];
		if (!step || !times?.length) return;
		event.preventDefault();
		const last = times.length - 1;
		const index = Math.min(Math.max((chart.plot.cursor.idx ?? (step < 0 ? last + 1 : -1)) + step, 0), last);
		chart.plot.setCursor({ left: chart.plot.valToPos(times[index], "x"), top: 4 });
	};
}

// A chart in a box; draw() replaces what it shows. make(box) gives [options, data].
export function chartIn(box, hear) {
	const chart = { plot: null, make: null };

	chart.draw = (make) => {
		chart.make = make;
		if (!hasCharts()) return;
		const shown = chart.plot?.cursor.idx;
		chart.plot?.destroy();
		const [options, data] = make();
		chart.plot = new globalThis.uPlot(frame(box, options, hear), data, box);
		if (shown != null && box.matches(":hover, :focus"))
			chart.plot.setCursor({ left: chart.plot.valToPos(data[0][Math.min(shown, data[0].length - 1)], "x"), top: 4 });
	};
	chart.redraw = () => chart.make && chart.draw(chart.make);
	new ResizeObserver(() => chart.plot?.setSize({ width: Math.max(box.clientWidth, 200), height: box.clientHeight })).observe(box);
	addKeys(box, chart);
	return chart;
}

// parts: [{ label, color, values }], from the bottom up; values null where nothing was observed.
export function stacked(times, parts) {
	const sums = [];
	parts.forEach((part, row) =>
		sums.push(part.values.map((value, i) => (value === null ? null : value + (row > 0 ? sums[row - 1][i] : 0)))));
	const order = parts.map((_, i) => parts.length - 1 - i);
	return [{
		scales: { y: { range: (u, low, high) => [0, (high || 1) * 1.08] } },
		padding: [10, 28, 0, 0], // half of a time's width: the last one is whole
		series: [{}, ...order.map((i) => ({
			label: parts[i].label,
			stroke: parts[i].color,
			fill: `${parts[i].color}b0`,
			width: 1,
			points: { show: times.length < 3 },
		}))],
		bands: order.slice(1).map((_, i) => ({ series: [i + 1, i + 2] })),
		axes: [xAxis(), axis({ size: 56, values: (u, splits, i, space, step) => splits.map((v) => `${number(v, step < 1 ? 1 : 0)} W`) })],
	}, [times, ...order.map((i) => sums[i])]];
}

// Carbon and price as steps, hour by hour, carbon on a scale that need not begin at 0 (so nothing is filled); window [from, to] is marked, in s.
export function hours(times, carbon, price, window) {
	const step = globalThis.uPlot.paths.stepped({ align: 1 });
	const mark = (u) => {
		if (!window) return;
		const [left, right] = window.map((s) => Math.min(Math.max(u.valToPos(s, "x", true), u.bbox.left), u.bbox.left + u.bbox.width));
		u.ctx.save();
		u.ctx.fillStyle = `${css("--good")}2e`;
		u.ctx.fillRect(left, u.bbox.top, right - left, u.bbox.height);
		u.ctx.restore();
	};
	const around = (u, low, high) => (low === null || low === undefined ? [0, 1] : [low - (high - low || low) * 0.25, high + (high - low || high) * 0.15]);
	const has = carbon.some((value) => value !== null);
	return [{
		scales: { g: { range: around }, krw: { range: (u, low, high) => [0, (high || 1) * 1.1] } },
		series: [{},
			{ scale: "g", stroke: css("--carbon"), width: 2, paths: step, points: { show: false } },
			{ scale: "krw", stroke: css("--cost"), width: 1.5, dash: [5, 4], paths: step, points: { show: false } }],
		axes: [xAxis(), axis({ scale: "g", show: has, size: 44, ...label("unit_g") }),
			axis({ scale: "krw", side: has ? 1 : 3, size: 40, grid: { show: !has, stroke: css("--line"), width: 1 }, ...label("unit_krw") })],
		hooks: { drawClear: [mark] },
	}, [times, carbon, price]];
}
