/**
 * The explanation `sixteen_painters` of explanations.py: heads attend to X, Y and Z, and sixteen
 * neurons paint the rows with what they bring.
 *
 * It agrees with the model more often than any other that is read off it, and where the answer key
 * does not help: near the boundaries and on mistakes.
 */
export const name = "sixteen_painters";
export const sentence =
  "Heads attend to X, Y and Z, and sixteen neurons paint the plane with what they bring.";

const SIDE = 113;
const [BLUE, RED] = [0, 1];
const STEP = 0.01;

/**
 * @param {import("../../docs/live/arithmetic.js").Model} model
 * @param {import("../../docs/live/arithmetic.js").Arithmetic} arithmetic
 * @returns {import("../../docs/live/arithmetic.js").Program}
 */
export function program(model, arithmetic) {
  const { dot, scaled, softmax, sum } = arithmetic;
  const { heads, rest, bias, sign } = tables(model, arithmetic);

  return ([x, y]) => {
    let brought = sum(rest, bias);
    for (const { score, placeScore, token, place } of heads) {
      const atX = score[x] + placeScore[0];
      const atY = score[y] + placeScore[1];
      const [toX, toY, toZ] = softmax(Float64Array.of(atX, atY, 0));
      const ofX = scaled(sum(token[x], place[0]), toX);
      const ofY = scaled(sum(token[y], place[1]), toY);
      brought = sum(brought, ofX, ofY, scaled(place[2], toZ));
    }
    const painted = brought.map((each) => Math.max(each, 0));
    return [dot(painted, sign) > 0 ? RED : BLUE];
  };
}

/**
 * What each head scores, relative to Z, and brings to the neurons, in logits of red over blue.
 *
 * @param {import("../../docs/live/arithmetic.js").Model} model
 * @param {import("../../docs/live/arithmetic.js").Arithmetic} arithmetic
 */
function tables({ weights, measured }, arithmetic) {
  const { dot, kept, matrices, rows, sum, through, times } = arithmetic;
  const embedding = rows(weights["embed.W_E"]);
  const positions = rows(weights["pos_embed.W_pos"]);
  const numbers = embedding.slice(0, SIDE);
  const atZ = sum(embedding[SIDE], positions[2]);
  const red = Float64Array.from(rows(weights["unembed.W_U"]), (row) => row[RED] - row[BLUE]);

  const neurons = Array.from(measured.neurons.data);
  const wOut = rows(weights["blocks.0.mlp.W_out"]);
  const paints = neurons.map((neuron) => dot(wOut[neuron], red));
  /** Weights, and biases, each times what a unit of the neuron's activation adds, in size. */
  const ofNeurons = rows(weights["blocks.0.mlp.W_in"]).map((row) =>
    Float64Array.from(neurons, (neuron, n) => row[neuron] * Math.abs(paints[n])),
  );
  const biases = rows(weights["blocks.0.mlp.b_in"])[0];
  const bias = Float64Array.from(neurons, (neuron, n) => biases[neuron] * Math.abs(paints[n]));

  const [wQ, wK, wV, wO] = ["Q", "K", "V", "O"].map((part) =>
    matrices(weights[`blocks.0.attn.W_${part}`]),
  );
  const bQ = rows(weights["blocks.0.attn.b_Q"]);
  const bV = rows(weights["blocks.0.attn.b_V"]);
  const moved = wO.map((matrix, head) => through(bV[head], matrix));
  const bO = sum(...moved, rows(weights["blocks.0.attn.b_O"])[0]);

  /** @param {number} head */
  const ofHead = (head) => {
    const query = sum(through(atZ, wQ[head]), bQ[head]);
    /** @param {Float64Array[]} keys */
    const scores = (keys) =>
      Float64Array.from(times(keys, wK[head]), (key) => dot(key, query) / Math.sqrt(key.length));
    /** @param {Float64Array[]} sources */
    const brings = (sources) =>
      times(times(times(sources, wV[head]), wO[head]), ofNeurons).map((row) => kept(row, STEP));
    const [ofX, ofY, ofZ] = scores([positions[0], positions[1], atZ]);
    return {
      score: kept(scores(numbers), STEP),
      placeScore: kept(Float64Array.of(ofX - ofZ, ofY - ofZ), STEP),
      token: brings(numbers),
      place: brings([positions[0], positions[1], atZ]),
    };
  };
  return {
    heads: wQ.map((_, head) => ofHead(head)),
    rest: kept(through(sum(atZ, bO), ofNeurons), STEP),
    bias: kept(bias, STEP),
    sign: Float64Array.from(paints, Math.sign),
  };
}
