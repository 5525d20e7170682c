import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { frameScript, goLine, loader, loaderCommand, rootMark } from '../../../src/host/loader.ts';

// Not busybox: its head reads more than it gives, and a host with systemd has coreutils.
const shells = [['/bin/sh'], ['dash'], ['bash']].filter(
  ([command = '']) => spawnSync(command, ['-c', ':']).error === undefined,
);

describe.each(shells.map((shell) => ({ shell, name: shell.join(' ') })))('the loader in $name', ({ shell }) => {
  it('runs the script and leaves every byte behind it to the script', () => {
    const content = Buffer.from([0, 1, 10, 13, 255, 10, 10, 0]);
    const framed = frameScript('head -c 8 | od -An -v -tx1; echo end; cat');
    const result = feed(shell, Buffer.concat([framed.frame, content, Buffer.from('rest')]));
    expect(result.stdout.split(framed.startMark)[1]).toBe('\n 00 01 0a 0d ff 0a 0a 00\nend\nrest');
  });

  it("gives the script's exit code", () => {
    expect(feed(shell, frameScript('exit 42').frame).status).toBe(42);
    expect(feed(shell, frameScript('false').frame).status).toBe(1);
  });

  it('does not run a script that was cut off before its end was reached', () => {
    const { frame } = frameScript('');
    const cut = feed(shell, Buffer.from('20\nif :; then echo lost'));
    expect(cut.stdout).toBe('');
    expect(frame.toString().split('\n')[0]).toBe(String(frame.length - frame.indexOf('\n') - 1));
  });

  it('counts bytes and not characters', () => {
    const framed = frameScript("printf %s 'ü日🙂'");
    expect(feed(shell, Buffer.concat([framed.frame, Buffer.from('echo no')])).stdout).toBe(
      `${framed.startMark}\nü日🙂`,
    );
  });

  it('runs scripts far bigger than one argument may be', () => {
    const framed = frameScript(`: ${'x'.repeat(300_000)}\necho done`);
    expect(feed(shell, framed.frame).stdout).toBe(`${framed.startMark}\ndone\n`);
  });

  it('sets one locale and a full path, and drops what would lead programs elsewhere', () => {
    const framed = frameScript('echo "$LC_ALL|$PATH|${KUBECONFIG-none}|${CDPATH-none}|$(umask)"');
    const env = { PATH: '/usr/bin:/bin', LC_ALL: 'de_DE.UTF-8', KUBECONFIG: '/x', CDPATH: '/' };
    expect(feed(shell, framed.frame, env).stdout.split('\n')[1]).toMatch(
      /^C\|\/usr\/local\/sbin:[^|]*\/sbin:\/bin\|none\|none\|0022$/,
    );
  });
});

describe('the command line', () => {
  it('is the loader alone for root, and by sudo without a prompt for others', () => {
    expect(loaderCommand()).toBe(`exec /bin/sh -c '${loader}'`);
    expect(loaderCommand({ with: 'sudo', password: false })).toBe(`exec sudo -n -- /bin/sh -c '${loader}'`);
  });

  it('waits with a password for what is left of it to be thrown away', () => {
    const sudo = loaderCommand({ with: 'sudo', password: true });
    expect(sudo).toMatch(/^exec sudo -S -p @@k8sup-password: -- \/bin\/sh -c '/);
    expect(loaderCommand({ with: 'su', password: true })).toMatch(/^exec su -s \/bin\/sh -c '.*' root$/);
    const framed = frameScript('echo "[$k8sup_l]"; cat');
    const shell = sudo.replace(/^exec sudo .* -- /, 'exec ');
    for (const before of ['', 'pass word\n', 'pass\n\n']) {
      const input = Buffer.concat([Buffer.from(`${before}${goLine}\n`), framed.frame, Buffer.from('rest')]);
      const { stdout } = spawnSync('sh', ['-c', shell], { input, encoding: 'utf8' });
      expect(stdout).toBe(`${rootMark}\n${framed.startMark}\n[${goLine}]\nrest`);
    }
  });

  it('survives a login shell', () => {
    const framed = frameScript('echo "here $0"');
    const result = spawnSync('bash', ['-c', loaderCommand()], { input: framed.frame, encoding: 'utf8' });
    expect(result.stdout).toContain(`${framed.startMark}\nhere`);
  });
});

it('marks the start anew in each run, so that no login file can imitate it', () => {
  expect(frameScript(':').startMark).not.toBe(frameScript(':').startMark);
});

function feed(shell: readonly string[], input: Buffer, env: NodeJS.ProcessEnv = process.env) {
  const [command = '', ...args] = shell;
  return spawnSync(command, [...args, '-c', loader], { input, encoding: 'utf8', env });
}
