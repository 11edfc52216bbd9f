// The story of one message: what became of it, on whose side the cause lies, what to do, and the dialogue as it was spoken.
import { get } from "./api.js";
import { busy, decision, domainOf, el, empty, facts, octets, problem, said, span, table, time, to, visible } from "./dom.js";

const SIDES = {
  nobody: "nobody: all went well",
  ours: "ours",
  client: "the sending server",
  sender: "the sender's domain",
  mta: "the MTA behind us",
  recipient: "the recipient address",
};

/** A verdict in words. */
export function verdict(v) {
  if (!v) return null;
  return [el("strong", {}, v.kind), ": ", v.reason, v.stage ? " at " + v.stage : "", " (", v.source, v.age_milliseconds > 0 ? ", " + span(v.age_milliseconds) + " old" : "", ")",
    v.exchanger ? [el("br"), said(v.exchanger), v.exchanger_address ? [" [", said(v.exchanger_address), "]"] : null] : null,
    v.reply ? [el("br"), "They said: ", said(v.reply)] : null,
    v.detail ? [el("br"), visible(v.detail)] : null];
}

const SPEAKERS = { ">": ["we", "we say"], "<": ["they", "they say"], "*": ["event", "what happens"] };

/** Lines "> ", "< ", "* ", each with who speaks in words too. */
export function dialogue(lines) {
  return el("ol", { class: "dialogue" }, lines.map((line) => {
    const [name, words] = SPEAKERS[line[0]] || ["event", ""];
    return el("li", { class: name }, el("span", { class: "who" }, words), el("code", {}, visible(line)));
  }));
}

async function callouts(place, id) {
  place.replaceChildren(busy("Reading the dialogues…"));
  try {
    const { callouts: found } = await get("trace/callouts", { id });
    place.replaceChildren(...(found.length === 0
      ? [empty("No callout was made for this message, or it is no longer kept: the verdict, if there is one, came from a rule.")]
      : found.map((c) => el("section", { class: "callout" }, el("h4", {}, "About ", said(c.address), ", ", time(c.at)), el("p", {}, verdict(c)),
        c.dialogue.length > 0 ? dialogue(c.dialogue) : empty("Nothing was spoken.")))));
  } catch (failure) {
    place.replaceChildren(problem(failure));
  }
}

function timings(t) {
  return Object.entries(t).filter(([, us]) => us !== null).map(([name, us]) => name.replace("_microseconds", "").replaceAll("_", " ") + " " + span(us / 1000)).join(", ");
}

function client(c) {
  return [said(c.address), c.name ? [" ", said(c.name)] : null, c.iprev ? " (name in DNS: " + c.iprev + ")" : null, c.iprev_detail ? [", ", visible(c.iprev_detail)] : null,
    c.helo ? [", says it is ", said(c.helo)] : null, ", ", c.tls ? said(c.tls) : "no TLS"];
}

function late(l) {
  return el("li", {}, time(l.at), ": ", verdict(l.verdict) || "about the client's name", " – ", l.action, l.rule ? [" by ", el("code", {}, visible(l.rule))] : null);
}

/** All of a story but its headline. */
export function story(s) {
  const place = el("div");
  const domain = domainOf(s.from);
  return el("div", { class: "story" },
    el("p", { class: "what" }, visible(s.summary)),
    facts([
      ["On the side of", SIDES[s.side] || s.side],
      ["What to do", s.advice ? visible(s.advice) : "nothing"],
    ]),
    s.recipients.length > 0 ? table("Recipients", ["Recipient", "They were told", "Rule"], s.recipients.map((r) => [said(r.path), said(r.reply), r.rule ? el("code", {}, visible(r.rule)) : "the MTA's word"])) : empty("No recipient was named."),
    facts([
      ["Id", el("span", { class: "id" }, s.id)],
      ["Sender", s.from ? said(s.from) : "none was named"],
      ["Verdict about the sender", verdict(s.sender.verdict) || "none was asked for"],
      ["SPF", s.sender.spf],
      ["Rule", s.sender.rule ? el("code", {}, visible(s.sender.rule)) : null],
      ["Client", client(s.client)],
      ["Our last word", s.reply ? said(s.reply) : null],
      ["The MTA's word", s.mta_reply ? said(s.mta_reply) : null],
      ["Queue id at the MTA", s.queue_id ? said(s.queue_id) : null],
      ["Message-ID", s.message_id ? said(s.message_id) : null],
      ["Size", s.size > 0 ? octets(s.size) : null],
      ["Took", span(s.milliseconds) + (timings(s.timings) ? " (" + timings(s.timings) + ")" : "")],
      ["Noted", s.notes.join(", ")],
      ["May arrive twice", s.possible_duplicate ? "yes" : null],
      ["Enforcing would have", s.would_have.length > 0 ? visible(s.would_have.join("; ")) : null],
      ["Later", s.late.length > 0 ? el("ul", {}, s.late.map(late)) : null],
    ]),
    el("p", { class: "actions" },
      el("button", { type: "button", class: "show-dialogue", click: () => callouts(place, s.id) }, "Show the dialogue"), " ",
      domain ? to("domains", { name: domain }, "What we know of ", said(domain)) : null, domain ? " · " : null,
      s.from && s.from !== "<>" ? to("find", { q: s.from.replace(/^<|>$/g, ""), since: "30d" }, "All of this sender") : null),
    el("div", { class: "callouts", "aria-live": "polite" }, place));
}

/** A story that opens; drawn when it is. */
export function folded(s, isOpen) {
  const box = el("details", { class: "fold" }, el("summary", {}, decision(s.decision), " ", time(s.at), " ", said(s.from || "no sender"), " → ",
    s.recipients.length > 0 ? said(s.recipients[0].path) : "nobody", s.recipients.length > 1 ? " and " + (s.recipients.length - 1) + " more" : ""));
  const draw = () => {
    if (box.open && box.children.length === 1) box.append(story(s));
  };
  box.addEventListener("toggle", draw);
  box.open = isOpen;
  draw();
  return box;
}
