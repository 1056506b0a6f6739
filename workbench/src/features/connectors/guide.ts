// The steps of a channel's page (Markdown), as blocks that a page can show.

export type Block =
  | { kind: 'text'; text: string }
  | { kind: 'code'; text: string }
  | { kind: 'table'; rows: string[][] };

export interface Guide {
  /** Said before and after the steps. */
  notes: Block[];
  steps: Block[][];
}

/** Text in pieces: plain, `code` or **strong**. */
export interface Piece {
  kind: 'plain' | 'code' | 'strong';
  text: string;
}

const STEP = /^\d+\. (.*)$/;
const FENCE = /^\s*```/;
const RULE = /^\|[\s:|-]+\|$/;
const LINK = /\[([^\]]+)\]\([^)]+\)/g;
const MARKED = /`([^`]+)`|\*\*([^*]+)\*\*/g;

export function readGuide(markdown: string, shop?: { name: string; url: string }): Guide {
  const guide: Guide = { notes: [], steps: [] };
  let into = guide.notes;
  let isOpen = false;
  const lines = filled(markdown, shop).split('\n');
  for (let at = 0; at < lines.length; at += 1) {
    const line = lines[at] ?? '';
    const step = STEP.exec(line);
    if (step) {
      into = [{ kind: 'text', text: step[1] ?? '' }];
      guide.steps.push(into);
      isOpen = true;
    } else if (FENCE.test(line)) {
      const code: string[] = [];
      for (at += 1; at < lines.length && !FENCE.test(lines[at] ?? ''); at += 1)
        code.push((lines[at] ?? '').trim());
      into.push({ kind: 'code', text: code.join('\n') });
      isOpen = false;
    } else if (line.startsWith('|')) {
      into = guide.notes;
      if (!RULE.test(line)) row(into, line);
    } else if (!line.trim()) isOpen = false;
    else {
      if (!line.startsWith(' ') && !isOpen) into = guide.notes;
      paragraph(into, line.trim(), isOpen);
      isOpen = true;
    }
  }
  return guide;
}

export function piecesOf(text: string): Piece[] {
  const pieces: Piece[] = [];
  const plain = text.replace(LINK, '$1');
  let end = 0;
  for (const match of plain.matchAll(MARKED)) {
    if (match.index > end) pieces.push({ kind: 'plain', text: plain.slice(end, match.index) });
    const code = match[1];
    pieces.push(code ? { kind: 'code', text: code } : { kind: 'strong', text: match[2] ?? '' });
    end = match.index + match[0].length;
  }
  if (end < plain.length) pieces.push({ kind: 'plain', text: plain.slice(end) });
  return pieces;
}

/** Whether a command is what the form of this page has done. */
export function isDoneHere(code: string): boolean {
  return code.startsWith('orderguard shop add ');
}

function filled(markdown: string, shop?: { name: string; url: string }): string {
  if (!shop) return markdown;
  return markdown
    .replace(/https:\/\/(?:YOUR.HOST|…)\/webhooks\/[a-z_]+\/NAME/g, shop.url)
    .replace(/\bNAME\b/g, shop.name);
}

function row(into: Block[], line: string): void {
  const cells = line.split('|').slice(1, -1);
  const table = into.at(-1);
  const read = cells.map((cell) => cell.trim());
  if (table?.kind === 'table') table.rows.push(read);
  else into.push({ kind: 'table', rows: [read] });
}

function paragraph(into: Block[], line: string, isOpen: boolean): void {
  const last = into.at(-1);
  if (isOpen && last?.kind === 'text') last.text += ` ${line}`;
  else into.push({ kind: 'text', text: line });
}
