// What is wrong with a domain, with us or with the MTA; and what a bounce means.
import { post } from "./api.js";
import { busy, el, empty, facts, field, problem, said, table, title, to, visible } from "./dom.js";

const LEVELS = { OK: ["✓", "accepted", "well"], WARN: ["⚠", "tagged", "not good"], FAIL: ["✕", "rejected", "bad"] };
const SIDES = { sending: "the sending side", receiving: "the receiving side", between: "the network or DNS between the two", gateway: "this gateway", address: "whoever wrote the address" };

function level(word) {
  const [sign, colour, text] = LEVELS[word] || ["?", "", word];
  return el("span", { class: "decision " + colour }, el("span", { "aria-hidden": "true" }, sign), " ", text);
}

function report(r) {
  const faults = r.lines.filter((line) => line.fault !== null);
  const fine = r.lines.filter((line) => line.fault === null);
  return [
    el("h2", {}, said(r.subject), ": ", level(r.level)),
    r.complete ? null : el("p", { class: "note" }, "Not everything could be found out: what could not says nothing against it."),
    faults.length === 0 ? empty("Nothing is wrong.") : table("What is wrong", ["How bad", "What", "Seen", "What to do"], faults.map((line) => [level(line.level), [line.check, line.about ? [" ", said(line.about)] : null], said(line.seen), visible(line.remedy)])),
    fine.length === 0 ? null : table("What is well", ["What", "About", "Seen"], fine.map((line) => [line.check, said(line.about || "–"), said(line.seen)])),
  ].filter((part) => part !== null);
}

/** What a bounce or a line of a log means, whoever wrote it. */
export async function explained(text) {
  const e = await post("explain", { text: text.slice(0, 16000) });
  const codes = Object.entries(e.codes);
  if (e.name === null && codes.length === 0) return empty("Its words are not known, and there is no reply code in it.");
  return el("section", { "aria-label": "What it means" }, el("h2", {}, "What it means"),
    facts([["What happened", e.happened ? visible(e.happened) : "Not known: these words are in no list. The codes say:"], ["On the side of", e.side ? SIDES[e.side] || e.side : null], ["What to do", e.remedy ? visible(e.remedy) : null],
      ...codes.map(([code, meaning]) => [code, visible(meaning)])]),
    e.id ? el("p", {}, to("find", { q: e.id }, "It was this gateway: the story of ", el("span", { class: "id" }, e.id))) : null);
}

export async function doctor(view, parameters, signal) {
  const name = (parameters.get("domain") || "").trim();
  const box = el("input", { type: "text", autocapitalize: "off", spellcheck: "false", required: true });
  box.value = name;
  const result = el("section", { "aria-label": "What was found", "aria-live": "polite" });
  const meaning = el("div", { "aria-live": "polite" });
  let asking = false;

  async function examine(question) {
    if (asking) return;
    asking = true;
    result.replaceChildren(busy("Examining. It asks as other servers do and may take up to a minute and a half…"));
    try {
      const found = report(await post("doctor", question));
      if (!signal.aborted) result.replaceChildren(...found);
    } catch (failure) {
      if (!signal.aborted) result.replaceChildren(problem(failure));
    } finally {
      asking = false;
    }
  }

  const text = el("textarea", { rows: "4", required: true, spellcheck: "false" });
  view.append(...title("Doctor", "Will mail from or to this domain disappear? No message is ever sent."),
    el("form", { submit: (event) => {
      event.preventDefault();
      const typed = box.value.trim();
      examine({ domain: typed.slice(typed.lastIndexOf("@") + 1) });
    } }, field("Domain", box), el("p", {}, el("button", {}, "Examine it"), " ", el("button", { type: "button", click: () => examine({}) }, "Examine ourselves and the MTA"))),
    result,
    el("h2", {}, "A bounce from elsewhere"),
    el("form", { submit: async (event) => {
      event.preventDefault();
      meaning.replaceChildren(busy("Looking it up…"));
      try {
        meaning.replaceChildren(await explained(text.value));
      } catch (failure) {
        meaning.replaceChildren(problem(failure));
      }
    } }, field("What does it say?", text, "A bounce, a reply or a line of a log, pasted. It is explained from a list; nobody is asked."), el("button", {}, "Explain")),
    meaning);

}
