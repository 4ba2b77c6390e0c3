import type {Sentence} from '../protocol/messages.js';
import {download, request, upload} from '../protocol/rest.js';

/** Somebody in the user's personal directory. */
export interface Entry {
  id: string;
  display: string;
  addresses: string[];
  note: string;
  friend: boolean;
  version: number;
}

/** What a person says of an entry; addresses as typed. */
export type Draft = Pick<Entry, 'display' | 'addresses' | 'note' | 'friend'>;

/** A page of entries by name; `next` asks for the page after it. */
export interface EntryPage {
  entries: Entry[];
  total: number;
  next?: string;
}

// All of these reject with a RestError.

/** What of the directory is asked for. */
export interface EntryQuery {
  /** Words to find. */
  words: string;
  /** Friends only. */
  friends: boolean;
  /** The `next` of the page before. */
  after?: string;
  /** The most entries of a page. */
  limit?: number;
}

export async function entries(
  {words, friends, after = '', limit}: EntryQuery,
  signal?: AbortSignal,
): Promise<EntryPage> {
  const search = new URLSearchParams({
    ...(words ? {q: words} : {}),
    ...(friends ? {friends: 'true'} : {}),
    ...(after ? {after} : {}),
    ...(limit ? {limit: String(limit)} : {}),
  });
  return (await request('GET', `/directory?${search}`, undefined, signal)) as EntryPage;
}

/** Whether an address is that of a friend. */
export async function isFriend(address: string): Promise<boolean> {
  const same = (other: string) => other.toLowerCase() === address.toLowerCase();
  const found = await entries({words: address.replace(/^(sips?|tel):/i, ''), friends: true});
  return found.entries.some(entry => entry.addresses.some(same));
}

export async function addEntry(draft: Draft): Promise<Entry> {
  return (await request('POST', '/directory', draft)) as Entry;
}

/** Changes all of an entry; refused with 412 when it is no longer of the version given. */
export async function putEntry(entry: Entry): Promise<Entry> {
  return (await request('PUT', `/directory/${encodeURIComponent(entry.id)}`, entry)) as Entry;
}

export async function removeEntry(entry: Entry): Promise<void> {
  await request('DELETE', `/directory/${encodeURIComponent(entry.id)}`);
}

/** What became of an imported file. */
export interface Imported {
  added: number;
  /** What fitted somebody who was there. */
  merged: number;
  rejected: {line: number; problem: string; problemSentence?: Sentence}[];
  /** Further ones that were left out. */
  more?: number;
}

/** Adds the people of a vCard or CSV file; which of them it is, its name tells. */
export async function importEntries(file: File): Promise<Imported> {
  const card = /\.(vcf|vcard)$/i.test(file.name) || /vcard/i.test(file.type);
  return (await upload('/directory/import', file, card ? 'text/vcard' : 'text/csv')) as Imported;
}

export type FileKind = 'vcard' | 'csv';

/** The whole directory as a file. */
export function exportEntries(kind: FileKind): Promise<Blob> {
  return download(`/directory/export?format=${kind}`);
}
