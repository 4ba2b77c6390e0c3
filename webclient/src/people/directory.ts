import {request} from '../protocol/rest.js';

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

export async function entries(query: string, after = ''): Promise<EntryPage> {
  const search = new URLSearchParams({...(query ? {q: query} : {}), ...(after ? {after} : {})});
  return (await request('GET', `/directory?${search}`)) as EntryPage;
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
