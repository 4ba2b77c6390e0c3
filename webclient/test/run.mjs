// Bundles webclient/test/*.test.ts for Node and runs them with node --test.
import {spawnSync} from 'node:child_process';
import {mkdtemp, readdir, rm} from 'node:fs/promises';
import {dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';
import * as esbuild from 'esbuild';

const here = dirname(fileURLToPath(import.meta.url));
const out = await mkdtemp(join(here, '../../node_modules/.test-'));
try {
  const tests = (await readdir(here)).filter(name => name.endsWith('.test.ts'));
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
  const {status} = spawnSync(process.execPath, ['--enable-source-maps', '--test', ...files], {stdio: 'inherit'});
  process.exitCode = status ?? 1;
} finally {
  await rm(out, {recursive: true, force: true});
}
