/**
 * Compiles what was typed into a search field. Words are all required, in any order and case; `*` stands for anything, and a
 * word after `!` must not occur. The answer takes the texts of one item; a word may be found in any of them.
 */
export function compileSearch(query: string): (texts: readonly string[]) => boolean {
  const words = query.toLowerCase().split(/\s+/).filter((w) => w !== "" && w !== "!");
  if (words.length === 0) return () => true;
  const tests = words.map((word) => {
    const negated = word.startsWith("!");
    const found = wordTest(negated ? word.slice(1) : word);
    return (text: string) => found(text) !== negated;
  });
  return (texts) => {
    // A separator that cannot be typed keeps a word from matching across two texts.
    const all = texts.join("\n").toLowerCase();
    return tests.every((test) => test(all));
  };
}

function wordTest(word: string): (text: string) => boolean {
  const parts = word.split("*");
  if (parts.length === 1) return (text) => text.includes(word);
  const pattern = new RegExp(parts.map((p) => p.replace(/[.+?^${}()|[\]\\]/g, "\\$&")).join("[^\\n]*?"));
  return (text) => pattern.test(text);
}
