// What the model says, beside what is right.

import { h, table } from "./dom.js";

/**
 * @typedef {object} Asked
 * @property {number} position where a prediction is judged.
 * @property {number[]} right the classes that are right there.
 *
 * @typedef {object} Answer one prediction.
 * @property {number} said the class that it makes likeliest.
 * @property {number} next the likeliest of the others.
 * @property {number} probability of the class said.
 * @property {number} ofRight of the right classes together.
 * @property {number} margin logit of the likeliest right class less that of the likeliest wrong one.
 * @property {boolean | null} isRight null: nothing is known to be right there.
 */

/**
 * Reads predictions off logits.
 *
 * @param {import("./types.js").Activation} logits `[1, pos, class]`.
 * @param {Asked[]} asked
 * @returns {Answer[]}
 */
export function answersOf({ shape, data }, asked) {
  const classes = shape[2];
  return asked.map(({ position, right }) => {
    const here = data.subarray(position * classes, (position + 1) * classes);
    const order = [...here.keys()].sort((one, other) => here[other] - here[one]);
    const largest = here[order[0]];
    const total = here.reduce((sum, logit) => sum + Math.exp(logit - largest), 0);
    const odds = (/** @type {number} */ one) => Math.exp(here[one] - largest) / total;
    const best = Math.max(...right.map((one) => here[one]));
    const wrong = order.find((one) => !right.includes(one));
    return {
      said: order[0],
      next: order[1],
      probability: odds(order[0]),
      ofRight: right.reduce((sum, one) => sum + odds(one), 0),
      margin: wrong === undefined || !right.length ? Number.POSITIVE_INFINITY : best - here[wrong],
      isRight: right.length ? right.includes(order[0]) : null,
    };
  });
}

/**
 * One sentence on all predictions.
 *
 * @param {Answer[]} all
 * @returns {string}
 */
export function inShort(all) {
  const answers = all.filter(({ isRight }) => isRight !== null);
  if (!answers.length) return "The task has no right answer to this.";
  const right = answers.filter(({ isRight }) => isRight).length;
  const loss = answers.reduce((sum, { ofRight }) => sum - Math.log(ofRight), 0) / answers.length;
  const margin = Math.min(...answers.map(({ margin }) => margin));
  const verdict =
    answers.length === 1 ? (right ? "Right" : "Wrong") : `${right} of ${answers.length} right`;
  return `${verdict}; loss ${loss.toPrecision(2)} nats; smallest margin ${signed(margin)} logits.`;
}

/**
 * The table of predictions.
 *
 * @param {Answer[]} answers as the model is now.
 * @param {Answer[] | null} before as it was before parts were taken away; null: none were.
 * @param {Asked[]} asked
 * @param {{read: string[], classes: readonly string[]}} words what each token read and each class is called.
 * @param {number} chosen which prediction is looked into.
 * @param {(ask: number) => void} choose
 * @returns {HTMLElement}
 */
export function answerTable(answers, before, asked, { read, classes }, chosen, choose) {
  const columns = ["at", "it says", "", "right", "margin"];
  if (before) columns.push("before");
  const rows = answers.map((answer, ask) => {
    const { position, right } = asked[ask];
    const button = h(
      "button",
      {
        type: "button",
        "aria-pressed": String(ask === chosen),
        onclick: () => choose(ask),
        "aria-label": `Look into the prediction at ${read[position]}`,
      },
      read[position],
    );
    const cells = [
      button,
      h("b", {}, classes[answer.said]),
      bar(answer.probability),
      `${right.map((one) => classes[one]).join(" or ")}${answer.isRight === false ? " ✗" : ""}`,
      right.length ? signed(answer.margin) : "",
    ];
    if (before)
      cells.push(`${classes[before[ask].said]}${before[ask].isRight === false ? " ✗" : ""}`);
    return { cells, mark: answer.isRight === false ? "live__wrong" : "" };
  });
  return table("What it says where it is asked", columns, rows);
}

/** @type {(share: number) => HTMLElement} */
function bar(share) {
  const text = share > 0.9995 && share < 1 ? "> 99.9 %" : `${(100 * share).toFixed(1)} %`;
  const drawn = h("span", { class: "live__bar" });
  drawn.style.setProperty("--share", share.toFixed(4));
  return h("span", { class: "live__share" }, drawn, text);
}

/** @type {(value: number) => string} */
export function signed(value) {
  return Number.isFinite(value) ? value.toFixed(2).replace("-", "−") : "∞";
}
