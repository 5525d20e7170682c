import * as z from 'zod';
import { roles } from '../model.ts';
import { absolutePath, derived, localFile, optional, text } from '../schema/fields.ts';

const stepName = text({
  code: 'STAGE_NAME_INVALID',
  pattern: /^[a-z0-9]([-a-z0-9]{0,40}[a-z0-9])?$/,
  expected: 'a name',
  fix: 'use lower-case letters, digits and "-", 42 characters at most',
});
const mode = text({
  code: 'MODE_INVALID',
  pattern: /^0?[0-7]{3,4}$/,
  expected: 'a file mode',
  fix: 'write it in octal, for example "0644"',
});
const owner = text({
  code: 'OWNER_INVALID',
  pattern: /^[A-Za-z_][\w.-]*\$?:[A-Za-z_][\w.-]*\$?$/,
  expected: 'an owner',
  fix: 'write the user and the group, for example "root:adm"',
});
const userName = text({
  code: 'USER_INVALID',
  pattern: /^[a-z_][a-z0-9_-]{0,30}$/,
  expected: 'a user name',
});
const groupName = text({ code: 'GROUP_INVALID', pattern: /^[a-z_][a-z0-9_-]{0,30}$/, expected: 'a group name' });
const packageName = text({
  code: 'PACKAGE_INVALID',
  pattern: /^[A-Za-z0-9][A-Za-z0-9+._-]*$/,
  expected: "a package's name",
});
const sysctlKey = text({
  code: 'SYSCTL_INVALID',
  pattern: /^[a-z][\w-]*([./][\w-]+)+$/i,
  expected: 'a kernel setting',
  fix: 'write it as in sysctl.d, for example net.core.somaxconn',
});
const moduleName = text({ code: 'MODULE_INVALID', pattern: /^\w[\w-]*$/, expected: 'a kernel module' });
const unitName = text({
  code: 'UNIT_INVALID',
  pattern: /^[A-Za-z0-9][\w@.:-]*\.(service|timer|socket|path|mount|target)$/,
  expected: 'a unit',
  fix: 'write its ending too, for example web.service',
});
const line = text({ code: 'VALUE_INVALID', pattern: /^[^\n\t\0:]*$/, expected: 'a text on one line without ":"' });
const sysctlValue = text({ code: 'VALUE_INVALID', pattern: /^[^\n\0]+$/, expected: 'a value on one line' });
const script = z.string().min(1);
const seconds = z.int().min(1).max(3600);

const fileShape = {
  path: absolutePath.describe('Where it is on the host'),
  content: optional(z.string(), 'Its text'),
  source: optional(localFile, 'Instead of `content`: a file on the controller, from the folder of the playbook'),
  mode: derived(mode, 'Permission bits', '"0644", of secrets "0600"'),
  owner: optional(owner, 'User and group', 'root:root'),
};

