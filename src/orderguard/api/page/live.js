// The live page: what the stream tells, painted at most four times a second.

import { Alerts, Feed, SEVERITIES, rank, severityTag } from './alerts.js';
import { asked, keep } from './address.js';
import { Charts, MinuteTable, shopName, summed } from './chart.js';
import { find, h, write } from './dom.js';
import { duration, milliseconds, moment, momentInFull, number, share } from './format.js';
import { Rules } from './rules.js';
import { Sheet } from './sheet.js';
import { Stream } from './stream.js';
import { listenToSwitch, named, translate, word } from './words.js';

const PAINT_MS = 250;
const STALE_MS = 3_000;
const SAY_AGAIN_MS = 15_000;
const PAGES_AT_FIRST = 2;
const SERIOUS = ['medium', 'high', 'critical'];
const DAY_MS = 86_400_000;

let heardHealth;
let health = null;
let isHealthNew = false;

const alerts = new Alerts();
const rules = new Rules(() => redraw());
const feed = new Feed(rules);
const charts = new Charts();
const table = new MinuteTable();
const firstHealth = new Promise((resolve) => {
  heardHealth = resolve;
});
const sheet = new Sheet(alerts, rules, async () => (health ?? (await firstHealth)).shops);
const stream = new Stream({
  onAlert: takeAlert,
  onHealth: takeHealth,
  onOpen: lookUp,
  onChange: schedule,
  onSignedOut: () => location.reload(),
});

let least = SEVERITIES.includes(asked('severity')) ? asked('severity') : 'info';
let isLookedUp = false;
let isScheduled = false;
let paintedAt = -Infinity;
let saidAt = -Infinity;
let unsaid = [];
let saidState = null;

// What comes in

function takeHealth(told) {
  health = told;
  isHealthNew = true;
  heardHealth(told);
  schedule();
}

function takeAlert(alert) {
  const isNew = alerts.get(alert.alert_id) === null;
  if (!alerts.take(alert)) return;
  if (isNew && rank(alert.severity) >= rank('high')) unsaid.push(alert);
  schedule();
}

// What came before the stream was opened, and what was missed where it does not go on.
async function lookUp(goesOn) {
  if (rules.isEmpty) rules.load();
  if (goesOn && isLookedUp) return;
  const isFirst = !isLookedUp;
  isLookedUp = (await loadAlerts()) || isLookedUp;
  if (isFirst) sheet.look();
}

// The newest of all, and the newest of each serious severity, which a flood of others may hide.
async function loadAlerts() {
  try {
    const found = await Promise.all([loadPages({}, PAGES_AT_FIRST), ...SERIOUS.map(loadSevere)]);
    return found.every(Boolean);
  } catch {
    return false; // The line broke again: the next time it opens they are looked up.
  }
}

function loadSevere(severity) {
  return loadPages({ severity }, 1);
}

async function loadPages(query, most) {
  const asking = new URLSearchParams(query);
  for (let page = 0; page < most; page += 1) {
    const answer = await fetch(`/api/v1/alerts?${asking}`);
    if (!answer.ok) return false;
    const { items, next_cursor: next } = await answer.json();
    items.forEach((alert) => alerts.take(alert));
    schedule();
    if (next === null) break;
    asking.set('cursor', next);
  }
  return true;
}

// Painting

function schedule() {
  if (isScheduled) return;
  isScheduled = true;
  const wait = Math.max(0, PAINT_MS - (performance.now() - paintedAt));
  setTimeout(() => requestAnimationFrame(paint), wait);
}

function paint() {
  isScheduled = false;
  paintedAt = performance.now();
  paintLine();
  feed.paint(alerts.newest(least), health?.as_of, least !== 'info');
  sheet.refresh();
  if (isHealthNew) {
    isHealthNew = false;
    paintState();
    paintFigures();
    paintTraffic();
  }
  say();
}

