/**
 * The model in a thread of its own, so that the page stays free while it computes.
 *
 * The page sends a `Request`; a reply has the `id` of what it replies to and either what was asked
 * for, or a `fault` in a sentence, or `superseded`. See `engine.js`, which sends them.
 */

import { directLogitAttribution } from "./attribution.js";
import { architectureOf, processed } from "./checkpoint.js";
import { sha256 } from "./digest.js";
import { readSafetensors } from "./safetensors.js";

/** @typedef {import("./types.js").Request} Request */
/** @typedef {import("./types.js").Weights} Weights */
/** @typedef {import("./forward.js").Model} Model */
/** @typedef {import("./types.js").Architecture} Architecture */
/**
 * @typedef {{model: Model, weights: Weights, architecture: Architecture, sha256: string}} Opened
 */

/** @type {Request[]} */
const waiting = [];
/** @type {Opened | undefined} */
let opened;
let busy = false;

addEventListener("message", ({ data }) => {
  waiting.push(data);
  if (!busy) answerAll();
});

/** One after the other; what a newer request makes needless is not computed. */
async function answerAll() {
  busy = true;
  for (let request = waiting.shift(); request; request = waiting.shift()) {
    const { id, place } = request;
    if (place !== undefined && waiting.some((newer) => newer.place === place)) {
      postMessage({ id, superseded: true });
      continue;
    }
    try {
      postMessage({ id, answer: await answered(request) });
    } catch (error) {
      postMessage({ id, fault: error instanceof Error ? error.message : String(error) });
    }
    // Messages that came meanwhile are let in.
    await new Promise((done) => setTimeout(done));
  }
  busy = false;
}

/** @param {Request} request */
async function answered(request) {
  if (request.kind === "open") {
    const before = opened;
    opened = await open(request);
    before?.model.dispose();
    const { model, ...told } = opened;
    return told;
  }
  if (!opened) throw new Error("No model was opened.");
  const { model, weights } = opened;
  switch (request.kind) {
    case "run":
      return model.run(request.tokens, request.interventions);
    case "logits":
      return model.logits(request.tokens, request.interventions);
    case "loss":
      return model.loss(request.tokens, request.asked);
    case "attribution": {
      const { tokens, interventions, position, of, against } = request;
      const activations = await model.run([tokens], interventions);
      return directLogitAttribution(activations, weights, position, of, against);
    }
  }
}

/**
 * Read the checkpoint of a problem, or one that the reader gives.
 *
 * @param {import("./types.js").Open} request
 * @returns {Promise<Opened>}
 */
async function open({ card, url, bytes, device }) {
  // The library that computes is large: both are fetched at once.
  const [file, { compile }] = await Promise.all([
    bytes ?? fetched(url ?? card.weights.file),
    import("./forward.js"),
  ]);
  const digest = await sha256(file);
  if (!bytes && digest !== card.weights.sha256) {
    throw new Error(
      `The weights that were fetched are not those of this page: their sha256 is ${digest}, the ` +
        `card says ${card.weights.sha256}. Load the page anew.`,
    );
  }
  const tensors = readSafetensors(file);
  const architecture = architectureOf(tensors, card.architecture);
  const weights = processed(tensors, { ...card, architecture });
  const model = await compile(weights, architecture, device);
  return { model, weights, architecture, sha256: digest };
}

/** @param {string} url */
async function fetched(url) {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url} cannot be fetched: ${response.status}.`);
  return response.arrayBuffer();
}
