// What is looked at stands in the address, so that it can be passed on and gone back to.

import { h } from './dom.js';

const VIEWS = ['alert', 'order', 'channel', 'shop'];
const went = new EventTarget();

export function looked() {
  const query = new URLSearchParams(location.search);
  return Object.fromEntries(VIEWS.map((name) => [name, query.get(name)]));
}

export function asked(name) {
  return new URLSearchParams(location.search).get(name);
}

// Keep a choice in the address without a step back to where it was another.
export function keep(name, value) {
  const address = new URL(location.href);
  if (value === null) address.searchParams.delete(name);
  else address.searchParams.set(name, value);
  history.replaceState(history.state, '', address);
}

// Call when the view changes.
export function onLook(look) {
  went.addEventListener('look', look);
}

// Whether this view was opened from another one, to which there is a way back.
export function isInner() {
  return depth() > 1;
}

function depth() {
  return history.state?.depth ?? 0;
}

export function leave() {
  history.replaceState(null, '', to({}));
  went.dispatchEvent(new Event('look'));
}

export function link(view, ...children) {
  const anchor = h('a', { href: to(view) }, ...children);
  anchor.addEventListener('click', (event) => {
    const isPlain = !(event.ctrlKey || event.metaKey || event.shiftKey || event.altKey);
    if (event.button !== 0 || !isPlain) return;
    event.preventDefault();
    // Made anew, since the language may have changed.
    history.pushState({ depth: depth() + 1 }, '', to(view));
    went.dispatchEvent(new Event('look'));
  });
  return anchor;
}

function to(view) {
  const address = new URL(location.href);
  for (const name of VIEWS) address.searchParams.delete(name);
  for (const [name, value] of Object.entries(view)) address.searchParams.set(name, value);
  address.hash = '';
  return `${address.pathname}${address.search}`;
}

addEventListener('popstate', () => went.dispatchEvent(new Event('look')));
