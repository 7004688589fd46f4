/**
 * The explanation `everything` of explanations.py: each head spreads its attention over the values
 * to be sorted, SEP and the values sorted before, and copies what it reads there; token and
 * position of the query favour some answers by themselves.
 *
 * Of those that read tables off the weights it agrees with the model most often.
 */
export const name = "everything";
export const sentence =
  "Each head attends to every value as its scores say, those that were sorted before included, and copies what it attends to; the direct path adds its own.";

const LENGTH = 10;
const SEP = 51;
const STEP = 0.05;

/**
 * @param {import("../../docs/live/arithmetic.js").Model} model
 * @param {import("../../docs/live/arithmetic.js").Arithmetic} arithmetic
 * @returns {import("../../docs/live/arithmetic.js").Program}
 */
export function program(model, arithmetic) {
  const { largest, softmax } = arithmetic;
  const { heads, direct, directPlace } = tables(model, arithmetic);

  return (tokens) => {
    const values = tokens.slice(0, LENGTH);
    return values.map((_, label) => {
      const query = tokens[LENGTH + label];
      const written = tokens.slice(LENGTH + 1, LENGTH + 1 + label);
      const logits = Float64Array.from(direct[query], (d, t) => d + directPlace[label][t]);
      for (const { unsorted, sep, sorted } of heads) {
        const read = [
          ...values.map((value) => ({ from: unsorted, key: value })),
          { from: sep, key: 0 },
          ...written.map((value) => ({ from: sorted, key: value })),
        ];
        const scores = read.map(({ from, key }) => from.score[query][key] + from.place[label][key]);
        const attention = softmax(Float64Array.from(scores));
        for (const [place, { from, key }] of read.entries()) {
          for (const [answer, copied] of from.value[key].entries()) {
            logits[answer] += attention[place] * copied;
          }
        }
      }
      return largest(logits);
    });
  };
}

/**
 * What it writes down, by head what each kind of key scores and brings.
 *
 * @param {import("../../docs/live/arithmetic.js").Model} model
 * @param {import("../../docs/live/arithmetic.js").Arithmetic} arithmetic
 */
function tables({ weights, measured }, arithmetic) {
  const { kept, matrices, mean, normalised, rows, scaled, sum, through, times } = arithmetic;
  const embedding = rows(weights["embed.W_E"]);
  const positions = rows(weights["pos_embed.W_pos"]);
  const unembedding = rows(weights["unembed.W_U"]);
  const scale = measured.final_scale.data[0];
  const [wQ, wK, wV, wO] = ["Q", "K", "V", "O"].map((part) =>
    matrices(weights[`blocks.0.attn.W_${part}`]),
  );
  const [bQ, bK, bV] = ["Q", "K", "V"].map((part) => rows(weights[`blocks.0.attn.b_${part}`]));

  /**
   * What heads read of each token where the positional embedding is the mean of some.
   *
   * @param {number} first
   * @param {number} last
   */
  const reads = (first, last) => {
    const place = mean(positions.slice(first, last + 1));
    return embedding.map((token) => normalised(sum(token, place)));
  };
  const queries = Array.from({ length: LENGTH }, (_, label) =>
    reads(LENGTH + label, LENGTH + label),
  );
  const kinds = {
    unsorted: reads(0, LENGTH - 1).slice(0, SEP),
    sep: reads(LENGTH, LENGTH).slice(SEP),
    sorted: reads(LENGTH + 1, 2 * LENGTH - 1).slice(0, SEP),
  };

  /**
   * @param {number} head
   * @param {Float64Array[]} keys
   */
  const table = (head, keys) => {
    const shown = keys.map((key) => sum(through(key, wK[head]), bK[head]));
    const byKey = shown[0].map((_, i) => i);
    const transposed = Array.from(byKey, (i) => Float64Array.from(shown, (row) => row[i]));
    const byLabel = queries.map((query) =>
      query.map((row) => {
        const asked = sum(through(row, wQ[head]), bQ[head]);
        return scaled(through(asked, transposed), asked.length ** -0.5);
      }),
    );
    const value = keys.map((key) => {
      const moved = through(sum(through(key, wV[head]), bV[head]), wO[head]);
      return kept(scaled(through(moved, unembedding), 1 / scale), STEP);
    });
    const { score, place } = split(byLabel, arithmetic);
    return { score: score.map((row) => kept(row, STEP)), place, value };
  };
  const bias = sum(
    scaled(through(rows(weights["blocks.0.attn.b_O"])[0], unembedding), 1 / scale),
    rows(weights["unembed.b_U"])[0],
  );
  return {
    heads: wQ.map((_, head) => ({
      unsorted: table(head, kinds.unsorted),
      sep: table(head, kinds.sep),
      sorted: table(head, kinds.sorted),
    })),
    direct: times(embedding, unembedding).map((row) =>
      kept(sum(scaled(row, 1 / scale), bias), STEP),
    ),
    directPlace: times(positions.slice(LENGTH, 2 * LENGTH), unembedding).map((row) =>
      kept(scaled(row, 1 / scale), STEP),
    ),
  };
}

/**
 * Scores as a part that the query's token decides, and one that its label adds.
 *
 * @param {Float64Array[][]} byLabel
 * @param {import("../../docs/live/arithmetic.js").Arithmetic} arithmetic
 */
function split(byLabel, { kept, mean, scaled, sum }) {
  const later = byLabel.slice(1);
  const score = byLabel[0].map((atSep, token) =>
    token === SEP ? atSep : mean(later.map((at) => at[token])),
  );
  const place = byLabel.map((at, label) => {
    if (!label) return new Float64Array(at[0].length);
    // So many values are smaller, and so many larger.
    const last = SEP - 1 - (LENGTH - label);
    const rest = at.map((row, token) => sum(row, scaled(score[token], -1)));
    return kept(mean(rest.slice(label - 1, last + 1)), STEP);
  });
  return { score, place };
}
