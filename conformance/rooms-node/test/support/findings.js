// What the tests found of this client that is more than "works": behaviour → [result, note].
export const FINDINGS = {
  'room-connects': ['works', 'It takes `/rtc/v1`; `/rtc` with `singlePeerConnection: false`, which the SDK hands on although its types lack it.'],
  'room-data-out': [
    'works',
    "The packet's `kind`, which is deprecated, is the wrong way round: `LOSSY` if it is sent reliably, `RELIABLE` if not. The channels are the right ones.",
  ],
  'room-no-answer': ['works', 'It tries twice, for 15 s each, before `connect` rejects.'],
};
