import type {ReactiveController, ReactiveControllerHost} from 'lit';
import {endedFor} from '../call/stage.js';
import type {Call} from '../protocol/messages.js';

/** The stage as far as calls leave it. */
export interface Leaves extends ReactiveControllerHost {
  /** Whether the calls that are over must stay for now: the user is at them, or they are not settled. */
  readonly keeps: boolean;
}

/** Lets calls that are over leave the stage after a while. They are in the history then. */
export class EndedCalls implements ReactiveController {
  private readonly timers = new Map<string, ReturnType<typeof setTimeout> | null>();
  private alive = new Set<string>();

  constructor(private readonly stage: Leaves) {
    stage.addController(this);
  }

  hostDisconnected(): void {
    for (const timer of this.timers.values()) clearTimeout(timer ?? undefined);
  }

  /** Of the calls those that are over and still to be shown; `now` is the gateway's time (ms). */
  shown(calls: readonly Call[], now: number): Call[] {
    const over = calls.filter(call => call.state === 'ended');
    for (const id of this.timers.keys()) if (!over.some(call => call.id === id)) this.timers.delete(id);
    for (const {id, since} of over) {
      if (this.timers.has(id)) continue;
      // One that ended before this page was loaded has stood somewhere already.
      const stood = this.alive.has(id) ? 0 : now - Date.parse(since);
      if (stood < endedFor) this.wait(id, endedFor - stood);
      else this.timers.set(id, null);
    }
    this.alive = new Set(calls.filter(call => call.state !== 'ended').map(call => call.id));
    return over.filter(call => this.timers.get(call.id) !== null);
  }

  private wait(id: string, ms: number): void {
    const leave = () => {
      if (!this.timers.has(id)) return;
      if (this.stage.keeps) return this.wait(id, 1000);
      this.timers.set(id, null);
      this.stage.requestUpdate();
    };
    this.timers.set(id, setTimeout(leave, ms));
  }
}
