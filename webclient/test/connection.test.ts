import assert from 'node:assert/strict';
import {once} from 'node:events';
import type {AddressInfo} from 'node:net';
import {afterEach, beforeEach, test} from 'node:test';
import {WebSocket, WebSocketServer} from 'ws';
import {Connection, type ConnectionOptions} from '../src/protocol/connection.js';
import {Close, CommandError} from '../src/protocol/messages.js';
import {TabStore} from '../src/protocol/tabstore.js';
import {memory, memoryStorage, Peer, type Received} from './peer.js';

let server: WebSocketServer;
let connection: Connection;
let peers: Peer[];
let arrived: (() => void) | undefined;
let changes: Array<() => void>;

beforeEach(async () => {
  memory.clear();
  server = new WebSocketServer({port: 0, host: '127.0.0.1'});
  await once(server, 'listening');
  peers = [];
  changes = [];
  server.on('connection', socket => {
    peers.push(new Peer(socket));
    arrived?.();
  });
});

afterEach(async () => {
  connection.stop();
  for (const socket of server.clients) socket.terminate();
  server.close();
  await once(server, 'close');
});

function connect(more: Partial<ConnectionOptions> = {}): Connection {
  const {port} = server.address() as AddressInfo;
  connection = new Connection({
    url: `ws://127.0.0.1:${port}/`,
    build: 'b1',
    store: new TabStore(memoryStorage),
    onChange: () => {
      for (const check of [...changes]) check();
    },
    onOutdated: () => {},
    onFault: () => {},
    loggedIn: async () => true,
    socket: url => {
      const socket = new WebSocket(url);
      socket.on('error', () => {}); // a close event follows; ws throws what nobody listens to
      return socket as unknown as globalThis.WebSocket;
    },
    backoff: () => 5,
    ...more,
  });
  connection.start();
  return connection;
}

/** The n-th socket the gateway accepted. */
async function peer(n: number): Promise<Peer> {
  while (peers.length < n) {
    await new Promise<void>(done => {
      arrived = done;
    });
  }
  return peers[n - 1] as Peer;
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) {
    await new Promise<void>(done => {
      const check = () => {
        changes.splice(changes.indexOf(check), 1);
        done();
      };
      changes.push(check);
    });
  }
}

test('says hello, takes the whole state, then only the parts that changed', async () => {
  const c = connect();
  const gateway = await peer(1);
  const hello = await gateway.next();
  assert.equal(hello.type, 'hello');
  assert.equal(hello.resume, undefined);
  gateway.welcome();
  await until(() => c.phase === 'open');
  assert.equal(c.parts?.me.name, 'alice');
  gateway.send({
    type: 'state',
    seq: 2,
    now: new Date().toISOString(),
    counters: {missed: 3, unreadMessages: 0, history: 9, directory: 0},
  });
  await until(() => c.parts?.counters.missed === 3);
  assert.equal(c.parts?.me.name, 'alice', 'a part that was not sent stays');
});

test('answers each command with its own reply, in any order', async () => {
  const c = connect();
  const gateway = await peer(1);
  await gateway.next();
  gateway.welcome();
  await until(() => c.phase === 'open');
  const first = c.do({do: 'call', to: 'bob', from: 'browser'});
  const second = c.do({do: 'hangup', call: 'c_9'});
  const [a, b] = [await gateway.next(), await gateway.next()];
  assert.notEqual(a.id, b.id);
  gateway.send({type: 'reply', id: b.id, error: {code: 'no_such_call', message: 'That call is over.'}});
  gateway.send({type: 'reply', id: a.id, ok: true, call: 'c_1'});
  assert.deepEqual(await first, {call: 'c_1'});
  await assert.rejects(
    second,
    (error: unknown) =>
      error instanceof CommandError && error.code === 'no_such_call' && error.message === 'That call is over.',
  );
});

test('resumes its tab after a break and sends what was not answered again, under the same id', async () => {
  const c = connect();
  const before = await peer(1);
  const hello = await before.next();
  before.welcome();
  await until(() => c.phase === 'open');
  const answer = c.do({do: 'answer', call: 'c_1', version: 1, on: 'browser'});
  const sent = await before.next();
  before.socket.terminate();
  await until(() => c.phase === 'waiting');
  assert.ok(c.parts, 'the last state stays on the screen');
  const after = await peer(2);
  const back = await after.next();
  assert.deepEqual(back.resume, {tab: 't_1', secret: 's1'});
  assert.ok(hello.page && hello.page === back.page, 'it is the same page load');
  after.welcome({resumed: true});
  assert.deepEqual(await after.next(), sent);
  after.send({type: 'reply', id: sent.id, ok: true});
  assert.deepEqual(await answer, {});
});

