import { Alert, Typography } from 'antd';

import { useWords } from '@app/words';

/** A secret that was made now, and is told this once. */
export function Once({ label, secret }: { label: string; secret: string }) {
  const { t } = useWords('admin');
  return (
    <Alert
      type="warning"
      showIcon
      title={t('once')}
      style={{ marginBottom: 10 }}
      description={
        <>
          {label}{' '}
          <Typography.Text code copyable={{ text: secret, tooltips: [t('copy'), t('copied')] }}>
            {secret}
          </Typography.Text>
        </>
      }
    />
  );
}
