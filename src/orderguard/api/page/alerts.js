// The alerts that are known here, and the list of them.

import { arrange, find, h, write } from './dom.js';
import {
  duration,
  isNormal,
  milliseconds,
  moment,
  normal,
  number,
  orders,
  subject,
  value,
} from './format.js';
import { language, named, word } from './words.js';
import { link } from './address.js';

export const SEVERITIES = ['info', 'low', 'medium', 'high', 'critical'];
export const SHOWN_MAX = 200;
const EVIDENCE_MAX = 2;
const EVIDENCE_MAX_SERIOUS = 4;
const FLASHES_MAX = 8; // In a flood the list itself moves enough.
const TOKEN_SHOWN = 6;
const NARROW = matchMedia('(max-width: 1099px)');
const NARROW_ROWS = 15;
const HELD_MS = 20_000;
const MINUTE_MS = 60_000;

export const rank = (severity) => SEVERITIES.indexOf(severity);

// The newest alerts of each severity: a flood of one kind pushes out none of another.
export class Alerts {
  constructor() {
    this.kept = new Map(SEVERITIES.map((severity) => [severity, new Map()]));
  }

  // Whether it is new or has grown; an older state than the known one is passed over.
  take(alert) {
    const known = this.get(alert.alert_id);
    if (known && isOlder(alert, known)) return false;
    if (known && known.severity !== alert.severity) {
      this.kept.get(known.severity).delete(alert.alert_id);
    }
    const alike = this.kept.get(alert.severity);
    alike.set(alert.alert_id, alert);
    if (alike.size > 2 * SHOWN_MAX) this.trim(alike);
    return true;
  }

  get(id) {
    for (const alike of this.kept.values()) {
      if (alike.has(id)) return alike.get(id);
    }
    return null;
  }

  // The newest of this severity or a higher one, at most as many as are shown.
  newest(least) {
    const found = SEVERITIES.slice(rank(least)).flatMap((one) => [...this.kept.get(one).values()]);
    return found.sort(byDetection).slice(0, SHOWN_MAX);
  }

  // By minute, how many alerts of a shop (of all for null) were high or critical, and the worst.
  marks(shop) {
    const found = new Map();
    for (const severity of ['high', 'critical']) {
      for (const alert of this.kept.get(severity).values()) {
        if (shop !== null && shop !== `${alert.channel} / ${alert.shop}`) continue;
        const at = Math.floor(milliseconds(alert.detected_at) / MINUTE_MS);
        found.set(at, { severity, count: (found.get(at)?.count ?? 0) + 1 });
      }
    }
    return found;
  }

  trim(alike) {
    const newest = [...alike.values()].sort(byDetection).slice(0, SHOWN_MAX);
    alike.clear();
    for (const alert of newest) alike.set(alert.alert_id, alert);
  }
}

function isOlder(alert, known) {
  if (alert.updated_at !== known.updated_at) return alert.updated_at < known.updated_at;
  return alert.order_ids.length < known.order_ids.length;
}

function byDetection(one, other) {
  if (one.detected_at !== other.detected_at) return one.detected_at < other.detected_at ? 1 : -1;
  return one.alert_id < other.alert_id ? 1 : -1;
}

// The list. While somebody points at it nothing moves away: new ones wait behind a button.
export class Feed {
  constructor(rules) {
    this.rules = rules;
    this.rows = new Map();
    this.heldUntil = 0;
    this.rowsMax = NARROW.matches ? NARROW_ROWS : SHOWN_MAX;
    const list = find('feed');
    for (const name of ['pointermove', 'pointerdown', 'keydown', 'focusin']) {
      list.addEventListener(name, () => this.hold());
    }
    list.addEventListener('pointerleave', () => this.release());
    find('alerts-more').addEventListener('click', () => this.more());
    find('alerts-new').addEventListener('click', () => {
      this.release();
      find('feed').scrollTo({ top: 0 });
      this.paint(this.wanted, this.now, this.isFiltered);
      find('feed').querySelector('a')?.focus();
      this.release();
    });
  }

  more() {
    this.rowsMax = SHOWN_MAX;
    this.release();
    this.paint(this.wanted, this.now, this.isFiltered);
  }

  hold() {
    this.heldUntil = performance.now() + HELD_MS;
  }

  release() {
    this.heldUntil = 0;
  }

  // Forget what is drawn: the language or the rules have changed.
  redraw() {
    this.rows.clear();
    this.release();
  }

