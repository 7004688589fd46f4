// What a reader has set up, and the address that says so.

/**
 * @typedef {object} State
 * @property {string} text what is typed.
 * @property {string[]} off parts that are taken away, by their names.
 * @property {"mean" | "zero"} how what is put in their place.
 * @property {string} other a second input; empty: none.
 * @property {string} from the part that is copied from the second input; empty: none.
 * @property {number} ask which of the predictions is looked into, counted from 0.
 */

const MARK = "live?";
/** @type {State} */
export const AFRESH = { text: "", off: [], how: "mean", other: "", from: "", ask: 0 };

/**
 * The part of an address behind `#` that leads back to a state; what is as it begins is left out.
 *
 * @param {State} state
 * @returns {string}
 */
export function written(state) {
  const said = new URLSearchParams({ in: state.text });
  if (state.off.length) said.set("off", state.off.join(" "));
  if (state.how !== AFRESH.how) said.set("how", state.how);
  if (state.other) said.set("other", state.other);
  if (state.from) said.set("from", state.from);
  if (state.ask) said.set("ask", String(state.ask));
  return MARK + said;
}

/**
 * The state that an address leads to; null if it does not speak of one.
 *
 * @param {string} hash with `#` or without.
 * @returns {State | null}
 */
export function read(hash) {
  const text = hash.replace(/^#/, "");
  if (!text.startsWith(MARK)) return null;
  const said = new URLSearchParams(text.slice(MARK.length));
  const ask = Number(said.get("ask"));
  return {
    text: said.get("in") ?? AFRESH.text,
    off: (said.get("off") ?? "").split(" ").filter(Boolean),
    how: said.get("how") === "zero" ? "zero" : "mean",
    other: said.get("other") ?? "",
    from: said.get("from") ?? "",
    ask: Number.isInteger(ask) && ask > 0 ? ask : 0,
  };
}
