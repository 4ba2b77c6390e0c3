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
