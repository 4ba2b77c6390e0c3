import assert from 'node:assert/strict';
import {existsSync, readdirSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import {test} from 'node:test';
import {german} from '../src/locales/de.js';
import {en} from '../src/locales/en.js';
import {pick} from '../src/locales/language.js';
import {english, say, speak} from '../src/locales/words.js';
import {RestError, request} from '../src/protocol/rest.js';

const source = join(process.cwd(), 'webclient/src'); // npm runs tests in the root of the repository

/** All of the page's code but its words. */
const code = readdirSync(source, {recursive: true, encoding: 'utf8'})
  .filter(path => path.endsWith('.ts') && !path.startsWith('locales'))
  .map(path => readFileSync(join(source, path), 'utf8'))
  .join('\n');

/** The paths of all words, such as "options.groups.public". */
function paths(words: object, before = ''): string[] {
  return Object.entries(words).flatMap(([name, one]) =>
    typeof one === 'object' ? paths(one, `${before}${name}.`) : [`${before}${name}`],
  );
}

/** Whether the code has a word by its name, or chooses it from those beside it. */
function used(path: string): boolean {
  if (new RegExp(`\\bt\\.${path.replaceAll('.', '\\.')}\\b`).test(code)) return true;
  const parent = path.split('.').slice(0, -1).join('.');
  return parent !== '' && (code.includes(`t.${parent}[`) || code.includes(`t.${parent}.${path.split('.').at(-1)}[`));
}

test('every word is used', () => {
  assert.deepEqual(
    paths(en).filter(path => path !== 'lang' && !used(path)),
    [],
    'take these out of the locales',
  );
});

test('German has every word of English, and no other', () => {
  assert.deepEqual(paths(german.words).sort(), paths(en).sort());
});

const places = (template: string) => [...new Set(template.match(/\{\w+\}/g) ?? [])].sort();

test('German has every sentence of the gateway, with the same places, and no other', t => {
  const file = join(source, 'locales/gateway.en.json');
  if (!existsSync(file)) return t.skip('the gateway gives no codes yet');
  const gateway = JSON.parse(readFileSync(file, 'utf8')) as Record<string, string>;
  assert.deepEqual(Object.keys(german.sentences).sort(), Object.keys(gateway).sort());
  for (const [code, template] of Object.entries(gateway))
    assert.deepEqual(places(german.sentences[code] ?? ''), places(template), code);
});

test('a sentence is worded by its code, and is shown as it came without one that is known', () => {
  const sentence = (args: Record<string, unknown>, code = 'test.gone') => ({code, args});
  assert.equal(say('Bob left.', sentence({name: 'Bob'})), 'Bob left.', 'English is what the gateway says');
  speak({words: german.words, sentences: {'test.gone': '{name} ist weg, {name}!'}});
  try {
    assert.equal(say('Bob left.', sentence({name: 'Bob'})), 'Bob ist weg, Bob!');
    assert.equal(say('Bob left.', sentence({name: '{name} $&'})), '{name} $& ist weg, {name} $&!', 'as text');
    assert.equal(say('Bob left.', sentence({who: 'Bob'})), 'Bob left.', 'of another build');
    assert.equal(say('Bob left.', sentence({name: 'Bob'}, 'toString')), 'Bob left.');
    assert.equal(say('Bob left.', {code: 'test.gone'}), 'Bob left.');
    assert.equal(say('Bob left.'), 'Bob left.');
    const nested = sentence({name: [sentence({name: 'Bob'}), sentence({name: 8443})]});
    assert.equal(
      say('x', nested),
      'Bob ist weg, Bob! 8443 ist weg, 8443! ist weg, Bob ist weg, Bob! 8443 ist weg, 8443!!',
    );
    assert.equal(say('x', sentence({name: sentence({}, 'unknown')})), 'x');
    speak(german);
    const group = {code: 'revoked.group', args: {group: 'friends'}};
    assert.match(say('x', group), /^Die Gruppe Freunde /, 'groups have a name in each language');
  } finally {
    speak(english);
  }
});

test('each fault of a refused request is said by a sentence of its own', async t => {
  const fault = {code: 'problem.address', args: {address: '"b"', fault: 'x'}};
  const problem = {detail: 'No.', sentence: {code: 'problem.bad_address', args: {faults: 'No.'}}};
  const refused = async (more: object) => {
    t.mock.method(globalThis, 'fetch', async () => Response.json({...problem, ...more}, {status: 422}));
    const error = await request('PUT', '/policy', {}).catch((reason: unknown) => reason);
    assert.ok(error instanceof RestError);
    return error.said;
  };
  speak(german);
  try {
    assert.equal(await refused({}), 'Es wurde nichts geändert. No.');
    const said = await refused({errors: [{detailSentence: fault}, {detailSentence: fault}]});
    assert.equal(
      said,
      'Es wurde nichts geändert. "b" kann nicht zugelassen werden: x. "b" kann nicht zugelassen werden: x.',
    );
  } finally {
    speak(english);
  }
});

test('the first wish that the page has is its language', () => {
  assert.equal(pick(['', '', 'de-AT', 'en']), 'de');
  assert.equal(pick(['fr', 'DE', 'en']), 'de');
  assert.equal(pick(['en-GB', 'de']), 'en');
  assert.equal(pick(['fr', 'constructor']), 'en');
  assert.equal(pick([]), 'en');
});
