"""What the world outside learns of a run: metrics, hooks, traces."""

import json
import pathlib
import re
import socket
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import cli_harness as cli  # noqa: E402
from cli_receiver import start_receiver  # noqa: E402


class Case(cli.DatabaseCase):
    def configure(self, text):
        self.write("pgtide.toml", text)

    def script(self, name, text):
        file = self.write(name, f"#!/bin/sh\n{text}\n")
        file.chmod(0o755)
        return f"./{name}"

    def lines(self, name):
        return [json.loads(line) for line in (self.folder / name).read_text().splitlines()]


class Metrics(Case):
    def metrics(self):
        """Name and labels to value; every line is one that Prometheus reads."""
        found = {}
        for line in (self.folder / "pgtide.prom").read_text().splitlines():
            if line.startswith("# "):
                self.assertRegex(line, r"^# (HELP pgtide_\w+ .+|TYPE pgtide_\w+ gauge)$")
                continue
            match = re.fullmatch(r'(pgtide_\w+)\{((?:\w+="(?:[^"\\\n]|\\.)*",?)+)\} (\S+)', line)
            self.assertTrue(match, line)
            labels = dict(re.findall(r'(\w+)="((?:[^"\\]|\\.)*)"', match[2]))
            self.assertEqual((labels.pop("database"), labels.pop("environment")), ("shop", "ci"), line)
            found[match[1], *sorted(labels.values())] = float(match[3])
        return found

    def up(self, *words):
        return self.run_pgtide("up", "--metrics", "pgtide.prom", "--env", "ci", *words)

    def test_runs(self):
        self.tables(2)
        began = time.time()
        self.assertEqual(self.up("1").code, 0)
        seen = self.metrics()
        self.assertEqual(seen["pgtide_last_run_success", "up"], 1)
        self.assertEqual(seen["pgtide_last_run_migrations", "up"], 1)
        self.assertEqual(seen["pgtide_migrations_pending",], 1)
        self.assertEqual(seen["pgtide_migrations_failed",], 0)
        self.assertIn(("pgtide_migration_duration_seconds", "0001"), seen)
        success = seen["pgtide_last_success_timestamp_seconds",]
        self.assertTrue(began - 1 <= success <= time.time() + 1)
        self.assertEqual((self.folder / "pgtide.prom").stat().st_mode & 0o777, 0o644)

        self.pair(3, "broken", "SELECT 1/0;\n")
        self.assertEqual(self.up().code, 3)
        seen = self.metrics()
        self.assertEqual(seen["pgtide_last_run_success", "up"], 0)
        self.assertEqual(seen["pgtide_last_run_exit_code", "up"], 3)
        self.assertEqual(seen["pgtide_migrations_failed",], 1)
        self.assertEqual(seen["pgtide_migrations_pending",], 1)
        self.assertEqual(seen["pgtide_last_success_timestamp_seconds",], success)

        (self.folder / "migrations/sql/0003_broken.sql").write_text("SELECT 1;\n")
        self.assertEqual(self.up().code, 0)
        self.assertGreater(self.metrics()["pgtide_last_success_timestamp_seconds",], success)

    def test_nothing_to_do_is_a_success(self):
        self.tables(1)
        self.up()
        before = self.metrics()["pgtide_last_success_timestamp_seconds",]
        self.assertEqual(self.up().code, 0)
        self.assertGreater(self.metrics()["pgtide_last_success_timestamp_seconds",], before)

    def test_no_connection(self):
        self.tables(1)
        run = self.up("--url", "postgresql://app:s3cret@127.0.0.1:1/shop")
        self.assertEqual(run.code, 4)
        text = (self.folder / "pgtide.prom").read_text()
        self.assertEqual(self.metrics()["pgtide_last_run_success", "up"], 0)
        self.assertNotIn("pgtide_migrations_pending", text)
        self.assertNotIn("s3cret", text)

    def test_a_dry_run_writes_none(self):
        self.tables(1)
        self.assertEqual(self.up("--dry-run").code, 0)
        self.assertFalse((self.folder / "pgtide.prom").exists())

    def test_a_folder_that_is_not_there_is_a_warning(self):
        self.tables(1)
        run = self.run_pgtide("up", "--metrics", "nowhere/x.prom")
        self.assertEqual(run.code, 0)
        self.assertIn("warning: cannot write nowhere/x.prom: No such file or directory\n", run.err)

    def test_a_device_is_neither_read_nor_replaced(self):
        self.tables(1)
        for device in ("/dev/full", "/dev/zero"):
            run = self.run_pgtide("up", "--metrics", device, "--timeout", "20s")
            self.assertEqual(run.code, 0, run)
            self.assertIn(f"warning: cannot write {device}: it is there and is no regular file\n", run.err)
            self.assertTrue(pathlib.Path(device).is_char_device())


