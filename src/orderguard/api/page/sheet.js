// The sheet beside the list: one alert with all its hits, or one order with its whole story.

import { find, h } from './dom.js';
import {
  duration,
  milliseconds,
  moment,
  momentInFull,
  normal,
  number,
  subject,
  value,
} from './format.js';
import { language, named, word } from './words.js';
import { isInner, leave, link, looked, onLook } from './address.js';
import { delay, severityTag } from './alerts.js';

const ORDERS_AT_FIRST = 60;
const LATE_MS = 2_000;

export class Sheet {
  // `shops()` are all that are known, in time: an alert may concern orders of several.
  constructor(alerts, rules, shops) {
    this.alerts = alerts;
    this.rules = rules;
    this.shops = shops;
    this.dialog = find('sheet');
    this.turn = 0;
    this.showsAllOrders = false;
    find('sheet-close').addEventListener('click', () => this.dialog.close());
    find('sheet-back').addEventListener('click', () => history.back());
    this.dialog.addEventListener('close', () => leave());
    this.dialog.addEventListener('click', (event) => {
      if (event.target === this.dialog) this.dialog.close(); // Beside the sheet.
    });
    onLook(() => this.look());
  }

  // Show what the address says.
  async look() {
    const view = looked();
    this.turn += 1;
    const turn = this.turn;
    this.shown = null;
    this.showsAllOrders = false;
    if (!view.alert && !view.order) {
      if (this.dialog.open) this.dialog.close();
      return;
    }
    const isKnown = view.alert && this.alerts.get(view.alert);
    if (isKnown) this.draw(this.alert(isKnown), isKnown);
    else this.draw([h('p', { id: 'sheet-title', class: 'note' }, word('loading'))]);
    find('sheet-back').hidden = !isInner();
    if (!this.dialog.open) this.dialog.showModal();
    find('sheet-body').scrollTo({ top: 0 });
    if (isKnown) return;
    const content = await (view.alert ? this.findAlert(view.alert) : this.findOrder(view));
    if (turn === this.turn) this.draw(...content);
  }

  // The open alert may have grown, or the language changed.
  refresh({ isForced = false } = {}) {
    if (!this.dialog.open) return;
    if (isForced) {
      this.look();
      return;
    }
    const known = this.shown && this.alerts.get(this.shown.alert_id);
    const isRead = find('sheet-body').contains(document.activeElement);
    if (known && known !== this.shown && !isRead) this.draw(this.alert(known), known);
  }

  draw(content, alert = null) {
    this.shown = alert;
    find('sheet-body').replaceChildren(...content.filter((part) => part !== null));
  }

  async findAlert(id) {
    const answer = await ask(`/api/v1/alerts/${encodeURIComponent(id)}`);
    if (answer.value) {
      this.alerts.take(answer.value);
      return [this.alert(answer.value), answer.value];
    }
    return [refusal(answer.isGone ? 'alert.gone' : 'failed')];
  }

  async findOrder({ channel, shop, order }) {
    let answer = await askOrder({ channel, shop }, order);
    if (answer.isGone) {
      for (const place of await this.shops()) {
        if (!answer.isGone) break;
        if (place.channel === channel && place.shop === shop) continue;
        answer = await askOrder(place, order);
      }
    }
    if (answer.value) return [this.order(answer.value)];
    return [refusal(answer.isGone ? 'order.gone' : 'failed')];
  }

  alert(alert) {
    const hit = alert.hits.at(-1);
    return [
      h(
        'div',
        { class: 'sheet-title' },
        severityTag(alert.severity),
        h('h2', { id: 'sheet-title' }, this.rules.title(hit.rule)),
      ),
      h('p', { class: 'explanation' }, hit.explanation[language()]),
      facts([
        [word('alert.subject'), subject(alert.subject).map(subjectLine)],
        [word('alert.shop'), `${alert.channel} / ${alert.shop}`],
        [word('alert.occurred'), momentInFull(alert.occurred_at)],
        [
          word('alert.detected'),
          `${momentInFull(alert.detected_at)} ${word('alert.after', { time: delay(alert) })}`,
        ],
        [word('alert.updated'), momentInFull(alert.updated_at)],
        [word('alert.score'), alert.kind === 'risk' ? alert.score : null],
        [word('alert.playbook'), alert.playbook && named('playbook', alert.playbook)],
        [word('alert.id'), alert.alert_id],
      ]),
      this.ordersOf(alert),
      h('h3', {}, word('alert.hits', { n: number(alert.hits.length) })),
      h('ol', { class: 'hits' }, [...alert.hits].reverse().map((one) => this.hit(one, alert))),
    ];
  }

  ordersOf(alert) {
    const ids = alert.order_ids;
    const shown = this.showsAllOrders ? ids : ids.slice(0, ORDERS_AT_FIRST);
    const more = () => {
      this.showsAllOrders = true;
      this.draw(this.alert(this.shown), this.shown);
    };
    return h(
      'section',
      {},
      h('h3', {}, word('alert.orders', { n: number(ids.length) })),
      ids.length === 0 ? h('p', { class: 'note' }, word('alert.orders.none')) : null,
      h('ul', { class: 'order-links' }, shown.map((id) => h('li', {}, orderLink(id, alert)))),
      shown.length < ids.length
        ? h(
            'button',
            { type: 'button', class: 'quiet', onclick: more },
            word('alert.orders.more', { n: number(ids.length - shown.length) }),
          )
        : null,
    );
  }

