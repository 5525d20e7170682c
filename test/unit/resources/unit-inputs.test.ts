import { describe, expect, it } from 'vitest';
import { startedWith, unitInputsScript as script, unitInputsText } from '../../../src/resources/unit-inputs.ts';
import { fakeHost, noFakeHost } from '../../support/fake-executor.ts';
import type { FakeHost } from '../../support/fake-executor.ts';

const inputs = '/etc/a.conf /etc/b.conf /opt/big';

describe.skipIf(noFakeHost !== undefined)('what a unit was started with', () => {
  it('is unknown before the first start', async () => {
    using host = hostWithInputs();
    expect(await host.sh(`${script} compare x.service ${inputs}`)).toBe('none\n');
  });

  it('is what is there, after a start', async () => {
    using host = await recorded();
    expect(await compare(host)).toBe('');
    expect(await host.sh('stat -c %a /run/k8sup')).toBe('700\n');
  });

  it.each([
    ['its own unit file', 'echo >> /etc/systemd/system/x.service', '/etc/systemd/system/x.service'],
    [
      'a drop-in',
      'mkdir -p /run/systemd/system/x.service.d; echo > /run/systemd/system/x.service.d/a.conf',
      '/run/systemd/system/x.service.d/a.conf',
    ],
    [
      'nothing for a drop-in of another unit',
      'mkdir -p /etc/systemd/system/y.service.d; echo > /etc/systemd/system/y.service.d/a.conf',
      '',
    ],
    [
      'nothing for a setting that takes effect at once',
      'mkdir -p /etc/systemd/system.control/x.service.d; echo > /etc/systemd/system.control/x.service.d/a.conf',
      '',
    ],
    ['content', 'echo more >> /etc/b.conf', '/etc/b.conf'],
    ['two files', 'echo more >> /etc/a.conf; echo more >> /etc/b.conf', '/etc/a.conf /etc/b.conf'],
    ['a file that is gone', 'rm /etc/a.conf', '/etc/a.conf'],
    ['a big file that was replaced', 'cp -p /opt/big /opt/new; mv /opt/new /opt/big', '/opt/big'],
    ['a big file that grew', 'echo >> /opt/big', '/opt/big'],
    ['content that another program replaced by the same', 'cp /etc/a.conf /etc/n; mv /etc/n /etc/a.conf', ''],
    ['times alone', 'touch /etc/a.conf', ''],
    ['nothing for a change and its way back', 'echo x >> /etc/a.conf; printf "a\\n" > /etc/a.conf', ''],
  ])('differs in %s', async (_title, change, told) => {
    using host = await recorded();
    await host.sh(change);
    expect(await compare(host)).toBe(told);
  });

  it('differs in a file that came, for one that was absent', async () => {
    using host = hostWithInputs();
    await host.sh(`${script} record x.service /etc/later`);
    expect(await host.sh(`${script} compare x.service /etc/later`)).toBe('');
    host.write('/etc/later', '');
    expect(await host.sh(`${script} compare x.service /etc/later`)).toBe('/etc/later');
  });

  it('differs in inputs that are new, and in those that are none any more', async () => {
    using host = await recorded();
    host.write('/etc/new', '');
    expect((await host.sh(`${script} compare x.service ${inputs} /etc/new`)).trim()).toBe('/etc/new');
    expect((await host.sh(`${script} compare x.service /etc/a.conf /opt/big`)).trim()).toBe('/etc/b.conf');
  });

  it('is kept by unit', async () => {
    using host = await recorded();
    expect(await host.sh(`${script} compare y.service ${inputs}`)).toBe('none\n');
  });
});

describe.skipIf(noFakeHost !== undefined)('whether a unit was started with a file as it is', () => {
  const said = async (host: FakeHost, file: string): Promise<string> =>
    (await host.sh(`if ${startedWith('x.service', file).sh}; then echo yes; else echo no; fi`)).trim();

  it.each([
    ['an input that is the same', ':', '/etc/a.conf', 'yes'],
    ['one beside another that has changed', 'echo more >> /etc/b.conf', '/etc/a.conf', 'yes'],
    ['one that has changed', 'echo more >> /etc/a.conf', '/etc/a.conf', 'no'],
    ['a file that is none of its inputs', 'echo > /etc/c.conf', '/etc/c.conf', 'no'],
    ['one whose name another one begins with', 'echo > /etc/a.con', '/etc/a.con', 'no'],
    ['a unit that was never started', 'rm /run/k8sup/x.service.inputs', '/etc/a.conf', 'no'],
    ['a host without the helper', `rm ${script}`, '/etc/a.conf', 'no'],
  ])('%s', async (_title, change, file, told) => {
    using host = await recorded();
    await host.sh(change);
    expect(await said(host, file)).toBe(told);
  });
});

function hostWithInputs(): FakeHost {
  const host = fakeHost();
  host.write(script, unitInputsText, 0o755);
  host.write('/etc/systemd/system/x.service', '[Unit]\n');
  host.write('/etc/a.conf', 'a\n');
  host.write('/etc/b.conf', 'b\n');
  host.write('/opt/big', 'x'.repeat(1_100_000));
  return host;
}

async function recorded(): Promise<FakeHost> {
  const host = hostWithInputs();
  await host.sh(`${script} record x.service ${inputs}`);
  return host;
}

const compare = (host: FakeHost): Promise<string> => host.sh(`${script} compare x.service ${inputs}`);
