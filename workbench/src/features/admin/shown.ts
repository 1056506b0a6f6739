/** A setting's value as the file has it; an empty text is shown as a dash. */
export function shown(value: string | number | boolean): string {
  return value === '' ? '–' : String(value);
}
