"""Dovecot's imap on its standard streams, on a Maildir that others use too. It keeps UIDs of its own."""
import os
import pwd

import support

PROGRAM = os.environ.get("DOVECOT_IMAP", "/usr/lib/dovecot/imap")
CONFIGURATION = """
base_dir = {folder}/run
stats_writer_socket_path =
log_path = {folder}/log
mail_location = maildir:{maildir}:INDEX=MEMORY
namespace inbox {{
  inbox = yes
  prefix = INBOX.
  separator = .
}}
"""


def is_there():
    return os.access(PROGRAM, os.X_OK)


def session(folder, maildir):
    """folder: an empty one for its files."""
    path = os.path.join(folder, "dovecot.conf")
    with open(path, "w", encoding="utf-8") as file:
        file.write(CONFIGURATION.format(folder=folder, maildir=maildir))
    user = pwd.getpwuid(os.geteuid()).pw_name
    return support.imapd_session([PROGRAM, "-c", path], {"USER": user, "HOME": folder})
