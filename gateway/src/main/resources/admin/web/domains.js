// What we know of a domain, and what can be done about it.
import { get, post } from "./api.js";
import { busy, el, empty, facts, field, problem, said, select, span, table, time, title, to, visible } from "./dom.js";
import { dialogue, verdict } from "./story.js";

const DNS = { found: "found", "no-such-domain": "there is no such domain", "null-mx": "it takes no mail (null MX)", unusable: "nothing that may be connected to", failed: "DNS gave no answer", none: "no address", refused: "may not be connected to" };
const TERMS = [["1h", "an hour"], ["1d", "a day"], ["7d", "a week"], ["30d", "30 days"], ["365d", "a year"]];

/** A button's work: what came of it is said beside it. */
function act(place, work) {
  return async (event) => {
    event?.preventDefault();
    place.replaceChildren(busy("Doing it…"));
    try {
      place.replaceChildren(el("p", { class: "done" }, await work()));
    } catch (failure) {
      place.replaceChildren(problem(failure));
    }
  };
}

function keys(caption, list) {
  if (list.length === 0) return empty(caption + ": nothing.");
  return table(caption, ["Kind", "Name", "State", "In use", "Available", "Ends in"], list.map((k) => [k.table, said(k.key), k.state || "–", String(k.in_use), String(k.available), k.remaining_milliseconds > 0 ? span(k.remaining_milliseconds) : "–"]));
}

function rate(r) {
  return r.permits + " in " + span(r.per_milliseconds) + ", bursts of " + r.burst + ", " + r.concurrent + " at once";
}

function known(d) {
  const exchangers = d.exchangers.map((x) => [said(x.name), x.addresses.length > 0 ? said(x.addresses.join(" ")) : "–", DNS[x.dns] || x.dns, x.detail ? visible(x.detail) : "–"]);
  return [
    facts([["DNS", [DNS[d.dns] || d.dns, d.detail ? [": ", visible(d.detail)] : null]], ["One of ours", d.ours ? "yes" : "no"]]),
    d.exchangers.length > 0 ? table("Exchangers, in the order in which they are tried", ["Name", "Addresses", "DNS", "Why"], exchangers) : empty("It has no exchanger that could be asked."),
    d.facts.length > 0 ? table("Facts", ["Fact", "Known of", "Their words", "Age"], d.facts.map((f) => [f.fact, said(f.exchangers), f.reply ? said(f.reply) : "–", span(f.age_milliseconds)])) : empty("No facts are known of it yet."),
    keys("Limits and breakers now", d.state),
    facts([["For the domain", rate(d.limits.per_domain)], ["For each exchanger", rate(d.limits.per_exchanger)], ["For each network", rate(d.limits.per_network)]]),
  ];
}

function actions(name, again) {
  const place = el("div", { "aria-live": "polite" });
  const address = el("input", { type: "text", autocapitalize: "off", spellcheck: "false", required: true });
  address.value = "postmaster@" + name;
  const term = select(TERMS, "1d");
  const why = el("input", { type: "text", maxlength: "200" });
  return el("section", { "aria-label": "What can be done" }, el("h2", {}, "What can be done"),
    place,
    el("form", { submit: act(place, async () => {
      const v = await post("verify", { address: address.value.trim() });
      return [verdict(v), " in " + span(v.milliseconds || 0), dialogue(v.dialogue)];
    }) }, field("Ask again about", address, "A callout now, within the limits. What is remembered and still fresh is told from memory: forget it first."), el("button", {}, "Ask")),
    el("p", {}, el("button", { type: "button", click: act(place, async () => {
      const { forgotten } = await post("verdict/forget", { domain: name });
      again();
      return "Forgotten: " + forgotten + " verdicts, and all facts. The next message asks anew.";
    }) }, "Forget what we know"), " ", el("button", { type: "button", click: act(place, async () => {
      const { unblocked } = await post("limits/unblock", { name });
      again();
      return unblocked ? "The block is gone: it is asked again." : "There was no block under this name.";
    }) }, "It does not block us any more")),
    el("form", { submit: act(place, async () => {
      const e = await post("exemptions", { sender: name, for: term.value, note: why.value.trim() });
      again();
      return ["Senders of ", said(e.sender), " are not checked until ", time(e.until), "."];
    }) }, field("Do not check its senders for", term), field("Why", why, "For whoever reads the file later."), el("button", {}, "Exempt for a while")));
}

function exemptions(list, again) {
  const place = el("div", { "aria-live": "polite" });
  return el("section", { "aria-label": "Exempt for a while" }, el("h2", {}, "Exempt for a while"), place,
    list.exemptions.length === 0 ? empty("Nobody is.") : table("Senders that are not checked", ["Sender", "Until", "Why", ""], list.exemptions.map((e) => [said(e.sender), time(e.until), e.note ? said(e.note) : "–",
      el("button", { type: "button", "aria-label": "End the exemption of " + visible(e.sender), click: act(place, async () => {
        const { ended } = await post("exemptions/end", { sender: e.sender });
        again();
        return ended ? "Ended." : "It had ended already.";
      }) }, "End now")])),
    el("p", { class: "note" }, list.file ? ["They stand in ", el("code", {}, visible(list.file)), "."] : "exempt.overlay is empty: they end with the process."));
}

export async function domains(view, parameters, signal) {
  const name = (parameters.get("name") || "").trim();
  const box = el("input", { type: "text", autocapitalize: "off", spellcheck: "false", required: true });
  box.value = name;
  const form = el("form", { role: "search", submit: (event) => {
    event.preventDefault();
    const typed = box.value.trim();
    location.hash = "#domains?" + new URLSearchParams({ name: typed.slice(typed.lastIndexOf("@") + 1) });
  } }, field("Domain", box, "Of an address too: what stands before the @ is left out."), el("button", {}, "Look"));
  const result = el("section", { "aria-label": "What we know" });
  const exempt = el("div");
  const limits = el("div");
  view.append(...title("Domains"), form, result, exempt, limits);

  async function look() {
    result.replaceChildren(busy("Asking DNS…"));
    try {
      const d = await get("domain", { name }, signal);
      result.replaceChildren(el("h2", {}, said(d.domain)), ...known(d).flat(), el("p", {}, to("find", { q: d.domain, since: "7d" }, "Its mail of the last week"), " · ", to("doctor", { domain: d.domain }, "Have the doctor look at it")));
      return d.domain;
    } catch (failure) {
      if (!signal.aborted) result.replaceChildren(problem(failure));
      return null;
    }
  }

  async function list() {
    try {
      const [e, l] = await Promise.all([get("exemptions", {}, signal), get("limits", { limit: "20" }, signal)]);
      exempt.replaceChildren(exemptions(e, list));
      limits.replaceChildren(el("h2", {}, "Everywhere"), keys("Blocks, breakers and the busiest limits", l.keys));
    } catch (failure) {
      if (!signal.aborted) exempt.replaceChildren(problem(failure));
    }
  }

  const listed = list();
  if (name) {
    const domain = await look();
    if (domain) {
      result.after(actions(domain, () => {
        look();
        list();
      }));
    }
  } else {
    result.append(empty("Type a domain to see its exchangers, what we learnt of it, its limits and breakers."));
  }
  await listed;
}
