// The built program, and calls to it.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const PROGRAM = process.env.LIVEKIT_MOCK_BIN ?? fileURLToPath(new URL("../../target/debug/livekit-mock", import.meta.url));
export const CREATE_ROOM = "/twirp/livekit.RoomService/CreateRoom";

/** A server of its own for each test file. */
export async function startMock(...flags) {
  const program = spawn(PROGRAM, ["--bind", "127.0.0.1", "--ports", "0,0,0,0", "--log-level", "error", "--log-format", "json", "--stop-with-stdin", ...flags], { stdio: ["pipe", "pipe", "inherit"] });
  const lines = createInterface({ input: program.stdout });
  for await (const line of lines) {
    const { ports } = JSON.parse(line);
    if (ports) return new Mock(program, ports);
  }
  throw new Error(`${PROGRAM} did not start: build it with cargo build`);
}

class Mock {
  constructor(program, ports) {
    this.program = program;
    this.ports = ports;
    this.urls = ports.map((port) => `http://127.0.0.1:${port}`);
    this.page = `${this.urls[0]}/_mock/`;
  }

  /** The status of a call to a region; null where the network broke it. */
  async call(region, control = {}, { path = CREATE_ROOM, body = { name: "lobby" }, id, token, signal } = {}) {
    const headers = { "Content-Type": "application/json", "X-Lk-Mock": JSON.stringify(control) };
    if (id) headers["X-Livekit-Request-Id"] = id;
    if (token) headers.Authorization = `Bearer ${token}`;
    try {
      const answer = await fetch(this.urls[region] + path, { method: "POST", headers, body: JSON.stringify(body), signal });
      await answer.text();
      return answer.status;
    } catch {
      return null;
    }
  }

  async calls(query = "") {
    const answer = await fetch(`${this.urls[0]}/_mock/calls${query}`);
    assert.equal(answer.status, 200);
    return (await answer.json()).calls;
  }

  async stop() {
    this.program.stdin.end();
    if (this.program.exitCode === null) await once(this.program, "exit");
  }
}