test('a new tab does not repeat the commands of the old one', async () => {
  const c = connect();
  const before = await peer(1);
  await before.next();
  before.welcome();
  await until(() => c.phase === 'open');
  const call = c.do({do: 'call', to: 'bob', from: 'browser'});
  await before.next();
  before.socket.terminate();
  const after = await peer(2);
  await after.next();
  after.welcome({tab: {id: 't_2', secret: 's2'}, resumed: false});
  await assert.rejects(call, (error: unknown) => error instanceof CommandError && error.code === 'lost');
});

test('a gateway that stops replying loses the socket, not the command', async () => {
  const c = connect({patience: 600});
  const silent = await peer(1);
  await silent.next();
  silent.welcome();
  await until(() => c.phase === 'open');
  const mute = c.do({do: 'mute', call: 'c_1'});
  const sent = await silent.next();
  const after = await peer(2);
  await after.next();
  after.welcome({resumed: true});
  assert.equal((await after.next()).id, sent.id);
  after.send({type: 'reply', id: sent.id, ok: true});
  await mute;
});

test('a command nobody ever answers fails with a sentence', async () => {
  const c = connect({patience: 20});
  server.on('connection', socket => {
    socket.on('message', text => {
      if (JSON.parse(String(text)).type === 'hello') (peers.at(-1) as Peer).welcome({resumed: true});
    });
  });
  await until(() => c.phase === 'open');
  await assert.rejects(c.do({do: 'mute', call: 'c_1'}), /does not answer/);
});

test('a page load does not use the command ids of the load before it', async () => {
  const c = connect();
  const gateway = await peer(1);
  const {page} = await gateway.next();
  gateway.welcome();
  await until(() => c.phase === 'open');
  c.do({do: 'mute', call: 'c_1'}).catch(() => {});
  const first = await gateway.next();
  c.stop();
  const reloaded = connect();
  const again = await peer(2);
  const hello = await again.next();
  assert.equal(hello.resume?.tab, 't_1');
  assert.notEqual(hello.page, page);
  again.welcome({resumed: true});
  await until(() => reloaded.phase === 'open');
  reloaded.do({do: 'mute', call: 'c_1'}).catch(() => {});
  assert.notEqual((await again.next()).id, first.id);
});

for (const [code, phase] of [
  [Close.loggedOut, 'loggedOut'],
  [Close.elsewhere, 'elsewhere'],
] as const) {
  test(`close code ${code} ends the trying: ${phase}`, async () => {
    const c = connect();
    const gateway = await peer(1);
    await gateway.next();
    gateway.welcome();
    await until(() => c.phase === 'open');
    const waiting = c.do({do: 'mute', call: 'c_1'});
    gateway.socket.close(code);
    await until(() => c.phase === phase);
    await assert.rejects(waiting, CommandError);
    await assert.rejects(c.do({do: 'mute', call: 'c_1'}), CommandError);
  });
}

test('going on here after another window took the tab makes a new tab', async () => {
  const c = connect();
  const gateway = await peer(1);
  await gateway.next();
  gateway.welcome();
  await until(() => c.phase === 'open');
  gateway.socket.close(Close.elsewhere);
  await until(() => c.phase === 'elsewhere');
  c.retryNow();
  assert.equal((await (await peer(2)).next()).resume, undefined);
});

test('close code 4406 says that the page is too old', async () => {
  let outdated = 0;
  const c = connect({onOutdated: () => outdated++});
  const gateway = await peer(1);
  await gateway.next();
  gateway.socket.close(Close.oldProtocol);
  await until(() => c.phase === 'stopped');
  assert.equal(outdated, 1);
});

test('close code 4400 shows a fault and connects again', async () => {
  let faults = 0;
  connect({onFault: () => faults++});
  const gateway = await peer(1);
  await gateway.next();
  gateway.socket.close(Close.malformed);
  await peer(2);
  assert.equal(faults, 1);
});

test('a socket refused for want of a log-in ends in the log-in', async () => {
  const c = connect({loggedIn: async () => false, url: 'ws://127.0.0.1:1/'});
  await until(() => c.phase === 'loggedOut');
});

test("time is the gateway's", async () => {
  const c = connect();
  const gateway = await peer(1);
  await gateway.next();
  gateway.welcome({now: '2030-01-01T00:00:00.000Z'});
  await until(() => c.phase === 'open');
  const off = c.now() - Date.parse('2030-01-01T00:00:00.000Z');
  assert.ok(off >= 0 && off < 5000, `off by ${off} ms`);
});

