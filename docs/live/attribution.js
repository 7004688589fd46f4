/**
 * Direct logit attribution: a logit as a sum of what each part of the model adds.
 *
 * The terms of `logit_difference_by_part` in `analyses/instruments/attribution.py`, at any position.
 */

/** @typedef {import("./types.js").Activations} Activations */
/** @typedef {import("./types.js").Weights} Weights */
/** @typedef {{part: string, logit: number}} Share */

/**
 * A logit, or by how much it is above another, split by the part that adds it. The final LayerNorm,
 * if there is one, divides by the scale that the whole residual stream has, so the terms add up.
 * What a part adds through later layers counts as theirs.
 *
 * @param {Activations} activations Of a run, with or without interventions.
 * @param {Weights} weights Processed.
 * @param {number} position Of the prediction.
 * @param {number} of The class that counts positive.
 * @param {number} [against] The class that counts negative; left out: none.
 * @param {number} [sequence] Of the batch.
 * @returns {Share[]} `embedding`; each head by its name, such as `0.1`; each `MLP 0` without its
 *   output bias; `biases`; and `replaced`, if something was put into the residual stream that is of
 *   no part.
 */
export function directLogitAttribution(
  activations,
  weights,
  position,
  of,
  against = undefined,
  sequence = 0,
) {
  const direction = directionOf(weights, of, against);
  const scale = scaleAt(activations, sequence, position);
  /** @param {string} hook */
  const at = (hook) => rowAt(activations, hook, sequence, position);
  const embedded = activations.has("direct") ? at("direct") : at("blocks.0.hook_resid_pre");
  /** @type {Share[]} */
  const shares = [{ part: "embedding", logit: dot(embedded, direction) / scale }];
  let biases = difference(weights["unembed.b_U"].data, of, against);
  for (let layer = 0; weights[`blocks.${layer}.attn.W_O`]; layer += 1) {
    const { shape, data } = weights[`blocks.${layer}.attn.W_O`];
    const [heads, width] = shape;
    const z = at(`blocks.${layer}.attn.hook_z`);
    const read = product(data, direction);
    for (let head = 0; head < heads; head += 1) {
      const own = [head * width, (head + 1) * width];
      const logit = dot(z.subarray(...own), read.subarray(...own)) / scale;
      shares.push({ part: `${layer}.${head}`, logit });
    }
    biases += dot(weights[`blocks.${layer}.attn.b_O`].data, direction) / scale;
    if (!weights[`blocks.${layer}.mlp.W_out`]) continue;
    const neurons = neuronAttribution(activations, weights, layer, position, of, against, sequence);
    shares.push({ part: `MLP ${layer}`, logit: neurons.reduce((sum, each) => sum + each, 0) });
    biases += dot(weights[`blocks.${layer}.mlp.b_out`].data, direction) / scale;
  }
  shares.push({ part: "biases", logit: biases });
  const rest = difference(at("logits"), of, against) - total(shares);
  const size = shares.reduce((sum, { logit }) => sum + Math.abs(logit), 1);
  return Math.abs(rest) > ROUNDING * size ? [...shares, { part: "replaced", logit: rest }] : shares;
}

/** How far a sum of float32 may be off, of the size of its terms. */
const ROUNDING = 1e-5;

/**
 * What each neuron of a layer adds to a logit, or to a difference of two, in the same way.
 *
 * @param {Activations} activations
 * @param {Weights} weights
 * @param {number} layer
 * @param {number} position
 * @param {number} of
 * @param {number} [against]
 * @param {number} [sequence]
 * @returns {Float64Array} `[d_mlp]`
 */
export function neuronAttribution(
  activations,
  weights,
  layer,
  position,
  of,
  against = undefined,
  sequence = 0,
) {
  const active = rowAt(activations, `blocks.${layer}.mlp.hook_post`, sequence, position);
  const direction = directionOf(weights, of, against);
  const read = product(weights[`blocks.${layer}.mlp.W_out`].data, direction);
  const scale = scaleAt(activations, sequence, position);
  return read.map((each, neuron) => (each * active[neuron]) / scale);
}

/**
 * @param {Share[]} shares
 * @returns {number} The logit, or the difference.
 */
export function total(shares) {
  return shares.reduce((sum, { logit }) => sum + logit, 0);
}

/**
 * The direction of the residual stream that a logit, or a difference of two, reads.
 *
 * @param {Weights} weights
 * @param {number} of
 * @param {number | undefined} against
 */
function directionOf(weights, of, against) {
  const { shape, data } = weights["unembed.W_U"];
  const [rows, classes] = shape;
  return Float64Array.from({ length: rows }, (_, row) =>
    difference(data.subarray(row * classes, (row + 1) * classes), of, against),
  );
}

/**
 * @param {Float32Array} logits
 * @param {number} of
 * @param {number | undefined} against
 */
function difference(logits, of, against) {
  for (const one of against === undefined ? [of] : [of, against]) {
    if (!(one in logits)) {
      throw new Error(`There is no class ${one}; there are ${logits.length}, counted from 0.`);
    }
  }
  return logits[of] - (against === undefined ? 0 : logits[against]);
}

/**
 * What passes a hook point at one position.
 *
 * @param {Activations} activations
 * @param {string} hook With an axis of positions behind that of the batch.
 * @param {number} sequence
 * @param {number} position
 */
function rowAt(activations, hook, sequence, position) {
  const found = activations.get(hook);
  if (!found) throw new Error(`The run has no ${hook}.`);
  const [batch, length] = found.shape;
  if (!(sequence >= 0 && sequence < batch && position >= 0 && position < length)) {
    throw new Error(`There is no position ${position} of sequence ${sequence}.`);
  }
  const size = found.data.length / batch / length;
  const start = (sequence * length + position) * size;
  return found.data.subarray(start, start + size);
}

/**
 * What the final LayerNorm divides by; 1 without one.
 *
 * @param {Activations} activations
 * @param {number} sequence
 * @param {number} position
 */
function scaleAt(activations, sequence, position) {
  const hook = "ln_final.hook_scale";
  return activations.has(hook) ? rowAt(activations, hook, sequence, position)[0] : 1;
}

/**
 * A matrix, in rows as long as a vector, times that vector.
 *
 * @param {Float32Array} rows
 * @param {Float64Array} vector
 */
function product(rows, vector) {
  const width = vector.length;
  return Float64Array.from({ length: rows.length / width }, (_, row) =>
    dot(rows.subarray(row * width, (row + 1) * width), vector),
  );
}

/**
 * @param {Float32Array} first
 * @param {Float64Array} second
 */
function dot(first, second) {
  return first.reduce((sum, each, index) => sum + each * second[index], 0);
}
