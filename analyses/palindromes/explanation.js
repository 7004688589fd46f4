/**
 * The explanation `content` of explanations.py: what the head that compares moves to each place, and
 * the value that stands there, make its score and its value for each head of layer 1; END spreads
 * its attention over places by their scores, with one more for the rest, and adds up values.
 *
 * On single changes it agrees with the model most often, and it foresees most of its mistakes.
 */
export const name = "content";
export const sentence =
  "What the comparing head brings to a place makes its score and its value, and END reads by these.";

const HALF = 10;
const START = 31;
const [NO, YES] = [0, 1];
const STEP = 0.05;

/**
 * @param {import("../../docs/live/arithmetic.js").Model} model
 * @param {import("../../docs/live/arithmetic.js").Arithmetic} arithmetic
 * @returns {import("../../docs/live/arithmetic.js").Program}
 */
export function program(model, arithmetic) {
  const { dot, scaled, softmax, sum } = arithmetic;
  const found = tables(model, arithmetic);
  const { asks, shows, moves, stands, scaleLevel, scaleSlope, bias, readers, constant } = found;

  /** Of a place, the score and the value that it has for each head of layer 1.
   * @param {number[]} tokens
   * @param {number} place */
  const content = (tokens, place) => {
    const position = HALF + 1 + place;
    const own = tokens[position];
    const read = tokens.slice(0, position + 1);
    const scores = read.map((token, at) => dot(asks[place][own], shows[at][token]));
    const attention = softmax(Float64Array.from(scores));
    const paid = attention[HALF - place];
    const moved = read.map((token, at) => scaled(moves[at][token], attention[at]));
    const scale = scaleLevel[place][own] + paid * scaleSlope[place];
    return sum(scaled(sum(stands[place][own], ...moved), 1 / scale), bias);
  };

  return (tokens) => {
    const contents = asks.map((_, place) => content(tokens, place));
    let yes = constant;
    for (const [head, { restScore, restValue }] of readers.entries()) {
      const scores = contents.map((each) => each[head]);
      const values = contents.map((each) => each[readers.length + head]);
      const weight = softmax(Float64Array.of(...scores, restScore));
      yes += dot(weight, Float64Array.of(...values, restValue));
    }
    return [yes > 0 ? YES : NO];
  };
}

/**
 * What it writes down. By place, asked; by position, shown and moved; by place and value, what
 * stands there: along directions of scores, one for each head, and then of values.
 *
 * @param {import("../../docs/live/arithmetic.js").Model} model
 * @param {import("../../docs/live/arithmetic.js").Arithmetic} arithmetic
 */
function tables({ weights, measured }, arithmetic) {
  const { centred, dot, kept, matrices, normalised, rows, scaled, sum, through, times } =
    arithmetic;
  const embedding = rows(weights["embed.W_E"]).slice(0, START + 1);
  const positions = rows(weights["pos_embed.W_pos"]);
  const places = positions.slice(HALF + 1, 2 * HALF + 1);
  /** @param {number} layer */
  const attention = (layer) => {
    const [wQ, wK, wV, wO] = ["Q", "K", "V", "O"].map((part) =>
      matrices(weights[`blocks.${layer}.attn.W_${part}`]),
    );
    const [bQ, bK, bV, bO] = ["Q", "K", "V", "O"].map((part) =>
      rows(weights[`blocks.${layer}.attn.b_${part}`]),
    );
    return { wQ, wK, wV, wO, bQ, bK, bV, bO: bO[0] };
  };
  const [first, last] = [attention(0), attention(1)];
  const comparer = measured.comparer.data[0];

  // What END asks and what it wants to hear, as directions of what is read at a place.
  const finalScale = measured.final_scale.data[0];
  const unembedding = rows(weights["unembed.W_U"]);
  const yes = Float64Array.from(unembedding, (row) => (row[YES] - row[NO]) / finalScale);
  const query = rows(measured.query).map((each) => scaled(each, each.length ** -0.5));
  const out = last.wO.map((matrix) => Float64Array.from(matrix, (row) => dot(row, yes)));
  /** @param {Float64Array[][]} by
   * @param {Float64Array[]} vectors */
  const along = (by, vectors) =>
    by.map((matrix, head) => Float64Array.from(matrix, (row) => dot(row, vectors[head])));
  const directions = [...along(last.wK, query), ...along(last.wV, out)].map(centred);
  const biases = [
    ...query.map((each, h) => dot(last.bK[h], each)),
    ...out.map((each, h) => dot(last.bV[h], each)),
  ];
  /** @param {Float64Array} vector */
  const onto = (vector) => Float64Array.from(directions, (direction) => dot(direction, vector));

  const [bU] = rows(weights["unembed.b_U"]);
  const stays = sum(rows(measured.at_end)[0], last.bO);
  const constant = kept(Float64Array.of(dot(stays, yes) + bU[YES] - bU[NO]), STEP);

  // What the head that compares makes of each token at each position.
  const read = positions
    .slice(0, 2 * HALF + 1)
    .map((place) => embedding.map((token) => normalised(sum(token, place))));
  /** @param {Float64Array[]} row
   * @param {Float64Array[][]} w
   * @param {Float64Array[]} b */
  const side = (row, w, b) =>
    times(row, w[comparer]).map((each) =>
      kept(scaled(sum(each, b[comparer]), each.length ** -0.25), STEP),
    );
  const moves = read.map((row) =>
    times(times(row, first.wV[comparer]), first.wO[comparer]).map((each) => kept(onto(each), STEP)),
  );

  // What stands at a place besides.
  const others = matrices(measured.read)
    .map((ofHead, head) => ({ ofHead, head }))
    .filter(({ head }) => head !== comparer);
  const stands = places.map((position, place) => {
    const written = others.map(({ ofHead, head }) => through(ofHead[place], first.wO[head]));
    const besides = sum(position, first.bO, ...written);
    return embedding.slice(0, START).map((token) => kept(onto(sum(token, besides)), STEP));
  });
  return {
    asks: read.slice(HALF + 1).map((row) => side(row.slice(0, START), first.wQ, first.bQ)),
    shows: read.map((row) => side(row, first.wK, first.bK)),
    moves,
    stands,
    scaleLevel: rows(measured.scale_level),
    scaleSlope: measured.scale_slope.data,
    bias: kept(Float64Array.from(biases), STEP),
    readers: query.map((_, head) => ({
      restScore: measured.rest_score.data[head],
      restValue: measured.rest_value.data[head],
    })),
    constant: constant[0],
  };
}
