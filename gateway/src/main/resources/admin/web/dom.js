// Making elements. Texts become text nodes, whoever wrote them: nothing in this page is ever read as markup.

/** Characters that would be invisible, or change the direction of what stands beside them. */
const UNSEEN = /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202f\u2060-\u206f\ufeff]/g;

/** A stranger's text with what cannot be seen spelt out. */
export function visible(text) {
  return String(text).replace(UNSEEN, (c) => "\\u" + c.charCodeAt(0).toString(16).padStart(4, "0"));
}

/** An element. Attributes that are null or false are left out; functions are listeners. */
export function el(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) {
    if (typeof value === "function") element.addEventListener(name, value);
    else if (value !== null && value !== undefined && value !== false) element.setAttribute(name, value === true ? "" : value);
  }
  append(element, children);
  return element;
}

function append(element, children) {
  for (const child of children.flat(3)) {
    if (child === null || child === undefined || child === false) continue;
    element.append(child instanceof Node ? child : document.createTextNode(String(child)));
  }
}

/** What a stranger said: isolated, so that it cannot turn round what stands beside it. */
export function said(text) {
  return el("bdi", { class: "said" }, visible(text));
}

/** Rows of a description list; those without a value are left out. */
export function facts(rows) {
  return el("dl", { class: "facts" }, rows.filter(([, value]) => value !== null && value !== undefined && value !== "" && value !== false)
    .map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", {}, value))));
}

/** A table that becomes cards on a narrow screen: each cell carries its column's name. */
export function table(caption, columns, rows) {
  return el("table", {},
    el("caption", {}, caption),
    el("thead", {}, el("tr", {}, columns.map((name) => el("th", { scope: "col" }, name)))),
    el("tbody", {}, rows.map((cells) => el("tr", {}, cells.map((cell, i) => el("td", { "data-name": columns[i] }, el("div", {}, cell)))))));
}

/** A heading of a view, which gets the focus when the view is opened. */
export function title(text, ...more) {
  const heading = el("h1", { tabindex: "-1" }, text);
  return more.length > 0 ? [heading, el("p", { class: "lead" }, more)] : [heading];
}

export function problem(failure) {
  return el("p", { class: "problem", role: "alert" }, "That did not work: ", failure.message || String(failure));
}

export function busy(words) {
  return el("p", { class: "busy", role: "status" }, words);
}

export function empty(...words) {
  return el("p", { class: "empty" }, words);
}

let number = 0;
/** A labelled field. */
export function field(label, input, hint) {
  const id = "field-" + ++number;
  input.id = id;
  if (hint) input.setAttribute("aria-describedby", id + "-hint");
  return el("div", { class: "field" }, el("label", { for: id }, label), input, hint ? el("small", { id: id + "-hint" }, hint) : null);
}

export function select(options, chosen) {
  const list = el("select", {}, options.map(([value, text]) => el("option", { value }, text)));
  if (options.some(([value]) => value === chosen)) list.value = chosen;
  return list;
}

const SIGNS = { accepted: "✓", tagged: "◐", deferred: "↻", rejected: "✕", abandoned: "–" };

/** A decision as sign and word: colour only repeats it. */
export function decision(word) {
  return el("span", { class: "decision " + (word in SIGNS ? word : "") }, el("span", { "aria-hidden": "true" }, SIGNS[word] || "?"), " ", word);
}

const CLOCK = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });

export function time(text) {
  if (!text) return "";
  const at = new Date(text);
  return isNaN(at) ? String(text) : el("time", { datetime: text, title: text }, CLOCK.format(at));
}

/** Milliseconds as people say them. */
export function span(milliseconds) {
  const units = [["d", 86400000], ["h", 3600000], ["min", 60000], ["s", 1000]];
  const unit = units.find(([, size]) => milliseconds >= size);
  if (!unit) return (milliseconds < 10 ? Math.round(milliseconds * 10) / 10 : Math.round(milliseconds)) + " ms";
  const value = milliseconds / unit[1];
  return (value < 10 ? Math.round(value * 10) / 10 : Math.round(value)) + " " + unit[0];
}

export function octets(count) {
  if (count < 1024) return count + " octets";
  const units = ["KiB", "MiB", "GiB", "TiB"];
  let value = count / 1024;
  let i = 0;
  while (value >= 1024 && i < units.length - 1) {
    value /= 1024;
    i++;
  }
  return (value < 10 ? Math.round(value * 10) / 10 : Math.round(value)) + " " + units[i];
}

/** A link to another view. */
export function to(view, parameters, ...text) {
  const query = new URLSearchParams(parameters || {}).toString();
  return el("a", { href: "#" + view + (query ? "?" + query : "") }, text);
}

/** The domain of an address as it stands in a path; null where there is none. */
export function domainOf(address) {
  const bare = String(address || "").replace(/^<|>$/g, "");
  const at = bare.lastIndexOf("@");
  return at < 0 || at === bare.length - 1 ? null : bare.slice(at + 1);
}
