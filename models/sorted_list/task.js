/**
 * The Sorted List task, as task.py has it, for what runs in the page.
 *
 * @param {import("../../docs/live/toolbox.js").Tools} tools
 * @returns {import("../../docs/live/toolbox.js").Task}
 */
export function task({ distinct, typedNumbers, wrongValue }) {
  const length = 10;
  const largest = 50;
  const sep = largest + 1;
  const values = Array.from({ length: sep }, (_, value) => String(value));
  const vocabulary = [...values, "SEP"];

  /** @param {number[]} list */
  const sorted = (list) => [...list].sort((a, b) => a - b);

  /** @param {number[]} list */
  const completed = (list) => [...list, sep, ...sorted(list)];

  return {
    vocabulary,
    classes: vocabulary,
    read(text) {
      const typed = typedNumbers(text);
      const n = typed.length;
      if (n !== length) {
        const remedy = `add or remove values, or use SortedList(list_length=${n})`;
        return {
          fault: `has ${n} values, expected ${length}; ${remedy} for a task of that length.`,
        };
      }
      for (const value of typed) {
        const fault = wrongValue(value, 0, largest);
        if (fault) return { fault };
        if (typed.filter(({ number }) => number === value.number).length > 1) {
          const remedy = "the task draws without replacement, make all values distinct.";
          return { fault: `the value ${value.written} is repeated; ${remedy}` };
        }
      }
      return { tokens: completed(typed.map(({ number }) => number)) };
    },
    show: (tokens) => tokens.slice(0, length).join(", "),
    sample: (random) => completed(distinct(random, sep, length)),
    asked: (tokens) =>
      sorted(tokens.slice(0, length)).map((value, label) => ({
        position: length + label,
        right: [value],
      })),
  };
}
