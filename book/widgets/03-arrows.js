// Lesson 03: two arrows in the plane, and the three measures of `similarity` for them.
"use strict";

widgets.add("03-arrows", (box) => {
  const { element, svg, text, set, vector } = widgets;
  const plane = { middle: 170, unit: 27, most: 5.5, step: 0.5 };
  const { middle, unit } = plane;
  const vectors = { a: [3, 4], b: [4, 3] };

  const place = ([x, y]) => [middle + unit * x, middle - unit * y];
  const length = ([x, y]) => Math.hypot(x, y);
  const dotProduct = ([ax, ay], [bx, by]) => ax * bx + ay * by;
  // As in the lesson, the zero vector has the cosine 0 with everything.
  const cosine = (a, b) => dotProduct(a, b) / (length(a) * length(b) || 1);

  // Two decimals, and no minus before a zero.
  const written = (number) => (Math.round(100 * number) / 100 + 0).toFixed(2);

  const picture = svg("svg", { viewBox: "0 0 340 340", role: "group", "aria-label": "two arrows from one point" });
  for (let i = -6; i <= 6; i++) {
    const at = middle + unit * i;
    picture.append(svg("path", { class: "line", "stroke-width": i === 0 ? 1.5 : 0.5, d: `M${at} 8V332M8 ${at}H332` }));
  }
  const between = svg("path", { class: "third arrow", "stroke-width": 2, "stroke-dasharray": "3 5" });
  const arc = svg("path", { class: "arrow" });
  picture.append(between, arc);

  const arrows = Object.entries(vectors).map(([name, value]) => {
    const colour = name === "a" ? "first" : "second";
    return { value, ...vector(plane, { name, colour, radius: 13, value }, draw) };
  });
  picture.append(...arrows.flatMap(({ line, label, handle }) => [line, label, handle]));

  const scale = svg("svg", { viewBox: "0 0 340 42", role: "img", "aria-label": "the cosine between -1 and 1" });
  scale.append(svg("path", { class: "line", "stroke-width": 2, d: "M20 14H320M20 8v12M170 8v12M320 8v12" }));
  for (const [number, words] of [[-1, "-1 opposite"], [0, "0 right angle"], [1, "1 same way"]]) {
    scale.append(text(170 + 168 * number, 38, words, "", ["start", "middle", "end"][number + 1]));
  }
  const marker = svg("circle", { class: "third handle", cy: 14, r: 7 });
  scale.append(marker);

  const cells = {};
  const titles = { dot: "dot product", lengths: "lengths", cosine: "cosine", angle: "angle", euclidean: "distance, tip to tip" };
  const rows = Object.entries(titles).map(([key, words]) => {
    cells[key] = element("td", { "data-shows": key });
    return element("tr", {}, element("td", {}, words), cells[key]);
  });
  const numbers = element("div", { "aria-live": "polite" }, element("table", {}, ...rows), scale);

  const pointsNowhere = () => Object.values(vectors).some((vector) => length(vector) === 0);

  // An arc from the direction of a to that of b, the short way round.
  function drawAngle(a, b) {
    if (pointsNowhere()) return set(arc, { d: "" });
    const from = Math.atan2(a[1], a[0]);
    let turn = Math.atan2(b[1], b[0]) - from;
    if (turn > Math.PI) turn -= 2 * Math.PI;
    if (turn < -Math.PI) turn += 2 * Math.PI;
    const on = (radians, radius) => place([radius * Math.cos(radians), radius * Math.sin(radians)]);
    const [start, end] = [on(from, 1.2), on(from + turn, 1.2)];
    set(arc, { d: `M${start}A${1.2 * unit} ${1.2 * unit} 0 0 ${turn < 0 ? 1 : 0} ${end}` });
  }

  function draw() {
    const { a, b } = vectors;
    for (const { value, show } of arrows) {
      const out = 24 / (length(value) || 1);
      show([out * value[0], 4 - out * value[1]]);
    }
    set(between, { d: `M${place(a)}L${place(b)}` });
    drawAngle(a, b);
    set(marker, { cx: 170 + 150 * cosine(a, b) });
    const factors = (axis) => `${a[axis]} · ${b[axis] < 0 ? `(${b[axis]})` : b[axis]}`;
    const product = written(dotProduct(a, b));
    const [ofA, ofB] = [a, b].map((vector) => written(length(vector)));
    cells.dot.textContent = `${factors(0)} + ${factors(1)} = ${product}`;
    cells.lengths.textContent = `|a| ${ofA}, |b| ${ofB}`;
    const radians = Math.acos(Math.max(-1, Math.min(1, cosine(a, b))));
    cells.cosine.textContent = pointsNowhere()
      ? "a zero vector: set to 0.00"
      : `${product} / (${ofA} · ${ofB}) = ${written(cosine(a, b))}`;
    cells.angle.textContent = pointsNowhere() ? "none" : `${Math.round((radians * 180) / Math.PI)}°`;
    cells.euclidean.textContent = written(length([a[0] - b[0], a[1] - b[1]]));
  }

  draw();
  box.append(element("div", { class: "panels" }, picture, numbers));
});
