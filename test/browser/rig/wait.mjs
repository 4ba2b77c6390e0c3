import {createSocket} from 'node:dgram';
import {once} from 'node:events';
import {createServer} from 'node:net';

// Waiting for what should happen at once, bounded. About ten times what a busy
// machine needs.
export const patience = 15_000;

/** Polls ok, which may be async, until it gives something true; that is the result. */
export async function until(what, ok, limit = patience) {
  const end = Date.now() + limit;
  for (;;) {
    const result = await ok();
    if (result) return result;
    if (Date.now() > end) throw new Error(`not within ${limit} ms: ${typeof what === 'function' ? what() : what}`);
    await new Promise(done => setTimeout(done, 20));
  }
}

const net = `127.${1 + Math.floor(Math.random() * 254)}.${Math.floor(Math.random() * 256)}`;
let hosts = 0;

/** An address of 127.0.0.0/8 that no other peer uses. */
export const newAddress = () => `${net}.${++hosts}`;

const listens = (socket, ...where) => {
  const ready = once(socket, 'listening').then(() => true, () => false);
  return (socket.bind ?? socket.listen).apply(socket, where) && ready;
};

/** Whether a port of 127.0.0.1 is free for UDP and TCP. */
async function free(port) {
  const tcp = createServer();
  const udp = createSocket('udp4');
  const both = await Promise.all([listens(tcp, port, '127.0.0.1'), listens(udp, port, '127.0.0.1')]);
  tcp.close();
  udp.close();
  return both.every(Boolean);
}

/** A port that is free with the two after it, below those the kernel gives to others. */
export async function threePorts() {
  for (;;) {
    const port = 8000 + 4 * Math.floor(Math.random() * 3000);
    if ((await free(port)) && (await free(port + 1)) && (await free(port + 2))) return port;
  }
}
