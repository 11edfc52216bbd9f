// The gateway's API. The token stays with this tab and travels in a header only.
const KEY = "countersign-token";
let refused = () => {};

/** @param listener called when the gateway wants another token */
export function whenRefused(listener) {
  refused = listener;
}

/** Takes the token out of the address, where it came in it. */
export function takeToken() {
  const given = new URLSearchParams(location.search).get("token");
  if (given) {
    sessionStorage.setItem(KEY, given);
    history.replaceState(null, "", location.pathname + location.hash);
  }
  return sessionStorage.getItem(KEY) !== null;
}

export function setToken(token) {
  if (token === null) sessionStorage.removeItem(KEY);
  else sessionStorage.setItem(KEY, token);
}

async function call(path, options) {
  const token = sessionStorage.getItem(KEY) || "";
  if (!/^[\x21-\x7e]+$/.test(token)) {
    refused(token);
    throw new Error("a token is needed");
  }
  let answer;
  try {
    answer = await fetch(path, { ...options, headers: { ...(options.headers || {}), Authorization: "Bearer " + token } });
  } catch (failure) {
    if (failure.name === "AbortError") throw failure;
    throw new Error("the gateway does not answer; is it running?");
  }
  if (answer.status === 401) {
    refused(token);
    throw new Error("the gateway does not know this token");
  }
  return answer;
}

async function body(answer) {
  let value;
  try {
    value = await answer.json();
  } catch (failure) {
    throw new Error("the gateway's answer (" + answer.status + ") could not be read");
  }
  if (!answer.ok) throw Object.assign(new Error(value.error || "status " + answer.status), { status: answer.status });
  return value;
}

/** GET. @param signal ends it when the view is left */
export async function get(path, parameters, signal) {
  const query = new URLSearchParams(parameters || {}).toString();
  return body(await call("/api/v1/" + path + (query ? "?" + query : ""), { signal }));
}

export async function post(path, value) {
  return body(await call("/api/v1/" + path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(value) }));
}

/** Longest event that is waited for, in characters. */
const LONGEST = 1 << 20;

/** Server-sent events, read by hand: EventSource cannot send the token in a header. Ends with the connection or the signal. */
export async function stream(path, signal, each) {
  const answer = await call("/api/v1/" + path, { signal });
  if (!answer.ok) return body(answer);
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return null;
    text += value;
    const events = text.split("\n\n");
    text = events.pop();
    if (text.length > LONGEST) throw new Error("an event is too long");
    for (const event of events) {
      const data = event.split("\n").find((line) => line.startsWith("data: "));
      if (data) each(JSON.parse(data.slice(6)));
    }
  }
}
