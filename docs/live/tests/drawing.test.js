import assert from "node:assert/strict";
import { test } from "node:test";
import { below, distinct, weighted } from "../drawing.js";

const NEARLY_ONE = 1 - 2 ** -53;

test("the largest that chance can give stays inside", () => {
  assert.equal(
    below(() => NEARLY_ONE, 113),
    112,
  );
  assert.deepEqual(
    distinct(() => NEARLY_ONE, 5, 5),
    [4, 3, 2, 1, 0],
  );
});

test("what has no odds is never drawn, however sums are rounded", () => {
  for (const chance of [0, NEARLY_ONE]) {
    const odds = [0, 0.1, 0.2, 0.3, 0.1, 0.2, 0.1, 0];
    assert.ok(odds[weighted(() => chance, odds)] > 0);
  }
});
