// Which view is shown, and whether the token fits.
import { get, setToken, takeToken, whenRefused } from "./api.js";
import { el, problem } from "./dom.js";
import { now } from "./now.js";
import { find } from "./find.js";
import { domains } from "./domains.js";
import { doctor } from "./doctor.js";
import { would } from "./would.js";
import { settings } from "./settings.js";

const VIEWS = {
  now: ["Now", now],
  find: ["Find mail", find],
  domains: ["Domains", domains],
  doctor: ["Doctor", doctor],
  would: ["Would have been refused", would],
  settings: ["Settings", settings],
};

const door = document.getElementById("door");
const view = document.getElementById("view");
const views = document.getElementById("views");
const leave = document.getElementById("leave");
const token = document.getElementById("token");
let shown = null;

views.append(el("ul", {}, Object.entries(VIEWS).map(([name, [title]]) => el("li", {}, el("a", { href: "#" + name }, title)))));

/** "#find?q=x" as the view's name and its parameters. */
function place() {
  const [name, query] = location.hash.slice(1).split(/\?(.*)/s);
  return [name in VIEWS ? name : "now", new URLSearchParams(query || "")];
}

function close() {
  if (shown) shown.abort();
  shown = null;
  view.replaceChildren();
}

/** Whose page this is: a postmaster has several. */
async function introduce(signal) {
  const host = document.getElementById("host");
  if (host.textContent) return;
  const status = await get("status", {}, signal);
  host.textContent = status.hostname + ", version " + status.version;
}

async function open(moveFocus) {
  close();
  const [name, parameters] = place();
  const [title, draw] = VIEWS[name];
  shown = new AbortController();
  const { signal } = shown;
  door.hidden = true;
  views.hidden = false;
  leave.hidden = false;
  document.title = title + " – Countersign";
  for (const link of views.querySelectorAll("a")) {
    if (link.getAttribute("href") === "#" + name) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  const drawn = draw(view, parameters, signal);
  const heading = view.querySelector("h1");
  if (moveFocus && heading) heading.focus();
  try {
    await Promise.all([drawn, introduce(signal)]);
  } catch (failure) {
    if (!signal.aborted) view.append(problem(failure));
  }
}

function ask(words) {
  close();
  views.hidden = true;
  leave.hidden = true;
  door.hidden = false;
  document.title = "Countersign";
  document.getElementById("door-problem").textContent = words;
  token.setAttribute("aria-invalid", words ? "true" : "false");
  token.value = "";
  token.focus();
}

whenRefused((tried) => {
  if (!door.hidden) return; // another question was under way
  setToken(null);
  ask(tried ? "The gateway does not know this token. A token that was not set by the operator changes with each start." : "");
});
door.addEventListener("submit", (event) => {
  event.preventDefault();
  setToken(token.value.trim());
  open(true);
});
leave.addEventListener("click", () => {
  setToken(null);
  ask("");
});
document.querySelector(".skip").addEventListener("click", (event) => {
  event.preventDefault();
  (view.querySelector("h1") || view).focus();
});
addEventListener("hashchange", () => {
  if (door.hidden) open(true);
});
if (takeToken()) open(false);
else ask("");
