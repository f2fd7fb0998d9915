// From logits to one token: lesson 12's `Sampling`, in the same order.
"use strict";

/**
 * The tokens that may be drawn and their probabilities, the likeliest first: the temperature
 * divides the logits, the `topK` highest are kept (null: all), then of those the fewest whose
 * probabilities sum to `topP`.
 */
function candidates(logits, { temperature, topK, topP }) {
  const tokens = likeliestFirst(logits);
  if (temperature === 0 || topK === 1) {
    return [{ token: tokens[0], probability: 1 }]; // 0 cannot divide the logits
  }
  const kept = tokens.slice(0, topK ?? tokens.length);
  const highest = logits[kept[0]];
  const weights = kept.map((token) => Math.exp((logits[token] - highest) / temperature));
  const nucleus = weights.slice(0, nucleusSize(weights, topP));
  const total = nucleus.reduce((total, weight) => total + weight, 0);
  return nucleus.map((weight, i) => ({ token: kept[i], probability: weight / total }));
}

/** All tokens by their logits, the highest first; of equals the lower ID comes first. */
function likeliestFirst(logits) {
  return Array.from(logits.keys()).sort((a, b) => logits[b] - logits[a] || a - b);
}

/** How many of the weights, the largest first, it takes to reach a share `topP` of their sum. */
function nucleusSize(weights, topP) {
  const enough = topP * weights.reduce((total, weight) => total + weight, 0);
  let reached = 0;
  let size = 0;
  while (size < weights.length && reached < enough) {
    reached += weights[size];
    size += 1;
  }
  return size;
}

/** Draws one of the candidates, each as often as its probability says; `point` is in 0..1. */
function draw(candidates, point) {
  for (const { token, probability } of candidates) {
    point -= probability;
    if (point < 0) {
      return token;
    }
  }
  return candidates[0].token; // rounding may leave a sliver at the end
}
