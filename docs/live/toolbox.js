/**
 * What tasks are made with, and what one offers.
 *
 * A task lies in its month's folder, `models/<slug>/task.js`, and is served somewhere else. So it
 * imports nothing: it is a function, `task(tools)`, that is given all of this.
 */

import { below, distinct, weighted } from "./drawing.js";
import { nearWords } from "./near_words.js";
import { typedNumbers, wrongValue } from "./numbers.js";
import { quoted } from "./quoted.js";
import { typedWords } from "./words.js";

export const tools = Object.freeze({
  below,
  distinct,
  nearWords,
  quoted,
  typedNumbers,
  typedWords,
  weighted,
  wrongValue,
});

/** @typedef {typeof tools} Tools */

/**
 * @typedef {object} Asked
 * @property {number} position Whose prediction is judged.
 * @property {number[]} right The classes that are right there; of a language the likeliest, and
 *   none where it has no sentence that begins so.
 */

/**
 * The rules of a task, the same as `models/<slug>/task.py` has.
 *
 * @typedef {object} Task
 * @property {readonly string[]} vocabulary What each token is called.
 * @property {readonly string[]} classes What each class predicted is called.
 * @property {(text: string) => {tokens: number[]} | {fault: string}} read The tokens of an input as
 *   one would type it, or what is wrong with it: the words of `Task.encode`, without saying which
 *   sequence it is; where sequences are sentences, those of `Task.prompt`.
 * @property {(tokens: number[]) => string} show What `read` reads.
 * @property {(random: () => number) => number[]} sample Draws an input as `Task.sample` does; where
 *   sequences are sentences, the beginning of one.
 * @property {(tokens: number[]) => Asked[]} asked What is judged, in order.
 * @property {(tokens: number[]) => number[][]} [odds] Of a language, the exact odds of each token
 *   that can follow each position; NaN where no sentence begins so.
 */
