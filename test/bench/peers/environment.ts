import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { mustRun } from '../measure.ts';

/** The tools that k8sup is measured against, at fixed versions, from the Python package index. */
const packages = ['ansible==12.3.0', 'pyinfra==3.10.0'] as const;

/** Programs of the other tools. */
export interface PeerPrograms {
  readonly ansible: string;
  readonly pyinfra: string;
  readonly versions: Readonly<Record<string, string>>;
}

/** Installs them into a virtual environment of their own, once. */
export async function installPeers(): Promise<PeerPrograms> {
  const folder = join(homedir(), '.cache/k8sup/bench', packages.join('-').replaceAll('==', '-'));
  const program = (name: string): string => join(folder, 'bin', name);
  if (!existsSync(join(folder, 'complete'))) {
    await mkdir(folder, { recursive: true });
    await mustRun(['python3', '-m', 'venv', folder]);
    await mustRun([program('pip'), 'install', '--quiet', '--disable-pip-version-check', ...packages]);
    await mustRun(['touch', join(folder, 'complete')]);
  }
  const ansible = await mustRun([program('ansible-playbook'), '--version']);
  const pyinfra = await mustRun([program('pyinfra'), '--version']);
  return {
    ansible: program('ansible-playbook'),
    pyinfra: program('pyinfra'),
    versions: { ansible: firstLine(ansible.output), pyinfra: firstLine(pyinfra.output) },
  };
}

const firstLine = (text: string): string => text.trim().split('\n')[0] ?? '';
