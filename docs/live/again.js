// A button that starts what is then done again and again, until it is pressed once more.

import { h } from "./dom.js";

/**
 * @typedef {object} Again
 * @property {HTMLElement} button
 * @property {() => void} anew stops it as the button does; what comes next is a start.
 */

/**
 * @param {{start: string, more: string}} labels of the button: at first, and after it was stopped.
 * @param {(going: () => boolean) => Promise<void>} step what is done again and again; it may ask
 *   whether to go on.
 * @param {(fault: string) => void} ended is told when it stops, and why if not by the button.
 * @returns {Again}
 */
export function again({ start, more }, step, ended) {
  let turn = 0;
  let running = false;
  /** Two never go on side by side: the next waits until the one before has seen that it is over. */
  let last = Promise.resolve();
  const button = h("button", { type: "button", class: "live__press", onclick: press }, start);

  function press() {
    if (running) return stop();
    running = true;
    turn += 1;
    button.textContent = "Stop";
    last = goOn(turn, last);
  }

  /** @param {number} mine @param {Promise<void>} before */
  async function goOn(mine, before) {
    await before;
    const going = () => running && mine === turn;
    try {
      while (going()) await step(going);
    } catch (error) {
      if (going()) stop(/** @type {Error} */ (error).message);
    }
  }

  function stop(fault = "") {
    if (!running) return;
    running = false;
    button.textContent = more;
    ended(fault);
  }

  function anew() {
    stop();
    button.textContent = start;
  }

  return { button, anew };
}
