// Lesson 05: a word of the map, its nearest words in the space, and its nearest words on the map.
"use strict";

// `world`: the figure, whose points are the words. `cosines[a][b]`: of word a with each word b before it.
widgets.add("05-map", (box, world, [words, cosines]) => {
  const { element, svg, set, slider } = widgets;
  const [width, height] = [340, 300];
  const points = world.panels[0].marks.Points;
  const all = [...words.keys()];
  let [chosen, k] = [words.indexOf("king"), 6];

  const cosine = (a, b) => (a > b ? cosines[a][b] : cosines[b][a]);
  const apart = (a, b) => Math.hypot(points[a].x - points[b].x, points[a].y - points[b].y);
  const others = () => all.filter((word) => word !== chosen);
  const nearest = (order) => others().sort((a, b) => order(a) - order(b)).slice(0, k);

  // Where words lie in a drawing with (x, y) of the map in its middle. One unit is as long across as up.
  const view = (x, y, unit) =>
    points.map((point) => [width / 2 + unit * (point.x - x), height / 2 - unit * (point.y - y)]);
  const middle = (values) => (Math.min(...values) + Math.max(...values)) / 2;
  const whole = view(middle(points.map(({ x }) => x)), middle(points.map(({ y }) => y)), 150);
  let near = whole;

  // Words beside their dots, none over another: one without room keeps its dot alone.
  function labels(order) {
    const taken = order.map((word) => [near[word][0] - 6, near[word][1] - 6, 12, 12]);
    const free = ([x, y, long]) =>
      x >= 0 && y >= 0 && x + long <= width && y + 12 <= height &&
      taken.every(([a, b, c, d]) => x + long <= a || a + c <= x || y + 12 <= b || b + d <= y);
    return order.flatMap((word) => {
      const [x, y] = near[word];
      const long = 6.8 * words[word].length + 2;
      const tries = [[8, -6], [-8 - long, -6], [-long / 2, -20], [-long / 2, 8]];
      const found = tries.map(([dx, dy]) => [x + dx, y + dy, long, 12]).find(free);
      if (!found) return [];
      taken.push(found);
      return [svg("text", { x: found[0], y: found[1] + 10, class: word === chosen ? "chosen" : "" }, words[word])];
    });
  }

  // The name of a kind stands above its highest word.
  function kindName(kind) {
    const members = all.filter((word) => points[word].group === kind);
    const [x, y] = members.map((word) => whole[word]).reduce((a, b) => (b[1] < a[1] ? b : a));
    return svg("text", { x, y: y - 10, "text-anchor": "middle" }, kind);
  }

  // Chooses the word that is least far, if it is near enough.
  function choose(far, enough) {
    const next = all.reduce((a, b) => (far(b) < far(a) ? b : a));
    if (far(next) < enough && next !== chosen) {
      chosen = next;
      draw();
    }
  }

  function point(event, places) {
    const matrix = event.currentTarget.getScreenCTM().inverse();
    const { x, y } = new DOMPoint(event.clientX, event.clientY).matrixTransform(matrix);
    choose((word) => Math.hypot(places[word][0] - x, places[word][1] - y), 24);
  }

  // An arrow key goes to the nearest word on that side.
  function step(event) {
    const direction = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key];
    if (!direction) return;
    event.preventDefault();
    event.stopPropagation(); // or mdBook turns to the next chapter
    choose((word) => {
      const [dx, dy] = [points[word].x - points[chosen].x, points[word].y - points[chosen].y];
      const ahead = dx * direction[0] + dy * direction[1];
      const aside = Math.abs(dx * direction[1] + dy * direction[0]);
      return ahead > aside / 2 ? ahead + 2 * aside : Infinity;
    }, Infinity);
  }

  const dots = whole.map(([cx, cy], word) =>
    svg("circle", { cx, cy, r: 2.5, id: `map-word-${word}`, role: "option", "aria-label": words[word] }));
  const [marks, close] = [svg("g"), svg("g")];
  const kinds = [...new Set(points.map(({ group }) => group))];
  const viewBox = `0 0 ${width} ${height}`;
  const map = svg("svg", {
    viewBox, class: "map", tabindex: 0, role: "listbox", "aria-label": "Words of the map", onkeydown: step,
    onclick: (event) => point(event, whole),
    onpointermove: (event) => event.pointerType === "mouse" && point(event, whole),
  }, ...dots, ...kinds.map(kindName), marks);
  const lens = svg("svg", { viewBox, class: "map lens", onclick: (event) => point(event, near) }, close);
  const lists = element("div", { class: "lists" });
  const says = element("p", { role: "status" });

  function list(title, kind, listed, other) {
    const rows = listed.map((word) =>
      element("tr", { class: other.includes(word) ? "" : "alone" },
        element("td", { "data-shows": `${kind}-word` }, words[word]),
        element("td", { "data-shows": `${kind}-cosine` }, cosine(chosen, word).toFixed(3))));
    return element("table", { class: `sheet ${kind}` }, element("caption", {}, title), ...rows);
  }

  // Lines to what is near in the space, rings around what is near on the map.
  function neighbours(places, inSpace, onMap) {
    const dot = (word, r, kind) => svg("circle", { cx: places[word][0], cy: places[word][1], r, class: kind });
    const line = (word) => svg("path", { d: `M${places[chosen]}L${places[word]}`, class: "first arrow" });
    return [
      ...inSpace.map(line), ...onMap.map((word) => dot(word, 6.5, "second ring")),
      ...inSpace.map((word) => dot(word, 4, "first dot")), dot(chosen, 5, "dot chosen"),
    ];
  }

  function draw() {
    const inSpace = nearest((word) => -cosine(chosen, word));
    const onMap = nearest((word) => apart(chosen, word));
    const reach = apart(chosen, onMap[Math.ceil((2 * k) / 3) - 1]); // the last ones may be far off
    near = view(points[chosen].x, points[chosen].y, (0.4 * height) / reach);
    marks.replaceChildren(...neighbours(whole, inSpace, onMap));
    close.replaceChildren(
      ...near.map(([cx, cy]) => svg("circle", { cx, cy, r: 3 })), ...neighbours(near, inSpace, onMap),
      ...labels([chosen, ...others()]));
    dots.forEach((dot, word) => set(dot, { "aria-selected": word === chosen }));
    set(map, { "aria-activedescendant": `map-word-${chosen}` });
    lists.replaceChildren(list("In the space, cosine", "first", inSpace, onMap), list("On the map, cosine", "second", onMap, inSpace));
    const both = inSpace.filter((word) => onMap.includes(word)).length;
    says.replaceChildren(
      element("b", { "data-shows": "chosen" }, words[chosen]),
      ` (${points[chosen].group}): ${both} of its ${k} nearest in the space are among the ${k} nearest on the map.`);
  }

  const count = { label: "Nearest words", min: 1, max: 10, step: 1, value: k };
  box.append(element("div", { class: "panels" }, map, lens), says, slider(count, (value) => ((k = value), draw())), lists);
  draw();
});
