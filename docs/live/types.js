/**
 * What the modules of the live panel hand each other.
 *
 * Weights have the names of the checkpoint file, which are HookedTransformer's: `embed.W_E`
 * `[d_vocab, d_model]`, `pos_embed.W_pos` `[n_ctx, d_model]`, `unembed.W_U`
 * `[d_model, d_vocab_out]`, `unembed.b_U` `[d_vocab_out]`, and of each layer
 * `blocks.0.attn.W_Q`, `.W_K`, `.W_V` `[n_heads, d_model, d_head]`, `.b_Q`, `.b_K`, `.b_V`
 * `[n_heads, d_head]`, `.W_O` `[n_heads, d_head, d_model]`, `.b_O` `[d_model]`,
 * `blocks.0.mlp.W_in` `[d_model, d_mlp]`, `.b_in` `[d_mlp]`, `.W_out` `[d_mlp, d_model]` and
 * `.b_out` `[d_model]`. What LayerNorms multiply by and add is in the file, but not in processed
 * weights: it is folded into what reads them.
 *
 * @typedef {object} Tensor
 * @property {number[]} shape
 * @property {Float32Array} data In rows, the last axis fastest.
 *
 * @typedef {Tensor} Activation Of a batch: the first axis counts the sequences.
 *
 * @typedef {Map<string, Activation>} Activations By the name of the hook point.
 *
 * @typedef {Map<string, Tensor>} Tensors As they stand in a file.
 *
 * @typedef {Record<string, Tensor>} Weights LayerNorm folded, what is written centred.
 *
 * @typedef {object} Architecture As in the card of the problem.
 * @property {number} n_layers
 * @property {number} n_heads
 * @property {number} d_model
 * @property {number} d_head
 * @property {number | null} d_mlp Null for an attention-only model.
 * @property {"relu" | "gelu" | "solu_ln" | null} act_fn
 * @property {number} d_vocab
 * @property {number} d_vocab_out
 * @property {number} n_ctx
 * @property {"LN" | null} normalization
 *
 * @typedef {object} Card What of a card is used.
 * @property {string} title
 * @property {Architecture} architecture
 * @property {{file: string, sha256: string}} weights
 * @property {"ascending" | "wrapped" | null} [embedding_rows]
 *
 * @typedef {object} Intervention What is put in place of what passes a hook point.
 * @property {string} hook Name of the hook point, or `direct`: what the embeddings add to the
 *   residual stream as the logits alone read it.
 * @property {number[]} [heads] Which heads it is done to; left out: all. Only where a hook point
 *   has an axis of heads.
 * @property {number[]} [neurons] Which entries of the last axis; left out: all.
 * @property {number[]} [positions] At which positions, of queries where there are two axes of
 *   positions; left out: everywhere.
 * @property {Float32Array | 0} value Zero; or as many numbers as pass there for one sequence (of
 *   the length at hand, or of `n_ctx`), or for all sequences of the batch.
 *
 * @typedef {object} Asked A position whose prediction is judged.
 * @property {number} position
 * @property {number[]} right The classes that are right there.
 *
 * @typedef {object} Open Read a checkpoint; replies `{sha256, weights, architecture}`.
 * @property {number} id
 * @property {"open"} kind
 * @property {Card} card
 * @property {string} [url] Of the card's checkpoint file.
 * @property {ArrayBuffer} [bytes] Of another checkpoint, which need not be the card's.
 * @property {"wasm" | "webgpu"} [device]
 * @property {undefined} [place]
 *
 * @typedef {object} Run Replies every activation, `Activations`.
 * @property {number} id
 * @property {"run"} kind
 * @property {number[][]} tokens Of sequences of one length.
 * @property {Intervention[]} interventions
 * @property {string} [place] What it is for: of requests for the same place that wait, only the
 *   last is answered.
 *
 * @typedef {Omit<Run, "kind"> & {kind: "logits"}} Logits Replies the logits alone, `Activation`.
 *
 * @typedef {object} Loss Replies `{loss, gradient}`.
 * @property {number} id
 * @property {"loss"} kind
 * @property {number[]} tokens
 * @property {Asked[]} asked
 * @property {string} [place]
 *
 * @typedef {object} Attribution Replies the shares of the parts.
 * @property {number} id
 * @property {"attribution"} kind
 * @property {number[]} tokens
 * @property {Intervention[]} interventions
 * @property {number} position
 * @property {number} of
 * @property {number} [against]
 * @property {string} [place]
 *
 * @typedef {Open | Run | Logits | Loss | Attribution} Request
 * @typedef {Omit<Open, "id"> | Omit<Run, "id"> | Omit<Logits, "id"> | Omit<Loss, "id">
 *   | Omit<Attribution, "id">} RequestBody
 */

export {};
