/** A real Kafka broker (KRaft, one node) on loopback for tests: killed, frozen and started again on the same data. */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { checkoutRoot } from "../../src/core/checkout.ts";
import { type Child, spawnChild } from "../../src/platform/child.ts";
import { freePorts } from "../ports.ts";
import { freezeGroup } from "../processes.ts";

const run = promisify(execFile);

export interface KafkaBroker {
  /** `host:port` of each listener: without a password, with one (PLAIN, SCRAM-SHA-256, SCRAM-SHA-512), and over TLS. */
  readonly addresses: { plain: string; sasl: string; tls: string | null };
  /** Of the broker that runs now. */
  readonly pid: number | undefined;
  /** Resolves when it takes connections; the first start takes 5 s, a later one 3 s. */
  start(): Promise<void>;
  /** SIGKILL; resolves when the process is gone. */
  kill(): Promise<void>;
  /** SIGSTOP; resolves when it answers nothing any more. */
  freeze(): Promise<void>;
  thaw(): void;
  /** Runs one of Kafka's own tools, such as `ConsoleProducer`, and resolves with what it printed. */
  tool(name: string, args: readonly string[], input?: string): Promise<string>;
}

export interface KafkaBrokerOptions {
  /** Empty at first; keeps the broker's data and settings. */
  dir: string;
  /** Of the listener without a password; a free one where it is left out. */
  port?: number;
  /** What the broker names as its address there, such as that of a proxy. */
  advertisedPort?: number;
  /** Of a key and a certificate in one PEM file: opens a listener with TLS. */
  pemPath?: string;
  /** Added to the broker's settings, or instead of them. */
  properties?: Record<string, string>;
}

/** Known to the broker on its listeners with passwords. Alice may do nothing with topics whose names begin with `closed`. */
export const alice = { username: "alice", password: "wonderland" };

/** Gives fixed addresses to a broker that is not started yet. Its owner ends it by `kill`; it does not outlive its parent. */
export async function createKafkaBroker(options: KafkaBrokerOptions): Promise<KafkaBroker> {
  const { dir, pemPath } = options;
  const jars = await fetchJars();
  const [free = 0, sasl = 0, tls = 0, controller = 0] = await freePorts(4);
  const plain = options.port ?? free;
  const listeners = { PLAIN: plain, SASL: sasl, ...(pemPath ? { TLS: tls } : {}), CONTROLLER: controller };
  const settingsPath = join(dir, "server.properties");
  const advertised = { ...listeners, PLAIN: options.advertisedPort ?? plain };
  const properties = brokerProperties({ dataDir: join(dir, "data"), listeners, advertised, pemPath });
  writeProperties(settingsPath, { ...properties, ...options.properties });
  const java = javaCommand({ jars, dir });
  let child: Child | null = null;

  async function format(): Promise<void> {
    const scram = ["SCRAM-SHA-256", "SCRAM-SHA-512"].flatMap((mechanism) => [
      "--add-scram",
      `${mechanism}=[name=${alice.username},password=${alice.password}]`,
    ]);
    const id = Buffer.from("humhelix-tests..").toString("base64url");
    await run("java", [...java, "kafka.tools.StorageTool", "format", "-t", id, "-c", settingsPath, ...scram]);
  }

  return {
    addresses: {
      plain: `127.0.0.1:${plain}`,
      sasl: `127.0.0.1:${sasl}`,
      tls: pemPath === undefined ? null : `127.0.0.1:${tls}`,
    },
    get pid() {
      return child?.pid;
    },
    async start() {
      if (!existsSync(join(dir, "data"))) await format();
      const started = Promise.withResolvers<void>();
      const lines: string[] = [];
      const launched = spawnChild({
        // The kernel ends it with us, however we end.
        command: "setpriv",
        args: ["--pdeathsig", "KILL", "java", ...java, "kafka.Kafka", settingsPath],
        env: { PATH: process.env.PATH ?? "" },
        onLine: (line) => {
          lines.push(line);
          if (line.includes("Kafka Server started")) started.resolve();
        },
      });
      child = launched;
      void launched.exited.then(({ code, signal, error }) => {
        const how = error ?? signal ?? `exit code ${code}`;
        started.reject(new Error(`Kafka ended before it was ready (${how}): ${lines.slice(-5).join("\n")}`));
      });
      await started.promise;
    },
    async kill() {
      child?.kill("SIGKILL");
      await child?.exited;
      child = null;
    },
    async freeze() {
      if (child?.pid !== undefined) await freezeGroup(child.pid);
    },
    thaw: () => child?.kill("SIGCONT"),
    async tool(name, args, input) {
      const running = run("java", [...java, `org.apache.kafka.tools.${name}`, ...args], { timeout: 60_000 });
      running.child.stdin?.end(input);
      return (await running).stdout;
    },
  };
}