class Hooks(Case):
    def test_what_they_read(self):
        self.tables(1)
        self.pair(2, "broken", "SELECT 1/0;\n")
        for name in ("before", "after", "on_failure"):
            self.script(name, f"cat >> {name}.log")
        self.configure('[hooks]\nbefore = ["./before"]\nafter = ["./after", "x y"]\non_failure = ["./on_failure"]\n')
        self.assertEqual(self.run_pgtide("up", "1", "--env", "ci").code, 0)
        self.assertEqual(self.run_pgtide("up").code, 3)
        before = self.lines("before.log")
        self.assertEqual([b["migrations"] for b in before],
                         [[{"version": "0001", "name": "add_t1"}], [{"version": "0002", "name": "broken"}]])
        self.assertEqual((before[0]["event"], before[0]["command"], before[0]["database"], before[0]["environment"]),
                         ("before", "up", "shop", "ci"))
        after = self.lines("after.log")
        self.assertEqual([(a["success"], a["exit_code"]) for a in after], [(True, 0), (False, 3)])
        self.assertEqual(after[0]["report"]["migrations"][0]["version"], "0001")
        self.assertEqual(after[0]["run_id"], before[0]["run_id"])
        failure = self.lines("on_failure.log")
        self.assertEqual(len(failure), 1)
        self.assertIn("0002_broken.sql:1:1: division by zero", failure[0]["error"])

    def test_the_database_of_a_server_that_is_down(self):
        self.tables(1)
        self.script("after", "cat >> after.log")
        self.configure('[hooks]\nafter = ["./after"]\n')
        for url in ("postgresql://app:s3cret@127.0.0.1:1/shop?sslmode=disable", "host=127.0.0.1 port=1 user=app dbname=shop"):
            self.assertEqual(self.run_pgtide("up", "--url", url).code, 4)
        self.assertEqual([line["database"] for line in self.lines("after.log")], ["shop", "shop"])

    def test_before_stops_the_run(self):
        self.tables(1)
        self.configure(f'[hooks]\nbefore = ["{self.script("no", "echo not today >&2; exit 9")}"]\n')
        run = self.run_pgtide("up")
        self.assertEqual(run.code, 4, run)
        self.assertIn("the hook before (./no) ended with 9: not today; nothing was run", run.err)
        self.assertEqual(self.tables_in_database(), [])
        self.configure('[hooks]\nbefore = ["no-such-program"]\n')
        self.assertIn("the hook before (no-such-program) cannot be started: there is no program no-such-program",
                      self.run_pgtide("up").err)

    def test_the_others_only_warn(self):
        self.tables(1)
        self.configure(f'[hooks]\nafter = ["{self.script("no", "exit 9")}"]\n')
        run = self.run_pgtide("up")
        self.assertEqual(run.code, 0)
        self.assertIn("warning: the hook after ended with 9\n", run.err)
        self.assertIn("note: hook after: ./no\n", run.err)

    def test_one_that_hangs_is_ended(self):
        self.tables(1)
        self.configure(f'[hooks]\nafter = ["{self.script("hang", "sleep 600 & sleep 600")}"]\ntimeout = "300ms"\n')
        run = self.run_pgtide("up")
        self.assertEqual(run.code, 0)
        self.assertIn("the hook after took longer than 300 ms", run.err)

    def test_slow(self):
        self.pair(1, "slow", "SELECT pg_sleep(0.4);\n")
        self.script("slow", "cat >> slow.log")
        self.configure('[hooks]\non_slow = ["./slow"]\nslow_after = "200ms"\n')
        self.assertEqual(self.run_pgtide("up").code, 0)
        told = self.lines("slow.log")
        self.assertEqual([(t["event"], t["version"], t["name"]) for t in told], [("on_slow", "0001", "slow")])
        self.assertGreaterEqual(told[0]["elapsed_ms"], 200)

    def test_none_in_a_dry_run_or_with_nothing_to_do(self):
        self.tables(1)
        self.script("before", "cat >> before.log")
        self.configure('[hooks]\nbefore = ["./before"]\n')
        self.run_pgtide("up", "--dry-run")
        self.assertFalse((self.folder / "before.log").exists())
        self.run_pgtide("up")
        self.run_pgtide("up")
        self.assertEqual(len(self.lines("before.log")), 1)

    def test_no_shell(self):
        self.tables(1)
        self.configure('[hooks]\nafter = ["./args", "$HOME; touch hacked", "`id`"]\n')
        self.script("args", 'cat > /dev/null; printf "%s\\n" "$@" > args.log')
        self.run_pgtide("up")
        self.assertEqual((self.folder / "args.log").read_text(), "$HOME; touch hacked\n`id`\n")
        self.assertFalse((self.folder / "hacked").exists())


