// The npm package: what would be published is all there, and what its types
// promise is what the code has.
import assert from 'node:assert/strict';
import {execFileSync} from 'node:child_process';
import {readFile} from 'node:fs/promises';
import {test} from 'node:test';
import {fileURLToPath} from 'node:url';

const folder = fileURLToPath(new URL('../package/', import.meta.url));
const read = name => readFile(new URL(`../package/${name}`, import.meta.url), 'utf8');
const own = name => readFile(new URL(`../src/embed/${name}`, import.meta.url), 'utf8');

test('everything that the package exports is in it', async () => {
  const [{files}] = JSON.parse(execFileSync('npm', ['pack', '--dry-run', '--json'], {cwd: folder, encoding: 'utf8'}));
  const names = files.map(file => file.path);
  const {exports} = JSON.parse(await read('package.json'));
  for (const {types, default: code} of Object.values(exports)) {
    assert.ok(names.includes(types.slice(2)) && names.includes(code.slice(2)), `${types} and ${code} among ${names}`);
    assert.doesNotMatch(await read(code), /^\s*import\b|from\s*['"]\.|import\(/m, `${code} stands alone`);
  }
});

test('the types name the methods, events and properties of the code', async () => {
  const types = (await read('phone.d.ts')) + (await read('embed.d.ts'));
  const body = (text, name) => new RegExp(`interface ${name} [^{]*\\{([\\s\\S]*?)\\n\\}`).exec(text)[1];
  const named = (text, form) => [...text.matchAll(form)].map(([, name]) => name).sort();
  const element = await own('element.ts');
  const methods = /const methods =\s*'([^']*)'/.exec(element)[1].split(' ').sort();
  const promised = [...named(body(types, 'Methods'), /^ {2}(\w+)\(/gm), 'open'].sort();
  assert.deepEqual(promised, methods);
  const client = await own('client.ts');
  for (const method of methods.filter(name => name !== 'open'))
    assert.match(client, new RegExp(`^  ${method}\\(`, 'm'));

  const events = named(body(types, 'PhoneEvents'), /^ {2}'?([\w-]+)'?:/gm);
  const code = element + (await own('watch.ts')) + (await own('events.ts')) + client;
  for (const event of events) assert.ok(code.includes(`'${event}'`), `the code has the event ${event}`);
});
