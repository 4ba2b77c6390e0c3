// The screens to picture, each as the state a gateway would send.
import {besideScreens} from './screens-beside.mjs';
import {callScreens} from './screens-calls.mjs';
import {chatScreens} from './screens-chat.mjs';
import {framedScreens} from './screens-framed.mjs';
import {presenceScreens} from './screens-presence.mjs';
import {searchScreens} from './screens-search.mjs';
import {en} from './words.mjs';

/** All of them, to be found by these words of the page. */
export const screens = (t = en) => [
  ...framedScreens(t),
  ...besideScreens(t),
  ...presenceScreens(t),
  ...chatScreens(t),
  ...searchScreens(t),
  ...callScreens(t),
];

/** Those that are pictured in German too: the way from the log-in to an ended call, and where words are long. */
export const germanScreens = [
  'login',
  'login-wrong',
  'idle',
  'incoming',
  'incoming-long',
  'talking',
  'talking-transfer',
  'talking-muted',
  'held-other',
  'on-deskphone-shut',
  'on-deskphone-auto',
  'offline-silent',
  'device',
  'ended',
  'keys',
  'directory',
  'directory-import',
  'options',
  'presence',
  'conversations',
  'suggestions',
  'messages-found',
  'chat',
  'quick-texts',
  'incoming-reply',
  'frame-incoming-reply',
  'frame-incoming',
  'frame-on-deskphone-shut',
  'frame-bar-idle',
];
