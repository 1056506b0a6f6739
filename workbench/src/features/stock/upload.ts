// Files go as they are: the server reads CSV, xlsx and what providers write.
import { client, type Schemas } from '@api/client';

const RAW = {
  bodySerializer: (body: unknown) => body as BodyInit,
  headers: { 'content-type': 'application/octet-stream' },
};

export async function sendMappings(
  file: Blob,
  shop: string,
  isDry: boolean,
): Promise<Schemas['ImportReport']> {
  const query = { ...(shop ? { shop } : {}), dry_run: isDry };
  // The description does not say that there is a body.
  const { data } = await client.POST('/api/v1/mappings', {
    params: { query },
    body: file as never,
    ...RAW,
  });
  return got(data);
}

export async function sendStatement(
  file: Blob,
  place: { channel: string; shop: string },
  isDry: boolean,
): Promise<Schemas['BroughtFile']> {
  const { data } = await client.POST('/api/v1/settlement-files', {
    params: { query: { ...place, dry_run: isDry } },
    body: file as never,
    ...RAW,
  });
  return got(data);
}

function got<T>(data: T | undefined): T {
  if (data === undefined) throw new Error('an answer without its body');
  return data;
}
