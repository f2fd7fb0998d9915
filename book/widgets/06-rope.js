// Lesson 06: RoPE. A query and a key are turned by their positions; what they score depends on the offset alone.
"use strict";

widgets.add("06-rope", (box) => {
  const { element, svg, text, set, arrow, sliders } = widgets;
  // As the lesson's table of scores: the width of a head, its theta, pairs (i, i + d_head / 2), a query and a key.
  const [dHead, theta] = [64, 10000];
  const vector = (phase) => [...Array(dHead).keys()].map((axis) => Math.fround(Math.sin(0.7 * axis + phase)));
  const [query, key] = [vector(0.3), vector(1.1)];
  const shown = [0, 4, 8, 16]; // pairs whose hands are drawn, the fastest first

  const frequency = (pair) => theta ** ((-2 * pair) / dHead);

  function rotate(x, position) {
    const turned = [...x];
    for (let pair = 0; pair < dHead / 2; pair++) {
      const [a, b] = [x[pair], x[pair + dHead / 2]];
      const [cos, sin] = [Math.cos(position * frequency(pair)), Math.sin(position * frequency(pair))];
      turned[pair] = a * cos - b * sin;
      turned[pair + dHead / 2] = b * cos + a * sin;
    }
    return turned;
  }

  function score(m, n) {
    const [q, k] = [rotate(query, m), rotate(key, n)];
    return q.reduce((sum, number, axis) => sum + number * k[axis], 0);
  }

  // A clock with the hand of the query and that of the key. Its middle is (0, 0), and sines grow upwards.
  function clock(pair) {
    const face = svg("svg", { viewBox: "-50 -50 100 118", class: "clock", role: "img" });
    const wedge = svg("path", { class: "wedge" });
    const hands = ["first", "second"].map((colour) => svg("path", { class: `${colour} arrow` }));
    const speed = `${Number(frequency(pair).toPrecision(2))} rad per token`;
    const label = text(0, 62, speed);
    face.append(svg("circle", { class: "line", r: 46 }), wedge, ...hands, label);
    return {
      face,
      turn(m, n) {
        const ends = [m, n].map((position) => {
          const angle = position * frequency(pair);
          return [44 * Math.cos(angle), -44 * Math.sin(angle)];
        });
        ends.forEach(([x, y], i) => set(hands[i], { d: arrow(0, 0, x, y, 10) }));
        // The way from the key's hand to the query's, without whole turns.
        const offset = ((m - n) * frequency(pair)) % (2 * Math.PI);
        const large = Math.abs(offset) > Math.PI ? 1 : 0;
        const [[mx, my], [nx, ny]] = ends.map(([x, y]) => [x / 2, y / 2]);
        set(wedge, { d: `M0 0L${nx} ${ny}A22 22 0 ${large} ${offset > 0 ? 0 : 1} ${mx} ${my}Z` });
        const degrees = Math.round((offset * 180) / Math.PI);
        set(face, { "aria-label": `pair ${pair}: the query's hand is ${degrees} degrees ahead of the key's` });
      },
    };
  }

  const clocks = shown.map(clock);
  const [from, to] = ["m", "n"].map((name) => element("b", { "data-shows": name }));
  const result = element("output", { "data-shows": "score" });
  const at = { n: 1, offset: 2 };

  function draw() {
    const { n, offset } = at;
    for (const { turn } of clocks) turn(n + offset, n);
    from.textContent = n + offset;
    to.textContent = n;
    result.textContent = score(n + offset, n).toFixed(4);
  }

  draw();
  box.append(
    element("div", { class: "clocks" }, ...clocks.map(({ face }) => face)),
    ...sliders(at, draw, {
      n: { label: "move both: key at", max: 100 },
      offset: { label: "offset, query - key", max: 40 },
    }),
    element("p", { role: "status" },
      element("span", { class: "first" }, "query at ", from), ", ", element("span", { class: "second" }, "key at ", to),
      ": all 32 pairs together score ", result));
});
