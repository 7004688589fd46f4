// Where heads look, and which parts speak for a prediction.

import { signed } from "./answers.js";
import { total } from "./attribution.js";
import { h, table } from "./dom.js";

/**
 * @typedef {import("./types.js").Activations} Activations
 * @typedef {import("./types.js").Architecture} Architecture
 */

const MOST = 3;
/** Tokens that are named as what a head looks at. */

/**
 * The attention patterns of all heads; pointing at a token, or moving the focus to it, shows what is
 * looked at from there.
 *
 * @param {Architecture} sizes
 * @param {string[]} read what each token of the input is called.
 * @param {number} from the token that is looked from at first.
 * @returns {{box: HTMLElement, show: (found: Activations) => void}}
 */
export function attentionMaps(sizes, read, from) {
  const length = read.length;
  const heads = [];
  for (let layer = 0; layer < sizes.n_layers; layer++) {
    for (let head = 0; head < sizes.n_heads; head++) heads.push({ layer, head });
  }
  const drawn = heads.map(({ layer, head }) => {
    const canvas = /** @type {HTMLCanvasElement} */ (
      h("canvas", { width: length, height: length, role: "img" })
    );
    const said = h("p", { class: "live__looks" });
    const name = `${layer}.${head}`;
    const box = h(
      "div",
      { class: "live__head" },
      h("h4", {}, `head ${name}`),
      h("div", { class: "live__map" }, canvas),
      said,
    );
    return { name, layer, head, canvas, said, box };
  });
  let seen = from;
  /** @type {Activations | null} */
  let found = null;

  const tell = () => {
    for (const [number, button] of tokens.entries()) {
      button.setAttribute("aria-pressed", String(number === seen));
    }
    if (!found) return;
    for (const { name, layer, head, canvas, said } of drawn) {
      const row = rowOf(found, layer, head, seen, length);
      const order = [...row.keys()].sort((one, other) => row[other] - row[one]).slice(0, MOST);
      const words = order
        .map((key) => ({ word: read[key], share: Math.round(100 * row[key]) }))
        .filter(({ share }) => share > 0)
        .map(({ word, share }) => `${word} (${share} %)`)
        .join(", ");
      said.textContent = words;
      canvas.setAttribute("aria-label", `Head ${name}, from ${read[seen]}: ${words}`);
      paint(canvas, found, layer, head, seen, length);
    }
  };
  const look = (/** @type {number} */ number) => {
    seen = number;
    tell();
  };
  const tokens = read.map((word, number) =>
    h(
      "button",
      {
        type: "button",
        onclick: () => look(number),
        onfocus: () => look(number),
        onpointerenter: () => look(number),
      },
      word,
    ),
  );
  const strip = h(
    "div",
    { class: "live__tokens", role: "group", "aria-label": "Look from" },
    ...tokens,
  );
  const box = h(
    "div",
    { class: "live__inside" },
    h("p", { class: "live__hint" }, "Look from a token; rows look at columns:"),
    strip,
    h("div", { class: "live__heads" }, ...drawn.map(({ box }) => box)),
  );
  return {
    box,
    show: (activations) => {
      found = activations;
      tell();
    },
  };
}

/** @type {(found: Activations, layer: number, head: number, query: number, length: number) => Float32Array} */
function rowOf(found, layer, head, query, length) {
  const pattern = found.get(`blocks.${layer}.attn.hook_pattern`);
  if (!pattern) throw new Error(`The pattern of layer ${layer} is not known.`);
  const start = (head * length + query) * length;
  return pattern.data.subarray(start, start + length);
}

/** @type {(canvas: HTMLCanvasElement, found: Activations, layer: number, head: number, seen: number, length: number) => void} */
function paint(canvas, found, layer, head, seen, length) {
  // Black, and more or less of it: the style makes ink of it, in whatever scheme.
  const pixels = new ImageData(length, length);
  for (let query = 0; query < length; query++) {
    const row = rowOf(found, layer, head, query, length);
    // The row that is looked from stands out.
    const most = query === seen ? 255 : 140;
    for (let key = 0; key <= query; key++) {
      pixels.data[4 * (query * length + key) + 3] = Math.round(row[key] * most);
    }
  }
  canvas.getContext("2d")?.putImageData(pixels, 0, 0);
}

/**
 * Direct logit attribution as bars, largest first, which are a table as well.
 *
 * @param {{part: string, logit: number}[]} parts
 * @param {string} of what they add up to, in words.
 * @returns {HTMLElement}
 */
export function attributionTable(parts, of) {
  const largest = Math.max(...parts.map(({ logit }) => Math.abs(logit)), 1e-9);
  const rows = parts.map(({ part, logit }) => {
    const drawn = h("span", { class: `live__term live__term--${logit < 0 ? "less" : "more"}` });
    drawn.style.setProperty("--share", (Math.abs(logit) / largest).toFixed(4));
    return { cells: [part, h("span", { class: "live__sum" }, drawn), signed(logit)] };
  });
  rows.push({ cells: ["all", "", signed(total(parts))] });
  return table(`Direct logit attribution: ${of}`, ["part", "", "logits"], rows);
}
