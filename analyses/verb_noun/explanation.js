/**
 * The explanation `trigrams` of explanations.py: each head looks at the verb and raises its place.
 *
 * It is wrong three times in four, and that is what there is to see: of the programs that agree
 * more often one knows the task alone, and the other is the model itself, rounded. It speaks of
 * prompts that end before a place which the verb decides, and says nothing elsewhere.
 */
export const name = "trigrams";
export const sentence =
  "Each head looks at the verb and raises its place by itself: a table of skip trigrams, without the MLP.";

const STEP = Math.fround(0.02);
/** The tokens that a slot may hold, the first and the last.
 * @type {Record<string, [number, number]>} */
const SLOTS = {
  START: [0, 0],
  in: [1, 1],
  the: [2, 2],
  with: [3, 3],
  and: [4, 4],
  SUBJECT: [11, 25],
  PEOPLE: [14, 25],
  ADVERB: [26, 35],
  TIME: [36, 41],
  VERB: [42, 81],
  PLACE: [82, 107],
};
const PROMPTS = [
  "START SUBJECT VERB ADVERB in the",
  "START SUBJECT ADVERB VERB in the",
  "START TIME SUBJECT VERB in the",
  "START TIME SUBJECT VERB ADVERB in the",
  "START SUBJECT VERB with PEOPLE in the",
  "START SUBJECT VERB ADVERB with PEOPLE in the",
  "START SUBJECT VERB ADVERB and ADVERB with PEOPLE in the",
].map((slots) => slots.split(" "));

/**
 * @param {import("../../docs/live/arithmetic.js").Model} model
 * @param {import("../../docs/live/arithmetic.js").Arithmetic} arithmetic
 * @returns {import("../../docs/live/arithmetic.js").Program}
 */
export function program(model, arithmetic) {
  const tablesOf = PROMPTS.map((slots, prompt) => tables(model, slots, prompt, arithmetic));

  return (tokens) => {
    const prompt = PROMPTS.findIndex((slots) => fits(tokens, slots));
    if (prompt < 0) return [null];
    const { trigrams, usual } = tablesOf[prompt];
    const verb = tokens[PROMPTS[prompt].indexOf("VERB")] - SLOTS.VERB[0];
    // All are multiples of one step, and often two places come out alike: then it is decided by
    // how single precision rounds, one head after the other.
    const said = usual.map((ofPlace, place) => {
      const added = trigrams.reduce((sum, ofHead) => Math.fround(sum + ofHead[verb][place]), 0);
      return Math.fround(added + ofPlace);
    });
    return [SLOTS.PLACE[0] + arithmetic.largest(said)];
  };
}

/**
 * Whether a prompt has these slots. A second verb may stand for an adverb.
 *
 * @param {number[]} tokens
 * @param {string[]} slots
 */
function fits(tokens, slots) {
  const kinds = slots.map((slot) => (slot === "ADVERB" ? [slot, "VERB"] : [slot]));
  /** @param {number} token
   * @param {string} slot */
  const holds = (token, slot) => token >= SLOTS[slot][0] && token <= SLOTS[slot][1];
  return (
    tokens.length === slots.length &&
    tokens.every((token, position) => kinds[position].some((slot) => holds(token, slot)))
  );
}

/**
 * What each head adds to the logit of each place for each verb, less the mean over verbs, and what
 * the last word itself says of places; the MLP left out.
 *
 * @param {import("../../docs/live/arithmetic.js").Model} model
 * @param {string[]} slots
 * @param {number} prompt Which of the prompts has them.
 * @param {import("../../docs/live/arithmetic.js").Arithmetic} arithmetic
 */
function tables({ weights, measured }, slots, prompt, arithmetic) {
  const { dot, kept, matrices, mean, normalised, rows, scaled, sum, through, times } = arithmetic;
  const embedding = rows(weights["embed.W_E"]);
  const positions = rows(weights["pos_embed.W_pos"]);
  const [first, last] = SLOTS.PLACE;
  const unembedding = rows(weights["unembed.W_U"]).map((row) => row.slice(first, last + 1));
  const [bU] = rows(weights["unembed.b_U"]).map((row) => row.slice(first, last + 1));
  const scale = measured.final_scale.data[prompt];
  const [wQ, wK, wV, wO] = ["Q", "K", "V", "O"].map((part) =>
    matrices(weights[`blocks.0.attn.W_${part}`]),
  );
  const [bQ, bK, bV] = ["Q", "K", "V"].map((part) => rows(weights[`blocks.0.attn.b_${part}`]));

  const end = slots.length - 1;
  const at = slots.indexOf("VERB");
  /** What heads read of the words that a slot may hold. */
  const read = slots.map((slot, position) =>
    embedding
      .slice(SLOTS[slot][0], SLOTS[slot][1] + 1)
      .map((word) => normalised(sum(word, positions[position]))),
  );
  const trigrams = wQ.map((_, head) => {
    const query = sum(through(read[end][0], wQ[head]), bQ[head]);
    const weightsOf = read.map((words) =>
      times(words, wK[head]).map((key) =>
        Math.exp(dot(sum(key, bK[head]), query) / Math.sqrt(query.length)),
      ),
    );
    const usual = weightsOf.map(
      (each) => each.reduce((total, one) => total + one, 0) / each.length,
    );
    const others = usual.reduce((total, each, p) => (p === at ? total : total + each), 0);
    const moved = times(times(read[at], wV[head]), wO[head]).map((row, verb) => {
      const attention = weightsOf[at][verb] / (weightsOf[at][verb] + others);
      return scaled(through(row, unembedding), attention / scale);
    });
    const level = scaled(mean(moved), -1);
    return moved.map((row) => kept(sum(row, level), STEP).map(Math.fround));
  });
  const values = wO.map((matrix, head) => through(bV[head], matrix));
  const rest = sum(
    embedding[SLOTS.the[0]],
    positions[end],
    ...values,
    rows(weights["blocks.0.attn.b_O"])[0],
  );
  const usual = kept(sum(scaled(through(rest, unembedding), 1 / scale), bU), STEP);
  return { trigrams, usual: usual.map(Math.fround) };
}
