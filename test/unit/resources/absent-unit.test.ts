import { describe, expect, it } from 'vitest';
import { absentUnit } from '../../../src/resources/absent-unit.ts';
import { sh } from '../../../src/shell/sh.ts';
import { fakeHost, noFakeHost } from '../../support/fake-executor.ts';
import { applyOn, probeOn } from './on-host.ts';

describe.skipIf(noFakeHost !== undefined)('a unit that must not stay', () => {
  it('is stopped, then what it made goes, then its file', async () => {
    using host = fakeHost();
    host.program('systemctl', 'echo "systemctl $*" >> /etc/log');
    host.write('/etc/systemd/system/old.service', 'x');
    const resource = absentUnit('old.service', sh`echo down >> /etc/log`);
    expect(await probeOn(host, resource)).toEqual(['unit: there -> absent (delete)']);
    expect(await applyOn(host, resource)).toEqual([]);
    expect(host.read('/etc/log')).toBe('systemctl disable --quiet --now old.service\ndown\nsystemctl daemon-reload\n');
  });
});
