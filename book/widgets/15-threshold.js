// A threshold among recorded probabilities, and whether a classifier is right as often as it is sure.
"use strict";

widgets.add("15-threshold", (box, [dev, calibration]) => {
    const { element, svg, set, slider, choice } = widgets;
    let [threshold, classifier] = [0.5, 0];

    const bins = 20;
    // How many probabilities lie in each bin.
    function counts(probabilities) {
        const counted = new Array(bins).fill(0);
        for (const p of probabilities) {
            counted[Math.min(bins - 1, Math.floor(p * bins))] += 1;
        }
        return counted;
    }

    const [praise, complaint] = [counts(dev.praise), counts(dev.complaint)];
    const most = Math.max(...praise, ...complaint);
    const x = (p) => 10 + 320 * p;
    const high = (count) => (75 * count) / most;
    const mark = svg("path", { class: "strong" });
    const said = [svg("text", { y: 12, "text-anchor": "end" }, "\u2190 said complaint"), svg("text", { y: 12 }, "said praise \u2192")];
    const above = praise.map((count, i) => svg("rect", { x: x(i / bins) + 1, width: 14, y: 96 - high(count), height: high(count), class: "first column" }));
    const below = complaint.map((count, i) => svg("rect", { x: x(i / bins) + 1, width: 14, y: 98, height: high(count), class: "second column" }));
    const histogram = svg("svg", { viewBox: "0 0 340 196", role: "img", "aria-label": "Sentences by their probability of praise: praise above, complaints below." },
        ...above, ...below, mark, ...said,
        svg("text", { x: 12, y: 34, class: "first" }, "is praise"), svg("text", { x: 328, y: 168, class: "second", "text-anchor": "end" }, "is complaint"),
        ...[0, 0.5, 1].map((p) => svg("text", { x: x(p), y: 191, "text-anchor": "middle" }, p)));
    const table = element("table", { class: "sheet" });
    const scores = element("p", { role: "status" });

    function drawThreshold() {
        const over = (probabilities) => probabilities.filter((p) => p >= threshold).length;
        const [found, wrong] = [over(dev.praise), over(dev.complaint)];
        const [missed, right] = [dev.praise.length - found, dev.complaint.length - wrong];
        const share = (part, whole) => (whole > 0 ? (part / whole).toFixed(3) : "none");
        set(mark, { d: `M${x(threshold)} 16V178` });
        set(said[0], { x: x(threshold) - 6, visibility: threshold < 0.32 ? "hidden" : null });
        set(said[1], { x: x(threshold) + 6, visibility: threshold > 0.7 ? "hidden" : null });
        [...above, ...below].forEach((bar, i) => set(bar, { "fill-opacity": ((i % bins) + 0.5) / bins >= threshold ? 0.9 : 0.35 }));
        const cells = (...texts) => texts.map((text) => element("td", { "data-shows": "count" }, text));
        table.replaceChildren(
            element("tr", {}, element("td", {}), element("th", {}, "said complaint"), element("th", {}, "said praise")),
            element("tr", {}, element("th", { class: "second" }, "is complaint"), ...cells(right, wrong)),
            element("tr", {}, element("th", { class: "first" }, "is praise"), ...cells(missed, found)));
        const all = dev.praise.length + dev.complaint.length;
        scores.replaceChildren(
            "Precision of praise ", number("precision", share(found, found + wrong)), `, which is ${found} of ${found + wrong}; recall `,
            number("recall", share(found, found + missed)), `, ${found} of ${found + missed}; accuracy `, number("accuracy", share(found + right, all)), ".");
    }

    const number = (what, text) => element("b", { class: "number", "data-shows": what }, text);

    const reliability = svg("svg", { viewBox: "0 0 340 240", role: "img" });
    const [bands, off] = [element("table", { class: "sheet" }), element("p")];

    function drawReliability() {
        const { name, error, bins: filled } = calibration[classifier];
        const across = (p) => 40 + 560 * (p - 0.5);
        const up = (p) => 186 - 340 * (p - 0.5);
        set(reliability, { "aria-label": `Share of right answers by probability, ${name}; the sentence beside it says how far off it is.` });
        reliability.replaceChildren(
            ...[0.5, 0.75, 1].flatMap((p) => [
                svg("path", { d: `M40 ${up(p)}H320`, class: "line" }),
                svg("text", { x: 35, y: up(p) + 4, "text-anchor": "end" }, p),
                svg("text", { x: across(p), y: 202, "text-anchor": "middle" }, p)]),
            svg("path", { d: `M40 ${up(0.5)}L320 ${up(1)}`, class: "strong dashed" }),
            ...calibration.map((one) => svg("path", {
                d: "M" + one.bins.map(({ confidence, accuracy }) => `${across(confidence)} ${up(accuracy)}`).join("L"),
                class: one.name === name ? "first curve" : "line",
            })),
            ...filled.flatMap(({ answers, confidence, accuracy }) => [
                svg("path", { d: `M${across(confidence)} ${up(confidence)}V${up(accuracy)}`, class: accuracy < confidence ? "second gap" : "first gap" }),
                svg("circle", { cx: across(confidence), cy: up(accuracy), r: 2.5 + Math.sqrt(answers) / 3, class: "first handle" }),
                svg("text", { x: across(confidence), y: 222, "text-anchor": "middle" }, answers)]),
            svg("text", { x: 2, y: 222 }, "answers"), svg("text", { x: 180, y: 236, "text-anchor": "middle" }, "probability of the answer"),
            svg("text", { x: 44, y: 12 }, "share that is right"));
        bands.replaceChildren(
            element("tr", {}, ...["answers", "sure", "right"].map((name) => element("th", {}, name))),
            ...filled.map(({ answers, confidence, accuracy }) =>
                element("tr", {}, ...[answers, confidence.toFixed(3), accuracy.toFixed(3)].map((text) => element("td", { "data-shows": "bin" }, text)))));
        off.replaceChildren("The dashed line is right as often as it is sure. The mean distance from it, over all answers, is ", number("error", error.toFixed(3)), ".");
    }

    box.append(
        slider({ label: "Threshold", min: 0, max: 1, step: 0.01, value: threshold, show: (t) => t.toFixed(2) }, (t) => ((threshold = t), drawThreshold())),
        element("div", { class: "panels" }, histogram, element("div", {}, table, scores)),
        choice({ label: "Is it right when it is sure?", options: calibration.map(({ name }) => name), value: calibration[0].name },
            (_, i) => ((classifier = i), drawReliability())),
        element("div", { class: "panels" }, reliability, element("div", {}, bands, off)));
    drawThreshold();
    drawReliability();
});
