// A checkpoint of the reader's own, in place of the model of the page.

import { h } from "./dom.js";
import { Engine } from "./engine.js";
import { MOST_BYTES } from "./safetensors.js";

/**
 * @typedef {object} Own
 * @property {HTMLElement} box a fold of the panel.
 * @property {(file: File) => Promise<void>} read
 */

/**
 * @param {import("./types.js").Card} card
 * @param {(engine: Engine) => Promise<void>} use is given an engine that has opened a checkpoint of
 *   the shape of the card's.
 * @param {(text: string) => void} say
 * @returns {Own}
 */
export function ownCheckpoint(card, use, say) {
  const file = /** @type {HTMLInputElement} */ (
    h("input", {
      id: "live-file",
      type: "file",
      accept: ".safetensors",
      onchange: () => file.files?.[0] && read(file.files[0]),
    })
  );
  const whose = h("p", { class: "live__whose" });
  const tell = (/** @type {string} */ text) => {
    whose.textContent = text;
    say(text);
  };

  /** @param {File} chosen */
  async function read(chosen) {
    tell("Reading …");
    const engine = new Engine();
    try {
      if (chosen.size > MOST_BYTES) {
        throw new Error(`it has ${Math.ceil(chosen.size / 1e6)} MB, more than any of this shape.`);
      }
      const { architecture } = await engine.open({ card, bytes: await chosen.arrayBuffer() });
      if (JSON.stringify(architecture) !== JSON.stringify(card.architecture)) {
        throw new Error("its sizes are not those of the model of this page.");
      }
      await use(engine);
      tell(
        `${chosen.name} answers now, and not the model of ${card.title}. What the ` +
          "page says, its explanation and an address that you copy are about that one.",
      );
    } catch (error) {
      engine.close();
      tell(`${chosen.name} is not used: ${/** @type {Error} */ (error).message}`);
    }
  }

  const box = h(
    "details",
    { class: "live__fold" },
    h("summary", {}, "Your own checkpoint"),
    h(
      "label",
      { htmlFor: file.id },
      "A safetensors file of the same shape. It is read in this page; nothing of it leaves your machine.",
    ),
    file,
    whose,
  );
  return { box, read };
}
