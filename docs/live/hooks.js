/**
 * What passes each hook point: its axes, in the names of the card.
 */

/** @typedef {import("./types.js").Architecture} Architecture */
/** @typedef {"pos" | "head" | "query" | "key" | "d_model" | "d_head" | "d_mlp" | "1"} Axis */

/** What the embeddings add to the last residual stream, as the logits alone read it. */
export const DIRECT = "direct";

/** @type {Record<string, Axis[]>} */
const OF_A_LAYER = {
  hook_resid_pre: ["pos", "d_model"],
  "attn.hook_q": ["pos", "head", "d_head"],
  "attn.hook_k": ["pos", "head", "d_head"],
  "attn.hook_v": ["pos", "head", "d_head"],
  "attn.hook_attn_scores": ["head", "query", "key"],
  "attn.hook_pattern": ["head", "query", "key"],
  "attn.hook_z": ["pos", "head", "d_head"],
  hook_attn_out: ["pos", "d_model"],
  hook_resid_post: ["pos", "d_model"],
};
/** @type {Record<string, Axis[]>} */
const OF_AN_MLP = {
  hook_resid_mid: ["pos", "d_model"],
  "mlp.hook_pre": ["pos", "d_mlp"],
  "mlp.hook_post": ["pos", "d_mlp"],
  hook_mlp_out: ["pos", "d_model"],
};
/** @type {Record<string, Axis[]>} */
const OF_A_SOLU = {
  "mlp.ln.hook_in": ["pos", "d_mlp"],
  "mlp.ln.hook_scale": ["pos", "1"],
  "mlp.ln.hook_normalized": ["pos", "d_mlp"],
  "mlp.ln.hook_out": ["pos", "d_mlp"],
};

/**
 * The hook points of a model, where something else can be put in place of what passes.
 *
 * @param {Architecture} architecture
 * @returns {Map<string, Axis[]>} The axes of each, for one sequence.
 */
export function hookPoints(architecture) {
  const { n_layers, d_mlp, act_fn, normalization } = architecture;
  const norms = normalization ? (d_mlp === null ? ["ln1"] : ["ln1", "ln2"]) : [];
  const ofALayer = Object.entries({
    ...OF_A_LAYER,
    ...(d_mlp === null ? {} : OF_AN_MLP),
    ...(act_fn === "solu_ln" ? OF_A_SOLU : {}),
    ...Object.fromEntries(norms.flatMap(ofANorm)),
  });
  const layers = Array.from({ length: n_layers }, (_, layer) =>
    ofALayer.map(([name, axes]) => /** @type {const} */ ([`blocks.${layer}.${name}`, axes])),
  );
  return new Map([
    ["hook_embed", ["pos", "d_model"]],
    ["hook_pos_embed", ["pos", "d_model"]],
    ...layers.flat(),
    ...(normalization ? ofANorm("ln_final") : []),
    [DIRECT, ["pos", "d_model"]],
  ]);
}

/**
 * @param {string} norm
 * @returns {[string, Axis[]][]}
 */
function ofANorm(norm) {
  return [
    [`${norm}.hook_scale`, ["pos", "1"]],
    [`${norm}.hook_normalized`, ["pos", "d_model"]],
  ];
}

/**
 * The sizes along some axes.
 *
 * @param {Axis[]} axes
 * @param {Architecture} architecture
 * @param {number} length Of the sequence.
 * @returns {number[]}
 */
export function sizesOf(axes, architecture, length) {
  const { n_heads, d_model, d_head, d_mlp } = architecture;
  const positions = { pos: length, query: length, key: length };
  const sizes = { ...positions, head: n_heads, d_model, d_head, d_mlp: d_mlp ?? 0, 1: 1 };
  return axes.map((axis) => sizes[axis]);
}
