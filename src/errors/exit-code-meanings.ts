import type { ExitKind } from './k8sup-error.ts';

/** What each exit code tells, for the README's table. */
export const exitCodeMeanings: Readonly<Record<ExitKind, string>> = {
  ok: 'done; for `plan`: looked, whatever it found',
  changes: '`plan --detailed-exitcode`: there are changes; `drift`: something differs',
  inventory: 'the inventory has mistakes; no host was reached',
  connection: 'a host cannot be reached or logged in to',
  hostKey: "a host's key is unknown, or not the one in known_hosts",
  command: 'a command on a host failed or ran out of time',
  resource: 'something on a host could not be brought to what is wanted',
  pki: 'keys or certificates on the controller are missing, broken or open to others',
  kubernetes: 'the cluster does not answer, refuses, or did not get ready in time',
  artifact: 'a binary could not be got, or its checksum is wrong',
  lock: 'another k8sup is at work on the cluster or on a host',
  preflight: 'a host is not fit for its part; nothing was changed',
  hostsFailed: 'several hosts failed, each for a reason of its own',
  unsafeChange: 'the inventory asks for an edit that is not safe on a living cluster; nothing was changed',
  verification: 'the cluster stands, but a check of `verify`, `status` or `network` failed',
  lab: 'the lab could not be made or taken away',
  outdated:
    'hosts, cluster or inventory are not what they were when the plan file was made; nothing was changed that it does not show',
  expiring: 'a certificate in use has fewer days left than asked for (`certs list --below`)',
  usage: 'the command line is wrong, or a question was not confirmed',
  bug: 'a defect of k8sup: please report it',
  cancelled: 'stopped by Ctrl-C, SIGTERM or a closed terminal; the same command goes on from there',
};