  paint(wanted, now, isFiltered) {
    this.wanted = wanted;
    this.now = now;
    this.isFiltered = isFiltered;
    const isHeld = performance.now() < this.heldUntil && this.rows.size > 0;
    const isDrawn = (alert) => this.rows.has(alert.alert_id);
    // What is older than all that is drawn goes below it and moves nothing.
    const last = wanted.findLastIndex(isDrawn);
    const kept = isHeld ? wanted.filter((one, place) => place > last || isDrawn(one)) : wanted;
    const shown = kept.slice(0, this.rowsMax);
    const isFirst = this.rows.size === 0;
    const rows = new Map();
    const changed = [];
    for (const alert of shown) {
      const drawn = this.rows.get(alert.alert_id);
      if (drawn?.alert === alert) {
        rows.set(alert.alert_id, drawn);
        continue;
      }
      const element = drawn?.element ?? h('li');
      this.draw(element, alert, now);
      changed.push(element);
      rows.set(alert.alert_id, { alert, element });
    }
    this.rows = rows;
    arrange(find('feed'), [...rows.values()].map((row) => row.element));
    if (!isFirst && changed.length <= FLASHES_MAX) changed.forEach(flash);
    this.tell(wanted.length - kept.length, kept.length - shown.length);
  }

  tell(waiting, more) {
    find('alerts-more').hidden = more === 0;
    write(find('alerts-more'), more ? word('alerts.more', { n: number(more) }) : '');
    const button = find('alerts-new');
    button.hidden = waiting === 0;
    write(button, waiting ? word('alerts.new', { n: number(waiting) }) : '');
    const isEmpty = this.rows.size === 0;
    find('alerts-none').hidden = !isEmpty;
    write(find('alerts-none-name'), word(this.isFiltered ? 'alerts.none.filtered' : 'alerts.none'));
    write(find('alerts-none-note'), this.isFiltered ? '' : word('alerts.none.note'));
    write(find('alerts-count'), isEmpty ? '' : word('alerts.count', { n: number(this.rows.size) }));
  }

  draw(element, alert, now) {
    const hit = alert.hits.at(-1);
    const others = alert.rules.length - 1;
    element.className = `alert alert-${alert.severity}`;
    element.replaceChildren(
      h(
        'div',
        { class: 'alert-head' },
        severityTag(alert.severity),
        h('h3', {}, link({ alert: alert.alert_id }, this.rules.title(hit.rule))),
        h('time', { class: 'number', datetime: alert.detected_at }, moment(alert.detected_at, now)),
      ),
      h(
        'p',
        { class: 'alert-facts' },
        subject(alert.subject).map(({ what, whom, isToken }) =>
          h('span', {}, `${what} `, h('b', {}, isToken ? shortened(whom) : whom)),
        ),
        h('span', { class: 'number' }, orders(alert.order_ids.length)),
        alert.kind === 'risk' ? h('span', { class: 'number' }, scored(alert)) : null,
        h('span', {}, `${alert.channel} / ${alert.shop}`),
        others > 0 ? h('span', {}, word('more_rules', { n: others })) : null,
      ),
      h('p', { class: 'explanation' }, hit.explanation[language()]),
      this.evidence(hit, rank(alert.severity) >= rank('high')),
    );
  }

  evidence(hit, isSerious) {
    const known = Object.entries(hit.features).filter(([, seen]) => seen !== null);
    const strange = known.filter(([name, seen]) => !isNormal(seen, hit.normal[name]));
    // What is out of the ordinary tells most; beside it, what is told with its normal value.
    const told = strange.filter(([name]) => name in hit.normal);
    const most = isSerious ? EVIDENCE_MAX_SERIOUS : EVIDENCE_MAX;
    const shown = (told.length > 1 ? told : [...new Set([...told, ...strange])]).slice(0, most);
    return h(
      'ul',
      { class: 'evidence' },
      shown.map(([name, seen]) =>
        h(
          'li',
          {},
          `${this.rules.name(hit.rule, name)} `,
          h('b', { class: 'number' }, value(seen)),
          name in hit.normal
            ? h('span', { class: 'normal' }, word('normal', { value: normal(hit.normal[name]) }))
            : null,
        ),
      ),
    );
  }
}

export function severityTag(severity) {
  return h('span', { class: `severity severity-${severity}` }, named('severity', severity));
}

export function delay(alert) {
  return duration(milliseconds(alert.detected_at) - milliseconds(alert.occurred_at));
}

function scored(alert) {
  return word('score', { n: alert.score });
}

function shortened(token) {
  return token.length > TOKEN_SHOWN ? `${token.slice(0, TOKEN_SHOWN)}…` : token;
}

function flash(element) {
  element.classList.remove('fresh');
  requestAnimationFrame(() => element.classList.add('fresh'));
}
