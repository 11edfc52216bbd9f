// Monitor mode: what enforcing would have refused.
import { get } from "./api.js";
import { busy, el, empty, field, problem, said, select, table, time, title, to, visible } from "./dom.js";

const SPANS = [["1d", "a day"], ["7d", "a week"], ["30d", "30 days"]];

function sum(groups, key) {
  return groups.reduce((all, group) => all + group[key], 0);
}

function byRule(groups) {
  const rules = new Map();
  for (const group of groups) rules.set(group.rule, [...(rules.get(group.rule) || []), group]);
  return [...rules].map(([rule, of]) => [el("code", {}, visible(rule)), String(sum(of, "messages")), String(of.length), String(sum(of, "senders")), String(sum(of, "proved_good"))]);
}

export async function would(view, parameters, signal) {
  const chosen = parameters.get("since") || "7d";
  const since = select(SPANS, chosen);
  since.addEventListener("change", () => {
    location.hash = "#would?" + new URLSearchParams({ since: since.value });
  });
  const result = el("section", { "aria-label": "By rule and domain", "aria-live": "polite" }, busy("Counting…"));
  view.append(...title("Would have been refused", "In monitor mode nothing is refused; this is what enforcing would have done. A sender that later proved good would have been hurt."),
    el("form", { submit: (event) => event.preventDefault() }, field("Of the last", since)), result);
  try {
    const [{ groups }, { settings }] = await Promise.all([get("would-have-refused", { since: since.value, limit: "200" }, signal), get("settings", {}, signal)]);
    const modes = settings.filter((s) => /^checks\.[a-z-]+\.mode$/.test(s.key)).map((s) => s.key + " = " + s.value).join(", ");
    const mode = el("p", { class: "note" }, "Set now: ", el("code", {}, modes));
    if (groups.length === 0) {
      result.replaceChildren(empty("Nothing: no message of this time would have been refused by a check that only watches. What was refused in earnest is in ", to("find", { q: "", since: "7d" }, "Find mail"), "."), mode);
      return;
    }
    result.replaceChildren(
      el("p", { class: "what" }, `${sum(groups, "messages")} messages of ${groups.length} domains and rules would have been refused; ${sum(groups, "proved_good")} senders of them proved good later.`),
      mode,
      table("By rule", ["Rule", "Messages", "Domains", "Senders", "Proved good"], byRule(groups)),
      table("By rule and domain", ["Domain", "Rule", "Messages", "Senders", "Proved good", "Last", "Example"], groups.map((g) => [to("domains", { name: g.domain }, said(g.domain)), el("code", {}, visible(g.rule)), String(g.messages), String(g.senders),
        g.proved_good > 0 ? el("strong", {}, "⚠ " + g.proved_good) : "0", time(g.last), to("find", { q: g.example }, el("span", { class: "id" }, g.example))])));
  } catch (failure) {
    if (!signal.aborted) result.replaceChildren(problem(failure));
  }
}
