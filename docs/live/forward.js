/**
 * A model that runs: its weights on a device, its forward pass compiled.
 *
 * One sequence at a time: on the `wasm` device a batch takes as long as its sequences one by one,
 * and each size of a batch would be compiled anew. Shorter sequences than `n_ctx` are filled up
 * behind their end, which no position before it sees.
 */

import {
  defaultDevice,
  init,
  jit,
  nn,
  numpy as np,
  tree,
  valueAndGrad,
} from "../vendor/jax/index.js";
import { DIRECT, hookPoints, sizesOf } from "./hooks.js";
import { replacements } from "./replacements.js";
import { activations } from "./transformer.js";

/** @typedef {import("./types.js").Activation} Activation */
/** @typedef {import("./types.js").Activations} Activations */
/** @typedef {import("./types.js").Architecture} Architecture */
/** @typedef {import("./types.js").Asked} Asked */
/** @typedef {import("./types.js").Intervention} Intervention */
/** @typedef {import("./types.js").Tensor} Tensor */
/** @typedef {import("./types.js").Weights} Weights */
/** @typedef {import("./transformer.js").Arrays} Arrays */
/** @typedef {import("./transformer.js").JaxArray} JaxArray */
/** @typedef {import("./transformer.js").Replacements} Replacements */

/**
 * @typedef {object} Model
 * @property {(tokens: number[][], interventions?: Intervention[]) => Promise<Activations>} run
 *   Every activation, and `logits`.
 * @property {(tokens: number[][], interventions?: Intervention[]) => Promise<Activation>} logits
 *   These alone, faster.
 * @property {(tokens: number[], asked: Asked[]) => Promise<{loss: number, gradient: Tensor}>} loss
 *   In nats, summed over the asked positions; and its gradient by the one-hot input,
 *   `[pos, d_vocab]`: by how much the loss changes to first order if a token stands there.
 * @property {() => void} dispose Free its memory; it cannot run any more.
 */

/** Layers' hook points at which parts are taken out. They can be from the start: what else is
 * replaced takes a compilation. */
const PARTS = ["hook_resid_pre", "attn.hook_z", "mlp.hook_post", "hook_mlp_out", "hook_resid_post"];

/**
 * Bring a model to a device. It is compiled when it is first run.
 *
 * @param {Weights} weights Processed.
 * @param {Architecture} architecture
 * @param {"wasm" | "webgpu"} [device]
 * @returns {Promise<Model>}
 * @throws {Error} if the device is not to be had here.
 */
export async function compile(weights, architecture, device = "wasm") {
  if (!(await init(device)).includes(device)) {
    const name = { wasm: "WebAssembly", webgpu: "WebGPU" }[device];
    throw new Error(`The model cannot run here: this browser has no ${name}.`);
  }
  defaultDevice(device);
  const placed = Object.fromEntries(
    Object.entries(sideBySide(weights)).map(([name, tensor]) => [name, onDevice(tensor)]),
  );
  const untouched = unchanged(architecture);

  /**
   * @param {Arrays} given
   * @param {JaxArray} tokens
   * @param {Replacements} replaced
   */
  const forward = (given, tokens, replaced) => activations(architecture, given, tokens, replaced);
  const everything = jit(forward);
  const answers = jit(
    (
      /** @type {Arrays} */ given,
      /** @type {JaxArray} */ tokens,
      /** @type {Replacements} */ replaced,
    ) => onlyLogits(forward(given, tokens, replaced)),
  );
  const differentiated = jit(
    valueAndGrad(
      (
        /** @type {JaxArray} */ tokens,
        /** @type {Arrays} */ given,
        /** @type {JaxArray} */ right,
      ) => lossOf(onlyLogits(forward(given, tokens, {})), right),
    ),
  );

  /**
   * What a compiled forward pass is given, all of it to be consumed.
   *
   * @param {number[][]} tokens
   * @param {number} sequence Which of them.
   * @param {Intervention[]} interventions
   * @returns {[Arrays, JaxArray, Replacements]}
   */
  const given = (tokens, sequence, interventions) => {
    const input = oneHot(tokens[sequence], architecture);
    const found = replacements(interventions, architecture, tokens, sequence);
    // In one order of names, or jax-js would compile anew.
    const names = [...new Set([...Object.keys(untouched), ...[...found.keys()].sort()])];
    const replaced = names.map((name) => {
      const own = found.get(name);
      if (!own) return [name, tree.ref(untouched[name])];
      return [name, { mask: onDevice(own.mask), value: onDevice(own.value) }];
    });
    return [tree.ref(placed), onDevice(input), Object.fromEntries(replaced)];
  };

  return {
    async run(tokens, interventions = []) {
      /** @type {Map<string, Tensor[]>} */
      const seen = new Map();
      for (const [sequence, { length }] of tokens.entries()) {
        const arrays = everything(...given(tokens, sequence, interventions));
        for (const [name, array] of Object.entries(arrays)) {
          const one = cropped(name, await read(array), length);
          if (sequence) seen.get(name)?.push(one);
          else seen.set(name, [one]);
        }
      }
      return new Map([...seen].map(([name, tensors]) => [name, stacked(tensors)]));
    },

    async logits(tokens, interventions = []) {
      const found = [];
      for (const [sequence, { length }] of tokens.entries()) {
        const array = answers(...given(tokens, sequence, interventions));
        found.push(cropped("logits", await read(array), length));
      }
      return stacked(found);
    },

    async loss(tokens, asked) {
      const [input, right] = [oneHot(tokens, architecture), rightOf(asked, architecture)];
      const [value, gradient] = differentiated(onDevice(input), tree.ref(placed), onDevice(right));
      const whole = await read(gradient);
      return { loss: (await value.data())[0], gradient: cropped("input", whole, tokens.length) };
    },

    dispose() {
      tree.dispose(placed);
      tree.dispose(untouched);
    },
  };
}

