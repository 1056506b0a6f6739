// What rules and the values that they look at are called, as the server tells it.

import { language } from './words.js';

const ASK_AGAIN_MS = 60_000;

export class Rules {
  // `onChange` is called when titles have become known.
  constructor(onChange) {
    this.onChange = onChange;
    this.byId = new Map();
    this.unknown = new Set();
    this.askedAt = -Infinity;
  }

  get isEmpty() {
    return this.byId.size === 0;
  }

  async load() {
    this.askedAt = performance.now();
    try {
      const answer = await fetch('/api/v1/rules');
      if (!answer.ok) return;
      const { items } = await answer.json();
      for (const rule of items) this.byId.set(rule.id, rule);
      this.onChange();
    } catch {
      // The line broke; the ids stand in for the titles until it opens again.
    }
  }

  title(id) {
    const rule = this.byId.get(id);
    if (!rule) this.miss(id);
    return rule?.title[language()] ?? id;
  }

  name(id, value) {
    return this.byId.get(id)?.names[value]?.[language()] ?? value;
  }

  // A rule published since: ask again, but not for each alert, and once for a rule that is gone.
  miss(id) {
    const isNew = !this.unknown.has(id);
    if (isNew && performance.now() - this.askedAt > ASK_AGAIN_MS) {
      this.unknown.add(id);
      this.load();
    }
  }
}
