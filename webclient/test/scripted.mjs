// A scripted gateway for pictures and for what only the page decides: it serves the built page under the
// content policy of webclient.go, answers REST, and sends each tab the state a
// screen needs. What the gateway does is tested against the gateway.
import {readFile} from 'node:fs/promises';
import {createServer} from 'node:http';
import {dirname, extname, join, normalize} from 'node:path';
import {fileURLToPath} from 'node:url';
import {WebSocketServer} from 'ws';

const here = dirname(fileURLToPath(import.meta.url));
const dist = join(here, '../dist');
const kinds = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.webmanifest': 'application/manifest+json',
};

const pages = {'/': '/index.html', '/embed': '/embed.html'};
/** A page of another site, to put the phone into: open it by 127.0.0.1. */
const site = '<!doctype html><html lang="en"><title>A site</title><body><main><h1>A site</h1></main></body></html>';

/** The policy as the gateway serves it, but for who may frame the page. */
async function contentPolicy() {
  const source = await readFile(join(here, '../webclient.go'), 'utf8');
  const [, literal] = source.match(/const contentPolicy = ((?:"[^"]*"[\s+]*)+)/) ?? [];
  if (!literal) throw new Error('scripted: webclient.go has no constant contentPolicy any more');
  return [...literal.matchAll(/"([^"]*)"/g)].map(part => part[1]).join('');
}

/** Starts it on a free port; `answerOffer` makes the answer to a tab's offer. */
export async function scriptedGateway({answerOffer}) {
  const policy = await contentPolicy();
  const gateway = {screen: null, sockets: new Set(), commands: [], hellos: [], bearers: [], away: false, down: false};
  const http = createServer(async (request, response) => {
    const {pathname, searchParams} = new URL(request.url, 'http://localhost');
    if (pathname === '/site') return response.setHeader('Content-Type', kinds['.html']).end(site);
    response.setHeader('Content-Security-Policy', policy + (pathname === '/embed' ? '*' : "'none'"));
    if (pathname.startsWith('/api/v1/')) return rest(gateway, request, response, pathname.slice(8), searchParams);
    if (gateway.away && pathname === '/embed') return response.writeHead(503).end();
    const path = normalize(pages[pathname] ?? pathname);
    try {
      if (extname(path) === '.js') response.setHeader('Access-Control-Allow-Origin', '*');
      response.setHeader('Content-Type', kinds[extname(path)] ?? 'application/octet-stream');
      response.end(await readFile(join(dist, path)));
    } catch {
      response.writeHead(404).end();
    }
  });
  const sockets = new WebSocketServer({server: http, path: '/ws'});
  sockets.on('connection', socket => {
    if (gateway.down) return socket.terminate();
    gateway.sockets.add(socket);
    socket.on('close', () => gateway.sockets.delete(socket));
    // A page that goes away while it makes its own answer takes its socket with it.
    socket.on('message', text =>
      receive(gateway, socket, JSON.parse(String(text)), answerOffer).catch(() => socket.terminate()),
    );
  });
  await new Promise(done => http.listen(0, '127.0.0.1', done));
  gateway.url = `http://localhost:${http.address().port}/`;
  gateway.site = `http://127.0.0.1:${http.address().port}/site`;
  gateway.push = parts => {
    Object.assign(gateway.screen.parts, parts);
    for (const socket of gateway.sockets)
      socket.send(JSON.stringify({type: 'state', seq: 2, now: new Date().toISOString(), ...parts}));
  };
  /** Is out of reach, until it is up again. */
  gateway.goDown = () => {
    gateway.down = true;
    for (const socket of gateway.sockets) socket.terminate();
  };
  gateway.close = () => {
    for (const socket of gateway.sockets) socket.terminate();
    sockets.close();
    http.closeAllConnections();
    return new Promise(done => http.close(done));
  };
  return gateway;
}

async function rest(gateway, request, response, name, query) {
  const {screen} = gateway;
  response.setHeader('Access-Control-Allow-Origin', '*');
  response.setHeader('Access-Control-Allow-Headers', 'Authorization');
  if (request.method === 'OPTIONS') return response.writeHead(204).end();
  gateway.bearers.push(request.headers.authorization);
  const reply = (status, body) =>
    response
      .writeHead(status, {'Content-Type': status < 400 ? 'application/json' : 'application/problem+json'})
      .end(JSON.stringify(body));
  if (name === 'login' && request.method === 'POST') {
    return reply(401, {
      title: 'Not logged in',
      status: 401,
      detail: 'The name or the password is wrong. Check both and try again.',
      sentence: {code: 'problem.wrong_login'},
    });
  }
  const given = screen.rest?.[`${request.method} ${name}`];
  if (name === 'me' && !given)
    return screen.loggedOut ? reply(401, {title: 'Not logged in', status: 401}) : reply(200, screen.parts.me);
  if (name === 'history') return reply(200, {history: screen.history ?? []});
  const answer = typeof given === 'function' ? await given(query, await bodyOf(request)) : given;
  return answer ? reply(...answer) : reply(404, {title: 'Not found', status: 404});
}

/** What a request sent; "" for nothing. */
async function bodyOf(request) {
  let text = '';
  for await (const piece of request) text += piece;
  return text && JSON.parse(text);
}

async function receive(gateway, socket, message, answerOffer) {
  const {screen} = gateway;
  if (message.type === 'hello') {
    gateway.hellos.push(message);
    if (screen.turnedAway) {
      socket.send(JSON.stringify({type: 'refused', error: screen.turnedAway}));
      return socket.close(4403);
    }
    const {parts, build = message.build, open} = screen;
    const tab = {id: 't_1', secret: 's'};
    const now = new Date().toISOString();
    const login = {open, bearer: message.token && `bearer for ${message.token}`};
    socket.send(JSON.stringify({type: 'welcome', seq: 1, now, build, tab, resumed: false, ...login, ...parts}));
    return;
  }
  gateway.commands.push(message);
  const sdp =
    message.do === 'offer' ? await answerOffer({sdp: message.sdp, id: message.pc, walled: screen.walled}) : undefined;
  const error = screen.refuse?.[message.do];
  socket.send(
    JSON.stringify({
      type: 'reply',
      id: message.id,
      ...(error ? {error} : {ok: true, sdp, ...screen.said?.[message.do]}),
    }),
  );
}
