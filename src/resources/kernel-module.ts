import { rawShell, sh } from '../shell/sh.ts';
import type { Sh } from '../shell/sh.ts';
import type { Resource } from './define.ts';

/** Keeps a kernel module loaded; one that is built in needs nothing. */
export function kernelModule(name: string): Resource<boolean> {
  const folder = `/sys/module/${name.replaceAll('-', '_')}`;
  const file = `/${name.replace(/[-_]/g, '[-_]')}[.]ko`;
  const there = sh`{ [ -d ${folder} ] || grep -qs ${file} "/lib/modules/$(uname -r)/modules.builtin"; }`;
  return {
    id: `kernel-module:${name}`,
    probe: sh`if ${there}; then echo loaded; else echo absent; fi`,
    parse: (output) => output.trim() === 'loaded',
    diff: (loaded) => (loaded ? [] : [{ path: 'loaded', from: 'no', to: 'yes', effect: 'create' }]),
    apply: {
      script: sh`if ! ${there}; then k8sup_own kernel-module ${name} absent; modprobe -- ${name}; fi`,
    },
  };
}

/** Text for a file in /etc/modules-load.d, so that modules are there after a reboot. */
export function modulesFileText(names: readonly string[]): string {
  return `# Written by k8sup; edits are taken back by the next apply.\n${names.map((name) => `${name}\n`).join('')}`;
}

/** A module that something else has come to use stays, with a word about it. */
export const undoKernelModule: Sh = rawShell(
  `[ ! -d "/sys/module/$name" ] || modprobe -r -- "$name" 2>/dev/null || echo "the kernel module $name stays loaded: it is in use"`,
);
