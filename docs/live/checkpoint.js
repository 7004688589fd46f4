/**
 * Bring the weights of a checkpoint into the form that the analyses read: LayerNorm folded into
 * what reads it, writes to the residual stream and the unembedding centred, value biases in the
 * output bias. The answers stay the same. A model without LayerNorm stays as it was trained.
 *
 * The same rules as those of `models/checkpoint.py` and `fold` in `models/transformer.py`.
 */

import { list, shown } from "./safetensors.js";

/** @typedef {import("./types.js").Architecture} Architecture */
/** @typedef {import("./types.js").Tensor} Tensor */
/** @typedef {import("./types.js").Tensors} Tensors */
/** @typedef {import("./types.js").Weights} Weights */
/** @typedef {Pick<import("./types.js").Card, "architecture" | "embedding_rows">} Card */
/** @typedef {Exclude<keyof Architecture, "act_fn" | "normalization">} Size */

/** @type {Record<string, Size[]>} */
const AXES = {
  "embed.W_E": ["d_vocab", "d_model"],
  "pos_embed.W_pos": ["n_ctx", "d_model"],
  "unembed.W_U": ["d_model", "d_vocab_out"],
  "unembed.b_U": ["d_vocab_out"],
};
/** @type {Record<string, Size[]>} */
const AXES_OF_ATTENTION = {
  "attn.W_Q": ["n_heads", "d_model", "d_head"],
  "attn.W_K": ["n_heads", "d_model", "d_head"],
  "attn.W_V": ["n_heads", "d_model", "d_head"],
  "attn.b_Q": ["n_heads", "d_head"],
  "attn.b_K": ["n_heads", "d_head"],
  "attn.b_V": ["n_heads", "d_head"],
  "attn.W_O": ["n_heads", "d_head", "d_model"],
  "attn.b_O": ["d_model"],
};
/** @type {Record<string, Size[]>} */
const AXES_OF_AN_MLP = {
  "mlp.W_in": ["d_model", "d_mlp"],
  "mlp.b_in": ["d_mlp"],
  "mlp.W_out": ["d_mlp", "d_model"],
  "mlp.b_out": ["d_model"],
};
/** @type {Record<string, Size[]>} Of the LayerNorm between the activation and `W_out`. */
const AXES_OF_A_SOLU = { "mlp.ln.w": ["d_mlp"], "mlp.ln.b": ["d_mlp"] };
const IGNORED = /\.attn\.(mask|IGNORE)$/;

/**
 * The weights of a model as its analysis reads them.
 *
 * @param {Tensors} tensors As trained.
 * @param {Card} card Of the problem.
 * @returns {Weights}
 * @throws {Error} if the tensors are not all those of the card's architecture, each of its shape;
 *   says in a sentence what is missing, unknown or of another shape.
 */
export function processed(tensors, card) {
  return folded(unwrapped(checked(tensors, card.architecture), card), card.architecture);
}

/**
 * The architecture of a checkpoint of the same task: as wide, and with as many heads and neurons, as
 * its tensors say; all else is as expected.
 *
 * @param {Tensors} tensors
 * @param {Architecture} expected
 * @returns {Architecture} That expected, if they do not say.
 */
export function architectureOf(tensors, expected) {
  const queries = tensors.get("blocks.0.attn.W_Q")?.shape;
  const neurons = tensors.get("blocks.0.mlp.W_in")?.shape;
  if (queries?.length !== 3) return expected;
  const [n_heads, d_model, d_head] = queries;
  const d_mlp = expected.d_mlp !== null && neurons?.length === 2 ? neurons[1] : expected.d_mlp;
  return { ...expected, n_heads, d_model, d_head, d_mlp };
}

/**
 * The tensors of exactly this architecture.
 *
 * @param {Tensors} tensors
 * @param {Architecture} architecture
 * @returns {Weights}
 */
