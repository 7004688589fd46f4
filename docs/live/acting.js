// What a reader does to the model: parts taken away, and a part copied from another input.

import { choice, h } from "./dom.js";

/**
 * @typedef {import("./state.js").State} State
 * @typedef {import("./parts.js").Part} Part
 *
 * @typedef {object} Acting a fold of the panel.
 * @property {HTMLElement} box
 * @property {(state: State) => void} fill shows a state.
 */

/**
 * Switches for parts, and a field for those that have no switch.
 *
 * @param {Part[]} parts
 * @param {boolean} neurons whether the model has some.
 * @param {(change: Partial<State>) => void} change
 * @returns {Acting & {meant: (text: string) => void}} `meant` says what the means are over.
 */
export function takingAway(parts, neurons, change) {
  const switches = parts.map(({ name, label }) => {
    const box = /** @type {HTMLInputElement} */ (
      h("input", { type: "checkbox", onchange: () => change({ off: chosen() }) })
    );
    return { name, box, label: h("label", { class: "live__switch" }, box, label) };
  });
  const others = /** @type {HTMLInputElement} */ (
    h("input", {
      id: "live-others",
      autocomplete: "off",
      oninput: () => change({ off: chosen() }),
    })
  );
  const how = choice(
    "live-how",
    [
      ["mean", "their mean"],
      ["zero", "zero"],
    ],
    (value) => change({ how: value === "zero" ? "zero" : "mean" }),
  );
  const over = h("span", { class: "live__hint" });
  const chosen = () => [
    ...switches.filter(({ box }) => box.checked).map(({ name }) => name),
    ...others.value.split(/[\s,]+/).filter(Boolean),
  ];
  const example = neurons
    ? "n0.17 for a neuron, n0.3-40 for several, at3 for a position"
    : "at3 for a position";
  const box = h(
    "details",
    { class: "live__fold" },
    h("summary", {}, "Take parts away"),
    h(
      "div",
      { class: "live__switches", role: "group", "aria-label": "Parts taken away" },
      ...switches.map(({ label }) => label),
    ),
    h("label", { htmlFor: others.id }, `Others, by name: ${example}`),
    others,
    h("label", { htmlFor: how.id }, "In their place "),
    how,
    " ",
    over,
  );
  return {
    box,
    fill: (state) => {
      const known = new Set(switches.map(({ name }) => name));
      for (const { name, box } of switches) box.checked = state.off.includes(name);
      others.value = state.off.filter((name) => !known.has(name)).join(" ");
      how.value = state.how;
      if (state.off.length) box.toggleAttribute("open", true);
    },
    meant: (text) => {
      over.textContent = text;
    },
  };
}

/**
 * A second input, and what is copied from it.
 *
 * @param {Part[]} parts
 * @param {(change: Partial<State>) => void} change
 * @returns {Acting}
 */
export function copying(parts, change) {
  const other = /** @type {HTMLInputElement} */ (
    h("input", {
      id: "live-other",
      autocomplete: "off",
      oninput: () => change({ other: other.value }),
    })
  );
  const from = choice(
    "live-from",
    [
      ["", "nothing"],
      ...parts.map(({ name, label }) => /** @type {[string, string]} */ ([name, label])),
    ],
    (value) => change({ from: value }),
  );
  const box = h(
    "details",
    { class: "live__fold" },
    h("summary", {}, "Copy a part from another input"),
    h("label", { htmlFor: other.id }, "The other input, as long as the first"),
    other,
    h("label", { htmlFor: from.id }, "What is copied from it "),
    from,
  );
  return {
    box,
    fill: (state) => {
      other.value = state.other;
      const options = [...from.options].map(({ value }) => value);
      // An address can name a part that has no option, such as a single neuron.
      if (!options.includes(state.from)) {
        from.append(h("option", { value: state.from }, state.from));
      }
      from.value = state.from;
      if (state.other) box.toggleAttribute("open", true);
    },
  };
}
