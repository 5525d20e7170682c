import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { lines, quote, rawShell, sh } from '../../../src/shell/sh.ts';

const shells = [['/bin/sh'], ['dash'], ['bash'], ['bash', '--posix'], ['busybox', 'sh']].filter(
  ([command = '']) => spawnSync(command, ['-c', ':']).error === undefined,
);

describe.each(shells.map((shell) => ({ shell, name: shell.join(' ') })))('a quoted word through $name', ({ shell }) => {
  it.each([1, 2, 3, 4])('comes out as it went in (seed %i)', (seed) => {
    const words = [...nasty, ...randomWords(seed, 120)];
    const script = words.map((word) => `printf '%s\\0' ${quote(word)}`).join('\n');
    expect(printed(shell, script)).toEqual(words);
  });

  it('is one word among others, and never an option, a pattern or an assignment of the shell', () => {
    const words = ['-n', '--', '-e', '*', '~', 'A=b', '$HOME', '', 'a b', '{a,b}', '#', '!', '[a-z]*', '\\', '&'];
    expect(printed(shell, sh`set -- ${words}; printf '%s\\0' "$@"`.sh)).toEqual(words);
  });
});

describe('quote', () => {
  it('leaves plain words readable', () => {
    expect(quote('/etc/kubernetes/pki/ca.crt')).toBe('/etc/kubernetes/pki/ca.crt');
    expect(quote('--flag=a,b:c@d%e+f')).toBe('--flag=a,b:c@d%e+f');
  });

  it('makes a word of the empty string', () => expect(quote('')).toBe("''"));

  it('refuses a NUL byte, which no argument can hold', () => expect(() => quote('a\0b')).toThrow('NUL'));
});

describe('sh', () => {
  it('quotes strings and the words of arrays, and takes numbers and shell text as they are', () => {
    const inner = sh`echo ${"it's"}`;
    expect(sh`${inner}; kill -${9} ${['a b', 2]}; ${rawShell('"$x"')}`.sh).toBe(
      `echo 'it'\\''s'; kill -9 'a b' 2; "$x"`,
    );
  });

  it('joins pieces as commands of their own', () => {
    expect(lines([sh`a # comment`, sh`b`]).sh).toBe('a # comment\nb');
  });
});

const nasty = [
  '',
  ' ',
  "'",
  "''",
  `'"'"'`,
  '\n',
  'a\n\nb\n',
  '\\',
  '\\n',
  '\\\n',
  '$(id)',
  '`id`',
  '${IFS}',
  '-',
  '-n',
  '\t\r\u001b[31m',
  'ü — 日本 🙂',
  '\u202e',
  '!history',
  '%s',
  "';'",
  '*',
  '~root',
];

function printed(shell: readonly string[], script: string): readonly string[] {
  const [command = '', ...args] = shell;
  const result = spawnSync(command, [...args, '-c', script], { encoding: 'utf8' });
  if (result.status !== 0) throw new Error(`exit ${String(result.status)}: ${result.stderr}`);
  return result.stdout.split('\0').slice(0, -1);
}

/** Words of shell-active characters, the same ones in every run (a linear congruential generator). */
function randomWords(seed: number, count: number): readonly string[] {
  const alphabet = Array.from('\'"\\$`\n\t\r -=~*?[]{}()<>|&;#!%^:,.abcXYZ019üß日🙂\u0001\u007f');
  let state = seed * 2654435761;
  const next = (below: number): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  return Array.from({ length: count }, () =>
    Array.from({ length: next(24) }, () => alphabet[next(alphabet.length)] ?? '').join(''),
  );
}
