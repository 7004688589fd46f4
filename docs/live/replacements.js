/**
 * Interventions as masks and values, in the shapes that the forward pass takes.
 */

import { hookPoints, sizesOf } from "./hooks.js";

/** @typedef {import("./types.js").Architecture} Architecture */
/** @typedef {import("./types.js").Intervention} Intervention */
/** @typedef {import("./types.js").Tensor} Tensor */
/** @typedef {import("./hooks.js").Axis} Axis */
/** @typedef {{mask: Tensor, value: Tensor}} Replacement */

/**
 * What is put in place of what in one sequence, by hook point. Where two interventions meet, the
 * later one counts.
 *
 * @param {Intervention[]} interventions
 * @param {Architecture} architecture
 * @param {number[][]} tokens All that run together.
 * @param {number} sequence Which of them.
 * @returns {Map<string, Replacement>} Of the shape of a sequence of `n_ctx` tokens.
 * @throws {Error} if the model has no such hook point, head, neuron or position, or a value is not
 *   of its shape.
 */
export function replacements(interventions, architecture, tokens, sequence) {
  const points = hookPoints(architecture);
  /** @type {Map<string, Replacement>} */
  const found = new Map();
  for (const intervention of interventions) {
    const { hook, value } = intervention;
    const axes = points.get(hook);
    if (!axes) throw new Error(`This model has no hook point ${hook}.`);
    const { length } = tokens[sequence];
    const full = sizesOf(axes, architecture, architecture.n_ctx);
    const { shape, start } = given(
      intervention,
      [full, sizesOf(axes, architecture, length)],
      tokens.length,
      sequence,
    );
    const { mask, value: put } = found.get(hook) ?? { mask: empty(full), value: empty(full) };
    for (const place of combinations(chosen(intervention, axes, architecture, length))) {
      const to = indexOf(place, full);
      mask.data[to] = 1;
      put.data[to] = value === 0 ? 0 : value[start + indexOf(place, shape)];
    }
    found.set(hook, { mask, value: put });
  }
  return found;
}

/**
 * Of which shape a value is, and where in it that of a sequence begins.
 *
 * @param {Intervention} intervention
 * @param {number[][]} shapes That it can be of.
 * @param {number} sequences
 * @param {number} sequence
 */
function given({ hook, value }, shapes, sequences, sequence) {
  const [full, short] = shapes;
  if (value === 0) return { shape: full, start: 0 };
  for (const shape of shapes) {
    if (value.length === product(shape)) return { shape, start: 0 };
  }
  for (const shape of shapes) {
    const size = product(shape);
    if (value.length === sequences * size) return { shape, start: sequence * size };
  }
  throw new Error(
    `${value.length} numbers were given for ${hook}, expected ${product(short)}, or as many for ` +
      "each sequence.",
  );
}

/**
 * The indices along each axis that an intervention is about.
 *
 * @param {Intervention} intervention
 * @param {Axis[]} axes
 * @param {Architecture} architecture
 * @param {number} length
 * @returns {number[][]}
 */
function chosen({ hook, heads, neurons, positions }, axes, architecture, length) {
  const wanted = { head: heads, pos: positions, query: positions };
  if (heads && !axes.includes("head")) throw new Error(`Nothing at ${hook} is of a head.`);
  return axes.map((axis, index) => {
    const size = sizesOf([axis], architecture, length)[0];
    const last = index === axes.length - 1 && axis !== "key" ? neurons : undefined;
    const picked = axis === "head" || axis === "pos" || axis === "query" ? wanted[axis] : last;
    const odd = picked?.find((each) => !(Number.isInteger(each) && each >= 0 && each < size));
    if (odd !== undefined) {
      throw new Error(`${hook} has no ${axis} ${odd}; it has ${size}, counted from 0.`);
    }
    return picked ?? Array.from({ length: size }, (_, each) => each);
  });
}

/**
 * Every choice of one from each list.
 *
 * @param {number[][]} lists
 * @returns {Generator<number[]>}
 */
function* combinations([first, ...rest]) {
  if (!first) {
    yield [];
    return;
  }
  for (const one of first) for (const others of combinations(rest)) yield [one, ...others];
}

/**
 * @param {number[]} place
 * @param {number[]} shape
 */
function indexOf(place, shape) {
  return place.reduce((index, each, axis) => index * shape[axis] + each, 0);
}

/** @param {number[]} shape */
function empty(shape) {
  return { shape, data: new Float32Array(product(shape)) };
}

/** @param {number[]} sizes */
function product(sizes) {
  return sizes.reduce((total, size) => total * size, 1);
}
