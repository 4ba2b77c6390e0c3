// The screens to picture, each as the state a gateway would send.
import {hush} from './chromium.mjs';

const ago = seconds => new Date(Date.now() - 1000 * seconds).toISOString();

const me = {
  name: 'alice',
  number: '1001',
  display: 'Alice Archer',
  address: 'sip:alice@example.test',
  tabs: 1,
  interworking: true,
  whileBusy: 'ring',
  doNotDisturb: false,
};
export const desk = {
  id: 'desk',
  display: 'Desk phone',
  instance: 'urn:uuid:1',
  live: true,
  interworking: true,
  primary: true,
  profile: 'auto',
  userAgent: 'Example T54W 96.86.0.75',
  answerable: true,
};
const why = 'Interworking is not enabled for this phone. Ask the administrator, or lift its handset.';
const lab = {
  ...desk,
  id: 'lab',
  display: 'Phone in the laboratory, second floor',
  primary: false,
  live: false,
  answerable: false,
};
lab.why = 'Phone in the laboratory, second floor is not registered. Check its network cable and power.';
const bob = {display: 'Bob Stone', address: 'sip:2002@example.test', verified: true};
const stranger = {display: '', address: 'sip:+493012345678@carrier.example', verified: false};
const long = {
  display: 'Wilhelmina Featherstonehaugh-Cholmondeley, Purchasing Department',
  address: 'sip:wilhelmina.featherstonehaugh@subsidiary.example.test',
  verified: true,
};

export const history = [
  {
    id: '5',
    direction: 'in',
    display: 'Bob Stone',
    address: 'sip:2002@example.test',
    start: ago(1800),
    end: ago(1780),
    missed: true,
    cause: 'cancelled',
    reason: 'Bob Stone gave up.',
  },
  {
    id: '4',
    direction: 'out',
    display: 'Eve Park',
    address: 'sip:2003@example.test',
    start: ago(7200),
    answered: ago(7190),
    end: ago(6800),
    cause: 'normal',
    reason: 'You hung up.',
  },
  {
    id: '3',
    direction: 'in',
    display: '',
    address: 'sip:+493012345678@carrier.example',
    start: ago(90000),
    answered: ago(89990),
    end: ago(85000),
    cause: 'normal',
    reason: 'They hung up.',
  },
  {
    id: '2',
    direction: 'out',
    display: long.display,
    address: long.address,
    start: ago(300000),
    end: ago(299990),
    cause: 'busy',
    reason: 'Busy.',
  },
  {
    id: '1',
    direction: 'in',
    display: 'Sales desk',
    address: 'sip:300@example.test',
    start: ago(900000),
    answered: ago(899990),
    end: ago(899000),
    cause: 'normal',
    reason: 'You hung up.',
  },
];

const refusedAddress = `Nothing was changed. "bob@*" cannot be allowed: the star stands for whole parts in front of a domain only, as in *.example.com; all users of a domain are allowed by example.com.`;
const decision = (id, allow, requester, reason) => ({
  id,
  time: ago(600 * id),
  allow,
  requester,
  device: 'desk',
  grant: allow ? 'addresses' : '',
  reason,
});
/** What the gateway answers about the Feature Options: [status, body]. */
export const options = {
  'GET policy': [
    200,
    {
      version: 3,
      allowPublic: false,
      allowFriends: true,
      allowDirectory: true,
      allowAddresses: true,
      addresses: [
        'wilhelmina.featherstonehaugh@subsidiary.example.test',
        'example.net',
        '*.example.org',
        'tel:+4930123',
      ],
      forbid: ['public'],
      count: {friends: 12, directory: 34, addresses: 36, domains: 2},
    },
  ],
  'PUT policy': [422, {title: 'Unprocessable', status: 422, detail: refusedAddress}],
  'POST policy/simulate': [
    200,
    {
      requester: 'sip:eve@example.net',
      device: 'desk',
      allow: true,
      grant: 'addresses',
      reason: 'The requester is one of the allowed addresses.',
    },
  ],
  'GET policy/decisions': [
    200,
    {
      decisions: [
        decision(1, true, 'sip:lab@example.net', 'The requester is one of the allowed addresses.'),
        decision(2, false, long.address, 'The owner allowed no group that the requester belongs to.'),
        decision(3, false, '', 'The requester withholds his identity and the owner does not allow everybody.'),
      ],
      next: '3',
    },
  ],
};

