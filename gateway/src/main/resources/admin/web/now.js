// How it goes at this moment: asked every two seconds, and decisions as they are taken.
import { get, stream } from "./api.js";
import { Spark, bar } from "./chart.js";
import { busy, decision, el, empty, facts, octets, problem, said, span, table, time, title, to, visible } from "./dom.js";

const EVERY = 2000;
const LISTED = 20;
const DECISIONS = ["accepted", "tagged", "deferred", "rejected", "abandoned"];

const count = (value) => new Intl.NumberFormat().format(Math.round(value * 10) / 10);

/** A number with its last minutes. */
class Card {
  constructor(name, words, heading) {
    this.words = words;
    this.number = el("p", { class: "number" }, "…");
    this.note = el("p", { class: "note" });
    this.spark = new Spark(name, words);
    this.element = el("li", { class: "card" }, el("h3", {}, heading || name), this.number, this.spark.element, this.note);
  }

  show(value, note, drawn) {
    this.number.textContent = value === null ? "–" : this.words(value);
    this.spark.add(drawn === undefined ? value || 0 : drawn);
    this.note.textContent = note + (this.spark.most > 0 ? "; peak " + this.words(this.spark.most) : "");
  }
}

function state(status) {
  const wrong = [];
  const bad = status.phase !== "running" || status.obstacle || status.mta.health === "down";
  if (status.phase !== "running") wrong.push("It is " + status.phase + ".");
  if (status.obstacle) wrong.push("Not ready: " + status.obstacle);
  wrong.push(...status.degraded);
  const mta = { up: "The MTA answers.", down: "The MTA cannot be reached.", unknown: "The MTA was not tried yet." }[status.mta.health];
  return el("section", { class: "state " + (bad ? "bad" : wrong.length > 0 ? "fair" : "good"), "aria-label": "State" },
    el("p", {}, el("strong", {}, bad ? "✕ Something is wrong" : wrong.length > 0 ? "⚠ It works; worth knowing" : "✓ All is well"), " – ", mta, " Up for ", span(status.uptime_seconds * 1000), "."),
    wrong.length > 0 ? el("ul", {}, wrong.map((line) => el("li", {}, visible(line)))) : null);
}

function shares(caption, counts) {
  const rows = Object.entries(counts).filter(([, n]) => n > 0).sort((a, b) => b[1] - a[1]);
  if (rows.length === 0) return empty(caption + ": none since the start.");
  const all = rows.reduce((sum, [, n]) => sum + n, 0);
  return table(caption, ["What", "Count", "Share"], rows.map(([word, n]) => [word, count(n), el("span", { class: "share" }, bar(n / all), " " + Math.round((n * 100) / all) + " %")]));
}

function row(d) {
  const recipients = d.recipients.map((r) => r.address).slice(0, 2).map((address, i) => [i > 0 ? ", " : "", said(address)]);
  return el("li", {}, decision(d.decision), " ", time(d.at), " ", said(d.from === null ? "no sender" : d.from), " → ",
    recipients.length > 0 ? recipients : "nobody", d.recipient_count > 2 ? " and " + (d.recipient_count - 2) + " more" : "", " from ", said(d.client.address), " (", said(d.client.helo), ") ",
    to("find", { q: d.id }, "Story ", el("span", { class: "id" }, d.id)));
}

export async function now(view, parameters, signal) {
  const top = el("div", {}, busy("Asking the gateway…"));
  const trouble = el("div");
  const messages = Object.fromEntries(DECISIONS.map((word) => [word, new Card("Messages " + word, count, decision(word))]));
  const callouts = new Card("Callouts in flight", count);
  const callout = new Card("95 % of callouts within", span);
  const transaction = new Card("95 % of mail within", span);
  const sessions = new Card("Sessions open", count);
  const lag = new Card("Event loop late by", span);
  const heap = new Card("Memory used", octets);
  const more = el("div");
  const list = el("ul", { class: "feed" });
  const pause = el("button", { type: "button", "aria-pressed": "false", click: () => {
    paused = !paused;
    pause.setAttribute("aria-pressed", String(paused));
    pause.textContent = paused ? "Go on" : "Hold still";
  } }, "Hold still");
  let paused = false;
  let before = null;

  view.append(...title("Now"), top, trouble, el("p", {}, pause),
    el("h2", {}, "Messages by decision"), el("p", { class: "note" }, "Since the start; the lines show the last three minutes, one point every two seconds."), el("ul", { class: "cards" }, DECISIONS.map((word) => messages[word].element)),
    el("h2", {}, "What it is busy with"), el("ul", { class: "cards" }, [callouts, callout, transaction, sessions, lag, heap].map((card) => card.element)),
    el("h2", {}, "Decisions as they are taken"), list, more);

  function show(status) {
    const passed = before ? Math.max(0.5, status.uptime_seconds - before.uptime_seconds) / 60 : 1;
    top.replaceChildren(state(status));
    for (const word of DECISIONS) {
      const total = status.messages[word] || 0;
      const fresh = before ? Math.max(0, total - (before.messages[word] || 0)) / passed : 0;
      messages[word].show(total, count(fresh) + " a minute now", fresh);
    }
    const asked = status.latencies.callout;
    const done = status.latencies.transaction;
    callouts.show(status.callouts.in_flight, status.callouts.breakers_open + " breakers open");
    for (const [card, times] of [[callout, asked], [transaction, done]]) {
      card.show(times.p95_milliseconds || null, (times.p95_milliseconds ? "half within " + span(times.p50_milliseconds) : "none in the last minute") + ", " + count(times.count) + " in all");
    }
    sessions.show(status.sessions.open, count(status.sessions.total) + " since the start");
    lag.show(status.loop_lag_milliseconds, status.obstacle && status.obstacle.startsWith("overload") ? "overloaded" : "not overloaded");
    heap.show(status.memory.heap_used_octets, "of at most " + octets(status.memory.heap_most_octets));
    more.replaceChildren(
      shares("Verdicts of callouts", status.callouts.verdicts), shares("Callouts not made, by limit", status.callouts.refused_by_limit),
      el("h2", {}, "The MTA behind us"),
      facts([["State", status.mta.health], ["Connections", status.mta.connections_open + " open, " + status.mta.connections_idle + " idle"],
        ["Waiting for one", String(status.mta.transactions_waiting)], ["It can do", status.mta.capabilities.length > 0 ? said(status.mta.capabilities.join(" ")) : "not seen yet"],
        ["Callouts of others answered", count(status.probes)]]));
    before = status;
  }

  async function refresh() {
    try {
      const status = await get("status", {}, signal);
      trouble.replaceChildren();
      show(status);
    } catch (failure) {
      if (!signal.aborted) trouble.replaceChildren(problem(failure));
    }
  }

  function listen() {
    stream("decisions/stream", signal, (d) => {
      if (paused) return;
      list.querySelector(".empty")?.remove();
      list.prepend(row(d));
      while (list.children.length > LISTED) list.lastChild.remove();
    }).catch((failure) => failure).then((failure) => {
      if (!signal.aborted && failure instanceof Error && failure.status === 503) trouble.replaceChildren(problem(failure));
      if (!signal.aborted) setTimeout(listen, 5 * EVERY);
    });
  }

  const timer = setInterval(() => {
    if (!paused && !document.hidden) refresh();
  }, EVERY);
  signal.addEventListener("abort", () => clearInterval(timer));
  await refresh();
  const { decisions } = await get("decisions", { limit: LISTED }, signal);
  list.replaceChildren(...(decisions.length > 0 ? decisions.map(row) : [el("li", { class: "empty" }, "No mail since the start.")]));
  listen();
}
