import {css, html, LitElement, nothing, type PropertyValues} from 'lit';
import {customElement, property, query, state} from 'lit/decorators.js';
import {moment} from '../call/time.js';
import {t} from '../locales/words.js';
import type {Decision} from '../people/policy.js';
import * as policy from '../people/policy.js';
import type {Device, Me} from '../protocol/messages.js';
import type {AllowedAddresses} from './allowed-addresses.js';
import './allowed-addresses.js';
import './address-question.js';
import type {Place} from './places.js';
import './busy-choice.js';
import './decision-list.js';
import {icon} from './icons.js';
import './language-choice.js';
import {optionStyle} from './option-style.js';
import {optionSwitch} from './option-switch.js';
import {shortAddress} from './people.js';
import type {PublicQuestion} from './public-question.js';
import './public-question.js';
import {conflict, refusal} from './refusal.js';
import {shared} from './styles.js';

type Step = (from: policy.Grants) => policy.Grants;

/** Who, besides the user, may make his deskphone answer by itself. Closing it is an event `close`. */
@customElement('feature-options')
export class FeatureOptions extends LitElement {
  static override styles = [
    shared,
    optionStyle,
    css`
      :host {
        display: grid;
        gap: 0.75rem;
      }
      h2 {
        font-size: 1.125rem;
      }
      header + p {
        margin-block-end: 0.625rem;
      }
      .group {
        padding-block: 0.625rem;
        border-block-start: 1px solid var(--line);
      }
      .force {
        display: grid;
        gap: 0.25rem;
        padding-block-start: 0.75rem;
        border-block-start: 1px solid var(--line);
        overflow-wrap: anywhere;
      }
      .phones {
        padding-block-end: 0.625rem;
      }
      .link {
        display: inline;
        min-inline-size: 0;
        min-block-size: 1.5rem;
        padding: 0;
        background: none;
        color: var(--accent);
        font-weight: 400;
        text-decoration: underline;
      }
    `,
  ];

  @property({attribute: false}) me!: Me;
  @property({attribute: false}) devices: Device[] = [];
  /** Counts up whenever the directory has changed at the gateway: so have the counts. */
  @property({type: Number}) version = 0;
  @property({type: Boolean}) offline = false;
  @property({attribute: false}) now: () => number = Date.now;
  @state() private grants: policy.Grants | null = null;
  /** What the gateway said against the last step. */
  @state() private fault = '';
  @state() private addressFault = '';
  @state() private done = '';
  @state() private last: Decision | null = null;
  @query('h2') private heading!: HTMLElement;
  @query('public-question') private question!: PublicQuestion;
  @query('allowed-addresses') private list!: AllowedAddresses | null;
  private steps: Promise<unknown> = Promise.resolve();

  override firstUpdated(): void {
    this.heading.focus();
    void this.load();
  }

  override updated(changed: PropertyValues<this>): void {
    const back = changed.get('offline') === true && !this.offline;
    const stale = changed.get('version') !== undefined && changed.has('version');
    if ((back && !this.grants) || stale) void this.load();
  }

  private async load(): Promise<void> {
    this.fault = '';
    try {
      this.grants = await policy.grants();
    } catch (error) {
      this.grants = null;
      this.fault = refusal(error);
    }
  }

  /** Puts one step at a time, each on top of what the gateway kept of the one before; "" when it was kept. */
  private change(step: Step, done: string): Promise<string> {
    const next = this.steps.then(() => this.put(step, done));
    this.steps = next;
    return next;
  }

  private async put(step: Step, done: string): Promise<string> {
    if (!this.grants) return t.notDone;
    this.done = '';
    try {
      this.grants = await policy.putGrants(step(this.grants));
      this.done = done;
      return '';
    } catch (error) {
      if (!conflict(error)) return refusal(error);
      await this.load();
      return t.options.conflict;
    } finally {
      this.requestUpdate(); // a switch that was pressed in vain goes back
    }
  }

  private async allow(group: policy.Group, on: boolean): Promise<void> {
    this.fault = await this.change(from => policy.allow(from, group, on), t.options.saved);
  }

  private switched(group: policy.Group, on: boolean): void {
    if (group === 'public' && on) {
      this.requestUpdate(); // it stays off until the question is answered
      this.question.ask();
      return;
    }
    void this.allow(group, on);
  }

  private async addAddress(address: string): Promise<void> {
    this.addressFault = await this.change(from => policy.withAddress(from, address), t.options.added(address));
    if (!this.addressFault) this.list?.clear();
  }

  private async removeAddress(address: string): Promise<void> {
    this.addressFault = await this.change(from => policy.withoutAddress(from, address), t.options.removed(address));
    this.list?.focusField();
  }

