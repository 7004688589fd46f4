/**
 * The Palindromes task, as task.py has it, for what runs in the page.
 *
 * @param {import("../../docs/live/toolbox.js").Tools} tools
 * @returns {import("../../docs/live/toolbox.js").Task}
 */
export function task({ below, typedNumbers, wrongValue }) {
  const length = 20;
  const largest = 30;
  const start = largest + 1;
  const end = largest + 2;
  const numbers = Array.from({ length: start }, (_, value) => String(value));

  /** @param {number[]} values */
  const enclosed = (values) => [start, ...values, end];

  return {
    vocabulary: [...numbers, "START", "END"],
    classes: ["not a palindrome", "palindrome"],
    read(text) {
      const typed = typedNumbers(text);
      const n = typed.length;
      if (n !== length) {
        return { fault: `has ${n} values, expected ${length}; START and END are added here.` };
      }
      for (const value of typed) {
        const fault = wrongValue(value, 0, largest);
        if (fault) return { fault };
      }
      return { tokens: enclosed(typed.map(({ number }) => number)) };
    },
    show: (tokens) => tokens.slice(1, length + 1).join(", "),
    sample(random) {
      const half = Array.from({ length: length / 2 }, () => below(random, start));
      const mirrored = [...half].reverse();
      const kept = random() < 0.5;
      // A value that is redrawn may come out as it was.
      const second = mirrored.map((value) =>
        kept || random() < 0.5 ? value : below(random, start),
      );
      return enclosed([...half, ...second]);
    },
    asked(tokens) {
      const values = tokens.slice(1, length + 1);
      const same = values.every((value, place) => value === values[length - 1 - place]);
      return [{ position: length + 1, right: [Number(same)] }];
    },
  };
}
