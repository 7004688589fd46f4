/** A text as Python quotes it in what it says of one (`repr`). */

/** What cannot be seen, or not be told from a space. */
const UNSEEN = /[\p{C}\p{Z}]/u;
/** @type {Record<string, string>} */
const NAMED = { "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t" };

/**
 * @param {string} text
 * @returns {string}
 */
export function quoted(text) {
  const mark = text.includes("'") && !text.includes('"') ? '"' : "'";
  return mark + Array.from(text, (character) => escaped(character, mark)).join("") + mark;
}

/**
 * @param {string} character
 * @param {string} mark
 */
function escaped(character, mark) {
  if (character === mark) return `\\${mark}`;
  if (character in NAMED) return NAMED[character];
  if (character === " " || !UNSEEN.test(character)) return character;
  const code = /** @type {number} */ (character.codePointAt(0));
  if (code <= 0xff) return `\\x${code.toString(16).padStart(2, "0")}`;
  if (code <= 0xffff) return `\\u${code.toString(16).padStart(4, "0")}`;
  return `\\U${code.toString(16).padStart(8, "0")}`;
}
