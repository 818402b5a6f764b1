"""The servers that postrider is measured beside: Dovecot with its master and login processes, and Courier's imapd below
its couriertcpd. An ordinary user of /etc/passwd starts them; root can start Dovecot too.
"""
import glob
import grp
import os
import pathlib
import pwd
import re

import client
import servers


class Dovecot(servers.Server):
    name, uid_list, own_files = "Dovecot", "dovecot-uidlist", ("dovecot*",)

    def __init__(self, folder, program, maildir=None, uid=None, gid=None):
        super().__init__(folder, program, maildir, uid, gid)
        self.make_certificate()

    def write_settings(self):
        user = "nobody" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name
        group = "nogroup" if os.geteuid() == 0 else grp.getgrgid(os.getegid()).gr_name
        chroot = "" if os.geteuid() == 0 else "chroot =\n"
        (self.folder / "dovecot.conf").write_text(f"""protocols = imap
base_dir = {self.folder}/run
state_dir = {self.folder}/state
log_path = {self.folder}/log
ssl_cert = <{self.folder}/cert
ssl_key = <{self.folder}/key
ssl_dh =
disable_plaintext_auth = no
default_login_user = {user}
default_internal_user = {user}
default_internal_group = {group}
default_client_limit = 8192
default_vsz_limit = 0
first_valid_uid = 1
mail_max_userip_connections = 0
mail_location = maildir:{self.maildir}
mail_fsync = {"optimized" if self.syncs else "never"}
namespace inbox {{
  inbox = yes
  separator = .
  prefix = INBOX.
}}
passdb {{
  driver = static
  args = password={client.PASSWORD}
}}
userdb {{
  driver = static
  args = uid={self.uid} gid={self.gid} home={self.maildir.parent}
}}
service imap-login {{
  {chroot}service_count = 0
  process_min_avail = 1
  inet_listener imap {{
    address = 127.0.0.1
    port = {self.port}
  }}
  inet_listener imaps {{
    address = 127.0.0.1
    port = {self.tls_port}
    ssl = yes
  }}
}}
service anvil {{
  {chroot}client_limit = 8192
}}
service imap {{
  process_limit = 4096
}}
""")

    def command(self):
        return [self.program, "-F", "-c", self.folder / "dovecot.conf"]

    @staticmethod
    def version(program):
        return "Dovecot " + servers.told_version([program]).split()[0]


class Courier(servers.Server):
    """program: Courier's imapd; couriertcpd and the libraries are looked for beside it, as its packages lay them.
    Its settings are its environment."""

    name, uid_list, own_files = "Courier", "courierimapuiddb", ("courierimap*",)
    has_cache = False

    def environment(self):
        return {**os.environ, "LD_LIBRARY_PATH": self.libraries(self.program), "IMAP_KEYWORDS": "1",
                "IMAP_USELOCKS": "1", "IMAP_BROKENUIDV": "1", "IMAP_ENHANCEDIDLE": "1", "IMAP_UMASK": "022",
                "IMAP_TRASHFOLDERNAME": "Trash", "IMAP_MOVE_EXPUNGE_TO_TRASH": "0"}

    def command(self):
        tcpd = pathlib.Path(self.program).resolve().parents[1] / "sbin" / "couriertcpd"
        return [tcpd, "-address=127.0.0.1", "-maxprocs=4096", "-maxperip=4096", "-nodnslookup", "-noidentlookup",
                str(self.port), self.program, str(self.maildir)]

    @classmethod
    def version(cls, program):
        told = servers.told_version([program], {**os.environ, "LD_LIBRARY_PATH": cls.libraries(program)})
        return re.search(r"Courier-IMAP [\d.]+", told).group()

    @staticmethod
    def libraries(program):
        root = pathlib.Path(program).resolve().parents[2]
        found = glob.glob(f"{root}/usr/lib/**/libcourier*.so*", recursive=True)
        return ":".join(sorted({os.path.dirname(path) for path in found}))
