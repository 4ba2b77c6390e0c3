// Screens of who is there: people of every state, and what the user sets of his own presence.
import {ago, directory, history, me, parts} from './screen-states.mjs';

const states = ['available', 'call', 'busy', 'away', 'dnd', 'phone', 'offline'];
const address = state => `sip:${state}@example.test`;
const notes = {available: 'In the workshop today', busy: 'דו״ח עד 15:00, please write'};

/** Somebody in each state, as the directory and the part presence have them. */
const everybody = {
  entries: states.map((state, i) => ({
    id: state,
    display: `Robin ${state}`,
    addresses: [address(state)],
    note: i ? '' : 'Second floor',
    friend: true,
    version: 1,
  })),
  total: states.length,
};
const presence = states.map(state => ({
  address: address(state),
  display: '',
  state,
  devices: {browser: false, phones: 0},
  ...(state === 'offline' ? {} : {since: ago(4000)}),
  ...(notes[state] ? {note: notes[state]} : {}),
}));

const openOwn = async page => {
  await page.locator('app-bar [data-place=presence]').click();
  await page.locator('own-presence h2').waitFor();
};

export const presenceScreens = t => [
  {
    name: 'friends-presence',
    ready: 'Sales desk',
    history,
    parts: parts([], {presence}),
    rest: {...directory, 'GET directory': [200, everybody]},
    async act(page) {
      await page.getByRole('button', {name: t.friends.title, exact: true}).click();
      await page.getByText('Robin offline').waitFor();
    },
  },
  {
    name: 'presence',
    ready: 'Sales desk',
    history,
    parts: parts([], {me: {...me, presence: {...me.presence, set: 'busy', state: 'busy', note: 'Writing the report'}}}),
    rest: {
      'PATCH me': [
        422,
        {
          title: 'Unprocessable',
          status: 422,
          detail: 'The change was not made: this time is over.',
          sentence: {code: 'problem.not_valid', args: {fault: {code: 'presence.past'}}},
        },
      ],
    },
    async act(page) {
      await openOwn(page);
      await page.getByLabel(t.presence.howLong, {exact: true}).selectOption('time');
      await page.getByRole('button', {name: t.presence.save}).click();
      await page.locator('.fault').waitFor();
    },
  },
  {
    name: 'presence-dnd-offline',
    ready: 'Sales desk',
    history,
    parts: parts([], {
      me: {...me, presence: {...me.presence, set: 'dnd', state: 'dnd', note: 'é'.repeat(101), until: ago(-3000)}},
    }),
    async act(page, gateway) {
      await openOwn(page);
      gateway.goDown();
      await page.getByText(t.presence.offline).waitFor();
    },
  },
  {
    name: 'frame-presence',
    framed: {},
    open: 'gesture',
    ready: 'Sales desk',
    history,
    parts: parts([], {me: {...me, presence: {...me.presence, set: 'dnd', state: 'dnd'}}}),
    act: openOwn,
  },
];
