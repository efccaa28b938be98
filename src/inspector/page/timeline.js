// The journeys as lines through the lanes of the regions, time downwards.

import { byId, draw, make } from "./dom.js";
import { standing, titleOf, told } from "./journeys.js";

/** The height of a try, as the style sheet has it. */
const ROW = 24;
const SIZE = 5;

/** How wide a lane is: narrower the more there are, and on a narrow screen. */
function laneOf(count) {
  const widths = matchMedia("(max-width: 560px)").matches ? [26, 18, 12] : [44, 30, 18];
  return widths[count <= 4 ? 0 : count <= 8 ? 1 : 2];
}

/** Each standing has a shape of its own, so that it can be told without its colour. */
const SHAPES = {
  answered: (x, y) => draw("circle", { cx: x, cy: y, r: SIZE }),
  waiting: (x, y) => draw("circle", { cx: x, cy: y, r: SIZE - 1 }),
  failed: (x, y) => draw("path", { d: `M${x - SIZE} ${y - SIZE}l${2 * SIZE} ${2 * SIZE}m0 ${-2 * SIZE}l${-2 * SIZE} ${2 * SIZE}` }),
  broken: (x, y) => draw("path", { d: `M${x} ${y - SIZE - 1}l${SIZE + 1} ${SIZE + 1}l${-SIZE - 1} ${SIZE + 1}l${-SIZE - 1} ${-SIZE - 1}z` }),
  gone: (x, y) => draw("path", { d: `M${x - SIZE} ${y}h${2 * SIZE}` }),
};

/** The lanes, and the lines in them. */
export class Timeline {
  /** @param {{name: string}[]} regions */
  constructor(regions, onselect) {
    this.regions = regions;
    this.onselect = onselect;
    this.list = byId("journeys");
    this.lane = laneOf(regions.length);
    /** @type {Map<string, HTMLElement>} */
    this.items = new Map();
    this.selected = null;
    this.list.addEventListener("keydown", (event) => this.#move(event));
    this.#drawLanes();
  }

  #drawLanes() {
    const names = this.regions.map(({ name }, index) =>
      make("span", { title: name }, make("span", { class: "unseen" }, "region "), String(index)),
    );
    const lanes = byId("lanes");
    lanes.replaceChildren(make("span", { class: "time" }, "Time"), make("span", { class: "names" }, ...names), make("span", {}, "Call"));
    lanes.style.setProperty("--lane", `${this.lane}px`);
  }

  clear() {
    this.items.clear();
    this.list.replaceChildren();
  }

  /** Shows journeys that are new, or that have gone on, and takes away those that are gone. */
  show(journeys, gone) {
    const atEnd = this.#isAtEnd();
    const fresh = document.createDocumentFragment();
    for (const journey of journeys) {
      const known = this.items.get(journey.id);
      const item = this.#item(journey, known);
      if (!known) fresh.append(item);
    }
    this.list.append(fresh);
    for (const { id } of gone) {
      this.items.get(id)?.remove();
      this.items.delete(id);
    }
    if (atEnd) this.list.scrollTop = this.list.scrollHeight;
  }

  /** The newest are kept in sight, unless somebody looks at older ones. */
  #isAtEnd() {
    return this.list.scrollHeight - this.list.scrollTop - this.list.clientHeight < ROW * 2;
  }

  #item(journey, known) {
    const item = known ?? make("li", {}, make("button", { type: "button", onclick: () => this.select(journey) }));
    this.items.set(journey.id, item);
    item.style.setProperty("--tries", journey.tries.length);
    const button = item.firstElementChild;
    button.setAttribute("aria-current", String(this.selected === journey.id));
    const first = journey.tries[0];
    button.replaceChildren(
      make("span", { class: "time" }, clock(first.time)),
      this.#line(journey),
      make("span", { class: "tries" }, ...journey.tries.map((call, index) => label(call, index === 0))),
    );
    return item;
  }

  #line({ tries }) {
    const points = tries.map((call, index) => [this.lane * (call.region + 0.5), ROW * (index + 0.5)]);
    const marks = tries.map((call, index) => {
      const how = standing(call);
      const mark = SHAPES[how](...points[index]);
      mark.setAttribute("class", `mark ${how}`);
      return mark;
    });
    const [width, height] = [this.lane * this.regions.length, ROW * tries.length];
    const path = draw("polyline", { class: "line", points: points.map((point) => point.join(",")).join(" ") });
    const guides = this.regions.map((_, index) => {
      const x = this.lane * (index + 0.5);
      return draw("path", { class: "guide", d: `M${x} 0V${height}` });
    });
    return draw("svg", { width, height, "aria-hidden": true }, ...guides, path, ...marks);
  }

  select(journey) {
    const before = this.selected && this.items.get(this.selected);
    before?.firstElementChild.setAttribute("aria-current", "false");
    this.selected = journey?.id ?? null;
    const item = journey && this.items.get(journey.id);
    item?.firstElementChild.setAttribute("aria-current", "true");
    this.onselect(journey);
  }

  /** Puts the focus back to the selected call, or to the last one. */
  focus() {
    const item = this.items.get(this.selected) ?? this.list.lastElementChild;
    item?.firstElementChild.focus();
  }

  #move(event) {
    const item = event.target.closest("li");
    const next = {
      ArrowDown: item?.nextElementSibling,
      ArrowUp: item?.previousElementSibling,
      Home: this.list.firstElementChild,
      End: this.list.lastElementChild,
    }[event.key];
    if (!next) return;
    event.preventDefault();
    next.firstElementChild.focus();
  }
}

function label(call, isFirst) {
  const warned = call.warnings ? make("span", { class: "warned", title: call.warnings.join("\n") }, "!") : null;
  return make(
    "span",
    { class: "try" },
    make("span", { class: "title" }, ...(isFirst ? title(call) : [])),
    make("span", { class: "unseen" }, `region ${call.region} `),
    make("span", { class: `told ${standing(call)}` }, told(call)),
    warned,
    make("span", { class: "took" }, took(call)),
  );
}

/** The method first: it says more than its service. */
export function title(call) {
  const [service, method] = titleOf(call).split("/");
  return method ? [method, make("span", { class: "service" }, ` ${service}`)] : [service];
}

function took(call) {
  if (call.tookMs !== undefined) return span(call.tookMs);
  return call.waitMs ? `of ${span(call.waitMs)}` : "";
}

function span(ms) {
  return ms < 10_000 ? `${ms} ms` : `${Math.round(ms / 1000)} s`;
}

/** The time of day, to the millisecond. */
export function clock(time) {
  const moment = new Date(time);
  return `${moment.toLocaleTimeString("en-GB")}.${String(moment.getMilliseconds()).padStart(3, "0")}`;
}
