import type {WebSocket as Socket} from 'ws';
import {someParts} from './samples.js';

export interface Received {
  type: string;
  id?: string;
  do?: string;
  page?: string;
  resume?: {tab: string; secret: string};
}

/** The gateway's end of one socket, whose messages are taken one by one. */
export class Peer {
  private readonly queue: Received[] = [];
  private wake: (() => void) | undefined;

  constructor(readonly socket: Socket) {
    socket.on('message', text => {
      this.queue.push(JSON.parse(String(text)));
      this.wake?.();
    });
  }

  async next(): Promise<Received> {
    while (this.queue.length === 0) {
      await new Promise<void>(done => {
        this.wake = done;
      });
    }
    return this.queue.shift() as Received;
  }

  send(message: object): void {
    this.socket.send(JSON.stringify(message));
  }

  welcome(more: object = {}): void {
    this.send({
      type: 'welcome',
      seq: 1,
      now: new Date().toISOString(),
      build: 'b1',
      tab: {id: 't_1', secret: 's1'},
      resumed: false,
      ...someParts(),
      ...more,
    });
  }
}

export const memory = new Map<string, string>();
/** What a tab keeps, in memory. */
export function memoryStorage(): Storage {
  return {
    getItem: (key: string) => memory.get(key) ?? null,
    setItem: (key: string, value: string) => void memory.set(key, value),
  } as Storage;
}
