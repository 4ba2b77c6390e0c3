// Starts the Biome of this machine. The package @biomejs/biome pulls in the
// builds of every platform, and npm ci fails where a registry lacks one of
// them; the two we need are optional dependencies instead.
import {spawnSync} from 'node:child_process';
import {fileURLToPath} from 'node:url';

const binary = `@biomejs/cli-${process.platform}-${process.arch}/biome`;
let path;
try {
  path = fileURLToPath(import.meta.resolve(binary));
} catch {
  process.stderr.write(
    `biome: no build for ${process.platform}-${process.arch} is installed; lint on Linux x64 or arm64\n`,
  );
  process.exit(1);
}
const {status} = spawnSync(path, process.argv.slice(2), {stdio: 'inherit'});
process.exit(status ?? 1);