test('storage that throws is replaced by memory', () => {
  const store = new TabStore(() => {
    throw new DOMException('blocked', 'SecurityError');
  });
  assert.equal(store.read(), null);
  store.write({id: 't_1', secret: 's'});
  assert.deepEqual(store.read(), {id: 't_1', secret: 's'});
  store.forget();
  assert.equal(store.read(), null);
});

test('a page without a cookie brings a token, then the bearer; a new token when that is over', async () => {
  let made = 0;
  const bearers: string[] = [];
  const entry = {parent: 'https://intranet.example', token: async () => `token ${++made}`};
  connect({entry, onBearer: bearer => bearers.push(bearer)});
  let one = await peer(1);
  let hello = (await one.next()) as Received & {token?: string; bearer?: string; parent?: string};
  assert.equal(hello.token, 'token 1');
  assert.equal(hello.parent, 'https://intranet.example');
  one.welcome({open: 'gesture', bearer: 'b'});
  await until(() => connection.phase === 'open');
  assert.equal(connection.right, 'gesture');
  assert.deepEqual(bearers, ['b']);
  one.socket.close(1011);
  one = await peer(2);
  hello = await one.next();
  assert.equal(hello.bearer, 'b', 'the token works once');
  assert.equal(hello.token, undefined);
  one.welcome({open: 'gesture'});
  one.socket.close(Close.loggedOut);
  one = await peer(3);
  hello = await one.next();
  assert.equal(hello.token, 'token 2');
  one.welcome({open: 'gesture', bearer: 'c'});
  await until(() => connection.phase === 'open');
});

test('a site whose tokens are refused is asked thrice, one that may not use the phone once', async () => {
  let made = 0;
  const entry = {parent: '', token: async () => `token ${++made}`};
  connect({entry});
  for (let i = 1; i <= 3; i++) {
    const one = await peer(i);
    await one.next();
    one.send({type: 'refused', error: {code: 'token_used', message: 'It was used before.'}});
    one.socket.close(Close.loggedOut);
  }
  await until(() => connection.phase === 'loggedOut');
  assert.equal(connection.refusal?.message, 'It was used before.');
  connection.start(); // somebody presses "Try again"
  const last = await peer(4);
  await last.next();
  last.send({type: 'refused', error: {code: 'origin_not_listed', message: 'List it.'}});
  last.socket.close(Close.notAllowed);
  await until(() => connection.phase === 'loggedOut');
  assert.equal(made, 4);
});

test('a site that gave no token is asked again at once when somebody wants it', async () => {
  let asked = 0;
  const entry = {
    parent: '',
    token: async () => {
      if (++asked === 1) throw new Error('The intranet is down.');
      return 'token';
    },
  };
  connect({entry, backoff: () => 1_000_000});
  await until(() => connection.phase === 'waiting');
  connection.start(); // somebody presses "Try again"
  const one = await peer(1);
  await one.next();
  one.welcome({bearer: 'b'});
  await until(() => connection.phase === 'open');
  assert.equal(asked, 2);
});

test('a site that gives no token is asked again after a while', async () => {
  const answers = [new Error('The intranet is down.'), 'token'];
  const entry = {
    parent: '',
    token: async () => {
      const next = answers.shift();
      if (next instanceof Error) throw next;
      return String(next);
    },
  };
  connect({entry});
  await until(() => connection.refusal?.message === 'The intranet is down.');
  assert.equal(connection.phase, 'waiting');
  const one = await peer(1);
  await one.next();
  one.welcome({bearer: 'b'});
  await until(() => connection.phase === 'open');
  assert.equal(connection.refusal, null);
});

test('a site whose token never comes, or is no text, is told so and asked again', async () => {
  const answers: unknown[] = [new Promise(() => {}), {token: 'in an object'}, '', 'token'];
  const said: string[] = [];
  changes.push(() => {
    const {refusal} = connection;
    if (refusal && said.at(-1) !== refusal.message) said.push(refusal.message);
  });
  connect({entry: {parent: '', token: async () => answers.shift() as string}, tokenWait: 20});
  const one = await peer(1);
  const hello = (await one.next()) as Received & {token?: string};
  assert.equal(hello.token, 'token');
  assert.equal(said.length, 2, said.join('\n'));
  assert.match(said[0] as string, /^getToken .* seconds/);
  assert.match(said[1] as string, /^getToken .* text/);
});

test('once stopped, only start brings it back', async () => {
  connect();
  (await peer(1)).welcome();
  await until(() => connection.phase === 'open');
  connection.stop();
  connection.retryNow(); // as when the network comes back
  assert.equal(connection.phase, 'stopped');
  connection.start();
  (await peer(2)).welcome();
  await until(() => connection.phase === 'open');
});
