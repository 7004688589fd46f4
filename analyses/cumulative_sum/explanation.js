/**
 * The explanation `mean_and_neurons` of explanations.py: attention is uniform, so that the mean of
 * the values so far is read, neurons amplify it around zero, and the unembedding reads the sign off
 * both.
 *
 * It agrees with the model always. So does the same in coarser numbers, which foresees fewer of the
 * answers that interventions change.
 */
export const name = "mean_and_neurons";
export const sentence =
  "Attention is even, so the mean of the values so far is read; neurons amplify it around zero, and the unembedding reads the sign off both.";

const LARGEST = 5;
const STEP = 0.1;

/**
 * @param {import("../../docs/live/arithmetic.js").Model} model
 * @param {import("../../docs/live/arithmetic.js").Arithmetic} arithmetic
 * @returns {import("../../docs/live/arithmetic.js").Program}
 */
export function program(model, arithmetic) {
  const { largest, scaled, sum, through } = arithmetic;
  const { neuron, logit, out } = tables(model, arithmetic);

  return (tokens) => {
    let total = 0;
    return tokens.map((token, place) => {
      total += token - LARGEST;
      const mean = total / (place + 1);
      const before = sum(scaled(neuron.slope, mean), neuron.level);
      const active = before.map((each) => Math.max(each, 0));
      return largest(sum(scaled(logit.slope, mean), logit.level, through(active, out)));
    });
  };
}

/**
 * What the mean does to each neuron and each logit, and what a neuron adds to each logit.
 *
 * @param {import("../../docs/live/arithmetic.js").Model} model
 * @param {import("../../docs/live/arithmetic.js").Arithmetic} arithmetic
 */
function tables({ weights }, arithmetic) {
  const { kept, matrices, mean, rows, scaled, sum, through, times } = arithmetic;
  const embedding = rows(weights["embed.W_E"]);
  const positions = rows(weights["pos_embed.W_pos"]);
  const unembedding = rows(weights["unembed.W_U"]);
  const [wV] = matrices(weights["blocks.0.attn.W_V"]);
  const [wO] = matrices(weights["blocks.0.attn.W_O"]);
  const wOut = rows(weights["blocks.0.mlp.W_out"]);
  const wIn = rows(weights["blocks.0.mlp.W_in"]);
  /** @param {string} bias */
  const row = (bias) => rows(weights[bias])[0];

  const bOv = sum(through(row("blocks.0.attn.b_V"), wO), row("blocks.0.attn.b_O"));
  const bOut = sum(through(row("blocks.0.mlp.b_out"), unembedding), row("unembed.b_U"));
  /** @param {Float64Array} resid What MLP and unembedding read. */
  const into = (resid) => ({ neuron: through(resid, wIn), logit: through(resid, unembedding) });

  const byToken = embedding.map((token) => into(through(through(token, wV), wO)));
  // The mean over positions of what each adds where it is, and through attention to all before it.
  const seen = positions.map((_, place) => mean(positions.slice(0, place + 1)));
  const read = through(through(mean(seen), wV), wO);
  const atPlaces = into(sum(mean(embedding), mean(positions), read, bOv));

  /**
   * @param {"neuron" | "logit"} kind
   * @param {Float64Array} bias
   */
  const line = (kind, bias) => {
    const ofTokens = byToken.map((each) => each[kind]);
    const values = ofTokens.map((_, token) => token - LARGEST);
    // Values are centred, so this is the slope of least squares.
    const squares = values.reduce((total, value) => total + value * value, 0);
    const slope = sum(...ofTokens.map((each, token) => scaled(each, values[token] / squares)));
    const level = sum(mean(ofTokens), atPlaces[kind], bias);
    return { slope: kept(slope, STEP), level: kept(level, STEP) };
  };
  return {
    neuron: line("neuron", row("blocks.0.mlp.b_in")),
    logit: line("logit", bOut),
    out: times(wOut, unembedding).map((each) => kept(each, STEP)),
  };
}
