import {follow} from './language.js';

// What comes after this module is drawn in the right language from the start; without its words, in English.
const tryToFollow = () => follow().catch(() => {});
addEventListener('languagechange', tryToFollow);
addEventListener('storage', tryToFollow); // it was chosen in another window
await tryToFollow();
