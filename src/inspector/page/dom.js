// Makes elements. What clients have sent goes in as text, never as markup.

/**
 * @param {string} name
 * @param {Record<string, unknown>} [attributes] one that begins with `on` is a listener; null is left out
 * @param {...(Node | string | null | undefined)} children
 */
export function make(name, attributes = {}, ...children) {
  return filled(document.createElement(name), attributes, children);
}

/** As `make`, for a drawing. */
export function draw(name, attributes = {}, ...children) {
  return filled(document.createElementNS("http://www.w3.org/2000/svg", name), attributes, children);
}

function filled(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

/** @param {string} id */
export function byId(id) {
  const element = document.getElementById(id);
  if (!element) throw new Error(`the page has no #${id}`);
  return element;
}

/** A text that is to be copied, with a button that does it. */
export function copyable(text, label) {
  const code = make("pre", { tabindex: 0, "aria-label": label }, text);
  const button = make("button", { type: "button", class: "copy", onclick: () => copy(code, button) }, "Copy");
  button.setAttribute("aria-label", `Copy ${label}`);
  return make("div", { class: "copyable" }, code, button);
}

async function copy(code, button) {
  try {
    await navigator.clipboard.writeText(code.textContent ?? "");
    button.textContent = "Copied";
  } catch {
    // A page that is not on this machine has no clipboard.
    getSelection()?.selectAllChildren(code);
    button.textContent = "Press Ctrl+C";
  }
  setTimeout(() => (button.textContent = "Copy"), 1500);
}
