// A control, and the three ways in which a client brings it.
"use strict";

/** What a request is to see: new Control({ failRegions: [0] }). */
class Control {
  #fields;

  constructor(fields = {}) {
    this.#fields = { ...fields };
  }

  /** As it is sent: in plain ASCII, as headers want it. */
  get json() {
    const escaped = (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
    return JSON.stringify(this.#fields).replace(/[^ -~]/g, escaped);
  }

  get headers() {
    return { "X-Lk-Mock": this.json };
  }

  get apiKey() {
    return `mock:${this.json}`;
  }

  get attributes() {
    return { "lk.mock": this.json };
  }

  toJSON() {
    return { ...this.#fields };
  }
}

module.exports = { Control };
