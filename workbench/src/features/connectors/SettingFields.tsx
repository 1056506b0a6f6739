import { Form, Input, Select } from 'antd';

import type { Schemas } from '@api/client';
import { said, useWords } from '@app/words';

type Setting = Schemas['SettingForm'];

interface Props {
  settings: readonly Setting[];
  /** Names that have a value already, which nobody is shown: leaving them empty keeps it. */
  kept?: ReadonlySet<string>;
}

/** A form's fields from what the channel says of its settings; `name` is `settings.NAME`. */
export function SettingFields({ settings, kept = new Set() }: Props) {
  const { t, language } = useWords('connectors');
  return settings.map((one) => {
    const isKept = kept.has(one.name);
    return (
      <Form.Item
        key={one.name}
        name={['settings', one.name]}
        label={said(one.title, language)}
        extra={said(one.help, language)}
        rules={
          one.is_required && !isKept && !one.default
            ? [{ required: true, whitespace: true, message: t('add.needed') }]
            : []
        }
      >
        {one.choices.length > 0 ? (
          <Select
            allowClear
            placeholder={one.default}
            options={one.choices.map((value) => ({ value, label: value }))}
          />
        ) : one.signs || one.is_secret ? (
          <Input.Password
            autoComplete="new-password"
            placeholder={isKept ? t('settings.kept') : ''}
            visibilityToggle={false}
          />
        ) : (
          <Input autoComplete="off" placeholder={one.default} />
        )}
      </Form.Item>
    );
  });
}

/** What most shops need, and what only few change. */
export function parted(settings: readonly Setting[]): { needed: Setting[]; more: Setting[] } {
  const isNeeded = (one: Setting) => one.is_required || one.signs || !one.default;
  return {
    needed: settings.filter(isNeeded),
    more: settings.filter((one) => !isNeeded(one)),
  };
}

/** What was filled in. */
export function filledIn(
  values: Record<string, string | undefined> | undefined,
): Record<string, string> {
  const found = Object.entries(values ?? {}).filter(
    (one): one is [string, string] => !!one[1]?.trim(),
  );
  return Object.fromEntries(found);
}

/** A text that somebody gave, or null. */
export function given(text: string | undefined): string | null {
  const trimmed = text?.trim() ?? '';
  return trimmed === '' ? null : trimmed;
}
