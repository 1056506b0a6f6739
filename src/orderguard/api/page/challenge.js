// A buyer slides the piece into the hole, or lets the browser work, or types a code; the token
// goes to the page that shows this one in a frame.

import { find, write } from './dom.js';
import { sha256 } from './sha256.js';

const WORDS = {
  zh: {
    title: '请完成安全验证',
    told_slide: '请把滑块拖到缺口处',
    slide: '按住滑块，向右拖动',
    others: '不方便拖动？请改用：',
    work: '让浏览器计算几秒钟',
    told_work: '正在计算，请稍候…',
    send: '发送短信验证码',
    told_sent: '验证码已发送，5分钟内有效',
    told_no_code: '暂时不能再发送验证码，请稍后再试或改用其他方式',
    code: '短信验证码',
    check: '确定',
    told_wrong: '没有对准，请再试一次',
    told_code: '验证码不对，请再试一次',
    told_solved: '验证成功',
    told_over: '验证已失效，请返回商店重试',
    told_often: '尝试次数过多，请稍后返回商店重试',
    told_failed: '网络异常，请重试',
  },
  en: {
    title: 'A quick security check',
    told_slide: 'Drag the piece into the hole',
    slide: 'Hold and drag to the right',
    others: 'Cannot drag? Choose another way:',
    work: 'Let the browser work instead',
    told_work: 'Working, please wait…',
    send: 'Send a code by SMS',
    told_sent: 'The code has been sent; it is good for 5 minutes',
    told_no_code: 'No further code can be sent now. Please wait a minute or choose another way',
    code: 'Code from the SMS',
    check: 'Confirm',
    told_wrong: 'Not quite. Please try again',
    told_code: 'The code is wrong. Please try again',
    told_solved: 'Thank you',
    told_over: 'This check is over. Please go back to the shop and try again',
    told_often: 'Too many tries. Please go back to the shop and try again later',
    told_failed: 'The network failed. Please try again',
  },
};
const SLICE_MS = 30;
const here = new URL(location.href);
const asked = here.searchParams.get('lang') ?? navigator.language;
const language = asked.toLowerCase().startsWith('zh') ? 'zh' : 'en';
const path = here.pathname.replace(/\/$/, '');
const id = path.split('/').pop();

let state = null;
let isOver = false;

function tell(key, kind = '') {
  write(find('told'), WORDS[language][key]);
  find('told').dataset.state = kind;
}

function end(key, kind) {
  isOver = true;
  tell(key, kind);
  find('slider').hidden = true;
  find('others').hidden = true;
}

// Null where the challenge is over or the network fails; what to do then has been told.
async function call(part, body) {
  let answer;
  try {
    answer = await fetch(`${path}/${part}`, body === undefined ? {} : {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  } catch {
    tell('told_failed', 'wrong');
    return null;
  }
  if (answer.status === 404) end('told_over', 'over');
  else if (answer.status === 429 && part === 'code') tell('told_no_code', 'wrong');
  else if (answer.status === 429) end('told_often', 'over');
  else if (!answer.ok) tell('told_failed', 'wrong');
  else return answer.status === 204 ? {} : answer.json();
  return null;
}

async function guess(part, body, wrong) {
  const told = await call(part, body);
  if (told === null) return;
  if (told.token) {
    end('told_solved', 'solved');
    // Only who may show this page in a frame hears of it, and only the shop can use it.
    window.parent.postMessage({ orderguard: 'solved', id, token: told.token }, '*');
  } else if (told.guesses_left <= 0) end('told_often', 'over');
  else {
    tell(wrong, 'wrong');
    await show();
  }
}

async function show() {
  state = await call('state');
  if (state === null) return;
  const scale = 100 / state.width;
  find('scene').src = `${path}/picture.png?${state.drawn}`;
  const piece = find('piece');
  piece.src = `${path}/piece.png?${state.drawn}`;
  piece.style.width = `${state.size * scale}%`;
  piece.style.top = `${(state.y / state.height) * 100}%`;
  place(0);
  find('slider').hidden = false;
  find('others').hidden = false;
  find('send').hidden = !state.kinds.includes('code');
}

// Sliding ---------------------------------------------------------------------------------------

let held = null;

function place(x) {
  const most = state.width - state.size;
  const share = Math.min(1, Math.max(0, x / most));
  find('piece').style.left = `${(share * most * 100) / state.width}%`;
  const rail = find('rail').clientWidth - find('handle').offsetWidth - 2;
  find('handle').style.left = `${1 + share * rail}px`;
  return share * most;
}

function moved(event) {
  if (held === null || event.pointerId !== held.pointer) return;
  const rail = find('rail').clientWidth - find('handle').offsetWidth - 2;
  const scale = (state.width - state.size) / rail;
  held.x = place((event.clientX - held.fromX) * scale);
  held.track.push([held.x, (event.clientY - held.fromY) * scale, event.timeStamp - held.at]);
}

find('handle').addEventListener('pointerdown', (event) => {
  if (held !== null || isOver || !event.isPrimary) return;
  held = {
    pointer: event.pointerId,
    fromX: event.clientX,
    fromY: event.clientY,
    at: event.timeStamp,
    x: 0,
    track: [[0, 0, 0]],
  };
  find('handle').setPointerCapture(event.pointerId);
  find('handle').dataset.held = '';
});

find('handle').addEventListener('pointermove', moved);

async function letGo(event) {
  if (held === null || event.pointerId !== held.pointer) return;
  moved(event);
  const { x, track } = held;
  held = null;
  delete find('handle').dataset.held;
  if (event.type === 'pointercancel' || track.length < 3) place(0);
  else await guess('slide', { x, track: track.slice(-2000) }, 'told_wrong');
}

find('handle').addEventListener('pointerup', letGo);
find('handle').addEventListener('pointercancel', letGo);

// Working ---------------------------------------------------------------------------------------

const rest = () => new Promise((go) => {
  setTimeout(go);
});

async function count({ salt, challenge, maxnumber }) {
  let number = 0;
  while (number <= maxnumber) {
    const until = performance.now() + SLICE_MS;
    while (performance.now() < until) {
      for (const last = number + 200; number < last; number += 1) {
        if (sha256(salt + number) === challenge) return number;
      }
    }
    find('progress').value = number / maxnumber;
    await rest();
  }
  return null;
}

find('work').addEventListener('click', async () => {
  find('work').disabled = true;
  const work = await call('work');
  if (work !== null) {
    tell('told_work');
    find('progress').hidden = false;
    const number = await count(work);
    const { algorithm, challenge, salt, signature } = work;
    const payload = btoa(JSON.stringify({ algorithm, challenge, number, salt, signature }));
    if (!isOver) await guess('work', { payload }, 'told_failed');
    find('progress').hidden = true;
  }
  find('work').disabled = false;
});

// A code ----------------------------------------------------------------------------------------

find('send').addEventListener('click', async () => {
  if ((await call('code', {})) === null) return;
  tell('told_sent');
  find('code').hidden = false;
  find('code').elements.code.focus();
});

find('code').addEventListener('submit', async (event) => {
  event.preventDefault();
  await guess('code/check', { code: find('code').elements.code.value }, 'told_code');
});

document.documentElement.lang = language === 'zh' ? 'zh-CN' : 'en';
document.title = WORDS[language].title;
for (const element of document.querySelectorAll('[data-word]')) {
  write(element, WORDS[language][element.dataset.word]);
}
tell('told_slide');
await show();
