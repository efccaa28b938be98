// Where the program is: in the package for this machine's system, which npm installs beside this one.
"use strict";

const { accessSync, constants } = require("node:fs");

const OVERRIDE = "LIVEKIT_MOCK_PROGRAM";

/** The path of `livekit-mock`; the variable LIVEKIT_MOCK_PROGRAM names another one. */
function program() {
  const named = process.env[OVERRIDE];
  if (named) {
    try {
      accessSync(named, constants.X_OK);
    } catch {
      throw new Error(`${OVERRIDE} is ${named}, which is no program`);
    }
    return named;
  }
  const system = `${process.platform}-${process.arch}`;
  const name = `livekit-mock-${system}`;
  const file = process.platform === "win32" ? "livekit-mock.exe" : "livekit-mock";
  try {
    return require.resolve(`${name}/${file}`);
  } catch {
    throw new Error(
      `the package ${name} is not installed. If there is one for ${system}, install livekit-mock again ` +
        `without --omit=optional; else build the program (cargo install livekit-mock) and set ${OVERRIDE} to its path`,
    );
  }
}

module.exports = { program };
