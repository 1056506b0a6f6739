// Orders per minute: sixty bars, the last of them not full yet, and marks where alerts were.

import { find, h, svg, write } from './dom.js';
import { minute, number, orders } from './format.js';
import { word } from './words.js';

const MINUTES = 60;
const MINUTE_MS = 60_000;
const HEIGHT = 100;
const MARK_HEIGHT = 5;
const TICKS = [0, 15, 30, 45];
const CHARTS_MAX = 12;

export class MinuteChart {
  constructor() {
    this.bars = [];
    this.marks = [];
    const drawing = svg('g');
    for (let place = 0; place < MINUTES; place += 1) {
      const bar = svg('rect', { class: 'bar', x: place + 0.12, width: 0.76, y: HEIGHT, height: 0 });
      const mark = svg('rect', { x: place + 0.12, width: 0.76, y: 0, height: 0 });
      this.bars.push(bar);
      this.marks.push(mark);
      drawing.append(bar, mark);
    }
    this.bars[MINUTES - 1].classList.add('bar-open');
    const lines = [0.5, HEIGHT / 2, HEIGHT - 0.5].map((y) =>
      svg('line', { class: 'grid', x1: 0, x2: MINUTES, y1: y, y2: y }),
    );
    this.drawing = svg(
      'svg',
      { viewBox: `0 0 ${MINUTES} ${HEIGHT}`, preserveAspectRatio: 'none', role: 'img' },
      lines,
      drawing,
    );
    this.name = h('h3');
    this.readout = h('p', { class: 'readout number' });
    this.top = h('span', { class: 'number' });
    this.middle = h('span', { class: 'number' });
    this.ticks = TICKS.map(() => h('span', { class: 'number' }));
    this.last = h('span', { class: 'number' });
    this.plot = h('div', { class: 'plot' }, this.drawing);
    const unheard = { 'aria-hidden': 'true' };
    this.element = h(
      'figure',
      { class: 'chart' },
      h('figcaption', {}, this.name, this.readout),
      h('div', { class: 'scale', ...unheard }, this.top, this.middle, h('span', {}, '0')),
      this.plot,
      h('div', { class: 'ticks', ...unheard }, this.ticks, this.last),
    );
    this.pointed = null;
    this.plot.addEventListener('pointermove', (event) => this.point(event));
    this.plot.addEventListener('pointerleave', () => this.point(null));
  }

  // `counts`: orders of each minute from `startMs` on. `marks`: by minute, alerts and the worst.
  update(name, counts, startMs, marks) {
    this.data = { name, counts, startMs, marks };
    const most = Math.max(...counts);
    const ceiling = roundUp(most);
    counts.forEach((count, place) => {
      const height = (HEIGHT * count) / ceiling;
      set(this.bars[place], 'height', height.toFixed(2));
      set(this.bars[place], 'y', (HEIGHT - height).toFixed(2));
      const mark = marks.get(Math.round(startMs / MINUTE_MS) + place);
      set(this.marks[place], 'height', mark ? MARK_HEIGHT : 0);
      if (mark) set(this.marks[place], 'class', `mark mark-${mark.severity}`);
    });
    const total = counts.reduce((sum, count) => sum + count, 0);
    write(this.name, name);
    write(this.top, number(ceiling));
    write(this.middle, number(ceiling / 2));
    TICKS.forEach((place, index) => {
      write(this.ticks[index], minute(startMs + place * MINUTE_MS));
    });
    write(this.last, minute(startMs + (MINUTES - 1) * MINUTE_MS));
    const label = { name, max: number(most), n: number(total) };
    set(this.drawing, 'aria-label', word('chart.label', label));
    this.total = total;
    this.read();
  }

  point(event) {
    if (event === null) {
      this.pointed = null;
    } else {
      const box = this.plot.getBoundingClientRect();
      const place = Math.floor((MINUTES * (event.clientX - box.left)) / box.width);
      this.pointed = Math.min(Math.max(place, 0), MINUTES - 1);
    }
    if (this.data) this.read();
  }

