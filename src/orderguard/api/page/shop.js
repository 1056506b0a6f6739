// The demo's shop: its page asks the shop's own backend, and the widget shows the challenge.

import { find, h, write } from './dom.js';
import { screen } from './widget.js';

const ROBOTS = 10;
const WORDS = {
  zh: {
    demo: '演示商店：下单前先问 OrderGuard',
    shoe: '限量跑鞋',
    left: '仅剩 3,000 双',
    buy: '立即购买',
    attack: '放出抢购脚本',
    explained: '脚本用同一网段的新账号抢购：第 4 次起要求验证；确认为攻击后，该网段购买此商品的人都需验证。',
    placed: '下单成功',
    stopped: '未完成验证，订单未提交',
    review: '下单成功，等待人工复核',
    failed: '网络异常，请重试',
    robot: '脚本账号',
    you: '您',
    allow: '放行',
    challenge: '需要验证',
    decision_review: '复核',
  },
  en: {
    demo: 'A demo shop: it asks OrderGuard before it takes an order',
    shoe: 'Limited running shoe',
    left: '3,000 pairs left',
    buy: 'Buy now',
    attack: 'Let a script loose',
    explained: 'The script buys with new accounts behind one network: from its 4th try on it is'
      + ' asked for a check, and once it is sure to be an attack, so is whoever buys from there.',
    placed: 'Thank you for your order',
    stopped: 'The check was not passed; no order was placed',
    review: 'Thank you. Somebody will look at your order first',
    failed: 'The network failed. Please try again',
    robot: 'Account of the script',
    you: 'You',
    allow: 'let pass',
    challenge: 'to be checked',
    decision_review: 'to be reviewed',
  },
};
const language = (new URL(location.href).searchParams.get('lang') ?? navigator.language)
  .toLowerCase().startsWith('zh') ? 'zh' : 'en';
const word = (key) => WORDS[language][key];
const DECISIONS = { allow: 'allow', challenge: 'challenge', review: 'decision_review' };

let robots = 0;

async function ask(attempt) {
  const answer = await fetch('/demo/shop/ask', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(attempt),
  });
  if (!answer.ok) throw new Error(`the shop's backend answered ${answer.status}`);
  return answer.json();
}

function list(who, { decision }) {
  const row = h('li', { 'data-decision': decision }, who, h('b', {}, word(DECISIONS[decision])));
  find('answers').prepend(row);
}

async function seen(attempt) {
  const answer = await ask(attempt);
  list(attempt.robot === undefined ? word('you') : `${word('robot')} ${attempt.robot}`, answer);
  return answer;
}

const fresh = () => `demo-${Date.now()}-${Math.random().toString(36).slice(2)}`;

async function busy(button, work) {
  button.disabled = true;
  try {
    await work();
  } catch {
    write(find('told'), word('failed'));
  }
  button.disabled = false;
}

find('buy').addEventListener('click', () => busy(find('buy'), async () => {
  write(find('told'), '');
  const answer = await screen({ attempt_id: fresh() }, seen, { language });
  const told = { allow: 'placed', review: 'review', challenge: 'stopped' }[answer.decision];
  write(find('told'), word(answer.shadow ? 'placed' : told));
}));

find('attack').addEventListener('click', () => busy(find('attack'), async () => {
  for (let number = 0; number < ROBOTS; number += 1) {
    robots += 1;
    await seen({ attempt_id: fresh(), robot: robots });
  }
}));

document.documentElement.lang = language === 'zh' ? 'zh-CN' : 'en';
document.title = `${word('shoe')} · OrderGuard`;
for (const element of document.querySelectorAll('[data-word]')) {
  write(element, word(element.dataset.word));
}
