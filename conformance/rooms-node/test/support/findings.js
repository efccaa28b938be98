// What the tests found of this client that is more than "works": behaviour → [result, note].
export const FINDINGS = {};
