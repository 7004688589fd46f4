// Where a reader types an input, and is told what is wrong with it.

import { h, press } from "./dom.js";

const MOST = 300;
/** Letters of a fault that are shown: an input can be as long as a clipboard holds. */

/**
 * @typedef {object} Typing
 * @property {HTMLElement} box
 * @property {(text: string) => void} fill
 * @property {(fault: string) => void} blame says what is wrong; an empty text: nothing is.
 */

/**
 * @param {import("./toolbox.js").Task} task
 * @param {{worked: number[], hardest: number[][] | null}} examples
 * @param {(text: string, whole: boolean) => void} change is told what the input is now, and whether
 *   it is another as a whole, not one that is being typed.
 * @param {() => void} share
 * @returns {Typing}
 */
export function typing(task, { worked, hardest }, change, share) {
  const field = /** @type {HTMLTextAreaElement} */ (
    h("textarea", {
      id: "live-input",
      rows: 2,
      spellcheck: false,
      autocomplete: "off",
      "aria-describedby": "live-fault",
      oninput: () => change(field.value, false),
    })
  );
  const fault = h("p", { class: "live__fault", id: "live-fault" });
  const hard = hardest ?? [];
  let shown = 0;
  const give = (/** @type {number[]} */ tokens) => change(task.show(tokens), true);
  const box = h(
    "div",
    { class: "live__input" },
    h("label", { htmlFor: field.id }, "An input"),
    field,
    h(
      "div",
      { class: "live__buttons" },
      press("Random", () => give(task.sample(Math.random))),
      press("The worked example", () => give(worked)),
      hard.length ? press("One of the hardest", () => give(hard[shown++ % hard.length])) : null,
      press("Copy the address", share),
    ),
    fault,
  );
  return {
    box,
    fill: (text) => {
      field.value = text;
    },
    blame: (text) => {
      fault.textContent = shortened(text);
      field.setAttribute("aria-invalid", String(text !== ""));
    },
  };
}

/**
 * A text without its middle, if it is too long to be read.
 *
 * @param {string} text
 * @returns {string}
 */
export function shortened(text) {
  if (text.length <= MOST) return text;
  return `${text.slice(0, MOST / 2)} … ${text.slice(-MOST / 2)}`;
}
