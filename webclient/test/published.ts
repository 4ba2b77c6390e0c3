// What the npm package's types promise must be what the code has: this need
// only compile.
import type {RingsplashClient as Published} from '../package/client.js';
import type {Identity, Message, Presence, Quality as PublishedQuality} from '../package/phone.js';
import type {Quality} from '../src/call/quality.js';
import type {RingsplashClient} from '../src/embed/client.js';
import type {Written} from '../src/embed/new-messages.js';
import type {Me, Presence as Seen} from '../src/protocol/messages.js';

export const client = (code: RingsplashClient): Pick<Published, Exclude<keyof Published, keyof EventTarget>> => code;
export const identity = (code: Me): Identity => code;
export const quality = (code: Quality): Omit<PublishedQuality, 'call' | 'bad'> => code;
export const message = (code: Written): Message => code;
export const presence = (code: Seen): Presence => code;
