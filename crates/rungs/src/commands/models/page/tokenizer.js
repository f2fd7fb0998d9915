// From a text to its tokens and back, as lesson 02 cuts it: characters, or byte pairs.
"use strict";

/** GPT-2's expression: inside of its matches tokens are made. Blanks are Unicode's, not script's. */
const PIECES = new RegExp(
  "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\p{White_Space}\\p{L}\\p{N}]+" +
    "|\\p{White_Space}+(?!\\P{White_Space})|\\p{White_Space}+",
  "gu",
);

/**
 * Makes the tokenizer of its vocabulary: characters by ID; or tokens by ID, each a list of bytes,
 * with the merges by the IDs of what they join, in the order in which they were learned.
 */
function readTokenizer({ characters, byte_pairs }) {
  if (characters) {
    return { characters, ids: new Map(characters.map((character, id) => [character, id])) };
  }
  const { tokens, merges } = byte_pairs;
  const ids = new Map(tokens.map((bytes, id) => [String(bytes), id]));
  const merged = new Map();
  merges.forEach(([left, right], rank) => {
    const token = ids.get(String([...tokens[left], ...tokens[right]]));
    merged.set(`${left} ${right}`, { rank, token });
  });
  return { tokens, ids, merged };
}

/** The IDs of a text, and the characters of it that no token stands for, which are left out. */
function encode(tokenizer, text) {
  const ids = [];
  const lost = new Set();
  if (tokenizer.characters) {
    for (const character of text) {
      const id = tokenizer.ids.get(character);
      if (id === undefined) {
        lost.add(character);
      } else {
        ids.push(id);
      }
    }
    return { ids, lost };
  }
  for (const [piece] of text.matchAll(PIECES)) {
    ids.push(...encodePiece(tokenizer, piece, lost));
  }
  return { ids, lost };
}

/** One piece: of the pairs present, the one learned first is merged everywhere, until none is left. */
function encodePiece(tokenizer, piece, lost) {
  let tokens = [];
  for (const byte of new TextEncoder().encode(piece)) {
    const id = tokenizer.ids.get(String(byte));
    if (id === undefined) {
      lost.add(piece);
    } else {
      tokens.push(id);
    }
  }
  let pair = learnedFirst(tokenizer, tokens);
  while (pair) {
    tokens = replace(tokens, pair);
    pair = learnedFirst(tokenizer, tokens);
  }
  return tokens;
}

/** Of the neighbours among `tokens` the pair that was learned first, if any was learned. */
function learnedFirst(tokenizer, tokens) {
  let first = null;
  for (let i = 0; i + 1 < tokens.length; i += 1) {
    const merge = tokenizer.merged.get(`${tokens[i]} ${tokens[i + 1]}`);
    if (merge && (!first || merge.rank < first.rank)) {
      first = { left: tokens[i], right: tokens[i + 1], ...merge };
    }
  }
  return first;
}

/** Replaces every such pair of neighbours by the token that it becomes, from the left. */
function replace(tokens, { left, right, token }) {
  const replaced = [];
  for (let i = 0; i < tokens.length; i += 1) {
    if (tokens[i] === left && tokens[i + 1] === right) {
      replaced.push(token);
      i += 1;
    } else {
      replaced.push(tokens[i]);
    }
  }
  return replaced;
}

/**
 * A token as it is shown. Blanks, control characters, marks that join what stands before them and
 * bytes that are no whole character get a sign of their own, so that none is overlooked and none
 * does anything to the page.
 */
function shown(tokenizer, id) {
  if (tokenizer.characters) {
    return visible(tokenizer.characters[id]);
  }
  const bytes = Uint8Array.from(tokenizer.tokens[id]);
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    return Array.from(text, visible).join("");
  } catch {
    return Array.from(bytes, (byte) => `\u27e8${byte.toString(16).toUpperCase()}\u27e9`).join("");
  }
}

function visible(character) {
  const code = character.codePointAt(0);
  if (character === " ") {
    return "\u2423";
  }
  if (character === "\n") {
    return "\u21b5";
  }
  if (code < 32) {
    return String.fromCodePoint(0x2400 + code); // Unicode's pictures of control characters
  }
  if (/\p{M}/u.test(character)) {
    return `\u25cc${character}`;
  }
  if (/\p{C}|\p{Z}/u.test(character)) {
    return `\u27e8U+${code.toString(16).toUpperCase()}\u27e9`;
  }
  return character;
}
