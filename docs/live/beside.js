// An explanation beside the model: what it predicts for the same input, and how often that is right.

import { again } from "./again.js";
import { answersOf, signed } from "./answers.js";
import { h, table as makeTable } from "./dom.js";

/**
 * @typedef {import("./engine.js").Engine} Engine
 * @typedef {import("./toolbox.js").Task} Task
 * @typedef {import("./answers.js").Answer} Answer
 * @typedef {(tokens: number[]) => (number | null)[]} Predict
 */

const AT_ONCE = 32;
/** Inputs after which the tally is shown. */

/**
 * What the explanation says, prediction by prediction, beside the model.
 *
 * @param {{sentence: string}} explanation
 * @param {Answer[]} answers of the model with all its parts, of which the explanation speaks.
 * @param {{position: number}[]} asked
 * @param {{read: string[], classes: readonly string[]}} words
 * @param {(number | null)[]} predicted
 * @returns {HTMLElement}
 */
export function table({ sentence }, answers, asked, { read, classes }, predicted) {
  const rows = answers.map(({ said, margin }, ask) => {
    const own = predicted[ask];
    const parts = own !== said;
    return {
      cells: [
        read[asked[ask].position],
        classes[said],
        own === null ? "says nothing" : classes[own],
        parts ? "they part" : "",
        signed(margin),
      ],
      mark: parts ? "live__wrong" : "",
    };
  });
  const agreed = rows.filter(({ mark }) => !mark).length;
  return h(
    "div",
    {},
    h(
      "p",
      {},
      `The explanation: ${sentence} Here it agrees with the model in ${agreed} of ${rows.length}.`,
    ),
    makeTable(
      "The model and the explanation",
      ["at", "the model", "the explanation", "", "margin"],
      rows,
    ),
  );
}

/**
 * A running tally of how often explanation and model agree on random inputs.
 *
 * @param {() => Engine} engine
 * @param {Task} task
 * @param {Predict} predict
 * @param {(text: string) => void} say
 * @returns {{box: HTMLElement, forget: () => void}} what was counted is forgotten where another
 *   model answers.
 */
export function tallying(engine, task, predict, say) {
  let agreed = 0;
  let all = 0;
  const said = h("span", { class: "live__hint" });

  /** @param {() => boolean} going */
  async function count(going) {
    for (let input = 0; input < AT_ONCE; input++) {
      const tokens = task.sample(Math.random);
      const answers = answersOf(await engine().logits([tokens]), task.asked(tokens));
      // Meanwhile, what was counted may be forgotten, and another model answer.
      if (!going()) break;
      const own = predict(tokens);
      agreed += answers.filter(({ said }, ask) => said === own[ask]).length;
      all += answers.length;
    }
    if (!all) return;
    const share = ((100 * agreed) / all).toFixed(2);
    said.textContent = `They agree in ${agreed} of ${all} predictions, ${share} %.`;
  }

  const { button, anew } = again(
    { start: "Count over random inputs", more: "Go on counting" },
    count,
    (fault) => {
      if (fault) said.textContent = fault;
      say(said.textContent ?? "");
    },
  );
  return {
    box: h("p", { class: "live__tally" }, button, " ", said),
    forget: () => {
      anew();
      [agreed, all] = [0, 0];
      said.textContent = "";
    },
  };
}
