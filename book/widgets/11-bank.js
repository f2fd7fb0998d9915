// Lesson 11: a word of two senses through the layers, what it looks at and how its vectors part.
"use strict";

// Of each word: three sentences with its attention in each layer, and the cosines of the first with the others.
widgets.add("11-bank", (box, words) => {
  const { element, svg, text, slider, choice } = widgets;
  const last = words[0].same.length - 1;
  let [word, layer] = [words[0], 1];

  const sentences = element("div", { class: "sentences" });
  const says = element("p", { role: "status" });
  const chart = svg("svg", { viewBox: "0 -14 340 222", role: "img", "aria-label": "Cosines by layer" });
  const table = element("table", { class: "sheet" });

  // A sentence, below bars that say what the word looks at. Before the first layer it has looked at nothing.
  function looks({ tokens, place, attention }, name) {
    const parts = tokens.map((token, i) => {
      const share = layer > 0 ? attention[layer - 1][i] : 0;
      return element("span", { class: i === place ? "token place" : "token" },
        element("i", { style: `height: ${40 * share}px` }), element("span", {}, token),
        element("span", { class: "number", "data-shows": "share" }, layer > 0 ? share.toFixed(2) : "\u00a0"));
    });
    return element("div", {}, element("span", { class: "name" }, name), ...parts);
  }

  function drawChart() {
    const floor = Math.floor(Math.min(...word.other, ...word.plain_other, ...word.same) * 10) / 10;
    const x = (at) => 34 + (296 * at) / last;
    const y = (cosine) => 162 - (148 * (cosine - floor)) / (1 - floor);
    const path = (d, kind) => svg("path", { d, class: kind });
    const curve = (cosines, kind) => [
      path(`M${cosines.map((cosine, at) => [x(at), y(cosine)]).join("L")}`, `${kind} arrow`),
      svg("circle", { cx: x(layer), cy: y(cosines[layer]), r: 4, class: `${kind} dot` })];
    chart.replaceChildren(
      ...[floor, (floor + 1) / 2, 1].flatMap((tick) => [path(`M34 ${y(tick)}H330`, "line"), text(29, y(tick) + 4, tick.toFixed(2), "", "end")]),
      path(`M${x(layer)} 10V166`, "line now"), ...word.same.map((_, at) => text(x(at), 181, at)),
      ...curve(word.plain_same, "first plain"), ...curve(word.plain_other, "second plain"),
      ...curve(word.same, "first"), ...curve(word.other, "second"), text(25, 181, "layer", "", "end"),
      text(0, -2, "cosine", "", "start"), text(66, 202, "same sense", "first"), text(156, 202, "other sense", "second"), text(330, 202, "dashed: one sense", "", "end"));
  }

  function row(name, same, other) {
    const cells = [same[layer], other[layer], same[layer] - other[layer]].map((value) => value.toFixed(3).replace("-0.000", "0.000"));
    const shown = cells.map((cell) => element("td", { "data-shows": "cosine" }, cell));
    return element("tr", {}, element("th", {}, name), ...shown);
  }

  function draw() {
    sentences.replaceChildren(...["first", "same sense", "other sense"].map((name, i) => looks(word.sentences[i], name)));
    says.textContent = layer === 0
      ? `Layer 0, the tables alone: nothing has been looked at, and "${word.word}" has one vector in all three.`
      : `Layer ${layer}: what "${word.word}" looks at, in shares of 1 (mean of the heads).`;
    drawChart();
    const head = ["", "first", "second", ""].map((kind, i) => element("th", { class: kind }, ["", "same", "other", "gap"][i]));
    table.replaceChildren(
      element("caption", {}, "Cosine of the first sentence's vector with those of"), element("tr", {}, ...head),
      row(word.word, word.same, word.other), row(word.plain.join(", "), word.plain_same, word.plain_other));
  }

  const options = words.map(({ word }) => word);
  box.append(
    choice({ label: "Word", options, value: options[0] }, (_, i) => ((word = words[i]), draw())),
    slider({ label: "Layer", min: 0, max: last, step: 1, value: layer }, (value) => ((layer = value), draw())),
    says, sentences, element("div", { class: "panels" }, chart, table));
  draw();
});
