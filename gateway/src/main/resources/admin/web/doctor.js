// The doctor works from the command line; here stand the words to type and what can be seen from the page.
import { el, field, said, title, to } from "./dom.js";

export async function doctor(view, parameters) {
  const name = (parameters.get("domain") || "").trim();
  const box = el("input", { type: "text", autocapitalize: "off", spellcheck: "false", required: true });
  box.value = name;
  const form = el("form", { submit: (event) => {
    event.preventDefault();
    const typed = box.value.trim();
    location.hash = "#doctor?" + new URLSearchParams({ domain: typed.slice(typed.lastIndexOf("@") + 1) });
  } }, field("Domain", box), el("button", {}, "Which command?"));
  view.append(...title("Doctor", "Says what is wrong with a domain, with us, or with the MTA, and who can mend it. It takes minutes and works from the command line."), form);
  const safe = /^[\p{L}\p{N}._-]+$/u.test(name);
  view.append(el("ul", { class: "commands" },
    name && safe ? el("li", {}, el("code", {}, "countersign doctor " + name), ": what is wrong with ", said(name), ". ", to("domains", { name }, "What we know of it")) : null,
    el("li", {}, el("code", {}, "countersign doctor --self"), ": what others see of us"),
    el("li", {}, el("code", {}, "countersign doctor --mta"), ": the MTA behind us")));
  if (name && !safe) view.append(el("p", { class: "problem", role: "alert" }, "This is no domain."));
}
