/**
 * The rules of Template Title, as task.py has them, for what runs in the page.
 *
 * Still to be written: those of your task. The tests of tests/live hold them to task.py.
 *
 * @param {import("../../docs/live/toolbox.js").Tools} tools
 * @returns {import("../../docs/live/toolbox.js").Task}
 */
export function task({ below, typedNumbers }) {
  const length = 4;

  return {
    vocabulary: Array.from({ length: 10 }, (_, digit) => String(digit)),
    classes: ["small", "large"],
    read(text) {
      const digits = typedNumbers(text).map(({ number }) => number);
      const good = digits.every((digit) => Number.isInteger(digit) && digit >= 0 && digit <= 9);
      if (digits.length !== length || !good) {
        return { fault: `expected ${length} digits from 0 to 9.` };
      }
      return { tokens: digits };
    },
    show: (tokens) => tokens.join(", "),
    sample: (random) => Array.from({ length }, () => below(random, 10)),
    asked: (tokens) => [{ position: length - 1, right: [tokens[0] >= 5 ? 1 : 0] }],
  };
}
