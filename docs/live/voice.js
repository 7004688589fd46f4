// What a panel says to those who hear it: once a reader pauses, and never in the middle of a word.

import { h } from "./dom.js";

const PAUSE = 900;
/** Milliseconds without a change after which it is said. */

/**
 * One voice for a whole panel, so that no two speak at once.
 *
 * @param {number} [pause] milliseconds.
 * @returns {{box: HTMLElement, say: (text: string) => void}}
 */
export function voice(pause = PAUSE) {
  const box = h("p", { class: "live__voice", role: "status" });
  let waiting = 0;
  return {
    box,
    say: (text) => {
      clearTimeout(waiting);
      waiting = setTimeout(() => {
        if (box.textContent !== text) box.textContent = text;
      }, pause);
    },
  };
}
