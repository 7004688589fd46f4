/**
 * Answers questions about a task, each a line of JSON, so that one process serves thousands:
 * `node answering.js models/<slug>/task.js`.
 */

import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";
import { tools } from "../../docs/live/toolbox.js";

const { task } = await import(pathToFileURL(process.argv[2]).href);
const made = task(tools);

/** Numbers from 0 to 1 in an order that the seed decides (mulberry32).
 * @param {number} seed */
function seeded(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** @type {Record<string, (given: any) => unknown>} */
const ANSWERS = {
  about: () => ({ vocabulary: made.vocabulary, classes: made.classes }),
  read: made.read,
  show: made.show,
  asked: made.asked,
  odds: made.odds,
  sample([n, seed]) {
    const random = seeded(seed);
    return Array.from({ length: n }, () => made.sample(random));
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const [what, given] = JSON.parse(line);
  process.stdout.write(`${JSON.stringify(ANSWERS[what](given))}\n`);
}
