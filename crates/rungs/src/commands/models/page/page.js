// The page around the model: what is typed, pointed at and pressed, and what is shown of it.
"use strict";

/** Tokens whose share is shown, of those that may come next. */
const BARS = 10;
/** The most that the slider of top-k can say, short of all tokens. */
const MOST_TOP_K = 100;
/** Milliseconds from one token to the next while the model writes on, so that eyes can follow. */
const PACE = 60;
/** Tokens after which a run pauses by itself. */
const RUN = 500;
/** Tokens of what was typed that are shown at most: its last ones. */
const MOST_TYPED = 5000;
/** Milliseconds without a key after which what was typed is read. */
const TYPING = 250;

const about = JSON.parse(document.getElementById("model").textContent);
const gpt = readGpt(about.config, readWeights(document.getElementById("weights").textContent));
const tokenizer = readTokenizer(about.tokenizer);

/** What is shown now. */
const now = {
  text: null, // null where nothing was typed that has a token
  given: 0, // tokens that were typed
  made: [], // the elements of the tokens
  typing: null, // the timer of what was typed and is not read yet
  chosen: null, // the token that was tapped or gone to; null: the newest
  pointed: null, // the token under the mouse
  layer: Math.floor(gpt.config.n_layers / 2), // the first layers look about, the later ones at something
  head: 0,
  run: null, // the timer of the next token while the model writes on
  left: 0, // tokens that a run still has
};

const at = (id) => document.getElementById(id);

function element(tag, attributes, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    made.setAttribute(name, value);
  }
  made.append(...children);
  return made;
}

/** The token whose view is shown: under the mouse, else chosen, else the newest. */
function looking() {
  return now.pointed ?? now.chosen ?? now.text.ids.length - 1;
}

function settings() {
  const topK = Number(at("top-k").value);
  return {
    temperature: Number(at("temperature").value),
    topK: topK === Number(at("top-k").max) ? null : topK,
    topP: Number(at("top-p").value),
  };
}

function percent(share) {
  if (share > 0 && share < 0.0005) {
    return "< 0.1%";
  }
  return `${(100 * share).toFixed(share > 0 && share < 0.1 ? 1 : 0)}%`;
}

// What is done.

/** Begins anew with what was typed, when typing pauses. */
function beginSoon() {
  pause();
  clearTimeout(now.typing);
  now.typing = setTimeout(begin, TYPING);
}

/** Begins anew with what was typed. */
function begin() {
  pause();
  clearTimeout(now.typing);
  now.typing = null;
  const { ids, lost } = encode(tokenizer, at("prompt").value);
  const typed = ids.slice(-MOST_TYPED);
  const notes = [];
  if (lost.size) {
    const parts = Array.from(lost, (part) => Array.from(part, visible).join("")).join(" ");
    notes.push(`The model has no token for ${parts}: left out.`);
  }
  if (typed.length < ids.length) {
    notes.push(`Of ${ids.length} tokens the last ${MOST_TYPED} are shown.`);
  }
  if (typed.length === 0) {
    notes.push("Type something to begin with: one token is enough.");
  }
  at("lost").textContent = notes.join(" ");
  now.text = typed.length ? readText(gpt, typed) : null;
  now.given = typed.length;
  now.chosen = null;
  now.pointed = null;
  showTokens();
  showView();
  showEnd();
}

/** Writes a token at the end. */
function write(id) {
  const { start } = now.text;
  append(gpt, now.text, id);
  at("text").append(...token(now.text.ids.length - 1));
  showForgotten(start);
  now.chosen = null;
  now.pointed = null;
  showView();
  showEnd();
}

/** Writes another token after the one that is looked from, in place of all that came there. */
function writeThere(id) {
  const kept = looking() + 1;
  if (kept < now.text.ids.length) {
    now.text = readText(gpt, now.text.ids.slice(0, kept));
    now.given = Math.min(now.given, kept);
    showTokens();
  }
  write(id);
}

/** Draws the next token, by the sliders, and writes it. */
function step() {
  const id = draw(candidates(now.text.logits.at(-1), settings()), Math.random());
  write(id);
  return id;
}

function run() {
  now.left = RUN;
  at("paused").textContent = "";
  at("run").textContent = "Pause";
  at("looked").setAttribute("aria-live", "off"); // or a screen reader would read every token
  const next = () => {
    const id = step();
    now.left -= 1;
    if (about.stops.includes(id)) {
      pause("Paused: this token ends a text.");
    } else if (now.left === 0) {
      pause(`Paused after ${RUN} tokens. \u201cWrite on\u201d goes on.`);
    } else {
      now.run = setTimeout(next, PACE);
    }
  };
  next();
}

