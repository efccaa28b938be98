/** What a server is started with: the flags of `livekit-mock`, under the same names. */
export interface MockSettings {
  /** So many regions, each on a free port of loopback; 4 unless said otherwise. */
  regions?: number;
  /** The regions' ports in their order, 0 is any free one; in place of `regions`. */
  ports?: readonly number[];
  /** The address or host name to listen on; 127.0.0.1 unless said otherwise. */
  bind?: string;
  /** Scheme and host of the regions' URLs; may hold `{index}` and `{port}`. */
  advertiseHost?: string;
  /** Every region's whole URL, where regions are on several hosts. */
  advertise?: readonly string[];
  /** The index of the first port's region. */
  firstRegion?: number;
  twirpPrefix?: string;
  apiSecret?: string;
  auth?: "strict" | "lenient" | "off";
  strict?: boolean;
  /** What every request starts from; what a request asks for itself wins. */
  control?: Control | ControlFields;
  /** How many of the last calls are kept to be looked at; 1000 unless said otherwise, 0 is none. */
  journal?: number;
  /** Which release of the reference server is answered as. */
  reference?: "latest" | "2026-08";
  /** Whether rooms connect. */
  rtc?: "on" | "off";
  /** The UDP port of all peer connections; any free one unless said otherwise. */
  rtcPort?: number;
  /** The address at which clients find that port, where it is not `bind`. */
  rtcAddress?: string;
  /** A file to which the certificate authority is written; `mock.ca` has it without one. */
  tlsCa?: string;
  /** The file of a certificate of your own, in PEM. */
  tlsCert?: string;
  /** The file of its key, in PEM. */
  tlsKey?: string;
  /** Seconds for which a stop waits for the requests in flight; none, unlike the command. */
  grace?: number;
  logLevel?: "error" | "warn" | "info" | "debug" | "off";
}

