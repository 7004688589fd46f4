import assert from "node:assert/strict";
import { test } from "node:test";
import { neighbours } from "../breaking.js";

/** Three different digits. */
const TASK = {
  vocabulary: [..."0123456789"],
  read: (text) => {
    const tokens = text.split(" ").map(Number);
    return new Set(tokens).size === 3 ? { tokens } : { fault: "repeated" };
  },
  show: (tokens) => tokens.join(" "),
};
const TOKENS = [1, 2, 3];

/** Numbers that look random enough, the same every time. */
function counted() {
  let state = 1;
  return () => {
    state = (state * 16807) % 2147483647;
    return state / 2147483647;
  };
}

test("neighbours are inputs of the task that differ in one token", () => {
  const gradient = { shape: [3, 10], data: new Float32Array(30) };
  const found = neighbours(TASK, TOKENS, gradient, counted());
  assert.ok(found.length > 6);
  assert.equal(new Set(found.map(String)).size, found.length);
  for (const other of found) {
    assert.equal(new Set(other).size, 3);
    assert.equal(other.filter((token, place) => token !== TOKENS[place]).length, 1);
  }
});

test("those by which the loss rises most are among them", () => {
  const data = new Float32Array(30);
  data[1 * 10 + 7] = 5;
  data[2 * 10 + 9] = 4;
  const found = neighbours(TASK, TOKENS, { shape: [3, 10], data }, counted()).map(String);
  assert.deepEqual([found[0], found.includes("1,2,9")], ["1,7,3", true]);
});
