import assert from 'node:assert/strict';
import {test} from 'node:test';
import {HangUps} from '../src/call/hangups.js';
import {type Command, CommandError} from '../src/protocol/messages.js';
import {TabStore} from '../src/protocol/tabstore.js';
import {talking} from './samples.js';

test('a call hung up while the gateway is away stays so over a reload', async () => {
  const memory = new Map<string, string>();
  const storage = {
    getItem: (key: string) => memory.get(key) ?? null,
    setItem: (key: string, value: string) => memory.set(key, value),
  } as unknown as Storage;
  const told: Command[] = [];
  let away = true;
  const load = () =>
    new HangUps({
      store: new TabStore(() => storage),
      do: async command => {
        if (away) throw new CommandError('lost', '');
        told.push(command);
        return {};
      },
      now: () => 0,
      onChange: () => {},
    });
  const call = talking();
  await load().end(call.id);

  const page = load();
  assert.ok(page.has(call));
  assert.equal(page.seen(call).state, 'ended');
  away = false;
  page.follow([call]);
  assert.deepEqual(told, [{do: 'hangup', call: call.id}]);
  assert.equal(page.seen(call).state, 'ended');
  page.follow([]);
  assert.ok(!load().has(call), 'over is forgotten');
});
