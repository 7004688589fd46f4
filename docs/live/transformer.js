/**
 * The forward pass of every problem's model, with jax-js: any number of layers and heads, LayerNorm
 * or none, attention only or with an MLP.
 *
 * jax-js consumes the arrays that a function is given; `.ref` keeps one that is used again. So do
 * the functions here.
 */

import { nn, numpy as np } from "../vendor/jax/index.js";
import { DIRECT } from "./hooks.js";

/** @typedef {import("./types.js").Architecture} Architecture */
/** @typedef {import("../vendor/jax/index.js").Array} JaxArray */
/** @typedef {{[name: string]: JaxArray}} Arrays */
/** @typedef {{[hook: string]: {mask: JaxArray, value: JaxArray}}} Replacements */
/** @typedef {(name: string, passing: JaxArray) => JaxArray} Hook */

/** What LayerNorm adds to the variance, as PyTorch does unless it is told otherwise. */
export const EPS = 1e-5;

/**
 * Every activation of a batch, by the name of the hook point that it passes.
 *
 * @param {Architecture} architecture
 * @param {Arrays} weights Processed, of heads laid side by side (see `sideBySide`).
 * @param {JaxArray} tokens One-hot, `[batch, n_ctx, d_vocab]`.
 * @param {Replacements} replacements By hook point: where a mask is not 0, its value passes
 *   instead. Both are of the hook point's shape for one sequence or a batch.
 * @returns {Arrays}
 */
export function activations(architecture, weights, tokens, replacements) {
  const { n_layers, d_mlp, normalization } = architecture;
  /** @type {Arrays} */
  const seen = {};
  /** @type {Hook} */
  const hook = (name, passing) => {
    const replacement = replacements[name];
    const put = replacement
      ? np.where(replacement.mask.greater(0), replacement.value, passing)
      : passing;
    seen[name] = put.ref;
    return put;
  };
  /** @type {Hook} */
  const normalised = (name, residual) =>
    normalization ? layerNorm(name, residual, hook) : residual;

  const embedded = hook("hook_embed", np.matmul(tokens, weights["embed.W_E"]));
  const positions = hook(
    "hook_pos_embed",
    np.broadcastTo(weights["pos_embed.W_pos"], embedded.shape),
  );
  let residual = embedded.add(positions);
  /** @type {JaxArray | undefined} */
  let direct;
  for (let layer = 0; layer < n_layers; layer += 1) {
    const block = `blocks.${layer}`;
    residual = hook(`${block}.hook_resid_pre`, residual);
    direct ??= residual.ref;
    const read = normalised(`${block}.ln1`, residual.ref);
    const attended = attention(architecture, weights, `${block}.attn`, read, hook);
    residual = residual.add(hook(`${block}.hook_attn_out`, attended));
    if (d_mlp !== null) {
      residual = hook(`${block}.hook_resid_mid`, residual);
      const mid = normalised(`${block}.ln2`, residual.ref);
      const written = mlp(architecture, weights, `${block}.mlp`, mid, hook);
      residual = residual.add(hook(`${block}.hook_mlp_out`, written));
    }
    residual = hook(`${block}.hook_resid_post`, residual);
  }
  const embeddings = /** @type {JaxArray} */ (direct);
  if (replacements[DIRECT]) {
    const read = hook(DIRECT, embeddings.ref);
    residual = residual.add(read.sub(embeddings));
  } else {
    embeddings.dispose();
  }
  const final = normalised("ln_final", residual);
  seen.logits = np.matmul(final, weights["unembed.W_U"]).add(weights["unembed.b_U"]);
  return seen;
}

/**
 * LayerNorm without its weights, which are folded into what reads it.
 *
 * @param {string} name
 * @param {JaxArray} residual
 * @param {Hook} hook
 */
function layerNorm(name, residual, hook) {
  const centred = residual.ref.sub(np.mean(residual, -1, { keepdims: true }));
  const variance = np.mean(np.square(centred.ref), -1, { keepdims: true });
  const scale = hook(`${name}.hook_scale`, np.sqrt(variance.add(EPS)));
  return hook(`${name}.hook_normalized`, centred.div(scale));
}

/**
 * What the heads of a layer write, with the output bias.
 *
 * @param {Architecture} architecture
 * @param {Arrays} weights
 * @param {string} name
 * @param {JaxArray} read `[batch, pos, d_model]`
 * @param {Hook} hook
 */
function attention({ n_heads, d_head }, weights, name, read, hook) {
  const [batch, length] = read.shape;
  const [q, k, v] = ["Q", "K", "V"].map((part) => {
    const flat = np
      .matmul(read.ref, weights[`${name}.W_${part}`])
      .add(weights[`${name}.b_${part}`]);
    const heads = flat.reshape([batch, length, n_heads, d_head]);
    return hook(`${name}.hook_${part.toLowerCase()}`, heads);
  });
  read.dispose();
  const queries = q.transpose([0, 2, 1, 3]);
  const keys = k.transpose([0, 2, 3, 1]);
  const past = np.tril(np.ones([length, length])).greater(0);
  const raw = np.matmul(queries, keys).div(Math.sqrt(d_head));
  const scores = np.where(past, raw, Number.NEGATIVE_INFINITY);
  const pattern = nn.softmax(hook(`${name}.hook_attn_scores`, scores), -1);
  const weighted = np.matmul(hook(`${name}.hook_pattern`, pattern), v.transpose([0, 2, 1, 3]));
  const z = hook(`${name}.hook_z`, weighted.transpose([0, 2, 1, 3]));
  const side = z.reshape([batch, length, n_heads * d_head]);
  return np.matmul(side, weights[`${name}.W_O`]).add(weights[`${name}.b_O`]);
}

/**
 * What the MLP of a layer writes, with its output bias.
 *
 * @param {Architecture} architecture
 * @param {Arrays} weights
 * @param {string} name
 * @param {JaxArray} read `[batch, pos, d_model]`
 * @param {Hook} hook
 */
function mlp({ act_fn }, weights, name, read, hook) {
  const before = np.matmul(read, weights[`${name}.W_in`]).add(weights[`${name}.b_in`]);
  const pre = hook(`${name}.hook_pre`, before);
  const post = hook(`${name}.hook_post`, active(act_fn, `${name}.ln`, pre, hook));
  return np.matmul(post, weights[`${name}.W_out`]).add(weights[`${name}.b_out`]);
}

/**
 * What neurons do with what they read.
 *
 * @param {Architecture["act_fn"]} act_fn
 * @param {string} norm Of the LayerNorm behind a SoLU (Elhage et al. 2022).
 * @param {JaxArray} pre
 * @param {Hook} hook
 */
function active(act_fn, norm, pre, hook) {
  switch (act_fn) {
    case "relu":
      return nn.relu(pre);
    case "gelu":
      return nn.gelu(pre, { approximate: false });
    case "solu_ln": {
      const solu = hook(`${norm}.hook_in`, pre.ref.mul(nn.softmax(pre, -1)));
      return hook(`${norm}.hook_out`, layerNorm(norm, solu, hook));
    }
    default:
      throw new Error(`The card says act_fn ${act_fn}, which is known to nothing here.`);
  }
}
