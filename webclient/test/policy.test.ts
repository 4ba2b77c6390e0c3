import assert from 'node:assert/strict';
import {test} from 'node:test';
import {en} from '../src/locales/en.js';
import {
  allow,
  allows,
  everybody,
  type Grants,
  groups,
  reach,
  widerGroup,
  withAddress,
  withoutAddress,
} from '../src/people/policy.js';

const nothing: Grants = {
  version: 3,
  allowPublic: false,
  allowFriends: false,
  allowDirectory: false,
  allowAddresses: false,
  addresses: [],
  forbid: [],
  count: {friends: 0, directory: 0, addresses: 0, domains: 0},
};

test('a step changes its group alone and keeps the version', () => {
  for (const group of groups) {
    const on = allow(nothing, group, true);
    assert.deepEqual(
      groups.filter(other => allows(on, other)),
      [group],
    );
    assert.equal(on.version, 3);
    assert.deepEqual(allow(on, group, false), nothing);
  }
});

test('a wider group includes the narrower ones, unless it is forbidden', () => {
  const directory = allow(nothing, 'directory', true);
  const everybody = allow(directory, 'public', true);
  assert.equal(widerGroup(nothing, 'friends'), null);
  assert.equal(widerGroup(directory, 'friends'), 'directory');
  assert.equal(widerGroup(directory, 'addresses'), null);
  assert.equal(widerGroup(everybody, 'friends'), 'public');
  assert.equal(widerGroup(everybody, 'public'), null);
  assert.equal(widerGroup({...everybody, forbid: ['public']}, 'friends'), 'directory');
});

test('everybody may open a phone only where the administrator lets him be allowed', () => {
  const open = allow(nothing, 'public', true);
  assert.equal(everybody(nothing), false);
  assert.equal(everybody(open), true);
  assert.equal(everybody({...open, forbid: ['public']}), false);
});

test('what is in force, in words', () => {
  const words = (addresses: number, domains: number) => en.options.inForce(addresses, domains);
  assert.equal(words(13, 1), 'In force: 13 addresses and 1 domain.');
  assert.equal(words(1, 0), 'In force: 1 address.');
  assert.equal(words(0, 2), 'In force: 2 domains.');
});

test('what an import did, in words', () => {
  const {did} = en.files;
  assert.equal(did(1, 0, 0), '1 person was added.');
  assert.equal(
    did(0, 1, 1),
    'No people were added. 1 was somebody you have; what was missing there was filled in. 1 was left out:',
  );
  assert.equal(
    did(3, 2, 4),
    '3 people were added. 2 were people you have; what was missing there was filled in. 4 were left out:',
  );
});

test('addresses are added at the end and removed', () => {
  const two = withAddress(withAddress(nothing, 'example.net'), 'bob@example.org');
  assert.deepEqual(two.addresses, ['example.net', 'bob@example.org']);
  assert.deepEqual(withoutAddress(two, 'example.net').addresses, ['bob@example.org']);
});

test('what an address stands for', () => {
  const rows: Array<[string, ReturnType<typeof reach>]> = [
    ['bob@example.org', 'one'],
    ['sips:bob@example.org', 'one'],
    ['tel:+4930123', 'one'],
    ['example.org', 'users'],
    ['sips:example.org', 'users'],
    ['192.0.2.7', 'users'],
    ['2001:db8::7', 'users'],
    ['*.example.org', 'subdomains'],
    ['sips:*.example.org', 'subdomains'],
  ];
  for (const [address, what] of rows) assert.equal(reach(address), what, address);
});
