// A site to look at: analyst and frontend of a build, and a peer that plays a cluster with a past (fake_site.c).
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

function freePort() {
	return new Promise((resolve) => {
		const server = createServer().listen(0, "127.0.0.1", () => {
			const { port } = server.address();
			server.close(() => resolve(port));
		});
	});
}

export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

export async function until(what, condition, ms = 60000) {
	for (const end = Date.now() + ms; Date.now() < end; await sleep(50))
		if (await condition().catch(() => false)) return;
	throw new Error(`waited in vain: ${what}`);
}

export class Site {
	constructor(bin) {
		this.bin = bin;
		this.folder = mkdtempSync(join(tmpdir(), "tanso-web-"));
		this.children = [];
	}

	run(program, ...given) {
		const child = spawn(program, given, { stdio: ["pipe", "pipe", "ignore"] });
		this.children.push(child);
		return child;
	}

	stage(name, ...settings) {
		const sets = [`runtime_dir=${this.folder}/run`, `state_dir=${this.folder}/state`, `http_listen=127.0.0.1:${this.port}`, ...settings];
		return this.run(join(this.bin, `tanso-${name}`), ...sets.flatMap((set) => ["--set", set]));
	}

	async startFrontend(...settings) {
		this.frontend = this.stage("frontend", ...settings);
		await until("the frontend", async () => (await fetch(`${this.url}/healthz`)).ok);
	}

	async stopFrontend() {
		const ended = new Promise((resolve) => this.frontend.once("exit", resolve));
		this.frontend.kill("SIGKILL");
		await ended;
	}

	// A frontend alone, as where the analyst does not start.
	async startAlone() {
		this.port = await freePort();
		this.url = `http://127.0.0.1:${this.port}`;
		await this.startFrontend();
		return this;
	}

	// And a past of so many hours before it.
	async startAnalyst(state, hours, ...settings) {
		this.analyst = this.stage("analyst", ...settings);
		this.run(join(this.bin, "../tests/fake_site"), `${this.folder}/run`, String(hours), state);
		await until("the past", async () => (await this.ask("list_top_power_consumers", { allow_fake: true })).node_power_watts > 100);
	}

	async start(...what) {
		await this.startAlone();
		await this.startAnalyst(...what);
		return this;
	}

	async ask(tool, given = {}, folder = "tools") {
		return (await fetch(`${this.url}/${folder}/${tool}`, { method: "POST", body: JSON.stringify(given) })).json();
	}

	stop() {
		for (const child of this.children) child.kill("SIGKILL");
		rmSync(this.folder, { recursive: true, force: true });
	}
}
