import type {Call, Device, Parts} from '../src/protocol/messages.js';

/** A call as the gateway sends it, with what a test cares about put in. */
export function aCall(more: Partial<Call> = {}): Call {
  return {
    id: 'c_1',
    version: 1,
    direction: 'in',
    state: 'ringing',
    peer: {display: 'Bob Stone', address: 'sip:2002@example.test', verified: true},
    on: null,
    here: false,
    auto: null,
    microphone: 'live',
    since: '2026-01-31T09:30:00.000Z',
    ...more,
  };
}

/** A call that talks in this tab. */
export function talking(more: Partial<Call> = {}): Call {
  return aCall({state: 'connected', on: 'browser', here: true, ...more});
}

export function aDevice(more: Partial<Device> = {}): Device {
  return {
    id: 'desk',
    display: 'Desk phone',
    instance: 'urn:uuid:1',
    live: true,
    interworking: true,
    primary: false,
    profile: 'auto',
    userAgent: '',
    answerable: true,
    ...more,
  };
}

export function someParts(more: Partial<Parts> = {}): Parts {
  return {
    me: {
      name: 'alice',
      number: '1001',
      display: 'Alice',
      address: 'sip:alice@example.test',
      tabs: 1,
      interworking: true,
      whileBusy: 'ring',
      doNotDisturb: false,
      presence: {set: '', note: '', visible: 'domain', state: 'available'},
    },
    devices: [],
    calls: [],
    presence: [],
    conversations: [],
    counters: {missed: 0, unreadMessages: 0, history: 0, directory: 0},
    media: {want: null, port: 8443},
    ...more,
  };
}
