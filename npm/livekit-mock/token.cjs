// Tokens as clients bring them, signed with what Node.js brings along.
"use strict";

const { createHmac } = require("node:crypto");
const { Control } = require("./control.cjs");

/** How long a token is good, and how long ago that began, in seconds. */
const TTL = 600;
const NOT_BEFORE = -10;

const GRANTS = ["video", "sip", "agent", "agentEndpoint", "agentThread", "inference", "observability"];
const OPTIONS = new Set([
  "identity",
  "name",
  "kind",
  "metadata",
  "attributes",
  "control",
  "ttl",
  "notBefore",
  "apiKey",
  "apiSecret",
  ...GRANTS,
]);

/** A token of this key and secret, unless the options name others. */
function token(key, secret, options) {
  const unknown = Object.keys(options).filter((name) => !OPTIONS.has(name));
  if (unknown.length > 0) {
    throw new TypeError(`no such option: ${unknown.join(", ")}; there are ${[...OPTIONS].join(", ")}`);
  }
  const { apiKey = key, apiSecret = secret, identity = "mock-user", name, kind, metadata } = options;
  const { attributes, control, ttl = TTL, notBefore = NOT_BEFORE } = options;
  const now = Date.now() / 1000;
  return signed(apiSecret, {
    iss: apiKey,
    sub: identity,
    nbf: Math.floor(now + notBefore),
    exp: Math.floor(now + ttl),
    name,
    kind,
    metadata,
    attributes: attributesOf(attributes, control),
    ...Object.fromEntries(GRANTS.map((claim) => [claim, options[claim]])),
  });
}

function attributesOf(attributes, control) {
  const brought = control && (control instanceof Control ? control : new Control(control)).attributes;
  return attributes || brought ? { ...attributes, ...brought } : undefined;
}

/** Every permission that there is, for one room. */
function allGrants(room) {
  return {
    video: {
      roomCreate: true,
      roomList: true,
      roomRecord: true,
      roomAdmin: true,
      roomJoin: true,
      room,
      destinationRoom: room,
      canUpdateOwnMetadata: true,
      canSubscribeMetrics: true,
      canManageAgentSession: true,
      ingressAdmin: true,
    },
    sip: { admin: true, call: true },
    agent: { admin: true, simulationAdmin: true, databaseAdmin: true, dispatchAdmin: true },
    agentEndpoint: { call: true },
    agentThread: { all: true, list: true, create: true, write: true, read: true, delete: true },
    inference: { perform: true },
    observability: { write: true },
  };
}

function signed(secret, claims) {
  const part = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const message = `${part({ typ: "JWT", alg: "HS256" })}.${part(claims)}`;
  return `${message}.${createHmac("sha256", secret).update(message).digest("base64url")}`;
}

module.exports = { allGrants, token };
