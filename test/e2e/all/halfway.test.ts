import { spawn } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { ErrorJson, RunEvent } from '../../../src/engine/events.ts';
import { unitInputsScript } from '../../../src/resources/unit-inputs.ts';
import { parseEventLines } from '../../support/event-schema.ts';
import { bootLab, good, noLab } from '../../support/lab.ts';
import type { LabHandle } from '../../support/lab.ts';
import { waitUntil } from '../../support/observe.ts';

const program = new URL('../../../dist/src/main.js', import.meta.url).pathname;

/**
 * Programs of scripts that wait at a wanted moment while /run/pause is there, each after it has told in /run/paused which sshd serves it: `mv`, with
 * which a file gets its name, and `head`, with which an upload is read.
 */
const pausing = `cat > /usr/local/sbin/k8sup-test-pause <<'END'
p=$PPID; while [ "$(cat /proc/$p/comm)" != sshd ]; do p=$(awk '/^PPid/ { print $2 }' /proc/$p/status); done
echo $p > /run/paused
while [ -e /run/pause ]; do sleep 0.1; done
END
cat > /usr/local/sbin/mv <<'END'
#!/bin/sh
case $* in *" $(cat /run/pause 2>/dev/null || echo never)") . /usr/local/sbin/k8sup-test-pause ;; esac
exec /usr/bin/mv "$@"
END
cat > /usr/local/sbin/head <<'END'
#!/bin/sh
if [ "$1" = -c ] && [ "$2" -gt 1000000 ] && [ "$(cat /run/pause 2>/dev/null)" = upload ]; then
  /usr/bin/head -c 65536; . /usr/local/sbin/k8sup-test-pause; exec /usr/bin/head -c $(($2 - 65536))
fi
exec /usr/bin/head "$@"
END
chmod 755 /usr/local/sbin/mv /usr/local/sbin/head`;

/** A run of k8sup that can be signalled. */
interface Started {
  readonly signal: (name: NodeJS.Signals) => void;
  readonly ended: Promise<{ readonly code: number | null; readonly events: readonly RunEvent[] }>;
}

