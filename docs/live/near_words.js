/**
 * Words that are like another, as Python's `difflib.get_close_matches` finds them: by the share of
 * letters in runs that both have (Ratcliff and Metzener's pattern matching, 1988).
 */

/**
 * The likest words, best first; of two that are as like, that which is later in the alphabet.
 *
 * @param {string} word
 * @param {readonly string[]} words Among which to look.
 * @param {number} most How many to give.
 * @param {number} least How like they have to be, from 0 to 1.
 */
export function nearWords(word, words, most, least) {
  const letters = Array.from(word);
  return words
    .map((near) => ({ near, alike: alike(Array.from(near), letters, least) }))
    .filter(({ alike }) => alike >= least)
    .sort((a, b) => b.alike - a.alike || (a.near < b.near ? 1 : -1))
    .slice(0, most)
    .map(({ near }) => near);
}

/**
 * @param {string[]} a
 * @param {string[]} b
 * @param {number} least Below which it does not matter.
 */
function alike(a, b, least) {
  const letters = a.length + b.length;
  // Of a word that is much longer the runs would take long to find.
  const most = (2 * Math.min(a.length, b.length)) / letters;
  return most < least ? most : (2 * inRuns(a, b)) / letters;
}

/**
 * How many letters are in the longest run that both have, and in those before and behind it.
 *
 * @param {string[]} a
 * @param {string[]} b
 * @returns {number}
 */
function inRuns(a, b) {
  let [longest, ofA, ofB] = [0, 0, 0];
  /** How long a run ends at the last letter of `a` looked at and each of `b`. */
  let runs = new Map();
  a.forEach((letter, i) => {
    const ending = new Map();
    b.forEach((other, j) => {
      if (letter !== other) return;
      const length = (runs.get(j - 1) ?? 0) + 1;
      ending.set(j, length);
      if (length > longest) [longest, ofA, ofB] = [length, i - length + 1, j - length + 1];
    });
    runs = ending;
  });
  if (!longest) return 0;
  const before = inRuns(a.slice(0, ofA), b.slice(0, ofB));
  return before + longest + inRuns(a.slice(ofA + longest), b.slice(ofB + longest));
}
