// What the widgets of the book share: how one is found and started, and how its parts are made.
//
// A chapter opened from the disk may fetch nothing, so the data of a widget stand in the chapter as JSON:
//
//   <div class="widget" data-widget="03-arrows">
//   <script type="application/json"> ... </script>
//   ![the static picture](figures/03-arrows.svg)
//   </div>
"use strict";

const widgets = (() => {
  // An attribute whose name begins with "on" is a listener, an attribute that is null is left out.
  function set(node, attributes) {
    for (const [name, value] of Object.entries(attributes)) {
      if (name.startsWith("on")) {
        node.addEventListener(name.slice(2), value);
      } else if (value === null) {
        node.removeAttribute(name);
      } else {
        node.setAttribute(name, value);
      }
    }
    return node;
  }

  function element(tag, attributes, ...children) {
    const node = set(document.createElement(tag), attributes ?? {});
    node.append(...children);
    return node;
  }

  function svg(tag, attributes, ...children) {
    const node = set(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes ?? {});
    node.append(...children);
    return node;
  }

  function text(x, y, words, kind = "", anchor = "middle") {
    return svg("text", { x, y, class: kind, "text-anchor": anchor }, words);
  }

  // A line with a head at (x2, y2), as the value of a path's `d`. A vector shorter than its head is only a head.
  function arrow(x1, y1, x2, y2, head = 9) {
    const length = Math.hypot(x2 - x1, y2 - y1) || 1;
    const [ux, uy] = [(x2 - x1) / length, (y2 - y1) / length];
    const [bx, by] = [x2 - head * ux, y2 - head * uy];
    const side = head * 0.55;
    const [left, right] = [`${bx - side * uy} ${by + side * ux}`, `${bx + side * uy} ${by - side * ux}`];
    return `M${x1} ${y1}L${x2} ${y2}M${left}L${x2} ${y2}L${right}`;
  }

  // A range with its label and its value. `show` writes the value, `changed` hears each new one.
  function slider({ label, min, max, step, value, show = String }, changed) {
    const shown = element("output", {}, show(value));
    const range = element("input", { type: "range", min, max, step, value, "aria-valuetext": show(value) });
    range.addEventListener("input", () => {
      const now = Number(range.value);
      shown.textContent = show(now);
      range.setAttribute("aria-valuetext", show(now));
      changed(now);
    });
    return element("label", { class: "slider" }, element("span", {}, label), range, shown);
  }

  // Sliders for some numbers of `state`, by their names. Each new one is put there, and `draw` is called.
  function sliders(state, draw, options) {
    return Object.entries(options).map(([name, of]) =>
      slider({ min: 0, step: 1, ...of, value: state[name] }, (value) => {
        state[name] = value;
        draw();
      }),
    );
  }

  let choices = 0;

  // One of several texts, all of them in sight. `changed` hears the text and its index.
  function choice({ label, options, value }, changed) {
    choices += 1;
    const name = `choice-${choices}`;
    const buttons = options.map((option, index) => {
      const radio = element("input", { type: "radio", name, onchange: () => changed(option, index) });
      radio.checked = option === value;
      return element("label", {}, radio, element("span", {}, option));
    });
    return element("fieldset", { class: "choice" }, element("legend", {}, label), ...buttons);
  }

  // Where an arrow key points, across and down. Neither does the page scroll, nor does mdBook turn to the next chapter.
  function arrowKey(event) {
    const direction = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if (direction) {
      event.preventDefault();
      event.stopPropagation();
    }
    return direction;
  }

  // Lets a node of an <svg> be dragged by its middle, and moved by the arrow keys `step` units at a time.
  // `moved(x, y)` hears where it is wanted, in the svg's own units, puts it there, and returns what a screen reader says.
  function drag(node, { moved, step }) {
    set(node, { tabindex: 0, role: "slider", "aria-valuenow": 0, style: "touch-action: none" });
    let grip = null; // from the pointer to the node's middle

    function inside(x, y) {
      return new DOMPoint(x, y).matrixTransform(node.ownerSVGElement.getScreenCTM().inverse());
    }

    function middle() {
      const { left, right, top, bottom } = node.getBoundingClientRect();
      return inside((left + right) / 2, (top + bottom) / 2);
    }

    function move(x, y) {
      const words = moved(x, y);
      set(node, { "aria-valuenow": Math.round(middle().x), "aria-valuetext": words ?? null });
    }

    node.addEventListener("pointerdown", (event) => {
      const [from, to] = [inside(event.clientX, event.clientY), middle()];
      grip = [to.x - from.x, to.y - from.y];
      node.setPointerCapture(event.pointerId);
    });
    node.addEventListener("pointermove", (event) => {
      if (grip) {
        const { x, y } = inside(event.clientX, event.clientY);
        move(x + grip[0], y + grip[1]);
      }
    });
    for (const end of ["pointerup", "pointercancel"]) {
      node.addEventListener(end, () => (grip = null));
    }

    node.addEventListener("keydown", (event) => {
      const direction = arrowKey(event);
      if (direction) {
        const { x, y } = middle();
        move(x + step * direction[0], y + step * direction[1]);
      }
    });
  }

  // A vector of a plane as an arrow whose tip can be dragged. The plane has its origin at (middle, middle) and one in
  // `unit` of the svg's units; a tip stays within `most`, and a key moves it by `step`. `value` is kept up to date.
  function vector({ middle, unit, most, step }, { name, colour, radius, value, kind = "" }, draw) {
    const words = () => `(${value.join(", ")})`;
    const line = svg("path", { class: `${colour} arrow ${kind}` });
    const label = text(0, 0, name, `${colour} name`);
    const handle = svg("circle", { class: `${colour} handle`, r: radius, "aria-label": `tip of ${name}` });
    drag(handle, {
      step: unit * step,
      moved(x, y) {
        [(x - middle) / unit, (middle - y) / unit].forEach((number, axis) => {
          value[axis] = Math.round(10 * Math.max(-most, Math.min(most, number))) / 10;
        });
        draw();
        return words();
      },
    });
    // Draws it, with its name so far to the right of the tip and below it.
    function show([right, down]) {
      const [x, y] = [middle + unit * value[0], middle - unit * value[1]];
      set(line, { d: arrow(middle, middle, x, y) });
      set(handle, { cx: x, cy: y, "aria-valuetext": words() });
      set(label, { x: x + right, y: y + down });
    }
    return { line, label, handle, show };
  }

  // The shares of scores; one of -Infinity has none.
  function softmax(scores) {
    const highest = Math.max(...scores);
    const parts = scores.map((score) => Math.exp(score - highest));
    const sum = parts.reduce((a, b) => a + b);
    return parts.map((part) => part / sum);
  }

  // Starts a widget wherever the page has its place. mdBook puts these scripts after the text, so the text is there.
  // One that fails leaves its static picture in sight.
  function add(name, start) {
    for (const place of document.querySelectorAll(`.widget[data-widget="${name}"]`)) {
      const box = element("div", { class: "box" });
      // A quick drag is no swipe that opens mdBook's sidebar.
      box.addEventListener("touchstart", (event) => event.stopPropagation(), { passive: true });
      try {
        const scripts = place.querySelectorAll('script[type="application/json"]');
        const data = [...scripts].map((script) => JSON.parse(script.textContent));
        place.append(box);
        start(box, ...data);
        place.classList.add("answers");
      } catch (error) {
        box.remove();
        console.error(`the widget ${name} did not start: ${error.stack}`);
      }
    }
  }

  return { add, element, svg, text, set, arrow, arrowKey, slider, sliders, choice, drag, vector, softmax };
})();
