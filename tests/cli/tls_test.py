"""Encrypted connections: a server whose certificate is checked, and refused when it is not the right one."""

import os
import pathlib
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import cli_harness as cli  # noqa: E402
import cli_server  # noqa: E402

HOST = "db.pgtide.test"  # no name server knows it: `hostaddr` says where it is
HBA = "hostssl all guarded all scram-sha-256\nhostssl all clerk all cert\nhostssl all all all trust\n"
# The sessions of this database that come over TCP, but for those that keep it in order.
SESSIONS = "FROM pg_stat_activity a JOIN pg_stat_ssl s USING (pid) WHERE a.datname = 'shop' AND a.client_addr IS NOT NULL"


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return str(taken.getsockname()[1])


def server_with_a_port(settings, hba):
    for _ in range(5):
        try:
            return cli_server.Server({"listen_addresses": "127.0.0.1", "port": free_port(), **settings}, hba)
        except SystemExit as refused:  # somebody else may have taken the port meanwhile
            if "Address already in use" not in str(refused):
                raise
    raise AssertionError("five ports were free, and then were not")


class Certificates:
    """What an authority of the test's own signed, and another one."""

    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="pgt-tls-", dir="/tmp"))
        self.folder.chmod(0o755)
        for name in ("ca", "other_ca"):
            self.openssl("req", "-x509", *self.new_key(name), "-days", "30", "-subj", f"/CN=pgtide {name}", "-out", f"{name}.crt")
        self.sign("good", "ca")
        self.sign("other_host", "ca", host="elsewhere.pgtide.test")
        self.sign("other_authority", "other_ca")
        self.sign("expired", "ca", days=-1)
        self.sign("clerk", "ca", host="clerk")

    @staticmethod
    def new_key(name):
        return ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", f"{name}.key"]

    def openssl(self, *words):
        subprocess.run(["openssl", *words], cwd=self.folder, check=True, capture_output=True, timeout=cli.PATIENCE)

    def sign(self, name, authority, host=HOST, days=30):
        (self.folder / "extensions").write_text(f"subjectAltName=DNS:{host}\n")
        self.openssl("req", "-new", *self.new_key(name), "-subj", f"/CN={host}", "-out", f"{name}.csr")
        self.openssl("x509", "-req", "-in", f"{name}.csr", "-CA", f"{authority}.crt", "-CAkey", f"{authority}.key", "-CAcreateserial",
                     "-days", str(days), "-extfile", "extensions", "-out", f"{name}.crt")
        (self.folder / f"{name}.key").chmod(0o600)

    def serve(self, name):
        """Copies a certificate to where the server reads its own, which nobody else may read."""
        for kind in ("crt", "key"):
            file = self.folder / f"server.{kind}"
            shutil.copy(self.folder / f"{name}.{kind}", file)
            file.chmod(0o600)
            if cli.POSTGRES:
                os.chown(file, pwd.getpwnam(cli.POSTGRES).pw_uid, -1)

    def __getitem__(self, name):
        return str(self.folder / name)


class Case(cli.DatabaseCase):
    @classmethod
    def setUpClass(cls):
        cls.certificates = Certificates()
        cls.addClassCleanup(cli.Case.remove_folder, cls.certificates.folder)
        cls.certificates.serve("good")
        file = cls.certificates
        cli_server._server = server_with_a_port({"ssl": "on", "ssl_cert_file": file["server.crt"], "ssl_key_file": file["server.key"],
                                                 "ssl_ca_file": file["ca.crt"]}, HBA)
        cls.addClassCleanup(cls.stop_server)
        cli_server._server.sql("CREATE ROLE clerk LOGIN SUPERUSER", database="postgres")

    @staticmethod
    def stop_server():
        cli_server._server.stop()
        cli_server._server = None

    def setUp(self):
        super().setUp()
        del self.env["DATABASE_URL"]
        self.folders.append((str(self.certificates.folder), "<certificates>"))
        self.tables(2)
        self.present("good")

    def present(self, name):
        """The server shows this certificate from now on."""
        loaded = "SELECT pg_conf_load_time()"
        before = self.sql(loaded)
        self.certificates.serve(name)
        self.sql("SELECT pg_reload_conf()")
        for _ in range(200):
            if self.sql(loaded) != before:
                return
            time.sleep(0.05)
        self.fail(f"the server does not take the certificate {name}")

    def url(self, login="postgres", host=HOST, mode="verify-full", authority="ca.crt", **more):
        values = {"hostaddr": "127.0.0.1", "sslmode": mode, "sslrootcert": self.certificates[authority], **more}
        query = "&".join(f"{key}={value}" for key, value in values.items() if value)
        return f"postgresql://{login}@{host}:{self.server.port}/shop?{query}"


