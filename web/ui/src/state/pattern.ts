/**
 * Netdata's simple patterns, as the server matches them: words separated by blanks, `*` for anything, `!` before a word
 * refuses, a backslash takes the next character as it is, and the first word that matches one of the names decides.
 */
export function compilePattern(pattern: string): (...names: string[]) => boolean {
  const words: { refuses: boolean; parts: string[] }[] = [];
  for (let i = 0; i < pattern.length; ) {
    if (/\s/.test(pattern[i]!)) {
      i++;
      continue;
    }
    const refuses = pattern[i] === "!";
    if (refuses) i++;
    let text = "";
    for (; i < pattern.length && !/\s/.test(pattern[i]!); i++) {
      if (pattern[i] === "\\") i++;
      text += pattern[i] ?? "";
    }
    if (text !== "") words.push({ refuses, parts: text.split("*") });
  }
  return (...names) => {
    for (const w of words) if (names.some((n) => n !== "" && matches(w.parts, n))) return !w.refuses;
    return false;
  };
}

function matches(parts: readonly string[], name: string): boolean {
  const [first, last] = [parts[0]!, parts.at(-1)!];
  if (parts.length === 1) return name === first;
  if (name.length < first.length + last.length || !name.startsWith(first) || !name.endsWith(last)) return false;
  const end = name.length - last.length;
  let at = first.length;
  for (const part of parts.slice(1, -1)) {
    const found = name.indexOf(part, at);
    if (found < 0 || found + part.length > end) return false;
    at = found + part.length;
  }
  return true;
}

/** The word that matches a name; a star in it matches more. */
export function patternOf(name: string): string {
  return name.replace(/[\\\s]/g, "\\$&").replace(/^!/, "\\!");
}
