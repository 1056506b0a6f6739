// Name and password in, the live page out.

import { find, write } from './dom.js';
import { listenToSwitch, translate, word } from './words.js';

const REFUSALS = { 401: 'sign_in.wrong', 422: 'sign_in.wrong', 429: 'sign_in.wait' };

let refusal = null;

function tell(key) {
  refusal = key;
  write(find('refusal'), key ? word(key) : '');
}

find('credentials').addEventListener('submit', async (event) => {
  event.preventDefault();
  const form = event.target;
  const button = form.querySelector('button');
  button.disabled = true;
  tell(null);
  try {
    const answer = await fetch('/api/v1/session', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(Object.fromEntries(new FormData(form))),
    });
    if (answer.ok) {
      location.reload();
      return;
    }
    tell(REFUSALS[answer.status] ?? 'sign_in.failed');
  } catch {
    tell('sign_in.failed');
  }
  button.disabled = false;
  form.elements.password.select();
});

function title() {
  document.title = `${word('sign_in.title')} · OrderGuard`;
}

listenToSwitch(() => {
  tell(refusal);
  title();
});
translate();
title();
find('credentials').elements.name.focus();
