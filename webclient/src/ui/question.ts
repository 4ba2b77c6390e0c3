/** The dialogs that were opened here and may be open still. */
const asked = new Set<HTMLDialogElement>();
let beside = false;

/** Opens a dialog: over the page, or beside a call that needs the user. */
export function ask(dialog: HTMLDialogElement): void {
  asked.add(dialog);
  if (beside) dialog.show();
  else dialog.showModal();
}

/** Says whether a call needs the user. Then no dialog covers it or keeps clicks from it; what is open stays so. */
export function giveWay(needed: boolean): void {
  const begins = needed && !beside;
  beside = needed;
  for (const dialog of asked) {
    if (!dialog.open) asked.delete(dialog);
    else if (begins) {
      dialog.close();
      dialog.show();
    }
  }
}
