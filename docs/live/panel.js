// The panel: an input, what the model says to it, what is inside, and what happens without parts.

import { copying, takingAway } from "./acting.js";
import { answersOf, answerTable, inShort } from "./answers.js";
import { table as besideTable, tallying } from "./beside.js";
import { searching } from "./breaking.js";
import { h } from "./dom.js";
import { Superseded } from "./engine.js";
import { attentionMaps, attributionTable } from "./inside.js";
import { meansOver } from "./means.js";
import { ownCheckpoint } from "./own.js";
import { copied, partsOf, without } from "./parts.js";
import * as address from "./state.js";
import { typing } from "./typing.js";
import { voice } from "./voice.js";

/**
 * @typedef {import("./state.js").State} State
 * @typedef {import("./types.js").Activations} Activations
 * @typedef {import("./types.js").Tensor} Tensor
 *
 * @typedef {object} Means what parts are replaced by.
 * @property {Record<string, Tensor>} values by hook point, position by position.
 * @property {string} over what they are means of, in words.
 *
 * @typedef {object} Given what a panel is made of.
 * @property {import("./engine.js").Engine} engine that has opened the checkpoint.
 * @property {import("./types.js").Card} card
 * @property {import("./toolbox.js").Task} task
 * @property {number[]} worked
 * @property {number[][] | null} hardest
 * @property {import("./parts.js").Family[]} families
 * @property {Means} means
 * @property {{sentence: string, predict: (tokens: number[]) => (number | null)[]} | null} explanation
 */

const PAUSE = 60;
/** Milliseconds without a key after which an address is written; browsers count these. */
const SAMPLED = 128;
/** Inputs that the means of a reader's own checkpoint are over. */

/**
 * Fills a section with the panel.
 *
 * @param {HTMLElement} place
 * @param {Given} given
 */
