// Lesson 02: a word that the reader types, encoded merge by merge as `subwords::Bpe` does it.
"use strict";

// `merges`: for each merge, in the order in which they were learned, the IDs of its two tokens.
widgets.add("02-merges", (box, merges) => {
  const { element, sliders } = widgets;
  const [first, longest] = [256, 40]; // the first ID that was learned, and how many characters are encoded
  const sizes = [256, 300, 500, 1000, 2000, 4000, 8000];
  // GPT-2's expression. \p{White_Space} is what Rust calls white space; \s of a browser is another set.
  const pieces =
    /'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\p{White_Space}\p{L}\p{N}]+|\p{White_Space}+(?!\P{White_Space})|\p{White_Space}+/gu;

  const visible = (byte) => (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte !== 0xad);
  const bytes = [...Array(256).keys()];
  const tokens = [...bytes.filter(visible), ...bytes.filter((byte) => !visible(byte))].map((byte) => [byte]);
  const byteIds = [];
  tokens.forEach(([byte], id) => (byteIds[byte] = id));
  const merged = new Map();
  const pair = (a, b) => 65536 * a + b;
  for (const [a, b] of merges) {
    merged.set(pair(a, b), tokens.length);
    tokens.push([...tokens[a], ...tokens[b]]);
  }

  // Of the neighbours the pair that was learned first, by the ID that it becomes.
  function learnedFirst(ids, vocab) {
    let earliest = vocab;
    for (let i = 0; i + 1 < ids.length; i++) {
      earliest = Math.min(earliest, merged.get(pair(ids[i], ids[i + 1])) ?? vocab);
    }
    return earliest < vocab ? earliest : null;
  }

  function replace(ids, token) {
    const [a, b] = merges[token - first];
    const replaced = [];
    for (let i = 0; i < ids.length; i++) {
      const found = ids[i] === a && ids[i + 1] === b;
      replaced.push(found ? token : ids[i]);
      if (found) i += 1;
    }
    return replaced;
  }

  // The tokens of a piece after each merge, the bytes alone first.
  function stages(piece, vocab) {
    let ids = [...new TextEncoder().encode(piece)].map((byte) => byteIds[byte]);
    const all = [{ ids, token: null }];
    for (let token = learnedFirst(ids, vocab); token !== null; token = learnedFirst(ids, vocab)) {
      ids = replace(ids, token);
      all.push({ ids, token });
    }
    return all;
  }

  // The space as _, a byte that is no character alone as <ce>.
  function readable(id) {
    try {
      const bytes = new Uint8Array(tokens[id]);
      return new TextDecoder("utf-8", { fatal: true }).decode(bytes).replaceAll(" ", "_");
    } catch {
      const hexadecimal = (byte) => `<${byte.toString(16)}>`;
      return tokens[id].map((byte) => (byte < 128 ? readable(byteIds[byte]) : hexadecimal(byte))).join("");
    }
  }

  // One stage: its tokens, each as wide as its bytes, and the ID that the last merge made.
  function row({ ids, token }) {
    const chips = ids.map((id) => {
      const kind = id === token ? "chip merged" : "chip";
      const text = readable(id).replace(/<([0-9a-f]{2})>/g, "$1"); // there is no room for brackets
      return element("span", { class: kind, style: `grid-column: span ${tokens[id].length}` }, text);
    });
    const made = element("span", { class: "made number" }, token ?? "bytes");
    return element("div", { class: "stage" }, element("div", { class: "chips" }, ...chips), made);
  }

  const quiet = { spellcheck: "false", autocapitalize: "off", autocomplete: "off" };
  const word = element("input", { type: "text", value: "thunderstorm", oninput: draw, ...quiet });
  const ladders = element("div", {});
  const result = element("p", { role: "status", "data-shows": "tokens" });
  const cut = element("p", { role: "status" });
  const at = { size: sizes.length - 1 };

  function draw() {
    const letters = [...word.value];
    const all = ` ${letters.slice(0, longest).join("")}`.match(pieces).map((piece) => stages(piece, sizes[at.size]));
    ladders.replaceChildren(...all.map((ladder) => element("div", { class: "ladder" }, ...ladder.map(row))));
    const last = all.flatMap((ladder) => ladder.at(-1).ids);
    const spelled = last.map(readable).join(", ");
    result.textContent = `${last.length} token${last.length === 1 ? "" : "s"}: ${spelled}`;
    cut.textContent = letters.length > longest ? `Only the first ${longest} of ${letters.length} characters are encoded.` : "";
  }

  draw();
  box.append(
    element("label", { class: "typed" }, "after a space", word),
    ...sliders(at, draw, { size: { label: "vocabulary", max: sizes.length - 1, show: (i) => String(sizes[i]) } }),
    cut, ladders, result);
});