class Traces(Case):
    def setUp(self):
        super().setUp()
        self.receiver = start_receiver(self)
        self.endpoint = self.receiver.endpoint

    def spans(self):
        self.assertEqual(len(self.receiver.seen), 1)
        path, headers, body = self.receiver.seen[0]
        resource = body["resourceSpans"][0]
        return path, headers, resource["resource"], resource["scopeSpans"][0]["spans"]

    @staticmethod
    def attributes(holder):
        return {a["key"]: next(iter(a["value"].values())) for a in holder["attributes"]}

    def test_a_run(self):
        self.tables(1)
        self.pair(2, "broken", "SELECT 1/0;\n")
        parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
        began = time.time_ns()
        run = self.run_pgtide("up", "--env", "ci", OTEL_EXPORTER_OTLP_ENDPOINT=self.endpoint + "/", OTEL_SERVICE_NAME="shop-db",
                              OTEL_EXPORTER_OTLP_HEADERS="api-key=top%20secret, x=1", TRACEPARENT=parent)
        self.assertEqual(run.code, 3)
        path, headers, resource, spans = self.spans()
        self.assertEqual(path, "/v1/traces")
        self.assertEqual((headers["Content-Type"], headers["api-key"], headers["x"]), ("application/json", "top secret", "1"))
        self.assertEqual(self.attributes(resource)["service.name"], "shop-db")
        self.assertEqual(self.attributes(resource)["deployment.environment.name"], "ci")
        root, *steps = spans
        self.assertEqual([s["name"] for s in spans], ["pgtide up", "0001 add_t1", "0002 broken"])
        self.assertEqual({s["traceId"] for s in spans}, {"4bf92f3577b34da6a3ce929d0e0e4736"})
        self.assertEqual(root["parentSpanId"], "00f067aa0ba902b7")
        self.assertEqual({s["parentSpanId"] for s in steps}, {root["spanId"]})
        self.assertEqual(len({s["spanId"] for s in spans}), 3)
        for span in spans:
            self.assertRegex(span["spanId"], "^[0-9a-f]{16}$")
            self.assertTrue(began <= int(span["startTimeUnixNano"]) <= int(span["endTimeUnixNano"]) <= time.time_ns())
        self.assertEqual([s["status"]["code"] for s in spans], [2, 1, 2])
        self.assertIn("division by zero", steps[1]["status"]["message"])
        self.assertEqual(self.attributes(steps[0])["pgtide.version"], "0001")

    def test_without_a_parent(self):
        self.tables(1)
        self.configure(f'[telemetry]\nendpoint = "{self.endpoint}"\n')
        self.assertEqual(self.run_pgtide("up", TRACEPARENT="nonsense").code, 0)
        _, _, resource, spans = self.spans()
        self.assertEqual(self.attributes(resource)["service.name"], "pgtide")
        self.assertRegex(spans[0]["traceId"], "^[0-9a-f]{32}$")
        self.assertNotIn("parentSpanId", spans[0])

    def test_not_sampled_or_switched_off(self):
        self.tables(1)
        env = {"OTEL_EXPORTER_OTLP_ENDPOINT": self.endpoint}
        self.run_pgtide("up", TRACEPARENT="00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00", **env)
        self.run_pgtide("down", "0", OTEL_SDK_DISABLED="true", **env)
        self.run_pgtide("up", "--dry-run", **env)
        self.run_pgtide("status", **env)
        self.assertEqual(self.receiver.seen, [])

    def test_an_endpoint_that_fails_is_a_warning(self):
        self.tables(1)
        self.receiver.answer = 503
        run = self.run_pgtide("up", OTEL_EXPORTER_OTLP_ENDPOINT=self.endpoint, OTEL_EXPORTER_OTLP_HEADERS="api-key=s3cret")
        self.assertEqual(run.code, 0)
        self.assertIn(f"warning: the trace was not sent: {self.endpoint}/v1/traces: it answered 503\n", run.err)
        self.assertNotIn("s3cret", run.err)
        run = self.run_pgtide("down", "0", OTEL_EXPORTER_OTLP_ENDPOINT="http://127.0.0.1:1")
        self.assertEqual(run.code, 0)
        self.assertIn("warning: the trace was not sent: http://127.0.0.1:1/v1/traces: ", run.err)

    def test_an_endpoint_that_does_not_answer_costs_seconds(self):
        self.tables(1)
        with socket.create_server(("127.0.0.1", 0)) as listener:  # and never accepts
            endpoint = f"http://127.0.0.1:{listener.getsockname()[1]}"
            run = self.run_pgtide("up", OTEL_EXPORTER_OTLP_ENDPOINT=endpoint)
        self.assertEqual(run.code, 0)
        self.assertIn(f"warning: the trace was not sent: {endpoint}/v1/traces: Timeout was reached\n", run.err)


if __name__ == "__main__":
    cli.main()
