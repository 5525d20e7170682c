import type { Sh } from '../shell/sh.ts';
import { undoCommand } from './command.ts';
import { undoHostName } from './host-name.ts';
import { undoKernelModule } from './kernel-module.ts';
import { undoPackages } from './programs.ts';
import { undoSelinuxConfig, undoSelinuxMode } from './selinux.ts';
import { undoFstabSwap, undoSwap, undoSwapUnit } from './swap.ts';
import { undoSysctl } from './sysctl.ts';
import { undoTextBlock } from './text-block.ts';
import { undoTimeSync } from './time-sync.ts';
import { undoUnitDisabled } from './unit-disabled.ts';
import { undoUser } from './user.ts';

/** How each kind of host preparation in the ownership manifest is taken back; `$name` and `$value` are the manifest's fields. */
export const undoByKind: Readonly<Record<string, Sh>> = {
  command: undoCommand,
  'host-name': undoHostName,
  'kernel-module': undoKernelModule,
  packages: undoPackages,
  'selinux-mode': undoSelinuxMode,
  'selinux-config': undoSelinuxConfig,
  swap: undoSwap,
  'swap-unit': undoSwapUnit,
  'fstab-swap': undoFstabSwap,
  sysctl: undoSysctl,
  'text-block': undoTextBlock,
  'unit-disabled': undoUnitDisabled,
  'time-sync': undoTimeSync,
  user: undoUser,
};
