import {t} from '../locales/words.js';
import {RestError} from '../protocol/rest.js';

/** What to tell the user about a request that failed. */
export function refusal(error: unknown, otherwise = t.notDone): string {
  if (!(error instanceof RestError)) return otherwise;
  return error.status === 0 ? t.gatewayAway : error.said || otherwise;
}

/** Whether somebody else was faster. */
export function conflict(error: unknown): boolean {
  return error instanceof RestError && error.status === 412;
}