/** A running server. It ends with this process, however that ends. */
export class Mock {
  private constructor();
  /** Region 0's URL, the one to give to a client. */
  readonly url: string;
  /** The regions' URLs, by index, as they are advertised. */
  readonly urls: readonly string[];
  /** The regions' ports. */
  readonly ports: readonly number[];
  /** What clients sign their tokens with. Any API key will do. */
  readonly apiKey: string;
  readonly apiSecret: string;
  /** What a client of `https://` and `wss://` must trust, in PEM: `await mock.ca`. */
  readonly ca: Promise<string>;
  /** A token that the server trusts. It allows what the grants say, and without any nothing. */
  token(options?: TokenOptions): string;
  /**
   * The last lines of the server's log, oldest first: its warnings, at least.
   * What it said of a request is here as soon as the request is answered.
   */
  readonly log: readonly string[];
  /**
   * The calls that the server got, oldest first. A client that has an answer finds its call here.
   * @throws {MockError} if the server refuses the question, or is gone.
   */
  calls(wanted?: CallFilter & { limit?: number }): Promise<Call[]>;
  /**
   * The first such call, which may be there already, or come within so many milliseconds; 5000 unless said otherwise.
   * @throws {NoCall} if none came; says what came instead.
   */
  waitForCall(wanted?: CallFilter, timeout?: number): Promise<Call>;
  /**
   * Shows the calls since now if the test fails, for a server that outlives it:
   * `beforeEach((context) => mock.journeyOnFailure(context))`, in vitest and in node:test (Node.js 20.12 or newer).
   * `wanted` is for tests that run at the same time: `{ key }` shows the calls of one of them.
   */
  journeyOnFailure(context: object, wanted?: CallFilter): Promise<void>;
  /**
   * Throws if the server no longer runs.
   * @throws {MockError} with what the server said last.
   */
  check(): void;
  /**
   * Stops the server and waits until it is gone.
   * @throws {MockError} if it had ended by itself, with what it said last.
   */
  stop(): Promise<void>;
  /** `stop`, at the end of an `await using`. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** The server did not start, has ended by itself, or refused a question; says what the server said. */
export class MockError extends Error {
  name: "MockError";
}

/** A call that was waited for did not come. Says what came instead. */
export class NoCall extends Error {
  name: "NoCall";
}

/** Calls as a text, for the message of an assertion: region, try and outcome, a line each. */
export function journey(calls: readonly Call[]): string;

export type CallKind = "api" | "regions" | "validate" | "signal";

export type CallOutcome =
  | "answered"
  | "failed"
  | "refused"
  | "dropped"
  | "reset"
  | "hung"
  | "truncated"
  | "garbage"
  | "gone";

/** Which calls are asked for. All of what is given must match. */
export interface CallFilter {
  /** `CreateRoom`, `RoomService/CreateRoom` or `livekit.RoomService/CreateRoom`. */
  method?: string;
  /** The index of the region that got the call. */
  region?: number;
  /** The control's `key`: the calls of one test, if each test has its own. */
  key?: string;
  /** The id that the tries of one call share. */
  call?: string;
  kind?: CallKind;
  outcome?: CallOutcome;
  /** Whether the call has ended. One that waits, hangs or goes on as a connection has not. */
  ended?: boolean;
  /** Only calls after the one with this `seq`. */
  after?: number;
}

/** A call, by the names of docs/BEHAVIOUR.md, What happened. What has nothing to say is missing. */
export interface Call {
  seq: number;
  /** When it came, as RFC 3339 has it. */
  time: string;
  kind: CallKind;
  region: number;
  http: string;
  tls: boolean;
  /** Such as `RoomService/CreateRoom`. */
  method?: string;
  path: string;
  call?: string;
  attempt?: number;
  key?: string;
  /** The control that counted, and where each field of it came from. */
  control?: ControlFields;
  controlFrom?: Record<string, string>;
  /** What the token says, valid or not. */
  caller?: { identity?: string; name?: string; apiKey?: string; grants: Grants };
  /** As protojson has it. */
  request?: any;
  requestBytes?: number;
  requestFormat?: "protobuf" | "json";
  outcome: CallOutcome;
  status?: number;
  /** As protojson has it; a Twirp error as it was sent. */
  response?: any;
  responseBytes?: number;
  waitMs?: number;
  /** Missing until the call has ended. */
  tookMs?: number;
  warnings?: string[];
  /** Of a connection, the first 200. */
  messages?: { at: number; from: "client" | "server"; kind: string; message?: any }[];
  messagesLost?: number;
  /** What has come as media of a room, if any has. */
  media?: { packets: number; bytes: number };
  close?: { by: "client" | "server"; how: "close" | "drop" | "reset"; code?: number; reason?: string };
}

/**
 * Starts a server; every region answers when this resolves.
 * @throws {MockError} with what the server said.
 */
export function startMock(settings?: MockSettings): Promise<Mock>;

/** The path of the program; the variable `LIVEKIT_MOCK_PROGRAM` names another one. */
export function program(): string;

/** What a token says: of the participant, of its own life, and, by the names of the claims, what it allows. */
export interface TokenOptions extends Grants {
  /** Who the participant is; `mock-user` unless said otherwise. */
  identity?: string;
  name?: string;
  /** What the participant is: `standard`, `agent`, `sip`, `ingress`, `egress`. */
  kind?: string;
  metadata?: string;
  attributes?: Readonly<Record<string, string>>;
  /** A control for the signalling, put into the attribute `lk.mock`. */
  control?: Control | ControlFields;
  /**
   * How long the token is good, in seconds; 600 unless said otherwise. A negative one makes a token that has
   * expired. The server takes one for 60 seconds more.
   */
  ttl?: number;
  /** In how many seconds the token begins to be good; -10 unless said otherwise. The server takes one 60 seconds earlier. */
  notBefore?: number;
  /** Another key than the mock's own; it may be that of a control. */
  apiKey?: string;
  /** Another secret than the mock's own: the server does not trust the token. */
  apiSecret?: string;
}

/** What a token allows, by the names that the claims have in it. */
export interface Grants {
  video?: VideoGrants;
  sip?: SipGrants;
  agent?: AgentGrants;
  agentEndpoint?: AgentEndpointGrants;
  agentThread?: AgentThreadGrants;
  inference?: InferenceGrants;
  observability?: ObservabilityGrants;
}

/** The claim `video`: rooms, recording, ingress, and what a participant may do in a room. */
export interface VideoGrants {
  roomCreate?: boolean;
  roomList?: boolean;
  roomRecord?: boolean;
  roomAdmin?: boolean;
  roomJoin?: boolean;
  /** The room that `roomAdmin` and `roomJoin` are for. */
  room?: string;
  /** The room that participants may be forwarded or moved to. */
  destinationRoom?: string;
  canPublish?: boolean;
  canSubscribe?: boolean;
  canPublishData?: boolean;
  canPublishSources?: readonly string[];
  canUpdateOwnMetadata?: boolean;
  canSubscribeMetrics?: boolean;
  canManageAgentSession?: boolean;
  ingressAdmin?: boolean;
  hidden?: boolean;
  recorder?: boolean;
  agent?: boolean;
}

/** The claim `sip`: trunks, dispatch rules, calls. */
export interface SipGrants {
  admin?: boolean;
  call?: boolean;
}

/** The claim `agent`: agents of LiveKit Cloud. */
export interface AgentGrants {
  admin?: boolean;
  simulationAdmin?: boolean;
  databaseAdmin?: boolean;
  dispatchAdmin?: boolean;
}

/** The claim `agentEndpoint`: the HTTP endpoints of agents. */
export interface AgentEndpointGrants {
  call?: boolean;
  agentName?: string;
  deployment?: string;
}

/** The claim `agentThread`: the threads of agents. */
export interface AgentThreadGrants {
  all?: boolean;
  scope?: string;
  threadIds?: readonly string[];
  list?: boolean;
  create?: boolean;
  write?: boolean;
  read?: boolean;
  delete?: boolean;
}

/** The claim `inference`: LiveKit Inference. */
export interface InferenceGrants {
  perform?: boolean;
}

/** The claim `observability`: what LiveKit records of sessions. */
export interface ObservabilityGrants {
  write?: boolean;
}

/**
 * Every permission that there is, for one room: `mock.token(allGrants("lobby"))`. What a participant would be,
 * `hidden`, `recorder` or a worker (`agent`), is none of them.
 */
export function allGrants(room: string): Grants;

/** How a region fails. */
export type FailMode = "status" | "drop" | "delay" | "reset" | "hang" | "truncate" | "garbage" | "drip";

/** What a request is to see, by the names of docs/BEHAVIOUR.md, The control. */
export interface ControlFields {
  /** These regions fail, by index; the others answer. */
  failRegions?: readonly number[];
  /** How they fail. */
  failMode?: FailMode;
  /** The failure's HTTP status; 503 by default. */
  failStatus?: number;
  /** The failure's Twirp code; by default the one that goes with the status. */
  failTwirpCode?: string;
  /** The failure's message: Twirp's `msg`. */
  failMessage?: string;
  /** What the failure says beside its message: Twirp's `meta`. */
  failMeta?: Readonly<Record<string, string>>;
  /** The failure's headers, such as `Retry-After`. */
  failHeaders?: Readonly<Record<string, string>>;
  /** The failure's body, in place of a Twirp error. */
  failBody?: string;
  /** What `failBody` is; by default HTML where it begins with `<`, else plain text. */
  failContentType?: string;
  /** Milliseconds over which a body drips in mode `drip`; 10000 by default. */
  dripMs?: number;
  /** At most so many tries of one call fail, over all regions; then it is answered. */
  failTimes?: number;
  /** The share of tries that fail, from 0 to 1. */
  failRate?: number;
  /** What `failRate` and `delayJitterMs` are drawn from; 0 by default. */
  seed?: string | number;
  /** The id of the call, or of the test, where the client sends no `X-Livekit-Request-Id`. */
  key?: string;
  /** Milliseconds to wait before success or failure. */
  delayMs?: number;
  /** Up to so many milliseconds more to wait. */
  delayJitterMs?: number;
  /** The answer, as JSON of the method's response message. */
  response?: object;
  /** Only the regions of these names answer. */
  pinnedRegions?: readonly string[];
  /** The status of `/settings/regions`. */
  regionsStatus?: number;
  /** How `/settings/regions` fails. */
  regionsMode?: FailMode;
  /** No authorization for this request. */
  skipAuth?: boolean;
  /** What a SIP call ends with; without a text, the code's name. */
  sipStatus?: { code: number; status?: string };
  /** How a SIP transfer fails: `STR_REJECTED`, `STR_RINGING_TIMEOUT` and so on. */
  sipTransfer?: { reason: string; id?: string; code?: number; status?: string };
  /** The URLs, by index, that `/settings/regions` lists. */
  advertise?: readonly string[];
  /** In place of the server's own setting. */
  auth?: "strict" | "lenient" | "off";
  /** Whether mistakes are refused, in place of the server's own setting. */
  strict?: boolean;
  /** The answer also holds a field that no schema has yet. */
  futureField?: boolean;
  /** Signalling: the scenario, such as `no_pong`. */
  signal?: string;
  /** Signalling: what a `leave` asks of the client. */
  leaveAction?: "DISCONNECT" | "RESUME" | "RECONNECT" | 0 | 1 | 2;
  /** Signalling: a scenario of one's own, step by step. */
  script?: readonly object[];
  /** Signalling: whether there is a `/rtc/v1`. */
  v1?: boolean;
  /** Signalling: whether an offer of a peer connection is answered. */
  rtc?: boolean;
  /** Signalling: the protocol that the server says it has: 15 by default, at most 18. */
  protocol?: number;
}

/** What a request is to see. The server names what is wrong with it, in its log and on the answer. */
export class Control {
  constructor(fields?: ControlFields);
  /** The control as it is sent, in plain ASCII. */
  readonly json: string;
  /** The header that brings it with a request. */
  readonly headers: { readonly "X-Lk-Mock": string };
  /** An API key that brings it with every request of a client, also one that can't set a header. */
  readonly apiKey: string;
  /** The attribute that brings it with a participant's token, for the signalling. */
  readonly attributes: { readonly "lk.mock": string };
  toJSON(): ControlFields;
}
