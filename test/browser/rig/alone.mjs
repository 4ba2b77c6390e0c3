import {spawn} from 'node:child_process';
import {once} from 'node:events';

/** The address of the network that a test has to itself; no packet leaves it. */
export const address = '192.0.2.77';

const inside = 'RINGSPLASH_TEST_ALONE';

/** Whether this process is the one in the network of its own. */
export const isAlone = () => inside in process.env;

/**
 * Runs a script again in a network namespace with loopback and one address
 * more, where nothing else is; gives its exit code and what it said.
 */
export async function alone(script) {
  const env = {...process.env, [inside]: '1'};
  delete env.NODE_TEST_CONTEXT; // it is no test file of the runner there
  const network = [
    'ip link set lo up',
    'ip link add d0 type veth peer name d1',
    `ip addr add ${address}/24 dev d0`,
    'ip link set d0 up',
    'ip link set d1 up',
    'ip route add default dev d0',
  ].join(' && ');
  const rights = process.getuid() === 0 ? '-n' : '-rn';
  const child = spawn('unshare', [rights, 'sh', '-c', `${network} && exec "$@"`, 'sh', process.execPath, script], {env});
  let said = '';
  for (const out of [child.stdout, child.stderr]) out.on('data', text => (said += text));
  const end = () => child.kill('SIGKILL');
  process.once('exit', end);
  const [code] = await once(child, 'close');
  process.removeListener('exit', end);
  return {code, said};
}
