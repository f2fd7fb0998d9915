// The attention weights of a head over a padded sentence, under one mask or another.
"use strict";

widgets.add("09-masks", (box, { tokens, length, layer, scores }) => {
    const { element, svg, set, slider, choice } = widgets;
    const count = tokens.length;
    const rules = {
        "none": () => false,
        "causal": (query, key) => key > query,
        "padding": (query, key) => key >= length,
        "both": (query, key) => key > query || key >= length,
    };
    let [rule, head, row] = ["padding", 4, 6]; // "bank", a third of whose attention goes to padding

    // The row of the equation: hide, then the softmax. A query from which all is hidden gets zeros.
    function weights(query, hidden) {
        const seen = scores[head][query].map((score, key) => (hidden(query, key) ? 0 : Math.exp(score)));
        const sum = seen.reduce((a, b) => a + b);
        return seen.map((part) => (sum > 0 ? part / sum : 0));
    }

    const [side, edge] = [26, 62];
    const cells = svg("g");
    const frame = svg("rect", { x: 1, width: edge + side * count, height: side, class: "frame" });
    const table = svg("svg", {
        viewBox: `0 0 ${edge + side * count + 2} ${edge + side * count + 2}`,
        tabindex: 0, role: "listbox", "aria-label": "Queries", class: "masks",
        onkeydown: (event) => {
            const by = { ArrowUp: -1, ArrowDown: 1, ArrowLeft: 0, ArrowRight: 0 }[event.key];
            if (by !== undefined) {
                event.preventDefault();
                event.stopPropagation(); // or mdBook turns to the next chapter
                choose(Math.min(count - 1, Math.max(0, row + by)));
            }
        },
    });
    const rows = tokens.map((token, query) => svg("g", {
        id: `mask-query-${query}`, role: "option", "aria-label": token, class: "query", onclick: () => choose(query),
    }));
    table.append(
        ...tokens.map((token, key) => {
            const x = edge + side * (key + 0.5) + 4;
            return svg("text", { x, y: edge - 6, transform: `rotate(-60 ${x} ${edge - 6})` }, token);
        }),
        ...rows, frame);
    const bars = element("div", { class: "bars" });
    const says = element("p", { role: "status" });

    function choose(query) {
        row = query;
        draw();
    }

    function cell(query, key, hidden, share) {
        const [x, y] = [edge + side * key + 1, edge + side * query + 1];
        const box = { x, y, width: side - 2, height: side - 2 };
        if (hidden) {
            return svg("path", { d: `M${x + 5} ${y + 5}l14 14m0 -14l-14 14`, class: "line" });
        }
        return svg("rect", { ...box, class: "share", "fill-opacity": share });
    }

    function draw() {
        const hidden = rules[rule];
        rows.forEach((node, query) => {
            const shares = weights(query, hidden);
            node.replaceChildren(
                svg("rect", { x: 1, y: edge + side * query, width: edge + side * count, height: side, fill: "transparent" }),
                svg("text", { x: edge - 5, y: edge + side * query + 17, "text-anchor": "end" }, tokens[query]),
                ...shares.map((share, key) => cell(query, key, hidden(query, key), share)));
            set(node, { "aria-selected": query === row });
        });
        set(frame, { y: edge + side * row });
        set(table, { "aria-activedescendant": `mask-query-${row}` });
        const [now, before] = [weights(row, hidden), weights(row, rules.none)];
        bars.replaceChildren(...tokens.map((token, key) => {
            const gone = hidden(row, key);
            return element("div", { class: gone ? "gone" : "" },
                element("span", {}, token),
                element("span", { class: "rail" },
                    element("i", { style: `width: ${100 * now[key]}%` }),
                    element("b", { style: `left: ${100 * before[key]}%` })),
                element("span", { class: "number", "data-shows": "share" }, gone ? "hidden" : now[key].toFixed(2)));
        }));
        const taken = before.filter((_, key) => hidden(row, key)).reduce((a, b) => a + b, 0);
        says.replaceChildren(
            element("b", { "data-shows": "query" }, tokens[row]), ` as a query, head ${head + 1} of layer ${layer}. The mask hides what had `,
            element("span", { class: "number", "data-shows": "hidden" }, taken.toFixed(2)), " of its attention, and the rest is brought back to a sum of 1. The thin marks are the shares without a mask.");
    }

    box.append(
        choice({ label: "Mask", options: Object.keys(rules), value: rule }, (name) => ((rule = name), draw())),
        slider({ label: "Head", min: 1, max: scores.length, step: 1, value: head + 1 }, (value) => ((head = value - 1), draw())),
        element("div", { class: "panels" }, table, element("div", {}, says, bars)));
    draw();
});
