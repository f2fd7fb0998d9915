// The GPT of lesson 12, one token at a time: what `forward_cached` does with tensors, in loops over
// numbers. The newest token has no future, so there is no mask. Nothing is dropped out.
"use strict";

/**
 * Makes the model of its numbers, which lie in the order in which it is made here. A map's weight
 * is [d_input, d_output] and a table [rows, d_model], row after row.
 */
function readGpt(config, numbers) {
  const { vocab, d_model, d_ff, n_layers, max_tokens, family, tied } = config;
  let read = 0;
  const take = (length) => numbers.subarray(read, (read += length));
  const norm = () => ({ weight: take(d_model), bias: take(d_model) });
  const linear = (d_input, d_output) => ({ weight: take(d_input * d_output), bias: take(d_output) });
  const layer = () => ({
    attention_norm: norm(),
    projection: linear(d_model, 3 * d_model), // [W_q | W_k | W_v]
    output: linear(d_model, d_model),
    feed_forward_norm: norm(),
    up: linear(d_model, d_ff),
    down: linear(d_ff, d_model),
  });
  return {
    config,
    tokens: take(vocab * d_model),
    positions: family === "gpt2" ? take(max_tokens * d_model) : null,
    embeddings_norm: family === "bloom" ? norm() : null,
    layers: Array.from({ length: n_layers }, layer),
    norm: norm(),
    output: tied ? null : take(vocab * d_model),
  };
}

/**
 * The key-value cache, empty. For every layer it has the keys and the values of the tokens so far,
 * and how each of them looked at those before it: weights[token][head][key], rows that sum to 1.
 */
function newCache(gpt) {
  return { tokens: 0, layers: gpt.layers.map(() => ({ keys: [], values: [], weights: [] })) };
}

/** Reads one token more: returns the logits of the token that follows it, [vocab]. */
function forwardCached(gpt, id, cache) {
  let x = embed(gpt, id, cache.tokens);
  for (let i = 0; i < gpt.layers.length; i += 1) {
    x = decoderLayer(gpt, i, x, cache.layers[i]);
  }
  cache.tokens += 1;
  return unembed(gpt, layerNorm(gpt, gpt.norm, x));
}

/** The vector that goes into the first layer: the token's, and GPT-2's of its position. */
function embed(gpt, id, position) {
  const { d_model } = gpt.config;
  let x = row(gpt.tokens, id, d_model);
  if (gpt.positions) {
    x = sum(x, row(gpt.positions, position, d_model));
  }
  if (gpt.embeddings_norm) {
    x = layerNorm(gpt, gpt.embeddings_norm, x); // BLOOM's
  }
  return x;
}

/** x + attention(norm(x)), then x + feed_forward(norm(x)). */
function decoderLayer(gpt, i, x, cache) {
  const layer = gpt.layers[i];
  const kept = (x, normed) => (gpt.config.residual_after_norm ? normed : x);
  let normed = layerNorm(gpt, layer.attention_norm, x);
  x = sum(kept(x, normed), attention(gpt, i, normed, cache));
  normed = layerNorm(gpt, layer.feed_forward_norm, x);
  return sum(kept(x, normed), feedForward(layer, normed));
}

/**
 * Concat(head_1, .., head_n) W_o: the token looks at itself and at those before it, once per head,
 * each in its own part of d_model.
 */
function attention(gpt, i, x, cache) {
  const { d_model, n_heads } = gpt.config;
  const d_head = d_model / n_heads;
  const all = linearMap(gpt.layers[i].projection, x);
  const q = all.subarray(0, d_model);
  cache.keys.push(all.subarray(d_model, 2 * d_model));
  cache.values.push(all.subarray(2 * d_model));
  const merged = new Float32Array(d_model);
  const weights = [];
  for (let head = 0; head < n_heads; head += 1) {
    const first = head * d_head;
    const shares = softmax(scores(gpt, i, head, q, cache.keys));
    for (let key = 0; key < shares.length; key += 1) {
      for (let j = first; j < first + d_head; j += 1) {
        merged[j] += shares[key] * cache.values[key][j];
      }
    }
    weights.push(shares);
  }
  cache.weights.push(weights);
  return linearMap(gpt.layers[i].output, merged);
}