class RightCertificate(Case):
    def ways(self):
        """How pgtide is told what to check: words and variables."""
        file = self.certificates["ca.crt"]
        pairs = f"host={HOST} hostaddr=127.0.0.1 port={self.server.port} dbname=shop user=postgres"
        bare = self.url(mode="", authority="").replace("&sslrootcert=" + self.certificates[""], "")
        self.write("services", f"[shop]\nhost={HOST}\nhostaddr=127.0.0.1\nport={self.server.port}\nuser=postgres\ndbname=shop\n"
                               f"sslmode=verify-full\nsslrootcert={file}\n")
        self.write("with_url.toml", f'url = "{self.url()}"\n')
        home = self.write(".postgresql/root.crt", pathlib.Path(file).read_bytes())
        return {
            "a URL": (["--url", self.url()], {}),
            "key=value": (["--url", f"{pairs} sslmode=verify-full sslrootcert='{file}'"], {}),
            "PGSSL variables": (["--url", bare], {"PGSSLMODE": "verify-full", "PGSSLROOTCERT": file}),
            "variables and pairs": ([], {"DATABASE_URL": pairs, "PGSSLMODE": "verify-full", "PGSSLROOTCERT": file}),
            "a mode in the URL, a file in a variable": (["--url", bare + "&sslmode=verify-full"], {"PGSSLROOTCERT": str(home)}),
            "a service": (["--url", "service=shop"], {"PGSERVICEFILE": str(self.folder / "services")}),
            "pgtide.toml": (["--config", "with_url.toml"], {}),
        }

    def test_every_way_to_say_it(self):
        for way, (words, env) in self.ways().items():
            with self.subTest(way):
                self.present("good")
                for command in (["status"], ["up"], ["down", "0", "--yes"]):
                    run = self.run_pgtide(*words, *command, **env)
                    self.assertEqual(run.code, 0, run)
                self.present("other_host")
                self.assertEqual(self.run_pgtide(*words, "status", **env).code, 4, "it is not checked")

    def test_all_connections_are_encrypted(self):
        """The session that migrates and the one that holds the lock."""
        self.pair(3, "slow", "SELECT pg_sleep(600);\n")
        process = self.start("up", "--url", self.url())
        self.wait_for_statement("pg_sleep")
        self.assertEqual(self.sql(f"SELECT count(*), bool_and(s.ssl) {SESSIONS}"), ["2|t"])
        # The one holds the run's lock, the other that of the transaction which it has open.
        self.assertEqual(self.sql(f"SELECT application_name, count(*) FROM pg_locks JOIN (SELECT pid, application_name {SESSIONS}) s "
                                  "USING (pid) WHERE locktype = 'advisory' GROUP BY 1 ORDER BY 1"), ["pgtide|1", "pgtide lock|2"])
        self.assertEqual(self.kept_alive(), 2)
        second = self.run_pgtide("up", "--lock-wait", "0", "--url", self.url())
        self.assertEqual(second.code, 4)
        self.assertRegex(second.err, r"\(pid \d+, pgtide lock, run [0-9a-f]{8}, user postgres, from 127.0.0.1, for [\d:]+, \w+\)")
        self.assertIn("it runs: SELECT pg_sleep(600)", second.err)
        process.send_signal(signal.SIGINT)  # a request to cancel takes a connection of its own
        run = self.finish(process)
        self.assertEqual(run.code, 130, run)
        self.assertEqual(self.tables_in_database(), ["migrations", "migrations_log", "t1", "t2"])

    def kept_alive(self):
        """How many of those sessions' sockets ask from time to time whether the server is still there."""
        ports = {f"{int(port):04X}" for port in self.sql(f"SELECT a.client_port {SESSIONS}")}
        rows = [line.split() for line in pathlib.Path("/proc/net/tcp").read_text().splitlines()[1:]]
        return sum(row[1].split(":")[1] in ports and row[5].startswith("02:") for row in rows)

    def test_much_data(self):
        """More than the buffers of a TLS connection hold, in both directions."""
        rows = "".join(f"{i}\t{'x' * 200}\n" for i in range(20000))
        self.pair(3, "big", "CREATE TABLE big (id int, t text);\nCOPY big FROM stdin;\n" + rows + "\\.\n"
                  + f"INSERT INTO big VALUES (0, '{'y' * 3000000}');\nDO $$BEGIN FOR i IN 1..3000 LOOP RAISE NOTICE '%', repeat('z', 100);"
                  " END LOOP; END$$;\n", "DROP TABLE big;\n")
        for command in (["up"], ["down", "2", "--yes"], ["up", "--dry-run"]):
            run = self.run_pgtide("--url", self.url(), *command, "-q")
            self.assertEqual(run.code, 0, run.err[-2000:])

    def test_other_commands(self):
        self.server.sql("DROP DATABASE IF EXISTS scratch", "CREATE DATABASE scratch", database="postgres")
        scratch = self.url().replace("/shop?", "/scratch?")
        for command in (["up"], ["doctor"], ["history"], ["drift"], ["mark-good"], ["verify", "--url", scratch]):
            run = self.run_pgtide(*command, DATABASE_URL=self.url())
            self.assertEqual(run.code, 0, run)

    def test_a_client_certificate(self):
        names = {"sslcert": self.certificates["clerk.crt"], "sslkey": self.certificates["clerk.key"]}
        run = self.run_pgtide("up", "--url", self.url("clerk", **names))
        self.assertEqual(run.code, 0, run)
        run = self.run_pgtide("down", "0", "--yes", "--url", self.url("clerk"), PGSSLCERT=names["sslcert"], PGSSLKEY=names["sslkey"])
        self.assertEqual(run.code, 0, run)