function redraw() {
  feed.redraw();
  sheet.refresh({ isForced: true });
  isHealthNew = health !== null;
  schedule();
}

// The line to the server: a stream that stalls is seen within seconds, whatever the reason.
function paintLine() {
  const age = stream.ageMs;
  const isStale = health !== null && age > STALE_MS;
  const line = find('line');
  const state = stream.state === 'live' && isStale ? 'stale' : stream.state;
  line.dataset.line = state;
  document.body.classList.toggle('is-stale', isStale);
  const said = { live: 'live', connecting: 'connecting', lost: 'lost' }[stream.state];
  const old = isStale ? word('stale', { n: number(Math.floor(age / 1000)) }) : null;
  write(line, state === 'stale' ? old : [word(said), old].filter(Boolean).join(' '));
}

function paintState() {
  const { state, recent_minutes: minutes } = health;
  find('state').dataset.state = state;
  write(find('state-name'), named('state', state));
  const counted = [...SEVERITIES]
    .reverse()
    .map((severity) => [severity, inAll(health.recent_alerts, severity)])
    .filter(([severity, count]) => count > 0 && rank(severity) >= rank('medium'))
    .map(([severity, n]) => word('why.one', { severity: said(severity), n: number(n) }));
  const list = counted.join(word('why.join'));
  write(
    find('state-why'),
    counted.length
      ? word('why.alerts', { n: minutes, list })
      : word('why.quiet', { n: minutes }),
  );
  write(find('clock'), word('clock', { time: momentInFull(health.as_of) }));
  document.title = `${named('state', state)} · OrderGuard`;
}

function said(severity) {
  return named('severity', severity).toLowerCase();
}

function inAll(counts, severity) {
  return Object.values(counts).reduce((sum, kind) => sum + kind[severity], 0);
}

function paintFigures() {
  const { server, shops, risk_orders_by_severity: risk } = health;
  const perMinute = summed(shops);
  const hour = perMinute.reduce((sum, count) => sum + count, 0);
  const flagged = Object.values(risk).reduce((sum, count) => sum + count, 0);
  write(find('orders'), number(health.orders));
  write(find('orders-note'), word('orders.note', { n: number(health.events) }));
  write(find('rate'), number(perMinute.at(-2)));
  write(find('rate-note'), word('rate.note', { n: number(hour) }));
  write(find('flagged'), number(flagged));
  write(find('flagged-note'), word('flagged.note', { share: share(flagged, health.orders) }));
  paintSeverities(risk);
  write(find('held'), number(health.held_orders));
  write(find('own'), duration(server.event_to_alert_ms_p50));
  const ownNote = server.event_to_alert_ms_p99 === null ? 'own.none' : 'own.note';
  write(find('own-note'), word(ownNote, { p99: duration(server.event_to_alert_ms_p99) }));
  paintSource(shops);
}

function paintSeverities(counts) {
  const list = find('severities');
  if (list.childElementCount === 0) {
    list.append(...[...SEVERITIES].reverse().map((one) => h('li', { 'data-severity': one })));
  }
  for (const item of list.children) {
    const severity = item.dataset.severity;
    if (item.dataset.said !== `${word(`severity.${severity}`)} ${counts[severity]}`) {
      item.dataset.said = `${word(`severity.${severity}`)} ${counts[severity]}`;
      item.replaceChildren(
        severityTag(severity),
        h('span', { class: 'number' }, number(counts[severity])),
      );
    }
    item.hidden = counts[severity] === 0;
  }
}

// Of several shops the slowest counts: an average would hide the one that needs a look.
function paintSource(shops) {
  const told = shops.filter((shop) => shop.source_lag_ms_p50 !== null);
  const slowest = told.reduce(
    (worst, shop) => (worst && worst.source_lag_ms_p50 >= shop.source_lag_ms_p50 ? worst : shop),
    null,
  );
  write(find('source'), duration(slowest?.source_lag_ms_p50));
  const notes = ['source.none', 'source.note', 'source.worst'];
  write(find('source-note'), word(notes[Math.min(told.length, 2)], { shop: slowest?.shop }));
}