/** Stops a run, and says why where it was not the reader who stopped it. */
function pause(why = "") {
  clearTimeout(now.run);
  now.run = null;
  now.left = 0;
  at("paused").textContent = why;
  at("run").textContent = "Write on";
  at("looked").setAttribute("aria-live", "polite");
}

// What is shown.

/** A token of the text as it stands in the page; a line ends after one that ends a line. */
function token(index) {
  const id = now.text.ids[index];
  const glyph = shown(tokenizer, id);
  const made = element("span", { class: "token", "data-index": index, role: "button", tabindex: -1 });
  made.textContent = glyph.replaceAll("\u2423", " ");
  made.setAttribute("aria-label", glyph);
  made.classList.toggle("written", index >= now.given);
  now.made.push(made);
  return glyph.endsWith("\u21b5") ? [made, element("br", {})] : [made];
}

/** The text from its first token on. */
function showTokens() {
  const ids = now.text ? now.text.ids : [];
  now.made = [];
  at("text").replaceChildren(...ids.flatMap((_, index) => token(index)));
  showForgotten(0);
}

/** Tokens that the model does not see any more are pale: those from this one on, seen until now. */
function showForgotten(from) {
  const start = now.text ? now.text.start : 0;
  for (const made of now.made.slice(from, start)) {
    made.classList.add("forgotten");
    made.style.removeProperty("--weight");
    made.classList.remove("looking");
    made.tabIndex = -1;
  }
  at("forgotten").hidden = start === 0;
}

/** Scrolls to where the text is written on. */
function showEnd() {
  at("text").scrollTop = at("text").scrollHeight;
}

/** All that depends on the token that is looked from. */
function showView() {
  for (const id of ["step", "run", "again"]) {
    at(id).disabled = !now.text;
  }
  if (!now.text) {
    at("after").textContent = "nothing";
    at("next").replaceChildren();
    at("others").textContent = "";
    at("looked").textContent = "";
    return;
  }
  showNext();
  showAttention();
  showHeads();
}

/** The likeliest tokens to follow, each with its share under the sliders and the model's own. */
function showNext() {
  const index = looking();
  const logits = now.text.logits[index - now.text.start];
  const own = candidates(logits, { temperature: 1, topK: null, topP: 1 });
  const drawn = new Map();
  for (const { token, probability } of candidates(logits, settings())) {
    drawn.set(token, probability);
  }
  const rows = own.slice(0, BARS).map(({ token, probability }) => {
    const share = drawn.get(token) ?? 0;
    const glyph = element("span", { class: "glyph" }, shown(tokenizer, token));
    const bar = element("span", { class: "bar" }, filled("drawn", share), filled("own", probability));
    const number = element("span", { class: "share" }, drawn.has(token) ? percent(share) : "out");
    const button = element("button", { type: "button", "data-token": token }, glyph, bar, number);
    button.classList.toggle("out", !drawn.has(token));
    button.classList.toggle("came", now.text.ids[index + 1] === token);
    return element("li", {}, button);
  });
  at("after").textContent = `\u201c${shown(tokenizer, now.text.ids[index])}\u201d`;
  at("next").replaceChildren(...rows);
  const others = own.slice(BARS);
  const share = others.reduce((total, { token }) => total + (drawn.get(token) ?? 0), 0);
  at("others").textContent = others.length ? `${others.length} others: ${percent(share)}` : "";
}

function filled(kind, share) {
  const made = element("span", { class: kind });
  made.style.setProperty("--share", `${100 * share}%`);
  return made;
}

/** How the chosen head looks from the token: weights of the tokens that the model saw by then. */
function weights(layer, head) {
  return now.text.cache.layers[layer].weights[looking() - now.text.start][head];
}

/** Shades the text by the chosen head's weights. */
function showAttention() {
  const from = looking();
  const shares = weights(now.layer, now.head);
  const most = Math.max(...shares);
  const { start } = now.text;
  for (let index = start; index < now.made.length; index += 1) {
    const made = now.made[index];
    const share = shares[index - start] ?? 0;
    made.style.setProperty("--weight", (share / most).toFixed(3));
    made.classList.toggle("looking", index === from);
    made.tabIndex = index === from ? 0 : -1;
  }
  const name = (index) => `\u201c${shown(tokenizer, now.text.ids[index])}\u201d (token ${index + 1})`;
  const mostAt = start + shares.indexOf(most);
  at("looked").textContent =
    `Layer ${now.layer + 1}, head ${now.head + 1}: ${name(from)} looks most at ` +
    `${mostAt === from ? "itself" : name(mostAt)}, ${percent(most)}.`;
}

