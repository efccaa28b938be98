#!/usr/bin/env node
// The command `livekit-mock`: the program, with these arguments.
"use strict";

const { spawn } = require("node:child_process");
const { program } = require("./program.cjs");

let path;
try {
  path = program();
} catch (error) {
  console.error(`livekit-mock: ${error.message}`);
  process.exit(1);
}
// Before there is a child, so that no signal ends this process alone. One from the terminal reaches both.
let child;
process.on("SIGINT", () => {});
for (const signal of ["SIGTERM", "SIGHUP"]) {
  process.on(signal, () => child?.kill(signal));
}
// The child's input ends with this process, however that ends, and the child with its input.
child = spawn(path, ["--stop-with-stdin", ...process.argv.slice(2)], { stdio: ["pipe", "inherit", "inherit"] });
child.stdin.on("error", () => {});
child.on("error", (error) => {
  console.error(`livekit-mock: ${path} can't be run: ${error.message}`);
  process.exit(1);
});
child.on("exit", (code) => process.exit(code ?? 1));
