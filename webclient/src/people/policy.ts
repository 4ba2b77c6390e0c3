import type {Sentence} from '../protocol/messages.js';
import {request} from '../protocol/rest.js';

/** A group of people who may be allowed to make a deskphone answer by itself. */
export type Group = 'public' | 'friends' | 'directory' | 'addresses';

/** The groups in the order of the screen. */
export const groups: readonly Group[] = ['public', 'friends', 'directory', 'addresses'];

const members = {
  public: 'allowPublic',
  friends: 'allowFriends',
  directory: 'allowDirectory',
  addresses: 'allowAddresses',
} as const;

/** What a user allowed, as GET and PUT /api/v1/policy have it. */
export interface Grants {
  version: number;
  allowPublic: boolean;
  allowFriends: boolean;
  allowDirectory: boolean;
  allowAddresses: boolean;
  addresses: string[];
  /** The groups the administrator lets nobody allow. */
  forbid: Group[];
  count: Count;
}

/** How many people the groups have, and what is in force of them, each address counted once. */
export interface Count {
  friends: number;
  directory: number;
  addresses: number;
  domains: number;
}

/** Whether somebody could make a phone answer now, and why. */
export interface Verdict {
  requester: string;
  device: string;
  allow: boolean;
  /** What allowed it: a group, "self", or "" for a deny. */
  grant: string;
  reason: string;
  reasonSentence?: Sentence;
}

/** One past decision, as GET /api/v1/policy/decisions lists it; newest first. */
export interface Decision extends Verdict {
  id: string;
  time: string;
}

/** A page of past decisions; `next` asks for the page after it. */
export interface DecisionPage {
  decisions: Decision[];
  next?: string;
}

// All of these reject with a RestError.

export async function grants(): Promise<Grants> {
  return (await request('GET', '/policy')) as Grants;
}

/** Changes all grants at once; refused with 412 when they are no longer of the version given. */
export async function putGrants(changed: Grants): Promise<Grants> {
  return (await request('PUT', '/policy', changed)) as Grants;
}

/** Asks whether a name, address or number could make a phone answer now. */
export async function simulate(requester: string, device: string): Promise<Verdict> {
  return (await request('POST', '/policy/simulate', {requester, device})) as Verdict;
}

/** The newest decisions, or those before the one `before`. */
export async function decisions(before = ''): Promise<DecisionPage> {
  const query = new URLSearchParams({limit: '10', ...(before ? {before} : {})});
  return (await request('GET', `/policy/decisions?${query}`)) as DecisionPage;
}

export function allows(from: Grants, group: Group): boolean {
  return from[members[group]];
}

export function allow(from: Grants, group: Group, on: boolean): Grants {
  return {...from, [members[group]]: on};
}

/** The wider group that is allowed and holds everybody of this one. */
export function widerGroup(from: Grants, group: Group): Group | null {
  const counts = (wider: Group) => allows(from, wider) && !from.forbid.includes(wider);
  if (group !== 'public' && counts('public')) return 'public';
  return group === 'friends' && counts('directory') ? 'directory' : null;
}

/** Whether everybody may open a phone. */
export function everybody(from: Grants): boolean {
  return from.allowPublic && !from.forbid.includes('public');
}

export function withAddress(from: Grants, address: string): Grants {
  return {...from, addresses: [...from.addresses, address]};
}

export function withoutAddress(from: Grants, address: string): Grants {
  return {...from, addresses: from.addresses.filter(other => other !== address)};
}

/** What an allowed address stands for. */
export function reach(address: string): 'one' | 'users' | 'subdomains' {
  const place = address.replace(/^sips:/, '');
  if (place.startsWith('*.')) return 'subdomains';
  return place.includes('@') || place.startsWith('tel:') ? 'one' : 'users';
}