export function panel(place, given) {
  const { card, task, worked, hardest, families, explanation } = given;
  const sizes = card.architecture;
  let { engine, means } = given;
  /** @type {State} */
  const state = address.read(location.hash) ?? { ...address.AFRESH, text: task.show(worked) };
  const parts = partsOf(sizes, families);
  const heard = voice();
  const verdict = h("p", { class: "live__verdict" });
  const said = h("div", { class: "live__answers" });
  const beside = h("div", { class: "live__beside" });
  const inside = h("div", { class: "live__looking" });

  const field = typing(
    task,
    { worked, hardest },
    (text, whole) => {
      change(whole ? { text, ask: 0 } : { text });
      if (whole) field.fill(text);
    },
    share,
  );
  const away = takingAway(parts, Boolean(sizes.d_mlp), change);
  const copy = copying(parts, change);
  const search = hardest
    ? searching(
        () => engine,
        task,
        (text) => {
          change({ text, ask: 0 });
          field.fill(text);
        },
        heard.say,
      )
    : null;
  const tally = explanation ? tallying(() => engine, task, explanation.predict, heard.say) : null;
  const own = ownCheckpoint(card, useInstead, heard.say);

  const shown = [
    field.box,
    verdict,
    said,
    beside,
    tally?.box,
    inside,
    away.box,
    copy.box,
    search?.box,
    own.box,
    heard.box,
  ];
  place.replaceChildren(...shown.filter((part) => part !== undefined));
  place.addEventListener("dragover", (event) => event.preventDefault());
  place.addEventListener("drop", (event) => {
    event.preventDefault();
    const dropped = event.dataTransfer?.files[0];
    if (dropped) own.read(dropped);
  });
  addEventListener("hashchange", () => {
    const led = address.read(location.hash);
    if (led) {
      fill(led);
      change(led);
    }
  });

  /** @param {State} now */
  function fill(now) {
    field.fill(now.text);
    away.fill(now);
    copy.fill(now);
  }

  /** @param {Partial<State>} changed */
  function change(changed) {
    Object.assign(state, changed);
    update();
  }

  function remember() {
    history.replaceState(null, "", `#${address.written(state)}`);
  }

  async function share() {
    remember();
    try {
      await navigator.clipboard.writeText(location.href);
      tell("The address of what you see is copied.");
    } catch {
      tell("Your browser does not let the page copy it: what you see is the address of this page.");
    }
  }

  /** @param {string} text */
  function tell(text) {
    verdict.textContent = text;
    heard.say(text);
  }

  /** @param {import("./engine.js").Engine} opened */
  async function useInstead(opened) {
    const points = Object.keys(means.values);
    const values = await meansOver(opened, task, points, sizes.n_ctx, SAMPLED, Math.random);
    means = { values, over: `mean over ${SAMPLED} random inputs` };
    away.meant(means.over);
    search?.forget();
    tally?.forget();
    engine.close();
    engine = opened;
    update();
  }

  let asks = 0;
  let saving = 0;
  /** Asks the model, unless a later change has asked meanwhile. */
  async function update() {
    const turn = ++asks;
    clearTimeout(saving);
    saving = setTimeout(remember, PAUSE);
    const read = task.read(state.text);
    blame("fault" in read ? read.fault : "");
    if ("fault" in read) return;
    const { tokens } = read;
    try {
      const changes = await interventions(tokens);
      const before = await engine.run([tokens], [], "before");
      const after = changes.length ? await engine.run([tokens], changes, "after") : before;
      if (turn === asks) await show(tokens, before, after, changes);
    } catch (error) {
      if (turn !== asks || error instanceof Superseded) return;
      blame(/** @type {Error} */ (error).message);
    }
  }

  /** Says what is wrong, if anything; what is shown is then about another input. */
  function blame(/** @type {string} */ fault) {
    field.blame(fault);
    for (const part of [verdict, said, beside, inside]) part.inert = fault !== "";
    if (fault) heard.say(fault);
  }

  /** @param {number[]} tokens */
  async function interventions(tokens) {
    const put = state.how === "mean" ? means.values : null;
    const chosen = without(state.off, parts, sizes, tokens.length, put);
    if (!state.other || !state.from) return chosen;
    const read = task.read(state.other);
    if ("fault" in read) throw new Error(`The other input: ${read.fault}`);
    if (read.tokens.length !== tokens.length) {
      throw new Error("The other input is not as long as the first.");
    }
    const donor = await engine.run([read.tokens]);
    return [...chosen, copied(state.from, parts, sizes, tokens.length, donor)];
  }

  /** @type {{box: HTMLElement, show: (found: Activations) => void} | null} */
  let maps = null;
  let mapped = "";

  /**
   * @param {number[]} tokens
   * @param {Activations} before
   * @param {Activations} after
   * @param {import("./types.js").Intervention[]} changes
   */
  async function show(tokens, before, after, changes) {
    const asked = task.asked(tokens);
    if (!asked.length) {
      tell("Nothing is asked of the model at this input.");
      for (const part of [said, beside, inside]) part.replaceChildren();
      maps = null;
      return;
    }
    state.ask = Math.min(state.ask, asked.length - 1);
    const read = tokens.map((token) => task.vocabulary[token]);
    const now = answersOf(logitsOf(after), asked);
    const then = changes.length ? answersOf(logitsOf(before), asked) : null;
    const words = { read, classes: task.classes };
    tell(then ? `${inShort(now)} Before: ${inShort(then)}` : inShort(now));
    const focused = said.contains(document.activeElement);
    said.replaceChildren(
      answerTable(now, then, asked, words, state.ask, (ask) => {
        state.ask = ask;
        show(tokens, before, after, changes);
        remember();
      }),
    );
    if (focused) said.querySelectorAll("button")[state.ask]?.focus();
    if (explanation) {
      beside.replaceChildren(
        besideTable(explanation, then ?? now, asked, words, explanation.predict(tokens)),
      );
    }
    const { position } = asked[state.ask];
    if (!maps || mapped !== read.join(" ")) {
      mapped = read.join(" ");
      maps = attentionMaps(sizes, read, position);
      inside.replaceChildren(maps.box, h("div"));
    }
    maps.show(after);
    const { said: one, next: against, isRight } = now[state.ask];
    const rival = isRight === false ? asked[state.ask].right[0] : against;
    const terms = await engine.attribution({
      tokens,
      interventions: changes,
      position,
      of: one,
      against: rival,
      place: "attribution",
    });
    const of = `at ${read[position]}, why ${task.classes[one]} rather than ${task.classes[rival]}`;
    inside.lastElementChild?.replaceWith(attributionTable(terms, of));
  }

  fill(state);
  away.meant(means.over);
  update();
}

/** @type {(found: Activations) => import("./types.js").Activation} */
function logitsOf(found) {
  const logits = found.get("logits");
  if (!logits) throw new Error("The engine gave no logits.");
  return logits;
}