  read() {
    this.bars.forEach((bar, place) => bar.classList.toggle('bar-pointed', place === this.pointed));
    if (this.pointed === null) {
      write(this.readout, orders(this.total));
      return;
    }
    const { counts, startMs, marks } = this.data;
    const key = this.pointed === MINUTES - 1 ? 'chart.minute.now' : 'chart.minute';
    const time = minute(startMs + this.pointed * MINUTE_MS);
    const mark = marks.get(Math.round(startMs / MINUTE_MS) + this.pointed);
    const said = [word(key, { time, orders: orders(counts[this.pointed]) })];
    if (mark) said.push(word('chart.marks', { n: number(mark.count) }));
    write(this.readout, said.join(' · '));
  }
}

// All charts: the sum of the shops, and each of them where there are several.
export class Charts {
  constructor() {
    this.whole = new MinuteChart();
    this.whole.element.classList.add('chart-whole');
    this.single = new Map();
    this.more = h('p', { class: 'note' });
    find('chart').append(this.whole.element);
  }

  update(shops, startMs, marksOf) {
    const name = shops.length === 1 ? shopName(shops[0]) : word('chart.all');
    this.whole.update(name, summed(shops), startMs, marksOf(null));
    const drawn = shops.length > 1 ? busiest(shops) : [];
    for (const [key, chart] of this.single) {
      if (!drawn.some((shop) => shopName(shop) === key)) {
        chart.element.remove();
        this.single.delete(key);
      }
    }
    for (const shop of drawn) {
      const key = shopName(shop);
      if (!this.single.has(key)) {
        this.single.set(key, new MinuteChart());
        find('charts').append(this.single.get(key).element);
      }
      this.single.get(key).update(key, shop.orders_per_minute, startMs, marksOf(key));
    }
    const left = shops.length > 1 ? shops.length - drawn.length : 0;
    write(this.more, left > 0 ? word('chart.more', { n: number(left) }) : '');
    if (left > 0) find('charts').append(this.more);
    else this.more.remove();
  }
}

// The same numbers as a table, made only while somebody has it open.
export class MinuteTable {
  constructor() {
    this.details = find('minutes');
    this.table = find('minutes-table');
    this.details.addEventListener('toggle', () => this.draw());
  }

  update(shops, startMs) {
    this.data = { shops, startMs };
    this.draw();
  }

  draw() {
    if (!this.details.open || !this.data) return;
    const { shops, startMs } = this.data;
    const head = [word('table.minute'), ...shops.map(shopName)];
    const rows = Array.from({ length: MINUTES }, (_, back) => {
      const place = MINUTES - 1 - back;
      const counts = shops.map((shop) => number(shop.orders_per_minute[place]));
      return [minute(startMs + place * MINUTE_MS), ...counts];
    });
    if (this.table.rows.length !== MINUTES + 1 || this.table.rows[0].cells.length !== head.length) {
      const cells = (texts, tag) => texts.map((_, place) => h(place ? tag : 'th'));
      this.table.replaceChildren(
        h('thead', {}, h('tr', {}, cells(head, 'th'))),
        h('tbody', {}, rows.map((row) => h('tr', {}, cells(row, 'td')))),
      );
    }
    [head, ...rows].forEach((row, line) => {
      row.forEach((text, place) => write(this.table.rows[line].cells[place], text));
    });
  }
}

export function shopName({ channel, shop }) {
  return `${channel} / ${shop}`;
}

export function summed(shops) {
  return Array.from({ length: MINUTES }, (_, place) =>
    shops.reduce((sum, shop) => sum + shop.orders_per_minute[place], 0),
  );
}

function busiest(shops) {
  const total = (shop) => shop.orders_per_minute.reduce((sum, count) => sum + count, 0);
  const kept = new Set([...shops].sort((a, b) => total(b) - total(a)).slice(0, CHARTS_MAX));
  return shops.filter((shop) => kept.has(shop)); // In the order of their names: none jumps.
}

// The next of 4, 10, 20, 40, 100, 200 …: half of each is a whole number too.
function roundUp(most) {
  for (let unit = 1; ; unit *= 10) {
    for (const step of [4, 10, 20]) {
      if (step * unit >= most) return step * unit;
    }
  }
}

function set(element, name, value) {
  const text = String(value);
  if (element.getAttribute(name) !== text) element.setAttribute(name, text);
}
