// First paint: from the load of the page to its first content, on the app page
// and in the frame of another site. Click to first sound: from the click on
// "Answer in browser" to the first sound of the caller in the page. Prints
// medians and 99th percentiles.
// node bench/page.mjs [rounds]
import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {alice, bob, Gateway} from '../test/browser/rig/gateway.mjs';
import {Embedded} from '../test/browser/rig/embedded.mjs';
import {Intranet} from '../test/browser/rig/intranet.mjs';
import {Phone} from '../test/browser/rig/phone.mjs';
import {launch, Tab} from '../test/browser/rig/tab.mjs';
import {threePorts} from '../test/browser/rig/wait.mjs';

const rounds = Number(process.argv[2] ?? 20);

/** Runs in the page: listens to the connection that was offered ahead, notes the click, waits for sound. */
async function clickToSound() {
  const track = globalThis.connections
    .at(-1)
    .getReceivers()
    .find(r => r.track.kind === 'audio').track;
  const context = new AudioContext();
  const node = new AnalyserNode(context, {fftSize: 256, smoothingTimeConstant: 0});
  context.createMediaStreamSource(new MediaStream([track])).connect(node);
  const wave = new Float32Array(node.fftSize);
  const clicked = new Promise(done => addEventListener('click', () => done(performance.now()), {capture: true, once: true}));
  globalThis.sounded = (async () => {
    const from = await clicked;
    while (performance.now() - from < 5000) {
      node.getFloatTimeDomainData(wave);
      if (Math.hypot(...wave) / Math.sqrt(wave.length) > 0.02) break;
      await new Promise(done => setTimeout(done, 2));
    }
    await context.close();
    return performance.now() - from;
  })();
}

/** Runs in the page: milliseconds from the load to the first content. */
function firstPaint() {
  return new Promise(done => {
    const take = list => list.filter(one => one.name === 'first-contentful-paint').forEach(one => done(one.startTime));
    new PerformanceObserver(list => take(list.getEntries())).observe({type: 'paint', buffered: true});
  });
}

const sum = times => {
  times.sort((a, b) => a - b);
  const at = q => times[Math.floor((times.length - 1) * q)].toFixed(0);
  return `${at(0.5)} ms p50, ${at(0.99)} ms p99, ${times.length} times`;
};

const dir = await mkdtemp(join(tmpdir(), 'ringsplash-bench-'));
const browser = await launch();
const cast = [];
const times = [];
try {
  const add = async one => {
    cast.unshift(one);
    await one.start();
    return one;
  };
  const port = await threePorts();
  const gateway = await add(new Gateway(join(dir, 'gateway'), {embed: [{origin: `http://127.0.0.1:${port}`}]}));
  const caller = await add(new Phone(join(dir, 'phone'), gateway, {user: bob, tone: 440, codec: 'PCMU'}));
  const tab = await add(new Tab(await browser.newContext(), gateway, alice, 1000));
  await tab.logIn();
  await tab.online();
  const site = await add(new Intranet(join(dir, 'site'), gateway, {port, people: [alice]}));
  const framed = await add(new Embedded(await browser.newContext(), site, alice));
  const paints = {'on the app page': [], 'in a frame': []};
  for (let i = 0; i < rounds; i++) {
    await tab.page.reload();
    paints['on the app page'].push(await tab.page.evaluate(firstPaint));
    await framed.reload();
    await framed.online();
    paints['in a frame'].push(await framed.page.evaluate(firstPaint));
  }
  await framed.host.close();
  await tab.online();
  for (const [where, list] of Object.entries(paints)) console.log(`first paint ${where}: ${sum(list)}`);
  for (let i = 0; i < rounds; i++) {
    await caller.dial('alice');
    await tab.button('Answer in browser').waitFor();
    await tab.page.waitForFunction(() => globalThis.connections?.at(-1)?.connectionState === 'connected');
    await tab.page.evaluate(clickToSound);
    await tab.press('Answer in browser');
    times.push(await tab.page.evaluate(() => globalThis.sounded));
    await tab.press('Hang up');
    await caller.event('CALL_CLOSED');
    await tab.press('Dismiss');
  }
} finally {
  for (const one of cast) await one.stop();
  await browser.close();
  await rm(dir, {recursive: true, force: true});
}
console.log(`click to first sound in the page: ${sum(times)}`);
