// Small charts without words of their own: the numbers stand beside them, and in their label for who cannot see them.
const SVG = "http://www.w3.org/2000/svg";
const WIDTH = 120;
const HEIGHT = 32;
const KEPT = 90;

function make(name, attributes) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
}

/** A line of the last values. */
export class Spark {
  constructor(label, words) {
    this.label = label;
    this.words = words;
    this.values = [];
    this.area = make("polygon", { class: "area", points: "" });
    this.line = make("polyline", { class: "line", points: "" });
    this.dot = make("path", { class: "dot", d: "" }); // a line without length and with a round end stays round when it is stretched
    this.most = 0;
    this.element = make("svg", { class: "spark", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": label, preserveAspectRatio: "none" });
    this.element.append(make("line", { class: "ground", x1: "0", x2: WIDTH, y1: HEIGHT - 1, y2: HEIGHT - 1 }), this.area, this.line, this.dot);
  }

  add(value) {
    this.values.push(value);
    if (this.values.length > KEPT) this.values.shift();
    this.most = Math.max(...this.values);
    const most = Math.max(this.most, 1e-9);
    const step = (WIDTH - 4) / (KEPT - 1);
    const first = WIDTH - 3 - step * (this.values.length - 1);
    const points = this.values.map((v, i) => [first + i * step, HEIGHT - 2 - (v / most) * (HEIGHT - 6)]);
    const text = points.map(([x, y]) => x.toFixed(1) + "," + y.toFixed(1)).join(" ");
    const last = points[points.length - 1];
    this.line.setAttribute("points", text);
    this.area.setAttribute("points", `${first.toFixed(1)},${HEIGHT - 1} ${text} ${last[0].toFixed(1)},${HEIGHT - 1}`);
    this.dot.setAttribute("d", `M${last[0].toFixed(1)},${last[1].toFixed(1)}h0`);
    this.element.setAttribute("aria-label", `${this.label}: ${this.words(value)} now, at most ${this.words(this.most)} in the last three minutes`);
  }
}

/** A bar of a share from 0 to 1. */
export function bar(share) {
  const element = make("svg", { class: "bar", viewBox: "0 0 100 8", preserveAspectRatio: "none", "aria-hidden": "true" });
  element.append(make("rect", { class: "whole", x: "0", y: "0", width: "100", height: "8" }),
    make("rect", { class: "part", x: "0", y: "0", width: String(Math.max(0, Math.min(1, share)) * 100), height: "8" }));
  return element;
}
