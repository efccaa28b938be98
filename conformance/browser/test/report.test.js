// The list of behaviours and the tests name the same ones.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { FINDINGS } from './support/findings.js';

const listed = Object.keys(JSON.parse(readFileSync(new URL('../../signalling.json', import.meta.url))));

test('every listed behaviour has one test', () => {
  const texts = readdirSync(new URL('.', import.meta.url)).filter((name) => name.endsWith('.js')).map((name) => readFileSync(new URL(name, import.meta.url), 'utf8'));
  const names = listed.map((id) => [id, texts.join('\n').split(`'${id}'`).length - 1]);
  assert.deepEqual(names.filter(([, count]) => count !== 1), []);
});

test('a finding is of a listed behaviour, and is more than "works"', () => {
  for (const [id, [result, note]] of Object.entries(FINDINGS)) {
    assert.ok(listed.includes(id), id);
    assert.ok(['works', 'lacks', 'wrong'].includes(result) && note, id);
  }
});
