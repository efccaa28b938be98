// Reads the server: what it is, what it has kept, and what comes.

import { queryOf } from "./address.js";

async function json(path, options) {
  const answer = await fetch(path, options);
  if (!answer.ok) throw new Error((await answer.text()).trim());
  return answer.json();
}

export function server() {
  return json("/_mock/server");
}

/** What the server makes of a control. */
export function check(control) {
  return json("/_mock/control", { method: "POST", body: control });
}

/**
 * Follows the journal: what it has kept first, then what comes. Updates are handed over together, once a frame.
 *
 * @param {Record<string, string>} filters
 * @param {{onupdates: (updates: {call: any, isNew: boolean}[]) => void,
 *          onlost: (count: number) => void, onconnection: (is: string) => void}} reader
 * @returns a function that stops it
 */
export function follow(filters, reader) {
  let stopped = false;
  let events = null;
  let waiting = [];
  const hand = (update) => {
    waiting.push(update);
    if (waiting.length === 1) requestAnimationFrame(handAll);
  };
  const handAll = () => {
    const updates = waiting;
    waiting = [];
    if (!stopped && updates.length > 0) reader.onupdates(updates);
  };
  const begin = async () => {
    const kept = await json(`/_mock/calls?${queryOf(filters)}`);
    if (stopped) return;
    kept.calls.forEach((call) => hand({ call, isNew: true }));
    events = new EventSource(`/_mock/calls?${queryOf({ ...filters, after: String(kept.next) })}`);
    events.onopen = () => reader.onconnection("live");
    events.onerror = () => reader.onconnection("the server does not answer; trying again");
    events.onmessage = (event) => hand({ call: JSON.parse(event.data), isNew: true });
    events.addEventListener("change", (event) => hand({ call: JSON.parse(event.data), isNew: false }));
    events.addEventListener("lost", (event) => reader.onlost(JSON.parse(event.data).lost));
  };
  begin().catch((error) => reader.onconnection(error.message));
  return () => {
    stopped = true;
    events?.close();
  };
}
