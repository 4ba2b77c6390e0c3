import {ringing} from '../call/plan.js';
import {t} from '../locales/words.js';
import {tooLong} from '../people/text.js';
import type {Phone} from '../phone.js';
import {type Call, type Command, CommandError, type Device} from '../protocol/messages.js';
import {randomId} from '../protocol/random.js';

/** Where `answer` without a place answers. */
export type AnswerOn = 'deskphone' | 'browser' | 'ask';

/** What the element and client.js are told to do, by name and with plain arguments. */
export class Remote {
  answerOn: AnswerOn = 'ask';

  constructor(private readonly phone: Phone) {}

  /** Rejects with a CommandError whose sentence may be shown. */
  async run(name: string, args: readonly unknown[]): Promise<unknown> {
    if (name === 'message') return this.write(String(args[0] ?? ''), String(args[1] ?? ''), args[2]);
    const command = this.command(name, String(args[0] ?? ''), args[1]);
    const {call} = await this.phone.script(command);
    return call;
  }

  /** What is too long is not brought to the gateway at all: over 64 KiB it would end the line. */
  private async write(to: string, text: string, more: unknown): Promise<string> {
    if (tooLong(text)) throw new CommandError('too_long', t.chat.tooLong);
    const {key = randomId()} = (more ?? {}) as {key?: string};
    const {message = ''} = await this.phone.script({do: 'message', to, text, key: String(key)});
    return message;
  }

  private command(name: string, first: string, second: unknown): Command {
    const more = (second ?? {}) as {from?: string; on?: string; to?: string};
    if (name === 'call')
      return {do: 'call', to: first, from: this.place(more.from ?? 'browser', device => device.live)};
    const {id, version} = this.find(first);
    switch (name) {
      case 'answer':
        return {do: 'answer', call: id, version, on: this.place(more.on ?? this.preferred())};
      case 'hangUp':
        return {do: 'hangup', call: id};
      case 'decline':
      case 'hold':
      case 'resume':
      case 'mute':
      case 'unmute':
        return {do: name, call: id};
      case 'transfer':
        return {do: 'transfer', call: id, to: String(second ?? '')};
      case 'sendDigits':
        return {do: 'digits', call: id, digits: String(second ?? '')};
      case 'move':
        return {do: 'move', call: id, on: this.place(more.to ?? 'browser')};
    }
    throw new CommandError('bad_request', t.embed.unknown(name));
  }

  private preferred(): string {
    if (this.answerOn === 'ask') throw new CommandError('choose', t.embed.choose);
    return this.answerOn;
  }

  /** Without an id: the one call there is, the ringing one first. */
  private find(id: string): Call {
    const calls = this.phone.calls.filter(call => call.state !== 'ended');
    const found = id ? calls.find(call => call.id === id) : (ringing(calls)[0] ?? calls[0]);
    if (!found) throw new CommandError('no_such_call', t.embed.noCall);
    return found;
  }

  /** "browser", the id of a device, or for "deskphone" the one that can do it, the main one first. */
  private place(name: string, can = (device: Device) => device.answerable): string {
    if (name !== 'deskphone') return name;
    const able = (this.phone.parts?.devices ?? []).filter(can);
    const device = able.find(candidate => candidate.primary) ?? able[0];
    if (!device) throw new CommandError('device_offline', t.embed.noDeskphone);
    return device.id;
  }
}
