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
  /** The index of the region that the first port is. */
  firstRegion?: number;
  twirpPrefix?: string;
  apiSecret?: string;
  auth?: "strict" | "lenient" | "off";
  strict?: boolean;
  /** Which release of the reference server is answered as. */
  reference?: "latest" | "2026-08";
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
  /**
   * The last lines of the server's log, oldest first: its warnings, at least.
   * What it said of a request is here as soon as the request is answered.
   */
  readonly log: readonly string[];
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

/** The server did not start, or has ended by itself; says what the server said. */
export class MockError extends Error {
  name: "MockError";
}

/**
 * Starts a server; every region answers when this resolves.
 * @throws {MockError} with what the server said.
 */
export function startMock(settings?: MockSettings): Promise<Mock>;

/** The path of the program; the variable `LIVEKIT_MOCK_PROGRAM` names another one. */
export function program(): string;