function paintTraffic() {
  const startMs = milliseconds(health.minutes_from);
  const { shops, server, as_of: now } = health;
  charts.update(shops, startMs, (shop) => alerts.marks(shop));
  table.update(shops, startMs);
  find('shops-none').hidden = shops.length > 0;
  paintShops(shops, now);
  write(
    find('server'),
    [
      ...(server.ack_ms_p50 === null ? [] : [acknowledged(server)]),
      word('server.queue', { n: number(server.queue_entries) }),
      word('server.saved', { time: duration(server.checkpoint_age_s * 1000) }),
    ].join(' · '),
  );
}

function acknowledged({ ack_ms_p50: p50, ack_ms_p99: p99 }) {
  return word('server.ack', { p50: duration(p50), p99: duration(p99) });
}

function paintShops(shops, now) {
  const body = find('shops');
  const names = ['shop', 'hour', 'orders', 'last', 'lag'].map((one) => word(`shops.${one}`));
  const rows = shops.map((shop) => [
    shopName(shop),
    number(shop.orders_per_minute.reduce((sum, count) => sum + count, 0)),
    shop.orders === null ? word('none') : number(shop.orders),
    shop.last_event_at === null ? word('none') : ago(shop.last_event_at, now),
    duration(shop.source_lag_ms_p50),
  ]);
  if (body.rows.length !== rows.length + 1) {
    const cells = (first, other) => names.map((_, place) => h(place ? other : first));
    body.replaceChildren(
      h('thead', {}, h('tr', {}, cells('th', 'th'))),
      h('tbody', {}, rows.map(() => h('tr', { class: 'number' }, cells('th', 'td')))),
    );
  }
  body.hidden = rows.length === 0;
  [names, ...rows].forEach((texts, line) => {
    texts.forEach((text, place) => write(body.rows[line].cells[place], text));
  });
}

function ago(instant, now) {
  const age = milliseconds(now) - milliseconds(instant);
  if (age < 1_000) return word('now');
  const seconds = 1_000 * Math.floor(age / 1_000);
  return age < DAY_MS ? word('ago', { time: duration(seconds) }) : moment(instant, now);
}

// What is read out: the state when it changes, and serious alerts, but not one by one.
function say() {
  const now = performance.now();
  if (health && saidState !== health.state) {
    const isFirst = saidState === null;
    saidState = health.state;
    if (!isFirst) write(find('said'), word('said.state', { state: named('state', saidState) }));
    saidAt = now;
  } else if (unsaid.length && now - saidAt > SAY_AGAIN_MS) {
    const title = rules.title(unsaid.at(-1).hits.at(-1).rule);
    write(find('said'), word('said.alerts', { n: number(unsaid.length), title }));
    unsaid = [];
    saidAt = now;
  }
}

// What people do

function showFilter() {
  for (const button of document.querySelectorAll('[data-filter]')) {
    button.setAttribute('aria-pressed', String(button.dataset.filter === least));
  }
}

for (const button of document.querySelectorAll('[data-filter]')) {
  button.addEventListener('click', () => {
    least = button.dataset.filter;
    keep('severity', least === 'info' ? null : least);
    showFilter();
    feed.redraw();
    schedule();
  });
}

find('sign-out').addEventListener('click', async () => {
  await fetch('/api/v1/session', { method: 'DELETE' }).catch(() => null);
  location.assign('/simple');
});

document.addEventListener('visibilitychange', () => {
  if (!document.hidden) schedule();
});

listenToSwitch(redraw);
translate();
showFilter();
write(find('person'), document.body.dataset.person);
write(find('state-name'), word('state.unknown'));
paintLine();
setInterval(paintLine, 1_000);
stream.open();
