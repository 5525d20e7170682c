import { sh } from '../shell/sh.ts';
import type { Sh } from '../shell/sh.ts';

export interface HttpHealth {
  readonly url: string;
  /** CA, and a client certificate with its key. */
  readonly tls?: { readonly ca: string; readonly cert: string; readonly key: string };
  /** The server made its own certificate and the path answers anybody on the host itself. */
  readonly selfSigned?: boolean;
}

/**
 * Exits 0 if the URL answers 200. Otherwise prints what curl or the server said, without the checks that passed (`[+]` lines). A subshell:
 * it may stand anywhere.
 */
export function httpHealth(health: HttpHealth): Sh {
  const options = [
    ...(health.tls === undefined
      ? []
      : ['--cacert', health.tls.ca, '--cert', health.tls.cert, '--key', health.tls.key]),
    ...(health.selfSigned === true ? ['--insecure'] : []),
    health.url,
  ];
  return sh`(
if k8sup_body=$(curl -q -sS --noproxy '*' --max-time 5 -w '\\n%{http_code}' ${options} 2>&1); then :; else
  printf '%s\\n' "$k8sup_body" | sed '/^000$/d;/^$/d'
  exit 1
fi
k8sup_code=$(printf '%s\\n' "$k8sup_body" | tail -n 1)
if [ "$k8sup_code" = 200 ]; then exit 0; fi
printf '%s answered %s\\n' ${health.url} "$k8sup_code"
printf '%s\\n' "$k8sup_body" | sed '$d' | grep -v '^\\[+\\]' | head -n 20
exit 1
)`;
}
