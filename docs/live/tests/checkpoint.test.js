import assert from "node:assert/strict";
import { test } from "node:test";
import { architectureOf, processed } from "../checkpoint.js";

const SIZES = {
  n_layers: 1,
  n_heads: 1,
  d_model: 2,
  d_head: 1,
  d_mlp: null,
  act_fn: null,
  d_vocab: 3,
  d_vocab_out: 2,
  n_ctx: 1,
  normalization: "LN",
};
const ATTENTION = {
  "embed.W_E": [
    [3, 2],
    [1, 3, 5, 5, -1, 0],
  ],
  "pos_embed.W_pos": [
    [1, 2],
    [0, 4],
  ],
  "unembed.W_U": [
    [2, 2],
    [1, 3, 2, 8],
  ],
  "unembed.b_U": [[2], [1, 3]],
  "blocks.0.attn.W_Q": [
    [1, 2, 1],
    [1, 2],
  ],
  "blocks.0.attn.W_K": [
    [1, 2, 1],
    [3, 3],
  ],
  "blocks.0.attn.W_V": [
    [1, 2, 1],
    [0, 1],
  ],
  "blocks.0.attn.b_Q": [[1, 1], [5]],
  "blocks.0.attn.b_K": [[1, 1], [0]],
  "blocks.0.attn.b_V": [[1, 1], [2]],
  "blocks.0.attn.W_O": [
    [1, 1, 2],
    [1, 5],
  ],
  "blocks.0.attn.b_O": [[2], [0, 1]],
};
const NORMS = {
  "blocks.0.ln1.w": [[2], [2, 3]],
  "blocks.0.ln1.b": [[2], [1, -1]],
  "ln_final.w": [[2], [1, 2]],
  "ln_final.b": [[2], [0, 1]],
};
const MLP = {
  "blocks.0.mlp.W_in": [
    [2, 3],
    [1, 2, 3, 4, 5, 7],
  ],
  "blocks.0.mlp.b_in": [[3], [0, 1, 2]],
  "blocks.0.mlp.W_out": [
    [3, 2],
    [1, 3, 0, 2, 4, 0],
  ],
  "blocks.0.mlp.b_out": [[2], [1, 2]],
  "blocks.0.ln2.w": [[2], [1, 2]],
  "blocks.0.ln2.b": [[2], [1, 0]],
  "blocks.0.mlp.ln.w": [[3], [1, 2, 3]],
  "blocks.0.mlp.ln.b": [[3], [1, 0, 1]],
};

function tensors(entries) {
  return new Map(
    Object.entries(entries).map(([name, [shape, numbers]]) => [
      name,
      { shape, data: Float32Array.from(numbers) },
    ]),
  );
}

function numbers(weights, name) {
  return [...weights[name].data];
}

test("LayerNorm is folded, value biases moved, writes and the unembedding centred", () => {
  const weights = processed(tensors({ ...ATTENTION, ...NORMS }), { architecture: SIZES });
  assert.deepEqual(numbers(weights, "embed.W_E"), [-1, 1, 0, 0, -0.5, 0.5]);
  assert.deepEqual(numbers(weights, "pos_embed.W_pos"), [-2, 2]);
  // Scaled to 2 and 6, then centred; the bias gains 1 * 1 - 1 * 2.
  assert.deepEqual(numbers(weights, "blocks.0.attn.W_Q"), [-2, 2]);
  assert.deepEqual(numbers(weights, "blocks.0.attn.b_Q"), [4]);
  assert.deepEqual(numbers(weights, "blocks.0.attn.W_K"), [-1.5, 1.5]);
  assert.deepEqual(numbers(weights, "blocks.0.attn.b_K"), [0]);
  assert.deepEqual(numbers(weights, "blocks.0.attn.W_V"), [-1.5, 1.5]);
  assert.deepEqual(numbers(weights, "blocks.0.attn.b_V"), [0]);
  assert.deepEqual(numbers(weights, "blocks.0.attn.W_O"), [-2, 2]);
  // The bias 2 of the value becomes 1, since LayerNorm's shift reads -1 of it; 1 * W_O + b_O.
  assert.deepEqual(numbers(weights, "blocks.0.attn.b_O"), [-2.5, 2.5]);
  // Rows [1, 3] and [4, 16]; the bias gains [2, 8].
  assert.deepEqual(numbers(weights, "unembed.W_U"), [-1, 1, -6, 6]);
  assert.deepEqual(numbers(weights, "unembed.b_U"), [-4, 4]);
  assert.deepEqual(Object.keys(weights).sort(), Object.keys(ATTENTION).sort());
});

