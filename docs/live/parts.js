// The parts of a model that can be taken away, and what that does where.

import { DIRECT } from "./hooks.js";

/**
 * @typedef {import("./types.js").Architecture} Architecture
 * @typedef {import("./types.js").Intervention} Intervention
 * @typedef {import("./types.js").Activations} Activations
 *
 * @typedef {object} Part
 * @property {string} name `0.1` for a head, `mlp 0`, `direct`.
 * @property {string} label in words.
 * @property {string} hook where its output passes.
 * @property {number[]} [heads]
 * @property {number[]} [neurons]
 *
 * @typedef {object} Family neurons that the analysis found to do the same.
 * @property {string} name in words.
 * @property {number} layer
 * @property {number[]} neurons
 */

const FEW = 16;
/** Neurons of a model that has a switch for each. */

/** @type {(layer: number, point: string) => string} */
const at = (layer, point) => `blocks.${layer}.${point}`;
const EMBEDDED = at(0, "hook_resid_pre");

/**
 * The parts that stand by themselves; positions, and neurons where there are many, are named by
 * number.
 *
 * @param {Architecture} sizes
 * @param {Family[]} [families]
 * @returns {Part[]}
 */
export function partsOf({ n_layers, n_heads, d_mlp }, families = []) {
  /** @type {Part[]} */
  const parts = [];
  for (let layer = 0; layer < n_layers; layer++) {
    for (let head = 0; head < n_heads; head++) {
      const name = `${layer}.${head}`;
      parts.push({ name, label: `head ${name}`, hook: at(layer, "attn.hook_z"), heads: [head] });
    }
    if (d_mlp) {
      const label = n_layers > 1 ? `MLP ${layer}` : "MLP";
      parts.push({ name: `mlp${layer}`, label, hook: at(layer, "hook_mlp_out") });
      const each = n_layers * d_mlp <= FEW ? d_mlp : 0;
      for (let neuron = 0; neuron < each; neuron++) {
        const number = `${layer}.${neuron}`;
        parts.push({ name: `n${number}`, label: `neuron ${number}`, ...some(layer, [neuron]) });
      }
    }
  }
  for (const { name, layer, neurons } of families) {
    parts.push({ name: name.replaceAll(" ", "_"), label: name, ...some(layer, neurons) });
  }
  parts.push({ name: DIRECT, label: "direct path", hook: DIRECT });
  return parts;
}

/** @type {(layer: number, neurons: number[]) => {hook: string, neurons: number[]}} */
function some(layer, neurons) {
  return { hook: at(layer, "mlp.hook_post"), neurons };
}

/**
 * What has to be done to the model for parts to be gone.
 *
 * @param {string[]} names of parts; `n0.17` is neuron 17 of layer 0, `n0.3-40` those from 3 to 40,
 *   `at5` what is read at position 5.
 * @param {Part[]} parts that have a name of their own.
 * @param {Architecture} sizes
 * @param {number} length of the input, in tokens.
 * @param {Record<string, {shape: number[], data: Float32Array}> | null} means what is put in their
 *   place, by hook, for every position; null: zero.
 * @returns {Intervention[]}
 * @throws {Error} if the model does not have such a part.
 */
export function without(names, parts, sizes, length, means) {
  const known = new Map(parts.map(({ name, label, ...what }) => [name, what]));
  return names.map((name) => {
    const { hook, ...which } = known.get(name) ?? numbered(name, sizes, length);
    // The embedding's own way is cut where what was embedded is replaced by its mean.
    const mean = means?.[hook === DIRECT ? EMBEDDED : hook];
    return { hook, ...which, value: mean ? cut(mean, length) : 0 };
  });
}

/**
 * What has to be done for a part to write what it writes for another input.
 *
 * @param {string} name
 * @param {Part[]} parts that have a name of their own.
 * @param {Architecture} sizes
 * @param {number} length
 * @param {Activations} other
 * @returns {Intervention}
 * @throws {Error} if the model does not have such a part.
 */
export function copied(name, parts, sizes, length, other) {
  const [found] = without([name], parts, sizes, length, null);
  const from = other.get(found.hook === DIRECT ? EMBEDDED : found.hook);
  if (!from) throw new Error(`What passes ${found.hook} is not known.`);
  return { ...found, value: from.data };
}

/** @type {(name: string, sizes: Architecture, length: number) => Omit<Intervention, "value">} */
function numbered(name, { n_layers, d_mlp }, length) {
  const neurons = /^n(\d+)\.(\d+)(?:-(\d+))?$/.exec(name);
  if (neurons && d_mlp) {
    const [layer, first, last] = [neurons[1], neurons[2], neurons[3] ?? neurons[2]].map(Number);
    if (layer < n_layers && first <= last && last < d_mlp) {
      return some(
        layer,
        Array.from({ length: last - first + 1 }, (_, more) => first + more),
      );
    }
  }
  const position = Number(/^at(\d+)$/.exec(name)?.[1] ?? Number.NaN);
  if (position < length) return { hook: EMBEDDED, positions: [position] };
  throw new Error(`This model has no part called ${name}.`);
}

/** Of a mean for every position, those that an input has. */
/** @type {(mean: {shape: number[], data: Float32Array}, length: number) => Float32Array} */
function cut({ shape, data }, length) {
  return data.subarray(0, (data.length / shape[0]) * length);
}
