import { useEffect } from 'react';

export type Keys = Partial<Record<string, (event: KeyboardEvent) => void>>;

const TYPED_INTO = 'input, textarea, select, [contenteditable="true"]';
const CHOSEN_IN = '[role="dialog"], [role="menu"], [role="listbox"], .ant-select-dropdown';
/** What lies above the page, whoever has the focus: its button may be gone since it was pressed. */
const ABOVE = '.ant-modal-wrap:not([style*="display: none"]), .ant-drawer-open';
/** Keys that mean something to whatever has the focus. */
const OF_CONTROLS = new Set(['Enter', ' ']);
const CONTROLS = 'a, button, summary, [role="button"], [role="tab"], [role="checkbox"]';

/** Keys of the whole page, unless somebody types, or chooses in something that lies above it. */
export function useKeys(keys: Keys, isOn = true): void {
  useEffect(() => {
    if (!isOn) return undefined;
    const press = (event: KeyboardEvent) => {
      const run = keys[event.key];
      if (!run || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
      const at = event.target instanceof Element ? event.target : null;
      const isCheckbox = at instanceof HTMLInputElement && at.type === 'checkbox';
      if (at && !isCheckbox && at.closest(TYPED_INTO)) return;
      if (at?.closest(CHOSEN_IN) || document.querySelector(ABOVE)) return;
      if (OF_CONTROLS.has(event.key) && at?.closest(CONTROLS)) return;
      event.preventDefault();
      run(event);
    };
    addEventListener('keydown', press);
    return () => removeEventListener('keydown', press);
  }, [keys, isOn]);
}
