// A call with all of its tries: whom each asks, how it ends, and of which call it says to be.
import { asks, codeOf, listen, valuesOf } from './mock.js';

const REGION_LIST = / regions$/;

/**
 * Runs `body` and returns its value or error, and `tries`: every request that was sent, in order, such as
 * "0 CreateRoom ECONNRESET, call 1" or "1 CreateRoom 200, call 1, try 2". Calls are numbered by their request ids,
 * and the try is what the mock says of it.
 */
export async function watchTries(body) {
  const sent = new Map();
  const ended = await listen(
    {
      create: ({ request }) => sent.set(request, { asks: asks(request), id: valuesOf(request.headers, 'x-livekit-request-id')[0] }),
      headers: ({ request, response }) =>
        Object.assign(sent.get(request), { how: `${response.statusCode}`, number: valuesOf(response.headers, 'x-lk-mock-attempt')[0] }),
      error: ({ request, error }) => {
        const last = sent.get(request);
        last.how = [last.how, error.name === 'TimeoutError' ? error.name : codeOf(error, last.how)].filter(Boolean).join(', ');
      },
    },
    body,
  );
  const requests = [...sent.values()];
  const ids = [...new Set(requests.map(({ id }) => id).filter(Boolean))];
  const tries = requests.map(({ asks, how, id, number }) =>
    [`${asks} ${how}`, id && `call ${ids.indexOf(id) + 1}`, number && `try ${number}`].filter(Boolean).join(', '),
  );
  return { ...ended, requests, ids, tries };
}

/** The same in the words of docs/CLIENTS.md: "0 → 1, same id: answered". */
export function does({ requests, error }) {
  const calls = requests.filter(({ asks }) => !REGION_LIST.test(asks));
  const regions = calls.map(({ asks }) => asks.split(' ')[0]).join(' → ');
  return `${regions}${calls.length > 1 ? `, ${idsOf(calls)}` : ''}: ${error ? nameOf(error) : 'answered'}`;
}

function idsOf(calls) {
  const ids = new Set(calls.map(({ id }) => id));
  if (ids.size > 1) return 'new ids';
  return ids.has(undefined) ? 'no id' : 'same id';
}

// The name of a DOMException says what it is; that of a ServerError is the text of its status.
const nameOf = (error) => (error instanceof DOMException ? error.name : [error.constructor.name, error.status].filter(Boolean).join(' '));
