// What the server did: its journal of calls, as GET /_mock/calls tells it.
"use strict";

const http = require("node:http");

/** How long an answer of the journal may take, in milliseconds. */
const ANSWER_TIME = 10_000;

/** A call that was waited for did not come. Says what came instead. */
class NoCall extends Error {
  name = "NoCall";
}

/** Calls as a text: region, try and outcome, a line each. */
function journey(calls) {
  return calls.map(line).join("\n") || "no calls";
}

function line(call) {
  const attempt = call.attempt === undefined ? "" : `, try ${call.attempt}`;
  const id = call.call === undefined ? "" : ` of ${call.call}`;
  const status = call.status === undefined ? "" : ` ${call.status}`;
  const took = call.tookMs === undefined ? ", not ended yet" : ` after ${call.tookMs} ms`;
  const warnings = (call.warnings ?? []).map((warning) => `\n    warning: ${warning}`);
  const what = `#${call.seq} region ${call.region} ${call.method ?? call.kind}`;
  return `${what}${attempt}${id}: ${call.outcome}${status}${took}${warnings.join("")}`;
}

/** The calls that are wanted, as they are now: `calls`, `next` and `lost`. */
async function read(address, wanted) {
  return JSON.parse(await text(address, calledFor(wanted), "application/json"));
}

/** What clients of https:// must trust, in PEM. */
async function authority(address) {
  return text(address, "/_mock/ca.pem", "*/*");
}

async function text(address, path, accept) {
  const late = AbortSignal.timeout(ANSWER_TIME);
  let text = "";
  for await (const part of await asked(address, path, accept, late)) {
    text += part;
  }
  return text;
}

/** The first such call, which may be there already, or come in time. */
async function wait(address, wanted, timeout) {
  const given = defined(wanted);
  const after = given.after ?? 0; // Also the calls that were there before.
  const [there] = (await read(address, { ...given, after, limit: 1 })).calls;
  if (there) {
    return there;
  }
  const late = AbortSignal.timeout(timeout);
  try {
    const events = await asked(address, calledFor({ ...given, after }), "text/event-stream", late);
    for await (const call of calls(events)) {
      // A change of an earlier call is told, too.
      if (call.seq > after) {
        return call;
      }
    }
  } catch (error) {
    if (!late.aborted) {
      throw error;
    }
  }
  if (!late.aborted) {
    throw new Error("the server has ended the journal's events");
  }
  const came = (await read(address, { after })).calls;
  const which = Object.keys(given).length > 0 ? `no call with ${JSON.stringify(given)}` : "no call";
  throw new NoCall(`${which} came within ${timeout} ms; these came:\n${journey(came)}`);
}

/** The calls that server-sent events bring, new ones and those that have changed. */
async function* calls(events) {
  let rest = "";
  for await (const part of events) {
    const whole = (rest + part).split("\n\n");
    rest = whole.pop();
    for (const event of whole) {
      const data = event.match(/^data: (.*)$/m);
      if (data && !event.startsWith("event: lost")) {
        yield JSON.parse(data[1]);
      }
    }
  }
}

/** The body of the server's answer; a refusal is an error in its words. */
async function asked({ host, port }, path, accept, signal) {
  const answer = await new Promise((resolve, reject) => {
    // A connection of its own: one that is kept would hold up the server's stop.
    http.get({ host, port, path, headers: { accept }, agent: false, signal }, resolve).once("error", reject);
  });
  answer.setEncoding("utf8");
  if (answer.statusCode === 200) {
    return answer;
  }
  let problem = "";
  for await (const part of answer) {
    problem += part;
  }
  throw new Error(problem.trim());
}

function calledFor(wanted) {
  return `/_mock/calls?${new URLSearchParams(defined(wanted))}`;
}

function defined(wanted) {
  return Object.fromEntries(Object.entries(wanted).filter(([, value]) => value !== undefined));
}

/** If the test of this context fails, shows what `lines` resolves to then. */
function onFailure(context, lines) {
  if (typeof context?.onTestFailed === "function") {
    context.onTestFailed(async () => console.error((await lines()).join("\n"))); // vitest
  } else if (typeof context?.after === "function" && typeof context.diagnostic === "function") {
    // node:test has no hook for failures alone.
    context.after(async () => {
      if (context.passed === false) {
        (await lines()).forEach((text) => context.diagnostic(text));
      }
    });
  } else {
    throw new TypeError("journeyOnFailure takes the context of a test, as vitest and node:test give it to beforeEach");
  }
}

module.exports = { NoCall, authority, journey, onFailure, read, wait };
