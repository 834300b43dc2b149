/** What an embedded server keeps between its lives, so that subscribers' URLs stay valid: its port and its passwords. */
import { randomBytes } from "node:crypto";
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";

const identitySchema = z.object({
  /** Null before the first start. */
  port: z.int().min(1).max(65535).nullable(),
  admin_password: z.string().min(32),
  subscriber_password: z.string().min(32),
});
export type Identity = z.infer<typeof identitySchema>;

export const adminUser = "humhelix-admin";
export const subscriberUser = "humhelix";

/** A missing or damaged file makes a new identity: nothing but subscribers' URLs depends on it. */
export function readIdentity(dir: string): Identity {
  try {
    return identitySchema.parse(JSON.parse(readFileSync(fileIn(dir), "utf8")));
  } catch {
    return { port: null, admin_password: newPassword(), subscriber_password: newPassword() };
  }
}

export const writeIdentity = (dir: string, identity: Identity) =>
  writeSecret(fileIn(dir), `${JSON.stringify(identity, null, 2)}\n`);

/** Readable by its owner only, and either old or new, whenever the machine stops. */
export function writeSecret(path: string, text: string): void {
  const draft = `${path}.new`;
  writeFileSync(draft, text, { mode: 0o600 });
  renameSync(draft, path);
}

export const subscriberUrlOf = (identity: Identity, port: number) =>
  `redis://${subscriberUser}:${identity.subscriber_password}@127.0.0.1:${port}`;

export const adminUrlOf = (identity: Identity, at: { socketPath: string } | { port: number }) =>
  "port" in at
    ? `redis://${adminUser}:${identity.admin_password}@127.0.0.1:${at.port}`
    : `unix://${encodeURI(at.socketPath)}?username=${adminUser}&password=${identity.admin_password}`;

const fileIn = (dir: string) => join(dir, "identity.json");

/** Hexadecimal: safe in URLs, shells and ACL rules. */
const newPassword = () => randomBytes(24).toString("hex");
