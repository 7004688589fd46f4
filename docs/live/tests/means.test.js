import assert from "node:assert/strict";
import { test } from "node:test";
import { meansOver } from "../means.js";

/** Gives back, at every position, its token and twice that. */
const engine = {
  run: async ([tokens]) =>
    new Map([
      [
        "point",
        {
          shape: [1, tokens.length, 2],
          data: Float32Array.from(tokens.flatMap((token) => [token, 2 * token])),
        },
      ],
    ]),
};

test("means are of each position, over the inputs that have it", async () => {
  const inputs = [[1, 2], [3], [5, 6]];
  let drawn = 0;
  const task = { sample: () => inputs[drawn++] };
  const means = await meansOver(engine, task, ["point"], 3, 3, () => 0);
  assert.deepEqual(means.point.shape, [3, 2]);
  assert.deepEqual([...means.point.data], [3, 6, 4, 8, 0, 0]);
});
