// What the screens to picture are made of: users, phones, calls and answers as a gateway would send them.

export const ago = seconds => new Date(Date.now() - 1000 * seconds).toISOString();

export const me = {
  name: 'alice',
  number: '1001',
  display: 'Alice Archer',
  address: 'sip:alice@example.test',
  tabs: 1,
  interworking: true,
  whileBusy: 'ring',
  doNotDisturb: false,
  presence: {set: '', note: '', visible: 'domain', state: 'available'},
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
export const unable = {
  answerable: false,
  why: 'This phone may not answer by itself. Ask the administrator, or lift its handset.',
  whySentence: {code: 'device.interworking_fixed'},
};
export const lab = {
  ...desk,
  id: 'lab',
  display: 'Phone in the laboratory, second floor',
  primary: false,
  live: false,
  answerable: false,
};
lab.why = `${lab.display} is not connected. Check that it is switched on and has network.`;
lab.whySentence = {code: 'device.offline', args: {device: lab.display}};
export const bob = {display: 'Bob Stone', address: 'sip:2002@example.test', verified: true};
export const stranger = {display: '', address: 'sip:+493012345678@carrier.example', verified: false};
export const long = {
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
    reason: 'The caller hung up before you answered.',
    reasonSentence: {code: 'cause.caller_gone.callee'},
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
    reason: 'The call has ended.',
    reasonSentence: {code: 'cause.hang_up'},
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
    reason: 'The call has ended.',
    reasonSentence: {code: 'cause.hang_up'},
  },
  {
    id: '2',
    direction: 'out',
    display: long.display,
    address: long.address,
    start: ago(300000),
    end: ago(299990),
    cause: 'busy',
    reason: 'The line is busy. Try again in a few minutes.',
    reasonSentence: {code: 'cause.busy.caller'},
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
    reason: 'The call has ended.',
    reasonSentence: {code: 'cause.hang_up'},
  },
];

const fault =
  'the star stands for whole parts in front of a domain only, as in *.example.com; all users of a domain are allowed by example.com';
const faults = `"bob@*" cannot be allowed: ${fault}.`;
const refusedAddress = `Nothing was changed. ${faults}`;
const decision = (id, allow, requester, reason, code) => ({
  id,
  time: ago(600 * id),
  allow,
  requester,
  device: 'desk',
  grant: allow ? 'addresses' : '',
  reason,
  reasonSentence: {code},
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
  'PUT policy': [
    422,
    {
      title: 'Unprocessable',
      status: 422,
      detail: refusedAddress,
      sentence: {code: 'problem.bad_address', args: {faults}},
      errors: [
        {
          detail: faults,
          detailSentence: {code: 'problem.address', args: {address: '"bob@*"', fault: {code: 'address.bad_star'}}},
        },
      ],
    },
  ],
  'POST policy/simulate': [
    200,
    {
      requester: 'sip:eve@example.net',
      device: 'desk',
      allow: true,
      grant: 'addresses',
      reason: 'The requester is one of the allowed addresses.',
      reasonSentence: {code: 'decision.addresses'},
    },
  ],
  'GET policy/decisions': [
    200,
    {
      decisions: [
        decision(
          1,
          true,
          'sip:lab@example.net',
          'The requester is one of the allowed addresses.',
          'decision.addresses',
        ),
        decision(
          2,
          false,
          long.address,
          'The owner allowed no group that the requester belongs to.',
          'decision.no_grant',
        ),
        decision(
          3,
          false,
          '',
          'The requester withholds his identity or has none that can be read, and the owner does not allow everybody.',
          'decision.withheld',
        ),
      ],
      next: '3',
    },
  ],
};

/** What the gateway answers about the directory. */
export const directory = {
  'POST directory/import': [
    200,
    {
      added: 12,
      merged: 1,
      rejected: [
        {
          line: 7,
          problem: 'the address "bob@*" cannot be used: the domain has characters or empty parts that no domain has',
          problemSentence: {
            code: 'entry.bad_address',
            args: {address: '"bob@*"', fault: {code: 'address.bad_domain'}},
          },
        },
        {
          line: 9,
          problem: 'an entry needs an address, such as bob@example.com or +15551234',
          problemSentence: {code: 'entry.no_address'},
        },
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
  'POST directory': [
    422,
    {
      title: 'Unprocessable',
      status: 422,
      detail:
        'The change was not made: an entry needs an address, such as bob@example.com or +15551234. Correct the value and send it again.',
      sentence: {code: 'problem.not_valid', args: {fault: {code: 'entry.no_address'}}},
    },
  ],
};

/** How Bob and the others are reached, as the gateway says it. */
export const presence = [
  {
    address: bob.address,
    display: bob.display,
    state: 'away',
    since: ago(4000),
    note: 'At the dentist, back at three. Eve takes the orders until then.',
    devices: {browser: true, phones: 0},
  },
  {
    address: long.address,
    display: long.display,
    state: 'dnd',
    since: ago(4000),
    devices: {browser: true, phones: 1},
  },
  {
    address: 'sip:2003@example.test',
    display: 'Eve Park',
    state: 'call',
    since: ago(100),
    devices: {browser: false, phones: 1},
  },
];

export const parts = (calls = [], more = {}) => ({
  me,
  devices: [desk],
  calls,
  presence,
  conversations: [],
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
export const byBob = {
  kind: 'intercom',
  grant: 'friends',
  reason: 'The requester is on the friends list.',
  reasonSentence: {code: 'decision.friends'},
  by: bob,
};
export const tested = {
  device: 'desk',
  worked: 'answer-after',
  tried: [
    {
      method: 'answer-mode',
      outcome: 'rang',
      said: 'It rang, and did not answer by itself.',
      saidSentence: {code: 'phonetest.rang'},
    },
    {
      method: 'answer-after',
      outcome: 'answered',
      said: 'It answered by itself.',
      saidSentence: {code: 'phonetest.answered'},
    },
  ],
  said: 'Desk phone answers by itself to Call-Info with answer-after=0. This is kept for it. If you lifted its handset, test again without touching it.',
  saidSentence: {code: 'phonetest.works', args: {device: 'Desk phone', way: 'Call-Info with answer-after=0'}},
};
export const setUp = async (page, name, t) => page.getByRole('button', {name: t.device.setUp(name)}).click();
export const media = {media: {want: {codecs: ['opus', 'PCMU'], generation: 1}, port: 8443}};
export const up = t => page => page.getByText(t.connecting).waitFor({state: 'hidden'});
