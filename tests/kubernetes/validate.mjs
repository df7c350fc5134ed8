// Checks rendered manifests (a JSON list on stdin) by the API's own schemas; prints what is wrong, one a line.
import { readFileSync } from "node:fs";

const kindOf = async ({ apiVersion, kind }) => {
	const place = apiVersion.startsWith("monitoring.coreos.com/") ? "@kubernetes-models/prometheus-operator" : "kubernetes-models";
	return (await import(`${process.argv[2]}/${place}/${apiVersion}/${kind}.js`))[kind];
};

// These validators let fields pass that no schema names, and never look at them: so whoever was not looked at is unknown.
const unseen = new Set();
const watched = (value, path) => {
	if (typeof value !== "object" || value === null) return value;
	const copy = Array.isArray(value) ? [] : {};
	for (const [key, inner] of Object.entries(value)) {
		unseen.add(`${path}.${key}`);
		copy[key] = watched(inner, `${path}.${key}`);
	}
	return new Proxy(copy, { get: (target, key) => (unseen.delete(`${path}.${String(key)}`), target[key]) });
};

let wrong = 0;
for (const object of JSON.parse(readFileSync(0))) {
	const what = `${object.kind} ${object.metadata?.name}`;
	unseen.clear();
	try {
		Object.assign(new (await kindOf(object))(), watched(object, what)).validate();
	} catch (error) {
		wrong++;
		console.log(`${what}: ${error.message.replaceAll("\n", "; ")}`);
		continue;
	}
	for (const path of unseen) {
		wrong++;
		console.log(`${path}: there is no such field`);
	}
}
process.exit(wrong ? 1 : 0);