describe.skipIf(noLab !== undefined)(`runs that break half-way${noLab === undefined ? '' : ` (${noLab})`}`, () => {
  let lab: LabHandle;
  const apply = (stage: string, inventory = lab.inventory) => lab.k8sup('stage', stage, inventory, '-o', 'json');

  const start = (stage: string): Started => {
    const args = ['stage', stage, lab.inventory, '-o', 'json'];
    const child = spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'pipe', 'ignore'] });
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => (output += chunk));
    const ended = new Promise<Awaited<Started['ended']>>((resolve) => {
      child.once('close', (code) =>
        resolve({ code, events: output.split('\n').flatMap((line) => (line.endsWith('}') ? parse(line) : [])) }),
      );
    });
    return { signal: (name) => void child.kill(name), ended };
  };
  /** Starts a stage that waits on h2 at a moment: in front of a file's name, or in an `upload`. */
  const startPaused = async (stage: string, moment: string): Promise<Started & { readonly sshd: string }> => {
    await lab.ssh('h2', `rm -f /run/paused; echo ${moment} > /run/pause`);
    const started = start(stage);
    let over = false;
    void started.ended.then(() => (over = true));
    await waitUntil(async () => over || (await lab.ssh('h2', 'cat /run/paused 2>/dev/null || :')) !== '', 90);
    expect(over, 'it ended before it came to the pause').toBe(false);
    return { ...started, sshd: (await lab.ssh('h2', 'cat /run/paused')).trim() };
  };
  const goOn = () => lab.ssh('h2', 'rm -f /run/pause');
  const locks = async (): Promise<string> =>
    (await lab.ssh('h1', 'cat /run/k8sup-holder 2>/dev/null || :')) +
    readdirSync(join(lab.dir, '.k8sup', lab.name))
      .filter((name) => name.startsWith('lock'))
      .join(' ');
  const fileOn = (host: string) => lab.ssh(host, `cat ${unitInputsScript} 2>/dev/null | wc -c`);

  beforeAll(async () => {
    lab = await bootLab('e2e-halfway', 2, 'newest');
    lab.edit(({ ssh }) => void (ssh['keepalive'] = 2));
    await lab.ssh('h2', pausing);
    good(await apply('01.prepare'));
  });
  afterAll(() => lab.down());
  beforeEach(async () => {
    await goOn();
    for (const host of ['h1', 'h2']) await lab.ssh(host, `rm -f ${unitInputsScript}`);
  });

  test('two at once: the second one, from another state folder, refuses at once and names the first', async () => {
    const first = await startPaused('01.prepare', unitInputsScript);
    const other = join(lab.dir, 'other');
    mkdirSync(other);
    const copy = join(other, 'inventory.yaml');
    writeFileSync(copy, readFileSync(lab.inventory));
    const second = await apply('01.prepare', copy);
    expect(second.exitCode).toBe(18);
    expect(errorOf(second.events)).toMatchObject({
      code: 'CLUSTER_LOCKED',
      why: expect.stringMatching(/^k8sup stage 01\.prepare of \S+@\S+, process \d+, since .* ago/) as string,
    });
    const same = await apply('01.prepare');
    expect([same.exitCode, errorOf(same.events)?.code]).toEqual([18, 'CLUSTER_LOCKED']);
    good(await lab.k8sup('plan', lab.inventory, '-o', 'json', '--to', '01.prepare'));
    const held = await lab.k8sup('unlock', copy, '--yes');
    expect(held.exitCode).toBe(18);
    expect(held.stdout).toMatch(/^h1: held: k8sup stage 01\.prepare of /);
    await goOn();
    expect((await first.ended).code).toBe(0);
    expect(await locks()).toBe('');
    await lab.ssh('h1', 'ls -A /run | grep k8sup-holder && exit 1 || :');
  });

  test('Ctrl-C lets the running step end, releases both locks, and says where it stopped', async () => {
    const run = await startPaused('01.prepare', unitInputsScript);
    run.signal('SIGINT');
    await goOn();
    const { code, events } = await run.ended;
    expect(code).toBe(130);
    expect(errorOf(events)).toMatchObject({
      code: 'CANCELLED',
      stage: '01.prepare',
      why: expect.stringContaining('it stopped in 01.prepare, at "operating system"') as string,
    });
    expect(events.at(-1)).toMatchObject({ type: 'summary', ok: false });
    expect(await fileOn('h2')).not.toBe('0');
    expect(await locks()).toBe('');
    good(await apply('01.prepare'));
  });

  test('Ctrl-C twice ends at once and releases both locks', async () => {
    const run = await startPaused('01.prepare', unitInputsScript);
    run.signal('SIGINT');
    run.signal('SIGTERM');
    const { code, events } = await run.ended;
    expect([code, errorOf(events)?.code]).toEqual([130, 'CANCELLED']);
    expect(await fileOn('h2')).toBe('0');
    expect(await locks()).toBe('');
    await goOn();
    good(await apply('01.prepare'));
  });

  test('what a killed run leaves is told by unlock, and taken over by the next one', async () => {
    const run = await startPaused('01.prepare', unitInputsScript);
    run.signal('SIGKILL');
    await run.ended;
    await goOn();
    expect(await locks()).toContain('"command":"stage 01.prepare"');
    const shown = await lab.k8sup('unlock', lab.inventory);
    expect(shown.stdout).toMatch(/^h1: left by a run that died: /m);
    expect(good(await apply('01.prepare')).failed).toBe(0);
    expect(await locks()).toBe('');
  });

  test('SSH cut in mid-command: one error with host, step, cause and fix, the other host is done, a second run succeeds', async () => {
    const run = await startPaused('01.prepare', unitInputsScript);
    await lab.ssh('h2', `kill -KILL ${run.sshd}`);
    await lostAndMended(run, '01.prepare', 'operating system');
  });

  test('the same where the host hangs: the connection is up, and nothing comes', async () => {
    const run = await startPaused('01.prepare', unitInputsScript);
    await lab.ssh('h2', `kill -STOP ${run.sshd}`);
    const error = await lostAndMended(run, '01.prepare', 'operating system', () =>
      lab.ssh('h2', `kill -KILL ${run.sshd}`),
    );
    expect(error?.why).toContain('the host answered nothing for 6 s');
  });

  test('the same where the host is rebooted in mid-stage', async () => {
    const run = await startPaused('01.prepare', unitInputsScript);
    const before = await lab.ssh('h2', 'cat /proc/sys/kernel/random/boot_id');
    await lab.ssh('h2', '(sleep 0.2; systemctl reboot) >/dev/null 2>&1 &');
    await lostAndMended(run, '01.prepare', 'operating system', () =>
      waitUntil(
        () =>
          lab.ssh('h2', 'cat /proc/sys/kernel/random/boot_id').then(
            (id) => id !== before,
            () => false,
          ),
        60,
      ),
    );
  });

  test('SSH cut in mid-upload: what was sent never becomes the file', async () => {
    good(await apply('01.prepare'));
    const run = await startPaused('03.runtime', 'upload');
    await lab.ssh('h2', `kill -KILL ${run.sshd}`);
    await lostAndMended(run, '03.runtime');
    expect(await lab.ssh('h2', 'find /opt -name "*.k8sup-new"')).toBe('');
  });

  test('a disk that is full in mid-upload is told as such', async () => {
    good(await apply('01.prepare'));
    await lab.ssh('h2', 'mount -t tmpfs -o size=4g tmpfs /opt/k8sup/bin');
    const run = await startPaused('03.runtime', 'upload');
    await lab.ssh('h2', 'mount -o remount,size=1m /opt/k8sup/bin');
    await goOn();
    const { code, events } = await run.ended;
    await lab.ssh('h2', 'umount -l /opt/k8sup/bin');
    expect([code, errorOf(events)]).toEqual([
      14,
      expect.objectContaining({
        host: 'h2',
        stage: '03.runtime',
        step: expect.stringMatching(/./) as string,
        why: expect.stringMatching(/no space is left on the disk|No space left on device/) as string,
        fix: expect.stringContaining('run the same command again') as string,
      }),
    ]);
    expect(isDone(events, 'h1', '03.runtime')).toBe(true);
    good(await apply('03.runtime'));
  });

  test('a clock three hours off is told before anything is done', async () => {
    await lab.ssh(
      'h2',
      'printf \'#!/bin/sh\\nexec /usr/bin/date -d "3 hours ago" "$@"\\n\' > /usr/local/sbin/date; chmod 755 /usr/local/sbin/date',
    );
    const result = await apply('01.prepare');
    await lab.ssh('h2', 'rm /usr/local/sbin/date');
    expect(result.exitCode).toBe(19);
    expect(errorOf(result.events)).toMatchObject({
      code: 'CLOCK_SKEW',
      host: 'h2',
      fix: expect.stringContaining('timedatectl') as string,
    });
    expect(result.summary?.changed).toBe(0);
    expect(good(await apply('01.prepare')).changed).toBe(2);
  });

  /** The run ends with the loss of h2, h1 is done with the stage, and the next run mends h2. */
  async function lostAndMended(
    run: Started,
    stage: string,
    step?: string,
    mend: () => Promise<unknown> = () => Promise.resolve(),
  ): Promise<ErrorJson | undefined> {
    const { code, events } = await run.ended;
    const error = errorOf(events);
    expect([code, error?.code, error?.host, error?.stage]).toEqual([11, 'CONNECTION_LOST', 'h2', stage]);
    expect(error?.step).toMatch(step === undefined ? /./ : new RegExp(`^${step}$`));
    expect(error?.why).toBeTruthy();
    expect(error?.fix).toContain('run the same command again');
    expect(isDone(events, 'h1', stage)).toBe(true);
    await mend();
    await goOn();
    // What the script that was left behind has done by then is no change any more.
    good(await apply(stage));
    expect(good(await apply(stage))).toMatchObject({ changed: 0, failed: 0 });
    return error;
  }
});

function parse(line: string): readonly RunEvent[] {
  return parseEventLines(line) as readonly RunEvent[];
}

function errorOf(events: readonly RunEvent[]): ErrorJson | undefined {
  return events.flatMap((event) => (event.type === 'error' ? [event.error] : [])).at(-1);
}

function isDone(events: readonly RunEvent[], host: string, stage: string): boolean {
  return events.some((event) => event.type === 'host-done' && event.host === host && event.stage === stage);
}
