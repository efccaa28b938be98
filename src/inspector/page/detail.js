// All that the journal has of a call and its tries.

import { byId, make } from "./dom.js";
import { standing, told } from "./journeys.js";
import { clock, title } from "./timeline.js";

/** Shows a journey, or nothing. */
export function show(journey, onclose) {
  const detail = byId("detail");
  detail.hidden = !journey;
  if (!journey) return detail.replaceChildren();
  const { tries } = journey;
  const close = make("button", { type: "button", class: "close", onclick: onclose }, "Close");
  detail.replaceChildren(
    make("div", { class: "heading" }, make("h2", {}, ...title(tries[0])), close),
    ...tries.map((call, index) => attempt(call, index + 1 === tries.length)),
  );
}

/** A try; the last one is open. */
function attempt(call, open) {
  const which = `${call.attempt ? `Try ${call.attempt}: ` : ""}region ${call.region}, `;
  return make(
    "details",
    { open },
    make("summary", {}, which, make("span", { class: `told ${standing(call)}` }, told(call))),
    facts(call),
    warnings(call),
    messages(call),
    control(call),
    caller(call),
    body("Request", call.request, call.requestBytes),
    body("Answer", call.response, call.responseBytes),
  );
}

function facts(call) {
  const rows = [
    ["Number", call.seq],
    ["Time", clock(call.time)],
    ["Path", call.path],
    ["Call id", call.call],
    ["Key", call.key],
    ["HTTP", call.http + (call.tls ? " over TLS" : "")],
    ["Waited", call.waitMs === undefined ? undefined : `${call.waitMs} ms, as asked`],
    ["Took", call.tookMs === undefined ? "it has not ended" : `${call.tookMs} ms`],
    ["Format", call.requestFormat],
  ];
  return list(rows);
}

function list(rows) {
  const given = rows.filter(([, value]) => value !== undefined && value !== "");
  return make("dl", {}, ...given.map(([name, value]) => make("div", {}, make("dt", {}, name), make("dd", {}, String(value)))));
}

function section(title, ...children) {
  return make("section", {}, make("h3", {}, title), ...children);
}

function warnings(call) {
  if (!call.warnings) return null;
  return section("Warnings", make("ul", { class: "warnings" }, ...call.warnings.map((text) => make("li", {}, text))));
}

function control(call) {
  if (!call.control) return null;
  const row = ([name, value]) => {
    const code = make("code", { tabindex: 0, role: "group", "aria-label": name }, JSON.stringify(value));
    return make("tr", {}, make("th", { scope: "row" }, name), make("td", {}, code), make("td", {}, call.controlFrom?.[name] ?? ""));
  };
  const head = make("tr", {}, ...["Field", "Value", "From"].map((name) => make("th", { scope: "col" }, name)));
  return section("Control", table(head, Object.entries(call.control).map(row)));
}

function table(head, rows) {
  return make("div", { class: "scroll", tabindex: 0, role: "group", "aria-label": "Table" }, make("table", {}, make("thead", {}, head), make("tbody", {}, ...rows)));
}

function caller(call) {
  if (!call.caller) return null;
  const { identity, name, apiKey, grants } = call.caller;
  const allowed = Object.entries(grants).map(([claim, given]) => [`Grants: ${claim}`, granted(given)]);
  const none = allowed.length === 0 ? [["Grants", "none"]] : [];
  return section("Caller", list([["Identity", identity], ["Name", name], ["API key", apiKey], ...allowed, ...none]));
}

/** What is true by its name, the rest with its value. */
function granted(grants) {
  const one = ([name, value]) => (value === true ? name : `${name} ${JSON.stringify(value)}`);
  return Object.entries(grants).map(one).join(", ");
}

function body(title, value, bytes) {
  if (bytes === undefined || (bytes === 0 && value === undefined)) return null;
  const text = typeof value === "string" ? value : JSON.stringify(value, null, 2);
  const shown = text ?? "not kept, or not readable as a message";
  return section(`${title}, ${bytes} bytes`, make("pre", { tabindex: 0, "aria-label": title }, shown));
}

function messages(call) {
  if (!call.messages) return null;
  const row = ({ at, from, kind, message }) =>
    make(
      "li",
      { class: from },
      make("span", { class: "at" }, `${at} ms`),
      make("span", { class: "from" }, from === "client" ? "→ client" : "← server"),
      make("details", {}, make("summary", {}, kind), make("pre", { tabindex: 0, "aria-label": kind }, JSON.stringify(message, null, 2) ?? "")),
    );
  const lost = call.messagesLost ? make("p", {}, `${call.messagesLost} more were not kept.`) : null;
  return section(`Messages (${call.messages.length})`, make("ol", { class: "messages" }, ...call.messages.map(row)), lost, closed(call.close));
}

function closed(close) {
  if (!close) return make("p", {}, "The connection is open.");
  const how = { close: "closed", drop: "ended without a close frame", reset: "reset" }[close.how] ?? close.how;
  const code = close.code === undefined ? "" : `, code ${close.code}`;
  const reason = close.reason ? `: ${close.reason}` : "";
  return make("p", {}, `The ${close.by} ${how}${close.how === "close" ? " it" : ""}${code}${reason}.`);
}