test("where every token is a class, what reads the stream reads no mean of it", () => {
  const entries = { ...ATTENTION, ...NORMS };
  entries["unembed.W_U"] = [
    [2, 3],
    [1, 3, 5, 2, 8, 2],
  ];
  entries["unembed.b_U"] = [[3], [0, 0, 0]];
  const architecture = { ...SIZES, d_vocab_out: 3 };
  // Columns [1, 4], [3, 16], [5, 4] without their means: [-1.5, -6.5, 0.5] and its negative.
  assert.deepEqual(
    numbers(processed(tensors(entries), { architecture }), "unembed.W_U"),
    [1, -4, 3, -1, 4, -3],
  );
});

test("the LayerNorms of an MLP with a SoLU are folded, and its neurons keep their mean", () => {
  const architecture = { ...SIZES, d_mlp: 3, act_fn: "solu_ln" };
  const entries = { ...ATTENTION, ...NORMS, ...MLP };
  const weights = processed(tensors(entries), { architecture });
  assert.deepEqual(numbers(weights, "blocks.0.mlp.W_in"), [-3.5, -4, -5.5, 3.5, 4, 5.5]);
  assert.deepEqual(numbers(weights, "blocks.0.mlp.b_in"), [1, 3, 5]);
  assert.deepEqual(numbers(weights, "blocks.0.mlp.W_out"), [-1, 1, -2, 2, 6, -6]);
  // [1, 2] and once [1, 3] and [4, 0].
  assert.deepEqual(numbers(weights, "blocks.0.mlp.b_out"), [0.5, -0.5]);
  assert.ok(!Object.keys(weights).some((name) => name.includes("ln")));
});

test("without LayerNorm everything stays as it was trained", () => {
  const given = tensors(ATTENTION);
  const weights = processed(given, { architecture: { ...SIZES, normalization: null } });
  assert.deepEqual(new Map(Object.entries(weights)), given);
});

test("rows of numbers that lie the other way round are put in the order of tokens", () => {
  const card = { architecture: { ...SIZES, normalization: null } };
  const given = tensors(ATTENTION);
  given.get("embed.W_E").data.set([0, 0, 1, 1, -1, -1]);
  const wrapped = processed(given, { ...card, embedding_rows: "wrapped" });
  assert.deepEqual(numbers(wrapped, "embed.W_E"), [-1, -1, 0, 0, 1, 1]);
  const ascending = processed(given, { ...card, embedding_rows: "ascending" });
  assert.deepEqual(numbers(ascending, "embed.W_E"), [0, 0, 1, 1, -1, -1]);
});

for (const [what, change, told] of [
  ["a missing tensor", (all) => all.delete("unembed.b_U"), /: unembed.b_U is missing\. Give/],
  [
    "an unknown one",
    (all) => all.set("blocks.1.attn.W_Q", { shape: [1], data: Float32Array.of(1) }),
    /blocks.1.attn.W_Q is none of its names/,
  ],
  [
    "another shape",
    (all) => all.set("embed.W_E", { shape: [2, 3], data: new Float32Array(6) }),
    /embed.W_E is of shape \[2, 3\], expected \[3, 2\], d_vocab d_model/,
  ],
  ["none at all", (all) => all.clear(), /blocks.0.attn.W_K is missing; .*, and 12 more\. Give/],
]) {
  test(`refused: ${what}`, () => {
    const given = tensors({ ...ATTENTION, ...NORMS });
    change(given);
    assert.throws(() => processed(given, { architecture: SIZES }), { message: told });
  });
}

test("what HookedTransformer stores besides weights is not read", () => {
  const given = tensors({ ...ATTENTION, ...NORMS });
  given.set("blocks.0.attn.mask", { shape: [1], data: Float32Array.of(1) });
  assert.ok(!("blocks.0.attn.mask" in processed(given, { architecture: SIZES })));
});

test("width, heads and neurons are those of the tensors, and nothing else is", () => {
  const shapes = { "blocks.0.attn.W_Q": [3, 7, 5], "blocks.0.mlp.W_in": [7, 11] };
  const given = new Map(
    Object.entries(shapes).map(([name, shape]) => [name, { shape, data: new Float32Array(1) }]),
  );
  const wider = { ...SIZES, n_heads: 3, d_model: 7, d_head: 5 };
  assert.deepEqual(architectureOf(given, SIZES), wider);
  const withNeurons = { ...SIZES, d_mlp: 2, act_fn: "relu" };
  assert.deepEqual(architectureOf(given, withNeurons), { ...wider, d_mlp: 11, act_fn: "relu" });
  assert.equal(architectureOf(new Map(), SIZES), SIZES);
});
