// Lesson 06: ALiBi's slopes by head, and what each takes off a score at a distance.
"use strict";

widgets.add("06-alibi", (box) => {
  const { element, sliders, choice } = widgets;

  // 2^(-8h / heads) for a power of two; another number borrows every other slope of the next power.
  function slopes(heads) {
    const power = 2 ** Math.floor(Math.log2(heads));
    const own = [...Array(power).keys()].map((head) => 2 ** ((-8 * (head + 1)) / power));
    if (power === heads) return own;
    const borrowed = slopes(2 * power).filter((_, head) => head % 2 === 0);
    return [...own, ...borrowed.slice(0, heads - power)];
  }

  // Four decimals as the lesson prints them: of 0.03125, which lies halfway, the even 0.0312.
  const written = (slope) => (slope - 1e-9).toFixed(4);

  const titles = ["head", "slope", "bias", "what is left of the key's share", ""];
  const head = element("tr", {}, ...titles.map((title) => element("th", {}, title)));
  const table = element("table");
  const at = { heads: 8, distance: 8 };

  function draw() {
    const rows = slopes(at.heads).map((slope, head) => {
      const left = Math.exp(-slope * at.distance);
      const bar = element("div", { class: "bar", style: `width: ${100 * left}%` });
      return element("tr", {},
        element("td", {}, head + 1),
        element("td", { "data-shows": "slope" }, written(slope)),
        element("td", { "data-shows": "bias" }, (-slope * at.distance).toFixed(2)),
        element("td", { class: "track" }, bar),
        element("td", {}, left.toFixed(3)));
    });
    table.replaceChildren(head, ...rows);
  }

  draw();
  box.append(
    choice({ label: "heads", options: ["4", "8", "12", "16"], value: "8" }, (text) => {
      at.heads = Number(text);
      draw();
    }),
    ...sliders(at, draw, { distance: { label: "distance back", max: 63 } }),
    table);
});
