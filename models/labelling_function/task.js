/**
 * The Labelling Function task, as task.py has it, for what runs in the page.
 *
 * @param {import("../../docs/live/toolbox.js").Tools} tools
 * @returns {import("../../docs/live/toolbox.js").Task}
 */
export function task({ below, typedNumbers }) {
  const side = 113;
  const numbers = Array.from({ length: side }, (_, value) => String(value));

  return {
    vocabulary: [...numbers, "Z"],
    classes: ["blue", "red"],
    read(text) {
      const typed = typedNumbers(text);
      const n = typed.length;
      if (n !== 2) return { fault: `has ${n} coordinates, expected X and Y; Z is added here.` };
      for (const { written, number, integer } of typed) {
        if (!integer) return { fault: `${written} is no integer.` };
        if (number < 0 || number >= side) {
          const remedy = "choose a number the model has a token for.";
          return { fault: `${written} is outside 0 to ${side - 1}; ${remedy}` };
        }
      }
      return { tokens: [...typed.map(({ number }) => number), side] };
    },
    show: ([x, y]) => `${x}, ${y}`,
    sample: (random) => [below(random, side), below(random, side), side],
    asked: ([x, y]) => [{ position: 2, right: [Number(isRed(x, y))] }],
  };
}

/**
 * The labelling function: each row, a value of X, has one of six rules.
 *
 * @param {number} x
 * @param {number} y
 */
function isRed(x, y) {
  // Squared, so that they are decided in whole numbers.
  const A = x ** 4 >= 200 ** 2 * y;
  const B = y ** 4 >= 600 ** 2 * x;
  const C = x + y >= 133;
  const found = ROW_TYPES.find(({ rows }) => rows.includes(x));
  return found ? found.red(A, B, C) : A && B && !C;
}

/** @type {{rows: number[], red: (A: boolean, B: boolean, C: boolean) => boolean}[]} */
const ROW_TYPES = [
  {
    rows: [2, 5, 7, 9, 15, 19, 38, 39, 44, 47, 56, 72, 77, 80, 87, 92, 97, 98, 105, 106, 107, 108],
    red: (A, B, C) => (!A && B) || (A && !B && !C),
  },
  {
    rows: [
      3, 6, 8, 11, 13, 14, 17, 18, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 40, 48, 51, 54,
      61,
    ],
    red: (A) => !A,
  },
  {
    rows: [4, 16, 21, 36, 52, 57, 59, 69, 71, 76, 79, 82, 86, 90, 95, 102, 103],
    red: (A, B) => A === B,
  },
  { rows: [10, 22, 35, 46, 49, 55, 73, 85, 89, 94, 101], red: () => true },
  { rows: [41, 45], red: (_, B) => B },
];
