import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { requestLines } from '../../src/components/csr-approver/csr-approver.ts';
import { approverText } from '../../src/components/csr-approver/script.ts';
import type { Inventory } from '../../src/inventory/model.ts';
import type { CsrJson } from '../../src/kube/csr.ts';

/** What the program of the masters decided: undefined where it approves, its reason otherwise. */
export type Verdict = string | undefined;

/** Shells that hosts have as /bin/sh, as far as they are on this machine. */
export const shells: readonly (readonly string[])[] = [['sh'], ['bash', '--posix'], ['busybox', 'sh']].filter(
  ([program = '']) => {
    try {
      execFileSync('sh', ['-c', `command -v ${program}`]);
      return true;
    } catch {
      return false;
    }
  },
);

/** Gives all requests to one run of the program that judges on masters. */
export function shellVerdicts(
  inventory: Inventory,
  requests: readonly CsrJson[],
  [shell = 'sh', ...flags]: readonly string[] = ['sh'],
): readonly Verdict[] {
  const work = mkdtempSync(join(tmpdir(), 'k8sup-approver-'));
  try {
    const [script, file] = [join(work, 'csr-approver'), join(work, 'requests')];
    writeFileSync(script, approverText({ kubectl: 'false', kubeconfig: 'none', requests: file, work, seconds: 1 }));
    writeFileSync(file, requestLines(inventory));
    const rows = requests.map((csr, index) => rowOf({ ...csr, metadata: { ...csr.metadata, uid: uidOf(index) } }));
    const options = { input: rows.join(''), encoding: 'utf8', maxBuffer: 1 << 26 } as const;
    const decided = execFileSync(shell, [...flags, script, 'judge'], options);
    return requests.map((_csr, index) => verdictOf(decided, index));
  } finally {
    rmSync(work, { recursive: true });
  }
}

function verdictOf(decided: string, index: number): Verdict {
  const lines = decided.split('\n').filter((line) => line.split(' ')[1] === uidOf(index));
  const [line = ''] = lines;
  if (lines.length !== 1 || !/^(approve|leave) /.test(line)) throw new Error(`request ${index}: ${lines.join('\n')}`);
  return line.startsWith('approve ') ? undefined : line;
}

function uidOf(index: number): string {
  return `${index.toString(16).padStart(8, '0')}-0000-4000-8000-000000000000`;
}

/** As the program's template prints it. */
export function rowOf({ metadata: { name, uid, resourceVersion }, spec }: CsrJson): string {
  const list = (items: readonly string[] = []): string => `[${items.map((item) => `${goQuoted(item)} `).join('')}]`;
  const fields = [name, uid, resourceVersion, spec.signerName, spec.username].map(goQuoted);
  return `${[...fields, list(spec.groups), list(spec.usages), spec.request.slice(0, 4097)].join('\t')}\n`;
}

/** Go's `%+.300q` of valid text. */
function goQuoted(text: string): string {
  const short: Readonly<Record<string, string>> = {
    '\u0007': '\\a',
    '\b': '\\b',
    '\f': '\\f',
    '\n': '\\n',
    '\r': '\\r',
    '\t': '\\t',
    '\v': '\\v',
    '\\': '\\\\',
    '"': '\\"',
  };
  const quoted = Array.from(text)
    .slice(0, 300)
    .map((letter) => {
      const code = letter.codePointAt(0) ?? 0;
      if (short[letter] !== undefined) return short[letter];
      if (code >= 0x20 && code < 0x7f) return letter;
      if (code < 0x80) return `\\x${code.toString(16).padStart(2, '0')}`;
      return code < 0x10000 ? `\\u${code.toString(16).padStart(4, '0')}` : `\\U${code.toString(16).padStart(8, '0')}`;
    });
  return `"${quoted.join('')}"`;
}