class Backup(Case):
    def setUp(self):
        super().setUp()
        # The packages of other versions hold the server alone, and pg_dump refuses a newer one.
        version = self.sql("SHOW server_version_num")[0][:-4]
        self.write("fake/pg_dump", f"""#!/bin/sh
[ "$1" != --version ] || {{ echo "pg_dump (PostgreSQL) {version}.0"; exit; }}
printf '%s\\n' "$@" > {self.folder}/arguments
for word; do case "$word" in --dbname=*) connection="${{word#--dbname=}}";; --file=*) file="${{word#--file=}}";; esac; done
{cli_server.client("psql")} -X -A -t -d "$connection" -c "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()" \
  > {self.folder}/encrypted || exit 1
""").chmod(0o755)
        self.write("fake/pg_restore", "#!/bin/sh\nexit 0\n").chmod(0o755)

    def backup(self, url, **env):
        return self.run_pgtide("backup", "--url", url, "--pg-bin", str(self.folder / "fake"), **env)

    def test_it_checks_the_certificate_as_the_run_does(self):
        url = self.url("guarded:correct%20horse")
        run = self.backup(url)
        self.assertEqual(run.code, 0, run)
        arguments = (self.folder / "arguments").read_text()
        for word in (f"host={HOST}", "sslmode=verify-full", f"sslrootcert={self.certificates['ca.crt']}"):
            self.assertIn(word, arguments)
        self.assertNotIn("horse", arguments + run.out + run.err)
        self.assertEqual((self.folder / "encrypted").read_text(), "t\n")


class WrongCertificate(Case):
    def refused(self, url, code=4, **env):
        run = self.say("up", "--url", url, **env)
        self.assertEqual(run.code, code, run)
        self.assertNotIn("s3cret", run.out + run.err)
        self.assertEqual(self.tables_in_database(), [])

    def test_it_is_refused(self):
        self.folders.append((self.server.port, "<port>"))
        login = "guarded:s3cret"  # it is refused before a password is sent
        for name in ("other_host", "other_authority", "expired"):
            self.present(name)
            self.remark(f"the server's certificate: {name}")
            self.refused(self.url(login))
        self.present("good")
        self.remark("the server's certificate: good")
        self.refused(self.url(login, authority="other_ca.crt"))
        self.refused(self.url(login, authority="nothing.crt"))
        self.refused(self.url(login, authority="ca.key"))
        self.refused(self.url(login, host="127.0.0.1"))
        self.refused(self.url("clerk"))
        self.check_golden()

    def test_the_command_of_the_hint_tells_why(self):
        for name, why in (("expired", "certificate has expired"), ("other_authority", "unable to get local issuer certificate")):
            self.present(name)
            words = ["openssl", "s_client", "-starttls", "postgres", "-connect", f"127.0.0.1:{self.server.port}", "-CAfile",
                     self.certificates["ca.crt"]]
            shown = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=cli.PATIENCE)
            self.assertIn(why, shown.stdout + shown.stderr)

    def test_no_encryption(self):
        run = self.run_pgtide("up", "--url", self.url(mode="disable"))
        self.assertEqual(run.code, 4, run)
        self.assertIn("hint: the server wants encrypted connections: sslmode=verify-full in the URL", run.err)

    def test_a_weaker_mode_is_what_was_asked_for(self):
        self.present("other_host")
        self.assertEqual(self.run_pgtide("up", "--url", self.url(mode="verify-ca")).code, 0)
        self.present("other_authority")
        self.assertEqual(self.run_pgtide("status", "--url", self.url(mode="verify-ca")).code, 4)

    def test_a_server_without_encryption(self):
        plain = server_with_a_port({}, "host all all all trust\n")
        self.addCleanup(plain.stop)
        self.folders.append((plain.port, "<port>"))
        self.refused(self.url().replace(self.server.port, plain.port))
        self.check_golden()


if __name__ == "__main__":
    cli.main()
