/** Which events a sink gets, by patterns of their names: `*` stands for any characters, also none and also dots. */

/** Whether a name fits at least one of `patterns`. */
export function createFilter(patterns: readonly string[]): (name: string) => boolean {
  const matchers = patterns.map(matcherOf);
  return (name) => matchers.some((matches) => matches(name));
}

/**
 * Finds the parts between the stars one after another, each as early as it can be: no pattern takes more than one pass,
 * which a regular expression with as many stars would not promise.
 */
function matcherOf(pattern: string): (name: string) => boolean {
  const [head = "", ...rest] = pattern.split("*");
  const tail = rest.pop();
  if (tail === undefined) return (name) => name === head;
  return (name) => {
    if (!name.startsWith(head)) return false;
    let end = head.length;
    for (const part of rest) {
      const start = name.indexOf(part, end);
      if (start < 0) return false;
      end = start + part.length;
    }
    return name.length - tail.length >= end && name.endsWith(tail);
  };
}
