import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { voice } from "../voice.js";

const { document } = globalThis;
globalThis.document = {
  createElement: () => ({ append() {}, setAttribute() {}, textContent: "" }),
};
afterEach(() => {
  globalThis.document = document;
});

test("only what was said last is heard, after a pause", async () => {
  const { box, say } = voice(5);
  say("one");
  say("two");
  assert.equal(box.textContent, "");
  await new Promise((done) => setTimeout(done, 30));
  assert.equal(box.textContent, "two");
});
