# The work of 01.prepare as somebody would write it for pyinfra: one operation for each thing. The lists come from work.json.
import json
import os

from pyinfra import host
from pyinfra.facts.server import Command
from pyinfra.operations import files, server

with open(os.path.join(os.path.dirname(__file__), 'work.json')) as source:
    work = json.load(source)

# Facts, as a command of an operation always counts as a change.
missing = host.get_fact(Command, 'for one in ' + ' '.join(work['programs']) + '; do command -v $one > /dev/null || echo $one; done')
if missing:
    raise SystemExit(f'{host.name} lacks {missing}')
server.hostname(name='host name', hostname=host.name.removeprefix('@ssh/'))
files.replace(
    name='no swap after a reboot',
    path='/etc/fstab',
    text=r'^([^#[:space:]][^[:space:]]*[[:space:]]+[^[:space:]]+[[:space:]]+swap[[:space:]].*)$',
    replace=r'# \1',
)
if host.get_fact(Command, 'tail -n +2 /proc/swaps'):
    server.shell(name='no swap now', commands=['swapoff -a'])
files.block(name='names of the hosts', path='/etc/hosts', content='\n'.join(work['hostsBlock']))
for one in work['files']:
    files.put(name=one['path'], src=os.path.join(os.path.dirname(__file__), one['local']), dest=one['path'], mode='644')
for one in work['sysctlFiles']:
    for key, value in one['values']:
        server.sysctl(name=key, key=key, value=value, persist=True, persist_file=one['path'])
