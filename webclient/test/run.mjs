// Bundles webclient/test/*.test.ts for Node, builds the page, and runs them and
// the tests of the page in Chromium with node --test.
import {spawnSync} from 'node:child_process';
import {mkdtemp, readdir, rm} from 'node:fs/promises';
import {dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';
import * as esbuild from 'esbuild';

const here = dirname(fileURLToPath(import.meta.url));
const out = await mkdtemp(join(here, '../../node_modules/.test-'));
try {
  const names = await readdir(here);
  const tests = names.filter(name => name.endsWith('.test.ts'));
  const inBrowser = names.filter(name => name.endsWith('.test.mjs')).map(name => join(here, name));
  await esbuild.build({
    entryPoints: tests.map(name => join(here, name)),
    outdir: out,
    outExtension: {'.js': '.mjs'},
    bundle: true,
    packages: 'external',
    format: 'esm',
    platform: 'node',
    target: 'node20',
    sourcemap: 'inline',
    logLevel: 'warning',
  });
  const files = tests.map(name => join(out, name.replace(/\.ts$/, '.mjs')));
  const run = (...args) => spawnSync(process.execPath, args, {stdio: 'inherit'}).status ?? 1;
  process.exitCode =
    run(join(here, '../build.mjs')) ||
    run('--enable-source-maps', '--test', '--test-concurrency=1', ...files, ...inBrowser);
} finally {
  await rm(out, {recursive: true, force: true});
}
