import { expect, test } from 'vitest';
import { serviceText } from '../../../src/components/service.ts';
import { unitText, unitWord } from '../../../src/components/systemd-unit.ts';

test('sections, lists, booleans and numbers, in the order given', () => {
  const text = unitText({ Unit: { Description: 'x', After: ['a', 'b'] }, Service: { Delegate: true, LimitNOFILE: 5 } });
  expect(text).toBe('[Unit]\nDescription=x\nAfter=a\nAfter=b\n\n[Service]\nDelegate=yes\nLimitNOFILE=5\n');
});

test.each([
  ['--name=h1', '--name=h1'],
  ['--controllers=*,a', '--controllers=*,a'],
  ['100%', '100%%'],
  ['$HOME', '$$HOME'],
  ['', '""'],
  ['two words', '"two words"'],
  [';', '";"'],
  ["it's", `"it's"`],
  ['say "hi" \\', '"say \\"hi\\" \\\\"'],
  ['a\nb', '"a\\x0ab"'],
])('the word %j is written %s', (word, written) => {
  expect(unitWord(word)).toBe(written);
});

test('every word survives quoting', () => {
  const words = ['a b', '$HOME', '100%', '"q" \\ \'s\'', ';', 'tab\tnew\nline', '${X}', 'ü'];
  const script = 'for w in "$@"; do printf "<%s>" "$w"; done';
  const command = unitText({ Service: { ExecStart: { command: ['/bin/sh', '-c', script, '-', ...words] } } });
  // systemd's own rules, undone: continuation, quotes, C escapes, %% and $$.
  const line = command.replace(/^\[Service\]\nExecStart=/, '').replaceAll('\\\n', ' ');
  expect(parsed(line)).toEqual(['/bin/sh', '-c', script, '-', ...words]);
});

test('a value never becomes a second setting', () => {
  expect(() => unitText({ Unit: { Description: 'x\nExecStart=/bin/evil' } })).toThrow('one line');
  expect(unitText({ Service: { Environment: { variable: 'A', value: 'x\nB="%h"' } } })).toBe(
    '[Service]\nEnvironment="A=x\\x0aB=\\"%%h\\""\n',
  );
});

test('a service records its inputs before it starts and is restarted for ever', () => {
  const base = { unit: 'a.service', description: 'a', command: ['/bin/a', '--x'], inputs: ['/etc/a'] };
  const text = serviceText({ ...base, type: 'notify', after: ['b.service'] });
  expect(text).toContain('ExecStartPre=+/opt/k8sup/lib/unit-inputs \\\n  record \\\n  a.service \\\n  /etc/a\n');
  expect(text).toContain('ExecStart=/bin/a \\\n  --x\n');
  expect(text).toContain('Wants=network-online.target\nAfter=network-online.target b.service\n');
  expect(text).toContain('Restart=always');
});

/** A reading of systemd.syntax(7) that knows nothing of the writer. */
function parsed(line: string): readonly string[] {
  const words = line.trim().match(/"(?:[^"\\]|\\.)*"|\S+/g) ?? [];
  return words.map((word) => {
    const plain = word.startsWith('"')
      ? word
          .slice(1, -1)
          .replace(/\\x([0-9a-f]{2})|\\(.)/g, (_all, hex?: string, char?: string) =>
            hex === undefined ? (char ?? '') : String.fromCharCode(Number.parseInt(hex, 16)),
          )
      : word;
    return plain.replaceAll('%%', '%').replaceAll('$$', '$');
  });
}
