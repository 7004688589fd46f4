// Fetches what a panel is made of, and makes it.

import { arithmetic } from "./arithmetic.js";
import { Engine } from "./engine.js";
import { panel } from "./panel.js";
import { tools } from "./toolbox.js";

/**
 * What the analyse stage recorded for a page; see `analyses/write_ups/live.py`.
 *
 * @typedef {object} Recorded
 * @property {string} slug
 * @property {number[]} worked
 * @property {number[][] | null} hardest
 * @property {{name: string, measured: Record<string, Packed>} | null} explanation
 * @property {import("./parts.js").Family[]} families
 * @property {{n: number, sha256: string, values: Record<string, Packed>}} means
 *
 * @typedef {{shape: number[], float32: string}} Packed
 */

const SITE = new URL("../../", import.meta.url);

/**
 * Turns a section of a page into a panel.
 *
 * @param {HTMLElement} place says in `data-live` which file beside the page it is made from.
 * @throws {Error} if something cannot be fetched, or is not what the card says.
 */
export async function begin(place) {
  /** @type {Recorded} */
  const recorded = await json(new URL(place.dataset.live ?? "", location.href));
  const folder = new URL(`problems/${recorded.slug}/`, SITE);
  const card = await json(new URL("card.json", folder));
  const engine = new Engine();
  const [{ task }, explained, { weights }] = await Promise.all([
    import(`./tasks/${recorded.slug}.js`),
    recorded.explanation ? import(`./explanations/${recorded.slug}.js`) : null,
    engine.open({ card, url: String(new URL(card.weights.file, folder)) }),
  ]);
  const style = document.createElement("link");
  style.rel = "stylesheet";
  style.href = String(new URL("./panel.css", import.meta.url));
  document.head.append(style);
  panel(place, {
    engine,
    card,
    task: task(tools),
    worked: recorded.worked,
    hardest: recorded.hardest,
    families: recorded.families,
    means: {
      values: allUnpacked(recorded.means.values),
      over: `mean over ${recorded.means.n.toLocaleString("en")} inputs, sha256 ${recorded.means.sha256.slice(0, 12)} …`,
    },
    explanation: recorded.explanation && {
      sentence: explained.sentence,
      predict: explained.program(
        { weights, measured: allUnpacked(recorded.explanation.measured) },
        arithmetic,
      ),
    },
  });
}

/** @type {(url: URL) => Promise<any>} */
async function json(url) {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(`${url.pathname} cannot be fetched (${answer.status}).`);
  return answer.json();
}

/** @type {(all: Record<string, Packed>) => Record<string, {shape: number[], data: Float32Array}>} */
function allUnpacked(all) {
  return Object.fromEntries(Object.entries(all).map(([name, each]) => [name, unpacked(each)]));
}

/** @type {(packed: Packed) => {shape: number[], data: Float32Array}} */
function unpacked({ shape, float32 }) {
  const bytes = Uint8Array.from(atob(float32), (character) => character.charCodeAt(0));
  return { shape, data: new Float32Array(bytes.buffer) };
}
