import assert from "node:assert/strict";
import { test } from "node:test";
import { arithmetic } from "../arithmetic.js";

const { kept, largest, matrices, normalised, rows, softmax } = arithmetic;

test("halves go to the even multiple, as in PyTorch", () => {
  const given = Float64Array.of(0.5, 1.5, 2.5, 3.5, -0.5, -1.5, -2.5, 0.4, -0.6);
  assert.deepEqual([...kept(given, 1)], [0, 2, 2, 4, -0, -2, -2, 0, -1]);
  assert.deepEqual([...kept(Float64Array.of(0.26, -1.1), 0.5)], [0.5, -1]);
});

test("a tensor's last axis is the fastest", () => {
  const data = Float32Array.from({ length: 12 }, (_, n) => n);
  assert.deepEqual([...rows({ shape: [4, 3], data })[1]], [3, 4, 5]);
  assert.deepEqual([...rows({ shape: [12], data })[0]], [...data]);
  assert.deepEqual([...matrices({ shape: [2, 2, 3], data })[1][0]], [6, 7, 8]);
});

test("of several that are largest it is the first", () => {
  assert.equal(largest(Float64Array.of(1, 3, 2, 3)), 1);
});

test("large scores do not overflow", () => {
  assert.deepEqual([...softmax(Float64Array.of(1e4, 1e4, -1e4))], [0.5, 0.5, 0]);
});

test("LayerNorm takes out the mean and divides by the deviation", () => {
  const [low, high] = normalised(Float64Array.of(4, 10));
  assert.ok(Math.abs(high - 1) < 1e-5 && Math.abs(low + 1) < 1e-5);
});
