// The npm package: what would be published is all there, and what its types
// promise is what the code has.
import assert from 'node:assert/strict';
import {execFileSync} from 'node:child_process';
import {mkdir, mkdtemp, readFile, rm, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {test} from 'node:test';
import {fileURLToPath} from 'node:url';
import {build} from 'esbuild';

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

// What a site would write, under tsc's strictest, against what would be published.
const siteCode = `
import 'ringsplash-phone';
import {RingsplashPhone} from 'ringsplash-phone';
import {type PhoneError, RingsplashClient} from 'ringsplash-phone/client';
const phone = document.querySelector('ringsplash-phone')!;
phone.getToken = async () => (await fetch('/phone-token')).text();
phone.addEventListener('incoming', event => event.detail.peer.display.trim());
phone.addEventListener('error', event => event.detail.code.trim());
phone.addEventListener('click', event => event.clientX.toFixed());
phone.addEventListener('my-own', event => event.preventDefault());
await phone.answer('', {on: 'deskphone'}).catch((error: PhoneError) => error.code.trim());
document.body.append(document.createElement('ringsplash-phone'), new RingsplashPhone());
const client = new RingsplashClient({gateway: 'https://phone.example', getToken: () => 'token'});
client.addEventListener('quality', event => event.detail.mos.toFixed());
client.start();
(await client.call('1002', {from: 'deskphone'})).trim();
phone.addEventListener('message', event => phone.message(event.detail.from, event.detail.text.trim()));
client.addEventListener('presence', event => event.detail.people[0]?.state.trim());
(await client.message('1002', 'Hello', {key: '1'})).trim();
`;

test('packed and installed, it compiles in a site and can be bundled', async () => {
  const place = await mkdtemp(new URL('../../node_modules/.site-', import.meta.url).pathname);
  try {
    const run = (program, ...args) => execFileSync(program, args, {cwd: place, encoding: 'utf8'});
    const [{filename}] = JSON.parse(run('npm', 'pack', '--json', folder));
    const target = join(place, 'node_modules/ringsplash-phone');
    await mkdir(target, {recursive: true});
    run('tar', '-xzf', filename, '--strip-components=1', '-C', target);
    await writeFile(join(place, 'package.json'), '{"type": "module"}');
    await writeFile(join(place, 'site.ts'), siteCode);
    const strict = [
      '--strict',
      '--exactOptionalPropertyTypes',
      '--noUncheckedIndexedAccess',
      '--noEmit',
      '--ignoreConfig',
    ];
    const tsc = fileURLToPath(new URL('../../node_modules/.bin/tsc', import.meta.url));
    run(tsc, ...strict, '--module', 'nodenext', '--target', 'es2022', '--types', '', 'site.ts');
    const {outputFiles} = await build({
      absWorkingDir: place,
      entryPoints: ['site.ts'],
      bundle: true,
      format: 'esm',
      write: false,
    });
    assert.match(outputFiles[0].text, /ringsplash-phone/);
    assert.equal(
      await readFile(join(target, 'LICENSE'), 'utf8'),
      await readFile(new URL('../../LICENSE', import.meta.url), 'utf8'),
    );
    assert.doesNotMatch(await readFile(join(target, 'README.md'), 'utf8'), /\]\(\.\./, 'no link leads out of it');
  } finally {
    await rm(place, {recursive: true});
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
