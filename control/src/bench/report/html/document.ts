/** The frame of a page that stands alone: no request leaves it, and nothing runs in it but its own script. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { type Child, escapeJson, escapeText, renderNode } from "../node.ts";

export interface PageParts {
  title: string;
  body: Child;
  /** What the script reads from the element with the id `data`. */
  data: unknown;
  script: string;
}

const theme = new URL("theme.css", import.meta.url);

/** The policy holds what the page may do to the hashes of its own style and script, also where it is only a file. */
export function renderPage({ title, body, data, script }: PageParts): string {
  const style = readFileSync(theme, "utf8");
  const policy = [
    "default-src 'none'",
    `style-src '${hashOf(style)}'`,
    `script-src '${hashOf(script)}'`,
    "img-src data:",
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeText(title)}</title>
<link rel="icon" href="data:,">
<style>${style}</style>
</head>
<body>
${renderNode(body)}
<script type="application/json" id="data">${escapeJson(data)}</script>
<script>${script}</script>
</body>
</html>
`;
}

function hashOf(source: string): string {
  return `sha256-${createHash("sha256").update(source).digest("base64")}`;
}
