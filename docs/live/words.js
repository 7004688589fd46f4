/** Words as a reader types them, and what separates them. */

/**
 * All that Python or JavaScript calls a space, as a class of characters in a regular expression
 * has it.
 */
export const SPACE = "\\s\\x1c-\\x1f\\x85";
const WORD = new RegExp(`[^${SPACE}.]+`, "gu");
const WORD_OR_STOP = new RegExp(`[^${SPACE}.]+|\\.`, "gu");

/**
 * The words of a text, a full stop being one, and the text itself as a language of small letters
 * has it: without capitals where a word is only known without, and with spaces for commas.
 *
 * @param {string} typed
 * @param {{has: (word: string) => boolean}} known The words of the language.
 */
export function typedWords(typed, known) {
  const text = typed.replaceAll(/[,\ufeff]/g, " ").replaceAll(WORD, (word) => {
    const small = word.toLowerCase();
    return !known.has(word) && known.has(small) ? small : word;
  });
  return { text, words: text.match(WORD_OR_STOP) ?? [] };
}