function checked(tensors, architecture) {
  const axes = axesOf(architecture);
  const found = new Map([...tensors].filter(([name]) => !IGNORED.test(name)));
  const names = [...new Set([...found.keys(), ...axes.keys()])].sort();
  const odd = names.flatMap((name) => {
    const tensor = found.get(name);
    const sizes = axes.get(name);
    if (!tensor) return [`${name} is missing`];
    if (!sizes) return [`${shown(name)} is none of its names`];
    const shape = sizes.map((size) => architecture[size]);
    return String(shape) === String(tensor.shape)
      ? []
      : [
          `${name} is of shape ${list(tensor.shape)}, expected ` +
            `${list(shape.map(Number))}, ${sizes.join(" ")}`,
        ];
  });
  if (odd.length) {
    const more = odd.length > 4 ? `, and ${odd.length - 4} more` : "";
    throw new Error(
      `These are not the weights of this problem's model: ${odd.slice(0, 4).join("; ")}${more}. ` +
        "Give the state dict of a HookedTransformer of this architecture.",
    );
  }
  return Object.fromEntries(found);
}

/**
 * The names of all tensors of such a model, and the sizes along their axes.
 *
 * @param {Architecture} architecture
 * @returns {Map<string, Size[]>}
 */
function axesOf(architecture) {
  const norms = architecture.d_mlp === null ? ["ln1"] : ["ln1", "ln2"];
  /** @type {[string, Size[]][]} */
  const ofABlock = [
    ...Object.entries(AXES_OF_ATTENTION),
    ...(architecture.d_mlp === null ? [] : Object.entries(AXES_OF_AN_MLP)),
    ...(architecture.act_fn === "solu_ln" ? Object.entries(AXES_OF_A_SOLU) : []),
    ...(architecture.normalization ? norms.flatMap(axesOfANorm) : []),
  ];
  const blocks = Array.from({ length: architecture.n_layers }, (_, layer) =>
    ofABlock.map(([name, sizes]) => /** @type {const} */ ([`blocks.${layer}.${name}`, sizes])),
  );
  return new Map([
    ...Object.entries(AXES),
    ...blocks.flat(),
    ...(architecture.normalization ? axesOfANorm("ln_final") : []),
  ]);
}

/**
 * @param {string} norm
 * @returns {[string, Size[]][]}
 */
function axesOfANorm(norm) {
  return [
    [`${norm}.w`, ["d_model"]],
    [`${norm}.b`, ["d_model"]],
  ];
}

/**
 * Embeddings that lie in the order 0 .. m, -m .. -1, brought into the order of tokens, -m .. m.
 *
 * @param {Weights} weights
 * @param {Card} card
 * @returns {Weights}
 */
function unwrapped(weights, card) {
  if (card.embedding_rows !== "wrapped") return weights;
  const { shape, data } = weights["embed.W_E"];
  const [rows, width] = shape;
  const first = (rows - Math.floor(rows / 2)) * width;
  const rolled = new Float32Array(data.length);
  rolled.set(data.subarray(first));
  rolled.set(data.subarray(0, first), data.length - first);
  return { ...weights, "embed.W_E": { shape, data: rolled } };
}

/**
 * @param {Weights} weights As trained.
 * @param {Architecture} architecture
 * @returns {Weights}
 */