/** q k^T / sqrt(d_head) of one head for every key, less ALiBi's for its distance in a BLOOM. */
function scores(gpt, i, head, q, keys) {
  const { d_model, n_heads, score_scales, alibi_slopes } = gpt.config;
  const d_head = d_model / n_heads;
  const scale = score_scales[i] / Math.sqrt(d_head);
  const found = new Float32Array(keys.length);
  for (let key = 0; key < keys.length; key += 1) {
    let product = 0;
    for (let j = head * d_head; j < (head + 1) * d_head; j += 1) {
      product += q[j] * keys[key][j];
    }
    const distance = keys.length - 1 - key;
    found[key] = product * scale - (alibi_slopes ? alibi_slopes[head] * distance : 0);
  }
  return found;
}

/** down(gelu(up(x))). */
function feedForward(layer, x) {
  return linearMap(layer.down, linearMap(layer.up, x).map(gelu));
}

/** GELU's tanh form: x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) / 2. */
function gelu(x) {
  return 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x)));
}

/** The final vector compared with every row of the token table, or of the output's own. */
function unembed(gpt, x) {
  const { vocab, d_model } = gpt.config;
  const table = gpt.output ?? gpt.tokens;
  const logits = new Float32Array(vocab);
  for (let id = 0; id < vocab; id += 1) {
    let product = 0;
    for (let j = 0; j < d_model; j += 1) {
      product += x[j] * table[id * d_model + j];
    }
    logits[id] = product;
  }
  return logits;
}

/** x brought to mean 0 and variance 1, then to the scale and the shift that were learned. */
function layerNorm(gpt, norm, x) {
  let mean = 0;
  for (const number of x) {
    mean += number / x.length;
  }
  let variance = 0;
  for (const number of x) {
    variance += (number - mean) ** 2 / x.length;
  }
  const deviation = Math.sqrt(variance + gpt.config.epsilon);
  return x.map((number, j) => ((number - mean) / deviation) * norm.weight[j] + norm.bias[j]);
}

/** x W + b. */
function linearMap(map, x) {
  const y = new Float32Array(map.bias);
  for (let i = 0; i < x.length; i += 1) {
    const first = i * y.length;
    for (let j = 0; j < y.length; j += 1) {
      y[j] += x[i] * map.weight[first + j];
    }
  }
  return y;
}

/** Scores to shares that sum to 1. The highest is taken away first, so that no power overflows. */
function softmax(scores) {
  const highest = scores.reduce((highest, score) => Math.max(highest, score));
  const shares = scores.map((score) => Math.exp(score - highest));
  const total = shares.reduce((total, share) => total + share);
  return shares.map((share) => share / total);
}

function row(table, index, width) {
  return table.subarray(index * width, (index + 1) * width);
}

function sum(a, b) {
  return a.map((number, j) => number + b[j]);
}

/** Weights that share a scale. */
const BLOCK = 64;

/**
 * The weights of base64: for every block its scale, a number of 32 bits, then its numbers in steps
 * of that, whole numbers of 16 bits.
 */
function readWeights(base64) {
  const bytes = Uint8Array.from(atob(base64), (byte) => byte.charCodeAt(0));
  const view = new DataView(bytes.buffer);
  const blocks = Math.ceil(bytes.length / (4 + 2 * BLOCK));
  const numbers = new Float32Array((bytes.length - 4 * blocks) / 2);
  let read = 0;
  for (let first = 0; first < numbers.length; first += BLOCK) {
    const scale = view.getFloat32(read, true);
    read += 4;
    for (let i = first; i < Math.min(first + BLOCK, numbers.length); i += 1) {
      numbers[i] = scale * view.getInt16(read, true);
      read += 2;
    }
  }
  return numbers;
}
