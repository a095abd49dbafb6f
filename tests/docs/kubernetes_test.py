"""The manifests of docs/kubernetes.md are YAML, say what the page promises, and use flags that pgtide has."""

import os
import pathlib
import re
import shlex
import subprocess
import unittest

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "kubernetes.md").read_text()
BINARY = os.environ["PGTIDE_TEST_BINARY"]


def manifests():
    return [document for block in re.findall(r"```yaml\n(.*?)```", PAGE, re.S) for document in yaml.safe_load_all(block)]


def pod(manifest):
    return manifest["spec"]["template"]["spec"]


def calls():
    """The arguments of every call of pgtide on the page."""
    for manifest in manifests():
        for container in pod(manifest).get("initContainers", []) + pod(manifest)["containers"]:
            if container["name"] != "migrate":
                continue
            if container.get("command") == ["/bin/sh", "-c"]:
                lines = [line for line in container["args"][0].splitlines() if "pgtide " in line]
                yield from (shlex.split(line.split("pgtide ", 1)[1]) for line in lines)
            else:
                yield container["args"]
    for block in re.findall(r"```sh\n(.*?)```", PAGE, re.S):
        yield from (shlex.split(line)[1:] for line in block.splitlines() if line.startswith("pgtide "))
    yield from (["--help", flag] for flag in re.findall(r"`(--[a-z-]+)`", PAGE))


def flags(command):
    page = subprocess.run([BINARY, *command, "--help"], capture_output=True, text=True, check=True).stdout
    return set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", page))


class Kubernetes(unittest.TestCase):
    def test_kinds(self):
        self.assertEqual([m["kind"] for m in manifests()], ["Job", "Job", "Deployment", "Job"])
        hook = manifests()[0]["metadata"]["annotations"]["helm.sh/hook"]
        self.assertEqual(hook.split(","), ["pre-install", "pre-upgrade"])
        self.assertEqual(manifests()[3]["spec"]["completionMode"], "Indexed")

    def test_flags_exist(self):
        known = flags([])
        seen = list(calls())
        self.assertGreaterEqual(len(seen), 5)
        for words in seen:
            command = [word for word in words if re.fullmatch(r"up|down|status", word)]
            own = known | (flags(command) if command else set())
            for word in words:
                if word.startswith("--"):
                    self.assertIn(word.split("=")[0], own, words)

    def test_the_exit_codes_of_the_policies_are_those_of_the_page(self):
        table = dict(re.findall(r"^\| ([\d, ]+) \| .*? \| (.*?) \|$", PAGE, re.M))
        for_good = sorted(int(code) for codes, what in table.items() if what.startswith("fail at once") for code in codes.split(","))
        policies = [rule["onExitCodes"] for m in manifests() for rule in m["spec"].get("podFailurePolicy", {}).get("rules", [])
                    if "onExitCodes" in rule]
        self.assertEqual(len(policies), 2)
        for policy in policies:
            self.assertEqual(sorted(policy["values"]), for_good)
        documented = (ROOT / "docs" / "exit-codes.md").read_text()
        for code in for_good:
            self.assertIn(f"\n| {code} |", documented)

    def test_pods_are_fit_for_jobs(self):
        for manifest in manifests():
            self.assertGreaterEqual(pod(manifest)["terminationGracePeriodSeconds"], 10)
            if manifest["kind"] == "Job":
                self.assertEqual(pod(manifest)["restartPolicy"], "Never")  # what podFailurePolicy demands
                names = [c["name"] for c in pod(manifest)["containers"]]
                for rule in manifest["spec"].get("podFailurePolicy", {}).get("rules", []):
                    self.assertIn(rule.get("onExitCodes", {}).get("containerName", names[0]), names)

    def test_no_url_in_arguments(self):
        for words in calls():
            self.assertNotIn("--url", words)


if __name__ == "__main__":
    unittest.main()
