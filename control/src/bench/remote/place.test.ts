import { expect, test } from "vitest";
import { benchDirOf } from "./bench-dir.ts";
import { choosePlace } from "./place.ts";

const here = { name: "default", endpoint: "unix:///var/run/docker.sock" };
const there = { name: "v1", endpoint: "ssh://root@v1" };
const machine = { kind: "machine" };

test.each([
  ["", null, machine],
  ["", here, machine],
  ["", { name: "desktop-linux", endpoint: "unix:///run/user/1000/docker.sock" }, machine],
  ["", there, { kind: "engine", context: there }],
  ["docker", here, { kind: "engine", context: here }],
  ["docker", there, { kind: "engine", context: there }],
])("BENCH=%s in the context %j", async (bench, context, place) => {
  expect(await choosePlace(bench, async () => context)).toEqual(place);
});

test("BENCH=local asks Docker nothing", async () => {
  const broken = () => Promise.reject(new Error("no such context"));
  expect(await choosePlace("local", broken)).toEqual(machine);
  await expect(choosePlace(undefined, broken)).rejects.toThrow("no such context");
});

test("BENCH that is nothing, or that needs what is not there, is refused", async () => {
  await expect(choosePlace("podman", async () => here)).rejects.toThrow(
    'BENCH is "podman"; it must be docker or local',
  );
  await expect(choosePlace("docker", async () => null)).rejects.toThrow("there is no docker command here");
});

test("BENCH_DIR is one absolute path, whoever reads it", () => {
  expect(benchDirOf({})).toBe("/opt/hum-helix");
  expect(benchDirOf({ BENCH_DIR: "/srv/bench/" })).toBe("/srv/bench");
  for (const BENCH_DIR of ["results", "/", "/a b", "/a;b", "/a:b", "/a/../b", "/$(ls)"]) {
    expect(() => benchDirOf({ BENCH_DIR })).toThrow("must be an absolute path");
  }
});
