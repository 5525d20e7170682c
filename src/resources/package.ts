import { sh } from '../shell/sh.ts';
import type { Resource } from './define.ts';
import { installPackages } from './programs.ts';

/** A package by the name that each package manager has for it. */
export interface PackageSpec {
  readonly apt: string;
  readonly dnf: string;
  readonly zypper: string;
}

/** Keeps a package installed, in whatever version; clean takes it off where it was not there before and nothing else has come to need it. */
export function hostPackage(spec: PackageSpec): Resource<boolean> {
  return {
    id: `package:${spec.apt}`,
    probe: sh`if command -v apt-get >/dev/null; then
  if dpkg-query -W -f '\${db:Status-Status}\\n' ${spec.apt} 2>/dev/null | grep -qx installed; then echo installed; else echo absent; fi
elif command -v zypper >/dev/null; then if rpm -q ${spec.zypper} >/dev/null 2>&1; then echo installed; else echo absent; fi
elif rpm -q ${spec.dnf} >/dev/null 2>&1; then echo installed; else echo absent; fi`,
    parse: (output) => output.trim() === 'installed',
    diff: (installed) => (installed ? [] : [{ path: 'package', from: 'absent', to: 'installed', effect: 'create' }]),
    apply: {
      script: sh`no_way() { echo "$1"; echo "give the host a package source that has the package $packages and that it can reach"; exit 1; }
${installPackages((manager) => sh`packages=${spec[manager]}`)}`,
      timeoutSeconds: 600,
    },
  };
}
