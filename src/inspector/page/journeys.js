// Calls as journeys: the tries of one call belong together. Nothing of the page is in here.

/** So many calls are shown, as many as the server keeps unless it is told otherwise. */
const MOST = 1000;

/** How a call stands, as the eye tells it apart. */
export function standing(call) {
  if (call.outcome === "gone") return "gone";
  if (call.tookMs === undefined && !(call.kind === "signal" && call.status === 101)) return "waiting";
  if (call.outcome === "answered") return "answered";
  return call.outcome === "failed" || call.outcome === "refused" ? "failed" : "broken";
}

/** What happened to it, in a few words. */
export function told(call) {
  const status = call.status === undefined ? "" : ` ${call.status}`;
  if (standing(call) === "waiting") return call.outcome === "hung" ? "hangs" : "waiting";
  return call.outcome + status;
}

/** What was called. */
export function titleOf(call) {
  const names = { regions: "list of regions", validate: "validate", signal: "signalling" };
  return call.method ?? names[call.kind] ?? call.kind;
}

/** The calls that are shown, by journey, in the order in which the journeys began. */
export class Journeys {
  constructor() {
    /** @type {Map<string, {id: string, tries: any[]}>} */
    this.all = new Map();
    this.count = 0;
  }

  /** Adds a call. Returns its journey, and the journeys that had to go. */
  add(call) {
    const id = call.call === undefined ? `#${call.seq}` : `${call.kind} ${call.call}`;
    let journey = this.all.get(id);
    if (!journey) {
      journey = { id, tries: [] };
      this.all.set(id, journey);
    }
    journey.tries.push(call);
    this.count += 1;
    return { journey, gone: this.#trim() };
  }

  /** Puts a call that has gone on in the place of what it was. */
  change(call) {
    for (const journey of this.all.values()) {
      const index = journey.tries.findIndex((known) => known.seq === call.seq);
      if (index >= 0) {
        journey.tries[index] = call;
        return journey;
      }
    }
    return null;
  }

  #trim() {
    const gone = [];
    for (const [id, journey] of this.all) {
      if (this.count <= MOST || this.all.size === 1) break;
      this.count -= journey.tries.length;
      this.all.delete(id);
      gone.push(journey);
    }
    return gone;
  }

  /** How many calls there are, and how many of them went wrong. */
  summary() {
    let [wrong, waiting] = [0, 0];
    for (const { tries } of this.all.values()) {
      for (const call of tries) {
        const how = standing(call);
        if (how === "failed" || how === "broken") wrong += 1;
        if (how === "waiting") waiting += 1;
      }
    }
    const calls = this.count === 1 ? "1 call" : `${this.count} calls`;
    return `${calls}, ${wrong} went wrong, ${waiting} waiting`;
  }
}
