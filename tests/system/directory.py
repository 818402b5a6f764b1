"""Debian's slapd with a small directory of mail users, started on loopback as the tests' own user."""
import os
import shutil
import signal
import socket
import subprocess

import support

SLAPD = shutil.which("slapd", path="/usr/sbin:/usr/lib/openldap:/usr/libexec")
SLAPADD = shutil.which("slapadd", path="/usr/sbin:/usr/lib/openldap:/usr/libexec")
BASE = "dc=example,dc=com"
ADMIN = "cn=admin," + BASE
ADMIN_PASSWORD = "admin's own"

# The object identifiers are OpenLDAP's experimental ones. The limit of entries is not for the administrator.
CONFIGURATION = """
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
include /etc/ldap/schema/nis.schema
attributetype ( 1.3.6.1.4.1.4203.666.77.1.1 NAME 'mailbox' SUP name )
attributetype ( 1.3.6.1.4.1.4203.666.77.1.2 NAME 'quota' SUP name )
attributetype ( 1.3.6.1.4.1.4203.666.77.1.3 NAME 'clearPassword' SUP name )
attributetype ( 1.3.6.1.4.1.4203.666.77.1.4 NAME 'disableImap' SUP name )
attributetype ( 1.3.6.1.4.1.4203.666.77.1.5 NAME 'handle' SUP name )
objectclass ( 1.3.6.1.4.1.4203.666.77.2.1 NAME 'mailAccount' SUP top AUXILIARY
  MAY ( mailbox $ quota $ clearPassword $ disableImap $ handle ) )
modulepath /usr/lib/ldap
moduleload back_mdb
allow bind_anon_cred bind_anon_dn
sizelimit 5
pidfile {folder}/slapd.pid
database mdb
maxsize 10485760
directory {folder}/data
suffix "{base}"
rootdn "{admin}"
rootpw "{password}"
access to attrs=userPassword,clearPassword by self write by anonymous auth by * none
access to * by * read
"""

ROOT = """dn: {base}
objectClass: dcObject
objectClass: organization
o: Example
dc: example

dn: ou=maps,{base}
objectClass: organizationalUnit
ou: maps

dn: ou=people,{base}
objectClass: organizationalUnit
ou: people
"""


class Directory:
    def __init__(self, folder, *entries, tls=None):
        """entries: LDIF below BASE.  tls: paths of a certificate and its key."""
        self.folder = folder
        self.port, self.tls_port = support.free_port(), support.free_port()
        self.file = os.path.join(folder, "slapd.conf")
        os.mkdir(os.path.join(folder, "data"))
        text = CONFIGURATION.format(folder=folder, base=BASE, admin=ADMIN, password=ADMIN_PASSWORD)
        if tls:
            text = "TLSCertificateFile %s\nTLSCertificateKeyFile %s\n" % tls + text
        with open(self.file, "w", encoding="utf-8") as file:
            file.write(text)
        self.tls = tls
        ldif = "\n".join([ROOT.format(base=BASE), *entries])
        subprocess.run([SLAPADD, "-f", self.file], input=ldif.encode(), check=True, capture_output=True,
                       timeout=support.PATIENCE)
        self.process = None
        self.start()

    @property
    def uri(self):
        return "ldap://127.0.0.1:%d" % self.port

    @property
    def tls_uri(self):
        return "ldaps://127.0.0.1:%d" % self.tls_port

    def start(self):
        uris = self.uri + (" " + self.tls_uri if self.tls else "")
        with open(os.path.join(self.folder, "slapd.log"), "ab") as log:
            self.process = subprocess.Popen([SLAPD, "-f", self.file, "-h", uris, "-d", "0"], stderr=log)
        support.wait_until(self.listens, "slapd listens")

    def listens(self):
        if self.process.poll() is not None:
            with open(os.path.join(self.folder, "slapd.log"), encoding="utf-8", errors="replace") as log:
                raise AssertionError("slapd ended: " + log.read()[-2000:])
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def kill(self):
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process = None

    def hold(self):
        """It listens and does nothing."""
        self.process.send_signal(signal.SIGSTOP)

    def release(self):
        self.process.send_signal(signal.SIGCONT)


def user(name, **attributes):
    """LDIF of a mail user. An attribute may have a list of values; None leaves one out that users have."""
    all_of_it = {"objectClass": ["inetOrgPerson", "posixAccount", "mailAccount"], "uid": name, "cn": name, "sn": name,
                 "uidNumber": "1012", "gidNumber": "1013", "homeDirectory": "/home/" + name,
                 "mail": name + "@example.com"}
    all_of_it.update(attributes)
    lines = ["dn: uid=%s,ou=people,%s" % (name, BASE)]
    for attribute, values in all_of_it.items():
        for value in [values] if isinstance(values, str) else values or []:
            lines.append("%s: %s" % (attribute, value))
    return "\n".join(lines) + "\n"
