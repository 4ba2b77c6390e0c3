// Builds the web client into webclient/dist: one script, one style sheet, the
// page, the icons. Names under assets/ carry a hash of their content.
import {createHash} from 'node:crypto';
import {mkdir, readdir, readFile, rm, writeFile} from 'node:fs/promises';
import {dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {gzipSync} from 'node:zlib';
import * as esbuild from 'esbuild';

const here = dirname(fileURLToPath(import.meta.url));
const dist = join(here, 'dist');
const budget = 60_000; // bytes, gzip, everything the page loads

const hash = content => createHash('sha256').update(content).digest('hex').slice(0, 12);

/** Writes content below dist and returns it with its path. */
async function put(path, content) {
  await mkdir(dirname(join(dist, path)), {recursive: true});
  await writeFile(join(dist, path), content);
  return {path, content: Buffer.from(content)};
}

/** Writes content under a name that carries its hash. */
function putHashed(name, content) {
  const dot = name.lastIndexOf('.');
  return put(`assets/${name.slice(0, dot)}-${hash(content)}${name.slice(dot)}`, content);
}

async function script() {
  const {outputFiles} = await esbuild.build({
    entryPoints: [join(here, 'src/main.ts')],
    bundle: true,
    minify: true,
    format: 'esm',
    target: ['chrome120', 'firefox120', 'safari17'],
    conditions: ['production'],
    legalComments: 'none',
    write: false,
  });
  return outputFiles[0].contents;
}

async function style() {
  const {code} = await esbuild.transform(await readFile(join(here, 'theme.css')), {loader: 'css', minify: true});
  return code;
}

for (const name of await readdir(dist)) {
  if (name !== '.gitkeep') await rm(join(dist, name), {recursive: true});
}
const written = [
  await putHashed('app.js', await script()),
  await putHashed('theme.css', await style()),
  await put('manifest.webmanifest', await readFile(join(here, 'manifest.webmanifest'))),
];
for (const icon of await readdir(join(here, 'icons'))) {
  written.push(await put(`icons/${icon}`, await readFile(join(here, 'icons', icon))));
}
const build = hash(Buffer.concat(written.map(file => file.content)));
const [app, theme] = written;
const page = (await readFile(join(here, 'index.html'), 'utf8'))
  .replace('{{build}}', build)
  .replace('{{app}}', `/${app.path}`)
  .replace('{{theme}}', `/${theme.path}`);
written.push(await put('index.html', page));
await put('build.txt', build);

const loaded = written.filter(file => /\.(js|css|html)$/.test(file.path));
let total = 0;
for (const {path, content} of loaded) {
  const size = gzipSync(content, {level: 9}).length;
  total += size;
  process.stdout.write(`${path} ${content.length} bytes, ${size} gzip\n`);
}
process.stdout.write(`build ${build}, ${total} bytes gzip of at most ${budget}\n`);
if (total > budget) {
  process.stderr.write('build: the client is over its budget; look for what grew with esbuild --analyze\n');
  process.exit(1);
}
