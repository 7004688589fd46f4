import assert from "node:assert/strict";
import { test } from "node:test";
import { read, written } from "../state.js";

const AFRESH = { text: "1, 2", off: [], how: "mean", other: "", from: "", ask: 0 };

test("an address leads back to what was set up", () => {
  for (const changes of [
    {},
    { text: "they swim & pray #1 in the" },
    { off: ["0.1", "n0.17", "at3"], how: "zero" },
    { other: "3, 4", from: "0.1", ask: 7 },
    { text: "" },
  ]) {
    const state = { ...AFRESH, ...changes };
    assert.deepEqual(read(written(state)), state);
    assert.deepEqual(read(`#${written(state)}`), state);
  }
});

test("what is as it begins is left out of an address", () => {
  assert.equal(written(AFRESH), "live?in=1%2C+2");
});

test("an address of something else speaks of no state", () => {
  for (const hash of ["", "#", "#figure-1", "#number-live", "live"]) assert.equal(read(hash), null);
});

test("nonsense in an address becomes how things begin", () => {
  assert.deepEqual(read("#live?ask=-3&how=loud&off=++"), { ...AFRESH, text: "" });
  assert.equal(read("#live?ask=1.5")?.ask, 0);
});
