/**
 * The model as the page asks it: a worker, and promises of what it replies.
 */

/** @typedef {import("./types.js").Activation} Activation */
/** @typedef {import("./types.js").Activations} Activations */
/** @typedef {import("./types.js").Architecture} Architecture */
/** @typedef {import("./types.js").Asked} Asked */
/** @typedef {import("./types.js").Intervention} Intervention */
/** @typedef {import("./types.js").Open} Open */
/** @typedef {import("./types.js").Tensor} Tensor */
/** @typedef {import("./types.js").Weights} Weights */

/** What a promise is rejected with when a newer request for the same place came before it ran. */
export class Superseded extends Error {}

export class Engine {
  /** @type {Map<number, {resolve: (answer: any) => void, reject: (error: Error) => void}>} */
  #asked = new Map();
  #worker = new Worker(new URL("./worker.js", import.meta.url), { type: "module" });
  #last = 0;

  constructor() {
    this.#worker.addEventListener("message", ({ data }) => {
      const { id, answer, fault, superseded } = data;
      const promise = this.#asked.get(id);
      this.#asked.delete(id);
      if (superseded) promise?.reject(new Superseded());
      else if (fault !== undefined) promise?.reject(new Error(fault));
      else promise?.resolve(answer);
    });
    this.#worker.addEventListener("error", ({ message }) => {
      this.#fail(new Error(`The model cannot run here${message ? `: ${message}` : ""}.`));
    });
  }

  /**
   * Read a checkpoint; what is asked before it is there waits. One that is refused leaves the
   * model of before.
   *
   * @param {Omit<Open, "id" | "kind">} what
   * @returns {Promise<{sha256: string, weights: Weights, architecture: Architecture}>} The
   *   architecture is the card's, but for the sizes of a checkpoint of the reader's own.
   */
  open(what) {
    return this.#ask({ kind: "open", ...what });
  }

  /**
   * Every activation of sequences of one length, and `logits`.
   *
   * @param {number[][]} tokens
   * @param {Intervention[]} [interventions]
   * @param {string} [place] Of what is shown: a newer request for it makes this one needless.
   * @returns {Promise<Activations>}
   */
  run(tokens, interventions = [], place = undefined) {
    return this.#ask({ kind: "run", tokens, interventions, place });
  }

  /**
   * The logits alone, which is faster.
   *
   * @param {number[][]} tokens
   * @param {Intervention[]} [interventions]
   * @param {string} [place]
   * @returns {Promise<Activation>} `[sequence, pos, d_vocab_out]`
   */
  logits(tokens, interventions = [], place = undefined) {
    return this.#ask({ kind: "logits", tokens, interventions, place });
  }

  /**
   * The loss in nats, summed over the asked positions, and its gradient by the one-hot input.
   *
   * @param {number[]} tokens
   * @param {Asked[]} asked
   * @param {string} [place]
   * @returns {Promise<{loss: number, gradient: Tensor}>}
   */
  loss(tokens, asked, place = undefined) {
    return this.#ask({ kind: "loss", tokens, asked, place });
  }

  /**
   * Direct logit attribution of one prediction.
   *
   * @param {{tokens: number[], interventions?: Intervention[], position: number, of: number,
   *   against?: number, place?: string}} what
   * @returns {Promise<import("./attribution.js").Share[]>}
   */
  attribution(what) {
    return this.#ask({ kind: "attribution", interventions: [], ...what });
  }

  /** End the worker; what it was still asked for is rejected. */
  close() {
    this.#worker.terminate();
    this.#fail(new Superseded());
  }

  /** @param {Error} error */
  #fail(error) {
    for (const { reject } of this.#asked.values()) reject(error);
    this.#asked.clear();
  }

  /**
   * @param {import("./types.js").RequestBody} what
   * @returns {Promise<any>}
   */
  #ask(what) {
    this.#last += 1;
    const id = this.#last;
    return new Promise((resolve, reject) => {
      this.#asked.set(id, { resolve, reject });
      this.#worker.postMessage({ id, ...what });
    });
  }
}
