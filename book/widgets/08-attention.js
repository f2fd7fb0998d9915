// Lesson 08: queries and keys of two tokens to drag, and what attention makes of their values.
"use strict";

widgets.add("08-attention", (box) => {
  const { element, svg, set, vector } = widgets;
  // The chapter's two tokens.
  const queries = [[1, 0], [0, 1]];
  const keys = [[1, 0], [0, 1]];
  const values = [[1, 2], [3, 4]];
  const plane = { middle: 150, unit: 50, most: 2.5, step: 0.2 }; // the left drawing
  const tokens = [0, 1];

  const dotProduct = ([ax, ay], [bx, by]) => ax * bx + ay * by;

  // softmax(q . k / sqrt(d_head)): the share of each key.
  function weights(query) {
    const scores = keys.map((key) => dotProduct(query, key) / Math.sqrt(query.length));
    const highest = Math.max(...scores);
    const exponentials = scores.map((score) => Math.exp(score - highest));
    const sum = exponentials.reduce((a, b) => a + b);
    return exponentials.map((exponential) => exponential / sum);
  }

  const attend = (shares) => [0, 1].map((axis) => shares.reduce((sum, w, j) => sum + w * values[j][axis], 0));
  const written = (vector, digits) => `(${vector.map((number) => number.toFixed(digits)).join(", ")})`;

  const left = svg("svg", { viewBox: "0 0 300 300", role: "group", "aria-label": "queries and keys" });
  left.append(svg("path", { class: "line", d: "M150 8V292M8 150H292" }));
  // The tip of a query is a ring and that of a key a disc, so that one can be held where both are. Their names are
  // above and below it.
  const query = { colour: "first", radius: 17, kind: "wide", aside: [0, -23] };
  const key = { colour: "second", radius: 9, aside: [-26, 26] };
  const arrows = [];
  for (const [word, look, vectors] of [["query", query, queries], ["key", key, keys]]) {
    for (const token of tokens) {
      const name = `${word} ${token + 1}`;
      arrows.push({ ...look, ...vector(plane, { ...look, name, value: vectors[token] }, draw) });
    }
  }
  left.append(...arrows.flatMap(({ line, label }) => [line, label]), ...arrows.map(({ handle }) => handle));

  // The right drawing: values from 0 to 5.
  const spot = ([x, y]) => [30 + 52 * x, 282 - 52 * y];
  const right = svg("svg", { viewBox: "0 18 300 284", role: "img", "aria-label": "values and outputs" });
  right.append(svg("path", { class: "line", d: `M${spot([0, 5])}L${spot([0, 0])}L${spot([5, 0])}` }));
  right.append(svg("path", { class: "line", "stroke-dasharray": "4 4", d: `M${spot(values[0])}L${spot(values[1])}` }));
  for (const number of [1, 2, 3, 4]) {
    const [[x, bottom], [side, y]] = [spot([number, 0]), spot([0, number])];
    right.append(svg("text", { x, y: bottom + 15, "text-anchor": "middle" }, String(number)));
    right.append(svg("text", { x: side - 8, y: y + 4, "text-anchor": "end" }, String(number)));
  }
  values.forEach((value, token) => {
    const [cx, cy] = spot(value);
    right.append(svg("circle", { class: "third handle", cx, cy, r: 8 }));
    const name = token === 0 ? { x: cx - 10, y: cy + 20, "text-anchor": "end" } : { x: cx + 10, y: cy - 10 };
    right.append(svg("text", { class: "third", ...name }, `value ${token + 1}`));
  });
  const outputs = tokens.map((token) => {
    const dot = svg("circle", { class: "first handle", r: 6 });
    const label = svg("text", { class: "first", "text-anchor": token === 0 ? "end" : "start" }, `output ${token + 1}`);
    right.append(dot, label);
    return { dot, label };
  });

  const rows = tokens.map((token) => {
    const bars = tokens.map(() => element("div", { class: "bar" }));
    const shares = tokens.map(() => element("span", { class: "number", "data-shows": "share" }));
    const cells = tokens.map((key) => element("td", { class: "track" }, bars[key], shares[key]));
    const output = element("td", { class: "number nowrap", "data-shows": "output" });
    return { bars, shares, output, row: element("tr", {}, element("td", {}, String(token + 1)), ...cells, output) };
  });

  function draw() {
    for (const { show, aside } of arrows) show(aside);
    for (const token of tokens) {
      const shares = weights(queries[token]);
      const output = attend(shares);
      const [cx, cy] = spot(output);
      set(outputs[token].dot, { cx, cy });
      set(outputs[token].label, token === 0 ? { x: cx - 11, y: cy - 5 } : { x: cx + 11, y: cy + 14 });
      shares.forEach((share, key) => {
        set(rows[token].bars[key], { style: `width: ${100 * share}%` });
        rows[token].shares[key].textContent = share.toFixed(4);
      });
      rows[token].output.textContent = written(output, 4);
    }
  }

  draw();
  const titles = ["asks", "share of key 1", "of key 2", "output"].map((title) => element("th", {}, title));
  box.append(
    element("div", { class: "panels" }, left, right),
    element(
      "table",
      { "aria-live": "polite" },
      element("thead", {}, element("tr", {}, ...titles)),
      element("tbody", {}, ...rows.map(({ row }) => row)),
    ),
  );
});
