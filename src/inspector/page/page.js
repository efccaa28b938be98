// The page: shows the calls, or the composer, as the address says.

import { read, writeFilters } from "./address.js";
import { Composer } from "./composer.js";
import * as detail from "./detail.js";
import { byId, copyable, make } from "./dom.js";
import * as filters from "./filters.js";
import { follow, server } from "./journal.js";
import { Journeys } from "./journeys.js";
import { Timeline } from "./timeline.js";

/** How often the summary is told to those who listen, in milliseconds. */
const TOLD = 3000;

class Calls {
  constructor(about, wanted) {
    this.about = about;
    this.journeys = new Journeys();
    this.selected = null;
    this.timeline = new Timeline(about.regions, (journey) => this.select(journey));
    filters.show(about, wanted, (changed) => this.restart(changed));
    document.addEventListener("keydown", (event) => this.#key(event));
    setInterval(() => this.#tell(), TOLD);
    this.told = 0;
    this.restart(wanted);
  }

  /** Reads everything anew, with these filters. */
  restart(wanted) {
    writeFilters(wanted);
    this.stop?.();
    this.filtered = Object.keys(wanted).length > 0;
    this.journeys = new Journeys();
    this.timeline.clear();
    this.timeline.select(null);
    this.#showEmpty();
    this.stop = follow(wanted, {
      onupdates: (updates) => this.#update(updates),
      onlost: (count) => connection(`${count} calls were missed`),
      onconnection: connection,
    });
  }

  #update(updates) {
    const [touched, gone] = [new Set(), []];
    for (const { call, isNew } of updates) {
      const added = isNew ? this.journeys.add(call) : { journey: this.journeys.change(call), gone: [] };
      if (added.journey) touched.add(added.journey);
      gone.push(...added.gone);
    }
    gone.forEach((journey) => touched.delete(journey));
    this.timeline.show(touched, gone);
    this.#showEmpty();
    if (Date.now() - this.told > TOLD) this.#tell();
    if (touched.has(this.selected)) detail.show(this.selected, () => this.close());
  }

  #showEmpty() {
    const empty = byId("empty");
    empty.hidden = this.journeys.count > 0;
    byId("lanes").hidden = this.journeys.count === 0;
    if (empty.hidden) return;
    const command = `curl ${this.about.regions[0].url}/twirp/livekit.RoomService/ListRooms -H 'Content-Type: application/json' -d '{}'`;
    const text = this.filtered ? "No call matches the filters." : "No calls yet. Point a client at this server, or try one:";
    empty.replaceChildren(text, ...(this.filtered ? [] : [copyable(command, "a first call")]));
  }

  #tell() {
    this.told = Date.now();
    const summary = byId("summary");
    const text = this.journeys.count > 0 ? this.journeys.summary() : "";
    if (summary.textContent !== text) summary.textContent = text;
  }

  select(journey) {
    this.selected = journey;
    detail.show(journey, () => this.close());
    if (journey) byId("detail").focus();
  }

  close() {
    const focus = this.selected !== null;
    const { selected } = this.timeline;
    this.timeline.select(null);
    this.timeline.selected = selected;
    if (focus) this.timeline.focus();
    this.timeline.selected = null;
  }

  #key(event) {
    const typing = event.target.closest?.("input, select, textarea");
    if (event.key === "Escape" && this.selected) this.close();
    if (event.key === "/" && !typing) {
      event.preventDefault();
      byId("filter-method").focus();
    }
  }
}

function connection(text) {
  const place = byId("connection");
  place.classList.toggle("live", text === "live");
  if (place.textContent !== text) place.textContent = text;
}

async function begin() {
  const { view, filters: wanted, control } = read();
  const about = await server();
  const isComposer = view === "composer";
  byId("calls").hidden = isComposer;
  byId("composer").hidden = !isComposer;
  byId(isComposer ? "to-composer" : "to-calls").setAttribute("aria-current", "page");
  document.title = `${isComposer ? "Composer" : "Calls"} · livekit-mock`;
  if (isComposer) new Composer(about, control);
  else new Calls(about, wanted);
}

begin().catch((error) => {
  document.body.append(make("p", { role: "alert", class: "fatal" }, `The page can't begin: ${error.message}`));
});
