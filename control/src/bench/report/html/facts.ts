/** What a run was and what reproduces it: environment, versions, command and definition. */
import type { ConfigSummary } from "../config-summary.ts";
import { formatPercent, formatSeconds } from "../format.ts";
import { type Child, type Element, h } from "../node.ts";
import type { RunSummary } from "../summary.ts";

function factList(facts: readonly (readonly [string, Child])[]): Element {
  return h(
    "dl",
    { class: "facts" },
    ...facts.flatMap(([name, value]) =>
      value === null || value === "" ? [] : [h("div", {}, h("dt", {}, name), h("dd", {}, value))],
    ),
  );
}

export function overview(summary: RunSummary): Element {
  const { environment, harness_cpu_share } = summary;
  return factList([
    ["run", h("code", {}, summary.run_id)],
    ["started", formatTime(summary.started)],
    ["ended", summary.ended === null ? "not yet, or it was killed" : formatTime(summary.ended)],
    ["status", summary.error === null ? summary.status : `${summary.status}: ${summary.error}`],
    ["scenario", summary.scenario],
    ["workload", `${summary.items} items, ${formatSeconds(summary.audio_s)} of audio`],
    [
      "machine",
      `${environment.cpu_model}, ${environment.cpus} CPUs${environment.gpus.map((gpu) => `, ${gpu}`).join("")}`,
    ],
    ["harness", harness_cpu_share === null ? null : `${formatPercent(harness_cpu_share)} of one CPU`],
  ]);
}

export function provenanceSection(summary: RunSummary, definition: unknown): Element {
  const { environment, provenance } = summary;
  const tree = provenance.dirty === true ? " with changes that are not committed" : "";
  const suts = Map.groupBy(summary.configs, ({ sut }) => sut);
  return h(
    "section",
    { id: "provenance" },
    h("h2", {}, "Provenance"),
    h("p", { class: "about" }, "What it takes to run this again, and what its numbers can be compared with."),
    factList([
      [
        "hum-helix",
        `${provenance.hum_helix}${provenance.commit === null ? "" : `, commit ${provenance.commit.slice(0, 12)}${tree}`}`,
      ],
      ["Node", provenance.node],
      [
        "packages",
        Object.entries(provenance.packages)
          .map(([name, version]) => `${name} ${version}`)
          .join(", "),
      ],
      ["command", h("code", {}, provenance.command.join(" "))],
      ["definition", provenance.definition_file],
      ["plan", h("code", {}, summary.plan_hash)],
      ["normalizer", summary.normalizers.join(", ")],
      ["sessions", summary.sessions > 1 ? String(summary.sessions) : null],
      ["load before", provenance.load_average.map((load) => load.toFixed(2)).join(" ")],
      ["host", environment.host],
      ["system", `${environment.os}, kernel ${environment.kernel}, ${environment.arch}`],
      ["memory", `${(environment.memory_bytes / 2 ** 30).toFixed(1)} GiB`],
      ["governor", environment.governor],
      [
        "runs in",
        [environment.container && "a container", environment.virtual].filter(Boolean).join(", ") ||
          "the machine itself",
      ],
      ["environment", h("code", {}, summary.environment_key)],
      ...[...suts].map(([sut, configs]) => [sut, versionsOf(configs)] as const),
    ]),
    h(
      "details",
      {},
      h("summary", {}, "The definition, with every default"),
      h("pre", { tabindex: 0 }, JSON.stringify(definition, null, 2)),
    ),
  );
}

/** Each fact once, with all the values that it had: run configs may differ in their weights. */
function versionsOf(configs: readonly ConfigSummary[]): string {
  const facts = Map.groupBy(
    configs.flatMap(({ sut_facts }) => Object.entries(sut_facts)),
    ([name]) => name,
  );
  return [...facts]
    .map(([name, all]) => `${name} ${[...new Set(all.map(([, value]) => value))].join(", ")}`)
    .join("; ");
}

function formatTime(iso: string): Element {
  return h("time", { datetime: iso }, `${iso.slice(0, 10)} ${iso.slice(11, 16)} UTC`);
}
