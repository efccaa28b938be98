// Takes the files and the commands out of docs/ROOMS.md: node rooms.mjs FOLDER
//
// A block whose first line is a comment with a name is that file. The blocks of `sh` go into commands.sh, in their order; the
// control of the conference page is control.json.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const folder = process.argv[2];
if (!folder) throw new Error("say where the files go: node rooms.mjs FOLDER");
const document = readFileSync(new URL("../docs/ROOMS.md", import.meta.url), "utf8");

let commands = "";
for (const [, language, body] of document.matchAll(/^```(\w+)\n(.*?)^```$/gms)) {
  const [, name] = body.match(/^(?:\/\/|#|<!--) ([\w.]+)(?: -->)?\n/) ?? [];
  if (language === "sh") commands += body;
  else if (language === "json") writeFileSync(join(folder, "control.json"), body);
  else if (name) writeFileSync(join(folder, name), body);
  else throw new Error(`docs/ROOMS.md: a block of ${language} has no name in its first line: ${body.split("\n")[0]}`);
}
writeFileSync(join(folder, "commands.sh"), commands);
