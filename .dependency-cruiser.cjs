/** Which way imports go, and the one file that may import each IO library. control/gates/layers.ts runs it. */

/** What each layer of control/src may import besides itself; the first is the highest. */
const layers = {
  main: ["cli", "app", "platform", "core"],
  cli: [
    "app",
    "http",
    "ingress",
    "bench",
    "dashboard",
    "events",
    "jobs",
    "fleet",
    "models",
    "wire",
    "platform",
    "core",
  ],
  app: ["http", "ingress", "bench", "dashboard", "events", "jobs", "fleet", "models", "wire", "platform", "core"],
  http: ["jobs", "events", "bench", "core"],
  ingress: ["jobs", "events", "core"],
  jobs: ["fleet", "core"],
  fleet: ["wire", "platform", "core"],
  events: ["platform", "core"],
  models: ["platform", "core"],
  bench: ["platform", "core"],
  wire: ["core"],
  platform: ["core"],
  dashboard: [],
  core: [],
};

/** The file in control/src that owns each IO library: replacing the library is editing that file. */
const owners = {
  "@fastify/busboy": "http/form.ts",
  "@hono/node-server": "http/listen.ts",
  "@nats-io/jetstream": "events/clients/nats.ts",
  "@nats-io/transport-node": "events/clients/nats.ts",
  "@platformatic/kafka": "events/clients/kafka.ts",
  execa: "platform/child.ts",
  ioredis: "events/clients/redis.ts",
  mqtt: "events/clients/mqtt.ts",
  msgpackr: "wire/codec.ts",
  pino: "core/log.ts",
  "pino-pretty": "core/log.ts",
  "prom-client": "core/metrics.ts",
  "rabbitmq-client": "events/clients/amqp.ts",
  standardwebhooks: "events/clients/webhook.ts",
  yaml: "core/yaml.ts",
  zeromq: "wire/link.ts",
};

const literal = (text) => text.replaceAll(/[.\\/]/g, "\\$&");
/** A layer is a folder, or a file such as main.ts. */
const inLayers = (names) => `^control/src/(${names.join("|")})(/|\\.ts$)`;
const tests = "\\.test\\.ts$";

const layerRules = Object.entries(layers).map(([layer, below]) => ({
  name: `layer-${layer}`,
  comment: `${layer} may import ${below.length === 0 ? "nothing of ours" : below.join(", ")}`,
  severity: "error",
  from: { path: inLayers([layer]), pathNot: tests },
  to: { path: "^(control|proto|sidecar|configs)/", pathNot: [inLayers([layer, ...below]), "\\.json$"] },
}));

const ownerRules = Object.entries(owners).map(([library, owner]) => ({
  name: `one-importer-${library}`,
  comment: `only control/src/${owner} imports ${library}`,
  severity: "error",
  // A test may speak the library's language to play the other side.
  from: { path: "^control/src/", pathNot: [`^control/src/${literal(owner)}$`, tests] },
  to: { path: `(^|/)node_modules/${literal(library)}/` },
}));

module.exports = {
  forbidden: [
    ...layerRules,
    ...ownerRules,
    {
      name: "known-layer",
      comment: "every file of control/src belongs to a layer that .dependency-cruiser.cjs names",
      severity: "error",
      from: {},
      to: { path: "^control/src/", pathNot: inLayers(Object.keys(layers)) },
    },
    {
      name: "no-cycle",
      comment: "modules do not import each other in a circle",
      severity: "error",
      from: {},
      to: { circular: true },
    },
    {
      name: "no-orphan",
      comment: "every file imports or is imported",
      severity: "error",
      from: { orphan: true, path: "^control/", pathNot: tests },
      to: {},
    },
    {
      name: "no-test-in-source",
      comment: "what ships does not import tests",
      severity: "error",
      from: { path: "^control/src/", pathNot: tests },
      to: { path: [tests, "^control/test/"] },
    },
    {
      name: "resolvable",
      comment: "every import leads somewhere",
      severity: "error",
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: "declared-package",
      comment: "what ships imports only packages that package.json lists under dependencies",
      severity: "error",
      from: { path: "^control/src/", pathNot: tests },
      to: { dependencyTypes: ["npm-dev", "npm-optional", "npm-no-pkg", "npm-unknown"] },
    },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    // Type-only imports are dependencies too: a layer that knows another's types knows that layer.
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    enhancedResolveOptions: { exportsFields: ["exports"], conditionNames: ["import", "node", "default", "types"] },
    builtInModules: { add: ["node:sqlite", "node:test"] },
  },
};
