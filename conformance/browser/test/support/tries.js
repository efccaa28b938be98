// What a client tried, in words: whom it asked, how that ended, and by which request id.

/** Upgrades and validations, such as "0 /rtc/v1 net::ERR_CONNECTION_RESET" or "1 /rtc/v1 101, try 3": the try is what the mock says of it. */
export const triesOf = ({ tries }) =>
  tries.map(({ region, path, headers, ...end }) => {
    const number = headers?.['x-lk-mock-attempt'];
    return `${region} ${path} ${endOf(end)}${number ? `, try ${number}` : ''}`;
  });

// DevTools tell of a handshake that failed in a sentence; without a cause, the client itself has ended it.
const endOf = ({ status, error }) => (status === 'failed' ? (/net::\w+/.exec(error)?.[0] ?? 'given up') : status);

/** The upgrades in the words of docs/CLIENTS.md: "0 → 0 → 1, no id: joined". */
export function does({ tries }, outcome) {
  const upgrades = tries.filter(({ path }) => !path.endsWith('/validate'));
  const regions = upgrades.map(({ region }) => region).join(' → ');
  return `${regions}${upgrades.length > 1 ? `, ${idsOf(upgrades)}` : ''}: ${outcome}`;
}

function idsOf(tries) {
  const ids = new Set(tries.map(({ id }) => id));
  if (ids.size > 1) return 'new ids';
  return ids.has(undefined) ? 'no id' : 'same id';
}
