import {GatewayError, type Message, type Sentence} from './messages.js';

/** One past call, as GET /api/v1/history lists it; newest first. */
export interface HistoryEntry {
  id: string;
  direction: 'in' | 'out';
  display: string;
  address: string;
  start: string;
  answered?: string | null;
  end: string;
  on?: string;
  missed?: boolean;
  /** How many unanswered calls of one stranger the row stands for. */
  count?: number;
  cause: string;
  reason: string;
  reasonSentence?: Sentence;
}

/** A refused request: its status, and the problem's sentence (RFC 9457, section 3.1). */
export class RestError extends GatewayError {
  constructor(
    readonly status: number,
    message: string,
    sentence?: Sentence,
  ) {
    super(message, sentence);
    this.name = 'RestError';
  }
}

/** Which gateway is asked, and what proves the log-in there; on our own page both are "". */
export interface Proof {
  gateway: string;
  bearer: string;
}

let proof: Proof = {gateway: '', bearer: ''};

/** Has requests prove the log-in by this instead of a cookie. */
export function useProof(given: Proof): void {
  proof = given;
}

const api = '/api/v1';

/** RFC 9457. */
interface Problem {
  title?: string;
  detail?: string;
  sentence?: Sentence;
  /** The single faults of what was sent, where `sentence` has a place for all of them. */
  errors?: {detailSentence?: Sentence}[];
}

/** What a problem says, each of its faults as a sentence of its own. */
function sentenceOf({sentence, errors = []}: Problem): Sentence | undefined {
  const faults = errors.flatMap(({detailSentence}) => detailSentence ?? []);
  if (!sentence?.args?.faults || !faults.length) return sentence;
  return {...sentence, args: {...sentence.args, faults}};
}

/** Sends a body of a kind (a media type). Rejects with a RestError; status 0 when the gateway was not reached. */
async function send(
  method: string,
  path: string,
  body?: BodyInit,
  kind = '',
  {gateway, bearer} = proof,
  signal: AbortSignal | null = null,
): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(`${gateway}${api}${path}`, {
      method,
      signal,
      headers: {
        ...(bearer ? {Authorization: `Bearer ${bearer}`} : {}),
        ...(body === undefined ? {} : {'Content-Type': kind}),
      },
      ...(body === undefined ? {} : {body}),
    });
  } catch {
    throw new RestError(0, '');
  }
  if (response.ok) return response;
  const problem = ((await response.json().catch(() => null)) ?? {}) as Problem;
  throw new RestError(response.status, problem.detail ?? problem.title ?? '', sentenceOf(problem));
}

/** Rejects with a RestError; status 0 when the gateway was not reached, or the signal gave the request up. */
export async function request(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<unknown> {
  const text = body === undefined ? undefined : JSON.stringify(body);
  const response = await send(method, path, text, 'application/json', proof, signal);
  return response.json().catch(() => null);
}

/** Sends a file of a media type. Rejects with a RestError. */
export async function upload(path: string, file: Blob, kind: string): Promise<unknown> {
  return (await send('POST', path, file, kind)).json();
}

/** Fetches a file. Rejects with a RestError. */
export async function download(path: string): Promise<Blob> {
  return (await send('GET', path)).blob();
}

export async function logIn(name: string, password: string): Promise<void> {
  await request('POST', '/login', {name, password});
}

export async function logOut(): Promise<void> {
  await request('DELETE', '/login');
}

/** Whether the log-in holds; a gateway that is away says nothing against it. */
export async function loggedIn(): Promise<boolean> {
  try {
    await request('GET', '/me');
    return true;
  } catch (error) {
    return !(error instanceof RestError && error.status === 401);
  }
}

/** A page of a conversation, the newest message first; `next` asks for the page after it. */
export interface MessagesPage {
  messages: Message[];
  next?: string;
}

/** What the user and `query.with` wrote to each other. Rejects with a RestError. */
export async function messagesWith(query: Record<string, string>, as = proof): Promise<MessagesPage> {
  return (await send('GET', `/messages?${new URLSearchParams(query)}`, undefined, '', as)).json();
}

/** A page of past calls; `next` asks for the page after it. */
export interface HistoryPage {
  history: HistoryEntry[];
  next?: string;
}

/** The newest calls, or those before the entry `before`. */
export async function history(before = '', as = proof): Promise<HistoryPage> {
  const query = before ? `?before=${encodeURIComponent(before)}` : '';
  return (await send('GET', `/history${query}`, undefined, '', as)).json();
}