function folded(weights, architecture) {
  if (architecture.normalization === null) return weights;
  // In double precision, so that every order of the steps rounds to the same.
  const matrices = new Map(
    Object.entries(weights).map(([name, { shape, data }]) => [
      name,
      { shape, data: Float64Array.from(data) },
    ]),
  );
  /** @param {string} name */
  const of = (name) => /** @type {Matrix} */ (matrices.get(name));

  for (let layer = 0; layer < architecture.n_layers; layer += 1) {
    const block = `blocks.${layer}`;
    for (const part of ["Q", "K", "V"]) {
      const [matrix, bias] = [of(`${block}.attn.W_${part}`), of(`${block}.attn.b_${part}`)];
      readThrough(of(`${block}.ln1.w`), of(`${block}.ln1.b`), matrix, bias);
      centreReads(matrix);
    }
    const [W_O, b_V, b_O] = ["W_O", "b_V", "b_O"].map((name) => of(`${block}.attn.${name}`));
    addProduct(b_V.data, W_O.data, b_O.data);
    b_V.data.fill(0);
    centreRows(W_O);
    centreRows(b_O);
    if (architecture.d_mlp === null) continue;
    const [W_in, b_in, W_out, b_out] = ["W_in", "b_in", "W_out", "b_out"].map((name) =>
      of(`${block}.mlp.${name}`),
    );
    readThrough(of(`${block}.ln2.w`), of(`${block}.ln2.b`), W_in, b_in);
    centreReads(W_in);
    if (architecture.act_fn === "solu_ln") {
      readThrough(of(`${block}.mlp.ln.w`), of(`${block}.mlp.ln.b`), W_out, b_out);
    }
    centreRows(W_out);
    centreRows(b_out);
  }
  centreRows(of("embed.W_E"));
  centreRows(of("pos_embed.W_pos"));
  const [W_U, b_U] = [of("unembed.W_U"), of("unembed.b_U")];
  readThrough(of("ln_final.w"), of("ln_final.b"), W_U, b_U);
  // TransformerLens does so only where every token is a class; nothing reads the difference.
  if (architecture.d_vocab_out === architecture.d_vocab) centreReads(W_U);
  centreRows(W_U);
  centreRows(b_U);
  const kept = [...matrices].filter(([name]) => !/(^|\.)ln\w*\.[wb]$/.test(name));
  return Object.fromEntries(
    kept.map(([name, { shape, data }]) => [name, { shape, data: Float32Array.from(data) }]),
  );
}

/** @typedef {{shape: number[], data: Float64Array}} Matrix */

/**
 * What a LayerNorm multiplies by and adds, moved into the matrix that reads it, and its bias.
 *
 * @param {Matrix} scale `[read]`
 * @param {Matrix} shift `[read]`
 * @param {Matrix} matrix `[read, to]`, or one for each head.
 * @param {Matrix} bias `[to]`, or one for each head.
 */
function readThrough(scale, shift, matrix, bias) {
  const [read, to] = matrix.shape.slice(-2);
  for (let head = 0; head < matrix.data.length / (read * to); head += 1) {
    const mine = matrix.data.subarray(head * read * to, (head + 1) * read * to);
    addProduct(shift.data, mine, bias.data.subarray(head * to, (head + 1) * to));
    for (let index = 0; index < mine.length; index += 1) {
      mine[index] *= scale.data[Math.floor(index / to)];
    }
  }
}

/**
 * Add a row times a matrix to a row.
 *
 * @param {Float64Array} row `[from]`
 * @param {Float64Array} matrix `[from, to]`
 * @param {Float64Array} sum `[to]`
 */
function addProduct(row, matrix, sum) {
  for (let index = 0; index < matrix.length; index += 1) {
    sum[index % sum.length] += row[Math.floor(index / sum.length)] * matrix[index];
  }
}

/**
 * Take the mean out of each row: what writes along the last axis writes no mean.
 *
 * @param {Matrix} matrix
 */
function centreRows({ shape, data }) {
  const width = shape[shape.length - 1];
  for (let start = 0; start < data.length; start += width) {
    const row = data.subarray(start, start + width);
    const mean = row.reduce((sum, value) => sum + value, 0) / width;
    for (let index = 0; index < width; index += 1) row[index] -= mean;
  }
}

/**
 * Take the mean out of each column: what reads a normalised stream reads no mean.
 *
 * @param {Matrix} matrix `[read, to]`, or one for each head.
 */
function centreReads({ shape, data }) {
  const [read, to] = shape.slice(-2);
  for (let start = 0; start < data.length; start += read * to) {
    for (let column = start; column < start + to; column += 1) {
      let mean = 0;
      for (let row = 0; row < read; row += 1) mean += data[column + row * to] / read;
      for (let row = 0; row < read; row += 1) data[column + row * to] -= mean;
    }
  }
}
