// The configuration in effect, to read.
import { get } from "./api.js";
import { busy, el, empty, field, table, title, visible } from "./dom.js";

export async function settings(view, parameters, signal) {
  const text = el("input", { type: "search", autocapitalize: "off", spellcheck: "false" });
  const own = el("input", { type: "checkbox" });
  const result = el("section", { "aria-label": "Settings", "aria-live": "off" }, busy("Reading…"));
  const found = el("p", { class: "note", role: "status" });
  view.append(...title("Settings", "What holds now, and where it was set. To change it, edit the file and reload; secrets are masked."),
    el("form", { submit: (event) => event.preventDefault() }, field("Show only keys with", text), el("label", { class: "check" }, own, " Only what was set here")), found, result);
  const [{ settings: all }, { level }] = await Promise.all([get("settings", {}, signal), get("log", {}, signal)]);

  function show() {
    const part = text.value.trim().toLowerCase();
    const rows = all.filter((s) => (!own.checked || !s.default) && s.key.toLowerCase().includes(part));
    found.textContent = rows.length + " of " + all.length + " settings. The log's level is " + level + ".";
    result.replaceChildren(rows.length === 0 ? empty("No setting is like that.")
      : table("Settings", ["Key", "Value", "Set in"], rows.map((s) => [el("code", { class: s.default ? "" : "own" }, s.key), el("code", {}, visible(s.value)), s.default ? s.origin : el("strong", {}, visible(s.origin))])));
  }

  text.addEventListener("input", show);
  own.addEventListener("change", show);
  show();
}
