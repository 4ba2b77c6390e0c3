import {css, html, LitElement, nothing} from 'lit';
import {customElement, property, query, state} from 'lit/decorators.js';
import {say, t} from '../locales/words.js';
import {exportEntries, type FileKind, type Imported, importEntries} from '../people/directory.js';
import {optionStyle} from './option-style.js';
import {refusal} from './refusal.js';
import {shared} from './styles.js';

/** Brings the directory in from a file and out into one; says in words what an import did. */
@customElement('directory-files')
export class DirectoryFiles extends LitElement {
  static override styles = [
    shared,
    optionStyle,
    css`
      .box {
        display: grid;
        gap: 0.625rem;
        padding-block: 0.75rem;
      }
      .acts {
        display: flex;
        flex-wrap: wrap;
        gap: 0.5rem;
      }
      .rejected {
        max-block-size: 14rem;
        margin-block-start: 0.375rem;
        padding-inline-start: 1.25rem;
        list-style: disc;
        overflow: auto;
        overflow-wrap: anywhere;
      }
      .said {
        font-weight: 600;
      }
    `,
  ];

  @property({type: Boolean}) offline = false;
  @state() private imported: Imported | null = null;
  @state() private fault = '';
  @state() private busy = false;
  @query('input') private file!: HTMLInputElement;
  @query('button') private first!: HTMLElement;

  override firstUpdated(): void {
    this.first.focus();
  }

  override render() {
    const off = this.offline;
    const busy = this.busy ? 'true' : nothing;
    return html`
      <div class="box" role="group" aria-label=${t.files.title}>
        <p class="small soft">${t.files.hint}</p>
        <div class="acts">
          <button class="main" ?disabled=${off} aria-disabled=${busy} @click=${() => this.busy || this.file.click()}>
            ${this.busy ? t.files.reading : t.files.choose}
          </button>
          <button ?disabled=${off} aria-disabled=${busy} @click=${() => this.busy || this.save('vcard')}>${t.files.saveAs('vCard')}</button>
          <button ?disabled=${off} aria-disabled=${busy} @click=${() => this.busy || this.save('csv')}>${t.files.saveAs('CSV')}</button>
        </div>
        <input
          type="file"
          hidden
          aria-label=${t.files.choose}
          accept=".vcf,.vcard,.csv,text/vcard,text/x-vcard,text/csv"
          @change=${this.read}
        />
        <div role="alert">${this.fault ? html`<p class="fault">${this.fault}</p>` : nothing}</div>
        <div role="status">${this.imported ? this.report(this.imported) : nothing}</div>
      </div>
    `;
  }

  private report({added, merged, rejected, more = 0}: Imported) {
    const left = rejected.length + more;
    return html`
      <p class="said">${t.files.did(added, merged, left)}</p>
      ${
        left
          ? html`<ul class="rejected small" tabindex="0" aria-label=${t.files.leftOut}>
              ${rejected.map(one => html`<li>${t.files.line(one.line, say(one.problem, one.problemSentence))}</li>`)}
              ${more ? html`<li>${t.files.more(more)}</li>` : nothing}
            </ul>`
          : nothing
      }
    `;
  }

  private async read(): Promise<void> {
    const [file] = this.file.files ?? [];
    if (!file) return;
    await this.attempt(async () => {
      this.imported = await importEntries(file);
      this.dispatchEvent(new CustomEvent('imported'));
    });
    this.file.value = ''; // so that the same file can be chosen again, corrected
  }

  private save(kind: FileKind): Promise<void> {
    return this.attempt(async () => {
      const link = document.createElement('a');
      link.href = URL.createObjectURL(await exportEntries(kind));
      link.download = kind === 'vcard' ? 'directory.vcf' : 'directory.csv';
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 60_000); // the browser reads it after the click
    });
  }

  private async attempt(work: () => Promise<void>): Promise<void> {
    this.busy = true;
    this.fault = '';
    this.imported = null;
    try {
      await work();
    } catch (error) {
      this.fault = refusal(error);
    }
    this.busy = false;
  }
}
