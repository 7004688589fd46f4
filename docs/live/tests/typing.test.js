import assert from "node:assert/strict";
import { test } from "node:test";
import { shortened } from "../typing.js";

test("a fault that quotes a whole book is shown without its middle", () => {
  assert.equal(shortened("a repeated value"), "a repeated value");
  const long = `begin${"x".repeat(1_000_000)}end`;
  const shown = shortened(long);
  assert.match(shown, /^beginx+ … x+end$/);
  assert.ok(shown.length < 310);
});
