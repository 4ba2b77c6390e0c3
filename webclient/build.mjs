// Builds the web client into webclient/dist: the scripts, one style sheet, the
// pages, the icons, and the npm package into webclient/package. Names under
// assets/ carry a hash of their content; the app and client.js share chunks.
import {createHash} from 'node:crypto';
import {mkdir, readdir, readFile, rm, writeFile} from 'node:fs/promises';
import {basename, dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {gzipSync} from 'node:zlib';
import * as esbuild from 'esbuild';

const here = dirname(fileURLToPath(import.meta.url));
const dist = join(here, 'dist');
// All in bytes, gzip.
const firstBudget = 60_000; // of what a page in English loads before it can be used
const wholeBudget = 120_000; // of everything: views that come later, languages, client.js, embed.js
const languageBudget = 20_000; // of each other language, which its pages load besides
const loaderBudget = 3_000; // of embed.js, which every embedding page loads

const hash = content => createHash('sha256').update(content).digest('hex').slice(0, 12);
const source = path => readFile(join(here, path), 'utf8');

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

/**
 * Takes out of the templates of our elements the white space that nobody sees: esbuild leaves what is between
 * backquotes alone. A run of it stays one space, but for style sheets, where most of it means nothing.
 */
function squeezed(script) {
  const sheet = (whole, css) => {
    if (css.includes('${')) return whole;
    const short = css
      .replace(/\/\*.*?\*\//gs, '')
      .replace(/\s+/g, ' ')
      .replace(/ ?([{};,]) ?/g, '$1')
      .replace(/: /g, ':')
      .replace(/;}/g, '}');
    return `css\`${short.trim()}\``;
  };
  return script
    .replace(/css`([^`]*)`/g, sheet)
    .replace(/(?<=[>}])\n\s+(?=[<$])/g, ' ') // between tags and what is put in
    .replace(/\n\s+(?=[@.?]?[\w-]+=["$])/g, ' ') // between attributes
    .replace(/(?<=["}])\n\s+(?=\/?>)/g, '');
}

/** The views that come later. They are loaded by the app alone, and each says so: else esbuild cuts what they share
    with it into a file for each set of sharers. */
const later = [...(await source('src/ui/later.ts')).matchAll(/import\('\.[./a-z]*\/([\w-]+)\.js'\)/g)].map(
  ([, name]) => name,
);
if (!later.length) throw new Error('build: src/ui/later.ts imports no view any more');

const squeeze = {
  name: 'squeeze',
  setup(build) {
    build.onLoad({filter: /\/src\/(ui|people)\/[^/]+\.ts$/}, async ({path}) => {
      const script = squeezed(await readFile(path, 'utf8'));
      const contents = later.includes(basename(path, '.ts')) ? `import '../main.js';\n${script}` : script;
      return {contents, loader: 'ts'};
    });
  },
};

const options = {
  bundle: true,
  minify: true,
  format: 'esm',
  target: ['chrome120', 'firefox120', 'safari17'],
  conditions: ['production'],
  legalComments: 'none',
  charset: 'utf8',
  plugins: [squeeze],
  write: false,
};

/** A script that stands alone. */
async function alone(entry, define = {}) {
  const {outputFiles} = await esbuild.build({...options, entryPoints: [join(here, entry)], define});
  return outputFiles[0].text;
}

/** The app, its languages and the headless client with what they share; gives the names of each and writes all. */
async function scripts(define) {
  const {outputFiles, metafile} = await esbuild.build({
    ...options,
    entryPoints: {app: join(here, 'src/main.ts'), client: join(here, 'src/embed/client.ts')},
    splitting: true,
    metafile: true,
    define,
    outdir: join(dist, 'assets'),
    entryNames: '[name]-[hash]',
    chunkNames: '[name]-[hash]',
    absWorkingDir: here,
  });
  const files = [];
  for (const file of outputFiles) files.push(await put(file.path.slice(dist.length + 1), file.text));
  const entry = name => Object.entries(metafile.outputs).find(([, out]) => out.entryPoint?.endsWith(name));
  const [app] = entry('main.ts');
  const [client] = entry('client.ts');
  const path = name => name.replace(/^dist\//, '/');
  const first = new Set();
  const take = name => {
    if (first.has(name)) return;
    first.add(name);
    for (const one of metafile.outputs[name].imports) if (one.kind === 'import-statement') take(one.path);
  };
  take(app);
  const languages = Object.entries(metafile.outputs).filter(([, out]) => out.entryPoint?.includes('/locales/'));
  return {
    files,
    app: path(app),
    client: path(client),
    shared: [...first].filter(name => name !== app).map(path),
    first: [...first].map(name => path(name).slice(1)),
    languages: languages.map(([name]) => path(name).slice(1)),
  };
}

/** A page with the names of its files in it. */
async function page(name, build, theme, {app, shared}) {
  const preload = shared.map(path => `<link rel="modulepreload" href="${path}">`).join('\n    ');
  const html = (await source(name))
    .replace('{{build}}', build)
    .replace('{{theme}}', `/${theme.path}`)
    .replace('{{shared}}', preload)
    .replace('{{app}}', app);
  return put(name, html);
}

for (const name of await readdir(dist)) {
  if (name !== '.gitkeep') await rm(join(dist, name), {recursive: true});
}
const theme = await putHashed(
  'theme.css',
  (await esbuild.transform(await source('theme.css'), {loader: 'css', minify: true})).code,
);
const loader = await put('embed.js', await alone('src/embed/element.ts'));
const written = [theme, loader, await put('manifest.webmanifest', await source('manifest.webmanifest'))];
for (const icon of await readdir(join(here, 'icons'))) {
  written.push(await put(`icons/${icon}`, await readFile(join(here, 'icons', icon))));
}
// The build's id is of what it is made of, so that the scripts may carry it.
const headless = await alone('src/embed/client.ts', {BUILD: '"-"'});
const app = await alone('src/main.ts');
const build = hash(Buffer.concat([...written.map(file => file.content), Buffer.from(headless), Buffer.from(app)]));
const made = await scripts({BUILD: JSON.stringify(build)});
written.push(...made.files);
written.push(await put('client.js', `export * from '.${made.client}';\n`));
for (const name of ['index.html', 'embed.html']) written.push(await page(name, build, theme, made));
await put('build.txt', build);

// The package stands alone: its user bundles it, so there is nothing to share.
await writeFile(join(here, 'package/embed.js'), loader.content);
await writeFile(join(here, 'package/client.js'), await alone('src/embed/client.ts', {BUILD: JSON.stringify(build)}));

const size = ({content}) => gzipSync(content, {level: 9}).length;
const first = [...made.first, theme.path, 'index.html'];
let total = 0;
let whole = 0;
for (const file of written.filter(file => /\.(js|css|html)$/.test(file.path))) {
  const at = first.includes(file.path) ? 'first' : 'later';
  process.stdout.write(`${file.path} ${file.content.length} bytes, ${size(file)} gzip, ${at}\n`);
  if (at === 'first') total += size(file);
  whole += size(file);
}
process.stdout.write(
  `build ${build}, gzip: first ${total} bytes of at most ${firstBudget}, all ${whole} of ${wholeBudget}\n`,
);
const over = (what, is, most) => {
  if (is <= most) return;
  process.stderr.write(
    `build: ${what} has ${is} bytes gzip, over its ${most}; look for what grew with esbuild --analyze\n`,
  );
  process.exit(1);
};
over('what a page loads first', total, firstBudget);
over('the client', whole, wholeBudget);
for (const file of written) if (made.languages.includes(file.path)) over(file.path, size(file), languageBudget);
over('embed.js', size(loader), loaderBudget);
