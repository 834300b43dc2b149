/** What doctor found out about one thing. */
export interface Finding {
  name: string;
  /** `warn` works, though not as well as it could; `fail` keeps `serve` from working. */
  state: "ok" | "warn" | "fail";
  detail: string;
  /** How to mend it; null where nothing is to be done. */
  fix: string | null;
}

export const fine = (name: string, detail: string): Finding => ({ name, state: "ok", detail, fix: null });