/** What the gateway answers about the directory. */
const directory = {
  'POST directory/import': [
    200,
    {
      added: 12,
      merged: 1,
      rejected: [
        {line: 7, problem: 'the address "bob@*" cannot be used: it has characters that cannot be in an address'},
        {line: 9, problem: 'an entry needs an address, such as bob@example.com or +15551234'},
      ],
    },
  ],
  'GET directory': [
    200,
    {
      entries: [
        {id: '1', display: 'Bob Stone', addresses: [bob.address, 'tel:+4930123'], note: '', friend: true, version: 1},
        {
          id: '2',
          display: long.display,
          addresses: [long.address],
          note: 'Second floor, orders above 500 only',
          friend: false,
          version: 2,
        },
      ],
      total: 3,
      next: '2',
    },
  ],
  'POST directory': [422, {title: 'Unprocessable', status: 422, detail: 'Nothing was changed: "bob@*" is no address.'}],
};

export const parts = (calls = [], more = {}) => ({
  me,
  devices: [desk],
  calls,
  presence: [],
  counters: {missed: 1, unreadMessages: 0, history: 1, directory: 1},
  media: {want: null, port: 8443},
  ...more,
});

export const incoming = (peer = bob) => ({
  id: 'c_1',
  version: 1,
  direction: 'in',
  state: 'ringing',
  peer,
  on: null,
  here: false,
  microphone: 'live',
  since: ago(7),
});
export const talking = more => ({
  ...incoming(),
  version: 4,
  state: 'connected',
  on: 'browser',
  here: true,
  since: ago(161),
  answered: ago(161),
  codec: 'opus',
  ...more,
});
export const onDesk = more => talking({on: 'desk', here: false, ...more});
const byBob = {kind: 'intercom', grant: 'friends', reason: 'The requester is on the friends list.', by: bob};
const tested = {
  device: 'desk',
  worked: 'answer-after',
  tried: [
    {method: 'answer-mode', outcome: 'rang', said: 'Answer-Mode: Auto: it rang and did not answer.'},
    {method: 'answer-after', outcome: 'answered', said: 'Call-Info with answer-after=0: it answered.'},
  ],
  said: 'Desk phone answers by itself to Call-Info with answer-after=0. This is kept for it. If you lifted its handset, test again without touching it.',
};
const setUp = async (page, name) => page.getByRole('button', {name: `Set up ${name}`}).click();
const media = {media: {want: {codecs: ['opus', 'PCMU'], generation: 1}, port: 8443}};
const up = async page => page.getByText('Connecting sound').waitFor({state: 'hidden'});

/** The phone in a frame, by the attributes of its element. */
const framed = [
  {
    name: 'frame-not-loaded',
    framed: {gateway: 'phone.example'},
    ready: 'must be an origin',
    parts: parts(),
  },
  {
    name: 'frame-turned-away',
    framed: {},
    ready: 'The phone is not connected',
    turnedAway: {
      code: 'token_origin',
      message:
        'The token is for https://intranet.example, and this page belongs to https://wiki.example. The site must ask for its tokens with its own origin.',
    },
    parts: parts(),
  },
  {name: 'frame-idle', framed: {}, open: 'gesture', ready: 'Sales desk', history, parts: parts()},
  {
    name: 'frame-incoming',
    framed: {},
    open: 'gesture',
    ready: 'Incoming call',
    history,
    parts: parts([incoming(long)], {devices: [desk, lab]}),
  },
  {
    name: 'frame-on-deskphone-shut',
    framed: {},
    open: 'gesture',
    ready: 'Microphone muted',
    parts: parts([onDesk({microphone: 'shut', since: ago(12)})]),
  },
  {name: 'frame-talking', framed: {}, ready: 'In this browser', parts: parts([talking()], media), act: up},
  {
    name: 'frame-covered',
    framed: {style: 'opacity: 0.9'},
    open: 'gesture',
    ready: 'Incoming call',
    parts: parts([incoming()]),
    async act(frame) {
      await frame.getByRole('button', {name: 'Answer on Desk phone'}).click();
      await frame.getByText('covers the phone').waitFor();
    },
  },
  {name: 'frame-bar-idle', framed: {layout: 'bar'}, ready: 'Name or number', parts: parts()},
  {
    name: 'frame-bar-incoming',
    framed: {layout: 'bar'},
    open: 'gesture',
    ready: 'Incoming call',
    parts: parts([incoming(stranger)], {devices: [desk]}),
  },
];

