import type {TabKey} from './messages.js';

const key = 'ringsplash-tab';

/**
 * Keeps the tab's key, and the calls it hung up, over a reload, in sessionStorage, or in memory where that
 * throws, as it does in a frame whose storage is blocked.
 */
export class TabStore {
  private memory: string | null = null;
  private loads = 0;

  constructor(private readonly storage: () => Storage = () => sessionStorage) {
    this.loads = Number(this.get(`${key}-loads`) ?? 0) + 1;
    this.set(`${key}-loads`, String(this.loads));
  }

  read(): TabKey | null {
    const text = this.get(key) ?? this.memory;
    if (!text) return null;
    try {
      const {id, secret} = JSON.parse(text) as TabKey;
      return id && secret ? {id, secret} : null;
    } catch {
      return null;
    }
  }

  write(tab: TabKey): void {
    this.memory = JSON.stringify({id: tab.id, secret: tab.secret});
    this.set(key, this.memory);
  }

  forget(): void {
    this.memory = null;
    this.set(key, '');
  }

  /** The calls hung up in this tab whose end the gateway has not shown yet, each with when. */
  hungUp(): Array<[string, string]> {
    try {
      return JSON.parse(this.get(`${key}-hung-up`) ?? '[]');
    } catch {
      return [];
    }
  }

  keepHungUp(calls: Array<[string, string]>): void {
    this.set(`${key}-hung-up`, JSON.stringify(calls));
  }

  /**
   * Begins the command ids of this page load. The tab lives on over a reload
   * and so do the ids the gateway remembers: counting from 1 again would have
   * a new command answered with an old one's reply.
   */
  prefix(): string {
    return `${this.loads}.`;
  }

  private get(name: string): string | null {
    try {
      return this.storage().getItem(name);
    } catch {
      return null;
    }
  }

  private set(name: string, value: string): void {
    try {
      this.storage().setItem(name, value);
    } catch {
      // Blocked or full: this page load goes on from memory.
    }
  }
}
