import assert from "node:assert/strict";
import { test } from "node:test";
import { answersOf, inShort, signed } from "../answers.js";

const LN3 = Math.log(3);
/** Two positions, three classes: odds 1 : 3 : 1, and 3 : 1 : 1. */
const LOGITS = { shape: [1, 2, 3], data: Float32Array.from([0, LN3, 0, LN3, 0, 0]) };

test("answers are read off logits", () => {
  const [first, second] = answersOf(LOGITS, [
    { position: 0, right: [1] },
    { position: 1, right: [1, 2] },
  ]);
  assert.equal(first.said, 1);
  assert.ok(first.isRight);
  assert.ok(Math.abs(first.probability - 0.6) < 1e-6);
  assert.ok(Math.abs(first.margin - LN3) < 1e-6);
  assert.equal(second.said, 0);
  assert.equal(second.isRight, false);
  assert.ok(Math.abs(second.ofRight - 0.4) < 1e-6);
  assert.ok(Math.abs(second.margin + LN3) < 1e-6);
});

test("where nothing is right, nothing is wrong either", () => {
  const [answer] = answersOf(LOGITS, [{ position: 0, right: [] }]);
  assert.equal(answer.isRight, null);
  assert.equal(answer.margin, Number.POSITIVE_INFINITY);
  assert.equal(inShort([answer]), "The task has no right answer to this.");
});

test("all predictions come to one sentence", () => {
  const answers = answersOf(LOGITS, [
    { position: 0, right: [1] },
    { position: 1, right: [1] },
  ]);
  assert.equal(inShort(answers), "1 of 2 right; loss 1.1 nats; smallest margin −1.10 logits.");
  assert.equal(inShort(answers.slice(0, 1)), "Right; loss 0.51 nats; smallest margin 1.10 logits.");
});

test("margins have a true minus", () => {
  assert.deepEqual(
    [signed(-1), signed(0.125), signed(Number.POSITIVE_INFINITY)],
    ["−1.00", "0.13", "∞"],
  );
});
