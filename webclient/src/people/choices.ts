import type {Device, Me, OwnPresence, Sentence} from '../protocol/messages.js';
import {request} from '../protocol/rest.js';

// What the user chooses about himself and his deskphones. The parts `me` and
// `devices` follow. All of these reject with a RestError.

export type Choices = Pick<Me, 'whileBusy' | 'doNotDisturb'>;

/** What the user sets of his presence. Without `until`, what is set has no end. */
export type PresenceChoice = Partial<Pick<OwnPresence, 'set' | 'note' | 'until' | 'visible'>>;

/** Gives the user as he is then. */
export async function choose(change: Partial<Choices> & {presence?: PresenceChoice}): Promise<Me> {
  return (await request('PATCH', '/me', change)) as Me;
}

export type DeviceChoices = Pick<Device, 'interworking' | 'primary'>;

export async function chooseForDevice(id: string, change: Partial<DeviceChoices>): Promise<void> {
  await request('PATCH', `/devices/${encodeURIComponent(id)}`, change);
}

/** What the test of a deskphone found out. */
export interface PhoneTest {
  device: string;
  /** The way of asking that made it answer by itself. */
  worked: string | null;
  tried: {
    method: string;
    outcome: 'answered' | 'rang' | 'refused' | 'unreachable' | 'stopped';
    said: string;
    saidSentence?: Sentence;
  }[];
  /** The outcome in words. */
  said: string;
  saidSentence?: Sentence;
}

/** Asks a deskphone to answer by itself, in one way after the other; some seconds for each. */
export async function testDevice(id: string): Promise<PhoneTest> {
  return (await request('POST', `/devices/${encodeURIComponent(id)}/test`)) as PhoneTest;
}
