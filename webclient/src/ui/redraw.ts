import {LitElement} from 'lit';

/** Draws all elements below anew, in the words of now; what was typed or opened in them stays. */
export function redraw(root: ParentNode): void {
  for (const element of root.querySelectorAll('*')) {
    if (!(element instanceof LitElement)) continue;
    element.requestUpdate();
    if (element.shadowRoot) redraw(element.shadowRoot);
  }
}
