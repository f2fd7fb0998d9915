// Lesson 05: a word of the map, its nearest words in the space, and its nearest words on the map.
"use strict";

// `world`: the figure, whose points are the words. `cosines[a][b]`: of word a with each word b before it.
widgets.add("05-map", (box, world, [words, cosines]) => {
  const { element, svg, text, set, slider, arrowKey } = widgets;
  const [width, height] = [340, 300];
  const points = world.panels[0].marks.Points;
  const all = [...words.keys()];
  const kinds = [...new Set(points.map(({ group }) => group))];
  let [chosen, k, pinned] = [words.indexOf("king"), 6, false];

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
      return [text(found[0], found[1] + 10, words[word], word === chosen ? "chosen" : "", "start")];
    });
  }

  // The name of a kind stands above its highest word.
  function kindName(kind) {
    const members = all.filter((word) => points[word].group === kind);
    const [x, y] = members.map((word) => whole[word]).reduce((a, b) => (b[1] < a[1] ? b : a));
    return text(x, y - 10, kind);
  }

  // The word that is least far, if it is near enough.
  function least(far, enough) {
    const next = all.reduce((a, b) => (far(b) < far(a) ? b : a));
    return far(next) < enough ? next : null;
  }

  // No word is chosen as null.
  function choose(word, pin) {
    if (word === null || (word === chosen && pin === pinned)) return;
    [chosen, pinned] = [word, pin];
    draw();
  }

  function pointed(event, places) {
    const matrix = event.currentTarget.getScreenCTM().inverse();
    const { x, y } = new DOMPoint(event.clientX, event.clientY).matrixTransform(matrix);
    return least((word) => Math.hypot(places[word][0] - x, places[word][1] - y), 24);
  }

  // A click pins a word, so that pointing at others leaves it chosen; a second click lets it go.
  function click(event, places) {
    const word = pointed(event, places);
    choose(word, word !== chosen || !pinned);
  }

  // An arrow key goes to the nearest word on that side.
  function step(event) {
    if (event.key === "Escape") choose(chosen, false);
    const direction = arrowKey(event);
    if (!direction) return;
    const next = least((word) => {
      const [dx, dy] = [0, 1].map((axis) => whole[word][axis] - whole[chosen][axis]);
      const ahead = dx * direction[0] + dy * direction[1];
      const aside = Math.abs(dx * direction[1] + dy * direction[0]);
      return ahead > aside / 2 ? ahead + 2 * aside : Infinity;
    }, Infinity);
    choose(next, pinned);
  }

  const dot = (places, word, r, more) =>
    svg("circle", { cx: places[word][0], cy: places[word][1], r, fill: `var(--kind-${kinds.indexOf(points[word].group)})`, ...more });
  const dots = all.map((word) => dot(whole, word, 2.5, { id: `map-word-${word}`, role: "option", "aria-label": words[word] }));
  const [marks, close] = [svg("g"), svg("g")];
  const viewBox = `0 0 ${width} ${height}`;
  const map = svg("svg", {
    viewBox, class: "map", tabindex: 0, role: "listbox", "aria-label": "Words of the map", onkeydown: step,
    onclick: (event) => click(event, whole),
    onpointermove: (event) => event.pointerType === "mouse" && !pinned && choose(pointed(event, whole), false),
  }, ...dots, ...kinds.map(kindName), marks);
  const lens = svg("svg", { viewBox, class: "map lens", onclick: (event) => click(event, near) }, close);
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
    const line = (word) => svg("path", { d: `M${places[chosen]}L${places[word]}`, class: "first arrow" });
    return [
      ...inSpace.map(line), ...onMap.map((word) => dot(places, word, 6.5, { class: "second ring" })),
      ...inSpace.map((word) => dot(places, word, 4)), dot(places, chosen, 5, { class: "dot chosen" }),
    ];
  }

  function draw() {
    const inSpace = nearest((word) => -cosine(chosen, word));
    const onMap = nearest((word) => apart(chosen, word));
    const reach = apart(chosen, onMap[Math.ceil((2 * k) / 3) - 1]); // the last ones may be far off
    near = view(points[chosen].x, points[chosen].y, (0.4 * height) / reach);
    marks.replaceChildren(...neighbours(whole, inSpace, onMap));
    close.replaceChildren(
      ...all.map((word) => dot(near, word, 3)), ...neighbours(near, inSpace, onMap),
      ...labels([chosen, ...others()]));
    dots.forEach((dot, word) => set(dot, { "aria-selected": word === chosen }));
    set(map, { "aria-activedescendant": `map-word-${chosen}` });
    lists.replaceChildren(
      list("In the space, cosine", "first", inSpace, onMap),
      list("On the map, nearest first, cosine", "second", onMap, inSpace));
    const both = inSpace.filter((word) => onMap.includes(word)).length;
    says.replaceChildren(
      element("b", { "data-shows": "chosen" }, words[chosen]),
      ` (${points[chosen].group}${pinned ? ", pinned" : ""}): ${both} of its ${k} nearest in the space are among the ${k} nearest on the map.`);
  }

  const count = { label: "Nearest words", min: 1, max: 10, step: 1, value: k };
  box.append(element("div", { class: "panels" }, map, lens), says, slider(count, (value) => ((k = value), draw())), lists);
  draw();
});
