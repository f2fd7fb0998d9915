// Lesson 14: the diary searched with recorded vectors of unit length, whose dot product is the score.
"use strict";

// `vectors`: of each line, then of each query; a number is three letters of 18 bits, from -`widest` to `widest`.
widgets.add("14-diary", (box, { lines, queries, widest, vectors }) => {
  const { element, svg, text, set, choice } = widgets;
  const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const largest = 131071;
  const bits = ([a, b, c]) => (letters.indexOf(a) * 64 + letters.indexOf(b)) * 64 + letters.indexOf(c);
  const unit = vectors.map((text) => text.match(/.../g).map((three) => (bits(three) / largest - 1) * widest));
  const width = unit[0].length;
  let [query, chosen, order] = [0, 0, []];

  // The sum of the products so far, after each number of the vectors: the last one is the score.
  function sums(line) {
    let sum = 0;
    return unit[line].map((number, i) => (sum += number * unit[lines.length + query][i]));
  }

  const check = (index) => choices.querySelectorAll("input").forEach((radio, i) => (radio.checked = i === index));

  function search(next) {
    query = next;
    order = lines.map((text, line) => ({ text, line, curve: sums(line) }));
    for (const found of order) found.score = found.curve[width - 1];
    order.sort((a, b) => b.score - a.score);
    chosen = 0;
    check(query);
    draw();
    set(found, { style: null });
    says.replaceChildren(element("b", {}, queries[query]), " finds ", element("b", {}, order[0].text), ".");
    if (ranking.querySelector("b")) says.append(" Bold words stand in both.");
    if (order.some(({ score }) => score < 0)) says.append(" Hatched is a score below 0.");
  }

  function typed() {
    const wanted = field.value.trim().toLowerCase();
    const known = queries.findIndex((text) => text.toLowerCase() === wanted);
    if (known >= 0) return search(known);
    set(found, { style: "visibility: hidden" });
    check(known);
    says.textContent = wanted
      ? `Nothing is ranked: no vector of “${wanted}” is recorded, and the encoder is not in this page.`
      : "Nothing is ranked: there is no query.";
  }

  function choose(rank) {
    chosen = rank;
    draw();
    ranking.children[rank].focus();
  }

  // A line, in bold the words that the query has too.
  function marked(text) {
    const shared = queries[query].toLowerCase().split(" ");
    return text.split(/(\w+)/).map((part) => (shared.includes(part.toLowerCase()) ? element("b", {}, part) : part));
  }

  function row({ text, score }, rank) {
    const share = (100 * Math.abs(score)) / Math.max(...order.map(({ score }) => Math.abs(score)));
    return element("button", { "aria-pressed": rank === chosen, onclick: () => choose(rank) },
      element("span", { "data-shows": "line" }, ...marked(text)),
      element("span", { class: "rail" }, element("i", { class: score < 0 ? "below" : "", style: `width: ${share}%` })),
      element("span", { class: "number", "data-shows": "score" }, score.toFixed(4)));
  }

  function draw() {
    ranking.replaceChildren(...order.map(row));
    const all = order.flatMap(({ curve }) => curve);
    const [low, high] = [Math.min(0, ...all), Math.max(...all)];
    const x = (i) => 8 + (324 * i) / width;
    const y = (sum) => 160 - (148 * (sum - low)) / (high - low);
    const path = (points, kind) => svg("path", { d: `M8 ${y(0)}L${points.join(" ")}`, class: kind });
    const curve = (found, kind) => path(found.curve.map((sum, i) => [x(i + 1), y(sum)]), kind);
    const { score } = order[chosen];
    chart.replaceChildren(
      path([[332, y(0)]], "line"), ...order.map((found) => curve(found, "other curve")), curve(order[chosen], "first curve"),
      svg("circle", { cx: 332, cy: y(score), r: 4, class: "first dot" }),
      text(8, 176, "number 1", "", "start"), text(332, 176, `number ${width}`, "", "end"));
  }

  const field = element("input", { list: "diary-queries", type: "text", placeholder: "dog, money, river", oninput: typed });
  const known = element("datalist", { id: "diary-queries" }, ...queries.map((value) => element("option", { value })));
  const says = element("p", { role: "status" });
  const ranking = element("div", { class: "bars ranking" });
  const chart = svg("svg", { viewBox: "0 0 340 180", role: "img", "aria-label": "The score as it is added up" });
  const found = element("div", {}, ranking, element("div", { class: "panels" }, chart, element("p", {},
    `The score of the marked line as it is added up: first number times first, second times second, to number ${width}. ` +
    "Grey are the other lines.")));
  const choices = choice({ label: "Query", options: queries.slice(0, 5) }, (_, index) => ((field.value = ""), search(index)));
  box.append(
    choices, element("label", { class: "field" }, "or type one ", field, known), says, found);
  search(0);
});
