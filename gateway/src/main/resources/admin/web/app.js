"use strict";
// The token comes once in the address, is taken out of it, and stays with this tab: every question carries it in a header.
const KEY = "countersign-token";
const given = new URLSearchParams(location.search).get("token");
if (given) {
  sessionStorage.setItem(KEY, given);
  history.replaceState(null, "", location.pathname);
}
const door = document.getElementById("door");
const message = document.getElementById("message");
const list = document.getElementById("status");

async function ask(path) {
  const answer = await fetch(path, { headers: { Authorization: "Bearer " + (sessionStorage.getItem(KEY) || "") } });
  if (answer.status === 401) {
    door.hidden = false;
    throw new Error("This page needs the token that the gateway printed at its start, or that stands in its token file.");
  }
  door.hidden = true;
  const body = await answer.json();
  if (!answer.ok) throw new Error(body.error);
  return body;
}

async function refresh() {
  try {
    const status = await ask("/api/v1/status");
    message.textContent = "";
    list.replaceChildren();
    for (const [name, value] of Object.entries(status)) {
      const term = document.createElement("dt");
      term.textContent = name.replaceAll("_", " ");
      const text = document.createElement("dd");
      text.textContent = typeof value === "object" ? JSON.stringify(value) : String(value);
      list.append(term, text);
    }
  } catch (problem) {
    message.textContent = problem.message;
  }
}

door.addEventListener("submit", (event) => {
  event.preventDefault();
  sessionStorage.setItem(KEY, document.getElementById("token").value.trim());
  refresh();
});
refresh();
setInterval(refresh, 2000);
