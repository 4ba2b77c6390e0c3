import {t} from '../locales/words.js';
import {RestError} from '../protocol/rest.js';

/** What to tell the user about a request that failed. */
export function refusal(error: unknown): string {
  if (!(error instanceof RestError)) return t.notDone;
  return error.status === 0 ? t.gatewayAway : error.message || t.notDone;
}

/** Whether somebody else was faster. */
export function conflict(error: unknown): boolean {
  return error instanceof RestError && error.status === 412;
}
