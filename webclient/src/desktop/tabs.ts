/**
 * Decides which of a user's tabs in one browser sounds the ring: the first
 * that may sound at all holds a lock until it closes or gives it back. Where there are no locks,
 * as in some frames, each tab rings.
 */
export class RingLock {
  held = false;
  private asked = false;
  private giveBack: () => void = () => {};

  constructor(
    private readonly onChange: () => void,
    private readonly locks: () => LockManager | undefined = () => navigator.locks,
  ) {}

  /** Queues for the lock; only to be called by a tab that may sound, or a mute one would win it. */
  ask(user: string): void {
    if (this.asked) return;
    this.asked = true;
    const taken = (): Promise<void> | undefined => {
      if (!this.asked) return undefined;
      this.held = true;
      this.onChange();
      return new Promise<void>(done => {
        this.giveBack = done;
      });
    };
    try {
      const locks = this.locks();
      if (!locks) void taken();
      else locks.request(`ringsplash-ring ${user}`, taken).catch(() => void taken());
    } catch {
      void taken();
    }
  }

  /** Gives the lock back, or leaves the queue. */
  release(): void {
    this.asked = false;
    this.held = false;
    this.giveBack();
  }
}
