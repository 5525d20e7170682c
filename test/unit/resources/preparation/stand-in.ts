import { expect } from 'vitest';
import { cleanHost } from '../../../../src/resources/clean/clean-host.ts';
import { fakeHost } from '../../../support/fake-executor.ts';
import type { FakeHost } from '../../../support/fake-executor.ts';
import { applyOn } from '../on-host.ts';

export const manifest = '/var/lib/k8sup/manifest';

/** A fake host with a stand-in for systemd; `before` is shell for more mounts. */
export function hostWith(shell: string, before?: string): FakeHost {
  const host = fakeHost({ shell, ...(before === undefined ? {} : { before }) });
  host.program('systemctl', systemctl);
  return host;
}

/** Takes everything back from the ownership manifest. */
export async function clean(host: FakeHost): Promise<void> {
  expect(await applyOn(host, cleanHost())).toEqual([]);
}

/** A stand-in for systemd that keeps what units are in files; its journal is the calls that change anything. */
const systemctl = `
verb=$1; for unit; do :; done
state() { cat "/run/$1.$unit" 2>/dev/null || echo "$2"; }
case "$*" in
  *ActiveEnterTimestamp*) cat /run/began 2>/dev/null || : ;;
  *'-p ActiveState --value'*) state active inactive ;;
  *LoadState,SourcePath*) echo LoadState=loaded; echo "SourcePath=$(state source '')" ;;
  show*) echo LoadState=loaded; echo "ActiveState=$(state active inactive)"; echo "UnitFileState=$(state enabled disabled)" ;;
  is-enabled*) state enabled disabled ;;
  *) echo "$*" >> /run/systemctl.log ;;
esac
case $verb in
  enable) echo enabled > "/run/enabled.$unit" ;;
  disable) echo disabled > "/run/enabled.$unit" ;;
  start|restart) echo active > "/run/active.$unit"; cp /etc/chrony/chrony.conf /run/seen-at-restart 2>/dev/null ;;
  stop) echo inactive > "/run/active.$unit" ;;
esac
exit 0`;
