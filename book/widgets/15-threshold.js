// Lesson 15: a threshold among recorded probabilities, and whether a classifier is right as often as it is sure.
"use strict";

// `dev`: probabilities of praise by what a sentence is. `calibration`: of each classifier its bins and its error.
widgets.add("15-threshold", (box, [dev, calibration]) => {
  const { element, svg, text, set, slider, choice } = widgets;
  const bins = 20;
  const bin = (p) => Math.min(bins - 1, Math.floor(p * bins));
  const counted = (probabilities) => Array.from({ length: bins }, (_, i) => probabilities.filter((p) => bin(p) === i).length);
  const counts = [counted(dev.praise), counted(dev.complaint)];
  const x = (p) => 10 + 320 * p;
  const number = (what, words) => element("b", { class: "number", "data-shows": what }, words);
  const row = (head, ...cells) =>
    element("tr", {}, ...head, ...cells.map((cell) => element("td", { "data-shows": "cell" }, cell)));
  const heads = (...names) => names.map((name) => element("th", {}, name));

  // Praise stands above the middle, complaints hang below.
  const columns = counts.flatMap((of, below) => of.map((count, i) => {
    const height = (75 * count) / Math.max(...counts.flat());
    const y = below ? 98 : 96 - height;
    return svg("rect", { x: x(i / bins) + 1, y, width: 14, height, class: `${below ? "second" : "first"} column` });
  }));
  const mark = svg("path", { class: "strong" });
  const histogram = svg("svg", { viewBox: "0 0 340 196", role: "img", "aria-label": "Sentences by probability of praise" },
    ...columns, mark, text(12, 34, "is praise", "first", "start"), text(328, 168, "is complaint", "second", "end"),
    text(10, 12, "← said complaint", "", "start"), text(330, 12, "said praise →", "", "end"),
    ...[0, 0.5, 1].map((p) => text(x(p), 191, p)));
  const confusion = element("table", { class: "sheet" });
  const scores = element("p", { role: "status" });

  function cut(threshold) {
    const over = (probabilities) => probabilities.filter((p) => p >= threshold).length;
    const [found, wrong] = [over(dev.praise), over(dev.complaint)];
    const [missed, right] = [dev.praise.length - found, dev.complaint.length - wrong];
    const share = (what, part, whole) => number(what, whole > 0 ? (part / whole).toFixed(3) : "none");
    set(mark, { d: `M${x(threshold)} 18V178` });
    columns.forEach((column, i) => set(column, { "fill-opacity": ((i % bins) + 0.5) / bins >= threshold ? 0.9 : 0.35 }));
    const head = (name, kind) => [element("th", { class: kind }, name)];
    confusion.replaceChildren(row(heads("", "said complaint", "said praise")),
      row(head("is complaint", "second"), right, wrong), row(head("is praise", "first"), missed, found));
    scores.replaceChildren(
      "Precision of praise ", share("precision", found, found + wrong), `, which is ${found} of ${found + wrong}; recall `,
      share("recall", found, found + missed), `, ${found} of ${found + missed}; accuracy `,
      share("accuracy", found + right, found + right + missed + wrong), ".");
  }

  const reliability = svg("svg", { viewBox: "0 0 340 222", role: "img", "aria-label": "Share of right answers by probability" });
  const [table, off] = [element("table", { class: "sheet" }), element("p")];

  function look(classifier) {
    const { error, bins: filled } = calibration[classifier];
    const at = (confidence, accuracy) => [40 + 560 * (confidence - 0.5), 186 - 340 * (accuracy - 0.5)];
    const line = (points, kind) => svg("path", { d: `M${points.join("L")}`, class: kind });
    reliability.replaceChildren(
      ...[0.5, 0.75, 1].flatMap((p) => [
        line([at(0.5, p), at(1, p)], "line"), text(35, at(p, p)[1] + 4, p, "", "end"), text(at(p, p)[0], 202, p)]),
      line([at(0.5, 0.5), at(1, 1)], "strong dashed"), text(180, 219, "probability of the answer"), text(44, 12, "share that is right", "", "start"),
      ...calibration.map(({ bins }, i) =>
        line(bins.map((bin) => at(bin.confidence, bin.accuracy)), i === classifier ? "first curve" : "other curve")),
      ...filled.flatMap(({ answers, confidence: p, accuracy }) => [
        line([at(p, p), at(p, accuracy)], accuracy < p ? "second gap" : "first gap"),
        svg("circle", { cx: at(p, p)[0], cy: at(p, accuracy)[1], r: 2.5 + Math.sqrt(answers) / 3, class: "first handle" })]));
    table.replaceChildren(row(heads("answers", "sure", "right")), ...filled.map(({ answers, confidence, accuracy }) =>
      row([], answers, confidence.toFixed(3), accuracy.toFixed(3))));
    off.replaceChildren("The dashed line is right as often as it is sure. The mean distance from it, over all answers, is ",
      number("error", error.toFixed(3)), ".");
  }

  const options = calibration.map(({ name }) => name);
  box.append(
    slider({ label: "Threshold", min: 0, max: 1, step: 0.01, value: 0.5, show: (t) => t.toFixed(2) }, cut),
    element("div", { class: "panels" }, histogram, element("div", {}, confusion, scores)),
    choice({ label: "Is it right when it is sure?", options, value: options[0] }, (_, i) => look(i)),
    element("div", { class: "panels" }, reliability, element("div", {}, table, off)));
  cut(0.5);
  look(0);
});
