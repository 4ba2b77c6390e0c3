import assert from 'node:assert/strict';
import {test} from 'node:test';
import {
  allow,
  allows,
  type Grants,
  groups,
  inForce,
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

test('what is in force', () => {
  const friends = allow(nothing, 'friends', true);
  const listed = allow(friends, 'addresses', true);
  assert.deepEqual(inForce(nothing), []);
  assert.deepEqual(inForce(listed), ['friends'], 'an empty list lets nobody in');
  assert.deepEqual(inForce(withAddress(listed, 'example.net')), ['friends', 'addresses']);
  assert.deepEqual(inForce(allow(listed, 'public', true)), ['public']);
  assert.deepEqual(inForce({...listed, forbid: ['friends']}), []);
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
