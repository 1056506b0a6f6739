// What the server said when it refused: RFC 9457.
import type { components } from './schema';

type Problem = components['schemas']['Problem'];

export interface Told {
  status: number;
  title: string;
  detail: string;
  type?: string;
  errors?: Problem['errors'];
  standing?: Problem['standing'];
  retryAfterS?: number;
}

/** An expected failure. `status` 0: the server could not be reached. */
export class Refusal extends Error {
  readonly status: number;
  readonly title: string;
  readonly detail: string;
  readonly type: string;
  readonly errors: NonNullable<Problem['errors']>;
  readonly standing: NonNullable<Problem['standing']> | null;
  readonly retryAfterS: number | null;

  constructor(told: Told) {
    super(told.detail || told.title);
    this.name = 'Refusal';
    this.status = told.status;
    this.title = told.title;
    this.detail = told.detail;
    this.type = told.type ?? 'about:blank';
    this.errors = told.errors ?? [];
    this.standing = told.standing ?? null;
    this.retryAfterS = told.retryAfterS ?? null;
  }
}

export async function refusalOf(response: Response): Promise<Refusal> {
  const told = (await response.json().catch(() => ({}))) as Partial<Problem>;
  const retry = Number(response.headers.get('retry-after'));
  return new Refusal({
    status: response.status,
    title: told.title ?? response.statusText,
    detail: told.detail ?? '',
    ...(told.type ? { type: told.type } : {}),
    ...(told.errors ? { errors: told.errors } : {}),
    ...(told.standing ? { standing: told.standing } : {}),
    ...(retry > 0 ? { retryAfterS: retry } : {}),
  });
}
