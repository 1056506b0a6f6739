// OrderGuard before the checkout: a storefront's page asks its own backend, which asks OrderGuard
// with a token that no browser sees. Where the answer is a challenge, it is shown here.
//
//   import { screen } from 'ORDERGUARD/page/widget.js';
//   const answer = await screen(attempt, ask, { language: 'zh' });
//   if (answer.decision !== 'challenge' || answer.shadow) placeTheOrder();
//
// `ask` posts an attempt to the storefront's own backend and returns OrderGuard's answer. Whatever
// fails on the way, the buyer may go on: `ask` says how often that is.

const SERVER = new URL(import.meta.url).origin;
const CLOSE = { zh: '关闭', en: 'Close' };
const TITLE = { zh: '安全验证', en: 'Security check' };
const CHALLENGES_MAX = 3;

const LOOK = {
  dialog: { border: '0', padding: '0', borderRadius: '12px', width: '352px', maxWidth: '96vw' },
  frame: { display: 'block', border: '0', width: '100%', height: '460px' },
  close: { display: 'block', width: '100%', minHeight: '44px', border: '0', font: 'inherit' },
};

// OrderGuard's last answer; `challenge` where the buyer has solved none.
export async function screen(attempt, ask, options = {}) {
  let answer = await ask(attempt);
  for (let shown = 0; shown < CHALLENGES_MAX; shown += 1) {
    if (answer.decision !== 'challenge' || answer.shadow || !answer.challenge) break;
    const token = await challenge(answer.challenge, options);
    if (token === null) break;
    answer = await ask({ ...attempt, challenge_token: token });
  }
  return answer;
}

// Show a challenge over the page: its token, or null where the buyer gives up.
export function challenge({ id, url }, { language, server = SERVER } = {}) {
  const asked = language ?? document.documentElement.lang ?? navigator.language;
  const known = asked.toLowerCase().startsWith('zh') ? 'zh' : 'en';
  const address = new URL(url, server);
  address.searchParams.set('lang', known);
  const dialog = made('dialog', LOOK.dialog);
  const frame = made('iframe', LOOK.frame);
  frame.title = TITLE[known];
  frame.src = address;
  const close = made('button', LOOK.close);
  close.type = 'button';
  close.textContent = CLOSE[known];
  dialog.append(frame, close);
  return new Promise((settle) => {
    function end(token) {
      removeEventListener('message', hear);
      dialog.remove();
      settle(token);
    }
    function hear({ origin, source, data }) {
      if (origin !== address.origin || source !== frame.contentWindow) return;
      if (data?.orderguard === 'solved' && data.id === id) end(data.token);
    }
    addEventListener('message', hear);
    close.addEventListener('click', () => end(null));
    dialog.addEventListener('cancel', () => end(null));
    document.body.append(dialog);
    dialog.showModal();
  });
}

function made(tag, look) {
  const element = document.createElement(tag);
  Object.assign(element.style, look);
  return element;
}