  hit(hit, alert) {
    const row = ([name, seen]) =>
      h(
        'tr',
        {},
        h('th', { scope: 'row' }, this.rules.name(hit.rule, name)),
        h('td', { class: 'number' }, value(seen)),
        h('td', { class: 'number' }, name in hit.normal ? normal(hit.normal[name]) : word('none')),
      );
    const head = ['name', 'value', 'normal'].map((one) =>
      h('th', { scope: 'col' }, word(`evidence.${one}`)),
    );
    return h(
      'li',
      {},
      h(
        'p',
        { class: 'hit-head' },
        h('b', {}, this.rules.title(hit.rule)),
        hit.order_id === null ? null : orderLink(hit.order_id, alert),
      ),
      h('p', {}, hit.explanation[language()]),
      h(
        'table',
        { class: 'values' },
        h('thead', {}, h('tr', {}, head)),
        h('tbody', {}, Object.entries(hit.features).map(row)),
      ),
    );
  }

  order(order) {
    const severity = (one) => (one ? severityTag(one) : word('order.clean'));
    return [
      h(
        'div',
        { class: 'sheet-title' },
        order.risk_severity ? severityTag(order.risk_severity) : null,
        h('h2', { id: 'sheet-title' }, word('order.title', { id: order.order_id })),
      ),
      facts([
        [word('alert.shop'), `${order.channel} / ${order.shop}`],
        [word('order.status'), named('status', order.status)],
        [word('order.risk'), severity(order.risk_severity)],
        [word('order.health'), severity(order.health_severity)],
        [word('alert.score'), order.score],
        [word('order.held'), word(order.held ? 'order.held.yes' : 'order.held.no')],
      ]),
      order.alerts.length
        ? h(
            'section',
            {},
            h('h3', {}, word('order.alerts', { n: order.alerts.length })),
            h('ul', { class: 'alert-links' }, order.alerts.map((one) => this.alertOf(order, one))),
          )
        : null,
      h('h3', {}, word('order.timeline')),
      h(
        'ol',
        { class: 'timeline' },
        order.timeline.map((entry) => timelineEntry(entry, this.rules)),
      ),
    ];
  }

  // An alert of the order, and what its playbook does for it.
  alertOf(order, alert) {
    const run = order.responses.find((one) => one.alert_id === alert.alert_id);
    const playbook = run && `${word('alert.playbook')} ${named('playbook', run.playbook)}`;
    const isForIt = (step) => step.order_ids.includes(order.order_id) || !step.order_ids.length;
    return h(
      'li',
      {},
      h(
        'p',
        { class: 'alert-line' },
        severityTag(alert.severity),
        link({ alert: alert.alert_id }, this.rules.title(alert.hits.at(-1).rule)),
        h('time', { class: 'number note' }, momentInFull(alert.detected_at)),
      ),
      run
        ? [
            h('p', { class: 'note' }, playbook),
            h('ul', { class: 'steps' }, run.steps.filter(isForIt).map(stepLine)),
          ]
        : null,
    );
  }
}

function stepLine(step) {
  const due = step.state === 'waiting' ? word('order.due', { time: moment(step.due_at) }) : null;
  return h(
    'li',
    { class: `step-${step.state}` },
    h('span', { class: 'step-state' }, named('step', step.state)),
    h('span', {}, named('action', step.action)),
    due && h('span', { class: 'note number' }, due),
  );
}

function subjectLine({ what, whom, isToken }) {
  return h('div', {}, `${what} ${isToken ? word('alert.token', { key: whom }) : whom}`);
}

function timelineEntry(entry, rules) {
  const late = milliseconds(entry.received_at) - milliseconds(entry.occurred_at);
  const isOurs = entry.event_id === null;
  const isStep = entry.type.startsWith('response.');
  const rule = entry.rule || (entry.rules && entry.rules[0]);
  const name = isStep
    ? named('action', entry.type.replace(/^response\./, ''))
    : named('event', entry.type);
  return h(
    'li',
    { class: isOurs ? 'timeline-step' : null },
    h('time', { class: 'number', datetime: entry.occurred_at }, momentInFull(entry.occurred_at)),
    h('span', {}, rule ? `${name} · ${rules.title(rule)}` : name),
    entry.witness ? h('span', { class: 'note' }, named('witness', entry.witness)) : null,
    entry.contradicts && entry.contradicts.length
      ? h('strong', { class: 'note' }, word('order.contradicts'))
      : null,
    isStep ? h('span', { class: 'step-state' }, named('step', entry.state)) : null,
    late >= LATE_MS
      ? h('span', { class: 'note' }, word('order.late', { time: duration(late) }))
      : null,
  );
}

function orderLink(id, { channel, shop }) {
  return link({ order: id, channel, shop }, id);
}

function facts(pairs) {
  const told = pairs.filter(([, told]) => told !== null && told !== undefined);
  return h(
    'dl',
    { class: 'facts' },
    told.map(([name, what]) => h('div', {}, h('dt', {}, name), h('dd', {}, what))),
  );
}

function refusal(key) {
  return [h('p', { id: 'sheet-title' }, word(key))];
}

function askOrder({ channel, shop }, id) {
  return ask(`/api/v1/orders/${[channel, shop, id].map(encodeURIComponent).join('/')}`);
}

// What stands there, or whether nothing does.
async function ask(path) {
  try {
    const answer = await fetch(path);
    return answer.ok ? { value: await answer.json() } : { isGone: answer.status === 404 };
  } catch {
    return { isGone: false };
  }
}
