import { describe, expect, it } from 'vitest';
import { applyToHost } from '../../../src/engine/apply-host.ts';
import { applyScript, lockedKey, probeScript } from '../../../src/engine/script.ts';
import { file } from '../../../src/resources/file.ts';
import { rawShell } from '../../../src/shell/sh.ts';
import { leftMark } from '../../../src/resources/left-mark.ts';
import { fakeHost, hangMs, noFakeHost } from '../../support/fake-executor.ts';
import type { FakeHost } from '../../support/fake-executor.ts';
import { hostOf } from '../components/fixture.ts';
import { thing, three } from './fixture.ts';

const { signal } = new AbortController();
const h1 = hostOf(three, 'h1');
const options = {
  signal,
  stage: '02.test',
  holder: "o'brien `id` $HOME \\n",
  onBegin: () => undefined,
  onDone: () => undefined,
  onLeft: () => undefined,
};

describe.skipIf(noFakeHost !== undefined)('a script of probes', () => {
  it('keeps what each one printed and its exit code apart', async () => {
    expect(await probe({ a: 'echo one; echo two', b: 'printf none', c: 'exit 3', d: ':', e: 'echo err >&2' })).toEqual({
      a: { exitCode: 0, output: 'one\ntwo' },
      b: { exitCode: 0, output: 'none' },
      c: { exitCode: 3, output: '' },
      d: { exitCode: 0, output: '' },
      e: { exitCode: 0, output: 'err' },
    });
  });

  it('lets none disturb another: exit, cd, variables, standard input, functions', async () => {
    const nasty = 'x=1; cd /srv; echo() { :; }; read line; exit 0';
    expect(await probe({ a: nasty, b: 'pwd; echo "${x-unset}"' })).toEqual({
      a: { exitCode: 0, output: '' },
      b: { exitCode: 0, output: `${process.cwd()}\nunset` },
    });
  });

  it('is not fooled by output that looks like a mark', async () => {
    const forged = ['@@k8sup-000000000000000000< 0 b', '@@k8sup> b', '@@k8sup-0> b'];
    const sections = await probe({ a: `printf '%s\\n' ${forged.map((line) => `'${line}'`).join(' ')}`, b: 'exit 4' });
    expect(sections['a']?.output).toBe(forged.join('\n'));
    expect(sections['b']?.exitCode).toBe(4);
  });

  it('marks each script anew', () => {
    const one = probeScript([{ key: 'a', script: rawShell(':') }]);
    expect(one.script).not.toBe(probeScript([{ key: 'a', script: rawShell(':') }]).script);
  });

  it('takes keys of any text', async () => {
    const key = `file:/srv/it's 100%s "$(id)" \\n`;
    expect(await probe({ [key]: 'echo there' })).toEqual({ [key]: { exitCode: 0, output: 'there' } });
  });

  it('has no section for a probe that never ended', () => {
    const script = probeScript([{ key: 'a', script: rawShell(':') }]);
    const mark = /@@k8sup-\w+/.exec(script.script)?.[0] ?? '';
    const cut = `${mark}> a\nfine\n\n${mark}< 0 a\n${mark}> b\nhalf of`;
    expect([...script.parse(cut)]).toEqual([['a', { exitCode: 0, output: 'fine' }]]);
  });
});

