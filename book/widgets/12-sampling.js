// Lesson 12: what temperature, top-k and top-p leave of recorded logits, as `gpt::Sampling` computes it.
"use strict";

// `recorded`: the text before, and by ID each character with its logit.
widgets.add("12-sampling", (box, [prompt, recorded]) => {
  const { element, svg, text, set, sliders } = widgets;
  const tokens = recorded.map(([token, logit]) => ({ token, logit }));
  tokens.sort((a, b) => b.logit - a.logit); // of equals the lower ID stays first
  const bars = tokens.slice(0, 24);
  const [left, bottom, pitch, height] = [34, 182, 12.6, 160]; // in the drawing's units

  // Unnormalised probabilities, 1 for the likeliest. A temperature of 0 leaves that one alone.
  function exponentials(temperature) {
    const highest = tokens[0].logit;
    if (temperature === 0) return tokens.map((_, rank) => (rank === 0 ? 1 : 0));
    return tokens.map(({ logit }) => Math.exp((logit - highest) / temperature));
  }

  const total = (numbers) => numbers.reduce((sum, number) => sum + number, 0);

  // How many of the likeliest it takes to reach a share of their sum; the one that crosses the line is counted.
  function nucleusSize(weights, topP) {
    if (topP === 1) return weights.length; // the last ones may be too small to change a sum
    const enough = topP * total(weights);
    let [reached, size] = [0, 0];
    while (size < weights.length && reached < enough) {
      reached += weights[size];
      size += 1;
    }
    return size;
  }

  // In this order: the temperature, the k likeliest, the nucleus of those.
  function candidates({ temperature, topK, topP }) {
    const weights = exponentials(temperature).slice(0, temperature === 0 ? 1 : topK);
    const kept = weights.slice(0, nucleusSize(weights, topP));
    return kept.map((weight) => weight / total(kept));
  }

  const visible = (token) => ({ " ": "␣", "\n": "⏎" })[token] ?? token;

  const picture = svg("svg", { viewBox: "0 0 340 222", role: "img" });
  const labels = [0, 1, 2].map((i) => {
    const y = bottom - (height * i) / 2;
    const label = text(left - 6, y + 4, "", "", "end");
    picture.append(svg("path", { class: "line", d: `M${left} ${y}H336` }), label);
    return label;
  });
  const columns = bars.map(({ token }, rank) => {
    const x = left + 2 + rank * pitch;
    const bar = svg("rect", { x, width: pitch - 2 });
    const name = text(x + pitch / 2 - 1, bottom + 15, visible(token));
    picture.append(bar, name);
    return { bar, name };
  });
  const footing = `the ${bars.length} likeliest after “${prompt}”`;
  picture.append(text(left + (pitch * bars.length) / 2, bottom + 34, footing));

  const result = element("p", { role: "status", "data-shows": "kept" });
  const settings = { temperature: 1, topK: tokens.length, topP: 0.9 };

  function draw() {
    const weights = exponentials(settings.temperature);
    const sum = total(weights);
    const kept = candidates(settings);
    // The axis ends at the first of these that holds every bar.
    const end = [0.1, 0.2, 0.4, 0.6, 1].find((most) => kept[0] <= most);
    labels.forEach((label, i) => (label.textContent = (end * i) / 2));
    columns.forEach(({ bar, name }, rank) => {
      const tall = (height * (kept[rank] ?? weights[rank] / sum)) / end;
      const cut = rank >= kept.length;
      set(bar, { y: bottom - tall, height: tall, class: cut ? "cut" : "kept" });
      set(name, { class: cut ? "gone" : "" });
    });
    const share = total(weights.slice(0, kept.length)) / sum;
    const first = `“${visible(tokens[0].token)}” is drawn with probability ${kept[0].toFixed(3)}`;
    result.textContent =
      `${kept.length} of ${tokens.length} characters may be drawn; before the cut they have ` +
      `${share.toFixed(3)} of the probability. ${first}.`;
    set(picture, { "aria-label": result.textContent });
  }

  const all = (k) => (k === tokens.length ? "all" : String(k));
  const decimals = (number) => number.toFixed(2);
  draw();
  box.append(
    ...sliders(settings, draw, {
      temperature: { label: "temperature", max: 2, step: 0.05, show: decimals },
      topK: { label: "top-k", min: 1, max: tokens.length, show: all },
      topP: { label: "top-p", min: 0.05, max: 1, step: 0.05, show: decimals },
    }),
    picture, result);
});