const kinds = {
  file: optional(
    z.strictObject({
      ...fileShape,
      secretFile: optional(localFile, 'Instead of `content`: a file with mode 0600 whose text is never shown'),
    }),
    'A file, as it is',
  ),
  template: optional(
    z.strictObject({
      ...fileShape,
      secrets: optional(
        z.record(
          z.string().regex(/^\w+$/),
          z.strictObject({ secretFile: localFile.describe('A file with mode 0600') }),
        ),
        'What `{{ secrets.NAME }}` stands for; a file with one is never shown',
      ),
    }),
    'A file with values of the inventory: `{{ host.name }}`',
  ),
  directory: optional(
    z.strictObject({
      path: absolutePath.describe('Where it is on the host'),
      mode: optional(mode, 'Permission bits', '0755'),
      owner: optional(owner, 'User and group', 'root:root'),
    }),
    'A directory',
  ),
  sysctl: optional(
    z.strictObject({
      key: sysctlKey.describe('As in sysctl.d'),
      value: z.union([sysctlValue, z.number()]).describe('Its value, now and after a reboot'),
    }),
    'A kernel setting',
  ),
  kernelModule: optional(
    z.strictObject({ name: moduleName.describe('As modprobe knows it') }),
    'A kernel module, now and after a reboot',
  ),
  package: optional(
    z.strictObject({
      name: packageName.describe("The package's name"),
      dnf: derived(packageName, 'Its name for dnf and yum', 'the name'),
      zypper: derived(packageName, 'Its name for zypper', 'the name'),
    }),
    "A package by the host's own package manager: apt, dnf or zypper",
  ),
  user: optional(
    z.strictObject({
      name: userName.describe("The user's name"),
      uid: derived(z.int().min(1).max(4_294_967_293), 'Its number', 'the next free one'),
      comment: optional(line, 'Its comment'),
      shell: optional(absolutePath, 'Its shell'),
      home: optional(absolutePath, 'Its home directory'),
      groups: optional(z.array(groupName), 'Groups that it is to be in besides its own', []),
      system: optional(z.boolean(), 'A number of the range of services, and no home directory', false),
    }),
    'A user, who cannot log in by password',
  ),
  unit: optional(
    z.strictObject({
      name: unitName.describe("The unit's name"),
      content: optional(z.string().min(1), "The unit file's text; else it must be one that the host has"),
      enabled: optional(z.boolean(), 'Whether it is started at boot', true),
      running: optional(z.boolean(), 'Whether it runs now', true),
      restartOn: optional(z.array(absolutePath), 'Files on the host whose change restarts it', []),
    }),
    'A unit of systemd',
  ),
  archive: optional(
    z.strictObject({
      source: localFile.describe('A tar archive on the controller, compressed or not'),
      path: absolutePath.describe('A directory of its own on the host, in which it is unpacked'),
      strip: optional(z.int().min(0).max(20), 'Leading folders to leave out of the names in it', 0),
    }),
    'An archive that is unpacked',
  ),
  command: optional(
    z.strictObject({
      name: derived(line, 'What it is called', 'its first line'),
      run: script.describe('POSIX shell, as root'),
      creates: optional(absolutePath, 'It is done where this path is there'),
      unless: optional(script, 'It is done where this shell succeeds; runs in a plan too, so it must only look'),
      onlyIf: optional(script, 'It is to be done where this shell succeeds; runs in a plan too, so it must only look'),
      undo: optional(script, 'What takes it back; without it `clean` says that its effect stays'),
      timeout: optional(seconds, 'Seconds it may take', 60),
    }),
    'A command that is run where it is not done yet',
  ),
};

/** What checks say in words is said to editors by the schema alone. */
export const resourceSchema = z.strictObject(kinds).meta({ minProperties: 1, maxProperties: 1 });

const targetShape = {
  roles: optional(z.array(z.enum(roles)).min(1), 'Only for hosts with one of these roles'),
  hosts: optional(z.array(z.string()).min(1), 'Only for these hosts'),
};
const placeShape = {
  before: optional(z.string(), 'Id of a built-in stage that it comes before'),
  after: optional(z.string(), 'Id of a built-in stage that it comes after'),
};

const objectSchema = z.looseObject({
  apiVersion: z.string().min(1),
  kind: z.string().min(1),
  metadata: z.looseObject({ name: z.string().min(1), namespace: z.string().min(1).optional() }),
});

export const stageSchema = z.strictObject({
  name: stepName.describe("The stage's name; its id is that of the file, a dot and this"),
  title: derived(z.string().min(1), 'What it does', 'the name'),
  ...targetShape,
  ...placeShape,
  resources: optional(z.array(resourceSchema), 'What it puts on hosts, in order; each has one key, its kind', []),
  objects: optional(
    z.array(objectSchema),
    'Kubernetes objects; one that is taken out of the list is removed from the cluster',
  ),
});

export const hookSchema = z.strictObject({
  name: z.string().min(1).describe('What it is called'),
  ...placeShape,
  ...targetShape,
  where: optional(
    z.enum(['controller', 'hosts', 'once']),
    'controller: here, in the folder of the playbook; hosts: on each of its hosts; once: on the first of them',
    'hosts',
  ),
  run: script.describe('POSIX shell; on hosts as root'),
  timeout: optional(seconds, 'Seconds it may take', 60),
});

/** A file of stages as it is written; as that of the inventory, without transforms. */
export const playbookSchema = z
  .strictObject({
    stages: optional(z.array(stageSchema), 'Stages, in order', []),
    hooks: optional(z.array(hookSchema), 'Commands that run each time before or after a built-in stage', []),
  })
  .meta({ title: 'k8sup playbook' });

export type ResourceInput = z.infer<typeof resourceSchema>;
export type StageInput = z.infer<typeof stageSchema>;
export type HookInput = z.infer<typeof hookSchema>;
