/**
 * The Cumulative Sum task, as task.py has it, for what runs in the page.
 *
 * @param {import("../../docs/live/toolbox.js").Tools} tools
 * @returns {import("../../docs/live/toolbox.js").Task}
 */
export function task({ below, typedNumbers, wrongValue }) {
  const length = 20;
  const largest = 5;
  const towardsZero = 0.7;
  const vocabulary = Array.from({ length: 2 * largest + 1 }, (_, token) => {
    const value = token - largest;
    return value > 0 ? `+${value}` : String(value);
  });

  return {
    vocabulary,
    classes: ["negative", "zero", "positive"],
    read(text) {
      const typed = typedNumbers(text);
      const n = typed.length;
      if (n !== length) {
        const remedy = `add or remove values, or use CumulativeSum(length=${n})`;
        return {
          fault: `has ${n} values, expected ${length}; ${remedy} for a task of that length.`,
        };
      }
      for (const value of typed) {
        const fault = wrongValue(value, -largest, largest);
        if (fault) return { fault };
      }
      return { tokens: typed.map(({ number }) => number + largest) };
    },
    show: (tokens) => tokens.map((token) => vocabulary[token]).join(", "),
    sample(random) {
      const values = [below(random, 2 * largest + 1) - largest];
      let sum = values[0];
      while (values.length < length) {
        const magnitude = below(random, largest + 1);
        const opposite = random() < towardsZero;
        // A sum of zero counts as not positive.
        const negative = sum > 0 === opposite;
        values.push(negative ? -magnitude : magnitude);
        sum += negative ? -magnitude : magnitude;
      }
      return values.map((value) => value + largest);
    },
    asked(tokens) {
      let sum = 0;
      return tokens.map((token, position) => {
        sum += token - largest;
        return { position, right: [Math.sign(sum) + 1] };
      });
    },
  };
}