/** Resolves with their folder. Once per set of versions; git ignores build/. */
export async function fetchJars(): Promise<string> {
  const pomPath = join(import.meta.dirname, "kafka.pom.xml");
  const version = createHash("sha256").update(readFileSync(pomPath)).digest("hex").slice(0, 12);
  const folder = join(checkoutRoot, "build/kafka");
  const jars = join(folder, version);
  if (existsSync(jars)) return jars;
  mkdirSync(folder, { recursive: true });
  const fetched = mkdtempSync(join(folder, "fetching-"));
  const goal = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies";
  await run("mvn", ["-q", "-B", "-f", pomPath, goal, `-DoutputDirectory=${fetched}`, "-DincludeScope=runtime"]);
  renameSync(fetched, jars);
  return jars;
}

function javaCommand({ jars, dir }: { jars: string; dir: string }): string[] {
  const logPath = join(dir, "log4j2.properties");
  writeProperties(logPath, {
    "appender.out.type": "Console",
    "appender.out.name": "out",
    "appender.out.layout.type": "PatternLayout",
    "appender.out.layout.pattern": "%p %c %m%n",
    "rootLogger.level": "error",
    "rootLogger.appenderRef.out.ref": "out",
    "logger.server.name": "kafka.server.KafkaRaftServer",
    "logger.server.level": "info",
  });
  const heap = ["-Xmx384m", "-Xms64m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"];
  return [...heap, `-Dlog4j2.configurationFile=${logPath}`, "-cp", `${jars}/*`];
}

interface BrokerSettings {
  dataDir: string;
  /** Ports by name. */
  listeners: Record<string, number>;
  advertised: Record<string, number>;
  pemPath: string | undefined;
}

function brokerProperties({ dataDir, listeners, advertised, pemPath }: BrokerSettings) {
  const urls = (ports: [string, number][]) => ports.map(([name, port]) => `${name}://127.0.0.1:${port}`).join(",");
  const scram = "org.apache.kafka.common.security.scram.ScramLoginModule required;";
  const plain = `org.apache.kafka.common.security.plain.PlainLoginModule required user_${alice.username}="${alice.password}";`;
  const passwords = (listener: string) => ({
    [`listener.name.${listener}.sasl.enabled.mechanisms`]: "PLAIN,SCRAM-SHA-256,SCRAM-SHA-512",
    [`listener.name.${listener}.plain.sasl.jaas.config`]: plain,
    [`listener.name.${listener}.scram-sha-256.sasl.jaas.config`]: scram,
    [`listener.name.${listener}.scram-sha-512.sasl.jaas.config`]: scram,
  });
  return {
    "process.roles": "broker,controller",
    "node.id": "1",
    "log.dirs": dataDir,
    listeners: urls(Object.entries(listeners)),
    "advertised.listeners": urls(Object.entries(advertised).filter(([name]) => name !== "CONTROLLER")),
    "listener.security.protocol.map": "PLAIN:PLAINTEXT,SASL:SASL_PLAINTEXT,TLS:SASL_SSL,CONTROLLER:PLAINTEXT",
    "controller.listener.names": "CONTROLLER",
    "inter.broker.listener.name": "PLAIN",
    "controller.quorum.voters": `1@127.0.0.1:${listeners.CONTROLLER}`,
    ...passwords("sasl"),
    ...(pemPath === undefined
      ? {}
      : { ...passwords("tls"), "ssl.keystore.type": "PEM", "ssl.keystore.location": pemPath }),
    "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
    "allow.everyone.if.no.acl.found": "true",
    "super.users": "User:ANONYMOUS",
    "num.partitions": "3",
    "offsets.topic.num.partitions": "1",
    "offsets.topic.replication.factor": "1",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "share.coordinator.state.topic.replication.factor": "1",
    "share.coordinator.state.topic.min.isr": "1",
    "group.initial.rebalance.delay.ms": "0",
    // A killed broker that is back at once is not kept waiting until its last life counts as over.
    "broker.session.timeout.ms": "1000",
    "broker.heartbeat.interval.ms": "200",
  };
}

function writeProperties(path: string, properties: Record<string, string>): void {
  mkdirSync(join(path, ".."), { recursive: true });
  writeFileSync(
    path,
    Object.entries(properties)
      .map(([name, value]) => `${name}=${value}\n`)
      .join(""),
  );
}
