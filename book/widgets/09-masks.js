// Lesson 09: the attention weights of a trained head over a padded sentence, under one mask or another.
"use strict";

// `scores[head][query][key]`, before any mask.
widgets.add("09-masks", (box, { tokens, length, layer, scores }) => {
  const { element, svg, text, set, sliders, choice, arrowKey, softmax } = widgets;
  const masks = {
    none: () => false,
    causal: (query, key) => key > query,
    padding: (query, key) => key >= length,
    both: (query, key) => key > query || key >= length,
  };
  let [mask, chosen] = ["none", 6]; // "bank", a third of whose attention goes to padding
  const state = { head: 5 };

  // Hidden before the softmax: what is left of the row sums to 1.
  const weights = (query, hidden) =>
    softmax(scores[state.head - 1][query].map((score, key) => (hidden(query, key) ? -Infinity : score)));

  const [side, edge] = [26, 62]; // of a cell, and of the names beside the table
  const whole = edge + side * tokens.length;
  const rows = tokens.map((token, query) =>
    svg("g", { id: `query-${query}`, role: "option", "aria-label": token, onclick: () => choose(query) }));
  const frame = svg("rect", { x: 1, width: whole, height: side, class: "frame" });
  const names = tokens.map((token, key) =>
    svg("text", { transform: `translate(${edge + side * key + 17} ${edge - 6}) rotate(-60)` }, token));
  const table = svg("svg", {
    viewBox: `0 0 ${whole + 2} ${whole + 2}`, tabindex: 0, role: "listbox", "aria-label": "Queries", class: "masks",
    onkeydown: step,
  }, ...names, ...rows, frame);
  const bars = element("div", { class: "bars" });
  const says = element("p", { role: "status" });

  function choose(query) {
    chosen = query;
    draw();
  }

  function step(event) {
    const direction = arrowKey(event);
    if (direction) choose(Math.min(tokens.length - 1, Math.max(0, chosen + direction[1])));
  }

  function draw() {
    const hidden = masks[mask];
    rows.forEach((row, query) => {
      const y = edge + side * query;
      const cells = weights(query, hidden).map((share, key) => {
        const x = edge + side * key;
        if (hidden(query, key)) return svg("path", { d: `M${x + 6} ${y + 6}l14 14m0 -14l-14 14`, class: "line" });
        return svg("rect", { x: x + 1, y: y + 1, width: side - 2, height: side - 2, class: "share", "fill-opacity": share });
      });
      const ground = svg("rect", { x: 1, y, width: whole, height: side, fill: "transparent" });
      row.replaceChildren(ground, text(edge - 5, y + 17, tokens[query], "", "end"), ...cells);
      set(row, { "aria-selected": query === chosen });
    });
    set(frame, { y: edge + side * chosen });
    set(table, { "aria-activedescendant": `query-${chosen}` });
    const [now, before] = [weights(chosen, hidden), weights(chosen, masks.none)];
    let taken = 0;
    bars.replaceChildren(...tokens.map((token, key) => {
      const gone = hidden(chosen, key);
      if (gone) taken += before[key];
      return element("div", { class: gone ? "gone" : "" }, element("span", {}, token),
        element("span", { class: "rail" },
          element("i", { style: `width: ${100 * now[key]}%` }),
          mask === "none" ? "" : element("b", { style: `left: ${100 * before[key]}%` })),
        element("span", { class: "number", "data-shows": "share" }, gone ? "hidden" : now[key].toFixed(2)));
    }));
    says.replaceChildren(
      element("b", {}, tokens[chosen]), ` as a query, head ${state.head} of layer ${layer}. ` + (mask === "none"
        ? "No mask hides a key from it."
        : `The mask hides what had ${taken.toFixed(2)} of its attention, and the rest is brought back to a sum of 1. ` +
          "The thin marks are the shares without a mask."));
  }

  box.append(
    choice({ label: "Mask", options: Object.keys(masks), value: mask }, (name) => ((mask = name), draw())),
    ...sliders(state, draw, { head: { label: "Head", min: 1, max: scores.length } }),
    element("div", { class: "panels" }, table, element("div", {}, says, bars)));
  draw();
});
