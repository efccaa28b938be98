// Makes a control by a form, which is made of what the server says of its fields.

import { writeControl } from "./address.js";
import { byId, copyable, make } from "./dom.js";
import { check } from "./journal.js";
import { SNIPPETS } from "./snippets.js";

/** Those that are asked for most come first, and are open. */
const COMMON = ["failRegions", "failMode", "failStatus", "failTimes", "delayMs", "response", "sipStatus", "signal", "key"];

/** A field of the form: reads what was typed as a value, or says why it is none. */
const READERS = {
  bool: (text) => text === "true",
  int: number,
  number,
  "int[]": (text) => parts(text).map(number),
  "string[]": parts,
  string: (text) => text,
  "string or int": (text) => text,
};

function number(text) {
  const value = Number(text);
  if (Number.isNaN(value)) throw new Error(`"${text}" is no number`);
  return value;
}

function parts(text) {
  return text.split(",").map((part) => part.trim()).filter((part) => part !== "");
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`it is no JSON: ${error.message}`);
  }
}

/** The reader for a type; whatever is unknown is JSON. */
export function reader(type) {
  return READERS[type] ?? parsed;
}

/** A value as the form shows it. */
function written(type, value) {
  if (type.endsWith("[]") && Array.isArray(value) && READERS[type]) return value.join(", ");
  return typeof value === "string" || READERS[type] ? String(value) : JSON.stringify(value);
}

export class Composer {
  constructor(server, control) {
    this.server = server;
    this.url = server.regions[0].url;
    this.given = initial(control);
    this.inputs = new Map();
    this.language = "curl";
    this.turn = 0;
    this.result = make("div", { class: "result" });
    this.problems = make("div", { class: "problems", role: "status" });
    byId("composer").replaceChildren(this.#form(), make("section", { class: "outcome", "aria-label": "The control" }, this.problems, this.result));
    this.update();
  }

  #form() {
    const { fields } = this.server;
    const common = COMMON.map((name) => fields.find((field) => field.name === name)).filter(Boolean);
    const others = fields.filter((field) => !common.includes(field));
    const clear = make("button", { type: "button", onclick: () => this.#clear() }, "Clear");
    return make(
      "form",
      { "aria-label": "Fields of the control", oninput: () => this.update(), onsubmit: (event) => event.preventDefault() },
      make("div", { class: "heading" }, make("h2", {}, "A control"), clear),
      ...common.map((field) => this.#field(field)),
      make("details", { open: others.some(({ name }) => name in this.given) }, make("summary", {}, `${others.length} more fields`), ...others.map((field) => this.#field(field))),
    );
  }

  #field(field) {
    const id = `field-${field.name}`;
    const input = this.#input(field, id);
    const value = this.given[field.name];
    if (value !== undefined) fill(input, written(field.type, value));
    this.inputs.set(field.name, { field, input });
    const about = field.about.replaceAll("**", "").replaceAll("`", "");
    return make("div", { class: "field" }, make("label", { for: id }, field.name), input, make("p", { id: `${id}-about` }, about));
  }

  #input(field, id) {
    const shared = { id, name: field.name, "aria-describedby": `${id}-about` };
    const values = field.type === "bool" ? ["true", "false"] : (field.values ?? (field.name === "signal" ? this.server.scenarios : null));
    if (values) {
      const options = ["", ...values].map((value) => make("option", { value }, value || "—"));
      return make("select", shared, ...options);
    }
    if (!READERS[field.type]) return make("textarea", { ...shared, rows: 3, spellcheck: "false", placeholder: example(field) });
    const placeholder = { "int[]": "0, 1", "string[]": "a, b" }[field.type];
    const inputmode = field.type === "int" ? "numeric" : null;
    return make("input", { ...shared, type: "text", autocomplete: "off", spellcheck: "false", placeholder, inputmode });
  }

  #clear() {
    for (const { input } of this.inputs.values()) input.value = "";
    this.update();
  }

  /** The control that was typed, and what could not be read. */
  #read() {
    const [control, problems] = [{}, []];
    for (const [name, { field, input }] of this.inputs) {
      input.removeAttribute("aria-invalid");
      if (input.value === "") continue;
      try {
        control[name] = reader(field.type)(input.value);
      } catch (error) {
        input.setAttribute("aria-invalid", "true");
        problems.push(`${name}: ${error.message}`);
      }
    }
    return { control, problems };
  }

  async update() {
    const { control, problems } = this.#read();
    const text = JSON.stringify(control);
    writeControl(text);
    // Only the answer to what was typed last counts.
    const turn = (this.turn += 1);
    try {
      const checked = await check(text);
      if (turn === this.turn) this.#show(checked, [...problems, ...checked.problems]);
    } catch (error) {
      if (turn === this.turn) this.#show(null, [error.message]);
    }
  }

  #show(checked, problems) {
    for (const [name, { input }] of this.inputs) {
      if (problems.some((problem) => names(problem, name))) input.setAttribute("aria-invalid", "true");
    }
    const sound = make("p", { class: "sound" }, "The server reads it without a warning.");
    const wrong = make("ul", { class: "warnings" }, ...problems.map((problem) => make("li", {}, problem)));
    this.problems.replaceChildren(problems.length === 0 ? sound : wrong);
    if (!checked) return this.result.replaceChildren();
    this.result.replaceChildren(
      part("Header", copyable(checked.header, "the header")),
      part("API key", copyable(checked.key, "the API key")),
      part("Token attribute lk.mock", copyable(checked.attribute, "the attribute")),
      this.#snippets(checked.attribute),
    );
  }

  #snippets(control) {
    const shown = make("div", {});
    const show = (language) => {
      this.language = language;
      shown.replaceChildren(copyable(SNIPPETS[language](control, this.url), `the snippet for ${language}`));
    };
    const options = Object.keys(SNIPPETS).map((name) => make("option", { value: name, selected: name === this.language }, name));
    const select = make("select", { id: "language", onchange: () => show(select.value) }, ...options);
    show(this.language);
    return make("section", {}, make("label", { for: "language", class: "as-heading" }, "Snippet"), select, shown);
  }
}

/** Puts a value into a field, also one that a list of choices does not have: what is wrong is to be seen. */
function fill(input, value) {
  input.value = value;
  if (input.value === value) return;
  input.append(make("option", { value }, value));
  input.value = value;
}

/** Whether a problem is about this field. */
function names(problem, field) {
  return problem.startsWith(`${field}:`) || problem.startsWith(`${field} `) || problem.includes(`"${field}"`);
}

function part(title, ...children) {
  return make("section", {}, make("h3", {}, title), ...children);
}

function example(field) {
  if (field.type.startsWith("{")) return field.type;
  return field.type.endsWith("[]") ? '[{"greet":{}}]' : '{"name":"value"}';
}

function initial(control) {
  try {
    return JSON.parse(control ?? "{}") ?? {};
  } catch {
    return {};
  }
}