export function screens() {
  return [
    ...framed,
    {name: 'login', loggedOut: true, ready: 'Your phone in the browser', history, parts: parts()},
    {
      name: 'login-wrong',
      loggedOut: true,
      ready: 'Your phone in the browser',
      parts: parts(),
      async act(page) {
        await page.getByLabel('Name', {exact: true}).fill('alice');
        await page.getByLabel('Password', {exact: true}).fill('wrong');
        await page.getByRole('button', {name: 'Log in'}).click();
        await page.getByText('Name or password is wrong').waitFor();
      },
    },
    {name: 'idle', ready: 'Sales desk', history, parts: parts()},
    {name: 'idle-new', ready: 'No calls yet', parts: parts([], {devices: [], me: {...me, tabs: 2}}), build: 'newer'},
    {
      name: 'idle-typing',
      ready: 'Sales desk',
      history,
      parts: parts([], {devices: [desk, lab]}),
      async act(page) {
        await page.getByLabel('Name or number').fill('2002');
      },
    },
    {
      name: 'incoming',
      ready: 'Incoming call',
      history,
      parts: parts([incoming()], {devices: [{...desk, answerable: false, why}]}),
      rest: directory,
      act: page => page.getByText('2002@example.test · Friend').waitFor(),
    },
    {
      name: 'incoming-desk',
      ready: 'Incoming call',
      history,
      parts: parts([incoming(stranger)], {devices: [desk, lab]}),
    },
    {
      name: 'incoming-long',
      ready: 'Incoming call',
      history,
      parts: parts([incoming(long)], {devices: [desk, {...desk, id: 'd2', display: 'Desk phone (2)'}]}),
    },
    {
      name: 'incoming-refused',
      ready: 'Incoming call',
      noMicrophone: true,
      history,
      parts: parts([incoming()]),
      async act(page) {
        await page.getByRole('button', {name: 'Answer in browser'}).click();
        await page.getByText('does not let this page use the microphone').waitFor();
      },
    },
    {
      name: 'calling',
      ready: 'Ringing',
      history,
      parts: parts([{...talking({direction: 'out', state: 'early', since: ago(4)}), answered: undefined}], media),
      act: up,
    },
    {name: 'talking', ready: 'In this browser', history, parts: parts([talking()], media), act: up},
    {
      name: 'talking-keypad',
      ready: 'In this browser',
      history,
      parts: parts([talking()], media),
      async act(page) {
        await up(page);
        await page.keyboard.press('4');
        await page.getByRole('button', {name: 'Keypad'}).first().click();
        for (const digit of ['1', '2', '#'])
          await page.locator('call-card').getByRole('button', {name: digit, exact: true}).click();
      },
    },
    {
      name: 'talking-transfer',
      ready: 'In this browser',
      history,
      parts: parts([talking(), {...onDesk({state: 'held', heldBy: 'me'}), id: 'c_2', peer: long}], {
        ...media,
        devices: [desk, {...desk, id: 'd2', display: 'Desk phone (2)', primary: false}],
      }),
      async act(page) {
        await up(page);
        await page.keyboard.press('t');
        await page.getByLabel('Name or number to transfer to').waitFor();
      },
    },
    {
      name: 'talking-muted',
      ready: 'In this browser',
      history,
      parts: parts([talking({microphone: 'muted'})], media),
      act: up,
    },
    {name: 'held', ready: 'On hold', history, parts: parts([talking({state: 'held', heldBy: 'me'})], media), act: up},
    {
      name: 'held-other',
      ready: 'Held by the other side',
      history,
      parts: parts([talking({state: 'held', heldBy: 'other'})], media),
      act: up,
    },
    {
      name: 'second-call',
      ready: 'Incoming call',
      history,
      parts: parts([talking(), {...incoming(stranger), id: 'c_2'}], media),
    },
    {name: 'on-deskphone', ready: 'On Desk phone', history, parts: parts([onDesk()])},
    {name: 'on-deskphone-shut', ready: 'Microphone muted', history, parts: parts([onDesk({microphone: 'shut'})])},
    {
      name: 'on-deskphone-wanted',
      ready: 'Press Unmute on the phone',
      history,
      parts: parts([onDesk({microphone: 'wanted'})]),
    },
    {
      name: 'on-deskphone-reminded',
      ready: 'Microphone muted',
      history,
      parts: parts([
        onDesk({
          microphone: 'shut',
          reason: "Your phone's microphone is still muted. Press Unmute when you want to speak.",
        }),
      ]),
    },
    {
      name: 'on-deskphone-auto',
      ready: 'Auto-answered: Friends',
      history,
      parts: parts([onDesk({microphone: 'shut', auto: byBob})]),
    },
    {
      name: 'on-deskphone-auto-open',
      ready: 'Auto-answered: Addresses',
      history,
      parts: parts([onDesk({auto: {...byBob, grant: 'addresses', by: long}, peer: long})]),
    },
    {
      name: 'grant-removed',
      ready: 'Auto-answered: Friends',
      history,
      parts: parts([onDesk({microphone: 'shut', auto: byBob})]),
      said: {hangup: 'Friends cannot open your phone any more.'},
      async act(page) {
        await page.getByRole('button', {name: 'Hang up and remove grant'}).click();
        await page.getByText('cannot open your phone any more').waitFor();
      },
    },
    {
      name: 'device',
      ready: 'Your phones',
      history,
      parts: parts([], {devices: [desk, {...lab, interworking: false, fixed: true}]}),
      async act(page) {
        await setUp(page, desk.display);
        await setUp(page, lab.display);
      },
    },
    {
      name: 'device-tested',
      ready: 'Your phones',
      history,
      parts: parts(),
      rest: {'POST devices/desk/test': [200, tested]},
      async act(page) {
        await setUp(page, desk.display);
        await page.getByRole('button', {name: 'Test my deskphone'}).click();
        await page.getByText('This is kept for it').waitFor();
      },
    },
    {
      name: 'device-testing',
      ready: 'Your phones',
      history,
      parts: parts([], {devices: [{...desk, testing: true}]}),
      act: page => setUp(page, desk.display),
    },
    {
      name: 'device-refused',
      ready: 'Your phones',
      history,
      parts: parts(),
      rest: {
        'PATCH devices/desk': [
          409,
          {
            title: 'Conflict',
            status: 409,
            detail:
              'The configuration file of the gateway sets this, so it cannot be changed here. Ask the administrator to change the file.',
          },
        ],
      },
      async act(page) {
        await setUp(page, desk.display);
        await page.getByRole('switch', {name: 'May answer by itself'}).click();
        await page.getByText('The configuration file of the gateway sets this').waitFor();
      },
    },
    {name: 'other-window', ready: 'In another window', history, parts: parts([talking({here: false})])},
    {
      name: 'ended',
      ready: 'Call again',
      history,
      parts: parts([
        {
          ...talking({
            state: 'ended',
            since: ago(3),
            reason: 'Bob Stone hung up.',
            cause: 'normal',
            on: null,
            here: false,
          }),
        },
        {
          ...incoming(stranger),
          id: 'c_2',
          state: 'ended',
          since: ago(20),
          reason: 'The caller gave up before anybody answered.',
          cause: 'cancelled',
        },
      ]),
    },
    {
      name: 'refused',
      ready: 'Call again',
      history,
      parts: parts([
        {
          ...talking({
            direction: 'out',
            state: 'ended',
            on: null,
            here: false,
            since: ago(3),
            reason: 'Nobody has the number 4711. Check it and try again.',
            cause: 'not_found',
          }),
          answered: undefined,
        },
      ]),
      refuse: {
        dismiss: {code: 'fault', message: 'The gateway could not do that: its store is away. Try again in a minute.'},
      },
      async act(page) {
        await page.getByRole('button', {name: 'Dismiss'}).click();
        await page.getByText('its store is away').waitFor();
      },
    },
    {
      name: 'offline-talking',
      ready: 'In this browser',
      history,
      parts: parts([talking()], media),
      async act(page, gateway) {
        await up(page);
        await page.context().setOffline(true);
        for (const socket of gateway.sockets) socket.terminate();
        await page.getByText('Reconnecting, your call goes on').waitFor();
      },
    },
    {
      name: 'offline-silent',
      ready: 'In this browser',
      history,
      parts: parts([talking()], media),
      async act(page, gateway) {
        await up(page);
        gateway.goDown();
        await page.evaluate(hush);
        await page.getByText('No sound arrives').waitFor();
      },
    },
    {
      name: 'offline-hung-up',
      ready: 'In this browser',
      history,
      parts: parts([talking()], media),
      async act(page, gateway) {
        await up(page);
        gateway.goDown();
        await page.getByRole('button', {name: 'Hang up'}).click();
        await page.locator('ended-card').getByText('You hung up').waitFor();
      },
    },
    {
      name: 'no-sound',
      ready: 'In this browser',
      walled: true,
      history,
      parts: parts([talking()], {devices: [desk, lab], ...media}),
      act: page => page.getByText('No sound').waitFor({timeout: 30_000}),
    },
    {
      name: 'pick-up',
      ready: 'Pick up Desk phone',
      history,
      parts: parts([onDesk({direction: 'out', state: 'ringing', pickUp: true, answered: undefined, since: ago(4)})]),
    },
    {
      name: 'elsewhere',
      ready: 'Sales desk',
      history,
      parts: parts(),
      async act(page, gateway) {
        for (const socket of gateway.sockets) socket.close(4409);
        await page.getByText('open in another window').waitFor();
      },
    },
    {
      name: 'keys',
      ready: 'Sales desk',
      history,
      parts: parts(),
      async act(page) {
        await page.keyboard.press('?');
        await page.getByRole('dialog').waitFor();
      },
    },
    {
      name: 'directory',
      ready: 'Sales desk',
      history,
      parts: parts(),
      rest: directory,
      async act(page) {
        await page.getByRole('button', {name: 'Directory', exact: true}).click();
        await page.getByRole('button', {name: 'Add somebody', exact: true}).click();
        await page.getByLabel('Addresses or numbers').fill('bob@*');
        await page.getByRole('button', {name: 'Add to directory', exact: true}).click();
        await page.getByText('is no address').waitFor();
      },
    },
    {
      name: 'directory-change',
      ready: 'Sales desk',
      history,
      parts: parts(),
      rest: directory,
      async act(page) {
        await page.getByRole('button', {name: 'Directory', exact: true}).click();
        await page.getByRole('button', {name: 'Change Bob Stone'}).click();
        await page.getByRole('button', {name: 'Remove Bob Stone'}).waitFor();
      },
    },
    {
      name: 'directory-import',
      ready: 'Sales desk',
      history,
      parts: parts(),
      rest: directory,
      async act(page) {
        await page.getByRole('button', {name: 'Directory', exact: true}).click();
        await page.getByRole('button', {name: 'Import or export'}).click();
        const file = {name: 'people.csv', mimeType: 'text/csv', buffer: Buffer.from('display,address')};
        await page.locator('input[type=file]').setInputFiles(file);
        await page.getByText('12 people were added').waitFor();
      },
    },
    {
      name: 'friends',
      ready: 'Sales desk',
      history,
      parts: parts([talking()], media),
      rest: {'GET directory': [200, {entries: [directory['GET directory'][1].entries[0]], total: 1}]},
      async act(page) {
        await page.getByRole('button', {name: 'Friends', exact: true}).click();
        await page.getByRole('list', {name: 'Friends'}).waitFor();
      },
    },
    {
      name: 'friends-none',
      ready: 'Sales desk',
      history,
      parts: parts(),
      rest: {'GET directory': [200, {entries: [], total: 0}]},
      async act(page) {
        await page.getByRole('button', {name: 'Friends', exact: true}).click();
        await page.getByText('You have no friends here yet').waitFor();
      },
    },
    {
      name: 'options',
      ready: 'Sales desk',
      history,
      parts: parts([], {devices: [desk, {...lab, interworking: false}], me: {...me, doNotDisturb: true}}),
      rest: options,
      async act(page) {
        await page.getByRole('button', {name: 'Feature Options', exact: true}).click();
        await page.getByLabel('user@domain').fill('bob@*');
        await page.getByRole('button', {name: 'Add', exact: true}).click();
        await page.getByText('the star stands for').waitFor();
        await page.getByLabel('Name, address or number').fill('eve@example.net');
        await page.getByRole('button', {name: 'Check', exact: true}).click();
        await page.getByText('Yes, Desk phone would answer').waitFor();
      },
    },
    {
      name: 'options-public',
      ready: 'Sales desk',
      history,
      parts: parts(),
      rest: {...options, 'GET policy': [200, {...options['GET policy'][1], forbid: []}]},
      async act(page) {
        await page.getByRole('button', {name: 'Feature Options', exact: true}).click();
        await page.getByRole('switch', {name: 'Allow Public'}).click();
        await page.getByRole('dialog').waitFor();
      },
    },
    {
      name: 'options-refused',
      ready: 'Sales desk',
      history,
      parts: parts(),
      rest: {
        'GET policy': [
          403,
          {
            title: 'Forbidden',
            status: 403,
            detail:
              'None of your deskphones may be made to answer by itself, so there is nothing to allow. Switch interworking on for a deskphone first.',
          },
        ],
      },
      async act(page) {
        await page.getByRole('button', {name: 'Feature Options', exact: true}).click();
        await page.getByText('there is nothing to allow').waitFor();
      },
    },
  ];
}
