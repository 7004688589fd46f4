/**
 * The Verb to Noun task, as task.py has it, for what runs in the page: an input is the beginning of
 * a sentence, and what is judged is what the model says behind its last word.
 *
 * @param {import("../../docs/live/toolbox.js").Tools} tools
 * @returns {import("../../docs/live/toolbox.js").Task}
 */
export function task({ below, nearWords, quoted, typedWords, weighted }) {
  const kinds = [FUNCTION_WORDS, SUBJECTS, ADVERBS, TIMES, VERBS, PLACES];
  const vocabulary = [...new Set([START, ...kinds.flat(), END])];
  const numbers = new Map(vocabulary.map((word, number) => [word, number]));
  const nCtx = 2 + Math.max(...TEMPLATES.map(({ slots }) => slots.length));
  const language = grammar(numbers, nCtx);
  const pairs = language.pairs.flat();

  return {
    vocabulary,
    classes: vocabulary,
    read(typed) {
      const { text, words } = typedWords(typed, numbers);
      const row = [START, ...words];
      const unknown = row.find((word) => !numbers.has(word));
      if (unknown !== undefined) {
        const near = nearWords(unknown, vocabulary, 3, 0.5);
        const meant = near.length
          ? `near ones are ${near.join(", ")}`
          : "`vocabulary` has them all";
        return { fault: `the word ${quoted(unknown)} is not in this language; ${meant}.` };
      }
      if (row.length > nCtx) {
        const n = row.length - 1;
        return { fault: `${quoted(text)} has ${n} words, expected at most ${nCtx - 1}.` };
      }
      return { tokens: row.map((word) => /** @type {number} */ (numbers.get(word))) };
    },
    show: (tokens) =>
      tokens
        .slice(1)
        .map((token) => vocabulary[token])
        .join(" ")
        .replaceAll(` ${END}`, END),
    sample(random) {
      const pair = weighted(random, pairs);
      const verb = pair % VERBS.length;
      const { slots } = TEMPLATES[Math.floor(pair / VERBS.length)];
      // What is asked for is the place, so it is left for the model to say.
      const told = slots.slice(
        0,
        slots.findIndex((slot) => PLACE_SLOTS.includes(slot)),
      );
      const said = told.map((slot) => {
        const choice = FILLED[slot] ?? [slot === "VERB" ? VERBS[verb] : slot];
        return choice[below(random, choice.length)];
      });
      return [START, ...said].map((word) => /** @type {number} */ (numbers.get(word)));
    },
    asked(tokens) {
      const last = tokens.length - 1;
      if (last > nCtx - 2) return [];
      const odds = language.odds(tokens)[last];
      const most = Math.max(...odds) * (1 - 1e-9);
      const right = odds.flatMap((each, token) => (each >= most ? [token] : []));
      return [{ position: last, right }];
    },
    odds: language.odds,
  };
}

/**
 * The language as tables, and the odds that follow from them.
 *
 * @param {Map<string, number>} numbers
 * @param {number} nCtx
 */
function grammar(numbers, nCtx) {
  /** @param {readonly string[]} words */
  const tokens = (words) => words.map((word) => /** @type {number} */ (numbers.get(word)));
  const verbs = tokens(VERBS);
  const places = tokens(PLACES);

  /** @param {number} verb */
  const placeOdds = (verb) => {
    const likely = LEADS_TO[VERBS[verb]];
    return PLACES.map((place) => STRAY / PLACES.length + (1 - STRAY) * (likely[place] ?? 0));
  };

  /**
   * The odds of each token in a slot, by verb.
   *
   * @param {string} slot
   * @returns {Float64Array[]}
   */
  const filled = (slot) =>
    VERBS.map((name, verb) => {
      const odds = new Float64Array(numbers.size);
      const elsewhere = PLACES.filter((place) => !(place in LEADS_TO[name]));
      const choice = FILLED[slot] ?? { ELSEWHERE: elsewhere, ANYWHERE: PLACES }[slot] ?? [slot];
      if (slot === "VERB") odds[verbs[verb]] = 1;
      else if (slot === "PLACE")
        for (const [n, each] of placeOdds(verb).entries()) odds[places[n]] = each;
      else for (const token of tokens(choice)) odds[token] = 1 / choice.length;
      return odds;
    });

  /** @type {Map<string, Float64Array[]>} */
  const tables = new Map();
  const emissions = TEMPLATES.map(({ slots }) =>
    Array.from({ length: nCtx }, (_, position) => {
      const slot = position ? (slots[position - 1] ?? END) : START;
      const table = tables.get(slot) ?? filled(slot);
      tables.set(slot, table);
      return table;
    }),
  );

  // Each verb lacks one template in the language that the model is trained on.
  const drawn = TEMPLATES.map(({ share }, template) =>
    VERBS.map((_, verb) => (HELD_OUT[verb % HELD_OUT.length] === template ? 0 : share)),
  );
  const whole = drawn.flat().reduce((sum, share) => sum + share, 0);
  const pairs = drawn.map((row) => row.map((share) => share / whole));

  /** @param {number[]} read */
  const odds = (read) => {
    const weights = pairs.map((row) => [...row]);
    return read.slice(0, nCtx - 1).map((token, position) => {
      const found = new Float64Array(numbers.size);
      let all = 0;
      for (const [template, row] of weights.entries()) {
        for (const verb of row.keys()) {
          row[verb] *= emissions[template][position][verb][token];
          const weight = row[verb];
          if (!weight) continue;
          all += weight;
          const next = emissions[template][position + 1][verb];
          for (let word = 0; word < found.length; word += 1) found[word] += weight * next[word];
        }
      }
      return Array.from(found, (each) => each / all);
    });
  };
  return { pairs, odds };
}