  override render() {
    const {grants} = this;
    return html`
      <section class="card" aria-labelledby="title">
        <header>
          <h2 id="title" tabindex="-1">${t.options.title}</h2>
          <button class="bare" aria-label=${t.closeScreen(t.options.title)} @click=${this.close}>${icon('close')}<span>${t.close}</span></button>
        </header>
        <p class="small soft">${t.options.hint}</p>
        <div role="alert">${this.fault ? html`<p class="fault">${this.fault}</p>` : nothing}</div>
        <ul class="phones small" aria-label=${t.devices}>
          ${this.devices.map(device => html`<li>${this.interworking(device)}</li>`)}
        </ul>
        ${grants ? policy.groups.map(group => this.group(grants, group)) : this.absent()}
        <busy-choice .me=${this.me} ?offline=${this.offline}></busy-choice>
        ${grants ? html`<div class="force">${this.inForce(grants)}</div>` : nothing}
        <p class="unseen" role="status">${this.done}</p>
      </section>
      ${grants ? this.more() : nothing}
      <language-choice class="card"></language-choice>
      <public-question @allow=${() => this.allow('public', true)}></public-question>
    `;
  }

  /** Whether a deskphone may answer by itself at all. */
  private interworking({display, interworking, fixed}: Device) {
    if (interworking) return t.options.phoneMay(display);
    if (fixed) return `${t.options.phoneMayNot(display)} ${t.device.fixed}`;
    return html`${t.options.phoneMayNot(display)} ${this.link('', t.options.switchOn)}`;
  }

  private link(detail: Place, words: string, name = words) {
    const go = () => this.dispatchEvent(new CustomEvent<Place>('place', {detail, bubbles: true, composed: true}));
    return html`<button class="link" aria-label=${name} @click=${go}>${words}</button>`;
  }

  private absent() {
    if (!this.fault) return html`<p class="soft small">${t.options.loading}</p>`;
    return html`<button ?disabled=${this.offline} @click=${this.load}>${t.retry}</button>`;
  }

  private group(grants: policy.Grants, group: policy.Group) {
    const on = policy.allows(grants, group);
    const forbidden = grants.forbid.includes(group);
    const wider = policy.widerGroup(grants, group);
    const note = forbidden ? t.options.forbidden : wider ? t.options.included(t.options.groups[wider]) : '';
    return html`
      <div class="group">
        ${optionSwitch({
          id: group,
          name: t.options.groups[group],
          on,
          disabled: this.offline || (forbidden && !on),
          about: html`${this.about(grants, group)}${note ? html` <strong>${note}</strong>` : nothing}`,
          change: pressed => this.switched(group, pressed),
        })}
        ${group === 'addresses' ? this.addresses(grants, on) : nothing}
      </div>
    `;
  }

  private addresses(grants: policy.Grants, on: boolean) {
    return html`
      <allowed-addresses
        .addresses=${grants.addresses}
        .fault=${this.addressFault}
        ?idle=${!on}
        ?offline=${this.offline}
        @add=${(event: CustomEvent<string>) => this.addAddress(event.detail)}
        @remove=${(event: CustomEvent<string>) => this.removeAddress(event.detail)}
      ></allowed-addresses>
    `;
  }

  private about({count}: policy.Grants, group: policy.Group) {
    if (group === 'public' || group === 'addresses') return t.options.about[group];
    return html`
      ${t.options.about[group](count[group])}
      ${this.link(group, t.options.show, t.options.showGroup(group))}
    `;
  }

  private inForce(grants: policy.Grants) {
    const {addresses, domains} = grants.count;
    const counted = addresses || domains ? t.options.inForce(addresses, domains) : t.options.nobody;
    return html`
      <p>${policy.everybody(grants) ? t.options.everybody : counted}</p>
      ${this.me.doNotDisturb ? html`<p><strong>${t.options.disturbed}</strong></p>` : nothing}
      ${this.last ? html`<p class="small soft">${this.lastLine(this.last)}</p>` : nothing}
    `;
  }

  private lastLine({requester, grant, time, allow}: Decision): string {
    const who = shortAddress(requester) || t.options.withheld;
    const what = allow ? (t.grants[grant] ?? t.options.allowed) : t.options.refused;
    return t.options.last(who, what, moment(new Date(time), new Date(this.now()), t.lang));
  }

  private more() {
    return html`
      <address-question .devices=${this.devices} ?offline=${this.offline}></address-question>
      <decision-list
        @last=${this.noteLast}
        .now=${this.now} .devices=${this.devices} ?offline=${this.offline}></decision-list>
    `;
  }

  private noteLast(event: CustomEvent<Decision>): void {
    this.last = event.detail;
  }

  private close(): void {
    this.dispatchEvent(new CustomEvent('close'));
  }
}
