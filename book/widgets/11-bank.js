// A word of two senses through the layers: what it looks at, and how its vectors part.
"use strict";

widgets.add("11-bank", (box, senses) => {
    const { element, svg, slider, choice } = widgets;
    const last = senses[0].same.length - 1;
    let [sense, layer] = [senses[0], 1];

    const sentences = element("div", { class: "sentences" });
    const says = element("p");
    const chart = svg("svg", { viewBox: "0 0 340 208", role: "img" });
    const table = element("table", { class: "sheet" });

    // A sentence, each token over its share of the word's attention.
    function looks({ tokens, place, attention }, name) {
        const shares = layer === 0 ? null : attention[layer - 1];
        return element("div", {},
            element("span", { class: "name" }, name),
            ...tokens.map((token, i) => {
                const share = shares ? shares[i] : 0;
                const words = element("span", { class: i === place ? "token place" : "token" },
                    element("i", { style: `height: ${Math.round(40 * share)}px` }),
                    element("span", {}, token), element("span", { class: "number", "data-shows": "share" }, shares ? share.toFixed(2) : "\u00a0"));
                return words;
            }));
    }

    function drawChart() {
        const lowest = Math.min(...sense.other, ...sense.plain_other, ...sense.same, ...sense.plain_same);
        const floor = Math.floor(lowest * 10) / 10;
        const x = (at) => 34 + (296 * at) / last;
        const y = (cosine) => 162 - (148 * (cosine - floor)) / (1 - floor);
        const line = (cosines, kind) => svg("path", { d: "M" + cosines.map((c, at) => `${x(at)} ${y(c)}`).join("L"), class: kind });
        const dot = (cosines, kind) => svg("circle", { cx: x(layer), cy: y(cosines[layer]), r: 5, class: `${kind} dot` });
        const ticks = [floor, (floor + 1) / 2, 1];
        chart.setAttribute("aria-label", `Cosines of ${sense.word} with itself in another sentence, by layer; the table has them for layer ${layer}.`);
        chart.replaceChildren(
            ...ticks.map((tick) => svg("path", { d: `M34 ${y(tick)}H330`, class: "line" })),
            ...ticks.map((tick) => svg("text", { x: 29, y: y(tick) + 4, "text-anchor": "end" }, tick.toFixed(2))),
            svg("path", { d: `M${x(layer)} 10V166`, class: "line now" }),
            ...sense.same.map((_, at) => svg("text", { x: x(at), y: 181, "text-anchor": "middle" }, at)),
            line(sense.plain_same, "first arrow plain"), line(sense.plain_other, "second arrow plain"),
            line(sense.same, "first arrow"), line(sense.other, "second arrow"),
            dot(sense.same, "first"), dot(sense.other, "second"),
            svg("text", { x: 25, y: 181, "text-anchor": "end" }, "layer"),
            svg("text", { x: 34, y: 202, class: "first" }, "same sense"), svg("text", { x: 108, y: 202, class: "second" }, "other sense"),
            svg("text", { x: 330, y: 202, "text-anchor": "end" }, "dashed: one sense"));
    }

    function row(name, same, other) {
        const numbers = [same[layer], other[layer], same[layer] - other[layer]].map((n) => n.toFixed(3).replace("-0.000", "0.000"));
        return element("tr", {}, element("th", {}, name), ...numbers.map((number) => element("td", { "data-shows": "cosine" }, number)));
    }

    function draw() {
        sentences.replaceChildren(
            looks(sense.sentences[0], "first"), looks(sense.sentences[1], "same sense"), looks(sense.sentences[2], "other sense"));
        says.textContent = layer === 0
            ? `Layer 0: the tables alone. Nothing has been looked at, and "${sense.word}" has one vector in all three.`
            : `Layer ${layer}: what "${sense.word}" looks at, in shares of 1 (mean of the heads).`;
        drawChart();
        table.replaceChildren(
            element("caption", {}, "Cosine of the first sentence's vector with those of"),
            element("tr", {}, element("td", {}), element("th", { class: "first" }, "same"), element("th", { class: "second" }, "other"), element("th", {}, "gap")),
            row(sense.word, sense.same, sense.other), row(sense.plain.join(", "), sense.plain_same, sense.plain_other));
    }

    box.append(
        choice({ label: "Word", options: senses.map(({ word }) => word), value: sense.word }, (_, i) => ((sense = senses[i]), draw())),
        slider({ label: "Layer", min: 0, max: last, step: 1, value: layer }, (value) => ((layer = value), draw())),
        says, sentences, element("div", { class: "panels" }, chart, table));
    draw();
});
