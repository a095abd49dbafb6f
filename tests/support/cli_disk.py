"""A server that sees a disk of some megabytes.

A folder on a file system in memory is mounted in a mount namespace of the server's own, which ends with it. That takes no more than
user namespaces (`unshare --user`), or root. Where a container grants neither, PGTIDE_TEST_SMALL_DISK names a folder on a file system
of at most 64 MB that nobody else uses; a container's own /dev/shm is often one.
"""

import os
import pathlib
import pwd
import shutil
import subprocess
import tempfile

from cli_server import CLEAN, POSTGRES, Server

MEGABYTES = 24
MOUNT = f'mount -t tmpfs -o size={MEGABYTES}m,mode=0700 tmpfs "$0" && '


def _ways(folder):
    """Programs to start a program with, so that it sees the disk in `folder`."""
    user = pwd.getpwnam(POSTGRES) if POSTGRES else pwd.getpwuid(os.getuid())
    back = f"--map-user={user.pw_uid} --map-group={user.pw_gid}"
    yield POSTGRES, ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", MOUNT + f'exec unshare --user {back} "$@"', folder]
    if POSTGRES:
        owner = f'chown {user.pw_uid}:{user.pw_gid} "$0" && '
        drop = f'exec setpriv --reuid={user.pw_uid} --regid={user.pw_gid} --clear-groups "$@"'
        yield None, ["unshare", "--mount", "sh", "-c", MOUNT + owner + drop, folder]


def _way_that_works(folder):
    reasons = []
    for user, words in _ways(folder):
        tried = subprocess.run([*words, "true"], user=user, cwd="/", env=CLEAN, stdin=subprocess.DEVNULL, capture_output=True, text=True)
        if tried.returncode == 0:
            return {"user": user, "before": words}
        reasons.append(f"{words[:3]}: {tried.stderr}")
    raise AssertionError("no small disk can be mounted here, and PGTIDE_TEST_SMALL_DISK names none: " + "; ".join(reasons))


class SmallDisk:
    """`server` has a tablespace `small` on it; a file beside it takes the room that nothing else shall have."""

    def __init__(self):
        named = os.environ.get("PGTIDE_TEST_SMALL_DISK")
        self.folder = tempfile.mkdtemp(prefix="pgt-disk-", dir=named or "/tmp")
        if POSTGRES:
            shutil.chown(self.folder, POSTGRES)
        self.server = Server({"autovacuum": "off"}, **({} if named else _way_that_works(self.folder)))
        # The server makes the folder, because nobody else sees the disk.
        self.sql(f"COPY (SELECT WHERE false) TO PROGRAM 'mkdir {self.folder}/space'")
        self.sql(f"CREATE TABLESPACE small LOCATION '{self.folder}/space'")

    def sql(self, *statements):
        return self.server.sql(*statements, database="postgres")

    def write(self, name, kilobytes):
        self.sql(f"COPY (SELECT repeat('x', 1023) FROM generate_series(1, {kilobytes})) TO '{self.folder}/{name}'")

    def fill(self, leave_kilobytes):
        """Leaves that much room, and not more."""
        self.make_room()
        self.write("reserve", leave_kilobytes)
        try:
            self.write("ballast", 64 * 1024)
        except AssertionError as full:
            if "No space left on device" not in str(full):
                raise
        else:
            raise AssertionError("the disk is larger than 64 MB")
        self.write("reserve", 0)

    def make_room(self):
        self.write("ballast", 0)

    def stop(self):
        self.server.stop()
        shutil.rmtree(self.folder)