describe.skipIf(noFakeHost !== undefined)('a script of changes', () => {
  it('gives each resource its own contents, of any bytes and of none', async () => {
    using host = fakeHost();
    const all = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
    const files = [all, Buffer.alloc(0), Buffer.from('\n\n'), Buffer.alloc(200_000, 'x')].map((content, index) =>
      file({ path: `/srv/${String(index)}`, content, mode: 0o600 }),
    );
    await applyToHost(h1, files, host.executor, options);
    expect(await host.sh('cd /srv; stat -c %s *; od -An -tu1 -v -w256 0 | tr -s " "')).toBe(
      `256\n0\n2\n200000\n ${[...all].join(' ')}\n`,
    );
  });

  it('keeps contents from programs that read what is not theirs', async () => {
    using host = fakeHost();
    const curious = { ...thing('a'), apply: { script: rawShell('cat > /srv/a.read; echo on > /srv/a') } };
    const kept = file({ path: '/srv/kept', content: 'all of it\n', mode: 0o600 });
    await applyToHost(h1, [curious, kept], host.executor, options);
    expect([host.read('/srv/kept'), host.read('/srv/a.read')]).toEqual(['all of it\n', '']);
  });

  it('tells what had to be left, in words that cannot disturb a terminal', async () => {
    using host = fakeHost();
    const left: string[] = [];
    const one = thing('a');
    const script = rawShell(`${one.apply.script.sh}\necho other; printf '${leftMark}a \\033[2J thing\\n'`);
    await applyToHost(h1, [{ ...one, apply: { script } }], host.executor, {
      ...options,
      onLeft: (text) => void left.push(text),
    });
    expect(left).toEqual(['a \\x1b[2J thing']);
  });

  it('tells when work on each begins and ends', async () => {
    using host = fakeHost();
    const told: string[] = [];
    const listen = { onBegin: (id: string) => told.push(`+${id}`), onDone: (id: string) => told.push(`-${id}`) };
    await expect(
      applyToHost(h1, [thing('a'), thing('b', 'on', 'exit 1'), thing('c')], host.executor, {
        ...options,
        onBegin: (id) => void listen.onBegin(id),
        onDone: (id) => void listen.onDone(id),
      }),
    ).rejects.toMatchObject({ code: 'RESOURCE_FAILED' });
    expect(told).toEqual(['+thing:a', '-thing:a', '+thing:b']);
  });

  it('ends a resource at its first command that fails', async () => {
    using host = fakeHost();
    const stumbling = { ...thing('a'), apply: { script: rawShell('false\necho went on > /srv/a') } };
    await expect(applyToHost(h1, [stumbling], host.executor, options)).rejects.toMatchObject({ why: 'exit code 1' });
    expect(await host.sh('ls /srv')).toBe('');
  });

  it('leaves word who has changed the host, where k8sup has a folder', async () => {
    using host = fakeHost();
    const left = '[ ! -e /var/lib/k8sup ] || cat /var/lib/k8sup/applied-by';
    const nothing = { ...thing('a'), apply: { script: rawShell('rm -rf /var/lib/k8sup') } };
    await applyToHost(h1, [nothing], host.executor, options).catch(() => undefined);
    expect(await host.sh(left)).toBe('');
    await applyToHost(h1, [thing('b')], host.executor, { ...options, holder: "k8sup apply of o'neill@desk" });
    expect(await host.sh(left)).toBe("k8sup apply of o'neill@desk\n");
  });

  it('does nothing while another script holds the host, and names the holder', async () => {
    using host = fakeHost();
    host.write('/run/k8sup/holder', 'k8sup apply of ann@desk, process 7\n');
    await host.sh('touch /run/k8sup/lock');
    const script = applyScript([thing('a')], 'me', 0, '02.test');
    const held = `exec 5>>/run/k8sup/lock; flock 5; ( eval "$SCRIPT" )`;
    const stdout = await host.sh(`SCRIPT=$(cat <<'END'\n${script.script}\nEND\n)\n${held}`);
    const sections = script.parse(stdout);
    expect([...sections.keys()]).toEqual([lockedKey]);
    expect(sections.get(lockedKey)?.output).toContain('ann@desk');
    expect(await host.sh('ls /srv')).toBe('');
  });

  it.each([
    ['busybox’s, which has no -w', 'echo "flock: unrecognized option: w" >&2; exit 1', /\/flock does not know -w/],
    ['none', undefined, /it has no flock/],
  ])('does not take a host for locked whose flock is %s', async (_, body, why) => {
    using host = fakeHost({
      shell: '/bin/dash',
      ...(body === undefined ? { before: 'mount --bind /dev/null "$(command -v flock)"' } : {}),
    });
    if (body !== undefined) host.program('flock', body);
    await expect(applyToHost(h1, [thing('a')], host.executor, options)).rejects.toMatchObject({
      code: 'HOST_WITHOUT_FLOCK',
      why: expect.stringMatching(why) as string,
    });
    expect(await host.sh('ls /srv')).toBe('');
  });

  it('is an error that names the holder', async () => {
    const executor = {
      hostName: 'h1',
      read: () => Promise.reject(new Error('not read')),
      run: (script: string) => {
        const mark = /^printf '%s\\n' '?(@@k8sup-\w+)>/m.exec(script)?.[1] ?? '';
        const stdout = `${mark}> locked\nk8sup apply of ann@desk\u001b[2J\n\n${mark}< 0 locked\n`;
        return Promise.resolve({ exitCode: 0, stdout, stderr: '' });
      },
    };
    await expect(applyToHost(h1, [thing('a')], executor, options)).rejects.toMatchObject({
      code: 'HOST_LOCKED',
      kind: 'lock',
      why: 'k8sup apply of ann@desk\\x1b[2J',
    });
  });

  it('writes down who holds the host, whatever their name', async () => {
    using host = fakeHost();
    await applyToHost(h1, [thing('a')], host.executor, options);
    expect(host.read('/run/k8sup/holder')).toBe(`${options.holder}\n`);
  });

  it('says what stopped a script that could not even begin', async () => {
    using host = fakeHost();
    host.write('/run/k8sup', 'a file in its place');
    await expect(applyToHost(h1, [thing('a')], host.executor, options)).rejects.toMatchObject({
      code: 'RESOURCE_FAILED',
      why: expect.stringMatching(/ended before[\s\S]*\/run\/k8sup/) as string,
    });
  });

  it('is not sent where there is nothing to do', async () => {
    using host = fakeHost();
    await applyToHost(h1, [], host.executor, options);
    expect(host.calls).toEqual([]);
  });
});

async function probe(scripts: Readonly<Record<string, string>>) {
  using host: FakeHost = fakeHost();
  const script = probeScript(Object.entries(scripts).map(([key, text]) => ({ key, script: rawShell(text) })));
  const { stdout } = await host.executor.read(script.script, { signal, timeoutMs: hangMs });
  return Object.fromEntries(script.parse(stdout));
}
