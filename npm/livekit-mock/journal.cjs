// What happened: the calls that a server got, as it keeps them.
"use strict";

const FILTERS = new Set(["method", "region", "key", "call", "kind", "outcome", "ended", "after", "limit"]);

/** The calls of the server at this address, oldest first. */
async function calls(url, filters) {
  return (await page(url, filters)).calls;
}

async function page(url, filters) {
  return (await asked(url, filters)).json();
}

/** The first of these calls, once it has come; undefined if it does not come in this time. */
async function wait(url, filters, timeout) {
  const end = new AbortController();
  const timer = setTimeout(() => end.abort(), timeout);
  try {
    const answer = await asked(url, { after: 0, ...filters }, { Accept: "text/event-stream" }, end.signal);
    for await (const { event, data } of events(answer.body)) {
      if (event !== "lost") {
        return JSON.parse(data);
      }
    }
    throw new Error("livekit-mock has ended");
  } catch (error) {
    if (end.signal.aborted) {
      return undefined;
    }
    throw error;
  } finally {
    clearTimeout(timer);
    end.abort();
  }
}

async function asked(url, filters, headers = {}, signal = undefined) {
  const unknown = Object.keys(filters).filter((name) => !FILTERS.has(name));
  if (unknown.length > 0) {
    throw new TypeError(`no such filter: ${unknown.join(", ")}; there are ${[...FILTERS].join(", ")}`);
  }
  const given = Object.entries(filters).filter(([, value]) => value !== undefined);
  const answer = await fetch(`${url}/_mock/calls?${new URLSearchParams(given)}`, { headers, signal });
  if (!answer.ok) {
    throw new TypeError((await answer.text()).trim());
  }
  return answer;
}

/** The server-sent events of a body. */
async function* events(body) {
  let [unread, event] = ["", {}];
  for await (const piece of body.pipeThrough(new TextDecoderStream())) {
    const lines = (unread + piece).split("\n");
    unread = lines.pop();
    for (const line of lines) {
      if (line !== "") {
        const [name, ...value] = line.split(": ");
        event[name] = value.join(": ");
      } else {
        if (event.data !== undefined) {
          yield event;
        }
        event = {};
      }
    }
  }
}

/** Calls as a text: region, try and outcome, a line for each. */
function journey(calls) {
  return calls.map((call) => line(call) + warnings(call)).join("\n") || "no calls";
}

/** Tells the journey of a test that fails, in `node --test` as in vitest. */
async function journeyOnFailure(test, mock, filters = {}) {
  const after = await mock.lastCall();
  const tell = async () => console.error(`livekit-mock, the calls of this test:\n${journey(await mock.calls({ after, ...filters }))}`);
  if (test.onTestFailed) {
    test.onTestFailed(tell);
  } else {
    test.after(() => (test.passed ? undefined : tell()));
  }
}

function line(call) {
  const attempt = call.attempt === undefined ? "" : `, try ${call.attempt} of ${call.call}`;
  const status = call.status === undefined ? "" : ` ${call.status}`;
  const took = call.tookMs === undefined ? ", not ended yet" : ` after ${call.tookMs} ms`;
  return `#${call.seq} region ${call.region} ${call.method ?? call.kind}${attempt}: ${call.outcome}${status}${took}`;
}

function warnings(call) {
  return (call.warnings ?? []).map((warning) => `\n    warning: ${warning}`).join("");
}

exports.calls = calls;
exports.journey = journey;
exports.journeyOnFailure = journeyOnFailure;
exports.page = page;
exports.wait = wait;