/**
 * The numbers of an array, of the one sequence in it.
 *
 * @param {JaxArray} array
 * @returns {Promise<Tensor>}
 */
async function read(array) {
  const shape = array.shape.slice(1);
  return { shape, data: /** @type {Float32Array} */ (await array.data()) };
}

/**
 * Nothing replaced, where parts are taken out.
 *
 * @param {Architecture} architecture
 * @returns {Replacements}
 */
function unchanged(architecture) {
  const points = [...hookPoints(architecture)].filter(
    ([name]) => name === DIRECT || PARTS.some((part) => name.endsWith(part)),
  );
  return Object.fromEntries(
    points.map(([name, axes]) => {
      const shape = sizesOf(axes, architecture, architecture.n_ctx);
      return [name, { mask: np.zeros(shape), value: np.zeros(shape) }];
    }),
  );
}

/** @param {Arrays} arrays */
function onlyLogits({ logits, ...others }) {
  tree.dispose(others);
  return logits;
}

/**
 * How much less likely than certain the right classes are, in nats, summed over positions.
 *
 * @param {JaxArray} logits `[1, pos, d_vocab_out]`
 * @param {JaxArray} right 1 for the classes that are right, all of them where nothing is asked.
 */
function lossOf(logits, right) {
  const apart = np.where(right.greater(0), logits.ref, -1e9);
  return np.sum(nn.logsumexp(logits, -1).sub(nn.logsumexp(apart, -1)));
}

/**
 * @param {Asked[]} asked
 * @param {Architecture} architecture
 * @returns {Tensor}
 * @throws {Error} if there is no such class.
 */
function rightOf(asked, { n_ctx, d_vocab_out }) {
  const data = new Float32Array(n_ctx * d_vocab_out).fill(1);
  for (const { position, right } of asked) {
    const odd = right.find((each) => !(Number.isInteger(each) && each >= 0 && each < d_vocab_out));
    if (odd !== undefined) {
      throw new Error(`There is no class ${odd}; there are ${d_vocab_out}, counted from 0.`);
    }
    data.fill(0, position * d_vocab_out, (position + 1) * d_vocab_out);
    for (const each of right) data[position * d_vocab_out + each] = 1;
  }
  return { shape: [1, n_ctx, d_vocab_out], data };
}

/**
 * @param {number[]} tokens
 * @param {Architecture} architecture
 * @returns {Tensor}
 * @throws {Error} if there are too many or there is no such token.
 */
function oneHot(tokens, { n_ctx, d_vocab }) {
  if (!tokens.length || tokens.length > n_ctx) {
    throw new Error(`${tokens.length} tokens were given; the model reads from 1 to ${n_ctx}.`);
  }
  const data = new Float32Array(n_ctx * d_vocab);
  for (let position = 0; position < n_ctx; position += 1) {
    const token = tokens[position] ?? 0;
    if (!(Number.isInteger(token) && token >= 0 && token < d_vocab)) {
      throw new Error(`There is no token ${token}; there are ${d_vocab}, counted from 0.`);
    }
    data[position * d_vocab + token] = 1;
  }
  return { shape: [1, n_ctx, d_vocab], data };
}

/** @param {Tensor} tensor */
function onDevice({ shape, data }) {
  return np.array(data, { shape });
}

/**
 * The weights with the heads of a layer side by side, so that one product serves them all.
 *
 * @param {Weights} weights
 * @returns {Weights}
 */
function sideBySide(weights) {
  return Object.fromEntries(
    Object.entries(weights).map(([name, { shape, data }]) => {
      const [heads, rows, columns] = shape;
      if (/\.W_[QKV]$/.test(name)) {
        const turned = new Float32Array(data.length);
        for (let index = 0; index < data.length; index += 1) {
          const column = index % columns;
          const row = Math.floor(index / columns) % rows;
          const head = Math.floor(index / columns / rows);
          turned[(row * heads + head) * columns + column] = data[index];
        }
        return [name, { shape: [rows, heads * columns], data: turned }];
      }
      if (/\.W_O$/.test(name)) return [name, { shape: [heads * rows, columns], data }];
      return [name, { shape: /\.b_[QKV]$/.test(name) ? [heads * rows] : shape, data }];
    }),
  );
}

/**
 * Without the positions behind the end of a sequence.
 *
 * @param {string} name Of the hook point.
 * @param {Tensor} whole `[pos, ...]`, or `[head, query, key]`.
 * @param {number} length
 * @returns {Tensor}
 */
function cropped(name, { shape, data }, length) {
  if (!/(scores|pattern)$/.test(name)) {
    const [positions, ...rest] = shape;
    const end = (data.length / positions) * length;
    return { shape: [length, ...rest], data: data.slice(0, end) };
  }
  const [heads, full] = shape;
  const kept = new Float32Array(heads * length * length);
  for (let row = 0; row < heads * length; row += 1) {
    const from = (Math.floor(row / length) * full + (row % length)) * full;
    kept.set(data.subarray(from, from + length), row * length);
  }
  return { shape: [heads, length, length], data: kept };
}

/**
 * @param {Tensor[]} tensors All of one shape.
 * @returns {Tensor}
 */
function stacked(tensors) {
  const [{ shape, data: first }] = tensors;
  const data = new Float32Array(tensors.length * first.length);
  for (const [index, one] of tensors.entries()) {
    if (String(one.shape) !== String(shape)) {
      throw new Error("Sequences that run together have to be of one length.");
    }
    data.set(one.data, index * first.length);
  }
  return { shape: [tensors.length, ...shape], data };
}
