// The filters of the calls, which are those of `/_mock/calls`.

import { byId, make } from "./dom.js";

/** @param {any} server @param {Record<string, string>} filters @param {(filters: Record<string, string>) => void} onchange */
export function show(server, filters, onchange) {
  const form = byId("filters");
  const text = (name, label, options) => {
    const list = options && make("datalist", { id: `${name}-options` }, ...options.map((value) => make("option", { value })));
    return field(name, label, make("input", { ...common(name), type: "search", list: options ? `${name}-options` : null, spellcheck: "false", autocomplete: "off" }), list);
  };
  const choice = (name, label, options) =>
    field(name, label, make("select", common(name), make("option", { value: "" }, "any"), ...options.map(([value, shown]) => make("option", { value }, shown))));
  const same = (values) => values.map((value) => [value, value]);
  form.replaceChildren(
    text("method", "Method", server.methods),
    text("key", "Key"),
    text("call", "Call id"),
    choice("region", "Region", server.regions.map(({ index, name }) => [String(index), name])),
    choice("kind", "Kind", same(server.kinds)),
    choice("outcome", "Outcome", same(server.outcomes)),
    make("button", { type: "button", onclick: () => clear(form, onchange) }, "Clear"),
  );
  for (const [name, value] of Object.entries(filters)) {
    const input = form.elements.namedItem(name);
    if (input) input.value = value;
  }
  form.onsubmit = (event) => event.preventDefault();
  form.onchange = () => onchange(read(form));
}

function common(name) {
  return { id: `filter-${name}`, name };
}

function field(name, label, input, list) {
  return make("div", { class: "filter" }, make("label", { for: `filter-${name}` }, label), input, list);
}

function read(form) {
  return Object.fromEntries([...new FormData(form)].map(([name, value]) => [name, String(value).trim()]).filter(([, value]) => value));
}

function clear(form, onchange) {
  form.reset();
  for (const input of form.querySelectorAll("input, select")) input.value = "";
  onchange({});
}
