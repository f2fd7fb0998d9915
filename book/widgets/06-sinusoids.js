// Lesson 06: two rows of the sinusoidal table, and their dot product by distance.
"use strict";

widgets.add("06-sinusoids", (box) => {
  const { element, svg, text, set, sliders } = widgets;
  const [dModel, base, distances] = [128, 10000, 200]; // as in the lesson's table and figure
  const [left, top, width, height] = [34, 12, 296, 150]; // of the curve, in the drawing's units

  // PE(position, axis): a sine and the cosine after it are of one hand.
  function sinusoid(position, axis) {
    const even = axis - (axis % 2);
    const angle = position / base ** (even / dModel);
    return axis === even ? Math.sin(angle) : Math.cos(angle);
  }

  const axes = [...Array(dModel).keys()];
  const row = (position) => axes.map((axis) => sinusoid(position, axis));

  // In units of the product of a row with itself.
  function product(p, q) {
    const [a, b] = [row(p), row(q)];
    const dot = (x, y) => x.reduce((sum, number, axis) => sum + number * y[axis], 0);
    return dot(a, b) / dot(a, a);
  }

  const x = (distance) => left + (width * distance) / (distances - 1);
  const y = (share) => top + height * (1 - share);
  const picture = svg("svg", { viewBox: "0 0 340 204", role: "img" });
  for (const share of [0, 0.5, 1]) {
    picture.append(
      svg("path", { class: "line", d: `M${left} ${y(share)}h${width}` }),
      text(left - 6, y(share) + 4, share, "", "end"),
    );
  }
  for (const distance of [0, 50, 100, 150]) {
    picture.append(text(x(distance), y(0) + 16, distance));
  }
  picture.append(text(left + width / 2, y(0) + 33, "distance (tokens)"));
  const curve = svg("path", { class: "first arrow" });
  const marker = svg("circle", { class: "second handle", r: 6 });
  picture.append(curve, marker);

  // A row of the table as a strip: sines and cosines from -1 (orange) over 0 (empty) to 1 (blue).
  function strip() {
    const cells = axes.map((axis) => svg("rect", { x: axis * 2.5, width: 2.5, height: 20 }));
    const node = svg("svg", { viewBox: "0 0 320 20", class: "strip", "aria-hidden": "true" }, ...cells);
    const name = element("div", {});
    return {
      node: element("div", {}, name, node),
      show(position) {
        name.textContent = `row ${position}`;
        row(position).forEach((number, axis) => {
          set(cells[axis], { fill: `var(--${number < 0 ? "second" : "first"})`, "fill-opacity": Math.abs(number).toFixed(3) });
        });
      },
    };
  }

  const strips = [strip(), strip()];
  const result = element("output", { "data-shows": "product" });
  const at = { position: 0, distance: 20 };

  function draw() {
    const { position, distance } = at;
    strips[0].show(position);
    strips[1].show(position + distance);
    const points = [...Array(distances).keys()].map((d) => `${x(d)} ${y(product(position, position + d)).toFixed(2)}`);
    set(curve, { d: `M${points.join("L")}` });
    const share = product(position, position + distance);
    set(marker, { cx: x(distance), cy: y(share) });
    result.textContent = share.toFixed(4);
    set(picture, { "aria-label": `at distance ${distance} the product is ${share.toFixed(4)}` });
  }

  draw();
  box.append(
    ...sliders(at, draw, {
      position: { label: "position", max: 500 },
      distance: { label: "distance", max: distances - 1 },
    }),
    element("div", { class: "panels" },
      element("div", {}, ...strips.map(({ node }) => node),
        element("p", { role: "status" }, "dot product, 1 = with itself: ", result)),
      picture));
});
