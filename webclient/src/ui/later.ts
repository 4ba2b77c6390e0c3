import type {Suggester} from '../people/suggest.js';
import type {Place} from './places.js';

/** The views, and what else the first screen does without: each is a file of its own, which comes when it is wanted. */
const views = {
  options: () => import('./feature-options.js'),
  presence: () => import('./own-presence.js'),
  people: () => import('./people-list.js'),
  conversations: () => import('./conversation-list.js'),
  reply: () => import('./reply-form.js'),
  keys: () => import('./key-list.js'),
  suggestions: () => import('../people/suggest.js'),
};

export type LaterView = keyof typeof views;

/** What must be there to show a place; null when it has nothing that comes later. */
export function viewOf(place: Place): LaterView | null {
  if (place === 'friends' || place === 'directory') return 'people';
  return place === 'options' || place === 'presence' || place === 'conversations' ? place : null;
}

const loaded = new Map<LaterView, Promise<boolean>>();

/** Loads the elements of a view; whether they are there. What failed is tried anew the next time. */
export function need(view: LaterView): Promise<boolean> {
  const before = loaded.get(view);
  if (before) return before;
  const work = views[view]().then(
    () => true,
    () => {
      loaded.delete(view);
      return false;
    },
  );
  loaded.set(view, work);
  return work;
}

/** Makes what finds suggestions for a field; null when it cannot be had. `changed` is called whenever it found some. */
export async function suggester(changed: () => void): Promise<Suggester | null> {
  if (!(await need('suggestions'))) return null;
  const made = await views.suggestions();
  return new made.Suggester(changed);
}

/** Loads all of them ahead: who wants one while the gateway is away, or serves a newer page, has it then. */
export function needAll(): void {
  for (const view of Object.keys(views) as LaterView[]) void need(view);
}
