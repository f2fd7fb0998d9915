// A text that grows, and as much of it as the model sees: lesson 12's `Generation`.
"use strict";

/**
 * A text of these tokens, read. Of those that the model sees, from token `start` on, `logits` has
 * what each expects to follow it, and the cache how each looks at those before.
 */
function readText(gpt, ids) {
  const text = { ids: [...ids], start: 0 };
  readFrom(gpt, text, firstVisible(0, ids.length, gpt.config.max_tokens));
  return text;
}

/** Appends a token. Where the text outgrows what the model sees, its older half is forgotten. */
function append(gpt, text, id) {
  text.ids.push(id);
  const start = firstVisible(text.start, text.ids.length, gpt.config.max_tokens);
  if (start > text.start) {
    readFrom(gpt, text, start); // all positions moved: nothing in the cache is right any more
  } else {
    text.logits.push(forwardCached(gpt, id, text.cache));
  }
}

function readFrom(gpt, text, start) {
  text.start = start;
  text.cache = newCache(gpt);
  text.logits = text.ids.slice(start).map((id) => forwardCached(gpt, id, text.cache));
}

/** Where what the model sees of a text begins, if it began at `start` before. */
function firstVisible(start, tokens, window) {
  return tokens - start > window ? tokens - Math.ceil(window / 2) : start;
}
