import type {Connection} from './connection.js';
import * as rest from './rest.js';
import type {TabStore} from './tabstore.js';

/** The user's way in and out by name and password, which a cookie keeps. */
export class LogIn {
  private asked = false;

  constructor(
    private readonly connection: Connection,
    private readonly store: TabStore,
    private readonly onChange: () => void,
  ) {}

  /** Whether the log-in screen is to be shown. */
  get due(): boolean {
    return this.asked || this.connection.phase === 'loggedOut';
  }

  /** Connects; a page that never did asks first whether there is a cookie. */
  async begin(): Promise<void> {
    if (this.store.read() || (await rest.loggedIn())) this.connection.start();
    else this.ask();
  }

  /** Rejects with a RestError whose sentence may be shown. */
  async logIn(name: string, password: string): Promise<void> {
    await rest.logIn(name, password);
    this.asked = false;
    if (this.connection.parts?.me.name !== name) this.connection.parts = null; // somebody else's
    this.connection.stop();
    this.connection.start();
  }

  /** Whether the gateway did it; else nothing has changed. */
  async logOut(): Promise<boolean> {
    try {
      await rest.logOut();
    } catch {
      return false;
    }
    this.connection.parts = null;
    this.store.forget();
    this.connection.stop();
    this.ask();
    return true;
  }

  private ask(): void {
    this.asked = true;
    this.onChange();
  }
}
