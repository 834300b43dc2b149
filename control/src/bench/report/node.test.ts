import { expect, test } from "vitest";
import { escapeJson, h, renderNode } from "./node.ts";

test("text and attributes are escaped, whatever they hold", () => {
  const hostile = `"><script>alert('&')</script>`;
  expect(renderNode(h("p", { title: hostile }, hostile))).toBe(
    '<p title="&quot;&gt;&lt;script&gt;alert(&#39;&amp;&#39;)&lt;/script&gt;">&quot;&gt;&lt;script&gt;alert(&#39;&amp;&#39;)&lt;/script&gt;</p>',
  );
});

test("false, null and undefined are nothing, and 0 is a number", () => {
  expect(renderNode([h("br"), false, null, undefined, 0, h("i", { hidden: true, id: null })])).toBe(
    "<br>0<i hidden></i>",
  );
});

test("data in a script element cannot end it, and is the same data again", () => {
  const data = { text: "</script><!--\u2028", list: [1, null] };
  const written = escapeJson(data);
  expect(written).not.toMatch(/[<\u2028]/);
  expect(JSON.parse(written)).toEqual(data);
});
