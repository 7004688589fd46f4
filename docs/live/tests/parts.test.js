import assert from "node:assert/strict";
import { test } from "node:test";
import { copied, partsOf, without } from "../parts.js";

const SIZES = {
  n_layers: 2,
  n_heads: 1,
  d_model: 2,
  d_head: 1,
  d_mlp: 3,
  act_fn: "relu",
  d_vocab: 5,
  d_vocab_out: 5,
  n_ctx: 4,
  normalization: null,
};
const PARTS = partsOf(SIZES);
const EMBEDDED = "blocks.0.hook_resid_pre";
const tensor = (...shape) => {
  const size = shape.reduce((product, each) => product * each, 1);
  return { shape, data: Float32Array.from({ length: size }, (_, n) => n) };
};

test("a model's parts are its heads, its MLPs and the direct path", () => {
  const names = (sizes) => partsOf(sizes).map(({ name }) => name);
  assert.deepEqual(names({ ...SIZES, d_mlp: 9 }), ["0.0", "mlp0", "1.0", "mlp1", "direct"]);
  assert.deepEqual(names({ ...SIZES, n_layers: 1, d_mlp: null, act_fn: null }), ["0.0", "direct"]);
});

test("so are its neurons, if they are few, and families of them", () => {
  const family = { name: "the first two", layer: 1, neurons: [0, 1] };
  const parts = partsOf(SIZES, [family]);
  const neurons = parts.filter(({ neurons }) => neurons).map(({ name }) => name);
  assert.deepEqual(neurons, ["n0.0", "n0.1", "n0.2", "n1.0", "n1.1", "n1.2", "the_first_two"]);
  assert.deepEqual(without(["the_first_two"], parts, SIZES, 4, null), [
    { hook: "blocks.1.mlp.hook_post", neurons: [0, 1], value: 0 },
  ]);
});

test("what is put in a part's place is zero, or its mean at the positions that there are", () => {
  assert.deepEqual(without(["1.0", "n0.2", "n1.1-2", "at3"], PARTS, SIZES, 4, null), [
    { hook: "blocks.1.attn.hook_z", heads: [0], value: 0 },
    { hook: "blocks.0.mlp.hook_post", neurons: [2], value: 0 },
    { hook: "blocks.1.mlp.hook_post", neurons: [1, 2], value: 0 },
    { hook: EMBEDDED, positions: [3], value: 0 },
  ]);
  const means = { [EMBEDDED]: tensor(4, 2), "blocks.1.attn.hook_z": tensor(4, 1, 1) };
  const [head, direct] = without(["1.0", "direct"], PARTS, SIZES, 3, means);
  assert.deepEqual([...head.value], [0, 1, 2]);
  assert.equal(direct.hook, "direct");
  assert.deepEqual([...direct.value], [0, 1, 2, 3, 4, 5]);
});

test("a part that the model does not have is named", () => {
  for (const name of [
    "2.0",
    "0.1",
    "n0.3",
    "n2.0",
    "n0.1-3",
    "n0.2-1",
    "at4",
    "mlp2",
    "",
    "at",
    "n0",
  ]) {
    assert.throws(() => without([name], PARTS, SIZES, 4, null), {
      message: `This model has no part called ${name}.`,
    });
  }
});

test("a part is copied from what another input gave", () => {
  const other = new Map([
    ["blocks.0.attn.hook_z", tensor(1, 4, 1, 1)],
    [EMBEDDED, tensor(1, 4, 2)],
  ]);
  assert.deepEqual([...copied("0.0", PARTS, SIZES, 4, other).value], [0, 1, 2, 3]);
  assert.equal(copied("direct", PARTS, SIZES, 4, other).value.length, 8);
  assert.throws(() => copied("mlp1", PARTS, SIZES, 4, other), /blocks.1.hook_mlp_out is not known/);
});
