// Lesson 08: queries and keys of two tokens to drag, and what attention makes of their values.
"use strict";

widgets.add("08-attention", (box) => {
  const { element, svg, text, set, vector, softmax } = widgets;
  // The chapter's two tokens.
  const queries = [[1, 0], [0, 1]];
  const keys = [[1, 0], [0, 1]];
  const values = [[1, 2], [3, 4]];
  const plane = { middle: 150, unit: 50, most: 2.5, step: 0.2 }; // the left drawing
  const tokens = [0, 1];

  const dotProduct = ([ax, ay], [bx, by]) => ax * bx + ay * by;

  // softmax(q . k / sqrt(d_head)): the share of each key.
  const weights = (query) => softmax(keys.map((key) => dotProduct(query, key) / Math.sqrt(query.length)));

  const attend = (shares) => [0, 1].map((axis) => shares.reduce((sum, w, j) => sum + w * values[j][axis], 0));

  const left = svg("svg", { viewBox: "0 0 300 300", role: "group", "aria-label": "queries and keys" });
  left.append(svg("path", { class: "line", d: "M150 8V292M8 150H292" }));
  // The tip of a query is larger than that of a key, so that one can be held where both are. Their names are above and
  // below it.
  const query = { colour: "first", radius: 17, kind: "wide", aside: [0, -23] };
  const key = { colour: "second", radius: 9, aside: [-26, 26] };
  const arrows = [];
  for (const [word, look, vectors] of [["query", query, queries], ["key", key, keys]]) {
    for (const token of tokens) {
      const arrow = { ...look, name: `${word} ${token + 1}`, value: vectors[token] };
      arrows.push({ ...arrow, ...vector(plane, arrow, draw) });
    }
  }
  left.append(...["line", "handle", "label"].flatMap((part) => arrows.map((arrow) => arrow[part])));

  // The right drawing: values from 0 to 5.
  const spot = ([x, y]) => [30 + 52 * x, 282 - 52 * y];
  const right = svg("svg", { viewBox: "0 18 300 284", role: "img", "aria-label": "values and outputs" });
  right.append(svg("path", { class: "line", d: `M${spot([0, 5])}L${spot([0, 0])}L${spot([5, 0])}` }));
  right.append(svg("path", { class: "line", "stroke-dasharray": "4 4", d: `M${spot(values[0])}L${spot(values[1])}` }));
  for (const number of [1, 2, 3, 4]) {
    const [[x, bottom], [side, y]] = [spot([number, 0]), spot([0, number])];
    right.append(text(x, bottom + 15, number), text(side - 8, y + 4, number, "", "end"));
  }
  values.forEach((value, token) => {
    const [cx, cy] = spot(value);
    right.append(svg("circle", { class: "third handle", cx, cy, r: 8 }));
    const name = token === 0 ? [cx - 10, cy + 20, "end"] : [cx + 10, cy - 10, "start"];
    right.append(text(name[0], name[1], `value ${token + 1}`, "third", name[2]));
  });
  const outputs = tokens.map((token) => {
    const dot = svg("circle", { class: "first handle", r: 6 });
    const label = svg("text", { class: "first", "text-anchor": token === 0 ? "end" : "start" }, `output ${token + 1}`);
    right.append(dot, label);
    return { dot, label };
  });

  const titles = ["asks", "share of key 1", "of key 2", "output"];
  const head = element("tr", {}, ...titles.map((title) => element("th", {}, title)));
  const table = element("table", { "aria-live": "polite" });

  function draw() {
    // A name that would stand on another one stands farther from its tip.
    const taken = [];
    for (const { show, value, aside: [across, down] } of arrows) {
      const x = plane.unit * value[0] + across;
      let y = down - plane.unit * value[1];
      while (taken.some(([a, b]) => Math.abs(x - a) < 48 && Math.abs(y - b) < 14)) y += 2 * Math.sign(down);
      taken.push([x, y]);
      show([across, y + plane.unit * value[1]]);
    }
    const rows = tokens.map((token) => {
      const shares = weights(queries[token]);
      const output = attend(shares);
      const [cx, cy] = spot(output);
      set(outputs[token].dot, { cx, cy });
      set(outputs[token].label, token === 0 ? { x: cx - 11, y: cy - 5 } : { x: cx + 11, y: cy + 14 });
      const cells = shares.map((share) => element("td", { class: "track" },
        element("div", { class: "bar", style: `width: ${100 * share}%` }),
        element("span", { class: "number", "data-shows": "share" }, share.toFixed(4))));
      const made = `(${output.map((number) => number.toFixed(4)).join(", ")})`;
      return element("tr", {},
        element("td", {}, token + 1), ...cells, element("td", { class: "nowrap", "data-shows": "output" }, made));
    });
    table.replaceChildren(head, ...rows);
  }

  draw();
  box.append(element("div", { class: "panels" }, left, right), table);
});
