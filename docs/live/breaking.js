// A search for inputs that fool the model, in the reader's page.

import { again } from "./again.js";
import { answersOf, signed } from "./answers.js";
import { h, press } from "./dom.js";

/**
 * @typedef {import("./engine.js").Engine} Engine
 * @typedef {import("./toolbox.js").Task} Task
 */

const TRIES = 12;
/** Changed inputs that are tried before the search takes the best of them. */
const PATIENCE = 6;
/** Rounds without gain after which it begins with another input. */
const KEPT = 5;

/**
 * The smallest margin of what is asked of an input.
 *
 * @param {Engine} engine
 * @param {Task} task
 * @param {number[]} tokens
 * @returns {Promise<number>}
 */
async function margin(engine, task, tokens) {
  const logits = await engine.logits([tokens]);
  return Math.min(...answersOf(logits, task.asked(tokens)).map(({ margin }) => margin));
}

/**
 * Inputs that differ from one in a token, as far as they are inputs of the task.
 *
 * Every second one is a change by which, to first order, the loss rises most; the others are random,
 * since a first order knows nothing of what happens further away.
 *
 * @param {Task} task
 * @param {number[]} tokens
 * @param {import("./types.js").Tensor} gradient of the loss by the one-hot input, `[pos, d_vocab]`.
 * @param {() => number} random
 * @returns {number[][]}
 */
export function neighbours(task, tokens, gradient, random) {
  const size = task.vocabulary.length;
  const changes = [];
  for (const [position, token] of tokens.entries()) {
    const here = gradient.data.subarray(position * size, (position + 1) * size);
    for (let other = 0; other < size; other++) {
      if (other !== token) changes.push({ position, other, gain: here[other] - here[token] });
    }
  }
  changes.sort((one, two) => two.gain - one.gain);
  const found = new Map();
  for (let tried = 0; found.size < TRIES && tried < 40 * TRIES; tried++) {
    const change = tried % 2 ? null : changes[tried / 2];
    const position = change?.position ?? Math.floor(random() * tokens.length);
    const other = change?.other ?? Math.floor(random() * size);
    const changed = tokens.with(position, other);
    const read = task.read(task.show(changed));
    if ("tokens" in read && read.tokens.join() !== tokens.join()) {
      found.set(read.tokens.join(), read.tokens);
    }
  }
  return [...found.values()];
}

/**
 * The search with its button.
 *
 * @param {() => Engine} engine
 * @param {Task} task
 * @param {(text: string) => void} show puts an input into the panel.
 * @param {(text: string) => void} say
 * @returns {{box: HTMLElement, forget: () => void}} a fold of the panel; what was found is
 *   forgotten where another model answers.
 */
export function searching(engine, task, show, say) {
  let tried = 0;
  /** @type {{text: string, margin: number}[]} */
  let found = [];
  const said = h("p", { class: "live__hint" });
  const list = h("ul", { class: "live__found" });

  /** @param {() => boolean} going */
  async function fromRandom(going) {
    let tokens = task.sample(Math.random);
    let best = await margin(engine(), task, tokens);
    for (let waited = 0; going() && waited < PATIENCE; waited++) {
      const { gradient } = await engine().loss(tokens, task.asked(tokens));
      for (const other of neighbours(task, tokens, gradient, Math.random)) {
        const its = await margin(engine(), task, other);
        if (!going()) return;
        tried += 1;
        if (its < best) {
          [tokens, best] = [other, its];
          waited = -1;
        }
      }
      if (going()) note(task.show(tokens), best);
    }
  }

  /** @param {string} text @param {number} smallest */
  function note(text, smallest) {
    const others = found.filter((each) => each.text !== text);
    found = [...others, { text, margin: smallest }]
      .sort((one, other) => one.margin - other.margin)
      .slice(0, KEPT);
    const wrong = found[0].margin < 0 ? ", which is wrong" : "";
    said.textContent = `${tried} inputs tried; smallest margin ${signed(found[0].margin)} logits${wrong}.`;
    list.replaceChildren(
      ...found.map(({ text, margin }) =>
        h(
          "li",
          {},
          press(text, () => show(text)),
          ` ${signed(margin)}`,
        ),
      ),
    );
  }

  const { button, anew } = again(
    { start: "Look for inputs that fool it", more: "Go on looking" },
    fromRandom,
    (fault) => {
      if (fault) said.textContent = fault;
      say(said.textContent ?? "");
    },
  );
  const box = h(
    "details",
    { class: "live__fold" },
    h("summary", {}, "Break it"),
    h(
      "p",
      {},
      "From random inputs, one token at a time is exchanged where that brings the model closer to a mistake.",
    ),
    h("p", {}, button),
    said,
    list,
  );
  return {
    box,
    forget: () => {
      anew();
      [tried, found] = [0, []];
      said.textContent = "";
      list.replaceChildren();
    },
  };
}
