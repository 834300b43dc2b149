/** The gate over lock files: they name no host, pin every package by hash, and are whole and up to date. */
import { readFileSync } from "node:fs";
import { z } from "zod";

const npmPackage = z.object({
  version: z.string().optional(),
  resolved: z.unknown().optional(),
  integrity: z.string().optional(),
  optionalDependencies: z.record(z.string(), z.string()).default({}),
});
const npmLock = z.object({ lockfileVersion: z.literal(3), packages: z.record(z.string(), npmPackage) });

/** Pinned version by package, as `name==version`, extras and markers aside. */
type Pins = Map<string, string>;

const runtime = readPins("sidecar/requirements.lock");
const dev = readPins("sidecar/requirements-dev.lock");
const bootstrap = readPins("sidecar/requirements-uv.lock");
const complaints = [
  ...npmComplaints("package-lock.json"),
  ...runtime.complaints,
  ...dev.complaints,
  ...bootstrap.complaints,
  ...differences(runtime.pins, dev.pins),
  ...staleness("sidecar/pyproject.toml"),
];
for (const complaint of complaints) process.stdout.write(`${complaint}\n`);
process.exitCode = complaints.length === 0 ? 0 : 1;

function npmComplaints(file: string): string[] {
  const { packages } = npmLock.parse(JSON.parse(readFileSync(file, "utf8")));
  return Object.entries(packages).flatMap(([path, entry]) => {
    const found: string[] = [];
    if (entry.resolved !== undefined) found.push(`${file}: ${path} has a "resolved" address; .npmrc should omit it`);
    if (path !== "" && entry.integrity === undefined) found.push(`${file}: ${path} has no "integrity" hash`);
    // `npm ci` refuses such a lock on some machines, although `npm install` made it without a word.
    for (const name of Object.keys(entry.optionalDependencies)) {
      if (!isLocked(name, path, packages)) found.push(`${file}: ${name}, optional for ${path || "us"}, is not locked`);
    }
    return found;
  });
}

/** Looks where Node would: beside the package that asks, then in every node_modules above it. */
function isLocked(name: string, from: string, packages: Record<string, unknown>): boolean {
  for (let place = from; ; place = place.slice(0, Math.max(0, place.lastIndexOf("node_modules/") - 1))) {
    if (`${place === "" ? "" : `${place}/`}node_modules/${name}` in packages) return true;
    if (place === "") return false;
  }
}

function readPins(file: string): { pins: Pins; complaints: string[] } {
  const pins: Pins = new Map();
  const complaints: string[] = [];
  const requirements = readFileSync(file, "utf8").replaceAll("\\\n", " ").trim().split("\n");
  for (const requirement of requirements) {
    const [, name, version] = /^([a-z0-9._-]+)(?:\[[\w,-]+\])?==([^\s;]+)/.exec(requirement) ?? [];
    if (name === undefined || version === undefined) {
      complaints.push(`${file}: '${requirement.trim().slice(0, 80)}' is no 'name==version' with hashes`);
      continue;
    }
    if (!requirement.includes(" --hash=sha256:")) complaints.push(`${file}: ${name} has no hash`);
    if (requirement.includes("://")) complaints.push(`${file}: ${name} names an address`);
    pins.set(name, version);
  }
  return { pins, complaints };
}

function differences(some: Pins, more: Pins): string[] {
  return [...some]
    .filter(([name, version]) => more.get(name) !== version)
    .map(([name, version]) => `requirements-dev.lock: has ${name} ${more.get(name)}, requirements.lock ${version}`);
}

/** Every exact pin of pyproject.toml must be what the locks hold; otherwise `make lock` was forgotten. */
function staleness(file: string): string[] {
  const project = readFileSync(file, "utf8");
  const locked = new Map([...dev.pins, ...bootstrap.pins]);
  const wanted = [...project.matchAll(/"([a-z0-9._-]+)==([^\s";]+)(?: ;[^"]*)?"/g)].filter(
    ([, name]) => name !== "hatchling",
  );
  return wanted
    .filter(([, name = "", version]) => locked.get(name) !== version)
    .map(([, name = "", version]) => `${file}: wants ${name} ${version}, locked is ${locked.get(name)}: run make lock`);
}
