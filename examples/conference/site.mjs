// Bundles the page and serves it on a free port.
import { once } from "node:events";
import { createServer } from "node:http";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const HTML = `<!doctype html>
<html lang="en">
  <title>Lobby</title>
  <link rel="stylesheet" href="/page.css">
  <style>body { margin: 0 }</style>
  <body><script type="module" src="/page.js"></script></body>
</html>`;

/** The files of the bundle, by the path at which they are asked for. */
async function bundle() {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL("page.jsx", import.meta.url))],
    outdir: "/",
    bundle: true,
    write: false,
    format: "esm",
    jsx: "automatic",
    define: { "process.env.NODE_ENV": '"production"' },
  });
  return new Map(outputFiles.map(({ path, contents }) => [path, Buffer.from(contents)]));
}

export async function serve() {
  const files = await bundle();
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url, "http://page");
    const type = { js: "text/javascript", css: "text/css" }[pathname.split(".").at(-1)] ?? "text/html";
    response.writeHead(200, { "Content-Type": `${type}; charset=utf-8` }).end(files.get(pathname) ?? HTML);
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  return { url: `http://127.0.0.1:${server.address().port}/`, close: () => server.close() };
}
