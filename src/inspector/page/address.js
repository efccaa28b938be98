// What is shown is in the address, so that a link shows the same.

/** The filters, by their names in the query of `/_mock/calls`. */
export const FILTERS = ["method", "key", "call", "region", "kind", "outcome"];

/** @returns {{view: string, filters: Record<string, string>, call: string | null, control: string | null}} */
export function read() {
  const query = new URLSearchParams(location.search);
  const filters = {};
  for (const name of FILTERS) if (query.get(name)) filters[name] = query.get(name);
  return { view: query.get("view") ?? "calls", filters, control: query.get("control") };
}

/** The query of these filters. */
export function queryOf(filters) {
  return new URLSearchParams(Object.entries(filters).filter(([, value]) => value)).toString();
}

/** Shows the filters in the address, without a new entry in the history. */
export function writeFilters(filters) {
  const query = queryOf(filters);
  history.replaceState(null, "", query ? `?${query}` : location.pathname);
}

export function writeControl(control) {
  const query = new URLSearchParams({ view: "composer" });
  if (control !== "{}") query.set("control", control);
  history.replaceState(null, "", `?${query}`);
}
