// The diary, searched by the dot product of recorded vectors of unit length.
"use strict";

widgets.add("14-diary", (box, { lines, queries, widest, vectors }) => {
    const { element, svg, set, choice } = widgets;
    const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const largest = 131071; // three letters are 18 bits
    const six = new Map([...letters].map((letter, bits) => [letter, bits]));

    function unpacked(text) {
        const numbers = new Float64Array(text.length / 3);
        for (let i = 0; i < numbers.length; i += 1) {
            const [a, b, c] = [six.get(text[3 * i]), six.get(text[3 * i + 1]), six.get(text[3 * i + 2])];
            numbers[i] = (((a << 12) | (b << 6) | c) - largest) * (widest / largest);
        }
        return numbers;
    }

    const unit = vectors.map(unpacked);
    const width = unit[0].length;
    const shown = queries.slice(0, 5);
    let [query, chosen] = [0, 0];

    // The sum of the products so far, after each number of the vectors: the last one is the score.
    function sums(line) {
        const [a, b] = [unit[lines.length + query], unit[line]];
        let sum = 0;
        return a.map((number, i) => (sum += number * b[i]));
    }

    const field = element("input", { type: "text", list: "diary-queries", autocomplete: "off", placeholder: "dog, money, river", "aria-label": "Search for", oninput: typed });
    const known = element("datalist", { id: "diary-queries" }, ...queries.map((text) => element("option", { value: text })));
    const says = element("p", { role: "status" });
    const ranking = element("div", { class: "bars ranking", role: "listbox", tabindex: 0, "aria-label": "Lines by score", onkeydown: step });
    const chart = svg("svg", { viewBox: "0 0 340 180", role: "img" });

    function typed() {
        const wanted = field.value.trim().toLowerCase();
        const found = queries.findIndex((text) => text.toLowerCase() === wanted);
        if (found >= 0) {
            search(found);
        } else if (wanted) {
            const near = queries.filter((text) => text.toLowerCase().includes(wanted)).slice(0, 6);
            says.textContent = near.length > 0
                ? `Recorded are: ${near.join(", ")}.`
                : `No vector of "${field.value}" is recorded: the encoder is not in this page. Try dog, money or party.`;
        }
    }

    function search(next) {
        query = next;
        chosen = ranked()[0].line;
        for (const radio of choices.querySelectorAll("input")) {
            radio.checked = radio.nextSibling.textContent === queries[query];
        }
        draw();
    }

    function ranked() {
        return lines.map((_, line) => ({ line, score: sums(line)[width - 1] })).sort((a, b) => b.score - a.score);
    }

    // The next line of the ranking, up or down.
    function step(event) {
        const by = { ArrowUp: -1, ArrowDown: 1, ArrowLeft: 0, ArrowRight: 0 }[event.key];
        if (by !== undefined) {
            event.preventDefault();
            event.stopPropagation(); // or mdBook turns to the next chapter
            const order = ranked().map(({ line }) => line);
            chosen = order[Math.min(order.length - 1, Math.max(0, order.indexOf(chosen) + by))];
            draw();
        }
    }

    // A line with the words that the query has too in bold.
    function marked(text) {
        const shared = queries[query].toLowerCase().split(/\W+/);
        return text.split(/(\w+)/).map((part) => (shared.includes(part.toLowerCase()) && /\w/.test(part) ? element("b", {}, part) : part));
    }

    function drawChart(order) {
        const curves = order.map(({ line }) => sums(line));
        const all = curves.flatMap((curve) => [...curve]);
        const [low, high] = [Math.min(0, ...all), Math.max(...all)];
        const x = (i) => 8 + (324 * i) / width;
        const y = (sum) => 160 - (148 * (sum - low)) / (high - low);
        const path = (curve) => `M${x(0)} ${y(0)}L` + [...curve].map((sum, i) => `${x(i + 1).toFixed(1)} ${y(sum).toFixed(1)}`).join("L");
        const at = order.findIndex(({ line }) => line === chosen);
        set(chart, { "aria-label": `The sum of products grows to ${order[at].score.toFixed(4)} over ${width} numbers.` });
        chart.replaceChildren(
            svg("path", { d: `M${x(0)} ${y(0)}H${x(width)}`, class: "line" }),
            ...curves.map((curve) => svg("path", { d: path(curve), class: "line" })),
            svg("path", { d: path(curves[at]), class: "first curve" }),
            svg("circle", { cx: x(width), cy: y(order[at].score), r: 4, class: "first dot" }),
            svg("text", { x: x(0), y: 176 }, "number 1"),
            svg("text", { x: x(width), y: 176, "text-anchor": "end" }, `number ${width}`));
    }

    function draw() {
        const order = ranked();
        const most = Math.max(...order.map(({ score }) => Math.abs(score)), 0.5);
        ranking.replaceChildren(...order.map(({ line, score }, rank) =>
            element("div", {
                id: `diary-line-${line}`, role: "option", "aria-selected": line === chosen,
                onclick: () => ((chosen = line), draw()),
            },
            element("span", {}, `${rank + 1}. `, element("span", { "data-shows": "line" }, ...marked(lines[line]))),
            element("span", { class: "rail" }, element("i", { style: `width: ${Math.max(0, (100 * score) / most)}%` })),
            element("span", { class: "number", "data-shows": "score" }, score.toFixed(4)))));
        set(ranking, { "aria-activedescendant": `diary-line-${chosen}` });
        says.replaceChildren(element("b", {}, queries[query]), " finds ", element("b", {}, lines[order[0].line]), ". Bold words stand in both.");
        drawChart(order);
    }

    const choices = choice({ label: "Query", options: shown, value: shown[0] }, (_, index) => ((field.value = ""), search(index)));
    box.append(
        choices,
        element("label", { class: "field" }, "or type one ", field, known),
        says,
        ranking,
        element("div", { class: "panels" }, chart,
            element("p", {}, `How the score of the marked line is added up: the query's first number times the line's, the second times the second, to the ${width}th. The grey curves are the other lines.`)));
    search(0);
});
