// Where did my mail go?
import { get } from "./api.js";
import { busy, el, empty, field, problem, said, select, time, title, to, octets, visible } from "./dom.js";
import { explained } from "./doctor.js";
import { folded } from "./story.js";

const EVER = "3660d";
const SPANS = [["2d", "two days"], ["7d", "a week"], ["30d", "30 days"], [EVER, "all that is kept"]];
const ID = /\(id ([0-9A-HJKMNP-TV-Z]{13})\)/i;
const BARE_ID = /^[0-9A-HJKMNP-TV-Z]{13}$/i;

/** What is looked for in something that was pasted: our id before a Message-ID before an address. */
export function wanted(text) {
  const typed = text.trim();
  const id = typed.match(ID);
  if (id) return id[1].toUpperCase();
  if (!/\s/.test(typed)) return typed;
  const message = typed.match(/^message-id:\s*(<[^<>\s]+>)/im);
  if (message) return message[1];
  const recipient = typed.match(/^(?:final|original)-recipient:\s*rfc822;\s*<?([^<>\s;]+@[^<>\s;]+)/im) || typed.match(/<([^<>\s@]+@[^<>\s]+)>/) || typed.match(/([^<>\s,;:()"]+@[^<>\s,;:()"]+)/);
  return recipient ? recipient[1] : typed.split("\n")[0].slice(0, 500).trim();
}

async function extent(signal) {
  const kept = await get("trace/extent", {}, signal);
  return kept.from === null ? "The journal is empty." : ["The journal holds ", String(kept.records), " records (", octets(kept.octets), ") since ", time(kept.from), "."];
}

async function nothing(q, since, signal) {
  return empty("Nothing found for ", said(q), ". ", await extent(signal), " If the mail is not here, it did not come to this gateway in that time: ask for the sending server's log. ",
    since === EVER ? null : to("find", { q, since: EVER }, "Search all that is kept"));
}

/** What was pasted last, for its meaning when the journal has nothing. */
let pasted = "";

export async function find(view, parameters, signal) {
  const q = (parameters.get("q") || "").trim();
  const box = el("textarea", { name: "q", rows: "2", autocapitalize: "off", spellcheck: "false", class: "search" });
  box.value = q;
  const since = select(SPANS, parameters.get("since") || "2d");
  const form = el("form", { role: "search", submit: (event) => {
    event.preventDefault();
    const what = wanted(box.value);
    pasted = /\s/.test(box.value.trim()) ? box.value : "";
    const hash = "#find?" + new URLSearchParams({ q: what, since: BARE_ID.test(what) ? EVER : since.value });
    if (hash === location.hash) dispatchEvent(new Event("hashchange"));
    else location.hash = hash;
  } },
    field("What do you have?", box, "An id from a bounce, a mail address, a domain, an IP address, a Message-ID, a queue id of the MTA, or a whole bounce, pasted. Empty: the newest mail."),
    field("How far back", since), el("button", {}, "Find"));
  box.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      form.requestSubmit();
    }
  });
  const results = el("section", { "aria-label": "Found", "aria-live": "polite" });
  view.append(...title("Find mail"), form, results);
  if (!parameters.has("q")) {
    results.append(el("p", {}, "“They say they wrote yesterday”: type their address. A bounce: paste it, the id in it is enough."));
    return;
  }
  results.append(busy("Looking into the journal…"));
  const far = BARE_ID.test(q) && !parameters.has("since") ? EVER : since.value;
  try {
    const found = await get("trace", { ...(q ? { q } : {}), since: far, limit: "50" }, signal);
    if (found.stories.length === 0) {
      results.replaceChildren(await nothing(q || "anything", far, signal));
      if (pasted && wanted(pasted) === q) results.append(await explained(pasted));
      return;
    }
    const one = found.stories.length === 1;
    results.replaceChildren(
      el("h2", {}, one ? "One message" : found.stories.length + (found.more ? " messages, and there are older ones" : " messages"), found.understood ? [" for ", el("span", { class: "said" }, visible(found.understood))] : null),
      ...found.stories.map((s) => folded(s, one)));
  } catch (failure) {
    if (!signal.aborted) results.replaceChildren(problem(failure));
  }
}