const START = "START";
const END = ".";
const FUNCTION_WORDS = "in the with and do not talk about think of".split(" ");
const PEOPLE =
  "people children students sailors farmers tourists friends parents teachers soldiers girls boys".split(
    " ",
  );
const SUBJECTS = ["they", "we", "you", ...PEOPLE];
const ADVERBS = "often always sometimes quietly happily together alone slowly loudly gladly".split(
  " ",
);
const TIMES = "today tomorrow now daily tonight again".split(" ");
/** Where those who do something do it, and with what odds, before `STRAY`.
 * @type {Record<string, Record<string, number>>} */
const LEADS_TO = {
  swim: { pool: 1 },
  dive: { pool: 1 },
  pray: { church: 1 },
  worship: { church: 1 },
  cook: { kitchen: 1 },
  bake: { kitchen: 1 },
  dig: { garden: 1 },
  plant: { garden: 1 },
  sleep: { bedroom: 1 },
  dream: { bedroom: 1 },
  act: { theatre: 1 },
  rehearse: { theatre: 1 },
  train: { gym: 1 },
  box: { gym: 1 },
  recover: { hospital: 1 },
  operate: { hospital: 1 },
  learn: { school: 1 },
  teach: { school: 1 },
  plead: { court: 1 },
  testify: { court: 1 },
  compete: { stadium: 1 },
  cheer: { stadium: 1 },
  hunt: { forest: 1 },
  climb: { mountains: 1 },
  ski: { mountains: 1 },
  gamble: { casino: 1 },
  experiment: { laboratory: 1 },
  weld: { factory: 1 },
  paint: { studio: 1 },
  record: { studio: 1 },
  dine: { restaurant: 1 },
  moor: { harbour: 1 },
  read: { library: 0.7, park: 0.3 },
  study: { library: 0.6, school: 0.4 },
  work: { office: 0.6, factory: 0.4 },
  shop: { market: 0.7, mall: 0.3 },
  drink: { bar: 0.7, kitchen: 0.3 },
  camp: { forest: 0.6, park: 0.4 },
  sing: { church: 0.5, theatre: 0.5 },
  fish: { river: 0.6, harbour: 0.4 },
};
const VERBS = Object.keys(LEADS_TO);
const PLACES = [...new Set(Object.values(LEADS_TO).flatMap((places) => Object.keys(places)))];
/** How often a sentence ends in any of the places, whatever its verb. */
const STRAY = 0.1;
/** What slots other than those of the verb and the places hold.
 * @type {Record<string, string[] | undefined>} */
const FILLED = { SUBJECT: SUBJECTS, PEOPLE, ADVERB: ADVERBS, TIME: TIMES };
const PLACE_SLOTS = ["PLACE", "ELSEWHERE", "ANYWHERE"];
/** Sentences with slots, and how often each is drawn. */
const TEMPLATES = /** @type {[string, number][]} */ ([
  ["SUBJECT VERB in the PLACE", 0.12],
  ["SUBJECT VERB ADVERB in the PLACE", 0.12],
  ["SUBJECT ADVERB VERB in the PLACE", 0.12],
  ["TIME SUBJECT VERB in the PLACE", 0.08],
  ["TIME SUBJECT VERB ADVERB in the PLACE", 0.08],
  ["SUBJECT VERB with PEOPLE in the PLACE", 0.08],
  ["SUBJECT VERB ADVERB with PEOPLE in the PLACE", 0.06],
  ["SUBJECT VERB ADVERB and ADVERB with PEOPLE in the PLACE", 0.06],
  ["SUBJECT do not VERB in the ELSEWHERE", 0.08],
  ["SUBJECT do not VERB ADVERB in the ELSEWHERE", 0.04],
  ["SUBJECT VERB and talk about the ANYWHERE", 0.06],
  ["SUBJECT VERB ADVERB and think of the ANYWHERE", 0.04],
  ["in the PLACE SUBJECT VERB", 0.06],
]).map(([slots, share]) => ({ slots: slots.split(" "), share }));
/** Templates one of which each verb lacks. */
const HELD_OUT = [1, 2, 3, 4, 5, 6, 7];
