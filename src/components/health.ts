import { sh } from '../shell/sh.ts';
import type { Sh } from '../shell/sh.ts';

export interface HttpHealth {
  readonly url: string;
  /** CA, and a client certificate with its key; of several CAs the first that is there, as earlier releases of k8sup wrote fewer. */
  readonly tls?: { readonly ca: readonly string[]; readonly cert: string; readonly key: string };
  /** The server made its own certificate and the path answers anybody on the host itself. */
  readonly selfSigned?: boolean;
}

/**
 * Exits 0 if the URL answers 200. Otherwise prints what curl or the server said, without the checks that passed (`[+]` lines). A subshell:
 * it may stand anywhere.
 */
export function httpHealth(health: HttpHealth): Sh {
  const { tls } = health;
  const ca = tls === undefined ? sh`` : sh`for k8sup_ca in ${tls.ca}; do [ ! -s "$k8sup_ca" ] || break; done\n`;
  const trust = tls === undefined ? sh`` : sh`--cacert "$k8sup_ca" --cert ${tls.cert} --key ${tls.key} `;
  const options = [...(health.selfSigned === true ? ['--insecure'] : []), health.url];
  return sh`(
${ca}if k8sup_body=$(curl -q -sS --noproxy '*' --max-time 5 -w '\\n%{http_code}' ${trust}${options} 2>&1); then :; else
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
