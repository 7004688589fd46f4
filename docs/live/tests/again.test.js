import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { again } from "../again.js";

beforeEach(() => {
  globalThis.document = {
    createElement: () => {
      const made = {
        append: (...inside) => {
          made.textContent = inside.join("");
        },
        addEventListener: (_, act) => {
          made.press = act;
        },
        setAttribute: () => {},
      };
      return made;
    },
  };
});

const LABELS = { start: "Start", more: "More" };
const moment = () => new Promise((done) => setTimeout(done, 1));

test("it goes on until it is pressed again", async () => {
  let steps = 0;
  const ends = [];
  const step = async () => {
    steps += 1;
    await moment();
  };
  const { button } = again(LABELS, step, (fault) => ends.push(fault));
  assert.equal(button.textContent, "Start");
  button.press();
  assert.equal(button.textContent, "Stop");
  while (steps < 3) await moment();
  button.press();
  const then = steps;
  await moment();
  await moment();
  assert.equal(steps, then);
  assert.equal(button.textContent, "More");
  assert.deepEqual(ends, [""]);
});

test("pressed twice at once, it does not go on twice", async () => {
  let at = 0;
  let most = 0;
  let steps = 0;
  const { button, anew } = again(
    LABELS,
    async (going) => {
      if (!going()) return;
      steps += 1;
      at += 1;
      most = Math.max(most, at);
      await moment();
      at -= 1;
    },
    () => {},
  );
  button.press();
  await moment();
  button.press();
  button.press();
  while (steps < 4) await moment();
  anew();
  assert.equal(most, 1);
});

test("what begins anew is stopped, and a start again", async () => {
  const ends = [];
  let goesOn;
  let finish = () => {};
  const { button, anew } = again(
    LABELS,
    async (going) => {
      await new Promise((done) => {
        finish = done;
      });
      goesOn = going();
    },
    (fault) => ends.push(fault),
  );
  button.press();
  await moment();
  anew();
  assert.equal(button.textContent, "Start");
  assert.deepEqual(ends, [""]);
  finish();
  await moment();
  assert.equal(goesOn, false);
  button.press();
  button.press();
  assert.equal(button.textContent, "More");
  anew();
  assert.equal(button.textContent, "Start");
  assert.deepEqual(ends, ["", ""]);
});

test("what goes wrong is told, and ends it", async () => {
  const ends = [];
  const { button } = again(
    LABELS,
    async () => {
      throw new Error("The model is gone.");
    },
    (fault) => ends.push(fault),
  );
  button.press();
  await moment();
  assert.deepEqual(ends, ["The model is gone."]);
  assert.equal(button.textContent, "More");
});
