// The words of the page, for tests that look for them on it.
import {dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';
import * as esbuild from 'esbuild';

const locales = join(dirname(fileURLToPath(import.meta.url)), '../src/locales');

/** What a module of the locales exports. */
async function locale(name) {
  const {outputFiles} = await esbuild.build({
    entryPoints: [join(locales, name)],
    bundle: true,
    write: false,
    format: 'esm',
  });
  return import(`data:text/javascript,${encodeURIComponent(outputFiles[0].text)}`);
}

export const {en} = await locale('en.ts');
export const {german} = await locale('de.ts');
