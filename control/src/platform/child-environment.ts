/** What a child process sees of our environment: an allow-list, and what every Python of ours needs; or all that the user set. */

/** Nothing that could hold a key. */
const inherited = [
  "PATH",
  "HOME",
  "LANG",
  "LC_ALL",
  "TMPDIR",
  "TZ",
  "LD_LIBRARY_PATH",
  "CUDA_VISIBLE_DEVICES",
  "NVIDIA_VISIBLE_DEVICES",
  "NVIDIA_DRIVER_CAPABILITIES",
  "OPENBLAS_CORETYPE",
  "OPENBLAS_L2_SIZE",
  "CT2_FORCE_CPU_ISA",
] as const;

/** `packageDir` holds the Python package hum_sidecar. */
export function childEnvironment(packageDir: string): Record<string, string> {
  const env: Record<string, string> = {};
  for (const name of inherited) {
    const value = process.env[name];
    if (value !== undefined) env[name] = value;
  }
  return {
    ...env,
    PYTHONPATH: packageDir,
    PYTHONUNBUFFERED: "1",
    // numpy's threads, which make the features, would spin a while after each call, and take the processor from the model:
    // 30 ms of the 230 that a short clip takes. They sleep at once so; with fewer of them the features would be others.
    OPENBLAS_THREAD_TIMEOUT: "4",
    // Weights are installed before; an engine that reaches for the hub would hang where there is no network.
    HF_HUB_OFFLINE: "1",
  };
}

/** For programs of the user's, such as docker and ssh, which would see the same if the user called them. */
export function userEnvironment(env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}
