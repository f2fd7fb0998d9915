// A word of the map, its nearest words in the space, and its nearest words on the paper.
"use strict";

widgets.add("05-map", (box, world, [words, cosines]) => {
    const { element, svg, set, slider } = widgets;
    const [width, height] = [340, 300];
    const points = world.panels[0].marks.Points;
    const across = points.map((point) => point.x);
    const up = points.map((point) => -point.y);
    const [left, right, top, bottom] = [Math.min(...across), Math.max(...across), Math.min(...up), Math.max(...up)];
    let [chosen, k] = [words.indexOf("king"), 6];

    const cosine = (a, b) => (a > b ? cosines[a][b] : cosines[b][a]);
    const apart = (a, b) => Math.hypot(across[a] - across[b], up[a] - up[b]);

    // The k words for which `order` is smallest.
    function nearest(order) {
        const others = words.map((_, word) => word).filter((word) => word !== chosen);
        return others.sort((a, b) => order(a) - order(b)).slice(0, k);
    }

    // Where words lie in a drawing whose middle is (x, y) of the map. One unit is as long across as up.
    function view(x, y, unit) {
        return words.map((_, word) => [width / 2 + unit * (across[word] - x), height / 2 + unit * (up[word] - y)]);
    }

    const whole = view((left + right) / 2, (top + bottom) / 2, Math.min((width - 30) / (right - left), (height - 50) / (bottom - top)));
    let near = whole;

    // Lays words beside their points so that none covers another; one without room keeps its dot alone.
    function labels(places, order) {
        const taken = order.map((word) => [places[word][0] - 6, places[word][1] - 6, 12, 12]);
        const free = ([x, y, w, h]) =>
            x >= 0 && y >= 0 && x + w <= width && y + h <= height &&
            taken.every(([a, b, c, d]) => x + w <= a || a + c <= x || y + h <= b || b + d <= y);
        const laid = [];
        for (const word of order) {
            const [x, y] = places[word];
            const long = 6.4 * words[word].length + 2;
            const tries = [[8, -6], [-8 - long, -6], [-long / 2, -20], [-long / 2, 8], [7, 4], [7, -16], [-7 - long, 4], [-7 - long, -16]];
            const found = tries.map(([dx, dy]) => [x + dx, y + dy, long, 12]).find(free);
            if (found) {
                taken.push(found);
                laid.push(svg("text", { x: found[0], y: found[1] + 10, class: word === chosen ? "chosen" : "" }, words[word]));
            }
        }
        return laid;
    }

    // The name of a kind stands above the words around its middle: a kind may be two islands.
    function kindName(kind) {
        const members = words.map((_, word) => word).filter((word) => points[word].group === kind);
        const spread = (word) => members.reduce((sum, other) => sum + apart(word, other), 0);
        const middle = members.reduce((a, b) => (spread(b) < spread(a) ? b : a));
        const island = members.filter((word) => Math.hypot(whole[word][0] - whole[middle][0], whole[word][1] - whole[middle][1]) < 40);
        return svg("text", { x: whole[middle][0], y: Math.min(...island.map((word) => whole[word][1])) - 10, "text-anchor": "middle" }, kind);
    }

    // A drawing of the map whose words can be chosen by a tap and by arrow keys.
    function drawing(label, ...children) {
        return svg("svg", {
            viewBox: `0 0 ${width} ${height}`, tabindex: 0, role: "listbox", "aria-label": label, class: "map", onkeydown: step,
        }, ...children);
    }

    const dots = whole.map(([cx, cy], word) => svg("circle", { cx, cy, r: 2.5, id: `map-word-${word}`, role: "option", "aria-label": words[word] }));
    const [marks, close] = [svg("g"), svg("g")];
    const kinds = [...new Set(points.map((point) => point.group))];
    const map = drawing("The map; arrow keys go from word to word", ...dots, ...kinds.map(kindName), marks);
    const lens = drawing("The words around the chosen one", close);
    lens.classList.add("lens");
    map.addEventListener("pointermove", (event) => event.pointerType === "mouse" && point(event, map, whole));
    map.addEventListener("click", (event) => point(event, map, whole));
    lens.addEventListener("click", (event) => point(event, lens, near));
    const lists = element("div", { class: "lists" });
    const says = element("p", { role: "status" });

    function choose(word) {
        if (word !== chosen) {
            chosen = word;
            draw();
        }
    }

    // Chooses the word next to the pointer, if one is near.
    function point(event, drawn, places) {
        const { x, y } = new DOMPoint(event.clientX, event.clientY).matrixTransform(drawn.getScreenCTM().inverse());
        const far = (word) => Math.hypot(places[word][0] - x, places[word][1] - y);
        const next = words.map((_, word) => word).reduce((a, b) => (far(b) < far(a) ? b : a));
        if (far(next) < 24) {
            choose(next);
        }
    }

    // An arrow key goes to the nearest word on that side.
    function step(event) {
        const direction = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
        if (!direction) {
            return;
        }
        event.preventDefault();
        event.stopPropagation();
        let [best, least] = [chosen, Infinity];
        words.forEach((_, word) => {
            const [dx, dy] = [across[word] - across[chosen], up[word] - up[chosen]];
            const ahead = dx * direction[0] + dy * direction[1];
            const aside = Math.abs(dx * direction[1]) + Math.abs(dy * direction[0]);
            if (word !== chosen && ahead > aside / 2 && ahead + 2 * aside < least) {
                [best, least] = [word, ahead + 2 * aside];
            }
        });
        choose(best);
    }

    function list(title, kind, near, other) {
        const rows = near.map((word) =>
            element("tr", { class: other.includes(word) ? "" : "alone" },
                element("td", { "data-shows": `${kind}-word` }, words[word]),
                element("td", { "data-shows": `${kind}-cosine` }, cosine(chosen, word).toFixed(3))));
        return element("table", { class: `sheet ${kind}` },
            element("caption", {}, title), element("tr", {}, element("th", {}, "word"), element("th", {}, "cosine")), ...rows);
    }

    // Lines to what is near in the space, rings around what is near on the map.
    function neighbours(places, inSpace, onMap) {
        const [x, y] = places[chosen];
        return [
            ...inSpace.map((word) => svg("path", { d: `M${x} ${y}L${places[word].join(" ")}`, class: "first arrow" })),
            ...onMap.map((word) => svg("circle", { cx: places[word][0], cy: places[word][1], r: 6.5, class: "second ring" })),
            ...inSpace.map((word) => svg("circle", { cx: places[word][0], cy: places[word][1], r: 4, class: "first dot" })),
            svg("circle", { cx: x, cy: y, r: 5, class: "dot chosen" }),
        ];
    }

    function draw() {
        const inSpace = nearest((word) => -cosine(chosen, word));
        const onMap = nearest((word) => apart(chosen, word));
        const reach = 1.2 * apart(chosen, onMap[Math.ceil((2 * k) / 3) - 1]); // the last ones may be far off
        near = view(across[chosen], up[chosen], (0.5 * height) / Math.max(reach, 0.02));
        const seen = words.map((_, word) => word).filter((word) => near[word][0] > 0 && near[word][0] < width && near[word][1] > 0 && near[word][1] < height);
        marks.replaceChildren(...neighbours(whole, inSpace, onMap));
        close.replaceChildren(
            ...seen.map((word) => svg("circle", { cx: near[word][0], cy: near[word][1], r: 3 })),
            ...neighbours(near, inSpace, onMap),
            ...labels(near, [chosen, ...seen.filter((word) => word !== chosen)]));
        dots.forEach((dot, word) => set(dot, { "aria-selected": word === chosen }));
        set(map, { "aria-activedescendant": `map-word-${chosen}` });
        lists.replaceChildren(
            list("In the space", "first", inSpace, onMap), list("On the map", "second", onMap, inSpace));
        const both = inSpace.filter((word) => onMap.includes(word)).length;
        says.replaceChildren(
            element("b", { "data-shows": "chosen" }, words[chosen]), ` (${points[chosen].group}): ${both} of its ${k} nearest words in the space are among the ${k} nearest on the map.`);
    }

    box.append(
        element("div", { class: "panels" }, map, lens), says,
        slider({ label: "Nearest words", min: 1, max: 10, step: 1, value: k }, (value) => ((k = value), draw())), lists);
    draw();
});
