import assert from "node:assert/strict";
import { test } from "node:test";
import { directLogitAttribution, neuronAttribution, total } from "../attribution.js";

/** One head of width 1, two neurons, a residual stream of 2, three classes, two positions. */
const WEIGHTS = {
  "blocks.0.attn.W_O": tensor([1, 1, 2], [1, 2]),
  "blocks.0.attn.b_O": tensor([2], [0, 1]),
  "blocks.0.mlp.W_out": tensor([2, 2], [1, 0, 0, -1]),
  "blocks.0.mlp.b_out": tensor([2], [2, 0]),
  "unembed.W_U": tensor([2, 3], [1, 0, 2, 0, 1, 1]),
  "unembed.b_U": tensor([3], [0.5, 0, -1]),
};

/** As if LayerNorm divided by 2 at position 1, where the stream is [3 + 2 + 0 + 4 + 2, ...]. */
function activations(logits = [6, 0, 11]) {
  return new Map([
    ["blocks.0.hook_resid_pre", tensor([1, 2, 2], [9, 9, 3, 1])],
    ["blocks.0.attn.hook_z", tensor([1, 2, 1, 1], [9, 2])],
    ["blocks.0.mlp.hook_post", tensor([1, 2, 2], [9, 9, 4, 7])],
    ["ln_final.hook_scale", tensor([1, 2, 1], [9, 2])],
    ["logits", tensor([1, 2, 3], [9, 9, 9, ...logits])],
  ]);
}

function tensor(shape, numbers) {
  return { shape, data: Float32Array.from(numbers) };
}

test("a logit is the sum of what the parts add", () => {
  const shares = directLogitAttribution(activations(), WEIGHTS, 1, 0);
  assert.deepEqual(shares, [
    { part: "embedding", logit: 1.5 },
    { part: "0.0", logit: 1 },
    { part: "MLP 0", logit: 2 },
    { part: "biases", logit: 0.5 + 1 },
  ]);
  assert.equal(total(shares), 6);
});

test("so is a difference of two", () => {
  // The stream is [11, -1] / 2: logits [6, -0.5, 9.5].
  const shares = directLogitAttribution(activations([6, -0.5, 9.5]), WEIGHTS, 1, 2, 1);
  assert.deepEqual(
    shares.map(({ part }) => part),
    ["embedding", "0.0", "MLP 0", "biases"],
  );
  assert.equal(total(shares), 10);
});

test("what was put into the stream is a part of its own, and the direct path is as replaced", () => {
  const replaced = directLogitAttribution(activations([8, 0, 0]), WEIGHTS, 1, 0);
  assert.deepEqual(replaced.at(-1), { part: "replaced", logit: 2 });
  const run = activations([4.5, 0, 0]).set("direct", tensor([1, 2, 2], [0, 0, 0, 0]));
  const direct = directLogitAttribution(run, WEIGHTS, 1, 0);
  assert.deepEqual(direct[0], { part: "embedding", logit: 0 });
  assert.equal(total(direct), 4.5);
});

test("neurons add up to their MLP; without LayerNorm nothing is divided by", () => {
  assert.deepEqual([...neuronAttribution(activations(), WEIGHTS, 0, 1, 2, 1)], [4, 0]);
  const plain = activations();
  plain.delete("ln_final.hook_scale");
  assert.deepEqual([...neuronAttribution(plain, WEIGHTS, 0, 1, 2)], [8, -7]);
});

test("no such class or position, and a run without what is read, are told", () => {
  const run = activations();
  assert.throws(() => directLogitAttribution(run, WEIGHTS, 1, 3), { message: /no class 3/ });
  assert.throws(() => directLogitAttribution(run, WEIGHTS, 2, 0), { message: /no position 2/ });
  run.delete("blocks.0.attn.hook_z");
  assert.throws(() => directLogitAttribution(run, WEIGHTS, 1, 0), {
    message: "The run has no blocks.0.attn.hook_z.",
  });
});
