import { screen } from '@testing-library/react';
import { expect, test } from 'vitest';

import { answering, show } from '@testing/show';
import { changes } from './ChangeShop';
import { piecesOf, readGuide } from './guide';
import Connectors from './index';
import { byChannel, wordOf, type Shop } from './state';

const SHOP: Shop = {
  channel: 'douyin',
  shop: 'flagship',
  title: 'Douyin',
  webhook_url: '/webhooks/douyin/flagship',
  secrets: 1,
  settings: [],
  last_event_at: '2026-11-11T00:00:00+08:00',
  lag_ms: 1_200,
  refused: {},
  last_refused_at: null,
  problems: [],
  gaps: 0,
  connection: null,
  stopped_by: null,
};
const NOW = Date.parse('2026-11-11T00:01:00+08:00');

test('the worst is what a shop is called by', () => {
  const problems = [{ short: 'wrong secret', found: 'x', mend: 'y' }];
  expect(wordOf(SHOP, NOW)).toBe('heard');
  expect(wordOf(SHOP, NOW + 25 * 3_600_000)).toBe('quiet');
  expect(wordOf({ ...SHOP, last_event_at: null }, NOW)).toBe('waiting');
  expect(wordOf({ ...SHOP, last_event_at: null, problems }, NOW)).toBe('refused');
});

test('shops stand by their channel', () => {
  const groups = byChannel([SHOP, { ...SHOP, channel: 'jd', title: 'A' }, { ...SHOP, shop: 'b' }]);
  expect(groups.map(({ channel, shops }) => [channel, shops.length])).toEqual([
    ['jd', 1],
    ['douyin', 2],
  ]);
});

test('a guide becomes steps with their commands, and is filled with the shop', () => {
  const markdown = [
    '1. Read **key**.',
    '   More of it.',
    '2. Add the shop:',
    '',
    '   ```',
    '   orderguard shop add NAME --channel x',
    '   ```',
    '',
    '3. Enter `https://YOUR.HOST/webhooks/x/NAME`.',
    '',
    '| what | how |',
    '| --- | --- |',
    '| answer | 200 |',
  ].join('\n');
  const guide = readGuide(markdown, { name: 'one', url: 'https://a.example/webhooks/x/one' });
  expect(guide.steps.map((blocks) => blocks.map(({ kind }) => kind))).toEqual([
    ['text'],
    ['text', 'code'],
    ['text'],
  ]);
  expect(guide.steps[0]?.[0]).toEqual({ kind: 'text', text: 'Read **key**. More of it.' });
  expect(guide.steps[2]?.[0]).toMatchObject({ text: 'Enter `https://a.example/webhooks/x/one`.' });
  expect(guide.notes).toEqual([
    {
      kind: 'table',
      rows: [
        ['what', 'how'],
        ['answer', '200'],
      ],
    },
  ]);
  expect(piecesOf('a `b` **c** [d](e)').map(({ kind }) => kind)).toEqual([
    'plain',
    'code',
    'plain',
    'strong',
    'plain',
  ]);
});

test('only what was changed is sent, and a secret left empty stays', () => {
  const settings = [
    { name: 'key', is_set: true, value: 'a' },
    { name: 'token', is_set: true, value: null },
  ];
  expect(changes({ ...SHOP, settings }, { key: 'a', token: '' })).toEqual({});
  expect(changes({ ...SHOP, settings }, { key: '', token: 't' })).toEqual({ key: '', token: 't' });
});

test('without a shop an admin has one button, others have none', async () => {
  answering({ '/api/v1/shops': { items: [], next_cursor: null } });
  await show(<Connectors />, { language: 'en', session: { rights: ['administer'] } });
  expect(await screen.findByRole('button', { name: /Connect a shop/ })).toBeTruthy();
});

test('who may not change shops sees them', async () => {
  answering({ '/api/v1/shops': { items: [SHOP], next_cursor: null } });
  await show(<Connectors />, { language: 'zh', session: { rights: [] } });
  expect(await screen.findByText('flagship')).toBeTruthy();
  expect(screen.queryByRole('button', { name: /接入店铺/ })).toBeNull();
});
