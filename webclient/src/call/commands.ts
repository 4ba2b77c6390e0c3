import {t} from '../locales/words.js';
import type {Connection} from '../protocol/connection.js';
import {opens} from '../protocol/entry.js';
import {type Command, CommandError, type Result} from '../protocol/messages.js';
import type {Voice} from './voice.js';

export interface CommandsOptions {
  connection: Connection;
  voice: Voice;
  /** Called with the sentence of a command of the user that was refused, and with "" when he gives another. */
  onRefused: (text: string) => void;
}

/** What the user, or a script of the site around the page, has the gateway do. */
export class Commands {
  constructor(private readonly options: CommandsOptions) {}

  /** Carries out a command of the user; null when it was refused. */
  async attempt(command: Command): Promise<Result | null> {
    const {connection, onRefused} = this.options;
    onRefused(''); // what went wrong before is history now
    try {
      if (connection.right === 'gesture' && opens(command)) this.checkClick();
      return await connection.do(command);
    } catch (error) {
      const ending = command.do === 'hangup' || command.do === 'decline';
      if (ending && error instanceof CommandError && error.code === 'ended') return {}; // as he wants it
      onRefused(error instanceof CommandError ? error.said : t.notDone);
      return null;
    }
  }

  /** What opens the microphone of a deskphone takes a click in this frame that is meant (I11). */
  private checkClick(): void {
    if (navigator.userActivation?.isActive === false) throw needsClick();
    const {doubt} = this.options.connection;
    if (doubt) throw new CommandError('not_meant', doubt);
  }

  /** Carries out a command of the user; whether the gateway took it. */
  async run(command: Command): Promise<boolean> {
    return (await this.attempt(command)) !== null;
  }

  /** Carries out a command that makes the user talk; in the browser the microphone comes first. */
  talk(place: string, call: string, command: () => Command): Promise<boolean> {
    if (place !== 'browser') return this.run(command());
    return this.options.voice.talk(call, () => this.attempt(command()));
  }

  /** Silences the microphone of this tab at once; the gateway follows. */
  mute(call: string): Promise<void> {
    return this.options.voice.mute(call, this.run({do: 'mute', call}));
  }

  /**
   * Carries out a command of a script of the site around the page. Rejects with a CommandError, and tells the user
   * nothing. A script makes no click: what needs one is refused (I11).
   */
  async script(command: Command): Promise<Result> {
    const {connection, voice} = this.options;
    if (connection.right === 'gesture' && opens(command)) throw needsClick();
    if (command.do === 'mute') {
      const told = connection.do(command);
      await voice.mute(
        command.call,
        told.catch(() => {}),
      );
      return told;
    }
    const place =
      command.do === 'call' ? command.from : command.do === 'answer' || command.do === 'move' ? command.on : '';
    if (place !== 'browser') return connection.do(command);
    let result: Result = {};
    const give = async () => {
      result = await connection.do(command);
      return result;
    };
    if (await voice.talk('call' in command ? command.call : '', give)) return result;
    throw new CommandError('no_microphone', t.microphone[voice.fault ?? 'busy']);
  }
}

function needsClick(): CommandError {
  return new CommandError('gesture_needed', t.embed.click);
}
