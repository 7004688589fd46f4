/**
 * What explanations as programs compute with: vectors, and tables as lists of vectors.
 *
 * An explanation lies in its month's folder, `analyses/<slug>/explanation.js`, and is served
 * somewhere else. So it imports nothing, and is given all of this.
 */

/** @typedef {import("./types.js").Tensor} Tensor */
/** @typedef {Float64Array} Vector */
/** @typedef {Vector[]} Rows */

/** What LayerNorm adds to a variance. */
const EPSILON = 1e-5;

/**
 * A matrix as its rows.
 *
 * @param {Tensor} tensor
 * @returns {Rows}
 */
function rows({ shape, data }) {
  const width = shape[shape.length - 1];
  const count = data.length / width;
  return Array.from({ length: count }, (_, row) =>
    Float64Array.from(data.subarray(row * width, (row + 1) * width)),
  );
}

/**
 * A tensor of three axes as a matrix for each entry of the first.
 *
 * @param {Tensor} tensor
 * @returns {Rows[]}
 */
function matrices(tensor) {
  const [count, height] = tensor.shape;
  const all = rows(tensor);
  return Array.from({ length: count }, (_, n) => all.slice(n * height, (n + 1) * height));
}

/**
 * @param {Vector} a
 * @param {Vector} b
 */
function dot(a, b) {
  let sum = 0;
  for (let i = 0; i < a.length; i += 1) sum += a[i] * b[i];
  return sum;
}

/**
 * @param {Vector} row
 * @param {Rows} matrix
 * @returns {Vector}
 */
function through(row, matrix) {
  const product = new Float64Array(matrix[0].length);
  for (let i = 0; i < row.length; i += 1) {
    const factor = row[i];
    const entries = matrix[i];
    for (let j = 0; j < product.length; j += 1) product[j] += factor * entries[j];
  }
  return product;
}

/**
 * @param {Rows} left
 * @param {Rows} right
 * @returns {Rows}
 */
function times(left, right) {
  return left.map((row) => through(row, right));
}

/**
 * @param {Vector[]} vectors
 * @returns {Vector}
 */
function sum(...vectors) {
  return vectors[0].map((_, i) => vectors.reduce((total, vector) => total + vector[i], 0));
}

/**
 * @param {Rows} vectors
 * @returns {Vector}
 */
function mean(vectors) {
  return scaled(sum(...vectors), 1 / vectors.length);
}

/**
 * @param {Vector} vector
 * @param {number} factor
 * @returns {Vector}
 */
function scaled(vector, factor) {
  return vector.map((entry) => entry * factor);
}

/**
 * @param {Vector} vector
 * @returns {Vector}
 */
function centred(vector) {
  const level = vector.reduce((total, entry) => total + entry, 0) / vector.length;
  return vector.map((entry) => entry - level);
}

/**
 * What LayerNorm makes of a vector, its weights being folded into what reads it.
 *
 * @param {Vector} vector
 * @returns {Vector}
 */
function normalised(vector) {
  const off = centred(vector);
  return scaled(off, 1 / Math.sqrt(dot(off, off) / off.length + EPSILON));
}

/**
 * @param {Vector} scores
 * @returns {Vector}
 */
function softmax(scores) {
  const most = Math.max(...scores);
  const weights = scores.map((score) => Math.exp(score - most));
  return scaled(weights, 1 / weights.reduce((total, weight) => total + weight, 0));
}

/**
 * Real numbers as an explanation may write them down: as whole multiples of a step, halves going
 * to the even one.
 *
 * @param {Vector} values
 * @param {number} step
 * @returns {Vector}
 */
function kept(values, step) {
  return values.map((value) => {
    const near = Math.round(value / step);
    const half = near - value / step === 0.5;
    return (half && near % 2 !== 0 ? near - 1 : near) * step;
  });
}

/**
 * The place of the largest, and of several the first.
 *
 * @param {Vector} values
 */
function largest(values) {
  return values.indexOf(Math.max(...values));
}

export const arithmetic = Object.freeze({
  centred,
  dot,
  kept,
  largest,
  matrices,
  mean,
  normalised,
  rows,
  scaled,
  softmax,
  sum,
  through,
  times,
});

/** @typedef {typeof arithmetic} Arithmetic */

/**
 * What an explanation predicts at each position that is asked, in order (`Task.asked`); null where
 * it says nothing.
 *
 * @typedef {(tokens: number[]) => (number | null)[]} Program
 */

/**
 * What an explanation reads its parameters off.
 *
 * @typedef {object} Model
 * @property {import("./types.js").Weights} weights
 * @property {Record<string, Tensor>} measured What the weights alone do not say, as
 *   `analyses/<slug>/measured.py` has it.
 */