/** Draws every head's strip: a pixel for a token, the bluer the more it is looked at. */
function showHeads() {
  const colour = getComputedStyle(document.documentElement).getPropertyValue("--look");
  for (const canvas of at("heads").getElementsByTagName("canvas")) {
    const shares = weights(Number(canvas.dataset.layer), Number(canvas.dataset.head));
    const most = Math.max(...shares);
    const brush = canvas.getContext("2d");
    canvas.width = shares.length; // and empties it
    canvas.height = 1;
    shares.forEach((share, key) => {
      brush.fillStyle = `rgb(${colour} / ${share / most})`;
      brush.fillRect(key, 0, 1, 1);
    });
  }
}

/** A choice among all heads, by layers. */
function makeHeads() {
  for (let layer = 0; layer < gpt.config.n_layers; layer += 1) {
    const row = element("fieldset", {}, element("legend", {}, `Layer ${layer + 1}`));
    for (let head = 0; head < gpt.config.n_heads; head += 1) {
      const canvas = element("canvas", { "data-layer": layer, "data-head": head });
      const name = `layer ${layer + 1}, head ${head + 1}`;
      const input = element("input", { type: "radio", name: "head", "aria-label": name });
      input.checked = layer === now.layer && head === now.head;
      input.addEventListener("change", () => {
        now.layer = layer;
        now.head = head;
        if (now.text) {
          showAttention();
        }
      });
      row.append(element("label", {}, input, `head ${head + 1}`, canvas));
    }
    at("heads").append(row);
  }
}

/** Says what the sliders stand at. */
function showSettings() {
  const { temperature, topK, topP } = settings();
  say("temperature", temperature === 0 ? "0: the likeliest" : temperature.toFixed(2));
  say("top-k", topK === null ? `all ${gpt.config.vocab}` : String(topK));
  say("top-p", topP.toFixed(2));
}

function say(slider, value) {
  at(`${slider}-shown`).textContent = value;
  at(slider).setAttribute("aria-valuetext", value);
}

// What is listened to.

/** The place in the text of the token that an event hit, if the model sees that token. */
function indexOf(event) {
  const made = event.target.closest(".token");
  const index = made ? Number(made.dataset.index) : null;
  return index === null || index < now.text.start ? null : index;
}

function point(index) {
  if (now.text && now.run === null && index !== now.pointed) {
    now.pointed = index;
    showView();
  }
}

function choose(index) {
  now.chosen = index === now.text.ids.length - 1 ? null : index;
  now.pointed = null;
  showView();
}

/** Arrow keys go from token to token, Home and End to the ends of what the model sees. */
function go(event) {
  const { start, ids } = now.text;
  const last = ids.length - 1;
  const to = {
    ArrowLeft: Math.max(start, looking() - 1),
    ArrowRight: Math.min(last, looking() + 1),
    Home: start,
    End: last,
  }[event.key];
  if (to !== undefined) {
    event.preventDefault();
    pause();
    choose(to);
    now.made[to].focus();
  }
}

function listen() {
  at("prompt").addEventListener("input", beginSoon);
  at("prompt").addEventListener("change", () => {
    if (now.typing !== null) {
      begin(); // another part of the page has the keys now
    }
  });
  at("again").addEventListener("click", begin);
  at("step").addEventListener("click", () => {
    pause();
    step();
  });
  at("run").addEventListener("click", () => (now.run === null ? run() : pause()));
  at("next").addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (button) {
      pause();
      writeThere(Number(button.dataset.token));
      at("next").querySelector("button").focus(); // the one that was pressed is gone
    }
  });
  for (const id of ["temperature", "top-k", "top-p"]) {
    at(id).addEventListener("input", () => {
      showSettings();
      if (now.text) {
        showNext();
      }
    });
  }
  at("text").addEventListener("pointerover", (event) => {
    if (event.pointerType === "mouse") {
      point(indexOf(event));
    }
  });
  at("text").addEventListener("pointerleave", () => point(null));
  at("text").addEventListener("click", (event) => {
    const index = now.text && indexOf(event);
    if (index !== null) {
      pause();
      choose(index);
    }
  });
  at("text").addEventListener("keydown", go);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", showView);
}

function start() {
  const { vocab, n_layers, n_heads, max_tokens } = gpt.config;
  const kind = tokenizer.characters ? "characters" : "byte pairs";
  document.title = about.name;
  at("name").textContent = about.name;
  at("forgotten").textContent =
    `Pale: what the model no longer sees. When its ${max_tokens} tokens are full, it forgets the older half.`;
  at("about").textContent =
    `A GPT of ${about.parameters.toLocaleString("en")} numbers: ${n_layers} layers of ${n_heads} heads. ` +
    `It knows ${vocab} ${kind} and sees ${max_tokens} of them at once.`;
  at("top-k").max = Math.min(vocab, MOST_TOP_K + 1);
  at("top-k").value = at("top-k").max;
  at("prompt").value = about.prompt;
  makeHeads();
  listen();
  showSettings();
  begin();
}

start();
