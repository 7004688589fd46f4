import assert from "node:assert/strict";
import { test } from "node:test";
import { hookPoints } from "../hooks.js";
import { replacements } from "../replacements.js";

const SIZES = {
  n_layers: 1,
  n_heads: 2,
  d_model: 2,
  d_head: 1,
  d_mlp: 3,
  act_fn: "relu",
  d_vocab: 3,
  d_vocab_out: 3,
  n_ctx: 3,
  normalization: null,
};
const Z = "blocks.0.attn.hook_z";
const POST = "blocks.0.mlp.hook_post";
const PATTERN = "blocks.0.attn.hook_pattern";
const TWO = [
  [0, 1],
  [2, 2],
];

function only(interventions, tokens = TWO, sequence = 0) {
  const found = [...replacements(interventions, SIZES, tokens, sequence).values()];
  assert.equal(found.length, 1);
  return { mask: [...found[0].mask.data], value: [...found[0].value.data] };
}

test("a head is zero at every position that the sequence has", () => {
  assert.deepEqual(only([{ hook: Z, heads: [1], value: 0 }]), {
    mask: [0, 1, 0, 1, 0, 0],
    value: [0, 0, 0, 0, 0, 0],
  });
});

test("values are of the sequence's length or of the whole context", () => {
  const short = only([{ hook: POST, neurons: [2], value: Float32Array.from([1, 2, 3, 4, 5, 6]) }]);
  assert.deepEqual(short, {
    mask: [0, 0, 1, 0, 0, 1, 0, 0, 0],
    value: [0, 0, 3, 0, 0, 6, 0, 0, 0],
  });
  const whole = Float32Array.from({ length: 18 }, (_, index) => index);
  assert.deepEqual(only([{ hook: PATTERN, heads: [1], positions: [1], value: whole }]), {
    mask: [...Array(12).fill(0), 1, 1, ...Array(4).fill(0)],
    value: [...Array(12).fill(0), 12, 13, ...Array(4).fill(0)],
  });
});

test("a value for each sequence is its own", () => {
  const value = Float32Array.from([1, 2, 3, 4, 5, 6, 7, 8]);
  assert.deepEqual(only([{ hook: Z, positions: [0], value }], TWO, 1), {
    mask: [1, 1, 0, 0, 0, 0],
    value: [5, 6, 0, 0, 0, 0],
  });
});

test("where two meet, the later one counts", () => {
  const value = Float32Array.from([1, 2, 3, 4]);
  const found = only([
    { hook: Z, value },
    { hook: Z, heads: [0], positions: [1], value: 0 },
  ]);
  assert.deepEqual(found, { mask: [1, 1, 1, 1, 0, 0], value: [1, 2, 0, 4, 0, 0] });
});

for (const [what, intervention, told] of [
  ["no such hook", { hook: "blocks.1.attn.hook_z", value: 0 }, /no hook point blocks.1/],
  ["no such head", { hook: Z, heads: [2], value: 0 }, /has no head 2; it has 2/],
  ["no such neuron", { hook: POST, neurons: [3], value: 0 }, /has no d_mlp 3; it has 3/],
  ["no such position", { hook: Z, positions: [2], value: 0 }, /has no pos 2; it has 2/],
  ["no heads there", { hook: POST, heads: [0], value: 0 }, /Nothing at .* is of a head/],
  ["too few numbers", { hook: Z, value: new Float32Array(3) }, /3 numbers .* expected 4/],
]) {
  test(`refused: ${what}`, () => {
    assert.throws(() => replacements([intervention], SIZES, TWO, 0), { message: told });
  });
}

test("a model has the hook points of its parts", () => {
  const plain = { ...SIZES, d_mlp: null, act_fn: null };
  assert.ok(!hookPoints(plain).has("blocks.0.hook_resid_mid"));
  const solu = { ...SIZES, act_fn: "solu_ln", normalization: "LN" };
  assert.deepEqual(hookPoints(solu).get("blocks.0.mlp.ln.hook_out"), ["pos", "d_mlp"]);
  assert.ok(hookPoints(solu).has("ln_final.hook_scale"));
});
