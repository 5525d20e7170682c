import type { KnownCause } from './known-cause.ts';

export const hostCauses: readonly KnownCause[] = [
  {
    code: 'PORT_IN_USE',
    pattern: /bind: address already in use/,
    cause: 'another program listens on the port already',
    fix: 'ss -ltnup  shows which one: stop it, or give one of them another port',
    source: 'https://kubernetes.io/docs/reference/networking/ports-and-protocols/',
  },
  {
    code: 'DISK_FULL',
    // Limits of inotify come with the same words.
    pattern: /^(?!.*inotify).*no space left on device/i,
    cause: 'a file system of the host is full',
    fix: 'df -h; df -i  shows which one: make room there, then run the same command again',
    source: 'https://man7.org/linux/man-pages/man3/errno.3.html',
  },
  {
    code: 'UNKNOWN_FLAG',
    pattern: /unknown flag: --|flag provided but not defined: -/,
    cause: 'this release of the program does not have a flag that it is given',
    fix: 'take it out of extraArgs in the inventory:  k8sup explain UNIT --host HOST  shows where it comes from',
    source: 'https://kubernetes.io/docs/reference/command-line-tools-reference/',
  },
  {
    code: 'FILE_MISSING',
    pattern: /("command failed" err="|"discovery failed","error":"|^Error: )(open|stat) \S+: no such file or directory/,
    cause: 'a file that the unit is told to read is not there',
    fix: 'k8sup apply  brings back those that are its own; what extraArgs name must be on the host already',
    source: 'https://man7.org/linux/man-pages/man3/errno.3.html',
  },
];
