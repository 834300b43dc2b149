/** Before the tests of buses: what several of them need, and only one may fetch. */
import { fetchJars } from "./kafka.ts";

export async function setup(): Promise<void> {
  await fetchJars();
}
