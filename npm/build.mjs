// Builds the npm packages: one with the code, and one for each program that is given, with the program.
//
//   node npm/build.mjs OUT linux-x64=path/to/livekit-mock [linux-arm64=… darwin-arm64=… win32-x64=…]
//
// The version is the crate's. Prints a folder a line, in the order in which they are to be published.

import { chmodSync, copyFileSync, cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const root = dirname(here);
const main = JSON.parse(readFileSync(join(here, "livekit-mock/package.json"), "utf8"));
const [, version] = readFileSync(join(root, "Cargo.toml"), "utf8").match(/^version = "(.+)"$/m);

const [out, ...given] = process.argv.slice(2);
const programs = given.map((argument) => {
  const [, os, cpu, program] = argument.match(/^(linux|darwin|win32)-(x64|arm64)=(.+)$/) ?? [];
  if (!program) {
    throw new Error(`"${argument}" must be a system and its program, such as linux-x64=target/release/livekit-mock`);
  }
  return { name: `livekit-mock-${os}-${cpu}`, os, cpu, program };
});
if (programs.length === 0) {
  throw new Error("say where to and which programs: node npm/build.mjs OUT linux-x64=PROGRAM …");
}

// Only what an earlier run made: the folder may be anybody's.
for (const name of [main.name, ...programs.map(({ name }) => name)]) {
  rmSync(join(out, name), { recursive: true, force: true });
}
for (const { name, os, cpu, program } of programs) {
  const file = os === "win32" ? "livekit-mock.exe" : "livekit-mock";
  const { license, repository } = main;
  const description = `The program of the package livekit-mock for ${os}-${cpu}`;
  const folder = write(name, { name, version, description, license, repository, os: [os], cpu: [cpu], files: [file] });
  writeFileSync(join(folder, "README.md"), `# ${name}\n\n${description}. Install that one.\n`);
  copyFileSync(program, join(folder, file));
  chmodSync(join(folder, file), 0o755);
}
cpSync(join(here, "livekit-mock"), join(out, main.name), { recursive: true });
// TypeScript wants one for each kind of module, though they say the same.
copyFileSync(join(here, "livekit-mock/index.d.mts"), join(out, main.name, "index.d.cts"));
const optionalDependencies = Object.fromEntries(programs.map(({ name }) => [name, version]));
write(main.name, { name: main.name, version, ...main, optionalDependencies });

function write(name, manifest) {
  const folder = join(out, name);
  mkdirSync(folder, { recursive: true });
  copyFileSync(join(root, "LICENSE"), join(folder, "LICENSE"));
  writeFileSync(join(folder, "package.json"), `${JSON.stringify(manifest, null, 2)}\n`);
  console.log(folder);
  return folder;
}
