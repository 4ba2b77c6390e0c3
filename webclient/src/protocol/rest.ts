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
  cause: string;
  reason: string;
}

/** A refused request: its status, and the problem's sentence (RFC 9457, section 3.1). */
export class RestError extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
    this.name = 'RestError';
  }
}

let gateway = '';
let bearer = '';

/** Names the gateway, for pages of other sites, and what they prove their log-in with instead of a cookie. */
export function useBearer(text: string, base = ''): void {
  bearer = text;
  gateway = base;
}

const api = '/api/v1';

/** Rejects with a RestError; status 0 when the gateway was not reached. */
export async function request(method: string, path: string, body?: unknown): Promise<unknown> {
  let response: Response;
  try {
    response = await fetch(`${gateway}${api}${path}`, {
      method,
      headers: {
        ...(bearer ? {Authorization: `Bearer ${bearer}`} : {}),
        ...(body === undefined ? {} : {'Content-Type': 'application/json'}),
      },
      ...(body === undefined ? {} : {body: JSON.stringify(body)}),
    });
  } catch {
    throw new RestError(0, '');
  }
  const answer: unknown = await response.json().catch(() => null);
  if (response.ok) return answer;
  const problem = (answer ?? {}) as {title?: string; detail?: string};
  throw new RestError(response.status, problem.detail ?? problem.title ?? '');
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

/** A page of past calls; `next` asks for the page after it. */
export interface HistoryPage {
  history: HistoryEntry[];
  next?: string;
}

/** The newest calls, or those before the entry `before`. */
export async function history(before = ''): Promise<HistoryPage> {
  const query = before ? `?before=${encodeURIComponent(before)}` : '';
  return (await request('GET', `/history${query}`)) as HistoryPage;
}
