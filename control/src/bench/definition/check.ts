/** What a definition says that is well-formed and yet cannot be meant; each check looks at the sections that are valid. */
import { configProblems } from "./check-configs.ts";
import { type Problem, unknownName } from "./problem.ts";
import type { Definition } from "./schema.ts";
import { secretProblems } from "./secrets.ts";

/** Without the sections that the schema refused: they are told already. */
export type Sections = Partial<Definition>;

/** `metrics` are the names of a summary's metrics. */
export function checkDefinition(sections: Sections, { metrics }: { metrics: readonly string[] }): Problem[] {
  return [
    ...sharedNames(sections),
    ...workloadProblems(sections),
    ...sutProblems(sections),
    ...protocolProblems(sections),
    ...includeProblems(sections),
    ...configProblems(sections),
    ...gateProblems(sections, metrics),
  ];
}

function sharedNames(sections: Sections): Problem[] {
  return (["workloads", "suts"] as const).flatMap((section) => {
    const names = (sections[section] ?? []).map(({ name }) => name);
    return names.flatMap((name, index) => {
      const first = names.indexOf(name);
      if (first === index) return [];
      const path = [section, index, "name"];
      return [
        { path, message: `${path.join(".")} is ${name}, as ${section}.${first} is; give each a name of its own` },
      ];
    });
  });
}

function workloadProblems({ workloads = [] }: Sections): Problem[] {
  return workloads.flatMap((workload, index) => {
    if (workload.kind !== "audio") return [];
    const { text, text_file, expect } = workload;
    const path = ["workloads", index, text === undefined ? "text_file" : "text"];
    if (text !== undefined && text_file !== undefined)
      return [{ path, message: `workloads.${index} has text and text_file; leave one of them out` }];
    if (expect === "empty" && (text_file !== undefined || (text ?? "") !== ""))
      return [{ path, message: `${path.join(".")} is what is said, but expect is empty; leave one of them out` }];
    return [];
  });
}

/** A URL ends up in results, which people share. */
function sutProblems({ suts = [] }: Sections): Problem[] {
  return suts.flatMap((sut, index): Problem[] => {
    const at = (...path: string[]) => ["suts", index, ...path];
    const problems: Problem[] = [];
    if (sut.kind !== "faster-whisper" && sut.url !== undefined) {
      const { username, password, search, hash } = new URL(sut.url);
      const extra = [username + password !== "" && "a user or password", search + hash !== "" && "a query"];
      for (const what of extra.filter((found) => found !== false))
        problems.push({
          path: at("url"),
          message: `suts.${index}.url has ${what}; it must be a plain base URL, and a key's variable stands in api_key_env`,
        });
    }
    if (sut.kind === "hum-helix" && sut.url !== undefined && Object.keys(sut.settings).length > 0)
      problems.push({
        path: at("settings"),
        message: `suts.${index}.settings are of a server that the harness starts, but url names one that runs; leave one of them out`,
      });
    if (sut.kind === "hum-helix") problems.push(...secretProblems(sut.settings, at("settings")));
    if (sut.kind === "openai-http")
      for (const name of sut.supports.filter((name) => Object.hasOwn(sut.fixed, name)))
        problems.push({
          path: at("fixed", name),
          message: `suts.${index}.fixed.${name} cannot be told to it, but supports names ${name}; leave one of them out`,
        });
    return problems;
  });
}

function protocolProblems({ protocol, scenario, suts = [] }: Sections): Problem[] {
  const problems: Problem[] = [];
  const { min_trials, max_trials } = protocol ?? {};
  if (min_trials !== undefined && max_trials !== undefined && max_trials < min_trials)
    problems.push({
      path: ["protocol", "max_trials"],
      message: `protocol.max_trials is ${max_trials}; it must be ${min_trials} or more, which min_trials is`,
    });
  const running = suts.findIndex((sut) => sut.kind !== "faster-whisper" && sut.url !== undefined);
  if (protocol?.isolation === "fresh-process" && running !== -1)
    problems.push({
      path: ["protocol", "isolation"],
      message: `protocol.isolation is fresh-process, but suts.${running}.url names a server that runs, and no trial can start it anew; it must be resident`,
    });
  if (scenario?.kind !== "server") return problems;
  const { arrivals, trace } = scenario;
  if (arrivals === "trace" && (trace ?? []).length === 0)
    problems.push({
      path: ["scenario", "arrivals"],
      message: "scenario.arrivals is trace; scenario.trace must then list the seconds at which requests arrive",
    });
  if (arrivals !== "trace" && trace !== undefined)
    problems.push({
      path: ["scenario", "trace"],
      message: `scenario.trace is given, but arrivals is ${arrivals}; set scenario.arrivals to trace, or leave trace out`,
    });
  const late = (trace ?? []).findIndex((second, index, all) => second < (all[index - 1] ?? 0));
  if (late > 0)
    problems.push({
      path: ["scenario", "trace", late],
      message: `scenario.trace.${late} is ${trace?.[late]}, before the arrival ahead of it; the list must ascend`,
    });
  return problems;
}

function includeProblems({ include = [], workloads }: Sections): Problem[] {
  if (workloads === undefined) return [];
  const names = workloads.map(({ name }) => name);
  return include.flatMap((entry, index) =>
    (entry.workloads ?? []).flatMap((name, place) =>
      names.includes(name)
        ? []
        : [unknownName(["include", index, "workloads", place], { name, names, what: "workload" })],
    ),
  );
}

function gateProblems(sections: Sections, metrics: readonly string[]): Problem[] {
  const { gates = [], baseline } = sections;
  const refused = !Object.hasOwn(sections, "baseline");
  return gates.flatMap((gate, index): Problem[] => {
    const path = ["gates", index, "metric"];
    if ("tolerance" in gate) {
      if (baseline !== undefined || refused) return [];
      return [
        {
          path,
          message: `gates.${index} holds ${gate.metric} to a baseline, and the definition names none; add baseline`,
        },
      ];
    }
    if (gate.metric === "speed")
      return [
        { path, message: `gates.${index}.metric is speed, which takes a tolerance; it must be rtfx to have a bound` },
      ];
    if (!metrics.includes(gate.metric))
      return [unknownName(path, { name: gate.metric, names: metrics, what: "metric" })];
    const { at_least, at_most } = gate;
    if (at_least === undefined && at_most === undefined) {
      const or = gate.metric === "wer" || gate.metric === "cer" ? ", or tolerance" : "";
      return [{ path, message: `gates.${index} sets ${gate.metric} no bound; add at_most or at_least${or}` }];
    }
    if (at_least !== undefined && at_most !== undefined && at_least > at_most)
      return [{ path, message: `gates.${index} wants at least ${at_least} and at most ${at_most}, which nothing is` }];
    return [];
  });
}
